//! A replica, which is asked before the database that it replicates.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a replica that did not answer is left alone: to find out once more can take as long as the
/// time limit of a connection.
const PAUSE: Duration = Duration::from_secs(2);

/// A replica.
pub struct Replica<S> {
    store: S,
    /// When it did not answer last.
    failed: Mutex<Option<Instant>>,
}

impl<S> Replica<S> {
    pub fn new(store: S) -> Self {
        Replica { store, failed: Mutex::default() }
    }

    /// The replica's answer. It has none if it cannot be reached or is too far behind: then the database
    /// that it replicates knows, or says why it does not.
    pub fn ask<T, E>(&self, work: impl Fn(&S) -> Result<T, E>) -> Option<T> {
        if self.failed().is_some_and(|failed| failed.elapsed() < PAUSE) {
            return None;
        }
        let answer = work(&self.store).ok();
        let failed = answer.is_none().then(Instant::now);
        if self.failed() != failed {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
        }
        answer
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
