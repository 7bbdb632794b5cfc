//! The command line as a whole.

#[cfg(feature = "serve")]
use super::args::Serve;
use super::args::{
    Backup, Completions, Create, Doctor, Edit, Export, Import, List, Log, Man, Migrate, Prune,
    Restore, Revoke, RevokeAll, Rotate, Settings, Show, Stats, Unrevoke, User, Verify,
};
use super::examples::examples;
use super::global::Global;
use clap::{Parser, Subcommand};

/// Administer API access tokens
///
/// Issues, lists, verifies, rotates and revokes API tokens in a local SQLite database, or on a PostgreSQL
/// server. The database contains hashes of secrets, never the secrets themselves. The first command that
/// writes to an SQLite database creates it.
#[derive(Debug, Parser)]
#[command(
    name = "tokctl",
    bin_name = "tokctl",
    version,
    propagate_version = false,
    max_term_width = 100
)]
#[command(subcommand_required = true, arg_required_else_help = false)]
#[command(after_long_help = examples!(
    "Issue a token and store its secret in a variable" =>
        "TOKEN=$(tokctl create --name CI --scope posts.manage --expires 90d)",
    "Find the token and show its details" =>
        "tokctl list --name 'CI*'; tokctl show 7",
    "List the tokens that expire within a week, and those that can delete posts" =>
        "tokctl list --expiring-within 7d; tokctl list --scope posts.delete",
    "Check a secret; the exit code is the answer" =>
        "printf '%s\\n' \"$TOKEN\" | tokctl verify --scope posts.manage -",
    "Replace the secret; the old one remains valid for a day" =>
        "tokctl rotate 7 --overlap 24h",
    "Revoke the token and show its history" =>
        "tokctl revoke 7 --reason 'laptop lost'; tokctl log --token 7",
))]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

// A description here would hide the longer one of the arguments.
#[derive(Debug, Subcommand)]
pub enum Command {
    Create(Create),
    Verify(Verify),
    Rotate(Rotate),
    Edit(Edit),
    #[command(visible_alias = "ls")]
    List(List),
    Show(Show),
    Log(Log),
    Stats(Stats),
    Revoke(Revoke),
    Unrevoke(Unrevoke),
    RevokeAll(RevokeAll),
    Prune(Prune),
    #[command(subcommand, arg_required_else_help = false)]
    User(User),
    #[command(subcommand, arg_required_else_help = false)]
    Settings(Settings),
    Import(Box<Import>),
    Export(Export),
    Backup(Backup),
    Restore(Restore),
    Migrate(Migrate),
    Doctor(Doctor),
    #[cfg(feature = "serve")]
    Serve(Box<Serve>),
    Completions(Completions),
    Man(Man),
}
