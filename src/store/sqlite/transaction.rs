//! The boundary's transactions: each operation is a function of the file that its table has.

use super::cache::Cache;
use super::snapshot::Snapshot;
use super::token_cache::Recording;
use super::{export, ids, imports, log, lookup, settings, tokens, users};
use crate::domain::audit::LogEntry;
use crate::domain::scheme::{Scheme, StoredScheme};
use crate::domain::secret::Hash;
use crate::domain::setting::Setting;
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;
use crate::domain::token::{NewToken, Revocation, StoredToken};
use crate::domain::user::{Owner, User};
use crate::store::backend::{
    Each, Interference, ReadTransaction, RecordTransaction, WriteTransaction,
};
use crate::store::error::{Error, Result};
use crate::store::records::*;
use rusqlite::{Connection, Transaction};
use std::ops::Deref;

/// A transaction: a [`Snapshot`] for reading, an immediate one of rusqlite's for writing, or a [`Recording`].
pub struct SqliteTransaction<'c, C> {
    connection: C,
    /// The connection's cache; `None` in a write transaction.
    cache: Option<&'c mut Cache>,
}

impl<'c> SqliteTransaction<'c, Snapshot<'c>> {
    /// Starts to read.
    pub fn read(connection: &'c Connection, cache: &'c mut Cache) -> Result<Self> {
        Ok(SqliteTransaction { connection: Snapshot::begin(connection)?, cache: Some(cache) })
    }
}

impl<'c> SqliteTransaction<'c, Transaction<'c>> {
    /// Goes on in a transaction that can write.
    pub fn write(transaction: Transaction<'c>) -> Self {
        SqliteTransaction { connection: transaction, cache: None }
    }
}

impl<'c> SqliteTransaction<'c, Recording<'c>> {
    /// Records in a transaction of the token cache.
    pub fn record(recording: Recording<'c>) -> Self {
        SqliteTransaction { connection: recording, cache: None }
    }
}

impl<C: Deref<Target = Connection>> ReadTransaction for SqliteTransaction<'_, C> {
    fn settings(&mut self) -> Result<Settings> {
        match &mut self.cache {
            Some(cache) => cache.read(&self.connection),
            None => settings::all(&self.connection),
        }
    }

    fn look_up(&mut self, hashes: &[Hash]) -> Result<LookUp> {
        let settings = self.settings()?;
        Ok(LookUp { found: lookup::look_up(&self.connection, hashes)?, settings })
    }

    fn schemes(&mut self) -> Result<Vec<StoredScheme>> {
        lookup::schemes(&self.connection)
    }

    fn tokens_by_key(&mut self, key: TokenKey, limit: usize) -> Result<Vec<StoredToken>> {
        tokens::by_key(&self.connection, key, limit)
    }

    fn tokens(&mut self, query: &TokenQuery, each: Each<StoredToken>) -> Result<()> {
        tokens::each(&self.connection, query, each)
    }

    fn prunable(
        &mut self,
        after: i64,
        limit: u32,
        cutoffs: Cutoffs,
    ) -> Result<Option<(IdRange, u64)>> {
        tokens::prunable(&self.connection, after, limit, cutoffs)
    }

    fn newest_token_time(&mut self, after: i64, limit: u32) -> Result<Option<Timestamp>> {
        tokens::newest_time(&self.connection, after, limit)
    }

    fn user(&mut self, name_key: &str) -> Result<Option<User>> {
        users::by_key(&self.connection, name_key)
    }

    fn owner(&mut self, name_key: &str) -> Result<Option<Owner>> {
        users::owner(&self.connection, name_key)
    }

    fn users(&mut self, after: Option<&str>, each: Each<User>) -> Result<()> {
        users::each(&self.connection, after, each)
    }

    fn user_names(&mut self, limit: usize) -> Result<Vec<(String, Option<String>)>> {
        users::names(&self.connection, limit)
    }

    fn count_users(&mut self) -> Result<u64> {
        users::count(&self.connection)
    }

    fn log(&mut self, query: &LogQuery, each: Each<LogEntry>) -> Result<Option<LogPosition>> {
        log::each(&self.connection, query, each)
    }

    fn log_end(&mut self) -> Result<LogPosition> {
        log::end(&self.connection)
    }

    fn attempt_counts(&mut self, since: Timestamp, each: Each<AttemptCount>) -> Result<()> {
        log::attempt_counts(&self.connection, since, each)
    }

    fn export(&mut self, each: Each<ExportRow>) -> Result<()> {
        export::each(&self.connection, each)
    }
}

