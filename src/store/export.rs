//! Users and tokens as lines that another database can take in: hashes, never secrets.

use super::Store;
use crate::error::Result;
use crate::scheme::Scheme;
use crate::secret::to_hex;
use serde::{Deserialize, Serialize};

/// A line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    User(UserLine),
    Token(TokenLine),
}

/// Times are milliseconds since 1970, as they are stored: nothing is lost on the way.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserLine {
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub full_name: Option<String>,
    pub admin: bool,
    pub banned_at: Option<i64>,
    pub banned_reason: Option<String>,
    pub created_at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenLine {
    pub id: i64,
    /// The owner's id.
    pub user_id: i64,
    pub name: String,
    /// In hexadecimal.
    pub hash: String,
    pub hint: String,
    pub scopes: String,
    pub source: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub last_used_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub revoked_reason: Option<String>,
    /// How the secret is checked; none for tokctl's own.
    pub scheme: Option<SchemeLine>,
    /// The id in the system that issued it.
    pub foreign_id: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemeLine {
    pub kind: String,
    pub prefix: String,
    /// In hexadecimal.
    pub salt: String,
}

impl SchemeLine {
    pub fn scheme(&self) -> Option<Scheme> {
        let salt: Option<Vec<u8>> = (0..self.salt.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(self.salt.get(at..at + 2)?, 16).ok())
            .collect();
        Scheme::from_parts(&self.kind, self.prefix.clone(), salt?)
    }
}

impl Store {
    /// Hands every user and then every token to `each`, from one snapshot.
    pub fn export(&self, mut each: impl FnMut(Line) -> Result<()>) -> Result<()> {
        const USERS: &str = "SELECT id, name, email, full_name, admin, banned_at, banned_reason,
                 created_at FROM users ORDER BY id";
        const TOKENS: &str = "SELECT t.id, t.user_id, t.name, t.hash, t.hint, t.scopes, t.source,
                 t.created_at, t.expires_at, t.last_used_at, t.revoked_at, t.revoked_reason,
                 s.kind, s.prefix, s.salt, t.foreign_id
             FROM tokens t LEFT JOIN schemes s ON s.id = t.scheme_id ORDER BY t.id";
        let snapshot = self.connection.unchecked_transaction()?;
        let mut statement = snapshot.prepare(USERS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(Line::User(UserLine {
                id: row.get(0)?,
                name: row.get(1)?,
                email: row.get(2)?,
                full_name: row.get(3)?,
                admin: row.get(4)?,
                banned_at: row.get(5)?,
                banned_reason: row.get(6)?,
                created_at: row.get(7)?,
            }))?;
        }
        let mut statement = snapshot.prepare(TOKENS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let hash: [u8; 32] = row.get(3)?;
            let scheme = match row.get::<_, Option<String>>(12)? {
                Some(kind) => {
                    let salt: Vec<u8> = row.get(14)?;
                    Some(SchemeLine { kind, prefix: row.get(13)?, salt: to_hex(&salt) })
                }
                None => None,
            };
            each(Line::Token(TokenLine {
                id: row.get(0)?,
                user_id: row.get(1)?,
                name: row.get(2)?,
                hash: to_hex(&hash),
                hint: row.get(4)?,
                scopes: row.get(5)?,
                source: row.get(6)?,
                created_at: row.get(7)?,
                expires_at: row.get(8)?,
                last_used_at: row.get(9)?,
                revoked_at: row.get(10)?,
                revoked_reason: row.get(11)?,
                scheme,
                foreign_id: row.get(15)?,
            }))?;
        }
        Ok(())
    }
}
