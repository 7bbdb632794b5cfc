//! The error that the command line shows, and its exit code.
//!
//! The layers below return enums, which become text here. `cli/` and `commands/` build their own
//! errors about arguments and input with the constructors of [`Error`].

mod import;
mod import_server;
mod server;
mod use_case;

use crate::domain::settings::InvalidSetting;
use crate::store::{self, Error as Store};
use crate::text::bounds::shortened;
use crate::text::escape::Escaped;
use crate::text::redact::redact;
use crate::text::shell::quote_path;
use crate::verify;
use std::fmt::{self, Display};
use std::io::{self, Write};
use std::path::Path;

/// The kinds of failure, each with an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The answer is no: a named token or user does not exist. Exit 1.
    NotFound,
    /// The request is wrong: bad usage, a bad value, an ambiguous name, no `--yes`. Exit 2.
    Request,
    /// It could not be found out: no database, a lock, corruption, a full disk. Exit 4.
    Unavailable,
    /// The reader of the output closed it (`| head`). Exit 0, without a message.
    ClosedPipe,
}

/// A failure as the operator reads it: `tokctl: <what>: <why>` on one line, and what to do about it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what}{}", .why.as_ref().map_or(String::new(), |why| format!(": {why}")))]
pub struct Error {
    pub kind: Kind,
    what: What,
    /// `None` where what it is about says why, too.
    why: Option<String>,
    hint: Option<String>,
}

/// What an error is about.
#[derive(Debug, Clone)]
enum What {
    /// The database, whose location is not known where the error comes from.
    Database,
    Text(String),
}

impl Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Database => f.write_str("database"),
            What::Text(text) => f.write_str(text),
        }
    }
}

const CHANGED_SCHEMA: &str =
    "undo what was changed in the schema by hand; `sqlite3 {database} .schema` shows it";

const ANOTHER_BACKUP: &str = "name another backup";

/// The result of a command.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Quoted text in it cannot drive a terminal, and it is one line.
    fn new(kind: Kind, what: impl Display, why: impl Display) -> Self {
        Error { kind, what: What::Text(escaped(what)), why: Some(escaped(why)), hint: None }
    }

    /// Something that was named does not exist.
    pub fn not_found(what: impl Display, why: impl Display) -> Self {
        Error::new(Kind::NotFound, what, why)
    }

    /// The request is wrong.
    pub fn request(what: impl Display, why: impl Display) -> Self {
        Error::new(Kind::Request, what, why)
    }

    /// The request is wrong, in the sentence of an error that says both what and why.
    pub fn invalid_request(error: impl Display) -> Self {
        let what = What::Text(escaped(error));
        Error { kind: Kind::Request, what, why: None, hint: None }
    }

    /// It could not be found out, or could not be done.
    pub fn unavailable(what: impl Display, why: impl Display) -> Self {
        Error::new(Kind::Unavailable, what, why)
    }

    /// Something is wrong with the database.
    pub fn database(why: impl Display) -> Self {
        Error { what: What::Database, ..Error::unavailable("", why) }
    }

    /// A file that is not a backup that can be restored. Most of what can be wrong with it is wrong
    /// with databases, too.
    pub fn invalid_backup(file: &Path, error: store::Error) -> Self {
        let why = match error {
            Store::InvalidBackup(why) => *why,
            other => other,
        };
        let can_be_fixed = matches!(
            why,
            Store::WorldWritable
                | Store::SchemaTooNew { .. }
                | Store::Locked
                | Store::CannotOpen(_)
                | Store::Io(_)
                | Store::SideFileKind(_)
                | Store::SideFileOwner { .. }
                | Store::SideFileLeft(_)
        );
        let what = What::Text(escaped(format!("cannot restore {}", file.display())));
        let mut error = Error { what, ..Error::from(why) };
        if can_be_fixed {
            error.hint = error.hint.map(|hint| hint.replace("{database}", &quote_path(file)));
            error
        } else {
            error.hint(ANOTHER_BACKUP)
        }
    }

    /// An answer or a secret that did not reach whoever asked for it.
    pub fn undelivered(error: io::Error) -> Self {
        Error::unavailable("cannot write the output", error)
    }

    /// A listing that could not be written. That its reader went away is not an error.
    pub fn output(error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::BrokenPipe => Kind::ClosedPipe,
            _ => Kind::Unavailable,
        };
        Error::new(kind, "cannot write the output", error)
    }

    /// Adds what to do about it, printed as a `hint:` line. A command in it stands in backticks,
    /// begins with `tokctl` and is complete: see [`with_invocation`]. `{database}` stands for the
    /// path of the database.
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(escaped(hint));
        self
    }

    /// The same error as another kind.
    pub fn of_kind(self, kind: Kind) -> Self {
        Error { kind, ..self }
    }

    /// Adds a hint unless there is one.
    pub fn or_hint(self, hint: impl Display) -> Self {
        if self.hint.is_some() { self } else { self.hint(hint) }
    }

    /// The same error with `context` in front of what it is about.
    pub fn within(self, context: impl Display) -> Self {
        let what = What::Text(format!("{}: {}", escaped(context), self.what));
        Error { what, ..self }
    }

    /// The same error for the program that is called like `tokctl` and works on the database at
    /// `location`.
    pub fn located(mut self, tokctl: &str, location: Option<&store::Location>) -> Self {
        if let (What::Database, Some(location)) = (&self.what, location) {
            self.what = What::Text(escaped(format!("database {location}")));
            self.hint = match location.path() {
                Some(path) => self.hint.map(|hint| hint.replace("{database}", &quote_path(path))),
                // A server has no file to look into.
                None => self.hint.filter(|hint| !hint.contains("{database}")),
            };
        }
        self.hint = self.hint.map(|hint| with_invocation(&hint, tokctl));
        self
    }

    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::NotFound => 1,
            Kind::Request => 2,
            Kind::Unavailable => 4,
            Kind::ClosedPipe => 0,
        }
    }
}

