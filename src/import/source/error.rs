//! Why a source cannot be read.

use std::io;
use std::path::PathBuf;

/// A source that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{location}: {cause}")]
pub struct Error {
    /// Where the source is, without a password.
    pub location: String,
    /// Why it cannot be read.
    pub cause: Cause,
}

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The operating system does not let it be read.
    #[error("{0}")]
    File(io::Error),
    /// It is a directory.
    #[error("expected an SQLite database, found a directory")]
    Directory,
    /// It is neither a regular file nor a directory.
    #[error("expected an SQLite database, found something that is not a regular file")]
    NotAFile,
    /// It is an empty file.
    #[error("expected an SQLite database, found an empty file")]
    Empty,
    /// It is a file of another kind.
    #[error("it is not an SQLite database")]
    NotADatabase,
    /// It is a file of JSON Lines.
    #[error("it is a file of JSON Lines, not an SQLite database")]
    JsonLines,
    /// It is damaged; the detail is what the database engine says.
    #[error("the database is damaged ({0})")]
    Damaged(String),
    /// It could not be copied, which is necessary because its last changes are in a file beside it.
    #[error("it cannot be copied to a temporary folder: {0}")]
    Copy(io::Error),
    /// It was written to while it was copied.
    #[error("another process is writing to it")]
    BeingWritten,
    /// Another process holds a lock for longer than an import waits.
    #[error("another process has locked it for too long")]
    Locked,
    /// It could not be opened; the detail is what the database engine says.
    #[error("it cannot be opened ({0})")]
    CannotOpen(String),
    /// It looks like a URL of a kind that no source has.
    #[error(
        "its scheme is not supported; expected mysql://, mariadb://, postgres:// or postgresql://"
    )]
    UnknownScheme,
    /// The URL is malformed, or has a parameter that is not supported.
    #[error("invalid URL: {0}")]
    InvalidUrl(String),
    /// The URL and the option file ask for a connection that cannot be made.
    #[error("invalid settings of TLS: {0}")]
    InvalidTls(String),
    /// The option file of MySQL's and MariaDB's clients cannot be followed.
    #[error("{}: {why}", .file.display())]
    OptionFile {
        /// The file.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// Every account can write the option file, so that anybody can decide where a password goes.
    #[error("{} can be written by every account", .0.display())]
    OpenOptionFile(PathBuf),
    /// The URL names no database.
    #[error("the URL names no database")]
    NoDatabase,
    /// This tokctl was built without what the source needs.
    #[error("this tokctl was built without the feature {0}")]
    NotBuilt(&'static str),
    /// No server answers.
    #[error("cannot connect ({0})")]
    Unreachable(String),
    /// There is no encrypted connection, or the server's certificate is not good.
    #[error("cannot connect securely ({0})")]
    Insecure(String),
    /// The server's certificate is to be verified, and no root certificate is known.
    #[error("cannot connect securely (there is no root certificate to verify the server's with)")]
    NoRootCertificate,
    /// The server requires a password, and a password file is ignored because other accounts can read it.
    #[error(
        "no password was given ({why}; {} is ignored, because other accounts can read it)",
        .file.display()
    )]
    PasswordFileTooOpen {
        /// What the server says.
        why: String,
        /// The file.
        file: PathBuf,
    },
    /// The server requires a password, and none was given.
    #[error("no password was given ({why})")]
    NoPassword {
        /// What the server says.
        why: String,
        /// Where a password is looked for.
        looked_in: &'static str,
    },
    /// The server refuses the user or the password.
    #[error("wrong user or password ({0})")]
    WrongLogin(String),
    /// The user has no right to read something.
    #[error("access denied ({why})")]
    NoRight {
        /// What the server says, with the name of the table.
        why: String,
        /// The right that is needed.
        needed: &'static str,
    },
    /// The server has no such database.
    #[error("unknown database ({0})")]
    UnknownDatabase(String),
    /// The database has no such schema, or the user may not use it.
    #[error("{0}")]
    UnknownSchema(String),
    /// The server does not know the time zone of the session.
    #[error("the server does not know the time zone {0:?}")]
    UnknownTimeZone(String),
    /// The connection ended while it was needed.
    #[error("the connection to the server was lost ({0})")]
    Disconnected(String),
    /// Anything else that the database engine says.
    #[error("{0}")]
    Other(String),
}

impl Cause {
    /// Why there is no secure connection, from what the library for TLS says, whose words for a bad
    /// certificate are names from its source code.
    pub fn insecure(text: &str) -> Self {
        const PLAIN: [(&str, &str); 6] = [
            ("UnknownIssuer", "the server's certificate is not signed by a known authority"),
            ("CaUsedAsEndEntity", "the server's certificate is that of an authority"),
            ("not valid for name", "the server's certificate is for another name"),
            ("NotValidForName", "the server's certificate is for another name"),
            ("expired", "the server's certificate has expired"),
            ("not valid yet", "the server's certificate is not valid yet"),
        ];
        let lower = text.to_ascii_lowercase();
        let known = PLAIN.iter().find(|(name, _)| lower.contains(&name.to_ascii_lowercase()));
        Cause::Insecure(known.map_or(text, |(_, plain)| plain).to_string())
    }
}

/// The result of an operation of a source.
pub type Result<T> = std::result::Result<T, Error>;
