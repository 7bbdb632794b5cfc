//! Transactions: all or nothing, one snapshot, one writer after another, and stores that threads
//! share.

use crate::support::{Database, actor, at, attempt, hash, new_token, new_user, revoked};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};
use tokctl::domain::audit::Change;
use tokctl::domain::setting::Setting;
use tokctl::domain::time::Timestamp;
use tokctl::store::{
    Access, Attempts, Error, Field, LogQuery, Patience, ReadTransaction, RecordTransaction, Result,
    Sort, Store, TokenQuery, UserField, WriteTransaction,
};

conformance!(
    what_was_committed_is_seen_by_others,
    a_write_returns_what_its_work_returns,
    a_writer_sees_what_it_wrote,
    work_that_fails_is_rolled_back,
    work_that_fails_after_an_error_of_the_store_is_rolled_back,
    work_that_goes_on_after_an_error_of_the_store_is_all_there_or_told,
    work_that_panics_is_rolled_back,
    a_rehearsal_sees_what_it_wrote_and_leaves_nothing,
    a_rehearsal_that_fails_leaves_nothing,
    an_error_of_work_that_reads_is_returned,
    uncommitted_rows_are_not_seen_by_others,
    a_read_transaction_sees_one_snapshot,
    the_next_read_transaction_sees_a_new_snapshot,
    recording_fails_at_once_while_another_writes,
    a_last_use_waits_for_nothing_while_another_writes,
    what_is_recorded_is_there_when_nobody_is_in_the_way,
    what_is_not_recorded_whole_is_not_recorded,
    without_patience_every_write_fails_at_once_while_another_writes,
    a_write_after_recording_is_patient_again,
    a_database_opened_for_reading_can_be_read,
    a_database_opened_for_reading_cannot_be_written,
    readers_run_at_the_same_time,
    nobody_waits_for_whoever_reads_many_rows,
    a_transaction_that_writes_lets_nobody_in,
    no_update_is_lost_between_threads,
    threads_share_a_store,
    a_clone_is_the_same_database,
);

/// The setting that counts.
const COUNTER: Setting = Setting::AttemptsKept;

fn counter(rows: &mut dyn ReadTransaction) -> Result<u64> {
    Ok(rows.settings()?.get(COUNTER).map_or(0, |value| value.parse().unwrap()))
}

fn increment(rows: &mut dyn WriteTransaction) -> Result<()> {
    let next = counter(rows)? + 1;
    rows.set_setting(COUNTER, &next.to_string())
}

fn count(store: &Store) -> u64 {
    store.read(counter).unwrap()
}

fn add(store: &Store, name: &str) -> Result<i64> {
    store.write(|rows| rows.insert_user(&new_user(name)))
}

fn users(store: &Store) -> u64 {
    store.read(|rows| rows.count_users()).unwrap()
}

/// Why a test's own work fails.
#[derive(Debug)]
enum Failure {
    Refused(u8),
    Store(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Store(error)
    }
}

fn what_was_committed_is_seen_by_others(database: Database) {
    let other = database.another();
    assert_eq!(users(&other), 0);
    add(&database.store, "alice").unwrap();
    assert_eq!(users(&other), 1);
    add(&other, "bob").unwrap();
    assert_eq!(users(&database.store), 2);
}

fn a_write_returns_what_its_work_returns(database: Database) {
    let done = database.store.write(|rows| {
        rows.insert_user(&new_user("alice"))?;
        Ok::<_, Error>("done")
    });
    assert_eq!(done.unwrap(), "done");
}

fn a_writer_sees_what_it_wrote(database: Database) {
    database.write(|rows| {
        let user = rows.insert_user(&new_user("alice"))?;
        assert_eq!(rows.count_users()?, 1);
        let token = rows.insert_token(&new_token(user, 1))?;
        assert_eq!(rows.look_up(&[hash(1)])?.found[0].1.token.id, token);
        rows.delete_user(user)?;
        assert_eq!(rows.look_up(&[hash(1)])?.found.len(), 0);
        Ok(())
    });
}

