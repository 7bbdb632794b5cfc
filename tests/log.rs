//! `log`: administrative changes, and verifications.

mod support;

use serde_json::{Value, json};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use support::database::on_server;
use support::{DAY, Sandbox, UNKNOWN, sha256, sqlite_only};

/// The rows of the log that these options select, the newest last.
fn log(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    sandbox.json(&[&["log"], args].concat()).as_array().unwrap().clone()
}

/// The newest row.
#[track_caller]
fn last(sandbox: &Sandbox) -> Value {
    log(sandbox, &["--limit", "1"]).pop().unwrap()
}

/// How many verifications the log contains.
fn attempts(sandbox: &Sandbox) -> i64 {
    // A row of SQLite can hold several of unknown secrets.
    let rows = if on_server() { "1" } else { "coalesce(length(strangers) / 7, 1)" };
    sandbox.number(&format!("SELECT coalesce(sum({rows}), 0) FROM attempts")).unwrap()
}

/// The part of a row that depends on the change.
#[derive(Debug, PartialEq)]
struct Change<'a> {
    action: &'a str,
    token: Value,
    user: Value,
    detail: Value,
}

impl<'a> Change<'a> {
    /// A change of neither a token nor a user.
    fn new(action: &'a str) -> Self {
        Change { action, token: json!([null, null]), user: Value::Null, detail: Value::Null }
    }

    /// A change of a user or of their token.
    fn of(action: &'a str, user: &str) -> Self {
        Change { user: json!(user), ..Change::new(action) }
    }

    fn token(self, id: i64, name: &str) -> Self {
        Change { token: json!([id, name]), ..self }
    }

    fn detail(self, detail: &str) -> Self {
        Change { detail: json!(detail), ..self }
    }
}

/// Runs a command and checks the newest row of the log.
#[track_caller]
fn assert_logs(sandbox: &Sandbox, args: &[&str], expected: &Change) {
    sandbox.run(args).exits(0);
    let row = last(sandbox);
    let change = Change {
        action: row["action"].as_str().unwrap(),
        token: json!([row["token_id"], row["token_name"]]),
        user: row["user"].clone(),
        detail: row["reason"].clone(),
    };
    assert_eq!(change, *expected, "{args:?}");
    assert_eq!((&row["kind"], &row["outcome"]), (&json!("admin"), &json!("done")));
}

#[test]
fn changes_of_tokens_are_logged() {
    let sandbox = Sandbox::with_alice();
    let from = sandbox.file("from", "{\"name\": \"from\"}\n");
    for (args, change) in [
        (&["create", "--name", "CI"][..], Change::of("create", "alice").token(1, "CI")),
        (&["create", "--from", &from], Change::of("create", "alice").token(2, "from")),
        (
            &["revoke", "2", "--reason", "lost"],
            Change::of("revoke", "alice").token(2, "from").detail("lost"),
        ),
        (&["revoke", "2", "--delete"], Change::of("delete", "alice").token(2, "from")),
        (
            &["rotate", "1"],
            Change::of("revoke", "alice").token(1, "CI").detail("replaced by token 3"),
        ),
        (&["revoke-all", "--everyone", "--yes"], Change::of("revoke", "alice").token(3, "CI")),
    ] {
        assert_logs(&sandbox, args, &change);
    }
}

#[test]
fn changes_of_users_are_logged() {
    let sandbox = Sandbox::with_alice();
    for (args, change) in [
        (&["user", "add", "bob"][..], Change::of("user add", "bob")),
        (
            &["user", "edit", "bob", "--admin"],
            Change::of("user edit", "bob").detail("administrator yes"),
        ),
        (&["user", "ban", "bob", "--reason", "why"], Change::of("user ban", "bob").detail("why")),
        (&["user", "unban", "bob"], Change::of("user unban", "bob")),
        (&["create", "--user", "bob", "--name", "CI"], Change::of("create", "bob").token(1, "CI")),
        (
            &["user", "remove", "bob", "--yes"],
            Change::of("user remove", "bob").detail("with 1 token"),
        ),
    ] {
        assert_logs(&sandbox, args, &change);
    }
}

#[test]
fn the_tokens_of_a_removed_user_have_rows_of_their_own() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.create(&["--user", "bob", "--name", "bobs"]);
    sandbox.run(&["user", "remove", "bob", "--yes"]).exits(0);
    let rows = log(&sandbox, &["--user", "BOB", "--token", "1"]);
    let deleted = rows.last().unwrap();
    assert_eq!((&deleted["action"], &deleted["token_name"]), (&json!("delete"), &json!("bobs")));
}

