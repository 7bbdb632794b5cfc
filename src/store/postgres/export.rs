//! Everything as it is stored, but for the log.

use super::session::Session;
use super::{ids, settings};
use crate::domain::setting::Setting;
use crate::store::backend::Each;
use crate::store::error::Result;
use crate::store::records::*;
use crate::text::hex;
use ::postgres::Row;

const RELATIONS: &str = "SELECT system, database, name FROM relations ORDER BY id";

const USERS: &str = "SELECT id, name, email, NOT email_unverified AS email_verified, full_name,
         admin, banned_at, banned_reason, created_at
     FROM users ORDER BY id";

const TOKENS: &str = "SELECT t.id, t.user_id, t.name AS token_name, t.hash, t.hint, t.scopes,
         t.source, t.created_at, t.expires_at, t.last_used_at, t.revoked_at, t.revoked_reason,
         t.foreign_id, t.replaces, t.replaced_by, s.kind, s.prefix, s.salt, r.system, r.database,
         r.name
     FROM tokens t LEFT JOIN schemes s ON s.id = t.scheme_id
                   LEFT JOIN relations r ON r.id = t.relation_id
     ORDER BY t.id";

const DELETIONS: &str = "SELECT b.hash, b.foreign_id, b.revoked, s.kind, s.prefix, s.salt,
         r.system, r.database, r.name
     FROM buried b JOIN schemes s ON s.id = b.scheme_id
                   LEFT JOIN relations r ON r.id = b.relation_id
     ORDER BY b.hash, b.scheme_id, b.foreign_id";

const ORIGINS: &str = "SELECT origin, user_id, refused FROM origins ORDER BY origin";

/// A table, and what a row of it is in an export.
type Table = (&'static str, fn(&Row) -> Result<ExportRow>);

/// What a row refers to comes before it.
const TABLES: [Table; 5] = [
    (RELATIONS, |row| Ok(ExportRow::Relation(relation(row)?))),
    (USERS, |row| Ok(ExportRow::User(user(row)?))),
    (TOKENS, |row| Ok(ExportRow::Token(token(row)?))),
    (DELETIONS, |row| Ok(ExportRow::Deleted(deletion(row)?))),
    (ORIGINS, |row| Ok(ExportRow::Origin(origin(row)?))),
];

/// All from one snapshot.
pub fn each(session: &mut Session, each: Each<ExportRow>) -> Result<()> {
    for (sql, read) in TABLES {
        if session.each(sql, &[], |row| Ok(each(read(row)?)))?.is_break() {
            return Ok(());
        }
    }
    for row in end(session)? {
        if each(row).is_break() {
            break;
        }
    }
    Ok(())
}

/// What is short enough to be read at once.
fn end(session: &mut Session) -> Result<Vec<ExportRow>> {
    let values = settings::all(session)?;
    let setting = |setting: Setting| {
        let value = values.get(setting)?.to_string();
        Some(ExportRow::Setting(ExportedSetting { key: setting.key().to_string(), value }))
    };
    let mut rows: Vec<_> = Setting::ALL.into_iter().filter_map(setting).collect();
    rows.push(ExportRow::End(ids::last(session)?));
    Ok(rows)
}

fn user(row: &Row) -> Result<ExportedUser> {
    Ok(ExportedUser {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        email_verified: row.try_get("email_verified")?,
        full_name: row.try_get("full_name")?,
        admin: row.try_get("admin")?,
        banned_at: row.try_get("banned_at")?,
        banned_reason: row.try_get("banned_reason")?,
        created_at: row.try_get("created_at")?,
    })
}

fn token(row: &Row) -> Result<ExportedToken> {
    Ok(ExportedToken {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        name: row.try_get("token_name")?,
        hash: hexadecimal(row, "hash")?,
        hint: row.try_get("hint")?,
        scopes: row.try_get("scopes")?,
        source: row.try_get("source")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        last_used_at: row.try_get("last_used_at")?,
        revoked_at: row.try_get("revoked_at")?,
        revoked_reason: row.try_get("revoked_reason")?,
        scheme: some(row, "kind", scheme)?,
        foreign_id: row.try_get("foreign_id")?,
        relation: some(row, "system", relation)?,
        replaces: row.try_get("replaces")?,
        replaced_by: row.try_get("replaced_by")?,
    })
}

fn deletion(row: &Row) -> Result<ExportedDeletion> {
    Ok(ExportedDeletion {
        hash: hexadecimal(row, "hash")?,
        scheme: scheme(row)?,
        foreign_id: row.try_get("foreign_id")?,
        relation: some(row, "system", relation)?,
        revoked: row.try_get("revoked")?,
    })
}

fn origin(row: &Row) -> Result<ExportedOrigin> {
    Ok(ExportedOrigin {
        origin: hexadecimal(row, "origin")?,
        user_id: row.try_get("user_id")?,
        refused: row.try_get("refused")?,
    })
}

fn scheme(row: &Row) -> Result<ExportedScheme> {
    Ok(ExportedScheme {
        kind: row.try_get("kind")?,
        prefix: row.try_get("prefix")?,
        salt: hexadecimal(row, "salt")?,
    })
}

fn relation(row: &Row) -> Result<ExportedRelation> {
    Ok(ExportedRelation {
        system: row.try_get("system")?,
        database: row.try_get("database")?,
        name: row.try_get("name")?,
    })
}

/// What an outer join has found, which then has a value in this column.
fn some<T>(row: &Row, column: &str, read: fn(&Row) -> Result<T>) -> Result<Option<T>> {
    match row.try_get::<_, Option<&str>>(column)? {
        Some(_) => read(row).map(Some),
        None => Ok(None),
    }
}

fn hexadecimal(row: &Row, column: &str) -> Result<String> {
    Ok(hex::encode(row.try_get(column)?))
}