const OWNER_ONLY: &str = "run the command as the account that owns the database";
const SERVER_GONE: &str =
    "run `tokctl doctor` as the account that owns the database, or start the server";

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        server::server_error(&error).unwrap_or_else(|| of_file(error))
    }
}

/// A database that is a file.
fn of_file(error: store::Error) -> Error {
    let text = error.to_string();
    let database = || Error::database(&text);
    match error {
        Store::Missing => database().hint(
            "name another one with --database or $TOKCTL_DATABASE; `tokctl create` creates \
                 this one and issues a token",
        ),
        Store::IsDirectory => database().hint("name the database file in it"),
        Store::Empty => database().hint(
            "restore a backup with `tokctl restore FILE`, or delete the file if it never \
                 contained tokens",
        ),
        Store::WorldWritable
        | Store::WritableFolder { .. }
        | Store::SideFileKind(_)
        | Store::FolderOwner { .. }
        | Store::SideFileOwner { .. }
        | Store::SideFileLeft(_) => of_others(&error),
        Store::NotAFile | Store::AnotherProgram => {
            database().hint("name tokctl's own database with --database or $TOKCTL_DATABASE")
        }
        Store::NotADatabase => database().hint(
            "check --database and $TOKCTL_DATABASE; if this is the right file, restore a \
                 backup with `tokctl restore FILE`",
        ),
        Store::SchemaTooNew { .. } => database().hint("install a newer tokctl"),
        Store::SchemaUpgrade(_) => database().hint(CHANGED_SCHEMA),
        Store::SchemaTooOld { .. } => {
            database().hint("run `tokctl migrate` as the account that owns the database")
        }
        Store::Truncated => database().hint("restore a backup with `tokctl restore FILE`"),
        Store::Corrupt(_) => database().hint(
            "restore a backup with `tokctl restore FILE`; `sqlite3 {database} .recover` may \
                 save what is left",
        ),
        Store::Locked => {
            database().hint("try again; `fuser {database}` lists the processes that have it open")
        }
        Store::ReadOnly => database().hint(OWNER_ONLY),
        Store::Io(_) => {
            database().hint("check the disk; the log of the operating system may say more")
        }
        Store::Full => database().hint("free some space and try again"),
        Store::CannotOpen(_) => {
            database().hint("check the permissions of the file and its directory")
        }
        Store::ServerGone => database().hint(SERVER_GONE),
        Store::Create(_) => database().hint(
            "check the permissions of its directory, or name another database with --database",
        ),
        Store::Busy => database().hint("stop those processes, or try again"),
        Store::FileExists(_)
        | Store::File { .. }
        | Store::Restoring { .. }
        | Store::InvalidBackup(_) => of_copies(error),
        _ => database(),
    }
}

