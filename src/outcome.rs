//! What `verify` answers, and how it is decided.

use crate::scope::{Required, Scope};
use crate::token::{Status, Token};

/// The answer to "is this token good?".
#[derive(Debug, Clone)]
pub enum Outcome {
    Good(Grant),
    /// Known and in force, but without the scopes that were asked for.
    Insufficient(Grant, Vec<Scope>),
    Rejected(Rejection),
}

/// A token that was found, with its owner.
#[derive(Debug, Clone)]
pub struct Grant {
    pub token: Token,
    pub user_id: i64,
    pub admin: bool,
    pub banned_reason: Option<String>,
}

/// Why a token is not good.
#[derive(Debug, Clone)]
pub enum Rejection {
    /// No token can look like that.
    Malformed,
    /// No token here has that secret.
    Unknown,
    /// There is one, but its status is not active.
    Inactive(Box<Grant>),
}

impl Outcome {
    pub fn decide(grant: Grant, required: &Required) -> Outcome {
        if grant.token.status != Status::Active {
            return Outcome::Rejected(Rejection::Inactive(Box::new(grant)));
        }
        let missing = required.missing(&grant.token.scopes);
        if missing.is_empty() {
            Outcome::Good(grant)
        } else {
            Outcome::Insufficient(grant, missing)
        }
    }

    /// 0 only for a good token.
    pub fn exit_code(&self) -> u8 {
        match self {
            Outcome::Good(_) => 0,
            Outcome::Insufficient(..) => 3,
            Outcome::Rejected(_) => 1,
        }
    }

    /// The contract's one word; `None` for a good token.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Outcome::Good(_) => None,
            Outcome::Insufficient(..) => Some("insufficient_scope"),
            Outcome::Rejected(Rejection::Malformed) => Some("malformed"),
            Outcome::Rejected(Rejection::Unknown) => Some("unknown"),
            Outcome::Rejected(Rejection::Inactive(grant)) => Some(grant.token.status.as_str()),
        }
    }

    /// The token that was found, whatever is thought of it.
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Outcome::Rejected(Rejection::Inactive(grant)) => Some(grant),
            other => other.accepted(),
        }
    }

    /// The token that was accepted, with or without the scopes asked for.
    pub fn accepted(&self) -> Option<&Grant> {
        match self {
            Outcome::Good(grant) | Outcome::Insufficient(grant, _) => Some(grant),
            Outcome::Rejected(_) => None,
        }
    }
}
