//! A backup in the place of the database, and what was there beside it.

use super::support::{
    beside, bytes_of_a_database, database, files, mode, names, path_of, run_sql, set_mode, users,
};
use crate::support::{Database, at};
use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use tokctl::store::{Error, Location, Result, Store, restore};

/// A database with alice and bob, and a backup from before bob was added.
fn with_backup() -> (Database, PathBuf) {
    let database = database();
    database.user("alice");
    let backup = beside(database.location(), "backup");
    database.store.back_up(&backup, false, &mut |_, _| {}).unwrap();
    database.user("bob");
    (database, backup)
}

/// Restores at 2027-01-15T08:00:00Z.
fn restore_to(location: &Location, backup: &Path) -> Result<Option<PathBuf>> {
    restore(backup, location, at(0), &mut |_, _| {})
}

const KEPT: &str = "tokctl.db.replaced-20270115T080000Z";

#[test]
fn the_replaced_database_is_kept() {
    let (database, backup) = with_backup();
    let kept = restore_to(database.location(), &backup).unwrap().unwrap();
    assert_eq!(kept, beside(database.location(), KEPT));
    assert_eq!(users(database.location()), ["alice"]);
    assert_eq!(users(&kept.clone().into()), ["alice", "bob"]);
    assert_eq!((mode(path_of(database.location())), mode(&kept)), (0o600, 0o600));
    assert_eq!(files(database.location()), ["backup", "tokctl.db", KEPT]);
}

#[test]
fn a_store_that_is_open_sees_the_restored_database() {
    let (database, backup) = with_backup();
    assert_eq!(names(&database.store), ["alice", "bob"]);
    restore_to(database.location(), &backup).unwrap();
    assert_eq!(names(&database.store), ["alice"]);
    database.user("carol");
    assert_eq!(users(database.location()), ["alice", "carol"]);
}

#[test]
fn two_restores_in_one_second_keep_both() {
    let (database, backup) = with_backup();
    let first = restore_to(database.location(), &backup).unwrap().unwrap();
    database.user("carol");
    let second = restore_to(database.location(), &backup).unwrap().unwrap();
    assert_eq!(second, beside(database.location(), &format!("{KEPT}-2")));
    assert_eq!(users(&first.into()), ["alice", "bob"]);
    assert_eq!(users(&second.into()), ["alice", "carol"]);
}

#[test]
fn a_missing_database_is_made_with_its_folders() {
    let (database, backup) = with_backup();
    let location: Location = beside(database.location(), "new/er/tokctl.db").into();
    assert_eq!(restore_to(&location, &backup).unwrap(), None);
    assert_eq!(users(&location), ["alice"]);
    assert_eq!(mode(path_of(&location)), 0o600);
    assert_eq!(mode(path_of(&location).parent().unwrap()), 0o700);
    assert_eq!(files(&location), ["tokctl.db"]);
}

#[test]
fn a_broken_database_is_replaced_and_kept() {
    let good = bytes_of_a_database();
    let mut overwritten = good.clone();
    overwritten[100..].fill(0x55);
    for bytes in [&b""[..], &[b'x'; 5000], &good[..good.len() - 7], &good[..8192], &overwritten] {
        let (database, backup) = with_backup();
        fs::write(path_of(database.location()), bytes).unwrap();
        let kept = restore_to(database.location(), &backup).unwrap().unwrap();
        assert_eq!(fs::read(&kept).unwrap(), bytes, "{}", bytes.len());
        assert_eq!(users(database.location()), ["alice"]);
        assert_eq!(mode(path_of(database.location())), 0o600);
    }
}

#[test]
fn what_a_crash_left_of_a_transaction_is_kept_with_the_broken_database() {
    let (database, backup) = with_backup();
    fs::write(path_of(database.location()), "").unwrap();
    fs::write(beside(database.location(), "tokctl.db-journal"), "left").unwrap();
    restore_to(database.location(), &backup).unwrap();
    assert_eq!(users(database.location()), ["alice"]);
    let journal = format!("{KEPT}-journal");
    assert_eq!(fs::read(beside(database.location(), &journal)).unwrap(), b"left");
    assert_eq!(files(database.location()), ["backup", "tokctl.db", KEPT, &journal]);
}

/// Asserts that a restore fails and changes nothing.
#[track_caller]
fn assert_refused(database: &Database, backup: &Path, is_expected: fn(&Error) -> bool) {
    let before = fs::read(path_of(database.location())).unwrap();
    let error = restore_to(database.location(), backup).unwrap_err();
    assert!(is_expected(&error), "{error:?}");
    assert_eq!(fs::read(path_of(database.location())).unwrap(), before);
    assert_eq!(files(database.location()), ["backup", "tokctl.db"]);
}

#[test]
fn the_database_of_another_program_is_not_replaced() {
    let (database, backup) = with_backup();
    run_sql(path_of(database.location()), "PRAGMA application_id = 7");
    assert_refused(&database, &backup, |error| matches!(error, Error::AnotherProgram));
}

#[test]
fn the_database_of_a_newer_version_is_not_replaced() {
    let (database, backup) = with_backup();
    run_sql(path_of(database.location()), "PRAGMA user_version = 99");
    assert_refused(&database, &backup, |error| {
        matches!(error, Error::SchemaTooNew { found: 99, known: 5 })
    });
}

#[test]
fn a_database_that_every_account_can_write_is_not_replaced() {
    let (database, backup) = with_backup();
    set_mode(path_of(database.location()), 0o606);
    assert_refused(&database, &backup, |error| matches!(error, Error::WorldWritable));
}

#[test]
fn a_directory_is_not_replaced() {
    let (database, backup) = with_backup();
    let folder: Location = path_of(database.location()).parent().unwrap().into();
    assert_error!(restore_to(&folder, &backup), Error::IsDirectory);
}

#[test]
fn progress_ends_with_all_pages() {
    let (database, backup) = with_backup();
    let pages = fs::metadata(&backup).unwrap().len() / 4096;
    let last = Cell::new((0, 0));
    let progress = &mut |done, total| last.set((done, total));
    restore(&backup, database.location(), at(0), progress).unwrap();
    assert_eq!(last.get(), (pages, pages));
}

#[test]
fn the_backup_is_left_alone() {
    let (database, backup) = with_backup();
    let before = fs::read(&backup).unwrap();
    restore_to(database.location(), &backup).unwrap();
    database.user("carol");
    assert_eq!(fs::read(&backup).unwrap(), before);
    drop(Store::open(&backup.into()).unwrap());
}
