//! `log`, `stats` and `doctor`.

use crate::cli::examples::examples;
use crate::cli::values;
use crate::domain::time::When;
use clap::{Args, ValueEnum};

/// Show the log of verifications and administrative changes
///
/// The newest entry comes last. All administrative changes are logged. The setting record-attempts
/// selects the verifications to log (none, failures or all), and attempts-kept limits their number.
/// A rejected secret appears as a short fingerprint of its SHA-256 hash.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "History of a token" =>
        "tokctl log --token 7",
    "Secrets that were rejected in the last day" =>
        "tokctl log --kind verify --failures --since 1d",
    "Changes since the start of the year, for a spreadsheet" =>
        "tokctl log --kind admin --since 2026-01-01 --format csv > changes.csv",
))]
pub struct Log {
    /// Only verifications, or only administrative changes
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<LogKind>,
    /// Only failed verifications
    #[arg(long)]
    pub failures: bool,
    /// Only entries about this user
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Only entries about the token with this ID
    #[arg(long, value_name = "ID", value_parser = values::id, allow_negative_numbers = true)]
    pub token: Option<i64>,
    /// Only entries since this time: a duration ago (1d), a date (00:00 UTC) or an RFC 3339
    /// timestamp
    #[arg(long, value_name = "WHEN", value_parser = values::since)]
    pub since: Option<When>,
    /// Only entries up to this time, in the same forms
    #[arg(long, value_name = "WHEN", value_parser = values::since)]
    pub until: Option<When>,
    /// Only the newest N entries
    #[arg(short = 'n', long, value_name = "N", value_parser = values::limit, allow_negative_numbers = true)]
    pub limit: Option<usize>,
    /// Keep running and print new entries
    #[arg(short, long)]
    pub follow: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogKind {
    Verify,
    Admin,
}

/// Show an overview of tokens and users
///
/// Counts tokens by status, owner and scope, and shows upcoming expiries, recent use and rejected
/// verifications.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Show the overview" =>
        "tokctl stats",
    "As JSON, for a dashboard" =>
        "tokctl stats --json",
))]
pub struct Stats {}

/// Check the database and the tokens for problems
///
/// Checks the integrity and the permissions of the database, and looks for tokens that grant too
/// much, never expire, are unused or violate the policy. Prints only commands that revoke no token
/// in use; other findings are advice. Exits with 1 if the database is damaged or accessible to other
/// accounts, which it also says on standard error, or with --strict on any finding; otherwise with 0.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Print all findings" =>
        "tokctl doctor",
    "From cron, which mails what is wrong with the database" =>
        "tokctl doctor --quiet > /dev/null",
    "In CI: fail on any finding" =>
        "tokctl doctor --strict --json || echo 'review the tokens'",
))]
pub struct Doctor {
    /// Exit with 1 on any finding
    #[arg(long)]
    pub strict: bool,
}
