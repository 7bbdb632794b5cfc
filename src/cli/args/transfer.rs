//! `import`, `export`, `backup` and `restore`.

use crate::cli::examples::examples;
use crate::import::Zone;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

/// Import users and tokens from another system
///
/// All secrets that the other system issued remain valid. Supported systems: shield (CodeIgniter
/// Shield), adonisjs, sanctum (Laravel Sanctum), symfony (the ApiToken entity of its guides),
/// strapi-guide (tokens of Strapi's guide), strapi (Strapi's own API tokens), and jsonl (the output
/// of `tokctl export`). The source is never modified. Importing it again adds only what is new.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Preview the import, row by row" =>
        "tokctl import --dry-run --verbose sanctum database.sqlite",
    "Import; the system is detected from the tables" =>
        "tokctl import database.sqlite",
    "Import an export from another machine" =>
        "tokctl import jsonl tokens.jsonl",
))]
pub struct Import {
    /// System to import from (shield, adonisjs, sanctum, symfony, strapi-guide, strapi, jsonl);
    /// detected from the tables if only SOURCE is given
    #[arg(value_name = "SYSTEM")]
    pub system: OsString,
    /// SQLite database of the system; for jsonl, the exported file
    #[arg(value_name = "SOURCE")]
    pub source: Option<PathBuf>,
    /// Prefix of all table names (shield: DBPrefix)
    #[arg(long, value_name = "PREFIX")]
    pub table_prefix: Option<String>,
    /// Name of the token table
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
    /// Type of the tokens (adonisjs) [default: auth_token]
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// Prefix of the secrets (adonisjs) [default: oat_]
    #[arg(long, value_name = "PREFIX")]
    pub prefix: Option<String>,
    /// Time zone of dates that do not specify one: an IANA name or an offset [default: UTC]
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub time_zone: Option<Zone>,
    /// File that contains the API_TOKEN_SALT of the project (strapi)
    #[arg(long, value_name = "FILE")]
    pub salt_file: Option<PathBuf>,
    #[arg(long, hide = true, env = "API_TOKEN_SALT", hide_env_values = true)]
    pub salt: Option<String>,
    /// Also match users by name, not only by e-mail address
    #[arg(long)]
    pub match_names: bool,
    /// Print the report without importing anything
    #[arg(long)]
    pub dry_run: bool,
    /// Report every row
    #[arg(short, long)]
    pub verbose: bool,
}

/// Export users and tokens as JSON Lines, without secrets
///
/// The export contains hashes, so all secrets remain valid after `tokctl import jsonl FILE`, even on
/// another machine.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Export to a file that only this account can read" =>
        "tokctl export --out tokens.jsonl",
    "Copy all users and tokens to another database" =>
        "tokctl export > all.jsonl; tokctl --database other.db import jsonl all.jsonl",
))]
pub struct Export {
    /// Write to a new file that only this account can read
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
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
))]
pub struct Backup {
    /// File to write, which only this account can read
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
))]
pub struct Restore {
    /// Backup file to restore
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
