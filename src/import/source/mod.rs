//! Where the rows of another system come from: its database, read so that it is never changed and
//! nothing in it is trusted.
//!
//! A [`Query`] says what to read, a [`Row`] converts what was read. A kind of database is a file that
//! implements [`Source`], with `Dialect` (`sql.rs`) for what its SQL does differently, and a line
//! in [`Location`] and [`open`].

mod database;
mod error;
mod location;
#[cfg(feature = "import-mysql")]
mod mysql;
mod php;
#[cfg(feature = "import-postgres")]
mod postgres;
mod query;
mod row;
mod sql;
mod sqlite;
mod value;
mod zone;

use sqlite::Sqlite;

pub use crate::store::AskPassword;
pub use database::{ForeignKey, Source};
pub use error::{Cause, Error, Result};
pub use location::Location;
pub use query::{Expression, Filter, Lookup, Query, Through};
pub use row::{Cells, Dates, Row};
pub use sqlite::remove_copies;
pub use value::{ClearSecret, Problem, Unreadable, Value, is_like_hash, is_null};
pub use zone::Zone;

/// How to read a source that is a server's.
#[derive(Clone, Copy, Default)]
pub struct Access<'a> {
    /// The schema of the tables. PostgreSQL only; `None`: the first of the search path.
    pub schema: Option<&'a str>,
    /// The time zone of the session, in which `TIMESTAMP` columns are read. MySQL and MariaDB only;
    /// `None`: the server's.
    pub session_time_zone: Option<&'a str>,
    /// Called if the server wants a password and none is known.
    pub ask_password: Option<AskPassword<'a>>,
}

/// Opens a source: the database of another system.
///
/// # Errors
///
/// When it cannot be read.
pub fn open(location: &Location, access: &Access) -> Result<Box<dyn Source>> {
    match location {
        Location::File(path) => Ok(Box::new(Sqlite::open(path)?)),
        #[cfg(feature = "import-mysql")]
        Location::MySql(url) => Ok(Box::new(mysql::MySql::open(url, access)?)),
        #[cfg(feature = "import-postgres")]
        Location::Postgres(url) => Ok(Box::new(postgres::Postgres::open(url, access)?)),
        #[cfg(not(feature = "import-mysql"))]
        Location::MySql(_) => Err(not_built(location, access, "import-mysql")),
        #[cfg(not(feature = "import-postgres"))]
        Location::Postgres(_) => Err(not_built(location, access, "import-postgres")),
    }
}

#[cfg(not(all(feature = "import-mysql", feature = "import-postgres")))]
fn not_built(location: &Location, _access: &Access, feature: &'static str) -> Error {
    Error { location: location.to_string(), cause: Cause::NotBuilt(feature) }
}
