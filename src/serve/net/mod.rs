//! Sockets, TLS and connections: everything below a request.

mod accept;
mod address;
mod connection;
mod listener;
mod tls;
mod write_timeout;

pub use accept::{Doorstep, accept};
pub use address::Address;
pub use connection::{Limits, Peer};
pub use listener::{Listener, inherited};
pub use tls::Tls;
