//! `rotate`: a token gets a new secret, and the old secret ends now or after an overlap.

mod support;

use std::fs;
use support::{DAY, Ran, SECOND, Sandbox, TOKEN_KEYS, UNKNOWN, keys, mode, now, sha256};

/// Alice's token 1 with two scopes, and its secret.
fn one_token() -> (Sandbox, String) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI", "--scope", "posts.manage,users.read"]);
    (sandbox, secret)
}

/// Rotates a token and returns the new secret.
fn rotate(sandbox: &Sandbox, args: &[&str]) -> String {
    let ran = sandbox.run(&[&["rotate"], args].concat()).exits(0);
    ran.stdout.strip_suffix('\n').unwrap().to_string()
}

/// The lifetime of a token in milliseconds.
fn lifetime(sandbox: &Sandbox, id: i64) -> Option<i64> {
    sandbox.number(&format!("SELECT expires_at - created_at FROM tokens WHERE id = {id}"))
}

#[track_caller]
fn verify(sandbox: &Sandbox, secret: &str) -> Ran {
    sandbox.run(&["verify", secret])
}

#[test]
fn the_old_secret_is_rejected_immediately() {
    let (sandbox, old) = one_token();
    let ran = sandbox.run(&["rotate", "1"]).exits(0);
    let new = ran.stdout.strip_suffix('\n').unwrap();
    assert_eq!(new.len(), old.len());
    verify(&sandbox, &old).exits(1).prints("rejected: revoked just now: replaced by token 2\n");
    let scopes = "posts.manage users.read";
    verify(&sandbox, new)
        .exits(0)
        .prints(&format!("valid: CI (2), alice, scopes {scopes}, never expires\n"));
}

#[test]
fn remarks_say_which_token_is_replaced_and_when_the_old_secret_ends() {
    let (sandbox, _) = one_token();
    let summary = |id: i64| {
        format!(
            "issued token {id}: CI, alice, scopes posts.manage users.read, never expires\n\
             the secret cannot be shown again; send it as Authorization: Bearer …\n"
        )
    };
    sandbox.run(&["rotate", "1"]).exits(0).remarks(&format!(
        "{}token 2 replaces token 1; the old secret is rejected from now on\n",
        summary(2)
    ));
    let ran = sandbox.run(&["rotate", "2", "--overlap", "7d"]).exits(0);
    let until = sandbox.json(&["show", "2"])["expires_at"].as_str().unwrap().to_string();
    ran.remarks(&format!(
        "{}token 3 replaces token 2; the old secret is valid until {until}\n",
        summary(3)
    ));
}

#[test]
fn both_secrets_are_valid_until_the_overlap_ends() {
    let (sandbox, old) = one_token();
    let new = rotate(&sandbox, &["1", "--overlap", "7d"]);
    verify(&sandbox, &old).exits(0);
    verify(&sandbox, &new).exits(0);
    assert_eq!(sandbox.listed(&[]), [1, 2]);
    let end = sandbox.number("SELECT expires_at FROM tokens WHERE id = 1").unwrap();
    assert!((end - now() - 7 * DAY).abs() < 60 * SECOND);
    assert!(sandbox.json(&["show", "1"])["revoked_at"].is_null());
    sandbox.set_time(1, "expires_at", 0);
    verify(&sandbox, &old).exits(1).prints("rejected: expired just now\n");
    verify(&sandbox, &new).exits(0);
    assert_eq!(sandbox.listed(&[]), [2]);
}

#[test]
fn a_revocation_ends_an_overlap_early() {
    let (sandbox, old) = one_token();
    let new = rotate(&sandbox, &["1", "--overlap", "7d"]);
    sandbox
        .run(&["revoke", "1", "--reason", "leaked"])
        .exits(0)
        .prints("revoked token 1: CI, alice\n");
    verify(&sandbox, &old).exits(1).prints("rejected: revoked just now: leaked\n");
    verify(&sandbox, &new).exits(0);
}

