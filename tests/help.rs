//! Help, its examples, and hints.

mod support;

use support::Sandbox;

/// All commands as words, including those below `user` and `settings`; tokctl itself has none.
fn commands(sandbox: &Sandbox) -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    for name in listed(&sandbox.run(&["--help"]).stdout, "Usage:") {
        let help = sandbox.run(&["help", &name]).stdout;
        if help.contains("\nCommands:\n") {
            let subcommands = listed(&help, "\nCommands:\n").into_iter();
            found.extend(subcommands.map(|subcommand| vec![name.clone(), subcommand]));
        }
        found.push(vec![name]);
    }
    found.retain(|words| words.iter().all(|word| word != "help"));
    found
}

/// The names that a help text lists between `heading` and its options.
fn listed(help: &str, heading: &str) -> Vec<String> {
    let (_, rest) = help.split_once(heading).unwrap();
    let (list, _) = rest.split_once("\nOptions").unwrap();
    let lines = list.lines().filter_map(|line| line.strip_prefix("  "));
    let lines = lines.filter(|line| !line.starts_with(' '));
    lines.map(|line| line.split(' ').next().unwrap().to_string()).collect()
}

fn help(sandbox: &Sandbox, words: &[String], option: &str) -> String {
    let mut args = words.to_vec();
    args.push(option.to_string());
    let is_verify = words.first().is_some_and(|word| word == "verify");
    sandbox.run(&args).exits(if is_verify { 2 } else { 0 }).remarks("").stdout
}

#[test]
fn every_command_is_in_exactly_one_group() {
    let sandbox = Sandbox::new();
    let grouped: Vec<_> = commands(&sandbox).into_iter().filter(|words| words.len() == 1).collect();
    assert_eq!(grouped.len(), 23, "{grouped:?}");
    // Completion lists all commands, whatever the groups are.
    let ran = sandbox.tokctl(&["--", "tokctl", ""]).env("TOKCTL_COMPLETE", "fish").go().exits(0);
    let names = ran.stdout.lines().map(|line| line.split('\t').next().unwrap());
    let names: Vec<_> = names.filter(|name| !name.starts_with('-') && *name != "help").collect();
    for name in &names {
        let count = grouped.iter().filter(|words| words[0] == *name).count();
        assert_eq!(count, 1, "{name} is in {count} groups");
    }
    assert_eq!(names.len(), grouped.len());
}

#[test]
fn short_help_fits_a_screen() {
    let sandbox = Sandbox::new();
    for words in commands(&sandbox) {
        let limit = if words.is_empty() { 61 } else { 40 };
        let short = help(&sandbox, &words, "-h");
        assert!(short.lines().count() <= limit, "{words:?}: {}", short.lines().count());
        assert!(!short.contains("Examples:"), "{words:?}");
    }
}

#[test]
fn long_help_has_a_description_and_examples() {
    let sandbox = Sandbox::new();
    for words in commands(&sandbox) {
        let (short, long) = (help(&sandbox, &words, "-h"), help(&sandbox, &words, "--help"));
        assert!(long.lines().count() > short.lines().count(), "{words:?}");
        assert!(long.contains("\nExamples:\n  # "), "{words:?}: {long}");
        if words.len() == 1 {
            let (about, _) = long.split_once("\nUsage:").unwrap();
            assert!(about.contains("\n\n"), "{words:?} has no long description: {about}");
        }
    }
    let verify = sandbox.run(&["help", "verify"]).exits(0).stdout;
    assert!(verify.contains("Only a good token makes verify exit with 0"), "{verify}");
    assert!(verify.contains("tokctl verify --batch - <"), "{verify}");
}

#[test]
fn without_a_command_the_short_help_goes_to_standard_error() {
    let sandbox = Sandbox::new();
    let short = sandbox.run(&["-h"]).exits(0).remarks("").stdout;
    for args in [&[][..], &["--json"], &["-q"]] {
        sandbox.run::<&str>(args).exits(2).prints("").remarks(&short);
    }
}

