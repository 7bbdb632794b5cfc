//! What an export has besides users and tokens: what imports remember, deleted tokens, settings and ids.
//!
//! A new database becomes a copy of the exported one. One that is in use keeps what it has: nothing here
//! takes a decision back that was made in it.

use super::{Importer, OwnerHere};
use crate::admin::COPY_SYSTEM;
use crate::domain::audit::Change;
use crate::domain::name::lookup_key;
use crate::domain::scheme::Scheme;
use crate::domain::secret::Hash;
use crate::domain::setting::Setting;
use crate::domain::time::Timestamp;
use crate::domain::token::Foreign;
use crate::import::error::Result;
use crate::import::record::{RowKey, SourceUser};
use crate::import::report::KeptSetting;
use crate::store::{
    ChangeRow, DeletedToken, ExportedRelation, ForeignToken, LastIds, LocalUser, LogQuery, Origin,
    Presence, TokenQuery,
};
use std::ops::ControlFlow;

/// What the ids of users and tokens of an export mean here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExportedIds {
    /// Nothing.
    #[default]
    Others,
    /// Those of users up to this one the same: this database was copied from the exported one.
    SameUpTo(i64),
    /// They are given to what is added: this database becomes a copy.
    Kept,
}

/// The database of the relation of [`COPY_SYSTEM`].
const COPY: &str = "copy";

