//! Every user and token, as they are stored.

use super::pages::{PAGE, advance, let_go};
use crate::store::backend::Each;
use crate::store::error::Result;
use crate::store::records::{ExportRow, ExportedScheme, ExportedToken, ExportedUser};
use crate::text::hex;
use rusqlite::{Connection, Row, params};

/// How far an export is, by id.
#[derive(Default)]
struct Place {
    user: i64,
    token: i64,
}

/// Every user that is new since the last page comes before the tokens of the next one, so that the
/// owner of a token always comes first.
pub fn each(connection: &Connection, each: Each<ExportRow>) -> Result<()> {
    let mut place = Place::default();
    loop {
        let page = page(connection, &mut place)?;
        let_go(connection)?;
        if page.is_empty() || page.into_iter().any(|row| each(row).is_break()) {
            return Ok(());
        }
    }
}

/// The next users, and the next tokens once all users were read, from one snapshot.
fn page(connection: &Connection, place: &mut Place) -> Result<Vec<ExportRow>> {
    const USERS: &str = "SELECT id, name, email, full_name, admin, banned_at, banned_reason,
             created_at
         FROM users WHERE id > ?1 ORDER BY id LIMIT ?2";
    const TOKENS: &str = "SELECT t.id, t.user_id, t.name, t.hash, t.hint, t.scopes, t.source,
             t.created_at, t.expires_at, t.last_used_at, t.revoked_at, t.revoked_reason,
             s.kind, s.prefix, s.salt, t.foreign_id
         FROM tokens t LEFT JOIN schemes s ON s.id = t.scheme_id
         WHERE t.id > ?1 ORDER BY t.id LIMIT ?2";
    let users = rows(connection, USERS, place.user, user)?;
    if let Some(last) = users.last() {
        place.user = advance(place.user, last.id, false)?;
    }
    let has_more_users = users.len() == PAGE;
    let mut page: Vec<_> = users.into_iter().map(ExportRow::User).collect();
    if !has_more_users {
        let tokens = rows(connection, TOKENS, place.token, token)?;
        if let Some(last) = tokens.last() {
            place.token = advance(place.token, last.id, false)?;
        }
        page.extend(tokens.into_iter().map(ExportRow::Token));
    }
    Ok(page)
}

/// The next rows behind an id.
fn rows<T>(
    connection: &Connection,
    sql: &str,
    after: i64,
    read: fn(&Row) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![after, PAGE], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn user(row: &Row) -> rusqlite::Result<ExportedUser> {
    Ok(ExportedUser {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        full_name: row.get("full_name")?,
        admin: row.get("admin")?,
        banned_at: row.get("banned_at")?,
        banned_reason: row.get("banned_reason")?,
        created_at: row.get("created_at")?,
    })
}

fn token(row: &Row) -> rusqlite::Result<ExportedToken> {
    let hash: [u8; 32] = row.get("hash")?;
    Ok(ExportedToken {
        id: row.get("id")?,
        user_id: row.get("user_id")?,
        name: row.get("name")?,
        hash: hex::encode(&hash),
        hint: row.get("hint")?,
        scopes: row.get("scopes")?,
        source: row.get("source")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        revoked_at: row.get("revoked_at")?,
        revoked_reason: row.get("revoked_reason")?,
        scheme: scheme(row)?,
        foreign_id: row.get("foreign_id")?,
    })
}

fn scheme(row: &Row) -> rusqlite::Result<Option<ExportedScheme>> {
    let Some(kind) = row.get("kind")? else { return Ok(None) };
    let salt: Vec<u8> = row.get("salt")?;
    Ok(Some(ExportedScheme { kind, prefix: row.get("prefix")?, salt: hex::encode(&salt) }))
}
