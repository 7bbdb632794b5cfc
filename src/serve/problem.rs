//! Problems as JSON: RFC 9457.

use crate::text::bounds::shortened;
use crate::text::escape::Escaped;
use crate::text::redact::redact;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with a request, or why it could not be answered (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request.
    detail: String,
}

impl Problem {
    /// A problem with this status. What the detail quotes of a request is shortened, and a secret in it is
    /// cut off.
    pub fn new(status: StatusCode, detail: String) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let detail = shortened(&redact(&Escaped(&detail).to_string()));
        Problem { kind: "about:blank", title, status: status.as_u16(), detail }
    }

    /// 400: the request is wrong.
    pub fn bad_request(detail: String) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 503: it could not be found out.
    pub fn unavailable(detail: String) -> Self {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        // A struct of texts and a number has no reason to fail.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(CONTENT_TYPE, kind)], body).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
