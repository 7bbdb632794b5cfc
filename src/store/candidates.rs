//! What a shell may offer while a command is typed, and what somebody may have meant.

use super::Store;
use crate::error::Result;
use crate::scope::{Scope, Scopes};
use rusqlite::{Connection, params};

/// How many of the newest tokens, or of the users, are looked at for scopes and names.
const LOOKED_AT: u32 = 10_000;

/// What begins like that, as a pattern of `LIKE … ESCAPE '\'`.
fn beginning(typed: &str) -> String {
    let mut pattern = String::new();
    for c in typed.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The names of the newest tokens, each once.
pub(super) fn token_names(connection: &Connection) -> Result<Vec<String>> {
    const NAMES: &str =
        "SELECT DISTINCT name FROM (SELECT name FROM tokens ORDER BY id DESC LIMIT ?1)";
    let mut statement = connection.prepare(NAMES)?;
    let rows = statement.query_map([LOOKED_AT], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The names of users.
pub(super) fn user_names(connection: &Connection) -> Result<Vec<String>> {
    const NAMES: &str = "SELECT name FROM users ORDER BY name_key LIMIT ?1";
    let mut statement = connection.prepare(NAMES)?;
    let rows = statement.query_map([LOOKED_AT], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Store {
    /// Ids that begin like that, the newest first, with the token's and its owner's name.
    pub fn token_ids_like(
        &self,
        typed: &str,
        ended_too: bool,
        limit: u32,
    ) -> Result<Vec<(i64, String, String)>> {
        const IDS: &str =
            "SELECT t.id, t.name, u.name FROM tokens t JOIN users u ON u.id = t.user_id
             WHERE CAST(t.id AS TEXT) LIKE ?1 ESCAPE '\\' AND (?2 OR t.revoked_at IS NULL)
             ORDER BY t.id DESC LIMIT ?3";
        let mut statement = self.connection.prepare(IDS)?;
        let rows = statement.query_map(params![beginning(typed), ended_too, limit], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Names of tokens that begin like that.
    pub fn token_names_like(&self, typed: &str, limit: u32) -> Result<Vec<String>> {
        let mut names = token_names(&self.connection)?;
        names.retain(|name| name.starts_with(typed));
        names.sort_unstable();
        names.truncate(limit as usize);
        Ok(names)
    }

    /// Names of users that begin like that, with their full names.
    pub fn user_names_like(
        &self,
        typed: &str,
        limit: u32,
    ) -> Result<Vec<(String, Option<String>)>> {
        const NAMES: &str = "SELECT name, full_name FROM users WHERE name LIKE ?1 ESCAPE '\\'
             ORDER BY name_key LIMIT ?2";
        let mut statement = self.connection.prepare(NAMES)?;
        let rows = statement
            .query_map(params![beginning(typed), limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Scopes of the newest tokens that begin like that.
    pub fn scopes_like(&self, typed: &str, limit: u32) -> Result<Vec<Scope>> {
        const SCOPES: &str =
            "SELECT DISTINCT scopes FROM (SELECT scopes FROM tokens ORDER BY id DESC LIMIT ?1)";
        let mut statement = self.connection.prepare(SCOPES)?;
        let rows = statement.query_map([LOOKED_AT], |row| row.get::<_, String>(0))?;
        let mut found = Vec::new();
        for scopes in rows {
            let scopes = Scopes::from_stored(&scopes?);
            found.extend(scopes.iter().filter(|scope| scope.as_str().starts_with(typed)).cloned());
        }
        found.sort_unstable_by(|a: &Scope, b: &Scope| a.as_str().cmp(b.as_str()));
        found.dedup();
        found.truncate(limit as usize);
        Ok(found)
    }
}
