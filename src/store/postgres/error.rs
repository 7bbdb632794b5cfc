//! What PostgreSQL says, as errors of the store.

use super::client;
use crate::store::backend::Interference;
use crate::store::error::{Error, Field, Result};
use ::postgres::error::{DbError, SqlState};

impl From<::postgres::Error> for Error {
    fn from(error: ::postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) => of_server(said),
            None if error.to_string().starts_with("error deserializing") => {
                Error::Corrupt(client::text(&error))
            }
            None => Error::Disconnected(client::text(&error)),
        }
    }
}

/// Messages name tables, columns and constraints; values are in the details, which are not shown.
fn of_server(said: &DbError) -> Error {
    let message = said.message().to_string();
    match said.code() {
        &SqlState::LOCK_NOT_AVAILABLE
        | &SqlState::T_R_SERIALIZATION_FAILURE
        | &SqlState::T_R_DEADLOCK_DETECTED => Error::Locked,
        &SqlState::UNIQUE_VIOLATION => conflict(said),
        &SqlState::FOREIGN_KEY_VIOLATION => Error::NotFound,
        &SqlState::INSUFFICIENT_PRIVILEGE => Error::NoRight(message),
        &SqlState::READ_ONLY_SQL_TRANSACTION => Error::Standby,
        &SqlState::UNDEFINED_TABLE
        | &SqlState::UNDEFINED_COLUMN
        | &SqlState::INVALID_SCHEMA_NAME => Error::OtherSchema(message),
        &SqlState::DISK_FULL => Error::Full,
        &SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED => Error::Corrupt(message),
        code if code.code().starts_with("57P") || code.code().starts_with("08") => {
            Error::Disconnected(message)
        }
        _ => Error::Other(message),
    }
}

/// Which value is taken.
fn conflict(said: &DbError) -> Error {
    let unique = [
        ("users_name_key_key", Field::UserName),
        ("users_email_key_key", Field::Email),
        ("tokens_by_hash", Field::Hash),
        ("tokens_by_relation", Field::Origin),
        ("origins_pkey", Field::Origin),
    ];
    let constraint = said.constraint().unwrap_or_default();
    match unique.into_iter().find(|(name, _)| *name == constraint) {
        Some((_, field)) => Error::Conflict(field),
        None => Error::Other(said.message().to_string()),
    }
}

/// Whether another transaction caused an error.
pub fn interference(error: &::postgres::Error) -> Interference {
    match error.code() {
        Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED) => {
            Interference::Certain
        }
        // What was looked for and not found before may have been committed since.
        Some(&SqlState::UNIQUE_VIOLATION | &SqlState::FOREIGN_KEY_VIOLATION) => {
            Interference::Possible
        }
        _ => Interference::None,
    }
}

/// Fails if a statement that names a row by id changed none.
pub fn found(changed: u64) -> Result<()> {
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}
