//! The handle that every use case is a method of.

use super::error::{Error, Result};
use crate::domain::audit::{Actor, Change, Subject};
use crate::domain::secret;
use crate::domain::time::Timestamp;
use crate::domain::token::{Rules, Token};
use crate::store::{ChangeRow, ReadTransaction, Store, WriteTransaction};
use crate::verify::{self, Credential};
use std::sync::Arc;

/// How many tokens are written at once: a server of databases takes about as long for them as for the rest.
pub(super) const BATCH: usize = 1000;

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
        let (actor, clock) = (&self.actor, self.clock);
        self.store.write(|rows| work(&mut Writer { rows, actor, clock, checked: String::new() }))
    }
}

/// A write transaction that records what it changes, and keeps secrets out of what it stores.
pub(super) struct Writer<'a> {
    pub rows: &'a mut dyn WriteTransaction,
    actor: &'a Actor,
    clock: fn() -> Timestamp,
    /// The text that was searched for secrets last: many tokens get the same name or reason.
    checked: String,
}

impl Writer<'_> {
    /// The position of the first text with the secret of a token of this database in it, which is looked
    /// for as by [`Writer::refuse_secrets`], in one go.
    pub fn first_with_secret(&mut self, texts: &[String]) -> Result<Option<usize>> {
        let mut all: Vec<_> = texts.iter().map(String::as_str).collect();
        all.dedup();
        match self.refuse_secrets(&all.join(" ")) {
            Err(Error::ContainsSecret) => {}
            other => return other.map(|()| None),
        }
        for (position, text) in texts.iter().enumerate() {
            match self.refuse_secrets(text) {
                Err(Error::ContainsSecret) => return Ok(Some(position)),
                other => other?,
            }
        }
        Ok(None)
    }

    /// Refuses a text with the secret of a token of this database in it: everybody who may read the
    /// database could use it. Call this for a text before it is stored, unless it is in the detail of
    /// a change, too.
    pub fn refuse_secrets(&mut self, text: &str) -> Result<()> {
        if self.checked == text {
            return Ok(());
        }
        let parts = secret::parts_of(text).into_iter();
        let parts: Vec<_> = parts.map(|part| Credential::from(Some(part))).collect();
        if verify::find_any(self.rows, &parts)? {
            return Err(Error::ContainsSecret);
        }
        self.checked = text.to_string();
        Ok(())
    }

    /// Records a change, which is committed with it or not at all. Returns the id of its row.
    pub fn record(&mut self, change: &Change) -> Result<i64> {
        if let Some(detail) = &change.detail {
            self.refuse_secrets(detail)?;
        }
        let row = ChangeRow { at: (self.clock)(), actor: self.actor, change };
        Ok(self.rows.insert_change(row)?)
    }

    /// Records changes, in one go.
    pub fn record_all(&mut self, changes: &[Change]) -> Result<()> {
        for detail in changes.iter().filter_map(|change| change.detail.as_deref()) {
            self.refuse_secrets(detail)?;
        }
        let (at, actor) = ((self.clock)(), self.actor);
        let rows: Vec<_> = changes.iter().map(|change| ChangeRow { at, actor, change }).collect();
        Ok(self.rows.insert_changes(&rows)?)
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
