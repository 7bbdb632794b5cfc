//! Administration: the use cases behind the commands, for Rust programs too.
//!
//! An [`Admin`] works on a [`Store`](crate::store::Store) in the name of an
//! [`Actor`](crate::domain::audit::Actor), who is recorded in the log with every change.

mod bootstrap;
#[cfg(feature = "cli")]
pub(crate) mod candidates;
mod doctor;
mod edit;
mod error;
mod export;
mod filter;
mod handle;
mod issue;
mod log;
mod pattern;
mod prune;
mod revoke;
mod rotate;
mod settings;
mod stats;
mod tokens;
mod users;

pub use bootstrap::{create_database, create_in_memory};
pub use doctor::{Check, Finding, Fix};
pub use edit::TokenEdit;
pub use error::{Error, NotRotatable, Result, SelectorKind};
pub use export::COPY_SYSTEM;
pub use filter::Filter;
pub use handle::Admin;
pub use issue::{Issued, IssuedToken, Request};
pub use log::{LogFilter, LogLimit, LogPage};
pub use pattern::NamePattern;
pub use revoke::{Revoked, Unrevoked};
pub use rotate::{RotateRequest, Rotation};
pub use stats::{Count, Statistics};
pub use tokens::{Order, OrderBy, Selector};
