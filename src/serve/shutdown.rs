//! The end of the server, in steps, so that nothing that was begun is lost.

use tokio::sync::watch;

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub enum Phase {
    /// Not at all.
    Serving,
    /// No new connections. A response asks its client to close the connection, so that clients that are
    /// about to send a request do so and get an answer.
    Closing,
    /// Connections without a request are closed.
    Ending,
}

/// Tells everybody how far the end has come.
pub struct Shutdown(watch::Sender<Phase>);

impl Shutdown {
    /// Nothing has begun.
    pub fn new() -> Self {
        Shutdown(watch::Sender::new(Phase::Serving))
    }

    /// Goes on to the next phase.
    pub fn enter(&self, phase: Phase) {
        self.0.send_replace(phase);
    }

    /// Whether the end has begun.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow() != Phase::Serving
    }

    /// To wait for phases.
    pub fn watch(&self) -> watch::Receiver<Phase> {
        self.0.subscribe()
    }
}
