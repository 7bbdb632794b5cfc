//! A connection: checking the schema, and starting transactions.

use super::cache::Cache;
use super::file::Place;
use super::open::{empty_in_memory, open, set_cache, set_patience, set_triggers, wait_to_write};
use super::token_cache::TokenCache;
use super::transaction::SqliteTransaction;
use super::{backup, health, journal};
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use crate::store::backend::{
    Access, Backend, Connection, Patience, ReadTransaction, RecordTransaction, WriteTransaction,
};
use crate::store::error::{Error, Result};
use crate::store::records::{LookUp, Problem};
use crate::store::unfinished::survive_a_file_size_limit;
use rusqlite::{Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Memory for pages in a durable write, in bytes: pages that a large transaction changes and that do
/// not fit lock readers out early.
const WRITE_CACHE: usize = 256 << 20;

/// SQLite's default for the memory for pages, in bytes.
const DEFAULT_CACHE: usize = 2000 * 1024;

/// A database file.
pub struct Sqlite {
    path: PathBuf,
    access: Access,
    tokens: Option<TokenCache>,
}

impl Sqlite {
    /// The database at this path, with this access. Its connections look for tokens in the cache first.
    pub fn new(path: &Path, access: Access, tokens: Option<TokenCache>) -> Self {
        Sqlite { path: path.to_path_buf(), access, tokens }
    }
}

impl Backend for Sqlite {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        let Access { patience, read_only, .. } = self.access;
        let (connection, file) = open(&self.path, read_only, patience)?;
        let connection = SqliteConnection {
            connection,
            file: Some(Place::new(&self.path, file)),
            access: self.access,
            patience: Some(patience),
            is_durable: false,
            is_served: false,
            puts_back: false,
            cache: Cache::new(self.tokens.clone().map(|tokens| (tokens, file))),
        };
        if self.access.cache.is_some() {
            connection.set_cache()?;
        }
        Ok(Box::new(connection))
    }
}

/// A database in memory, which has one connection only.
struct InMemory;

impl Backend for InMemory {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        Err(Error::Unsupported("a second connection"))
    }
}

/// An empty database in memory, and its only connection.
pub fn in_memory() -> Result<(Box<dyn Backend>, Box<dyn Connection>)> {
    let connection = empty_in_memory()?;
    let access = Access::default();
    let connection = SqliteConnection {
        connection,
        file: None,
        access,
        patience: None,
        is_durable: false,
        is_served: false,
        puts_back: false,
        cache: Cache::default(),
    };
    Ok((Box::new(InMemory), Box::new(connection)))
}

/// An open connection.
pub struct SqliteConnection {
    connection: rusqlite::Connection,
    /// Where the file is; `None` in memory.
    file: Option<Place>,
    access: Access,
    /// What the connection was told last about waiting for locks; `None` if that is to be told again.
    patience: Option<Patience>,
    /// Whether it is set up for durable writes.
    is_durable: bool,
    /// Whether readers are to go on while others write.
    is_served: bool,
    /// Whether it puts the journal back when it closes: see `journal.rs`.
    puts_back: bool,
    cache: Cache,
}

impl Drop for SqliteConnection {
    fn drop(&mut self) {
        if self.puts_back
            && !self.is_served
            && journal::is_write_ahead(&self.connection).unwrap_or(false)
        {
            // Others that have it open are no error, and will do it.
            let _ = journal::set_write_ahead(&self.connection, false, Patience::AtOnce);
        }
    }
}

impl SqliteConnection {
    fn set_patience(&mut self, patience: Patience) -> Result<()> {
        if self.patience.replace(patience) == Some(patience) {
            return Ok(());
        }
        Ok(set_patience(&self.connection, patience)?)
    }

    /// Sets the memory for pages that is used outside durable writes.
    fn set_cache(&self) -> Result<()> {
        Ok(set_cache(&self.connection, self.access.cache.unwrap_or(DEFAULT_CACHE))?)
    }

