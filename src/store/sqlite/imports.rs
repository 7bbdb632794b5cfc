//! What an import remembers: schemes, which user here a user of another system became, and which
//! tokens have been here.

use crate::domain::scheme::Scheme;
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use crate::domain::token::Foreign;
use crate::store::error::Result;
use crate::store::records::{
    DeletedToken, ForeignToken, LocalUser, Origin, Presence, Relation, SecretHere,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub fn scheme_id(connection: &Connection, scheme: &Scheme) -> Result<i64> {
    const ADD: &str = "INSERT INTO schemes (kind, prefix, salt) VALUES (?1, ?2, ?3)
         ON CONFLICT (kind, prefix, salt) DO UPDATE SET kind = excluded.kind RETURNING id";
    let (kind, prefix, salt) = scheme.parts();
    Ok(connection.query_row(ADD, params![kind, prefix, salt], |row| row.get("id"))?)
}

fn local_user_of(row: &Row, id: i64) -> rusqlite::Result<LocalUser> {
    Ok(LocalUser {
        id,
        banned: row.get("banned")?,
        banned_reason: row.get("banned_reason")?,
        admin: row.get("admin")?,
    })
}

pub fn origin(connection: &Connection, origin: &Hash) -> Result<Origin> {
    const ORIGIN: &str = "SELECT u.id AS id, u.banned_at IS NOT NULL AS banned,
             u.banned_reason AS banned_reason, u.admin AS admin
         FROM origins o LEFT JOIN users u ON u.id = o.user_id WHERE o.origin = ?1";
    let mut statement = connection.prepare_cached(ORIGIN)?;
    let found = statement.query_row([origin], |row| {
        Ok(match row.get("id")? {
            Some(id) => Origin::User(local_user_of(row, id)?),
            None => Origin::Removed,
        })
    });
    Ok(found.optional()?.unwrap_or(Origin::Unknown))
}

pub fn set_origin(connection: &Connection, origin: &Hash, user_id: i64) -> Result<()> {
    const SET: &str = "INSERT INTO origins (origin, user_id) VALUES (?1, ?2)";
    connection.prepare_cached(SET)?.execute(params![origin, user_id])?;
    Ok(())
}

pub fn set_origin_removed(connection: &Connection, origin: &Hash) -> Result<()> {
    const SET: &str = "INSERT INTO origins (origin, user_id) VALUES (?1, NULL)";
    connection.prepare_cached(SET)?.execute([origin])?;
    Ok(())
}

pub fn note_refusal(connection: &Connection, origin: &Hash, is_refused: bool) -> Result<bool> {
    const BEFORE: &str = "SELECT refused FROM origins WHERE origin = ?1";
    const NOTE: &str = "UPDATE origins SET refused = ?2 WHERE origin = ?1";
    let mut statement = connection.prepare_cached(BEFORE)?;
    let before = statement.query_row([origin], |row| row.get("refused")).optional()?;
    let was_refused = before.unwrap_or(false);
    if was_refused != is_refused {
        connection.prepare_cached(NOTE)?.execute(params![origin, is_refused])?;
    }
    Ok(was_refused)
}

pub fn local_user(
    connection: &Connection,
    email_key: Option<&str>,
    name_key: Option<&str>,
    last_id: i64,
) -> Result<Option<LocalUser>> {
    const BY_KEY: &str =
        "SELECT id, banned_at IS NOT NULL AS banned, banned_reason, admin FROM users
         WHERE (email_key = ?1 AND NOT email_unverified OR name_key = ?2) AND id <= ?3
         ORDER BY email_key IS ?1 AND NOT email_unverified DESC LIMIT 1";
    let mut statement = connection.prepare_cached(BY_KEY)?;
    let found = statement
        .query_row(params![email_key, name_key, last_id], |row| local_user_of(row, row.get("id")?));
    Ok(found.optional()?)
}

pub fn user_added_at(connection: &Connection, id: i64, at: Timestamp) -> Result<Option<LocalUser>> {
    const ADDED: &str =
        "SELECT id, banned_at IS NOT NULL AS banned, banned_reason, admin FROM users
         WHERE id = ?1 AND created_at = ?2";
    let mut statement = connection.prepare_cached(ADDED)?;
    Ok(statement.query_row(params![id, at], |row| local_user_of(row, id)).optional()?)
}

pub fn relations(connection: &Connection, system: &str) -> Result<Vec<Relation>> {
    const RELATIONS: &str =
        "SELECT id, database, name FROM relations WHERE system = ?1 ORDER BY id";
    let mut statement = connection.prepare_cached(RELATIONS)?;
    let relation = |row: &Row| {
        Ok(Relation { id: row.get("id")?, database: row.get("database")?, name: row.get("name")? })
    };
    Ok(statement.query_map([system], relation)?.collect::<rusqlite::Result<_>>()?)
}

pub fn relation_id(
    connection: &Connection,
    system: &str,
    database: &str,
    name: &str,
) -> Result<i64> {
    const ADD: &str = "INSERT INTO relations (system, database, name) VALUES (?1, ?2, ?3)
         ON CONFLICT (system, database, name) DO UPDATE SET name = excluded.name RETURNING id";
    Ok(connection.query_row(ADD, [system, database, name], |row| row.get("id"))?)
}

pub fn relation_of(connection: &Connection, hash: &Hash, foreign_id: &str) -> Result<Option<i64>> {
    const RELATION: &str = "SELECT relation_id FROM tokens
         WHERE hash = ?1 AND foreign_id = ?2 AND relation_id IS NOT NULL
         UNION ALL
         SELECT relation_id FROM buried
         WHERE hash = ?1 AND foreign_id = ?2 AND relation_id IS NOT NULL LIMIT 1";
    let mut statement = connection.prepare_cached(RELATION)?;
    let found = statement.query_row(params![hash, foreign_id], |row| row.get("relation_id"));
    Ok(found.optional()?)
}

pub fn unrevoked_tokens(connection: &Connection, relation_id: i64) -> Result<Vec<i64>> {
    const UNREVOKED: &str =
        "SELECT id FROM tokens WHERE relation_id = ?1 AND revoked_at IS NULL ORDER BY id";
    let mut statement = connection.prepare_cached(UNREVOKED)?;
    Ok(statement.query_map([relation_id], |row| row.get("id"))?.collect::<rusqlite::Result<_>>()?)
}

pub fn bury(connection: &Connection, token: &DeletedToken) -> Result<()> {
    const BURY: &str = "INSERT INTO buried (hash, scheme_id, foreign_id, relation_id, revoked)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (hash, scheme_id, foreign_id) DO UPDATE
         SET relation_id = coalesce(relation_id, excluded.relation_id),
             revoked = max(revoked, excluded.revoked)";
    let DeletedToken { hash, foreign, was_revoked } = token;
    let Foreign { scheme_id, relation_id, id } = foreign;
    connection.prepare_cached(BURY)?.execute(params![
        hash,
        scheme_id,
        id,
        relation_id,
        was_revoked
    ])?;
    Ok(())
}

/// First by row, whatever secret it has now, then by secret.
pub fn presence(connection: &Connection, token: ForeignToken) -> Result<Presence> {
    const BY_ROW: &str = "SELECT id, hash = ?3 AS same_hash, scheme_id = ?4 AS same_scheme,
             0 AS revoked
         FROM tokens WHERE relation_id = ?1 AND foreign_id = ?2
         UNION ALL
         SELECT NULL, 0, 0, max(revoked) FROM buried WHERE relation_id = ?1 AND foreign_id = ?2";
    const BY_SECRET: &str = "SELECT id, foreign_id, 0 AS revoked FROM tokens
         WHERE hash = ?1 AND scheme_id IS ?2
         UNION ALL
         SELECT NULL, foreign_id, revoked FROM buried WHERE hash = ?1 AND scheme_id = ?2";
    let scheme_id = token.foreign.map(|foreign| foreign.scheme_id);
    if let Some(Foreign { relation_id: Some(relation_id), id, .. }) = token.foreign {
        let mut statement = connection.prepare_cached(BY_ROW)?;
        let mut rows = statement.query(params![relation_id, id, token.hash, scheme_id])?;
        while let Some(row) = rows.next()? {
            if let Some(id) = row.get("id")? {
                let secret = match (row.get("same_hash")?, row.get("same_scheme")?) {
                    (true, true) => SecretHere::Same,
                    (true, false) => SecretHere::CheckedOtherwise,
                    (false, _) => SecretHere::Other,
                };
                return Ok(Presence::Here { id, secret });
            }
            if let Some(was_revoked) = row.get("revoked")? {
                return Ok(Presence::Deleted { was_revoked });
            }
        }
    }
    let mut statement = connection.prepare_cached(BY_SECRET)?;
    let mut rows = statement.query(params![token.hash, scheme_id])?;
    let mut presence = Presence::New;
    while let Some(row) = rows.next()? {
        let foreign_id: Option<String> = row.get("foreign_id")?;
        if foreign_id.as_ref() == token.foreign.map(|foreign| &foreign.id) {
            return Ok(match row.get("id")? {
                Some(id) => Presence::Here { id, secret: SecretHere::Same },
                None => Presence::Deleted { was_revoked: row.get("revoked")? },
            });
        }
        if let (Some(foreign_id), false) = (foreign_id, token.id_is_in_secret) {
            presence = Presence::SameSecret(foreign_id);
        }
    }
    Ok(presence)
}
