//! The backend on PostgreSQL: one schema of a server's database.

pub mod client;
mod connection;
mod drift;
mod error;
mod export;
mod health;
mod ids;
mod imports;
mod log;
mod lookup;
mod new_tokens;
mod pipeline;
mod presence;
mod schema;
mod session;
mod settings;
mod tokens;
mod transaction;
mod users;
mod values;

pub use connection::{Draft, DraftBackend, Postgres, exists};
