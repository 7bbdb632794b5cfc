//! `--out`: the file is whole or not there, whatever ends the program, and it is no file that matters.

mod support;

use rusqlite::Connection;
use std::fs;
use support::{Ran, Sandbox, mode, sqlite_only};

/// Runs a command that waits for a lock of the database, and sends it signals while its output is
/// unfinished.
fn signalled(sandbox: &Sandbox, command: &str, signals: &str) -> Ran {
    let lock = sandbox.lock_exclusively();
    let ran = sandbox
        .shell(&format!(
            "{command} &
             wait_until \"ls -A | grep -q '^[.]tokctl-'\"
             for signal in {signals}; do kill -$signal $!; done
             wait $!"
        ))
        .go();
    drop(lock);
    ran
}

/// The files in the current folder of the sandbox that may be an output.
fn outputs(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path("")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "data").collect()
}

#[test]
fn a_signal_leaves_no_file() {
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129), ("QUIT", 131)] {
        let sandbox = Sandbox::with_alice();
        // A shell lets its children ignore SIGINT and SIGQUIT.
        let script = "env --default-signal=INT,QUIT \"$TOKCTL\" create -q --out new";
        signalled(&sandbox, script, signal).exits(code);
        assert_eq!(outputs(&sandbox), [""; 0], "{signal}");
        assert_eq!(sandbox.live_tokens(), 0);
    }
}

#[test]
fn what_is_left_after_a_kill_does_not_make_the_next_run_fail() {
    let sandbox = Sandbox::with_alice();
    signalled(&sandbox, "\"$TOKCTL\" create -q --out new", "KILL").exits(137);
    assert!(!sandbox.path("new").exists());
    assert_eq!(outputs(&sandbox).len(), 1, "an unfinished file");
    sandbox.run(&["create", "-q", "--out", "new"]).exits(0);
    assert_eq!(outputs(&sandbox), ["new"]);
    assert_eq!(mode(sandbox.path("new")), 0o600);
}

#[test]
fn a_signal_that_is_ignored_is_left_ignored() {
    let sandbox = Sandbox::with_alice();
    let script = "(trap '' HUP; exec \"$TOKCTL\" create -q --out new)";
    signalled(&sandbox, script, "HUP TERM").exits(143);
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_before_anything_is_issued() {
    let sandbox = Sandbox::with_alice();
    sandbox.file("readable", "");
    for command in ["create -q", "list", "export"] {
        sandbox
            .shell(&format!("\"$TOKCTL\" {command} 1< readable"))
            .go()
            .fails(4, "cannot write the output: standard output is open for reading only");
    }
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(0));
    sandbox.shell("\"$TOKCTL\" create -q > /dev/null").go().exits(0);
}

#[test]
fn no_output_replaces_a_part_of_the_database() {
    sqlite_only!("the files beside the file");
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let before = sandbox.content();
    for suffix in ["-journal", "-wal", "-shm"] {
        let path = format!("data/../data/tokctl/tokctl.db{suffix}");
        for args in
            [&["create", "--out"][..], &["rotate", "1", "--out"], &["export", "--out"], &["backup"]]
        {
            sandbox
                .run(&[args, &[&path]].concat())
                .fails(2, &format!("cannot write {path}: it is a part of the database"))
                .hints("name another file");
        }
    }
    assert_eq!(sandbox.content(), before);
}

#[test]
fn a_file_size_limit_is_an_error() {
    sqlite_only!("a limit of the size of the file");
    let sandbox = Sandbox::new();
    let limited = |args: &str| sandbox.shell(&format!("ulimit -f 8; \"$TOKCTL\" {args}")).go();
    limited("create -q").fails_somehow(4);
    assert!(!sandbox.database().exists());
    sandbox.create(&["-q"]);
    limited("backup copy").fails_somehow(4);
    sandbox.run(&["backup", "copy"]).exits(0);
    limited("restore copy --yes").fails_somehow(4);
    let connection = Connection::open(sandbox.database()).unwrap();
    connection.execute("UPDATE users SET full_name = ?1", ["x".repeat(20_000)]).unwrap();
    limited("export -q --out new").fails_somehow(4);
    assert!(!sandbox.path("new").exists());
}
