//! The boundary: what a source must offer.

use super::error::{Error, Result};
use super::query::Query;
use super::row::Cells;
use std::ops::ControlFlow;

/// A database of another system, read in one snapshot and never changed.
pub trait Source {
    /// Where it is, without a password.
    fn location(&self) -> String;

    /// What tells it from other databases of the same system: the same text for each import of it.
    fn identity(&self) -> String;

    /// The names of its tables, in alphabetical order.
    fn tables(&self) -> Result<Vec<String>>;

    /// The names of a table's columns; none if there is no such table. Views do not count. A table
    /// that must not be read is an error, and never looks absent.
    fn columns(&self, table: &str) -> Result<Vec<String>>;

    /// Fails if a table is damaged. Called before a table is read.
    fn check(&self, table: &str) -> Result<()>;

    /// The column that is a table's primary key; `None` if there is none, or it has several columns.
    fn primary_key(&self, table: &str) -> Result<Option<String>>;

    /// The foreign keys of a table that have one column.
    fn foreign_keys(&self, table: &str) -> Result<Vec<ForeignKey>>;

    /// The time zone of the session, if there are values that are shown in it.
    fn session_time_zone(&self) -> Option<String> {
        None
    }

    /// Calls back for one row of a query after another, until it returns [`ControlFlow::Break`].
    /// No other method may be called in between: a server sends the rows over its only connection.
    fn read(
        &self,
        query: &Query,
        each: &mut dyn FnMut(&dyn Cells) -> ControlFlow<()>,
    ) -> Result<()>;
}

/// A column of a table that refers to another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The column.
    pub column: String,
    /// The schema or database of the other table, if it is not the one that is read.
    pub schema: Option<String>,
    /// The other table, which need not exist.
    pub table: String,
    /// Its column; `None`: its primary key.
    pub key: Option<String>,
}

impl dyn Source + '_ {
    /// Calls back for one row of a query after another, until it fails.
    ///
    /// # Errors
    ///
    /// When the source cannot be read, and what `each` returns.
    pub fn rows<E: From<Error>>(
        &self,
        query: &Query,
        mut each: impl FnMut(&dyn Cells) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        self.rows_until(query, |cells| each(cells).map(ControlFlow::Continue))
    }

    /// Calls back for one row of a query after another, until it fails or breaks off.
    ///
    /// # Errors
    ///
    /// When the source cannot be read, and what `each` returns.
    pub fn rows_until<E: From<Error>>(
        &self,
        query: &Query,
        mut each: impl FnMut(&dyn Cells) -> std::result::Result<ControlFlow<()>, E>,
    ) -> std::result::Result<(), E> {
        let mut failed = Ok(());
        self.read(query, &mut |cells| {
            each(cells).unwrap_or_else(|error| {
                failed = Err(error);
                ControlFlow::Break(())
            })
        })?;
        failed
    }
}
