//! Introspection, revocation and metadata.

use crate::http::Server;
use crate::support::{Sandbox, UNKNOWN, keys};
use serde_json::json;

/// A sandbox with a token to introspect (1), one that may introspect (2), and their secrets.
fn with_caller() -> (Sandbox, String, String) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI", "--scope", "posts.read,posts.write"]);
    let caller = sandbox.create(&["--scope", "tokctl.introspect"]);
    (sandbox, secret, caller)
}

#[test]
fn a_good_token_is_introspected() {
    let (sandbox, secret, caller) = with_caller();
    let server = Server::start(&sandbox);
    let bearer = [("Authorization", &*format!("Bearer {caller}"))];
    let answer = server.form("/introspect", &bearer, &format!("token={secret}")).is(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let answer = answer.json();
    let iat = answer["iat"].as_i64().unwrap();
    let expected = json!({
        "active": true, "scope": "posts.read posts.write", "username": "alice",
        "token_type": "Bearer", "sub": "2", "jti": "1", "iat": iat,
    });
    assert_eq!(answer, expected);
    sandbox.run(&["edit", "1", "--expires", "2030-01-01T00:00:00Z"]).exits(0);
    let answer = server.form("/introspect", &bearer, &format!("token={secret}")).json();
    assert_eq!(answer["exp"], 1_893_456_000);
}

#[test]
fn about_a_token_that_is_not_active_nothing_is_said() {
    let (sandbox, secret, caller) = with_caller();
    sandbox.run(&["revoke", "1"]).exits(0);
    let server = Server::start(&sandbox);
    let bearer = [("Authorization", &*format!("Bearer {caller}"))];
    for token in [&secret, UNKNOWN, "x", "%00", "%ff"] {
        let answer = server.form("/introspect", &bearer, &format!("token={token}")).is(200);
        assert_eq!(answer.body, r#"{"active":false}"#);
    }
}

#[test]
fn the_caller_authenticates_in_one_of_three_ways() {
    let (sandbox, secret, caller) = with_caller();
    let server = Server::start(&sandbox);
    let base64 =
        |text: &str| sandbox.shell(&format!("printf %s '{text}' | base64 -w0")).go().stdout;
    let basic = format!("Basic {}", base64(&format!("gateway:{caller}")));
    let form = format!("token={secret}");
    let with_secret = format!("{form}&client_id=gateway&client_secret={caller}");
    for (headers, form) in [
        (vec![("Authorization", format!("Bearer {caller}"))], &form),
        (vec![("Authorization", basic.clone())], &form),
        (vec![], &with_secret),
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(server.form("/introspect", &headers, form).is(200).json()["active"], true);
    }
    let both = server.form("/introspect", &[("Authorization", &basic)], &with_secret).is(400);
    assert_eq!(both.json()["error"], "invalid_request");
}

#[test]
fn a_caller_without_the_scope_learns_nothing() {
    let (sandbox, secret, _) = with_caller();
    let server = Server::start(&sandbox);
    let form = format!("token={secret}");
    let own = format!("Bearer {secret}");
    let refused = server.form("/introspect", &[("Authorization", &own)], &form).is(403);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.contains(r#"scope="tokctl.introspect""#) && refused.body.is_empty());
    for unknown in [UNKNOWN, "x"] {
        let unknown = format!("Bearer {unknown}");
        server.form("/introspect", &[("Authorization", &unknown)], &form).is(401);
    }
    let nobody = server.form("/introspect", &[], &form).is(401);
    assert_eq!(nobody.json()["error"], "invalid_client");
    assert!(nobody.header("www-authenticate").is_some());
    let in_form = format!("{form}&client_secret={UNKNOWN}");
    server.form("/introspect", &[], &in_form).is(401);
}

#[test]
fn a_request_that_is_no_form_of_its_own_is_refused() {
    let (sandbox, secret, caller) = with_caller();
    let server = Server::start(&sandbox);
    let bearer = format!("Bearer {caller}");
    for path in ["/introspect", "/revoke"] {
        for form in ["", "token=", "token_type_hint=x", &format!("token={secret}&token={secret}")] {
            let refused = server.form(path, &[("Authorization", &bearer)], form).is(400);
            assert_eq!(keys(&refused.json()), ["error", "error_description"]);
            assert_eq!(refused.json()["error"], "invalid_request");
        }
        let json = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let body = format!(r#"{{"token":"{secret}"}}"#);
        server.request("POST", path, &json, &body).is(400);
        server.get(&format!("{path}?token={secret}"), &[("Authorization", &bearer)]).is(405);
    }
    sandbox.run(&["verify", &secret]).exits(0);
}

#[test]
fn whoever_holds_a_secret_may_revoke_it() {
    let (sandbox, secret, _) = with_caller();
    let server = Server::start(&sandbox);
    server.auth("/auth", &secret).is(204);
    let form = format!("token={secret}&token_type_hint=refresh_token");
    assert_eq!(server.form("/revoke", &[], &form).is(200).body, "");
    server.auth("/auth", &secret).is(401);
    let token = sandbox.json(&["show", "1"]);
    assert_eq!(token["revoked_reason"], "by its holder, over HTTP");
    // Again, and others.
    for token in [&secret, UNKNOWN, "x"] {
        server.form("/revoke", &[], &format!("token={token}")).is(200);
    }
}

#[test]
fn metadata_name_the_endpoints() {
    let sandbox = Sandbox::with_alice();
    let issuer = "https://tokens.example.com/a";
    let server = Server::with(&sandbox, &["--issuer", &format!("{issuer}/")]);
    let metadata = server.get("/.well-known/oauth-authorization-server", &[]).is(200).json();
    assert_eq!(metadata["issuer"], issuer);
    assert_eq!(metadata["introspection_endpoint"], format!("{issuer}/introspect"));
    assert_eq!(metadata["revocation_endpoint"], format!("{issuer}/revoke"));
    let server = Server::start(&sandbox);
    let metadata = server.get("/.well-known/oauth-authorization-server", &[]).json();
    assert_eq!(metadata["issuer"], format!("http://{}", server.address));
}

/// RFC 6749 §2.3.1: the parts of Basic are encoded like a form, which not every client does.
#[test]
fn the_secret_of_the_caller_may_be_encoded_or_not() {
    let (sandbox, secret, _) = with_caller();
    let own = "one+two/three%4=&four|0123456789abcdef";
    sandbox
        .tokctl(&["create", "--secret", "-", "--scope", "tokctl.introspect"])
        .stdin(own)
        .go()
        .exits(0);
    let server = Server::start(&sandbox);
    let encoded = "one%2Btwo%2Fthree%254%3D%26four%7C0123456789abcdef";
    for (password, status) in [(own, 200), (encoded, 200), ("one two", 401), (&own[1..], 401)] {
        let basic = sandbox.shell("base64 -w0").stdin(format!("gateway:{password}")).go().stdout;
        let header = [("Authorization", &*format!("Basic {basic}"))];
        server.form("/introspect", &header, &format!("token={secret}")).is(status);
    }
}
