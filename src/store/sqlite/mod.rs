//! The backend on SQLite: one file.

mod backup;
mod cache;
mod columns;
mod connection;
mod draft;
mod error;
mod export;
mod file;
mod filling;
mod for_recording;
mod hash_filter;
mod health;
mod ids;
mod imports;
mod journal;
mod log;
mod lookup;
mod open;
mod packed;
mod pages;
mod restore;
mod schema;
mod settings;
mod snapshot;
mod token_cache;
mod token_table;
mod tokens;
mod transaction;
mod users;
mod values;
mod way;

pub use backup::check_backup;
pub use connection::{Sqlite, in_memory};
pub use draft::Draft;
#[cfg(feature = "import")]
pub use file::check_side_files;
pub use file::{is_missing, is_part_of};
pub use for_recording::ForRecording;
pub use restore::restore;
pub use token_cache::TokenCache;
