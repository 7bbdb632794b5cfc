//! `export`, `backup`, `restore` and `migrate`.

use super::Filters;
use crate::cli::examples::examples;
use clap::Args;
use std::path::PathBuf;

/// Export everything but the log as JSON Lines, without secrets
///
/// The export contains hashes, so all secrets remain valid after `tokctl import jsonl FILE`, even on
/// another machine. It also contains the settings and what imports remember, so that a new database
/// becomes a copy. With filters, it only contains the tokens that match all of them, and their owners.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Export to a file that only this account can read" =>
        "tokctl export --out tokens.jsonl",
    "Move to another database" =>
        "tokctl export > all.jsonl; tokctl --database other.db import jsonl all.jsonl",
))]
pub struct Export {
    /// Write to a new file that only this account can read; - is standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub filters: Filters,
}

/// Back up the database while it is in use
///
/// Writes a consistent copy, which is checked before it gets its name. The copy contains no
/// secrets, but an account that can restore it decides which tokens are good.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Write a new file" =>
        "tokctl backup tokens.backup",
    "Every night, replace the previous backup" =>
        "tokctl backup --force --quiet nightly.backup",
    "Compress the backup on its way" =>
        "tokctl backup - | gzip > tokens.backup.gz",
))]
pub struct Backup {
    /// File to write, which only this account can read; - is standard output
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
}

/// Replace the database with a backup
///
/// The replaced database is kept next to the new one. Asks for confirmation; without a terminal,
/// --yes is required. Tokens that were revoked after the backup become valid again: check
/// `tokctl log` first.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Restore a backup without confirmation" =>
        "tokctl restore --yes tokens.backup",
    "Restore a compressed backup" =>
        "gzip -dc tokens.backup.gz | tokctl restore --yes -",
))]
pub struct Restore {
    /// Backup file to restore; - reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Create or upgrade the tables of the database
///
/// On a PostgreSQL server, creates the schema and its tables, with this account as the first
/// administrator, or upgrades those of an older version; this needs the rights to do so, which no other
/// command needs. An SQLite database is created by the first command that writes, and upgraded by any. Run
/// it again at any time: it changes nothing then.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Create the tables on a server" =>
        "tokctl --database postgres://owner@db.example.com/app migrate",
    "In another schema than tokctl" =>
        "tokctl --database 'postgres://db/app?options=-csearch_path=tokens' migrate",
))]
pub struct Migrate {}
