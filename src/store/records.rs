//! Rows as they go in and out of a store.

use crate::domain::audit::{Actor, Attempt, Change};
use crate::domain::scheme::StoredScheme;
use crate::domain::scope::Scopes;
use crate::domain::secret::Hash;
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;
use crate::domain::token::{Foreign, StoredToken};
use serde::{Deserialize, Serialize};

/// A token by something that identifies it.
#[derive(Debug, Clone, Copy)]
pub enum TokenKey<'a> {
    /// By id.
    Id(i64),
    /// By one of several ids.
    Ids(&'a [i64]),
    /// By the stored hash. Tokens of different systems can share one.
    Hash(&'a Hash),
}

/// Which tokens to read, and in which order.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokenQuery<'a> {
    /// Only tokens of this owner.
    pub user_id: Option<i64>,
    /// Only tokens of exactly this name.
    pub name: Option<&'a str>,
    /// Only tokens with ids above this one; if `reverse`, below it. By [`Sort::Id`], the tokens that
    /// come after it, whether or not it still exists.
    pub after: Option<i64>,
    /// What to sort by.
    pub sort: Sort,
    /// Whether the order is reversed.
    pub reverse: bool,
}

/// What tokens are sorted by; by id among equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// By id.
    #[default]
    Id,
    /// By name, without regard to the case of ASCII letters.
    Name,
    /// By the name of the owner, without regard to case.
    User,
    /// By time of creation.
    Created,
    /// By expiry; tokens that never expire come last.
    Expires,
    /// By last use; tokens that were never used come first.
    LastUsed,
}

/// A field of a token and its new value.
#[derive(Debug, Clone, Copy)]
pub enum TokenField<'a> {
    /// The name.
    Name(&'a str),
    /// When it expires; `None`: never.
    Expiry(Option<Timestamp>),
    /// What it grants.
    Scopes(&'a Scopes),
    /// Which token it replaced. That one may be gone.
    Replaces(Option<i64>),
}

/// A token found by its hash, with the scheme of its secret if another system issued it.
#[derive(Debug, Clone)]
pub struct FoundToken {
    /// The token; its hint, what it replaces and what replaced it may be left out.
    pub token: StoredToken,
    /// The scheme, without its salt, and the token's id in that system.
    pub foreign: Option<(StoredScheme, String)>,
}

/// What a look-up of hashes answers.
#[derive(Debug, Default)]
pub struct LookUp {
    /// Each token that was found, with the position of its hash. One hash can find several tokens.
    pub found: Vec<(usize, FoundToken)>,
    /// The settings, or at least those that decide about a verification.
    pub settings: Settings,
}

/// A user whom an import may give tokens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalUser {
    /// The user's id.
    pub id: i64,
    /// Whether the user is banned.
    pub banned: bool,
    /// Why the user is banned, if a reason was stated.
    pub banned_reason: Option<String>,
    /// Whether the user is an administrator.
    pub admin: bool,
}

/// What became of a user of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// No import has brought this user.
    Unknown,
    /// An import brought this user, who was removed since.
    Removed,
    /// The user is this one.
    User(LocalUser),
}

/// A user about to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewUserRow<'a> {
    /// The name.
    pub name: &'a str,
    /// The e-mail address.
    pub email: Option<&'a str>,
    /// The full name.
    pub full_name: Option<&'a str>,
    /// Whether the e-mail address is known to be the user's. Otherwise it matches nobody.
    pub email_verified: bool,
    /// Whether the user is an administrator.
    pub admin: bool,
    /// When and why the user was banned.
    pub ban: Option<Ban<'a>>,
    /// When the user was added.
    pub created_at: Timestamp,
}

/// A ban that stands.
#[derive(Debug, Clone, Copy)]
pub struct Ban<'a> {
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<&'a str>,
}

