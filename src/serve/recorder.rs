//! Last use and attempts: collected while answering, written by one thread in batches.

use super::metrics::Metrics;
use crate::domain::audit::{Actor, Caller};
use crate::domain::time::Timestamp;
use crate::store::Store;
use crate::verify::{PendingWrites, Verification};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How many tokens' last use, and how many attempts, wait to be written. More are dropped: a token that
/// is used again gets another chance, and an attack must not fill the memory or the disk.
const MOST: usize = 10_000;

/// How long they wait to be written together.
const INTERVAL: Duration = Duration::from_secs(1);

/// How much longer the thread waits than it writes at least: answers come first.
const IDLE: u32 = 19;

/// How long the end of the server waits for a lock to write the rest.
const LAST_TRIES: Duration = Duration::from_secs(3);

/// Collects what verifications leave to be written.
pub struct Recorder {
    state: Mutex<State>,
    wake: Condvar,
    metrics: Metrics,
}

#[derive(Default)]
struct State {
    pending: PendingWrites,
    has_ended: bool,
}

impl Recorder {
    /// An empty one.
    pub fn new(metrics: Metrics) -> Arc<Self> {
        Arc::new(Recorder { state: Mutex::default(), wake: Condvar::new(), metrics })
    }

    /// Adds what a verification leaves to be written; `caller` is asked only for an attempt.
    pub fn add(&self, verification: &Verification, caller: impl FnOnce() -> Caller) {
        if verification.is_to_be_recorded() {
            let dropped = self.lock().pending.add_up_to(MOST, verification, caller);
            self.metrics.dropped(dropped);
        }
    }

    /// Starts the thread that writes, in the name of `actor`, until [`Recorder::end`].
    ///
    /// # Errors
    ///
    /// When the operating system refuses another thread.
    pub fn start(self: Arc<Self>, store: Store, actor: Actor) -> io::Result<JoinHandle<()>> {
        thread::Builder::new().name("recorder".into()).spawn(move || self.run(&store, &actor))
    }

    /// Has the thread write the rest and end.
    pub fn end(&self) {
        self.lock().has_ended = true;
        self.wake.notify_all();
    }

    fn run(&self, store: &Store, actor: &Actor) {
        let mut pause = INTERVAL;
        while !self.wait(pause) {
            let started = Instant::now();
            self.write(store, actor);
            pause = INTERVAL.max(started.elapsed() * IDLE);
        }
        let last = Instant::now() + LAST_TRIES;
        while !self.write(store, actor) && Instant::now() < last {
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for the next time to write, and returns whether it is the last.
    fn wait(&self, pause: Duration) -> bool {
        let state = self.lock();
        let goes_on = |state: &mut State| !state.has_ended;
        let waited = self.wake.wait_timeout_while(state, pause, goes_on);
        waited.unwrap_or_else(PoisonError::into_inner).0.has_ended
    }

    /// Writes what there is, and returns whether nothing is left. What cannot be written now is kept.
    fn write(&self, store: &Store, actor: &Actor) -> bool {
        let mut batch = self.lock().pending.take();
        batch.write(store, || actor.clone(), Timestamp::now_millis());
        let is_done = batch.is_empty();
        if !is_done {
            let mut state = self.lock();
            state.pending.append(batch);
            state.pending.limit_attempts(MOST);
        }
        is_done
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
