//! The boundary: what a backend must offer.

use super::error::{Error, Result};
use super::records::*;
use crate::domain::audit::LogEntry;
use crate::domain::scheme::{Scheme, StoredScheme};
use crate::domain::secret::Hash;
use crate::domain::setting::Setting;
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;
use crate::domain::token::{NewToken, Revocation, StoredToken};
use crate::domain::user::{Owner, User};
use std::ops::ControlFlow;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

/// How long to wait for a lock of another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Several seconds, as long as a command may take.
    Wait,
    /// Not at all.
    AtOnce,
}

/// How to open a database that exists.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// How long to wait for locks.
    pub patience: Patience,
    /// Whether to leave everything alone: never write, not even to upgrade an older schema or to
    /// finish what a crash interrupted.
    pub read_only: bool,
    /// Memory for pages that are read again and again, in bytes; `None`: the backend's default.
    pub cache: Option<usize>,
    /// How far a replica may be behind for [`ReadTransaction::look_up`] to answer; `None`: any time. Only
    /// a server can tell, and a file is no replica.
    pub max_staleness: Option<Duration>,
}

impl Default for Access {
    fn default() -> Self {
        Access { patience: Patience::Wait, read_only: false, cache: None, max_staleness: None }
    }
}

/// Whether another transaction made an operation fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Interference {
    /// No.
    #[default]
    None,
    /// It may have: what was not there before is there now, or the other way round.
    Possible,
    /// Yes. The same work succeeds in a new transaction unless yet another one gets in the way.
    Certain,
}

/// Calls back for one row after another, until it returns [`ControlFlow::Break`].
pub type Each<'a, T> = &'a mut dyn FnMut(T) -> ControlFlow<()>;

/// A kind of database: makes connections to one of them.
pub trait Backend: Send + Sync {
    /// Opens one more connection, and checks that it leads to a tokctl database of this version.
    fn connect(&self) -> Result<Box<dyn Connection>>;

    /// See [`Store::pipelines`](super::Store::pipelines). None, where a look-up waits for nobody.
    fn pipeline(&self, _connections: usize) -> Option<Box<dyn Pipeline>> {
        None
    }

    /// Whether readers always go on while others write: see
    /// [`Store::set_concurrent_readers`](super::Store::set_concurrent_readers).
    fn has_concurrent_readers(&self) -> bool {
        false
    }
}

/// What is still to come.
pub type Promise<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Look-ups for which no thread waits: many tasks share a few connections, on each of which look-ups are
/// sent without waiting for the answers to earlier ones. A connection that is lost is made again, and a
/// look-up on it is sent once more. A look-up waits some seconds for that and then fails.
pub trait Pipeline: Send + Sync {
    /// A [`ReadTransaction::look_up`] in a snapshot of its own.
    fn look_up<'a>(&'a self, hashes: &'a [Hash]) -> Promise<'a, LookUp>;

    /// [`ReadTransaction::schemes`] in a snapshot of its own.
    fn schemes(&self) -> Promise<'_, Vec<StoredScheme>>;
}

/// A connection, which one thread uses at a time.
pub trait Connection: Send {
    /// Whether it still leads to the database at its location, which another process may have
    /// replaced, or did when that was found out last, not longer ago than `age`. A connection that does
    /// not is closed.
    fn is_current(&mut self, age: Duration) -> bool;

    /// A [`ReadTransaction::look_up`] in a snapshot of its own.
    fn look_up(&mut self, hashes: &[Hash]) -> Result<LookUp>;

    /// Starts a transaction that only reads: see [`ReadTransaction`].
    fn read(&mut self) -> Result<Box<dyn ReadTransaction + '_>>;

    /// Starts a transaction that can write. Dropping it without [`RecordTransaction::commit`] rolls
    /// it back. It waits for locks; what was committed survives a power cut.
    fn write(&mut self) -> Result<Box<dyn WriteTransaction + '_>>;

    /// Starts a transaction that records. It waits for nothing and fails instead; what was committed
    /// survives the end of the process.
    fn record(&mut self) -> Result<Box<dyn RecordTransaction + '_>>;

    /// See [`Store::problems`](super::Store::problems).
    fn problems(&mut self, latest: Timestamp) -> Result<Vec<Problem>>;

