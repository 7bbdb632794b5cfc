//! A secret is on the standard output of `create`, and nowhere else ever.

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use support::{Ran, Sandbox};

/// So many characters of a secret's random part give it away: the hint has 4, and that more than
/// one of the others follows by chance does not happen.
const PIECE: usize = 9;

/// Whether `text` has a piece of the secret that goes beyond the hint.
fn gives_away(text: &[u8], secret: &str) -> bool {
    let pieces: HashSet<_> = secret.as_bytes()["tok_".len()..].windows(PIECE).collect();
    text.windows(PIECE).any(|part| pieces.contains(part))
}

/// Looks into every file below a folder.
fn found_in(folder: &Path, secret: &str) -> Option<String> {
    fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return found_in(&path, secret);
        }
        let name = path.to_str().unwrap().to_string();
        (gives_away(name.as_bytes(), secret) || gives_away(&fs::read(&path).unwrap(), secret))
            .then_some(name)
    })
}

#[track_caller]
fn assert_silent(ran: &Ran, secret: &str) {
    assert!(!gives_away(ran.stdout.as_bytes(), secret), "{ran:#?}");
    assert!(!gives_away(ran.stderr.as_bytes(), secret), "{ran:#?}");
}

#[test]
fn what_gives_a_secret_away() {
    let secret = "tok_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";
    assert!(gives_away(b"x tok_003aUlTJC", secret));
    assert!(gives_away(b"BIDlf1Yo7hP.", secret));
    assert!(!gives_away(b"tok_003a", secret));
}

#[test]
fn no_file_has_a_piece_of_a_secret() {
    let sandbox = Sandbox::with_alice();
    let secrets: Vec<_> = (0..5).map(|i| sandbox.create(&["--name", &format!("t{i}")])).collect();
    let many = sandbox.run(&["create", "--count", "20"]).exits(0).stdout;
    let printed = sandbox.json(&["create"])["token"].as_str().unwrap().to_string();
    sandbox.tokctl(&["create"]).stdout_to("/dev/full").go().exits(4);
    for secret in &secrets {
        sandbox.run(&["verify", secret]).exits(0);
        sandbox.run(&["verify", secret, "--scope", "a", "--json"]).exits(0);
    }
    sandbox.tokctl(&["verify", "--batch", "-"]).stdin(&many).go().exits(0);
    sandbox.run(&["revoke", &secrets[1]]).exits(0);
    sandbox.run(&["revoke", &secrets[2], "--delete"]).exits(0);
    sandbox.run(&["prune", "--grace", "0s"]).exits(0);
    for secret in secrets.iter().map(String::as_str).chain(many.lines()).chain([&*printed]) {
        assert_eq!(found_in(&sandbox.path(""), secret), None);
    }
}

