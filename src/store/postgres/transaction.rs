//! The boundary's transactions: each operation is a function of the file that its table has.

use super::session::Session;
use super::{export, ids, imports, log, lookup, new_tokens, presence, settings, tokens, users};
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
use crate::store::error::Result;
use crate::store::records::*;
use std::ops::DerefMut;

/// How a transaction begins, and how it ends.
#[derive(Clone, Copy)]
pub struct Kind {
    begin: &'static str,
    commit: &'static str,
    roll_back: &'static str,
}

impl Kind {
    /// Begins a transaction of this kind.
    pub fn begin(&self, session: &mut Session) -> Result<()> {
        session.begin(self.begin)
    }
}

/// One snapshot. A standby can give it, too.
pub const READ: Kind = Kind {
    begin: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    commit: "COMMIT",
    roll_back: "ROLLBACK",
};

/// A change reads, decides and writes. In one snapshot, two that change the same row cannot both commit:
/// the later one fails and is run again. That is enough for what decides about rows that are changed: two
/// rotations of one token, a revocation and an extension, two imports of one row. What decides about rows
/// that are not changed has a key of its own (names, addresses, hashes, rows of other systems are unique),
/// a reference (an owner cannot be deleted while a token is added), or a lock
/// ([`WriteTransaction::keep_user`]). SERIALIZABLE would also fail where two changes only read the same
/// page of an index, which two that issue tokens always do in a small database.
pub const CHANGE: Kind = Kind {
    begin: "BEGIN ISOLATION LEVEL REPEATABLE READ",
    commit: "COMMIT",
    roll_back: "ROLLBACK",
};

/// Last uses and attempts depend on nothing that was read before, so each statement may see what was
/// committed last.
pub const RECORD: Kind = Kind {
    begin: "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '1ms'",
    ..CHANGE
};

/// A part of another transaction.
pub const PART: Kind = Kind {
    begin: "SAVEPOINT part",
    commit: "RELEASE SAVEPOINT part",
    roll_back: "ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part",
};

/// A transaction. It is rolled back when it is dropped.
pub struct PostgresTransaction<S: DerefMut<Target = Session>> {
    session: S,
    kind: Kind,
    is_open: bool,
}

impl<S: DerefMut<Target = Session>> PostgresTransaction<S> {
    /// Begins.
    pub fn begin(mut session: S, kind: Kind) -> Result<Self> {
        kind.begin(&mut session)?;
        Ok(PostgresTransaction::of(session, kind))
    }

    /// The transaction that has begun in a session.
    pub fn of(session: S, kind: Kind) -> Self {
        PostgresTransaction { session, kind, is_open: true }
    }
}

impl<S: DerefMut<Target = Session>> Drop for PostgresTransaction<S> {
    fn drop(&mut self) {
        if self.is_open {
            // Where it cannot be sent, the connection has ended, and the transaction with it.
            let _ = self.session.run(self.kind.roll_back);
        }
    }
}

impl<S: DerefMut<Target = Session>> ReadTransaction for PostgresTransaction<S> {
    fn settings(&mut self) -> Result<Settings> {
        settings::all(&mut self.session)
    }

    fn look_up(&mut self, hashes: &[Hash]) -> Result<LookUp> {
        lookup::look_up(&mut self.session, hashes)
    }

    fn schemes(&mut self) -> Result<Vec<StoredScheme>> {
        lookup::schemes(&mut self.session)
    }

    fn tokens_by_key(&mut self, key: TokenKey, limit: usize) -> Result<Vec<StoredToken>> {
        tokens::by_key(&mut self.session, key, limit)
    }

    fn tokens(&mut self, query: &TokenQuery, each: Each<StoredToken>) -> Result<()> {
        tokens::each(&mut self.session, query, each)
    }

    fn prunable(
        &mut self,
        after: i64,
        limit: u32,
        cutoffs: Cutoffs,
    ) -> Result<Option<(IdRange, u64)>> {
        tokens::prunable(&mut self.session, after, limit, cutoffs)
    }

