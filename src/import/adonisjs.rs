//! AdonisJS: `auth_access_tokens`.
//!
//! A secret is `<prefix><base64url id>.<base64url secret>`; `hash` is the SHA-256 of the decoded
//! secret, and id and type must fit. The prefix is stored nowhere.

use super::source::{Columns, Fields, quoted};
use super::{
    EachToken, EachUser, ForeignScopes, ForeignToken, ForeignUser, Options, Owner, Reader, Refused,
    Source,
};
use crate::error::Result;
use crate::scheme::Scheme;
use crate::secret::Hash;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub struct AdonisJs;

impl Reader for AdonisJs {
    fn name(&self) -> &'static str {
        "adonisjs"
    }

    fn table(&self, _source: &Source, options: &Options) -> String {
        options.table.clone().unwrap_or_else(|| "auth_access_tokens".into())
    }

    fn wanted(&self, options: &Options) -> String {
        options.table.clone().unwrap_or_else(|| "auth_access_tokens".into())
    }

    fn fits(&self, source: &Source, options: &Options) -> Result<bool> {
        let columns = ["id", "tokenable_id", "type", "hash", "abilities"];
        source.has(&self.table(source, options), &columns)
    }

    fn heeds(&self) -> &'static [&'static str] {
        &["--type", "--prefix"]
    }

    fn scheme(&self, options: &Options) -> Result<Scheme> {
        Ok(Scheme::AdonisJs { prefix: prefix(options).to_string() })
    }

    fn users(&self, source: &Source, options: &Options, each: EachUser) -> Result<()> {
        let Some(query) = Query::new(source, &self.table(source, options))? else { return Ok(()) };
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
        let table = self.table(source, options);
        let query = Query::new(source, &table)?;
        let columns = Columns::of(source, "t", &table)?;
        let (user, join) = match &query {
            Some(query) => (
                query.user.as_str(),
                format!("LEFT JOIN {} u ON u.id = t.tokenable_id", quoted(&query.users)),
            ),
            None => ("NULL", String::new()),
        };
        let sql = format!(
            "SELECT {}, {user} FROM {} t {join} WHERE t.type = ?1 ORDER BY t.id",
            columns.list(&[
                "id",
                "hash",
                "name",
                "abilities",
                "created_at",
                "expires_at",
                "last_used_at"
            ]),
            quoted(&table),
        );
        let kind = options.kind.as_deref().unwrap_or("auth_token");
        source.rows(&sql, [kind], |row| {
            let hash = row.hex(1);
            let token = hash.clone().and_then(|hash| token(row, hash, query.as_ref(), options));
            // Where the id is part of the secret, a row that is refused shadows no other.
            each(token.map_err(|why| Refused::row(row, &table, 0, None, why)))
        })
    }
}

fn prefix(options: &Options) -> &str {
    options.prefix.as_deref().unwrap_or("oat_")
}

/// The columns that describe a user, and where they are.
struct Query {
    users: String,
    user: String,
}

impl Query {
    /// The owners' table is the one that the foreign key names; `None` if it is not there.
    fn new(source: &Source, table: &str) -> Result<Option<Self>> {
        let users = source.referenced(table, "tokenable_id")?.unwrap_or_else(|| "users".into());
        if !source.has(&users, &["id"])? {
            return Ok(None);
        }
        let columns = Columns::of(source, "u", &users)?;
        let user =
            columns.list(&["id", "username", "email", "full_name", "deleted_at", "created_at"]);
        Ok(Some(Query { users, user }))
    }

    /// A user from the columns that begin at `first`. Their e-mail address is what they log in
    /// with; not every application has another name for them.
    fn user(&self, row: &Fields, first: usize, options: &Options) -> Result<ForeignUser, String> {
        let email = row.some_text(first + 2)?;
        let deleted = row.time(first + 4, &options.zone)?.is_some();
        Ok(ForeignUser {
            table: self.users.clone(),
            id: row.text(first)?.ok_or("the user has no id")?,
            name: row.some_text(first + 1)?.or_else(|| email.clone()),
            email,
            full_name: row.some_text(first + 3)?,
            admin: false,
            refused: deleted.then(|| "deleted in adonisjs".to_string()),
            created_at: row.time(first + 5, &options.zone)?,
        })
    }
}

fn token(
    row: &Fields,
    hash: Hash,
    query: Option<&Query>,
    options: &Options,
) -> Result<ForeignToken, String> {
    let id = row.id(0)?;
    let owner = match (row.text(7)?, query) {
        (Some(_), Some(query)) => Owner::User(query.user(row, 7, options)?),
        _ => Owner::Gone,
    };
    let hint = format!("{}{}", prefix(options), URL_SAFE_NO_PAD.encode(id.to_string()));
    Ok(ForeignToken {
        id,
        name: row.some_text(2)?,
        owner,
        hash,
        hint,
        scopes: ForeignScopes::List { scopes: row.json_strings(3)?, star: true },
        created_at: row.time(4, &options.zone)?,
        expires_at: row.time(5, &options.zone)?,
        last_used_at: row.time(6, &options.zone)?,
        weak: false,
    })
}
