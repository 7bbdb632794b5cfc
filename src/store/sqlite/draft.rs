//! A new database, which gets its name when it is complete.

use super::file::{adopt, create_place};
use super::open::connect;
use super::schema;
use crate::store::error::{Error, Result};
use crate::store::location::Location;
use crate::store::unfinished::{file_in, folder_of, sync_folder};
use std::fs;
use std::io;
use std::path::Path;
use tempfile::NamedTempFile;

/// A database under a temporary name beside its final one. It is deleted unless it is published.
pub struct Draft(NamedTempFile);

impl Draft {
    /// Creates the missing folders and a database with the current schema.
    pub fn begin(path: &Path) -> Result<Self> {
        let folder = folder_of(path);
        create_place(path, Error::Create)?;
        let file = file_in(folder).map_err(Error::Create)?;
        // Root creates for the account that the folder belongs to, which could replace it anyway.
        let owner = fs::metadata(folder).map_err(Error::Create)?;
        adopt(file.as_file(), &owner).map_err(Error::Create)?;
        let mut connection = connect(file.path())?;
        connection.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
        schema::migrate(&mut connection)?;
        Ok(Draft(file))
    }

    /// Where it is now.
    pub fn location(&self) -> Location {
        self.0.path().into()
    }

    /// Gives it its name. If another process was faster, its database stays.
    pub fn publish(self, path: &Path) -> Result<()> {
        match self.0.persist_noclobber(path) {
            Ok(_) => sync_folder(folder_of(path)).map_err(Error::Create),
            Err(raced) if raced.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(other) => Err(Error::Create(other.error)),
        }
    }
}
