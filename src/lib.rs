//! Verifying and administering opaque API access tokens that a local SQLite database keeps as
//! hashes: the library behind the `tokctl` command.
//!
//! A program that wants to let in the holders of good tokens opens the [`Database`] and asks for a
//! [`Verdict`]. Tokens are issued and taken back with the command.
//!
//! ```
//! use tokctl::{Database, Verdict};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tokctl.db");
//! # let out = folder.path().join("secret");
//! # // What `tokctl create --scope posts.manage --out secret` does.
//! # let (db, out) = (path.to_str().unwrap(), out.to_str().unwrap());
//! # let line = ["tokctl", "create", "-q", "--database", db, "--scope", "posts.manage", "--out", out];
//! # assert_eq!(tokctl::run(line.map(Into::into))?, 0);
//! # let header = format!("Bearer {}", std::fs::read_to_string(out)?.trim());
//! let database = Database::open(&path)?;
//! let answer = match database.verify(&header, &["posts.manage"])? {
//!     Verdict::Good(holder) => format!("200 hello {}", holder.user),
//!     Verdict::Insufficient(_, missing) => format!("403 needs {}", missing.join(" ")),
//!     Verdict::Malformed | Verdict::Unknown => "401 no such token".to_string(),
//!     Verdict::Revoked | Verdict::Banned => "401 taken back".to_string(),
//!     Verdict::Expired | Verdict::Unused => "401 too old".to_string(),
//! };
//! # assert!(answer.starts_with("200 hello "), "{answer}");
//! # let lacks = database.verify(&header, &["posts.delete"])?;
//! # assert!(matches!(lacks, Verdict::Insufficient(_, missing) if missing == ["posts.delete"]));
//! # assert_eq!(database.verify("nonsense", &[])?, Verdict::Malformed);
//! # let line = ["tokctl", "revoke", "1", "-q", "--format", "jsonl", "--database", db];
//! # tokctl::run(line.map(Into::into))?;
//! # assert_eq!(database.verify(&header, &[])?, Verdict::Revoked);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod cli;
mod commands;
mod error;
mod import;
mod library;
mod name;
mod outcome;
mod policy;
mod scheme;
mod scope;
mod secret;
mod settings;
mod store;
mod token;
mod usage;
mod verification;
mod view;
mod when;

#[doc(hidden)]
pub use commands::run;
#[doc(hidden)]
pub use error::report;
pub use library::{Database, Error, Holder, Verdict};
