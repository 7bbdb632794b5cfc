//! The policy of a database: what new tokens may be like.

use super::invalid::Invalid;
use super::scope::{MAX_SCOPES, Scope, Scopes};
use super::setting::Setting;
use super::time::{Span, Timestamp, When};
use super::token::Token;
use super::user::Owner;

/// The policy that the settings make up.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The expiry of a new token when none is given.
    pub default_expires: Option<Span>,
    /// The longest expiry; `None`: no limit.
    pub max_expires: Option<Span>,
    /// The scopes that are allowed; `None`: any.
    pub allowed_scopes: Option<Scopes>,
    /// Whether only administrators may own new tokens.
    pub admins_only: bool,
}

/// Why a token may not be issued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The expiry is in the past or after the year 9999.
    #[error("invalid expiry: {0}")]
    InvalidExpiry(Invalid),
    /// The expiry is later than `max-expires` allows, which is this.
    #[error("the expiry is later than the setting max-expires allows ({0})")]
    ExpiryTooLate(Span),
    /// With this expiry, a token would live longer than `max-expires` allows, which is until then.
    #[error("the setting max-expires allows the token to live until {0}")]
    LivesTooLong(Timestamp),
    /// There are more than a token can have.
    #[error("a token cannot have more than {MAX_SCOPES} scopes")]
    TooManyScopes,
    /// A scope that `allowed-scopes` does not cover.
    #[error("scope {scope} is not in the setting allowed-scopes ({allowed})")]
    ScopeNotAllowed {
        /// The scope.
        scope: Scope,
        /// The scopes that are allowed.
        allowed: Scopes,
    },
    /// The owner, named here, is not an administrator, and the setting `owners` requires one.
    #[error("{0} is not an administrator, and the setting owners allows administrators only")]
    OwnerNotAllowed(String),
}

impl Policy {
    /// When a token that is issued at `now` expires: as asked for, or by default.
    ///
    /// # Errors
    ///
    /// When that is in the past, after the year 9999, or later than `max-expires` allows.
    pub fn expiry(
        &self,
        asked: Option<When>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Violation> {
        let when = asked.unwrap_or(match (self.default_expires, self.max_expires) {
            (Some(default), Some(max)) => When::In(default.min(max)),
            (Some(span), None) | (None, Some(span)) => When::In(span),
            (None, None) => When::Never,
        });
        let at = when.resolve(now).map_err(Violation::InvalidExpiry)?;
        match self.max_expires {
            Some(max) if self.exceeds_max_expires(now, at) => Err(Violation::ExpiryTooLate(max)),
            _ => Ok(at),
        }
    }

    /// When a token that was issued at `created_at` expires after a change. However often it is changed,
    /// it does not live longer than `max-expires` allows.
    ///
    /// # Errors
    ///
    /// When that is in the past, after the year 9999, or later than `max-expires` allows.
    pub fn extended(
        &self,
        asked: When,
        created_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Violation> {
        let at = asked.resolve(now).map_err(Violation::InvalidExpiry)?;
        match self.max_expires.and_then(|max| created_at.plus(max)) {
            Some(latest) if self.exceeds_max_expires(created_at, at) => {
                Err(Violation::LivesTooLong(latest))
            }
            _ => Ok(at),
        }
    }

    /// Whether a token lives longer than `max-expires` allows.
    pub fn exceeds_max_expires(&self, from: Timestamp, expires_at: Option<Timestamp>) -> bool {
        self.max_expires.is_some_and(|max| expires_at.is_none_or(|at| from.until(at) > max))
    }

    /// # Errors
    ///
    /// When there are too many, or `allowed-scopes` does not cover all of them.
    pub fn check_scopes(&self, scopes: &Scopes) -> Result<(), Violation> {
        if scopes.are_too_many() {
            return Err(Violation::TooManyScopes);
        }
        match (self.forbidden_scope(scopes), &self.allowed_scopes) {
            (Some(scope), Some(allowed)) => {
                Err(Violation::ScopeNotAllowed { scope: scope.clone(), allowed: allowed.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The first scope that `allowed-scopes` does not cover.
    pub fn forbidden_scope<'a>(&self, scopes: &'a Scopes) -> Option<&'a Scope> {
        let allowed = self.allowed_scopes.as_ref()?;
        scopes.iter().find(|scope| !allowed.grants(scope))
    }

    /// # Errors
    ///
    /// When the user may not own new tokens.
    pub fn check_owner(&self, owner: &Owner) -> Result<(), Violation> {
        if self.forbids_owner(owner.admin) {
            return Err(Violation::OwnerNotAllowed(owner.name.clone()));
        }
        Ok(())
    }

    /// Whether a user may not own new tokens.
    pub fn forbids_owner(&self, is_admin: bool) -> bool {
        self.admins_only && !is_admin
    }

    /// The settings that would forbid a token if it were issued now.
    pub fn violated_settings(&self, token: &Token) -> Vec<Setting> {
        let Token { created_at, expires_at, ref scopes, owner_is_admin, .. } = *token;
        self.violated_by(created_at, expires_at, scopes, owner_is_admin)
    }

    /// The same for a token that is not stored yet.
    pub fn violated_by(
        &self,
        created_at: Timestamp,
        expires_at: Option<Timestamp>,
        scopes: &Scopes,
        owner_is_admin: bool,
    ) -> Vec<Setting> {
        [
            (Setting::MaxExpires, self.exceeds_max_expires(created_at, expires_at)),
            (Setting::AllowedScopes, self.forbidden_scope(scopes).is_some()),
            (Setting::Owners, self.forbids_owner(owner_is_admin)),
        ]
        .into_iter()
        .filter_map(|(setting, violated)| violated.then_some(setting))
        .collect()
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
    fn no_expiry_is_later_than_the_maximum() {
        let policy = Policy { max_expires: Some(Span::days(90)), ..Policy::default() };
        assert_eq!(policy.expiry(None, now()).unwrap(), days(90));
        assert_eq!(policy.expiry(Some(When::In(Span::days(90))), now()).unwrap(), days(90));
        assert!(policy.expiry(Some(When::In(Span::days(91))), now()).is_err());
        let never = policy.expiry(Some(When::Never), now()).unwrap_err();
        assert_eq!(never, Violation::ExpiryTooLate(Span::days(90)));
    }

    #[test]
    fn the_default_is_no_later_than_the_maximum() {
        let policy = Policy {
            default_expires: Some(Span::days(30)),
            max_expires: Some(Span::days(7)),
            ..Policy::default()
        };
        assert_eq!(policy.expiry(None, now()).unwrap(), days(7));
    }

    #[test]
    fn scopes_must_be_covered_by_the_allowed_ones() {
        let allowed = Scopes::from_stored("posts.* users.read");
        let policy = Policy { allowed_scopes: Some(allowed), ..Policy::default() };
        assert!(policy.check_scopes(&Scopes::from_stored("posts.manage users.read")).is_ok());
        assert!(policy.check_scopes(&Scopes::default()).is_ok());
        assert!(policy.check_scopes(&Scopes::everything()).is_err());
    }
}
