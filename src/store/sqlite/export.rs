//! Every user and token, as they are stored.

use crate::store::backend::Each;
use crate::store::error::Result;
use crate::store::records::{ExportRow, ExportedScheme, ExportedToken, ExportedUser};
use crate::text::hex;
use rusqlite::{Connection, Row};

pub fn each(connection: &Connection, each: Each<ExportRow>) -> Result<()> {
    const USERS: &str = "SELECT id, name, email, full_name, admin, banned_at, banned_reason,
             created_at
         FROM users ORDER BY id";
    const TOKENS: &str = "SELECT t.id, t.user_id, t.name, t.hash, t.hint, t.scopes, t.source,
             t.created_at, t.expires_at, t.last_used_at, t.revoked_at, t.revoked_reason,
             s.kind, s.prefix, s.salt, t.foreign_id
         FROM tokens t LEFT JOIN schemes s ON s.id = t.scheme_id ORDER BY t.id";
    let mut statement = connection.prepare(USERS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if each(ExportRow::User(user(row)?)).is_break() {
            return Ok(());
        }
    }
    let mut statement = connection.prepare(TOKENS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if each(ExportRow::Token(token(row)?)).is_break() {
            break;
        }
    }
    Ok(())
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
