//! The user that a token belongs to.

use super::name::{Email, UserName};
use super::time::Timestamp;
use serde::Serialize;

/// A user as every command shows it. The order of the fields is the order of the JSON keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct User {
    /// The id, which is never used again.
    pub id: i64,
    /// The name, unique without regard to case and encoding.
    pub name: String,
    /// The e-mail address, unique without regard to case.
    pub email: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// Whether the user is an administrator.
    pub admin: bool,
    /// Whether the user is banned.
    pub status: UserStatus,
    /// Why the user is banned.
    pub banned_reason: Option<String>,
    /// How many tokens the user has, whatever their status.
    pub tokens: u64,
    /// When the user was added.
    pub created_at: Timestamp,
}

/// Whether a user is banned. The tokens of a banned user are rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    /// Not banned.
    Active,
    /// Banned until the ban is lifted.
    Banned,
}

impl UserStatus {
    /// The word that JSON and tables show.
    pub fn as_str(self) -> &'static str {
        match self {
            UserStatus::Active => "active",
            UserStatus::Banned => "banned",
        }
    }
}

/// A user, as far as a token of theirs is concerned. Unlike [`User`] it does not count their
/// tokens, of which there may be a million.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The user's id.
    pub id: i64,
    /// The user's name.
    pub name: String,
    /// Whether the user is an administrator.
    pub admin: bool,
    /// Whether the user is banned.
    pub banned: bool,
    /// Why the user is banned.
    pub banned_reason: Option<String>,
}

/// A user about to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name.
    pub name: UserName,
    /// The e-mail address.
    pub email: Option<Email>,
    /// The full name.
    pub full_name: Option<String>,
    /// Whether to make the user an administrator.
    pub admin: bool,
}

/// What to change about a user. `None` leaves a field as it is; an inner `None` empties it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserEdit {
    /// The new name.
    pub name: Option<UserName>,
    /// The new e-mail address.
    pub email: Option<Option<Email>>,
    /// The new full name.
    pub full_name: Option<Option<String>>,
    /// Whether the user is an administrator from now on.
    pub admin: Option<bool>,
}
