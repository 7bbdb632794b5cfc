//! `/auth`: forward-auth.

use crate::http::Server;
use crate::support::{Sandbox, UNKNOWN};
use std::time::{Duration, Instant};

const REALM: &str = r#"Bearer realm="tokctl""#;

#[test]
fn a_good_token_is_let_in_and_its_owner_named() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI, ü\"1\"", "--scope", "posts.manage,users.read"]);
    let server = Server::start(&sandbox);
    let response = server.auth("/auth?scope=posts.manage", &secret).is(204);
    for (name, value) in [
        ("x-auth-user", "alice"),
        ("x-auth-user-id", "2"),
        ("x-auth-scopes", "posts.manage users.read"),
        ("x-auth-token-id", "1"),
        ("x-auth-token-name", "CI%2C%20%C3%BC%221%22"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(response.header(name), Some(value), "{name}");
    }
}

#[test]
fn what_is_not_good_is_refused_as_rfc_6750_says() {
    let sandbox = Sandbox::with_alice();
    let revoked = sandbox.create(&[]);
    sandbox.run(&["revoke", "1"]).exits(0);
    let expired = sandbox.create(&[]);
    let banned = sandbox.create(&["--user", "alice"]);
    sandbox.sql("UPDATE tokens SET expires_at = 5 WHERE id = 2");
    let server = Server::start(&sandbox);
    sandbox.run(&["user", "ban", "alice"]).exits(0);
    let invalid =
        |why| format!(r#"{REALM}, error="invalid_token", error_description="The token is {why}""#);
    for (secret, why) in [
        (revoked.as_str(), "revoked"),
        (&expired, "disabled"),
        (&banned, "disabled"),
        (UNKNOWN, "unknown"),
        ("tok_x", "malformed"),
    ] {
        let response = server.auth("/auth", secret).is(401);
        assert_eq!(response.header("www-authenticate"), Some(invalid(why).as_str()));
        assert!(response.header("x-auth-user").is_none() && response.body.is_empty());
    }
    sandbox.run(&["user", "unban", "alice"]).exits(0);
    let response = server.auth("/auth", &expired).is(401);
    assert_eq!(response.header("www-authenticate"), Some(invalid("expired").as_str()));
    server.auth("/auth", &banned).is(204);
}

#[test]
fn a_request_without_a_secret_is_told_how_to_send_one() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let server = Server::start(&sandbox);
    for headers in [&[][..], &[("Authorization", "Digest x")], &[("X-Auth-User", "alice")]] {
        let response = server.get("/auth", headers).is(401);
        assert_eq!(response.header("www-authenticate"), Some(REALM));
        assert!(response.header("x-auth-user").is_none());
    }
}

#[test]
fn required_scopes_are_all_required_or_one_of_them() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--scope", "posts.*"]);
    let server = Server::start(&sandbox);
    for (query, status) in [
        ("?scope=posts.read", 204),
        ("?scope=posts.read&scope=users.read", 403),
        ("?scope=posts.read&scope=users.read&any=1", 204),
        ("?scope=posts.read,users.read", 403),
        ("?scope=posts.read%20users.read&any=1", 204),
        ("?scope=users%2Eread", 403),
        ("?scope=users.read&any=1", 403),
        ("?any=1", 204),
        // A typing error must not let everybody in.
        ("?scopes=users.read", 400),
        ("?scope=", 400),
        ("?scope=users.read&any=maybe", 400),
    ] {
        assert_eq!(server.auth(&format!("/auth{query}"), &secret).status, status, "{query}");
    }
    let refused = server.auth("/auth?scope=users.read&scope=posts.read", &secret).is(403);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.starts_with(&format!(r#"{REALM}, error="insufficient_scope", "#)));
    assert!(challenge.ends_with(r#"scope="users.read posts.read""#), "{challenge}");
}

#[test]
fn a_secret_comes_in_a_header_or_as_the_password_of_basic() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let server = Server::start(&sandbox);
    let basic = |text: &str| {
        format!("Basic {}", sandbox.shell(&format!("printf %s '{text}' | base64 -w0")).go().stdout)
    };
    for (value, status) in [
        (format!("bearer   {secret}"), 204),
        (basic(&format!("anybody:{secret}")), 204),
        (basic(&format!(":{secret}")), 204),
        (basic(&secret), 401),
        (basic(&format!("{secret}:")), 401),
        ("Basic !!!".to_string(), 401),
        (secret.clone(), 401),
        (format!("Bearer {secret},{secret}"), 401),
    ] {
        assert_eq!(server.get("/auth", &[("Authorization", &value)]).status, status, "{value}");
    }
}

#[test]
fn another_header_can_carry_the_secret() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let server = Server::with(&sandbox, &["--header", "X-Api-Key"]);
    server.get("/auth", &[("x-api-key", &secret)]).is(204);
    // The application may use it for something else.
    let other = ("Authorization", "Basic eDp5");
    server.get("/auth", &[("X-Api-Key", &format!("Bearer {secret}")), other]).is(204);
    server.auth("/auth", &secret).is(401);
}

#[test]
fn a_parameter_of_the_original_uri_can_carry_the_secret_if_that_is_configured() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let (with, without) =
        (Server::with(&sandbox, &["--query-parameter", "token"]), Server::start(&sandbox));
    for header in ["X-Forwarded-Uri", "X-Original-URI", "X-Original-URL"] {
        for uri in [format!("/a?x=1&token={secret}"), format!("https://e.com/?token={secret}#top")]
        {
            with.get("/auth", &[(header, &uri)]).is(204);
            without.get("/auth", &[(header, &uri)]).is(401);
        }
    }
    with.get(&format!("/auth/a/b?token={secret}"), &[]).is(200);
    let uri = format!("/?token={secret}");
    with.get("/auth", &[("X-Forwarded-Uri", &uri), ("X-Original-URI", &uri)]).is(204);
    with.get("/auth", &[("X-Forwarded-Uri", "/?token=")]).is(401);
}

