//! The table of users.

use super::error::found;
use super::session::Session;
use super::tokens;
use super::values::{can_be_stored, count};
use crate::domain::name::lookup_key;
use crate::domain::user::{Owner, User, UserStatus};
use crate::store::backend::Each;
use crate::store::error::{Error, Field, Result};
use crate::store::records::{NewUserRow, UserField};
use ::postgres::Row;
use ::postgres::types::ToSql;

macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.name, u.email, u.full_name, u.admin, u.banned_at IS NOT NULL AS banned,
                    u.banned_reason,
                    (SELECT count(*) FROM tokens t WHERE t.user_id = u.id) AS tokens,
                    u.created_at
             FROM users u ",
            $rest
        )
    };
}

/// A row of [`select_users`].
fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        full_name: row.try_get("full_name")?,
        admin: row.try_get("admin")?,
        status: if row.try_get("banned")? { UserStatus::Banned } else { UserStatus::Active },
        banned_reason: row.try_get("banned_reason")?,
        tokens: count(row.try_get("tokens")?),
        created_at: row.try_get("created_at")?,
    })
}

pub fn by_key(session: &mut Session, name_key: &str) -> Result<Option<User>> {
    const BY_KEY: &str = select_users!("WHERE u.name_key = $1");
    if !can_be_stored(name_key) {
        return Ok(None);
    }
    session.query_opt(BY_KEY, &[&name_key])?.as_ref().map(user).transpose()
}

pub fn each(session: &mut Session, after: Option<&str>, each: Each<User>) -> Result<()> {
    const USERS: &str = select_users!("WHERE u.name_key > $1 ORDER BY u.name_key");
    session.each(USERS, &[&after.unwrap_or_default()], |row| Ok(each(user(row)?))).map(drop)
}

pub fn owner(session: &mut Session, name_key: &str) -> Result<Option<Owner>> {
    const OWNER: &str = "SELECT id, name, admin, banned_at IS NOT NULL AS banned, banned_reason
         FROM users WHERE name_key = $1";
    if !can_be_stored(name_key) {
        return Ok(None);
    }
    let Some(row) = session.query_opt(OWNER, &[&name_key])? else { return Ok(None) };
    Ok(Some(Owner {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        admin: row.try_get("admin")?,
        banned: row.try_get("banned")?,
        banned_reason: row.try_get("banned_reason")?,
    }))
}

pub fn names(session: &mut Session, limit: usize) -> Result<Vec<(String, Option<String>)>> {
    const NAMES: &str = "SELECT name, full_name FROM users ORDER BY name_key LIMIT $1";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = session.query(NAMES, &[&limit])?;
    rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("full_name")?))).collect()
}

/// The only value, named `value`, of the only row of a statement.
macro_rules! value {
    ($session:expr, $sql:expr $(, $value:expr)*) => {
        $session.query_one($sql, &[$(&$value),*])?.try_get("value")?
    };
}

pub fn count_all(session: &mut Session) -> Result<u64> {
    const COUNT: &str = "SELECT count(*) AS value FROM users";
    Ok(count(value!(session, COUNT)))
}

pub fn has_id(session: &mut Session, id: i64) -> Result<bool> {
    const HAS: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE id = $1) AS value";
    Ok(value!(session, HAS, id))
}

pub fn last_id(session: &mut Session) -> Result<i64> {
    const LAST: &str = "SELECT coalesce(max(id), 0) AS value FROM users";
    Ok(value!(session, LAST))
}

pub fn has_name(session: &mut Session, key: &str) -> Result<bool> {
    const HAS: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE name_key = $1) AS value";
    Ok(value!(session, HAS, key))
}

pub fn has_email(session: &mut Session, key: &str) -> Result<bool> {
    const HAS: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE email_key = $1) AS value";
    Ok(value!(session, HAS, key))
}

pub fn insert(session: &mut Session, user: &NewUserRow) -> Result<i64> {
    insert_with(session, None, user)
}

