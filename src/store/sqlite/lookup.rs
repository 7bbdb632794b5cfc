//! The look-up that a verification consists of.

use super::columns::columns;
use super::tokens::{token, token_columns};
use crate::domain::scheme::Scheme;
use crate::domain::scheme::StoredScheme;
use crate::domain::secret::Hash;
use crate::domain::setting::Setting;
use crate::domain::settings::Settings;
use crate::store::error::{Error, Result};
use crate::store::records::{FoundToken, LookUp};
use rusqlite::types::Value;
use rusqlite::{Connection, Row};
use std::rc::Rc;

/// Looks for all hashes at once. Unknown hashes still yield a row (with NULL token columns), so the
/// settings are always returned.
///
/// The index `i` only leads to the row: its own hash is compared with the one that was looked for.
/// Otherwise one flipped bit in the index would let a revoked secret in as another token. A `t.hash`
/// without this join is read from the index. It takes the same steps, and no more time.
const LOOK_UP: &str = concat!(
    "SELECT wanted.rowid AS position,
            (SELECT value FROM settings WHERE key = 'unused-lifetime') AS unused_lifetime,
            (SELECT value FROM settings WHERE key = 'last-used-resolution')
                AS last_used_resolution,
            (SELECT value FROM settings WHERE key = 'record-attempts') AS record_attempts,
            t.hash AS hash, t.scheme_id AS scheme_id, t.foreign_id AS foreign_id,
            s.kind AS kind, s.prefix AS prefix, ",
    token_columns!(),
    " FROM rarray(?1) AS wanted
      LEFT JOIN tokens i ON i.hash = wanted.value
      LEFT JOIN tokens t ON t.id = i.id
      LEFT JOIN users u ON u.id = t.user_id
      LEFT JOIN schemes s ON s.id = t.scheme_id"
);

columns!(
    look_up_columns: position,
    unused_lifetime,
    last_used_resolution,
    record_attempts,
    hash,
    scheme_id,
    foreign_id,
    kind,
    prefix,
    id,
);
use look_up_columns as column;

pub fn look_up(connection: &Connection, hashes: &[Hash]) -> Result<LookUp> {
    let wanted: Vec<_> = hashes.iter().map(|hash| Value::Blob(hash.to_vec())).collect();
    let mut statement = connection.prepare_cached(LOOK_UP)?;
    let mut rows = statement.query([Rc::new(wanted)])?;
    let mut found = Vec::with_capacity(hashes.len());
    let mut settings = None;
    while let Some(row) = rows.next()? {
        if settings.is_none() {
            settings = Some(verification_settings(row)?);
        }
        if row.get::<_, Option<i64>>(column::id)?.is_some() {
            // rarray counts its rows from 1.
            let position = row.get::<_, usize>(column::position)? - 1;
            if row.get::<_, Hash>(column::hash)? != hashes[position] {
                return Err(Error::Corrupt("an index leads to the wrong token".to_string()));
            }
            let foreign = match row.get(column::scheme_id)? {
                None => None,
                Some(scheme_id) => match foreign(row, scheme_id)? {
                    // The schema allows no other scheme. No secret would fit it.
                    None => continue,
                    some => some,
                },
            };
            found.push((position, FoundToken { token: token(row, column::id)?, foreign }));
        }
    }
    let settings = match settings {
        Some(settings) => settings,
        None => super::settings::all(connection)?,
    };
    Ok(LookUp { found, settings })
}

fn verification_settings(row: &Row) -> rusqlite::Result<Settings> {
    let values = [
        (Setting::UnusedLifetime, row.get(column::unused_lifetime)?),
        (Setting::LastUsedResolution, row.get(column::last_used_resolution)?),
        (Setting::RecordAttempts, row.get(column::record_attempts)?),
    ];
    let set = |(setting, value): (Setting, Option<String>)| Some((setting.key().into(), value?));
    Ok(values.into_iter().filter_map(set).collect())
}

/// The scheme, without its salt, and the id in the other system.
fn foreign(row: &Row, id: i64) -> rusqlite::Result<Option<(StoredScheme, String)>> {
    let kind = row.get_ref(column::kind)?.as_str()?;
    let foreign_id = row.get(column::foreign_id)?;
    let scheme = Scheme::from_parts(kind, row.get(column::prefix)?, Vec::new());
    Ok(scheme.map(|scheme| (StoredScheme { id, scheme }, foreign_id)))
}

pub fn schemes(connection: &Connection) -> Result<Vec<StoredScheme>> {
    const SCHEMES: &str = "SELECT id, kind, prefix, salt FROM schemes ORDER BY id";
    let mut statement = connection.prepare_cached(SCHEMES)?;
    let mut rows = statement.query([])?;
    let mut schemes = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get("kind")?;
        if let Some(scheme) = Scheme::from_parts(&kind, row.get("prefix")?, row.get("salt")?) {
            schemes.push(StoredScheme { id: row.get("id")?, scheme });
        }
    }
    Ok(schemes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_in_the_statement() {
        let tokens = &super::super::tokens::NAMES[1..];
        super::super::columns::check_names(LOOK_UP, &[column::NAMES, tokens].concat());
    }
}
