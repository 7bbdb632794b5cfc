//! What `import` reads from.

use crate::cli::Import;
use crate::error::{Error, Result};
use crate::import::source::{self, Access, AskPassword, Location, Source};
use crate::import::{self, JsonlFile, Options, Salt};
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::Path;
use zeroize::Zeroizing;

/// Opens the file or the database of a server that an argument names. A password that is missing is
/// asked for at a terminal.
pub fn open_database(argument: OsString, args: &Import) -> Result<Box<dyn Source>> {
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

/// The salt of the source's hashes, from a file or from the environment.
pub fn read_salt(file: Option<&Path>, from_environment: Option<&str>) -> Result<Option<Salt>> {
    let text = match (file, from_environment) {
        (Some(path), _) => std::fs::read(path)
            .map_err(|error| Error::request(format!("cannot read {}", path.display()), error))?,
        (None, Some(salt)) if !salt.is_empty() => salt.into(),
        _ => return Ok(None),
    };
    let salt = Salt::new(&Zeroizing::new(text), file.is_some());
    Ok(Some(salt.map_err(import::Error::from)?))
}

/// Opens a file of JSON Lines; `-` is standard input.
pub fn open_file<'a>(path: &OsStr, options: &'a Options) -> Result<JsonlFile<'a>> {
    Ok(if path == "-" {
        JsonlFile::copy("-".into(), io::stdin().lock(), options)?
    } else {
        JsonlFile::open(Path::new(path), options)?
    })
}

/// A file of JSON Lines has no tables. An option about them may have been meant for something.
pub fn refuse_table_options(args: &Import) -> Result<()> {
    let options = [
        ("--schema", args.schema.is_some()),
        ("--table-prefix", args.table_prefix.is_some()),
        ("--table", args.table.is_some()),
        ("--users", args.users.is_some()),
        ("--users-key", args.users_key.is_some()),
        ("--type", args.kind.is_some()),
        ("--prefix", args.prefix.is_some()),
        ("--morph", !args.morph.is_empty()),
        ("--session-time-zone", args.session_time_zone.is_some()),
        ("--salt-file", args.salt_file.is_some()),
    ];
    match options.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(Error::request(
            format!("{option} cannot be used"),
            "import jsonl has no such option",
        )),
        None => Ok(()),
    }
}

/// The source was left out.
pub fn missing_source(system: &str, expected: &str) -> Error {
    Error::request("the source is missing", format!("import {system} requires {expected}"))
        .hint(format!("`tokctl import {system} FILE`"))
}
