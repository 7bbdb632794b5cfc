//! What all commands have in common: output formats, colors, --quiet, closed pipes, usage errors.

mod support;

use serde_json::{Value, json};
use support::database::on_server;
use support::{Sandbox, TOKEN_KEYS, USER_KEYS, keys};

#[test]
fn a_list_is_the_same_in_every_format() {
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
    assert_eq!(lines[1], format!("1,a,alice,x y,active,{hint},{created},,,,,tokctl,,"));
    assert_eq!((lines.len(), lines[3]), (4, ""));
    assert!(list("human").stdout.starts_with("ID "));
    assert_eq!(sandbox.run(&["list"]).stdout, list("human").stdout);
}

#[test]
fn an_empty_list_in_csv_has_a_heading() {
    let sandbox = Sandbox::with_alice();
    let headings = format!("{}\r\n", TOKEN_KEYS.join(","));
    sandbox.run(&["list", "--format", "csv"]).exits(0).prints(&headings);
    sandbox.run(&["list", "--format", "csv", "--limit", "0"]).exits(0).prints(&headings);
    sandbox.sql("DELETE FROM users");
    let headings = format!("{}\r\n", USER_KEYS.join(","));
    sandbox.run(&["user", "list", "--format", "csv"]).exits(0).prints(&headings);
}

#[test]
fn control_characters_are_escaped_in_json_and_csv() {
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
fn one_record_is_the_same_in_every_format() {
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
fn every_key_is_present_in_every_state() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--expires", "1d"]);
    sandbox.run(&["user", "ban", "alice", "--reason", "x"]).exits(0);
    sandbox.run(&["revoke", "1", "--reason", "y"]).exits(0);
    assert_eq!(keys(&sandbox.json(&["show", "1"])), TOKEN_KEYS);
    assert_eq!(keys(&sandbox.json(&["user", "show", "alice"])), USER_KEYS);
    assert_eq!(keys(&sandbox.json(&["user", "ban", "alice"])), USER_KEYS);
    assert_eq!(keys(&sandbox.json(&["user", "edit", "alice", "--no-admin"])), USER_KEYS);
    sandbox.run(&["settings", "unset", "default-user"]).exits(0);
    assert_eq!(keys(&sandbox.json(&["user", "remove", "alice", "--yes"])), USER_KEYS);
}

#[test]
fn printable_unicode_is_not_escaped() {
    let sandbox = Sandbox::with_alice();
    let name = "Ключ \"日本\" \\ 👩‍💻";
    sandbox.create(&["--name", name]);
    assert_eq!(sandbox.json(&["show", "1"])["name"], name);
    let json = sandbox.run(&["show", "1", "--json"]).exits(0).stdout;
    assert!(json.contains("Ключ \\\"日本\\\" \\\\ 👩‍💻"), "{json}");
    let csv = sandbox.run(&["list", "--format", "csv"]).exits(0).stdout;
    assert!(csv.contains("\"Ключ \"\"日本\"\" \\ 👩‍💻\""), "{csv}");
}

#[test]
fn csv_cells_are_quoted_and_formulas_are_defused() {
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
fn an_invalid_format_is_a_usage_error() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["list", "--format", "xml"]).fails(
        2,
        "invalid value 'xml' for '--format <FORMAT>': possible values are human, wide, \
             json, jsonl, csv",
    );
    sandbox
        .run(&["list", "--format", "JSON"])
        .fails(
            2,
            "invalid value 'JSON' for '--format <FORMAT>': possible values are human, wide, \
             json, jsonl, csv",
        )
        .hints("did you mean json?");
    sandbox.run(&["list", "--format"]).fails(
        2,
        "missing value: a value is required for '--format <FORMAT>' but none was supplied",
    );
}

#[test]
fn json_conflicts_with_another_format() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["list", "--format", "csv", "--json"]).fails(
        2,
        "conflicting arguments: the argument '--format <FORMAT>' cannot be used with '--json'",
    );
}

#[test]
fn an_invalid_color_is_a_usage_error() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["list", "--color", "maybe"]).fails(
        2,
        "invalid value 'maybe' for '--color <WHEN>': possible values are auto, always, never",
    );
}

#[test]
fn global_options_can_precede_or_follow_the_command() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let before = sandbox.run(&["--format", "json", "-q", "list"]).exits(0).remarks("");
    let after = sandbox.run(&["list", "--json", "--quiet"]).exits(0).remarks("");
    assert_eq!(before.stdout, after.stdout);
}

