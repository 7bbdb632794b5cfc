//! The commands: arguments in, one use case, a view out. One file each, which they have in common:
//!
//! - `run` parses the command line and calls the command; `context` has what every command needs, and
//!   `account` the account that runs it.
//! - `input` reads secrets and selects tokens; `requests` and `request_line` read what `create` issues;
//!   `batch` is `verify --batch`, and `import_source` is where `import` reads from.
//! - `deliver` brings a new secret to its reader, or undoes it; `interrupt` does that on a signal.
//! - `stream` is standard output and input, `files` the files of arguments, and `out_file` the file of
//!   `--out`.

mod account;
mod backup;
mod batch;
mod completions;
mod context;
mod create;
mod deliver;
mod doctor;
mod edit;
mod export;
mod files;
mod import;
mod import_source;
mod input;
mod interrupt;
mod list;
mod log;
mod man;
mod migrate;
mod out_file;
mod prune;
mod replica;
mod request_line;
mod requests;
mod restore;
mod revoke;
mod revoke_all;
mod rotate;
mod run;
#[cfg(feature = "serve")]
mod serve;
mod settings;
mod show;
mod signals;
mod stats;
mod stream;
mod unrevoke;
mod user;
mod verify;

pub use run::run;
