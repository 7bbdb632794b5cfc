//! `revoke`: a token is rejected from the next verification on.

mod support;

use serde_json::json;
use support::{DAY, SECOND, Sandbox, TOKEN_KEYS, UNKNOWN, keys, now, sha256};

#[test]
fn a_revoked_token_is_rejected_from_the_next_verification_on() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    sandbox.run(&["verify", &secret]).exits(0);
    let before = now() / SECOND * SECOND;
    sandbox.run(&["revoke", "1"]).exits(0).prints("revoked token 1: CI, alice\n").remarks("");
    sandbox.run(&["verify", &secret]).exits(1);
    let token = sandbox.json(&["show", "1"]);
    assert_eq!((&token["status"], &token["revoked_reason"]), (&json!("revoked"), &json!(null)));
    let revoked = sandbox.number("SELECT revoked_at FROM tokens").unwrap();
    assert!((before..=now()).contains(&revoked), "{revoked}");
}

#[test]
fn a_token_is_selected_by_secret_hash_name_or_stdin() {
    let sandbox = Sandbox::with_alice();
    let secrets: Vec<_> = (1..=5).map(|i| sandbox.create(&["--name", &format!("t{i}")])).collect();
    sandbox.run(&["revoke", &secrets[0]]).exits(0).prints("revoked token 1: t1, alice\n");
    sandbox.run(&["revoke", "--hash", &sha256(&secrets[1])]).exits(0);
    sandbox.run(&["revoke", "--name", "t3"]).exits(0);
    sandbox.tokctl(&["revoke", "-"]).stdin(format!("Bearer {}\n", secrets[3])).go().exits(0);
    assert_eq!(sandbox.listed(&[]), [5]);
}

#[test]
fn several_tokens_are_revoked_in_the_order_given() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "a"]);
    let secret = sandbox.create(&["--name", "b"]);
    sandbox.create(&["--name", "c"]);
    sandbox
        .run(&["revoke", "3", &secret])
        .exits(0)
        .prints("revoked token 3: c, alice\nrevoked token 2: b, alice\n");
    assert_eq!(sandbox.listed(&[]), [1]);
}

#[test]
fn if_one_token_is_not_found_none_is_revoked() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "a"]);
    sandbox.run(&["revoke", "1", "99"]).fails(1, "token 99 not found: no token has this id");
    sandbox.run(&["revoke", "1", UNKNOWN]).fails_somehow(1);
    sandbox.run(&["revoke", "--delete", "1", "99"]).fails_somehow(1);
    assert_eq!(sandbox.listed(&[]), [1]);
}

#[test]
fn a_token_selected_twice_is_revoked_once() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    sandbox.run(&["revoke", "1", &secret]).exits(0).prints("revoked token 1: CI, alice\n");
    sandbox.run(&["revoke", "--delete", "1", "1"]).exits(0).prints("deleted token 1: CI, alice\n");
}

#[test]
fn the_reason_is_trimmed_and_stored_for_every_token() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.create(&[]);
    sandbox.run(&["revoke", "1", "2", "--reason", "  leaked in a log  "]).exits(0);
    assert_eq!(sandbox.json(&["show", "1"])["revoked_reason"], "leaked in a log");
    assert_eq!(sandbox.json(&["show", "2"])["revoked_reason"], "leaked in a log");
}

#[test]
fn an_invalid_reason_is_refused() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let control =
        "the text must not contain control or invisible characters, and this one contains";
    for (reason, shown, why) in [
        ("a\nb", "a\\u{a}b", format!("{control} \\u{{a}}")),
        ("\u{1b}[2J", "\\u{1b}[2J", format!("{control} \\u{{1b}}")),
        ("a\u{7f}", "a\\u{7f}", format!("{control} \\u{{7f}}")),
        (&"x".repeat(1001), "xxxxxxxx…", "the text cannot be longer than 1000 characters".into()),
    ] {
        let error = format!("invalid value '{shown}' for '--reason <TEXT>': {why}");
        sandbox.run(&["revoke", "1", "--reason", reason]).fails(2, &error);
    }
    assert_eq!(sandbox.live_tokens(), 1);
    sandbox.run(&["revoke", "1", "--reason", &"é".repeat(1000)]).exits(0);
}

#[test]
fn revoking_again_keeps_the_first_time_and_reason() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox.run(&["revoke", "1", "--reason", "first"]).exits(0);
    sandbox.set_time(1, "revoked_at", -DAY);
    let before = sandbox.json(&["show", "1"]);
    sandbox
        .run(&["revoke", "1", "--reason", "second"])
        .exits(0)
        .prints("already revoked: token 1: CI, alice\n");
    assert_eq!(sandbox.json(&["show", "1"]), before);
}

