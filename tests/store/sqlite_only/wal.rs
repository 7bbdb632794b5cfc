//! A database that a server has open: readers go on while others write, and everything else works as
//! it does without.

use super::support::{add_user, beside, database, files, names, path_of, run_sql, set_mode, users};
use crate::support::{Database, Place, at, first, new_token, sqlite};
use std::fs;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokctl::store::{Access, Error, Location, Patience, Store, TokenQuery, restore};

const SIDE_FILES: [&str; 3] = ["tokctl.db", "tokctl.db-shm", "tokctl.db-wal"];

/// A database with alice, and a store that serves it.
fn served() -> Database {
    let database = database();
    database.user("alice");
    assert!(database.store.set_concurrent_readers(true).unwrap());
    database
}

fn at_once(database: &Database) -> Store {
    database.open(Access { patience: Patience::AtOnce, ..Access::default() })
}

/// Asks SQLite: closing the file itself would give up the locks that this process has on it.
fn is_write_ahead(location: &Location) -> bool {
    let connection = rusqlite::Connection::open(path_of(location)).unwrap();
    connection.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0)).unwrap() == "wal"
}

/// What somebody leaves who closes the database last, and does not put it back. No store is open.
fn abandoned() -> Place {
    let place = sqlite();
    Store::create(&place.location, |store| add_user(store, "alice").map(drop)).unwrap();
    run_sql(path_of(&place.location), "PRAGMA journal_mode = WAL");
    assert!(is_write_ahead(&place.location));
    assert_eq!(files(&place.location), ["tokctl.db"]);
    place
}

#[test]
fn a_reader_and_a_writer_do_not_lock_each_other_out() {
    let database = served();
    database.token(&new_token(1, 1));
    let other = at_once(&database);
    let mut added = false;
    database.read(|rows| {
        rows.look_up(&[])?;
        added = add_user(&other, "bob").is_ok();
        rows.tokens(&TokenQuery::default(), &mut |_| ControlFlow::Continue(()))
    });
    assert!(added);
    let write = other.write(|rows| {
        rows.set_replaced_by(1, None)?;
        assert_eq!(users(database.location()), ["alice", "bob"]);
        Ok::<_, Error>(())
    });
    write.unwrap();
}

#[test]
fn whoever_does_not_wait_reads_while_others_write_and_delete_much() {
    let database = served();
    let user = 1;
    let stop = AtomicBool::new(false);
    let reads = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let store = at_once(&database);
            let mut reads = 0;
            while !stop.load(Ordering::Relaxed) {
                store.read(|rows| rows.look_up(&[[7; 32]])).unwrap();
                reads += 1;
            }
            reads
        });
        let other = database.another();
        for round in 0..8u8 {
            let write = other.write(|rows| {
                for number in 0..5000u32 {
                    let mut token = new_token(user, round);
                    token.hash[..4].copy_from_slice(&number.to_be_bytes());
                    let id = rows.insert_token(&token)?;
                    if number % 2 == 0 {
                        rows.delete_token(id)?;
                    }
                }
                Ok::<_, Error>(())
            });
            write.unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(reads > 100, "{reads}");
}

#[test]
fn the_journal_is_put_back_at_the_end() {
    let database = served();
    add_user(&database.store, "bob").unwrap();
    assert!(is_write_ahead(database.location()));
    assert_eq!(files(database.location()), SIDE_FILES);
    assert!(!database.store.set_concurrent_readers(false).unwrap());
    assert!(!is_write_ahead(database.location()));
    assert_eq!(files(database.location()), ["tokctl.db"]);
    assert_eq!(names(&database.store), ["alice", "bob"]);
}

#[test]
fn while_somebody_else_has_it_open_the_journal_stays_and_the_last_who_wrote_puts_it_back() {
    let database = served();
    let other = database.another();
    add_user(&other, "bob").unwrap();
    let since = Instant::now();
    assert!(database.store.set_concurrent_readers(false).unwrap());
    assert!(since.elapsed() < Duration::from_secs(3));
    let location = database.location().clone();
    let Database { store, .. } = &database;
    assert_eq!(names(store), ["alice", "bob"]);
    assert!(is_write_ahead(&location));
    drop(other);
    assert!(is_write_ahead(&location), "the first store has it open");
    assert!(!store.set_concurrent_readers(false).unwrap());
    assert!(!is_write_ahead(&location));
}