/// What other accounts may do, or have done, and the command that ends it. Nothing that others may
/// need is changed or deleted: a journal may be what a crash left, and `/tmp` is everybody's.
fn of_others(error: &store::Error) -> Error {
    const OWN_FOLDER: &str = "use a database in a folder of its own, which `mkdir -m 700 ~/tokctl` \
                              makes";
    let aside = |path| format!("mv {0} {0}.aside", quote_path(path));
    let hint = match error {
        Store::WritableFolder { is_sticky: true, .. } => OWN_FOLDER.to_string(),
        Store::WritableFolder { folder, by_group, .. } => {
            format!("chmod {}-w {}", if *by_group { "go" } else { "o" }, quote_path(folder))
        }
        Store::FolderOwner { folder, expected, .. } => format!(
            "`chown -h {expected} {}` if nobody else needs it; otherwise {OWN_FOLDER}",
            quote_path(folder)
        ),
        Store::SideFileOwner { file, owner } => format!(
            "if the database was given to another account, `chown {owner} {}`; otherwise `{}`",
            quote_path(file),
            aside(file)
        ),
        Store::SideFileKind(path) | Store::SideFileLeft(path) => aside(path),
        _ => "chmod o-w {database}".to_string(),
    };
    Error::database(error).hint(hint)
}

/// Backups, and copies that are kept.
fn of_copies(error: store::Error) -> Error {
    let text = error.to_string();
    match error {
        Store::FileExists(path) => {
            Error::request(format!("cannot write {}", path.display()), "the file already exists")
                .hint("name another file, or pass --force to replace it")
        }
        Store::File { path, source } => {
            Error::unavailable(format!("cannot write {}", path.display()), source)
        }
        Store::Restoring { kept, .. } => Error::database(text)
            .hint(format!("`tokctl restore {}` brings it back as it was", quote_path(&kept))),
        Store::InvalidBackup(why) => Error::unavailable("invalid backup", why).hint(ANOTHER_BACKUP),
        _ => Error::database(text),
    }
}

impl From<InvalidSetting> for Error {
    fn from(error: InvalidSetting) -> Self {
        let key = error.setting.key();
        Error::unavailable(format!("invalid setting {key} in the database"), error.why)
            .hint(format!("`tokctl settings unset {key}` restores its default"))
    }
}

impl From<verify::Error> for Error {
    fn from(error: verify::Error) -> Self {
        match error {
            verify::Error::Store(error) => error.into(),
            verify::Error::Setting(error) => error.into(),
        }
    }
}

fn escaped(text: impl Display) -> String {
    Escaped(&text.to_string()).to_string()
}

/// A text whose commands, which stand in backticks, work when they are pasted into a shell:
/// `tokctl` is how to call this program on the same database.
pub fn with_invocation(text: &str, tokctl: &str) -> String {
    text.replace("`tokctl ", &format!("`{tokctl} "))
}

/// Prints an error on standard error and returns the exit code. One line, and a hint if there is
/// one; never a backtrace.
pub fn report(error: &anyhow::Error) -> u8 {
    let mut stderr = io::stderr().lock();
    // Nobody can be told that standard error is closed.
    match error.downcast_ref::<Error>() {
        Some(error) if error.kind == Kind::ClosedPipe => {}
        Some(error) => {
            let _ = writeln!(stderr, "tokctl: {}", shortened(&redact(&error.to_string())));
            if let Some(hint) = &error.hint {
                let _ = writeln!(stderr, "hint: {}", shortened(&redact(hint)));
            }
        }
        None => {
            let _ = writeln!(stderr, "tokctl: {}", shortened(&redact(&format!("{error:#}"))));
        }
    }
    error.downcast_ref::<Error>().map_or(4, Error::exit_code)
}
