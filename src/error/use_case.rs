//! What a use case could not do, as the operator reads it.

use super::Error;
use crate::admin::{self, Error as Admin, NotRotatable, SelectorKind};
use crate::domain::name::UserName;
use crate::domain::policy::Violation;
use crate::domain::scope::{MAX_SCOPES, Scope};
use crate::text::redact::redact;
use crate::text::shell::quote;

impl From<admin::Error> for Error {
    fn from(error: admin::Error) -> Self {
        let users = "`tokctl user list` lists the users";
        match error {
            Admin::Store(error) => error.into(),
            Admin::StoredSetting(error) => error.into(),
            Admin::TokenNotFound { by, suggestion } => token_not_found(by, suggestion),
            Admin::AmbiguousName { name, ids, more, active } => {
                ambiguous_name(&name, &ids, more, active)
            }
            Admin::UserNotFound { name, suggestion } => user_not_found(&name, suggestion),
            Admin::NameTaken(name) => Error::request(
                format!("user {name} already exists"),
                "user names are case-insensitive",
            )
            .hint(users),
            Admin::EmailTaken(email) => Error::request(
                format!("another user already has the e-mail address {email}"),
                "e-mail addresses are case-insensitive",
            )
            .hint(users),
            Admin::ContainsSecret => contains_secret(),
            Admin::InvalidSecret(why) => Error::request("invalid secret", why),
            Admin::SecretTaken => secret_taken(),
            Admin::NoOwner => Error::request(
                "no owner",
                "no user was named and the setting default-user is not set",
            )
            .hint(format!("name one with --user, or set default-user; {users}")),
            Admin::Violation(violation) => of_policy(violation),
            Admin::InvalidValue { setting, why } => Error::request(
                format!("invalid value for {}", setting.key()),
                why,
            )
            .hint(format!("{} takes {}", setting.key(), setting.about().values)),
            Admin::NotRotatable { id, why } => not_rotatable(id, why),
            Admin::DefaultUser(name) => default_user(&name),
            Admin::Revoked(id) => {
                Error::request(format!("token {id} cannot be changed"), "it is revoked")
                    .hint(format!("`tokctl unrevoke {id}` undoes that"))
            }
            Admin::Replaced { id, by } => replaced(id, by),
            Admin::OverlapTooLong => {
                Error::request("invalid overlap", "it ends after the year 9999")
            }
            Admin::ClockAhead { .. } => Error::unavailable("nothing was pruned", error).hint(
                "if the clock is wrong, correct it; if the database was not used since, \
                 `tokctl prune --force` prunes it",
            ),
            Admin::Random(why) => {
                Error::unavailable("the operating system provides no random numbers", why)
            }
            Admin::Request { error, .. } => (*error).into(),
        }
    }
}

fn contains_secret() -> Error {
    Error::request("the text cannot be stored", "it contains the secret of a token")
        .hint("leave the secret out; revoke its token if others may have seen it")
}

fn secret_taken() -> Error {
    let why = "a token with this secret already exists";
    Error::request("the secret cannot be registered", why).hint("make another secret")
}

fn not_rotatable(id: i64, why: NotRotatable) -> Error {
    let error = Error::request(format!("token {id} cannot be rotated"), why);
    match why {
        NotRotatable::Replaced(by) => {
            error.hint(format!("`tokctl rotate {by}` rotates the newer token"))
        }
        NotRotatable::Revoked => error.hint("`tokctl create` issues a new token"),
    }
}

fn default_user(name: &str) -> Error {
    let why = "new tokens belong to it, because it is the default-user";
    Error::request(format!("user {name} cannot be removed"), why)
        .hint("`tokctl settings set default-user NAME` sets another one")
}

fn replaced(id: i64, by: i64) -> Error {
    let why = format!("token {by} has replaced it");
    Error::request(format!("token {id} cannot be made valid again"), why)
        .hint(format!("`tokctl show {by}` shows the newer token"))
}

