//! What an import writes: schemes, users that came from elsewhere, and their tokens.

use super::{NewUser, Store, Writer};
use crate::error::Result;
use crate::scheme::Scheme;
use crate::scope::Scopes;
use crate::secret::Hash;
use crate::when::Timestamp;
use rusqlite::{OptionalExtension, params};

/// A token about to be taken over.
#[derive(Debug)]
pub struct ImportedToken<'a> {
    pub hash: Hash,
    /// `None` for tokctl's own.
    pub scheme_id: Option<i64>,
    /// Its id in the system that issued it, if that was another.
    pub foreign_id: Option<String>,
    pub hint: &'a str,
    pub name: &'a str,
    pub user_id: i64,
    pub scopes: &'a Scopes,
    pub source: &'a str,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked: Option<(Timestamp, &'a str)>,
}

/// A user about to be taken over; names and addresses are as they are there.
#[derive(Debug)]
pub struct ImportedUser<'a> {
    pub name: &'a str,
    pub email: Option<&'a str>,
    pub full_name: Option<&'a str>,
    pub admin: bool,
    pub banned: Option<(Timestamp, &'a str)>,
    pub created_at: Timestamp,
}

/// Someone here, as far as an import must know.
#[derive(Debug, Clone)]
pub struct Resident {
    pub id: i64,
    /// The reason of a ban that stands.
    pub banned_for: Option<String>,
    pub admin: bool,
}

/// Whether a token with this hash has been here before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    New,
    /// This very token is here, or was and has been deleted.
    Same,
    /// Another one from there has the same secret.
    Other {
        foreign_id: String,
    },
}

impl Store {
    /// A database in memory with what a new one begins with, for a trial run where there is none
    /// yet.
    pub fn in_memory(admin: Option<&NewUser>) -> Result<Self> {
        let mut connection = super::configured(rusqlite::Connection::open_in_memory()?)?;
        super::schema::migrate(&mut connection).map_err(|error| {
            crate::error::Error::unavailable("cannot make a database in memory", error)
        })?;
        let mut store = Store::on(connection);
        if let Some(admin) = admin {
            store.write(|writer| writer.add_user(admin))?;
        }
        Ok(store)
    }
}

