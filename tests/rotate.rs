//! `rotate`: a new secret for a token, and the old one's end.

mod support;

use std::fs;
use support::{DAY, Ran, SECOND, Sandbox, TOKEN_KEYS, UNKNOWN, keys, mode, sha256};

/// Alice's token 1 with two scopes, and its secret.
fn deployed() -> (Sandbox, String) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI", "--scope", "posts.manage,users.read"]);
    (sandbox, secret)
}

fn rotated(sandbox: &Sandbox, args: &[&str]) -> String {
    let ran = sandbox.run(&[&["rotate"], args].concat()).exits(0);
    ran.stdout.strip_suffix('\n').unwrap().to_string()
}

#[track_caller]
fn verify(sandbox: &Sandbox, secret: &str) -> Ran {
    sandbox.run(&["verify", secret])
}

#[test]
fn the_old_secret_is_rejected_at_once() {
    let (sandbox, old) = deployed();
    let ran = sandbox.run(&["rotate", "1"]).exits(0);
    let new = ran.stdout.strip_suffix('\n').unwrap();
    assert_eq!(new.len(), old.len());
    assert!(ran.stderr.contains("it replaces token 1; its old secret is rejected from now on"));
    assert!(!ran.stderr.contains(&new[..12]), "{ran:#?}");
    verify(&sandbox, &old).exits(1).prints("rejected: revoked just now: replaced by token 2\n");
    let scopes = "posts.manage users.read";
    verify(&sandbox, new)
        .exits(0)
        .prints(&format!("valid: CI (2), alice, scopes {scopes}, never expires\n"));
}

#[test]
fn during_the_overlap_both_verify_and_after_it_only_the_new_one() {
    let (sandbox, old) = deployed();
    let new = rotated(&sandbox, &["1", "--overlap", "7d"]);
    verify(&sandbox, &old).exits(0);
    verify(&sandbox, &new).exits(0);
    assert_eq!(sandbox.listed(&[]), [1, 2]);
    let end = sandbox.number("SELECT revoked_at FROM tokens WHERE id = 1").unwrap();
    assert!((end - support::now() - 7 * DAY).abs() < 60 * SECOND);
    sandbox.set_time(1, "revoked_at", 0);
    verify(&sandbox, &old).exits(1);
    verify(&sandbox, &new).exits(0);
    assert_eq!(sandbox.listed(&[]), [2]);
}

#[test]
fn an_overlap_can_be_cut_short() {
    let (sandbox, old) = deployed();
    let new = rotated(&sandbox, &["1", "--overlap", "7d"]);
    sandbox
        .run(&["revoke", "1", "--reason", "leaked"])
        .exits(0)
        .prints("revoked token 1: CI, alice\n");
    verify(&sandbox, &old).exits(1).prints("rejected: revoked just now: leaked\n");
    verify(&sandbox, &new).exits(0);
}

#[test]
fn json_is_as_by_create_and_a_file_is_private() {
    let (sandbox, _) = deployed();
    let issued = sandbox.json(&["rotate", "1"]);
    assert_eq!(keys(&issued), [&TOKEN_KEYS[..], &["type", "token"]].concat());
    assert_eq!(issued["id"], 2);
    verify(&sandbox, issued["token"].as_str().unwrap()).exits(0);
    sandbox.tokctl(&["rotate", "2", "--out", "new"]).umask("0777").go().exits(0).prints("");
    assert_eq!(mode(sandbox.path("new")), 0o600);
    verify(&sandbox, fs::read_to_string(sandbox.path("new")).unwrap().trim()).exits(0);
    sandbox.run(&["rotate", "3", "--out", "new"]).fails_somehow(2);
    assert_eq!(sandbox.listed(&[]), [3]);
    sandbox.run(&["rotate", "99", "--out", "other"]).fails_somehow(1);
    assert!(!sandbox.path("other").exists());
}

#[test]
fn a_new_life_is_as_long_as_the_old_one_was() {
    let (sandbox, _) = deployed();
    let life = |id: i64| {
        let sql = format!("SELECT expires_at - created_at FROM tokens WHERE id = {id}");
        sandbox.number(&sql)
    };
    sandbox.create(&["--expires", "30d"]);
    // Half of the life is over.
    sandbox.sql(
        "UPDATE tokens SET created_at = created_at - 1296000000,
                 expires_at = expires_at - 1296000000 WHERE id = 2",
    );
    rotated(&sandbox, &["2"]);
    assert_eq!(life(3), Some(30 * DAY));
    rotated(&sandbox, &["3", "--expires", "5d"]);
    assert_eq!(life(4), Some(5 * DAY));
    rotated(&sandbox, &["4", "--expires", "never"]);
    assert_eq!(life(5), None);
    rotated(&sandbox, &["5"]);
    assert_eq!(life(6), None);
    // An expired one comes back to life.
    sandbox.create(&["--expires", "1h"]);
    sandbox.set_time(7, "expires_at", -DAY);
    sandbox.set_time(7, "created_at", -2 * DAY);
    let secret = rotated(&sandbox, &["7"]);
    verify(&sandbox, &secret).exits(0);
    for expires in ["", "yesterday", "2001-01-01", "-1d"] {
        sandbox.run(&["rotate", "1", &format!("--expires={expires}")]).fails_somehow(2);
    }
    sandbox.run(&["rotate", "1", "--overlap", "9000y"]).fails_somehow(2);
    assert_eq!(sandbox.json(&["show", "1"])["status"], "active");
}

