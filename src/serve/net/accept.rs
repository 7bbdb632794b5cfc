//! Accepting connections.

use super::connection::{Limits, Peer, serve};
use super::listener::{Listener, Stream};
use super::tls::Tls;
use crate::serve::app::Shared;
use crate::serve::shutdown::Phase;
use axum::Router;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::select;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// How long to wait when the operating system has no room for another connection.
const PAUSE: Duration = Duration::from_millis(50);

/// How often the log says that there is no room.
const SILENCE: Duration = Duration::from_secs(60);

/// How long connections that wait already are still accepted at the end.
const LAST: Duration = Duration::from_millis(20);

/// What all listeners share.
#[derive(Clone)]
pub struct Doorstep {
    pub app: Shared,
    pub router: Router,
    pub tls: Option<Arc<Tls>>,
    pub limits: Limits,
    /// A place for each connection that may be open.
    pub places: Arc<Semaphore>,
}

/// Accepts connections until [`Phase::Refusing`]. Then those that wait already are accepted, too: their
/// clients believe that they are connected.
pub async fn accept(listener: Listener, door: Doorstep) {
    let mut phases = door.app.shutdown.watch();
    let mut warned: Option<Instant> = None;
    loop {
        let next = async {
            // Without a place, connections wait in the operating system.
            let place = door.places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = select! {
            next = next => next,
            _ = phases.wait_for(|phase| *phase >= Phase::Refusing) => break,
        };
        let Ok(place) = place else { return };
        match accepted {
            Ok((stream, peer)) => door.open(stream, peer, place),
            Err(error) if is_of_one_connection(&error) => door.app.metrics.accept_error(),
            Err(error) => {
                door.app.metrics.accept_error();
                if warned.is_none_or(|warned| warned.elapsed() > SILENCE) {
                    door.app.log.warn("connections cannot be accepted", error);
                    warned = Some(Instant::now());
                }
                drop(place);
                sleep(PAUSE).await;
            }
        }
    }
    let rest = async {
        // Nothing is accepted that could not be served.
        while let Ok(place) = door.places.clone().try_acquire_owned() {
            let Ok((stream, peer)) = listener.accept().await else { return };
            door.open(stream, peer, place);
        }
    };
    let _ = timeout(LAST, rest).await;
}

/// Whether a connection went away before it was accepted, which is no reason to wait.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

impl Doorstep {
    /// Serves a connection, which keeps its place until it is closed.
    fn open(&self, stream: Stream, peer: Peer, place: OwnedSemaphorePermit) {
        let door = self.clone();
        let open = self.app.shutdown.connection();
        tokio::spawn(async move {
            let app = door.app.clone();
            app.metrics.connections.inc();
            if door.has_sent(&stream).await {
                // Boxed, so that connections that send nothing cost little.
                Box::pin(door.serve(stream, peer)).await;
            }
            app.metrics.connections.dec();
            drop((place, open));
        });
    }

    /// Waits until the client sends something. The buffers of a connection are made only then.
    async fn has_sent(&self, stream: &Stream) -> bool {
        let mut phases = self.app.shutdown.watch();
        let limit = match (stream, &self.tls) {
            (Stream::Tcp(_), Some(_)) => self.limits.handshake,
            _ => self.limits.idle,
        };
        let sent = async {
            match stream {
                // Tokio takes a new connection for readable before it knows.
                Stream::Tcp(stream) => stream.peek(&mut [0]).await.is_ok_and(|count| count > 0),
                Stream::Unix(stream) => stream.readable().await.is_ok(),
            }
        };
        select! {
            // What was sent just before the end is answered.
            biased;
            has_sent = timeout(limit, sent) => has_sent.unwrap_or(false),
            _ = phases.wait_for(|phase| *phase == Phase::Ending) => false,
        }
    }

    async fn serve(self, stream: Stream, peer: Peer) {
        let Doorstep { app, router, tls, limits, .. } = self;
        let phases = app.shutdown.watch();
        match (stream, tls) {
            (Stream::Tcp(stream), Some(tls)) => {
                let handshake = tls.acceptor().accept(stream);
                if let Ok(Ok(stream)) = timeout(limits.handshake, handshake).await {
                    serve(stream, peer, router, limits, phases).await;
                }
            }
            (Stream::Tcp(stream), None) => serve(stream, peer, router, limits, phases).await,
            (Stream::Unix(stream), _) => serve(stream, peer, router, limits, phases).await,
        }
    }
}
