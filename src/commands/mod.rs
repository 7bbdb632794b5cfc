//! The commands: arguments in, one use case, a view out.

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
mod out_file;
mod prune;
mod request_line;
mod requests;
mod restore;
mod revoke;
mod revoke_all;
mod rotate;
mod run;
mod settings;
mod show;
mod signals;
mod stats;
mod stream;
mod unrevoke;
mod user;
mod verify;

pub use run::run;
