//! What is different where a person sits in front of a terminal: what is asked, what is shown, and
//! how it fits.

mod support;

use std::fs;
use support::{Sandbox, UNKNOWN};
use unicode_width::UnicodeWidthStr;

#[test]
fn a_new_secret_is_hard_to_lose() {
    let sandbox = Sandbox::with_alice();
    let (code, screen) =
        sandbox.terminal(80, &["create", "--name", "CI", "--scope", "posts.manage"]).ends();
    assert_eq!(code, Some(0), "{screen}");
    let lines: Vec<_> = screen.lines().collect();
    let [before, secret, after, rest @ ..] = lines.as_slice() else { panic!("{screen}") };
    // By itself, to be copied with a double click.
    assert_eq!((*before, *after), ("", ""), "{screen}");
    sandbox.tokctl(&["verify", "-"]).stdin(secret).go().exits(0);
    let told = rest.join("\n");
    for part in [
        "issued token 1: CI, alice, scopes posts.manage, never expires",
        "copy the secret above now: it is stored nowhere and never shown again",
        "Authorization: Bearer …",
        "`tokctl rotate 1` gives the token a new one",
    ] {
        assert!(told.contains(part), "{part}: {screen}");
    }
    assert!(!told.contains(&secret[8..]), "{screen}");
}

#[test]
fn a_new_secret_that_goes_into_a_file_is_not_shown() {
    let sandbox = Sandbox::with_alice();
    let (code, screen) = sandbox.terminal(80, &["create", "--out", "secret"]).ends();
    assert_eq!(code, Some(0), "{screen}");
    let secret = fs::read_to_string(sandbox.path("secret")).unwrap();
    assert!(!screen.contains(&secret.trim_end()[8..]), "{screen}");
    assert!(screen.contains("written to secret"), "{screen}");
}

#[test]
fn what_cannot_be_taken_back_is_asked_first() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.run(&["backup", "b"]).exits(0);
    for (args, question) in [
        (&["revoke-all", "--everyone"][..], "Revoke everyone's tokens? [y/N] "),
        (&["revoke-all", "--user", "alice", "--delete"], "Delete alice's tokens? [y/N] "),
        (
            &["user", "remove", "alice"],
            "Remove alice and the one token that belongs to them? [y/N] ",
        ),
        (&["restore", "b"], "was revoked since the backup was taken is good again. [y/N] "),
    ] {
        for answer in ["\n", "n\n", "yess\n", "\u{4}"] {
            let (code, screen) = sandbox.terminal(200, args).shows(question).types(answer).ends();
            assert_eq!(code, Some(2), "{answer:?}: {screen}");
            assert!(screen.contains("nothing was done: the answer was not yes"), "{screen}");
        }
        assert_eq!(sandbox.live_tokens(), 1, "{args:?}");
    }
    let asked = sandbox.terminal(80, &["revoke-all", "--everyone"]).shows("[y/N] ");
    let (code, screen) = asked.types("Y\n").ends();
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("1 token revoked"), "{screen}");
    assert_eq!(sandbox.live_tokens(), 0);
    let (code, screen) = sandbox.terminal(80, &["user", "remove", "alice", "--yes"]).ends();
    assert_eq!(code, Some(0), "{screen}");
    assert!(!screen.contains("[y/N]"), "{screen}");
}

#[test]
fn a_secret_is_asked_for_and_not_shown() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    for (args, typed, expected, says) in [
        (&["verify"][..], secret.as_str(), 0, "valid: CI (1), alice"),
        (&["verify"], UNKNOWN, 1, "rejected: unknown"),
        (&["verify"], "", 1, "rejected: malformed"),
        (&["show"], &secret, 0, "alice"),
        (&["rotate", "--out", "new"], &secret, 0, "it replaces token 1"),
    ] {
        let asked = sandbox.terminal(80, args).shows("Secret: ").hides();
        let (code, screen) = asked.types(&format!("{typed}\n")).ends();
        assert_eq!(code, Some(expected), "{args:?}: {screen}");
        assert!(screen.contains(says), "{screen}");
        assert!(typed.is_empty() || !screen.contains(&typed[8..]), "{screen}");
    }
    // Who leaves the prompt has shown no secret.
    let asked = sandbox.terminal(80, &["verify"]).shows("Secret: ").hides();
    let (code, screen) = asked.types("\u{4}").ends();
    assert_ne!(code, Some(0), "{screen}");
}

#[test]
fn tables_fit_and_what_is_copied_is_whole() {
    let sandbox = Sandbox::with_alice();
    let many: Vec<_> = (0..30).map(|i| format!("scope{i}.read")).collect();
    let hint = |secret: String| secret[..8].to_string();
    let hints = [
        hint(sandbox.create(&["--name", "CI", "--expires", "3d"])),
        hint(sandbox.create(&["--name", "日本語の名前がとても長いトークンです、本当に長い"])),
        hint(sandbox.create(&["--name", "👩‍👩‍👧 family", "--scope", &many.join(",")])),
        hint(sandbox.create(&["--name", &"long ".repeat(40)])),
    ];
    for columns in [60, 80, 120, 200] {
        let (_, screen) = sandbox.terminal(columns, &["list", "--color", "never"]).ends();
        let heading = screen.lines().next().unwrap();
        let (table, remark) = screen.trim_end().rsplit_once('\n').unwrap();
        assert_eq!(remark, "4 tokens, 1 expires within 14 days");
        assert_eq!(table.lines().count(), 5, "{columns}: a row is a line\n{screen}");
        let start = |line: &str, what: &str| line.split_once(what).unwrap().0.width();
        for (line, hint) in table.lines().skip(1).zip(&hints) {
            assert!(line.width() <= usize::from(columns), "{columns}: {line}");
            assert_eq!(start(line, hint), start(heading, "HINT"), "{columns}:\n{screen}");
        }
        assert!(table.contains(" +"), "scopes that are left out are counted\n{screen}");
    }
    let (_, screen) = sandbox.terminal(80, &["show", "3", "--color", "never"]).ends();
    for scope in &many {
        assert!(screen.split_whitespace().any(|word| word == scope), "{screen}");
    }
    sandbox.run(&["settings", "unset", "max-expires"]).exits(0);
    sandbox.run(&["revoke", "1", "--reason", "somebody lost it somewhere"]).exits(0);
    for args in [&["show", "3"][..], &["log"], &["user", "list"], &["settings", "list"]] {
        let (_, screen) = sandbox.terminal(80, &[args, &["--color", "never"]].concat()).ends();
        for line in screen.lines() {
            assert!(line.width() <= 80, "{args:?}: {line}");
        }
    }
}

#[test]
fn colour_is_for_terminals() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--expires", "3d"]);
    let (_, screen) = sandbox.terminal(100, &["list"]).ends();
    let (_, plain) = sandbox.terminal(100, &["list", "--color", "never"]).ends();
    assert!(screen.contains("\u{1b}[") && !plain.contains('\u{1b}'), "{screen:?}");
    // Colour stresses, and says nothing of its own.
    let mut bare = String::new();
    for (i, part) in screen.split("\u{1b}[").enumerate() {
        bare.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(bare, plain);
}
