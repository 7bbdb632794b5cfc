//! Signals that end the program, and what is deleted before they do.

use crate::error::{Error, Result};
use crate::store::unfinished;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Waits for a signal that ends the program, and deletes unfinished files and calls `clean_up` before
/// it does. The database needs none: a transaction that was not committed has changed nothing.
pub fn on_signal(clean_up: fn()) -> Result<()> {
    let mut signals = signals()?;
    start(move || {
        for signal in signals.forever() {
            if !HELD.load(Ordering::SeqCst) {
                unfinished::discard();
                clean_up();
                let _ = emulate_default_handler(signal);
            }
        }
    })
}

/// Whether what is under way must come to its end.
static HELD: AtomicBool = AtomicBool::new(false);

/// From now on, signals that [`on_signal`] waits for do not end the program: it is replacing a database,
/// and nobody could tell which one is there.
pub fn hold_signals() {
    HELD.store(true, Ordering::SeqCst);
}

/// Starts the thread that waits, which the operating system may refuse.
pub fn start(waiting: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = thread::Builder::new().spawn(waiting).map(drop);
    started.map_err(|error| Error::unavailable("cannot wait for signals", error))
}

/// The signals that end the program, but for those that whoever started it has told it to ignore, as
/// `nohup` does.
pub fn signals() -> Result<Signals> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    let is_heeded = |signal: &i32| ignored & (1 << (signal - 1)) == 0;
    Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM].iter().filter(|signal| is_heeded(signal)))
        .map_err(|error| Error::unavailable("cannot wait for signals", error))
}
