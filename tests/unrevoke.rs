//! `unrevoke`: undo a revocation while the record exists.

mod support;

use support::Sandbox;

#[test]
fn a_revocation_is_undone() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    sandbox.run(&["revoke", "1", "--reason", "a mistake"]).exits(0);
    sandbox.run(&["unrevoke", "1"]).exits(0).prints("unrevoked token 1: CI, alice\n").remarks("");
    sandbox.run(&["verify", &secret]).exits(0);
    let token = sandbox.json(&["show", "1"]);
    assert!(token["revoked_at"].is_null() && token["revoked_reason"].is_null(), "{token}");
    assert_eq!(sandbox.json(&["log", "--token", "1", "-n", "1"])[0]["action"], "unrevoke");
    sandbox.run(&["unrevoke", "--name", "CI"]).exits(0).prints("not revoked: token 1: CI, alice\n");
}

#[test]
fn a_token_that_a_rotation_replaced_stays_revoked() {
    let sandbox = Sandbox::with_alice();
    let old = sandbox.create(&[]);
    sandbox.run(&["rotate", "1"]).exits(0);
    sandbox
        .run(&["unrevoke", "1"])
        .fails(2, "token 1 cannot be made valid again: token 2 has replaced it")
        .hints("`tokctl show 2` shows the newer token");
    sandbox.run(&["verify", &old]).exits(1);
}

#[test]
fn what_else_rejects_the_token_is_said() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox.run(&["revoke", "1"]).exits(0);
    sandbox.sql("UPDATE tokens SET expires_at = 5");
    let hint = "it is still rejected: it has expired; `tokctl edit 1 --expires 30d` extends it\n";
    sandbox.run(&["unrevoke", "1"]).exits(0).remarks(hint);
    sandbox.run(&["user", "ban", "alice"]).exits(0);
    sandbox.run(&["unrevoke", "1"]).exits(0).remarks("it is still rejected: its owner is banned\n");
}

#[test]
fn a_deleted_token_does_not_come_back() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.run(&["revoke", "--delete", "1"]).exits(0);
    sandbox.run(&["unrevoke", "1"]).fails(1, "token 1 not found: no token has this id");
}
