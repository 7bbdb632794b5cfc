//! Importing users and tokens from other systems, and from files of JSON Lines.
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
mod ends;
mod error;
mod importer;
mod jsonl;
mod options;
mod owners;
mod plan;
mod reader;
mod record;
mod report;
mod row_end;
mod run;
pub mod source;
mod system;
mod systems;
mod token_type;

pub use applies::{check_access, check_jsonl};
pub use detect::{detect, find, system_names};
pub use error::{Error, InvalidLine, Result};
pub use jsonl::{JSONL, JsonlFile};
pub use options::{InvalidSalt, OptionName, Options, Request, Salt, Secrets};
pub use reader::Reader;
pub use record::{RowKey, SkipReason};
pub use report::{
    KeptSetting, OtherRows, Outcome, RememberedReport, Report, RowLog, RowReport, Skipped, Taken,
};
pub use run::{run, run_jsonl};
pub use source::{Zone, open, remove_copies};
pub use system::System;
pub use systems::SYSTEMS;
