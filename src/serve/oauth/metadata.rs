//! Metadata: RFC 8414.

use crate::serve::app::Shared;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// What RFC 8414 §2 says about the server.
#[derive(Serialize, ToSchema)]
pub struct Metadata {
    /// The URL of the server.
    issuer: String,
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: [&'static str; 3],
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: [&'static str; 1],
    /// None: tokctl issues tokens to operators, not by a flow of OAuth.
    response_types_supported: [&'static str; 0],
    /// None.
    grant_types_supported: [&'static str; 0],
}

/// Where clients find the endpoints (RFC 8414)
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    tag = "oauth",
    responses((status = 200, body = Metadata)),
)]
pub async fn metadata(State(app): State<Shared>) -> Json<Metadata> {
    let issuer = &app.issuer;
    Json(Metadata {
        introspection_endpoint: format!("{issuer}/introspect"),
        // `Bearer` is an access token type, which RFC 8414 §2 allows here.
        introspection_endpoint_auth_methods_supported: [
            "client_secret_basic",
            "client_secret_post",
            "Bearer",
        ],
        revocation_endpoint: format!("{issuer}/revoke"),
        revocation_endpoint_auth_methods_supported: ["none"],
        response_types_supported: [],
        grant_types_supported: [],
        issuer: issuer.clone(),
    })
}