#[test]
fn changes_of_settings_are_logged() {
    let sandbox = Sandbox::with_alice();
    let set = Change::new("settings set").detail("prefix acme");
    assert_logs(&sandbox, &["settings", "set", "prefix", "acme"], &set);
    let unset = Change::new("settings unset").detail("prefix");
    assert_logs(&sandbox, &["settings", "unset", "prefix"], &unset);
}

#[test]
fn an_import_is_logged_and_an_export_is_not() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    let export = sandbox.path("export");
    let export = export.to_str().unwrap();
    let before = last(&sandbox);
    sandbox.run(&["export", "--out", export]).exits(0);
    assert_eq!(last(&sandbox), before);
    let known = Change::new("import").detail("0 users and 0 tokens from jsonl");
    assert_logs(&sandbox, &["import", "jsonl", export], &known);
    let other = Sandbox::new();
    other.run(&["settings", "set", "prefix", "acme"]).exits(0);
    let new = Change::new("import").detail("2 users and 1 token from jsonl");
    assert_logs(&other, &["import", "jsonl", export], &new);
}

#[test]
fn a_prune_is_logged_if_it_deletes_something() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.run(&["revoke", "1"]).exits(0);
    let before = last(&sandbox);
    sandbox.run(&["prune", "--grace", "1h"]).exits(0).prints("0 tokens pruned\n");
    assert_eq!(last(&sandbox), before);
    sandbox.set_time(1, "revoked_at", -DAY);
    let pruned = Change::new("prune").detail("1 token");
    assert_logs(&sandbox, &["prune", "--grace", "1h"], &pruned);
}

#[test]
fn a_restore_is_logged_and_a_backup_is_not() {
    sqlite_only!("a backup is a copy of a file");
    let sandbox = Sandbox::with_alice();
    let before = last(&sandbox);
    sandbox.run(&["backup", "copy"]).exits(0);
    assert_eq!(last(&sandbox), before);
    let restored = Change::new("restore").detail("from copy");
    assert_logs(&sandbox, &["restore", "copy", "--yes"], &restored);
}

#[test]
fn a_change_is_logged_with_the_account() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let account = sandbox.shell("id -un").go().exits(0).stdout;
    let row = last(&sandbox);
    assert_eq!((&row["account"], &row["sudo"]), (&json!(account.trim()), &Value::Null));
}

#[test]
fn a_prune_in_several_steps_has_one_row() {
    let sandbox = Sandbox::with_alice();
    sandbox.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
         INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at, revoked_at)
         SELECT randomblob(32), 'tok_aaaa', 'old', 2, '*', 0, 1 FROM n",
    );
    sandbox.run(&["prune"]).exits(0).prints("5000 tokens pruned\n");
    let rows = log(&sandbox, &["--kind", "admin"]);
    let rows: Vec<_> = rows.iter().filter(|row| row["action"] == "prune").collect();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["reason"], "5000 tokens");
}

#[test]
fn the_account_behind_sudo_is_logged() {
    let sandbox = Sandbox::with_alice();
    sandbox.tokctl(&["create"]).env("SUDO_USER", "carol").go().exits(0);
    assert_eq!(last(&sandbox)["sudo"], "carol");
    sandbox.tokctl(&["verify", UNKNOWN]).env("SUDO_USER", "carol").go().exits(1);
    assert_eq!(last(&sandbox)["sudo"], "carol");
    let table = sandbox.run(&["log", "--limit", "1"]).exits(0).stdout;
    assert!(table.contains("(carol)"), "{table}");
}

#[test]
fn a_change_that_fails_is_not_logged() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "3"]).exits(0);
    let before = log(&sandbox, &[]);
    let bad = sandbox.file("bad", "{\"type\":\"user\",\"id\":1,\"name\":\"x\",\"email\":null,\"full_name\":null,\"admin\":false,\"banned_at\":null,\"banned_reason\":null,\"created_at\":0}\n{}\n");
    let requests = sandbox.file("requests", "{}\n{\"user\": \"nobody\"}\n");
    for args in [
        &["revoke", "1", "2", "99"][..],
        &["create", "--from", &requests],
        &["import", "jsonl", &bad],
        &["user", "add", "ALICE"],
        &["settings", "set", "default-user", "nobody"],
        &["rotate", "99"],
    ] {
        assert_ne!(sandbox.run(args).code, Some(0), "{args:?}");
        assert_eq!(log(&sandbox, &[]), before, "{args:?}");
    }
    assert_eq!(sandbox.live_tokens(), 3);
}

