//! `export` and `import jsonl`: users and tokens from one database to another, with their hashes.

mod support;

use serde_json::{Value, json};
use std::fs;
use support::{DAY, SECOND, Sandbox, mode, sha256};

/// Exports one sandbox's database and imports it into another's.
fn moved(from: &Sandbox, to: &Sandbox) -> Value {
    let path = to.path("export.jsonl");
    let _ = fs::remove_file(&path);
    let path = path.to_str().unwrap();
    from.run(&["export", "--out", path]).exits(0).prints("");
    to.json(&["import", "jsonl", path])
}

fn introspected(sandbox: &Sandbox, secret: &str) -> (Option<i32>, Value) {
    let ran = sandbox.tokctl(&["verify", "--json", "-"]).stdin(secret).go();
    let mut answer = ran.json();
    for varies in ["sub", "jti"] {
        answer.as_object_mut().unwrap().remove(varies);
    }
    (ran.code, answer)
}

#[test]
fn every_secret_verifies_there_as_here() {
    let from = Sandbox::with_alice();
    from.run(&["user", "add", "Bob", "--email", "b@example.com", "--full-name", "B"]).exits(0);
    from.run(&["user", "add", "eve"]).exits(0);
    let secrets = [
        from.create(&["--name", "plain"]),
        from.create(&["--scope", "posts.*,users.read", "--user", "bob", "--expires", "30d"]),
        from.create(&["--no-scopes"]),
        from.create(&["--expires", "1h"]),
        from.create(&["--name", "revoked"]),
        from.create(&["--user", "eve"]),
    ];
    from.set_time(4, "expires_at", -SECOND);
    from.run(&["revoke", "5", "--reason", "lost"]).exits(0);
    from.run(&["user", "ban", "eve", "--reason", "spam"]).exits(0);
    let overlapping = from.create(&["--name", "rotated"]);
    let rotated = from.run(&["rotate", "7", "--overlap", "2d"]).exits(0).stdout;
    let to = Sandbox::new();
    let report = moved(&from, &to);
    assert_eq!(report["tokens_imported"], 8, "{report}");
    let all = secrets.iter().map(String::as_str).chain([&*overlapping, rotated.trim()]);
    for secret in all {
        assert_eq!(introspected(&to, secret), introspected(&from, secret));
    }
    let ends = "SELECT revoked_at FROM tokens WHERE name = 'rotated' AND revoked_at > 0";
    assert_eq!(to.number(ends), from.number(ends));
    assert!(to.number(ends) > Some(support::now() + DAY));
    assert_eq!(to.json(&["user", "show", "bob"])["email"], "b@example.com");
    // Again is nothing new.
    let report = moved(&from, &to);
    assert_eq!((&report["tokens_imported"], &report["users_created"]), (&json!(0), &json!(0)));
    assert_eq!(to.number("SELECT count(*) FROM tokens"), Some(8));
}

#[test]
fn imported_tokens_move_on() {
    for (system, salted) in
        [("sanctum", false), ("adonisjs", false), ("shield", false), ("strapi", true)]
    {
        let folder = format!("{}/tests/fixtures/{system}", env!("CARGO_MANIFEST_DIR"));
        let from = Sandbox::with_alice();
        let (app, salt) = (format!("{folder}/app.db"), format!("{folder}/salt.txt"));
        let mut args = vec!["import", system, &app];
        if salted {
            args.extend(["--salt-file", &salt]);
        }
        from.run(&args).exits(0);
        let to = Sandbox::new();
        moved(&from, &to);
        let tokens = fs::read_to_string(format!("{folder}/tokens.json")).unwrap();
        let tokens: Vec<Value> = serde_json::from_str(&tokens).unwrap();
        let (mut good, mut seen) = (0, 0);
        for secret in tokens.iter().filter_map(|token| token["raw"].as_str()) {
            let (here, there) = (introspected(&from, secret), introspected(&to, secret));
            assert_eq!(here, there, "{system} {secret}");
            good += u32::from(here.0 == Some(0));
            seen += 1;
        }
        assert!(good > 0 && seen > good, "{system}: {good} of {seen}");
        assert_eq!(moved(&from, &to)["tokens_imported"], 0);
    }
}

#[test]
fn it_is_private_whole_and_has_no_secret() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    sandbox.tokctl(&["export", "--out", "new"]).umask("777").go().exits(0).prints("");
    assert_eq!(mode(sandbox.path("new")), 0o600);
    let text = fs::read_to_string(sandbox.path("new")).unwrap();
    assert_eq!(sandbox.run(&["export"]).exits(0).stdout, text);
    assert!(text.contains(&sha256(&secret)) && !text.contains(&secret[5..14]));
    for line in text.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
    sandbox.run(&["export", "--out", "new"]).fails_somehow(2);
    sandbox.tokctl(&["export"]).stdout_to("/dev/full").go().exits(4);
    Sandbox::new().run(&["export"]).fails_somehow(4);
}

fn user(change: Value) -> Value {
    changed(
        json!({"type": "user", "id": 1, "name": "u", "email": null, "full_name": null,
               "admin": false, "banned_at": null, "banned_reason": null, "created_at": 5}),
        change,
    )
}

