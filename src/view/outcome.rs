//! How the answer of `verify` is shown: a sentence for people, RFC 7662 for programs.

use crate::outcome::{Grant, Outcome, Rejection};
use crate::scope::Scope;
use crate::token::Status;
use crate::when::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// `valid: CI (7), alice, scopes posts.manage, expires in 29 days`, or why not.
pub fn sentence(outcome: &Outcome, now: Timestamp) -> String {
    match outcome {
        Outcome::Good(grant) => valid(grant, now),
        Outcome::Insufficient(_, missing) => {
            format!("insufficient scope: needs {}", words(missing))
        }
        Outcome::Rejected(Rejection::Malformed) => "rejected: malformed".to_string(),
        Outcome::Rejected(Rejection::Unknown) => "rejected: unknown".to_string(),
        Outcome::Rejected(Rejection::Inactive(grant)) => {
            format!("rejected: {}", inactive(grant, now))
        }
    }
}

fn valid(grant: &Grant, now: Timestamp) -> String {
    let token = &grant.token;
    let scopes = match token.scopes.is_empty() {
        true => "no scopes".to_string(),
        false => format!("scopes {}", token.scopes),
    };
    let expiry = match token.expires_at {
        Some(at) => format!("expires {}", at.relative_to(now)),
        None => "never expires".to_string(),
    };
    format!("valid: {} ({}), {}, {scopes}, {expiry}", token.name, token.id, token.user)
}

fn inactive(grant: &Grant, now: Timestamp) -> String {
    let token = &grant.token;
    let status = token.status.as_str();
    let (at, reason) = match token.status {
        Status::Revoked => (token.revoked_at, &token.revoked_reason),
        Status::Banned => (None, &grant.banned_reason),
        Status::Expired => (token.expires_at, &None),
        Status::Unused => (token.last_used_at, &None),
        Status::Active => (None, &None),
    };
    let what = if token.status == Status::Unused { "unused since its last use" } else { status };
    let when = at.map(|at| format!(" {}", at.relative_to(now))).unwrap_or_default();
    let why = reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{what}{when}{why}")
}

fn words(scopes: &[Scope]) -> String {
    scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(" ")
}

/// The introspection response of RFC 7662 §2.2, with `name`, `admin`, `reason` and `missing`.
pub struct Introspection<'a>(pub &'a Outcome);

impl Serialize for Introspection<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("active", &self.0.accepted().is_some())?;
        if let Some(grant) = self.0.accepted() {
            let token = &grant.token;
            map.serialize_entry("scope", &token.scopes.to_string())?;
            map.serialize_entry("username", &token.user)?;
            map.serialize_entry("token_type", "Bearer")?;
            map.serialize_entry("sub", &grant.user_id.to_string())?;
            map.serialize_entry("jti", &token.id.to_string())?;
            map.serialize_entry("name", &token.name)?;
            map.serialize_entry("iat", &token.created_at.seconds())?;
            map.serialize_entry("exp", &token.expires_at.map(Timestamp::seconds))?;
            map.serialize_entry("admin", &grant.admin)?;
        }
        map.serialize_entry("reason", &self.0.reason())?;
        if self.0.accepted().is_some() {
            let missing = match self.0 {
                Outcome::Insufficient(_, missing) => missing.as_slice(),
                _ => &[],
            };
            map.serialize_entry("missing", &missing.iter().map(Scope::as_str).collect::<Vec<_>>())?;
        }
        map.end()
    }
}