impl RecordTransaction for SqliteTransaction<'_, Transaction<'_>> {
    fn commit(&mut self) -> Result<()> {
        Ok(self.connection.execute_batch("COMMIT")?)
    }

    fn touch(&mut self, ids: &[i64], at: Timestamp) -> Result<()> {
        tokens::touch(&self.connection, ids, at)
    }

    fn insert_attempts(&mut self, attempts: Attempts) -> Result<()> {
        log::insert_attempts(&self.connection, attempts)
    }
}

impl RecordTransaction for SqliteTransaction<'_, Recording<'_>> {
    fn commit(&mut self) -> Result<()> {
        self.connection.commit()
    }

    fn touch(&mut self, ids: &[i64], at: Timestamp) -> Result<()> {
        self.connection.touch(ids, at)
    }

    fn insert_attempts(&mut self, attempts: Attempts) -> Result<()> {
        log::insert_attempts(&self.connection, attempts)
    }
}

impl WriteTransaction for SqliteTransaction<'_, Transaction<'_>> {
    fn interference(&mut self) -> Interference {
        Interference::None
    }

    fn expect_many_rows(&mut self) -> Result<()> {
        Ok(())
    }

    fn keep_user(&mut self, id: i64) -> Result<()> {
        if users::has_id(&self.connection, id)? { Ok(()) } else { Err(Error::NotFound) }
    }

    fn await_token(&mut self, _hash: &Hash) -> Result<()> {
        // There is one writer at a time.
        Ok(())
    }

    fn set_setting(&mut self, setting: Setting, value: &str) -> Result<()> {
        settings::set(&self.connection, setting, value)
    }

    fn unset_setting(&mut self, setting: Setting) -> Result<()> {
        settings::unset(&self.connection, setting)
    }

    fn insert_user(&mut self, user: &NewUserRow) -> Result<i64> {
        users::insert(&self.connection, user)
    }

    fn update_user(&mut self, id: i64, field: UserField) -> Result<()> {
        users::update(&self.connection, id, field)
    }

    fn delete_user(&mut self, id: i64) -> Result<()> {
        users::delete(&self.connection, id)
    }

    fn insert_tokens(&mut self, tokens: &[&NewToken]) -> Result<Vec<i64>> {
        tokens.iter().map(|token| tokens::insert(&self.connection, token)).collect()
    }

    fn set_revocations(&mut self, ids: &[i64], revocation: Option<&Revocation>) -> Result<()> {
        ids.iter().try_for_each(|id| tokens::set_revocation(&self.connection, *id, revocation))
    }

    fn set_replaced_by(&mut self, id: i64, replaced_by: Option<i64>) -> Result<()> {
        tokens::set_replaced_by(&self.connection, id, replaced_by)
    }

    fn delete_tokens(&mut self, ids: &[i64]) -> Result<()> {
        ids.iter().try_for_each(|id| tokens::delete(&self.connection, *id))
    }

    fn prune(&mut self, range: IdRange, cutoffs: Cutoffs) -> Result<u64> {
        tokens::prune(&self.connection, range, cutoffs)
    }

    fn insert_change(&mut self, row: ChangeRow) -> Result<i64> {
        log::insert_change(&self.connection, row)
    }

