//! A database that is open, whatever its backend.

use super::backend::{
    Access, Backend, Connection, Patience, Pipeline, ReadTransaction, RecordTransaction,
    WriteTransaction,
};
use super::error::{Error, Result};
use super::location::Location;
#[cfg(feature = "postgres")]
use super::postgres;
use super::records::{LookUp, Problem};
use super::replica::{Replica, ReplicaPipeline};
use super::retry::Retry;
use super::sqlite::{self, TokenCache};
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a look-up believes that the database at its location is still the same one. To ask is a
/// system call that walks the whole path, one of five of a look-up. Whoever replaces a database cannot tell which requests of that moment
/// were answered before, and nothing is written into the old one.
const LOOK_UP_AGE: Duration = Duration::from_millis(1);

/// A database that is open. It can be cloned and shared between threads: each transaction has a
/// connection of its own, which is kept for later ones.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    replica: Option<Arc<Replica<Store>>>,
}

/// See [`Store::pipelines`].
pub struct Pipelines {
    /// Asks the database.
    pub database: Arc<dyn Pipeline>,
    /// Asks the replica first, if there is one.
    pub anywhere: Arc<dyn Pipeline>,
}

struct Shared {
    location: Option<Location>,
    backend: Box<dyn Backend>,
    idle: Mutex<Vec<Box<dyn Connection>>>,
    /// While readers are to go on: a connection that keeps them going, whatever becomes of the others.
    held: Mutex<Option<Box<dyn Connection>>>,
}

impl Store {
    /// Opens a database that exists. An account that may only read the file can read the database;
    /// an older schema is upgraded.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being opened.
    pub fn open(location: &Location) -> Result<Self> {
        Store::open_with(location, Access::default())
    }

    /// The same with other access.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being opened.
    pub fn open_with(location: &Location, access: Access) -> Result<Self> {
        Store::at(location, access)?.opened()
    }

    /// The same with a cache that other stores of the database share.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being opened.
    pub fn open_with_cache(
        location: &Location,
        access: Access,
        cache: Option<TokenCache>,
    ) -> Result<Self> {
        Store::of(Some(location.clone()), backend(location, access, cache)?, Vec::new()).opened()
    }

    fn opened(self) -> Result<Self> {
        let connection = self.shared.backend.connect()?;
        locked(&self.shared.idle).push(connection);
        Ok(self)
    }

    /// A database that is opened when it is used: it may not be there now.
    ///
    /// # Errors
    ///
    /// When the location cannot be one.
    pub fn at(location: &Location, access: Access) -> Result<Self> {
        Ok(Store::of(Some(location.clone()), backend(location, access, None)?, Vec::new()))
    }

    /// The database of a cache, only to record: what is recorded leaves everything in the cache valid.
    pub fn for_recording(cache: &TokenCache) -> Self {
        Store::of(None, Box::new(sqlite::ForRecording(cache.clone())), Vec::new())
    }

    /// The same with a replica of it, which [`Store::look_up`] and [`Store::read_anywhere`] ask first.
    #[must_use]
    pub fn with_replica(self, replica: Store) -> Self {
        Store { replica: Some(Arc::new(Replica::new(replica))), ..self }
    }

    fn of(
        location: Option<Location>,
        backend: Box<dyn Backend>,
        connections: Vec<Box<dyn Connection>>,
    ) -> Self {
        let idle = Mutex::new(connections);
        let shared = Shared { location, backend, idle, held: Mutex::default() };
        Store { shared: Arc::new(shared), replica: None }
    }

    /// Creates a database with what `seed` writes, unless there is one; returns whether there was none.
    /// Nobody ever sees half of it, and whoever loses a race against another process leaves the winner's
    /// alone. Tables of an older version on a server are upgraded.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being created, and what `seed` returns.
    pub fn create<E: From<Error>>(
        location: &Location,
        seed: impl FnOnce(&Store) -> std::result::Result<(), E>,
    ) -> std::result::Result<bool, E> {
        match location {
            Location::File(path) => {
                let is_new = sqlite::is_missing(path)?;
                if is_new {
                    let draft = sqlite::Draft::begin(path)?;
                    seed(&Store::open(&draft.location())?)?;
                    draft.publish(path)?;
                }
                Ok(is_new)
            }
            #[cfg(feature = "postgres")]
            Location::Server(url) => {
                let Some(draft) = postgres::Draft::begin(url)? else { return Ok(false) };
                let is_new = draft.is_new();
                if is_new {
                    seed(&Store::of(
                        None,
                        Box::new(postgres::DraftBackend),
                        vec![draft.connection()],
                    ))?;
                }
                draft.publish()?;
                Ok(is_new)
            }
            #[cfg(not(feature = "postgres"))]
            Location::Server(_) => Err(NOT_BUILT.into()),
        }
    }

