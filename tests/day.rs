//! A day of work with a database, after which no file contains a secret.

mod support;

use std::fs;
use std::path::Path;
use support::Sandbox;

/// The first file below a folder that contains characters of the secret that are not in its hint.
fn file_with(folder: &Path, secret: &str) -> Option<String> {
    fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return file_with(&path, secret);
        }
        let piece = &secret.as_bytes()[8..20];
        let bytes = fs::read(&path).unwrap();
        bytes.windows(piece.len()).any(|part| part == piece).then(|| path.display().to_string())
    })
}

#[test]
fn no_file_contains_a_secret_at_the_end_of_a_day() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "record-attempts", "all"]).exits(0);
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let mut secrets: Vec<String> = (0..4).map(|_| sandbox.create(&["--user", "bob"])).collect();
    let many = sandbox.run(&["create", "--count", "10"]).exits(0).stdout;
    secrets.extend(many.lines().map(str::to_string));
    sandbox.run(&["backup", "morning"]).exits(0);
    for args in [&["rotate", "1"][..], &["rotate", "2", "--overlap", "1d"]] {
        secrets.push(sandbox.run(args).exits(0).stdout.trim().to_string());
    }
    sandbox.tokctl(&["rotate", "3"]).stdout_to("/dev/full").go().exits(4);
    for secret in &secrets {
        let agent = format!("--agent=client with {secret}");
        sandbox.run(&["verify", secret]);
        sandbox.run(&["verify", &secret[..secret.len() - 1], "--source", "192.0.2.1"]).exits(1);
        sandbox.run(&["verify", "x", &agent, "--source", secret]).exits(1);
    }
    sandbox.tokctl(&["verify", "--batch", "-"]).stdin(secrets.join("\n")).go().exits(1);
    sandbox.run(&["revoke", &secrets[3], "--reason", "lost"]).exits(0);
    sandbox.run(&["revoke", &secrets[4], "--delete"]).exits(0);
    sandbox.run(&["user", "ban", "bob"]).exits(0);
    sandbox.run(&["export", "--out", "export"]).exits(0);
    sandbox.run(&["import", "jsonl", "export"]).exits(0);
    sandbox.run(&["backup", "noon"]).exits(0);
    sandbox.run(&["restore", "morning", "--yes"]).exits(0);
    sandbox.run(&["prune", "--grace", "0s"]).exits(0);
    sandbox.run(&["user", "remove", "bob", "--yes"]).exits(0);
    for (name, args) in [
        ("log", &["log"][..]),
        ("log.json", &["log", "--json", "--database", "noon"]),
        ("doctor", &["doctor"]),
        ("stats", &["stats"]),
        ("list", &["list", "--all", "--format", "csv", "--database", "noon"]),
    ] {
        let ran = sandbox.run(args).exits(0);
        fs::write(sandbox.path(name), ran.stdout + &ran.stderr).unwrap();
    }
    for secret in &secrets {
        assert_eq!(file_with(&sandbox.path(""), secret), None);
    }
}

#[test]
fn the_search_finds_a_secret() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    assert_eq!(file_with(&sandbox.path(""), &secret), None);
    let leak = sandbox.file("leak", format!("text before {secret} and after"));
    assert_eq!(file_with(&sandbox.path(""), &secret), Some(leak));
}