    /// Sets how certain writes are that need not survive a power cut. A rollback journal that is not
    /// synced could damage the database; a write-ahead log could not, and each sync is milliseconds.
    fn set_lax(&self) -> Result<()> {
        let level = if self.is_served { "NORMAL" } else { "FULL" };
        Ok(self.connection.pragma_update(None, "synchronous", level)?)
    }

    /// Sets the connection up for durable writes, or for others.
    fn set_durable(&mut self, is_durable: bool) -> Result<()> {
        if is_durable == self.is_durable {
            return Ok(());
        }
        set_triggers(&self.connection, is_durable)?;
        if is_durable {
            // EXTRA also syncs the folder after the rollback journal is deleted, which FULL leaves
            // out.
            self.connection.pragma_update(None, "synchronous", "EXTRA")?;
            set_cache(&self.connection, WRITE_CACHE)?;
            if journal::is_write_ahead(&self.connection)? {
                journal::limit_log(&self.connection)?;
            }
        } else {
            self.set_lax()?;
            self.set_cache()?;
        }
        self.is_durable = is_durable;
        self.puts_back |= is_durable;
        Ok(())
    }

    fn begin_to_write(&mut self) -> Result<SqliteTransaction<'_, Transaction<'_>>> {
        // The time of last use must not cost `verify` its answer.
        survive_a_file_size_limit();
        self.cache.clear();
        // The write lock from the beginning: a lock that is upgraded later can fail halfway.
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        Ok(SqliteTransaction::write(transaction))
    }
}

impl Connection for SqliteConnection {
    fn is_current(&mut self, age: Duration) -> bool {
        self.file.as_mut().is_none_or(|place| place.leads_there(Instant::now(), age))
    }

    fn look_up(&mut self, hashes: &[Hash]) -> Result<LookUp> {
        if !self.cache.has_read() {
            return self.read()?.look_up(hashes);
        }
        self.set_patience(self.access.patience)?;
        self.cache.look_up(&self.connection, hashes)
    }

    fn read(&mut self) -> Result<Box<dyn ReadTransaction + '_>> {
        self.set_patience(self.access.patience)?;
        Ok(Box::new(SqliteTransaction::read(&self.connection, &mut self.cache)?))
    }

    fn write(&mut self) -> Result<Box<dyn WriteTransaction + '_>> {
        self.set_patience(self.access.patience)?;
        if self.access.patience == Patience::Wait {
            self.patience = None;
            self.connection.busy_handler(Some(wait_to_write))?;
        }
        self.set_durable(true)?;
        Ok(Box::new(self.begin_to_write()?))
    }

    fn record(&mut self) -> Result<Box<dyn RecordTransaction + '_>> {
        self.set_patience(Patience::AtOnce)?;
        self.set_durable(false)?;
        Ok(Box::new(self.begin_to_write()?))
    }

    fn problems(&mut self, latest: Timestamp) -> Result<Vec<Problem>> {
        self.set_patience(self.access.patience)?;
        self.puts_back = true;
        let path = self.file.as_ref().map(|place| place.path.as_path());
        health::problems(&self.connection, path, latest)
    }

    fn has_readers(&mut self) -> bool {
        self.file.as_ref().is_some_and(|place| health::has_readers(&place.path))
    }

    fn set_concurrent_readers(&mut self, wanted: bool, patience: Patience) -> Result<bool> {
        // A server must not end because it cannot change the journal.
        survive_a_file_size_limit();
        let is_on = journal::set_write_ahead(&self.connection, wanted, patience)?;
        self.is_served = wanted && is_on;
        if is_on {
            journal::limit_log(&self.connection)?;
            // Whoever has read keeps others from putting the journal back.
            self.connection.execute_batch("SELECT count(*) FROM sqlite_schema")?;
        }
        if !self.is_durable {
            self.set_lax()?;
        }
        Ok(is_on)
    }

    fn back_up(
        &mut self,
        file: &Path,
        replace: bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        self.set_patience(self.access.patience)?;
        backup::back_up(&self.connection, file, replace, progress)
    }
}
