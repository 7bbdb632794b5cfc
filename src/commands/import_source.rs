//! Opening the source of an import.

use crate::cli::Import;
use crate::error::{Error, Result};
use crate::import::source::{self, Access, AskPassword, Location, Source};
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use zeroize::Zeroizing;

/// Opens the file or the database of a server that an argument names. A password that is missing is
/// asked for at a terminal.
pub fn open(argument: OsString, args: &Import) -> Result<Box<dyn Source>> {
    let (schema, session_time_zone) = (args.schema.as_deref(), args.session_time_zone.as_deref());
    let location = Location::parse(argument)?;
    let unused = |option: &str, to: &str| {
        Error::request(
            format!("{option} cannot be used"),
            format!("it applies to {to}, not to {location}"),
        )
    };
    if schema.is_some() && !location.has_schemas() {
        return Err(unused("--schema", "PostgreSQL"));
    }
    if session_time_zone.is_some() && !location.has_session_time_zone() {
        return Err(unused("--session-time-zone", "MySQL and MariaDB"));
    }
    let ask: AskPassword = &ask_password;
    let ask_password = io::stdin().is_terminal().then_some(ask);
    Ok(source::open(&location, &Access { schema, session_time_zone, ask_password })?)
}

fn ask_password(place: &str) -> Option<Zeroizing<String>> {
    rpassword::prompt_password(format!("Password for {place}: ")).ok().map(Zeroizing::new)
}