#[test]
fn json_is_the_new_token_with_its_secret() {
    let (sandbox, _) = one_token();
    let issued = sandbox.json(&["rotate", "1"]);
    assert_eq!(keys(&issued), [&TOKEN_KEYS[..], &["type", "token"]].concat());
    assert_eq!(issued["id"], 2);
    assert_eq!(issued["replaces"], 1);
    verify(&sandbox, issued["token"].as_str().unwrap()).exits(0);
}

#[test]
fn out_writes_the_secret_to_a_new_private_file() {
    let (sandbox, _) = one_token();
    sandbox.tokctl(&["rotate", "1", "--out", "new"]).umask("0777").go().exits(0).prints("");
    assert_eq!(mode(sandbox.path("new")), 0o600);
    verify(&sandbox, fs::read_to_string(sandbox.path("new")).unwrap().trim()).exits(0);
    sandbox.run(&["rotate", "2", "--out", "new"]).fails_somehow(2);
    assert_eq!(sandbox.listed(&[]), [2]);
    sandbox.run(&["rotate", "99", "--out", "other"]).fails_somehow(1);
    assert!(!sandbox.path("other").exists());
}

#[test]
fn the_new_token_lives_as_long_as_the_old_one_did() {
    let (sandbox, _) = one_token();
    sandbox.create(&["--expires", "30d"]);
    // Half of its life is over.
    sandbox.sql(
        "UPDATE tokens SET created_at = created_at - 1296000000,
                 expires_at = expires_at - 1296000000 WHERE id = 2",
    );
    rotate(&sandbox, &["2"]);
    assert_eq!(lifetime(&sandbox, 3), Some(30 * DAY));
    rotate(&sandbox, &["1"]);
    assert_eq!(lifetime(&sandbox, 4), None);
}

#[test]
fn expires_sets_another_lifetime() {
    let (sandbox, _) = one_token();
    rotate(&sandbox, &["1", "--expires", "5d"]);
    assert_eq!(lifetime(&sandbox, 2), Some(5 * DAY));
    rotate(&sandbox, &["2", "--expires", "never"]);
    assert_eq!(lifetime(&sandbox, 3), None);
}

#[test]
fn an_expired_token_can_be_rotated() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--expires", "1h"]);
    sandbox.set_time(1, "expires_at", -DAY);
    sandbox.set_time(1, "created_at", -2 * DAY);
    let secret = rotate(&sandbox, &["1"]);
    verify(&sandbox, &secret).exits(0);
}

#[test]
fn an_invalid_expiry_or_overlap_changes_nothing() {
    let (sandbox, _) = one_token();
    for expires in ["", "yesterday", "2001-01-01", "-1d"] {
        sandbox.run(&["rotate", "1", &format!("--expires={expires}")]).fails_somehow(2);
    }
    sandbox.run(&["rotate", "1", "--overlap", "9000y"]).fails_somehow(2);
    sandbox
        .run(&["rotate", "1", "--overlap", "7999y"])
        .fails(2, "invalid overlap: it ends after the year 9999");
    assert_eq!(sandbox.json(&["show", "1"])["status"], "active");
    assert_eq!(sandbox.listed(&["--all"]), [1]);
}

#[test]
fn a_replaced_token_cannot_be_rotated() {
    let (sandbox, old) = one_token();
    rotate(&sandbox, &["1"]);
    for token in ["1", &old] {
        sandbox
            .run(&["rotate", token])
            .fails(2, "token 1 cannot be rotated: token 2 has already replaced it")
            .hints("`tokctl rotate 2` rotates the newer token");
    }
    assert_eq!(sandbox.listed(&["--all"]), [1, 2]);
}

#[test]
fn a_revoked_token_cannot_be_rotated() {
    let (sandbox, _) = one_token();
    sandbox.run(&["revoke", "1"]).exits(0);
    sandbox
        .run(&["rotate", "1"])
        .fails(2, "token 1 cannot be rotated: it is revoked")
        .hints("`tokctl create` issues a new token");
    assert_eq!(sandbox.listed(&["--all"]), [1]);
}

