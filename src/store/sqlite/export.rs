//! Everything as it is stored, but for the log.

use super::pages::{PAGE, advance, let_go};
use super::{ids, settings};
use crate::domain::secret::Hash;
use crate::domain::setting::Setting;
use crate::store::backend::Each;
use crate::store::error::{Error, Result};
use crate::store::records::*;
use crate::text::hex;
use rusqlite::{Connection, Params, Row, params};

/// How far an export is: the last row of each table.
#[derive(Default)]
struct Place {
    relation: i64,
    user: i64,
    token: i64,
    deletion: DeletionKey,
    /// No origin, and no hash, is as short as none.
    origin: Vec<u8>,
}

/// The primary key of `buried`.
#[derive(Default, PartialEq, PartialOrd)]
struct DeletionKey {
    hash: Vec<u8>,
    scheme_id: i64,
    foreign_id: String,
}

/// Reads the next rows of a table, at most a page.
type Read = fn(&Connection, &mut Place) -> Result<Vec<ExportRow>>;

/// Every relation and user that is new since the last page comes before the tokens of the next one, so
/// that what a row refers to always comes first. The deletions come after the tokens: a token that is
/// deleted meanwhile is not lost.
const TABLES: [Read; 5] = [relations, users, tokens, deletions, origins];

pub fn each(connection: &Connection, each: Each<ExportRow>) -> Result<()> {
    let mut place = Place::default();
    loop {
        let mut page = page(connection, &mut place)?;
        let is_last = page.is_empty();
        if is_last {
            page = end(connection)?;
        }
        let_go(connection)?;
        if page.into_iter().any(|row| each(row).is_break()) || is_last {
            return Ok(());
        }
    }
}

/// The next rows, those of a table once all of the tables before it were read, from one snapshot.
fn page(connection: &Connection, place: &mut Place) -> Result<Vec<ExportRow>> {
    let mut page = Vec::new();
    for read in TABLES {
        let rows = read(connection, place)?;
        let has_more = rows.len() == PAGE;
        page.extend(rows);
        if has_more {
            break;
        }
    }
    Ok(page)
}

/// What is short enough to be read at once.
fn end(connection: &Connection) -> Result<Vec<ExportRow>> {
    let values = settings::all(connection)?;
    let setting = |setting: Setting| {
        let value = values.get(setting)?.to_string();
        Some(ExportRow::Setting(ExportedSetting { key: setting.key().to_string(), value }))
    };
    let mut rows: Vec<_> = Setting::ALL.into_iter().filter_map(setting).collect();
    rows.push(ExportRow::End(ids::last(connection)?));
    Ok(rows)
}

fn relations(connection: &Connection, place: &mut Place) -> Result<Vec<ExportRow>> {
    const RELATIONS: &str = "SELECT id, system, database, name FROM relations
         WHERE id > ?1 ORDER BY id LIMIT ?2";
    let read = |row: &Row| Ok((row.get("id")?, relation(row)?));
    let found: Vec<(i64, _)> = rows(connection, RELATIONS, params![place.relation, PAGE], read)?;
    if let Some((last, _)) = found.last() {
        place.relation = advance(place.relation, *last, false)?;
    }
    Ok(found.into_iter().map(|(_, relation)| ExportRow::Relation(relation)).collect())
}

fn users(connection: &Connection, place: &mut Place) -> Result<Vec<ExportRow>> {
    const USERS: &str = "SELECT id, name, email, NOT email_unverified AS email_verified, full_name,
             admin, banned_at, banned_reason, created_at
         FROM users WHERE id > ?1 ORDER BY id LIMIT ?2";
    let users = rows(connection, USERS, params![place.user, PAGE], user)?;
    if let Some(last) = users.last() {
        place.user = advance(place.user, last.id, false)?;
    }
    Ok(users.into_iter().map(ExportRow::User).collect())
}

fn tokens(connection: &Connection, place: &mut Place) -> Result<Vec<ExportRow>> {
    const TOKENS: &str = "SELECT t.id, t.user_id, t.name AS token_name, t.hash, t.hint, t.scopes,
             t.source, t.created_at, t.expires_at, t.last_used_at, t.revoked_at, t.revoked_reason,
             t.foreign_id, t.replaces, t.replaced_by, s.kind, s.prefix, s.salt, r.system, r.database,
             r.name
         FROM tokens t LEFT JOIN schemes s ON s.id = t.scheme_id
                       LEFT JOIN relations r ON r.id = t.relation_id
         WHERE t.id > ?1 ORDER BY t.id LIMIT ?2";
    let tokens = rows(connection, TOKENS, params![place.token, PAGE], token)?;
    if let Some(last) = tokens.last() {
        place.token = advance(place.token, last.id, false)?;
    }
    Ok(tokens.into_iter().map(ExportRow::Token).collect())
}

