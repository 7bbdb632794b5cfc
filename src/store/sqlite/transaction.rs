//! The boundary's transactions: each operation is a function of the file that its table has.

use super::{export, imports, log, lookup, settings, tokens, users};
use crate::domain::audit::LogEntry;
use crate::domain::scheme::{Scheme, StoredScheme};
use crate::domain::secret::Hash;
use crate::domain::setting::Setting;
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;
use crate::domain::token::{NewToken, Revocation, StoredToken};
use crate::domain::user::{Owner, User};
use crate::store::backend::{Each, ReadTransaction, WriteTransaction};
use crate::store::error::Result;
use crate::store::records::*;
use rusqlite::Transaction;

/// A transaction, deferred for reading or immediate for writing.
pub struct SqliteTransaction<'c>(pub Transaction<'c>);

impl ReadTransaction for SqliteTransaction<'_> {
    fn settings(&mut self) -> Result<Settings> {
        settings::all(&self.0)
    }

    fn look_up(&mut self, hashes: &[Hash]) -> Result<LookUp> {
        lookup::look_up(&self.0, hashes)
    }

    fn schemes(&mut self) -> Result<Vec<StoredScheme>> {
        lookup::schemes(&self.0)
    }

    fn tokens_by_key(&mut self, key: TokenKey, limit: usize) -> Result<Vec<StoredToken>> {
        tokens::by_key(&self.0, key, limit)
    }

    fn tokens(&mut self, query: &TokenQuery, each: Each<StoredToken>) -> Result<()> {
        tokens::each(&self.0, query, each)
    }

    fn prunable(
        &mut self,
        after: i64,
        limit: u32,
        cutoffs: Cutoffs,
    ) -> Result<Option<(IdRange, u64)>> {
        tokens::prunable(&self.0, after, limit, cutoffs)
    }

    fn newest_token_time(&mut self, after: i64, limit: u32) -> Result<Option<Timestamp>> {
        tokens::newest_time(&self.0, after, limit)
    }

    fn user(&mut self, name_key: &str) -> Result<Option<User>> {
        users::by_key(&self.0, name_key)
    }

    fn owner(&mut self, name_key: &str) -> Result<Option<Owner>> {
        users::owner(&self.0, name_key)
    }

    fn users(&mut self, after: Option<&str>, each: Each<User>) -> Result<()> {
        users::each(&self.0, after, each)
    }

    fn user_names(&mut self, limit: usize) -> Result<Vec<(String, Option<String>)>> {
        users::names(&self.0, limit)
    }

    fn count_users(&mut self) -> Result<u64> {
        users::count(&self.0)
    }

    fn log(&mut self, query: &LogQuery, each: Each<LogEntry>) -> Result<Option<LogPosition>> {
        log::each(&self.0, query, each)
    }

    fn log_end(&mut self) -> Result<LogPosition> {
        log::end(&self.0)
    }

    fn attempt_counts(&mut self, since: Timestamp, each: Each<AttemptCount>) -> Result<()> {
        log::attempt_counts(&self.0, since, each)
    }

    fn export(&mut self, each: Each<ExportRow>) -> Result<()> {
        export::each(&self.0, each)
    }
}

