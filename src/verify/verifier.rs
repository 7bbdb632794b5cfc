//! Verification itself: look up, decide, and note what to record.

use super::credential::Credential;
use super::judge::{Error, Judge, Verification};
use super::matching::{Search, find_all, has_foreign, match_own};
use crate::domain::scope::Required;
use crate::domain::time::Timestamp;
use crate::store::{Pipeline, Store};
use std::slice;
use std::sync::Arc;

/// Verifies credentials against a database. Can be shared between threads.
///
/// A token that another process revokes is rejected from the next verification on. Nothing is
/// written: see [`PendingWrites`](super::PendingWrites).
#[derive(Clone)]
pub struct Verifier {
    store: Store,
}

impl Verifier {
    /// Verifies against this database. An account that may only read it is enough.
    pub fn new(store: Store) -> Self {
        Verifier { store }
    }

    /// Verifies one credential at the time `now`.
    ///
    /// # Errors
    ///
    /// When it could not be found out whether it is good.
    pub fn verify(
        &self,
        sent: &Credential,
        required: &Required,
        now: Timestamp,
    ) -> Result<Verification, Error> {
        if let Credential::Own(hash) = sent {
            let (found, settings) = match_own(*hash, self.store.look_up(slice::from_ref(hash))?);
            return Ok(Judge::new(required, &settings, now)?.answer(sent, found));
        }
        let mut answers = self.verify_all(slice::from_ref(sent), required, now)?;
        Ok(answers.swap_remove(0))
    }

    /// Verifies credentials at the time `now`, all in one snapshot, and answers in their order.
    ///
    /// # Errors
    ///
    /// When it could not be found out whether they are good.
    pub fn verify_all(
        &self,
        sent: &[Credential],
        required: &Required,
        now: Timestamp,
    ) -> Result<Vec<Verification>, Error> {
        let matches = self.store.read_anywhere(|rows| find_all(rows, sent))?;
        let judge = Judge::new(required, &matches.settings, now)?;
        let answers = sent.iter().zip(matches.tokens);
        Ok(answers.map(|(sent, found)| judge.answer(sent, found)).collect())
    }
}

/// Verifies credentials as a [`Verifier`] does, for programs whose threads must not wait. Can be shared
/// between tasks, which share its few connections.
#[derive(Clone)]
pub struct AsyncVerifier {
    pipeline: Arc<dyn Pipeline>,
}

impl AsyncVerifier {
    /// Verifies by look-ups in this pipeline: see [`Store::pipelines`].
    pub fn new(pipeline: Arc<dyn Pipeline>) -> Self {
        AsyncVerifier { pipeline }
    }

    /// Verifies one credential at the time `now`.
    ///
    /// # Errors
    ///
    /// When it could not be found out whether it is good.
    pub async fn verify(
        &self,
        sent: &Credential,
        required: &Required,
        now: Timestamp,
    ) -> Result<Verification, Error> {
        if let Credential::Own(hash) = sent {
            let answer = self.pipeline.look_up(slice::from_ref(hash)).await?;
            let (found, settings) = match_own(*hash, answer);
            return Ok(Judge::new(required, &settings, now)?.answer(sent, found));
        }
        let all = slice::from_ref(sent);
        // Not in the snapshot of the look-up: schemes are only ever added.
        let schemes = if has_foreign(all) { self.pipeline.schemes().await? } else { Vec::new() };
        let search = Search::new(all, &schemes);
        let answer = self.pipeline.look_up(&search.hashes()).await?;
        let mut matches = search.matches(answer);
        let found = matches.tokens.swap_remove(0);
        Ok(Judge::new(required, &matches.settings, now)?.answer(sent, found))
    }
}
