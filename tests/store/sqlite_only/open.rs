//! Files that can be opened, and what is told about one that cannot.

use super::support::{
    add_user, beside, bytes_of_a_database, database, files, names, path_of, place_with, run_sql,
    set_mode, users,
};
use crate::support::{all, at, sqlite};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};
use tokctl::store::{Access, Error, Location, Patience, Store, TokenQuery};

/// The schema version of this build.
const VERSION: i64 = 5;

fn read_only() -> Access {
    Access { read_only: true, ..Access::default() }
}

/// Opens a file with every access: each fails alike and changes nothing.
fn opening(location: &Location) -> Error {
    let before = fs::read(path_of(location)).ok();
    let error = Store::open(location).err().unwrap();
    let reading = Store::open_with(location, read_only()).err().unwrap();
    assert_eq!(error.to_string(), reading.to_string());
    assert_eq!(fs::read(path_of(location)).ok(), before);
    error
}

#[test]
fn a_missing_file() {
    let place = sqlite();
    assert!(matches!(opening(&place.location), Error::Missing));
    assert_eq!(files(&place.location), [""; 0]);
}

#[test]
fn a_file_in_a_missing_folder() {
    let place = sqlite();
    let location = beside(&place.location, "missing/tokctl.db").into();
    assert!(matches!(opening(&location), Error::Missing));
}

#[test]
fn a_link_to_a_missing_file() {
    let place = sqlite();
    symlink("elsewhere", path_of(&place.location)).unwrap();
    assert!(matches!(opening(&place.location), Error::Missing));
}

#[test]
fn a_directory() {
    let place = sqlite();
    fs::create_dir(path_of(&place.location)).unwrap();
    assert!(matches!(opening(&place.location), Error::IsDirectory));
}

#[test]
fn a_device() {
    let location = Location::from(Path::new("/dev/null"));
    assert_error!(Store::open(&location), Error::NotAFile);
}

#[test]
fn a_file_below_a_file() {
    let place = place_with(b"x");
    let location = path_of(&place.location).join("tokctl.db").into();
    assert!(matches!(opening(&location), Error::CannotOpen(_)));
}

#[test]
fn an_empty_file() {
    let place = place_with(b"");
    assert!(matches!(opening(&place.location), Error::Empty));
}

#[test]
fn a_file_that_is_not_a_database() {
    for bytes in [&b"hello\n"[..], &[b'x'; 8192], &[0; 8192], b"SQLite format 3\0"] {
        let place = place_with(bytes);
        let error = opening(&place.location);
        assert!(matches!(error, Error::NotADatabase), "{:?}: {error:?}", bytes.len());
    }
}

#[test]
fn a_database_of_another_program() {
    let place = sqlite();
    run_sql(path_of(&place.location), "CREATE TABLE tokens (id INTEGER)");
    assert!(matches!(opening(&place.location), Error::AnotherProgram));
    run_sql(path_of(&place.location), "PRAGMA application_id = 7");
    assert!(matches!(opening(&place.location), Error::AnotherProgram));
}

#[test]
fn a_schema_of_a_newer_version() {
    let database = database();
    run_sql(path_of(database.location()), "PRAGMA user_version = 99");
    let error = opening(database.location());
    assert!(matches!(error, Error::SchemaTooNew { found: 99, known: VERSION }), "{error:?}");
}

#[test]
fn a_file_that_every_account_can_write() {
    let database = database();
    set_mode(path_of(database.location()), 0o602);
    assert!(matches!(opening(database.location()), Error::WorldWritable));
    set_mode(path_of(database.location()), 0o660);
    Store::open(database.location()).unwrap();
}

#[test]
fn a_file_that_was_cut_off() {
    let bytes = bytes_of_a_database();
    // Within a page, at the end of one, and after the header.
    for length in [bytes.len() - 1, bytes.len() - 4096, 4096 + 100, 4096] {
        let place = place_with(&bytes[..length]);
        let error = opening(&place.location);
        assert!(matches!(error, Error::Truncated), "{length}: {error:?}");
    }
}

#[test]
fn a_file_whose_schema_is_overwritten() {
    let mut bytes = bytes_of_a_database();
    bytes[100..4096].fill(0x55);
    let place = place_with(&bytes);
    let error = match Store::open(&place.location) {
        Err(error) => error,
        Ok(store) => store.read(|rows| rows.count_users()).unwrap_err(),
    };
    assert!(matches!(error, Error::Truncated | Error::Corrupt(_)), "{error:?}");
}

