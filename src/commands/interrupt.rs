//! What nobody must be left with: a live token whose secret reached nobody, because the output
//! failed or a signal came before it was out.

use crate::error::{Error, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

type Undo = Box<dyn FnOnce() -> Result<()> + Send>;

/// Waits for a hang-up, an interrupt or a termination, and undoes what was done before it lets the
/// program end as it would have.
pub struct Watch(Arc<Mutex<Option<Undo>>>);

impl Watch {
    pub fn begin() -> Result<Self> {
        let watch = Watch(Arc::default());
        let undo = watch.0.clone();
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])
            .map_err(|error| Error::unavailable("cannot wait for signals", error))?;
        thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                // Whoever else wants it waits until the end of the program.
                let mut undo = locked(&undo);
                if let Some(undo) = undo.take() {
                    let told = match undo() {
                        Ok(()) => {
                            "what was issued is taken back, for its secret reached nobody".into()
                        }
                        Err(error) => format!("what was issued could not be taken back ({error})"),
                    };
                    let _ = writeln!(io::stderr(), "tokctl: interrupted: {told}");
                }
                let _ = emulate_default_handler(signal);
            }
        });
        Ok(watch)
    }

    /// Says what is to be undone. To be called before the transaction commits: `undo` waits for its
    /// lock, so that there is no moment in which a signal leaves something behind.
    pub fn arm(&self, undo: impl FnOnce() -> Result<()> + Send + 'static) {
        *locked(&self.0) = Some(Box::new(undo));
    }

    /// Undoes it.
    pub fn undo(&self) -> Result<()> {
        locked(&self.0).take().map_or(Ok(()), |undo| undo())
    }

    /// The secret is where it belongs: nothing is to be undone any more.
    pub fn disarm(&self) {
        locked(&self.0).take();
    }
}

fn locked(undo: &Mutex<Option<Undo>>) -> MutexGuard<'_, Option<Undo>> {
    undo.lock().unwrap_or_else(PoisonError::into_inner)
}
