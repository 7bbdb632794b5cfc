//! Where the rows of another system come from: its database, read so that it is never changed and
//! nothing in it is trusted.
//!
//! A [`Query`] says what to read, a [`Row`] converts what was read. A kind of database is a file that
//! implements [`Source`], with `Dialect` (`sql.rs`) for what its SQL does differently, and a line
//! in [`open`].

mod database;
mod error;
mod php;
mod query;
mod row;
mod sql;
mod sqlite;
mod value;
mod zone;

use sqlite::Sqlite;
use std::path::Path;

pub use database::{ForeignKey, Source};
pub use error::{Cause, Error, Result};
pub use query::{Expression, Filter, Lookup, Query, Through};
pub use row::{Cells, Dates, Row};
pub use sqlite::remove_copies;
pub use value::{ClearSecret, Problem, Unreadable, Value};
pub use zone::Zone;

/// Opens a source: the SQLite database of another system.
///
/// # Errors
///
/// When it cannot be read.
pub fn open(path: &Path) -> Result<Box<dyn Source>> {
    Ok(Box::new(Sqlite::open(path)?))
}
