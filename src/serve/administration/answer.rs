//! Answers: JSON as the commands print it.

use crate::admin::Issued;
use crate::serve::problem::Problem;
use crate::text::json;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::io;
use zeroize::Zeroizing;

/// What a handler answers.
pub type Answer = Result<Response, Problem>;

/// 200 with a value.
pub fn json<T: Serialize>(value: &T) -> Answer {
    let mut text = Vec::new();
    json::write(&mut text, value).map_err(unwritten)?;
    Ok(with_json(text))
}

/// 201 with a value, and where it is.
pub fn created<T: Serialize>(value: &T, location: &str) -> Answer {
    Ok(located(json(value)?, location))
}

/// 201 with a token and its secret, which no later answer has. The memory that held it is wiped.
pub fn issued(issued: &Issued) -> Answer {
    let location = format!("/tokens/{}", issued.token.id);
    // The secret stands at the end, so that what grows before it leaves no copy of it.
    let mut text = Zeroizing::new(Vec::with_capacity(4096));
    json::write(&mut *text, &issued.record()).map_err(unwritten)?;
    Ok(located(with_json(Bytes::from_owner(text)), &location))
}

/// 204.
pub fn nothing() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn with_json(text: impl Into<Body>) -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, kind)], text.into()).into_response()
}

fn located(mut response: Response, location: &str) -> Response {
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// There is no reason for it: a buffer takes everything.
fn unwritten(error: io::Error) -> Problem {
    Problem::unavailable(format!("the answer could not be written: {error}"))
}
