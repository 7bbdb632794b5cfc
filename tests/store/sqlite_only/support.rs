//! Files in a folder, and what others may do to them.

use crate::support::{Database, Place, new_user, sqlite};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokctl::store::{Location, Result, Store};

/// An empty database.
pub fn database() -> Database {
    sqlite().into()
}

pub fn path_of(location: &Location) -> &Path {
    location.path().unwrap()
}

/// A file beside another one.
pub fn beside(location: &Location, name: &str) -> PathBuf {
    path_of(location).with_file_name(name)
}

/// The names of all files in the folder of a database, sorted.
pub fn files(location: &Location) -> Vec<String> {
    let folder = fs::read_dir(path_of(location).parent().unwrap()).unwrap();
    let mut names: Vec<_> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs SQL on a database as another program would. A new file is for this account alone.
pub fn run_sql(path: &Path, sql: &str) {
    let is_new = !path.exists();
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
    if is_new {
        set_mode(path, 0o600);
    }
}

/// A place with a file of these bytes.
pub fn place_with(bytes: &[u8]) -> Place {
    let place = sqlite();
    fs::write(path_of(&place.location), bytes).unwrap();
    set_mode(path_of(&place.location), 0o600);
    place
}

/// The bytes of a database with the user alice.
pub fn bytes_of_a_database() -> Vec<u8> {
    let database = database();
    database.user("alice");
    fs::read(path_of(database.location())).unwrap()
}

pub fn add_user(store: &Store, name: &str) -> Result<i64> {
    store.write(|rows| rows.insert_user(&new_user(name)))
}

/// The names of the users in a database.
pub fn users(location: &Location) -> Vec<String> {
    names(&Store::open(location).unwrap())
}

pub fn names(store: &Store) -> Vec<String> {
    let names = store.read(|rows| rows.user_names(usize::MAX)).unwrap();
    names.into_iter().map(|(name, _)| name).collect()
}
