//! Commands on a database that a server has open, or had: who can read it, whose the files beside it are,
//! and what the owner's commands put back.

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use support::{Sandbox, mode};
use tokctl::store::{Location, Store};

/// The account of a service that owns the database.
const SERVICE: u32 = 54321;

const SIDE_FILES: [&str; 2] = ["data/tokctl/tokctl.db-wal", "data/tokctl/tokctl.db-shm"];

/// A database with a token, and its secret.
fn sandbox() -> (Sandbox, String) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    (sandbox, secret)
}

/// The same as [`sandbox`]; it belongs to a service, and another account may only read it. `None` if root
/// does not run the tests.
fn readable() -> Option<(Sandbox, String)> {
    let (sandbox, secret) = sandbox();
    let (_, readers) = sandbox.stranger();
    if readers == sandbox_owner(&sandbox) {
        return None;
    }
    let folder = sandbox.path("data/tokctl");
    for (path, mode) in
        [(sandbox.path("data"), 0o750), (folder, 0o750), (sandbox.database(), 0o640)]
    {
        chown(&path, Some(SERVICE), Some(readers)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    Some((sandbox, secret))
}

fn sandbox_owner(sandbox: &Sandbox) -> u32 {
    let owner = fs::metadata(sandbox.path("")).unwrap();
    if owner.uid() == 0 { 0 } else { owner.gid() }
}

/// What a server does with the database: it stays open in this process.
fn serve(sandbox: &Sandbox) -> Store {
    let store = Store::open(&Location::from(sandbox.database())).unwrap();
    assert!(store.set_concurrent_readers(true).unwrap());
    store
}

/// Asks SQLite: closing the file itself would give up the locks that this process has on it.
fn is_write_ahead(sandbox: &Sandbox) -> bool {
    let mode = |row: &rusqlite::Row| row.get::<_, String>(0);
    sandbox.connection().query_row("PRAGMA journal_mode", [], mode).unwrap() == "wal"
}

fn has_side_files(sandbox: &Sandbox) -> [bool; 2] {
    SIDE_FILES.map(|file| sandbox.path(file).exists())
}

/// A process that has the database open, killed without a chance to clean up.
fn kill_a_process_that_has_it_open(sandbox: &Sandbox) {
    let script = "\"$TOKCTL\" log --follow >followed & wait_until '[ -s followed ]'; kill -KILL $!";
    sandbox.shell(script).go();
    assert_eq!(has_side_files(sandbox), [true, true]);
}

#[test]
fn an_account_that_may_only_read_verifies_while_a_server_runs_and_after_it() {
    let Some((sandbox, secret)) = readable() else { return };
    let verify = || sandbox.as_stranger(&["verify", &secret]).go();
    let server = serve(&sandbox);
    // What a server writes may be in the log alone.
    sandbox.run(&["user", "add", "bob"]).exits(0);
    verify().exits(0);
    sandbox.as_stranger(&["user", "show", "bob"]).go().exits(0);
    assert!(!server.set_concurrent_readers(false).unwrap());
    drop(server);
    assert_eq!(has_side_files(&sandbox), [false, false]);
    verify().exits(0);
}

#[test]
fn an_account_that_may_only_read_verifies_after_a_server_was_killed() {
    let Some((sandbox, secret)) = readable() else { return };
    sandbox.sql("PRAGMA journal_mode = WAL");
    kill_a_process_that_has_it_open(&sandbox);
    sandbox.as_stranger(&["verify", &secret]).go().exits(0);
    // What the owner's account recorded of it is in the log alone.
    sandbox.run(&["verify", &secret]).exits(0);
    sandbox.as_stranger(&["verify", &secret]).go().exits(0);
}

#[test]
fn a_database_that_a_server_left_behind_names_the_command_that_puts_it_back() {
    let Some((sandbox, secret)) = readable() else { return };
    sandbox.sql("PRAGMA journal_mode = WAL");
    assert_eq!(has_side_files(&sandbox), [false, false]);
    let database = sandbox.database();
    let why = "it was left by a server that is not running, and this account cannot write to it";
    let error = format!("database {}: {why}", database.display());
    let hint = "run `tokctl doctor` as the account that owns the database, or start the server";
    sandbox.as_stranger(&["verify", &secret]).go().fails(4, &error).hints(hint);
    sandbox.as_account(SERVICE, SERVICE, &["doctor", "-q"]).go().exits(0);
    assert!(!is_write_ahead(&sandbox));
    sandbox.as_stranger(&["verify", &secret]).go().exits(0);
}

#[test]
fn the_files_beside_the_database_of_another_account_belong_to_that_account() {
    let Some((sandbox, secret)) = readable() else { return };
    let server = serve(&sandbox);
    sandbox.run(&["user", "add", "bob"]).exits(0);
    for file in SIDE_FILES.map(|file| sandbox.path(file)) {
        let found = fs::metadata(&file).unwrap();
        assert_eq!((found.uid(), found.gid()), (SERVICE, sandbox.stranger().1), "{file:?}");
        assert_eq!(mode(&file), 0o640, "{file:?}");
    }
    let by_owner = |args: &[&str]| sandbox.as_account(SERVICE, SERVICE, args).go().exits(0);
    by_owner(&["user", "add", "carol"]);
    by_owner(&["verify", &secret]);
    drop(server);
    by_owner(&["user", "add", "dave"]);
    assert!(!is_write_ahead(&sandbox));
    assert_eq!(sandbox.json(&["user", "list"]).as_array().unwrap().len(), 5);
}

#[test]
fn every_command_works_while_a_server_runs() {
    let (sandbox, secret) = sandbox();
    let server = serve(&sandbox);
    let verify = |code| sandbox.run(&["verify", &secret]).exits(code);
    verify(0);
    assert_ne!(sandbox.number("SELECT last_used_at FROM tokens"), None);
    sandbox.run(&["backup", "copy"]).exits(0);
    sandbox.run(&["revoke", "1"]).exits(0);
    verify(1);
    sandbox.run(&["prune", "--grace", "0s"]).exits(0);
    sandbox.run(&["export"]).exits(0);
    sandbox.run(&["doctor", "-q"]).exits(0);
    assert_eq!(sandbox.listed(&["--all"]), [0i64; 0]);
    sandbox.run(&["restore", "copy", "--yes"]).exits(0);
    verify(0);
    assert!(is_write_ahead(&sandbox), "the server still has it open");
    assert_eq!(server.read(|rows| rows.count_users()).unwrap(), 2);
    assert!(!server.set_concurrent_readers(false).unwrap());
    assert_eq!(has_side_files(&sandbox), [false, false]);
    verify(0);
}

#[test]
fn a_change_puts_a_database_back_that_a_killed_server_left() {
    let (sandbox, secret) = sandbox();
    sandbox.sql("PRAGMA journal_mode = WAL");
    kill_a_process_that_has_it_open(&sandbox);
    // Verifying takes no time to clean up.
    sandbox.run(&["verify", &secret]).exits(0);
    assert_eq!(has_side_files(&sandbox), [true, true]);
    sandbox.create(&[]);
    assert!(!is_write_ahead(&sandbox));
    assert_eq!(has_side_files(&sandbox), [false, false]);
    sandbox.run(&["verify", &secret]).exits(0);
    sandbox.run(&["doctor", "-q"]).exits(0);
}
