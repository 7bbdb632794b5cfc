//! What an import remembers: schemes, which user here a user of another system became, and which
//! tokens have been here.

use super::session::{Session, Values};
use crate::domain::scheme::Scheme;
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use crate::domain::token::Foreign;
use crate::store::error::{Error, Field, Result};
use crate::store::records::{DeletedToken, LocalUser, Origin, Relation};
use ::postgres::Row;

/// The id that `find` finds, or else of the row that `add` adds. A row that is there is not written: two
/// imports that only need it would get in each other's way.
fn found_or_added(session: &mut Session, find: &str, add: &str, values: Values) -> Result<i64> {
    let row = match session.query_opt(find, values)? {
        Some(row) => row,
        None => session.query_one(add, values)?,
    };
    Ok(row.try_get("id")?)
}

pub fn scheme_id(session: &mut Session, scheme: &Scheme) -> Result<i64> {
    const FIND: &str = "SELECT id FROM schemes WHERE kind = $1 AND prefix = $2 AND salt = $3";
    const ADD: &str = "INSERT INTO schemes (kind, prefix, salt) VALUES ($1, $2, $3) RETURNING id";
    let (kind, prefix, salt) = scheme.parts();
    found_or_added(session, FIND, ADD, &[&kind, &prefix, &salt])
}

fn local_user_of(row: &Row, id: i64) -> Result<LocalUser> {
    Ok(LocalUser {
        id,
        banned: row.try_get("banned")?,
        banned_reason: row.try_get("banned_reason")?,
        admin: row.try_get("admin")?,
    })
}

pub fn origin(session: &mut Session, origin: &Hash) -> Result<Origin> {
    const ORIGIN: &str = "SELECT u.id, u.banned_at IS NOT NULL AS banned, u.banned_reason, u.admin
         FROM origins o LEFT JOIN users u ON u.id = o.user_id WHERE o.origin = $1";
    let Some(row) = session.query_opt(ORIGIN, &[&origin.as_slice()])? else {
        return Ok(Origin::Unknown);
    };
    Ok(match row.try_get("id")? {
        Some(id) => Origin::User(local_user_of(&row, id)?),
        None => Origin::Removed,
    })
}

pub fn set_origin(session: &mut Session, origin: &Hash, user_id: i64) -> Result<()> {
    const SET: &str = "INSERT INTO origins (origin, user_id) VALUES ($1, $2)
         ON CONFLICT DO NOTHING";
    match session.execute(SET, &[&origin.as_slice(), &user_id])? {
        0 => Err(Error::Conflict(Field::Origin)),
        _ => Ok(()),
    }
}

pub fn set_origin_removed(session: &mut Session, origin: &Hash) -> Result<()> {
    const SET: &str = "INSERT INTO origins (origin, user_id) VALUES ($1, NULL)
         ON CONFLICT DO NOTHING";
    match session.execute(SET, &[&origin.as_slice()])? {
        0 => Err(Error::Conflict(Field::Origin)),
        _ => Ok(()),
    }
}

pub fn note_refusal(session: &mut Session, origin: &Hash, is_refused: bool) -> Result<bool> {
    const BEFORE: &str = "SELECT refused FROM origins WHERE origin = $1";
    const NOTE: &str = "UPDATE origins SET refused = $2 WHERE origin = $1";
    let origin = origin.as_slice();
    let before = session.query_opt(BEFORE, &[&origin])?;
    let was_refused = match before {
        Some(row) => row.try_get("refused")?,
        None => false,
    };
    if was_refused != is_refused {
        session.execute(NOTE, &[&origin, &is_refused])?;
    }
    Ok(was_refused)
}

pub fn local_user(
    session: &mut Session,
    email_key: Option<&str>,
    name_key: Option<&str>,
    last_id: i64,
) -> Result<Option<LocalUser>> {
    const BY_KEY: &str =
        "SELECT id, banned_at IS NOT NULL AS banned, banned_reason, admin FROM users
         WHERE (email_key = $1 AND NOT email_unverified OR name_key = $2) AND id <= $3
         ORDER BY (email_key IS NOT DISTINCT FROM $1 AND NOT email_unverified) DESC LIMIT 1";
    let row = session.query_opt(BY_KEY, &[&email_key, &name_key, &last_id])?;
    row.map(|row| local_user_of(&row, row.try_get("id")?)).transpose()
}

pub fn user_added_at(session: &mut Session, id: i64, at: Timestamp) -> Result<Option<LocalUser>> {
    const ADDED: &str = "SELECT banned_at IS NOT NULL AS banned, banned_reason, admin FROM users
         WHERE id = $1 AND created_at = $2";
    let row = session.query_opt(ADDED, &[&id, &at.millis()])?;
    row.map(|row| local_user_of(&row, id)).transpose()
}

pub fn bury(session: &mut Session, token: &DeletedToken) -> Result<()> {
    const BURY: &str = "INSERT INTO buried (hash, scheme_id, foreign_id, relation_id, revoked)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (hash, scheme_id, foreign_id) DO UPDATE
         SET relation_id = coalesce(buried.relation_id, excluded.relation_id),
             revoked = buried.revoked OR excluded.revoked";
    let DeletedToken { hash, foreign, was_revoked } = token;
    let Foreign { scheme_id, relation_id, id } = foreign;
    session.execute(BURY, &[&hash.as_slice(), scheme_id, id, relation_id, was_revoked])?;
    Ok(())
}

pub fn relations(session: &mut Session, system: &str) -> Result<Vec<Relation>> {
    const RELATIONS: &str =
        "SELECT id, database, name FROM relations WHERE system = $1 ORDER BY id";
    let relation = |row: &Row| {
        Ok(Relation {
            id: row.try_get("id")?,
            database: row.try_get("database")?,
            name: row.try_get("name")?,
        })
    };
    session.query(RELATIONS, &[&system])?.iter().map(relation).collect()
}

pub fn relation_id(session: &mut Session, system: &str, database: &str, name: &str) -> Result<i64> {
    const FIND: &str = "SELECT id FROM relations WHERE system = $1 AND database = $2 AND name = $3";
    const ADD: &str =
        "INSERT INTO relations (system, database, name) VALUES ($1, $2, $3) RETURNING id";
    found_or_added(session, FIND, ADD, &[&system, &database, &name])
}

pub fn relation_of(session: &mut Session, hash: &Hash, foreign_id: &str) -> Result<Option<i64>> {
    const RELATION: &str = "SELECT relation_id FROM tokens
         WHERE hash = $1 AND foreign_id = $2 AND relation_id IS NOT NULL
         UNION ALL
         SELECT relation_id FROM buried
         WHERE hash = $1 AND foreign_id = $2 AND relation_id IS NOT NULL LIMIT 1";
    let row = session.query_opt(RELATION, &[&hash.as_slice(), &foreign_id])?;
    Ok(row.map(|row| row.try_get("relation_id")).transpose()?)
}

pub fn unrevoked_tokens(session: &mut Session, relation_id: i64) -> Result<Vec<i64>> {
    const UNREVOKED: &str =
        "SELECT id FROM tokens WHERE relation_id = $1 AND revoked_at IS NULL ORDER BY id";
    let rows = session.query(UNREVOKED, &[&relation_id])?;
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}
