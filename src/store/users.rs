//! The users table.

use super::{Change, Store, Writer, candidates, quoted};
use crate::error::{Error, Result};
use crate::name::{Email, Name, key, nearest};
use crate::settings::Setting;
use crate::token::{User, UserStatus};
use crate::when::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.millis().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let millis = value.as_i64()?;
        Timestamp::from_millis(millis).ok_or(FromSqlError::OutOfRange(millis))
    }
}

/// A user about to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub name: Name,
    pub email: Option<Email>,
    pub full_name: Option<String>,
    pub admin: bool,
    pub created_at: Timestamp,
}

/// What `user edit` changes; `None` leaves a field as it is, an inner `None` empties it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserEdit {
    pub name: Option<Name>,
    pub email: Option<Option<Email>>,
    pub full_name: Option<Option<String>>,
    pub admin: Option<bool>,
}

const USERS: &str = "SELECT u.id, u.name, u.email, u.full_name, u.admin, u.banned_at IS NOT NULL,
            u.banned_reason, (SELECT count(*) FROM tokens WHERE user_id = u.id), u.created_at
     FROM users u ORDER BY u.name_key";

const USER: &str = "SELECT u.id, u.name, u.email, u.full_name, u.admin, u.banned_at IS NOT NULL,
            u.banned_reason, (SELECT count(*) FROM tokens WHERE user_id = u.id), u.created_at
     FROM users u WHERE u.name_key = ?1";

fn user(row: &Row) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        full_name: row.get(3)?,
        admin: row.get(4)?,
        status: if row.get(5)? { UserStatus::Banned } else { UserStatus::Active },
        banned_reason: row.get(6)?,
        tokens: row.get(7)?,
        created_at: row.get(8)?,
    })
}

fn find(connection: &Connection, name: &str) -> Result<User> {
    let found = connection.prepare_cached(USER)?.query_row([key(name)], user).optional()?;
    found.ok_or_else(|| nobody(connection, name))
}

fn nobody(connection: &Connection, name: &str) -> Error {
    let told = Error::no(format!("no user is named {name}"), "nobody here has that name");
    // Names are for a hint only: without them there is another.
    match nearest(name, candidates::user_names(connection).unwrap_or_default()) {
        Some(near) => told.hint(format!("did you mean {}?", quoted(&near))),
        None => told.hint(match name.parse::<Name>() {
            Ok(_) if !name.starts_with('-') => format!(
                "`tokctl user list` shows who there is, `tokctl user add {}` adds one",
                quoted(name)
            ),
            _ => "`tokctl user list` shows who there is".to_string(),
        }),
    }
}

impl Store {
    /// Hands every user to `each`, by name.
    pub fn users(&self, mut each: impl FnMut(User) -> Result<()>) -> Result<()> {
        let mut statement = self.connection.prepare(USERS)?;
        for found in statement.query_map([], user)? {
            each(found?)?;
        }
        Ok(())
    }

    /// The user of that name, in any case.
    pub fn user(&self, name: &str) -> Result<User> {
        find(&self.connection, name)
    }
}

/// Who a new token is to belong to: as much of a user as that takes, without counting their
/// tokens, of which there may be a million.
#[derive(Debug, Clone)]
pub struct Heir {
    pub id: i64,
    pub name: String,
    pub admin: bool,
    pub banned: bool,
}

