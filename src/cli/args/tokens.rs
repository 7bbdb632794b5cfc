//! `create`, `rotate`, `edit`, `list` and `show`.

use super::Filters;
use crate::admin::OrderBy;
use crate::cli::examples::examples;
use crate::cli::values;
use crate::domain::name::Name;
use crate::domain::scope::Scope;
use crate::domain::secret::Hash;
use crate::domain::time::{Span, When};
use clap::{ArgGroup, Args};
use std::ffi::OsString;
use std::path::PathBuf;

/// Issue a token and print its secret
///
/// The secret goes to standard output and everything else to standard error, so
/// `TOKEN=$(tokctl create --name CI)` works. The secret is shown only once: the database stores its
/// SHA-256 hash. If the secret cannot be printed, the token is revoked.
///
/// Without --scope, the token grants everything. Without --expires, the setting default-expires
/// applies. The owner and the scopes of a token never change.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Issue a token and store its secret in a variable" =>
        "TOKEN=$(tokctl create --name CI --scope posts.manage --expires 90d)",
    "Issue a token for another user and write its secret to a private file" =>
        "tokctl create --name reports --user bob --scope 'metrics.*' --out bob.secret",
    "Issue 100 tokens and print one secret per line" =>
        "tokctl create --name worker --scope jobs.run --count 100 > workers.secrets",
    "Register a secret that another tool has made" =>
        "tokctl create --name app --scope jobs.run --secret - < app.secret",
))]
pub struct Create {
    /// Name of the token
    #[arg(long, value_name = "NAME", default_value = "Secret Token")]
    pub name: Name,
    /// Scope to grant; repeat the option or separate scopes with commas [default: everything]
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', conflicts_with = "no_scopes")]
    pub scope: Vec<Scope>,
    /// Grant no scopes
    #[arg(long)]
    pub no_scopes: bool,
    /// Owner of the token [default: the setting default-user]
    #[arg(long, value_name = "USER", env = "TOKCTL_USER", hide_env_values = true)]
    pub user: Option<String>,
    /// Expiry: a duration (30d, 12h, 1y of 365 days), a date (00:00 UTC), an RFC 3339 timestamp,
    /// or never
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub expires: Option<When>,
    /// Write the secret to a new file that only this account can read
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Number of tokens to issue
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true)]
    pub count: Option<u32>,
    /// Issue a token for each line of a JSON Lines file (name, user, scopes, expires), all or
    /// none; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "scope", "no_scopes", "count", "expires"])]
    pub from: Option<PathBuf>,
    /// Register a secret that was made elsewhere instead of printing a new one; - reads it from
    /// standard input: 32 to 255 printable characters without spaces
    #[arg(long, value_name = "-", allow_hyphen_values = true, conflicts_with_all = ["count", "from", "out"])]
    pub secret: Option<OsString>,
}

/// Replace the secret of a token, keeping owner, name and scopes
///
/// Prints the new secret as `create` does. The new secret belongs to a new token with a new ID. The
/// old token is revoked immediately, or expires after --overlap. Without --expires, the new token gets the
/// same lifetime as the old one.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Replace the secret now; the old one is rejected immediately" =>
        "TOKEN=$(tokctl rotate 7)",
    "Keep the old secret valid for a day, to update the clients that use it" =>
        "tokctl rotate 7 --overlap 24h --out CI.secret",
    "Select the token by name and set a new expiry" =>
        "tokctl rotate --name reports --expires 90d",
))]
pub struct Rotate {
    #[command(flatten)]
    pub token: TokenArg,
    /// How long the old secret remains valid
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub overlap: Option<Span>,
    /// Expiry of the new token: a duration, a date (00:00 UTC), an RFC 3339 timestamp, or never
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub expires: Option<When>,
    /// Write the secret to a new file that only this account can read
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Change the name or the expiry of a token
///
/// The secret stays valid. A revoked token cannot be changed, and owner and scopes never change: to
/// get other scopes, issue another token. The setting max-expires counts from the creation of the
/// token.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Let a token expire 30 days from now" =>
        "tokctl edit 7 --expires 30d",
    "Rename a token" =>
        "tokctl edit --name CI --rename deploy",
))]
pub struct Edit {
    #[command(flatten)]
    pub token: TokenArg,
    /// New name
    #[arg(long, value_name = "NEW_NAME")]
    pub rename: Option<Name>,
    /// New expiry: a duration from now (30d, 12h, 3mo), a date (00:00 UTC), an RFC 3339 timestamp, or
    /// never
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub expires: Option<When>,
}

/// List tokens, by default the active ones
///
/// Filters combine: a token must match all of them. A repeated filter matches any of its values. On a
/// narrow terminal, columns are left out and long names and scopes are shortened; -o wide prints
/// everything in full, and -q prints only IDs, one per line.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Tokens that expire within two weeks" =>
        "tokctl list --expiring-within 14d --sort expires",
    "All tokens of a user, whatever their status" =>
        "tokctl list --all --user bob",
    "The token whose secret leaked, of which you know the beginning" =>
        "tokctl list --all --hint tok_Ab3d",
    "Tokens that can delete posts, for a spreadsheet" =>
        "tokctl list --scope posts.delete --format csv > can-delete.csv",
    "Rotate all tokens that expire within a week" =>
        "tokctl list -q --expiring-within 7d | xargs -r -n 1 tokctl rotate --overlap 1d",
))]
pub struct List {
    /// Tokens of any status
    #[arg(long, conflicts_with = "status")]
    pub all: bool,
    #[command(flatten)]
    pub filters: Filters,
    /// Sort key
    #[arg(
        long,
        value_name = "KEY",
        default_value = "id",
        value_parser = values::sort(),
        help_heading = "Options"
    )]
    pub sort: OrderBy,
    /// Reverse the order
    #[arg(long, help_heading = "Options")]
    pub reverse: bool,
    /// Maximum number of tokens to list
    #[arg(
        short = 'n',
        long,
        value_name = "N",
        value_parser = values::limit,
        allow_negative_numbers = true,
        help_heading = "Options"
    )]
    pub limit: Option<usize>,
}

/// Show the details of a token
///
/// The secret is not stored and cannot be shown again. To replace a lost secret, use
/// `tokctl rotate`.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "By ID" =>
        "tokctl show 7",
    "By name, as JSON" =>
        "tokctl show --json --name CI",
    "By secret, without exposing it in the process list" =>
        "printf '%s\\n' \"$TOKEN\" | tokctl show -",
))]
pub struct Show {
    #[command(flatten)]
    pub token: TokenArg,
}

// One token, by ID, secret, hash or name. A doc comment would become the help of the commands that
// take one.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").args(["token", "hash", "token_name"]))]
pub struct TokenArg {
    /// ID or secret of the token; - reads the secret from standard input (other accounts can see
    /// arguments in the process list)
    #[arg(value_name = "TOKEN", allow_negative_numbers = true)]
    pub token: Option<OsString>,
    /// SHA-256 hash of the secret, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = values::hash)]
    pub hash: Option<Hash>,
    /// Exact name; if several tokens have it, the active one
    #[arg(long = "name", id = "token_name", value_name = "NAME")]
    pub name: Option<String>,
}
