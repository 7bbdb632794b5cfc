//! Tokens: rotate, revoke, unrevoke.

use super::answer::{Answer, issued, json};
use super::body::OptionalBody;
use super::failure::not_found;
use super::guard::Administrator;
use super::query::NoQuery;
use super::text;
use super::tokens::{Id, TokenPath};
use crate::admin::{IssuedToken, RotateRequest, Selector};
use crate::domain::token::Token;
use crate::serve::app::Shared;
use crate::serve::responses::{Conflict, NotFound, Refused, RefusedBody};
use crate::serve::schema;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

/// How to rotate a token.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotationBody {
    /// How long the old secret stays valid; not at all if left out.
    #[schema(value_type = Option<schema::Duration>)]
    overlap: Option<String>,
    /// When the new token expires; as long after its creation as the old one if left out.
    #[schema(value_type = Option<schema::Expiry>)]
    expires: Option<String>,
}

/// Replace the secret of a token
///
/// Issues a token with the same owner, name and scopes. The old one is revoked, or expires after the
/// overlap. The answer has the new secret, which is not stored and cannot be shown again.
#[utoipa::path(
    post,
    operation_id = "rotate_token",
    path = "/tokens/{id}/rotate",
    tag = "tokens",
    params(TokenPath),
    request_body = Option<RotationBody>,
    responses(
        (status = 201, body = IssuedToken, headers(("Location" = String, description = "Where the new token is"))),
        Refused, NotFound, Conflict, RefusedBody,
    ),
    security(("bearer" = [])),
)]
pub async fn rotate(
    State(app): State<Shared>,
    administrator: Administrator,
    Id(id): Id,
    _: NoQuery,
    OptionalBody(body): OptionalBody<RotationBody>,
) -> Answer {
    let request = RotateRequest {
        overlap: text::parse_optional("overlap", body.overlap.as_deref())?,
        expires: text::parse_optional("expires", body.expires.as_deref())?,
    };
    let rotate =
        move |admin: crate::admin::Admin| admin.rotate(&Selector::Id(id), request, |_, _| {});
    issued(&administrator.run(&app, rotate).await?.new)
}

/// Why something is done.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The reason, for the record.
    #[schema(value_type = Option<schema::FreeText>)]
    pub reason: Option<String>,
}

/// Revoke a token
///
/// It is rejected from the next request on. A token that is revoked already stays as it is.
#[utoipa::path(
    post,
    operation_id = "revoke_token",
    path = "/tokens/{id}/revoke",
    tag = "tokens",
    params(TokenPath),
    request_body = Option<Reason>,
    responses((status = 200, body = Token), Refused, NotFound, RefusedBody),
    security(("bearer" = [])),
)]
pub async fn revoke(
    State(app): State<Shared>,
    administrator: Administrator,
    Id(id): Id,
    _: NoQuery,
    OptionalBody(body): OptionalBody<Reason>,
) -> Answer {
    let reason = text::free("reason", body.reason.as_deref())?;
    let revoke =
        move |admin: crate::admin::Admin| admin.revoke(&[Selector::Id(id)], reason.as_deref());
    let mut revoked = administrator.run(&app, revoke).await?;
    let revoked = revoked.pop().ok_or_else(|| not_found("token not found"))?;
    json(&revoked.token)
}

/// Undo the revocation of a token
///
/// Not for a token that a rotation has replaced.
#[utoipa::path(
    post,
    operation_id = "unrevoke_token",
    path = "/tokens/{id}/unrevoke",
    tag = "tokens",
    params(TokenPath),
    responses((status = 200, body = Token), Refused, NotFound, Conflict),
    security(("bearer" = [])),
)]
pub async fn unrevoke(
    State(app): State<Shared>,
    administrator: Administrator,
    Id(id): Id,
    _: NoQuery,
) -> Answer {
    let unrevoked = administrator.run(&app, move |admin| admin.unrevoke(&Selector::Id(id))).await?;
    json(&unrevoked.token)
}
