//! What differs at a terminal: prompts, remarks for people, widths and colours.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use support::database::on_server;
use support::{Sandbox, UNKNOWN};
use unicode_width::UnicodeWidthStr;

#[test]
fn a_new_secret_stands_alone_and_remarks_say_to_copy_it() {
    let sandbox = Sandbox::with_alice();
    let (code, screen) =
        sandbox.terminal(80, &["create", "--name", "CI", "--scope", "posts.manage"]).ends();
    assert_eq!(code, Some(0), "{screen}");
    let lines: Vec<_> = screen.lines().collect();
    let [before, secret, after, rest @ ..] = lines.as_slice() else { panic!("{screen}") };
    // On a line of its own, so that a double click selects it.
    assert_eq!((*before, *after), ("", ""), "{screen}");
    sandbox.tokctl(&["verify", "-"]).stdin(secret).go().exits(0);
    let told = rest.join("\n");
    for part in [
        "issued token 1: CI, alice, scopes posts.manage, never expires",
        "copy the secret now: it is not stored and cannot be shown again",
        "Authorization: Bearer …",
        "`tokctl rotate 1` gives the token a new secret",
    ] {
        assert!(told.contains(part), "{part}: {screen}");
    }
    assert!(!told.contains(&secret[8..]), "{screen}");
}

#[test]
fn a_secret_written_to_a_file_is_not_shown() {
    let sandbox = Sandbox::with_alice();
    let (code, screen) = sandbox.terminal(80, &["create", "--out", "secret"]).ends();
    assert_eq!(code, Some(0), "{screen}");
    let secret = fs::read_to_string(sandbox.path("secret")).unwrap();
    assert!(!screen.contains(&secret.trim_end()[8..]), "{screen}");
    assert!(screen.contains("; secret written to secret"), "{screen}");
}

/// The question that each command asks before it destroys something, in the database of `sandbox`.
fn confirmations(sandbox: &Sandbox) -> Vec<(&'static [&'static str], String)> {
    let database = sandbox.location();
    let mut all: Vec<(&[&str], String)> = vec![
        (
            &["revoke-all", "--everyone"],
            format!("Revoke 1 token of all users in database {database}? [y/N] "),
        ),
        (
            &["revoke-all", "--user", "alice", "--delete"],
            format!("Delete 1 token of alice in database {database}? [y/N] "),
        ),
        (&["user", "remove", "bob"], format!("Remove user bob from database {database}? [y/N] ")),
    ];
    // A backup is a copy of a file.
    if !on_server() {
        let question = "Tokens that were revoked since the backup are valid again. [y/N] ";
        all.push((&["restore", "b"], format!("Replace {database}? {question}")));
    }
    all
}

#[test]
fn only_yes_confirms_a_destructive_command() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.run(&["user", "add", "bob"]).exits(0);
    if !on_server() {
        sandbox.run(&["backup", "b"]).exits(0);
    }
    for (args, question) in confirmations(&sandbox) {
        for answer in ["\n", "n\n", "yess\n", "\u{4}"] {
            let (code, screen) = sandbox.terminal(200, args).shows(&question).types(answer).ends();
            assert_eq!(code, Some(2), "{answer:?}: {screen}");
            assert!(screen.contains("tokctl: cancelled: nothing was changed\n"), "{screen}");
        }
        assert_eq!(sandbox.live_tokens(), 1, "{args:?}");
    }
    let asked = sandbox.terminal(80, &["revoke-all", "--everyone"]).shows("[y/N] ");
    let (code, screen) = asked.types("Y\n").ends();
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("1 token of all users revoked"), "{screen}");
    assert_eq!(sandbox.live_tokens(), 0);
}

#[test]
fn the_option_yes_confirms_without_a_question() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let (code, screen) = sandbox.terminal(80, &["user", "remove", "bob", "--yes"]).ends();
    assert_eq!(code, Some(0), "{screen}");
    assert!(!screen.contains("[y/N]"), "{screen}");
}