fn deletions(connection: &Connection, place: &mut Place) -> Result<Vec<ExportRow>> {
    const DELETIONS: &str = "SELECT b.hash, b.scheme_id, b.foreign_id, b.revoked, s.kind, s.prefix,
             s.salt, r.system, r.database, r.name
         FROM buried b JOIN schemes s ON s.id = b.scheme_id
                       LEFT JOIN relations r ON r.id = b.relation_id
         WHERE (b.hash, b.scheme_id, b.foreign_id) > (?1, ?2, ?3)
         ORDER BY b.hash, b.scheme_id, b.foreign_id LIMIT ?4";
    let DeletionKey { hash, scheme_id, foreign_id } = &place.deletion;
    let values = params![hash, scheme_id, foreign_id, PAGE];
    let mut found = rows(connection, DELETIONS, values, deletion)?;
    if let Some((last, _)) = found.last_mut() {
        place.deletion = later(&place.deletion, std::mem::take(last))?;
    }
    Ok(found.into_iter().map(|(_, deletion)| ExportRow::Deleted(deletion)).collect())
}

fn origins(connection: &Connection, place: &mut Place) -> Result<Vec<ExportRow>> {
    const ORIGINS: &str = "SELECT origin, user_id, refused FROM origins
         WHERE origin > ?1 ORDER BY origin LIMIT ?2";
    let found = rows(connection, ORIGINS, params![place.origin, PAGE], origin)?;
    if let Some((last, _)) = found.last() {
        place.origin = later(&place.origin, last.to_vec())?;
    }
    Ok(found.into_iter().map(|(_, origin)| ExportRow::Origin(origin)).collect())
}

/// The same as [`advance`], for other keys.
fn later<T: PartialOrd>(place: &T, last: T) -> Result<T> {
    if last > *place { Ok(last) } else { Err(Error::Corrupt("keys are out of order".into())) }
}

fn rows<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: fn(&Row) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(values, read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn user(row: &Row) -> rusqlite::Result<ExportedUser> {
    Ok(ExportedUser {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        email_verified: row.get("email_verified")?,
        full_name: row.get("full_name")?,
        admin: row.get("admin")?,
        banned_at: row.get("banned_at")?,
        banned_reason: row.get("banned_reason")?,
        created_at: row.get("created_at")?,
    })
}

fn token(row: &Row) -> rusqlite::Result<ExportedToken> {
    let hash: Hash = row.get("hash")?;
    Ok(ExportedToken {
        id: row.get("id")?,
        user_id: row.get("user_id")?,
        name: row.get("token_name")?,
        hash: hex::encode(&hash),
        hint: row.get("hint")?,
        scopes: row.get("scopes")?,
        source: row.get("source")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        revoked_at: row.get("revoked_at")?,
        revoked_reason: row.get("revoked_reason")?,
        scheme: some(row, "kind", scheme)?,
        foreign_id: row.get("foreign_id")?,
        relation: some(row, "system", relation)?,
        replaces: row.get("replaces")?,
        replaced_by: row.get("replaced_by")?,
    })
}

fn deletion(row: &Row) -> rusqlite::Result<(DeletionKey, ExportedDeletion)> {
    let hash: Hash = row.get("hash")?;
    let foreign_id: String = row.get("foreign_id")?;
    let deletion = ExportedDeletion {
        hash: hex::encode(&hash),
        scheme: scheme(row)?,
        foreign_id: foreign_id.clone(),
        relation: some(row, "system", relation)?,
        revoked: row.get("revoked")?,
    };
    Ok((
        DeletionKey { hash: hash.to_vec(), scheme_id: row.get("scheme_id")?, foreign_id },
        deletion,
    ))
}

fn origin(row: &Row) -> rusqlite::Result<(Hash, ExportedOrigin)> {
    let origin: Hash = row.get("origin")?;
    let exported = ExportedOrigin {
        origin: hex::encode(&origin),
        user_id: row.get("user_id")?,
        refused: row.get("refused")?,
    };
    Ok((origin, exported))
}

/// What an outer join has found, which then has a value in this column.
fn some<T>(
    row: &Row,
    column: &str,
    read: fn(&Row) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    match row.get::<_, Option<String>>(column)? {
        Some(_) => read(row).map(Some),
        None => Ok(None),
    }
}

fn scheme(row: &Row) -> rusqlite::Result<ExportedScheme> {
    let salt: Vec<u8> = row.get("salt")?;
    Ok(ExportedScheme {
        kind: row.get("kind")?,
        prefix: row.get("prefix")?,
        salt: hex::encode(&salt),
    })
}

fn relation(row: &Row) -> rusqlite::Result<ExportedRelation> {
    Ok(ExportedRelation {
        system: row.get("system")?,
        database: row.get("database")?,
        name: row.get("name")?,
    })
}
