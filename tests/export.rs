//! `export` and `import jsonl`: users and tokens from one database to another, with their hashes. What
//! else an export has is in `moving_over.rs`.

mod support;

use serde_json::{Value, json};
use std::fs;
use support::foreign::samples;
use support::{DAY, SECOND, Sandbox, mode, now, sha256};

/// Exports one database, imports the export into another one, and returns the report.
fn copy(from: &Sandbox, to: &Sandbox) -> Value {
    let export = to.file("export.jsonl", from.run(&["export"]).exits(0).stdout);
    to.json(&["import", "jsonl", &export])
}

/// The exit code and the answer of `verify`, without the ids, which differ between databases.
fn answer(sandbox: &Sandbox, secret: &str) -> (Option<i32>, Value) {
    let ran = sandbox.tokctl(&["verify", "--json", "-"]).stdin(secret).go();
    let mut answer = ran.json();
    for id in ["sub", "jti"] {
        answer.as_object_mut().unwrap().remove(id);
    }
    (ran.code, answer)
}

#[test]
fn every_secret_gets_the_same_answer_in_both_databases() {
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
    let to = Sandbox::new();
    let report = copy(&from, &to);
    assert_eq!(report["tokens_imported"], 6, "{report}");
    for secret in &secrets {
        assert_eq!(answer(&to, secret), answer(&from, secret));
    }
    assert_eq!(to.json(&["user", "show", "bob"])["email"], "b@example.com");
}

#[test]
fn a_rotation_overlap_ends_at_the_same_time_in_both_databases() {
    let from = Sandbox::with_alice();
    let old = from.create(&["--name", "rotated"]);
    let new = from.run(&["rotate", "1", "--overlap", "2d"]).exits(0).stdout;
    let to = Sandbox::new();
    copy(&from, &to);
    for secret in [&*old, new.trim()] {
        assert_eq!(answer(&to, secret), answer(&from, secret));
    }
    let end = "SELECT expires_at FROM tokens WHERE name = 'rotated' AND expires_at > 0";
    assert_eq!(to.number(end), from.number(end));
    assert!(to.number(end) > Some(now() + DAY));
}

#[test]
fn importing_an_export_again_adds_nothing() {
    let from = Sandbox::with_alice();
    from.create(&[]);
    from.create(&["--name", "second"]);
    let to = Sandbox::new();
    assert_eq!(copy(&from, &to)["tokens_imported"], 2);
    let again = copy(&from, &to);
    assert_eq!((&again["tokens_imported"], &again["users_created"]), (&json!(0), &json!(0)));
    assert_eq!(to.number("SELECT count(*) FROM tokens"), Some(2));
}

#[test]
fn tokens_that_were_imported_from_another_system_can_be_exported() {
    for system in ["sanctum", "adonisjs", "shield", "strapi"] {
        let from = Sandbox::with_alice();
        from.import(system, &from.source(system), &[]);
        let to = Sandbox::new();
        copy(&from, &to);
        for sample in samples(system) {
            assert_eq!(answer(&to, sample.secret()), answer(&from, sample.secret()), "{sample:?}");
        }
        to.answers_like(system);
        assert_eq!(copy(&from, &to)["tokens_imported"], 0);
    }
}

#[test]
fn an_export_has_a_json_object_a_line_with_hashes_and_without_secrets() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let text = sandbox.run(&["export"]).exits(0).stdout;
    assert!(text.contains(&sha256(&secret)) && !text.contains(&secret[5..14]));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["export", "user", "user", "token", "setting", "end"]);
}

#[test]
fn out_writes_a_file_that_only_this_account_can_read() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let ran = sandbox.tokctl(&["export", "--out", "new"]).umask("777").go().exits(0).prints("");
    assert_eq!(
        ran.stderr,
        "exported 2 users and 1 token; `tokctl import jsonl FILE` imports them into another \
         database\n"
    );
    assert_eq!(mode(sandbox.path("new")), 0o600);
    let text = fs::read_to_string(sandbox.path("new")).unwrap();
    assert_eq!(sandbox.run(&["export"]).exits(0).stdout, text);
}

#[test]
fn out_does_not_replace_a_file() {
    let sandbox = Sandbox::with_alice();
    sandbox.file("existing", "unchanged");
    sandbox
        .run(&["export", "--out", "existing"])
        .fails(2, "cannot create existing: File exists (os error 17)")
        .hints("--out never overwrites a file; name one that does not exist");
    assert_eq!(fs::read_to_string(sandbox.path("existing")).unwrap(), "unchanged");
}

#[test]
fn an_export_that_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.tokctl(&["export"]).stdout_to("/dev/full").go().exits(4);
    assert_eq!(
        ran.stderr,
        "tokctl: cannot write the output: No space left on device (os error 28)\n"
    );
}

#[test]
fn a_closed_pipe_ends_an_export_without_an_error() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.tokctl(&["export"]).stdout_to_nobody().go().exits(0).remarks("");
}

#[test]
fn a_missing_database_cannot_be_exported() {
    let sandbox = Sandbox::without_tables();
    let ran = sandbox.run(&["export"]).fails_somehow(4);
    let database = format!("tokctl: database {}: ", sandbox.location());
    assert!(ran.stderr.starts_with(&database), "{ran:#?}");
}

