//! `prune`: what ended long ago goes, and nothing else.

mod support;

use serde_json::json;
use support::{DAY, Sandbox};

/// Six tokens: 1 active, 2 expired, 3 revoked and 4 unused for 40 days each, 5 expired since
/// yesterday, 6 of a banned user.
fn some_that_ended() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.run(&["create", "--count", "5"]).exits(0);
    sandbox.create(&["--user", "bob"]);
    sandbox.run(&["user", "ban", "bob"]).exits(0);
    sandbox.set_time(2, "expires_at", -40 * DAY);
    sandbox.set_time(3, "revoked_at", -40 * DAY);
    sandbox.set_time(4, "last_used_at", -(365 + 40) * DAY);
    sandbox.set_time(5, "expires_at", -DAY);
    sandbox
}

#[test]
fn what_ended_before_the_grace_goes() {
    let sandbox = some_that_ended();
    sandbox.run(&["prune"]).exits(0).prints("3 tokens pruned\n").remarks("");
    assert_eq!(sandbox.listed(&["--all"]), [1, 5, 6]);
    sandbox.run(&["prune"]).exits(0).prints("0 tokens pruned\n");
}

#[test]
fn the_grace_is_an_option() {
    let sandbox = some_that_ended();
    sandbox.run(&["prune", "--grace", "41d"]).exits(0).prints("0 tokens pruned\n");
    sandbox.run(&["prune", "--grace", "23h"]).exits(0).prints("4 tokens pruned\n");
    assert_eq!(sandbox.listed(&["--all"]), [1, 6]);
    for grace in ["", "x", "-1d", "never", "30", "99999y"] {
        sandbox.run(&["prune", &format!("--grace={grace}")]).fails_somehow(2);
    }
}

#[test]
fn without_a_grace_too_nothing_goes_that_is_good() {
    let sandbox = some_that_ended();
    let soon = sandbox.create(&["--expires", "1h"]);
    sandbox.set_time(1, "revoked_at", DAY);
    sandbox.run(&["prune", "--grace", "0s"]).exits(0).prints("4 tokens pruned\n");
    sandbox.run(&["verify", &soon]).exits(0);
    assert_eq!(sandbox.listed(&["--all"]), [1, 6, 7]);
}

#[test]
fn the_grace_of_an_unused_token_begins_where_its_lifetime_ends() {
    let sandbox = some_that_ended();
    sandbox.run(&["settings", "set", "unused-lifetime", "400d"]).exits(0);
    sandbox.run(&["prune", "--grace", "6d"]).exits(0).prints("2 tokens pruned\n");
    assert_eq!(sandbox.listed(&["--all"]), [1, 4, 5, 6]);
    sandbox.run(&["settings", "set", "unused-lifetime", "never"]).exits(0);
    sandbox.run(&["prune", "--grace", "0s"]).exits(0).prints("1 token pruned\n");
    assert_eq!(sandbox.listed(&["--all"]), [1, 4, 6]);
}

#[test]
fn a_token_that_was_never_used_is_not_unused() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.set_time(1, "created_at", -4000 * DAY);
    sandbox.run(&["prune", "--grace", "0s"]).exits(0).prints("0 tokens pruned\n");
}

#[test]
fn a_dry_run_only_counts() {
    let sandbox = some_that_ended();
    sandbox.run(&["prune", "--dry-run"]).exits(0).prints("3 tokens would be pruned\n");
    assert_eq!(sandbox.json(&["prune", "--dry-run"]), json!({"pruned": 3, "dry_run": true}));
    assert_eq!(sandbox.listed(&["--all"]).len(), 6);
}

#[test]
fn quiet_when_there_was_nothing_to_do() {
    let sandbox = some_that_ended();
    sandbox.run(&["prune", "-q"]).exits(0).prints("3 tokens pruned\n").remarks("");
    sandbox.run(&["prune", "-q"]).exits(0).prints("").remarks("");
    sandbox.run(&["prune", "-q", "--json"]).exits(0).prints("").remarks("");
}

#[test]
fn for_programs() {
    let sandbox = some_that_ended();
    assert_eq!(sandbox.json(&["prune"]), json!({"pruned": 3, "dry_run": false}));
    let ran = sandbox.run(&["prune", "--format", "csv"]).exits(0);
    ran.prints("pruned,dry_run\r\n0,false\r\n");
}

#[test]
fn more_than_goes_in_one_step() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
         INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at, revoked_at)
         SELECT randomblob(32), 'tok_aaaa', 'old', 2, '*', 0, iif(i % 3 = 0, NULL, 1) FROM n",
    );
    sandbox.run(&["prune", "--dry-run"]).exits(0).prints("6000 tokens would be pruned\n");
    sandbox.run(&["prune"]).exits(0).prints("6000 tokens pruned\n");
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(3001));
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens WHERE revoked_at > 0"), Some(0));
}

#[test]
fn it_takes_no_argument() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["prune", "1"]).fails_somehow(2);
}
