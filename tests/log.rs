//! `log`: who did what, and which verifications failed.

mod support;

use rusqlite::Connection;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};
use support::{DAY, Sandbox, UNKNOWN, sha256};

/// The rows of the log that these options choose, the newest last.
fn log(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    sandbox.json(&[&["log"], args].concat()).as_array().unwrap().clone()
}

/// The newest row.
#[track_caller]
fn last(sandbox: &Sandbox) -> Value {
    log(sandbox, &["--limit", "1"]).pop().unwrap()
}

fn attempts(sandbox: &Sandbox) -> i64 {
    sandbox
        .number("SELECT coalesce(sum(coalesce(length(strangers) / 7, 1)), 0) FROM attempts")
        .unwrap()
}

#[test]
fn every_change_has_its_row() {
    let sandbox = Sandbox::with_alice();
    let from = sandbox.file("from", "{\"name\": \"from\"}\n");
    let backup = sandbox.path("backup");
    let (backup, export) = (backup.to_str().unwrap(), sandbox.path("export"));
    let account = last(&sandbox)["account"].clone();
    for (args, action, token, user, detail) in [
        (&["create", "--name", "CI"][..], "create", json!([1, "CI"]), json!("alice"), json!(null)),
        (&["create", "--from", &from], "create", json!([2, "from"]), json!("alice"), json!(null)),
        (
            &["revoke", "2", "--reason", "lost"],
            "revoke",
            json!([2, "from"]),
            json!("alice"),
            json!("lost"),
        ),
        (&["revoke", "2", "--delete"], "delete", json!([2, "from"]), json!("alice"), json!(null)),
        (&["user", "add", "bob"], "user add", json!([null, null]), json!("bob"), json!(null)),
        (
            &["user", "edit", "bob", "--admin"],
            "user edit",
            json!([null, null]),
            json!("bob"),
            json!("administrator yes"),
        ),
        (
            &["user", "ban", "bob", "--reason", "why"],
            "user ban",
            json!([null, null]),
            json!("bob"),
            json!("why"),
        ),
        (&["user", "unban", "bob"], "user unban", json!([null, null]), json!("bob"), json!(null)),
        (
            &["create", "--user", "bob", "--name", "bobs"],
            "create",
            json!([3, "bobs"]),
            json!("bob"),
            json!(null),
        ),
        (
            &["revoke-all", "--user", "bob", "--yes"],
            "revoke",
            json!([3, "bobs"]),
            json!("bob"),
            json!(null),
        ),
        (
            &["user", "remove", "bob", "--yes"],
            "user remove",
            json!([null, null]),
            json!("bob"),
            json!("with 1 tokens"),
        ),
        (
            &["settings", "set", "prefix", "acme"],
            "settings set",
            json!([null, null]),
            json!(null),
            json!("prefix acme"),
        ),
        (
            &["settings", "unset", "prefix"],
            "settings unset",
            json!([null, null]),
            json!(null),
            json!("prefix"),
        ),
        (
            &["rotate", "1"],
            "revoke",
            json!([1, "CI"]),
            json!("alice"),
            json!("replaced by token 4"),
        ),
        (
            &["export", "--out", export.to_str().unwrap()],
            "revoke",
            json!([1, "CI"]),
            json!("alice"),
            json!("replaced by token 4"),
        ),
        (
            &["import", "jsonl", export.to_str().unwrap()],
            "import",
            json!([null, null]),
            json!(null),
            json!("0 users and 0 tokens from jsonl"),
        ),
        (
            &["prune", "--grace", "0s"],
            "import",
            json!([null, null]),
            json!(null),
            json!("0 users and 0 tokens from jsonl"),
        ),
    ] {
        sandbox.run(args).exits(0);
        let row = last(&sandbox);
        let told = json!([
            row["action"],
            [row["token_id"], row["token_name"]],
            row["user"],
            row["reason"]
        ]);
        assert_eq!(told, json!([action, token, user, detail]), "{args:?}");
        assert_eq!(row["kind"], "admin");
        assert_eq!(row["outcome"], "done");
        assert_eq!(row["account"], account);
        assert_eq!(row["sudo"], Value::Null);
    }
    let gone = log(&sandbox, &["--user", "BOB", "--token", "3"]);
    assert_eq!(gone.last().unwrap()["action"], "delete");
    assert_eq!(gone.last().unwrap()["token_name"], "bobs");
    sandbox.set_time(1, "revoked_at", -DAY);
    sandbox.run(&["prune", "--grace", "1h"]).exits(0).prints("1 token pruned\n");
    assert_eq!(last(&sandbox)["reason"], "1 tokens");
    sandbox.run(&["backup", backup]).exits(0);
    sandbox.run(&["restore", backup, "--yes"]).exits(0);
    assert_eq!(last(&sandbox)["action"], "restore");
}