/// One field of a user to change.
#[derive(Debug, Clone, Copy)]
pub enum UserField<'a> {
    /// The name.
    Name(&'a str),
    /// The e-mail address.
    Email(Option<&'a str>),
    /// The full name.
    FullName(Option<&'a str>),
    /// Whether the user is an administrator.
    Admin(bool),
    /// The ban.
    Ban(Option<Ban<'a>>),
}

/// Whether a token of another system has been here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Neither the token nor another one with its secret.
    New,
    /// The token is here.
    Here {
        /// The id.
        id: i64,
        /// How its secret compares.
        secret: SecretHere,
    },
    /// The token was here and has been deleted.
    Deleted {
        /// Whether it had been revoked.
        was_revoked: bool,
    },
    /// Another token of that system, with this id there, has the same secret.
    SameSecret(String),
}

/// Which ended tokens a prune deletes.
#[derive(Debug, Clone, Copy)]
pub struct Cutoffs {
    /// Tokens that were revoked or expired before this instant.
    pub ended_before: Timestamp,
    /// Tokens that were last used before this instant; `None`: none for that reason.
    pub used_before: Option<Timestamp>,
}

/// A range of ids: above `after`, up to and including `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRange {
    /// The id below the first one.
    pub after: i64,
    /// The last id.
    pub last: i64,
}

/// A change with who made it and when.
#[derive(Debug, Clone, Copy)]
pub struct ChangeRow<'a> {
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who.
    pub actor: &'a Actor,
    /// What.
    pub change: &'a Change,
}

/// Verifications to record together.
#[derive(Debug, Clone, Copy)]
pub struct Attempts<'a> {
    /// The verifications, the oldest first.
    pub attempts: &'a [Attempt],
    /// The account that verified.
    pub actor: &'a Actor,
    /// How many verifications the log keeps; older ones are deleted.
    pub keep: u64,
}

/// Which rows of the log to read.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// Verifications.
    pub attempts: bool,
    /// Administrative changes.
    pub changes: bool,
    /// Only verifications that were not good.
    pub failures: bool,
    /// Only rows about the token with this id.
    pub token_id: Option<i64>,
    /// Only rows from this instant on.
    pub since: Option<Timestamp>,
    /// Only rows recorded after this position.
    pub after: LogPosition,
    /// Only rows recorded before this position.
    pub before: Option<LogPosition>,
}

/// A position in the log. It is good until all verifications are deleted: from then on they may be
/// numbered from 1 again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogPosition {
    /// The number of the last verification before it.
    pub attempt: i64,
    /// The id of the last change before it.
    pub change: i64,
}

/// How many verifications were recorded at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptCount {
    /// When.
    pub at: Timestamp,
    /// Whether they were good.
    pub good: bool,
    /// How many.
    pub count: u64,
}

/// Something wrong with a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Accounts outside the group may read the file, or others than its owner may write it.
    FilePermissions,
    /// Other accounts may replace the file, because they may write to its folder.
    FolderPermissions,
    /// The file has other names, too, under which processes would not see each other's journals.
    HardLinks(u64),
    /// Parts of the file contradict each other.
    Integrity {
        /// How many errors the check found; it stops at 100.
        count: u64,
        /// The first of them, as the database engine says it.
        first: String,
    },
    /// Rows refer to rows that do not exist.
    ForeignKeys(u64),
    /// Tables, indexes or triggers are not those of this version.
    Schema {
        /// How many differ.
        count: u64,
        /// The version that the database says it has.
        version: i64,
    },
    /// Rows have times in the future.
    FutureTimes(u64),
}

/// A row of an export: times are milliseconds since 1970, as they are stored, so that nothing is
/// lost.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[allow(clippy::large_enum_variant, reason = "nearly all rows are tokens")]
pub enum ExportRow {
    /// The beginning of an export of everything.
    Export(ExportStart),
    /// A table of another system.
    Relation(ExportedRelation),
    /// A user.
    User(ExportedUser),
    /// A token, after its owner.
    Token(ExportedToken),
    /// An imported token that was deleted.
    Deleted(ExportedDeletion),
    /// Who a user of another system is, after that user.
    Origin(ExportedOrigin),
    /// A setting that is set.
    Setting(ExportedSetting),
    /// The end of an export of everything.
    End(LastIds),
}

