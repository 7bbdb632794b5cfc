//! `restore`: a backup in the place of the database, and what was there beside it.

mod support;

use rusqlite::Connection;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use support::{Sandbox, mode};

/// A backup with the token of the first secret; that of the second came after.
fn backed_up() -> (Sandbox, String, String) {
    let sandbox = Sandbox::with_alice();
    let before = sandbox.create(&["--name", "before"]);
    sandbox.run(&["backup", "copy"]).exits(0);
    let after = sandbox.create(&["--name", "after"]);
    (sandbox, before, after)
}

/// The databases that restores have replaced.
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
fn it_asks_and_keeps_what_it_replaces() {
    let (sandbox, before, after) = backed_up();
    sandbox.run(&["restore", "copy"]).fails(2, "this asks first: there is no terminal to ask at");
    sandbox.run(&["verify", &after]).exits(0);
    let told = sandbox.json(&["restore", "copy", "--yes"]);
    assert_restored(&sandbox, &before, &after);
    let kept = kept(&sandbox);
    assert_eq!(kept.len(), 1);
    assert_eq!(told["kept"], kept[0].to_str().unwrap());
    assert_eq!(mode(&kept[0]), 0o600);
    sandbox.run(&["verify", &after, "--database", kept[0].to_str().unwrap()]).exits(0);
    // Twice in a second is no hindrance.
    sandbox.run(&["restore", kept[0].to_str().unwrap(), "--yes"]).exits(0);
    sandbox.run(&["restore", "copy", "--yes"]).exits(0);
    assert_eq!(self::kept(&sandbox).len(), 3);
}

#[test]
fn what_is_no_backup_is_refused() {
    let (sandbox, _, after) = backed_up();
    let good = fs::read(sandbox.path("copy")).unwrap();
    sandbox.file("garbage", vec![b'x'; 8192]);
    sandbox.file("empty", "");
    sandbox.file("half", &good[..good.len() / 4096 / 2 * 4096]);
    sandbox.file("cut", &good[..good.len() - 100]);
    let mut corrupt = good.clone();
    corrupt[4096..20_000].fill(0x55);
    sandbox.file("corrupt", corrupt);
    sandbox.file("newer", &good);
    let change = |name: &str, sql: &str| {
        Connection::open(sandbox.path(name)).unwrap().execute_batch(sql).unwrap();
    };
    change("newer", "PRAGMA user_version = 99");
    change("other", "CREATE TABLE t (a)");
    sandbox.file("dangling", &good);
    change("dangling", "PRAGMA foreign_keys = OFF; UPDATE tokens SET user_id = 99");
    sandbox.file("bare", &good);
    change("bare", "PRAGMA user_version = 0");
    let database = sandbox.database();
    let bytes = fs::read(&database).unwrap();
    let names = [
        "garbage", "empty", "half", "cut", "corrupt", "newer", "other", "dangling", "bare", "data",
        "missing",
    ];
    for name in names {
        sandbox.run(&["restore", name, "--yes"]).fails_somehow(4);
        assert_eq!(fs::read(&database).unwrap(), bytes, "{name}");
    }
    sandbox.run(&["restore", "missing", "--yes"]).fails(4, "backup missing: there is no such file");
    let error = "nothing to restore: the backup is the database itself";
    sandbox.run(&["restore", database.to_str().unwrap(), "--yes"]).fails(2, error);
    assert!(kept(&sandbox).is_empty());
    sandbox.run(&["verify", &after]).exits(0);
}

#[test]
fn over_a_broken_a_cut_off_an_empty_and_a_missing_database() {
    let (sandbox, before, after) = backed_up();
    let good = fs::read(sandbox.database()).unwrap();
    let mut corrupt = good.clone();
    corrupt[100..].fill(0x55);
    let mut inside = good.clone();
    inside[4096..].fill(0x55);
    let broken = [vec![b'x'; 5000], Vec::new(), good[..good.len() - 7].to_vec(), corrupt, inside];
    for (round, bytes) in broken.iter().enumerate() {
        fs::write(sandbox.database(), bytes).unwrap();
        sandbox.run(&["restore", "copy", "--yes"]).exits(0);
        assert_restored(&sandbox, &before, &after);
        assert_eq!(kept(&sandbox).len(), round + 1);
    }
    fs::remove_dir_all(sandbox.path("data")).unwrap();
    let ran = sandbox.run(&["restore", "copy"]).exits(0);
    assert!(!ran.stdout.contains("replaced"), "{ran:#?}");
    assert_restored(&sandbox, &before, &after);
    assert_eq!(mode(sandbox.path("data/tokctl")), 0o700);
}

#[test]
fn what_was_left_of_a_transaction_is_moved_away_too() {
    let (sandbox, before, after) = backed_up();
    let journal = PathBuf::from(format!("{}-journal", sandbox.database().display()));
    // A transaction under way, as a power cut leaves it: the journal is not empty.
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
fn what_is_not_tokctls_stays() {
    let (sandbox, ..) = backed_up();
    let other = sandbox.path("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let newer = sandbox.path("newer.db");
    fs::copy(sandbox.path("copy"), &newer).unwrap();
    Connection::open(&newer).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    for path in [&other, &newer, &sandbox.path("data")] {
        let bytes = fs::read(path).ok();
        let path = path.to_str().unwrap();
        sandbox.run(&["restore", "copy", "--yes", "--database", path]).fails_somehow(4);
        assert_eq!(fs::read(path).ok(), bytes);
    }
}

#[test]
fn a_lock_is_respected_and_nothing_is_lost() {
    let (sandbox, _, after) = backed_up();
    for lock in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
        let holder = sandbox.connection();
        holder.execute_batch(lock).unwrap();
        let ran = sandbox.run(&["restore", "copy", "--yes"]).fails_somehow(4);
        assert!(ran.stderr.contains("locked by another process"), "{ran:#?}");
        holder.execute_batch("ROLLBACK").unwrap();
        assert!(kept(&sandbox).is_empty());
        sandbox.run(&["verify", &after]).exits(0);
    }
}

#[test]
fn a_verification_under_way_sees_the_restored_database() {
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
    let mut ask = |secret: &str| {
        writeln!(stdin, "{secret}").unwrap();
        answers.next().unwrap().unwrap().contains("\"active\":true")
    };
    assert!(ask(&before) && ask(&after));
    sandbox.run(&["restore", "copy", "--yes"]).exits(0);
    assert!(ask(&before));
    assert!(!ask(&after));
    drop(stdin);
    batch.wait().unwrap();
}