#[test]
fn a_prune_of_many_steps_is_one_row() {
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
fn the_account_behind_sudo_is_told() {
    let sandbox = Sandbox::with_alice();
    sandbox.tokctl(&["create"]).env("SUDO_USER", "carol").go().exits(0);
    assert_eq!(last(&sandbox)["sudo"], "carol");
    sandbox.tokctl(&["verify", UNKNOWN]).env("SUDO_USER", "carol").go().exits(1);
    assert_eq!(last(&sandbox)["sudo"], "carol");
    let table = sandbox.run(&["log", "--limit", "1"]).exits(0).stdout;
    assert!(table.contains("(carol)"), "{table}");
}

#[test]
fn a_change_that_fails_leaves_no_row() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "3"]).exits(0);
    let before = log(&sandbox, &[]);
    let bad = sandbox.file("bad", "{\"type\":\"user\",\"id\":1,\"name\":\"x\",\"email\":null,\"full_name\":null,\"admin\":false,\"banned_at\":null,\"banned_reason\":null,\"created_at\":0}\n{}\n");
    let orders = sandbox.file("orders", "{}\n{\"user\": \"nobody\"}\n");
    for args in [
        &["revoke", "1", "2", "99"][..],
        &["create", "--from", &orders],
        &["import", "jsonl", &bad],
        &["user", "add", "ALICE"],
        &["settings", "set", "default-user", "nobody"],
        &["rotate", "99"],
    ] {
        assert_ne!(sandbox.run(args).code, Some(0), "{args:?}");
        assert_eq!(log(&sandbox, &[]), before, "{args:?}");
    }
    assert_eq!(sandbox.live_tokens(), 3);
    // Nor is there a change without its row.
    sandbox
        .sql("CREATE TRIGGER no_log BEFORE INSERT ON changes BEGIN SELECT RAISE(ABORT, 'no'); END");
    sandbox.run(&["create"]).fails_somehow(4);
    sandbox.run(&["revoke", "1"]).fails_somehow(4);
    sandbox.run(&["user", "ban", "alice"]).fails_somehow(4);
    assert_eq!(sandbox.live_tokens(), 3);
    assert_eq!(sandbox.json(&["user", "show", "alice"])["status"], "active");
}

#[test]
fn a_setting_says_which_verifications_are_recorded() {
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
fn what_callers_tell_is_recorded() {
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
fn nothing_a_caller_tells_changes_the_answer() {
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
        let unsafe_ones =
            |c: char| (c.is_control() && !"\r\n".contains(c)) || "\u{202e}\u{2028}".contains(c);
        assert_eq!(shown.matches(unsafe_ones).count(), 0, "{format}");
        assert!(!shown.contains("\nfake row"), "{format}");
        assert!(!shown.contains(&"x".repeat(256)), "{format}");
    }
    assert_eq!(attempts(&sandbox), 9 * 2 * 2 * 2);
}

#[test]
fn filters() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "record-attempts", "all"]).exits(0);
    sandbox.run(&["user", "add", "Émile"]).exits(0);
    let secret = sandbox.create(&["--user", "émile", "--name", "CI"]);
    sandbox.run(&["verify", &secret]).exits(0);
    sandbox.run(&["verify", UNKNOWN]).exits(1);
    let actions = |args: &[&str]| -> Vec<String> {
        log(&sandbox, args).iter().map(|row| row["action"].as_str().unwrap().into()).collect()
    };
    assert_eq!(actions(&["--kind", "verify"]), ["verify", "verify"]);
    assert!(!actions(&["--kind", "admin"]).contains(&"verify".into()));
    assert_eq!(actions(&["--failures"]), ["verify"]);
    assert_eq!(actions(&["--user", "ÉMILE"]), ["user add", "create", "verify"]);
    assert_eq!(actions(&["--token", "1"]), ["create", "verify"]);
    assert_eq!(actions(&["--limit", "3"]), ["create", "verify", "verify"]);
    assert_eq!(actions(&["--limit", "0"]), [""; 0]);
    sandbox.sql(&format!("UPDATE attempts SET at = {}", support::now() - 2 * DAY));
    assert_eq!(actions(&["--since", "1d", "--kind", "verify"]), [""; 0]);
    assert_eq!(actions(&["--since", "3d", "--kind", "verify"]).len(), 2);
    assert_eq!(actions(&["--since", "2001-01-01", "--kind", "verify"]).len(), 2);
    for bad in [["--since", "never"], ["--since", "x"], ["--limit", "-1"], ["--kind", "x"]] {
        sandbox.run(&[&["log"], &bad[..]].concat()).fails_somehow(2);
    }
    Sandbox::new().run(&["log"]).fails_somehow(4);
}

