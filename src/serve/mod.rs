//! The HTTP server: forward-auth for proxies, introspection (RFC 7662), revocation (RFC 7009),
//! administration, health and metrics.
//!
//! A request goes through `net/` (sockets, TLS, connections), `observe` (limits, log, metrics) and the
//! router to a handler. Handlers verify with [`checker::Checker`], on the thread that received the
//! request, and administer with the use cases of `admin/`, on threads that may wait.

mod administration;
mod app;
mod auth;
mod challenge;
mod checker;
mod client;
mod config;
mod credentials;
mod health;
mod log;
mod media_type;
mod metrics;
mod net;
mod oauth;
mod observe;
mod openapi;
mod outcome;
mod problem;
mod recorder;
mod responses;
mod router;
mod schema;
mod server;
mod shutdown;
mod signals;
mod systemd;
mod unavailable;

pub use config::{AccessLog, Config, LogFormat, TlsFiles};
pub use net::Address;
pub use server::run;
