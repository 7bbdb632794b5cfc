//! The store: rows in, rows out, typed errors. Nothing here decides what a row means.
//!
//! A backend implements [`Backend`], [`Connection`], [`ReadTransaction`] and [`WriteTransaction`];
//! everything above uses a [`Store`]. `tests/store/` has the tests that every backend must pass.
//! What backends must agree on, and how each statement would look on PostgreSQL, is in
//! `docs/architecture.md`.

#[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "some of it is for commands"))]
#[cfg(any(feature = "cli", feature = "import-mysql", feature = "postgres"))]
pub(crate) mod account;
mod backend;
mod error;
mod handle;
mod location;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod records;
mod replica;
mod retry;
#[cfg_attr(
    not(all(feature = "import-mysql", feature = "postgres")),
    allow(dead_code, reason = "some of it is for the other kind of server")
)]
pub(crate) mod server;
mod sqlite;
#[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "some of it is for commands"))]
pub(crate) mod unfinished;

pub use backend::{
    Access, Backend, Connection, Each, Interference, Patience, Pipeline, Promise, ReadTransaction,
    RecordTransaction, WriteTransaction,
};
pub use error::{Error, Field, Result};
pub use handle::{Pipelines, Store, check_backup, exists, is_part_of, restore, token_cache};
pub use location::{Location, Url};
#[cfg(feature = "postgres")]
pub use postgres::client::Error as ServerError;
pub use records::*;
pub use server::AskPassword;
pub use sqlite::TokenCache;
#[cfg(feature = "import")]
pub(crate) use sqlite::check_side_files;