#[test]
fn a_change_that_cannot_be_logged_is_not_made() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "3"]).exits(0);
    sandbox.break_on("INSERT ON changes", "true", "no");
    sandbox.run(&["create"]).fails_somehow(4);
    sandbox.run(&["revoke", "1"]).fails_somehow(4);
    sandbox.run(&["user", "ban", "alice"]).fails_somehow(4);
    assert_eq!(sandbox.live_tokens(), 3);
    assert_eq!(sandbox.json(&["user", "show", "alice"])["status"], "active");
}

#[test]
fn the_setting_record_attempts_selects_what_is_logged() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI", "--scope", "a"]);
    let verify_all = || {
        sandbox.run(&["verify", &secret]).exits(0);
        sandbox.run(&["verify", &secret, "--scope", "b"]).exits(3);
        sandbox.run(&["verify", UNKNOWN]).exits(1);
        sandbox.run(&["verify", "garbage"]).exits(1);
        let lines = format!("{secret}\n{UNKNOWN}\n");
        sandbox.tokctl(&["verify", "--batch", "-"]).stdin(lines).go().exits(1);
        let rows = log(&sandbox, &["--kind", "verify"]);
        sandbox.sql("DELETE FROM attempts");
        rows
    };
    let outcomes = |rows: &[Value]| -> Vec<String> {
        let outcome =
            |row: &Value| format!("{} {}", row["outcome"], row["reason"]).replace('"', "");
        rows.iter().map(outcome).collect()
    };
    let failures = verify_all();
    let expected =
        ["insufficient_scope null", "rejected unknown", "rejected malformed", "rejected unknown"];
    assert_eq!(outcomes(&failures), expected);
    assert_eq!(failures[0]["token_name"], "CI");
    assert_eq!(failures[0]["user"], "alice");
    assert_eq!(failures[0]["fingerprint"], Value::Null);
    assert_eq!(failures[1]["fingerprint"], sha256(UNKNOWN)[..12]);
    sandbox.run(&["settings", "set", "record-attempts", "all"]).exits(0);
    let all = verify_all();
    assert_eq!(outcomes(&all).iter().filter(|outcome| *outcome == "good null").count(), 2);
    assert_eq!(all.len(), 6);
    sandbox.run(&["settings", "set", "record-attempts", "none"]).exits(0);
    assert_eq!(verify_all(), Vec::<Value>::new());
}

#[test]
fn the_source_and_the_agent_of_a_request_are_logged() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["verify", UNKNOWN, "--source", "192.0.2.7", "--agent", "curl/8"]).exits(1);
    let row = last(&sandbox);
    assert_eq!([&row["source"], &row["agent"]], ["192.0.2.7", "curl/8"]);
    let lines = format!("{UNKNOWN}\n");
    let args = ["verify", "--batch", "-", "--source", "queue"];
    sandbox.tokctl(&args).stdin(lines).go().exits(1);
    assert_eq!(last(&sandbox)["source"], "queue");
    assert!(sandbox.run(&["log"]).exits(0).stdout.contains("192.0.2.7 curl/8"));
}

#[test]
fn a_hostile_source_or_agent_changes_neither_the_answer_nor_the_log() {
    let sandbox = Sandbox::with_alice();
    let good = sandbox.create(&["--scope", "a"]);
    let long = "x".repeat(10_000);
    for hostile in [
        &b"\x1b[2J\x07\xc2\x9b"[..],
        long.as_bytes(),
        b"--help",
        b"-V",
        b"--batch",
        b"",
        b"\xff\xfe\x80",
        b"'); DROP TABLE attempts; --",
        "\u{202e}\u{2028}\nfake row".as_bytes(),
    ] {
        let hostile = OsStr::from_bytes(hostile);
        for (secret, code) in [(good.as_str(), 0), (UNKNOWN, 1), ("", 1)] {
            for option in ["--source", "--agent"] {
                let args = ["verify", secret, option].map(OsStr::new);
                sandbox.run(&[&args[..], &[hostile]].concat()).exits(code).remarks("");
                let joined = [option.as_bytes(), b"=", hostile.as_bytes()].concat();
                let args = [OsStr::new("verify"), OsStr::from_bytes(&joined), OsStr::new(secret)];
                sandbox.run(&args).exits(code).remarks("");
            }
        }
    }
    for format in ["human", "json", "jsonl", "csv"] {
        let shown = sandbox.run(&["log", "--format", format]).exits(0).stdout;
        let is_unsafe =
            |c: char| (c.is_control() && !"\r\n".contains(c)) || "\u{202e}\u{2028}".contains(c);
        assert!(!shown.contains(is_unsafe), "{format}");
        assert!(!shown.contains("\nfake row"), "{format}");
        assert!(!shown.contains(&"x".repeat(256)), "{format}");
    }
    assert_eq!(attempts(&sandbox), 9 * 2 * 2 * 2);
}

