//! The token and the user as records, and what state a token is in.

use crate::scope::Scopes;
use crate::when::{Span, Timestamp};
use serde::{Serialize, Serializer};

/// A token as every command shows it; the order of the fields is the order of the JSON keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Token {
    pub id: i64,
    pub name: String,
    /// The owner's name.
    pub user: String,
    pub scopes: Scopes,
    pub status: Status,
    pub hint: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// In the future while a rotated token lives on for its overlap.
    pub revoked_at: Option<Timestamp>,
    pub revoked_reason: Option<String>,
    /// The system that issued it: `tokctl`, or the one it was imported from.
    pub source: String,
    /// The id of the token whose rotation made this one.
    #[serde(skip)]
    pub replaces: Option<i64>,
    /// The id of the token that this one's rotation made.
    #[serde(skip)]
    pub replaced_by: Option<i64>,
    /// Whether the owner is an administrator.
    #[serde(skip)]
    pub owner_is_admin: bool,
}

/// The state of a token: the first that applies of revoked, banned, expired and unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Status {
    Active,
    Expired,
    Unused,
    Revoked,
    Banned,
}

impl Status {
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

/// What decides over a token besides the token itself: the time, and the database's settings.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub now: Timestamp,
    /// `None`: a token may go unused for ever.
    pub unused_lifetime: Option<Span>,
}

/// The facts of a token that decide over its status.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub revoked_at: Option<Timestamp>,
    pub owner_banned: bool,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

impl Facts {
    pub fn status(&self, rules: &Rules) -> Status {
        let come = |at: Option<Timestamp>| at.is_some_and(|at| at.has_come(rules.now));
        let unused = match (self.last_used_at, rules.unused_lifetime) {
            (Some(used), Some(lifetime)) => used.until(rules.now) > lifetime,
            _ => false,
        };
        if come(self.revoked_at) {
            Status::Revoked
        } else if self.owner_banned {
            Status::Banned
        } else if come(self.expires_at) {
            Status::Expired
        } else if unused {
            Status::Unused
        } else {
            Status::Active
        }
    }
}

/// A user as every command shows it; the order of the fields is the order of the JSON keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub full_name: Option<String>,
    pub admin: bool,
    pub status: UserStatus,
    pub banned_reason: Option<String>,
    /// How many tokens the user has, whatever their status.
    pub tokens: i64,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    Active,
    Banned,
}

impl UserStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            UserStatus::Active => "active",
            UserStatus::Banned => "banned",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn at(millis: i64) -> Option<Timestamp> {
        Timestamp::from_millis(NOW + millis)
    }

    #[test]
    fn the_first_that_applies() {
        let rules = Rules { now: at(0).unwrap(), unused_lifetime: Some(Span::days(365)) };
        let year = Span::days(365).millis();
        let mut facts = Facts {
            revoked_at: at(0),
            owner_banned: true,
            expires_at: at(0),
            last_used_at: at(-year - 1),
        };
        assert_eq!(facts.status(&rules), Status::Revoked);
        facts.revoked_at = at(1000);
        assert_eq!(facts.status(&rules), Status::Banned);
        facts.owner_banned = false;
        assert_eq!(facts.status(&rules), Status::Expired);
        facts.expires_at = at(1000);
        assert_eq!(facts.status(&rules), Status::Unused);
        facts.last_used_at = at(-year);
        assert_eq!(facts.status(&rules), Status::Active);
        facts.last_used_at = None;
        assert_eq!(facts.status(&rules), Status::Active);
    }
}
