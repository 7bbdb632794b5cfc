//! The handle that every use case is a method of.

use super::error::Result;
use crate::domain::audit::{Actor, Change, Subject};
use crate::domain::time::Timestamp;
use crate::domain::token::{Rules, Token};
use crate::store::{ChangeRow, ReadTransaction, Store, WriteTransaction};
use std::sync::Arc;

/// Administers a database in the name of an actor. Can be cloned and shared between threads.
#[derive(Clone)]
pub struct Admin {
    store: Store,
    actor: Arc<Actor>,
    clock: fn() -> Timestamp,
}

impl Admin {
    /// Administers this database; the log names `actor` for every change.
    pub fn new(store: Store, actor: Actor) -> Self {
        Admin { store, actor: Arc::new(actor), clock: Timestamp::now_millis }
    }

    /// The same with another clock.
    pub fn with_clock(self, clock: fn() -> Timestamp) -> Self {
        Admin { clock, ..self }
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The current second.
    pub fn now(&self) -> Timestamp {
        (self.clock)().whole_second()
    }

    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&mut dyn ReadTransaction) -> Result<T>,
    ) -> Result<T> {
        self.store.read(work)
    }

    pub(super) fn write<T>(&self, mut work: impl FnMut(&mut Writer) -> Result<T>) -> Result<T> {
        self.store.write(|rows| work(&mut Writer { rows, actor: &self.actor, clock: self.clock }))
    }
}

/// A write transaction that records what it changes.
pub(super) struct Writer<'a> {
    pub rows: &'a mut dyn WriteTransaction,
    actor: &'a Actor,
    clock: fn() -> Timestamp,
}

impl Writer<'_> {
    /// Records a change, which is committed with it or not at all. Returns the id of its row.
    pub fn record(&mut self, change: &Change) -> Result<i64> {
        let row = ChangeRow { at: (self.clock)(), actor: self.actor, change };
        Ok(self.rows.insert_change(row)?)
    }

    /// Records the same change for each token of a user.
    pub fn record_for_tokens_of(&mut self, user_id: i64, change: &Change) -> Result<()> {
        let row = ChangeRow { at: (self.clock)(), actor: self.actor, change };
        Ok(self.rows.insert_change_for_tokens_of(user_id, row)?)
    }

    /// The rules at `now`.
    pub fn rules(&mut self, now: Timestamp) -> Result<Rules> {
        Ok(self.rows.settings()?.rules(now)?)
    }
}

/// A change to a token.
pub(super) fn change_of(token: &Token, action: &'static str, detail: Option<String>) -> Change {
    Change {
        action,
        token: Some(Subject { id: token.id, name: token.name.clone() }),
        user: Some(token.user.clone()),
        detail,
    }
}