/// The clock was ahead when the token was revoked.
#[test]
fn a_token_with_a_revocation_in_the_future_is_rejected() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    sandbox.set_time(1, "revoked_at", DAY);
    sandbox.run(&["verify", &secret]).exits(1).prints("rejected: revoked just now\n");
    assert_eq!(sandbox.listed(&[]), [0i64; 0]);
    assert_eq!(sandbox.listed(&["--status", "revoked"]), [1]);
    sandbox.run(&["show", "1"]).exits(0).stdout.find("(just now)").unwrap();
    sandbox.run(&["revoke", "1"]).exits(0).prints("already revoked: token 1: CI, alice\n");
}

#[test]
fn the_living_successor_of_a_rotated_token_is_named() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox.run(&["rotate", "1"]).exits(0);
    let remark = "token 2, which replaced token 1, is still valid; `tokctl revoke 2` revokes it\n";
    sandbox.run(&["revoke", "1"]).exits(0).remarks(remark);
    sandbox.run(&["revoke", "2"]).exits(0).remarks("");
    sandbox.run(&["revoke", "1"]).exits(0).remarks("");
}

#[test]
fn delete_removes_the_record() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    sandbox.create(&["--name", "other"]);
    sandbox.run(&["revoke", "1", "--delete"]).exits(0).prints("deleted token 1: CI, alice\n");
    sandbox.run(&["verify", &secret]).exits(1).prints("rejected: unknown\n");
    sandbox.run(&["show", "1"]).fails(1, "token 1 not found: no token has this id");
    assert_eq!(sandbox.listed(&["--all"]), [2]);
}

#[test]
fn delete_and_reason_exclude_each_other() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.run(&["revoke", "1", "--delete", "--reason", "x"]).fails_somehow(2);
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn json_is_a_list_of_the_revoked_tokens() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "a"]);
    sandbox.create(&["--name", "b"]);
    let list = sandbox.json(&["revoke", "1", "2"]);
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 2);
    for token in list {
        assert_eq!(keys(token), TOKEN_KEYS);
        assert_eq!(token["status"], "revoked");
        assert_eq!(&sandbox.json(&["show", &token["id"].to_string()]), token);
    }
    let ran = sandbox.run(&["revoke", "1", "2", "--format", "jsonl"]).exits(0);
    assert_eq!(ran.json_lines().len(), 2);
}

#[test]
fn an_unknown_id_is_not_found() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    for id in ["0", "-1", "7", "9223372036854775807"] {
        sandbox
            .run(&["revoke", id])
            .fails(1, &format!("token {id} not found: no token has this id"))
            .hints("`tokctl list --all` lists all tokens");
    }
    sandbox
        .run(&["revoke", "9223372036854775808"])
        .fails(1, "token not found: no id is this large")
        .hints("`tokctl list --all` lists all tokens");
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn an_unknown_secret_hash_or_name_is_not_found() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    let neither = "token not found: this is neither an id nor a token's secret";
    sandbox
        .run(&["revoke", "CI"])
        .fails(1, neither)
        .hints("use --name to select by name, or --hash to select by SHA-256");
    sandbox.run(&["revoke", ""]).fails(1, neither);
    sandbox.tokctl(&["revoke", "-"]).stdin("").go().fails(1, neither);
    sandbox.run(&["revoke", UNKNOWN]).fails(1, "token not found: no token has this secret");
    sandbox
        .run(&["revoke", "--name", "ci"])
        .fails(1, "token not found: no token has exactly this name")
        .hints("did you mean --name CI?");
    sandbox
        .run(&["revoke", "--hash", &sha256("")])
        .fails(1, "token not found: no token has this hash");
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn an_ambiguous_name_revokes_nothing() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--name", "CI", "--count", "2"]).exits(0);
    sandbox
        .run(&["revoke", "--name", "CI"])
        .fails(2, "ambiguous name: it matches 2 active tokens (ids 2, 1)")
        .hints("specify an id; `tokctl list --all --name=CI` lists them");
    assert_eq!(sandbox.live_tokens(), 2);
}

#[test]
fn exactly_one_way_to_select_is_required() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["revoke"]).fails(
        2,
        "the following required arguments were not provided: \
         <TOKEN>, --hash <HEX> or --name <NAME>",
    );
    sandbox.run(&["revoke", "--delete"]).fails_somehow(2);
    sandbox.run(&["revoke", "1", "--name", "CI"]).fails_somehow(2);
    sandbox.run(&["revoke", "1", "--hash", "abc"]).fails_somehow(2);
    sandbox.run(&["revoke", "--everyone"]).fails_somehow(2);
}