fn token_not_found(by: SelectorKind, suggestion: Option<String>) -> Error {
    let (what, why) = match by {
        SelectorKind::Id(id) => {
            return Error::not_found(format!("token {id} not found"), "no token has this id")
                .hint("`tokctl list --all` lists all tokens");
        }
        // The selector is not quoted: it may be a secret in the wrong place.
        SelectorKind::Hash => ("token not found", "no token has this hash"),
        SelectorKind::Secret => ("token not found", "no token has this secret"),
        SelectorKind::Text => ("token not found", "this is neither an id nor a token's secret"),
        SelectorKind::Name => ("token not found", "no token has exactly this name"),
    };
    let error = Error::not_found(what, why);
    match (by, suggestion) {
        (_, Some(name)) => error.hint(format!("did you mean --name {}?", quote(&name))),
        (SelectorKind::Text, None) => {
            error.hint("use --name to select by name, or --hash to select by SHA-256")
        }
        _ => error.hint("`tokctl list --all` lists all tokens"),
    }
}

fn ambiguous_name(name: &str, ids: &[i64], more: bool, active: bool) -> Error {
    let listed: Vec<_> = ids.iter().map(i64::to_string).collect();
    let listed = listed.join(", ");
    let tokens = if active { "active tokens" } else { "tokens that have ended" };
    let why = if more {
        format!("it matches more than {} {tokens} (ids {listed}, …)", ids.len())
    } else {
        format!("it matches {} {tokens} (ids {listed})", ids.len())
    };
    let error = Error::request("ambiguous name", why);
    // `list --name` takes a pattern, in which these characters mean something else.
    if name.contains(['*', '?', '[', '{', '\\']) {
        return error.hint("specify an id");
    }
    error.hint(format!("specify an id; `tokctl list --all --name={}` lists them", quote(name)))
}

fn user_not_found(name: &str, suggestion: Option<String>) -> Error {
    let error = match name {
        "" => Error::not_found("user not found", "the name is empty"),
        name => Error::not_found(format!("user {name} not found"), "no user has this name"),
    };
    match suggestion {
        Some(near) => error.hint(format!("did you mean {}?", quote(&near))),
        None => error.hint(match name.parse::<UserName>() {
            // A command with a name that is cut off would be wrong.
            Ok(_) if redact(name) == name => format!(
                "`tokctl user list` lists the users, `tokctl user add {}` adds this one",
                quote(name)
            ),
            _ => "`tokctl user list` lists the users".to_string(),
        }),
    }
}

fn of_policy(violation: Violation) -> Error {
    match violation {
        Violation::InvalidExpiry(why) => Error::request("invalid expiry", why),
        Violation::ExpiryTooLate(max) => Error::request(
            "the expiry is too late",
            format!("the setting max-expires allows at most {max}"),
        )
        .hint(format!("use --expires {max} or less, or change the setting max-expires")),
        Violation::LivesTooLong(until) => Error::request(
            "the expiry is too late",
            format!("the setting max-expires allows this token to live until {until}"),
        )
        .hint("`tokctl rotate` issues a new secret with a new lifetime"),
        Violation::ScopeNotAllowed { scope, allowed } => {
            let allowed: Vec<_> = allowed.iter().map(Scope::as_str).collect();
            Error::request(
                format!("scope {scope} is not allowed"),
                format!("the setting allowed-scopes allows {}", allowed.join(",")),
            )
            .hint("issue a token with allowed scopes, or change the setting allowed-scopes")
        }
        Violation::TooManyScopes => {
            Error::request("too many scopes", format!("a token cannot have more than {MAX_SCOPES}"))
                .hint("grant what they have in common, such as posts.*, or issue several tokens")
        }
        Violation::OwnerNotAllowed(name) => Error::request(
            format!("{name} may not own new tokens"),
            "the setting owners allows administrators only",
        )
        .hint("choose an owner who is an administrator, or change the setting owners"),
    }
}