#[test]
fn a_typed_secret_is_not_shown() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    for (args, typed, expected, says) in [
        (&["verify"][..], secret.as_str(), 0, "valid: CI (1), alice"),
        (&["verify"], UNKNOWN, 1, "rejected: unknown"),
        (&["verify"], "", 1, "rejected: malformed"),
        (&["show"], &secret, 0, "alice"),
        (&["rotate", "--out", "new"], &secret, 0, "token 2 replaces token 1"),
    ] {
        let asked = sandbox.terminal(80, args).shows("Secret: ").hides();
        let (code, screen) = asked.types(&format!("{typed}\n")).ends();
        assert_eq!(code, Some(expected), "{args:?}: {screen}");
        assert!(screen.contains(says), "{screen}");
        assert!(typed.is_empty() || !screen.contains(&typed[8..]), "{screen}");
    }
    // The end of input at the prompt is not a secret.
    let asked = sandbox.terminal(80, &["verify"]).shows("Secret: ").hides();
    let (code, screen) = asked.types("\u{4}").ends();
    assert_ne!(code, Some(0), "{screen}");
}

fn many_scopes() -> Vec<String> {
    (0..30).map(|i| format!("scope{i}.read")).collect()
}

/// Four tokens of alice, of which 2 to 4 are wider than a terminal, and their hints.
fn wide_tokens() -> (Sandbox, [String; 4]) {
    let sandbox = Sandbox::with_alice();
    let hint = |args: &[&str]| sandbox.create(args)[..8].to_string();
    let hints = [
        hint(&["--name", "CI", "--expires", "3d"]),
        hint(&["--name", "日本語の名前がとても長いトークンです、本当に長い"]),
        hint(&["--name", "👩‍👩‍👧 family", "--scope", &many_scopes().join(",")]),
        hint(&["--name", &"long ".repeat(40)]),
    ];
    (sandbox, hints)
}

#[test]
fn a_table_fits_the_terminal_with_its_columns_aligned() {
    let (sandbox, _) = wide_tokens();
    for columns in [60, 80, 120, 200] {
        let (_, screen) = sandbox.terminal(columns, &["list", "--color", "never"]).ends();
        let heading = screen.lines().next().unwrap();
        let (table, remark) = screen.trim_end().rsplit_once('\n').unwrap();
        assert_eq!(remark, "4 tokens, 1 expires within 14 days");
        assert_eq!(table.lines().count(), 5, "{columns}: a row is a line\n{screen}");
        let start = |line: &str, what: &str| line.split_once(what).unwrap().0.width();
        for line in table.lines().skip(1) {
            assert!(line.width() <= usize::from(columns), "{columns}: {line}");
            assert_eq!(start(line, "active"), start(heading, "STATUS"), "{columns}:\n{screen}");
        }
        assert!(table.contains(" +"), "the number of omitted scopes is missing\n{screen}");
    }
}

#[test]
fn at_80_columns_the_least_useful_columns_are_left_out_and_names_stay_whole() {
    let sandbox = Sandbox::with_alice();
    let names = ["CI main pipeline", "nightly report creator"];
    for name in names {
        sandbox.create(&["--name", name, "--scope", &many_scopes().join(","), "--expires", "300d"]);
    }
    let (_, screen) = sandbox.terminal(80, &["list", "--color", "never"]).ends();
    let headings: Vec<_> = screen.lines().next().unwrap().split("  ").map(str::trim).collect();
    let headings: Vec<_> = headings.into_iter().filter(|heading| !heading.is_empty()).collect();
    assert_eq!(headings, ["ID", "NAME", "USER", "SCOPES", "STATUS", "EXPIRES", "LAST USED"]);
    for name in names {
        assert!(screen.contains(name), "{screen}");
    }
}

