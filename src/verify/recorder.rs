//! Last use and login attempts: written after the answer, in batches, and only if nothing is in the
//! way.

use super::verifier::Verification;
use crate::domain::audit::{Actor, Attempt, Caller};
use crate::domain::time::Timestamp;
use crate::store::{Attempts, Effort, Error, Store, WriteTransaction};

/// How many tokens' last use is written in one transaction.
const STEP: usize = 5000;

/// What verifications leave to be written.
#[derive(Debug, Default)]
pub struct PendingWrites {
    /// The ids of tokens that were used.
    used: Vec<i64>,
    attempts: Vec<Attempt>,
}

impl PendingWrites {
    /// Adds what a verification leaves to be written.
    pub fn add(&mut self, verification: &Verification) {
        self.used.extend(verification.used);
        self.attempts.extend(verification.attempt.clone());
    }

    /// Adds the writes of another batch.
    pub fn append(&mut self, mut other: PendingWrites) {
        self.used.append(&mut other.used);
        self.attempts.append(&mut other.attempts);
    }

    /// Drops the oldest attempts beyond a number.
    pub fn limit_attempts(&mut self, most: usize) {
        let excess = self.attempts.len().saturating_sub(most);
        self.attempts.drain(..excess);
    }

    /// Writes what can be written at once: a lock, or a database that this account may only read,
    /// is reason enough to leave it. What was written is removed from the batch.
    ///
    /// `actor` is asked only if there is something to record: looking the account up costs more
    /// than a verification.
    pub fn write(
        &mut self,
        store: &Store,
        caller: &Caller,
        actor: impl FnOnce() -> Actor,
        now: Timestamp,
    ) {
        // In the order of the table, so that each page is changed once.
        self.used.sort_unstable();
        self.used.dedup();
        while !self.used.is_empty() {
            let rest = self.used.len().saturating_sub(STEP);
            let touch = |rows: &mut dyn WriteTransaction| {
                rows.touch(&self.used[rest..], now.whole_second())
            };
            if store.write_with(Effort::BestEffort, touch).is_err() {
                return;
            }
            self.used.truncate(rest);
        }
        if self.attempts.is_empty() {
            return;
        }
        let actor = actor();
        let record = |rows: &mut dyn WriteTransaction| {
            let kept = rows.settings()?.attempts_kept();
            // Without a valid limit, nothing is recorded: the log must not grow without bounds.
            let keep = kept.map_err(|error| Error::Other(error.to_string()))?;
            rows.insert_attempts(Attempts { attempts: &self.attempts, caller, actor: &actor, keep })
        };
        if store.write_with(Effort::BestEffort, record).is_ok() {
            self.attempts.clear();
        }
    }
}
