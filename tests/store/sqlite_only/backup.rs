//! Backups: whole or not at all, over nothing that is there, and what can be restored.

use super::support::{
    add_user, beside, bytes_of_a_database, database, files, mode, names, path_of, run_sql, users,
};
use crate::support::{Database, new_user, sqlite};
use std::cell::Cell;
use std::fs;
use std::path::Path;
use tokctl::store::{Access, Error, NewUserRow, Patience, Result, Store, UserField, check_backup};

fn back_up(store: &Store, file: &Path, replace: bool) -> Result<()> {
    store.back_up(file, replace, &mut |_, _| {})
}

#[test]
fn a_backup_is_the_same_database() {
    let database = database();
    database.user("alice");
    let copy = beside(database.location(), "copy");
    back_up(&database.store, &copy, false).unwrap();
    database.user("bob");
    check_backup(&copy).unwrap();
    assert_eq!(mode(&copy), 0o600);
    assert_eq!(users(&copy.into()), ["alice"]);
    assert_eq!(files(database.location()), ["copy", "tokctl.db"]);
}

#[test]
fn an_existing_file_is_replaced_only_on_request() {
    let database = database();
    database.user("alice");
    let copy = beside(database.location(), "copy");
    fs::write(&copy, "precious").unwrap();
    match back_up(&database.store, &copy, false) {
        Err(Error::FileExists(path)) => assert_eq!(path, copy),
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(&copy).unwrap(), b"precious");
    back_up(&database.store, &copy, true).unwrap();
    assert_eq!(users(&copy.clone().into()), ["alice"]);
    assert_eq!(files(database.location()), ["copy", "tokctl.db"]);
}

#[test]
fn a_file_that_appears_meanwhile_is_not_replaced() {
    let database = database();
    let copy = beside(database.location(), "copy");
    let appear = &mut |_, _| fs::write(&copy, "precious").unwrap();
    assert_error!(database.store.back_up(&copy, false, appear), Error::FileExists(_));
    assert_eq!(fs::read(&copy).unwrap(), b"precious");
    assert_eq!(files(database.location()), ["copy", "tokctl.db"]);
}

#[test]
fn a_missing_folder_is_not_made() {
    let database = database();
    let copy = beside(database.location(), "missing/copy");
    match back_up(&database.store, &copy, false) {
        Err(Error::File { path, .. }) => assert_eq!(path, copy),
        other => panic!("{other:?}"),
    }
    assert_eq!(files(database.location()), ["tokctl.db"]);
}

#[test]
fn progress_ends_with_all_pages() {
    let database = database();
    let pages = fs::metadata(path_of(database.location())).unwrap().len() / 4096;
    let last = Cell::new((0, 0));
    let copy = beside(database.location(), "copy");
    database.store.back_up(&copy, false, &mut |done, total| last.set((done, total))).unwrap();
    assert_eq!(last.get(), (pages, pages));
}

#[test]
fn a_backup_can_be_made_with_read_access() {
    let database = database();
    database.user("alice");
    let reader = database.open(Access { read_only: true, ..Access::default() });
    let copy = beside(database.location(), "copy");
    back_up(&reader, &copy, false).unwrap();
    assert_eq!(users(&copy.into()), ["alice"]);
}

/// Makes a database so large that a backup takes several steps.
fn enlarge(database: &Database) {
    let large = "x".repeat(40 << 20);
    let row = NewUserRow { full_name: Some(&large), ..new_user("large") };
    database.write(|rows| rows.insert_user(&row));
}

#[test]
fn a_backup_ends_although_others_keep_writing() {
    let database = database();
    enlarge(&database);
    let other = database.open(Access { patience: Patience::AtOnce, ..Access::default() });
    let alice = add_user(&other, "alice").unwrap();
    let (steps, kept_out) = (Cell::new(0), Cell::new(0));
    let write = &mut |_, _| {
        steps.set(steps.get() + 1);
        assert!(steps.get() < 100, "it starts again and again");
        let step = steps.get().to_string();
        match other.write(|rows| rows.update_user(alice, UserField::FullName(Some(&step)))) {
            Err(Error::Locked) => kept_out.set(kept_out.get() + 1),
            written => written.unwrap(),
        }
    };
    let copy = beside(database.location(), "copy");
    database.store.back_up(&copy, false, write).unwrap();
    assert!(kept_out.get() > 0);
    check_backup(&copy).unwrap();
    assert_eq!(users(&copy.into()), ["alice", "large"]);
    // Nothing is left locked.
    add_user(&other, "bob").unwrap();
    assert_eq!(names(&database.store), ["alice", "bob", "large"]);
}

/// Why a file cannot be restored.
#[track_caller]
fn invalid(path: &Path) -> Error {
    match check_backup(path) {
        Err(Error::InvalidBackup(why)) => *why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_database_cannot_be_restored() {
    let place = sqlite();
    let file = path_of(&place.location);
    assert!(matches!(invalid(file), Error::Missing));
    assert!(matches!(invalid(file.parent().unwrap()), Error::IsDirectory));
    assert!(matches!(invalid(Path::new("/dev/null")), Error::NotAFile));
    fs::write(file, "").unwrap();
    assert!(matches!(invalid(file), Error::Empty));
    fs::write(file, [b'x'; 8192]).unwrap();
    assert!(matches!(invalid(file), Error::NotADatabase));
}

#[test]
fn another_programs_or_a_newer_database_cannot_be_restored() {
    let database = database();
    let file = path_of(database.location());
    run_sql(file, "PRAGMA user_version = 99");
    assert!(matches!(invalid(file), Error::SchemaTooNew { found: 99, known: 5 }));
    run_sql(file, "PRAGMA application_id = 7");
    assert!(matches!(invalid(file), Error::AnotherProgram));
}

#[test]
fn a_damaged_database_cannot_be_restored() {
    let place = sqlite();
    let file = path_of(&place.location);
    let bytes = bytes_of_a_database();
    for length in [bytes.len() - 1, bytes.len() - 4096, 4096] {
        fs::write(file, &bytes[..length]).unwrap();
        let error = invalid(file);
        assert!(matches!(error, Error::Truncated), "{length}: {error:?}");
    }
    let mut corrupt = bytes.clone();
    corrupt[4096..].fill(0x55);
    fs::write(file, corrupt).unwrap();
    let error = invalid(file);
    assert!(matches!(error, Error::Truncated | Error::Corrupt(_)), "{error:?}");
    fs::write(file, &bytes).unwrap();
    run_sql(
        file,
        "PRAGMA foreign_keys = OFF; INSERT INTO origins (origin, user_id) VALUES (zeroblob(32), 99)",
    );
    assert!(matches!(invalid(file), Error::Corrupt(_)));
}

#[test]
fn checking_a_backup_leaves_it_alone() {
    let database = database();
    let copy = beside(database.location(), "copy");
    back_up(&database.store, &copy, false).unwrap();
    let before = fs::read(&copy).unwrap();
    check_backup(&copy).unwrap();
    assert_eq!(fs::read(&copy).unwrap(), before);
    assert_eq!(files(database.location()), ["copy", "tokctl.db"]);
}
