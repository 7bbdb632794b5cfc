//! What every system yields: users and tokens, as that system has them.

use super::source::Unreadable;
use crate::domain::scope::MAX_SCOPES;
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};

/// A row of the source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RowKey {
    /// The table.
    pub table: String,
    /// The primary key; `?` if it cannot be read, and empty for what has no row of its own.
    pub id: String,
}

impl Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id.as_str() {
            "" => f.write_str(&self.table),
            id => write!(f, "{} {id}", self.table),
        }
    }
}

/// A user of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceUser {
    /// The row: users of two tables may have the same id.
    pub key: RowKey,
    /// What the row says.
    pub fields: UserFields,
}

/// What a row says about a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFields {
    /// The name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// Whether the user is an administrator there.
    pub admin: bool,
    /// Why the system refuses the user's tokens: a ban, or a deletion.
    pub refused: Option<String>,
    /// When the system will refuse them.
    pub expires_at: Option<Timestamp>,
    /// Whether the system has verified that the e-mail address is the user's.
    pub email_verified: bool,
    /// Whether somebody with this name here is the same person: the source is a database of tokctl's
    /// own.
    pub shares_names: bool,
    /// What only a database of tokctl's own knows.
    pub exported: Option<ExportedFields>,
    /// When the user was added there.
    pub created_at: Option<Timestamp>,
    /// What identifies the row, where tokens refer to it by another column.
    pub row_id: Option<String>,
}

/// What only a database of tokctl's own knows about a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFields {
    /// The id there.
    pub id: i64,
    /// When the user was banned there, and why.
    pub ban: Option<(Timestamp, Option<String>)>,
}

/// The owner of a token of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The user in this row.
    Row(RowKey),
    /// A user who has no row there.
    User(SourceUser),
    /// Nobody, where there must be somebody, or somebody who cannot be found.
    Unknown(SkipReason),
}

/// A token of another system.
#[derive(Debug, Clone)]
pub struct SourceToken {
    /// The row.
    pub key: RowKey,
    /// The owner.
    pub owner: Owner,
    /// The hash to store.
    pub hash: Hash,
    /// The leading characters of the secret, as far as they are known.
    pub hint: String,
    /// Whether the secret is stored in clear and is too short.
    pub is_weak: bool,
    /// Why the system refuses the token: it was revoked or deleted there.
    pub ended: Option<String>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// What else the row says.
    pub fields: TokenFields,
}

/// What a row says about a token, besides its secret, its owner and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFields {
    /// The name.
    pub name: Option<String>,
    /// What it may do.
    pub scopes: SourceScopes,
    /// When it was issued.
    pub created_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Who owns it here, if it belongs to nobody there because the system has such tokens. `None`: the
    /// owner is looked up.
    pub default_owner: Option<SourceUser>,
}

/// What a token of another system may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceScopes {
    /// Everything: the system has no scopes, or the token has none of its limits.
    Everything,
    /// These.
    List {
        /// The scopes as they are stored there.
        scopes: Vec<String>,
        /// Whether `*` means everything there.
        has_wildcard: bool,
    },
}

/// A row that cannot be imported, and why.
#[derive(Debug)]
pub struct RejectedRow {
    /// The row.
    pub key: RowKey,
    /// The hash, if it can be read: no later row with the same secret may be imported.
    pub hash: Option<Hash>,
    /// Why.
    pub why: SkipReason,
}

/// Why a row is not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SkipReason {
    /// A column of the row cannot be read.
    #[error("{0}")]
    Unreadable(Unreadable),
    /// A column of the owner's row cannot be read.
    #[error("owner: {0}")]
    UnreadableOwner(Unreadable),
    /// The token names an owner that does not exist in the source, or none.
    #[error("owner not found")]
    OwnerMissing,
    /// The table of an owner's class is not known.
    #[error("no table known for owners of type {0}; name it with --morph")]
    UnknownOwnerClass(String),
    /// Several tables may have the owners of a class.
    #[error("owners of type {0} may be in several tables; name one with --morph")]
    AmbiguousOwnerClass(String),
    /// The row has no key by which an earlier import could have known it.
    #[error("the row has no id")]
    NoId,
    /// The token has more scopes than one can have here.
    #[error("more than {MAX_SCOPES} scopes")]
    TooManyScopes,
    /// A life counted from the creation was given, and the row does not say when that was.
    #[error("no creation time to count --expiration from")]
    NoCreation,
    /// The owner was imported earlier, and has been removed here since.
    #[error("the owner was removed here")]
    OwnerRemoved,
    /// Where several rows have one secret the first one counts, and that one was skipped.
    #[error("an earlier row with the same secret was skipped")]
    EarlierRowSkipped,
    /// Where several rows have one secret the first one counts.
    #[error("an earlier row has the same secret")]
    SameSecret,
}
