//! Errors as RFC 6749 §5.2 has them.

use crate::serve::outcome::Outcome;
use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request of OAuth was refused (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct OAuthError {
    /// The error in one word: `invalid_request` or `invalid_client`.
    error: &'static str,
    /// What is wrong, for a person.
    error_description: &'static str,
}

impl OAuthError {
    /// The request is wrong: 400.
    pub const fn invalid_request(why: &'static str) -> Self {
        OAuthError { error: "invalid_request", error_description: why }
    }

    /// The caller did not prove who it is: 401.
    pub const fn invalid_client(why: &'static str) -> Self {
        OAuthError { error: "invalid_client", error_description: why }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let outcome = Extension(Outcome::named(self.error));
        match self.error {
            "invalid_client" => {
                let challenge = [(WWW_AUTHENTICATE, r#"Basic realm="tokctl""#)];
                (StatusCode::UNAUTHORIZED, challenge, outcome, Json(self)).into_response()
            }
            _ => (StatusCode::BAD_REQUEST, outcome, Json(self)).into_response(),
        }
    }
}
