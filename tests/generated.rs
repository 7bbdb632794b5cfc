//! The generated files in `completions/` and `man/`: they are up to date, and completion works in
//! the real shells. `sh .ci/generate` generates them from `src/cli/`.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use support::database::on_server;
use support::{Ran, Sandbox};

const SCRIPTS: [(&str, &str); 5] = [
    ("bash", "tokctl.bash"),
    ("zsh", "_tokctl"),
    ("fish", "tokctl.fish"),
    ("powershell", "_tokctl.ps1"),
    ("elvish", "tokctl.elv"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            let text = fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect()
}

#[test]
fn completion_scripts_are_up_to_date() {
    let sandbox = Sandbox::new();
    let generated = SCRIPTS.map(|(shell, file)| {
        (file.to_string(), sandbox.run(&["completions", shell]).exits(0).remarks("").stdout)
    });
    assert!(files(&root().join("completions")) == generated.into(), "run sh .ci/generate");
}

#[test]
fn manual_pages_are_up_to_date() {
    let sandbox = Sandbox::new();
    let remark = format!("{} manual pages written to pages\n", files(&root().join("man")).len());
    sandbox.run(&["man", "--out", "pages"]).exits(0).prints("").remarks(&remark);
    assert!(files(&root().join("man")) == files(&sandbox.path("pages")), "run sh .ci/generate");
}

#[test]
fn man_prints_one_page() {
    let sandbox = Sandbox::new();
    let page = &files(&root().join("man"))["tokctl-user-add.1"];
    sandbox.run(&["man", "user", "add"]).exits(0).prints(page);
    sandbox
        .run(&["man", "frobnicate"])
        .fails(1, "no such manual page: there is no such command")
        .hints("`tokctl --help` lists the commands");
}

#[test]
fn every_page_has_the_usual_sections() {
    for (name, page) in files(&root().join("man")) {
        for section in
            ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "FILES"]
        {
            let quoted = format!(".SH \"{section}\"");
            assert!(page.contains(&format!(".SH {section}\n")) || page.contains(&quoted), "{name}");
        }
        let (_, see_also) = page.split_once(".SH \"SEE ALSO\"").unwrap();
        for word in see_also.split("\\fB").skip(1) {
            let other = word.split("\\fR").next().unwrap().replace("\\-", "-");
            assert!(root().join(format!("man/{other}.1")).is_file(), "{name}: {other}");
        }
    }
}

#[test]
fn the_manual_passes_mandoc() {
    if !has("mandoc") {
        return;
    }
    let pages = fs::read_dir(root().join("man")).unwrap().map(|entry| entry.unwrap().path());
    let lint = Command::new("mandoc").args(["-T", "lint"]).args(pages).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&lint.stdout), "");
}

/// Whether a program is installed; `.ci/run` installs all of them.
fn has(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", "command -v \"$0\" > /dev/null", program])
        .status()
        .is_ok_and(|status| status.success())
}

/// Tokens 1 (CI, alice) and 2 (night backup, bob).
fn prepared() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob", "--full-name", "Bob Example"]).exits(0);
    sandbox.create(&["-q", "--name", "CI", "--scope", "posts.manage,metrics.read"]);
    sandbox.create(&["-q", "--name", "night backup", "--user", "bob", "--scope", "backup.*"]);
    sandbox
}

/// The candidates for the last of these words with their descriptions, as fish gets them.
fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let ran = ask(sandbox, "fish", words);
    ran.stdout.lines().map(str::to_string).collect()
}

/// Asks for completions as the script of a shell does.
fn ask(sandbox: &Sandbox, shell: &str, words: &[&str]) -> Ran {
    let index = (words.len() - 1).to_string();
    let run = sandbox.tokctl(&[&["--"], words].concat());
    let run = run.env("TOKCTL_COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", index);
    run.env("_CLAP_IFS", "\n").go().exits(0).remarks("")
}

#[test]
fn commands_and_options_are_offered_with_descriptions() {
    let sandbox = Sandbox::new();
    for (words, expected) in [
        (
            &["tokctl", "rot"][..],
            "rotate\tReplace the secret of a token, keeping owner, name and scopes",
        ),
        (&["tokctl", "rotate", "--over"], "--overlap\tHow long the old secret remains valid"),
    ] {
        assert_eq!(offered(&sandbox, words), [expected], "{words:?}");
    }
}

#[test]
fn tokens_users_scopes_and_settings_are_offered() {
    let sandbox = prepared();
    for (words, expected) in [
        (&["tokctl", "revoke", ""][..], &["2\tnight backup, bob", "1\tCI, alice"][..]),
        (&["tokctl", "log", "--token", "1"], &["1\tCI, alice"]),
        (&["tokctl", "list", "--user", "b"], &["bob\tBob Example"]),
        (&["tokctl", "user", "ban", "AL"], &["alice"]),
        (&["tokctl", "create", "--scope", "p"], &["posts.manage"]),
        (&["tokctl", "show", "--name", "n"], &["night backup"]),
        (
            &["tokctl", "settings", "get", "max"],
            &["max-expires\tthe longest time that a new token may be valid"],
        ),
    ] {
        let mut values = offered(&sandbox, words);
        values.retain(|line| !line.starts_with('-'));
        assert_eq!(values, expected, "{words:?}");
    }
}