#[test]
fn a_missing_subcommand_is_an_error_that_lists_all() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["settings"])
        .fails(2, "'tokctl settings' requires a subcommand: list, get, set or unset")
        .hints("`tokctl help settings` prints usage and examples");
}

#[test]
fn an_empty_database_option_is_an_error() {
    let sandbox = Sandbox::new();
    let error = "invalid value '' for '--database <DATABASE>': cannot be empty";
    for args in [&["create", "--database", ""][..], &["--database=", "create"]] {
        sandbox.run(args).fails(2, error);
    }
    sandbox.run(&["verify", "x", "--database", ""]).fails(2, error);
    assert!(!sandbox.database().exists());
}

/// What the examples refer to: alice and bob, tokens 1 to 8 of which 7 is CI, and files.
fn prepared() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob", "--email", "bob@example.com"]).exits(0);
    for name in ["one", "two", "three", "four", "five", "reports", "CI", "spare"] {
        sandbox.create(&["-q", "--name", name, "--scope", "posts.*", "--expires", "9d"]);
    }
    sandbox.run(&["create", "-q", "--name", "leaked", "--out", "leaked.secret"]).exits(0);
    sandbox
        .shell(
            "$TOKCTL create -q --count 3 --scope jobs.run > workers.secrets
             mkdir -p .zfunc .local/share/bash-completion/completions .config/fish/completions
             $TOKCTL backup -q tokens.backup",
        )
        .go()
        .exits(0);
    sandbox
}

/// clap wraps what it lays out. Our own layout must fit, and examples are copied and pasted.
#[test]
fn help_fits_80_columns_and_examples_are_never_wrapped() {
    let sandbox = Sandbox::new();
    for words in commands(&sandbox) {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let page = |columns| sandbox.terminal(columns, &[&["help"], &words[..]].concat()).ends().1;
        let (narrow, wide) = (page(80), page(200));
        for line in narrow.lines() {
            assert!(line.chars().count() <= 80, "{words:?}: {line}");
        }
        let examples = |text: &str| text.split_once("\nExamples:\n").unwrap().1.to_string();
        assert_eq!(examples(&narrow), examples(&wide), "{words:?}");
    }
}

#[test]
fn every_example_works() {
    let listing = Sandbox::new();
    for words in commands(&listing) {
        let text = help(&listing, &words, "--help");
        let (_, examples) = text.split_once("\nExamples:\n").unwrap();
        for line in examples.lines().map(str::trim).filter(|line| !line.starts_with("# ")) {
            // These need the database of another system, its server, or man.
            if ["database.sqlite", "mysql://", "postgres://", "| man "]
                .iter()
                .any(|part| line.contains(part))
            {
                continue;
            }
            let sandbox = prepared();
            prepare_for(&sandbox, line);
            let line = if line.starts_with("tokctl serve") { served(line) } else { line.into() };
            let script = format!(
                "PATH=\"${{TOKCTL%/*}}:$PATH\"\nset -e\n\
                 TOKEN=$(tokctl create -q --name mine --scope 'posts.*')\n{line}"
            );
            let ran = sandbox.shell(&script).go();
            assert_eq!(ran.code, Some(0), "{words:?}: {line}\n{ran:#?}");
        }
    }
}

/// An example of a server, which ends as soon as it listens. It gets an address that is free: others may run
/// this test at the same time.
fn served(line: &str) -> String {
    let line = line.replace("0.0.0.0:7380", "127.0.0.1:0").replace("/run/tokctl/", "");
    format!(
        "export TOKCTL_LISTEN=127.0.0.1:0
         {line} 2> log &
         wait_until 'grep -q listening log'
         kill -TERM $!
         wait $!"
    )
}

