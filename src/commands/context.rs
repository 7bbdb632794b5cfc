//! What every command has at hand: the database, the output, and how to ask.

use super::account;
use crate::admin::{Admin, create_database};
use crate::cli::Global;
use crate::error::{Error, Result};
use crate::store::{self, Access, Location, Store};
use crate::text::escape::Escaped;
use crate::text::redact::redact;
use crate::text::shell::{quote, quote_path};
use crate::view::Output;
use std::env;
use std::io::{self, IsTerminal, Write};

/// What every command has at hand.
pub struct Context {
    /// An error is reported by the command that needs the database.
    location: Result<Location>,
    yes: bool,
    pub out: Output,
}

impl Context {
    pub fn new(global: &Global) -> Self {
        // Commands in hints and remarks name the database if this command line did.
        let tokctl = match &global.database {
            Some(location) if !is_in_environment(location) => {
                format!("tokctl --database {}", quote_location(location))
            }
            _ => "tokctl".to_string(),
        };
        let out = Output::new(global, tokctl);
        Context { location: global.database(), yes: global.yes, out }
    }

    /// Where the database is.
    pub fn location(&self) -> Result<&Location> {
        self.location.as_ref().map_err(Error::clone)
    }

    /// Whether there is a database.
    pub fn has_database(&self) -> Result<bool> {
        Ok(store::exists(self.location()?)?)
    }

    /// The database, which must exist.
    pub fn store(&self, access: Access) -> Result<Store> {
        Ok(Store::open_with(self.location()?, access)?)
    }

    /// The database, which must exist, to administer it.
    pub fn admin(&self) -> Result<Admin> {
        Ok(Admin::new(self.store(Access::default())?, account::actor()))
    }

    /// The same. A file is created if it does not exist; on a server, `tokctl migrate` creates the tables.
    pub fn admin_of_new(&self) -> Result<Admin> {
        if self.location()?.path().is_some() && !self.has_database()? {
            self.create_database()?;
        }
        self.admin()
    }

    /// Creates the database unless it exists, and returns whether it did not.
    pub fn create_database(&self) -> Result<bool> {
        let administrator = account::first_administrator()?;
        Ok(create_database(self.location()?, &administrator, &account::actor())?)
    }

    /// The error with the name of the database, and with commands that work on it.
    pub fn locate(&self, error: Error) -> Error {
        error.located(&self.out.tokctl, self.location.as_ref().ok())
    }

    /// Asks for confirmation. Without a terminal only `--yes` gives it.
    pub fn confirm(&self, question: &str) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Error::request(
                "confirmation required",
                "there is no terminal to ask at; pass --yes",
            ));
        }
        // A terminal that has gone away gives no answer, either.
        let _ = write!(io::stderr(), "{} [y/N] ", Escaped(&redact(question)));
        let mut answer = String::new();
        io::stdin()
            .read_line(&mut answer)
            .map_err(|error| Error::unavailable("cannot read the answer", error))?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Error::request("cancelled", "nothing was changed")),
        }
    }
}

/// Whether a command line without `--database` refers to this database, too.
fn is_in_environment(location: &Location) -> bool {
    env::var_os("TOKCTL_DATABASE").is_some_and(|named| Location::from(named) == *location)
}

/// A location as one word of a command line.
fn quote_location(location: &Location) -> String {
    match location.path() {
        Some(path) => quote_path(path),
        None => quote(&location.to_string()),
    }
}