#[test]
fn revoked_tokens_are_offered_to_show_and_log_only() {
    let sandbox = prepared();
    sandbox.run(&["revoke", "1"]).exits(0);
    for (words, expected) in [
        (&["tokctl", "show", "1"][..], &["1\tCI, alice"][..]),
        (&["tokctl", "log", "--token", "1"], &["1\tCI, alice"]),
        (&["tokctl", "rotate", "1"], &[]),
        (&["tokctl", "revoke", "1"], &[]),
    ] {
        assert_eq!(offered(&sandbox, words), expected, "{words:?}");
    }
}

#[test]
fn the_database_of_the_command_line_is_used() {
    let sandbox = prepared();
    sandbox.shell("$TOKCTL create -q --database other.db --name elsewhere").go().exits(0);
    let found = offered(&sandbox, &["tokctl", "--database", "other.db", "show", "1"]);
    assert!(found.len() == 1 && found[0].starts_with("1\telsewhere, "), "{found:?}");
}

#[test]
fn the_database_of_the_command_line_is_found_as_the_shell_finds_it() {
    let sandbox = prepared();
    sandbox.shell("mkdir 'my dir'; $TOKCTL create -q --database 'my dir/o.db'").go().exits(0);
    for (shell, words) in [
        ("fish", &["--database", "~/my dir/o.db"][..]),
        ("zsh", &["--database", r"~/my\ dir/o.db"]),
        ("zsh", &["--database", "'my dir/o.db'"]),
        ("bash", &["--database", r"~/my\ dir/o.db"]),
        ("bash", &["--database", "=", r"my\ dir/o.db"]),
        ("bash", &[r#"--database="my dir/o.db""#]),
    ] {
        let words = [&["tokctl"], words, &["list", "--user", ""]].concat();
        let offered = ask(&sandbox, shell, &words).stdout;
        assert!(!offered.is_empty() && !offered.contains("bob"), "{words:?}: {offered}");
    }
    // A shell expands no ~ in the middle of a word.
    let words = ["tokctl", "--database=~/my dir/o.db", "list", "--user", ""];
    assert_eq!(offered(&sandbox, &words), Vec::<String>::new());
}

#[test]
fn bash_gets_candidates_that_it_can_insert_as_they_are() {
    let sandbox = prepared();
    sandbox.shell("mkdir 'my dir'").go().exits(0);
    for (words, expected) in [
        (&["show", "--name", "n"][..], r"night\ backup"),
        (&["show", "--name", "=", "n"], r"night\ backup"),
        (&["restore", "~/my"], r"~/my\ dir/"),
        (&["backup", r"my\ d"], r"my\ dir/"),
    ] {
        let words = [&["tokctl"], words].concat();
        assert_eq!(ask(&sandbox, "bash", &words).stdout, expected, "{words:?}");
    }
}

#[test]
fn nothing_is_offered_that_would_be_an_option_or_act_on_a_terminal() {
    let sandbox = prepared();
    sandbox.sql(
        "INSERT INTO users (name, name_key, created_at)
         VALUES ('-u', '-u', 0), ('a' || char(155), 'a' || char(155), 0);
         UPDATE tokens SET name = 'x' || char(8238) WHERE id = 1;
         UPDATE tokens SET name = '-n', scopes = '-s backup.*' WHERE id = 2;
         INSERT INTO tokens (user_id, hash, name, scopes, hint, created_at)
         VALUES (2, randomblob(32), 'safe', 'a', 'tok_abcd', 0);",
    );
    for name in ["-file", "a\u{9b}2J", "a\u{202e}b"] {
        sandbox.file(name, "");
    }
    fs::create_dir_all(sandbox.path("data")).unwrap();
    for words in [
        &["tokctl", "list", "--user", ""][..],
        &["tokctl", "create", "--scope", ""],
        &["tokctl", "show", "--name", ""],
        &["tokctl", "create", "--out", ""],
        &["tokctl", "import", "--database", ""],
    ] {
        for shell in ["bash", "zsh", "fish"] {
            let offered = ask(&sandbox, shell, words).stdout;
            assert!(!offered.is_empty(), "{words:?}");
            let is_unsafe = |c: char| {
                c != '\n' && c != '\t' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c))
            };
            assert!(!offered.contains(is_unsafe), "{offered:?}");
            assert!(!offered.lines().any(|value| value.starts_with('-')), "{offered:?}");
        }
    }
}

#[test]
fn an_unreadable_database_offers_nothing_and_causes_no_error() {
    let words = ["tokctl", "list", "--user", ""];
    assert_eq!(offered(&Sandbox::without_tables(), &words), Vec::<String>::new());
    assert!(!Sandbox::new().database().exists());

    let sandbox = prepared();
    let lock = sandbox.lock_exclusively();
    let begun = Instant::now();
    assert_eq!(offered(&sandbox, &words), Vec::<String>::new());
    // Who waits for a lock does so for 5 seconds.
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(lock);

    if !on_server() {
        fs::write(sandbox.database(), "no database").unwrap();
        assert_eq!(offered(&sandbox, &words), Vec::<String>::new());
    }
}