fn work_that_fails_is_rolled_back(database: Database) {
    let kept = add(&database.store, "kept").unwrap();
    let result = database.store.write(|rows| {
        let user = rows.insert_user(&new_user("alice"))?;
        rows.insert_token(&new_token(user, 1))?;
        rows.set_setting(Setting::Prefix, "acme")?;
        rows.delete_user(kept)?;
        Err::<(), _>(Failure::Refused(7))
    });
    assert_error!(result, Failure::Refused(7));
    assert_eq!(users(&database.store), 1);
    assert!(database.find_user("kept").is_some());
    assert_eq!(database.token_ids(), [0i64; 0]);
    assert_eq!(database.read(|rows| rows.settings()).get(Setting::Prefix), None);
}

fn work_that_fails_after_an_error_of_the_store_is_rolled_back(database: Database) {
    let result = database.store.write(|rows| {
        let id = rows.insert_user(&new_user("alice"))?;
        rows.delete_user(id + 1)?;
        Ok::<_, Failure>(())
    });
    assert_error!(result, Failure::Store(Error::NotFound));
    assert_eq!(users(&database.store), 0);
    let result = database.try_write(|rows| {
        rows.insert_user(&new_user("alice"))?;
        rows.insert_user(&new_user("Alice"))
    });
    assert_error!(result, Error::Conflict(_));
    assert_eq!(users(&database.store), 0);
}

/// A backend may give up the whole transaction. It must say so.
fn work_that_goes_on_after_an_error_of_the_store_is_all_there_or_told(database: Database) {
    let kept = add(&database.store, "kept").unwrap();
    add(&database.store, "taken").unwrap();
    let written = database.store.write(|rows| {
        rows.insert_user(&new_user("alice"))?;
        assert_error!(
            rows.update_user(kept, UserField::Name("taken")),
            Error::Conflict(Field::UserName)
        );
        Ok::<_, Error>(())
    });
    assert_eq!(database.find_user("alice").is_some(), written.is_ok(), "{written:?}");
    assert!(database.find_user("kept").is_some());
}

