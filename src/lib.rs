//! Verifying and administering opaque API access tokens that a local SQLite database keeps as
//! hashes: the library behind the `tokctl` command.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod cli;
mod commands;
mod error;
mod import;
mod name;
mod outcome;
mod policy;
mod scheme;
mod scope;
mod secret;
mod settings;
mod store;
mod token;
mod usage;
mod view;
mod when;

#[doc(hidden)]
pub use commands::run;
#[doc(hidden)]
pub use error::report;
