//! `prune`: it deletes tokens that ended long ago, and nothing else.

mod support;

use serde_json::json;
use support::{DAY, Sandbox};

/// Six tokens: 1 is active. 2 expired, 3 was revoked and 4 became unused 40 days ago. 5 expired
/// yesterday. 6 belongs to a banned user.
fn with_ended_tokens() -> Sandbox {
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
fn tokens_that_ended_more_than_30_days_ago_are_deleted() {
    let sandbox = with_ended_tokens();
    sandbox.run(&["prune"]).exits(0).prints("3 tokens pruned\n").remarks("");
    assert_eq!(sandbox.listed(&["--all"]), [1, 5, 6]);
    sandbox.run(&["prune"]).exits(0).prints("0 tokens pruned\n");
}

#[test]
fn grace_changes_the_30_days() {
    let sandbox = with_ended_tokens();
    sandbox.run(&["prune", "--grace", "41d"]).exits(0).prints("0 tokens pruned\n");
    sandbox.run(&["prune", "--grace", "23h"]).exits(0).prints("4 tokens pruned\n");
    assert_eq!(sandbox.listed(&["--all"]), [1, 6]);
}

#[test]
fn an_invalid_grace_is_refused() {
    let sandbox = with_ended_tokens();
    for grace in ["", "x", "-1d", "never", "30", "99999y"] {
        sandbox.run(&["prune", &format!("--grace={grace}")]).fails_somehow(2);
    }
    assert_eq!(sandbox.listed(&["--all"]).len(), 6);
}

#[test]
fn without_a_grace_good_tokens_still_stay() {
    let sandbox = with_ended_tokens();
    let soon = sandbox.create(&["--expires", "1h"]);
    sandbox.set_time(1, "revoked_at", DAY);
    sandbox.run(&["prune", "--grace", "0s"]).exits(0).prints("4 tokens pruned\n");
    sandbox.run(&["verify", &soon]).exits(0);
    assert_eq!(sandbox.listed(&["--all"]), [1, 6, 7]);
}

#[test]
fn the_grace_of_an_unused_token_starts_when_its_lifetime_ends() {
    let sandbox = with_ended_tokens();
    sandbox.run(&["settings", "set", "unused-lifetime", "400d"]).exits(0);
    sandbox.run(&["prune", "--grace", "6d"]).exits(0).prints("2 tokens pruned\n");
    assert_eq!(sandbox.listed(&["--all"]), [1, 4, 5, 6]);
    sandbox.run(&["settings", "set", "unused-lifetime", "never"]).exits(0);
    sandbox.run(&["prune", "--grace", "0s"]).exits(0).prints("1 token pruned\n");
    assert_eq!(sandbox.listed(&["--all"]), [1, 4, 6]);
}

#[test]
fn tokens_that_were_never_used_stay() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.set_time(1, "created_at", -4000 * DAY);
    sandbox.run(&["prune", "--grace", "0s"]).exits(0).prints("0 tokens pruned\n");
}

#[test]
fn a_dry_run_only_counts() {
    let sandbox = with_ended_tokens();
    sandbox.run(&["prune", "--dry-run"]).exits(0).prints("3 tokens would be pruned\n");
    assert_eq!(sandbox.json(&["prune", "--dry-run"]), json!({"pruned": 3, "dry_run": true}));
    assert_eq!(sandbox.listed(&["--all"]).len(), 6);
}

#[test]
fn quiet_prints_nothing_but_the_count_that_was_asked_for() {
    let sandbox = with_ended_tokens();
    let count = sandbox.run(&["prune", "-q", "--dry-run"]).exits(0).remarks("");
    count.prints("3 tokens would be pruned\n");
    sandbox.run(&["prune", "-q"]).exits(0).prints("").remarks("");
    assert_eq!(sandbox.listed(&["--all"]), [1, 5, 6]);
}

#[test]
fn programs_read_the_count_as_json_or_csv() {
    let sandbox = with_ended_tokens();
    assert_eq!(sandbox.json(&["prune"]), json!({"pruned": 3, "dry_run": false}));
    let ran = sandbox.run(&["prune", "--format", "csv"]).exits(0);
    ran.prints("pruned,dry_run\r\n0,false\r\n");
}