#[test]
fn what_cannot_be_rotated() {
    let (sandbox, old) = deployed();
    rotated(&sandbox, &["1"]);
    sandbox
        .run(&["rotate", "1"])
        .fails(2, "token 1 cannot be rotated: it was replaced by token 2")
        .hints("`tokctl rotate 2` rotates that one");
    sandbox.run(&["rotate", &old]).fails_somehow(2);
    sandbox.run(&["revoke", "2"]).exits(0);
    sandbox.run(&["rotate", "2"]).fails(2, "token 2 cannot be rotated: it is revoked");
    sandbox.run(&["rotate", "99"]).fails(1, "there is no token 99: no such id");
    sandbox.run(&["rotate", UNKNOWN]).fails_somehow(1);
    sandbox.run(&["rotate", "--name", "nobody"]).fails_somehow(1);
    sandbox.run(&["rotate"]).fails_somehow(2);
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(2));
    Sandbox::new().run(&["rotate", "1"]).fails_somehow(4);
}

#[test]
fn every_way_to_name_a_token() {
    let (sandbox, secret) = deployed();
    let second = rotated(&sandbox, &[&secret]);
    let third = rotated(&sandbox, &["--hash", &sha256(&second)]);
    let ran = sandbox.tokctl(&["rotate", "-"]).stdin(format!("{third}\n")).go().exits(0);
    sandbox
        .run(&["rotate", "--name", "CI"])
        .fails_somehow(2)
        .hints("name it by its id: `tokctl list --all --name=CI` shows them");
    sandbox.create(&["--name", "alone"]);
    rotated(&sandbox, &["--name", "alone"]);
    verify(&sandbox, ran.stdout.trim()).exits(0);
    assert_eq!(sandbox.listed(&[]), [4, 6]);
}

#[test]
fn a_secret_that_reaches_nobody_undoes_the_rotation() {
    for overlap in [&[][..], &["--overlap", "1d"]] {
        let (sandbox, old) = deployed();
        let args = [&["rotate", "1"], overlap].concat();
        let before = sandbox.json(&["show", "1"]);
        let ran = sandbox.tokctl(&args).stdout_to("/dev/full").go().exits(4);
        assert!(ran.stderr.contains("the old secret is as good as before"), "{ran:#?}");
        sandbox.tokctl(&args).stdout_to_nobody().go().exits(4);
        let closed = format!("\"$TOKCTL\" {} >&-", args.join(" "));
        sandbox.shell(&closed).go().exits(4);
        assert_eq!(sandbox.json(&["show", "1"]), before);
        assert_eq!(sandbox.listed(&[]), [1]);
        verify(&sandbox, &old).exits(0);
        let new = rotated(&sandbox, &args[1..]);
        verify(&sandbox, &new).exits(0);
    }
}

#[test]
fn to_undo_a_rotation_takes_no_revocation_back() {
    let (sandbox, old) = deployed();
    // Somebody revokes the old token between the rotation and the attempt to print.
    sandbox.sql(
        "CREATE TRIGGER meanwhile AFTER UPDATE OF replaced_by ON tokens
         WHEN new.replaced_by IS NOT NULL BEGIN
             UPDATE tokens SET revoked_at = 1, revoked_reason = 'leaked' WHERE id = new.id;
         END",
    );
    sandbox.tokctl(&["rotate", "1", "--overlap", "1d"]).stdout_to("/dev/full").go().exits(4);
    let ran = verify(&sandbox, &old).exits(1);
    assert!(ran.stdout.ends_with(": leaked\n"), "{ran:#?}");
}

#[test]
fn what_replaced_what_can_be_seen() {
    let (sandbox, _) = deployed();
    rotated(&sandbox, &["1"]);
    rotated(&sandbox, &["2", "--overlap", "1d"]);
    let shown = sandbox.run(&["show", "2"]).exits(0).stdout;
    let line =
        |label: &str| shown.lines().find(|line| line.starts_with(label)).unwrap().to_string();
    assert!(line("replaces").ends_with("token 1"), "{shown}");
    assert!(line("replaced by").ends_with("token 3"), "{shown}");
    let list = sandbox.run(&["list", "--all"]).exits(0).stdout;
    assert!(list.contains("revoked, now 2") && list.contains("active, for 1, now 3"), "{list}");
    assert!(list.contains("active, for 2 "), "{list}");
}

#[test]
fn a_name_cannot_drive_the_terminal() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.sql("UPDATE tokens SET name = 'x' || char(27) || '[31m'");
    let ran = sandbox.run(&["rotate", "1"]).exits(0);
    assert!(ran.stderr.contains("issued token 2: x\\u{1b}[31m, alice"), "{ran:#?}");
    assert!(!ran.stderr.contains('\u{1b}'), "{ran:#?}");
}

#[test]
fn a_signal_before_the_secret_is_out_undoes_the_rotation() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let ran = sandbox.interrupted("rotate 1", 2, "TERM").exits(143);
    assert!(ran.stderr.contains("interrupted: what was issued is taken back"), "{ran:#?}");
    sandbox.tokctl(&["verify", "-"]).stdin(&secret).go().exits(0);
    assert_eq!(sandbox.live_tokens(), 1);
    sandbox.run(&["rotate", "1"]).exits(0);
}