    /// An empty database in memory, for a rehearsal where there is no database yet.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn in_memory() -> Result<Self> {
        let (backend, connection) = sqlite::in_memory()?;
        Ok(Store::of(None, backend, vec![connection]))
    }

    /// Where the database is; `None` in memory.
    pub fn location(&self) -> Option<&Location> {
        self.shared.location.as_ref()
    }

    /// Runs `work` in a transaction that only reads. Everything in it is from one snapshot, but for long
    /// lists: see [`ReadTransaction`].
    ///
    /// # Errors
    ///
    /// What `work` returns, and whatever keeps the transaction from starting.
    pub fn read<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut dyn ReadTransaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.with_connection(|connection| work(connection.read()?.as_mut()))
    }

    /// The tokens with these hashes, and the settings, in one snapshot: what a verification consists of,
    /// without the cost of a transaction.
    ///
    /// # Errors
    ///
    /// When the database could not be read.
    pub fn look_up(&self, hashes: &[Hash]) -> Result<LookUp> {
        self.anywhere(|store| {
            store.with_recent_connection(LOOK_UP_AGE, |connection| connection.look_up(hashes))
        })
    }

    /// [`Store::read`], in the replica if there is one and it answers.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn read_anywhere<T, E: From<Error>>(
        &self,
        work: impl Fn(&mut dyn ReadTransaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.anywhere(|store| store.read(&work))
    }

    fn anywhere<T, E>(
        &self,
        work: impl Fn(&Store) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        match self.replica.as_ref().and_then(|replica| replica.ask(&work)) {
            Some(answer) => Ok(answer),
            None => work(self),
        }
    }

    /// Look-ups that wait for the database without a thread each, over this many connections, if the
    /// database is one that a look-up may wait for. Call it within a Tokio runtime, on which the connections
    /// then are.
    pub fn pipelines(&self, connections: usize) -> Option<Pipelines> {
        let database: Arc<dyn Pipeline> = self.shared.backend.pipeline(connections)?.into();
        let replica = self.replica.as_ref();
        let replica = replica.and_then(|it| it.store().shared.backend.pipeline(connections));
        let anywhere = match replica {
            Some(replica) => Arc::new(ReplicaPipeline {
                replica: Replica::new(replica.into()),
                database: database.clone(),
            }),
            None => database.clone(),
        };
        Some(Pipelines { database, anywhere })
    }

    /// Runs `work` in a transaction that is committed when it succeeds.
    ///
    /// `work` may run more than once: a backend on which writers run at the same time starts it
    /// again when another one got in its way.
    ///
    /// # Errors
    ///
    /// What `work` returns, and whatever keeps the transaction from starting or being committed.
    pub fn write<T, E: From<Error>>(
        &self,
        mut work: impl FnMut(&mut dyn WriteTransaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.with_connection(|connection| {
            let mut retry = Retry::default();
            loop {
                let mut transaction = connection.write()?;
                let done = work(transaction.as_mut())
                    .and_then(|done| Ok(transaction.commit().map(|()| done)?));
                let again = done.is_err() && retry.is_worthwhile(transaction.interference());
                drop(transaction);
                if !again {
                    return done;
                }
                retry.pause();
            }
        })
    }

    /// Runs `work` in a transaction that is committed when it succeeds, if nothing is in its way.
    ///
    /// # Errors
    ///
    /// What `work` returns, and whatever keeps the transaction from starting or being committed, also a
    /// lock that another process may give up soon.
    pub fn record<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut dyn RecordTransaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.with_connection(|connection| {
            let mut transaction = connection.record()?;
            let done = work(transaction.as_mut())?;
            transaction.commit()?;
            Ok(done)
        })
    }

    /// Runs `work` in a write transaction that is rolled back.
    ///
    /// # Errors
    ///
    /// What `work` returns, and whatever keeps the transaction from starting.
    pub fn rehearse<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut dyn WriteTransaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.with_connection(|connection| work(connection.write()?.as_mut()))
    }

    /// What is wrong with the database itself. Times after `latest` are in the future.
    ///
    /// # Errors
    ///
    /// When it could not be found out.
    pub fn problems(&self, latest: Timestamp) -> Result<Vec<Problem>> {
        self.with_connection(|connection| connection.problems(latest))
    }

    /// Whether accounts that cannot write may read it. They verify without recording it.
    ///
    /// # Errors
    ///
    /// When no connection can be made.
    pub fn has_readers(&self) -> Result<bool> {
        self.with_connection(|connection| Ok(connection.has_readers()))
    }

    /// Says whether readers are to go on while others write, for as long as this store is open: for a
    /// server. Returns whether they do now. It never waits for much longer than a second, and readers can
    /// stay locked out for a time, or for good if this account cannot write; the connections that are made
    /// later try again. On a server of databases readers always go on.
    ///
    /// Call it with `false` at the end, when no other store of this process is open: then others find the
    /// database as it was. If another process has the database open, that one or a later one cleans up.
    ///
    /// # Errors
    ///
    /// When no connection can be made, or the database could not be read or written.
    pub fn set_concurrent_readers(&self, wanted: bool) -> Result<bool> {
        if self.shared.location.is_none() {
            return Ok(false);
        }
        if self.shared.backend.has_concurrent_readers() {
            return Ok(wanted);
        }
        let mut held = locked(&self.shared.held);
        // Whoever has the database open keeps it from being put back.
        held.take();
        locked(&self.shared.idle).clear();
        let mut connection = self.shared.backend.connect()?;
        let is_on = connection.set_concurrent_readers(wanted, Patience::Wait)?;
        *held = Some(connection).filter(|_| wanted);
        Ok(is_on)
    }

    /// Writes a consistent copy to a new file, whole or not at all; over an existing file only if
    /// `replace` says so. `progress` is called with the number of pages done and in total.
    ///
    /// # Errors
    ///
    /// When the file exists, or cannot be written.
    pub fn back_up(
        &self,
        file: &Path,
        replace: bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        self.with_connection(|connection| connection.back_up(file, replace, progress))
    }

    fn with_connection<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.with_recent_connection(Duration::ZERO, work)
    }

    /// The same in a connection that was known to be current not longer ago than `age`.
    fn with_recent_connection<T, E: From<Error>>(
        &self,
        age: Duration,
        work: impl FnOnce(&mut dyn Connection) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let idle = locked(&self.shared.idle).pop();
        let current = idle.and_then(|mut idle| idle.is_current(age).then_some(idle));
        let mut connection = match current {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let done = work(connection.as_mut());
        // After an error, a connection may hold a lock that it could not give up. In memory there is
        // only one, and no lock.
        if done.is_ok() || self.shared.location.is_none() {
            locked(&self.shared.idle).push(connection);
        }
        done
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        let mut connection = self.shared.backend.connect()?;
        if let Some(held) = locked(&self.shared.held).as_mut() {
            // The database may be another one than before. It also works without.
            if !held.is_current(Duration::ZERO) {
                *held = self.shared.backend.connect()?;
            }
            for connection in [held, &mut connection] {
                let _ = connection.set_concurrent_readers(true, Patience::AtOnce);
            }
        }
        Ok(connection)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks that a file is a sound backup that this build can restore.
///
/// # Errors
///
/// What is wrong with it.
pub fn check_backup(backup: &Path) -> Result<()> {
    sqlite::check_backup(backup)
}

/// Replaces a database with a checked backup, and returns where the replaced database is kept, if
/// there was one, under a name with the time `now`. A process that has the database open sees
/// either the old or the new one.
/// `progress` is called with the number of pages done and in total.
///
/// # Errors
///
/// Whatever keeps it from being replaced; then it is as before.
pub fn restore(
    backup: &Path,
    location: &Location,
    now: Timestamp,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Option<PathBuf>> {
    let path = location.path().ok_or(Error::Unsupported("restoring a backup"))?;
    sqlite::restore(backup, path, now, progress)
}

/// Whether there is anything at the location.
///
/// # Errors
///
/// When it could not be found out.
pub fn exists(location: &Location) -> Result<bool> {
    match location {
        Location::File(path) => {
            path.try_exists().map_err(|error| Error::CannotOpen(error.to_string()))
        }
        #[cfg(feature = "postgres")]
        Location::Server(url) => postgres::exists(url),
        #[cfg(not(feature = "postgres"))]
        Location::Server(_) => Err(NOT_BUILT),
    }
}

/// Whether a path is the database at the location, or a file that belongs to it, whether or not it
/// exists.
pub fn is_part_of(path: &Path, location: &Location) -> bool {
    location.path().is_some_and(|database| sqlite::is_part_of(path, database))
}

/// Memory of up to `bytes` bytes for tokens of the database at a location, for [`Store::open_with_cache`]. None for
/// a server, which is asked each time.
///
/// # Errors
///
/// Whatever keeps the database from being opened.
pub fn token_cache(location: &Location, bytes: usize) -> Result<Option<TokenCache>> {
    location.path().map(|path| TokenCache::open(path, bytes)).transpose()
}

/// The backend for a location.
fn backend(
    location: &Location,
    access: Access,
    cache: Option<TokenCache>,
) -> Result<Box<dyn Backend>> {
    match location {
        Location::File(path) => Ok(Box::new(sqlite::Sqlite::new(path, access, cache))),
        #[cfg(feature = "postgres")]
        Location::Server(url) => Ok(Box::new(postgres::Postgres::new(url, access)?)),
        #[cfg(not(feature = "postgres"))]
        Location::Server(_) => Err(NOT_BUILT),
    }
}

#[cfg(not(feature = "postgres"))]
const NOT_BUILT: Error = Error::Unsupported("a database server");
