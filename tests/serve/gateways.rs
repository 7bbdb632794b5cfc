//! The recipes of `docs/serving.md` for gateways that are not in Debian: their documented requests are played
//! here. `recipes` tries the gateways themselves, if they are installed.

use crate::http::Server;
use crate::proxy::block_below;
use crate::support::{Sandbox, UNKNOWN};

/// The headers that a good token is answered with.
const HEADERS: [&str; 5] =
    ["X-Auth-User", "X-Auth-User-Id", "X-Auth-Scopes", "X-Auth-Token-Id", "X-Auth-Token-Name"];

/// The value of the first line with this key.
fn setting<'a>(block: &'a str, key: &str) -> &'a str {
    let lines = block.lines().map(|line| line.trim().trim_start_matches("- "));
    let mut values = lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
    values.next().unwrap_or_else(|| panic!("no {key} in\n{block}")).trim_matches('"')
}

/// A sandbox, and the secrets of tokens that grant posts.manage (1) and nothing (2).
fn with_tokens() -> (Sandbox, String, String) {
    let sandbox = Sandbox::with_alice();
    let good = sandbox.create(&["--name", "CI", "--scope", "posts.manage"]);
    let poor = sandbox.create(&["--no-scopes"]);
    (sandbox, good, poor)
}

/// Traefik asks with GET at `address`, with the headers of its client, and with the original request in
/// `X-Forwarded-*`. It lets a request in for any 2xx.
#[test]
fn traefik_lets_in_good_tokens_only() {
    let (sandbox, good, poor) = with_tokens();
    let server = Server::with(&sandbox, &["--access-log", "all"]);
    let recipe = block_below("Traefik").text;
    let path = setting(&recipe, "address").strip_prefix("http://127.0.0.1:7380").unwrap();
    let asked = |secret: &str| {
        let bearer = format!("Bearer {secret}");
        let headers = [
            ("User-Agent", "curl/8"),
            ("Accept-Encoding", "gzip"),
            ("Authorization", &bearer),
            ("X-Auth-User", "root"),
            ("X-Forwarded-For", "192.0.2.7"),
            ("X-Forwarded-Host", "api.example.com"),
            ("X-Forwarded-Method", "POST"),
            ("X-Forwarded-Port", "443"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Server", "gateway"),
            ("X-Forwarded-Uri", "/posts/1?scope=x&token=y"),
            ("X-Real-Ip", "192.0.2.7"),
        ];
        server.get(path, &headers)
    };
    let response = asked(&good).is(204);
    let line = server.logged_where(|line| line["status"] == 204);
    assert_eq!(line["client"], "192.0.2.7", "{line}");
    assert_eq!(setting(&recipe, "authResponseHeadersRegex"), "(?i)^x[-_]auth[-_]");
    for name in HEADERS {
        assert!(response.header(&name.to_ascii_lowercase()).is_some(), "{name}");
    }
    assert_eq!(response.header("x-auth-user"), Some("alice"));
    let refused = asked(&poor).is(403);
    assert!(refused.header("www-authenticate").unwrap().contains("insufficient_scope"));
    asked(UNKNOWN).is(401);
    sandbox.run(&["revoke", "1"]).exits(0);
    asked(&good).is(401);
}

/// Envoy asks with the method, the path and the query of its client behind `path_prefix`, without a body,
/// and with the headers that it is told to. It lets a request in for 200 only, and refuses it for any
/// other status; a 5xx is an error, which `failure_mode_allow` decides about.
#[test]
fn envoy_lets_in_good_tokens_only() {
    let (sandbox, good, poor) = with_tokens();
    let server = Server::start(&sandbox);
    let recipe = block_below("Envoy").text;
    let prefix = setting(&recipe, "path_prefix");
    let added = (setting(&recipe, "key"), setting(&recipe, "value"));
    assert_eq!(setting(&recipe, "failure_mode_allow"), "false");
    let asked = |method: &str, path: &str, secret: &str| {
        let bearer = format!("Bearer {secret}");
        let headers = [
            ("Content-Length", "0"),
            ("Authorization", &bearer),
            ("User-Agent", "curl/8"),
            ("X-Forwarded-For", "192.0.2.7"),
            ("X-Envoy-Internal", "true"),
            ("X-Envoy-Expected-Rq-Timeout-Ms", "2000"),
            added,
        ];
        server.request(method, &format!("{prefix}{path}"), &headers, "")
    };
    for path in ["/", "/?scope=x", "/posts/1?any=1&scope=", "/a//b/../%2e%00?x=%zz"] {
        for method in ["GET", "POST", "OPTIONS", "DELETE"] {
            let response = asked(method, path, &good).is(200);
            for name in HEADERS {
                let name = name.to_ascii_lowercase();
                assert!(name.starts_with(setting(&recipe, "prefix")));
                assert!(response.header(&name).is_some(), "{name}");
            }
            asked(method, path, &poor).is(403);
            let refused = asked(method, path, UNKNOWN).is(401);
            assert!(refused.header("www-authenticate").is_some());
        }
    }
    sandbox.run(&["revoke", "1"]).exits(0);
    asked("GET", "/", &good).is(401);
}