#[test]
fn follow_prints_what_comes_and_nothing_twice() {
    for limit in ["0", "1"] {
        let sandbox = Sandbox::with_alice();
        sandbox.create(&["--name", "before"]);
        sandbox.run(&["verify", UNKNOWN]).exits(1);
        let mut child = Command::new(env!("CARGO_BIN_EXE_tokctl"))
            .args(["log", "--follow", "--format", "jsonl", "--limit", limit, "--database"])
            .arg(sandbox.database())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next =
            || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
        if limit == "1" {
            assert_eq!(next()["action"], "verify");
        } else {
            // Time to see that nothing comes of what was there.
            std::thread::sleep(std::time::Duration::from_millis(700));
        }
        sandbox.create(&["--name", "first"]);
        assert_eq!(next()["token_name"], "first");
        sandbox.run(&["verify", "garbage"]).exits(1);
        assert_eq!(next()["reason"], "malformed");
        sandbox.create(&["--name", "second"]);
        assert_eq!(next()["token_name"], "second");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn only_the_newest_are_kept() {
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
fn a_flood_stays_within_the_bound() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "attempts-kept", "1000"]).exits(0);
    let flood = format!("{UNKNOWN}\ngarbage\n").repeat(10_000);
    for _ in 0..2 {
        let ran = sandbox.tokctl(&["verify", "--batch", "-"]).stdin(&flood).go().exits(1);
        assert_eq!(ran.stdout.lines().count(), 20_000);
        assert_eq!(attempts(&sandbox), 1000);
    }
    let size = std::fs::metadata(sandbox.database()).unwrap().len();
    assert!(size < 500_000, "{size}");
    assert_eq!(log(&sandbox, &["--limit", "1"])[0]["reason"], "malformed");
}

#[test]
fn a_lock_is_not_waited_for() {
    let sandbox = Sandbox::with_alice();
    let good = sandbox.create(&[]);
    let holder = Connection::open(sandbox.database()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let since = std::time::Instant::now();
    sandbox.run(&["verify", &good]).exits(0).remarks("");
    sandbox.run(&["verify", UNKNOWN]).exits(1).remarks("");
    let lines = format!("{good}\n{UNKNOWN}\n");
    sandbox.tokctl(&["verify", "--batch", "-"]).stdin(lines).go().exits(1).remarks("");
    holder.execute_batch("ROLLBACK; BEGIN EXCLUSIVE").unwrap();
    // What needs no database waits for none.
    sandbox.run(&["verify", ""]).exits(1).remarks("");
    assert!(since.elapsed().as_secs() < 5, "a lock is waited for 5 seconds");
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(attempts(&sandbox), 0);
}

#[test]
fn a_database_that_may_only_be_read_skips_it() {
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
fn bad_secrets_of_one_batch_are_each_in_the_log_in_order() {
    let sandbox = Sandbox::with_alice();
    let bad = format!("garbage\n{UNKNOWN}\n\nrubbish\n");
    sandbox.tokctl(&["verify", "--batch", "-"]).stdin(&bad).go().exits(1);
    let told = |args: &[&str]| {
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
    assert_eq!(told(&[]), all);
    assert_eq!(told(&["--limit", "2"]), all[2..]);
    assert_eq!(told(&["--failures"]), all);
    sandbox.run(&["settings", "set", "attempts-kept", "3"]).exits(0);
    sandbox.run(&["prune"]).exits(0);
    assert_eq!(told(&[]), all[1..]);
}