/// A log of a user, Émile, and of verifications of his token CI and of an unknown secret.
fn with_log() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "record-attempts", "all"]).exits(0);
    sandbox.run(&["user", "add", "Émile"]).exits(0);
    let secret = sandbox.create(&["--user", "émile", "--name", "CI"]);
    sandbox.run(&["verify", &secret]).exits(0);
    sandbox.run(&["verify", UNKNOWN]).exits(1);
    sandbox
}

/// The actions of the rows that these options select.
fn actions(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    log(sandbox, args).iter().map(|row| row["action"].as_str().unwrap().into()).collect()
}

#[test]
fn filters_select_rows() {
    let sandbox = with_log();
    let actions = |args: &[&str]| actions(&sandbox, args);
    assert_eq!(actions(&["--kind", "verify"]), ["verify", "verify"]);
    assert!(!actions(&["--kind", "admin"]).contains(&"verify".into()));
    assert_eq!(actions(&["--failures"]), ["verify"]);
    assert_eq!(actions(&["--user", "ÉMILE"]), ["user add", "create", "verify"]);
    assert_eq!(actions(&["--token", "1"]), ["create", "verify"]);
    assert_eq!(actions(&["--limit", "3"]), ["create", "verify", "verify"]);
    assert_eq!(actions(&["--limit", "0"]), [""; 0]);
}

#[test]
fn since_selects_rows_by_their_age() {
    let sandbox = with_log();
    sandbox.sql(&format!("UPDATE attempts SET at = {}", support::now() - 2 * DAY));
    let count = |since| actions(&sandbox, &["--since", since, "--kind", "verify"]).len();
    assert_eq!(count("1d"), 0);
    assert_eq!(count("3d"), 2);
    assert_eq!(count("2001-01-01"), 2);
}

#[test]
fn a_filter_without_matches_is_a_remark() {
    let sandbox = with_log();
    sandbox.run(&["log", "--user", "nobody"]).exits(0).prints("").remarks("no log entries match\n");
    sandbox.run(&["log", "--user", "nobody", "--json"]).exits(0).prints("[]\n");
}

#[test]
fn an_invalid_filter_is_a_usage_error() {
    let sandbox = Sandbox::with_alice();
    let when = "must be a duration (30d, 12h, 1y), a date (2030-01-31) or an RFC 3339 timestamp \
                (2030-01-31T12:00:00Z)";
    for (args, error) in [
        (["--since", "never"], format!("invalid value 'never' for '--since <WHEN>': {when}")),
        (["--since", "x"], format!("invalid value 'x' for '--since <WHEN>': {when}")),
        (
            ["--limit", "-1"],
            "invalid value '-1' for '--limit <N>': must be a whole number, 0 or more".into(),
        ),
        (
            ["--kind", "x"],
            "invalid value 'x' for '--kind <KIND>': possible values are verify, admin".into(),
        ),
    ] {
        sandbox.run(&[&["log"], &args[..]].concat()).fails(2, &error);
    }
}

/// A `tokctl log --follow` that ends with the test, even if an assertion fails.
struct Follower {
    child: Child,
    rows: Receiver<Value>,
}

impl Follower {
    fn start(sandbox: &Sandbox, limit: &str) -> Self {
        let mut child = sandbox
            .tokctl(&["log", "--follow", "--format", "jsonl", "--limit", limit])
            .into_command()
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, rows) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Nobody receives any more when an assertion has failed.
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        Follower { child, rows }
    }

    fn next(&self) -> Value {
        self.rows.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    /// Adds rows until the first of them is printed: no row from before the start is.
    fn wait_until_started(&self, sandbox: &Sandbox) {
        for _ in 0..600 {
            sandbox.create(&["--name", "probe"]);
            if self.rows.recv_timeout(Duration::from_millis(100)).is_ok() {
                sandbox.create(&["--name", "started"]);
                while self.next()["token_name"] != "started" {}
                return;
            }
        }
        panic!("no row was printed");
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn follow_prints_new_rows_and_none_twice() {
    for limit in ["0", "1"] {
        let sandbox = Sandbox::with_alice();
        sandbox.create(&["--name", "before"]);
        sandbox.run(&["verify", UNKNOWN]).exits(1);
        let log = Follower::start(&sandbox, limit);
        if limit == "1" {
            assert_eq!(log.next()["action"], "verify");
        } else {
            log.wait_until_started(&sandbox);
        }
        sandbox.create(&["--name", "first"]);
        assert_eq!(log.next()["token_name"], "first");
        sandbox.run(&["verify", "garbage"]).exits(1);
        assert_eq!(log.next()["reason"], "malformed");
        sandbox.create(&["--name", "second"]);
        assert_eq!(log.next()["token_name"], "second");
    }
}

#[test]
fn only_the_newest_attempts_are_kept() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "attempts-kept", "3"]).exits(0);
    for i in 0..6 {
        sandbox.run(&["verify", "x", "--source", &i.to_string()]).exits(1);
    }
    let kept: Vec<_> =
        log(&sandbox, &["--kind", "verify"]).iter().map(|r| r["source"].clone()).collect();
    assert_eq!(kept, ["3", "4", "5"]);
    sandbox.run(&["settings", "set", "attempts-kept", "2"]).exits(0);
    sandbox.run(&["prune"]).exits(0);
    assert_eq!(attempts(&sandbox), 2);
    sandbox.run(&["settings", "set", "attempts-kept", "0"]).exits(0);
    sandbox.run(&["verify", "x"]).exits(1);
    assert_eq!(attempts(&sandbox), 0);
}

