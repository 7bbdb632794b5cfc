//! The recipes of `docs/serving.md` for proxies that are installed, as printed.

use crate::markdown::blocks;
use crate::proxy::{Kind, Scene};
use crate::support::{SECOND, UNKNOWN};
use std::fs;
use std::path::Path;

/// The languages of configurations.
const LANGUAGES: [&str; 4] = ["apache", "caddyfile", "nginx", "yaml"];

/// The values of a header that some application could take for this one.
fn values<'a>(request: &'a str, name: &str) -> Vec<&'a str> {
    let (head, _) = request.split_once("\n\n").unwrap();
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    headers.filter(|(other, _)| other.replace('_', "-") == name).map(|(_, value)| value).collect()
}

/// The pages' own test runs no configurations of proxies.
#[test]
fn every_recipe_is_tried() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut found = Vec::new();
    for entry in fs::read_dir(docs).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let text = fs::read_to_string(&path).unwrap();
            let languages = blocks(&text).into_iter().map(|block| block.language.to_string());
            let languages = languages.filter(|name| LANGUAGES.contains(&name.as_str()));
            found.extend(languages.map(|name| (path.file_name().unwrap().to_owned(), name)));
        }
    }
    let tried = ["nginx", "caddyfile", "apache", "yaml", "yaml"];
    assert_eq!(found, tried.map(|name| ("serving.md".into(), name.to_string())));
}

#[test]
fn the_application_learns_who_sends_a_good_token() {
    for scene in Scene::all() {
        let secret = scene.sandbox.create(&["--name", "CI", "--scope", "posts.manage"]);
        let bearer = format!("Bearer {secret}");
        for (method, body) in [("GET", ""), ("POST", "a=b"), ("HEAD", ""), ("DELETE", "")] {
            let forged = [
                ("Authorization", bearer.as_str()),
                ("X-Auth-User", "root"),
                ("x-auth-user", "root"),
                ("X_Auth_User", "root"),
                ("X-Auth_User", "root"),
                ("X_Auth-User", "root"),
            ];
            let response = scene.request(method, "/a?b=c", &forged, body);
            assert_eq!(response.status, 200, "{:?}: {response:#?}", scene.kind);
            let received = scene.application.received();
            let [request] = received.as_slice() else { panic!("{received:#?}") };
            assert!(request.starts_with(&format!("{method} /a?b=c HTTP/1.")), "{request}");
            assert!(request.ends_with(&format!("\n\n{body}")), "{request}");
            assert_eq!(values(request, "x-auth-user"), ["alice"], "{:?}: {request}", scene.kind);
            assert!(!request.contains(&secret), "{:?}: {request}", scene.kind);
        }
    }
}

#[test]
fn the_application_learns_which_token_it_is() {
    for scene in Scene::all().filter(|scene| scene.kind != Kind::Apache) {
        let secret = scene.sandbox.create(&["--name", "CI", "--scope", "posts.manage,users.*"]);
        let forged = ["User-Id", "Scopes", "Token-Id", "Token-Name"];
        let spelt = ["X-Auth-", "x_auth_", "X-Auth_", "X_Auth-"];
        let forged = spelt.iter().flat_map(|start| forged.map(|name| format!("{start}{name}")));
        let forged: Vec<_> = forged.collect();
        let mut headers: Vec<_> = forged.iter().map(|name| (name.as_str(), "*")).collect();
        let bearer = format!("Bearer {secret}");
        headers.push(("Authorization", &bearer));
        scene.request("GET", "/", &headers, "").is(200);
        let received = scene.application.received();
        for (name, value) in [
            ("x-auth-user-id", "2"),
            ("x-auth-scopes", "posts.manage users.*"),
            ("x-auth-token-id", "1"),
            ("x-auth-token-name", "CI"),
        ] {
            assert_eq!(values(&received[0], name), [value], "{:?}: {received:#?}", scene.kind);
        }
    }
}

#[test]
fn a_client_cannot_have_the_headers_removed_that_name_it() {
    for scene in Scene::all() {
        let secret = scene.sandbox.create(&["--scope", "posts.manage"]);
        let bearer = format!("Bearer {secret}");
        let headers = [("Authorization", &*bearer), ("Connection", "close, X-Auth-User")];
        scene.request("GET", "/posts/1", &headers, "").is(200);
        let received = scene.application.received();
        assert_eq!(
            values(&received[0], "x-auth-user"),
            ["alice"],
            "{:?}: {received:#?}",
            scene.kind
        );
    }
}

