//! Which handler answers what.

use super::app::Shared;
use super::config::MAX_BODY;
use super::problem::Problem;
use super::{administration, auth, health, oauth, observe, openapi};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Which handler answers what.
pub fn router(app: Shared) -> Router {
    let (router, _) = described().merge(administration::router(&app)).split_for_parts();
    router
        // A proxy may ask with the method of its client.
        .route("/auth", any(auth::auth))
        .route("/auth/", any(auth::auth_of_original))
        .route("/auth/{*original}", any(auth::auth_of_original))
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "no such endpoint".into()) })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this endpoint has other methods".into())
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}

/// The description of all endpoints.
///
/// # Errors
///
/// There is no reason for one.
pub fn document() -> serde_json::Result<String> {
    openapi::document(described().merge(administration::described()).into_openapi())
}

/// The handlers that describe themselves, without administration, which needs a guard.
fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(openapi::openapi))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .merge(oauth::router())
}
