//! The kinds of failure, their exit codes, and how a failure is told.

use crate::name::Escaped;
use crate::secret::redact;
use std::fmt::Display;
use std::io::{self, Write};

/// Why a command could not do what was asked, each kind with an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The answer is no: a named token or user does not exist. Exit 1.
    No,
    /// The request is wrong: bad usage, a bad value, an ambiguous name, no `--yes`. Exit 2.
    Request,
    /// It could not be found out: no database, a lock, corruption, a full disk. Exit 4.
    Unavailable,
    /// Whoever read the output has had enough (`| head`). Exit 0, without a word.
    ClosedPipe,
}

/// A failure as the operator reads it: `tokctl: <what>: <why>` (one line), and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Error {
    pub kind: Kind,
    pub what: String,
    pub why: String,
    pub hint: Option<String>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whatever is quoted in it cannot drive a terminal, and it is one line.
    fn new(kind: Kind, what: impl Display, why: impl Display) -> Self {
        Error { kind, what: shown(what), why: shown(why), hint: None }
    }

    pub fn no(what: impl Display, why: impl Display) -> Self {
        Error::new(Kind::No, what, why)
    }

    pub fn request(what: impl Display, why: impl Display) -> Self {
        Error::new(Kind::Request, what, why)
    }

    pub fn unavailable(what: impl Display, why: impl Display) -> Self {
        Error::new(Kind::Unavailable, what, why)
    }

    /// An answer or a secret that did not reach whoever asked for it.
    pub fn undelivered(error: io::Error) -> Self {
        Error::unavailable("cannot write the output", error)
    }

    /// A listing that could not be written; a reader that went away is no news.
    pub fn output(error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::BrokenPipe => Kind::ClosedPipe,
            _ => Kind::Unavailable,
        };
        Error::new(kind, "cannot write the output", error)
    }

    /// Adds what to do about it, printed as a `hint:` line. A command in it stands in backticks and
    /// is whole: see [`pasteable`].
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(shown(hint));
        self
    }

    /// The same failure with commands that work where `tokctl` is called like that.
    pub fn pasteable(mut self, tokctl: &str) -> Self {
        self.hint = self.hint.map(|hint| pasteable(&hint, tokctl));
        self
    }

    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::No => 1,
            Kind::Request => 2,
            Kind::Unavailable => 4,
            Kind::ClosedPipe => 0,
        }
    }
}

impl From<rusqlite::Error> for Error {
    /// What SQLite says, in the operator's words. Messages never hold a bound value.
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::*;
        let code = error.sqlite_error_code();
        let (why, hint) = match code {
            Some(DatabaseBusy | DatabaseLocked) => (
                "locked by another process for too long".to_string(),
                "find out what holds it, or try again",
            ),
            Some(DiskFull) => ("the disk is full".to_string(), "free some space and try again"),
            Some(DatabaseCorrupt | NotADatabase) => (
                format!("is corrupt ({error})"),
                "restore a backup; `sqlite3 FILE .recover` may save what is left",
            ),
            Some(ReadOnly) => (
                "may only be read by this account".to_string(),
                "run this as the account that owns the database",
            ),
            Some(CannotOpen | PermissionDenied) => {
                (format!("cannot be opened ({error})"), "check the permissions of file and folder")
            }
            _ => (error.to_string(), ""),
        };
        let told = Error::unavailable("database", why);
        if hint.is_empty() { told } else { told.hint(hint) }
    }
}

fn shown(text: impl Display) -> String {
    Escaped(&text.to_string()).to_string()
}

/// A text whose commands, which stand in backticks, work when they are pasted into a shell: `tokctl`
/// is how to call this program on the database that is meant.
pub fn pasteable(text: &str, tokctl: &str) -> String {
    text.replace("`tokctl ", &format!("`{tokctl} "))
}

/// Tells a failure on standard error and returns the exit code. One line, and a hint where there
/// is one: never a backtrace.
pub fn report(error: &anyhow::Error) -> u8 {
    let mut stderr = io::stderr().lock();
    // There is nobody left to tell that standard error is closed.
    match error.downcast_ref::<Error>() {
        Some(error) if error.kind == Kind::ClosedPipe => {}
        Some(error) => {
            let _ = writeln!(stderr, "tokctl: {}", redact(&error.to_string()));
            if let Some(hint) = &error.hint {
                let _ = writeln!(stderr, "hint: {}", redact(hint));
            }
        }
        None => {
            let _ = writeln!(stderr, "tokctl: {}", redact(&format!("{error:#}")));
        }
    }
    error.downcast_ref::<Error>().map_or(4, Error::exit_code)
}