#[test]
fn a_server_waits_for_a_writer_no_longer_than_about_a_second() {
    let database = database();
    let other = database.another();
    let since = Instant::now();
    let is_on = other.write(|rows| {
        rows.last_user_id()?;
        database.store.set_concurrent_readers(true)
    });
    assert!(!is_on.unwrap());
    assert!(since.elapsed() < Duration::from_secs(3));
    assert!(database.store.set_concurrent_readers(true).unwrap());
}

#[test]
fn whoever_writes_a_change_or_examines_puts_an_abandoned_journal_back() {
    let place = abandoned();
    let with_store = |work: fn(&Store)| work(&Store::open(&place.location).unwrap());
    with_store(|store| assert_eq!(names(store), ["alice"]));
    assert!(is_write_ahead(&place.location), "reading leaves it");
    with_store(|store| {
        store.record(|rows| rows.touch(&[1], at(1))).unwrap();
    });
    assert!(is_write_ahead(&place.location), "so does a verification");
    with_store(|store| assert_eq!(add_user(store, "bob").unwrap(), 2));
    assert!(!is_write_ahead(&place.location));
    assert_eq!(files(&place.location), ["tokctl.db"]);
    run_sql(path_of(&place.location), "PRAGMA journal_mode = WAL");
    with_store(|store| assert_eq!(store.problems(at(1000)).unwrap(), []));
    assert!(!is_write_ahead(&place.location));
}

#[test]
fn a_store_that_serves_makes_a_database_that_replaced_another_one_concurrent_too() {
    let database = served();
    let other = beside(database.location(), "other.db");
    Store::create(&other.clone().into(), |store| add_user(store, "bob").map(drop)).unwrap();
    fs::rename(&other, path_of(database.location())).unwrap();
    // What belonged to the other file.
    for side in &SIDE_FILES[1..] {
        let _ = fs::remove_file(beside(database.location(), side));
    }
    assert_eq!(names(&database.store), ["bob"]);
    assert!(is_write_ahead(database.location()));
    add_user(&database.store, "carol").unwrap();
    assert_eq!(users(database.location()), ["bob", "carol"]);
}

#[test]
fn the_log_of_a_large_write_does_not_stay_large() {
    let database = served();
    let insert = |byte: u8, count: u32| {
        database.write(|rows| {
            for number in 0..count {
                let mut token = new_token(1, byte);
                token.hash[..4].copy_from_slice(&number.to_be_bytes());
                token.name = "x".repeat(250);
                rows.insert_token(&token)?;
            }
            Ok(())
        });
    };
    let log = || fs::metadata(beside(database.location(), "tokctl.db-wal")).unwrap().len();
    insert(1, 60_000);
    assert!(log() > 20 << 20, "{}", log());
    // The first write starts the log again, and the second one finds it short.
    insert(2, 1);
    insert(3, 1);
    assert!(log() <= 16 << 20, "{}", log());
}

#[test]
fn a_backup_needs_no_files_beside_it() {
    let database = served();
    add_user(&database.store, "bob").unwrap();
    let backup = beside(database.location(), "backup");
    database.store.back_up(&backup, false, &mut |_, _| {}).unwrap();
    assert!(!is_write_ahead(&backup.clone().into()));
    set_mode(&backup, 0o400);
    assert_eq!(users(&backup.into()), ["alice", "bob"]);
    assert_eq!(files(database.location()), [&["backup"], &SIDE_FILES[..]].concat());
}

#[test]
fn a_server_sees_a_restored_database_and_goes_on() {
    let database = served();
    let backup = beside(database.location(), "backup");
    database.store.back_up(&backup, false, &mut |_, _| {}).unwrap();
    add_user(&database.store, "bob").unwrap();
    let kept = restore(&backup, database.location(), at(0), &mut |_, _| {}).unwrap().unwrap();
    assert_eq!(names(&database.store), ["alice"]);
    assert!(is_write_ahead(database.location()));
    assert!(!is_write_ahead(&kept.clone().into()));
    assert_eq!(users(&kept.into()), ["alice", "bob"]);
    add_user(&database.store, "carol").unwrap();
    assert_eq!(users(database.location()), ["alice", "carol"]);
    assert_eq!(database.store.problems(at(1000)).unwrap(), []);
}