impl Writer<'_> {
    /// Makes room for what [`Writer::shadow`] remembers.
    pub fn begin_import(&self) -> Result<()> {
        const SHADOWS: &str =
            "CREATE TEMP TABLE IF NOT EXISTS shadows (hash BLOB PRIMARY KEY) WITHOUT ROWID";
        self.transaction.execute(SHADOWS, [])?;
        Ok(())
    }

    /// The id of a scheme, which is entered if it is new.
    pub fn scheme(&self, scheme: &Scheme) -> Result<i64> {
        const ADD: &str = "INSERT INTO schemes (kind, prefix, salt) VALUES (?1, ?2, ?3)
             ON CONFLICT (kind, prefix, salt) DO UPDATE SET kind = excluded.kind RETURNING id";
        let (kind, prefix, salt) = scheme.parts();
        Ok(self.transaction.query_row(ADD, params![kind, prefix, salt], |row| row.get(0))?)
    }

    /// Who a foreign user became here: `None` if they never came, an inner `None` if they have
    /// been removed since.
    pub fn resident_of(&self, origin: &Hash) -> Result<Option<Option<Resident>>> {
        const RESIDENT: &str = "SELECT u.id, u.banned_reason, u.admin
             FROM origins o LEFT JOIN users u ON u.id = o.user_id WHERE o.origin = ?1";
        let mut statement = self.transaction.prepare_cached(RESIDENT)?;
        let found = statement.query_row([origin], |row| {
            let Some(id) = row.get(0)? else { return Ok(None) };
            Ok(Some(Resident { id, banned_for: row.get(1)?, admin: row.get(2)? }))
        });
        Ok(found.optional()?)
    }

    /// Who has this e-mail address, or else this name, both as keys; only users up to `last_id`.
    pub fn resident_by_key(
        &self,
        email: Option<&str>,
        name: Option<&str>,
        last_id: i64,
    ) -> Result<Option<Resident>> {
        const BY_KEY: &str = "SELECT id, banned_reason, admin FROM users
             WHERE (email_key = ?1 OR name_key = ?2) AND id <= ?3
             ORDER BY email_key IS ?1 DESC LIMIT 1";
        let mut statement = self.transaction.prepare_cached(BY_KEY)?;
        let found = statement.query_row(params![email, name, last_id], |row| {
            Ok(Resident { id: row.get(0)?, banned_for: row.get(1)?, admin: row.get(2)? })
        });
        Ok(found.optional()?)
    }

    /// The highest id that any user has.
    pub fn last_user_id(&self) -> Result<i64> {
        const LAST: &str = "SELECT coalesce(max(id), 0) FROM users";
        Ok(self.transaction.query_row(LAST, [], |row| row.get(0))?)
    }

    pub fn has_user_name(&self, key: &str) -> Result<bool> {
        const HAS: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE name_key = ?1)";
        Ok(self.transaction.prepare_cached(HAS)?.query_row([key], |row| row.get(0))?)
    }

    pub fn has_email(&self, key: &str) -> Result<bool> {
        const HAS: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE email_key = ?1)";
        Ok(self.transaction.prepare_cached(HAS)?.query_row([key], |row| row.get(0))?)
    }

    pub fn import_user(&self, user: &ImportedUser) -> Result<Resident> {
        const ADD: &str = "INSERT INTO users (name, name_key, email, email_key, full_name, admin,
                 banned_at, banned_reason, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let key = crate::name::key;
        self.transaction.prepare_cached(ADD)?.execute(params![
            user.name,
            key(user.name),
            user.email,
            user.email.map(key),
            user.full_name,
            user.admin,
            user.banned.map(|(at, _)| at),
            user.banned.map(|(_, why)| why),
            user.created_at,
        ])?;
        let id = self.transaction.last_insert_rowid();
        let banned_for = user.banned.map(|(_, why)| why.to_string());
        Ok(Resident { id, banned_for, admin: user.admin })
    }

    /// Remembers who a foreign user is here.
    pub fn set_origin(&self, origin: &Hash, user_id: i64) -> Result<()> {
        const SET: &str = "INSERT INTO origins (origin, user_id) VALUES (?1, ?2)";
        self.transaction.prepare_cached(SET)?.execute(params![origin, user_id])?;
        Ok(())
    }

    /// Whether the token, or another with its secret, is here or was.
    pub fn presence(&self, token: &ImportedToken, id_in_secret: bool) -> Result<Presence> {
        const PRESENT: &str = "SELECT foreign_id FROM tokens WHERE hash = ?1 AND scheme_id IS ?2
             UNION ALL
             SELECT foreign_id FROM buried WHERE hash = ?1 AND scheme_id = ?2";
        let mut statement = self.transaction.prepare_cached(PRESENT)?;
        let mut rows = statement.query(params![token.hash, token.scheme_id])?;
        let mut presence = Presence::New;
        while let Some(row) = rows.next()? {
            let foreign_id: Option<String> = row.get(0)?;
            if foreign_id == token.foreign_id {
                return Ok(Presence::Same);
            }
            if let (Some(foreign_id), false) = (foreign_id, id_in_secret) {
                presence = Presence::Other { foreign_id };
            }
        }
        Ok(presence)
    }

    pub fn import_token(&self, token: &ImportedToken) -> Result<i64> {
        const ADD: &str = "INSERT INTO tokens (hash, scheme_id, foreign_id, hint, name, user_id,
                 scopes, source, created_at, expires_at, last_used_at, revoked_at, revoked_reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
        self.transaction.prepare_cached(ADD)?.execute(params![
            token.hash,
            token.scheme_id,
            token.foreign_id,
            token.hint,
            token.name,
            token.user_id,
            token.scopes.to_string(),
            token.source,
            token.created_at,
            token.expires_at,
            token.last_used_at,
            token.revoked.map(|(at, _)| at),
            token.revoked.map(|(_, why)| why),
        ])?;
        Ok(self.transaction.last_insert_rowid())
    }

    /// Remembers, while this connection lives, a secret whose first row was refused: no later row
    /// may answer for it.
    pub fn shadow(&self, hash: &Hash) -> Result<()> {
        const SHADOW: &str = "INSERT OR IGNORE INTO temp.shadows (hash) VALUES (?1)";
        self.transaction.prepare_cached(SHADOW)?.execute([hash])?;
        Ok(())
    }

    pub fn is_shadowed(&self, hash: &Hash) -> Result<bool> {
        const SHADOWED: &str = "SELECT EXISTS (SELECT 1 FROM temp.shadows WHERE hash = ?1)";
        Ok(self.transaction.prepare_cached(SHADOWED)?.query_row([hash], |row| row.get(0))?)
    }
}
