//! A database in which a bit has flipped.

use super::support::{beside, database, path_of};
use crate::support::{hash, new_token};
use std::fs;
use tokctl::store::{Error, Store, TokenKey};

/// The entry of token 2 in the index leads to token 3.
#[test]
fn an_index_that_leads_to_another_token_lets_nobody_in() {
    let database = database();
    let owner = database.user("alice");
    for byte in 1..=3 {
        database.token(&new_token(owner, byte));
    }
    let path = path_of(database.location());
    let mut bytes = fs::read(path).unwrap();
    let wanted = hash(2);
    // In the index, the id follows the hash.
    let entry = bytes.windows(33).position(|bytes| bytes[..32] == wanted && bytes[32] == 2);
    bytes[entry.unwrap() + 32] = 3;
    fs::write(path, bytes).unwrap();
    let store = Store::open(database.location()).unwrap();
    assert_error!(store.read(|rows| rows.look_up(&[wanted])), Error::Corrupt(_));
    let found = store.read(|rows| rows.tokens_by_key(TokenKey::Hash(&wanted), 9)).unwrap();
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(store.read(|rows| rows.look_up(&[hash(1)])).unwrap().found.len(), 1);
}

#[test]
fn a_corrupt_database_does_not_replace_the_last_good_backup() {
    let database = database();
    let owner = database.user("alice");
    database.token(&new_token(owner, 7));
    let backup = beside(database.location(), "backup");
    database.store.back_up(&backup, false, &mut |_, _| {}).unwrap();
    let good = fs::read(&backup).unwrap();
    let path = path_of(database.location());
    let mut bytes = fs::read(path).unwrap();
    let wanted = hash(7);
    let entry = bytes.windows(32).position(|bytes| bytes == wanted).unwrap();
    bytes[entry] ^= 1;
    fs::write(path, bytes).unwrap();
    let store = Store::open(database.location()).unwrap();
    assert_error!(store.back_up(&backup, true, &mut |_, _| {}), Error::Corrupt(_));
    assert_eq!(fs::read(&backup).unwrap(), good);
    assert_eq!(super::support::files(database.location()), ["backup", "tokctl.db"]);
}
