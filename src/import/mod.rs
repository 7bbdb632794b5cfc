//! Importing users and tokens from other systems, and from exports.
//!
//! ```text
//! open → detect → Reader ─ users, tokens ─→ Importer → Report
//! ```
//!
//! A system is a declaration in `systems/`: its tables, columns and owners. One driver reads every
//! system by its declaration, from any kind of [`Source`](source::Source). To add a system, write a
//! file with its declaration and list it in `systems/mod.rs`.

mod applies;
mod catalog;
mod detect;
mod driver;
mod ends;
mod error;
mod importer;
mod jsonl;
mod options;
mod owners;
mod plan;
mod record;
mod report;
mod run;
pub mod source;
mod system;
mod systems;

pub use applies::{check_access, check_export};
pub use detect::{detect, find, system_names};
pub use driver::Reader;
pub use error::{Error, InvalidLine, Result};
pub use jsonl::Export;
pub use options::{InvalidSalt, OptionName, Options, Request, Salt, Secrets};
pub use plan::OtherRows;
pub use record::{RowKey, SkipReason};
pub use report::{Outcome, Report, RowReport, Rows, Skipped};
pub use run::{run, run_export};
pub use source::{Zone, open, remove_copies};
pub use system::System;
pub use systems::SYSTEMS;
