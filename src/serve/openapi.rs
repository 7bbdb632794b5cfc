//! The description of the API: OpenAPI 3.1.

use super::app::Shared;
use super::auth;
use super::problem::Problem;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{Modify, OpenApi as _};

/// What is the same for all endpoints.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "tokctl",
        description = "Verifies and administers API tokens. Refusals are problems (RFC 9457).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(auth::auth),
    components(schemas(Problem)),
    modifiers(&Secrets),
    tags(
        (name = "verification", description = "Forward-auth for proxies"),
        (name = "oauth", description = "Introspection, revocation and metadata"),
        (name = "tokens", description = "Tokens"),
        (name = "users", description = "The users that tokens belong to"),
        (name = "settings", description = "What everyone who uses the database shares"),
        (name = "log", description = "Verifications and administrative changes"),
        (name = "operation", description = "Health, metrics and this description"),
    ),
)]
pub struct Base;

/// The ways to send a secret.
struct Secrets;

impl Modify for Secrets {
    fn modify(&self, api: &mut OpenApi) {
        let schemes = [("bearer", HttpAuthScheme::Bearer), ("basic", HttpAuthScheme::Basic)];
        let components = api.components.get_or_insert_default();
        for (name, scheme) in schemes {
            let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(scheme).build());
            components.add_security_scheme(name, scheme);
        }
    }
}

/// The document without endpoints.
pub fn base() -> OpenApi {
    Base::openapi()
}

/// The document as it is served.
///
/// # Errors
///
/// There is no reason for one.
pub fn document(mut api: OpenApi) -> serde_json::Result<String> {
    require_all_keys(&mut api);
    allow_all_methods(&mut api);
    leave_out_bodies(&mut api);
    Ok(api.to_pretty_json()? + "\n")
}

/// The records in which every key is always there, be it null.
const RECORDS: [&str; 10] = [
    "IssuedToken",
    "LogEntries",
    "LogEntry",
    "Problem",
    "SettingList",
    "SettingRow",
    "Token",
    "TokenPage",
    "User",
    "UserPage",
];

/// utoipa takes what can be null for what can be missing.
fn require_all_keys(api: &mut OpenApi) {
    let Some(components) = &mut api.components else { return };
    for name in RECORDS {
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(name) {
            object.required = object.properties.keys().cloned().collect();
        }
    }
}

/// A proxy may ask `/auth` with the method of its client.
fn allow_all_methods(api: &mut OpenApi) {
    let Some(item) = api.paths.paths.get_mut("/auth") else { return };
    let Some(get) = item.get.clone() else { return };
    let others = [
        (&mut item.put, "put"),
        (&mut item.post, "post"),
        (&mut item.delete, "delete"),
        (&mut item.options, "options"),
        (&mut item.head, "head"),
        (&mut item.patch, "patch"),
        (&mut item.trace, "trace"),
    ];
    for (operation, method) in others {
        let mut same = get.clone();
        same.operation_id = same.operation_id.map(|id| format!("{id}_{method}"));
        *operation = Some(same);
    }
}

/// A body that can be left out is not null. utoipa says both at once.
fn leave_out_bodies(api: &mut OpenApi) {
    let operations = api.paths.paths.values_mut().filter_map(|item| item.post.as_mut());
    let bodies = operations.filter_map(|post| match &mut post.request_body {
        Some(RefOr::T(body)) => Some(body),
        _ => None,
    });
    for content in bodies.flat_map(|body| body.content.values_mut()) {
        let RefOr::T(content) = content else { continue };
        if let Some(RefOr::T(Schema::OneOf(either))) = &mut content.schema {
            either.items.retain(|item| matches!(item, RefOr::Ref(_)));
            content.schema = either.items.pop();
        }
    }
}

/// This description
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operation",
    responses((status = 200, description = "The description", body = Object)),
)]
pub async fn openapi(State(app): State<Shared>) -> Response {
    ([(CONTENT_TYPE, "application/json")], app.openapi.clone()).into_response()
}
