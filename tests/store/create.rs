//! Opening a database and creating one.

use crate::support::{Database, Place, new_user};
use std::sync::Barrier;
use std::thread;
use tokctl::store::{self, Error, Field, Result, Store};

conformance!(
    nothing_can_be_opened_where_nothing_is,
    a_new_database_has_what_the_seed_wrote,
    a_new_database_without_a_seed_is_empty,
    a_database_that_exists_is_left_alone,
    a_seed_that_fails_leaves_nothing,
    a_seed_that_panics_leaves_nothing,
    of_those_who_create_at_once_one_wins,
    a_store_knows_its_location,
);

fn add_user(store: &Store, name: &str) -> Result<()> {
    store.write(|rows| rows.insert_user(&new_user(name)).map(drop))
}

/// Creates a database with one user.
fn create_with(place: &Place, name: &str) -> Result<()> {
    Store::create(&place.location, |store| add_user(store, name)).map(drop)
}

/// The names of the users there.
fn users(place: &Place) -> Vec<String> {
    let store = Store::open(&place.location).unwrap();
    let names = store.read(|rows| rows.user_names(usize::MAX)).unwrap();
    names.into_iter().map(|(name, _)| name).collect()
}

fn nothing_can_be_opened_where_nothing_is(place: Place) {
    assert_error!(Store::open(&place.location), Error::Missing | Error::NoTables);
    assert!(!store::exists(&place.location).unwrap());
}

fn a_new_database_has_what_the_seed_wrote(place: Place) {
    create_with(&place, "alice").unwrap();
    assert!(store::exists(&place.location).unwrap());
    assert_eq!(users(&place), ["alice"]);
}

fn a_new_database_without_a_seed_is_empty(place: Place) {
    Store::create(&place.location, |_| Ok::<_, Error>(())).unwrap();
    assert!(store::exists(&place.location).unwrap());
    assert_eq!(users(&place), [""; 0]);
}

fn a_database_that_exists_is_left_alone(place: Place) {
    create_with(&place, "alice").unwrap();
    let mut seeded = false;
    Store::create(&place.location, |_| {
        seeded = true;
        Ok::<_, Error>(())
    })
    .unwrap();
    assert!(!seeded);
    assert_eq!(users(&place), ["alice"]);
}

/// An error that is not the store's own.
#[derive(Debug)]
enum SeedError {
    Refused,
    Store(Error),
}

impl From<Error> for SeedError {
    fn from(error: Error) -> Self {
        SeedError::Store(error)
    }
}

fn a_seed_that_fails_leaves_nothing(place: Place) {
    let refused = Store::create(&place.location, |store| {
        add_user(store, "alice")?;
        Err(SeedError::Refused)
    });
    assert_error!(refused, SeedError::Refused);
    assert!(!store::exists(&place.location).unwrap());
    assert_error!(Store::open(&place.location), Error::Missing | Error::NoTables);
    let failed = Store::create(&place.location, |store| {
        add_user(store, "alice")?;
        Ok::<_, SeedError>(add_user(store, "Alice")?)
    });
    assert_error!(failed, SeedError::Store(Error::Conflict(Field::UserName)));
    assert!(!store::exists(&place.location).unwrap());
    create_with(&place, "bob").unwrap();
    assert_eq!(users(&place), ["bob"]);
}

fn a_seed_that_panics_leaves_nothing(place: Place) {
    let created = thread::scope(|scope| {
        let location = &place.location;
        let seed = |store: &Store| -> Result<()> {
            add_user(store, "alice")?;
            panic!("part of the test");
        };
        scope.spawn(move || Store::create(location, seed)).join()
    });
    assert!(created.is_err());
    assert!(!store::exists(&place.location).unwrap());
    create_with(&place, "bob").unwrap();
    assert_eq!(users(&place), ["bob"]);
}

fn of_those_who_create_at_once_one_wins(place: Place) {
    let names = ["alice", "bob", "carol", "dave"];
    let together = Barrier::new(names.len());
    let location = &place.location;
    let seen: Vec<_> = thread::scope(|scope| {
        let threads = names.map(|name| {
            let together = &together;
            scope.spawn(move || {
                together.wait();
                Store::create(location, |store| add_user(store, name)).unwrap();
                let store = Store::open(location).unwrap();
                store.read(|rows| rows.user_names(usize::MAX)).unwrap()
            })
        });
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(seen[0].len(), 1);
    assert!(names.contains(&seen[0][0].0.as_str()));
    assert!(seen.iter().all(|others| *others == seen[0]), "{seen:?}");
}

fn a_store_knows_its_location(database: Database) {
    assert!(database.store.location() == Some(database.location()));
}
