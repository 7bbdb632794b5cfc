//! How things are printed: formats, colours, quiet, and a pipe that was closed.

mod support;

use serde_json::{Value, json};
use support::{Sandbox, TOKEN_KEYS, USER_KEYS, keys};

#[test]
fn each_format_of_a_list() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "a", "--scope", "x,y"]);
    sandbox.create(&["--name", "b", "--no-scopes"]);
    let list = |format: &str| sandbox.run(&["list", "--format", format]).exits(0);
    let json = list("json").json();
    assert_eq!(json, Value::from(list("jsonl").json_lines()));
    assert_eq!(json, sandbox.json(&["list"]));
    let token = &json[0];
    assert_eq!(keys(token), TOKEN_KEYS);
    let (hint, created) = (token["hint"].as_str().unwrap(), token["created_at"].as_str().unwrap());
    let csv = list("csv").stdout;
    let lines: Vec<_> = csv.split("\r\n").collect();
    assert_eq!(lines[0], TOKEN_KEYS.join(","));
    assert_eq!(lines[1], format!("1,a,alice,x y,active,{hint},{created},,,,,tokctl"));
    assert_eq!((lines.len(), lines[3]), (4, ""));
    assert!(list("human").stdout.starts_with("ID "));
    assert_eq!(sandbox.run(&["list"]).stdout, list("human").stdout);
}

#[test]
fn an_empty_list_has_a_heading_in_csv() {
    let sandbox = Sandbox::with_alice();
    let headings = format!("{}\r\n", TOKEN_KEYS.join(","));
    sandbox.run(&["list", "--format", "csv"]).exits(0).prints(&headings);
    sandbox.run(&["list", "--format", "csv", "--limit", "0"]).exits(0).prints(&headings);
    sandbox.sql("DELETE FROM users");
    let headings = format!("{}\r\n", USER_KEYS.join(","));
    sandbox.run(&["user", "list", "--format", "csv"]).exits(0).prints(&headings);
}

#[test]
fn json_never_drives_the_terminal() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "a"]);
    sandbox.sql("UPDATE tokens SET name = 'x' || char(127) || char(155) || char(8238) || 'é'");
    let name = "\"x\\u007f\\u009b\\u202eé\"";
    for args in
        [["list", "--format", "json"], ["list", "--format", "jsonl"], ["show", "1", "--json"]]
    {
        let ran = sandbox.run(&args).exits(0);
        assert!(ran.stdout.contains(name), "{ran:#?}");
    }
    for args in [["verify", "--json", "-"].as_slice(), &["verify", "--batch", "-"]] {
        let ran = sandbox.tokctl(args).stdin(format!("{secret}\n")).go().exits(0);
        assert!(ran.stdout.contains(name), "{ran:#?}");
    }
    let csv = sandbox.run(&["list", "--format", "csv"]).exits(0).stdout;
    assert!(csv.contains("1,x\\u{7f}\\u{9b}\\u{202e}é,"), "{csv}");
}

#[test]
fn each_format_of_one() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "a"]);
    for (args, all) in
        [(["show", "1"].as_slice(), &TOKEN_KEYS[..]), (&["user", "show", "alice"], &USER_KEYS)]
    {
        let show = |format: &str| sandbox.run(&[args, &["--format", format]].concat()).exits(0);
        let record = show("json").json();
        assert_eq!(keys(&record), all);
        assert_eq!(show("jsonl").json_lines(), [record]);
        let csv = show("csv").stdout;
        assert!(csv.starts_with(&format!("{}\r\n", all.join(","))), "{csv}");
        assert_eq!(csv.matches("\r\n").count(), 2);
    }
}

#[test]
fn every_key_is_there_whatever_the_state() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--expires", "1d"]);
    sandbox.run(&["user", "ban", "alice", "--reason", "x"]).exits(0);
    sandbox.run(&["revoke", "1", "--reason", "y"]).exits(0);
    assert_eq!(keys(&sandbox.json(&["show", "1"])), TOKEN_KEYS);
    assert_eq!(keys(&sandbox.json(&["user", "show", "alice"])), USER_KEYS);
    assert_eq!(keys(&sandbox.json(&["user", "ban", "alice"])), USER_KEYS);
    assert_eq!(keys(&sandbox.json(&["user", "edit", "alice", "--no-admin"])), USER_KEYS);
    assert_eq!(keys(&sandbox.json(&["user", "remove", "alice", "--yes"])), USER_KEYS);
}