fn user(change: Value) -> Value {
    let line = json!({
        "type": "user", "id": 1, "name": "u", "email": null, "email_verified": true,
        "full_name": null, "admin": false, "banned_at": null, "banned_reason": null, "created_at": 5,
    });
    changed(line, change)
}

fn token(change: Value) -> Value {
    let line = json!({
        "type": "token", "id": 1, "user_id": 1, "name": "t", "hash": sha256("x"),
        "hint": "tok_aaaa", "scopes": "a b", "source": "tokctl", "created_at": 5,
        "expires_at": null, "last_used_at": null, "revoked_at": null, "revoked_reason": null,
        "scheme": null, "foreign_id": null, "relation": null, "replaces": null, "replaced_by": null,
    });
    changed(line, change)
}

fn changed(mut line: Value, change: Value) -> Value {
    for (key, value) in change.as_object().unwrap() {
        line[key] = value.clone();
    }
    line
}

/// Imports a line behind two good ones, and checks that it is named and nothing was imported.
#[track_caller]
fn refuses_line(line: &str, why: &str) {
    let sandbox = Sandbox::with_alice();
    let good = token(json!({"id": 2, "hash": sha256("y")}));
    let file = sandbox.file("bad", format!("{}\n{good}\n\n{line}\n", user(json!({}))));
    let ran = sandbox
        .run(&["import", "jsonl", &file])
        .fails_somehow(2)
        .hints("nothing was imported; docs/import-format.md describes the format");
    let error = format!("tokctl: {file}, line 4: {why}");
    assert!(ran.stderr.starts_with(&error), "{line:.80} {ran:#?}");
    assert!(!ran.stderr.contains(&sha256("x")[..12]), "{ran:#?}");
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(0), "{line:.80}");
    assert_eq!(sandbox.number("SELECT count(*) FROM users"), Some(2), "{line:.80}");
}

#[test]
fn a_line_that_is_no_object_is_refused() {
    for line in ["[]".to_string(), "null".into(), "{".into(), "\u{0}".into(), "[".repeat(100_000)] {
        refuses_line(&line, "not a JSON object (column ");
    }
}

#[test]
fn a_line_that_only_resembles_an_export_is_read_with_care() {
    for (line, why) in [
        ("{}".to_string(), "needs hash or secret"),
        (json!({"type": "group", "id": 1}).to_string(), "type: neither user nor token"),
        (user(json!({"id": 0.5})).to_string(), "id: neither a number nor text nor 16 bytes"),
        (
            token(json!({"created_at": 1e300, "expires_at": true})).to_string(),
            "expires_at: neither a date nor a time since 1970",
        ),
    ] {
        refuses_line(&line, &format!("{why}\n"));
    }
    // Without the rest of the line of an export, the hash could be that of another secret.
    let scheme = json!({"kind": "sanctum", "prefix": "", "salt": ""});
    let line = token(json!({"unknown": 1, "scheme": scheme, "foreign_id": "1"}));
    let why = "scheme: only together with all other keys that `tokctl export` writes\n";
    refuses_line(&line.to_string(), why);
}

#[test]
fn only_the_exact_line_of_an_export_makes_an_administrator() {
    for (change, is_admin) in [(json!({}), true), (json!({"unknown": 1}), false)] {
        let sandbox = Sandbox::with_alice();
        let mut line = user(json!({"admin": true}));
        line.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let file = sandbox.file("file", format!("{line}\n"));
        let report = sandbox.json(&["import", "jsonl", &file]);
        assert_eq!(sandbox.json(&["user", "show", "u"])["admin"], is_admin, "{line}");
        let ignored = if is_admin { json!([]) } else { json!(["admin", "unknown"]) };
        assert_eq!(report["ignored_keys"], ignored);
    }
    // A key less, and it is no line of an export.
    let sandbox = Sandbox::with_alice();
    let mut line = user(json!({"admin": true}));
    line.as_object_mut().unwrap().remove("full_name");
    let file = sandbox.file("file", line.to_string());
    sandbox.run(&["import", "jsonl", &file]).exits(0);
    assert_eq!(sandbox.json(&["user", "show", "u"])["admin"], false);
}

