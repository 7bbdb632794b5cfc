//! Liveness, readiness and metrics.

use super::app::Shared;
use super::problem::Problem;
use super::responses::ServiceUnavailable;
use super::unavailable::unavailable;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// Whether the server runs
///
/// Says nothing about the database.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, body = String)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the server can answer
///
/// 503 while the database cannot be read, and when the server is about to end.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    responses((status = 200, body = String), ServiceUnavailable),
)]
pub async fn readyz(State(app): State<Shared>) -> Response {
    if app.shutdown.has_begun() {
        return Problem::unavailable("the server is about to end".into()).into_response();
    }
    match app.checker.ready().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => {
            app.failed(&error);
            unavailable(&error)
        }
    }
}

/// Metrics in the text format of OpenMetrics 1.0
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub async fn metrics(State(app): State<Shared>) -> Response {
    const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match app.metrics.text() {
        Ok(text) => ([(CONTENT_TYPE, KIND)], text).into_response(),
        Err(_) => Problem::unavailable("the metrics cannot be written".into()).into_response(),
    }
}
