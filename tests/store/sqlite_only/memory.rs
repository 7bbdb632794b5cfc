//! A database in memory, for rehearsals where there is no database yet.

use super::support::{add_user, names};
use crate::support::at;
use tokctl::store::{Error, Store};

#[test]
fn it_keeps_what_is_written_between_transactions() {
    let store = Store::in_memory().unwrap();
    add_user(&store, "alice").unwrap();
    assert_eq!(names(&store), ["alice"]);
    assert_eq!(names(&store.clone()), ["alice"]);
    assert!(store.location().is_none());
}

#[test]
fn each_is_a_database_of_its_own() {
    let stores = [Store::in_memory().unwrap(), Store::in_memory().unwrap()];
    add_user(&stores[0], "alice").unwrap();
    assert_eq!(names(&stores[1]), [""; 0]);
}

#[test]
fn it_has_no_problems() {
    assert_eq!(Store::in_memory().unwrap().problems(at(0)).unwrap(), []);
}

#[test]
fn it_has_one_transaction_at_a_time() {
    let store = Store::in_memory().unwrap();
    let second = store.read(|_| Ok::<_, Error>(store.read(|rows| rows.count_users())));
    assert_error!(second.unwrap(), Error::Unsupported(_));
    assert_eq!(names(&store), [""; 0]);
}
