//! Administration over HTTP: who may do it, what the endpoints answer, and that lists are complete.

use crate::http::{Response, Server};
use crate::support::{Sandbox, TOKEN_KEYS, UNKNOWN, USER_KEYS, keys};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A server, and the secret that a test administers with.
struct Api {
    sandbox: Sandbox,
    server: Server,
    secret: String,
}

impl Api {
    /// Token 1, of the administrator alice, administers.
    fn start() -> Self {
        Api::with(&[])
    }

    fn with(options: &[&str]) -> Self {
        let sandbox = Sandbox::with_alice();
        let secret = sandbox.create(&["--name", "admin", "--scope", "tokctl.admin"]);
        let server = Server::with(&sandbox, options);
        Api { sandbox, server, secret }
    }

    #[track_caller]
    fn send(&self, method: &str, path: &str, body: &str) -> Response {
        self.send_as(&self.secret, method, path, body)
    }

    #[track_caller]
    fn send_as(&self, secret: &str, method: &str, path: &str, body: &str) -> Response {
        let bearer = format!("Bearer {secret}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        self.server.request(method, path, &headers, body)
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.send("GET", path, "").is(200).json()
    }

    #[track_caller]
    fn post(&self, path: &str, body: Value) -> Response {
        self.send("POST", path, &body.to_string())
    }

    /// The ids of a page of tokens.
    #[track_caller]
    fn listed(&self, query: &str) -> Vec<i64> {
        let page = self.get(&format!("/tokens?{query}"));
        ids(&page["tokens"])
    }

    /// All items of a list by way of its pages; `between` is called before each page but the first.
    fn all(&self, path: &str, key: &str, mut between: impl FnMut(usize)) -> Vec<Value> {
        let (mut all, mut next) = (Vec::new(), String::new());
        loop {
            let mut page = self.get(&format!("{path}{next}"));
            all.append(page[key].as_array_mut().unwrap());
            let Some(cursor) = page["next"].as_str() else { return all };
            next = format!("&cursor={cursor}");
            between(all.len());
        }
    }
}

#[track_caller]
fn ids(tokens: &Value) -> Vec<i64> {
    tokens.as_array().unwrap().iter().map(|token| token["id"].as_i64().unwrap()).collect()
}

/// Asserts that a response is a problem, and returns its detail.
#[track_caller]
fn problem(response: Response, status: u16) -> String {
    let response = response.is(status);
    assert_eq!(response.header("content-type"), Some("application/problem+json"));
    let problem = response.json();
    assert_eq!(keys(&problem), ["type", "title", "status", "detail"]);
    assert_eq!((&problem["type"], &problem["status"]), (&json!("about:blank"), &json!(status)));
    problem["detail"].as_str().unwrap().to_string()
}

/// Every operation for administrators, as the description of the API has them, on things that exist.
fn operations(server: &Server) -> Vec<(String, String)> {
    let document = server.get("/openapi.json", &[]).is(200).json();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let tag = operation["tags"][0].as_str().unwrap();
            if ["tokens", "users", "settings", "log"].contains(&tag) {
                let path = path.replace("{id}", "1").replace("{name}", "alice");
                operations.push((method.to_uppercase(), path.replace("{key}", "prefix")));
            }
        }
    }
    assert_eq!(operations.len(), 20);
    operations
}

