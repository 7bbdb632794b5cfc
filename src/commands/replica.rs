//! The database to verify against, and its replica.

use super::context::Context;
use crate::cli::Replica;
use crate::error::{Error, Result};
use crate::store::{Access, Location, Patience, Store};
use std::time::Duration;

/// The database of the command line with its replica, if one is named. Then either may be away for a while.
pub fn open(replica: &Replica, access: Access, context: &Context) -> Result<Store> {
    match &replica.read_database {
        None => context.store(access),
        Some(location) => {
            let store = Store::at(context.location()?, access)?;
            Ok(store.with_replica(of(replica, location, access, context)?))
        }
    }
}

/// The database to record verifications in. Where a replica has answered, the database may be away, and
/// nobody waits for it.
pub fn to_record_in(replica: &Replica, store: &Store, context: &Context) -> Store {
    let access = Access { patience: Patience::AtOnce, ..Access::default() };
    let impatient = || Store::at(context.location().ok()?, access).ok();
    let of_its_own = replica.read_database.as_ref().and_then(|_| impatient());
    of_its_own.unwrap_or_else(|| store.clone())
}

/// The replica that a server asks, if one is named.
#[cfg(feature = "serve")]
pub fn of_server(replica: &Replica, context: &Context) -> Result<Option<Store>> {
    let Some(location) = &replica.read_database else { return Ok(None) };
    if location.path().is_some() || context.location()?.path().is_some() {
        let why = "a file is no replica and has none";
        return Err(Error::request("'--read-database' needs servers", why));
    }
    of(replica, location, Access::default(), context).map(Some)
}

fn of(replica: &Replica, location: &Location, access: Access, context: &Context) -> Result<Store> {
    let duration = |millis: i64| Duration::from_millis(millis.unsigned_abs());
    let max_staleness = replica.max_staleness.map(|span| duration(span.millis()));
    if max_staleness.is_some() && location.path().is_some() {
        return Err(Error::request("'--max-staleness' needs a server", "a file is no replica"));
    }
    let access = Access { read_only: true, patience: Patience::AtOnce, max_staleness, ..access };
    Store::at(location, access)
        .map_err(|error| Error::from(error).located(&context.out.tokctl, Some(location)))
}
