//! `restore`: replaces the database with a backup, and keeps the replaced database next to it.

mod support;

use rusqlite::Connection;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use support::{Sandbox, mode};

/// A database with two tokens, and their secrets. The backup `copy` contains only the first.
fn backed_up() -> (Sandbox, String, String) {
    let sandbox = Sandbox::with_alice();
    let before = sandbox.create(&["--name", "before"]);
    sandbox.run(&["backup", "copy"]).exits(0);
    let after = sandbox.create(&["--name", "after"]);
    (sandbox, before, after)
}

/// The replaced databases.
fn kept(sandbox: &Sandbox) -> Vec<PathBuf> {
    let entries = fs::read_dir(sandbox.path("data/tokctl")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut kept: Vec<_> =
        paths.filter(|path| path.to_str().unwrap().contains("db.replaced-")).collect();
    kept.sort();
    kept
}

#[track_caller]
fn assert_restored(sandbox: &Sandbox, before: &str, after: &str) {
    sandbox.run(&["verify", before]).exits(0);
    sandbox.run(&["verify", after]).exits(1);
    sandbox.run(&["doctor"]).exits(0);
    assert_eq!(mode(sandbox.database()), 0o600);
}

#[test]
fn without_a_terminal_yes_is_required() {
    let (sandbox, _, after) = backed_up();
    sandbox
        .run(&["restore", "copy"])
        .fails(2, "confirmation required: there is no terminal to ask at; pass --yes");
    sandbox.run(&["verify", &after]).exits(0);
    assert!(kept(&sandbox).is_empty());
}

#[test]
fn the_replaced_database_is_kept() {
    let (sandbox, before, after) = backed_up();
    let ran = sandbox.run(&["restore", "copy", "--yes"]).exits(0).remarks("");
    assert_restored(&sandbox, &before, &after);
    let kept = kept(&sandbox);
    assert_eq!(kept.len(), 1);
    let (database, kept) = (sandbox.database(), kept[0].to_str().unwrap());
    ran.prints(&format!(
        "restored {}; the replaced database is kept in {kept}\n",
        database.display()
    ));
    assert_eq!(mode(kept), 0o600);
    sandbox.run(&["verify", &after, "--database", kept]).exits(0);
}

#[test]
fn json_names_the_database_and_the_replaced_one() {
    let (sandbox, ..) = backed_up();
    let answer = sandbox.json(&["restore", "copy", "--yes"]);
    assert_eq!(answer["database"], sandbox.database().to_str().unwrap());
    assert_eq!(answer["kept"], kept(&sandbox)[0].to_str().unwrap());
}

#[test]
fn restores_within_one_second_keep_every_database() {
    let (sandbox, ..) = backed_up();
    for count in 1..=4 {
        sandbox.run(&["restore", "copy", "--yes"]).exits(0);
        assert_eq!(kept(&sandbox).len(), count);
    }
}

#[test]
fn a_replaced_database_can_be_restored() {
    let (sandbox, _, after) = backed_up();
    sandbox.run(&["restore", "copy", "--yes"]).exits(0);
    sandbox.run(&["verify", &after]).exits(1);
    sandbox.run(&["restore", kept(&sandbox)[0].to_str().unwrap(), "--yes"]).exits(0);
    sandbox.run(&["verify", &after]).exits(0);
}

/// Restores a file that is not a valid backup: the error says why, and nothing is changed.
#[track_caller]
fn assert_refused(sandbox: &Sandbox, file: &str, why: &str, hint: &str) {
    let before = fs::read(sandbox.database()).unwrap();
    sandbox
        .run(&["restore", file, "--yes"])
        .fails(4, &format!("cannot restore {file}: {why}"))
        .hints(hint);
    assert_eq!(fs::read(sandbox.database()).unwrap(), before, "{file}");
    assert!(kept(sandbox).is_empty(), "{file}");
}

/// Changes a database file behind tokctl's back.
fn change(sandbox: &Sandbox, name: &str, sql: &str) {
    Connection::open(sandbox.path(name)).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_file_that_is_not_a_database_is_refused() {
    let (sandbox, ..) = backed_up();
    sandbox.file("garbage", vec![b'x'; 8192]);
    sandbox.file("empty", "");
    change(&sandbox, "other", "CREATE TABLE t (a)");
    for (file, why) in [
        ("garbage", "it is not an SQLite database"),
        ("empty", "it is an empty file"),
        ("other", "it is another program's SQLite database"),
        ("data", "it is a directory"),
        ("/dev/null", "it is not a regular file"),
        ("missing", "it does not exist"),
    ] {
        assert_refused(&sandbox, file, why, "name another backup");
    }
}

#[test]
fn a_damaged_backup_is_refused() {
    let (sandbox, ..) = backed_up();
    let good = fs::read(sandbox.path("copy")).unwrap();
    sandbox.file("half", &good[..good.len() / 4096 / 2 * 4096]);
    sandbox.file("cut", &good[..good.len() - 100]);
    let mut corrupt = good.clone();
    corrupt[4096..20_000].fill(0x55);
    sandbox.file("corrupt", corrupt);
    sandbox.file("without-schema", &good);
    change(&sandbox, "without-schema", "PRAGMA user_version = 0");
    for file in ["half", "cut", "corrupt", "without-schema"] {
        assert_refused(&sandbox, file, "it is corrupt or truncated", "name another backup");
    }
    sandbox.file("dangling", &good);
    change(&sandbox, "dangling", "PRAGMA foreign_keys = OFF; UPDATE tokens SET user_id = 99");
    let why = "it is corrupt (rows refer to rows that do not exist)";
    assert_refused(&sandbox, "dangling", why, "name another backup");
}

#[test]
fn a_backup_with_a_newer_schema_is_refused() {
    let (sandbox, ..) = backed_up();
    let known = sandbox.number("PRAGMA user_version").unwrap();
    change(&sandbox, "copy", "PRAGMA user_version = 99");
    let why =
        format!("its schema is version 99, but this tokctl supports only versions up to {known}");
    assert_refused(&sandbox, "copy", &why, "install a newer tokctl");
}

#[test]
fn a_world_writable_backup_is_refused_until_the_hint_fixes_it() {
    let (sandbox, before, after) = backed_up();
    fs::set_permissions(sandbox.path("copy"), fs::Permissions::from_mode(0o666)).unwrap();
    let why = "every account can write to it, and could issue tokens";
    assert_refused(&sandbox, "copy", why, "chmod o-w copy");
    sandbox.shell("chmod o-w copy").go().exits(0);
    sandbox.run(&["restore", "copy", "--yes"]).exits(0);
    assert_restored(&sandbox, &before, &after);
}

#[test]
fn a_locked_backup_is_an_error() {
    let (sandbox, ..) = backed_up();
    let holder = Connection::open(sandbox.path("copy")).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let hint = "try again; `fuser copy` lists the processes that have it open";
    assert_refused(&sandbox, "copy", "another process keeps it locked", hint);
}

#[test]
fn the_database_is_not_restored_from_itself() {
    let (sandbox, _, after) = backed_up();
    let database = sandbox.database();
    let database = database.to_str().unwrap();
    sandbox
        .run(&["restore", database, "--yes"])
        .fails(2, &format!("cannot restore {database}: it is the database itself"))
        .hints("name a backup of it");
    assert!(kept(&sandbox).is_empty());
    sandbox.run(&["verify", &after]).exits(0);
}

#[test]
fn a_damaged_database_is_replaced_and_kept() {
    let (sandbox, before, after) = backed_up();
    let good = fs::read(sandbox.database()).unwrap();
    let mut corrupt = good.clone();
    corrupt[100..].fill(0x55);
    let mut inside = good.clone();
    inside[4096..].fill(0x55);
    let damaged = [vec![b'x'; 5000], Vec::new(), good[..good.len() - 7].to_vec(), corrupt, inside];
    for (round, bytes) in damaged.iter().enumerate() {
        fs::write(sandbox.database(), bytes).unwrap();
        sandbox.run(&["restore", "copy", "--yes"]).exits(0);
        assert_restored(&sandbox, &before, &after);
        assert_eq!(kept(&sandbox).len(), round + 1);
    }
}

#[test]
fn a_missing_database_is_restored_without_confirmation() {
    let (sandbox, before, after) = backed_up();
    fs::remove_dir_all(sandbox.path("data")).unwrap();
    let restored = format!("restored {}\n", sandbox.database().display());
    sandbox.run(&["restore", "copy"]).exits(0).prints(&restored);
    assert_restored(&sandbox, &before, &after);
    assert_eq!(mode(sandbox.path("data/tokctl")), 0o700);
}

#[test]
fn the_journal_of_an_interrupted_transaction_is_moved_away() {
    let (sandbox, before, after) = backed_up();
    let journal = PathBuf::from(format!("{}-journal", sandbox.database().display()));
    // A hot journal, as a power cut in the middle of a transaction leaves it.
    let writer = sandbox.connection();
    writer.execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN").unwrap();
    writer
        .execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
             INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at)
             SELECT randomblob(32), 'tok_aaaa', 'many', 2, '*', 0 FROM n",
        )
        .unwrap();
    let hot = fs::read(&journal).unwrap();
    assert!(hot.len() > 512);
    writer.execute_batch("ROLLBACK").unwrap();
    drop(writer);
    fs::write(&journal, hot).unwrap();
    fs::write(sandbox.database(), "").unwrap();
    sandbox.run(&["restore", "copy", "--yes"]).exits(0);
    assert!(!journal.exists());
    assert_restored(&sandbox, &before, &after);
}

