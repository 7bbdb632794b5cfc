//! Only `create` prints a secret, and only to standard output. No file and no message contains one.

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use support::{Ran, Sandbox, UNKNOWN};

/// A text with this many characters of a secret in a row leaks it: the 4 of the hint, and 5 more
/// that do not follow by chance.
const PIECE: usize = 9;

/// Whether `text` contains more of the secret than the hint.
fn leaks(text: &[u8], secret: &str) -> bool {
    let pieces: HashSet<_> = secret.as_bytes()["tok_".len()..].windows(PIECE).collect();
    text.windows(PIECE).any(|part| pieces.contains(part))
}

/// A file in a directory, at any depth, that leaks the secret by its name or its content.
fn leaking_file(directory: &Path, secret: &str) -> Option<String> {
    fs::read_dir(directory).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return leaking_file(&path, secret);
        }
        let name = path.to_str().unwrap().to_string();
        (leaks(name.as_bytes(), secret) || leaks(&fs::read(&path).unwrap(), secret)).then_some(name)
    })
}

#[track_caller]
fn assert_no_leak(ran: &Ran, secret: &str) {
    assert!(!leaks(ran.stdout.as_bytes(), secret), "{ran:#?}");
    assert!(!leaks(ran.stderr.as_bytes(), secret), "{ran:#?}");
}

#[test]
fn the_hint_does_not_leak_a_secret_and_longer_parts_do() {
    let secret = "tok_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";
    assert!(leaks(b"x tok_003aUlTJC", secret));
    assert!(leaks(b"BIDlf1Yo7hP.", secret));
    assert!(!leaks(b"tok_003a", secret));
}

#[test]
fn no_file_contains_a_secret() {
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
        assert_eq!(leaking_file(&sandbox.path(""), secret), None);
    }
}

#[test]
fn only_create_prints_a_secret() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--name", "CI"]).exits(0);
    let secret = ran.stdout.trim();
    assert!(!leaks(ran.stderr.as_bytes(), secret), "{ran:#?}");
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
        assert_no_leak(&sandbox.run(args), secret);
    }
}

/// A database with one token, and its secret.
fn with_token() -> (Sandbox, String) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    (sandbox, secret)
}

/// Runs commands that have the secret in the wrong place. All fail, except that `list` may find
/// nothing. The secret is neither printed nor stored, and stays valid.
#[track_caller]
fn assert_neither_printed_nor_stored(sandbox: &Sandbox, secret: &str, commands: &[&[&str]]) {
    for args in commands {
        let ran = sandbox.run(args);
        assert_no_leak(&ran, secret);
        assert!(ran.code != Some(0) || args[0] == "list", "{ran:#?}");
    }
    assert_eq!(leaking_file(&sandbox.path(""), secret), None);
    sandbox.run(&["verify", secret]).exits(0);
}

