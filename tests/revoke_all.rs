//! `revoke-all`: all tokens of a user or of everyone, after a confirmation.

mod support;

use serde_json::json;
use support::{DAY, Sandbox};

/// Two tokens of alice (1: scope a, 2: scope b) and two of bob (3: scope a, 4: everything).
fn alice_and_bob() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.create(&["--scope", "a"]);
    sandbox.create(&["--scope", "b"]);
    sandbox.create(&["--scope", "a", "--user", "bob"]);
    sandbox.create(&["--user", "bob"]);
    sandbox
}

#[test]
fn user_revokes_the_tokens_of_one_user() {
    let sandbox = alice_and_bob();
    sandbox
        .run(&["revoke-all", "--user", "ALICE", "--yes", "--reason", "password reset"])
        .exits(0)
        .prints("2 tokens of ALICE revoked\n")
        .remarks("");
    assert_eq!(sandbox.listed(&[]), [3, 4]);
    assert_eq!(sandbox.json(&["show", "1"])["revoked_reason"], "password reset");
    sandbox
        .run(&["revoke-all", "--user", "alice", "-y"])
        .exits(0)
        .prints("0 tokens of alice revoked\n");
}

#[test]
fn everyone_revokes_the_tokens_of_all_users() {
    let sandbox = alice_and_bob();
    sandbox
        .run(&["revoke-all", "--everyone", "--yes"])
        .exits(0)
        .prints("4 tokens of all users revoked\n");
    assert_eq!(sandbox.live_tokens(), 0);
}

#[test]
fn without_a_terminal_yes_is_required() {
    let sandbox = alice_and_bob();
    for whose in [&["--everyone"][..], &["--user", "bob"], &["--everyone", "--delete"]] {
        let run = sandbox.tokctl(&[&["revoke-all"], whose].concat());
        run.stdin("y\n")
            .go()
            .fails(2, "confirmation required: there is no terminal to ask at; pass --yes");
    }
    assert_eq!(sandbox.live_tokens(), 4);
}

#[test]
fn scope_selects_the_tokens_that_grant_it() {
    let sandbox = alice_and_bob();
    let ran = sandbox.run(&["revoke-all", "--everyone", "--scope", "a", "--yes"]).exits(0);
    ran.prints("3 tokens that grant a revoked\n");
    assert_eq!(sandbox.listed(&[]), [2]);
    sandbox.run(&["revoke-all", "--everyone", "--scope", "a b", "--yes"]).fails_somehow(2);
}

#[test]
fn unused_for_selects_the_tokens_not_used_for_that_long() {
    let sandbox = alice_and_bob();
    sandbox.set_time(1, "last_used_at", -50 * DAY);
    sandbox.set_time(2, "last_used_at", -DAY);
    sandbox.set_time(3, "created_at", -50 * DAY);
    let ran = sandbox.run(&["revoke-all", "--everyone", "--unused-for", "30d", "--yes"]).exits(0);
    assert!(ran.stdout.starts_with("2 tokens unused since 20"), "{ran:#?}");
    assert_eq!(sandbox.listed(&[]), [2, 4]);
    sandbox.run(&["revoke-all", "--everyone", "--unused-for", "x", "--yes"]).fails_somehow(2);
}

#[test]
fn a_dry_run_counts_and_changes_nothing() {
    let sandbox = alice_and_bob();
    let dry = ["revoke-all", "--user", "bob", "--dry-run"];
    sandbox.run(&dry).exits(0).prints("2 tokens of bob would be revoked\n");
    let ran = sandbox.run(&["revoke-all", "--everyone", "--dry-run", "--delete"]).exits(0);
    ran.prints("4 tokens of all users would be deleted\n");
    let ran = sandbox.run(&["revoke-all", "--user", "alice", "--scope", "a", "--dry-run"]).exits(0);
    ran.prints("1 token of alice, that grant a would be revoked\n");
    assert_eq!(sandbox.json(&dry), json!({"revoked": 2, "dry_run": true}));
    assert_eq!(sandbox.live_tokens(), 4);
}

#[test]
fn a_dry_run_does_not_wait_for_a_writer() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let _writer = sandbox.lock();
    sandbox
        .run(&["revoke-all", "--everyone", "--dry-run"])
        .exits(0)
        .prints("1 token of all users would be revoked\n");
}

#[test]
fn delete_removes_the_records_of_revoked_tokens_too() {
    let sandbox = alice_and_bob();
    sandbox.run(&["revoke", "1"]).exits(0);
    let ran = sandbox.run(&["revoke-all", "--user", "alice", "--delete", "--yes"]).exits(0);
    ran.prints("2 tokens of alice deleted\n");
    assert_eq!(sandbox.listed(&["--all"]), [3, 4]);
    sandbox.run(&["user", "show", "alice"]).exits(0);
}

#[test]
fn a_token_revoked_before_keeps_its_reason() {
    let sandbox = alice_and_bob();
    sandbox.run(&["revoke", "1", "--reason", "first"]).exits(0);
    let ran = sandbox.run(&["revoke-all", "--everyone", "--yes", "--reason", "second"]).exits(0);
    ran.prints("3 tokens of all users revoked\n");
    assert_eq!(sandbox.json(&["show", "1"])["revoked_reason"], "first");
    assert_eq!(sandbox.json(&["show", "2"])["revoked_reason"], "second");
}

#[test]
fn json_and_csv_have_the_count() {
    let sandbox = alice_and_bob();
    let answer = sandbox.json(&["revoke-all", "--user", "bob", "--yes"]);
    assert_eq!(answer, json!({"revoked": 2, "dry_run": false}));
    let answer = sandbox.json(&["revoke-all", "--user", "bob", "--delete", "--yes"]);
    assert_eq!(answer, json!({"deleted": 2, "dry_run": false}));
    let ran = sandbox.run(&["revoke-all", "--everyone", "--yes", "--format", "csv"]).exits(0);
    ran.prints("revoked,dry_run\r\n2,false\r\n");
}

#[test]
fn an_unknown_user_is_refused() {
    let sandbox = alice_and_bob();
    sandbox
        .run(&["revoke-all", "--yes", "--user", "stranger"])
        .fails(1, "user stranger not found: no user has this name");
    sandbox.run(&["revoke-all", "--yes", "--user", ""]).fails_somehow(1);
    sandbox.run(&["revoke-all", "--yes", "--user", "%"]).fails_somehow(1);
    assert_eq!(sandbox.live_tokens(), 4);
}
