//! Introspection: RFC 7662.

use super::error::OAuthError;
use super::form::{Form, TokenForm};
use crate::domain::scope::Required;
use crate::domain::time::Timestamp;
use crate::serve::app::Shared;
use crate::serve::challenge;
use crate::serve::client::Client;
use crate::serve::credentials::{Sent, authorization};
use crate::serve::outcome::Outcome;
use crate::serve::responses::ServiceUnavailable;
use crate::serve::unavailable::unavailable;
use crate::text::url;
use crate::verify::{Credential, Grant, Verdict};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// The scope that lets its holder introspect tokens.
const SCOPE: &str = "tokctl.introspect";

/// What RFC 7662 §2.2 says about a token. About one that is not active, nothing more.
#[derive(Serialize, ToSchema)]
pub struct Introspection {
    /// Whether the token is good.
    active: bool,
    #[serde(flatten)]
    #[schema(value_type = ActiveToken)]
    token: Option<ActiveToken>,
}

/// What is said about a good token, and only about one.
#[derive(Serialize, ToSchema)]
pub struct ActiveToken {
    /// Its scopes, separated by spaces.
    #[schema(required = false)]
    scope: String,
    /// The name of its owner.
    #[schema(required = false)]
    username: String,
    /// `Bearer`.
    #[schema(required = false)]
    token_type: &'static str,
    /// The id of its owner.
    #[schema(required = false)]
    sub: String,
    /// Its id.
    #[schema(required = false)]
    jti: String,
    /// When it was issued, in seconds since 1970.
    #[schema(required = false)]
    iat: i64,
    /// When it expires, in seconds since 1970; missing if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    exp: Option<i64>,
}

impl ActiveToken {
    fn new(grant: &Grant) -> Self {
        let token = &grant.token;
        ActiveToken {
            scope: token.scopes.to_string(),
            username: token.user.clone(),
            token_type: "Bearer",
            sub: grant.user_id.to_string(),
            jti: token.id.to_string(),
            iat: token.created_at.seconds(),
            exp: token.expires_at.map(Timestamp::seconds),
        }
    }
}

/// Introspect a token (RFC 7662)
///
/// The caller proves with a token of its own, which grants `tokctl.introspect`, that it may ask: as a
/// bearer token, as the password of Basic, or as `client_secret` in the form.
#[utoipa::path(
    post,
    path = "/introspect",
    tag = "oauth",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = Introspection),
        (status = 400, body = OAuthError),
        (status = 401, body = OAuthError, description = "The caller did not prove who it is"),
        (status = 403, description = "The token of the caller lacks the scope tokctl.introspect"),
        ServiceUnavailable,
    ),
    security(("bearer" = []), ("basic" = [])),
)]
pub async fn introspect(
    State(app): State<Shared>,
    client: Client,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = match Form::parse(&headers, &body) {
        Ok(form) => form,
        Err(error) => return error.into_response(),
    };
    if let Err(refusal) = authenticate(&app, &client, &headers, &form).await {
        return refusal;
    }
    let sent = match form.token() {
        Ok(token) => Credential::parse(token),
        Err(error) => return error.into_response(),
    };
    match app.verify(sent, &Required::default(), || client.caller()).await {
        Err(error) => unavailable(&error),
        Ok(verdict) => {
            let token = verdict.accepted().map(ActiveToken::new);
            let answer = Introspection { active: token.is_some(), token };
            (Extension(Outcome::of(&verdict)), Json(answer)).into_response()
        }
    }
}

/// Checks that the caller may introspect.
async fn authenticate(
    app: &Shared,
    client: &Client,
    headers: &HeaderMap,
    form: &Form,
) -> Result<(), Response> {
    let in_header = authorization(headers);
    let in_header = in_header.map_err(|_| SEVERAL.into_response())?;
    let is_bearer = matches!(in_header, Some(Sent::Bearer(_)));
    let sent = match (in_header, form.get("client_secret")) {
        (Some(_), Some(_)) => return Err(SEVERAL.into_response()),
        (None, None) => return Err(NOBODY.into_response()),
        (None, Some(secret)) => Credential::parse(secret),
        (Some(Sent::Bearer(credential)), None) => credential,
        (Some(Sent::Basic(password)), None) => of_basic(&password),
    };
    let Ok(required) = Required::all([SCOPE]) else { return Err(NOBODY.into_response()) };
    match app.verify(sent, &required, || client.caller()).await {
        Err(error) => Err(unavailable(&error)),
        Ok(Verdict::Good(_)) => Ok(()),
        Ok(verdict @ Verdict::InsufficientScope(..)) => {
            Err(challenge::refused(&verdict, &required))
        }
        Ok(verdict) if is_bearer => Err(challenge::refused(&verdict, &required)),
        Ok(_) => Err(NOBODY.into_response()),
    }
}

const SEVERAL: OAuthError =
    OAuthError::invalid_request("The caller authenticates in more than one way");

const NOBODY: OAuthError = OAuthError::invalid_client("The caller did not prove who it is");

/// The password of Basic. RFC 6749 §2.3.1 wants it encoded like a form, which not every client does. No
/// secret contains a space, so that `+` stands for itself, and so does `%` where it encodes nothing.
fn of_basic(password: &[u8]) -> Credential {
    let decoded = std::str::from_utf8(password).ok().and_then(|text| url::decode(text).ok());
    Credential::parse(decoded.as_ref().map_or(password, |text| text.as_bytes()))
}