    /// See [`Store::has_readers`](super::Store::has_readers).
    fn has_readers(&mut self) -> bool;

    /// See [`Store::set_concurrent_readers`](super::Store::set_concurrent_readers). With
    /// [`Patience::Wait`], it waits for others for about a second. On a database server, readers are never blocked.
    fn set_concurrent_readers(&mut self, wanted: bool, _patience: Patience) -> Result<bool> {
        Ok(wanted)
    }

    /// See [`Store::back_up`](super::Store::back_up). Database servers have backup tools of their own.
    fn back_up(
        &mut self,
        _file: &Path,
        _replace: bool,
        _progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        Err(Error::Unsupported("a backup"))
    }
}

/// What can be read, all from one snapshot, but for what can be long: [`ReadTransaction::tokens`],
/// [`ReadTransaction::users`], [`ReadTransaction::log`] and [`ReadTransaction::export`] may let writers
/// in while they read, and what follows them sees what was written meanwhile. Within a transaction that
/// writes, nobody else does. An operation that calls back must not be called from within its callback.
pub trait ReadTransaction {
    /// All settings that are set.
    fn settings(&mut self) -> Result<Settings>;

    /// The tokens with these hashes, and the settings, in one round trip.
    fn look_up(&mut self, hashes: &[Hash]) -> Result<LookUp>;

    /// The schemes of imported tokens, with their salts.
    fn schemes(&mut self) -> Result<Vec<StoredScheme>>;

    /// The tokens with this key by id, at most `limit`.
    fn tokens_by_key(&mut self, key: TokenKey, limit: usize) -> Result<Vec<StoredToken>>;

    /// The tokens of a query, one after another.
    fn tokens(&mut self, query: &TokenQuery, each: Each<StoredToken>) -> Result<()>;

    /// The range of the next `limit` token ids above `after`, and how many tokens in it a prune
    /// would delete; `None` when there are no more tokens.
    fn prunable(
        &mut self,
        after: i64,
        limit: u32,
        cutoffs: Cutoffs,
    ) -> Result<Option<(IdRange, u64)>>;

    /// The newest time at which one of the next `limit` tokens with ids above `after` was issued or
    /// used.
    fn newest_token_time(&mut self, after: i64, limit: u32) -> Result<Option<Timestamp>>;

    /// The user with this lookup key, and the number of their tokens.
    fn user(&mut self, name_key: &str) -> Result<Option<User>>;

    /// The user with this lookup key, as the owner of a token.
    fn owner(&mut self, name_key: &str) -> Result<Option<Owner>>;

    /// The users by lookup key, one after another; only those after the lookup key `after`, whether or
    /// not somebody has it.
    fn users(&mut self, after: Option<&str>, each: Each<User>) -> Result<()>;

    /// The names and full names of users by lookup key, at most `limit`.
    fn user_names(&mut self, limit: usize) -> Result<Vec<(String, Option<String>)>>;

    /// How many users there are.
    fn count_users(&mut self) -> Result<u64>;

    /// The rows of the log, one after another: verifications and changes, each of them from the last
    /// recorded on. Between the two, the later time comes first; of those with one time, verifications
    /// come before changes. If it was told to
    /// stop, it returns the position before which to go on: then no row is left out or comes again,
    /// whatever is recorded meanwhile.
    fn log(&mut self, query: &LogQuery, each: Each<LogEntry>) -> Result<Option<LogPosition>>;

    /// The end of the log.
    fn log_end(&mut self) -> Result<LogPosition>;

    /// How many verifications were recorded since an instant, in any order and grouping.
    fn attempt_counts(&mut self, since: Timestamp, each: Each<AttemptCount>) -> Result<()>;

    /// Everything but the log: relations, users and tokens, each by id, deleted tokens, origins, settings,
    /// and the end. What a row refers to comes before it.
    fn export(&mut self, each: Each<ExportRow>) -> Result<()>;
}

/// What a verification may write: nothing that decides about a token.
pub trait RecordTransaction: ReadTransaction {
    /// Ends the transaction and keeps what was written.
    fn commit(&mut self) -> Result<()>;