fn token(change: Value) -> Value {
    let hash = sha256("x");
    changed(
        json!({"type": "token", "id": 1, "user_id": 1, "name": "t", "hash": hash,
               "hint": "tok_aaaa", "scopes": "a b", "source": "tokctl", "created_at": 5,
               "expires_at": null, "last_used_at": null, "revoked_at": null,
               "revoked_reason": null, "scheme": null, "foreign_id": null}),
        change,
    )
}

fn changed(mut line: Value, change: Value) -> Value {
    for (key, value) in change.as_object().unwrap() {
        line[key] = value.clone();
    }
    line
}

#[test]
fn a_bad_line_is_named_and_nothing_is_imported() {
    let sandbox = Sandbox::with_alice();
    let long = "n".repeat(300);
    for bad in [
        "{}".to_string(),
        "[]".into(),
        "null".into(),
        "{".into(),
        "\u{0}".into(),
        "[".repeat(100_000),
        json!({"type": "setting", "key": "prefix"}).to_string(),
        user(json!({"unknown": 1})).to_string(),
        user(json!({"id": 1e30})).to_string(),
        user(json!({"name": null})).to_string(),
        token(json!({"unknown": 1})).to_string(),
        token(json!({"user_id": 2})).to_string(),
        token(json!({"user_id": null})).to_string(),
        token(json!({"id": "1"})).to_string(),
        token(json!({"hash": "00"})).to_string(),
        token(json!({"hash": "é".repeat(32)})).to_string(),
        token(json!({"scopes": "a,b"})).to_string(),
        token(json!({"scopes": "a  b"})).to_string(),
        token(json!({"scopes": "\u{1b}"})).to_string(),
        token(json!({"scopes": "a*"})).to_string(),
        token(json!({"scopes": "s".repeat(256)})).to_string(),
        token(json!({"name": long})).to_string(),
        token(json!({"name": ""})).to_string(),
        token(json!({"hint": "h".repeat(22)})).to_string(),
        token(json!({"source": ""})).to_string(),
        token(json!({"foreign_id": "1"})).to_string(),
        token(json!({"scheme": {"kind": "md5", "prefix": "", "salt": ""}, "foreign_id": "1"}))
            .to_string(),
        token(json!({"scheme": {"kind": "sha256", "prefix": "", "salt": "0"}, "foreign_id": "1"}))
            .to_string(),
        token(json!({"created_at": 1e300})).to_string(),
    ] {
        let text =
            format!("{}\n{}\n\n{bad}\n", user(json!({})), token(json!({"hash": sha256("y")})));
        let file = sandbox.file("bad", &text);
        let ran = sandbox.run(&["import", "jsonl", &file]).fails_somehow(2);
        assert!(ran.stderr.contains("bad, line 4: "), "{bad:.80} {ran:#?}");
        assert!(!ran.stderr.contains(&sha256("x")[..12]), "{ran:#?}");
        assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(0), "{bad:.80}");
        assert_eq!(sandbox.number("SELECT count(*) FROM users"), Some(2), "{bad:.80}");
    }
    let mut text = format!("{}\n", user(json!({}))).into_bytes();
    text.extend(b"{\"type\":\"\xff\"}\n");
    let file = sandbox.file("bad", text);
    let ran = sandbox.run(&["import", "jsonl", &file]).fails_somehow(2);
    assert!(ran.stderr.contains("line 2: "), "{ran:#?}");
    sandbox.run(&["import", "jsonl", "missing"]).fails_somehow(2);
}

#[test]
fn odd_lines_do_no_harm() {
    let sandbox = Sandbox::with_alice();
    let lines = [
        user(json!({"name": "n".repeat(300), "email": "no address"})),
        user(json!({"id": 2, "name": "\u{1b}[2J", "full_name": "f".repeat(2000)})),
        user(json!({"id": 3, "name": "", "created_at": -7})),
        token(json!({"created_at": i64::MAX, "expires_at": i64::MIN})),
        token(json!({"user_id": 2, "hash": sha256("y"), "name": "\u{1b}]0;\u{7}"})),
        token(json!({"user_id": 3, "hash": sha256("y"), "id": 3})),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let file = sandbox.file("odd", text);
    let report = sandbox.json(&["import", "jsonl", &file]);
    assert_eq!(report["tokens_imported"], 2, "{report}");
    for args in [&["list", "--all"][..], &["user", "list"], &["log"], &["doctor"], &["stats"]] {
        let ran = sandbox.run(args);
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{7}'), "{ran:#?}");
    }
}

#[test]
fn a_dry_run_imports_nothing() {
    let from = Sandbox::with_alice();
    from.create(&[]);
    from.run(&["export", "--out", "export"]).exits(0);
    let to = Sandbox::new();
    let path = from.path("export");
    let report = to.json(&["import", "jsonl", "--dry-run", path.to_str().unwrap()]);
    assert_eq!(report["tokens_imported"], 1);
    assert!(!to.database().exists());
    let text = fs::read(path).unwrap();
    to.tokctl(&["import", "jsonl", "-"]).stdin(text).go().exits(0);
    assert_eq!(to.listed(&[]), [1]);
}
