//! The table of users.

use super::columns::columns;
use super::error::found;
use super::pages::{PAGE, let_go};
use crate::domain::name::lookup_key;
use crate::domain::user::{Owner, User, UserStatus};
use crate::store::backend::Each;
use crate::store::error::{Error, Result};
use crate::store::records::{NewUserRow, UserField};
use rusqlite::{Connection, OptionalExtension, Row, params};

macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT u.id AS id, u.name AS name, u.email AS email, u.full_name AS full_name,
                    u.admin AS admin, u.banned_at IS NOT NULL AS banned,
                    u.banned_reason AS banned_reason,
                    (SELECT count(*) FROM tokens t WHERE t.user_id = u.id) AS tokens,
                    u.created_at AS created_at, u.name_key AS name_key
             FROM users u ",
            $rest
        )
    };
}

columns!(
    user_columns: id,
    name,
    email,
    full_name,
    admin,
    banned,
    banned_reason,
    tokens,
    created_at,
    name_key,
);
use user_columns as column;

/// A row of [`select_users`].
fn user(row: &Row) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(column::id)?,
        name: row.get(column::name)?,
        email: row.get(column::email)?,
        full_name: row.get(column::full_name)?,
        admin: row.get(column::admin)?,
        status: if row.get(column::banned)? { UserStatus::Banned } else { UserStatus::Active },
        banned_reason: row.get(column::banned_reason)?,
        tokens: row.get(column::tokens)?,
        created_at: row.get(column::created_at)?,
    })
}

pub fn by_key(connection: &Connection, name_key: &str) -> Result<Option<User>> {
    const BY_KEY: &str = select_users!("WHERE u.name_key = ?1");
    Ok(connection.prepare_cached(BY_KEY)?.query_row([name_key], user).optional()?)
}

pub fn each(connection: &Connection, after: Option<&str>, each: Each<User>) -> Result<()> {
    const NEXT: &str = select_users!("WHERE u.name_key > ?1 ORDER BY u.name_key LIMIT ?2");
    let mut place = after.unwrap_or_default().to_string();
    loop {
        let mut statement = connection.prepare_cached(NEXT)?;
        let rows = statement.query_map(params![place, PAGE], |row| {
            Ok((row.get::<_, String>(column::name_key)?, user(row)?))
        })?;
        let page = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        match page.last() {
            None => return Ok(()),
            Some((last, _)) if *last > place => place.clone_from(last),
            Some(_) => return Err(Error::Corrupt("user names are out of order".into())),
        }
        let_go(connection)?;
        if page.into_iter().any(|(_, user)| each(user).is_break()) {
            return Ok(());
        }
    }
}

pub fn owner(connection: &Connection, name_key: &str) -> Result<Option<Owner>> {
    const OWNER: &str = "SELECT id, name, admin, banned_at IS NOT NULL AS banned, banned_reason
         FROM users WHERE name_key = ?1";
    let mut statement = connection.prepare_cached(OWNER)?;
    let owner = statement.query_row([name_key], |row| {
        Ok(Owner {
            id: row.get("id")?,
            name: row.get("name")?,
            admin: row.get("admin")?,
            banned: row.get("banned")?,
            banned_reason: row.get("banned_reason")?,
        })
    });
    Ok(owner.optional()?)
}

pub fn names(connection: &Connection, limit: usize) -> Result<Vec<(String, Option<String>)>> {
    const NAMES: &str = "SELECT name, full_name FROM users ORDER BY name_key LIMIT ?1";
    let mut statement = connection.prepare(NAMES)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map([limit], |row| Ok((row.get("name")?, row.get("full_name")?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn count(connection: &Connection) -> Result<u64> {
    const COUNT: &str = "SELECT count(*) FROM users";
    Ok(connection.query_row(COUNT, [], |row| row.get(0))?)
}

pub fn has_id(connection: &Connection, id: i64) -> Result<bool> {
    const HAS: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1)";
    Ok(connection.prepare_cached(HAS)?.query_row([id], |row| row.get(0))?)
}

pub fn last_id(connection: &Connection) -> Result<i64> {
    const LAST: &str = "SELECT coalesce(max(id), 0) FROM users";
    Ok(connection.query_row(LAST, [], |row| row.get(0))?)
}

pub fn has_name(connection: &Connection, key: &str) -> Result<bool> {
    const HAS: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE name_key = ?1)";
    Ok(connection.prepare_cached(HAS)?.query_row([key], |row| row.get(0))?)
}

pub fn has_email(connection: &Connection, key: &str) -> Result<bool> {
    const HAS: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE email_key = ?1)";
    Ok(connection.prepare_cached(HAS)?.query_row([key], |row| row.get(0))?)
}

pub fn insert(connection: &Connection, user: &NewUserRow) -> Result<i64> {
    insert_with(connection, None, user)?;
    Ok(connection.last_insert_rowid())
}

pub fn insert_as(connection: &Connection, id: i64, user: &NewUserRow) -> Result<()> {
    insert_with(connection, Some(id), user)
}

/// Without an id, the next one.
fn insert_with(connection: &Connection, id: Option<i64>, user: &NewUserRow) -> Result<()> {
    const INSERT: &str =
        "INSERT INTO users (id, name, name_key, email, email_key, full_name, admin,
             banned_at, banned_reason, created_at, email_unverified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    connection.prepare_cached(INSERT)?.execute(params![
        id,
        user.name,
        lookup_key(user.name),
        user.email,
        user.email.map(lookup_key),
        user.full_name,
        user.admin,
        user.ban.map(|ban| ban.at),
        user.ban.and_then(|ban| ban.reason),
        user.created_at,
        user.email.is_some() && !user.email_verified,
    ])?;
    Ok(())
}

pub fn update(connection: &Connection, id: i64, field: UserField) -> Result<()> {
    const NAME: &str = "UPDATE users SET name = ?2, name_key = ?3 WHERE id = ?1";
    // Whoever administers this database answers for the address.
    const EMAIL: &str =
        "UPDATE users SET email = ?2, email_key = ?3, email_unverified = 0 WHERE id = ?1";
    const FULL_NAME: &str = "UPDATE users SET full_name = ?2 WHERE id = ?1";
    const ADMIN: &str = "UPDATE users SET admin = ?2 WHERE id = ?1";
    const BAN: &str = "UPDATE users SET banned_at = ?2, banned_reason = ?3 WHERE id = ?1";
    found(match field {
        UserField::Name(name) => connection.execute(NAME, params![id, name, lookup_key(name)]),
        UserField::Email(email) => {
            connection.execute(EMAIL, params![id, email, email.map(lookup_key)])
        }
        UserField::FullName(full_name) => connection.execute(FULL_NAME, params![id, full_name]),
        UserField::Admin(admin) => connection.execute(ADMIN, params![id, admin]),
        UserField::Ban(ban) => {
            let (at, reason) = (ban.map(|ban| ban.at), ban.and_then(|ban| ban.reason));
            connection.execute(BAN, params![id, at, reason])
        }
    }?)
}

pub fn delete(connection: &Connection, id: i64) -> Result<()> {
    const DELETE: &str = "DELETE FROM users WHERE id = ?1";
    found(connection.execute(DELETE, [id])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_in_the_statement() {
        super::super::columns::check_names(select_users!(""), column::NAMES);
    }
}
