//! The errors of an import as the command line shows them.

use super::Error;
use super::import_server::server_error;
use crate::import::source::{self, Cause};
use crate::import::{self, InvalidLine, InvalidSalt, OptionName, system_names};
use crate::text::shell::quote;
use crate::text::suggest::nearest;

const SALT_HINT: &str = "give the project's API_TOKEN_SALT with --salt-file or $API_TOKEN_SALT";

impl From<import::Error> for Error {
    fn from(error: import::Error) -> Self {
        use import::Error as Import;
        match error {
            Import::Source(error) => error.into(),
            Import::Store(error) => error.into(),
            Import::Setting(error) => error.into(),
            Import::UnknownSystem(name) => unknown_system(&name),
            Import::SeveralSystems { systems, .. } => {
                Error::request("the source has tables of several systems", systems.join(", "))
                    .hint(format!("name the system: {}", systems.join(" or ")))
            }
            Import::UnusedOption { option, source_name, used_by } => Error::request(
                format!("{option} cannot be used"),
                format!("it applies to {}, not to {source_name}", used_by.join(", ")),
            ),
            Import::MissingSalt | Import::InvalidSalt(InvalidSalt::Empty) => {
                Error::request(error, "Strapi's hashes are keyed with it").hint(SALT_HINT)
            }
            Import::InvalidSalt(InvalidSalt::SeveralLines) => {
                Error::request(error, "none of several lines sets API_TOKEN_SALT").hint(SALT_HINT)
            }
            Import::File { file, error } => Error::request(format!("cannot read {file}"), error),
            Import::InvalidLine { file, line, why } => invalid_line(&file, line, &why),
            Import::Report(error) => {
                Error::unavailable("cannot keep the report in a temporary file", error)
            }
            about_tables => of_tables(about_tables),
        }
    }
}

/// A line of a file that cannot be imported.
fn invalid_line(file: &str, line: u64, why: &InvalidLine) -> Error {
    let error = Error::request(format!("{file}, line {line}"), why);
    match why {
        InvalidLine::UnclearEnd(key) => error.hint(format!(
            "rename it to expires_at or revoked_at; if it says neither, use --ignore-column {}",
            quote(key)
        )),
        InvalidLine::NoOwner | InvalidLine::NoSuchOwner(_) => {
            error.hint("name the owner in each line, or an existing user with $TOKCTL_USER")
        }
        _ => error.hint("nothing was imported; docs/import-format.md describes the format"),
    }
}

/// Why the tables of a source cannot be read as those of a system.
fn of_tables(error: import::Error) -> Error {
    use import::Error as Import;
    match error {
        Import::NoTokens { fits, .. } => no_tokens(fits, &error),
        Import::MissingColumns { .. } => Error::invalid_request(error)
            .hint("name another table with --table or --users, or another system"),
        Import::NoSuchTable { location, table, option } => {
            Error::request(format!("no table {table} in {location}"), "it does not exist")
                .hint(format!("{option} takes the complete name of a table"))
        }
        Import::NoOwnerColumn { .. } => {
            Error::request("cannot find the owners of the tokens", error)
                .hint("name another table with --table")
        }
        Import::NoOwnerTable { .. } => Error::invalid_request(error)
            .hint("name their table with --users, or the prefix of all tables with --table-prefix"),
        Import::SeveralOwnerTables { .. } | Import::OwnersOfKind { .. } => {
            Error::request("cannot tell who owns the tokens", error)
                .hint("name the table of the owners with --users")
        }
        Import::SeveralLinkTables { .. } => {
            Error::request("cannot tell who owns the tokens", error)
                .hint("name the table of the owners, to which a foreign key leads, with --users")
        }
        Import::OwnersElsewhere { .. } => {
            Error::request("cannot find the owners of the tokens", error)
                .hint("name a table that has the same owners with --users")
        }
        Import::SeveralMorphTables { .. } => {
            Error::request("invalid --morph", error).hint("give each class or alias once")
        }
        of_operator @ (Import::NoSuchType { .. }
        | Import::NoSuchClass { .. }
        | Import::NothingIgnored { .. }) => misspelled(of_operator),
        Import::UnclearEnds { ref columns } => {
            Error::invalid_request(&error).hint(ignore_hint(columns))
        }
        Import::SeveralTypes { .. } => {
            Error::request("cannot tell which rows are tokens", error).hint(
                "name the type of the tokens with --type, or use --ignore-column if the column says \
                 something else",
            )
        }
        Import::LooksHashed { .. } => Error::invalid_request(error)
            .hint("use --hashed sha256 if these are hashes of the secrets, or --clear-text if not"),
        Import::NoSuchColumn { option: option @ "--ignore-column", .. } => {
            Error::request("cannot import", error)
                .hint(format!("{option} takes the name of a column, or TABLE.COLUMN"))
        }
        about_keys => Error::request("cannot import", about_keys)
            .hint("name the column that tokens refer to with --users-key"),
    }
}

/// The value of an option matches nothing in the source.
fn misspelled(error: import::Error) -> Error {
    use import::Error as Import;
    let (option, hint) = match &error {
        Import::NoSuchType { found, .. } => {
            (OptionName::Kind.to_string(), format!("its rows have the types {}", found.join(", ")))
        }
        Import::NoSuchClass { found, .. } => (
            OptionName::Morph.to_string(),
            format!("the owners of the tokens have the types {}", found.join(", ")),
        ),
        _ => (
            "--ignore-column".to_string(),
            "it takes the name of a column of the tokens or users, or TABLE.COLUMN".to_string(),
        ),
    };
    Error::request(format!("invalid value of {option}"), error).hint(hint)
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
            Cause::JsonLines => request(&format!("`tokctl import jsonl {}`", quote(&location))),
            Cause::NotADatabase => request("name the database file of the system, not an SQL dump"),
            Cause::Damaged(_) => {
                unavailable("import from a backup, or from what `sqlite3 FILE .recover` saves")
            }
            Cause::BeingWritten => {
                unavailable("stop the application for a moment, or import from a backup")
            }
            Cause::Locked => unavailable("find the process that holds the lock, or try again"),
            Cause::CannotOpen(_) => unavailable("check the permissions of the file and its folder"),
            _ => server_error(what.clone(), &cause),
        }
    }
}

fn unknown_system(name: &str) -> Error {
    let list = system_names().collect::<Vec<_>>().join(", ");
    let error =
        Error::request(format!("unknown system {name:?}"), format!("expected one of {list}"));
    match nearest(name, system_names()) {
        Some(system) => error.hint(format!("did you mean {system}?")),
        None => error,
    }
}

/// No source of a system, or of any.
fn no_tokens(fits: Option<&'static str>, error: &import::Error) -> Error {
    let error = Error::invalid_request(error);
    match fits {
        Some(fits) => error.hint(format!("name the system: {fits}")),
        None => error.hint(
            "check the source; if its tables have other names, use --table-prefix, or --table and \
             --users",
        ),
    }
}

fn ignore_hint(columns: &[String]) -> String {
    let ignored: Vec<_> =
        columns.iter().map(|column| format!("--ignore-column {}", quote(column))).collect();
    format!("if they do not say that a token or user has ended, use {}", ignored.join(" "))
}
