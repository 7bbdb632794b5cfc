//! Users: who tokens belong to.

use super::error::{Error, Result};
use super::handle::{Admin, Writer};
use crate::domain::audit::Change;
use crate::domain::name::{Email, UserName, lookup_key, lookup_keys};
use crate::domain::setting::Setting;
use crate::domain::user::{NewUser, Owner, User, UserEdit, UserStatus};
use crate::store::{self, Ban, Field, NewUserRow, ReadTransaction, UserField};
use crate::text::count::counted;
use crate::text::suggest::nearest;
use std::ops::ControlFlow;

impl Admin {
    /// The user with this name, in any case.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn user(&self, name: &str) -> Result<User> {
        self.read(|rows| find(rows, name))
    }

    /// Calls `each` with the users by name, one after another and in constant memory, until it breaks
    /// off or fails; only with those who come after the name `after`, whether or not somebody has it.
    ///
    /// # Errors
    ///
    /// What `each` returns, and whatever keeps the users from being read.
    pub fn users<E: From<Error>>(
        &self,
        after: Option<&str>,
        mut each: impl FnMut(User) -> std::result::Result<ControlFlow<()>, E>,
    ) -> std::result::Result<(), E> {
        let mut failed = None;
        self.read(|rows| {
            let after = after.map(|name| stored_key(rows, name)).transpose()?;
            Ok(rows.users(after.as_deref(), &mut |user| {
                each(user).unwrap_or_else(|error| {
                    failed = Some(error);
                    ControlFlow::Break(())
                })
            })?)
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Adds a user.
    ///
    /// # Errors
    ///
    /// When the name or the e-mail address is taken.
    pub fn add_user(&self, new: &NewUser) -> Result<User> {
        let now = self.now();
        let (name, email) = (new.name.as_str(), new.email.as_ref().map(Email::as_str));
        self.write(|writer| {
            let row = NewUserRow {
                name,
                email,
                full_name: new.full_name.as_deref(),
                email_verified: true,
                admin: new.admin,
                ban: None,
                created_at: now,
            };
            let texts = [Some(name), email, row.full_name].map(Option::unwrap_or_default);
            writer.refuse_secrets(&texts.join(" "))?;
            writer.rows.insert_user(&row).map_err(|error| taken(error, name, email))?;
            writer.record(&change("user add", name, None))?;
            find(writer.rows, name)
        })
    }

    /// Changes a user.
    ///
    /// # Errors
    ///
    /// When there is no such user, or the new name or e-mail address is taken.
    pub fn edit_user(&self, name: &str, edit: &UserEdit) -> Result<User> {
        self.write(|writer| {
            let user = find(writer.rows, name)?;
            let detail = apply(writer, &user, edit)?.join(", ");
            writer.record(&change("user edit", &user.name, Some(detail)))?;
            find(writer.rows, edit.name.as_ref().map_or(name, UserName::as_str))
        })
    }

    /// Bans a user, whose tokens are rejected while the ban stands. Returns the user and whether
    /// there was a ban already, which then stays unless there is a new reason.
    ///
    /// # Errors
    ///
    /// When there is no such user.
    pub fn ban_user(&self, name: &str, reason: Option<&str>) -> Result<(User, bool)> {
        let now = self.now();
        self.write(|writer| {
            let user = find(writer.rows, name)?;
            let already = user.status == UserStatus::Banned;
            if already && reason.is_none() {
                return Ok((user, already));
            }
            let ban = UserField::Ban(Some(Ban { at: now, reason }));
            writer.rows.update_user(user.id, ban)?;
            let detail = reason.map(str::to_string);
            writer.record(&change("user ban", &user.name, detail))?;
            Ok((find(writer.rows, name)?, already))
        })
    }

    /// Lifts a ban. Returns the user and whether there was one.
    ///
    /// # Errors
    ///
    /// When there is no such user.
    pub fn unban_user(&self, name: &str) -> Result<(User, bool)> {
        self.write(|writer| {
            let user = find(writer.rows, name)?;
            let was_banned = user.status == UserStatus::Banned;
            writer.rows.update_user(user.id, UserField::Ban(None))?;
            writer.record(&change("user unban", &user.name, None))?;
            Ok((find(writer.rows, name)?, was_banned))
        })
    }

    /// The user whom [`Admin::remove_user`] would remove.
    ///
    /// # Errors
    ///
    /// The same as there.
    pub fn removable_user(&self, name: &str) -> Result<User> {
        self.read(|rows| removable(rows, name))
    }

    /// Removes a user and their tokens. Returns the user as they were.
    ///
    /// # Errors
    ///
    /// When there is no such user, or when it is the `default-user`.
    pub fn remove_user(&self, name: &str) -> Result<User> {
        self.write(|writer| {
            let user = removable(writer.rows, name)?;
            let with_owner = change("delete", &user.name, Some("with its owner".to_string()));
            writer.record_for_tokens_of(user.id, &with_owner)?;
            writer.rows.delete_user(user.id)?;
            let detail = format!("with {}", counted(user.tokens, "token"));
            writer.record(&change("user remove", &user.name, Some(detail)))?;
            Ok(user)
        })
    }
}

/// Applies an edit and returns what changed, in words.
fn apply(writer: &mut Writer, user: &User, edit: &UserEdit) -> Result<Vec<String>> {
    let mut changed = Vec::new();
    if let Some(name) = edit.name.as_ref().map(UserName::as_str) {
        let renamed = writer.rows.update_user(user.id, UserField::Name(name));
        renamed.map_err(|error| taken(error, name, None))?;
        // The default owner stays the same person.
        if is_default(writer.rows, &user.name)? {
            writer.set_setting(Setting::DefaultUser, name)?;
        }
        changed.push(format!("name {name}"));
    }
    if let Some(email) = &edit.email {
        let email = email.as_ref().map(Email::as_str);
        let updated = writer.rows.update_user(user.id, UserField::Email(email));
        updated.map_err(|error| taken(error, "", email))?;
        changed.push(format!("e-mail {}", email.unwrap_or("none")));
    }
    if let Some(full_name) = &edit.full_name {
        let full_name = full_name.as_deref();
        writer.rows.update_user(user.id, UserField::FullName(full_name))?;
        changed.push(format!("full name {}", full_name.unwrap_or("none")));
    }
    if let Some(admin) = edit.admin {
        writer.rows.update_user(user.id, UserField::Admin(admin))?;
        changed.push(format!("administrator {}", if admin { "yes" } else { "no" }));
    }
    Ok(changed)
}

/// The user with this name, unless it is the owner of tokens that name none.
fn removable(rows: &mut dyn ReadTransaction, name: &str) -> Result<User> {
    let user = find(rows, name)?;
    match is_default(rows, &user.name)? {
        true => Err(Error::DefaultUser(user.name)),
        false => Ok(user),
    }
}

fn is_default(rows: &mut dyn ReadTransaction, name: &str) -> Result<bool> {
    let settings = rows.settings()?;
    let default = settings.default_user().map(lookup_key);
    Ok(default == Some(lookup_key(name)))
}

fn change(action: &'static str, user: &str, detail: Option<String>) -> Change {
    Change { action, token: None, user: Some(user.to_string()), detail }
}

/// Names the value that is taken.
fn taken(error: store::Error, name: &str, email: Option<&str>) -> Error {
    match error {
        store::Error::Conflict(Field::UserName) => Error::NameTaken(name.to_string()),
        store::Error::Conflict(Field::Email) => {
            Error::EmailTaken(email.unwrap_or_default().to_string())
        }
        other => other.into(),
    }
}

/// The key under which a user with this name is stored, or would be.
fn stored_key(rows: &mut dyn ReadTransaction, name: &str) -> Result<String> {
    for key in lookup_keys(name) {
        if rows.owner(&key)?.is_some() {
            return Ok(key);
        }
    }
    Ok(lookup_key(name))
}

/// The user with this name, in any case.
pub(super) fn find(rows: &mut dyn ReadTransaction, name: &str) -> Result<User> {
    let found = lookup_keys(name).find_map(|key| rows.user(&key).transpose()).transpose()?;
    found.ok_or_else(|| not_found(rows, name))
}

/// The user with this name, in any case, as the owner of a token.
pub(super) fn owner(rows: &mut dyn ReadTransaction, name: &str) -> Result<Owner> {
    let found = lookup_keys(name).find_map(|key| rows.owner(&key).transpose()).transpose()?;
    found.ok_or_else(|| not_found(rows, name))
}

/// How many users are searched for a similar name.
const SEARCHED: usize = 10_000;

fn not_found(rows: &mut dyn ReadTransaction, name: &str) -> Error {
    // The names are for a suggestion only: without them there is none.
    let names = rows.user_names(SEARCHED).unwrap_or_default();
    let suggestion = nearest(name, names.into_iter().map(|(name, _)| name));
    Error::UserNotFound { name: name.to_string(), suggestion }
}