#[test]
fn another_database_a_newer_schema_and_a_directory_are_not_replaced() {
    let (sandbox, ..) = backed_up();
    let known = sandbox.number("PRAGMA user_version").unwrap();
    change(&sandbox, "other", "CREATE TABLE t (a)");
    fs::copy(sandbox.path("copy"), sandbox.path("newer")).unwrap();
    change(&sandbox, "newer", "PRAGMA user_version = 99");
    let newer =
        format!("its schema is version 99, but this tokctl supports only versions up to {known}");
    for (database, why) in [
        ("other", "it is another program's SQLite database"),
        ("newer", &newer),
        ("data", "it is a directory"),
    ] {
        let before = fs::read(sandbox.path(database)).ok();
        sandbox
            .run(&["restore", "copy", "--yes", "--database", database])
            .fails(4, &format!("database {database}: {why}"));
        assert_eq!(fs::read(sandbox.path(database)).ok(), before);
    }
}

#[test]
fn a_locked_database_is_not_replaced() {
    let (sandbox, _, after) = backed_up();
    let database = sandbox.database();
    let error = format!("database {}: another process keeps it locked", database.display());
    for lock in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
        let holder = sandbox.connection();
        holder.execute_batch(lock).unwrap();
        sandbox.run(&["restore", "copy", "--yes"]).fails(4, &error);
        holder.execute_batch("ROLLBACK").unwrap();
        assert!(kept(&sandbox).is_empty());
        sandbox.run(&["verify", &after]).exits(0);
    }
}

#[test]
fn a_running_batch_sees_the_restored_database() {
    let (sandbox, before, after) = backed_up();
    let mut batch = Command::new(env!("CARGO_BIN_EXE_tokctl"))
        .args(["verify", "--batch", "-", "--database"])
        .arg(sandbox.database())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = batch.stdin.take().unwrap();
    let mut answers = BufReader::new(batch.stdout.take().unwrap()).lines();
    let mut is_active = |secret: &str| {
        writeln!(stdin, "{secret}").unwrap();
        answers.next().unwrap().unwrap().contains("\"active\":true")
    };
    assert!(is_active(&before) && is_active(&after));
    sandbox.run(&["restore", "copy", "--yes"]).exits(0);
    assert!(is_active(&before));
    assert!(!is_active(&after));
    drop(stdin);
    batch.wait().unwrap();
}
