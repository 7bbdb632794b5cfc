//! Revocation: RFC 7009.

use super::error::OAuthError;
use super::form::{Form, TokenForm};
use crate::admin::{Error, Selector};
use crate::domain::scope::Required;
use crate::serve::app::Shared;
use crate::serve::client::Client;
use crate::serve::outcome::Outcome;
use crate::serve::responses::ServiceUnavailable;
use crate::serve::unavailable::{Unavailable, busy, unavailable};
use crate::verify::{Credential, Verdict};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// Why the log says that it was revoked.
const REASON: &str = "by its holder, over HTTP";

/// Revoke a token (RFC 7009)
///
/// Whoever holds the secret of a token may revoke it. The answer to a secret that no token has is the
/// same.
#[utoipa::path(
    post,
    path = "/revoke",
    tag = "oauth",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "No token with this secret is good any more"),
        (status = 400, body = OAuthError),
        ServiceUnavailable,
    ),
)]
pub async fn revoke(
    State(app): State<Shared>,
    client: Client,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = match Form::parse(&headers, &body) {
        Ok(form) => form,
        Err(error) => return error.into_response(),
    };
    let token = match form.token() {
        Ok(token) => token,
        Err(error) => return error.into_response(),
    };
    // Strangers must not be able to keep the database locked.
    let (sent, required) = (Credential::parse(token), Required::default());
    let verdict = match app.verify_for_change(sent, &required, || client.caller()).await {
        Ok(verdict) => verdict,
        Err(error) => return unavailable(&error),
    };
    if matches!(verdict, Verdict::Malformed | Verdict::Unknown | Verdict::Revoked(_)) {
        return done(&verdict);
    }
    let selector = Selector::Secret(Credential::parse(token));
    let revoked =
        app.administer(app.actor.clone(), move |admin| admin.revoke(&[selector], Some(REASON)));
    match revoked.await {
        Ok(Ok(_) | Err(Error::TokenNotFound { .. })) => done(&verdict),
        Ok(Err(error)) => {
            if let Error::Store(error) = error {
                app.failed(&Unavailable::Verify(error.into()));
            }
            busy("the token could not be revoked")
        }
        Err(error) => busy(&error.to_string()),
    }
}

fn done(verdict: &Verdict) -> Response {
    (StatusCode::OK, Extension(Outcome::of(verdict))).into_response()
}
