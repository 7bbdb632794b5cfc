//! Who the users of a source are here.

use super::{Importer, OwnerEnd, OwnerHere, OwnerKey};
use crate::domain::name::{Email, MAX_NAME, is_canonical, lookup_key};
use crate::domain::secret::Hash;
use crate::import::error::{Error, Result};
use crate::import::record::{RejectedRow, RowKey, SkipReason, SourceUser};
use crate::import::report::Outcome;
use crate::store::{Ban, LocalUser, NewUserRow, Origin};
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;

impl Importer<'_> {
    /// Imports a user.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn user(&mut self, user: std::result::Result<SourceUser, RejectedRow>) -> Result<()> {
        match user {
            Err(RejectedRow { key, why, .. }) => {
                self.report.users_skipped += 1;
                if let SkipReason::Unreadable(error) = &why {
                    let owner = OwnerHere::Unreadable(Box::new(error.clone()));
                    self.owners.insert(self.owner_key(&key), owner);
                }
                self.skip(key, why);
                self.write_list();
            }
            Ok(user) if self.owners.contains_key(&self.owner_key(&user.key)) => {
                let RowKey { table, id } = user.key;
                return Err(Error::DuplicateKey { table, id });
            }
            Ok(user) => drop(self.owner(&user)?),
        }
        Ok(())
    }

    /// Who an owner of the source is here, for the tokens that follow.
    pub(super) fn owner(&mut self, user: &SourceUser) -> Result<OwnerHere> {
        let key = self.owner_key(&user.key);
        if let Some(owner) = self.owners.get(&key) {
            return Ok(owner.clone());
        }
        if self.request.verbose {
            // The report lists rows in the order in which they came.
            self.settle()?;
        }
        let owner = match self.local_user(user)? {
            Some(local) => {
                let is_refused = user.fields.refused.is_some();
                let was_refused =
                    self.rows.note_refusal(&self.origin_of(&row_of(user)), is_refused)?;
                let end = OwnerEnd {
                    revoked: revoked_for(user, &local),
                    is_refused_since: is_refused && !was_refused,
                    expires_at: user.fields.expires_at,
                };
                let is_end = end.revoked.is_some() || end.expires_at.is_some();
                let LocalUser { id, admin, .. } = local;
                OwnerHere::User { id, admin, end: is_end.then(|| Box::new(end)) }
            }
            None => OwnerHere::Removed,
        };
        self.owners.insert(key, owner.clone());
        Ok(owner)
    }

    /// Who an owner that was imported before is here; `None` if none was.
    pub fn owner_here(&self, row: &RowKey) -> Option<OwnerHere> {
        self.owners.get(&self.owner_key(row)).cloned()
    }

    /// Remembers what tells a user from those of other databases, if the user is remembered.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn remember(&mut self, row: &RowKey, evidence: &[String]) -> Result<()> {
        let evidence = evidence_of(&self.database, evidence);
        if let Some(OwnerHere::User { id, .. }) = self.owner_here(row)
            && self.rows.origin(&evidence)? == Origin::Unknown
            && self.rows.origin(&self.origin_of(row))? != Origin::Unknown
        {
            self.rows.set_origin(&evidence, id)?;
        }
        Ok(())
    }

    /// The name of the user who owns new tokens that name no owner.
    ///
    /// # Errors
    ///
    /// When the settings cannot be read.
    pub fn default_user(&mut self) -> Result<Option<String>> {
        Ok(self.rows.settings()?.default_user().map(str::to_string))
    }

    /// Whether there is a user of this name.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn has_user(&mut self, name: &str) -> Result<bool> {
        Ok(self.rows.has_user_name(&lookup_key(name))?)
    }

    /// Imports the owner of tokens that name none, whom the report names.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn default_owner(&mut self, user: &SourceUser) -> Result<()> {
        if let OwnerHere::User { id, .. } = self.owner(user)? {
            let mut name = None;
            self.rows.users(None, &mut |user| {
                if user.id != id {
                    return ControlFlow::Continue(());
                }
                name = Some(user.name);
                ControlFlow::Break(())
            })?;
            self.report.default_owner = name;
        }
        Ok(())
    }

    /// Who a user of the source is here; a new one is added. `None` if an earlier import brought the
    /// user, who was removed here since.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn local_user(&mut self, user: &SourceUser) -> Result<Option<LocalUser>> {
        let origin = self.origin_of(&row_of(user));
        let known = match self.rows.origin(&origin)? {
            Origin::Unknown => match self.same_user(user)? {
                Some(local) => Origin::User(local),
                None => self.by_former_origin(user, &origin)?,
            },
            known => known,
        };
        if known != Origin::Unknown {
            self.report.users_known += 1;
            self.list(&user.key, || Outcome::Known);
        }
        match known {
            Origin::User(local) => {
                let is_refused_there = user.fields.refused.is_some() && !local.banned;
                self.report.users_refused_there += u64::from(is_refused_there);
                return Ok(Some(local));
            }
            Origin::Removed => return Ok(None),
            Origin::Unknown => {}
        }
        let email = user.fields.email.as_deref().map(str::trim);
        let email = email.filter(|email| email.parse::<Email>().is_ok());
        let name = self.name_of(user)?;
        let local = match self.matched(user, &name, email)? {
            Some(local) => {
                self.report.users_matched += 1;
                self.list(&user.key, || Outcome::Matched(local.id));
                local
            }
            None => self.add_user(user, &name, email)?,
        };
        // A user who has the id of the export needs no other mark.
        let kept_id = user.fields.exported.as_ref().and_then(|user| self.kept_id(Some(user.id)));
        if kept_id != Some(local.id) {
            if let Some(table) = self.unnamed_table.take() {
                self.rows.relation_id(self.system, &self.database, table)?;
            }
            self.rows.set_origin(&origin, local.id)?;
        }
        Ok(Some(local))
    }

    /// The user here whom an address that the source has verified, or else the name, belongs to.
    /// Nobody becomes an administrator that way, unless the operator says so.
    fn matched(
        &mut self,
        user: &SourceUser,
        name: &str,
        email: Option<&str>,
    ) -> Result<Option<LocalUser>> {
        let is_verified = user.fields.email_verified && !user.fields.shares_names;
        let email_key = email.filter(|email| is_verified && email.is_ascii()).map(lookup_key);
        let match_names = self.request.match_names || user.fields.shares_names;
        let name_key =
            (match_names && is_canonical(name) && !folds_to_ascii(name)).then(|| lookup_key(name));
        if email_key.is_none() && name_key.is_none() {
            return Ok(None);
        }
        let matched =
            self.rows.local_user(email_key.as_deref(), name_key.as_deref(), self.last_user_id)?;
        let match_admins =
            self.request.match_admins || (user.fields.shares_names && user.fields.admin);
        match matched {
            Some(local) if local.admin && !match_admins => {
                self.report.admins_not_matched += 1;
                Ok(None)
            }
            matched => Ok(matched),
        }
    }

    /// Adds a user, under a name and an e-mail address that nobody else has.
    fn add_user(
        &mut self,
        user: &SourceUser,
        name: &str,
        email: Option<&str>,
    ) -> Result<LocalUser> {
        let free_name = self.free_name(name)?;
        let free_email = match email {
            Some(email) if self.rows.has_email(&lookup_key(email))? => None,
            email => email,
        };
        let fields = &user.fields;
        let ban = match &fields.exported {
            Some(exported) => {
                exported.ban.as_ref().map(|(at, why)| Ban { at: *at, reason: why.as_deref() })
            }
            None => {
                let why = fields.refused.as_deref();
                why.map(|why| Ban { at: self.rules.now, reason: Some(why) })
            }
        };
        let full_name = fields.full_name.as_deref();
        let full_name = full_name.map(|text| self.without_secrets(text)).transpose()?;
        let row = NewUserRow {
            name: &free_name,
            email: free_email,
            full_name: full_name.as_deref(),
            email_verified: fields.email_verified,
            admin: fields.admin,
            ban,
            created_at: fields.created_at.unwrap_or(self.rules.now),
        };
        let id = match self.kept_id(fields.exported.as_ref().map(|user| user.id)) {
            Some(id) => self.rows.insert_user_as(id, &row).map(|()| id)?,
            None => self.rows.insert_user(&row)?,
        };
        let without_email = fields.email.is_some() && free_email.is_none();
        self.report.users_created += 1;
        self.report.users_renamed += u64::from(free_name != name || without_email);
        self.list(&user.key, || Outcome::Created { name: free_name, without_email });
        let (banned, banned_reason) =
            (ban.is_some(), ban.and_then(|ban| ban.reason).map(str::to_string));
        Ok(LocalUser { id, banned, banned_reason, admin: fields.admin })
    }

    /// The name of a user there, or else the e-mail address, or else the row.
    fn name_of(&mut self, user: &SourceUser) -> Result<String> {
        let fields = &user.fields;
        let given = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_string)
        };
        let name = given(&fields.name).or_else(|| given(&fields.email));
        let name = self.without_secrets(&name.unwrap_or_else(|| user.key.to_string()))?;
        Ok(name.chars().take(MAX_NAME).collect())
    }

    /// The name, or else `name@system`, or else that with a number.
    fn free_name(&mut self, name: &str) -> Result<String> {
        let mut free = name.to_string();
        let mut number = 1;
        while self.rows.has_user_name(&lookup_key(&free))? {
            let suffix = match number {
                1 => format!("@{}", self.system),
                _ => format!("@{}-{number}", self.system),
            };
            let room = MAX_NAME - suffix.chars().count();
            free = name.chars().take(room).chain(suffix.chars()).collect();
            number += 1;
        }
        Ok(free)
    }

    pub(super) fn owner_key(&self, row: &RowKey) -> OwnerKey {
        let mut key = OwnerKey::default();
        key.copy_from_slice(&self.origin_of(row)[..16]);
        key
    }

    fn origin_of(&self, row: &RowKey) -> Hash {
        origin_of(self.system, &self.database, row)
    }

    /// A user whom an import brought before the database was part of an origin.
    fn by_former_origin(&mut self, user: &SourceUser, origin: &Hash) -> Result<Origin> {
        let known = self.rows.origin(&self.former_origin_of(user))?;
        if let Origin::User(local) = &known {
            self.rows.set_origin(origin, local.id)?;
        }
        Ok(known)
    }

    /// What imports kept as the origin of a user before the database was part of it.
    fn former_origin_of(&self, user: &SourceUser) -> Hash {
        let fields = &user.fields;
        let created = fields.created_at.map_or(String::new(), |at| at.millis().to_string());
        hash_of(&[
            self.system,
            &user.key.table,
            &user.key.id,
            fields.name.as_deref().unwrap_or_default(),
            fields.email.as_deref().unwrap_or_default(),
            &created,
        ])
    }
}