/// Restores again and again while others write. Every change that was confirmed must be in a database
/// that was kept, or in the last one.
#[track_caller]
fn assert_that_restores_lose_nothing(database: &Database) {
    let backup = beside(database.location(), "backup");
    database.store.back_up(&backup, false, &mut |_, _| {}).unwrap();
    let stop = AtomicBool::new(false);
    let (added, kept) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let store = database.another();
            let (mut added, since) = (Vec::new(), Instant::now());
            while !stop.load(Ordering::Relaxed) && since.elapsed() < Duration::from_secs(60) {
                let name = format!("user{}", added.len());
                add_user(&store, &name).unwrap();
                added.push(name);
                // Without pauses, no restore gets its turn.
                thread::sleep(Duration::from_millis(10));
            }
            added
        });
        let mut kept = Vec::new();
        let since = Instant::now();
        while kept.len() < 6 && since.elapsed() < Duration::from_secs(30) {
            match restore(&backup, database.location(), at(0), &mut |_, _| {}) {
                Ok(path) => kept.push(path.unwrap()),
                // Nothing was changed.
                Err(Error::Busy | Error::Locked) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        stop.store(true, Ordering::Relaxed);
        (writer.join().unwrap(), kept)
    });
    // On a busy disk, both get few turns.
    assert!(!kept.is_empty());
    let mut found = users(database.location());
    found.extend(kept.iter().flat_map(|path| users(&path.clone().into())));
    let lost: Vec<_> = added.iter().filter(|name| !found.contains(name)).collect();
    assert!(lost.is_empty() && !added.is_empty(), "{lost:?} of {}", added.len());
    assert_eq!(database.store.problems(at(1000)).unwrap(), []);
}

#[test]
fn restores_lose_nothing_while_others_write() {
    assert_that_restores_lose_nothing(&database());
}

#[test]
fn restores_of_a_served_database_lose_nothing_while_others_write() {
    assert_that_restores_lose_nothing(&served());
}

#[test]
fn a_broken_database_is_replaced_while_a_server_has_it_open() {
    let database = served();
    let backup = beside(database.location(), "backup");
    database.store.back_up(&backup, false, &mut |_, _| {}).unwrap();
    add_user(&database.store, "bob").unwrap();
    let file = fs::OpenOptions::new().write(true).open(path_of(database.location())).unwrap();
    file.set_len(4096 + 7).unwrap();
    drop(file);
    restore(&backup, database.location(), at(0), &mut |_, _| {}).unwrap().unwrap();
    // The server's connections to the old file close after there is a log of the new one.
    let other = database.another();
    add_user(&other, "carol").unwrap();
    assert_eq!(names(&database.store), ["alice", "carol"]);
    add_user(&database.store, "dave").unwrap();
    assert_eq!(users(database.location()), ["alice", "carol", "dave"]);
    assert_eq!(database.store.problems(at(1000)).unwrap(), []);
}

#[test]
fn a_long_list_is_read_page_by_page_while_others_write() {
    let database = served();
    for byte in 0..4 {
        database.token(&new_token(1, byte));
    }
    let tokens = database.read(|rows| {
        first(2, |each| {
            rows.tokens(&TokenQuery::default(), &mut |token| {
                add_user(&at_once(&database), &format!("user{}", token.id)).unwrap();
                each(token)
            })
        })
    });
    assert_eq!(tokens.len(), 2);
}

#[test]
fn errors_of_a_server_do_not_close_the_database() {
    let database = served();
    let failed = database.try_write(|rows| rows.delete_token(99));
    assert_error!(failed, Error::NotFound);
    assert_eq!(files(database.location()), SIDE_FILES);
    let other = database.another();
    add_user(&other, "bob").unwrap();
    drop(other);
    assert!(is_write_ahead(database.location()));
}