#[test]
fn what_is_no_ascii_is_itself_in_json() {
    let sandbox = Sandbox::with_alice();
    let name = "Ключ \"日本\" \\ 👩‍💻";
    sandbox.create(&["--name", name]);
    assert_eq!(sandbox.json(&["show", "1"])["name"], name);
    let csv = sandbox.run(&["list", "--format", "csv"]).exits(0).stdout;
    assert!(csv.contains("\"Ключ \"\"日本\"\" \\ 👩‍💻\""), "{csv}");
}

#[test]
fn csv_quotes_and_defuses_formulas() {
    let sandbox = Sandbox::with_alice();
    for (name, cell) in [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
        ("a,b", "\"a,b\""),
        ("a=b", "a=b"),
    ] {
        let id = sandbox.json(&["create", &format!("--name={name}")])["id"].to_string();
        let csv = sandbox.run(&["show", &id, "--format", "csv"]).exits(0).stdout;
        let row = csv.split("\r\n").nth(1).unwrap();
        assert!(row.starts_with(&format!("{id},{cell},alice,")), "{row}");
        assert_eq!(sandbox.json(&["show", &id])["name"], name);
    }
    sandbox.sql("UPDATE tokens SET name = char(9) || '=1' WHERE id = 1");
    let csv = sandbox.run(&["show", "1", "--format", "csv"]).exits(0).stdout;
    assert!(csv.contains("\r\n1,\\u{9}=1,"), "{csv}");
}

#[test]
fn formats_there_are_none_of() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["list", "--format", "xml"])
        .fails(2, "--format cannot be \"xml\": it is one of human, json, jsonl, csv");
    sandbox.run(&["list", "--format", "JSON"]).fails_somehow(2);
    sandbox.run(&["list", "--format"]).fails_somehow(2);
    sandbox.run(&["list", "--format", "csv", "--json"]).fails_somehow(2);
    sandbox
        .run(&["list", "--color", "maybe"])
        .fails(2, "--color cannot be \"maybe\": it is one of auto, always, never");
}

#[test]
fn global_options_go_before_and_behind_the_command() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let before = sandbox.run(&["--format", "json", "-q", "list"]).exits(0).remarks("");
    let behind = sandbox.run(&["list", "--json", "--quiet"]).exits(0).remarks("");
    assert_eq!(before.stdout, behind.stdout);
}

#[test]
fn when_there_is_colour() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let coloured = |args: &[&str], environment: &[(&str, &str)]| {
        let mut run = sandbox.tokctl(&[&["list"], args].concat());
        for (name, value) in environment {
            run = run.env(name, value);
        }
        run.go().exits(0).stdout.contains('\u{1b}')
    };
    let (no_color, force) = (("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"));
    assert!(!coloured(&[], &[]));
    assert!(!coloured(&["--color", "auto"], &[]));
    assert!(coloured(&["--color", "always"], &[]));
    assert!(!coloured(&["--color", "never"], &[]));
    assert!(coloured(&[], &[force]));
    assert!(!coloured(&[], &[force, no_color]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "")]));
    assert!(coloured(&[], &[force, ("NO_COLOR", "")]));
    assert!(coloured(&["--color", "always"], &[no_color]));
    assert!(!coloured(&["--color", "never"], &[force]));
}

#[test]
fn only_what_people_read_has_colour() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    for format in ["json", "jsonl", "csv"] {
        let ran = sandbox.run(&["list", "--color", "always", "--format", format]).exits(0);
        assert!(!ran.stdout.contains('\u{1b}'), "{ran:#?}");
    }
    sandbox
        .run(&["verify", &secret, "--color", "always"])
        .exits(0)
        .prints("valid: CI (1), alice, scopes *, never expires\n");
    let ran = sandbox.run(&["create", "--color", "always"]).exits(0);
    assert!(!ran.stdout.contains('\u{1b}'), "{ran:#?}");
    sandbox.run(&["show", "9", "--color", "always"]).fails(1, "there is no token 9: no such id");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--expires", "1d"]);
    sandbox.run(&["revoke", "1"]).exits(0);
    for args in [&["list", "--all"][..], &["show", "1"], &["user", "list"], &["settings", "list"]] {
        let plain = sandbox.run(&[args, &["--color", "never"]].concat()).exits(0).stdout;
        let coloured = sandbox.run(&[args, &["--color", "always"]].concat()).exits(0).stdout;
        let mut stripped = String::new();
        for (i, part) in coloured.split('\u{1b}').enumerate() {
            stripped.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        let lines = |text: &str| text.lines().map(|l| l.trim_end().to_string()).collect::<Vec<_>>();
        assert_eq!(lines(&stripped), lines(&plain));
    }
}

