//! What SQLite says, as errors of the store.

use crate::store::error::{Error, Field, Result};
use rusqlite::ffi::{SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_IOERR};

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::*;
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Error::Locked,
            Some(DiskFull) => Error::Full,
            Some(SystemIoFailure) => Error::Io(message(&error)),
            Some(DatabaseCorrupt | NotADatabase) => Error::Corrupt(message(&error)),
            Some(ReadOnly) => Error::ReadOnly,
            Some(CannotOpen | PermissionDenied) => Error::CannotOpen(message(&error)),
            Some(ConstraintViolation) if is_missing_row(&error) => Error::NotFound,
            Some(ConstraintViolation) => conflict(&message(&error)),
            _ => Error::Other(message(&error)),
        }
    }
}

/// What SQLite says, without the statement, which may be the whole schema.
pub fn message(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

/// Whether a statement names a row of another table that does not exist.
fn is_missing_row(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    code == Some(SQLITE_CONSTRAINT_FOREIGNKEY)
}

/// Which value is taken. SQLite names the columns of a unique index, or else the index.
fn conflict(message: &str) -> Error {
    let unique = [
        ("users.name_key", Field::UserName),
        ("users.email_key", Field::Email),
        ("tokens_by_hash", Field::Hash),
        ("tokens.relation_id", Field::Origin),
        ("origins.origin", Field::Origin),
        ("users.id", Field::Id),
        ("tokens.id", Field::Id),
    ];
    match unique.into_iter().find(|(name, _)| message.contains(name)) {
        Some((_, field)) => Error::Conflict(field),
        None => Error::Other(message.to_string()),
    }
}

/// What the first use of a file says about the file.
pub fn of_opening(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error.sqlite_error_code() {
        Some(NotADatabase) => Error::NotADatabase,
        Some(DatabaseCorrupt) => Error::Truncated,
        _ => error.into(),
    }
}

/// The error if a line of an integrity check says that the operating system could not read a page,
/// which says nothing about what is in it.
pub fn unread(line: &str) -> Option<Error> {
    let (_, code) = line.rsplit_once("error code=")?;
    let is_io = code.parse::<i32>().is_ok_and(|code| code & 0xff == SQLITE_IOERR);
    is_io.then(|| Error::Io(line.lines().last().unwrap_or_default().to_string()))
}

/// Fails if a statement that names a row by id changed none.
pub fn found(changed: usize) -> Result<()> {
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_cannot_be_read_is_not_corrupt() {
        for code in [10, 266, 8458] {
            let told = format!("Tree 7 page 12: unable to get the page. error code={code}");
            match unread(&format!("*** in database main ***\n{told}")) {
                Some(Error::Io(why)) => assert_eq!(why, told),
                other => panic!("{other:?}"),
            }
        }
        for line in ["Tree 7 page 12: unable to get the page. error code=11", "ok", "Page 3: x"] {
            assert!(unread(line).is_none(), "{line}");
        }
    }
}