#[test]
fn more_tokens_than_one_step_deletes_are_deleted_in_several() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
         INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at, revoked_at)
         SELECT randomblob(32), 'tok_aaaa', 'old', 2, '*', 0, CASE i % 3 WHEN 0 THEN NULL ELSE 1 END FROM n",
    );
    sandbox.run(&["prune", "--dry-run"]).exits(0).prints("6000 tokens would be pruned\n");
    sandbox.run(&["prune"]).exits(0).prints("6000 tokens pruned\n");
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(3001));
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens WHERE revoked_at > 0"), Some(0));
}

/// Lets everything in the database have happened so many days earlier.
fn days_pass(sandbox: &Sandbox, days: i64) {
    let time = days * DAY;
    sandbox.sql(&format!(
        "UPDATE changes SET at = at - {time};
         UPDATE tokens SET created_at = created_at - {time}, last_used_at = last_used_at - {time},
                           expires_at = expires_at - {time}, revoked_at = revoked_at - {time}"
    ));
}

#[test]
fn without_a_grace_what_ended_in_this_very_second_is_deleted() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "3"]).exits(0);
    sandbox.set_time(1, "expires_at", 0);
    sandbox.set_time(2, "revoked_at", 999);
    sandbox.run(&["prune", "--grace", "0s"]).exits(0).prints("2 tokens pruned\n");
}

#[test]
fn a_clock_that_is_far_ahead_deletes_nothing() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--expires", "1y"]);
    sandbox.run(&["verify", &secret]).exits(0);
    days_pass(&sandbox, 800);
    for args in [&["prune", "-q"][..], &["prune", "--dry-run"]] {
        let ran = sandbox.run(args).exits(4).prints("");
        assert!(ran.stderr.starts_with("tokctl: nothing was pruned: the clock says "), "{ran:?}");
        let hint = "\nhint: if the clock is wrong, correct it; if the database was not used since, \
                    `tokctl prune --force` prunes it\n";
        assert!(ran.stderr.ends_with(hint), "{ran:?}");
    }
    assert_eq!(sandbox.listed(&["--all"]), [1]);
    sandbox.run(&["prune", "--force"]).exits(0).prints("1 token pruned\n");
}

#[test]
fn any_trace_of_the_last_30_days_tells_that_the_clock_is_right() {
    let day = support::now() - 29 * DAY;
    let traces = [
        format!("UPDATE tokens SET created_at = {day} WHERE id = 2"),
        format!("UPDATE tokens SET last_used_at = {day} WHERE id = 2"),
        format!("UPDATE changes SET at = {day}"),
        format!("INSERT INTO attempts (at, account, outcome) VALUES ({day}, 'root', 'expired')"),
    ];
    for trace in traces {
        let sandbox = Sandbox::with_alice();
        sandbox.run(&["create", "--count", "2"]).exits(0);
        sandbox.set_time(1, "expires_at", DAY);
        days_pass(&sandbox, 90);
        sandbox.sql(&trace);
        let ran = sandbox.run(&["prune"]).exits(0);
        assert_eq!(ran.stdout, "1 token pruned\n", "{trace}");
    }
}

#[test]
fn a_database_in_which_nothing_happens_but_nightly_prunes_is_pruned() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--expires", "72d"]);
    for _ in 0..100 {
        days_pass(&sandbox, 1);
        sandbox.run(&["prune", "-q"]).exits(0).prints("");
    }
    // The log tells that they ran, about once a week.
    let logged = sandbox.json(&["log", "--kind", "admin"]);
    let prunes = logged.as_array().unwrap().iter().filter(|entry| entry["action"] == "prune");
    assert!((12..=14).contains(&prunes.count()), "{logged}");
    days_pass(&sandbox, 3);
    sandbox.run(&["prune"]).exits(0).prints("1 token pruned\n");
}

#[test]
fn prune_takes_no_argument() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["prune", "1"]).fails_somehow(2);
}