#[test]
fn a_token_that_is_not_found_cannot_be_rotated() {
    let (sandbox, _) = one_token();
    sandbox.run(&["rotate", "99"]).fails(1, "token 99 not found: no token has this id");
    sandbox.run(&["rotate", UNKNOWN]).fails_somehow(1);
    sandbox.run(&["rotate", "--name", "nobody"]).fails_somehow(1);
    sandbox.run(&["rotate"]).fails_somehow(2);
    assert_eq!(sandbox.listed(&["--all"]), [1]);
    Sandbox::without_tables().run(&["rotate", "1"]).fails_somehow(4);
}

#[test]
fn a_token_is_selected_by_secret_hash_stdin_or_name() {
    let (sandbox, secret) = one_token();
    let second = rotate(&sandbox, &[&secret]);
    let third = rotate(&sandbox, &["--hash", &sha256(&second)]);
    let ran = sandbox.tokctl(&["rotate", "-"]).stdin(format!("{third}\n")).go().exits(0);
    verify(&sandbox, ran.stdout.trim()).exits(0);
    sandbox.create(&["--name", "alone"]);
    rotate(&sandbox, &["--name", "alone"]);
    assert_eq!(sandbox.listed(&[]), [4, 6]);
}

#[test]
fn an_overlap_ends_with_the_expiry_if_that_is_earlier() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--expires", "1d"]);
    let before = sandbox.json(&["show", "1"])["expires_at"].clone();
    let ran = sandbox.run(&["rotate", "1", "--overlap", "7d"]).exits(0);
    let until = format!("the old secret is valid until {}\n", before.as_str().unwrap());
    assert!(ran.stderr.ends_with(&until), "{ran:#?}");
    assert_eq!(sandbox.json(&["show", "1"])["expires_at"], before);
}

/// A script that is told so by another exit code would delete the only copy of the secret.
#[test]
fn a_signal_after_the_delivery_does_not_say_that_there_was_none() {
    let (sandbox, old) = one_token();
    // The remarks after the delivery wait, because nobody reads standard error, which is full.
    let ran = sandbox
        .shell(
            "mkfifo full; exec 3<>full; head -c 65536 /dev/zero >&3
             \"$TOKCTL\" rotate 1 --out secret 2>&3 &
             wait_until '[ -e secret ]'
             kill -TERM $!; wait $!",
        )
        .go();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    verify(&sandbox, &old).exits(1);
    sandbox.shell("\"$TOKCTL\" verify - < secret").go().exits(0);
}

#[test]
fn a_banned_owner_is_pointed_out() {
    let (sandbox, _) = one_token();
    sandbox.run(&["user", "ban", "alice"]).exits(0);
    let ran = sandbox.run(&["rotate", "1"]).exits(0);
    assert!(ran.stderr.contains("\nit is rejected as long as its owner is banned\n"), "{ran:#?}");
}

#[test]
fn an_overlap_of_nothing_revokes_at_once() {
    let (sandbox, old) = one_token();
    rotate(&sandbox, &["1", "--overlap", "0s"]);
    verify(&sandbox, &old).exits(1).prints("rejected: revoked just now: replaced by token 2\n");
}

/// Otherwise neither could be rotated any more.
#[test]
fn a_token_in_its_overlap_can_be_rotated_once_its_successor_is_revoked() {
    let (sandbox, _) = one_token();
    rotate(&sandbox, &["1", "--overlap", "7d"]);
    sandbox
        .run(&["rotate", "1"])
        .fails(2, "token 1 cannot be rotated: token 2 has already replaced it");
    sandbox.run(&["revoke", "2"]).exits(0);
    rotate(&sandbox, &["--name", "CI"]);
    assert_eq!(sandbox.listed(&[]), [3]);
}

#[test]
fn a_secret_that_cannot_be_printed_undoes_the_rotation() {
    for overlap in [&[][..], &["--overlap", "1d"]] {
        let (sandbox, old) = one_token();
        let args = [&["rotate", "1"], overlap].concat();
        let before = sandbox.json(&["show", "1"]);
        sandbox
            .tokctl(&args)
            .stdout_to("/dev/full")
            .go()
            .fails(4, "cannot write the output: No space left on device (os error 28)")
            .hints("the rotation was undone; the old secret is as valid as before");
        sandbox.tokctl(&args).stdout_to_nobody().go().exits(4);
        let closed = format!("\"$TOKCTL\" {} >&-", args.join(" "));
        sandbox.shell(&closed).go().exits(4);
        assert_eq!(sandbox.json(&["show", "1"]), before);
        assert_eq!(sandbox.listed(&[]), [1]);
        verify(&sandbox, &old).exits(0);
        let new = rotate(&sandbox, &args[1..]);
        verify(&sandbox, &new).exits(0);
    }
}