impl Writer<'_> {
    /// The user of that name, in any case, as the owner of a new token.
    pub fn heir(&self, name: &str) -> Result<Heir> {
        const HEIR: &str = "SELECT id, name, admin, banned_at IS NOT NULL FROM users
             WHERE name_key = ?1";
        let mut statement = self.transaction.prepare_cached(HEIR)?;
        let found = statement.query_row([key(name)], |row| {
            Ok(Heir { id: row.get(0)?, name: row.get(1)?, admin: row.get(2)?, banned: row.get(3)? })
        });
        found.optional()?.ok_or_else(|| nobody(&self.transaction, name))
    }

    pub fn user(&self, name: &str) -> Result<User> {
        find(&self.transaction, name)
    }

    pub fn add_user(&self, new: &NewUser) -> Result<()> {
        const ADD: &str = "INSERT INTO users
                 (name, name_key, email, email_key, full_name, admin, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let email = new.email.as_ref().map(Email::as_str);
        self.transaction
            .execute(
                ADD,
                params![
                    new.name.as_str(),
                    key(new.name.as_str()),
                    email,
                    email.map(key),
                    new.full_name,
                    new.admin,
                    new.created_at
                ],
            )
            .map_err(|error| taken(error, new.name.as_str(), email))?;
        self.record(Change {
            action: "user add",
            user: Some(new.name.as_str()),
            ..Change::default()
        })
    }

    pub fn edit_user(&self, user: &User, edit: &UserEdit) -> Result<()> {
        let id = user.id;
        let mut changed = Vec::new();
        const RENAME: &str = "UPDATE users SET name = ?2, name_key = ?3 WHERE id = ?1";
        const EMAIL: &str = "UPDATE users SET email = ?2, email_key = ?3 WHERE id = ?1";
        const FULL_NAME: &str = "UPDATE users SET full_name = ?2 WHERE id = ?1";
        const ADMIN: &str = "UPDATE users SET admin = ?2 WHERE id = ?1";
        if let Some(name) = edit.name.as_ref().map(Name::as_str) {
            self.transaction
                .execute(RENAME, params![id, name, key(name)])
                .map_err(|error| taken(error, name, None))?;
            // Who owns new tokens by default stays the same person.
            if self.is_default_user(&user.name)? {
                self.set_setting(Setting::DefaultUser, name)?;
            }
            changed.push(format!("name {name}"));
        }
        if let Some(email) = &edit.email {
            let email = email.as_ref().map(Email::as_str);
            self.transaction
                .execute(EMAIL, params![id, email, email.map(key)])
                .map_err(|error| taken(error, "", email))?;
            changed.push(format!("e-mail {}", email.unwrap_or("none")));
        }
        if let Some(full_name) = &edit.full_name {
            self.transaction.execute(FULL_NAME, params![id, full_name])?;
            changed.push(format!("full name {}", full_name.as_deref().unwrap_or("none")));
        }
        if let Some(admin) = edit.admin {
            self.transaction.execute(ADMIN, params![id, admin])?;
            changed.push(format!("administrator {}", if admin { "yes" } else { "no" }));
        }
        let detail = changed.join(", ");
        self.record(Change {
            action: "user edit",
            user: Some(&user.name),
            detail: Some(&detail),
            ..Change::default()
        })
    }

    /// `None` lifts the ban.
    pub fn ban_user(&self, user: &User, ban: Option<(Timestamp, Option<&str>)>) -> Result<()> {
        const BAN: &str = "UPDATE users SET banned_at = ?2, banned_reason = ?3 WHERE id = ?1";
        let (at, reason) = ban.map_or((None, None), |(at, reason)| (Some(at), reason));
        self.transaction.execute(BAN, params![user.id, at, reason])?;
        let action = if ban.is_some() { "user ban" } else { "user unban" };
        self.record(Change { action, user: Some(&user.name), detail: reason, ..Change::default() })
    }

    /// Removes the user and the tokens that belong to them.
    pub fn remove_user(&self, user: &User) -> Result<()> {
        const REMOVE: &str = "DELETE FROM users WHERE id = ?1";
        self.record_removal(user.id, &user.name)?;
        self.transaction.execute(REMOVE, [user.id])?;
        if self.is_default_user(&user.name)? {
            self.unset_setting(Setting::DefaultUser)?;
        }
        let detail = format!("with {} tokens", user.tokens);
        self.record(Change {
            action: "user remove",
            user: Some(&user.name),
            detail: Some(&detail),
            ..Change::default()
        })
    }

    fn is_default_user(&self, name: &str) -> Result<bool> {
        Ok(self.settings()?.default_user().is_some_and(|default| key(default) == key(name)))
    }
}

/// A name or an e-mail address that somebody has already.
fn taken(error: rusqlite::Error, name: &str, email: Option<&str>) -> Error {
    let text = error.to_string();
    if text.contains("users.name_key") {
        let what = format!("there is a user named {name} already");
        Error::request(what, "names are unique without regard to case")
            .hint("`tokctl user list` shows who there is")
    } else if text.contains("users.email_key") {
        let what = format!("somebody has {} already", email.unwrap_or_default());
        Error::request(what, "e-mail addresses are unique without regard to case")
            .hint("`tokctl user list` shows who there is")
    } else {
        error.into()
    }
}