    fn insert_changes(&mut self, rows: &[ChangeRow]) -> Result<()> {
        rows.iter().try_for_each(|row| log::insert_change(&self.connection, *row).map(drop))
    }

    fn update_change(&mut self, id: i64, detail: &str) -> Result<()> {
        log::update_change(&self.connection, id, detail)
    }

    fn insert_change_for_tokens_of(&mut self, user_id: i64, row: ChangeRow) -> Result<()> {
        log::insert_change_for_tokens_of(&self.connection, user_id, row)
    }

    fn trim_attempts(&mut self, keep: u64) -> Result<u64> {
        log::trim_attempts(&self.connection, keep)
    }

    fn scheme_id(&mut self, scheme: &Scheme) -> Result<i64> {
        imports::scheme_id(&self.connection, scheme)
    }

    fn origin(&mut self, origin: &Hash) -> Result<Origin> {
        imports::origin(&self.connection, origin)
    }

    fn set_origin(&mut self, origin: &Hash, user_id: i64) -> Result<()> {
        imports::set_origin(&self.connection, origin, user_id)
    }

    fn note_refusal(&mut self, origin: &Hash, is_refused: bool) -> Result<bool> {
        imports::note_refusal(&self.connection, origin, is_refused)
    }

    fn local_user(
        &mut self,
        email_key: Option<&str>,
        name_key: Option<&str>,
        last_id: i64,
    ) -> Result<Option<LocalUser>> {
        imports::local_user(&self.connection, email_key, name_key, last_id)
    }

    fn last_user_id(&mut self) -> Result<i64> {
        users::last_id(&self.connection)
    }

    fn has_user_name(&mut self, key: &str) -> Result<bool> {
        users::has_name(&self.connection, key)
    }

    fn has_email(&mut self, key: &str) -> Result<bool> {
        users::has_email(&self.connection, key)
    }

    fn relations(&mut self, system: &str) -> Result<Vec<Relation>> {
        imports::relations(&self.connection, system)
    }

    fn relation_id(&mut self, system: &str, database: &str, name: &str) -> Result<i64> {
        imports::relation_id(&self.connection, system, database, name)
    }

    fn relation_of(&mut self, hash: &Hash, foreign_id: &str) -> Result<Option<i64>> {
        imports::relation_of(&self.connection, hash, foreign_id)
    }

    fn unrevoked_tokens(&mut self, relation_id: i64) -> Result<Vec<i64>> {
        imports::unrevoked_tokens(&self.connection, relation_id)
    }

    fn presences(&mut self, tokens: &[ForeignToken]) -> Result<Vec<Presence>> {
        tokens.iter().map(|token| imports::presence(&self.connection, *token)).collect()
    }

    fn update_token(&mut self, id: i64, field: TokenField) -> Result<()> {
        tokens::update(&self.connection, id, field)
    }

    fn replace_token(&mut self, id: i64, token: &NewToken) -> Result<()> {
        tokens::replace(&self.connection, id, token)
    }

    fn user_added_at(&mut self, id: i64, at: Timestamp) -> Result<Option<LocalUser>> {
        imports::user_added_at(&self.connection, id, at)
    }

    fn reserve_ids(&mut self, ids: LastIds) -> Result<()> {
        ids::reserve(&self.connection, ids)
    }

    fn insert_user_as(&mut self, id: i64, user: &NewUserRow) -> Result<()> {
        users::insert_as(&self.connection, id, user)
    }

    fn insert_tokens_as(&mut self, tokens: &[(i64, &NewToken)]) -> Result<()> {
        tokens.iter().try_for_each(|(id, token)| tokens::insert_as(&self.connection, *id, token))
    }

    fn set_origin_removed(&mut self, origin: &Hash) -> Result<()> {
        imports::set_origin_removed(&self.connection, origin)
    }

    fn bury(&mut self, token: &DeletedToken) -> Result<()> {
        imports::bury(&self.connection, token)
    }
}
