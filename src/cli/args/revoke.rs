//! `revoke`, `unrevoke`, `revoke-all` and `prune`.

use super::{Filters, TokenArg};
use crate::cli::examples::examples;
use crate::cli::values;
use crate::domain::name::parse_text;
use crate::domain::secret::Hash;
use crate::domain::time::Span;
use clap::{ArgGroup, Args};
use std::ffi::OsString;

/// Revoke tokens
///
/// Revoked tokens are rejected from the next verification on. Their records remain until
/// `tokctl prune` deletes them, by default 30 days later. Until then `tokctl unrevoke` undoes a
/// mistake.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["tokens", "hash", "token_name"]))]
#[command(after_long_help = examples!(
    "Revoke a token by ID and record the reason" =>
        "tokctl revoke 7 --reason 'laptop lost'",
    "Revoke several tokens" =>
        "tokctl revoke 3 4 5",
    "Revoke the token of a leaked secret" =>
        "tokctl revoke - < leaked.secret",
))]
pub struct Revoke {
    /// IDs or secrets of the tokens; - reads one secret from standard input (other accounts can
    /// see arguments in the process list)
    #[arg(value_name = "TOKEN", allow_negative_numbers = true)]
    pub tokens: Vec<OsString>,
    /// SHA-256 hash of the secret, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = values::hash)]
    pub hash: Option<Hash>,
    /// Exact name; if several tokens have it, the active one
    #[arg(long = "name", id = "token_name", value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub how: HowToRevoke,
}

/// Undo a revocation
///
/// The secret is accepted again, unless the token has expired or its owner is banned. A token that a
/// rotation replaced stays revoked.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Find a token that was revoked by mistake, and undo that" =>
        "tokctl list --status revoked; tokctl unrevoke 7",
))]
pub struct Unrevoke {
    #[command(flatten)]
    pub token: TokenArg,
}

// What `revoke` and `revoke-all` share. A doc comment would become the help of both.
#[derive(Debug, Args)]
pub struct HowToRevoke {
    /// Reason, for the record
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    pub reason: Option<String>,
    /// Delete the records immediately
    #[arg(long, conflicts_with = "reason")]
    pub delete: bool,
}

/// Revoke all tokens that match filters
///
/// Needs at least one filter, or --everyone. Filters combine: a token must match all of them. A repeated
/// filter matches any of its values. Asks for confirmation; without a terminal, --yes is required. To
/// suspend the tokens of a user temporarily, use `tokctl user ban`.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "After a password reset" =>
        "tokctl revoke-all --user bob --yes --reason 'password reset'",
    "Count the tokens that have not been used for half a year" =>
        "tokctl revoke-all --unused-for 6mo --dry-run",
    "Revoke all tokens that can delete posts" =>
        "tokctl revoke-all --scope posts.delete --yes",
))]
pub struct RevokeAll {
    /// Revoke the tokens of all users
    #[arg(long)]
    pub everyone: bool,
    #[command(flatten)]
    pub how: HowToRevoke,
    /// Only print the number of tokens
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub filters: Filters,
}

/// Delete tokens that expired or were revoked long ago
///
/// Deletes tokens that have been expired, revoked or unused for longer than the grace period, and
/// log entries past their retention. Suitable for cron: with --quiet it prints nothing, concurrent
/// runs are safe, and verifications continue meanwhile.
///
/// Deletes nothing if the clock may be wrong: if it is more than 30 days ahead of every token, every
/// use of a token and the log. `prune` logs an entry every week, so that a database that is only
/// pruned does not look like a wrong clock.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Count the tokens that would be deleted" =>
        "tokctl prune --dry-run",
    "From cron or a systemd timer" =>
        "tokctl prune --quiet",
    "Keep tokens for a year after they end" =>
        "tokctl prune --grace 1y",
))]
pub struct Prune {
    /// How long to keep tokens after they end
    #[arg(long, value_name = "DURATION", default_value = "30d", allow_hyphen_values = true)]
    pub grace: Span,
    /// Prune even if the clock is more than 30 days ahead of everything in the database
    #[arg(long)]
    pub force: bool,
    /// Only print the number of tokens
    #[arg(long)]
    pub dry_run: bool,
}
