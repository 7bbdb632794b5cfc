//! The description of the API: it is up to date, and it is all there.

use crate::http::Server;
use crate::support::Sandbox;
use serde_json::Value;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

fn document(server: &Server) -> Value {
    server.get("/openapi.json", &[]).is(200).json()
}

#[test]
fn the_description_in_docs_is_up_to_date() {
    let server = Server::start(&Sandbox::with_alice());
    let answer = server.get("/openapi.json", &[]).is(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    // `sh .ci/generate` sets this.
    if env::var_os("TOKCTL_GENERATE").is_some() {
        fs::write(&file, &answer.body).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == answer.body, "docs/openapi.json is old: run sh .ci/generate");
}

#[test]
fn every_operation_is_described() {
    let sandbox = Sandbox::with_alice();
    let server = Server::start(&sandbox);
    let document = document(&server);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        operations
            .extend(item.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
    }
    operations.retain(|operation| !operation.ends_with(" /auth"));
    operations.sort();
    let mut expected = [
        "delete /settings/{key}",
        "delete /tokens/{id}",
        "delete /users/{name}",
        "get /.well-known/oauth-authorization-server",
        "get /healthz",
        "get /log",
        "get /metrics",
        "get /openapi.json",
        "get /readyz",
        "get /settings",
        "get /settings/{key}",
        "get /tokens",
        "get /tokens/{id}",
        "get /users",
        "get /users/{name}",
        "patch /tokens/{id}",
        "patch /users/{name}",
        "post /introspect",
        "post /revoke",
        "post /tokens",
        "post /tokens/{id}/revoke",
        "post /tokens/{id}/rotate",
        "post /tokens/{id}/unrevoke",
        "post /users",
        "post /users/{name}/ban",
        "post /users/{name}/unban",
        "put /settings/{key}",
    ];
    expected.sort_unstable();
    assert_eq!(operations, expected);
    assert_eq!(document["paths"]["/auth"].as_object().unwrap().len(), 8);
}

#[test]
fn keys_that_are_always_there_are_required_and_may_be_null() {
    let server = Server::start(&Sandbox::with_alice());
    let schemas = document(&server)["components"]["schemas"].clone();
    let token = &schemas["Token"];
    assert_eq!(token["required"].as_array().unwrap().len(), crate::support::TOKEN_KEYS.len());
    assert_eq!(
        token["properties"]["revoked_reason"]["type"],
        serde_json::json!(["string", "null"])
    );
    assert_eq!(token["properties"]["name"]["type"], "string");
    assert_eq!(
        schemas["User"]["required"].as_array().unwrap().len(),
        crate::support::USER_KEYS.len()
    );
    assert_eq!(schemas["Timestamp"]["format"], "date-time");
    let statuses = serde_json::json!(["active", "expired", "unused", "revoked", "banned"]);
    assert_eq!(schemas["Status"]["enum"], statuses);
}

#[test]
fn ids_of_operations_are_unique_and_references_lead_somewhere() {
    let server = Server::start(&Sandbox::with_alice());
    let document = document(&server);
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let ids: Vec<_> = operations.map(|o| o["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    let text = document.to_string();
    for reference in text.split(r##""$ref":"#"##).skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}
