//! Strapi's own API tokens, versions 4 and 5: `strapi_api_tokens`.
//!
//! `access_key` is the HMAC-SHA512 of the secret, keyed with the text of the project's
//! API_TOKEN_SALT. Tokens of the content API belong to nobody; those of the admin API to an
//! administrator, and count only while that account is active and not blocked.

use super::source::{Columns, Fields, quoted};
use super::{
    EachToken, EachUser, ForeignScopes, ForeignToken, ForeignUser, Options, Owner, Reader, Refused,
    Source,
};
use crate::error::{Error, Result};
use crate::scheme::{Scheme, hash_of_access_key};
use crate::secret::{HIDDEN, Hash};

pub struct Strapi;

const ADMINS: &str = "admin_users";

impl Reader for Strapi {
    fn name(&self) -> &'static str {
        "strapi"
    }

    fn table(&self, _source: &Source, options: &Options) -> String {
        options.table.clone().unwrap_or_else(|| "strapi_api_tokens".into())
    }

    fn wanted(&self, options: &Options) -> String {
        options.table.clone().unwrap_or_else(|| "strapi_api_tokens".into())
    }

    fn fits(&self, source: &Source, options: &Options) -> Result<bool> {
        source.has(&self.table(source, options), &["id", "name", "type", "access_key"])
    }

    fn heeds(&self) -> &'static [&'static str] {
        &["--salt-file"]
    }

    fn scheme(&self, options: &Options) -> Result<Scheme> {
        match &options.salt {
            Some(salt) => Ok(Scheme::Strapi { salt: salt.clone() }),
            None => Err(Error::request("the salt is missing", "Strapi's hashes are keyed with it")
                .hint("give the project's API_TOKEN_SALT with --salt-file or $API_TOKEN_SALT")),
        }
    }

    fn clear_text(&self, source: &Source, options: &Options) -> Result<Option<String>> {
        let table = self.table(source, options);
        let encrypted = source.has(&table, &["encrypted_key"])?;
        Ok(encrypted.then(|| format!("{table}.encrypted_key")))
    }

    fn users(&self, source: &Source, options: &Options, each: EachUser) -> Result<()> {
        if !source.has(ADMINS, &["id"])? {
            return Ok(());
        }
        let sql = format!("SELECT {} FROM {ADMINS} u ORDER BY u.id", user_columns(source)?);
        source.rows(&sql, [], |row| {
            each(user(row, 0, options).map_err(|why| Refused::row(row, ADMINS, 0, None, why)))
        })
    }

    fn tokens(&self, source: &Source, options: &Options, each: EachToken) -> Result<()> {
        let table = self.table(source, options);
        let columns = Columns::of(source, "t", &table)?;
        let owner =
            link(source, "strapi_api_tokens_admin_user_owner", &["api_token_id", "user_id"])?;
        let owner = owner.map_or("NULL".into(), |link| {
            format!("(SELECT l.user_id FROM {link} l WHERE l.api_token_id = t.id LIMIT 1)")
        });
        let join = match source.has(ADMINS, &["id"])? {
            true => format!("LEFT JOIN {ADMINS} u ON u.id = {owner}"),
            false => String::new(),
        };
        let user_columns = if join.is_empty() { "NULL".into() } else { user_columns(source)? };
        let sql = format!(
            "SELECT {}, {}, {}, {user_columns} FROM {} t {join} ORDER BY t.id",
            columns.list(&[
                "id",
                "access_key",
                "name",
                "type",
                "kind",
                "created_at",
                "expires_at",
                "last_used_at"
            ]),
            actions(
                source,
                "strapi_api_token_permissions",
                "strapi_api_token_permissions_token",
                "api_token_permission_id"
            )?,
            actions(source, "admin_permissions", "admin_permissions_api_token", "permission_id")?,
            quoted(&table),
        );
        source.rows(&sql, [], |row| {
            let hash = row.hex::<64>(1).map(|key| hash_of_access_key(&key));
            let token = hash.clone().and_then(|hash| token(row, hash, options));
            each(token.map_err(|why| Refused::row(row, &table, 0, hash.ok(), why)))
        })
    }
}