    fn newest_token_time(&mut self, after: i64, limit: u32) -> Result<Option<Timestamp>> {
        tokens::newest_time(&mut self.session, after, limit)
    }

    fn user(&mut self, name_key: &str) -> Result<Option<User>> {
        users::by_key(&mut self.session, name_key)
    }

    fn owner(&mut self, name_key: &str) -> Result<Option<Owner>> {
        users::owner(&mut self.session, name_key)
    }

    fn users(&mut self, after: Option<&str>, each: Each<User>) -> Result<()> {
        users::each(&mut self.session, after, each)
    }

    fn user_names(&mut self, limit: usize) -> Result<Vec<(String, Option<String>)>> {
        users::names(&mut self.session, limit)
    }

    fn count_users(&mut self) -> Result<u64> {
        users::count_all(&mut self.session)
    }

    fn log(&mut self, query: &LogQuery, each: Each<LogEntry>) -> Result<Option<LogPosition>> {
        log::each(&mut self.session, query, each)
    }

    fn log_end(&mut self) -> Result<LogPosition> {
        log::end(&mut self.session)
    }

    fn attempt_counts(&mut self, since: Timestamp, each: Each<AttemptCount>) -> Result<()> {
        log::attempt_counts(&mut self.session, since, each)
    }

    fn export(&mut self, each: Each<ExportRow>) -> Result<()> {
        export::each(&mut self.session, each)
    }
}

impl<S: DerefMut<Target = Session>> RecordTransaction for PostgresTransaction<S> {
    fn commit(&mut self) -> Result<()> {
        self.session.commit(self.kind.commit)?;
        self.is_open = false;
        Ok(())
    }

    fn touch(&mut self, ids: &[i64], at: Timestamp) -> Result<()> {
        tokens::touch(&mut self.session, ids, at)
    }

    fn insert_attempts(&mut self, attempts: Attempts) -> Result<()> {
        log::insert_attempts(&mut self.session, attempts)
    }
}

impl<S: DerefMut<Target = Session>> WriteTransaction for PostgresTransaction<S> {
    fn interference(&mut self) -> Interference {
        self.session.take_interference()
    }

    fn expect_many_rows(&mut self) -> Result<()> {
        self.session.plan_for_growth()
    }

    fn keep_user(&mut self, id: i64) -> Result<()> {
        users::keep(&mut self.session, id)
    }

    fn await_token(&mut self, hash: &Hash) -> Result<()> {
        tokens::await_hash(&mut self.session, hash)
    }

    fn set_setting(&mut self, setting: Setting, value: &str) -> Result<()> {
        settings::set(&mut self.session, setting, value)
    }

    fn unset_setting(&mut self, setting: Setting) -> Result<()> {
        settings::unset(&mut self.session, setting)
    }

    fn insert_user(&mut self, user: &NewUserRow) -> Result<i64> {
        users::insert(&mut self.session, user)
    }

    fn update_user(&mut self, id: i64, field: UserField) -> Result<()> {
        users::update(&mut self.session, id, field)
    }

    fn delete_user(&mut self, id: i64) -> Result<()> {
        users::delete(&mut self.session, id)
    }

    fn insert_tokens(&mut self, tokens: &[&NewToken]) -> Result<Vec<i64>> {
        new_tokens::insert(&mut self.session, tokens)
    }

    fn set_revocations(&mut self, ids: &[i64], revocation: Option<&Revocation>) -> Result<()> {
        tokens::set_revocations(&mut self.session, ids, revocation)
    }

    fn set_replaced_by(&mut self, id: i64, replaced_by: Option<i64>) -> Result<()> {
        tokens::set_replaced_by(&mut self.session, id, replaced_by)
    }

    fn delete_tokens(&mut self, ids: &[i64]) -> Result<()> {
        tokens::delete(&mut self.session, ids)
    }

    fn prune(&mut self, range: IdRange, cutoffs: Cutoffs) -> Result<u64> {
        tokens::prune(&mut self.session, range, cutoffs)
    }

