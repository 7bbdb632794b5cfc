//! The arguments of each command, one file per group of commands.

mod filters;
mod import;
mod inspect;
mod replica;
mod revoke;
#[cfg(feature = "serve")]
mod serve;
mod settings;
mod tokens;
mod tool;
mod transfer;
mod users;
mod verify;

pub use filters::Filters;
pub use import::Import;
pub use inspect::{Doctor, Log, LogKind, Stats};
pub use replica::Replica;
pub use revoke::{Prune, Revoke, RevokeAll, Unrevoke};
#[cfg(feature = "serve")]
pub use serve::Serve;
pub use settings::Settings;
pub use tokens::{Create, Edit, List, Rotate, Show, TokenArg};
pub use tool::{Completions, Man, Shell};
pub use transfer::{Backup, Export, Migrate, Restore};
pub use users::{OptionalEmail, User};
pub use verify::Verify;