#[test]
fn a_table_that_is_overwritten() {
    let mut bytes = bytes_of_a_database();
    bytes[4096..].fill(0x55);
    let place = place_with(&bytes);
    let store = Store::open(&place.location).unwrap();
    assert_error!(store.read(|rows| rows.count_users()), Error::Corrupt(_));
}

/// A database of an old version with alice and her token.
fn old_database(version: i64) -> crate::support::Place {
    let schema = [
        include_str!("../../fixtures/schema/v1.sql"),
        include_str!("../../fixtures/schema/v2.sql"),
    ];
    let place = sqlite();
    let path = path_of(&place.location);
    schema.iter().take(version as usize).for_each(|step| run_sql(path, step));
    run_sql(
        path,
        &format!(
            "PRAGMA application_id = 0x746f6b63;
             PRAGMA user_version = {version};
             INSERT INTO users (name, name_key, created_at) VALUES ('Alice', 'alice', 0);
             INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at)
             VALUES (zeroblob(32), 'tok_aaaa', 'CI', 1, '*', 0);"
        ),
    );
    place
}

#[test]
fn an_older_schema_is_upgraded() {
    for version in [1, 2] {
        let place = old_database(version);
        let store = Store::open(&place.location).unwrap();
        let tokens = store.read(|rows| all(|each| rows.tokens(&TokenQuery::default(), each)));
        let tokens = tokens.unwrap();
        assert_eq!(tokens.len(), 1);
        assert_eq!((tokens[0].name.as_str(), tokens[0].owner.name.as_str()), ("CI", "Alice"));
        assert_eq!((tokens[0].replaces, tokens[0].source.as_str()), (None, "tokctl"));
        assert_eq!(store.problems(tokens[0].created_at).unwrap(), [], "{version}");
        add_user(&store, "bob").unwrap();
    }
}

#[test]
fn an_older_schema_is_left_alone_when_opened_for_reading() {
    for version in [1, 2] {
        let place = old_database(version);
        let before = fs::read(path_of(&place.location)).unwrap();
        match Store::open_with(&place.location, read_only()).err() {
            Some(Error::SchemaTooOld { found }) => assert_eq!(found, version),
            other => panic!("{other:?}"),
        }
        assert_eq!(fs::read(path_of(&place.location)).unwrap(), before);
    }
}

#[test]
fn a_schema_that_is_not_what_it_says_cannot_be_upgraded() {
    let database = database();
    run_sql(path_of(database.location()), "PRAGMA user_version = 1");
    assert_error!(Store::open(database.location()), Error::SchemaUpgrade(_));
    run_sql(path_of(database.location()), &format!("PRAGMA user_version = {VERSION}"));
    Store::open(database.location()).unwrap();
}

#[test]
fn a_path_is_never_a_uri() {
    let place = sqlite();
    for name in ["file:a.db", "a.db?mode=memory", "a%20b.db", ":memory:"] {
        let location: Location = beside(&place.location, name).into();
        Store::create(&location, |store| add_user(store, "alice").map(drop)).unwrap();
        assert!(path_of(&location).is_file(), "{name}");
        assert_eq!(users(&location), ["alice"], "{name}");
    }
}

#[test]
fn a_link_leads_to_its_database() {
    let database = database();
    database.user("alice");
    let link = beside(database.location(), "link");
    symlink(path_of(database.location()), &link).unwrap();
    assert_eq!(users(&link.into()), ["alice"]);
}

#[test]
fn a_database_that_disappears_is_missing() {
    let database = database();
    fs::remove_file(path_of(database.location())).unwrap();
    assert_error!(Store::open(database.location()), Error::Missing);
    assert_eq!(files(database.location()), [""; 0]);
}

#[test]
fn a_locked_file_fails_at_once_without_patience() {
    let database = database();
    let impatient = Access { patience: Patience::AtOnce, ..Access::default() };
    let store = database.open(impatient);
    let other = rusqlite::Connection::open(path_of(database.location())).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let start = Instant::now();
    assert_error!(Store::open_with(database.location(), impatient), Error::Locked);
    assert_error!(store.read(|rows| rows.count_users()), Error::Locked);
    assert_error!(store.problems(at(0)), Error::Locked);
    // Who waits for a lock does so for 5 seconds.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(names(&store), [""; 0]);
}

#[test]
fn the_memory_for_pages_can_be_set() {
    let database = database();
    database.user("alice");
    for cache in [0, 4096, 64 << 20, usize::MAX] {
        let store = database.open(Access { cache: Some(cache), ..Access::default() });
        assert_eq!(names(&store), ["alice"], "{cache}");
    }
}
