//! The arguments of each command, one file per group of commands.

mod import;
mod inspect;
mod revoke;
mod settings;
mod tokens;
mod tool;
mod transfer;
mod users;
mod verify;

pub use import::Import;
pub use inspect::{Doctor, Log, LogKind, Stats};
pub use revoke::{Prune, Revoke, RevokeAll};
pub use settings::Settings;
pub use tokens::{Create, List, Rotate, Show, TokenArg};
pub use tool::{Completions, Man, Shell};
pub use transfer::{Backup, Export, Restore};
pub use users::{OptionalEmail, User};
pub use verify::Verify;
