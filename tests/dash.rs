//! `-` where a file is wanted: standard output, or standard input, and never a file of that name.

mod support;

use std::fs;
use std::process::{Command, Stdio};
use support::Sandbox;

/// Alice with a token, and its secret.
fn with_token() -> (Sandbox, String) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    (sandbox, secret)
}

/// Temporary files of tokctl's, in the sandbox or beside its database.
fn leftovers(sandbox: &Sandbox) -> Vec<String> {
    let folders = [sandbox.path(""), sandbox.path("data/tokctl"), sandbox.path("tmp")];
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name == "-" || name.contains("tokctl-")).collect()
}

#[test]
fn a_backup_goes_to_standard_output_and_comes_back() {
    let (sandbox, secret) = with_token();
    let script = "mkdir tmp && TMPDIR=$HOME/tmp \"$TOKCTL\" backup - > copy";
    sandbox.shell(script).go().exits(0).remarks("backed up to standard output\n");
    sandbox.run(&["revoke", "1"]).exits(0);
    sandbox.shell("\"$TOKCTL\" restore --yes - < copy").go().exits(0).remarks("");
    sandbox.tokctl(&["verify", "-"]).stdin(&secret).go().exits(0);
    assert_eq!(leftovers(&sandbox), Vec::<String>::new());
    assert_eq!(fs::read_dir(sandbox.path("tmp")).unwrap().count(), 0);
}

#[test]
fn a_backup_is_restored_where_there_is_no_database() {
    let (sandbox, secret) = with_token();
    let script = "\"$TOKCTL\" backup -q - | \"$TOKCTL\" --database new/t.db restore -";
    sandbox.shell(script).go().exits(0).remarks("");
    let verify = ["verify", "-", "--database", "new/t.db"];
    sandbox.tokctl(&verify).stdin(&secret).go().exits(0);
}

#[test]
fn a_backup_that_does_not_arrive_is_an_error() {
    let (sandbox, _) = with_token();
    let full = sandbox.tokctl(&["backup", "-"]).stdout_to("/dev/full").go();
    full.fails(4, "cannot write the output: No space left on device (os error 28)");
    let closed = sandbox.shell("\"$TOKCTL\" backup - >&-").go();
    closed.fails(4, "cannot back up to standard output: it is closed");
    let gone = sandbox.tokctl(&["backup", "-"]).stdout_to_nobody().go();
    gone.fails(4, "cannot write the output: Broken pipe (os error 32)");
}

#[test]
fn a_terminal_is_no_place_for_a_backup() {
    let (sandbox, _) = with_token();
    let (code, screen) = sandbox.terminal(80, &["backup", "-"]).ends();
    assert_eq!(code, Some(2));
    assert!(screen.starts_with("tokctl: cannot back up to standard output: it is a terminal\n"));
    let (code, screen) = sandbox.terminal(80, &["restore", "--yes", "-"]).ends();
    assert_eq!(code, Some(2));
    assert!(screen.starts_with("tokctl: cannot read standard input: it is a terminal\n"));
}

#[test]
fn only_a_whole_backup_is_restored_from_standard_input() {
    let (sandbox, secret) = with_token();
    let no_database = "cannot restore standard input: it is not a SQLite database";
    let restore =
        |script: &str| sandbox.shell(&format!("{script} | \"$TOKCTL\" restore -y -")).go();
    // Without end.
    restore("cat /dev/zero").fails(4, no_database);
    restore(":").fails(4, no_database);
    restore("\"$TOKCTL\" backup -q copy; head -c 5000 copy")
        .fails(4, "cannot restore standard input: it is corrupt or truncated");
    sandbox.tokctl(&["verify", "-"]).stdin(&secret).go().exits(0);
    assert_eq!(leftovers(&sandbox), Vec::<String>::new());
}

#[test]
fn without_yes_nothing_is_read_from_standard_input() {
    let (sandbox, _) = with_token();
    sandbox
        .tokctl(&["restore", "-"])
        .stdin("SQLite format 3\0")
        .go()
        .fails(2, "confirmation required: there is no terminal to ask at; pass --yes");
}

#[test]
fn a_signal_leaves_no_half_received_backup() {
    let (sandbox, _) = with_token();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tokctl"))
        .args(["restore", "--yes", "-"])
        .env("XDG_DATA_HOME", sandbox.path("data"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut pipe, b"SQLite format 3\0 and more").unwrap();
    while leftovers(&sandbox).is_empty() {
        std::thread::yield_now();
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
    drop(pipe);
    assert_eq!(leftovers(&sandbox), Vec::<String>::new());
}

#[test]
fn secrets_and_exports_go_to_standard_output() {
    let (sandbox, _) = with_token();
    let created = sandbox.run(&["create", "-q", "--out", "-"]).exits(0).stdout;
    sandbox.tokctl(&["verify", "-"]).stdin(created).go().exits(0);
    let rotated = sandbox.run(&["rotate", "1", "-q", "--out", "-"]).exits(0).stdout;
    sandbox.tokctl(&["verify", "-"]).stdin(rotated).go().exits(0);
    let exported = sandbox.run(&["export", "-q", "--out", "-"]).exits(0);
    exported.prints(&sandbox.run(&["export", "-q"]).stdout);
    assert_eq!(leftovers(&sandbox), Vec::<String>::new());
}

#[test]
fn a_folder_is_no_stream() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["man", "--out", "-"])
        .fails(2, "cannot write to -: the pages are written to a directory")
        .hints("`tokctl man` prints one page");
    assert_eq!(leftovers(&sandbox), Vec::<String>::new());
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let sandbox = Sandbox::with_alice();
    let lines = "\u{feff}{\"name\": \"a\"}\n";
    sandbox.tokctl(&["create", "-q", "--from", "-"]).stdin(lines).go().exits(0);
    let hash = "ab".repeat(32);
    let lines = format!("\u{feff}{{\"name\": \"b\", \"hash\": \"{hash}\"}}\n");
    sandbox.tokctl(&["import", "jsonl", "-"]).stdin(lines).go().exits(0);
    assert_eq!(sandbox.listed(&[]), [1, 2]);
}

/// A folder would have the password in its name, and a new database a good token.
#[test]
fn a_url_that_is_no_servers_is_no_file() {
    let sandbox = Sandbox::new();
    for named in [
        "mysql://u:hunter2@h/d",
        "postgres:/u:hunter2@h/d",
        " postgres://u:hunter2@h/d",
        "\"postgres://u:hunter2@h/d\"",
        "host=/x password=hunter2",
    ] {
        let option = sandbox.run(&["--database", named, "create"]).fails_somehow(2);
        let variable = sandbox.tokctl(&["create"]).env("TOKCTL_DATABASE", named).go();
        let variable = variable
            .fails(2, "invalid TOKCTL_DATABASE: must be a file or postgres://USER@HOST/DATABASE");
        for ran in [option, variable] {
            assert!(!ran.stderr.contains("hunter2"), "{ran:#?}");
        }
    }
    assert_eq!(std::fs::read_dir(sandbox.path("")).unwrap().count(), 0);
}
