//! Everything clap: arguments, value parsers, help, usage errors, completion and the manual.
//!
//! The first sentence of a command's documentation is its line in `tokctl --help`. The rest appears
//! in the command's own help and on its manual page. Tests run every example (`tests/help.rs`).

mod app;
mod args;
mod arguments;
pub mod complete;
mod database;
mod examples;
mod global;
pub mod help;
pub mod manual;
mod named;
mod parse;
mod quote;
mod reference;
mod synonyms;
mod usage;
mod values;

pub use app::Command;
#[cfg(feature = "serve")]
pub use args::Serve;
pub use args::{
    Backup, Completions, Create, Doctor, Edit, Export, Import, List, Log, LogKind, Man, Migrate,
    OptionalEmail, Prune, Replica, Restore, Revoke, RevokeAll, Rotate, Settings, Show, Stats,
    TokenArg, Unrevoke, User, Verify,
};
pub use arguments::arguments;
pub use global::{Color, Format, Global};
pub use parse::parse;
pub use usage::{Outcome, explain};
pub use values::MAX_COUNT;