#[test]
fn a_wide_table_is_in_full_on_any_terminal() {
    let (sandbox, hints) = wide_tokens();
    for columns in [0, 20, 80] {
        let list = sandbox.terminal(columns, &["list", "-o", "wide", "--color", "never"]);
        let (_, screen) = list.ends();
        assert!(screen.contains(&many_scopes().join(" ")), "{screen}");
        assert!(screen.contains("long long long"), "{screen}");
        assert!(hints.iter().all(|hint| screen.contains(hint)), "{screen}");
    }
}

#[test]
fn a_terminal_of_unknown_width_shows_everything() {
    let (sandbox, _) = wide_tokens();
    let (_, screen) = sandbox.terminal(0, &["list", "--color", "never"]).ends();
    assert!(screen.contains(&many_scopes().join(" ")), "{screen}");
}

/// What `man create` shows if programs of these names do what the scripts say.
fn manual(viewers: [(&str, &str); 2]) -> (Option<i32>, String) {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("bin")).unwrap();
    for (name, script) in viewers {
        let path = sandbox.file(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", sandbox.path("bin").display());
    sandbox.terminal_with(80, &["man", "create"], &path).ends()
}

#[test]
fn a_manual_page_is_shown_by_the_first_program_that_can() {
    let shows = "echo \"$0 $*:\" | sed 's,.*/,,'; head -c 4";
    let (code, screen) = manual([("man", shows), ("mandoc", "exit 1")]);
    assert_eq!((code, screen.as_str()), (Some(0), "man -l -:\n.ie "));
    let (code, screen) = manual([("man", "echo no -l >&2; exit 1"), ("mandoc", shows)]);
    assert_eq!((code, screen.as_str()), (Some(0), "mandoc -a:\n.ie "));
}

#[test]
fn without_such_a_program_the_help_is_shown() {
    let (code, screen) = manual([("man", "exit 1"), ("mandoc", "exit 1")]);
    assert_eq!(code, Some(0));
    assert!(screen.starts_with("Issue a token and print its secret\n"), "{screen}");
    assert!(screen.contains("\nExamples:\n"), "{screen}");
}

#[test]
fn show_wraps_between_scopes() {
    let (sandbox, _) = wide_tokens();
    let (_, screen) = sandbox.terminal(80, &["show", "3", "--color", "never"]).ends();
    for scope in many_scopes() {
        assert!(screen.split_whitespace().any(|word| word == scope), "{screen}");
    }
    assert!(screen.lines().all(|line| line.width() <= 80), "{screen}");
}

#[test]
fn other_tables_fit_the_terminal_too() {
    let (sandbox, _) = wide_tokens();
    sandbox.run(&["settings", "unset", "max-expires"]).exits(0);
    sandbox.run(&["revoke", "1", "--reason", "somebody lost it somewhere"]).exits(0);
    for (columns, args) in [
        (80, &["log"][..]),
        (80, &["user", "list"]),
        (80, &["settings", "list"]),
        (40, &["log"]),
        (20, &["user", "list"]),
    ] {
        let (_, screen) =
            sandbox.terminal(columns, &[args, &["-q", "--color", "never"]].concat()).ends();
        for line in screen.lines() {
            assert!(line.width() <= usize::from(columns), "{args:?}: {line}");
        }
    }
}

#[test]
fn a_table_is_coloured_and_otherwise_the_same() {
    let sandbox = Sandbox::with_alice();
    // Half a day from where the text changes.
    sandbox.create(&["--expires", "84h"]);
    let (_, screen) = sandbox.terminal(100, &["list"]).ends();
    let (_, plain) = sandbox.terminal(100, &["list", "--color", "never"]).ends();
    assert!(screen.contains("\u{1b}[") && !plain.contains('\u{1b}'), "{screen:?}");
    let mut uncoloured = String::new();
    for (i, part) in screen.split("\u{1b}[").enumerate() {
        uncoloured.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(uncoloured, plain);
}
