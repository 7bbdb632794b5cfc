//! Help, and the examples in it: every one of them works as it stands.

mod support;

use support::Sandbox;

/// All commands, those below `user` and `settings` too, as words.
fn commands(sandbox: &Sandbox) -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    let names = |text: &str, from: &str| -> Vec<String> {
        let (_, rest) = text.split_once(from).unwrap();
        let (rest, _) = rest.split_once("\nOptions").unwrap();
        let lines = rest.lines().filter_map(|line| line.strip_prefix("  "));
        let lines = lines.filter(|line| !line.starts_with(' '));
        lines.map(|line| line.split(' ').next().unwrap().to_string()).collect()
    };
    for name in names(&sandbox.run(&["--help"]).stdout, "Usage:") {
        let help = sandbox.run(&["help", &name]).stdout;
        if help.contains("\nCommands:\n") {
            let below = names(&help, "\nCommands:\n").into_iter().filter(|below| below != "help");
            found.extend(below.map(|below| vec![name.clone(), below]));
        }
        found.push(vec![name]);
    }
    found.retain(|words| words.iter().all(|word| word != "help"));
    found
}

fn help(sandbox: &Sandbox, words: &[String], option: &str) -> String {
    let mut args = words.to_vec();
    args.push(option.to_string());
    let verify = words.first().is_some_and(|word| word == "verify");
    sandbox.run(&args).exits(if verify { 2 } else { 0 }).remarks("").stdout
}

#[test]
fn every_command_is_in_one_group() {
    let sandbox = Sandbox::new();
    let tops: Vec<_> = commands(&sandbox).into_iter().filter(|words| words.len() == 1).collect();
    assert_eq!(tops.len(), 19, "{tops:?}");
    // What bash completes is what there is, whatever the groups say.
    let all = sandbox.tokctl(&["--", "tokctl", ""]).env("TOKCTL_COMPLETE", "fish").go().exits(0);
    let all = all.stdout.lines().map(|line| line.split('\t').next().unwrap());
    let all: Vec<_> = all.filter(|name| !name.starts_with('-') && *name != "help").collect();
    for name in &all {
        let count = tops.iter().filter(|words| words[0] == *name).count();
        assert_eq!(count, 1, "{name} is in {count} groups");
    }
    assert_eq!(all.len(), tops.len());
}

#[test]
fn short_help_fits_a_screen() {
    let sandbox = Sandbox::new();
    for words in commands(&sandbox) {
        let most = if words.is_empty() { 60 } else { 40 };
        let short = help(&sandbox, &words, "-h");
        assert!(short.lines().count() <= most, "{words:?}: {}", short.lines().count());
        assert!(!short.contains("Examples:"), "{words:?}");
    }
}

#[test]
fn long_help_says_more_and_has_examples() {
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
    assert!(verify.contains("nothing but a good token makes it exit with 0"), "{verify}");
    assert!(verify.contains("tokctl verify --batch - <"), "{verify}");
}

/// What the examples speak of: alice and bob, tokens 1 to 8 of which 7 is CI, and files.
fn prepared() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob", "--email", "bob@example.com"]).exits(0);
    for name in ["one", "two", "three", "four", "five", "reports", "CI", "spare"] {
        sandbox.create(&["-q", "--name", name, "--scope", "posts.*", "--expires", "9d"]);
    }
    sandbox.run(&["create", "-q", "--name", "leaked", "--out", "leaked.secret"]).exits(0);
    sandbox
        .shell("$TOKCTL create -q --count 3 --scope jobs.run > workers.secrets; mkdir -p .zfunc .local/share/bash-completion/completions .config/fish/completions; $TOKCTL backup -q tokens.backup; $TOKCTL export -q --out tokens.jsonl.old")
        .go()
        .exits(0);
    sandbox
}

/// clap wraps what it lays out. What we lay out must not need that, and examples are to be copied.
#[test]
fn it_fits_eighty_columns() {
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
            let mut sandbox = prepared();
            // What other systems and man bring along is not there.
            if line.contains("database.sqlite") || line.contains("| man ") {
                continue;
            }
            sandbox = with_what_it_needs(sandbox, line);
            let script = format!(
                "tokctl() {{ \"$TOKCTL\" \"$@\"; }}\nset -e\n\
                 TOKEN=$(tokctl create -q --name mine --scope 'posts.*')\n{line}"
            );
            let ran = sandbox.shell(&script).go();
            assert_eq!(ran.code, Some(0), "{words:?}: {line}\n{ran:#?}");
        }
    }
}

fn with_what_it_needs(sandbox: Sandbox, line: &str) -> Sandbox {
    if line.contains("import jsonl tokens.jsonl") {
        sandbox.run(&["export", "--out", "tokens.jsonl"]).exits(0);
    }
    if line == "tokctl backup tokens.backup" {
        std::fs::remove_file(sandbox.path("tokens.backup")).unwrap();
    }
    sandbox
}

#[test]
fn what_is_mistyped_is_guessed() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "night backup"]);
    sandbox.run(&["craete"]).fails_somehow(2).hints("did you mean create?");
    sandbox.run(&["list", "--stauts", "active"]).fails_somehow(2).hints("did you mean --status?");
    sandbox.run(&["import", "sanctm", "x"]).fails_somehow(2).hints("did you mean sanctum?");
    sandbox.run(&["list", "-x"]).fails(2, "unknown option -x: this command has no such option");
    sandbox
        .run(&["list", "--status", "x"])
        .fails_somehow(2)
        .hints("`tokctl help list` shows what can be said, with examples");
    sandbox.run(&["list", "--status", "actve"]).fails_somehow(2).hints("did you mean active?");
    sandbox
        .run(&["settings", "get", "max-expire"])
        .fails_somehow(2)
        .hints("did you mean max-expires?");
    sandbox.run(&["user", "show", "alcie"]).fails_somehow(1).hints("did you mean alice?");
    sandbox.run(&["create", "--user", "Allice"]).fails_somehow(1).hints("did you mean alice?");
    sandbox
        .run(&["show", "--name", "night bakcup"])
        .fails_somehow(1)
        .hints("did you mean --name 'night backup'?");
    // Nothing is near, and a guess would only mislead.
    sandbox
        .run(&["user", "show", "zoe"])
        .fails_somehow(1)
        .hints("`tokctl user list` shows who there is, `tokctl user add zoe` adds one");
}

/// Whatever stands in backticks is run by a shell, as it stands, and works: on a database that
/// only --database names.
#[test]
fn what_is_suggested_works_when_pasted() {
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
        let told = run(&format!("tokctl {args} --database \"o'ther db\" > stdout")).go().stderr;
        let commands: Vec<_> = told.split('`').skip(1).step_by(2).collect();
        assert!(!commands.is_empty(), "{args}: {told}");
        for command in commands {
            run(command).go().exits(0);
        }
        assert!(!sandbox.database().exists(), "{args}: {told}");
    }
}
