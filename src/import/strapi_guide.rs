//! The "API tokens" guide of Strapi: a content type whose entries are tokens in clear, each
//! related to a user of the users-permissions plugin.
//!
//! Of several rows with one token the lowest id answers. A row without a user is refused, and so
//! is a user who is blocked, or not confirmed while the plugin wants that.

use super::source::{Columns, Fields, quoted};
use super::{
    EachToken, EachUser, ForeignScopes, ForeignToken, ForeignUser, Options, Owner, Reader, Refused,
    Source,
};
use crate::error::Result;
use crate::scheme::Scheme;

pub struct StrapiGuide;

impl Reader for StrapiGuide {
    fn name(&self) -> &'static str {
        "strapi-guide"
    }

    fn table(&self, _source: &Source, options: &Options) -> String {
        options.table.clone().unwrap_or_else(|| "tokens".into())
    }

    fn wanted(&self, options: &Options) -> String {
        let table = options.table.as_deref().unwrap_or("tokens");
        format!("{} and {table} with a column token", USERS.join(" or "))
    }

    fn fits(&self, source: &Source, options: &Options) -> Result<bool> {
        let table = self.table(source, options);
        Ok(users_table(source)?.is_some() && source.has(&table, &["id", "token"])?)
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
        let query = Query::new(source)?;
        let sql = format!("SELECT {} FROM {} u ORDER BY u.id", query.user, quoted(query.users));
        source.rows(&sql, [], |row| {
            each(
                query
                    .user(row, 0, options)
                    .map_err(|why| Refused::row(row, query.users, 0, None, why)),
            )
        })
    }

    fn tokens(&self, source: &Source, options: &Options, each: EachToken) -> Result<()> {
        let query = Query::new(source)?;
        let table = self.table(source, options);
        let columns = Columns::of(source, "t", &table)?;
        let owner = owner_id(source, &table, &columns)?;
        let sql = format!(
            "SELECT {}, {} FROM {} t LEFT JOIN {} u ON u.id = {owner} ORDER BY t.id",
            columns.list(&["id", "token", "name", "created_at"]),
            query.user,
            quoted(&table),
            quoted(query.users),
        );
        source.rows(&sql, [], |row| {
            let secret = row.clear_secret(1);
            let hash = secret.as_ref().map(|secret| secret.hash).ok();
            let token = (|| {
                let secret = secret?;
                Ok(ForeignToken {
                    id: row.id(0)?,
                    name: row.some_text(2)?,
                    owner: match row.text(4)? {
                        Some(_) => Owner::User(query.user(row, 4, options)?),
                        None => Owner::Gone,
                    },
                    hash: secret.hash,
                    hint: secret.hint,
                    scopes: ForeignScopes::Everything,
                    created_at: row.time(3, &options.zone)?,
                    expires_at: None,
                    last_used_at: None,
                    weak: secret.weak,
                })
            })();
            each(token.map_err(|why| Refused::row(row, &table, 0, hash, why)))
        })
    }
}

/// The users-permissions plugin's table, in version 3 and since version 4.
const USERS: [&str; 2] = ["users-permissions_user", "up_users"];

fn users_table(source: &Source) -> Result<Option<&'static str>> {
    for table in USERS {
        if source.has(table, &["id"])? {
            return Ok(Some(table));
        }
    }
    Ok(None)
}

/// SQL for the id of a token's user: a column of the table, or a look-up in the join table that
/// Strapi makes for other kinds of relation, where the first entry counts.
fn owner_id(source: &Source, table: &str, columns: &Columns) -> Result<String> {
    for column in ["user", "users_permissions_user", "owner"] {
        if columns.has(column) {
            return Ok(columns.get(column));
        }
    }
    for join in source.tables()? {
        let ids: Vec<_> =
            source.columns(&join)?.into_iter().filter(|column| column.ends_with("_id")).collect();
        let (users, tokens): (Vec<_>, Vec<_>) =
            ids.into_iter().partition(|column| is_user(column, table));
        if let ([user], [token], true) = (users.as_slice(), tokens.as_slice(), join.contains(table))
        {
            let (user, token, join) = (quoted(user), quoted(token), quoted(&join));
            return Ok(format!(
                "(SELECT j.{user} FROM {join} j WHERE j.{token} = t.id ORDER BY j.rowid LIMIT 1)"
            ));
        }
    }
    Ok("NULL".into())
}

/// Whether a column of a join table leads to users, and not to a table of tokens that has "user"
/// in its own name.
fn is_user(column: &str, table: &str) -> bool {
    let own = table.strip_suffix('s').unwrap_or(table).replace('-', "_");
    !column.replace('-', "_").starts_with(&own) && column.contains("user")
}

/// The columns that describe a user, where they are, and what the plugin wants of them.
struct Query {
    users: &'static str,
    user: String,
    must_confirm: bool,
}

impl Query {
    fn new(source: &Source) -> Result<Self> {
        let users = users_table(source)?.unwrap_or(USERS[0]);
        let columns = Columns::of(source, "u", users)?;
        let user = columns.list(&["id", "username", "email", "blocked", "confirmed", "created_at"]);
        Ok(Query { users, user, must_confirm: must_confirm(source)? })
    }

    fn user(&self, row: &Fields, first: usize, options: &Options) -> Result<ForeignUser, String> {
        let unconfirmed = self.must_confirm && !row.flag(first + 4)?;
        let refused = if unconfirmed {
            Some("e-mail address not confirmed in strapi".to_string())
        } else {
            row.flag(first + 3)?.then(|| "blocked in strapi".to_string())
        };
        Ok(ForeignUser {
            table: self.users.to_string(),
            id: row.text(first)?.ok_or("the user has no id")?,
            name: row.some_text(first + 1)?,
            email: row.some_text(first + 2)?,
            full_name: None,
            admin: false,
            refused,
            created_at: row.time(first + 5, &options.zone)?,
        })
    }
}

/// Whether the plugin refuses users who have not confirmed their address.
fn must_confirm(source: &Source) -> Result<bool> {
    let mut must = false;
    for store in ["core_store", "strapi_core_store_settings"] {
        if source.has(store, &["key", "value"])? {
            let sql = format!(
                "SELECT value FROM {store} WHERE key = 'plugin_users-permissions_advanced'"
            );
            source.rows(&sql, [], |row| {
                let value = row.text(0).ok().flatten().unwrap_or_default();
                let value: serde_json::Value = serde_json::from_str(&value).unwrap_or_default();
                must |= value["email_confirmation"] == true;
                Ok(())
            })?;
        }
    }
    Ok(must)
}
