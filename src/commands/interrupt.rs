//! Undoing `create` and `rotate` when nobody got the secret: because a signal arrived, or because the commit or
//! the output failed.

use super::signals::{signals, start};
use crate::error::{Error, Result, report};
use crate::store::unfinished;
use signal_hook::low_level::{emulate_default_handler, signal_name};
use std::io;
use std::mem;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Undoes what was done, and says what became of it, in the form of a hint; `None` if nothing was
/// issued.
type Undo = Box<dyn FnOnce() -> Option<String> + Send>;

/// What a signal has to do.
enum State {
    /// Undo this.
    Armed(Undo),
    /// Nothing: the secret was delivered, and what is left are remarks.
    Delivered,
    /// Nothing: the command has failed, and what could be undone was.
    Failed,
}

/// Waits for a signal that ends the program, and undoes what was done before the program ends.
pub struct Watch(Arc<Mutex<State>>);

impl Watch {
    /// Nothing has been issued yet. `tokctl` is how to call this program on the same database.
    pub fn begin(tokctl: &str) -> Result<Self> {
        let watch = Watch(Arc::new(Mutex::new(State::Armed(Box::new(|| None)))));
        let (state, tokctl) = (watch.0.clone(), tokctl.to_string());
        let mut signals = signals()?;
        start(move || {
            if let Some(signal) = signals.forever().next() {
                // Held until the program ends: whoever else wants to undo waits.
                let mut state = lock(&state);
                unfinished::discard();
                match mem::replace(&mut *state, State::Failed) {
                    State::Armed(undo) => {
                        let outcome = undo().unwrap_or_else(|| "nothing was issued".to_string());
                        let signal = signal_name(signal).unwrap_or("a signal");
                        let why = format!("{signal} arrived before the secret was delivered");
                        let error = Error::unavailable("interrupted", why).hint(outcome);
                        report(&error.located(&tokctl, None).into());
                    }
                    State::Delivered => process::exit(0),
                    State::Failed => {}
                }
                let _ = emulate_default_handler(signal);
            }
        })?;
        Ok(watch)
    }

    /// Says how to undo what is about to be committed. Must be called before the commit: undoing
    /// waits for the transaction's lock, so there is no moment in which a signal leaves a token
    /// behind.
    pub fn arm(&self, undo: impl FnOnce() -> Option<String> + Send + 'static) {
        *lock(&self.0) = State::Armed(Box::new(undo));
    }

    /// The secret cannot be delivered, because of this error: undoes what may be done, and adds to
    /// the error what became of it.
    pub fn failed(&self, error: Error) -> Error {
        // A signal waits until this is undone.
        let mut state = lock(&self.0);
        let State::Armed(undo) = mem::replace(&mut *state, State::Failed) else {
            return error;
        };
        match undo() {
            Some(outcome) => error.hint(outcome),
            None => error,
        }
    }

    /// Waits for a signal that is being handled, which ends the program: its secret is not to be printed
    /// while it is revoked.
    pub fn let_signals_win(&self) {
        drop(lock(&self.0));
    }

    /// The secret was delivered: nothing needs to be undone any more.
    pub fn disarm(&self) {
        *lock(&self.0) = State::Delivered;
    }

    /// The secret is delivered if `deliver` succeeds. No signal comes between that and disarming.
    pub fn disarm_after(&self, deliver: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let mut state = lock(&self.0);
        deliver().inspect(|()| *state = State::Delivered)
    }
}

/// Whatever panicked while it was locked: a signal must not find it locked for ever.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