#[test]
fn a_secret_as_a_command_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let commands: [&[&str]; 8] = [
        &[&secret],
        &["help", &secret],
        &["user", &secret],
        &["settings", &secret],
        &["revoke-all", &secret],
        &["list", &secret],
        &["prune", &secret],
        &["create", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_an_option_of_verify_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let [option, scope, unknown] =
        ["--", "--scope=", "--frob="].map(|option| format!("{option}{secret}"));
    let commands: [&[&str]; 11] = [
        &["verify", &secret, &secret],
        &["verify", "--scope", &secret, &secret],
        &["verify", &secret, "--scope", &secret],
        &["verify", &secret, &option],
        &["verify", &option],
        &["verify", &scope],
        &["verify", &unknown],
        &["verify", &secret, "--format", &secret],
        &["verify", &secret, "--color", &secret],
        &["verify", &secret, "--database", &secret],
        &["verify", "--hash", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_as_the_source_or_the_agent_of_a_request_is_not_logged() {
    let (sandbox, secret) = with_token();
    sandbox.run(&["verify", UNKNOWN, "--source", &secret, "--agent", &secret]).exits(1);
    let log = sandbox.run(&["log", "--json", "--kind", "verify"]).exits(0);
    assert!(log.stdout.contains(&format!("\"source\":\"{}…\"", &secret[..8])), "{log:#?}");
    assert_no_leak(&log, &secret);
    assert_eq!(leaking_file(&sandbox.path(""), &secret), None);
}

#[test]
fn a_secret_where_a_token_is_selected_or_revoked_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let sentence = format!("the token {secret}, leaked");
    let commands: [&[&str]; 15] = [
        &["show", "--hash", &secret],
        &["show", "--name", &secret],
        &["show", "1", &secret],
        &["revoke", "--hash", &secret],
        &["revoke", "--name", &secret],
        &["revoke", "99", &secret],
        &["revoke", "1", "--reason", &secret],
        &["revoke", "1", "--reason", &sentence],
        &["revoke-all", "--user", &secret, "--yes"],
        &["revoke-all", "--everyone", "--yes", "--reason", &sentence],
        &["rotate", "--hash", &secret],
        &["rotate", "--name", &secret],
        &["rotate", "1", &secret],
        &["rotate", "1", "--expires", &secret],
        &["rotate", "1", "--overlap", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_a_filter_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let commands: [&[&str]; 12] = [
        &["list", "--user", &secret],
        &["list", "--name", &secret],
        &["list", "--scope", &secret],
        &["list", "--status", &secret],
        &["list", "--sort", &secret],
        &["list", "--limit", &secret],
        &["list", "--expiring-within", &secret],
        &["list", "--unused-for", &secret],
        &["prune", "--grace", &secret],
        &["log", "--since", &secret],
        &["log", "--token", &secret],
        &["log", "--limit", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_the_data_of_a_user_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let sentence = format!("the token {secret}, leaked");
    let bearer = format!("Bearer {secret}");
    let commands: [&[&str]; 9] = [
        &["user", "add", &secret],
        &["user", "add", "bob", "--email", &format!("{secret}@example.com")],
        &["user", "add", "bob", "--full-name", &bearer],
        &["user", "show", &secret],
        &["user", "show", &bearer],
        &["user", "edit", "alice", "--name", &secret],
        &["user", "ban", &secret],
        &["user", "ban", "alice", "--reason", &sentence],
        &["user", "remove", &secret, "--yes"],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_a_setting_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let commands: [&[&str]; 6] = [
        &["settings", "get", &secret],
        &["settings", "set", &secret, "x"],
        &["settings", "set", "prefix", &secret],
        &["settings", "set", "default-user", &secret],
        &["settings", "set", "allowed-scopes", &secret],
        &["settings", "set", "owners", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_an_option_of_create_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let bearer = format!("Bearer {secret}");
    let commands: [&[&str]; 7] = [
        &["create", "--name", &secret],
        &["create", "--name", &bearer],
        &["create", "--scope", &secret],
        &["create", "--user", &secret],
        &["create", "--expires", &secret],
        &["create", "--count", &secret],
        &["create", "--from", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_a_file_of_requests_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    for line in [
        format!("{{\"name\": \"{secret}\"}}"),
        format!("{{\"{secret}\": 1}}"),
        format!("{{\"user\": \"{secret}\"}}"),
    ] {
        let file = sandbox.file("requests.jsonl", &line);
        let ran = sandbox.run(&["create", "--from", &file]);
        assert_no_leak(&ran, &secret);
        assert_ne!(ran.code, Some(0), "{ran:#?}");
        fs::remove_file(file).unwrap();
    }
    assert_neither_printed_nor_stored(&sandbox, &secret, &[]);
}

#[test]
fn a_secret_as_a_file_name_is_not_printed() {
    let (sandbox, secret) = with_token();
    let commands: [&[&str]; 6] = [
        &["restore", &secret, "--yes"],
        &["backup", &format!("missing/{secret}")],
        &["export", "--out", &format!("missing/{secret}")],
        &["import", &secret],
        &["import", "jsonl", &secret],
        &["import", &secret, "file"],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn most_of_a_secret_is_not_printed_either() {
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
            assert_no_leak(&sandbox.run(args), &secret);
        }
    }
}

#[test]
fn a_secret_in_the_environment_is_not_printed() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    for name in ["TOKCTL_USER", "TOKCTL_DATABASE"] {
        let ran = sandbox.tokctl(&["create", "--help"]).env(name, &secret).go();
        assert_no_leak(&ran, &secret);
    }
    let ran = sandbox.tokctl(&["create"]).env("TOKCTL_USER", &secret).go().fails_somehow(1);
    assert_no_leak(&ran, &secret);
    let ran = sandbox.tokctl(&["list"]).env("TOKCTL_DATABASE", &secret).go().fails_somehow(4);
    assert_no_leak(&ran, &secret);
}

/// A source that somebody pasted is an argument where it does not belong, or not a URL.
#[test]
fn the_password_of_a_database_is_not_printed_however_it_was_pasted() {
    let sandbox = Sandbox::new();
    const PASSWORD: &str = "hunter2hunter";
    let sources = [
        "jdbc:mysql://u:PW@h.invalid/x",
        "DATABASE_URL=mysql://u:PW@h.invalid/x",
        " mysql://u:PW@h.invalid/x",
        "\"mysql://u:PW@h.invalid/x\"",
        "host=h user=u password=PW dbname=x",
        "u:PW@tcp(h.invalid)/x",
        "API_TOKEN_SALT=PW",
    ]
    .map(|source| source.replace("PW", PASSWORD));
    for source in &sources {
        let swapped = ["import", source, "symfony"];
        let commands: [&[&str]; 5] = [
            &["import", source],
            &["import", "symfony", source],
            &swapped,
            &["import", "jsonl", source],
            &["import", "strapi", "app.db", "--salt-file", source],
        ];
        for command in commands {
            let ran = sandbox.run(command);
            assert_ne!(ran.code, Some(0), "{ran:#?}");
            assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(PASSWORD), "{ran:#?}");
        }
    }
    let url = format!("mysql://u:{PASSWORD}@h.invalid/x");
    for command in [&["import", &url, "symfony"] as &[&str], &["import", "jsonl", &url]] {
        let ran = sandbox.run(command);
        assert!(!ran.stderr.contains(PASSWORD), "{ran:#?}");
    }
}

#[test]
fn an_address_in_a_message_can_be_read() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["user", "show", "ann@example.com"]);
    assert!(ran.stderr.contains("ann@example.com"), "{ran:#?}");
}
