//! `verify`.

use super::Replica;
use crate::cli::examples::examples;
use crate::domain::scope::Scope;
use clap::{ArgAction, Args};
use std::ffi::OsString;

/// Check a token secret; the exit code is the answer
///
/// Exits with 0 if the token is good, 1 if it is rejected, 3 if it lacks a required scope, and 4 if
/// the check could not be completed. Only a good token makes verify exit with 0, so even --help
/// exits with 2.
///
/// Accepts only a secret, because IDs, names and hashes prove nothing. A leading `Authorization:`
/// and `Bearer` are removed, so you can pass a request header unchanged. Use - to read the secret
/// from standard input: other accounts can see arguments in the process list.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, disable_version_flag = true)]
#[command(after_long_help = examples!(
    "Allow access only if the token grants posts.manage" =>
        "printf '%s\\n' \"$TOKEN\" | tokctl verify -q --scope posts.manage - && echo yes",
    "Print the answer as a token introspection response (RFC 7662)" =>
        "printf '%s\\n' \"$TOKEN\" | tokctl verify --json -",
    "Check many secrets, one per line, and print a line of JSON for each" =>
        "tokctl verify --batch - < workers.secrets",
))]
pub struct Verify {
    /// Secret to check; - reads it from standard input (other accounts can see arguments in the
    /// process list)
    #[arg(value_name = "SECRET")]
    pub secret: Option<OsString>,
    /// Scope that the token must grant; repeat the option or separate scopes with commas to
    /// require several
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    pub scope: Vec<Scope>,
    /// Require only one of the scopes
    #[arg(long, requires = "scope")]
    pub any_scope: bool,
    /// Origin of the request, for the log, such as an IP address
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub source: Option<OsString>,
    /// User agent of the client, for the log
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub agent: Option<OsString>,
    /// Read secrets from standard input (-), one per line, and print a line of JSON for each
    #[arg(long)]
    pub batch: bool,
    #[command(flatten)]
    pub replica: Replica,
    /// Print help (-h prints less) and exit with 2, because client input must never look like
    /// success
    #[arg(long, action = ArgAction::SetTrue)]
    pub help: bool,
    #[arg(short = 'h', action = ArgAction::SetTrue, hide = true)]
    pub short_help: bool,
    #[arg(short = 'V', long, action = ArgAction::SetTrue, hide = true)]
    pub version: bool,
}