    fn insert_change(&mut self, row: ChangeRow) -> Result<i64> {
        log::insert_change(&mut self.session, row)
    }

    fn insert_changes(&mut self, rows: &[ChangeRow]) -> Result<()> {
        log::insert_changes(&mut self.session, rows)
    }

    fn update_change(&mut self, id: i64, detail: &str) -> Result<()> {
        log::update_change(&mut self.session, id, detail)
    }

    fn insert_change_for_tokens_of(&mut self, user_id: i64, row: ChangeRow) -> Result<()> {
        log::insert_change_for_tokens_of(&mut self.session, user_id, row)
    }

    fn trim_attempts(&mut self, keep: u64) -> Result<u64> {
        log::trim_attempts(&mut self.session, keep)
    }

    fn scheme_id(&mut self, scheme: &Scheme) -> Result<i64> {
        imports::scheme_id(&mut self.session, scheme)
    }

    fn origin(&mut self, origin: &Hash) -> Result<Origin> {
        imports::origin(&mut self.session, origin)
    }

    fn set_origin(&mut self, origin: &Hash, user_id: i64) -> Result<()> {
        imports::set_origin(&mut self.session, origin, user_id)
    }

    fn note_refusal(&mut self, origin: &Hash, is_refused: bool) -> Result<bool> {
        imports::note_refusal(&mut self.session, origin, is_refused)
    }

    fn local_user(
        &mut self,
        email_key: Option<&str>,
        name_key: Option<&str>,
        last_id: i64,
    ) -> Result<Option<LocalUser>> {
        imports::local_user(&mut self.session, email_key, name_key, last_id)
    }

    fn last_user_id(&mut self) -> Result<i64> {
        users::last_id(&mut self.session)
    }

    fn has_user_name(&mut self, key: &str) -> Result<bool> {
        users::has_name(&mut self.session, key)
    }

    fn has_email(&mut self, key: &str) -> Result<bool> {
        users::has_email(&mut self.session, key)
    }

    fn relations(&mut self, system: &str) -> Result<Vec<Relation>> {
        imports::relations(&mut self.session, system)
    }

    fn relation_id(&mut self, system: &str, database: &str, name: &str) -> Result<i64> {
        imports::relation_id(&mut self.session, system, database, name)
    }

    fn relation_of(&mut self, hash: &Hash, foreign_id: &str) -> Result<Option<i64>> {
        imports::relation_of(&mut self.session, hash, foreign_id)
    }

    fn unrevoked_tokens(&mut self, relation_id: i64) -> Result<Vec<i64>> {
        imports::unrevoked_tokens(&mut self.session, relation_id)
    }

    fn presences(&mut self, tokens: &[ForeignToken]) -> Result<Vec<Presence>> {
        presence::all(&mut self.session, tokens)
    }

    fn update_token(&mut self, id: i64, field: TokenField) -> Result<()> {
        tokens::update(&mut self.session, id, field)
    }

    fn replace_token(&mut self, id: i64, token: &NewToken) -> Result<()> {
        tokens::replace(&mut self.session, id, token)
    }

    fn user_added_at(&mut self, id: i64, at: Timestamp) -> Result<Option<LocalUser>> {
        imports::user_added_at(&mut self.session, id, at)
    }

    fn reserve_ids(&mut self, ids: LastIds) -> Result<()> {
        ids::reserve(&mut self.session, ids)
    }

    fn insert_user_as(&mut self, id: i64, user: &NewUserRow) -> Result<()> {
        users::insert_as(&mut self.session, id, user)
    }

    fn insert_tokens_as(&mut self, tokens: &[(i64, &NewToken)]) -> Result<()> {
        new_tokens::insert_as(&mut self.session, tokens)
    }

    fn set_origin_removed(&mut self, origin: &Hash) -> Result<()> {
        imports::set_origin_removed(&mut self.session, origin)
    }

    fn bury(&mut self, token: &DeletedToken) -> Result<()> {
        imports::bury(&mut self.session, token)
    }
}
