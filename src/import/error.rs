//! What can go wrong in an import, as values that a caller can match.

use super::jsonl::{MAX_KEY, MAX_KEYS};
use super::options::{InvalidSalt, OptionName};
use super::report::Report;
use super::source::{self, Problem};
use crate::domain::settings::InvalidSetting;
use crate::store;
use std::io;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The source cannot be read.
    #[error("cannot import from {0}")]
    Source(#[from] source::Error),
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A stored setting is not valid.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// There is no system with this name.
    #[error("unknown system {0:?}")]
    UnknownSystem(String),
    /// The source does not have the tables of the system, or of any.
    #[error("no tokens of {} in {location}: looked for {looked_for}; found {found}",
        system.unwrap_or("a supported system"))]
    NoTokens {
        /// Where the source is.
        location: String,
        /// The system, if it was named.
        system: Option<&'static str>,
        /// The tables that would have been read.
        looked_for: String,
        /// The tables that there are.
        found: String,
        /// Another system, whose tables they are.
        fits: Option<&'static str>,
    },
    /// A table that the operator names does not exist.
    #[error("no table {table} in {location}")]
    NoSuchTable {
        /// Where the source is.
        location: String,
        /// The table.
        table: String,
        /// The option that names it.
        option: &'static str,
    },
    /// A column that the operator or a foreign key names does not exist.
    #[error("table {table} has no column {column}")]
    NoSuchColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The option that names it, or should name another one.
        option: &'static str,
    },
    /// The table of tokens has rows of types that may not be those of tokens.
    #[error("{column} has rows of several types, or of an unusual one: {}", found.join(", "))]
    SeveralTypes {
        /// `table.column`.
        column: String,
        /// The types.
        found: Vec<String>,
    },
    /// Two rows of a table have the same key.
    #[error("two rows of table {table} have the same key")]
    DuplicateKey {
        /// The table.
        table: String,
        /// The key.
        id: String,
    },
    /// A table has neither a column `id` nor a primary key of one column.
    #[error("table {table} has no column id and no primary key of one column")]
    NoKey {
        /// The table.
        table: String,
    },
    /// The table of tokens does not say who owns them.
    #[error("table {table} has none of the columns {}", missing.join(", "))]
    NoOwnerColumn {
        /// The table.
        table: String,
        /// The columns that could say it.
        missing: Vec<&'static str>,
    },
    /// No table of the source is known to have the owners.
    #[error("cannot find the owners of the tokens: looked for {}; found {}",
        looked_for.join(" or "), found.join(", "))]
    NoOwnerTable {
        /// The tables that usually have them.
        looked_for: Vec<String>,
        /// The tables that there are.
        found: Vec<String>,
    },
    /// Several tables of the source may have the owners.
    #[error("the owners of the tokens may be in {}", found.join(" or "))]
    SeveralOwnerTables {
        /// The tables.
        found: Vec<String>,
    },
    /// Several tables of the source may link tokens and owners.
    #[error("several tables link tokens and owners: {}", found.join(", "))]
    SeveralLinkTables {
        /// The tables.
        found: Vec<String>,
    },
    /// The owners are in another schema or database, or in a table that does not exist.
    #[error("{column} refers to {refers_to}, which is not a table that can be read")]
    OwnersElsewhere {
        /// `table.column` with the owner's id.
        column: String,
        /// The table that its foreign key names.
        refers_to: String,
    },
    /// Tokens of an unusual type may belong to the rows of any table.
    #[error(
        "column {column} has no foreign key, so the owners of {kind} tokens may be in any table"
    )]
    OwnersOfKind {
        /// The column with the owner's id.
        column: String,
        /// The type.
        kind: String,
    },
    /// The operator names two tables for one class of owners.
    #[error("owners of type {class} are given the tables {}", tables.join(" and "))]
    SeveralMorphTables {
        /// The class or alias.
        class: String,
        /// The tables.
        tables: Vec<String>,
    },
    /// Columns sound like an end, and it is not clear which.
    #[error("it is not clear which tokens the source refuses: unknown meaning of {}", columns.join(", "))]
    UnclearEnds {
        /// `table.column` of each.
        columns: Vec<String>,
    },
    /// Every value of a column that should have secrets looks like a hash.
    #[error("cannot tell what {column} contains: every value looks like a hash")]
    LooksHashed {
        /// `table.column`.
        column: String,
    },
    /// The source has a table with the right name, but without columns that the system has.
    #[error("no tokens of {system} in {location}: table {table} lacks these columns: {}", missing.join(", "))]
    MissingColumns {
        /// Where the source is.
        location: String,
        /// The table.
        table: String,
        /// The system.
        system: &'static str,
        /// The columns that it does not have.
        missing: Vec<&'static str>,
    },
    /// The source has the tables of several systems.
    #[error("{location} has tables of several systems: {}", systems.join(", "))]
    SeveralSystems {
        /// Where the source is.
        location: String,
        /// The systems.
        systems: Vec<&'static str>,
    },
    /// An option was given that has no meaning for the source.
    #[error("{option} applies to {}, not to {source_name}", used_by.join(", "))]
    UnusedOption {
        /// The option.
        option: OptionName,
        /// The system, or where the source is.
        source_name: String,
        /// The systems or kinds of sources for which it has one.
        used_by: Vec<&'static str>,
    },
    /// No row of the table of tokens has the type that the operator names.
    #[error("no row of table {table} has the type {kind:?}")]
    NoSuchType {
        /// The table.
        table: String,
        /// The type.
        kind: String,
        /// The types that rows have.
        found: Vec<String>,
    },
    /// No token has the class or alias of owners that the operator names.
    #[error("no token has an owner of type {class:?}")]
    NoSuchClass {
        /// The class or alias.
        class: String,
        /// Those that tokens have.
        found: Vec<String>,
    },
    /// Nothing in the source has the name of a column that the operator says is no end.
    #[error("no column or key that is read is called {name}")]
    NothingIgnored {
        /// The name, as it was given.
        name: String,
    },
    /// The system's hashes are keyed with a salt, which was not given.
    #[error("the salt is missing")]
    MissingSalt,
    /// The text that should have the salt has none.
    #[error(transparent)]
    InvalidSalt(#[from] InvalidSalt),
    /// A file of JSON Lines cannot be read.
    #[error("cannot read {file}: {error}")]
    File {
        /// The file.
        file: String,
        /// What the operating system says.
        error: io::Error,
    },
    /// A line of a file is not valid.
    #[error("{file}, line {line}: {why}")]
    InvalidLine {
        /// The file.
        file: String,
        /// The number of the line, from 1.
        line: u64,
        /// Why.
        why: InvalidLine,
    },
    /// The source has rows, and none of them could be imported.
    #[error("no row could be imported")]
    NothingTaken(Box<Report>),
    /// The report could not be kept in a temporary file.
    #[error("cannot keep the report in a temporary file: {0}")]
    Report(io::Error),
}

