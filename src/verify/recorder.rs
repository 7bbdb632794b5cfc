//! Last use and login attempts: written after the answer, in batches, and only if nothing is in the
//! way.

use super::judge::Verification;
use crate::domain::audit::{Actor, Attempt, Caller};
use crate::domain::time::Timestamp;
use crate::store::{Attempts, Error, RecordTransaction, Store};
use std::collections::HashSet;
use std::mem;

/// How many tokens' last use is written in one transaction.
const STEP: usize = 5000;

/// What verifications leave to be written.
#[derive(Debug, Default)]
pub struct PendingWrites {
    /// The ids of tokens that were used.
    used: HashSet<i64>,
    attempts: Vec<Attempt>,
    /// The ids that [`PendingWrites::take`] took last, which are being written.
    taken: HashSet<i64>,
}

impl PendingWrites {
    /// Adds what a verification for this caller leaves to be written.
    pub fn add(&mut self, verification: &Verification, caller: &Caller) {
        self.add_up_to(usize::MAX, verification, || caller.clone());
    }

    /// The same with room for this many tokens and as many attempts. Returns how much had no room.
    /// `caller` is asked only for an attempt.
    pub fn add_up_to(
        &mut self,
        most: usize,
        verification: &Verification,
        caller: impl FnOnce() -> Caller,
    ) -> u64 {
        let mut dropped = 0;
        if let Some(id) = verification.used
            && !self.used.contains(&id)
            && !self.taken.contains(&id)
        {
            if self.used.len() < most {
                self.used.insert(id);
            } else {
                dropped += 1;
            }
        }
        if let Some(attempt) = &verification.attempt {
            if self.attempts.len() < most {
                self.attempts.push(Attempt { caller: caller(), ..attempt.clone() });
            } else {
                dropped += 1;
            }
        }
        dropped
    }

    /// Adds the writes of another batch.
    pub fn append(&mut self, mut other: PendingWrites) {
        self.used.extend(other.used);
        self.attempts.append(&mut other.attempts);
    }

    /// Takes everything out. Until the next time, the tokens in it count as used already: whoever looks
    /// them up before they are written would have them written again.
    pub fn take(&mut self) -> PendingWrites {
        let used = mem::take(&mut self.used);
        self.taken.clone_from(&used);
        PendingWrites { used, attempts: mem::take(&mut self.attempts), taken: HashSet::new() }
    }

    /// Whether nothing is left to be written.
    pub fn is_empty(&self) -> bool {
        self.used.is_empty() && self.attempts.is_empty()
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
    pub fn write(&mut self, store: &Store, actor: impl FnOnce() -> Actor, now: Timestamp) {
        // In the order of the table, so that each page is changed once.
        let mut used: Vec<i64> = self.used.iter().copied().collect();
        used.sort_unstable();
        for ids in used.chunks(STEP) {
            let touch = |rows: &mut dyn RecordTransaction| rows.touch(ids, now.whole_second());
            if store.record(touch).is_err() {
                return;
            }
            for id in ids {
                self.used.remove(id);
            }
        }
        if self.attempts.is_empty() {
            return;
        }
        let actor = actor();
        let record = |rows: &mut dyn RecordTransaction| {
            let kept = rows.settings()?.attempts_kept();
            // Without a valid limit, nothing is recorded: the log must not grow without bounds.
            let keep = kept.map_err(|error| Error::Other(error.to_string()))?;
            rows.insert_attempts(Attempts { attempts: &self.attempts, actor: &actor, keep })
        };
        if store.record(record).is_ok() {
            self.attempts.clear();
        }
    }
}