    /// Sets the last use of tokens, unless a later one is stored. One that is more than a day later
    /// was stored by a clock that was ahead, and is replaced, unless the clock seems to be behind now:
    /// the token or the newest change in the log is later than `at`, too. Ids that do not exist are
    /// ignored.
    fn touch(&mut self, ids: &[i64], at: Timestamp) -> Result<()>;

    /// Records verifications.
    fn insert_attempts(&mut self, attempts: Attempts) -> Result<()>;
}

/// What can be written. Every operation that names a row fails with [`Error::NotFound`] if the row
/// does not exist.
pub trait WriteTransaction: RecordTransaction {
    /// Whether another transaction made an operation of this one fail. Never, where there is one writer
    /// at a time.
    fn interference(&mut self) -> Interference;

    /// Says that this transaction adds many rows, before it adds any.
    fn expect_many_rows(&mut self) -> Result<()>;

    /// Keeps a user from being deleted or renamed by another transaction before this one has ended.
    fn keep_user(&mut self, id: i64) -> Result<()>;

    /// Waits for a transaction that is adding a token of tokctl's own with this hash: from then on it is
    /// there or not.
    fn await_token(&mut self, hash: &Hash) -> Result<()>;

    /// Sets a setting.
    fn set_setting(&mut self, setting: Setting, value: &str) -> Result<()>;

    /// Unsets a setting, if it is set.
    fn unset_setting(&mut self, setting: Setting) -> Result<()>;

    /// Adds a user and returns the id. Fails with [`Error::Conflict`] if the name or the e-mail
    /// address is taken.
    fn insert_user(&mut self, user: &NewUserRow) -> Result<i64>;

    /// Changes one field of a user. Fails with [`Error::Conflict`] if the new value is taken.
    fn update_user(&mut self, id: i64, field: UserField) -> Result<()>;

    /// Deletes a user and their tokens.
    fn delete_user(&mut self, id: i64) -> Result<()>;

    /// Adds tokens and returns their ids, which are in the same order. Fails with
    /// [`Error::Conflict`] at the first one that has the same hash, scheme
    /// and id in the other system as another token, or the same row there; whether those before it were
    /// added is not said. A thousand at once are enough.
    fn insert_tokens(&mut self, tokens: &[&NewToken]) -> Result<Vec<i64>>;

    /// Adds one token and returns the id.
    fn insert_token(&mut self, token: &NewToken) -> Result<i64> {
        let id = self.insert_tokens(&[token])?.pop();
        id.ok_or_else(|| Error::Other("the token has no id".into()))
    }

    /// Revokes tokens, or undoes that. No id is there twice.
    fn set_revocations(&mut self, ids: &[i64], revocation: Option<&Revocation>) -> Result<()>;

    /// Revokes one token, or undoes that.
    fn set_revocation(&mut self, id: i64, revocation: Option<&Revocation>) -> Result<()> {
        self.set_revocations(&[id], revocation)
    }

    /// Sets which token replaced this one. That one may be deleted, now or later.
    fn set_replaced_by(&mut self, id: i64, replaced_by: Option<i64>) -> Result<()>;

    /// Deletes tokens. Imported ones are remembered, so that no later import brings them back. No id is
    /// there twice.
    fn delete_tokens(&mut self, ids: &[i64]) -> Result<()>;

    /// Deletes one token.
    fn delete_token(&mut self, id: i64) -> Result<()> {
        self.delete_tokens(&[id])
    }

    /// Deletes the ended tokens of a range and returns how many.
    fn prune(&mut self, range: IdRange, cutoffs: Cutoffs) -> Result<u64>;

    /// Records a change and returns the id of its row.
    fn insert_change(&mut self, row: ChangeRow) -> Result<i64>;

    /// Records changes in this order.
    fn insert_changes(&mut self, rows: &[ChangeRow]) -> Result<()>;

    /// Replaces the detail of a change.
    fn update_change(&mut self, id: i64, detail: &str) -> Result<()>;

    /// Records the same change for each token of a user.
    fn insert_change_for_tokens_of(&mut self, user_id: i64, row: ChangeRow) -> Result<()>;

    /// Deletes all but the newest `keep` verifications and returns how many were deleted.
    fn trim_attempts(&mut self, keep: u64) -> Result<u64>;

