//! The database's policy: what new tokens may be. Enforced here and nowhere else.

use crate::error::{Error, Result};
use crate::scope::{Scope, Scopes};
use crate::settings::Setting;
use crate::store::Heir;
use crate::token::Token;
use crate::when::{Span, Timestamp, When};

/// The policy as the settings have it.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    pub default_expires: Option<Span>,
    /// `None`: no limit.
    pub max_expires: Option<Span>,
    /// `None`: any scope.
    pub allowed_scopes: Option<Scopes>,
    pub admins_only: bool,
}

impl Policy {
    /// When a token that begins to live at `now` expires: what was asked for, or the default. A
    /// longer life than `max-expires` is refused.
    pub fn expiry(&self, asked: Option<When>, now: Timestamp) -> Result<Option<Timestamp>> {
        let when = asked.unwrap_or(match (self.default_expires, self.max_expires) {
            (Some(default), Some(max)) => When::In(default.min(max)),
            (Some(span), None) | (None, Some(span)) => When::In(span),
            (None, None) => When::Never,
        });
        let at =
            when.resolve(now).map_err(|why| Error::request("the expiry is not possible", why))?;
        match self.max_expires {
            Some(max) if self.too_long(now, at) => Err(Error::request(
                "the expiry is too far away",
                format!("max-expires allows {max} at the most"),
            )
            .hint(format!("ask for less (--expires {max}), or change the setting max-expires"))),
            _ => Ok(at),
        }
    }

    /// Whether a token's life is longer than `max-expires`.
    pub fn too_long(&self, from: Timestamp, expires_at: Option<Timestamp>) -> bool {
        self.max_expires.is_some_and(|max| expires_at.is_none_or(|at| from.until(at) > max))
    }

    pub fn check_scopes(&self, scopes: &Scopes) -> Result<()> {
        match (self.forbidden_scope(scopes), &self.allowed_scopes) {
            (Some(scope), Some(allowed)) => {
                let allowed: Vec<_> = allowed.iter().map(Scope::as_str).collect();
                let allowed = allowed.join(",");
                Err(Error::request(
                    format!("scope {scope} is not allowed"),
                    format!("allowed-scopes has {allowed}"),
                )
                .hint("name scopes with --scope, or change the setting allowed-scopes"))
            }
            _ => Ok(()),
        }
    }

    /// The first scope that `allowed-scopes` does not cover.
    pub fn forbidden_scope<'a>(&self, scopes: &'a Scopes) -> Option<&'a Scope> {
        let allowed = self.allowed_scopes.as_ref()?;
        scopes.iter().find(|scope| !allowed.grants(scope))
    }

    pub fn check_owner(&self, owner: &Heir) -> Result<()> {
        if self.forbids_owner(owner.admin) {
            return Err(Error::request(
                format!("{} may not own new tokens", owner.name),
                "the setting owners allows administrators only",
            )
            .hint("name an administrator with --user, or change the setting owners"));
        }
        Ok(())
    }

    /// The settings that would forbid a token if it were new.
    pub fn breaches(&self, token: &Token) -> Vec<Setting> {
        [
            (Setting::MaxExpires, self.too_long(token.created_at, token.expires_at)),
            (Setting::AllowedScopes, self.forbidden_scope(&token.scopes).is_some()),
            (Setting::Owners, self.forbids_owner(token.owner_is_admin)),
        ]
        .into_iter()
        .filter_map(|(setting, broken)| broken.then_some(setting))
        .collect()
    }

    pub fn forbids_owner(&self, admin: bool) -> bool {
        self.admins_only && !admin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).unwrap()
    }

    fn days(days: i64) -> Option<Timestamp> {
        now().plus(Span::days(days))
    }

    #[test]
    fn the_maximum_binds() {
        let policy = Policy { max_expires: Some(Span::days(90)), ..Policy::default() };
        assert_eq!(policy.expiry(None, now()).unwrap(), days(90));
        assert_eq!(policy.expiry(Some(When::In(Span::days(90))), now()).unwrap(), days(90));
        assert!(policy.expiry(Some(When::In(Span::days(91))), now()).is_err());
        let never = policy.expiry(Some(When::Never), now()).unwrap_err();
        assert!(never.to_string().contains("90d"), "{never}");
    }

    #[test]
    fn the_default_gives_way_to_the_maximum() {
        let policy = Policy {
            default_expires: Some(Span::days(30)),
            max_expires: Some(Span::days(7)),
            ..Policy::default()
        };
        assert_eq!(policy.expiry(None, now()).unwrap(), days(7));
    }

    #[test]
    fn allowed_scopes_cover_what_they_grant() {
        let allowed = Scopes::from_stored("posts.* users.read");
        let policy = Policy { allowed_scopes: Some(allowed), ..Policy::default() };
        assert!(policy.check_scopes(&Scopes::from_stored("posts.manage users.read")).is_ok());
        assert!(policy.check_scopes(&Scopes::default()).is_ok());
        assert!(policy.check_scopes(&Scopes::everything()).is_err());
    }
}