#[test]
fn a_line_with_an_invalid_value_is_refused() {
    let md5 = json!({"kind": "md5", "prefix": "", "salt": ""});
    let half_a_byte = json!({"kind": "sha256", "prefix": "", "salt": "0"});
    for (change, why) in [
        (json!({"user_id": 2}), "user_id: no line has this user"),
        (json!({"hash": "00"}), "invalid hash"),
        (json!({"hash": "é".repeat(32)}), "invalid hash"),
        (json!({"scopes": "a,b"}), "invalid scopes"),
        (json!({"scopes": "a  b"}), "invalid scopes"),
        (json!({"scopes": "\u{1b}"}), "invalid scopes"),
        (json!({"scopes": "a*"}), "invalid scopes"),
        (json!({"scopes": "s".repeat(256)}), "invalid scopes"),
        (json!({"name": "n".repeat(300)}), "invalid name"),
        (json!({"name": ""}), "invalid name"),
        (json!({"hint": "h".repeat(37)}), "invalid hint"),
        (json!({"source": ""}), "invalid source"),
        (json!({"id": 0}), "invalid id"),
        (json!({"id": 1_u64 << 53}), "invalid id"),
        (json!({"replaces": 1}), "invalid replaces"),
        (json!({"replaced_by": -1}), "invalid replaced_by"),
        (json!({"relation": {"system": "a", "database": "b", "name": "c"}}), "invalid relation"),
        (json!({"foreign_id": "1"}), "invalid foreign_id"),
        (json!({"scheme": md5, "foreign_id": "1"}), "invalid scheme"),
        (json!({"scheme": half_a_byte, "foreign_id": "1"}), "invalid scheme"),
    ] {
        refuses_line(&token(change).to_string(), &format!("{why}\n"));
    }
}

#[test]
fn a_line_that_is_not_utf_8_is_refused() {
    let sandbox = Sandbox::with_alice();
    let mut text = format!("{}\n", user(json!({}))).into_bytes();
    text.extend(b"{\"type\":\"\xff\"}\n");
    let file = sandbox.file("bad", text);
    let ran = sandbox.run(&["import", "jsonl", &file]).fails_somehow(2);
    assert!(ran.stderr.contains("bad, line 2: not a JSON object"), "{ran:#?}");
}

#[test]
fn a_missing_export_is_refused() {
    Sandbox::with_alice()
        .run(&["import", "jsonl", "missing"])
        .fails(2, "cannot read missing: No such file or directory (os error 2)");
}

#[test]
fn unusual_values_are_imported_and_shown_escaped() {
    let sandbox = Sandbox::with_alice();
    let lines = [
        user(json!({"name": "n".repeat(300), "email": "no address"})),
        user(json!({"id": 2, "name": "\u{1b}[2J", "full_name": "f".repeat(2000)})),
        user(json!({"id": 3, "name": "", "created_at": -7})),
        token(json!({"created_at": i64::MAX, "expires_at": i64::MIN})),
        token(json!({"id": 2, "user_id": 2, "hash": sha256("y"), "name": "\u{1b}]0;\u{7}"})),
        token(json!({"user_id": 3, "hash": sha256("y"), "id": 3})),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let file = sandbox.file("unusual", text);
    let report = sandbox.json(&["import", "jsonl", &file]);
    // Two tokens have the same hash.
    assert_eq!(report["tokens_imported"], 2, "{report}");
    for args in [&["list", "--all"][..], &["user", "list"], &["log"], &["doctor"], &["stats"]] {
        let ran = sandbox.run(args);
        assert!(!ran.stdout.contains(['\u{1b}', '\u{7}']), "{ran:#?}");
    }
}

#[test]
fn a_dry_run_imports_nothing() {
    let from = Sandbox::with_alice();
    from.create(&[]);
    let to = Sandbox::new();
    let export = to.file("export", from.run(&["export"]).exits(0).stdout);
    let report = to.json(&["import", "jsonl", "--dry-run", &export]);
    assert_eq!(report["tokens_imported"], 1);
    assert!(!to.database().exists());
}

#[test]
fn an_export_can_be_imported_from_standard_input() {
    let from = Sandbox::with_alice();
    from.create(&[]);
    let export = from.run(&["export"]).exits(0).stdout;
    let to = Sandbox::new();
    to.tokctl(&["import", "jsonl", "-"]).stdin(export).go().exits(0);
    assert_eq!(to.listed(&[]), [1]);
}

#[test]
fn a_second_token_with_the_same_secret_is_skipped() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["import", "-q", "sanctum", &sandbox.source("sanctum")]).exits(0);
    let export = sandbox.run(&["export"]).exits(0).stdout;
    let is_token = |line: &&str| line.contains("\"type\":\"token\"");
    let last = export.lines().rfind(is_token).unwrap();
    let mut twin: Value = serde_json::from_str(last).unwrap();
    twin["id"] = 9999.into();
    twin["foreign_id"] = "9999".into();
    let tokens = export.lines().filter(is_token).count();
    let last_id =
        format!("\"last_token_id\":{}", sandbox.number("SELECT max(id) FROM tokens").unwrap());
    let export = export.replace(&last_id, "\"last_token_id\":9999");
    let file = sandbox.file("all.jsonl", format!("{export}{twin}\n"));
    let other = sandbox.path("other.db").to_str().unwrap().to_string();
    let import = ["--json", "--database", &other, "import", "jsonl", &file];
    let skipped = json!([{
        "reason": "an earlier row has the same secret",
        "count": 1,
        "rows": ["token 9999"],
    }]);
    let report = sandbox.run(&import).exits(0).json();
    assert_eq!((&report["tokens_imported"], &report["tokens_known"]), (&tokens.into(), &0.into()));
    assert_eq!((&report["tokens_skipped"], &report["skipped"]), (&1.into(), &skipped));
    let again = sandbox.run(&import).exits(0).json();
    assert_eq!((&again["tokens_known"], &again["skipped"]), (&tokens.into(), &skipped));
}