#[test]
fn quiet_takes_the_remarks_and_leaves_the_rest() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.run(&["create", "-q"]).exits(0).remarks("").stdout;
    sandbox.run(&["verify", secret.trim()]).exits(0);
    for args in [&["list"][..], &["user", "list"], &["revoke", "1"], &["settings", "get", "prefix"]]
    {
        let ran = sandbox.run(&[args, &["-q"]].concat()).exits(0).remarks("");
        assert!(!ran.stdout.is_empty(), "{ran:#?}");
    }
    sandbox.run(&["show", "9", "-q"]).fails(1, "there is no token 9: no such id");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "3000", "--scope", "a"]).exits(0);
    for format in ["human", "json", "jsonl", "csv"] {
        let script = format!("\"$TOKCTL\" list -q --format {format} | head -n 1");
        let ran = sandbox.shell(&script).go().exits(0).remarks("");
        assert_eq!(ran.stdout.lines().count(), 1, "{ran:#?}");
    }
    for args in [&["list", "-q"][..], &["show", "1"], &["settings", "list"], &["--help"]] {
        sandbox.tokctl(args).stdout_to_nobody().go().exits(0).remarks("");
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    for args in [
        &["list"][..],
        &["list", "--json"],
        &["list", "--format", "jsonl"],
        &["list", "--format", "csv"],
        &["show", "1"],
        &["user", "list"],
        &["user", "show", "alice"],
        &["settings", "list"],
        &["settings", "get", "prefix"],
        &["prune"],
        &["revoke", "1"],
        &["--help"],
        &["--version"],
        &["help", "create"],
    ] {
        sandbox
            .tokctl(args)
            .stdout_to("/dev/full")
            .go()
            .fails(4, "cannot write the output: No space left on device (os error 28)");
    }
}

#[test]
fn errors_are_told_even_where_nobody_hears_them() {
    let sandbox = Sandbox::with_alice();
    sandbox.shell("\"$TOKCTL\" show 9 2>&-").go().exits(1);
    sandbox.shell("\"$TOKCTL\" show 9 2>/dev/full").go().exits(1);
    sandbox.shell("\"$TOKCTL\" list 2>/dev/full").go().exits(0);
}

#[test]
fn help_and_version() {
    let sandbox = Sandbox::new();
    let version = format!("tokctl {}\n", env!("CARGO_PKG_VERSION"));
    sandbox.run(&["--version"]).exits(0).prints(&version);
    sandbox.run(&["-V"]).exits(0).prints(&version);
    let help = sandbox.run(&["--help"]).exits(0).remarks("");
    let commands =
        ["create", "list", "show", "verify", "revoke", "revoke-all", "prune", "user", "settings"];
    for command in commands {
        assert!(help.stdout.contains(&format!("\n  {command} ")), "{command}");
        sandbox.run(&["help", command]).exits(0).remarks("");
        if command != "verify" {
            sandbox.run(&[command, "--help"]).exits(0).remarks("");
            sandbox.run(&[command, "-h"]).exits(0).remarks("");
        }
    }
    for command in ["show", "revoke", "verify"] {
        let help = sandbox.run(&["help", command]).exits(0).stdout;
        let words: Vec<_> = help.split_whitespace().collect();
        assert!(words.join(" ").contains("other accounts can"), "{help}");
    }
}

#[test]
fn commands_there_are_none_of() {
    let sandbox = Sandbox::new();
    sandbox.run::<&str>(&[]).fails(2, "nothing to do: name a command");
    sandbox
        .run(&["xyzzy"])
        .fails(2, "unknown command: there is none of that name")
        .hints("`tokctl --help` shows what can be said, with examples");
    sandbox.run(&["verfy"]).fails_somehow(2).hints("did you mean verify?");
    sandbox
        .run(&["list", "--frob"])
        .fails(2, "unknown option --frob: this command has no such option");
    sandbox.run(&["list", "--limit", "1", "--limit", "2"]).fails_somehow(2);
}

#[test]
fn numbers_and_truths_are_not_strings() {
    let sandbox = Sandbox::with_alice();
    let token = sandbox.json(&["create", "--no-scopes"]);
    assert_eq!((&token["id"], &token["scopes"]), (&json!(1), &json!([])));
    let alice = sandbox.json(&["user", "show", "alice"]);
    assert_eq!((&alice["admin"], &alice["tokens"]), (&Value::Bool(true), &json!(1)));
}