#[test]
fn an_account_without_access_is_offered_nothing() {
    let sandbox = prepared();
    let run = sandbox.as_stranger(&["--", "tokctl", "list", "--user", "b"]);
    let ran = run.env("TOKCTL_COMPLETE", "fish").go().exits(0).remarks("");
    if !ran.stdout.is_empty() {
        // Only root can run it as another account.
        assert_eq!(ran.stdout, "bob\tBob Example\n");
    }
}

#[test]
fn no_environment_variable_makes_verify_succeed() {
    let sandbox = prepared();
    for shell in ["bash", "zsh", "fish", "1", ""] {
        for variable in ["COMPLETE", "TOKCTL_COMPLETE"] {
            let run = sandbox.tokctl(&["verify", "nonsense"]).env(variable, shell);
            run.go().exits(1).prints("rejected: malformed\n");
        }
    }
}

/// Runs a script in a shell that finds the built tokctl and the completions of this folder.
fn in_shell(sandbox: &Sandbox, shell: &str, script: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_tokctl")).parent().unwrap();
    let run = sandbox.shell(&format!("{shell} script"));
    fs::write(sandbox.path("script"), script).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display());
    let completions = root().join("completions");
    run.env("PATH", path).env("COMPLETIONS", completions).env("TERM", "xterm").go().stdout
}

#[test]
fn bash_completes() {
    if !has("bash") {
        return;
    }
    let sandbox = prepared();
    let script = r#"
. "$COMPLETIONS/tokctl.bash"
ask() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_TYPE=9 COMPREPLY=()
    _clap_complete_tokctl tokctl "${COMP_WORDS[COMP_CWORD]}" 2> /dev/null
    echo "${COMPREPLY[*]}"
}
ask tokctl rot
ask tokctl rotate --over
ask tokctl revoke 2
ask tokctl list --user b
ask tokctl show --name n
ask tokctl show --name = n
"#;
    let output = in_shell(&sandbox, "bash", script);
    assert_eq!(output, "rotate\n--overlap\n2\nbob\nnight\\ backup\nnight\\ backup\n");
}

#[test]
fn fish_completes() {
    if !has("fish") {
        return;
    }
    let sandbox = prepared();
    let script = r#"
source $COMPLETIONS/tokctl.fish
complete -C "tokctl rot"
complete -C "tokctl rotate --over"
complete -C "tokctl revoke 2"
complete -C "tokctl list --user b"
mkdir 'my dir'
complete -C "tokctl restore ~/my\\ d"
"#;
    assert_eq!(
        in_shell(&sandbox, "fish", script),
        "rotate\tReplace the secret of a token, keeping owner, name and scopes\n\
         --overlap\tHow long the old secret remains valid\n2\tnight backup, bob\nbob\tBob Example\n~/my dir/\n"
    );
}

#[test]
fn zsh_completes_from_the_first_attempt_on() {
    if !has("zsh") {
        return;
    }
    let sandbox = prepared();
    // With the same description as token 1.
    sandbox.create(&["-q", "--name", "CI"]);
    sandbox.shell("mkdir 'my dir'").go().exits(0);
    // Completion needs a terminal.
    let script = r#"
zmodload zsh/zpty
ask() {
    zpty z zsh -f -i
    zpty -w z "PS1=; fpath=($COMPLETIONS \$fpath); autoload -Uz compinit; compinit -u -d $HOME/.zcd; LISTMAX=999; echo rea''dy"
    zpty -r z line '*ready*'
    zpty -w -n z "$1"$'\t'
    zpty -r z line "$2"
    print -r -- "$line"
    zpty -d z
}
ask 'tokctl rota' '*rotate*'
ask 'tokctl rotate --overl' '*--overlap*'
ask 'tokctl list --user b' '*bob*'
ask 'tokctl restore ~/my' '*my*dir/*'
ask 'tokctl revoke ' '*CI, alice*--reason*'
"#;
    // What is not offered would be waited for without an end.
    let output = in_shell(&sandbox, "timeout 60 zsh -f", script);
    for part in ["tokctl rotate", "--overlap", "bob", "night backup, bob", "CI, alice"] {
        assert!(output.contains(part), "{part}: {output:?}");
    }
    assert!(output.contains(r"tokctl restore ~/my\ dir/"), "{output:?}");
    // Ids are what is expected; options come after them.
    let (id, option) = (output.find("CI, alice"), output.find("--reason"));
    assert!(id < option && option.is_some(), "{output:?}");
}

#[test]
fn the_manual_describes_every_option() {
    for (name, page) in files(&root().join("man")) {
        let lines: Vec<_> = page.lines().collect();
        let bare = lines.windows(2).find(|pair| {
            pair[0].starts_with("\\fB\\-") && (pair[1] == ".TP" || pair[1].starts_with(".SH"))
        });
        assert_eq!(bare, None, "{name}");
    }
}
