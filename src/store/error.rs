//! What can go wrong in a store, as values that a caller can match.

#[cfg(feature = "postgres")]
use super::postgres::client::Error as ServerError;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a store could not do what was asked.
///
/// Messages never contain a bound value, and so never a secret or a hash.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no database at the location.
    #[error("it does not exist")]
    Missing,
    /// The location is a directory.
    #[error("it is a directory")]
    IsDirectory,
    /// The location is neither a regular file nor a directory.
    #[error("it is not a regular file")]
    NotAFile,
    /// The file is empty.
    #[error("it is an empty file")]
    Empty,
    /// Every account may write to the file, and could issue tokens.
    #[error("every account can write to it, and could issue tokens")]
    WorldWritable,
    /// Other accounts can create files in the folder of the database, such as a journal with tokens
    /// of their own, or replace a folder that leads to it.
    #[error("other accounts can write to {}, and could issue tokens", folder.display())]
    WritableFolder {
        /// The folder.
        folder: PathBuf,
        /// Whether a group can, and not only everybody.
        by_group: bool,
        /// Whether it has the sticky bit: a folder such as `/tmp` that others need.
        is_sticky: bool,
    },
    /// The folder of the database, or one that leads to it, belongs to an account that may not write
    /// the database, but could replace it.
    #[error("{} belongs to account {owner}, which could issue tokens", folder.display())]
    FolderOwner {
        /// The folder, or a link on the way.
        folder: PathBuf,
        /// The account that it belongs to.
        owner: u32,
        /// The account that it should belong to: the owner of the database.
        expected: u32,
    },
    /// A side file of the database, such as its journal, is a pipe, a link or a directory.
    #[error("{} beside it is not a regular file", .0.display())]
    SideFileKind(PathBuf),
    /// A side file of the database belongs to an account that may not write the database.
    #[error("{} beside it belongs to another account, which could issue tokens", file.display())]
    SideFileOwner {
        /// The side file.
        file: PathBuf,
        /// The owner of the database.
        owner: u32,
    },
    /// A side file of a database that is no longer there, or of a backup that others can write
    /// beside.
    #[error("{} is left over from another database, or another account put it there", .0.display())]
    SideFileLeft(PathBuf),
    /// The file is not a database at all.
    #[error("it is not an SQLite database")]
    NotADatabase,
    /// The database belongs to another program.
    #[error("it is another program's SQLite database")]
    AnotherProgram,
    /// The database was written by a newer tokctl.
    #[error("its schema is version {found}, but this tokctl supports only versions up to {known}")]
    SchemaTooNew {
        /// The version of the database.
        found: i64,
        /// The version of this build.
        known: i64,
    },
    /// The database was written by an older tokctl, and may not be upgraded by this account.
    #[error("its schema is version {found}, and this account cannot upgrade it")]
    SchemaTooOld {
        /// The version of the database.
        found: i64,
    },
    /// An older schema could not be upgraded.
    #[error("the schema could not be upgraded: {0}")]
    SchemaUpgrade(String),
    /// The database is damaged or truncated.
    #[error("it is corrupt or truncated")]
    Truncated,
    /// The database is damaged; the detail is what the database engine says.
    #[error("it is corrupt ({0})")]
    Corrupt(String),
    /// Another process holds a lock for longer than a command waits.
    #[error("another process keeps it locked")]
    Locked,
    /// This account may only read the database.
    #[error("this account cannot write to it")]
    ReadOnly,
    /// The operating system could not read or write the file.
    #[error("it could not be read or written ({0})")]
    Io(String),
    /// There is no space left.
    #[error("the disk is full")]
    Full,
    /// The database could not be opened; the detail is what the database engine says.
    #[error("it cannot be opened ({0})")]
    CannotOpen(String),
    /// A server has left the database in a state that only an account that may write can read.
    #[error("it was left by a server that is not running, and this account cannot write to it")]
    ServerGone,
    /// There is no connection to the server.
    #[cfg(feature = "postgres")]
    #[error("{0}")]
    Server(#[from] ServerError),
    /// The connection to the server was lost.
    #[error("the connection was lost ({0})")]
    Disconnected(String),
    /// The server has no tables of tokctl's in the schema, or the schema is not there.
    #[error("it has no tables of tokctl's")]
    NoTables,
    /// The tables are not those of the version that the database says it has.
    #[error("its tables are not those of this version ({0})")]
    OtherSchema(String),
    /// The account lacks a right on the server.
    #[error("{0}")]
    NoRight(String),
    /// The server takes no changes: it is a standby, or set to be read-only.
    #[error("the server takes no changes")]
    Standby,
    /// The server is a replica, and further behind than its answers may be.
    #[error("the replica is {} s behind", .0.as_secs())]
    Stale(Duration),
    /// A value that must be unique is taken.
    #[error("{0} is taken")]
    Conflict(Field),
    /// The row to change does not exist.
    #[error("no such row")]
    NotFound,
    /// Something that this kind of database does not offer.
    #[error("{0} is not available for this kind of database")]
    Unsupported(&'static str),
    /// The file to write exists.
    #[error("{} already exists", .0.display())]
    FileExists(PathBuf),
    /// A file beside the database could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The database could not be created.
    #[error("it cannot be created ({0})")]
    Create(io::Error),
    /// A file is not a backup that can be restored.
    #[error("{0}")]
    InvalidBackup(Box<Error>),
    /// Others kept writing to the database, so that it could not be replaced consistently.
    #[error("other processes keep writing to it")]
    Busy,
    /// Restoring a backup failed, and the database may be changed already.
    #[error("{why}; the database as it was is kept in {}", kept.display())]
    Restoring {
        /// Where the database as it was is kept.
        kept: PathBuf,
        /// Why.
        why: Box<Error>,
    },
    /// Anything else that the database engine says.
    #[error("{0}")]
    Other(String),
}

/// A value that must be unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The name of a user.
    UserName,
    /// The e-mail address of a user.
    Email,
    /// The hash of a token's secret.
    Hash,
    /// What identifies a user in another system.
    Origin,
    /// The id of a user or a token.
    Id,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Field::UserName => "the user name",
            Field::Email => "the e-mail address",
            Field::Hash => "the hash",
            Field::Origin => "the origin of the user",
            Field::Id => "the id",
        })
    }
}

/// The result of an operation of a store.
pub type Result<T> = std::result::Result<T, Error>;
