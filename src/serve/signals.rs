//! Signals: SIGTERM and SIGINT end the server, SIGHUP reloads.

use crate::error::{Error, Result};
use tokio::select;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that arrive from now on.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// To end, by the signal of this name.
    End(&'static str),
    /// To read the certificate again.
    Reload,
}

impl Signals {
    /// Receives signals, which have no other effect from now on.
    ///
    /// # Errors
    ///
    /// When the operating system refuses that.
    pub fn listen() -> Result<Self> {
        let listen = |kind| {
            signal(kind).map_err(|error| Error::unavailable("cannot wait for signals", error))
        };
        Ok(Signals {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> Request {
        select! {
            _ = self.terminate.recv() => Request::End("SIGTERM"),
            _ = self.interrupt.recv() => Request::End("SIGINT"),
            _ = self.hang_up.recv() => Request::Reload,
        }
    }

    /// Waits for a signal to end, and returns its name. There is nothing to reload any more.
    pub async fn end(&mut self) -> &'static str {
        loop {
            if let Request::End(name) = self.next().await {
                return name;
            }
        }
    }
}
