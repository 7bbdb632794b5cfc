//! The "API tokens" guide of Strapi: a content type whose entries are tokens in clear, each related
//! to a user of the users-permissions plugin.
//!
//! Of several rows with the same token the lowest id counts. A row without a user is refused, and so
//! is a user who is blocked, or who has not confirmed their e-mail address if the plugin requires
//! that.

use crate::domain::scheme::Scheme;
use crate::import::options::OptionName;
use crate::import::record::{SourceScopes, TokenFields, UserFields};
use crate::import::source::{Row, Unreadable};
use crate::import::system::*;

/// Strapi's guide.
pub static STRAPI_GUIDE: System = System {
    name: "strapi-guide",
    options: &[OptionName::Kind, OptionName::Hashed, OptionName::ClearText],
    scheme: |_| Ok(Scheme::Sha256),
    unused_lifetime: None,
    // A date that JavaScript cannot read is not before now.
    zero_date_is_none: true,
    tokens: Tokens {
        table: "tokens",
        columns: Columns { required: &["token"], optional: &["name", "created_at"], no_end: &[] },
        related: &[],
        of_owner: None,
        kind: None,
        secret: SecretColumn::Clear { column: "token" },
        clear_text: Some("token"),
        owner: &[
            OwnerLink::Column("user"),
            OwnerLink::Column("users_permissions_user"),
            OwnerLink::Column("owner"),
            // Strapi makes a join table for other kinds of relation.
            OwnerLink::AnyLinkTable(link_columns),
        ],
        read: token,
    },
    users: Users {
        // The name in version 3, and since version 4.
        tables: &["users-permissions_user", "up_users"],
        is_required: true,
        columns: Columns {
            required: &[],
            optional: &["username", "email", "confirmed", "created_at"],
            no_end: &[],
        },
        verified: &[],
        related: &[
            plugin_settings("settings_3", &["core_store"]),
            plugin_settings("settings_4", &["strapi_core_store_settings"]),
        ],
        read: user,
    },
};

/// The settings of the plugin, which are the same for all users.
const fn plugin_settings(name: &'static str, tables: &'static [&'static str]) -> Related {
    Related {
        name,
        tables,
        refers_to_row: None,
        filter: Some(("key", &["plugin_users-permissions_advanced"])),
        value: RelatedValue::All("value"),
    }
}

fn user(row: &Row) -> Result<UserFields, Unreadable> {
    // Without this setting, everybody who registers counts as confirmed.
    let is_checked = must_confirm(row);
    let is_confirmed = row.flag("confirmed")?;
    let refused =
        (is_checked && !is_confirmed).then(|| "e-mail address not confirmed in strapi".to_string());
    Ok(UserFields {
        name: row.some_text("username")?,
        email: row.some_text("email")?,
        email_verified: is_checked && is_confirmed,
        refused,
        created_at: row.time("created_at")?,
        ..UserFields::default()
    })
}

/// Whether the plugin refuses users who have not confirmed their e-mail address.
fn must_confirm(row: &Row) -> bool {
    let versions = ["settings_3", "settings_4"].into_iter();
    versions.flat_map(|column| row.strings(column).unwrap_or_default()).any(|text| {
        let settings: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        settings["email_confirmation"] == true
    })
}

fn token(row: &Row) -> Result<TokenFields, Unreadable> {
    Ok(TokenFields {
        name: row.some_text("name")?,
        scopes: SourceScopes::Everything,
        created_at: row.time("created_at")?,
        last_used_at: None,
        default_owner: None,
    })
}

/// The columns of a join table between tokens and users, if that is what it is: its name contains
/// the name of the tokens' table, and of its two ids one is a user's.
fn link_columns<'a>(candidate: &LinkCandidate<'a>) -> Option<LinkColumns<'a>> {
    if !candidate.table.contains(candidate.tokens) {
        return None;
    }
    let ids = candidate.columns.iter().filter(|column| column.ends_with("_id"));
    let (users, tokens): (Vec<_>, Vec<_>) = ids.partition(|id| is_user(id, candidate.tokens));
    match (users.as_slice(), tokens.as_slice()) {
        ([user], [token]) => Some(LinkColumns { token, owner: user }),
        _ => None,
    }
}

/// Whether a column refers to users, and not to a table of tokens that has "user" in its own name.
fn is_user(column: &str, tokens: &str) -> bool {
    let own = tokens.strip_suffix('s').unwrap_or(tokens).replace('-', "_");
    !column.replace('-', "_").starts_with(&own) && column.contains("user")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_table_has_one_id_of_a_user_and_one_of_a_token() {
        let columns = |tokens, table, columns: &[&str]| {
            let columns: Vec<_> = columns.iter().map(|column| column.to_string()).collect();
            let found = link_columns(&LinkCandidate { tokens, table, columns: &columns });
            found.map(|found| (found.token.to_string(), found.owner.to_string()))
        };
        let link = ["id", "token_id", "user_id"];
        let found = Some(("token_id".to_string(), "user_id".to_string()));
        assert_eq!(columns("tokens", "tokens_user_links", &link), found);
        assert_eq!(columns("tokens", "posts_user_links", &link), None);
        assert_eq!(columns("tokens", "tokens_links", &["token_id", "post_id"]), None);
        let found = Some(("user_token_id".to_string(), "users_id".to_string()));
        let link = ["user_token_id", "users_id"];
        assert_eq!(columns("user_tokens", "user_tokens_links", &link), found);
    }
}
