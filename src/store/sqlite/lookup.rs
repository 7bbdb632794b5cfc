//! The look-up that a verification consists of.

use super::columns::columns;
use super::tokens::{token, token_columns};
use crate::domain::scheme::{Scheme, StoredScheme};
use crate::domain::secret::Hash;
use crate::domain::token::StoredToken;
use crate::store::error::{Error, Result};
use crate::store::records::FoundToken;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};
use std::rc::Rc;

/// The tokens with hashes: `$position` of the hash in the question, and where `t` comes from.
///
/// The index `i` only leads to the row: its own hash is compared with the one that was looked for.
/// Otherwise one flipped bit in the index would let a revoked secret in as another token. A `t.hash`
/// without this join is read from the index. It takes the same steps, and no more time.
macro_rules! look_up {
    ($position:literal, $tokens:literal, $condition:literal) => {
        concat!(
            "SELECT ",
            $position,
            " AS position, t.hash, t.scheme_id, t.foreign_id, s.kind, s.prefix, ",
            token_columns!(),
            " FROM ",
            $tokens,
            " LEFT JOIN users u ON u.id = t.user_id LEFT JOIN schemes s ON s.id = t.scheme_id ",
            $condition
        )
    };
}

/// Looks for all hashes at once. `rarray` counts its rows from 1.
const LOOK_UP: &str = look_up!(
    "wanted.rowid - 1",
    "rarray(?1) AS wanted CROSS JOIN tokens i ON i.hash = wanted.value
     CROSS JOIN tokens t ON t.id = i.id",
    ""
);

/// Looks for one hash. With `rarray` it takes 3 % more instructions to verify a secret.
const LOOK_UP_ONE: &str =
    look_up!("0", "tokens i CROSS JOIN tokens t ON t.id = i.id", "WHERE i.hash = ?1");

columns!(look_up_columns: position, hash, scheme_id, foreign_id, kind, prefix, id);
use look_up_columns as column;

/// Each token that has one of the hashes, with the position of the hash. The settings that decide about it
/// have a statement of their own: three subqueries took 3 % of the instructions of a verification.
pub fn look_up(connection: &Connection, hashes: &[Hash]) -> Result<Vec<(usize, FoundToken)>> {
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(match hashes {
        [] => return Ok(found),
        [_] => LOOK_UP_ONE,
        _ => LOOK_UP,
    })?;
    let mut rows = match hashes {
        [hash] => statement.query([hash])?,
        _ => {
            let wanted = hashes.iter().map(|hash| Value::Blob(hash.to_vec()));
            statement.query([Rc::new(wanted.collect::<Vec<_>>())])?
        }
    };
    while let Some(row) = rows.next()? {
        let position = if hashes.len() == 1 { 0 } else { row.get(column::position)? };
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
    Ok(found)
}

/// Tokens of tokctl's own that a look-up finds alone, with their hashes: the last ones before an id.
pub fn own_before(
    connection: &Connection,
    before: i64,
    limit: u32,
) -> Result<Vec<(Hash, StoredToken)>> {
    const BEFORE: &str = concat!(
        "SELECT t.hash, ",
        token_columns!(),
        " FROM tokens t JOIN users u ON u.id = t.user_id
         WHERE t.id < ?1 AND t.scheme_id IS NULL
               AND (NOT EXISTS (SELECT 1 FROM schemes)
                    OR NOT EXISTS (SELECT 1 FROM tokens o
                                   WHERE o.hash = t.hash AND o.scheme_id IS NOT NULL))
         ORDER BY t.id DESC LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(BEFORE)?;
    let rows = statement
        .query_map(params![before, limit], |row| Ok((row.get("hash")?, token(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The hashes of all tokens in their order: the first ones after one of them.
pub fn hashes_after(connection: &Connection, after: &[u8], limit: u32) -> Result<Vec<Hash>> {
    const AFTER: &str = "SELECT hash FROM tokens WHERE hash > ?1 ORDER BY hash LIMIT ?2";
    let mut statement = connection.prepare_cached(AFTER)?;
    let rows = statement.query_map(params![after, limit], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
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
        for statement in [LOOK_UP, LOOK_UP_ONE] {
            super::super::columns::check_names(statement, &[column::NAMES, tokens].concat());
        }
    }
}
