//! The token, and what decides about its status.

use super::scope::Scopes;
use super::secret::Hash;
use super::time::{Span, Timestamp};
use super::user::Owner;
use serde::{Serialize, Serializer};

/// A token as every command shows it. The order of the fields is the order of the JSON keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Token {
    /// The id, which is never used again.
    pub id: i64,
    /// What the token is for.
    pub name: String,
    /// The owner's name.
    pub user: String,
    /// What the token grants.
    pub scopes: Scopes,
    /// Its status at the time it was read.
    pub status: Status,
    /// The leading characters of its secret, by which a person recognises it.
    pub hint: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it expires; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the resolution that the setting `last-used-resolution` gives.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked. It has been rejected since, whatever the clock says.
    pub revoked_at: Option<Timestamp>,
    /// Why it was revoked.
    pub revoked_reason: Option<String>,
    /// The system that issued it: `tokctl`, or the one it was imported from.
    pub source: String,
    /// The id of the token that this one replaced in a rotation.
    pub replaces: Option<i64>,
    /// The id of the token that replaced this one in a rotation.
    pub replaced_by: Option<i64>,
    /// The owner's id.
    #[serde(skip)]
    pub owner_id: i64,
    /// Whether the owner is an administrator.
    #[serde(skip)]
    pub owner_is_admin: bool,
}

/// Why an import revokes a token whose row the system does not have any more. The name of the system
/// follows.
pub const NO_ROW: &str = "no longer in ";

/// Why an import revokes a token whose owner the system does not have any more. The name of the system
/// follows.
pub const NO_OWNER: &str = "owner not found in ";

impl Token {
    /// Whether only an import has revoked it, because it missed the token or its owner: another import
    /// that finds them takes that back.
    pub fn is_missing(&self) -> bool {
        is_missing(self.revoked_reason.as_deref(), &self.source)
    }

    /// Whether it is revoked. That is a state and not a time: a clock that was wrong when the token
    /// was revoked, or is wrong now, does not make it good.
    pub fn is_revoked(&self) -> bool {
        self.revoked_at.is_some()
    }
}

fn is_missing(revoked_reason: Option<&str>, source: &str) -> bool {
    let is_why = |why| revoked_reason.and_then(|reason| reason.strip_prefix(why)) == Some(source);
    is_why(NO_ROW) || is_why(NO_OWNER)
}

/// The status of a token: the first that applies of revoked, banned, expired and unused, else
/// active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema), schema(rename_all = "lowercase"))]
pub enum Status {
    /// None of the others: the token is accepted.
    Active,
    /// Its expiry has passed.
    Expired,
    /// Its last use is longer ago than the setting `unused-lifetime` allows.
    Unused,
    /// It was revoked.
    Revoked,
    /// Its owner is banned.
    Banned,
}

impl Status {
    /// Every status, in the order that statistics and help list them.
    pub const ALL: [Status; 5] =
        [Status::Active, Status::Expired, Status::Unused, Status::Revoked, Status::Banned];

    /// The word that JSON, tables and `--status` use.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Expired => "expired",
            Status::Unused => "unused",
            Status::Revoked => "revoked",
            Status::Banned => "banned",
        }
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What decides about a token's status besides the token itself.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The time at which the status is asked for.
    pub now: Timestamp,
    /// How long after its last use a token is rejected; `None`: never.
    pub unused_lifetime: Option<Span>,
}

/// A token as the store keeps it: everything but its status, which depends on the [`Rules`].
#[derive(Debug, Clone, PartialEq)]
pub struct StoredToken {
    /// The id, which is never used again.
    pub id: i64,
    /// What the token is for.
    pub name: String,
    /// The user it belongs to.
    pub owner: Owner,
    /// What it grants.
    pub scopes: Scopes,
    /// The leading characters of its secret.
    pub hint: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it expires; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Why it was revoked.
    pub revoked_reason: Option<String>,
    /// The system that issued it.
    pub source: String,
    /// The id of the token that this one replaced.
    pub replaces: Option<i64>,
    /// The id of the token that replaced this one.
    pub replaced_by: Option<i64>,
}

