//! Opening a file, and waiting for locks.

use super::error::of_opening;
use super::file::{self, Identity, with_suffix};
use super::{schema, settings};
use crate::store::backend::Patience;
use crate::store::error::{Error, Result};
use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;
use std::cell::Cell;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How long a command waits for a lock before it gives up.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection to an empty database in memory.
pub fn empty_in_memory() -> Result<rusqlite::Connection> {
    let mut connection = configure(rusqlite::Connection::open_in_memory()?)?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

#[cfg(test)]
pub fn test_database() -> rusqlite::Connection {
    empty_in_memory().unwrap()
}

/// Opens a database, and says which file it is in. Checks that it is tokctl's, complete, and of this version;
/// upgrades an older one.
pub fn open(
    path: &Path,
    read_only: bool,
    patience: Patience,
) -> Result<(rusqlite::Connection, Identity)> {
    let file = file::check(path)?;
    let connection = if read_only {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        rusqlite::Connection::open_with_flags(file::not_a_uri(path), flags).and_then(configure)
    } else {
        connect(path)
    };
    let mut connection = connection.map_err(of_opening)?;
    set_patience(&connection, patience)?;
    check_schema(&mut connection, path, read_only).map_err(|error| of_first_read(error, path))?;
    Ok((connection, file))
}

fn check_schema(connection: &mut rusqlite::Connection, path: &Path, read_only: bool) -> Result<()> {
    // One lock for all that is read.
    let snapshot = connection.unchecked_transaction()?;
    let read = |name| {
        snapshot.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(of_opening)
    };
    if read("application_id")? != i64::from(schema::APPLICATION_ID) {
        return Err(Error::AnotherProgram);
    }
    if file::is_truncated(path, read("page_size")?) {
        return Err(Error::Truncated);
    }
    let found = read("user_version")?;
    if found == schema::VERSION {
        // SQLite parses the schema for it, which takes a lock of its own otherwise.
        settings::prepare(&snapshot);
    }
    drop(snapshot);
    match found {
        schema::VERSION => Ok(()),
        newer if newer > schema::VERSION => {
            Err(Error::SchemaTooNew { found: newer, known: schema::VERSION })
        }
        older if read_only || connection.is_readonly("main")? => {
            Err(Error::SchemaTooOld { found: older })
        }
        _ => schema::migrate(connection),
    }
}

/// SQLite opened the file, but not what belongs beside it. A rollback journal would be there; the
/// side files of a write-ahead log have to be made if nobody has the database open.
fn of_first_read(error: Error, path: &Path) -> Error {
    match error {
        Error::CannotOpen(_) | Error::ReadOnly if !with_suffix(path, "-journal").exists() => {
            Error::ServerGone
        }
        error => error,
    }
}

/// Says how much memory a connection has for pages, in bytes. SQLite's own limit is 2,000 KiB.
pub fn set_cache(connection: &rusqlite::Connection, bytes: usize) -> rusqlite::Result<()> {
    let kib = i64::try_from(bytes / 1024).unwrap_or(i64::MAX);
    connection.pragma_update(None, "cache_size", -kib)
}

/// Says how long to wait for locks.
pub fn set_patience(connection: &rusqlite::Connection, patience: Patience) -> rusqlite::Result<()> {
    let handler: Option<fn(i32) -> bool> = match patience {
        Patience::Wait => Some(wait_for_lock),
        Patience::AtOnce => None,
    };
    connection.busy_handler(handler)
}

/// Opens the file, whatever is in it.
///
/// The journal mode stays SQLite's default, DELETE, unless a server asks for another one (`journal.rs`). Measured by `benches/journal.py` with a million
/// tokens, in milliseconds, the prune with SQLite's own back-off and without pauses:
///
/// | mode          | short reader | short writer | reader during prune: median, 99 %, worst | read-only account |
/// |---------------|--------------|--------------|------------------------------------------|-------------------|
/// | DELETE+EXTRA  | 0.28         | 1.70         | 0.61, 330, 1773                          | reads             |
/// | TRUNCATE+FULL | 0.25 (× 0.9) | 1.55 (× 0.9) | 0.62, 240, 1214                          | reads             |
/// | PERSIST+FULL  | 0.26 (× 1.0) | 1.23 (× 0.7) | 0.67, 585, 1926                          | reads             |
/// | WAL+FULL      | 0.41 (× 1.5) | 1.89 (× 1.1) | 0.70, 18, 462                            | cannot            |
/// | WAL+NORMAL    | 0.41 (× 1.5) | 1.86 (× 1.1) | 0.67, 15, 1194; not durable              | cannot            |
///
/// An account that may only read file and folder cannot open a WAL database that nobody else has
/// open, and every short-lived reader creates and removes `-wal` and `-shm`. TRUNCATE and PERSIST
/// are no slower, but leave a file beside the database for good. WAL is clearly better for readers
/// during a prune; pauses between the steps of a prune and short sleeps ([`wait_for_lock`]) make up
/// for a part of that only. One run on a shared machine: the ratios of the worst cases mean little.
pub fn connect(path: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    configure(rusqlite::Connection::open_with_flags(file::not_a_uri(path), flags)?)
}

/// What every connection has in common.
pub fn configure(connection: rusqlite::Connection) -> rusqlite::Result<rusqlite::Connection> {
    connection.busy_handler(Some(wait_for_lock))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // The schema has no views. One in the place of a table could compute for ever.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    set_triggers(&connection, false)?;
    rusqlite::vtab::array::load_module(&connection)?;
    Ok(connection)
}

/// Whether triggers run. Only administration needs the schema's own; what a verification writes must
/// not wait for one that somebody added.
pub fn set_triggers(connection: &rusqlite::Connection, run: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, run).map(drop)
}

/// Whether to try once more for a lock, after a short sleep. SQLite's own back-off sleeps up to
/// 100 ms at a time and so misses, again and again, the moments in which a prune lets others in;
/// a try costs a few microseconds. The sleeps differ so that waiting processes do not keep step.
pub fn wait_for_lock(tries: i32) -> bool {
    let (waited, pause) = waited(tries);
    thread::sleep(pause);
    waited < LOCK_TIMEOUT
}

/// The same for a durable write. After a few tries the pauses are longer, and get shorter the longer
/// it has waited, so that it is its turn before that of later ones. With 64 writers at a time on two
/// busy cores, 99 % got the lock within 2.1 to 2.9 s instead of 5.0, none timed out instead of 1 to
/// 2 %, and 30 to 70 % more were done, because less time went into trying.
pub fn wait_to_write(tries: i32) -> bool {
    let (waited, pause) = waited(tries);
    let turn = 1 + waited.as_millis() as u32 / 400;
    thread::sleep(if tries < 3 { pause } else { pause * 6 / turn });
    waited < LOCK_TIMEOUT
}

/// How long this thread has waited for the lock, and a pause of 0.5 to 2 ms.
fn waited(tries: i32) -> (Duration, Duration) {
    thread_local!(static SINCE: Cell<Instant> = Cell::new(Instant::now()));
    if tries == 0 {
        SINCE.set(Instant::now());
    }
    let waited = SINCE.get().elapsed();
    (waited, Duration::from_micros(500 + u64::from(waited.subsec_nanos()) % 1500))
}
