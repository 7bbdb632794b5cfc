//! Files of JSON Lines: what `export` wrote, or what was made of any other system. The format is
//! documented in `docs/import-format.md`.

mod entry;
mod exported;
mod file;
mod identity;
mod keys;
mod line;
mod passes;
mod remembered;
mod row;
mod types;
mod whole;

pub use file::JsonlFile;
pub use identity::identify;
pub use line::{MAX_KEY, MAX_KEYS};
pub use passes::import;
pub use row::{JSONL, USERS};

use super::options::OptionName;

/// The options that have a meaning for a file, besides those of every source.
pub const OPTIONS: &[OptionName] =
    &[OptionName::Hashed, OptionName::ClearText, OptionName::MapScopes];