    /// The id of a scheme, which is added if it is new.
    fn scheme_id(&mut self, scheme: &Scheme) -> Result<i64>;

    /// What became of a user of another system, by the hash of what identifies them there.
    fn origin(&mut self, origin: &Hash) -> Result<Origin>;

    /// Remembers who a user of another system is here. Fails with [`Error::Conflict`] if that is
    /// remembered already, also of a user who was removed.
    fn set_origin(&mut self, origin: &Hash, user_id: i64) -> Result<()>;

    /// Remembers whether the other system refuses a user, by the hash of what identifies them there, and
    /// returns whether it did before.
    fn note_refusal(&mut self, origin: &Hash, is_refused: bool) -> Result<bool>;

    /// The user with this e-mail address, if it is verified, or else this name, both as lookup keys,
    /// among those with ids up to `last_id`.
    fn local_user(
        &mut self,
        email_key: Option<&str>,
        name_key: Option<&str>,
        last_id: i64,
    ) -> Result<Option<LocalUser>>;

    /// The highest user id.
    fn last_user_id(&mut self) -> Result<i64>;

    /// Whether a user name is taken, as a lookup key.
    fn has_user_name(&mut self, key: &str) -> Result<bool>;

    /// Whether an e-mail address is taken, as a lookup key.
    fn has_email(&mut self, key: &str) -> Result<bool>;

    /// The tables of a system that imports have read.
    fn relations(&mut self, system: &str) -> Result<Vec<Relation>>;

    /// The id of a table of a system's database, which is added if it is new.
    fn relation_id(&mut self, system: &str, database: &str, name: &str) -> Result<i64>;

    /// The table that an import read the token from which has this hash, and this id there; also one
    /// that has been deleted here.
    fn relation_of(&mut self, hash: &Hash, foreign_id: &str) -> Result<Option<i64>>;

    /// The tokens that an import read from a table, but for those that are revoked.
    fn unrevoked_tokens(&mut self, relation_id: i64) -> Result<Vec<i64>>;

    /// Whether tokens are here, or were, in the same order.
    fn presences(&mut self, tokens: &[ForeignToken]) -> Result<Vec<Presence>>;

    /// Whether one token is here, or was.
    fn presence(&mut self, token: ForeignToken) -> Result<Presence> {
        let presence = self.presences(&[token])?.pop();
        presence.ok_or_else(|| Error::Other("the token has no answer".into()))
    }

    /// Changes one field of a token.
    fn update_token(&mut self, id: i64, field: TokenField) -> Result<()>;

    /// Gives a token other values, all but its id, its source and what it replaces.
    fn replace_token(&mut self, id: i64, token: &NewToken) -> Result<()>;

    /// The user with this id, if they were added at this instant.
    fn user_added_at(&mut self, id: i64, at: Timestamp) -> Result<Option<LocalUser>>;

    /// Makes the ids of users and tokens that are added from now on higher than these, except by
    /// [`WriteTransaction::insert_user_as`] and [`WriteTransaction::insert_tokens_as`].
    fn reserve_ids(&mut self, ids: LastIds) -> Result<()>;

    /// The same as [`WriteTransaction::insert_user`], with an id that is reserved. Fails with
    /// [`Error::Conflict`] also if it is taken.
    fn insert_user_as(&mut self, id: i64, user: &NewUserRow) -> Result<()>;

    /// The same as [`WriteTransaction::insert_tokens`], with ids that are reserved. Fails with
    /// [`Error::Conflict`] also if one is taken.
    fn insert_tokens_as(&mut self, tokens: &[(i64, &NewToken)]) -> Result<()>;

    /// The same for one token.
    fn insert_token_as(&mut self, id: i64, token: &NewToken) -> Result<()> {
        self.insert_tokens_as(&[(id, token)])
    }

    /// Remembers that a user of another system was here and was removed. Fails with
    /// [`Error::Conflict`] if it is remembered already who that is.
    fn set_origin_removed(&mut self, origin: &Hash) -> Result<()>;

    /// Remembers an imported token as deleted. If it is remembered already, it had been revoked if one of
    /// both says so.
    fn bury(&mut self, token: &DeletedToken) -> Result<()>;
}
