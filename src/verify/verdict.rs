//! The answer to "may whoever sent this do that?".

use crate::domain::scope::{Required, Scope};
use crate::domain::token::{Rules, Status, StoredToken, Token};

/// The answer of a verification. A `match` has to name every answer, so that none is mistaken for
/// another.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The token is active and has all required scopes.
    Good(Grant),
    /// The token is active but lacks these of the required scopes.
    InsufficientScope(Grant, Vec<Scope>),
    /// No token can look like that: the shape or the checksum is wrong.
    Malformed,
    /// No token has that secret.
    Unknown,
    /// The token was revoked.
    Revoked(Box<Grant>),
    /// The token's owner is banned.
    Banned(Box<Grant>),
    /// The token has expired. It is expired from the very second of its expiry on.
    Expired(Box<Grant>),
    /// The token's last use is longer ago than the setting `unused-lifetime` allows.
    Unused(Box<Grant>),
}

/// A token that was found, and its owner.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// The token; `token.user` is the owner's name.
    pub token: Token,
    /// The owner's id.
    pub user_id: i64,
    /// Whether the owner is an administrator.
    pub admin: bool,
    /// Why the owner is banned.
    pub banned_reason: Option<String>,
}

impl Verdict {
    /// Decides about a token that was found.
    pub(super) fn decide(found: StoredToken, required: &Required, rules: &Rules) -> Self {
        let grant = Grant {
            user_id: found.owner.id,
            admin: found.owner.admin,
            banned_reason: found.owner.banned_reason.clone(),
            token: found.into_token(rules),
        };
        match grant.token.status {
            Status::Active => {
                let missing = required.missing(&grant.token.scopes);
                if missing.is_empty() {
                    Verdict::Good(grant)
                } else {
                    Verdict::InsufficientScope(grant, missing)
                }
            }
            Status::Revoked => Verdict::Revoked(Box::new(grant)),
            Status::Banned => Verdict::Banned(Box::new(grant)),
            Status::Expired => Verdict::Expired(Box::new(grant)),
            Status::Unused => Verdict::Unused(Box::new(grant)),
        }
    }

    /// Why the token is not good, in one word; `None` for a good token.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Verdict::Good(_) => None,
            Verdict::InsufficientScope(..) => Some("insufficient_scope"),
            Verdict::Malformed => Some("malformed"),
            Verdict::Unknown => Some("unknown"),
            Verdict::Revoked(_) => Some("revoked"),
            Verdict::Banned(_) => Some("banned"),
            Verdict::Expired(_) => Some("expired"),
            Verdict::Unused(_) => Some("unused"),
        }
    }

    /// The token that was found, accepted or not.
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Verdict::Good(grant) | Verdict::InsufficientScope(grant, _) => Some(grant),
            Verdict::Revoked(grant)
            | Verdict::Banned(grant)
            | Verdict::Expired(grant)
            | Verdict::Unused(grant) => Some(grant),
            Verdict::Malformed | Verdict::Unknown => None,
        }
    }

    /// The token that was accepted, with or without all required scopes.
    pub fn accepted(&self) -> Option<&Grant> {
        match self {
            Verdict::Good(grant) | Verdict::InsufficientScope(grant, _) => Some(grant),
            _ => None,
        }
    }
}
