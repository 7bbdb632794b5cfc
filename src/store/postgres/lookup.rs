//! The look-up that a verification consists of.

use super::session::Session;
use super::tokens::{token, token_columns};
use super::values::Bytes;
use crate::domain::scheme::{Scheme, StoredScheme};
use crate::domain::secret::Hash;
use crate::domain::settings::Settings;
use crate::store::error::{Error, Result};
use crate::store::records::{FoundToken, LookUp};
use ::postgres::Row;
use ::postgres::types::Type;

/// The tokens with hashes: `$settings`, the `$position` of the hash in the question, and where the
/// tokens come from. A hash without a token still yields a row, so that the settings always come along.
macro_rules! look_up {
    ($settings:literal, $position:literal, $wanted:literal, $condition:literal) => {
        concat!(
            "SELECT ",
            $settings,
            " AS settings, ",
            $position,
            " AS position, t.hash, t.scheme_id, t.foreign_id, s.kind, s.prefix, ",
            token_columns!(),
            " FROM ",
            $wanted,
            " LEFT JOIN tokens t ON ",
            $condition,
            " LEFT JOIN users u ON u.id = t.user_id LEFT JOIN schemes s ON s.id = t.scheme_id"
        )
    };
}

/// Looks for one hash.
pub const LOOK_UP_ONE: &str = look_up!(
    "ARRAY(SELECT key || '=' || value FROM settings)",
    "0::bigint",
    "(VALUES (1)) AS wanted",
    "t.hash = $1"
);

/// Looks for all hashes at once.
const LOOK_UP: &str = look_up!(
    "CASE WHEN wanted.position = 1 THEN ARRAY(SELECT key || '=' || value FROM settings) END",
    "wanted.position - 1",
    "unnest($1::bytea[]) WITH ORDINALITY AS wanted (hash, position)",
    "t.hash = wanted.hash"
);

/// Each token that has one of the hashes, with the position of the hash, and the settings.
pub fn look_up(session: &mut Session, hashes: &[Hash]) -> Result<LookUp> {
    match hashes {
        [] => Ok(LookUp { found: Vec::new(), settings: super::settings::all(session)? }),
        [hash] => {
            let rows = session.query_at_once(LOOK_UP_ONE, &[(&hash.as_slice(), Type::BYTEA)])?;
            read(&rows, hashes)
        }
        _ => {
            let wanted: Vec<&[u8]> = hashes.iter().map(<[u8; 32]>::as_slice).collect();
            let rows = session.query(LOOK_UP, &[&wanted])?;
            read(&rows, hashes)
        }
    }
}

/// What the rows of a look-up of these hashes say.
pub fn read(rows: &[Row], hashes: &[Hash]) -> Result<LookUp> {
    let mut answer = LookUp::default();
    for row in rows {
        if let Some(pairs) = row.try_get::<_, Option<Vec<&str>>>("settings")? {
            answer.settings = settings(&pairs);
        }
        let Some(Bytes(hash)) = row.try_get("hash")? else { continue };
        let position = usize::try_from(row.try_get::<_, i64>("position")?).unwrap_or(usize::MAX);
        // An index that is corrupt must not let one secret in as another token.
        if hashes.get(position) != Some(&hash) {
            return Err(Error::Corrupt("an index leads to the wrong token".to_string()));
        }
        let foreign = match row.try_get("scheme_id")? {
            None => None,
            Some(scheme_id) => match foreign(row, scheme_id)? {
                // The schema allows no other scheme. No secret would fit it.
                None => continue,
                some => some,
            },
        };
        answer.found.push((position, FoundToken { token: token(row)?, foreign }));
    }
    Ok(answer)
}

fn settings(pairs: &[&str]) -> Settings {
    let pairs = pairs.iter().filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

/// The scheme, without its salt, and the id in the other system.
fn foreign(row: &Row, id: i64) -> Result<Option<(StoredScheme, String)>> {
    let scheme = Scheme::from_parts(row.try_get("kind")?, row.try_get("prefix")?, Vec::new());
    let foreign_id = row.try_get("foreign_id")?;
    Ok(scheme.map(|scheme| (StoredScheme { id, scheme }, foreign_id)))
}

pub fn schemes(session: &mut Session) -> Result<Vec<StoredScheme>> {
    const SCHEMES: &str = "SELECT id, kind, prefix, salt FROM schemes ORDER BY id";
    let mut schemes = Vec::new();
    for row in session.query(SCHEMES, &[])? {
        let kind: &str = row.try_get("kind")?;
        if let Some(scheme) = Scheme::from_parts(kind, row.try_get("prefix")?, row.try_get("salt")?)
        {
            schemes.push(StoredScheme { id: row.try_get("id")?, scheme });
        }
    }
    Ok(schemes)
}