#[test]
fn a_rotation_that_cannot_be_undone_names_the_new_token() {
    let (sandbox, _) = one_token();
    sandbox.break_on("UPDATE OF revoked_at ON tokens", "new.id = 2", "broken");
    let why = "the rotation could not be undone (database: broken)";
    sandbox
        .tokctl(&["rotate", "1"])
        .stdout_to("/dev/full")
        .go()
        .fails(4, "cannot write the output: No space left on device (os error 28)")
        .hints(&format!("{why}; run `tokctl rotate 2` for another secret"));
}

/// Between the rotation and the failure to print the secret, somebody revokes the old token.
#[test]
fn undoing_a_rotation_keeps_a_revocation_made_meanwhile() {
    let (sandbox, old) = one_token();
    // Writing to the full pipe blocks, and fails once nobody can read from it any more.
    let script = "mkfifo full && exec 3<>full && head -c 65536 /dev/zero >&3
        \"$TOKCTL\" rotate 1 --overlap 1d >full 3>&- &
        wait_until '[ $(\"$TOKCTL\" list --all -q --format jsonl 3>&- | wc -l) -eq 2 ]'
        \"$TOKCTL\" revoke 1 --reason leaked 3>&- >/dev/null
        exec 3>&-
        wait $!";
    let ran = sandbox.shell(script).go().exits(4);
    assert!(ran.stderr.contains("\nhint: the rotation was undone; "), "{ran:#?}");
    let ran = verify(&sandbox, &old).exits(1);
    assert!(ran.stdout.ends_with(": leaked\n"), "{ran:#?}");
    assert_eq!(sandbox.listed(&["--status", "revoked"]), [1, 2]);
}

#[test]
fn a_signal_before_the_secret_is_delivered_undoes_the_rotation() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let ran = sandbox.interrupted("rotate 1", 2, "TERM").exits(143);
    let error = "tokctl: interrupted: SIGTERM arrived before the secret was delivered\n\
                 hint: the rotation was undone; the old secret is as valid as before\n";
    assert!(ran.stderr.starts_with(error), "{ran:#?}");
    sandbox.tokctl(&["verify", "-"]).stdin(&secret).go().exits(0);
    assert_eq!(sandbox.listed(&[]), [1]);
    assert_eq!(sandbox.listed(&["--status", "revoked"]), [2]);
    sandbox.run(&["rotate", "1"]).exits(0);
}

#[test]
fn show_and_list_name_the_replaced_and_the_replacing_token() {
    let (sandbox, _) = one_token();
    rotate(&sandbox, &["1"]);
    rotate(&sandbox, &["2", "--overlap", "1d"]);
    let shown = sandbox.run(&["show", "2"]).exits(0).stdout;
    let line =
        |label: &str| shown.lines().find(|line| line.starts_with(label)).unwrap().to_string();
    assert!(line("replaces").ends_with("token 1"), "{shown}");
    assert!(line("replaced by").ends_with("token 3"), "{shown}");
    let list = sandbox.run(&["list", "--all"]).exits(0).stdout;
    let lines: Vec<_> = list.lines().skip(1).collect();
    let rotations = ["  replaced by 2", "  replaces 1, replaced by 3", "  replaces 2"];
    for (line, rotation) in lines.iter().zip(rotations) {
        assert!(line.ends_with(rotation), "{rotation}: {list}");
    }
}

#[test]
fn escape_sequences_in_a_name_are_shown_escaped() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.sql("UPDATE tokens SET name = 'x' || char(27) || '[31m'");
    let ran = sandbox.run(&["rotate", "1"]).exits(0);
    assert!(ran.stderr.contains("issued token 2: x\\u{1b}[31m, alice"), "{ran:#?}");
    assert!(!ran.stderr.contains('\u{1b}'), "{ran:#?}");
}
