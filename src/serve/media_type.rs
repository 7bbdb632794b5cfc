//! What kind of body a request has.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

/// Whether the body is of this media type, whatever its parameters (RFC 9110 §8.3.1).
pub fn is_media_type(headers: &HeaderMap, expected: &str) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected)
}
