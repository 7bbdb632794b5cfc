//! Transactions that only read.

use crate::store::error::Result;
use rusqlite::Connection;
use std::ops::Deref;

/// A transaction that only reads. Its statements stay prepared: rusqlite's own, which prepares them each
/// time, takes a fifth of the instructions of a look-up.
pub struct Snapshot<'c>(&'c Connection);

impl<'c> Snapshot<'c> {
    /// Begins to read.
    pub fn begin(connection: &'c Connection) -> Result<Self> {
        begin(connection)?;
        Ok(Snapshot(connection))
    }
}

impl Deref for Snapshot<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        roll_back(self.0);
    }
}

/// Begins a transaction that only reads, and that the caller ends.
pub fn begin(connection: &Connection) -> Result<()> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    Ok(())
}

/// Ends the transaction, if there is one. After an error, SQLite may have ended it.
pub fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        let _ = connection.prepare_cached("ROLLBACK").and_then(|mut end| end.execute([]));
    }
}
