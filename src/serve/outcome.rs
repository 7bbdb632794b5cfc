//! What came of a request, for the log and the metrics.

use super::client::Client;
use crate::verify::{Grant, Verdict};
use axum::http::{Method, StatusCode};
use std::time::Duration;

/// What came of a request, for the log and the metrics. Handlers put it into the extensions of their
/// responses; without one, the status says it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// In one word: `good`, the reason of a verdict, or what is wrong with the request.
    pub word: &'static str,
    /// The id of the token that was sent.
    pub token_id: Option<i64>,
    /// The name of its owner.
    pub user: Option<String>,
}

impl Outcome {
    /// An outcome without a token.
    pub fn named(word: &'static str) -> Self {
        Outcome { word, token_id: None, user: None }
    }

    /// A good token.
    pub fn good(grant: Grant) -> Self {
        Outcome { word: "good", token_id: Some(grant.token.id), user: Some(grant.token.user) }
    }

    /// A request of a token that is good, and what came of it.
    pub fn of_request(status: StatusCode, grant: Grant) -> Self {
        Outcome { word: word_of(status.as_u16()), ..Outcome::good(grant) }
    }

    /// A verdict.
    pub fn of(verdict: &Verdict) -> Self {
        let token = verdict.grant().map(|grant| &grant.token);
        Outcome {
            word: verdict.reason().unwrap_or("good"),
            token_id: token.map(|token| token.id),
            user: token.map(|token| token.user.clone()),
        }
    }
}

/// A request as the log shows it. Neither the URI nor a header is in it, which could contain a secret.
pub struct Seen<'a> {
    pub method: &'a Method,
    /// The route, or `other`.
    pub endpoint: &'a str,
    pub status: u16,
    pub outcome: &'a Outcome,
    pub took: Duration,
    pub client: &'a Client,
}

/// What a status says in one word.
pub fn word_of(status: u16) -> &'static str {
    match status {
        ..400 => "done",
        404 => "not_found",
        400..500 => "bad_request",
        _ => "unavailable",
    }
}