impl WriteTransaction for SqliteTransaction<'_> {
    fn commit(self: Box<Self>) -> Result<()> {
        Ok(self.0.commit()?)
    }

    fn set_setting(&mut self, setting: Setting, value: &str) -> Result<()> {
        settings::set(&self.0, setting, value)
    }

    fn unset_setting(&mut self, setting: Setting) -> Result<()> {
        settings::unset(&self.0, setting)
    }

    fn insert_user(&mut self, user: &NewUserRow) -> Result<i64> {
        users::insert(&self.0, user)
    }

    fn update_user(&mut self, id: i64, field: UserField) -> Result<()> {
        users::update(&self.0, id, field)
    }

    fn delete_user(&mut self, id: i64) -> Result<()> {
        users::delete(&self.0, id)
    }

    fn insert_token(&mut self, token: &NewToken) -> Result<i64> {
        tokens::insert(&self.0, token)
    }

    fn set_revocation(&mut self, id: i64, revocation: Option<&Revocation>) -> Result<()> {
        tokens::set_revocation(&self.0, id, revocation)
    }

    fn set_replaced_by(&mut self, id: i64, replaced_by: Option<i64>) -> Result<()> {
        tokens::set_replaced_by(&self.0, id, replaced_by)
    }

    fn delete_token(&mut self, id: i64) -> Result<()> {
        tokens::delete(&self.0, id)
    }

    fn prune(&mut self, range: IdRange, cutoffs: Cutoffs) -> Result<u64> {
        tokens::prune(&self.0, range, cutoffs)
    }

    fn touch(&mut self, ids: &[i64], at: Timestamp) -> Result<()> {
        tokens::touch(&self.0, ids, at)
    }

    fn insert_change(&mut self, row: ChangeRow) -> Result<i64> {
        log::insert_change(&self.0, row)
    }

    fn update_change(&mut self, id: i64, detail: &str) -> Result<()> {
        log::update_change(&self.0, id, detail)
    }

    fn insert_change_for_tokens_of(&mut self, user_id: i64, row: ChangeRow) -> Result<()> {
        log::insert_change_for_tokens_of(&self.0, user_id, row)
    }

    fn insert_attempts(&mut self, attempts: Attempts) -> Result<()> {
        log::insert_attempts(&self.0, attempts)
    }

    fn trim_attempts(&mut self, keep: u64) -> Result<u64> {
        log::trim_attempts(&self.0, keep)
    }

    fn scheme_id(&mut self, scheme: &Scheme) -> Result<i64> {
        imports::scheme_id(&self.0, scheme)
    }

    fn origin(&mut self, origin: &Hash) -> Result<Origin> {
        imports::origin(&self.0, origin)
    }

    fn set_origin(&mut self, origin: &Hash, user_id: i64) -> Result<()> {
        imports::set_origin(&self.0, origin, user_id)
    }

    fn note_refusal(&mut self, origin: &Hash, is_refused: bool) -> Result<bool> {
        imports::note_refusal(&self.0, origin, is_refused)
    }

    fn local_user(
        &mut self,
        email_key: Option<&str>,
        name_key: Option<&str>,
        last_id: i64,
    ) -> Result<Option<LocalUser>> {
        imports::local_user(&self.0, email_key, name_key, last_id)
    }

    fn last_user_id(&mut self) -> Result<i64> {
        users::last_id(&self.0)
    }

    fn has_user_name(&mut self, key: &str) -> Result<bool> {
        users::has_name(&self.0, key)
    }

    fn has_email(&mut self, key: &str) -> Result<bool> {
        users::has_email(&self.0, key)
    }

    fn relations(&mut self, system: &str) -> Result<Vec<Relation>> {
        imports::relations(&self.0, system)
    }

    fn relation_id(&mut self, system: &str, database: &str, name: &str) -> Result<i64> {
        imports::relation_id(&self.0, system, database, name)
    }

    fn relation_of(&mut self, hash: &Hash, foreign_id: &str) -> Result<Option<i64>> {
        imports::relation_of(&self.0, hash, foreign_id)
    }

    fn unrevoked_tokens(&mut self, relation_id: i64) -> Result<Vec<i64>> {
        imports::unrevoked_tokens(&self.0, relation_id)
    }

    fn presence(&mut self, token: ForeignToken) -> Result<Presence> {
        imports::presence(&self.0, token)
    }

    fn update_token(&mut self, id: i64, field: TokenField) -> Result<()> {
        tokens::update(&self.0, id, field)
    }

    fn replace_token(&mut self, id: i64, token: &NewToken) -> Result<()> {
        tokens::replace(&self.0, id, token)
    }
}
