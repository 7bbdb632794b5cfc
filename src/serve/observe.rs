//! What happens to every request: checks of its shape, the time limit, the log and the metrics.

use super::app::{App, Shared};
use super::client::Client;
use super::config::MAX_BODY;
use super::outcome::{Outcome, Seen, word_of};
use super::problem::Problem;
use super::unavailable::busy;
use axum::body::{HttpBody, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, EXPECT, HOST, TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;
use std::error::Error;
use std::time::{Duration, Instant};
use tokio::time::timeout_at;

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
        Some(problem) => closing(problem.into_response()),
        None => answer(app.config.request_timeout, request, next).await,
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

/// Answers a request within a time limit.
async fn answer(limit: Duration, request: Request, next: Next) -> Response {
    let deadline = tokio::time::Instant::now() + limit;
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let request = match timeout_at(deadline, with_body(request)).await {
        Ok(Ok(request)) => request,
        Ok(Err(problem)) => return closing(problem.into_response()),
        Err(_) => {
            let why = "the body of the request did not arrive in time";
            let problem = Problem::new(StatusCode::REQUEST_TIMEOUT, why.into());
            return closing(problem.into_response());
        }
    };
    let answered = timeout_at(deadline, next.run(request)).await;
    let response = answered.unwrap_or_else(|_| busy("the request took too long"));
    // Hyper hides a Content-Length beside Transfer-Encoding. A proxy that obeys it sees another end of the
    // request (RFC 9112 §6.1).
    if is_chunked { closing(response) } else { response }
}

/// The request with its body in memory, so that waiting for the client and for the database are two
/// things. What a proxy asks about keeps its body, which nobody reads.
async fn with_body(request: Request) -> Result<Request, Problem> {
    if request.body().is_end_stream() || is_forward_auth(&request) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, MAX_BODY).await {
        Ok(body) => Ok(Request::from_parts(parts, body.into())),
        Err(error) if is_too_long(&error) => {
            let why = format!("a body may have at most {MAX_BODY} bytes");
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, why))
        }
        Err(_) => Err(Problem::bad_request("the body of the request cannot be read".into())),
    }
}

fn is_forward_auth(request: &Request) -> bool {
    let path = request.uri().path();
    path.strip_prefix("/auth").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_too_long(error: &axum::Error) -> bool {
    error.source().is_some_and(|cause| cause.is::<LengthLimitError>())
}

/// Shapes that proxies and servers read in different ways, which lets requests be smuggled (RFC 9112 §3.2,
/// §6.1), and what nothing here can do.
fn malformed(request: &Request) -> Option<Problem> {
    let headers = request.headers();
    let hosts = headers.get_all(HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        return Some(Problem::bad_request("a request needs exactly one Host header".into()));
    }
    if !is_only(headers, TRANSFER_ENCODING, "chunked") {
        let why = "the only Transfer-Encoding is chunked, once";
        return Some(Problem::new(StatusCode::NOT_IMPLEMENTED, why.into()));
    }
    if !is_only(headers, EXPECT, "100-continue") {
        let why = "the only Expect is 100-continue";
        return Some(Problem::new(StatusCode::EXPECTATION_FAILED, why.into()));
    }
    // Hyper takes a connection for a tunnel once CONNECT is answered with 2xx.
    (request.method() == Method::CONNECT)
        .then(|| Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this is no proxy".into()))
}

/// Whether a header is missing, or there once with this value.
fn is_only(headers: &HeaderMap, name: HeaderName, value: &str) -> bool {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => true,
        (Some(only), None) => only.as_bytes().trim_ascii().eq_ignore_ascii_case(value.as_bytes()),
        _ => false,
    }
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
