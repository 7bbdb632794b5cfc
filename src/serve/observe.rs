//! What happens to every request: checks of its shape, the time limit, the log and the metrics.

use super::app::{App, Shared};
use super::checker::Unavailable;
use super::client::Client;
use super::problem::Problem;
use crate::verify::{Grant, Verdict};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, HOST, RETRY_AFTER, TRANSFER_ENCODING,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::{Duration, Instant};
use tokio::time::timeout;

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

/// Answers a request, and tells the log and the metrics about it.
pub async fn observe(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let endpoint = request.extensions().get::<MatchedPath>().cloned();
    let endpoint = endpoint.as_ref().map_or("other", MatchedPath::as_str);
    let client = app
        .log
        .shows_requests()
        .then(|| Client::of(request.headers(), request.extensions(), app.config.behind_proxy));
    let mut response = match malformed(&request) {
        Some(why) => closing(Problem::bad_request(why.to_string()).into_response()),
        None => match timeout(app.config.request_timeout, next.run(request)).await {
            Ok(response) => response,
            Err(_) => busy("the request took too long"),
        },
    };
    finish(&app, &mut response);
    let outcome = response.extensions_mut().remove::<Outcome>();
    let outcome = outcome.unwrap_or_else(|| Outcome::named(word_of(response.status().as_u16())));
    let took = started.elapsed();
    app.metrics.request(endpoint, outcome.word, took);
    if let Some(client) = &client {
        let (status, outcome) = (response.status().as_u16(), &outcome);
        app.log.request(&Seen { method: &method, endpoint, status, outcome, took, client });
    }
    response
}

/// Shapes that proxies and servers read in different ways, which lets requests be smuggled (RFC 9112 §3.2,
/// §6.1).
fn malformed(request: &Request) -> Option<&'static str> {
    let headers = request.headers();
    let hosts = headers.get_all(HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        return Some("a request needs exactly one Host header");
    }
    let has_both = headers.contains_key(CONTENT_LENGTH) && headers.contains_key(TRANSFER_ENCODING);
    has_both.then_some("Content-Length and Transfer-Encoding exclude each other")
}

/// What every response has in common. Answers are about a moment, and must not be kept.
fn finish(app: &App, response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if app.shutdown.has_begun() {
        close(headers);
    }
}

fn closing(mut response: Response) -> Response {
    close(response.headers_mut());
    response
}

fn close(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
}

/// 503: it could not be found out. The log of the server tells why, and the client can try again.
pub fn unavailable(error: &Unavailable) -> Response {
    match error {
        Unavailable::TooManyWait(error) => busy(&error.to_string()),
        Unavailable::Verify(_) => busy("the database cannot be read"),
    }
}

/// 503 for now.
pub fn busy(why: &str) -> Response {
    let mut response = Problem::unavailable(why.to_string()).into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn word_of(status: u16) -> &'static str {
    match status {
        ..400 => "done",
        404 => "not_found",
        400..500 => "bad_request",
        _ => "unavailable",
    }
}
