//! A new database: its first administrator owns the tokens that name no owner.

use super::error::Result;
use super::handle::Admin;
use crate::domain::audit::Actor;
use crate::domain::setting::Setting;
use crate::domain::user::NewUser;
use crate::store::{Location, Store};

/// Creates the database unless there is one, with an administrator who is the `default-user`; upgrades
/// the tables of an older one on a server. Returns whether there was none.
///
/// # Errors
///
/// Whatever keeps it from being created; then there is no trace of it.
pub fn create_database(
    location: &Location,
    administrator: &NewUser,
    actor: &Actor,
) -> Result<bool> {
    Store::create(location, |store| fill(store, administrator, actor))
}

/// A store in memory with what a new database has. It is gone when the last handle is.
///
/// # Errors
///
/// When the administrator cannot be added.
pub fn create_in_memory(administrator: &NewUser, actor: &Actor) -> Result<Store> {
    let store = Store::in_memory()?;
    fill(&store, administrator, actor)?;
    Ok(store)
}

/// What every database has from the beginning.
fn fill(store: &Store, administrator: &NewUser, actor: &Actor) -> Result<()> {
    let admin = Admin::new(store.clone(), actor.clone());
    admin.add_user(administrator)?;
    admin.set_setting(Setting::DefaultUser, administrator.name.as_str())?;
    Ok(())
}