fn work_that_panics_is_rolled_back(database: Database) {
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        database.try_write(|rows| -> Result<()> {
            rows.insert_user(&new_user("alice"))?;
            panic!("part of the test");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(users(&database.store), 0);
    add(&database.store, "bob").unwrap();
    assert_eq!(users(&database.another()), 1);
}

fn a_rehearsal_sees_what_it_wrote_and_leaves_nothing(database: Database) {
    let kept = add(&database.store, "kept").unwrap();
    let seen = database.store.rehearse(|rows| {
        rows.insert_user(&new_user("alice"))?;
        rows.insert_user(&new_user("bob"))?;
        rows.delete_user(kept)?;
        rows.count_users()
    });
    assert_eq!(seen.unwrap(), 2);
    assert_eq!(users(&database.store), 1);
    assert!(database.find_user("kept").is_some());
    add(&database.another(), "alice").unwrap();
}

fn a_rehearsal_that_fails_leaves_nothing(database: Database) {
    let result = database.store.rehearse(|rows| {
        rows.insert_user(&new_user("alice"))?;
        Err::<(), _>(Failure::Refused(7))
    });
    assert_error!(result, Failure::Refused(7));
    assert_eq!(users(&database.store), 0);
}

fn an_error_of_work_that_reads_is_returned(database: Database) {
    let result = database.store.read(|_| Err::<(), _>(Failure::Refused(7)));
    assert_error!(result, Failure::Refused(7));
    assert_eq!(users(&database.store), 0);
}

fn uncommitted_rows_are_not_seen_by_others(database: Database) {
    let other = database.another();
    database.write(|rows| {
        rows.insert_user(&new_user("alice"))?;
        assert_eq!(users(&other), 0);
        Ok(())
    });
    assert_eq!(users(&other), 1);
}

/// A backend may let the writer in or, as SQLite does with its rollback journal, keep it out. What
/// it may not do is show the reader a part of the change.
fn a_read_transaction_sees_one_snapshot(database: Database) {
    let other = database.open(Access { patience: Patience::AtOnce, ..Access::default() });
    let written = database.read(|rows| {
        assert_eq!(rows.count_users()?, 0);
        let written =
            other.write(|rows| rows.insert_user(&new_user("alice")).and_then(|_| increment(rows)));
        assert_eq!((rows.count_users()?, counter(rows)?), (0, 0));
        assert!(rows.user("alice")?.is_none());
        Ok(written)
    });
    let expected = match written {
        Ok(()) => 1,
        Err(Error::Locked) => 0,
        Err(other) => panic!("{other:?}"),
    };
    for store in [&database.store, &other] {
        assert_eq!((users(store), count(store)), (expected, expected));
    }
}

fn the_next_read_transaction_sees_a_new_snapshot(database: Database) {
    let other = database.another();
    for expected in 0..3 {
        assert_eq!(count(&database.store), expected);
        other.write(increment).unwrap();
    }
}

/// Whether it did not wait for a lock, which takes 5 seconds.
fn is_at_once(start: Instant) -> bool {
    start.elapsed() < Duration::from_secs(5)
}

/// Sets the last use of a token.
fn touch(rows: &mut dyn RecordTransaction) -> Result<()> {
    rows.touch(&[1], at(5))
}

fn last_use(store: &Store) -> Option<Timestamp> {
    store.look_up(&[hash(1)]).unwrap().found[0].1.token.last_used_at
}

/// How many verifications the log has.
fn attempts(store: &Store) -> usize {
    let (query, mut count) = (LogQuery { attempts: true, ..LogQuery::default() }, 0);
    let mut each = |_| {
        count += 1;
        ControlFlow::Continue(())
    };
    store.read(|rows| rows.log(&query, &mut each)).unwrap();
    count
}

/// A database with one token.
fn with_a_token(database: &Database) {
    let user = database.user("alice");
    assert_eq!(database.token(&new_token(user, 1)), 1);
}

/// Records a verification, of which the log keeps no other.
fn record_one(rows: &mut dyn RecordTransaction) -> Result<()> {
    let attempts = &[attempt(at(1), "unknown", 1)];
    rows.insert_attempts(Attempts { attempts, actor: &actor(), keep: 1 })
}

fn recording_fails_at_once_while_another_writes(database: Database) {
    let other = database.another();
    database.store.record(record_one).unwrap();
    database.store.record(record_one).unwrap();
    database.write(|rows| {
        assert_eq!(rows.trim_attempts(0)?, 1);
        let start = Instant::now();
        // The same row: a backend may let writers of different rows in.
        assert_error!(other.record(record_one), Error::Locked);
        assert!(is_at_once(start), "{:?}", start.elapsed());
        Ok(())
    });
    assert_eq!(attempts(&other), 0);
}

/// A backend may leave the token out, or fail. It may not wait.
fn a_last_use_waits_for_nothing_while_another_writes(database: Database) {
    with_a_token(&database);
    let other = database.another();
    database.write(|rows| {
        rows.set_revocation(1, revoked(at(1)).as_ref())?;
        let start = Instant::now();
        match other.record(touch) {
            Ok(()) | Err(Error::Locked) => {}
            Err(other) => panic!("{other:?}"),
        }
        assert!(is_at_once(start), "{:?}", start.elapsed());
        Ok(())
    });
    assert_eq!(last_use(&other), None);
}

fn what_is_recorded_is_there_when_nobody_is_in_the_way(database: Database) {
    with_a_token(&database);
    database.store.record(touch).unwrap();
    assert_eq!(last_use(&database.another()), Some(at(5)));
}

fn what_is_not_recorded_whole_is_not_recorded(database: Database) {
    with_a_token(&database);
    let failed = database.store.record(|rows| {
        touch(rows)?;
        rows.insert_attempts(Attempts {
            attempts: &[attempt(at(1), "unknown", 1)],
            actor: &actor(),
            keep: 5,
        })?;
        Err::<(), _>(Error::Locked)
    });
    assert_error!(failed, Error::Locked);
    assert_eq!(last_use(&database.store), None);
    assert_eq!(attempts(&database.store), 0);
}

fn without_patience_every_write_fails_at_once_while_another_writes(database: Database) {
    let other = database.open(Access { patience: Patience::AtOnce, ..Access::default() });
    database.store.record(record_one).unwrap();
    database.write(|rows| {
        increment(rows)?;
        assert_eq!(rows.trim_attempts(0)?, 1);
        let start = Instant::now();
        assert_error!(other.write(increment), Error::Locked);
        assert_error!(other.record(record_one), Error::Locked);
        assert!(is_at_once(start), "{:?}", start.elapsed());
        Ok(())
    });
    other.write(increment).unwrap();
    assert_eq!(count(&database.store), 2);
}

fn a_write_after_recording_is_patient_again(database: Database) {
    let other = database.another();
    other.record(touch).unwrap();
    let together = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            database.write(|rows| {
                increment(rows)?;
                together.wait();
                thread::sleep(Duration::from_millis(100));
                Ok(())
            });
        });
        together.wait();
        other.write(increment).unwrap();
    });
    assert_eq!(count(&other), 2);
}