/// Why a line is not valid. It never quotes a value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLine {
    /// It is no JSON object.
    #[error("not a JSON object (column {0})")]
    Syntax(usize),
    /// It is longer than any line that is read.
    #[error("longer than 1 MiB")]
    TooLong,
    /// It has a key that is too long to be one, or too many keys.
    #[error("has a key of more than {MAX_KEY} bytes, or more than {MAX_KEYS} keys")]
    TooManyKeys,
    /// A key is there twice, perhaps in two spellings.
    #[error("{0}: given twice")]
    Twice(String),
    /// An earlier line describes another row under the same id.
    #[error("id: an earlier line has the same id")]
    SameId,
    /// A key has a value that cannot be used, or must be there.
    #[error("{key}: {problem}")]
    Key {
        /// The key.
        key: String,
        /// What is wrong with it.
        problem: Problem,
    },
    /// It describes neither a user nor a token.
    #[error("type: neither user nor token")]
    UnknownType,
    /// It has nothing to check a secret by.
    #[error("needs hash or secret")]
    NoSecret,
    /// It has a hash and a secret that do not belong together.
    #[error("hash: not that of secret")]
    OtherHash,
    /// A key may say that a row has ended, but not clearly enough.
    #[error("{0}: unknown whether it says that a token or user has ended")]
    UnclearEnd(String),
    /// A key needs the others that an export has.
    #[error("{0}: only together with all other keys that `tokctl export` writes")]
    ExportOnly(String),
    /// A value of an export is not valid.
    #[error("invalid {0}")]
    Value(&'static str),
    /// A line of a type that only an export has is not as an export has it.
    #[error("type {0}: not as `tokctl export` writes it")]
    NotExported(&'static str),
    /// An export was made by a newer version.
    #[error("format: made by a newer tokctl, which this one cannot read")]
    Format,
    /// An export of everything begins or ends twice.
    #[error("type: an earlier line has this type, too; import one export at a time")]
    SecondExport,
    /// An export of everything has lost its end.
    #[error("type: the end of this export is missing; export again, and check the exit code")]
    NoEnd,
    /// An export of everything has lost its beginning.
    #[error("type: the beginning of this export is missing")]
    NoStart,
    /// An export of everything says that no user or token has had an id as high as that of a line.
    #[error("{0}: a line has a higher id")]
    HigherId(&'static str),
    /// The owner of an exported token must be there, too.
    #[error("user_id: no line has this user")]
    UnknownOwner,
    /// Several users have the name or address by which the token names its owner.
    #[error("{0}: several user lines have this value")]
    SeveralOwners(&'static str),
    /// The token names no owner, and there is no default.
    #[error("needs user, user_id or email, because no default-user is set")]
    NoOwner,
    /// The token names no owner, and the default one does not exist.
    #[error("needs user, user_id or email, because the default owner {0} does not exist")]
    NoSuchOwner(String),
}

/// The result of an import.
pub type Result<T> = std::result::Result<T, Error>;