#[test]
fn more_than_one_secret_is_refused() {
    let sandbox = Sandbox::with_alice();
    let (one, other) = (sandbox.create(&[]), sandbox.create(&[]));
    let server = Server::with(&sandbox, &["--query-parameter", "token"]);
    let bearer = |secret: &str| format!("Bearer {secret}");
    let uri = |secret: &str| format!("/?token={secret}");
    for headers in [
        [("Authorization", bearer(&one)), ("Authorization", bearer(&other))],
        [("Authorization", bearer(&one)), ("Authorization", bearer(&one))],
        [("Authorization", bearer(&one)), ("X-Forwarded-Uri", uri(&one))],
        [("X-Forwarded-Uri", uri(&one)), ("X-Original-URI", uri(&other))],
        [("X-Forwarded-Uri", format!("/?token={one}&token={one}")), ("X-Other", "x".to_string())],
    ] {
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let response = server.get("/auth", &headers).is(401);
        let challenge = response.header("www-authenticate").unwrap();
        assert!(challenge.contains(r#"error="invalid_request""#), "{challenge}");
    }
}

#[test]
fn the_query_of_a_client_requires_nothing_and_relaxes_nothing() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--scope", "posts.read"]);
    let server = Server::start(&sandbox);
    let bearer = format!("Bearer {secret}");
    let sent = ("Authorization", bearer.as_str());
    server.get("/auth/a?scope=users.read", &[sent]).is(200);
    let required = ("X-Required-Scope", "posts.read users.read");
    server.get("/auth/a?any=1", &[sent, required]).is(403);
    server.get("/auth/a", &[sent, ("X-Required-Scope", "posts.read")]).is(200);
    server.get("/auth/a", &[sent, ("X-Required-Scope", "posts.read, ")]).is(400);
}

#[test]
fn a_revocation_counts_from_the_next_request_on() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let server = Server::start(&sandbox);
    for _ in 0..5 {
        server.auth("/auth", &secret).is(204);
        sandbox.run(&["revoke", "1"]).exits(0);
        server.auth("/auth", &secret).is(401);
        sandbox.run(&["unrevoke", "1"]).exits(0);
    }
    server.auth("/auth", &secret).is(204);
}

/// Uses a token again and again until it is refused, because it has expired.
fn in_use_until_it_expires(server: &Server, secret: &str) {
    let limit = Instant::now() + Duration::from_secs(20);
    while server.auth("/auth", secret).status != 401 {
        assert!(Instant::now() < limit, "it does not expire");
    }
}

#[test]
fn every_change_counts_from_the_next_request_on_for_a_token_that_is_in_use() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let server = Server::with(&sandbox, &["--threads", "1"]);
    let in_use = |status| (0..30).for_each(|_| drop(server.auth("/auth", &secret).is(status)));
    let changes: [(&[&str], &[&str]); 2] = [
        (&["revoke", "1"], &["unrevoke", "1"]),
        (&["user", "ban", "alice"], &["user", "unban", "alice"]),
    ];
    for (change, back) in changes {
        in_use(204);
        sandbox.run(change).exits(0);
        server.auth("/auth", &secret).is(401);
        in_use(401);
        sandbox.run(back).exits(0);
        server.auth("/auth", &secret).is(204);
    }
    in_use(204);
    sandbox.run(&["edit", "1", "--expires", "1s"]).exits(0);
    in_use_until_it_expires(&server, &secret);
    sandbox.run(&["edit", "1", "--expires", "never"]).exits(0);
    in_use(204);
    sandbox.run(&["edit", "1", "--rename", "new"]).exits(0);
    assert_eq!(server.auth("/auth", &secret).header("x-auth-token-name"), Some("new"));
    in_use(204);
    sandbox.run(&["revoke-all", "--everyone", "--yes"]).exits(0);
    server.auth("/auth", &secret).is(401);
}

#[test]
fn every_method_is_asked_about() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let server = Server::start(&sandbox);
    let bearer = format!("Bearer {secret}");
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"] {
        server.request(method, "/auth", &[("Authorization", &bearer)], "").is(204);
        server.request(method, "/auth", &[], "").is(401);
    }
}