fn a_database_opened_for_reading_can_be_read(database: Database) {
    database.write(increment);
    let reader = database.open(Access { read_only: true, ..Access::default() });
    assert_eq!(count(&reader), 1);
    database.write(increment);
    assert_eq!(count(&reader), 2);
}

fn a_database_opened_for_reading_cannot_be_written(database: Database) {
    let reader = database.open(Access { read_only: true, ..Access::default() });
    assert_error!(reader.write(increment), Error::ReadOnly);
    assert_error!(add(&reader, "alice"), Error::ReadOnly);
    assert_error!(reader.record(touch), Error::ReadOnly);
    assert_error!(reader.rehearse(increment), Error::ReadOnly);
    assert_eq!((count(&reader), users(&reader)), (0, 0));
}

fn readers_run_at_the_same_time(database: Database) {
    database.write(increment);
    let together = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                database.read(|rows| {
                    assert_eq!(counter(rows)?, 1);
                    // Every reader is within its transaction before any of them ends.
                    together.wait();
                    assert_eq!(counter(rows)?, 1);
                    Ok(())
                });
            });
        }
    });
}

/// A user, a token and a row of each kind in the log.
fn some_rows(database: &Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    database.change(at(1), &Change::default());
    database.attempts(&[attempt(at(2), "good", id)], 10);
}

/// Reads everything that can be long, and calls back for each row.
fn read_all(rows: &mut dyn ReadTransaction, mut each: impl FnMut()) -> Result<()> {
    let mut each = || {
        each();
        ControlFlow::Continue(())
    };
    for sort in [Sort::Id, Sort::Name, Sort::Created, Sort::Expires, Sort::LastUsed] {
        rows.tokens(&TokenQuery { sort, ..TokenQuery::default() }, &mut |_| each())?;
    }
    rows.users(None, &mut |_| each())?;
    rows.export(&mut |_| each())?;
    let all = LogQuery { attempts: true, changes: true, ..LogQuery::default() };
    rows.log(&all, &mut |_| each()).map(drop)
}

fn nobody_waits_for_whoever_reads_many_rows(database: Database) {
    some_rows(&database);
    let impatient = database.open(Access { patience: Patience::AtOnce, ..Access::default() });
    let mut writes = 0;
    database.read(|rows| {
        read_all(rows, || {
            impatient.write(increment).unwrap();
            writes += 1;
        })
    });
    // The export has its end, too, and the counter, which is a setting, unless it goes on in a snapshot of
    // before.
    assert!(matches!(writes, 11 | 12), "{writes}");
    assert_eq!(count(&database.store), writes);
}

fn a_transaction_that_writes_lets_nobody_in(database: Database) {
    some_rows(&database);
    let impatient = database.open(Access { patience: Patience::AtOnce, ..Access::default() });
    database.write(|rows| {
        increment(rows)?;
        let refused = || assert!(matches!(impatient.write(increment), Err(Error::Locked)));
        read_all(rows, refused)
    });
    assert_eq!(count(&database.store), 1);
}

fn no_update_is_lost_between_threads(database: Database) {
    let stores = [database.store.clone(), database.another()];
    let together = Barrier::new(8);
    thread::scope(|scope| {
        for thread in 0..8 {
            let (store, together) = (&stores[thread % 2], &together);
            scope.spawn(move || {
                together.wait();
                (0..10).for_each(|_| store.write(increment).unwrap());
            });
        }
    });
    assert_eq!(count(&database.store), 80);
}

fn threads_share_a_store(database: Database) {
    fn can_be_shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    can_be_shared(&database.store);
    let user = database.user("alice");
    let threads = (1..=8_u8).map(|byte| {
        let store = database.store.clone();
        thread::spawn(move || {
            let id = store.write(|rows| rows.insert_token(&new_token(user, byte))).unwrap();
            let found = store.read(|rows| rows.look_up(&[hash(byte)])).unwrap().found;
            assert_eq!(found[0].1.token.id, id);
            id
        })
    });
    let threads: Vec<_> = threads.collect();
    let mut ids: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(database.token_ids(), ids);
}

fn a_clone_is_the_same_database(database: Database) {
    let clone = database.store.clone();
    add(&clone, "alice").unwrap();
    assert_eq!(users(&database.store), 1);
    assert!(clone.location() == database.store.location());
}
