//! Opening the source of an import, and what is said when a server does not let it.

use crate::error::{Error, Result};
use crate::import::source::{self, Access, AskPassword, Cause, Location, Source};
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use zeroize::Zeroizing;

/// Opens the file or the database of a server that an argument names. A password that is missing is
/// asked for at a terminal.
pub fn open(
    argument: OsString,
    schema: Option<&str>,
    session_time_zone: Option<&str>,
) -> Result<Box<dyn Source>> {
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

/// The error of a source that is a server's.
pub fn server_error(what: String, cause: &Cause) -> Error {
    let request = |hint: &str| Error::request(&what, cause).hint(hint);
    let unavailable = |hint: &str| Error::unavailable(&what, cause).hint(hint);
    match cause {
        Cause::UnknownScheme | Cause::NoDatabase => {
            request("name a file, mysql://USER@HOST/DATABASE or postgres://USER@HOST/DATABASE")
        }
        Cause::InvalidUrl(_) | Cause::UnknownDatabase(_) | Cause::NotBuilt(_) => {
            Error::request(&what, cause)
        }
        Cause::UnknownSchema(_) => request("name the schema of the tables with --schema"),
        Cause::UnknownTimeZone(_) => {
            request("give an offset, for example --session-time-zone +09:00")
        }
        Cause::Unreachable(_) => {
            unavailable("check the host and the port, and that the server accepts connections")
        }
        Cause::Insecure(_) => {
            unavailable("check the certificates and the parameters of the URL that are about TLS")
        }
        Cause::Denied(_) => unavailable(
            "check the user and the password; the user needs the right to read every table of the \
             database",
        ),
        Cause::Disconnected(_) => unavailable("nothing was imported; try again"),
        _ => Error::unavailable(&what, cause),
    }
}
