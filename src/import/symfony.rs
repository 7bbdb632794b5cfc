//! The `ApiToken` entity of Symfony's guides: `api_token`, owned by `user`.
//!
//! The secret stands there in clear, and of several rows with one the lowest id answers. Scopes
//! are a JSON list of roles, none of which is a wildcard.

use super::source::{Columns, Fields, quoted};
use super::{
    EachToken, EachUser, ForeignScopes, ForeignToken, ForeignUser, Options, Owner, Reader, Refused,
    Source,
};
use crate::error::Result;
use crate::scheme::Scheme;

pub struct Symfony;

impl Reader for Symfony {
    fn name(&self) -> &'static str {
        "symfony"
    }

    fn table(&self, _source: &Source, options: &Options) -> String {
        options.table.clone().unwrap_or_else(|| "api_token".into())
    }

    fn wanted(&self, options: &Options) -> String {
        format!("{} and user", options.table.as_deref().unwrap_or("api_token"))
    }

    fn fits(&self, source: &Source, options: &Options) -> Result<bool> {
        let table = self.table(source, options);
        Ok(source.has(&table, &["id", "owned_by_id", "token", "scopes"])?
            && source.has(&users_table(source, &table)?, &["id"])?)
    }

    fn heeds(&self) -> &'static [&'static str] {
        &[]
    }

    fn scheme(&self, _options: &Options) -> Result<Scheme> {
        Ok(Scheme::Sha256)
    }

    fn clear_text(&self, source: &Source, options: &Options) -> Result<Option<String>> {
        Ok(Some(format!("{}.token", self.table(source, options))))
    }

    fn users(&self, source: &Source, options: &Options, each: EachUser) -> Result<()> {
        let query = Query::new(source, &self.table(source, options))?;
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
        let sql = format!(
            "SELECT {}, {} FROM {} t LEFT JOIN {} u ON u.id = t.owned_by_id ORDER BY t.id",
            columns.list(&[
                "id",
                "token",
                "name",
                "scopes",
                "created_at",
                "expires_at",
                "last_used_at"
            ]),
            query.user,
            quoted(&table),
            quoted(&query.users),
        );
        source.rows(&sql, [], |row| {
            let secret = row.clear_secret(1);
            let hash = secret.as_ref().map(|secret| secret.hash).ok();
            let token = (|| {
                let secret = secret?;
                Ok(ForeignToken {
                    id: row.id(0)?,
                    name: row.some_text(2)?,
                    owner: match row.text(7)? {
                        Some(_) => Owner::User(query.user(row, 7, options)?),
                        None => Owner::Gone,
                    },
                    hash: secret.hash,
                    hint: secret.hint,
                    scopes: ForeignScopes::List { scopes: row.json_strings(3)?, star: false },
                    created_at: row.time(4, &options.zone)?,
                    expires_at: row.time(5, &options.zone)?,
                    last_used_at: row.time(6, &options.zone)?,
                    weak: secret.weak,
                })
            })();
            each(token.map_err(|why| Refused::row(row, &table, 0, hash, why)))
        })
    }
}

/// The owners' table is the one that the foreign key names.
fn users_table(source: &Source, table: &str) -> Result<String> {
    Ok(source.referenced(table, "owned_by_id")?.unwrap_or_else(|| "user".into()))
}

/// The columns that describe a user, and where they are.
struct Query {
    users: String,
    user: String,
}

impl Query {
    fn new(source: &Source, table: &str) -> Result<Self> {
        let users = users_table(source, table)?;
        let columns = Columns::of(source, "u", &users)?;
        let user = columns.list(&["id", "username", "email", "deleted_at", "created_at"]);
        Ok(Query { users, user })
    }

    fn user(&self, row: &Fields, first: usize, options: &Options) -> Result<ForeignUser, String> {
        let email = row.some_text(first + 2)?;
        let deleted = row.time(first + 3, &options.zone)?.is_some();
        Ok(ForeignUser {
            table: self.users.clone(),
            id: row.text(first)?.ok_or("the user has no id")?,
            name: row.some_text(first + 1)?.or_else(|| email.clone()),
            email,
            full_name: None,
            // A request with a token has the token's roles and none of the user's own.
            admin: false,
            refused: deleted.then(|| "deleted in symfony".to_string()),
            created_at: row.time(first + 4, &options.zone)?,
        })
    }
}
