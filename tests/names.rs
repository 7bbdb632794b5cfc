//! `--name` means the one active token of a name, so that names survive rotations.

mod support;

use support::Sandbox;

/// The id of the token that `--name` means.
fn named(sandbox: &Sandbox, name: &str) -> i64 {
    sandbox.json(&["show", "--name", name])["id"].as_i64().unwrap()
}

#[test]
fn a_name_can_be_rotated_again_and_again() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "wiki"]);
    sandbox.run(&["rotate", "--name", "wiki"]).exits(0);
    sandbox.run(&["rotate", "--name", "wiki"]).exits(0);
    sandbox.run(&["rotate", "--name", "wiki", "--overlap", "7d"]).exits(0);
    assert_eq!(sandbox.listed(&[]), [3, 4]);
    // In an overlap, the name means the newer token.
    assert_eq!(named(&sandbox, "wiki"), 4);
    sandbox.run(&["rotate", "--name", "wiki", "--overlap", "7d"]).exits(0);
    assert_eq!(named(&sandbox, "wiki"), 5);
    sandbox.run(&["revoke", "--name", "wiki"]).exits(0).prints("revoked token 5: wiki, alice\n");
}

#[test]
fn a_name_means_the_active_token_among_ended_ones() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "deploy"]);
    sandbox.run(&["revoke", "--name", "deploy"]).exits(0);
    assert_eq!(named(&sandbox, "deploy"), 1);
    sandbox.create(&["--name", "deploy"]);
    assert_eq!(named(&sandbox, "deploy"), 2);
    sandbox.run(&["edit", "--name", "deploy", "--expires", "1d"]).exits(0);
    assert!(sandbox.json(&["show", "1"])["expires_at"].is_null());
}

#[test]
fn several_active_tokens_are_ambiguous() {
    let sandbox = Sandbox::with_alice();
    for _ in 0..3 {
        sandbox.create(&["--name", "CI"]);
    }
    sandbox.run(&["revoke", "1"]).exits(0);
    for command in ["show", "rotate", "revoke", "unrevoke"] {
        sandbox
            .run(&[command, "--name", "CI"])
            .fails(2, "ambiguous name: it matches 2 active tokens (ids 3, 2)")
            .hints("specify an id; `tokctl list --all --name=CI` lists them");
    }
    assert_eq!(sandbox.listed(&[]), [2, 3]);
}

#[test]
fn a_long_list_of_ids_is_cut_off() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--name", "CI", "--count", "12"]).exits(0);
    let ids = "12, 11, 10, 9, 8, 7, 6, 5, 4, 3, …";
    let error = format!("ambiguous name: it matches more than 10 active tokens (ids {ids})");
    sandbox.run(&["show", "--name", "CI"]).fails(2, &error);
}

#[test]
fn of_ended_tokens_only_the_only_one_is_meant_but_revoke_has_nothing_left_to_do() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox.create(&["--name", "CI"]);
    sandbox.run(&["revoke", "1", "2"]).exits(0);
    sandbox
        .run(&["show", "--name", "CI"])
        .fails(2, "ambiguous name: it matches 2 tokens that have ended (ids 2, 1)");
    sandbox
        .run(&["revoke", "--name", "CI"])
        .exits(0)
        .prints("already revoked: token 2: CI, alice\n");
    sandbox
        .run(&["revoke", "--delete", "--name", "CI"])
        .fails(2, "ambiguous name: it matches 2 tokens that have ended (ids 2, 1)");
}