/// A link table, whose name ends in `_links` in version 4 and `_lnk` in version 5.
fn link(source: &Source, name: &str, columns: &[&str]) -> Result<Option<String>> {
    for ending in ["_lnk", "_links"] {
        let table = format!("{name}{ending}");
        if source.has(&table, columns)? {
            return Ok(Some(quoted(&table)));
        }
    }
    Ok(None)
}

/// SQL for a token's actions as a JSON list, in the order of the link.
fn actions(source: &Source, permissions: &str, name: &str, column: &str) -> Result<String> {
    let found = link(source, name, &[column, "api_token_id"])?;
    let there = source.has(permissions, &["id", "action"])?;
    // JSON holds no blobs, and one action that is none must not end the import.
    let text = "CASE typeof(p.action) WHEN 'text' THEN p.action END";
    Ok(match found.filter(|_| there) {
        Some(link) => format!(
            "(SELECT json_group_array({text} ORDER BY l.rowid) FROM {link} l
              JOIN {permissions} p ON p.id = l.{column} WHERE l.api_token_id = t.id)"
        ),
        None => "NULL".into(),
    })
}

fn user_columns(source: &Source) -> Result<String> {
    Ok(Columns::of(source, "u", ADMINS)?.list(&[
        "id",
        "username",
        "email",
        "firstname",
        "lastname",
        "is_active",
        "blocked",
        "created_at",
    ]))
}

fn user(row: &Fields, first: usize, options: &Options) -> Result<ForeignUser, String> {
    let email = row.some_text(first + 2)?;
    let names = [row.some_text(first + 3)?, row.some_text(first + 4)?];
    let full_name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let refused = if row.flag(first + 6)? {
        Some("blocked in strapi".to_string())
    } else {
        (!row.flag(first + 5)?).then(|| "not active in strapi".to_string())
    };
    Ok(ForeignUser {
        table: ADMINS.to_string(),
        id: row.text(first)?.ok_or("the user has no id")?,
        name: row.some_text(first + 1)?.or_else(|| email.clone()),
        email,
        full_name: Some(full_name).filter(|name| !name.is_empty()),
        // What an administrator's token may do is in its permissions.
        admin: false,
        refused,
        created_at: row.time(first + 7, &options.zone)?,
    })
}

fn token(row: &Fields, hash: Hash, options: &Options) -> Result<ForeignToken, String> {
    let for_admins = row.text(4)?.as_deref() == Some("admin");
    let owner = match (for_admins, row.text(10)?) {
        (false, _) => Owner::User(nobody()),
        (true, Some(_)) => Owner::User(user(row, 10, options)?),
        (true, None) => Owner::Gone,
    };
    let list = |scopes| ForeignScopes::List { scopes, star: false };
    let scopes = match (for_admins, row.text(3)?.as_deref()) {
        (true, _) => list(row.json_strings(9)?),
        (false, Some("full-access")) => ForeignScopes::Everything,
        (false, Some("read-only")) => list(vec!["read-only".into()]),
        (false, Some("custom")) => list(row.json_strings(8)?),
        _ => return Err("the type is none of read-only, full-access and custom".into()),
    };
    Ok(ForeignToken {
        id: row.id(0)?,
        name: row.some_text(2)?,
        owner,
        hash,
        hint: HIDDEN.to_string(),
        scopes,
        created_at: row.time(5, &options.zone)?,
        expires_at: row.time(6, &options.zone)?,
        last_used_at: row.time(7, &options.zone)?,
        weak: false,
    })
}

/// Who tokens of the content API belong to here, where every token has an owner.
fn nobody() -> ForeignUser {
    ForeignUser {
        table: "strapi_api_tokens".into(),
        id: String::new(),
        name: Some("strapi".into()),
        email: None,
        full_name: Some("API tokens of Strapi".into()),
        admin: false,
        refused: None,
        created_at: None,
    }
}
