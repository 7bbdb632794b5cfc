//! Why a use case could not do what was asked.

use crate::domain::Invalid;
use crate::domain::policy::Violation;
use crate::domain::setting::Setting;
use crate::domain::settings::InvalidSetting;
use crate::domain::time::Timestamp;
use crate::store;

/// Why a use case could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store could not do its part.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A stored setting is not valid.
    #[error(transparent)]
    StoredSetting(#[from] InvalidSetting),
    /// No token is selected.
    #[error("token not found")]
    TokenNotFound {
        /// How it was selected.
        by: SelectorKind,
        /// The name that was probably meant.
        suggestion: Option<String>,
    },
    /// Several tokens have the name.
    #[error("the name matches several tokens")]
    AmbiguousName {
        /// The name.
        name: String,
        /// The newest ids, the newest first.
        ids: Vec<i64>,
        /// Whether there are more.
        more: bool,
        /// Whether the tokens are active; otherwise all that have the name have ended.
        active: bool,
    },
    /// No user has the name.
    #[error("user {name} not found")]
    UserNotFound {
        /// The name.
        name: String,
        /// The name that was probably meant.
        suggestion: Option<String>,
    },
    /// Another user has the name.
    #[error("user {0} already exists")]
    NameTaken(String),
    /// Another user has the e-mail address.
    #[error("another user already has the e-mail address {0}")]
    EmailTaken(String),
    /// A text to be stored contains the secret of a token.
    #[error("the text contains the secret of a token")]
    ContainsSecret,
    /// A secret cannot be registered.
    #[error("invalid secret: {0}")]
    InvalidSecret(Invalid),
    /// A secret to be registered is a token's already.
    #[error("a token with this secret already exists")]
    SecretTaken,
    /// No owner is named, and there is no default.
    #[error("no owner is named, and the setting default-user is not set")]
    NoOwner,
    /// The policy does not allow the token.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// A setting does not take the value.
    #[error("invalid value for {}: {why}", setting.key())]
    InvalidValue {
        /// The setting.
        setting: Setting,
        /// What is wrong with the value.
        why: Invalid,
    },
    /// The user owns the tokens that name no owner.
    #[error("user {0} is the default-user")]
    DefaultUser(String),
    /// The token is revoked, so that it cannot be changed.
    #[error("token {0} is revoked")]
    Revoked(i64),
    /// A rotation has replaced the token, so that it cannot live longer or again.
    #[error("token {by} has replaced token {id}")]
    Replaced {
        /// The token.
        id: i64,
        /// The token that replaced it.
        by: i64,
    },
    /// The token cannot be rotated.
    #[error("token {id} cannot be rotated: {why}")]
    NotRotatable {
        /// The token.
        id: i64,
        /// Why.
        why: NotRotatable,
    },
    /// The overlap of a rotation would end after the year 9999.
    #[error("the overlap ends after the year 9999")]
    OverlapTooLong,
    /// The clock is so far ahead of everything that the database knows of that it may be wrong.
    #[error("the clock says {now}, and nothing in the database is newer than {newest}")]
    ClockAhead {
        /// What the clock says.
        now: Timestamp,
        /// The time of the newest token, use of a token or row of the log.
        newest: Timestamp,
    },
    /// The operating system provides no random numbers.
    #[error("the operating system provides no random numbers: {0}")]
    Random(String),
    /// One of several requests failed; nothing was issued.
    #[error("request {}: {error}", index + 1)]
    Request {
        /// Its position, from 0.
        index: usize,
        /// Why.
        error: Box<Error>,
    },
}

/// How a token was selected. A secret or a hash is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectorKind {
    /// By this id.
    Id(i64),
    /// By the SHA-256 of its secret.
    Hash,
    /// By its secret.
    Secret,
    /// By a text that may have been meant as something else than a secret.
    Text,
    /// By its name.
    Name,
}

/// Why a token cannot be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRotatable {
    /// A rotation has replaced it already.
    #[error("token {0} has already replaced it")]
    Replaced(i64),
    /// It is revoked.
    #[error("it is revoked")]
    Revoked,
}

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;