impl StoredToken {
    /// Its status under the rules.
    pub fn status(&self, rules: &Rules) -> Status {
        if self.revoked_at.is_some() {
            Status::Revoked
        } else if self.owner.banned {
            Status::Banned
        } else if self.expires_at.is_some_and(|at| at.has_come(rules.now)) {
            Status::Expired
        } else if is_unused(self.last_used_at, rules) {
            Status::Unused
        } else {
            Status::Active
        }
    }

    /// The same as [`Token::is_missing`].
    pub fn is_missing(&self) -> bool {
        is_missing(self.revoked_reason.as_deref(), &self.source)
    }

    /// The token as commands show it, with its status under the rules.
    pub fn into_token(self, rules: &Rules) -> Token {
        Token {
            status: self.status(rules),
            id: self.id,
            name: self.name,
            owner_id: self.owner.id,
            user: self.owner.name,
            scopes: self.scopes,
            hint: self.hint,
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            // The clock may have been ahead then. What is past is not in the future.
            revoked_at: self.revoked_at.map(|at| at.min(rules.now)),
            revoked_reason: self.revoked_reason,
            source: self.source,
            replaces: self.replaces,
            replaced_by: self.replaced_by,
            owner_is_admin: self.owner.admin,
        }
    }
}

/// Whether the last use is longer ago than the rules allow. A token that was never used is not
/// unused: it is new.
pub fn is_unused(last_used_at: Option<Timestamp>, rules: &Rules) -> bool {
    match (last_used_at, rules.unused_lifetime) {
        (Some(used), Some(lifetime)) => used.until(rules.now) > lifetime,
        _ => false,
    }
}

/// A token about to be stored: a new one of tokctl's own, or one from another system.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// The SHA-256 by which it is looked up.
    pub hash: Hash,
    /// How its secret is checked, if it is another system's; `None` for tokctl's own.
    pub foreign: Option<Foreign>,
    /// The leading characters of its secret.
    pub hint: String,
    /// What it is for.
    pub name: String,
    /// The owner's id.
    pub user_id: i64,
    /// What it grants.
    pub scopes: Scopes,
    /// The system that issued it.
    pub source: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it expires; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// When and why it was revoked.
    pub revocation: Option<Revocation>,
    /// The id of the token that it replaces in a rotation.
    pub replaces: Option<i64>,
}

/// When and why a token was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// When. The token is rejected from the next verification on.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

/// What ties a token to the system that issued it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The table that an import read the token from, as the store numbers it. `None`: it came with
    /// an export, or with an import that did not remember that.
    pub relation_id: Option<i64>,
    /// The id under which the store keeps the [`Scheme`](super::scheme::Scheme) of its secret.
    pub scheme_id: i64,
    /// Its id in that system.
    pub id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn at(millis: i64) -> Option<Timestamp> {
        Timestamp::from_millis(NOW + millis)
    }

    #[test]
    fn the_first_status_that_applies() {
        let rules = Rules { now: at(0).unwrap(), unused_lifetime: Some(Span::days(365)) };
        let year = Span::days(365).millis();
        let owner =
            Owner { id: 1, name: "alice".into(), admin: true, banned: true, banned_reason: None };
        let mut token = StoredToken {
            id: 1,
            name: "CI".into(),
            owner,
            scopes: Scopes::default(),
            hint: "tok_aaaa".into(),
            created_at: rules.now,
            expires_at: at(0),
            last_used_at: at(-year - 1),
            revoked_at: at(1000),
            revoked_reason: None,
            source: "tokctl".into(),
            replaces: None,
            replaced_by: None,
        };
        assert_eq!(token.status(&rules), Status::Revoked);
        assert_eq!(token.clone().into_token(&rules).revoked_at, at(0));
        token.revoked_at = None;
        assert_eq!(token.status(&rules), Status::Banned);
        token.owner.banned = false;
        assert_eq!(token.status(&rules), Status::Expired);
        token.expires_at = at(1000);
        assert_eq!(token.status(&rules), Status::Unused);
        token.last_used_at = at(-year);
        assert_eq!(token.status(&rules), Status::Active);
        token.last_used_at = None;
        assert_eq!(token.status(&rules), Status::Active);
    }
}
