//! What the log records: verification attempts and administrative changes.

use super::time::Timestamp;
use crate::text::redact::redact;
use serde::Serialize;

/// Who does something: the operating system's account, and the account that called sudo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account's name.
    pub account: String,
    /// The account behind sudo, if it is another one.
    pub sudo: Option<String>,
}

impl Actor {
    /// An account without sudo.
    pub fn named(account: impl Into<String>) -> Self {
        Actor { account: account.into(), sudo: None }
    }

    /// The same account with the one behind sudo, of which the environment may say anything: a secret
    /// in it is cut off.
    pub fn behind_sudo(self, sudo: &str) -> Self {
        Actor { sudo: Some(redact(sudo)), ..self }
    }
}

/// The token that an attempt or a change is about. It is named as it was then, so that the log can
/// be read after the token is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The token's id.
    pub id: i64,
    /// The token's name.
    pub name: String,
}

/// What a caller of `verify` says about the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// Where the request came from, such as an IP address.
    pub source: Option<String>,
    /// What the client calls itself.
    pub agent: Option<String>,
}

impl Caller {
    /// Both as the log keeps them. They can be whatever a client sent, even a secret, which is cut off;
    /// and they are shortened to 255 characters.
    pub fn new(source: Option<&str>, agent: Option<&str>) -> Self {
        let kept = |text: &str| {
            let text: String = redact(text).chars().take(255).collect();
            Some(text).filter(|text| !text.is_empty())
        };
        Caller { source: source.and_then(kept), agent: agent.and_then(kept) }
    }
}

/// A verification to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it was answered, to the millisecond.
    pub at: Timestamp,
    /// `good`, or the reason of the verdict.
    pub outcome: &'static str,
    /// The token that was found and its owner's name.
    pub token: Option<(Subject, String)>,
    /// The first 6 bytes of the SHA-256 of a secret that no token has.
    pub fingerprint: Option<[u8; 6]>,
    /// What the caller said about the request.
    pub caller: Caller,
}

/// An administrative change to record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// What was done: `create`, `revoke`, `user ban` …
    pub action: &'static str,
    /// The token it was done to.
    pub token: Option<Subject>,
    /// The user it was done to, or the token's owner.
    pub user: Option<String>,
    /// What else there is to know, such as a reason.
    pub detail: Option<String>,
}

/// A row of the log. The order of the fields is the order of the JSON keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct LogEntry {
    /// When it happened.
    pub time: Timestamp,
    /// `verify` or `admin`.
    pub kind: String,
    /// The account that did it.
    pub account: String,
    /// The account behind sudo.
    pub sudo: Option<String>,
    /// `verify`, or what was changed.
    pub action: String,
    /// The token's id.
    pub token_id: Option<i64>,
    /// The token's name at that time.
    pub token_name: Option<String>,
    /// The user's name at that time.
    pub user: Option<String>,
    /// `good`, `rejected` or `insufficient_scope` for a verification, `done` for a change.
    pub outcome: String,
    /// The reason of a rejection, or the detail of a change.
    pub reason: Option<String>,
    /// The first 6 bytes of the SHA-256 of a secret that no token has, in hexadecimal.
    pub fingerprint: Option<String>,
    /// Where the request came from.
    pub source: Option<String>,
    /// What the client called itself.
    pub agent: Option<String>,
}
