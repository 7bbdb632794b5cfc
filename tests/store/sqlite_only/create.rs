//! A new file: its permissions, and what is left when it cannot be made.

use super::support::{add_user, beside, files, mode, path_of, place_with, set_mode, users};
use crate::support::sqlite;
use std::fs;
use std::path::Path;
use tokctl::store::{Error, Location, Result, Store};

fn create(location: &Location, name: &str) -> Result<()> {
    Store::create(location, |store| add_user(store, name).map(drop)).map(drop)
}

#[test]
fn a_new_file_is_for_its_account_alone() {
    let place = sqlite();
    create(&place.location, "alice").unwrap();
    assert_eq!(mode(path_of(&place.location)), 0o600);
    assert_eq!(files(&place.location), ["tokctl.db"]);
}

#[test]
fn missing_folders_are_made_for_the_account_alone() {
    let place = sqlite();
    let location: Location = beside(&place.location, "new/er/tokctl.db").into();
    create(&location, "alice").unwrap();
    assert_eq!(users(&location), ["alice"]);
    for folder in ["new", "new/er"] {
        assert_eq!(mode(&beside(&place.location, folder)), 0o700, "{folder}");
    }
}

#[test]
fn a_folder_that_exists_keeps_its_permissions() {
    let place = sqlite();
    let folder = path_of(&place.location).parent().unwrap();
    set_mode(folder, 0o755);
    create(&place.location, "alice").unwrap();
    assert_eq!(mode(folder), 0o755);
}

#[test]
fn a_seed_that_fails_leaves_no_file() {
    let place = sqlite();
    let created = Store::create(&place.location, |store| {
        add_user(store, "alice")?;
        Err::<(), _>(Error::Full)
    });
    assert_error!(created, Error::Full);
    assert_eq!(files(&place.location), [""; 0]);
}

#[test]
fn nobody_sees_a_database_before_it_is_seeded() {
    let place = sqlite();
    Store::create(&place.location, |store| {
        add_user(store, "alice")?;
        assert!(!path_of(&place.location).exists());
        Ok::<_, Error>(())
    })
    .unwrap();
    assert_eq!(users(&place.location), ["alice"]);
}

#[test]
fn whoever_is_faster_keeps_their_database() {
    let place = sqlite();
    Store::create(&place.location, |store| {
        add_user(store, "slow")?;
        create(&place.location, "fast")
    })
    .unwrap();
    assert_eq!(users(&place.location), ["fast"]);
    assert_eq!(files(&place.location), ["tokctl.db"]);
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    for bytes in [&b""[..], b"x"] {
        let place = place_with(bytes);
        create(&place.location, "alice").unwrap();
        assert_eq!(fs::read(path_of(&place.location)).unwrap(), bytes);
    }
}

#[test]
fn a_database_below_a_file_cannot_be_created() {
    let place = place_with(b"x");
    for below in ["tokctl.db", "folder/tokctl.db"] {
        let location = path_of(&place.location).join(below).into();
        assert_error!(create(&location, "alice"), Error::CannotOpen(_));
    }
    assert_eq!(fs::read(path_of(&place.location)).unwrap(), b"x");
}

#[test]
fn a_folder_that_takes_no_files() {
    let location = Location::from(Path::new("/proc/tokctl.db"));
    assert_error!(create(&location, "alice"), Error::Create(_));
}