#[test]
fn a_request_without_a_good_token_is_refused() {
    for scene in Scene::all() {
        scene.sandbox.create(&[]);
        for path in ["/", "/posts/1", "/posts/../a"] {
            let nothing = scene.request("GET", path, &[("X-Auth-User", "alice")], "");
            scene.assert_refused(nothing, 401, "");
            // Not even to ask what the application allows.
            let asked = scene.request("OPTIONS", path, &[("Origin", "https://example.com")], "");
            assert_eq!((asked.status, scene.application.received().len()), (401, 0), "{path}");
            for secret in [UNKNOWN, "x", "tok_x", "%00", "&active=true"] {
                let response = scene.get(path, secret);
                scene.assert_refused(response, 401, r#"error="invalid_token""#);
            }
        }
    }
}

#[test]
fn a_revoked_token_is_refused_at_the_next_request() {
    for scene in Scene::all() {
        // Proxies could remember answers until a token expires.
        let secret = scene.sandbox.create(&["--name", "CI", "--expires", "30d"]);
        for _ in 0..3 {
            scene.get("/", &secret).is(200);
            scene.application.received();
            scene.sandbox.run(&["revoke", "--name", "CI"]).exits(0);
            let response = scene.get("/", &secret);
            scene.assert_refused(response, 401, r#"error="invalid_token""#);
            scene.sandbox.run(&["unrevoke", "--name", "CI"]).exits(0);
        }
    }
}

#[test]
fn an_expired_token_is_refused() {
    for scene in Scene::all() {
        let secret = scene.sandbox.create(&["--name", "CI", "--expires", "30d"]);
        let id = scene.sandbox.json(&["show", "--name", "CI"])["id"].as_i64().unwrap();
        scene.get("/", &secret).is(200);
        scene.application.received();
        scene.sandbox.set_time(id, "expires_at", -SECOND);
        let response = scene.get("/", &secret);
        scene.assert_refused(response, 401, r#"error="invalid_token""#);
    }
}

#[test]
fn a_token_that_lacks_the_scope_is_refused() {
    for scene in Scene::all() {
        for scope in ["posts.manage", "posts.*", "*", "users.read,posts.manage"] {
            let secret = scene.sandbox.create(&["--scope", scope]);
            let response = scene.get("/posts/1", &secret);
            assert_eq!(response.status, 200, "{:?}, {scope}: {response:#?}", scene.kind);
        }
        scene.application.received();
        for scope in ["posts.manage.own", "posts", "all.posts.manage", "posts.manages", "xposts.*"]
        {
            let secret = scene.sandbox.create(&["--scope", scope]);
            let response = scene.get("/posts/1", &secret);
            scene.assert_refused(response, 403, r#"error="insufficient_scope""#);
            let challenge = scene.get("/posts/1", &secret);
            scene.assert_refused(challenge, 403, r#"scope="posts.manage""#);
            if !scene.kind.requires_scope_everywhere() {
                scene.get("/other", &secret).is(200);
                scene.application.received();
            }
        }
        let nothing = scene.sandbox.create(&["--no-scopes"]);
        let response = scene.get("/posts/1", &nothing);
        scene.assert_refused(response, 403, r#"error="insufficient_scope""#);
    }
}

#[test]
fn a_client_cannot_require_less() {
    for scene in Scene::all() {
        let secret = scene.sandbox.create(&["--scope", "posts.read"]);
        let bearer = format!("Bearer {secret}");
        for path in ["/posts/1?scope=posts.read&any=1", "/posts/1?", "//posts/1", "/posts/%31"] {
            let headers = [
                ("Authorization", bearer.as_str()),
                ("X-Required-Scope", "posts.read"),
                ("X-Original-URI", "/?scope=posts.read"),
                ("X-Forwarded-Uri", "/other"),
                ("X-Forwarded-Prefix", "/other"),
            ];
            let response = scene.request("GET", path, &headers, "");
            scene.assert_refused(response, 403, r#"error="insufficient_scope""#);
        }
    }
}

#[test]
fn a_body_in_chunks_reaches_only_the_application() {
    for scene in Scene::all() {
        let secret = scene.sandbox.create(&["--scope", "posts.manage"]);
        let ask = |secret: &str| {
            let mut connection = scene.connect();
            connection.send(format!(
                "POST /posts/1 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {secret}\r\n\
                 Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"
            ));
            connection.response()
        };
        ask(&secret).is(200);
        let received = scene.application.received();
        assert!(received[0].ends_with("\n\na=b"), "{:?}: {received:#?}", scene.kind);
        scene.assert_refused(ask(UNKNOWN), 401, r#"error="invalid_token""#);
    }
}

#[test]
fn nobody_is_let_in_while_the_server_is_down() {
    for mut scene in Scene::all() {
        let secret = scene.sandbox.create(&[]);
        scene.get("/", &secret).is(200);
        scene.application.received();
        scene.tokctl.process.kill().unwrap();
        scene.tokctl.process.wait().unwrap();
        // As the page says.
        let status = match scene.kind {
            Kind::Nginx | Kind::Traefik => 500,
            Kind::Caddy => 502,
            Kind::Envoy => 503,
            Kind::Apache => 401,
        };
        for path in ["/", "/posts/1"] {
            scene.get(path, &secret).is(status);
        }
        assert_eq!(scene.application.received(), [""; 0], "{:?}", scene.kind);
    }
}

#[test]
fn nobody_is_let_in_while_the_database_cannot_be_read() {
    for scene in Scene::all() {
        let secret = scene.sandbox.create(&[]);
        scene.sandbox.sql("ALTER TABLE tokens RENAME TO gone");
        let status = scene.get("/", &secret).status;
        assert!([401, 500, 503].contains(&status), "{:?}: {status}", scene.kind);
        assert_eq!(scene.application.received(), [""; 0], "{:?}", scene.kind);
    }
}

#[test]
fn names_cannot_add_headers() {
    for scene in Scene::all() {
        let user = r#"a, "b"; X-Auth-User: root %0d%0a ü"#;
        scene.sandbox.run(&["user", "add", user]).exits(0);
        let name = "1\\r\\nX-Auth-User: root, ü";
        let secret = scene.sandbox.create(&["--user", user, "--name", name]);
        scene.get("/", &secret).is(200);
        let received = scene.application.received();
        let expected = match scene.kind {
            Kind::Apache => "a,%20%22b%22;%20X-Auth-User:%20root%20%250d%250a%20%c3%bc",
            _ => "a%2C%20%22b%22%3B%20X-Auth-User:%20root%20%250d%250a%20%C3%BC",
        };
        assert_eq!(values(&received[0], "x-auth-user"), [expected], "{:?}", scene.kind);
        // No command accepts such a name.
        let sql = "UPDATE users SET name = 'a' || char(13, 10) || 'X-Auth-User: root' WHERE id > 2";
        scene.sandbox.sql(sql);
        scene.get("/", &secret);
        for request in scene.application.received() {
            assert!(!values(&request, "x-auth-user").contains(&"root"), "{request}");
        }
    }
}

#[test]
fn nobody_asks_tokctl_through_the_proxy() {
    for scene in Scene::all() {
        for path in ["/.tokctl/", "/metrics", "/introspect", "/auth"] {
            let response = scene.request("GET", path, &[], "");
            assert!([401, 404].contains(&response.status), "{:?}: {response:#?}", scene.kind);
        }
        assert_eq!(scene.application.received(), [""; 0], "{:?}", scene.kind);
        if scene.kind == Kind::Nginx {
            let secret = scene.sandbox.create(&[]);
            scene.get("/.tokctl/", &secret).is(404);
        }
    }
}

#[test]
fn nginx_keeps_its_connection_to_tokctl() {
    let Some(scene) = Scene::of(Kind::Nginx) else { return };
    let secret = scene.sandbox.create(&[]);
    for _ in 0..10 {
        scene.get("/", &secret).is(200);
    }
    let metrics = scene.tokctl.get("/metrics", &[]).body;
    // That of nginx, and the one that asks this.
    assert!(metrics.contains("\ntokctl_connections 2\n"), "{metrics}");
}
