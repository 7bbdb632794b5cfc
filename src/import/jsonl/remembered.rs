//! What else a database remembers than users and tokens: lines that only an export has.

use super::exported::{check_id, check_relation, hash_of, scheme_of};
use crate::domain::scheme::Scheme;
use crate::domain::secret::Hash;
use crate::domain::setting::Setting;
use crate::import::error::InvalidLine;
use crate::store::{
    ExportStart, ExportedDeletion, ExportedOrigin, ExportedRelation, ExportedSetting, LastIds,
};

/// A line that is neither a user nor a token.
#[derive(Debug)]
pub enum Remembered {
    /// The beginning of an export of everything.
    Start,
    /// A table of another system.
    Relation(ExportedRelation),
    /// An imported token that was deleted.
    Deletion(Deletion),
    /// Who a user of another system is.
    Origin {
        /// The hash of what identifies the user there.
        origin: Hash,
        /// The id in the export; `None` if the user was removed.
        user_id: Option<i64>,
        /// Whether the system refused the user at the last import.
        is_refused: bool,
    },
    /// A setting and its value.
    Setting(Setting, String),
    /// The end of an export of everything.
    End(LastIds),
}

/// An imported token that was deleted.
#[derive(Debug)]
pub struct Deletion {
    /// The stored hash.
    pub hash: Hash,
    /// How its secret was checked.
    pub scheme: Scheme,
    /// The id in the other system.
    pub foreign_id: String,
    /// The table there.
    pub relation: Option<ExportedRelation>,
    /// Whether it had been revoked.
    pub was_revoked: bool,
}

type Read = Result<Remembered, InvalidLine>;

/// The beginning of an export.
///
/// # Errors
///
/// When a later version made it.
pub fn start(line: &ExportStart) -> Read {
    match line.format {
        ExportStart::FORMAT => Ok(Remembered::Start),
        _ => Err(InvalidLine::Format),
    }
}

/// A table of another system.
///
/// # Errors
///
/// When it is none.
pub fn relation(line: ExportedRelation) -> Read {
    check_relation(&line)?;
    Ok(Remembered::Relation(line))
}

/// A deleted token.
///
/// # Errors
///
/// When a value is not valid.
pub fn deletion(line: ExportedDeletion) -> Read {
    line.relation.as_ref().map_or(Ok(()), check_relation)?;
    Ok(Remembered::Deletion(Deletion {
        hash: hash_of("hash", &line.hash)?,
        scheme: scheme_of(&line.scheme)?,
        foreign_id: line.foreign_id,
        relation: line.relation,
        was_revoked: line.revoked,
    }))
}

/// Who a user of another system is.
///
/// # Errors
///
/// When a value is not valid.
pub fn origin(line: &ExportedOrigin) -> Read {
    line.user_id.map_or(Ok(()), |id| check_id("user_id", id))?;
    Ok(Remembered::Origin {
        origin: hash_of("origin", &line.origin)?,
        user_id: line.user_id,
        is_refused: line.refused,
    })
}

/// A setting.
///
/// # Errors
///
/// When there is no such setting, or it does not take the value.
pub fn setting(line: &ExportedSetting) -> Read {
    let setting: Setting = line.key.parse().map_err(|_| InvalidLine::Value("key"))?;
    let value = setting.check(&line.value).map_err(|_| InvalidLine::Value("value"))?;
    Ok(Remembered::Setting(setting, value))
}

/// The end of an export.
///
/// # Errors
///
/// When an id is not one. A table that never had a row has 0.
pub fn end(line: LastIds) -> Read {
    let LastIds { last_user_id, last_token_id } = line;
    for (key, id) in [("last_user_id", last_user_id), ("last_token_id", last_token_id)] {
        if id != 0 {
            check_id(key, id)?;
        }
    }
    Ok(Remembered::End(line))
}
