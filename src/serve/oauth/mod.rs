//! The standards of OAuth 2.0 that gateways, resource servers and libraries speak: introspection (RFC
//! 7662), revocation (RFC 7009) and metadata (RFC 8414).

mod error;
mod form;
mod introspect;
mod metadata;
mod revoke;

use super::app::Shared;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The endpoints.
pub fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(introspect::introspect))
        .routes(routes!(revoke::revoke))
        .routes(routes!(metadata::metadata))
}
