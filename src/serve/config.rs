//! How to serve.

use super::net::Address;
use axum::http::HeaderName;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

/// The largest body of a request, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// The longest request line and headers together, in bytes.
pub const MAX_HEAD: usize = 32 * 1024;

/// The most headers of a request.
pub const MAX_HEADERS: usize = 100;

/// Where to listen unless something else is configured.
pub const DEFAULT_PORT: u16 = 7380;

/// How to serve.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen, besides the sockets that systemd passes.
    pub listen: Vec<Address>,
    /// The mode of Unix sockets.
    pub socket_mode: u32,
    /// The certificate, without which connections are not encrypted.
    pub tls: Option<TlsFiles>,
    /// Whether only a proxy can connect, which tells the address of its client.
    pub behind_proxy: bool,
    /// The header with the secret; `None`: `Authorization`.
    pub header: Option<HeaderName>,
    /// The parameter of the original URI with the secret, besides the header.
    pub query_parameter: Option<String>,
    /// The URL that clients know the server by; `None`: the first address.
    pub issuer: Option<String>,
    /// How many threads answer.
    pub threads: usize,
    /// How many connections may be open.
    pub max_connections: usize,
    /// How long a request may take once its headers have arrived.
    pub request_timeout: Duration,
    /// How long a connection may wait for the headers of its next request.
    pub idle_timeout: Duration,
    /// How long the end of the server waits for requests that are under way.
    pub shutdown_timeout: Duration,
    /// The form of the log.
    pub log_format: LogFormat,
    /// Which requests the log names.
    pub access_log: AccessLog,
}

impl Config {
    /// The addresses to listen at. A default only applies where systemd passes no sockets.
    pub fn addresses(&self) -> Vec<Address> {
        match self.listen.as_slice() {
            [] => vec![Address::Tcp((Ipv4Addr::LOCALHOST, DEFAULT_PORT).into())],
            named => named.to_vec(),
        }
    }
}

/// The files of a certificate, in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate and those that sign it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// A line of text.
    Text,
    /// An object per line.
    Json,
}

/// Which requests the log names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessLog {
    /// None.
    None,
    /// Those that the server could not answer (5xx).
    Errors,
    /// Those and the ones it refused (4xx).
    Failures,
    /// All.
    All,
}