/// Whether `list` prints colors. Its output is not a terminal.
fn is_colored(args: &[&str], environment: &[(&str, &str)]) -> bool {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let mut run = sandbox.tokctl(&[&["list"], args].concat());
    for (name, value) in environment {
        run = run.env(name, value);
    }
    run.go().exits(0).stdout.contains('\u{1b}')
}

const NO_COLOR: (&str, &str) = ("NO_COLOR", "1");
const FORCE: (&str, &str) = ("CLICOLOR_FORCE", "1");

#[test]
fn there_is_no_color_without_a_terminal() {
    assert!(!is_colored(&[], &[]));
    assert!(!is_colored(&["--color", "auto"], &[]));
}

#[test]
fn the_environment_can_force_color() {
    assert!(is_colored(&[], &[FORCE]));
    assert!(!is_colored(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!is_colored(&[], &[("CLICOLOR_FORCE", "")]));
}

#[test]
fn no_color_overrides_forced_color() {
    assert!(!is_colored(&[], &[FORCE, NO_COLOR]));
    assert!(is_colored(&[], &[FORCE, ("NO_COLOR", "")]));
}

#[test]
fn the_color_option_overrides_the_environment() {
    assert!(is_colored(&["--color", "always"], &[]));
    assert!(is_colored(&["--color", "always"], &[NO_COLOR]));
    assert!(!is_colored(&["--color", "never"], &[]));
    assert!(!is_colored(&["--color", "never"], &[FORCE]));
}

#[test]
fn formats_for_programs_verdicts_secrets_and_errors_have_no_color() {
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
    sandbox
        .run(&["show", "9", "--color", "always"])
        .fails(1, "token 9 not found: no token has this id");
}

#[test]
fn color_does_not_change_the_text() {
    let sandbox = Sandbox::with_alice();
    // Half a day from where the text changes.
    sandbox.create(&["--expires", "36h"]);
    sandbox.run(&["revoke", "1"]).exits(0);
    for args in [&["list", "--all"][..], &["show", "1"], &["user", "list"], &["settings", "list"]] {
        let plain = sandbox.run(&[args, &["--color", "never"]].concat()).exits(0).stdout;
        let colored = sandbox.run(&[args, &["--color", "always"]].concat()).exits(0).stdout;
        let mut stripped = String::new();
        for (i, part) in colored.split('\u{1b}').enumerate() {
            stripped.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        let lines = |text: &str| text.lines().map(|l| l.trim_end().to_string()).collect::<Vec<_>>();
        assert_eq!(lines(&stripped), lines(&plain));
    }
}

/// Commands that print a confirmation or a remark, in an order in which each can be run.
const CONFIRMING: &[&str] = &[
    "user add bob",
    "user edit bob --admin",
    "user ban bob",
    "user unban bob",
    "settings set prefix acme",
    "settings unset prefix",
    "rotate 1 --out new",
    "revoke 2",
    "revoke 2",
    "revoke-all --user alice --yes",
    "user remove bob --yes",
    "export --out all.jsonl",
    "import jsonl all.jsonl --dry-run --format human",
    "backup copy",
    "restore copy --yes",
    "man --out pages",
    "prune",
];

/// [`CONFIRMING`], as far as the kind of database has it.
fn confirming() -> impl Iterator<Item = &'static str> {
    let of_files = |line: &str| line.starts_with("backup") || line.starts_with("restore");
    CONFIRMING.iter().copied().filter(move |line| !(on_server() && of_files(line)))
}

#[test]
fn quiet_suppresses_every_remark_and_confirmation_but_no_result() {
    let (loud, quiet) = (Sandbox::with_alice(), Sandbox::with_alice());
    for sandbox in [&loud, &quiet] {
        sandbox.create(&[]);
    }
    for line in confirming() {
        let args: Vec<_> = line.split(' ').collect();
        let said = loud.run(&args).exits(0);
        assert!(!said.stdout.is_empty() || !said.stderr.is_empty(), "{said:#?}");
        let ran = quiet.run(&[&args[..], &["-q"]].concat()).exits(0).remarks("");
        // The report of an import is its result.
        assert_eq!(ran.stdout.is_empty(), !line.starts_with("import"), "{ran:#?}");
    }
    let secret = quiet.run(&["create", "-q"]).exits(0).remarks("").stdout;
    quiet.run(&["verify", secret.trim(), "-q"]).exits(0).prints("").remarks("");
    for args in [&["user", "list"][..], &["show", "1"], &["settings", "get", "prefix"], &["stats"]]
    {
        let ran = quiet.run(&[args, &["-q"]].concat()).exits(0).remarks("");
        assert!(!ran.stdout.is_empty(), "{ran:#?}");
    }
    quiet.run(&["show", "9", "-q"]).fails(1, "token 9 not found: no token has this id");
}

#[test]
fn formats_for_programs_have_no_remarks() {
    for format in ["json", "jsonl", "csv"] {
        let sandbox = Sandbox::with_alice();
        for line in confirming().chain(["create", "list", "list --name x", "log", "doctor"]) {
            if line.starts_with("import") {
                continue;
            }
            let args: Vec<_> = line.split(' ').collect();
            let _ = sandbox.run(&["create", "--out", "first", "-o", format]).exits(0).remarks("");
            std::fs::remove_file(sandbox.path("first")).unwrap();
            sandbox.run(&[&args[..], &["-o", format]].concat()).exits(0).remarks("");
        }
        sandbox.run(&["show", "99", "-o", format]).fails_somehow(1);
    }
}

#[test]
fn wide_tables_have_every_column() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let headings = |args: &[&str]| {
        let ran = sandbox.run(args).exits(0);
        ran.stdout.lines().next().unwrap().to_string()
    };
    assert!(!headings(&["list"]).contains("ROTATION"));
    assert!(headings(&["list", "-o", "wide"]).contains("ROTATION"));
    assert!(headings(&["log", "--format", "wide"]).contains("CLIENT"));
}