#[test]
fn only_administrators_get_in_anywhere() {
    let api = Api::start();
    let sandbox = &api.sandbox;
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let of_bob = sandbox.create(&["--user", "bob", "--scope", "tokctl.admin"]);
    let without_scope = sandbox.create(&["--scope", "tokctl.introspect,tokctl.administer"]);
    let before = sandbox.json(&["list", "--all"]);
    for (method, path) in operations(&api.server) {
        // The guard comes before anything that is wrong with the request.
        for path in [path.clone(), format!("{path}?x=1")] {
            let refused = api.send_as(&of_bob, &method, &path, "{");
            let challenge = refused.header("www-authenticate").unwrap().to_string();
            assert!(challenge.starts_with(r#"Bearer realm="tokctl", error="insufficient_scope""#));
            assert_eq!(problem(refused, 403), "the owner of the token is no administrator");
            let refused = api.send_as(&without_scope, &method, &path, "{");
            let challenge = refused.header("www-authenticate").unwrap().to_string();
            assert!(challenge.ends_with(r#"scope="tokctl.admin""#), "{challenge}");
            assert_eq!(problem(refused, 403), "the token lacks the scope tokctl.admin");
            for nobody in [UNKNOWN, "x", ""] {
                let refused = api.send_as(nobody, &method, &path, "{");
                assert!(refused.header("www-authenticate").unwrap().contains("invalid_token"));
                assert_eq!(problem(refused, 401), "the token is not good");
            }
            let refused = api.server.request(&method, &path, &[], "{");
            assert_eq!(refused.header("www-authenticate"), Some(r#"Bearer realm="tokctl""#));
            problem(refused, 401);
        }
    }
    let after = sandbox.json(&["list", "--all"]);
    let without_use = |tokens: &Value| {
        let tokens = tokens.as_array().unwrap().iter().cloned();
        let tokens = tokens.map(|mut token| token.as_object_mut().unwrap().remove("last_used_at"));
        tokens.count()
    };
    assert_eq!(without_use(&before), without_use(&after));
    assert_eq!(sandbox.json(&["settings", "get", "prefix"])["value"], "tok");
}

#[test]
fn the_token_comes_in_one_header_only() {
    let api = Api::start();
    let bearer = format!("Bearer {}", api.secret);
    let twice = [("Authorization", bearer.as_str()), ("Authorization", bearer.as_str())];
    problem(api.server.get("/tokens", &twice), 400);
    let basic = api.sandbox.shell(&format!("printf %s 'x:{}' | base64 -w0", api.secret)).go();
    let basic = format!("Basic {}", basic.stdout);
    problem(api.server.get("/tokens", &[("Authorization", &basic)]), 401);
    problem(api.server.get(&format!("/tokens?access_token={}", api.secret), &[]), 401);
    problem(api.server.get("/tokens", &[("X-Api-Key", &api.secret)]), 401);
}

#[test]
fn who_is_revoked_banned_or_no_administrator_any_more_is_refused_at_the_next_request() {
    let api = Api::start();
    for (ends, status, undoes) in [
        (&["revoke", "1"][..], 401, &["unrevoke", "1"][..]),
        (&["user", "ban", "alice"], 401, &["user", "unban", "alice"]),
        (&["user", "edit", "alice", "--no-admin"], 403, &["user", "edit", "alice", "--admin"]),
    ] {
        api.get("/settings");
        api.sandbox.run(ends).exits(0);
        problem(api.send("GET", "/settings", ""), status);
        api.sandbox.run(undoes).exits(0);
    }
    api.get("/settings");
}

#[test]
fn a_token_has_the_same_json_as_from_the_commands() {
    let api = Api::start();
    let body =
        json!({"name": " CI ", "user": "ALICE", "scopes": ["posts.read", "a"], "expires": "90d"});
    let created = api.post("/tokens", body).is(201);
    assert_eq!(created.header("location"), Some("/tokens/2"));
    assert_eq!(created.header("cache-control"), Some("no-store"));
    let created = created.json();
    assert_eq!(keys(&created), [&TOKEN_KEYS[..], &["type", "token"]].concat());
    assert_eq!((&created["name"], &created["user"]), (&json!("CI"), &json!("alice")));
    assert_eq!(created["type"], "bearer");
    let shown = api.send("GET", "/tokens/2", "").is(200);
    assert_eq!(shown.header("content-type"), Some("application/json"));
    let by_command = api.sandbox.run(&["show", "--format", "jsonl", "2"]).exits(0).stdout;
    assert_eq!(shown.body, by_command.trim_end());
    let secret = created["token"].as_str().unwrap();
    api.sandbox.run(&["verify", secret, "--scope", "posts.read"]).exits(0);
}

#[test]
fn what_is_left_out_of_a_new_token_is_as_from_create() {
    let api = Api::start();
    let token = api.post("/tokens", json!({})).is(201).json();
    assert_eq!((&token["name"], &token["scopes"]), (&json!("Secret Token"), &json!(["*"])));
    assert_eq!((&token["user"], &token["expires_at"]), (&json!("alice"), &Value::Null));
    let none = api.post("/tokens", json!({"scopes": []})).is(201).json();
    assert_eq!(none["scopes"], json!([]));
}

#[test]
fn a_secret_is_shown_once_and_logged_nowhere() {
    let api = Api::with(&["--access-log", "all"]);
    let created = api.post("/tokens", json!({"name": "CI"})).is(201).json();
    let rotated = api.post("/tokens/2/rotate", json!({})).is(201).json();
    let secrets = [created, rotated].map(|token| token["token"].as_str().unwrap().to_string());
    let mut seen = Vec::new();
    for path in
        ["/tokens?all=1", "/tokens/2", "/tokens/3", "/log", "/users", "/settings", "/metrics"]
    {
        seen.push(api.send("GET", path, "").is(200).body);
    }
    // In the wrong place they are not repeated.
    let [first, second] = &secrets;
    for refused in [
        api.send("GET", &format!("/users/{first}"), ""),
        api.send("GET", &format!("/tokens/{first}"), ""),
        api.send("GET", &format!("/tokens?{first}=1"), ""),
        api.send("GET", &format!("/tokens?user={first}"), ""),
        api.post("/tokens", json!({first: 1})),
        api.post("/tokens", json!({"name": first})),
        api.post("/tokens", json!({"scopes": [first]})),
        api.post("/tokens", json!({"scopes": first})),
        api.post("/tokens/3/revoke", json!({"reason": format!("leaked: {second}")})),
        api.post("/users", json!({"name": second})),
        api.send("PUT", "/settings/prefix", &json!({"value": first}).to_string()),
        api.send("POST", "/tokens", first),
    ] {
        assert!((400..500).contains(&refused.status), "{refused:#?}");
        seen.push(refused.body);
    }
    let Api { sandbox, server, .. } = api;
    seen.extend(server.end().1);
    seen.push(sandbox.run(&["log", "--json"]).exits(0).stdout);
    let seen = seen.join("\n");
    assert!(seen.contains("/tokens/{id}/rotate"));
    for secret in secrets {
        // More than the hint.
        assert!(!seen.contains(&secret[..12]), "{seen}");
    }
}

#[test]
fn a_token_is_edited_rotated_revoked_and_deleted() {
    let api = Api::start();
    api.post("/tokens", json!({"name": "CI", "scopes": ["a"]})).is(201);
    let edit = json!({"name": "deploy", "expires": "2099-01-01"}).to_string();
    let edited = api.send("PATCH", "/tokens/2", &edit).is(200).json();
    assert_eq!(
        (&edited["name"], &edited["expires_at"]),
        (&json!("deploy"), &json!("2099-01-01T00:00:00Z"))
    );
    let forever = api.send("PATCH", "/tokens/2", r#"{"expires": "never"}"#).is(200).json();
    assert_eq!((&forever["name"], &forever["expires_at"]), (&json!("deploy"), &Value::Null));

    let rotated = api.post("/tokens/2/rotate", json!({"overlap": "1h", "expires": "30d"})).is(201);
    assert_eq!(rotated.header("location"), Some("/tokens/3"));
    assert_eq!(
        (&rotated.json()["replaces"], &rotated.json()["scopes"]),
        (&json!(2), &json!(["a"]))
    );
    assert_eq!(api.get("/tokens/2")["replaced_by"], 3);
    assert!(problem(api.post("/tokens/2/rotate", json!({})), 409).contains("token 3"));

    let revoked = api.post("/tokens/3/revoke", json!({"reason": "leaked"})).is(200).json();
    assert_eq!(
        (&revoked["status"], &revoked["revoked_reason"]),
        (&json!("revoked"), &json!("leaked"))
    );
    // Again, and without a body.
    assert_eq!(api.send("POST", "/tokens/3/revoke", "").is(200).json()["revoked_reason"], "leaked");
    problem(api.send("PATCH", "/tokens/3", r#"{"name": "x"}"#), 409);
    assert_eq!(api.send("POST", "/tokens/3/unrevoke", "").is(200).json()["status"], "active");

    assert_eq!(api.send("DELETE", "/tokens/3", "").is(204).body, "");
    assert_eq!(
        problem(api.send("GET", "/tokens/3", ""), 404),
        "token 3 not found: no token has this id"
    );
    problem(api.send("DELETE", "/tokens/3", ""), 404);
}

#[test]
fn users_are_added_changed_banned_and_removed() {
    let api = Api::start();
    let body = json!({"name": "Zoë K", "email": "z@example.com", "full_name": "Zoë Kay"});
    let added = api.post("/users", body).is(201);
    assert_eq!(added.header("location"), Some("/users/Zo%C3%AB%20K"));
    assert_eq!(keys(&added.json()), USER_KEYS);
    assert_eq!(added.json()["admin"], false);
    assert_eq!(
        problem(api.post("/users", json!({"name": "zoË k"})), 409),
        "user zoË k already exists: user names are case-insensitive"
    );
    let taken = json!({"name": "zoe", "email": "Z@example.com"});
    assert!(problem(api.post("/users", taken), 409).contains("e-mail"));
    let by_name = api.get("/users/zo%C3%8B%20k");
    assert_eq!(by_name, api.sandbox.json(&["user", "show", "zoë k"]));

    let edit = r#"{"name": "zoe", "email": null, "admin": true}"#;
    let edited = api.send("PATCH", "/users/zo%C3%AB%20k", edit).is(200).json();
    assert_eq!((&edited["name"], &edited["email"]), (&json!("zoe"), &Value::Null));
    assert_eq!((&edited["full_name"], &edited["admin"]), (&json!("Zoë Kay"), &json!(true)));

    let banned = api.post("/users/zoe/ban", json!({"reason": "on leave"})).is(200).json();
    assert_eq!(
        (&banned["status"], &banned["banned_reason"]),
        (&json!("banned"), &json!("on leave"))
    );
    assert_eq!(api.send("POST", "/users/zoe/unban", "").is(200).json()["status"], "active");
    api.post("/tokens", json!({"user": "zoe"})).is(201);
    api.send("DELETE", "/users/zoe", "").is(204);
    problem(api.send("GET", "/users/zoe", ""), 404);
    problem(api.send("GET", "/tokens/2", ""), 404);
    // New tokens belong to alice.
    assert!(problem(api.send("DELETE", "/users/alice", ""), 409).contains("default-user"));
}

#[test]
fn settings_are_read_and_changed() {
    let api = Api::start();
    assert_eq!(api.get("/settings")["settings"], api.sandbox.json(&["settings", "list"]));
    let set = api.send("PUT", "/settings/prefix", r#"{"value": "acme"}"#).is(200).json();
    assert_eq!(set, api.sandbox.json(&["settings", "get", "prefix"]));
    assert_eq!(set["value"], "acme");
    api.send("DELETE", "/settings/prefix", "").is(204);
    assert_eq!(api.get("/settings/prefix")["value"], "tok");
    let invalid = api.send("PUT", "/settings/prefix", r#"{"value": "ACME"}"#);
    assert!(problem(invalid, 409).starts_with("invalid value for prefix: "));
    problem(api.send("PUT", "/settings/default-user", r#"{"value": "nobody"}"#), 404);
    assert!(problem(api.send("GET", "/settings/prefixes", ""), 404).starts_with("no such setting"));
}

#[test]
fn the_log_names_who_did_it_over_http() {
    let api = Api::start();
    api.post("/users", json!({"name": "bob"})).is(201);
    let entry = api.sandbox.json(&["log", "--kind", "admin", "-n", "1"])[0].clone();
    assert_eq!(
        (&entry["account"], &entry["action"]),
        (&json!("alice (token 1)"), &json!("user add"))
    );
    let page = api.get("/log?kind=admin&user=BOB");
    assert_eq!(page["entries"], json!([entry]));
    // The newest first.
    let entries = api.get("/log?kind=admin&limit=2")["entries"].clone();
    let by_command = api.sandbox.json(&["log", "--kind", "admin", "-n", "2"]);
    assert_eq!((&entries[0], &entries[1]), (&by_command[1], &by_command[0]));
    assert_eq!(
        api.get("/log?token=1&since=1d&until=2099-01-01&kind=admin")["entries"][0]["action"],
        "create"
    );
    assert_eq!(api.get("/log?since=2099-01-01")["entries"], json!([]));
    assert_eq!(api.get("/log?failures=1&kind=verify")["entries"], json!([]));
}

#[test]
fn what_the_policy_does_not_allow_is_refused() {
    let api = Api::start();
    api.sandbox.run(&["settings", "set", "max-expires", "30d"]).exits(0);
    api.sandbox.run(&["settings", "set", "allowed-scopes", "posts.*"]).exits(0);
    for body in [
        json!({"scopes": ["posts.read"], "expires": "31d"}),
        json!({"scopes": ["users.read"], "expires": "1d"}),
        json!({"scopes": ["posts.read"], "expires": "2020-01-01"}),
    ] {
        problem(api.post("/tokens", body), 409);
    }
    problem(api.post("/tokens", json!({"user": "nobody"})), 404);
    assert_eq!(api.listed("all=1"), [1]);
}

#[test]
fn bodies_are_objects_of_known_fields() {
    let api = Api::start();
    api.post("/users", json!({"name": "bob"})).is(201);
    for (path, body, status) in [
        ("/tokens", "", 400),
        ("/tokens", "[]", 400),
        ("/tokens", r#"["CI"]"#, 400),
        ("/tokens", "null", 400),
        ("/tokens", "{", 400),
        ("/tokens", "{} {}", 400),
        ("/tokens", r#"{"name": "a", "name": "b"}"#, 422),
        ("/tokens", r#"{"id": 7}"#, 422),
        ("/tokens", r#"{"admin": true}"#, 422),
        ("/tokens", r#"{"name": ""}"#, 422),
        ("/tokens", r#"{"name": "a\u001b[2Jb"}"#, 422),
        ("/tokens", r#"{"scopes": "posts.read"}"#, 422),
        ("/tokens", r#"{"scopes": ["a b"]}"#, 422),
        ("/tokens", r#"{"expires": "soon"}"#, 422),
        ("/tokens", r#"{"expires": 90}"#, 422),
        ("/tokens/1/revoke", r#"{"reasons": "x"}"#, 422),
        ("/tokens/1/rotate", r#"{"scopes": ["*"]}"#, 422),
        ("/tokens/1/rotate", "[]", 400),
        ("/users", "{}", 422),
        ("/users", r#"{"name": "-x"}"#, 422),
        ("/users", r#"{"name": "x", "admin": "yes"}"#, 422),
        ("/users", r#"{"name": "x", "tokens": 3}"#, 422),
        ("/users/bob/ban", r#"{"reason": "a\u0000b"}"#, 422),
    ] {
        let refused = api.send("POST", path, body);
        assert_eq!(refused.status, status, "{path} {body} {refused:#?}");
        problem(refused, status);
    }
    for body in ["{}", r#"{"scopes": ["*"]}"#, r#"{"user": "bob"}"#, r#"{"name": null}"#] {
        problem(api.send("PATCH", "/tokens/1", body), 422);
    }
    for body in ["{}", r#"{"status": "active"}"#, r#"{"id": 1}"#, r#"{"name": null}"#] {
        problem(api.send("PATCH", "/users/bob", body), 422);
    }
    assert_eq!(
        (api.listed("all=1"), api.get("/users/bob")["admin"].clone()),
        (vec![1], json!(false))
    );
}

#[test]
fn bodies_of_other_types_and_sizes_are_refused() {
    let api = Api::start();
    let bearer = format!("Bearer {}", api.secret);
    let kinds = ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""];
    for kind in kinds {
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind)];
        problem(api.server.request("POST", "/tokens", &headers, "{}"), 415);
        problem(api.server.request("POST", "/tokens/1/revoke", &headers, "{}"), 415);
    }
    let with_charset =
        [("Authorization", bearer.as_str()), ("Content-Type", "application/JSON; charset=utf-8")];
    api.server.request("POST", "/tokens", &with_charset, "{}").is(201);
    let large = format!(r#"{{"name": "{}"}}"#, "a".repeat(70_000));
    problem(api.send("POST", "/tokens", &large), 413);
}

#[test]
fn queries_are_understood_or_refused() {
    let api = Api::start();
    for (path, query) in [
        ("/tokens", "statuses=active"),
        ("/tokens", "status=gone"),
        ("/tokens", "all=yes"),
        ("/tokens", "limit=0"),
        ("/tokens", "limit=1001"),
        ("/tokens", "limit=%2B5"),
        ("/tokens", "limit=5&limit=5"),
        ("/tokens", "order=up"),
        ("/tokens", "cursor=x"),
        ("/tokens", "cursor=u61"),
        ("/tokens", "user="),
        ("/tokens", "hint=tok_Ab3dXyz"),
        ("/tokens", "unused_for=1"),
        ("/tokens", "created_before=never"),
        ("/users", "cursor=t1"),
        ("/users", "name=a"),
        ("/log", "cursor=t1"),
        ("/log", "kind=all"),
        ("/log", "token=x"),
        ("/log", "since=never"),
        ("/log", "user=a&user=b"),
        ("/tokens/1", "x"),
        ("/settings", "x=1"),
    ] {
        let detail = problem(api.send("GET", &format!("{path}?{query}"), ""), 400);
        assert!(detail.starts_with("query parameter "), "{query}: {detail}");
    }
    problem(api.send("POST", "/tokens?dry_run=1", "{}"), 400);
    problem(api.send("DELETE", "/tokens/1?dry_run=1", ""), 400);
    problem(api.send("GET", "/tokens?user=nobody", ""), 404);
    assert_eq!(api.listed("all=1"), [1]);
}

#[test]
fn paths_that_name_nothing_are_not_found() {
    let api = Api::start();
    for path in [
        "/tokens/x",
        "/tokens/-1",
        "/tokens/%2B1",
        "/tokens/99999999999999999999",
        "/tokens/1%2F",
        "/users/%FF",
        "/users/%00",
        "/users/nobody",
        "/settings/%FF",
        "/tokens/",
        "/users/",
    ] {
        problem(api.send("GET", path, ""), 404);
    }
    problem(api.send("PUT", "/tokens", "{}"), 405);
}

#[test]
fn filters_are_those_of_the_command() {
    let api = Api::start();
    let sandbox = &api.sandbox;
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.create(&["--name", "CI one", "--scope", "posts.*", "--expires", "5d"]);
    sandbox.create(&[
        "--name",
        "CI two",
        "--scope",
        "posts.read",
        "--user",
        "bob",
        "--expires",
        "90d",
    ]);
    sandbox.create(&["--name", "backup", "--scope", "backup.run", "--user", "bob"]);
    sandbox.run(&["settings", "set", "prefix", "acme"]).exits(0);
    sandbox.create(&["--name", "old", "--no-scopes"]);
    sandbox.run(&["revoke", "4"]).exits(0);
    sandbox.set_time(5, "created_at", -100 * crate::support::DAY);
    for (query, options) in [
        ("", &[][..]),
        ("all=1", &["--all"]),
        ("all=0", &[]),
        ("all=1&status=revoked", &["--status", "revoked"]),
        ("status=revoked", &["--status", "revoked"]),
        ("status=revoked,active", &["--status", "revoked,active"]),
        ("status=revoked&status=active", &["--status", "revoked", "--status", "active"]),
        ("user=BOB", &["--user", "BOB"]),
        ("user=bob&user=alice&all=1", &["--user", "bob", "--user", "alice", "--all"]),
        ("scope=posts.read", &["--scope", "posts.read"]),
        ("scope=posts.x,backup.run&all=true", &["--scope", "posts.x,backup.run", "--all"]),
        ("name=CI*", &["--name", "CI*"]),
        ("name=CI%20t%3Fo&name=old", &["--name", "CI t?o", "--name", "old"]),
        ("hint=acme_", &["--hint", "acme_"]),
        ("source=tokctl", &["--source", "tokctl"]),
        ("source=sanctum", &["--source", "sanctum"]),
        ("expiring_within=7d", &["--expiring-within", "7d"]),
        ("unused_for=30d", &["--unused-for", "30d"]),
        ("created_before=30d", &["--created-before", "30d"]),
        ("order=desc&all=1", &["--reverse", "--all"]),
        ("user=bob&scope=posts.read&order=asc", &["--user", "bob", "--scope", "posts.read"]),
    ] {
        assert_eq!(api.listed(query), sandbox.listed(options), "{query}");
    }
    assert_eq!(api.listed("name=CI*"), [2, 3]);
    assert_eq!(api.listed("all=1&limit=2"), [1, 2]);
}

/// How many rows the tests of pages have before others add more.
const ROWS: usize = 2500;

#[test]
fn pages_of_tokens_lose_and_repeat_none_while_others_issue_and_delete() {
    let api = Api::start();
    api.sandbox.run(&["create", "-q", "--count", &(ROWS - 1).to_string()]).exits(0);
    for (order, limit) in [("asc", 400), ("desc", 1000)] {
        let before: Vec<i64> = api.sandbox.listed(&[]);
        let mut seen = Vec::new();
        let mut next = String::new();
        loop {
            let page = api.get(&format!("/tokens?order={order}&limit={limit}{next}"));
            seen.extend(ids(&page["tokens"]));
            let Some(cursor) = page["next"].as_str() else { break };
            next = format!("&cursor={cursor}");
            api.post("/tokens", json!({})).is(201);
            // The one that the cursor names.
            let last = seen.pop().unwrap();
            api.send("DELETE", &format!("/tokens/{last}"), "").is(204);
        }
        let distinct: BTreeSet<i64> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len());
        let left: BTreeSet<i64> = api.sandbox.listed(&[]).into_iter().collect();
        let expected: BTreeSet<i64> = before.into_iter().filter(|id| left.contains(id)).collect();
        assert!(expected.len() > ROWS - 20 && expected.is_subset(&distinct));
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        if order == "desc" {
            sorted.reverse();
        }
        assert!(seen == sorted);
    }
}

#[test]
fn pages_of_users_lose_and_repeat_none_while_others_add_some() {
    let api = Api::start();
    let names: BTreeSet<String> = (0..ROWS).map(|n| format!("User-{n:04}")).collect();
    let mut sql = String::from("BEGIN;");
    for name in &names {
        let key = name.to_lowercase();
        sql += &format!(
            "INSERT INTO users (name, name_key, created_at) VALUES ('{name}', '{key}', 0);"
        );
    }
    api.sandbox.sql(&(sql + "COMMIT;"));
    // Some come before the cursor, and some after it.
    let seen = api.all("/users?limit=100", "users", |done| {
        for name in [format!("user-{done:04}b"), format!("user-{:04}b", ROWS - done)] {
            api.post("/users", json!({"name": name}));
        }
    });
    let seen: Vec<String> =
        seen.iter().map(|user| user["name"].as_str().unwrap().to_string()).collect();
    let distinct: BTreeSet<String> = seen.iter().cloned().collect();
    assert_eq!(distinct.len(), seen.len());
    assert!(names.is_subset(&distinct));
}

#[test]
fn pages_of_users_go_on_behind_names_that_earlier_versions_compared_in_another_way() {
    let api = Api::start();
    // Now such names are compared as `fine` and `first`, which come before `root`.
    for name in ["\u{fb01}ne", "\u{fb01}rst"] {
        api.sandbox.sql(&format!(
            "INSERT INTO users (name, name_key, created_at) VALUES ('{name}', '{name}', 0)"
        ));
    }
    let users = api.all("/users?limit=1", "users", |_| {});
    assert_eq!(Value::from(users), api.sandbox.json(&["user", "list"]));
}

#[test]
fn pages_of_the_log_lose_and_repeat_none_while_others_write() {
    let api = Api::start();
    api.sandbox.run(&["create", "-q", "--count", &ROWS.to_string()]).exits(0);
    let before = api.sandbox.json(&["log", "--kind", "admin"]);
    let mut before = before.as_array().unwrap().clone();
    before.reverse();
    let seen = api.all("/log?kind=admin&limit=200", "entries", |_| {
        api.post("/tokens", json!({"name": "new"})).is(201);
    });
    assert_eq!(seen.len(), before.len());
    assert!(seen == before);
}

#[test]
fn a_locked_database_is_told_with_503() {
    let api = Api::start();
    let lock = api.sandbox.lock_exclusively();
    let refused = api.send("POST", "/users", r#"{"name": "bob"}"#).is(503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    problem(refused, 503);
    drop(lock);
    api.post("/users", json!({"name": "bob"})).is(201);
}