pub fn insert_as(session: &mut Session, id: i64, user: &NewUserRow) -> Result<()> {
    insert_with(session, Some(id), user).map(drop)
}

macro_rules! insert {
    ($column:literal, $value:literal) => {
        concat!(
            "INSERT INTO users (name, name_key, email, email_key, full_name, admin, banned_at,
                 banned_reason, created_at, email_unverified",
            $column,
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10",
            $value,
            ") ON CONFLICT DO NOTHING RETURNING id"
        )
    };
}

/// Without an id, the next one. A conflict that is seen is told without an error of the server's, which
/// would end the transaction.
fn insert_with(session: &mut Session, id: Option<i64>, user: &NewUserRow) -> Result<i64> {
    const INSERT: &str = insert!("", "");
    const INSERT_AS: &str = insert!(", id", ", $11");
    let (name_key, email_key) = (lookup_key(user.name), user.email.map(lookup_key));
    let values: [&(dyn ToSql + Sync); 11] = [
        &user.name,
        &name_key,
        &user.email,
        &email_key,
        &user.full_name,
        &user.admin,
        &user.ban.map(|ban| ban.at.millis()),
        &user.ban.and_then(|ban| ban.reason),
        &user.created_at.millis(),
        &(user.email.is_some() && !user.email_verified),
        &id,
    ];
    let inserted = match id {
        None => session.query_opt(INSERT, &values[..10])?,
        Some(_) => session.query_opt(INSERT_AS, &values)?,
    };
    if let Some(row) = inserted {
        return Ok(row.try_get("id")?);
    }
    if has_name(session, &name_key)? {
        return Err(Error::Conflict(Field::UserName));
    }
    let has_email = match email_key {
        Some(key) => has_email(session, &key)?,
        None => false,
    };
    Err(Error::Conflict(if has_email { Field::Email } else { Field::Id }))
}

pub fn update(session: &mut Session, id: i64, field: UserField) -> Result<()> {
    const NAME: &str = "UPDATE users SET name = $2, name_key = $3 WHERE id = $1";
    // Whoever administers this database answers for the address.
    const EMAIL: &str =
        "UPDATE users SET email = $2, email_key = $3, email_unverified = false WHERE id = $1";
    const FULL_NAME: &str = "UPDATE users SET full_name = $2 WHERE id = $1";
    const ADMIN: &str = "UPDATE users SET admin = $2 WHERE id = $1";
    const BAN: &str = "UPDATE users SET banned_at = $2, banned_reason = $3 WHERE id = $1";
    found(match field {
        UserField::Name(name) => session.execute(NAME, &[&id, &name, &lookup_key(name)]),
        UserField::Email(email) => session.execute(EMAIL, &[&id, &email, &email.map(lookup_key)]),
        UserField::FullName(full_name) => session.execute(FULL_NAME, &[&id, &full_name]),
        UserField::Admin(admin) => session.execute(ADMIN, &[&id, &admin]),
        UserField::Ban(ban) => {
            let values: [&(dyn ToSql + Sync); 3] =
                [&id, &ban.map(|ban| ban.at.millis()), &ban.and_then(|ban| ban.reason)];
            session.execute(BAN, &values)
        }
    }?)
}

/// A change of the row that changes nothing: a lock alone would let go of it at the end of this
/// transaction, and another one that began before would not notice.
pub fn keep(session: &mut Session, id: i64) -> Result<()> {
    const KEEP: &str = "UPDATE users SET admin = admin WHERE id = $1";
    found(session.execute(KEEP, &[&id])?)
}

/// A token that another transaction adds meanwhile makes this one fail, and start again.
pub fn delete(session: &mut Session, id: i64) -> Result<()> {
    const DELETE: &str = "DELETE FROM users WHERE id = $1";
    tokens::delete_of_user(session, id)?;
    found(session.execute(DELETE, &[&id])?)
}
