//! One connection: reading requests and writing responses, within limits.

use super::write_timeout::WriteTimeout;
use crate::serve::config::{MAX_HEAD, MAX_HEADERS};
use crate::serve::shutdown::Phase;
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::select;
use tokio::sync::watch;
use tower_service::Service;

/// Who is at the other end; `None` at a Unix socket.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub Option<SocketAddr>);

/// The limits of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long it may wait for the headers of the next request, and the server for its client to read
    /// a response.
    pub idle: Duration,
    /// How long the handshake of TLS may take.
    pub handshake: Duration,
}

/// Answers requests until the client or the server closes the connection. That a client misbehaves or
/// goes away is nothing to report.
pub async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    limits: Limits,
    mut phases: watch::Receiver<Phase>,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        router.clone().call(request)
    });
    let mut builder = Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEAD)
        .max_buf_size(MAX_HEAD)
        .half_close(true);
    let stream = TokioIo::new(WriteTimeout::new(stream, limits.idle));
    let mut connection = pin!(builder.serve_connection(stream, service));
    select! {
        // What was sent just before the end is answered.
        biased;
        _ = connection.as_mut() => return,
        // The sender is there as long as the server.
        _ = phases.wait_for(|phase| *phase == Phase::Ending) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
