//! The end of the server, in steps, so that nothing that was begun is lost.

use tokio::sync::watch;

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub enum Phase {
    /// Not at all.
    Serving,
    /// Each response asks its client to close the connection, so that clients that are about to send a
    /// request do so and get an answer. New connections are still accepted.
    Closing,
    /// No new connections, but for those that wait already. These send their first request.
    Refusing,
    /// Connections without a request are closed.
    Ending,
}

/// Tells everybody how far the end has come, and knows when the last connection is closed.
pub struct Shutdown {
    phase: watch::Sender<Phase>,
    connections: watch::Sender<()>,
}

/// An open connection, for as long as it is held.
pub struct OpenConnection {
    _counted: watch::Receiver<()>,
}

impl Shutdown {
    /// Nothing has begun.
    pub fn new() -> Self {
        Shutdown { phase: watch::Sender::new(Phase::Serving), connections: watch::Sender::new(()) }
    }

    /// Goes on to the next phase.
    pub fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Whether the end has begun.
    pub fn has_begun(&self) -> bool {
        *self.phase.borrow() != Phase::Serving
    }

    /// To wait for phases.
    pub fn watch(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Counts a connection.
    pub fn connection(&self) -> OpenConnection {
        OpenConnection { _counted: self.connections.subscribe() }
    }

    /// Waits until no connection is open.
    pub async fn last_connection(&self) {
        self.connections.closed().await;
    }
}