impl Importer<'_> {
    /// Makes a new database ready to become a copy, and returns whether it is new: nothing was imported,
    /// it has no token, and at most the user that it was created with, whom the copy does without. Ids that
    /// the exported database has had are never given to somebody else.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn begin_copy(&mut self, ids: LastIds) -> Result<bool> {
        if self.has_tokens()? || self.rows.count_users()? > 1 || self.has_imported()? {
            return Ok(false);
        }
        let name = self.rows.settings()?.default_user().map(str::to_string);
        let first = match &name {
            Some(name) => self.rows.owner(&lookup_key(name))?,
            None => None,
        };
        if let Some(first) = first {
            self.rows.delete_user(first.id)?;
            self.rows.unset_setting(Setting::DefaultUser)?;
            self.record("user remove", Some(first.name.clone()), None)?;
            self.report.remembered.replaced_user = Some(first.name);
        } else if self.rows.count_users()? > 0 {
            return Ok(false);
        }
        self.rows.relation_id(COPY_SYSTEM, COPY, &ids.last_user_id.to_string())?;
        self.rows.reserve_ids(ids)?;
        self.last_user_id = 0;
        self.ids = ExportedIds::Kept;
        Ok(true)
    }

    /// The highest id of the users that this database has in common with the one that it was copied from;
    /// `None` if it is no copy.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn copied_up_to(&mut self) -> Result<Option<i64>> {
        let mut relations = self.rows.relations(COPY_SYSTEM)?.into_iter();
        let copy = relations.find(|relation| relation.database == COPY);
        Ok(copy.and_then(|copy| copy.name.parse().ok()))
    }

    /// Says that this database was copied from the exported one, with users up to this id.
    pub fn share_ids(&mut self, last_user_id: i64) {
        self.ids = ExportedIds::SameUpTo(last_user_id);
    }

    /// Reads what decides about the settings of an export: only a database without tokens takes any.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn begin_settings(&mut self) -> Result<()> {
        self.takes_settings = !self.has_tokens()?;
        Ok(())
    }

    fn has_tokens(&mut self) -> Result<bool> {
        let mut has = false;
        self.rows.tokens(&TokenQuery::default(), &mut |_| {
            has = true;
            ControlFlow::Break(())
        })?;
        Ok(has)
    }

    fn has_imported(&mut self) -> Result<bool> {
        let mut has = false;
        let changes = LogQuery { changes: true, ..LogQuery::default() };
        self.rows.log(&changes, &mut |entry| {
            has = entry.action == "import";
            if has { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(has)
    }

    /// The user here who has the id and the time of creation of one in an export, if the ids of both mean
    /// the same.
    pub(super) fn same_user(&mut self, user: &SourceUser) -> Result<Option<LocalUser>> {
        match (&user.fields.exported, user.fields.created_at, self.ids) {
            (Some(exported), Some(at), ExportedIds::SameUpTo(last)) if exported.id <= last => {
                Ok(self.rows.user_added_at(exported.id, at)?)
            }
            _ => Ok(None),
        }
    }

    /// The id that a new user or token of an export gets; `None`: the next one.
    pub(super) fn kept_id(&self, id: Option<i64>) -> Option<i64> {
        id.filter(|_| self.ids == ExportedIds::Kept)
    }

    /// The id under which the store keeps a table of another system.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn relation_id(&mut self, relation: &ExportedRelation) -> Result<i64> {
        if let Some(id) = self.relation_ids.get(relation) {
            return Ok(*id);
        }
        let ExportedRelation { system, database, name } = relation;
        let id = self.rows.relation_id(system, database, name)?;
        self.relation_ids.insert(relation.clone(), id);
        Ok(id)
    }

    /// Takes over a table of another system.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn take_relation(&mut self, relation: &ExportedRelation) -> Result<()> {
        let known = self.rows.relations(&relation.system)?;
        let is_known = known
            .iter()
            .any(|known| known.database == relation.database && known.name == relation.name);
        self.relation_id(relation)?;
        let tables = &mut self.report.remembered.tables;
        *if is_known { &mut tables.known } else { &mut tables.added } += 1;
        Ok(())
    }

    /// Takes over who a user of another system is; `user` is that user's line in the export, if they were
    /// not removed. Returns whether the export has such a line.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn take_origin(
        &mut self,
        origin: &Hash,
        user: Option<&RowKey>,
        is_refused: bool,
    ) -> Result<bool> {
        let id = match user.map(|row| self.owner_here(row)) {
            None | Some(Some(OwnerHere::Removed)) => None,
            Some(Some(OwnerHere::User { id, .. })) => Some(id),
            Some(None | Some(OwnerHere::Unreadable(_))) => return Ok(false),
        };
        let known = self.rows.origin(origin)?;
        let origins = &mut self.report.remembered.origins;
        match (known, id) {
            (Origin::Unknown, id) => {
                match id {
                    Some(id) => self.rows.set_origin(origin, id)?,
                    None => self.rows.set_origin_removed(origin)?,
                }
                self.rows.note_refusal(origin, is_refused)?;
                origins.added += 1;
            }
            (Origin::Removed, None) => origins.known += 1,
            (Origin::User(local), Some(id)) if local.id == id => origins.known += 1,
            (Origin::Removed | Origin::User(_), _) => origins.kept += 1,
        }
        Ok(true)
    }

    /// Takes over that an imported token was deleted, unless it is in use here.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn take_deletion(
        &mut self,
        hash: &Hash,
        scheme: &Scheme,
        (relation, foreign_id): (Option<&ExportedRelation>, &str),
        was_revoked: bool,
    ) -> Result<()> {
        let relation_id = relation.map(|relation| self.relation_id(relation)).transpose()?;
        let scheme_id = self.scheme_id(scheme)?;
        let foreign = Foreign { scheme_id, relation_id, id: foreign_id.to_string() };
        let id_is_in_secret = scheme.has_id_in_secret();
        let token = ForeignToken { hash, foreign: Some(&foreign), id_is_in_secret };
        let presence = self.rows.presence(token)?;
        let deletions = &mut self.report.remembered.deletions;
        match presence {
            Presence::Here { .. } => {
                deletions.kept += 1;
                return Ok(());
            }
            Presence::Deleted { .. } => deletions.known += 1,
            Presence::New | Presence::SameSecret(_) => deletions.added += 1,
        }
        Ok(self.rows.bury(&DeletedToken { hash, foreign: &foreign, was_revoked })?)
    }

    /// Takes over a setting, unless this database holds tokens or has set it: it could loosen the policy
    /// here, or reject tokens that are in use. The user who owns tokens without an owner is the one whom a
    /// database is created with, so that one is not counted as set.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn take_setting(&mut self, setting: Setting, value: &str) -> Result<()> {
        let settings = self.rows.settings()?;
        let is_set = settings.get(setting).is_some();
        let is_user = setting == Setting::DefaultUser;
        let is_free = match is_user {
            true => self.rows.has_user_name(&lookup_key(value))?,
            false => !is_set,
        };
        if settings.get(setting) == Some(value) {
            self.report.remembered.settings_known += 1;
        } else if self.takes_settings && is_free {
            self.rows.set_setting(setting, value)?;
            self.record("settings set", None, Some(format!("{} {value}", setting.key())))?;
            self.report.remembered.settings_set.push(setting.key());
        } else if settings.effective(setting) == Some(value) {
            self.report.remembered.settings_known += 1;
        } else {
            self.report.remembered.settings_kept.push(KeptSetting {
                key: setting.key(),
                there: value.to_string(),
                here: settings.effective(setting).map(str::to_string),
            });
        }
        Ok(())
    }

    /// Reads the settings anew, for the tokens that follow.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn end_settings(&mut self) -> Result<()> {
        let settings = self.rows.settings()?;
        self.rules = settings.rules(self.rules.now)?;
        self.policy = settings.policy()?;
        Ok(())
    }

    /// When the import happens, to the millisecond, with who does it, in the log.
    fn record(
        &mut self,
        action: &'static str,
        user: Option<String>,
        detail: Option<String>,
    ) -> Result<()> {
        let change = Change { action, user, detail, ..Change::default() };
        let (at, actor): (Timestamp, _) = (self.request.now, self.request.actor);
        self.rows.insert_change(ChangeRow { at, actor, change: &change })?;
        Ok(())
    }
}
