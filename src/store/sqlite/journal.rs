//! Which of SQLite's two journals a database has.
//!
//! A database normally has a rollback journal (DELETE): nothing is beside it while nobody writes, and an
//! account that may only read the file and its folder can read it. While a server has it open it has a
//! write-ahead log (WAL), with which readers and a writer do not lock each other out. The server keeps
//! `-wal` and `-shm` there, so that such accounts can read it, too, also after the server was killed.
//!
//! Only a WAL that nobody has open is out of their reach: they cannot create `-shm`. It comes about when
//! the last process that closes the database is not the one that wants to put it back. So whoever has
//! written a change puts it back when it closes, if nobody else has the database open.
//!
//! A `verify` takes as long in WAL as in DELETE (8.0 ms of wall time on a busy machine with 2 processors,
//! median of 300 in turn): × 1.05 if a server has the database open, × 1.0 if a killed one has left its
//! files, × 1.4 if they have to be made, which only the first `verify` does.
//!
//! A durable commit in WAL is as durable: from FULL on, SQLite syncs the log with each, and the folder when
//! it creates the log. Below, it syncs before it copies pages from the log to the database, so that a power
//! cut can undo the last commits, and damages nothing.

use crate::store::backend::Patience;
use rusqlite::{Connection, ErrorCode};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for others at most.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A try costs some microseconds.
const PAUSE: Duration = Duration::from_millis(5);

/// What is left of the log of a large write, once its pages are in the database: otherwise it keeps its
/// size as long as somebody has the database open.
const LOG_SIZE: i64 = 16 << 20;

/// Sets the journal, if others let it in time. Returns whether it is a write-ahead log now.
pub fn set_write_ahead(
    connection: &Connection,
    wanted: bool,
    patience: Patience,
) -> rusqlite::Result<bool> {
    let mode = if wanted { "WAL" } else { "DELETE" };
    connection.busy_handler(None)?;
    let since = Instant::now();
    loop {
        let set = connection.pragma_update_and_check(None, "journal_mode", mode, is_wal);
        let is_busy =
            |error: &rusqlite::Error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
        match set {
            Err(error)
                if is_busy(&error) && patience == Patience::Wait && since.elapsed() < TIMEOUT =>
            {
                thread::sleep(PAUSE);
            }
            // Busy, or an account that may only read.
            Err(error)
                if is_busy(&error) || error.sqlite_error_code() == Some(ErrorCode::ReadOnly) =>
            {
                return is_write_ahead(connection);
            }
            set => return set,
        }
    }
}

/// Whether the journal is a write-ahead log, as this connection last saw it.
pub fn is_write_ahead(connection: &Connection) -> rusqlite::Result<bool> {
    connection.pragma_query_value(None, "journal_mode", is_wal)
}

/// Keeps the log of large writes from staying large.
pub fn limit_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_SIZE, |_| Ok(()))
}

fn is_wal(row: &rusqlite::Row) -> rusqlite::Result<bool> {
    Ok(row.get_ref(0)?.as_str()? == "wal")
}
