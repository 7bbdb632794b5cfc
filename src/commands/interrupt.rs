//! What is left to do when a signal arrives: undoing `create` and `rotate`, also when the commit or the
//! output failed and nobody got the secret, and deleting unfinished files and what an import copied.

use crate::error::{Error, Result, report};
use crate::store::unfinished;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::{emulate_default_handler, signal_name};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Undoes what was done, and says what became of it, in the form of a hint; `None` if nothing was
/// issued.
type Undo = Box<dyn FnOnce() -> Option<String> + Send>;

/// Waits for a signal that ends the program, and undoes what was done before the program ends.
pub struct Watch(Arc<Mutex<Option<Undo>>>);

impl Watch {
    /// Nothing has been issued yet. `tokctl` is how to call this program on the same database.
    pub fn begin(tokctl: &str) -> Result<Self> {
        let nothing: Undo = Box::new(|| None);
        let watch = Watch(Arc::new(Mutex::new(Some(nothing))));
        let (undo, tokctl) = (watch.0.clone(), tokctl.to_string());
        let mut signals = signals()?;
        start(move || {
            if let Some(signal) = signals.forever().next() {
                // Held until the program ends: whoever else wants to undo waits.
                let mut undo = lock(&undo);
                unfinished::discard();
                if let Some(undo) = undo.take() {
                    let outcome = undo().unwrap_or_else(|| "nothing was issued".to_string());
                    let signal = signal_name(signal).unwrap_or("a signal");
                    let why = format!("{signal} arrived before the secret was delivered");
                    let error = Error::unavailable("interrupted", why).hint(outcome);
                    report(&error.located(&tokctl, None).into());
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
        *lock(&self.0) = Some(Box::new(undo));
    }

    /// The secret cannot be delivered, because of this error: undoes what may be done, and adds to
    /// the error what became of it.
    pub fn failed(&self, error: Error) -> Error {
        match lock(&self.0).take().and_then(|undo| undo()) {
            Some(outcome) => error.hint(outcome),
            None => error,
        }
    }

    /// The secret was delivered: nothing needs to be undone any more.
    pub fn disarm(&self) {
        lock(&self.0).take();
    }

    /// The secret is delivered if `deliver` succeeds. No signal comes between that and disarming.
    pub fn disarm_after(&self, deliver: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let mut undo = lock(&self.0);
        deliver().inspect(|()| *undo = None)
    }
}

/// Waits for a signal that ends the program, and deletes unfinished files and calls `clean_up` before
/// it does. The database needs none: a transaction that was not committed has changed nothing.
pub fn on_signal(clean_up: fn()) -> Result<()> {
    let mut signals = signals()?;
    start(move || {
        if let Some(signal) = signals.forever().next() {
            unfinished::discard();
            clean_up();
            let _ = emulate_default_handler(signal);
        }
    })
}

/// Starts the thread that waits, which the operating system may refuse.
fn start(waiting: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = thread::Builder::new().spawn(waiting).map(drop);
    started.map_err(|error| Error::unavailable("cannot wait for signals", error))
}

/// The signals that end the program, but for those that whoever started it has told it to ignore, as
/// `nohup` does.
fn signals() -> Result<Signals> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    let is_heeded = |signal: &i32| ignored & (1 << (signal - 1)) == 0;
    Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM].iter().filter(|signal| is_heeded(signal)))
        .map_err(|error| Error::unavailable("cannot wait for signals", error))
}

/// Whatever panicked while it was locked: a signal must not find it locked for ever.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
