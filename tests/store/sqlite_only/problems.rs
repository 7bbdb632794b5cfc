//! What is wrong with the file, its folder, or what is in it.

use super::support::{bytes_of_a_database, database, path_of, place_with, run_sql, set_mode};
use crate::support::{Database, at, new_token, unknown};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;
use tokctl::store::{Problem, Store};

fn problems(database: &Database) -> Vec<Problem> {
    database.store.problems(at(0)).unwrap()
}

#[test]
fn other_accounts_may_not_read_or_write_the_file() {
    let database = database();
    for (mode, expected) in [
        (0o600, vec![]),
        (0o640, vec![]),
        (0o604, vec![Problem::FilePermissions]),
        (0o620, vec![Problem::FilePermissions]),
    ] {
        set_mode(path_of(database.location()), mode);
        assert_eq!(problems(&database), expected, "{mode:o}");
    }
}

#[test]
fn other_accounts_may_not_replace_the_file() {
    let database = database();
    let folder = path_of(database.location()).parent().unwrap();
    for (mode, expected) in [
        (0o755, vec![]),
        (0o770, vec![Problem::FolderPermissions]),
        (0o707, vec![Problem::FolderPermissions]),
    ] {
        set_mode(folder, mode);
        assert_eq!(problems(&database), expected, "{mode:o}");
    }
}

#[test]
fn a_reference_to_a_missing_row() {
    let database = database();
    run_sql(
        path_of(database.location()),
        "PRAGMA foreign_keys = OFF;
         INSERT INTO origins (origin, user_id) VALUES (zeroblob(32), 99), (randomblob(32), 98)",
    );
    assert_eq!(problems(&database), [Problem::ForeignKeys(2)]);
}

#[test]
fn a_schema_that_was_changed_by_hand() {
    let database = database();
    let path = path_of(database.location());
    run_sql(path, "CREATE TABLE notes (text TEXT)");
    assert_eq!(problems(&database), [Problem::Schema { count: 1, version: 5 }]);
    run_sql(path, "DROP INDEX tokens_by_name; DROP TRIGGER tokens_bury");
    assert_eq!(problems(&database), [Problem::Schema { count: 3, version: 5 }]);
}

#[test]
fn an_index_that_contradicts_its_table() {
    let database = database();
    let user = database.user("alice");
    let index_another_column = |from: &str, to: &str| {
        run_sql(
            path_of(database.location()),
            &format!(
                "PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET sql = replace(sql, '({from})', '({to})')
                 WHERE name = 'tokens_by_user'"
            ),
        );
    };
    index_another_column("user_id", "name");
    database.another().write(|rows| rows.insert_token(&new_token(user, 1))).unwrap();
    index_another_column("name", "user_id");
    let found = database.another().problems(at(0)).unwrap();
    match found.as_slice() {
        [Problem::Integrity { count: 1, first }] => {
            assert_eq!(first, "row 1 missing from index tokens_by_user");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_page_that_is_overwritten() {
    let mut bytes = bytes_of_a_database();
    bytes[4096..].fill(0x55);
    let place = place_with(&bytes);
    let found = Store::open(&place.location).unwrap().problems(at(0)).unwrap();
    assert!(matches!(found.as_slice(), [Problem::Integrity { count: 1.., .. }]), "{found:?}");
}

#[test]
fn looking_waits_for_a_lock_even_after_recording() {
    let database = database();
    database.store.record(|rows| rows.touch(&[], at(1))).unwrap();
    let together = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            let other = rusqlite::Connection::open(path_of(database.location())).unwrap();
            other.execute_batch("BEGIN EXCLUSIVE").unwrap();
            together.wait();
            thread::sleep(Duration::from_millis(100));
            other.execute_batch("COMMIT").unwrap();
        });
        together.wait();
        assert_eq!(problems(&database), []);
    });
}

#[test]
fn a_row_of_several_verifications_in_the_future_is_one() {
    let database = database();
    database.attempts(&[unknown(at(5), 1), unknown(at(5), 2), unknown(at(0), 3)], 10);
    assert_eq!(problems(&database), [Problem::FutureTimes(1)]);
}