/// The beginning of an export of everything. Without its end, a part of it is missing.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportStart {
    /// Which rows and keys there are.
    pub format: u32,
}

impl ExportStart {
    /// The format of this version. An older version cannot read a later format.
    pub const FORMAT: u32 = 1;
}

/// The highest ids that users and tokens have had, also of those that are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct LastIds {
    pub last_user_id: i64,
    pub last_token_id: i64,
}

/// A table of another system in an export. Its id differs between databases.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ExportedRelation {
    pub system: String,
    /// What identifies the database.
    pub database: String,
    /// The table.
    pub name: String,
}

/// A user of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ExportedUser {
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    /// Whether the e-mail address is known to be the user's. Older exports do not say so.
    #[serde(default)]
    pub email_verified: bool,
    pub full_name: Option<String>,
    pub admin: bool,
    pub banned_at: Option<i64>,
    pub banned_reason: Option<String>,
    pub created_at: i64,
}

/// A token of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ExportedToken {
    pub id: i64,
    /// The owner's id in the same export.
    pub user_id: i64,
    pub name: String,
    /// The SHA-256 in hexadecimal.
    pub hash: String,
    pub hint: String,
    pub scopes: String,
    pub source: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub last_used_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub revoked_reason: Option<String>,
    /// How the secret is checked; none for tokctl's own.
    pub scheme: Option<ExportedScheme>,
    /// The id in the system that issued it.
    pub foreign_id: Option<String>,
    /// The table that an import read it from. Older exports have neither this nor what follows.
    #[serde(default)]
    pub relation: Option<ExportedRelation>,
    /// The id of the token that this one replaced.
    #[serde(default)]
    pub replaces: Option<i64>,
    /// The id of the token that replaced this one.
    #[serde(default)]
    pub replaced_by: Option<i64>,
}

/// An imported token of an export that was deleted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ExportedDeletion {
    /// The SHA-256 in hexadecimal.
    pub hash: String,
    pub scheme: ExportedScheme,
    pub foreign_id: String,
    pub relation: Option<ExportedRelation>,
    /// Whether it had been revoked.
    pub revoked: bool,
}

/// Who a user of another system is, in an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedOrigin {
    /// The hash of what identifies the user there, in hexadecimal.
    pub origin: String,
    /// The user's id in the same export; `None` if the user was removed.
    pub user_id: Option<i64>,
    /// Whether the system refused the user at the last import.
    pub refused: bool,
}

/// A setting of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ExportedSetting {
    pub key: String,
    pub value: String,
}

/// A scheme of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ExportedScheme {
    pub kind: String,
    pub prefix: String,
    /// In hexadecimal.
    pub salt: String,
}

/// How the secret of a token that is here compares with the one that it has in another system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretHere {
    /// It is the same, and checked in the same way.
    Same,
    /// The stored hash is the same, and it is checked in another way.
    CheckedOtherwise,
    /// It is another one.
    Other,
}

/// A table of another system that imports have read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The id.
    pub id: i64,
    /// What identifies the database.
    pub database: String,
    /// The name of the table.
    pub name: String,
}

/// The part of an imported token that decides whether it has been here.
#[derive(Debug, Clone, Copy)]
pub struct ForeignToken<'a> {
    /// The stored hash.
    pub hash: &'a Hash,
    /// The system's scheme and its id there; `None` for tokctl's own.
    pub foreign: Option<&'a Foreign>,
    /// Whether the id there is part of the secret, so that one hash can stand under several ids.
    pub id_is_in_secret: bool,
}

/// An imported token that was deleted in another database.
#[derive(Debug, Clone, Copy)]
pub struct DeletedToken<'a> {
    /// The stored hash.
    pub hash: &'a Hash,
    /// The system's scheme, its table and its id there.
    pub foreign: &'a Foreign,
    /// Whether it had been revoked.
    pub was_revoked: bool,
}
