//! CodeIgniter Shield: access tokens among the identities of `auth_identities`.
//!
//! A secret is 64 hexadecimal digits, `secret` the SHA-256 of it, `extra` its scopes as PHP
//! serializes them. A token is refused when its last use is more than 365 days back, and when its
//! owner's `status` is `banned`.

use super::source::{Columns, Fields, quoted};
use super::{
    EachToken, EachUser, ForeignScopes, ForeignToken, ForeignUser, Options, Owner, Reader, Refused,
    Source, php,
};
use crate::error::Result;
use crate::scheme::Scheme;
use crate::secret::{HIDDEN, Hash};
use crate::when::Span;

pub struct Shield;

impl Reader for Shield {
    fn name(&self) -> &'static str {
        "shield"
    }

    fn table(&self, _source: &Source, options: &Options) -> String {
        match &options.table {
            Some(table) => table.clone(),
            None => prefixed(options, "auth_identities"),
        }
    }

    fn wanted(&self, options: &Options) -> String {
        let users = prefixed(options, "users");
        let tokens = options.table.clone().unwrap_or_else(|| prefixed(options, "auth_identities"));
        format!("{users} and {tokens}")
    }

    fn fits(&self, source: &Source, options: &Options) -> Result<bool> {
        let columns = ["id", "user_id", "type", "name", "secret", "extra"];
        Ok(source.has(&self.table(source, options), &columns)?
            && source.has(&prefixed(options, "users"), &["id", "username"])?)
    }

    fn heeds(&self) -> &'static [&'static str] {
        &["--table-prefix"]
    }

    fn scheme(&self, _options: &Options) -> Result<Scheme> {
        Ok(Scheme::Sha256)
    }

    fn unused_lifetime(&self) -> Option<Span> {
        Some(Span::days(365))
    }

    fn users(&self, source: &Source, options: &Options, each: EachUser) -> Result<()> {
        let query = Query::new(source, options)?;
        let sql = format!("SELECT {} FROM {} u ORDER BY u.id", query.user, quoted(&query.users));
        source.rows(&sql, [], |row| {
            each(
                query
                    .user(row, 0, options)
                    .map_err(|why| Refused::row(row, &query.users, 0, None, why)),
            )
        })
    }

    fn tokens(&self, source: &Source, options: &Options, each: EachToken) -> Result<()> {
        let query = Query::new(source, options)?;
        let table = self.table(source, options);
        let columns = Columns::of(source, "t", &table)?;
        let sql = format!(
            "SELECT {}, {} FROM {} t LEFT JOIN {} u ON u.id = t.user_id
             WHERE t.type = 'access_token' ORDER BY t.id",
            columns.list(&[
                "id",
                "secret",
                "name",
                "extra",
                "created_at",
                "expires",
                "last_used_at"
            ]),
            query.user,
            quoted(&table),
            quoted(&query.users),
        );
        source.rows(&sql, [], |row| {
            let hash = row.hex(1);
            let token = hash.clone().and_then(|hash| query.token(row, hash, options));
            each(token.map_err(|why| Refused::row(row, &table, 0, hash.ok(), why)))
        })
    }
}

fn prefixed(options: &Options, table: &str) -> String {
    format!("{}{table}", options.table_prefix.as_deref().unwrap_or_default())
}

/// The columns that describe a user, and where they are.
struct Query {
    users: String,
    user: String,
}

impl Query {
    fn new(source: &Source, options: &Options) -> Result<Self> {
        let users = prefixed(options, "users");
        let identities = prefixed(options, "auth_identities");
        let groups = prefixed(options, "auth_groups_users");
        let columns = Columns::of(source, "u", &users)?;
        let email = match source.has(&identities, &["user_id", "type", "secret"])? {
            true => format!(
                "(SELECT i.secret FROM {} i WHERE i.user_id = u.id AND i.type = 'email_password'
                  ORDER BY i.id LIMIT 1)",
                quoted(&identities)
            ),
            false => "NULL".into(),
        };
        let admin = match source.has(&groups, &["user_id", "group"])? {
            true => format!(
                "EXISTS (SELECT 1 FROM {} g WHERE g.user_id = u.id
                         AND g.\"group\" IN ('admin', 'superadmin'))",
                quoted(&groups)
            ),
            false => "0".into(),
        };
        let user = format!(
            "{}, {email}, {admin}",
            columns.list(&[
                "id",
                "username",
                "status",
                "status_message",
                "deleted_at",
                "created_at"
            ])
        );
        Ok(Query { users, user })
    }

    /// A user from the columns that begin at `first`.
    fn user(&self, row: &Fields, first: usize, options: &Options) -> Result<ForeignUser, String> {
        let banned = row.text(first + 2)?.as_deref() == Some("banned");
        let refused = match row.time(first + 4, &options.zone)? {
            Some(_) => Some("deleted in shield".to_string()),
            None if banned => {
                Some(row.some_text(first + 3)?.unwrap_or_else(|| "banned in shield".into()))
            }
            None => None,
        };
        Ok(ForeignUser {
            table: self.users.clone(),
            id: row.text(first)?.ok_or("the user has no id")?,
            name: row.some_text(first + 1)?,
            email: row.some_text(first + 6)?,
            full_name: None,
            admin: row.flag(first + 7)?,
            refused,
            created_at: row.time(first + 5, &options.zone)?,
        })
    }

    fn token(&self, row: &Fields, hash: Hash, options: &Options) -> Result<ForeignToken, String> {
        let owner = match row.text(7)? {
            Some(_) => Owner::User(self.user(row, 7, options)?),
            None => Owner::Gone,
        };
        let scopes = row.text(3)?.map_or(Ok(Vec::new()), |text| php::strings(&text))?;
        Ok(ForeignToken {
            id: row.id(0)?,
            name: row.some_text(2)?,
            owner,
            hash,
            hint: HIDDEN.to_string(),
            scopes: ForeignScopes::List { scopes, star: true },
            created_at: row.time(4, &options.zone)?,
            // Newer versions set and heed it; older ones leave it empty.
            expires_at: row.time(5, &options.zone)?,
            last_used_at: row.time(6, &options.zone)?,
            weak: false,
        })
    }
}