#[test]
fn only_create_prints_it() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--name", "CI"]).exits(0);
    let secret = ran.stdout.trim();
    assert!(!gives_away(ran.stderr.as_bytes(), secret), "{ran:#?}");
    for args in [
        &["show", secret][..],
        &["show", "1"],
        &["verify", secret],
        &["verify", secret, "--scope", "a", "--json"],
        &["list"],
        &["list", "--json"],
        &["list", "--format", "csv"],
        &["revoke", secret],
        &["verify", secret],
        &["revoke", secret],
        &["show", secret, "--json"],
        &["revoke", secret, "--delete"],
        &["show", secret],
        &["revoke", secret],
    ] {
        assert_silent(&sandbox.run(args), secret);
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_neither_repeated_nor_kept() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    let with_equals = ["--", "--scope=", "--frob="].map(|option| format!("{option}{secret}"));
    let in_words = format!("the token {secret}, leaked");
    let bearer = format!("Bearer {secret}");
    let line = format!("{{\"name\": \"{secret}\"}}");
    let from = sandbox.file("from.jsonl", &line);
    let key = sandbox.file("key.jsonl", format!("{{\"{secret}\": 1}}"));
    let user = sandbox.file("user.jsonl", format!("{{\"user\": \"{secret}\"}}"));
    for args in [
        &[secret.as_str()][..],
        &["help", &secret],
        &["verify", &secret, &secret],
        &["verify", "--scope", &secret, &secret],
        &["verify", &secret, "--scope", &secret],
        &["verify", &secret, &with_equals[0]],
        &["verify", &with_equals[0]],
        &["verify", &with_equals[1]],
        &["verify", &with_equals[2]],
        &["verify", &secret, "--format", &secret],
        &["verify", &secret, "--color", &secret],
        &["verify", &secret, "--database", &secret],
        &["verify", "--hash", &secret],
        &["show", "--hash", &secret],
        &["show", "--name", &secret],
        &["show", "1", &secret],
        &["revoke", "--hash", &secret],
        &["revoke", "--name", &secret],
        &["revoke", "99", &secret],
        &["revoke", "1", "--reason", &secret],
        &["revoke", "1", "--reason", &in_words],
        &["revoke-all", "--user", &secret, "--yes"],
        &["revoke-all", "--everyone", "--yes", "--reason", &in_words],
        &["revoke-all", &secret],
        &["list", &secret],
        &["list", "--user", &secret],
        &["list", "--name", &secret],
        &["list", "--scope", &secret],
        &["list", "--status", &secret],
        &["list", "--sort", &secret],
        &["list", "--limit", &secret],
        &["list", "--expiring-within", &secret],
        &["list", "--unused-for", &secret],
        &["prune", "--grace", &secret],
        &["prune", &secret],
        &["user", "add", &secret],
        &["user", "add", "bob", "--email", &format!("{secret}@example.com")],
        &["user", "add", "bob", "--full-name", &bearer],
        &["user", "show", &secret],
        &["user", "show", &bearer],
        &["user", "edit", "alice", "--name", &secret],
        &["user", "ban", &secret],
        &["user", "ban", "alice", "--reason", &in_words],
        &["user", "remove", &secret, "--yes"],
        &["user", &secret],
        &["settings", "get", &secret],
        &["settings", "set", &secret, "x"],
        &["settings", "set", "prefix", &secret],
        &["settings", "set", "default-user", &secret],
        &["settings", "set", "allowed-scopes", &secret],
        &["settings", "set", "owners", &secret],
        &["settings", &secret],
        &["create", &secret],
        &["create", "--name", &secret],
        &["create", "--name", &bearer],
        &["create", "--scope", &secret],
        &["create", "--user", &secret],
        &["create", "--expires", &secret],
        &["create", "--count", &secret],
        &["create", "--from", &secret],
        &["create", "--from", &from],
        &["create", "--from", &key],
        &["create", "--from", &user],
    ] {
        let ran = sandbox.run(args);
        assert_silent(&ran, &secret);
        assert!(ran.code != Some(0) || args[0] == "list", "{ran:#?}");
    }
    for path in [from, key, user] {
        fs::remove_file(path).unwrap();
    }
    assert_eq!(found_in(&sandbox.path(""), &secret), None);
    sandbox.run(&["verify", &secret]).exits(0);
}

#[test]
fn a_secret_that_is_not_quite_one_is_not_repeated_either() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    for near in [
        secret[..secret.len() - 1].to_string(),
        format!("{secret}x"),
        format!("X{secret}"),
        format!("my_{secret}"),
        format!("{secret}{secret}"),
        secret[4..].to_string(),
    ] {
        for args in [
            &[near.as_str()][..],
            &["user", "show", &near],
            &["create", "-q", "--user", &near],
            &["create", "-q", "--expires", &near],
            &["list", "--user", &near],
            &["list", "--status", &near],
            &["settings", "get", &near],
            &["show", "1", &near],
            &["show", "--name", &near],
            &["list", "--database", &near],
        ] {
            assert_silent(&sandbox.run(args), &secret);
        }
    }
}

#[test]
fn a_secret_in_the_environment_is_not_repeated() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    for name in ["TOKCTL_USER", "TOKCTL_DATABASE"] {
        let ran = sandbox.tokctl(&["create", "--help"]).env(name, &secret).go();
        assert_silent(&ran, &secret);
    }
    let ran = sandbox.tokctl(&["create"]).env("TOKCTL_USER", &secret).go().fails_somehow(1);
    assert_silent(&ran, &secret);
    let ran = sandbox.tokctl(&["list"]).env("TOKCTL_DATABASE", &secret).go().fails_somehow(4);
    assert_silent(&ran, &secret);
}
