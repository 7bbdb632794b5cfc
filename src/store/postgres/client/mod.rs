//! Connections to PostgreSQL servers, as libpq's users know them: the parameters of the URL, the
//! environment, the password file and the TLS modes mean what libpq says.

mod address;
mod connect;
mod error;
mod passfile;
mod tls;

pub use address::Address;
pub use connect::{connect, connect_async};
pub use error::{Error, text};
