//! Every user and token, as they are stored.

use super::session::Session;
use crate::store::backend::Each;
use crate::store::error::Result;
use crate::store::records::{ExportRow, ExportedScheme, ExportedToken, ExportedUser};
use crate::text::hex;
use ::postgres::Row;

/// From one snapshot, so that the owner of a token always comes first.
pub fn each(session: &mut Session, each: Each<ExportRow>) -> Result<()> {
    const USERS: &str = "SELECT id, name, email, full_name, admin, banned_at, banned_reason,
             created_at
         FROM users ORDER BY id";
    const TOKENS: &str = "SELECT t.id, t.user_id, t.name, t.hash, t.hint, t.scopes, t.source,
             t.created_at, t.expires_at, t.last_used_at, t.revoked_at, t.revoked_reason,
             s.kind, s.prefix, s.salt, t.foreign_id
         FROM tokens t LEFT JOIN schemes s ON s.id = t.scheme_id ORDER BY t.id";
    let flow = session.each(USERS, &[], |row| Ok(each(ExportRow::User(user(row)?))))?;
    if flow.is_continue() {
        return session.each(TOKENS, &[], |row| Ok(each(ExportRow::Token(token(row)?)))).map(drop);
    }
    Ok(())
}

fn user(row: &Row) -> Result<ExportedUser> {
    Ok(ExportedUser {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        full_name: row.try_get("full_name")?,
        admin: row.try_get("admin")?,
        banned_at: row.try_get("banned_at")?,
        banned_reason: row.try_get("banned_reason")?,
        created_at: row.try_get("created_at")?,
    })
}

fn token(row: &Row) -> Result<ExportedToken> {
    let hash: &[u8] = row.try_get("hash")?;
    Ok(ExportedToken {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        name: row.try_get("name")?,
        hash: hex::encode(hash),
        hint: row.try_get("hint")?,
        scopes: row.try_get("scopes")?,
        source: row.try_get("source")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        last_used_at: row.try_get("last_used_at")?,
        revoked_at: row.try_get("revoked_at")?,
        revoked_reason: row.try_get("revoked_reason")?,
        scheme: scheme(row)?,
        foreign_id: row.try_get("foreign_id")?,
    })
}

fn scheme(row: &Row) -> Result<Option<ExportedScheme>> {
    let Some(kind) = row.try_get("kind")? else { return Ok(None) };
    let salt: &[u8] = row.try_get("salt")?;
    Ok(Some(ExportedScheme { kind, prefix: row.try_get("prefix")?, salt: hex::encode(salt) }))
}
