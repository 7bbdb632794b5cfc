//! `edit`: the name and the expiry of a token that is not revoked.

mod support;

use support::{DAY, Sandbox};

#[test]
fn a_token_gets_another_name_and_another_expiry() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI", "--scope", "posts.manage", "--expires", "1d"]);
    sandbox.run(&["edit", "1", "--rename", "deploy", "--expires", "2100-01-01"]).exits(0).prints(
        "changed token 1: deploy, alice, scopes posts.manage, expires 2100-01-01T00:00:00Z\n",
    );
    let token = sandbox.json(&["edit", "--name", "deploy", "--expires", "never"]);
    assert_eq!(token["name"], "deploy");
    assert!(token["expires_at"].is_null());
    let valid = "valid: deploy (1), alice, scopes posts.manage, never expires\n";
    sandbox.run(&["verify", &secret]).exits(0).prints(valid);
    let log = sandbox.json(&["log", "--token", "1"]);
    assert_eq!(log[1]["action"], "edit");
    assert_eq!(log[1]["reason"], "name deploy, expires 2100-01-01T00:00:00Z");
    assert_eq!(log[2]["reason"], "never expires");
}

#[test]
fn a_duration_counts_from_now() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--expires", "2d"]);
    sandbox.run(&["edit", "1", "--expires", "30d"]).exits(0);
    let left = sandbox.number("SELECT expires_at FROM tokens").unwrap() - support::now();
    assert!((29 * DAY..=30 * DAY).contains(&left), "{left}");
}

#[test]
fn an_expired_token_can_be_extended() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    sandbox.sql("UPDATE tokens SET expires_at = 5");
    sandbox.run(&["verify", &secret]).exits(1);
    sandbox.run(&["edit", "1", "--expires", "1d"]).exits(0);
    sandbox.run(&["verify", &secret]).exits(0);
}

#[test]
fn a_revoked_token_cannot_be_changed() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.run(&["revoke", "1"]).exits(0);
    sandbox
        .run(&["edit", "1", "--expires", "1d"])
        .fails(2, "token 1 cannot be changed: it is revoked")
        .hints("`tokctl unrevoke 1` undoes that");
}

/// Otherwise its old secret, which may have leaked, would be good again.
#[test]
fn a_token_that_was_replaced_does_not_live_longer() {
    let sandbox = Sandbox::with_alice();
    let old = sandbox.create(&[]);
    sandbox.run(&["rotate", "1", "--overlap", "7d"]).exits(0);
    let error = "token 1 cannot be made valid again: token 2 has replaced it";
    for expires in ["never", "8d"] {
        sandbox.run(&["edit", "1", "--expires", expires]).fails(2, error);
    }
    sandbox.run(&["edit", "1", "--expires", "1d", "--rename", "old"]).exits(0);
    sandbox.sql("UPDATE tokens SET expires_at = 5 WHERE id = 1");
    sandbox.run(&["edit", "1", "--expires", "1d"]).fails(2, error);
    sandbox.run(&["verify", &old]).exits(1);
    sandbox.run(&["revoke", "1"]).exits(0);
    sandbox
        .run(&["edit", "1", "--expires", "1d"])
        .fails(2, error)
        .hints("`tokctl show 2` shows the newer token");
}

#[test]
fn months_are_not_taken_for_minutes() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let why = "m means minutes; write mo for months, or min for minutes";
    for args in [
        &["create", "--expires", "1y6m"][..],
        &["edit", "1", "--expires", "1y6m"],
        &["list", "--created-before", "1d5m"],
        &["log", "--since", "2w3m"],
    ] {
        let ran = sandbox.run(args).exits(2);
        assert!(ran.stderr.contains(why), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn something_must_change() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox
        .run(&["edit", "1"])
        .fails(2, "nothing to change: no new value was given")
        .hints("pass --rename or --expires");
    sandbox
        .run(&["edit", "1", "--expires", "2001-01-01"])
        .fails(2, "invalid expiry: it is in the past");
    sandbox
        .run(&["edit", "7", "--rename", "x"])
        .fails(1, "token 7 not found: no token has this id");
}

#[test]
fn a_token_lives_no_longer_than_the_policy_allows_however_often_it_is_extended() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "max-expires", "90d"]).exits(0);
    sandbox.create(&["--expires", "10d"]);
    let created = support::now() - 80 * DAY;
    sandbox.sql(&format!("UPDATE tokens SET created_at = {created}"));
    sandbox.run(&["edit", "1", "--expires", "9d"]).exits(0);
    for expires in ["11d", "never"] {
        let ran = sandbox.run(&["edit", "1", "--expires", expires]).exits(2);
        let error = "tokctl: the expiry is too late: the setting max-expires allows this token to \
                     live until ";
        assert!(ran.stderr.starts_with(error), "{}", ran.stderr);
        ran.hints("`tokctl rotate` issues a new secret with a new lifetime");
    }
    sandbox.run(&["edit", "1", "--rename", "still"]).exits(0);
}
