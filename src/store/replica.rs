//! A replica, which is asked before the database that it replicates.

use super::backend::{Pipeline, Promise};
use super::error::Error;
use super::records::LookUp;
use crate::domain::scheme::StoredScheme;
use crate::domain::secret::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a replica that did not answer is left alone: to find out once more can take as long as the
/// time limit of a connection.
const PAUSE: Duration = Duration::from_secs(2);

/// Look-ups in a replica, and in the database where the replica has no answer.
pub struct ReplicaPipeline {
    pub replica: Replica<Arc<dyn Pipeline>>,
    pub database: Arc<dyn Pipeline>,
}

impl ReplicaPipeline {
    async fn ask<'a, T>(
        &'a self,
        work: impl Fn(&'a dyn Pipeline) -> Promise<'a, T>,
    ) -> Result<T, Error> {
        if let Some(replica) = self.replica.if_not_left_alone() {
            let answer = work(replica.as_ref()).await;
            self.replica.note(answer.is_ok());
            if answer.is_ok() {
                return answer;
            }
        }
        work(self.database.as_ref()).await
    }
}

impl Pipeline for ReplicaPipeline {
    fn look_up<'a>(&'a self, hashes: &'a [Hash]) -> Promise<'a, LookUp> {
        Box::pin(self.ask(move |pipeline| pipeline.look_up(hashes)))
    }

    fn schemes(&self) -> Promise<'_, Vec<StoredScheme>> {
        Box::pin(self.ask(|pipeline| pipeline.schemes()))
    }
}

/// A replica.
pub struct Replica<S> {
    store: S,
    /// When it did not answer last.
    failed: Mutex<Option<Instant>>,
}

impl<S> Replica<S> {
    /// A replica that has not been asked.
    pub fn new(store: S) -> Self {
        Replica { store, failed: Mutex::default() }
    }

    /// The replica's answer. It has none if it cannot be reached or is too far behind: then the database
    /// that it replicates knows, or says why it does not.
    pub fn ask<T, E>(&self, work: impl Fn(&S) -> Result<T, E>) -> Option<T> {
        let answer = work(self.if_not_left_alone()?).ok();
        self.note(answer.is_some());
        answer
    }

    /// The replica, whether or not it is left alone.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The replica, unless it is left alone for now.
    fn if_not_left_alone(&self) -> Option<&S> {
        let is_left_alone = self.failed().is_some_and(|failed| failed.elapsed() < PAUSE);
        (!is_left_alone).then_some(&self.store)
    }

    /// Notes whether it has answered.
    fn note(&self, has_answered: bool) {
        let failed = (!has_answered).then(Instant::now);
        if self.failed() != failed {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
        }
    }

    fn failed(&self) -> Option<Instant> {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_replica_that_fails_is_left_alone_for_a_while() {
        let replica = Replica::new(());
        let asked = Cell::new(0);
        let ask = |answer: Result<i32, ()>| {
            replica.ask(|_| {
                asked.set(asked.get() + 1);
                answer
            })
        };
        assert_eq!(ask(Ok(1)), Some(1));
        assert_eq!(ask(Err(())), None);
        assert_eq!(ask(Ok(1)), None);
        assert_eq!(asked.get(), 2);
        *replica.failed.lock().unwrap() = Instant::now().checked_sub(PAUSE);
        assert_eq!(ask(Ok(1)), Some(1));
        assert_eq!(replica.failed(), None);
    }
}