/// A hash of what identifies a row of a system, which nobody can change: neither a name nor an
/// address.
pub fn origin_of(system: &str, database: &str, row: &RowKey) -> Hash {
    hash_of(&[system, database, &row.table, &row.id])
}

/// A hash of what tells a user of one database of JSON Lines from those of others.
pub fn evidence_of(database: &str, parts: &[String]) -> Hash {
    let parts = parts.iter().map(String::as_str);
    hash_of(&["evidence", database].into_iter().chain(parts).collect::<Vec<_>>())
}

/// The row of a user. Which column tokens refer to is the operator's to say, and to correct.
fn row_of(user: &SourceUser) -> RowKey {
    let id = user.fields.row_id.clone().unwrap_or_else(|| user.key.id.clone());
    RowKey { table: user.key.table.clone(), id }
}

/// Whether a letter of a text looks like one of ASCII once it is lower case, such as the Kelvin sign:
/// the text could pass for another one.
fn folds_to_ascii(text: &str) -> bool {
    text.chars().filter(|c| !c.is_ascii()).any(|c| c.to_lowercase().any(|lower| lower.is_ascii()))
}

fn hash_of(parts: &[&str]) -> Hash {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Why a token is revoked here: its owner is refused there, and not banned here for that. A user
/// who is here keeps their own tokens; and a token must not become valid when a ban for something
/// else ends.
fn revoked_for(owner: &SourceUser, local: &LocalUser) -> Option<String> {
    let reason = owner.fields.refused.clone()?;
    let banned_for = match &owner.fields.exported {
        Some(exported) => exported.ban.as_ref().and_then(|(_, why)| why.as_ref()),
        None => Some(&reason),
    };
    let is_banned_for_that = local.banned && local.banned_reason.as_ref() == banned_for;
    (!is_banned_for_that).then_some(reason)
}
