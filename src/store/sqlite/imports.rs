//! What an import remembers: schemes, which user here a user of another system became, and which
//! tokens have been here.

use crate::domain::scheme::Scheme;
use crate::domain::secret::Hash;
use crate::store::error::Result;
use crate::store::records::{ForeignToken, LocalUser, Origin, Presence};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub fn scheme_id(connection: &Connection, scheme: &Scheme) -> Result<i64> {
    const ADD: &str = "INSERT INTO schemes (kind, prefix, salt) VALUES (?1, ?2, ?3)
         ON CONFLICT (kind, prefix, salt) DO UPDATE SET kind = excluded.kind RETURNING id";
    let (kind, prefix, salt) = scheme.parts();
    Ok(connection.query_row(ADD, params![kind, prefix, salt], |row| row.get("id"))?)
}

fn local_user_of(row: &Row, id: i64) -> rusqlite::Result<LocalUser> {
    Ok(LocalUser { id, banned_reason: row.get("banned_reason")?, admin: row.get("admin")? })
}

pub fn origin(connection: &Connection, origin: &Hash) -> Result<Origin> {
    const ORIGIN: &str = "SELECT u.id AS id, u.banned_reason AS banned_reason, u.admin AS admin
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

pub fn local_user(
    connection: &Connection,
    email_key: Option<&str>,
    name_key: Option<&str>,
    last_id: i64,
) -> Result<Option<LocalUser>> {
    const BY_KEY: &str = "SELECT id, banned_reason, admin FROM users
         WHERE (email_key = ?1 OR name_key = ?2) AND id <= ?3
         ORDER BY email_key IS ?1 DESC LIMIT 1";
    let mut statement = connection.prepare_cached(BY_KEY)?;
    let found = statement
        .query_row(params![email_key, name_key, last_id], |row| local_user_of(row, row.get("id")?));
    Ok(found.optional()?)
}

pub fn presence(connection: &Connection, token: ForeignToken) -> Result<Presence> {
    const PRESENT: &str = "SELECT foreign_id FROM tokens WHERE hash = ?1 AND scheme_id IS ?2
         UNION ALL
         SELECT foreign_id FROM buried WHERE hash = ?1 AND scheme_id = ?2";
    let mut statement = connection.prepare_cached(PRESENT)?;
    let scheme_id = token.foreign.map(|foreign| foreign.scheme_id);
    let mut rows = statement.query(params![token.hash, scheme_id])?;
    let mut presence = Presence::New;
    while let Some(row) = rows.next()? {
        let foreign_id: Option<String> = row.get("foreign_id")?;
        if foreign_id.as_ref() == token.foreign.map(|foreign| &foreign.id) {
            return Ok(Presence::Known);
        }
        if let (Some(foreign_id), false) = (foreign_id, token.id_is_in_secret) {
            presence = Presence::SameSecret(foreign_id);
        }
    }
    Ok(presence)
}