/// The files that must exist, or must not, for one example alone.
fn prepare_for(sandbox: &Sandbox, line: &str) {
    if line.contains("import jsonl tokens.jsonl") {
        sandbox.run(&["export", "--out", "tokens.jsonl"]).exits(0);
    }
    if line.contains("tokens.backup.gz | tokctl restore") {
        sandbox.shell("gzip tokens.backup").go().exits(0);
    }
    if line.contains("--tls-cert cert.pem") {
        sandbox
            .shell(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                 -subj /CN=tokctl -out cert.pem -keyout key.pem",
            )
            .go()
            .exits(0);
    }
    if line.ends_with("--secret - < app.secret") {
        sandbox.file("app.secret", "9f86d081884c7d659a2feaa0c55ad015\n");
    }
    if line == "tokctl backup tokens.backup" {
        std::fs::remove_file(sandbox.path("tokens.backup")).unwrap();
    }
}

#[test]
fn mistyped_commands_options_and_values_get_a_suggestion() {
    let sandbox = Sandbox::new();
    for (args, hint) in [
        (&["craete"][..], "did you mean create?"),
        (&["user", "lits"], "did you mean list?"),
        (&["list", "--stauts", "active"], "did you mean --status?"),
        (&["list", "--status", "actve"], "did you mean active?"),
        (&["settings", "get", "max-expire"], "did you mean max-expires?"),
        (&["import", "sanctm", "x"], "did you mean sanctum?"),
        // Words that other programs use.
        (&["delete", "7"], "did you mean revoke --delete?"),
        (&["log", "--tail", "5"], "did you mean --limit?"),
        (&["create", "--ttl", "30d"], "did you mean --expires?"),
        (&["user", "rm", "bob"], "did you mean remove?"),
        // Nothing is near, and a guess would only mislead.
        (&["restart"], "`tokctl --help` prints usage and examples"),
        (&["list", "--force"], "`tokctl help list` prints usage and examples"),
        (&["stats", "--tail", "5"], "`tokctl help stats` prints usage and examples"),
        (&["xyzzy"], "`tokctl --help` prints usage and examples"),
        (&["list", "-x"], "`tokctl help list` prints usage and examples"),
        (&["list", "--status", "x"], "`tokctl help list` prints usage and examples"),
    ] {
        sandbox.run(args).fails_somehow(2).hints(hint);
    }
}

#[test]
fn mistyped_names_get_a_suggestion() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "night backup"]);
    for (args, hint) in [
        (&["user", "show", "alcie"][..], "did you mean alice?"),
        (&["create", "--user", "Allice"], "did you mean alice?"),
        (&["show", "--name", "night bakcup"], "did you mean --name 'night backup'?"),
    ] {
        sandbox.run(args).fails_somehow(1).hints(hint);
    }
    let ran = sandbox.run(&["user", "show", "zoe"]).fails_somehow(1);
    assert!(!ran.stderr.contains("did you mean"), "{ran:#?}");
}

/// A shell runs the commands in backticks as they are, on a database that only --database names.
#[test]
fn suggested_commands_work_when_pasted() {
    for (given, args) in [
        ("", "list"),
        ("tokctl user add alice", "list --all"),
        ("tokctl create; tokctl revoke 1", "list"),
        ("tokctl user add alice", "show 99"),
        ("tokctl create", "show --name zzz"),
        ("tokctl create", "user show 'zoe b'"),
        ("tokctl user add zoe", "user add ZOE"),
        ("tokctl create; tokctl revoke 1", "rotate 1"),
        ("tokctl create; tokctl rotate 1 --overlap 1d", "rotate 1"),
        ("tokctl user add zoe; tokctl settings unset default-user", "create"),
        ("", "create --expires soon"),
        ("", "user frob"),
        ("", "verify --scope"),
        ("", "man frob"),
    ] {
        let sandbox = Sandbox::new();
        let run =
            |script: &str| sandbox.shell(&format!("tokctl() {{ \"$TOKCTL\" \"$@\"; }}\n{script}"));
        run(given).env("TOKCTL_DATABASE", "o'ther db").go().exits(0);
        let stderr = run(&format!("tokctl {args} --database \"o'ther db\" > stdout")).go().stderr;
        let commands: Vec<_> = stderr.split('`').skip(1).step_by(2).collect();
        assert!(!commands.is_empty(), "{args}: {stderr}");
        for command in commands {
            run(command).go().exits(0);
        }
        assert!(!sandbox.database().exists(), "{args}: {stderr}");
    }
}
