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
use std::time::Duration;

/// The tokens with hashes: `$staleness` of the answer, `$settings`, the `$position` of the hash in the
/// question, and where the tokens come from. A hash without a token still yields a row, so that the
/// settings always come along.
macro_rules! look_up {
    ($staleness:expr, $settings:literal, $position:literal, $wanted:literal, $condition:literal) => {
        concat!(
            "SELECT ",
            $staleness,
            " AS staleness, ",
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
macro_rules! look_up_one {
    ($staleness:expr) => {
        look_up!(
            $staleness,
            "ARRAY(SELECT key || '=' || value FROM settings)",
            "0::bigint",
            "(VALUES (1)) AS wanted",
            "t.hash = $1"
        )
    };
}

/// Looks for all hashes at once, also for none. The planner must not see how many there are: it would make a
/// new plan each time, because for few hashes that looks cheaper than the plan it has.
macro_rules! look_up_all {
    ($staleness:expr) => {
        look_up!(
            $staleness,
            "CASE WHEN coalesce(wanted.position, 1) = 1
                  THEN ARRAY(SELECT key || '=' || value FROM settings) END",
            "wanted.position - 1",
            "(SELECT $1::bytea[] AS hashes OFFSET 0) AS sought
             LEFT JOIN LATERAL unnest(sought.hashes) WITH ORDINALITY AS wanted (hash, position)
                       ON true",
            "t.hash = wanted.hash"
        )
    };
}

/// Nobody asks how old an answer is.
macro_rules! not_measured {
    () => {
        "NULL::bigint"
    };
}

/// How many milliseconds ago the server knew at least what it answers with. A standby that is connected
/// and has replayed all that it received knows what the primary does; for any other it is the age of the
/// last transaction that it has replayed.
macro_rules! measured {
    () => {
        "CASE WHEN NOT pg_is_in_recovery() THEN 0
              WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
                   AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver) THEN 0
              ELSE coalesce(1000 * extract(epoch FROM
                       clock_timestamp() - pg_last_xact_replay_timestamp()), 1e15) END::bigint"
    };
}

/// The statements of a look-up: for one hash, and for many.
pub struct Statements {
    pub one: &'static str,
    pub all: &'static str,
}

/// The statements for answers that may be as old as `max_staleness`; `None`: of any age.
pub fn statements(max_staleness: Option<Duration>) -> Statements {
    match max_staleness {
        None => {
            Statements { one: look_up_one!(not_measured!()), all: look_up_all!(not_measured!()) }
        }
        Some(_) => Statements { one: look_up_one!(measured!()), all: look_up_all!(measured!()) },
    }
}

/// Each token that has one of the hashes, with the position of the hash, and the settings.
///
/// # Errors
///
/// [`Error::Stale`] if the server is a standby that is further behind than this session wants.
pub fn look_up(session: &mut Session, hashes: &[Hash]) -> Result<LookUp> {
    let max_staleness = session.max_staleness();
    let statements = statements(max_staleness);
    let rows = match hashes {
        [hash] => session.query_at_once(statements.one, &[(&hash.as_slice(), Type::BYTEA)])?,
        _ => {
            let wanted: Vec<&[u8]> = hashes.iter().map(<[u8; 32]>::as_slice).collect();
            session.query(statements.all, &[&wanted])?
        }
    };
    read(&rows, hashes, max_staleness)
}

/// What the rows of a look-up of these hashes say, if they are not older than `max_staleness`.
pub fn read(rows: &[Row], hashes: &[Hash], max_staleness: Option<Duration>) -> Result<LookUp> {
    let mut answer = LookUp::default();
    for row in rows {
        check_staleness(row, max_staleness)?;
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

fn check_staleness(row: &Row, max_staleness: Option<Duration>) -> Result<()> {
    let Some(max) = max_staleness else { return Ok(()) };
    let millis: Option<i64> = row.try_get("staleness")?;
    let staleness =
        Duration::from_millis(millis.map_or(u64::MAX, |it| u64::try_from(it).unwrap_or(0)));
    if staleness > max { Err(Error::Stale(staleness)) } else { Ok(()) }
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

/// Reads the schemes of imported tokens.
pub const SCHEMES: &str = "SELECT id, kind, prefix, salt FROM schemes ORDER BY id";

pub fn schemes(session: &mut Session) -> Result<Vec<StoredScheme>> {
    read_schemes(&session.query(SCHEMES, &[])?)
}

/// What the rows of [`SCHEMES`] say.
pub fn read_schemes(rows: &[Row]) -> Result<Vec<StoredScheme>> {
    let mut schemes = Vec::new();
    for row in rows {
        let kind: &str = row.try_get("kind")?;
        if let Some(scheme) = Scheme::from_parts(kind, row.try_get("prefix")?, row.try_get("salt")?)
        {
            schemes.push(StoredScheme { id: row.try_get("id")?, scheme });
        }
    }
    Ok(schemes)
}