#[test]
fn a_flood_of_attempts_does_not_exceed_the_limit() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "attempts-kept", "1000"]).exits(0);
    let flood = format!("{UNKNOWN}\ngarbage\n").repeat(10_000);
    for _ in 0..2 {
        let ran = sandbox.tokctl(&["verify", "--batch", "-"]).stdin(&flood).go().exits(1);
        assert_eq!(ran.stdout.lines().count(), 20_000);
        assert_eq!(attempts(&sandbox), 1000);
    }
    if !on_server() {
        let size = std::fs::metadata(sandbox.database()).unwrap().len();
        assert!(size < 500_000, "{size}");
    }
    assert_eq!(log(&sandbox, &["--limit", "1"])[0]["reason"], "malformed");
}

#[test]
fn verify_does_not_wait_for_a_lock_to_log_an_attempt() {
    let sandbox = Sandbox::with_alice();
    let good = sandbox.create(&[]);
    let lock = sandbox.lock();
    let since = std::time::Instant::now();
    sandbox.run(&["verify", &good]).exits(0).remarks("");
    sandbox.run(&["verify", UNKNOWN]).exits(1).remarks("");
    let lines = format!("{good}\n{UNKNOWN}\n");
    sandbox.tokctl(&["verify", "--batch", "-"]).stdin(lines).go().exits(1).remarks("");
    drop(lock);
    let lock = sandbox.lock_exclusively();
    // A malformed secret is rejected without the database, so even this lock does not matter.
    sandbox.run(&["verify", ""]).exits(1).remarks("");
    assert!(since.elapsed().as_secs() < 5, "verify waited for the lock");
    drop(lock);
    assert_eq!(attempts(&sandbox), 0);
}

#[test]
fn verify_without_write_permission_does_not_log_the_attempt() {
    sqlite_only!("file permissions");
    let sandbox = Sandbox::with_alice();
    let good = sandbox.create(&[]);
    sandbox.make_read_only();
    let path = sandbox.database();
    for (secret, code) in [(good.as_str(), 0), (UNKNOWN, 1), ("garbage", 1)] {
        let args = ["verify", secret, "--database", path.to_str().unwrap()];
        sandbox.as_stranger(&args).go().exits(code).remarks("");
    }
    assert_eq!(attempts(&sandbox), 0);
}

#[test]
fn each_rejected_secret_of_a_batch_is_logged_in_order() {
    let sandbox = Sandbox::with_alice();
    let bad = format!("garbage\n{UNKNOWN}\n\nrubbish\n");
    sandbox.tokctl(&["verify", "--batch", "-"]).stdin(&bad).go().exits(1);
    let logged = |args: &[&str]| {
        let args = [&["--kind", "verify"], args].concat();
        let reason = |row: &Value| (row["reason"].clone(), row["fingerprint"].is_string());
        log(&sandbox, &args).iter().map(reason).collect::<Vec<_>>()
    };
    let (malformed, unknown) = (json!("malformed"), json!("unknown"));
    let all = [
        (malformed.clone(), true),
        (unknown, true),
        (malformed.clone(), false),
        (malformed.clone(), true),
    ];
    assert_eq!(logged(&[]), all);
    assert_eq!(logged(&["--limit", "2"]), all[2..]);
    assert_eq!(logged(&["--failures"]), all);
    sandbox.run(&["settings", "set", "attempts-kept", "3"]).exits(0);
    sandbox.run(&["prune"]).exits(0);
    assert_eq!(logged(&[]), all[1..]);
}