#[test]
fn a_closed_pipe_ends_a_command_without_an_error() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "3000", "--scope", "a"]).exits(0);
    for format in ["human", "json", "jsonl", "csv"] {
        let script = format!("\"$TOKCTL\" list -q --format {format} | head -n 1");
        let ran = sandbox.shell(&script).go().exits(0).remarks("");
        assert_eq!(ran.stdout.lines().count(), 1, "{ran:#?}");
    }
    for args in [
        &["list", "-q"][..],
        &["show", "1"],
        &["settings", "list"],
        &["user", "list"],
        &["log"],
        &["stats"],
        &["doctor"],
        &["export"],
        &["export", "-q"],
        &["completions", "bash"],
        &["man", "create"],
        &["--help"],
    ] {
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
fn a_closed_or_full_standard_error_does_not_change_the_exit_code() {
    let sandbox = Sandbox::with_alice();
    sandbox.shell("\"$TOKCTL\" show 9 2>&-").go().exits(1);
    sandbox.shell("\"$TOKCTL\" show 9 2>/dev/full").go().exits(1);
    sandbox.shell("\"$TOKCTL\" list 2>/dev/full").go().exits(0);
}

#[test]
fn the_version_is_printed() {
    let sandbox = Sandbox::new();
    let version = format!("tokctl {}\n", env!("CARGO_PKG_VERSION"));
    sandbox.run(&["--version"]).exits(0).prints(&version);
    sandbox.run(&["-V"]).exits(0).prints(&version);
}

#[test]
fn help_lists_the_commands_and_each_has_help() {
    let sandbox = Sandbox::new();
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
}

#[test]
fn help_warns_that_arguments_are_visible() {
    let sandbox = Sandbox::new();
    for command in ["show", "rotate", "revoke", "verify"] {
        let help = sandbox.run(&["help", command]).exits(0).stdout;
        let words: Vec<_> = help.split_whitespace().collect();
        assert!(words.join(" ").contains("other accounts can see arguments"), "{help}");
    }
}

#[test]
fn without_a_command_the_short_help_is_printed_on_standard_error() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run::<&str>(&[]).exits(2).prints("");
    assert!(ran.stderr.contains("Usage: tokctl [OPTIONS] <COMMAND>"), "{ran:#?}");
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["xyzzy"])
        .fails(2, "unknown command 'xyzzy': 'tokctl' has no such command")
        .hints("`tokctl --help` prints usage and examples");
    sandbox
        .run(&["verfy"])
        .fails(2, "unknown command 'verfy': 'tokctl' has no such command")
        .hints("did you mean verify?");
}

#[test]
fn an_unknown_option_is_a_usage_error() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["list", "--frob"])
        .fails(2, "unexpected argument '--frob': 'tokctl list' has no such option")
        .hints("`tokctl help list` prints usage and examples");
}

#[test]
fn a_repeated_option_is_a_usage_error() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["list", "--limit", "1", "--limit", "2"])
        .fails(2, "repeated argument: the argument '--limit <N>' cannot be used multiple times");
}

#[test]
fn json_numbers_and_booleans_are_not_strings() {
    let sandbox = Sandbox::with_alice();
    let token = sandbox.json(&["create", "--no-scopes"]);
    assert_eq!((&token["id"], &token["scopes"]), (&json!(1), &json!([])));
    let alice = sandbox.json(&["user", "show", "alice"]);
    assert_eq!((&alice["admin"], &alice["tokens"]), (&Value::Bool(true), &json!(1)));
}
