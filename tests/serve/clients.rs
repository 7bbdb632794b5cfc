//! Clients that no one here wrote. `clients/install.sh` installs them.

use crate::http::Server;
use crate::proxy::{CLIENTS, say_skipped};
use crate::support::{Ran, Sandbox};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Where they are installed; `None` if they are not, which is said.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os(CLIENTS).map(PathBuf::from);
    if folder.is_none() {
        say_skipped(&format!("no {CLIENTS} (run tests/serve/clients/install.sh)"));
    }
    folder
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve/clients").join(name)
}

/// Runs a client in Python.
fn python(sandbox: &Sandbox, folder: &Path, name: &str, arguments: &str) -> Ran {
    let python = folder.join("venv/bin/python");
    let command = format!("'{}' '{}' {arguments}", python.display(), script(name).display());
    sandbox.shell(&command).go().exits(0)
}

/// Runs a client in Node, which looks for libraries in its working folder.
fn node(sandbox: &Sandbox, folder: &Path, name: &str, arguments: &str) -> Ran {
    let program = fs::read_to_string(script(name)).unwrap();
    let node = format!("cd '{}' && exec node --input-type=module -", folder.display());
    sandbox.shell(&format!("{node} {arguments}")).stdin(program).go().exits(0)
}

/// What is said about a token that has the id `jti` and grants posts.read.
fn active(sandbox: &Sandbox, jti: &str) -> Value {
    let times = |column| {
        sandbox.number(&format!("SELECT {column} / 1000 FROM tokens WHERE id = {jti}")).unwrap()
    };
    json!({
        "active": true, "scope": "posts.read", "username": "alice", "token_type": "Bearer",
        "sub": "2", "jti": jti, "iat": times("created_at"), "exp": times("expires_at"),
    })
}

/// A server, the secret of a token that may introspect, and those of two others (2 and 3).
fn with_tokens() -> (Sandbox, Server, String, [String; 2]) {
    let sandbox = Sandbox::with_alice();
    let caller = sandbox.create(&["--scope", "tokctl.introspect"]);
    let create = || sandbox.create(&["--scope", "posts.read", "--expires", "30d"]);
    let tokens = [create(), create()];
    let server = Server::start(&sandbox);
    (sandbox, server, caller, tokens)
}

#[test]
fn authlib_introspects_and_revokes() {
    let Some(folder) = folder() else { return };
    let (sandbox, server, caller, [token, _]) = with_tokens();
    let active = active(&sandbox, "2").to_string();
    let inactive = r#"{"active":false}"#;
    let arguments = format!("http://{} {caller} {token}", server.address);
    let ran = python(&sandbox, &folder, "client.py", &arguments);
    let lines: Vec<_> = ran.stdout.lines().collect();
    let expected = [
        // By each of two methods.
        [&active, inactive],
        [&active, inactive],
        // As a resource server.
        ["alice", "403 insufficient_scope"],
        // Revocation, twice.
        ["200", "200"],
        [inactive, "401 invalid_token"],
    ];
    assert_eq!(lines, expected.concat());
}

#[test]
fn oauth4webapi_and_openid_client_introspect_and_revoke() {
    let Some(folder) = folder() else { return };
    let (sandbox, server, caller, [one, other]) = with_tokens();
    let (first, second) = (active(&sandbox, "2"), active(&sandbox, "3"));
    let inactive = json!({"active": false});
    let arguments = format!("http://{} {caller} {one} {other}", server.address);
    let ran = node(&sandbox, &folder, "client.mjs", &arguments);
    let expected = [
        // oauth4webapi, by each of two methods.
        vec![first.clone(), inactive.clone(), first, inactive.clone()],
        // A caller that is unknown.
        vec![json!(["OAUTH_WWW_AUTHENTICATE_CHALLENGE", "basic"])],
        // Revocation, of an unknown token, too.
        vec![json!(true), json!(true), json!(true), inactive.clone()],
        // openid-client, by each of two methods; the first one revokes.
        vec![second, inactive.clone(), inactive.clone(), inactive],
    ];
    assert_eq!(ran.json_lines(), expected.concat());
}

#[test]
fn parsers_of_prometheus_read_the_metrics() {
    let Some(folder) = folder() else { return };
    let (sandbox, server, _, [token, _]) = with_tokens();
    for _ in 0..3 {
        server.auth("/auth", &token).is(204);
    }
    server.auth("/auth?scope=posts.delete", &token).is(403);
    let arguments = format!("http://{}", server.address);
    let ran = python(&sandbox, &folder, "metrics.py", &arguments);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let families: Value = serde_json::from_str(lines[1]).unwrap();
    assert_eq!(families["tokctl_requests"], "counter");
    assert_eq!(families["tokctl_request_duration_seconds"], "histogram");
    assert_eq!(families["tokctl_connections"], "gauge");
    assert_eq!(families["tokctl_build"], "info");
    let counted: Value = serde_json::from_str(lines[2]).unwrap();
    for (outcome, count) in [("good", 3), ("insufficient_scope", 1)] {
        let name = format!("tokctl_requests_total {{'endpoint': '/auth', 'outcome': '{outcome}'}}");
        assert_eq!(counted[name], count);
    }
    assert_eq!(lines[3], "True");
}
