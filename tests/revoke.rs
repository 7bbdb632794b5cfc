//! `revoke`: single tokens are rejected from the next verification on.

mod support;

use serde_json::json;
use support::{DAY, SECOND, Sandbox, TOKEN_KEYS, UNKNOWN, keys, now, sha256};

#[test]
fn from_the_next_verification_on() {
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
fn by_secret_hash_name_and_standard_input() {
    let sandbox = Sandbox::with_alice();
    let secrets: Vec<_> = (1..=5).map(|i| sandbox.create(&["--name", &format!("t{i}")])).collect();
    sandbox.run(&["revoke", &secrets[0]]).exits(0).prints("revoked token 1: t1, alice\n");
    sandbox.run(&["revoke", "--hash", &sha256(&secrets[1])]).exits(0);
    sandbox.run(&["revoke", "--name", "t3"]).exits(0);
    sandbox.tokctl(&["revoke", "-"]).stdin(format!("Bearer {}\n", secrets[3])).go().exits(0);
    assert_eq!(sandbox.listed(&[]), [5]);
}

#[test]
fn several_at_once() {
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
fn all_or_none() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "a"]);
    sandbox.run(&["revoke", "1", "99"]).fails(1, "there is no token 99: no such id");
    sandbox.run(&["revoke", "1", UNKNOWN]).fails_somehow(1);
    sandbox.run(&["revoke", "--delete", "1", "99"]).fails_somehow(1);
    assert_eq!(sandbox.listed(&[]), [1]);
}

#[test]
fn a_reason_is_kept() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.create(&[]);
    sandbox.run(&["revoke", "1", "2", "--reason", "  leaked in a log  "]).exits(0);
    assert_eq!(sandbox.json(&["show", "1"])["revoked_reason"], "leaked in a log");
    assert_eq!(sandbox.json(&["show", "2"])["revoked_reason"], "leaked in a log");
}

#[test]
fn a_reason_that_is_none() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    for reason in ["a\nb", "\u{1b}[2J", "a\u{7f}", &"x".repeat(1001)] {
        sandbox.run(&["revoke", "1", "--reason", reason]).fails_somehow(2);
    }
    assert_eq!(sandbox.live_tokens(), 1);
    sandbox.run(&["revoke", "1", "--reason", &"é".repeat(1000)]).exits(0);
}

#[test]
fn what_is_revoked_already_stays_as_it_was() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox.run(&["revoke", "1", "--reason", "first"]).exits(0);
    sandbox.set_time(1, "revoked_at", -DAY);
    let before = sandbox.json(&["show", "1"]);
    sandbox
        .run(&["revoke", "1", "--reason", "second"])
        .exits(0)
        .prints("was revoked already: token 1: CI, alice\n");
    assert_eq!(sandbox.json(&["show", "1"]), before);
}

#[test]
fn a_token_that_is_to_be_revoked_later_is_revoked_now() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    sandbox.set_time(1, "revoked_at", DAY);
    sandbox.run(&["verify", &secret]).exits(0);
    sandbox.run(&["revoke", "1"]).exits(0).prints("revoked token 1: CI, alice\n");
    sandbox.run(&["verify", &secret]).exits(1);
}

#[test]
fn delete_removes_the_record() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    sandbox.create(&["--name", "other"]);
    sandbox.run(&["revoke", "1", "--delete"]).exits(0).prints("deleted token 1: CI, alice\n");
    sandbox.run(&["verify", &secret]).exits(1).prints("rejected: unknown\n");
    sandbox.run(&["show", "1"]).fails_somehow(1);
    assert_eq!(sandbox.listed(&["--all"]), [2]);
    sandbox.run(&["revoke", "2", "--delete", "--reason", "x"]).fails_somehow(2);
}

#[test]
fn for_programs_the_tokens_as_they_are_now() {
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
fn tokens_there_are_none_of() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    for id in ["0", "-1", "7", "9223372036854775807"] {
        sandbox.run(&["revoke", id]).fails(1, &format!("there is no token {id}: no such id"));
    }
    sandbox
        .run(&["revoke", "9223372036854775808"])
        .fails(1, "there is no such token: no id is that large");
    sandbox
        .run(&["revoke", "CI"])
        .fails(1, "there is no such token: that is neither an id nor a token's secret")
        .hints("a token's name goes with --name, its SHA-256 with --hash");
    sandbox
        .run(&["revoke", "--name", "ci"])
        .fails(1, "there is no such token: none has exactly that name");
    sandbox.run(&["revoke", "--hash", &sha256("")]).fails_somehow(1);
    sandbox.tokctl(&["revoke", "-"]).stdin("").go().fails_somehow(1);
    sandbox.run(&["revoke", ""]).fails_somehow(1);
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn an_ambiguous_name_revokes_nothing() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--name", "CI", "--count", "2"]).exits(0);
    sandbox
        .run(&["revoke", "--name", "CI"])
        .fails(2, "several tokens fit: 1, 2: only one can be meant")
        .hints("name it by its id: `tokctl list --all --name=CI` shows them");
    assert_eq!(sandbox.live_tokens(), 2);
}

#[test]
fn without_a_token_it_is_a_wrong_request() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["revoke"]).fails_somehow(2);
    sandbox.run(&["revoke", "--delete"]).fails_somehow(2);
    sandbox.run(&["revoke", "1", "--name", "CI"]).fails_somehow(2);
    sandbox.run(&["revoke", "1", "--hash", "abc"]).fails_somehow(2);
    sandbox.run(&["revoke", "--everyone"]).fails_somehow(2);
}

#[test]
fn a_token_named_twice_counts_once() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    sandbox.run(&["revoke", "1", &secret]).exits(0).prints("revoked token 1: CI, alice\n");
    sandbox.run(&["revoke", "--delete", "1", "1"]).exits(0).prints("deleted token 1: CI, alice\n");
}
