//! The errors of an import as the command line shows them.

use crate::error::Error;
use crate::import::source::{self, Cause};
use crate::import::{self, OptionName, SYSTEMS};
use crate::text::shell::quote;
use crate::text::suggest::nearest;

impl From<import::Error> for Error {
    fn from(error: import::Error) -> Self {
        use import::Error as Import;
        match error {
            Import::Source(error) => error.into(),
            Import::Store(error) => error.into(),
            Import::Setting(error) => error.into(),
            Import::UnknownSystem(name) => unknown_system(&name),
            Import::NoTokens { location, system, looked_for, found } => Error::request(
                format!("no tokens of {} in {location}", system.unwrap_or("a supported system")),
                format!("looked for {looked_for}; found {found}"),
            )
            .hint(
                "check the file; if its tables have other names, use --table, or --table-prefix \
                 for shield",
            ),
            Import::MissingColumns { location, table, system, missing } => Error::request(
                format!("no tokens of {system} in {location}"),
                format!("table {table} lacks these columns: {}", missing.join(", ")),
            )
            .hint("name another table with --table, or another system"),
            Import::SeveralSystems { location, systems } => {
                let first = systems.first().copied().unwrap_or_default();
                let command = format!("`tokctl import {first} {}`", quote(&location));
                Error::request("the source has tables of several systems", systems.join(", "))
                    .hint(format!("name the system, for example {command}"))
            }
            Import::UnusedOption { option, system, used_by } => Error::request(
                format!("{} cannot be used", flag(option)),
                format!("it applies to {}, not to {system}", used_by.join(", ")),
            ),
            Import::MissingSalt | Import::EmptySalt => {
                Error::request(error, "Strapi's hashes are keyed with it")
                    .hint("give the project's API_TOKEN_SALT with --salt-file or $API_TOKEN_SALT")
            }
            Import::TooManyOwnerTables { .. } => Error::unavailable("cannot import", error),
            Import::Export { file, error } => Error::request(format!("cannot read {file}"), error),
            Import::InvalidLine { file, line, why } => {
                Error::request(format!("{file}, line {line}"), why)
                    .hint("nothing was imported; the file must be the output of `tokctl export`")
            }
            Import::Report(error) => {
                Error::unavailable("cannot keep the report in a temporary file", error)
            }
        }
    }
}

impl From<source::Error> for Error {
    fn from(source::Error { location, cause }: source::Error) -> Self {
        let what = format!("cannot import from {location}");
        let request = |hint: &str| Error::request(&what, &cause).hint(hint);
        let unavailable = |hint: &str| Error::unavailable(&what, &cause).hint(hint);
        match &cause {
            Cause::File(_) => Error::request(&what, &cause),
            Cause::Directory | Cause::NotAFile | Cause::Empty => {
                request("name the SQLite database of the system")
            }
            Cause::NotADatabase => request("name the database file of the system, not an SQL dump"),
            Cause::Damaged(_) => {
                unavailable("import from a backup, or from what `sqlite3 FILE .recover` saves")
            }
            Cause::BeingWritten => {
                unavailable("stop the application for a moment, or import from a backup")
            }
            Cause::Locked => unavailable("find the process that holds the lock, or try again"),
            Cause::CannotOpen(_) => unavailable("check the permissions of the file and its folder"),
            _ => Error::unavailable(&what, &cause),
        }
    }
}

/// The source was left out.
pub fn missing_source(system: &str, expected: &str) -> Error {
    Error::request("the source is missing", format!("import {system} requires {expected}"))
        .hint(format!("`tokctl import {system} FILE`"))
}

fn unknown_system(name: &str) -> Error {
    let systems = || SYSTEMS.iter().map(|system| system.name).chain(["jsonl"]);
    let list = systems().collect::<Vec<_>>().join(", ");
    let error =
        Error::request(format!("unknown system {name:?}"), format!("expected one of {list}"));
    match nearest(name, systems()) {
        Some(system) => error.hint(format!("did you mean {system}?")),
        None => error,
    }
}

fn flag(option: OptionName) -> &'static str {
    match option {
        OptionName::TablePrefix => "--table-prefix",
        OptionName::Kind => "--type",
        OptionName::Prefix => "--prefix",
        OptionName::Salt => "--salt-file",
    }
}
