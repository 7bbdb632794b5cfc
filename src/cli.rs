//! Every clap definition, and no behaviour: completions and man pages are made from this alone.

use crate::import::Zone;
use crate::name::{Email, Name, parse_text};
use crate::scheme::hash_of_access_key;
use crate::scope::Scope;
use crate::secret::{Hash, from_hex};
use crate::settings::Setting;
use crate::store::Sort;
use crate::token::Status;
use crate::when::{Span, When};
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ArgAction, ArgGroup, Args, Parser, Subcommand, ValueEnum};
use globset::{GlobBuilder, GlobMatcher};
use std::ffi::OsString;
use std::path::PathBuf;

/// Administer API access tokens: issue them, see what is out there, take them back, and ask
/// whether one is good. Works directly on a local SQLite database that keeps hashes, never secrets.
#[derive(Debug, Parser)]
#[command(name = "tokctl", version, propagate_version = false, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, or the token is good; 1 the answer is no; 2 the request is wrong;\n\
    3 the token lacks a scope; 4 it could not be found out."
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Global {
    /// The database; without it, tokctl/tokctl.db in the account's data folder
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        env = "TOKCTL_DATABASE",
        hide_env_values = true,
        value_parser = OsStringValueParser::new().map(PathBuf::from)
    )]
    pub database: Option<PathBuf>,
    /// How to print
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
    /// Short for --format json
    #[arg(long, global = true, conflicts_with = "format")]
    pub json: bool,
    /// When to colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Print no remarks
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Do not ask
    #[arg(short, long, global = true)]
    pub yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables and sentences
    Human,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values (RFC 4180) with a heading
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issue a token and print its secret, this once
    Create(Create),
    /// List tokens
    List(List),
    /// Show all that is known of a token
    Show(Show),
    /// Tell whether a secret is a good token's
    Verify(Verify),
    /// Give a token a new secret
    Rotate(Rotate),
    /// Reject tokens from now on
    Revoke(Revoke),
    /// Reject all tokens of a user, or of everyone
    RevokeAll(RevokeAll),
    /// Delete tokens that ended long ago
    Prune(Prune),
    /// Bring users and tokens over from another system
    Import(Import),
    /// Show who did what, and which verifications failed
    Log(Log),
    /// Show the estate at a glance
    Stats(Stats),
    /// Find what is wrong with the database and the estate, and how to mend it
    Doctor(Doctor),
    /// Write a consistent copy of the database
    Backup(Backup),
    /// Put a backup in the place of the database
    Restore(Restore),
    /// Write users and tokens as JSON Lines, with hashes and without secrets
    Export(Export),
    /// Add, list, show, change, ban and remove users
    #[command(subcommand)]
    User(User),
    /// Read and change the settings that all users of the database share
    #[command(subcommand)]
    Settings(Settings),
}

/// Issue a token and print its secret, this once.
///
/// The secret goes to standard output and everything else to standard error, so that
/// `TOKEN=$(tokctl create --name CI)` works. It is stored nowhere: only its SHA-256 is.
#[derive(Debug, Args)]
pub struct Create {
    /// What the token is for
    #[arg(long, value_name = "NAME", default_value = "Secret Token")]
    pub name: Name,
    /// What the token may do; repeats and takes commas; without any, everything
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', conflicts_with = "no_scopes")]
    pub scope: Vec<Scope>,
    /// Grant nothing
    #[arg(long)]
    pub no_scopes: bool,
    /// The owner; without it, the setting default-user
    #[arg(long, value_name = "USER", env = "TOKCTL_USER", hide_env_values = true)]
    pub user: Option<String>,
    /// When it ends: a duration (30d, 12h, 1y of 365 days), a date (00:00 UTC), an RFC 3339
    /// instant, or never
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub expires: Option<When>,
    /// Write the secret to a new file that only this account may read
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Issue so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub count: Option<u32>,
    /// Issue one for each line of a JSON Lines file (name, user, scopes, expires), all or none;
    /// - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "scope", "no_scopes", "count", "expires"])]
    pub from: Option<PathBuf>,
}

/// List tokens: the active ones, unless told otherwise.
#[derive(Debug, Args)]
pub struct List {
    /// Whatever their status
    #[arg(long, conflicts_with = "status")]
    pub all: bool,
    /// Those with this status
    #[arg(long, value_enum, value_name = "STATUS")]
    pub status: Option<Status>,
    /// Those of this user
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Those that grant this scope
    #[arg(long, value_name = "SCOPE")]
    pub scope: Option<Scope>,
    /// Those whose name fits, where * stands for anything
    #[arg(long, value_name = "GLOB", value_parser = parse_glob)]
    pub name: Option<GlobMatcher>,
    /// Those that expire within so long
    #[arg(long, value_name = "DURATION")]
    pub expiring_within: Option<Span>,
    /// Those not used for so long; one never used counts from its creation
    #[arg(long, value_name = "DURATION")]
    pub unused_for: Option<Span>,
    /// What to sort by
    #[arg(long, value_enum, value_name = "KEY", default_value = "id")]
    pub sort: Sort,
    /// The last first
    #[arg(long)]
    pub reverse: bool,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// One token, named by its id, its secret, the secret's SHA-256, or its name.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").args(["token", "hash", "token_name"]))]
pub struct TokenArg {
    /// Its id, or its secret (other accounts can see an argument in the process list; - reads
    /// it from standard input)
    #[arg(value_name = "TOKEN", allow_negative_numbers = true)]
    pub token: Option<OsString>,
    /// The SHA-256 of its secret, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = parse_hash)]
    pub hash: Option<Hash>,
    /// Its exact name
    #[arg(long = "name", id = "token_name", value_name = "NAME")]
    pub name: Option<String>,
}

/// Show all that is known of a token. Its secret is not: nobody can show that again.
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    pub token: TokenArg,
}

/// Tell whether a secret is a good token's: exit 0 if it is, 1 if not, 3 if it lacks a scope,
/// 4 if that could not be found out.
///
/// Takes nothing but a secret: an id, a name or a hash proves nothing. A leading
/// `Authorization:` and `Bearer` are stripped.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, disable_version_flag = true)]
pub struct Verify {
    /// The secret; - reads it from standard input, which other accounts cannot see in the
    /// process list
    #[arg(value_name = "SECRET")]
    pub secret: Option<OsString>,
    /// What the token must be good for; repeats and takes commas, and all are required
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    pub scope: Vec<Scope>,
    /// One of the scopes is enough
    #[arg(long, requires = "scope")]
    pub any_scope: bool,
    /// Where the request came from, for the log: an IP address, say
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub source: Option<OsString>,
    /// What the client calls itself, for the log
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub agent: Option<OsString>,
    /// Read one secret a line from standard input (-) and answer each with a line of JSON
    #[arg(long)]
    pub batch: bool,
    /// Print help, and exit with 2: what a client sends must never look like success
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub help: bool,
    #[arg(short = 'V', long, action = ArgAction::SetTrue, hide = true)]
    pub version: bool,
}

/// Reject tokens from the next verification on. The records stay until they are pruned.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["tokens", "hash", "token_name"]))]
pub struct Revoke {
    /// Their ids or secrets (other accounts can see an argument in the process list; - reads a
    /// secret from standard input)
    #[arg(value_name = "TOKEN", allow_negative_numbers = true)]
    pub tokens: Vec<OsString>,
    /// The SHA-256 of its secret, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = parse_hash)]
    pub hash: Option<Hash>,
    /// Its exact name
    #[arg(long = "name", id = "token_name", value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub how: HowToRevoke,
}

#[derive(Debug, Args)]
pub struct HowToRevoke {
    /// Why, for the record
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    pub reason: Option<String>,
    /// Remove the records at once
    #[arg(long, conflicts_with = "reason")]
    pub delete: bool,
}

/// Reject all tokens of a user, or of everyone. Asks first; without a terminal it wants --yes.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true).args(["user", "everyone"]))]
pub struct RevokeAll {
    /// Those of this user
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Those of all users
    #[arg(long)]
    pub everyone: bool,
    /// Only those that grant this scope
    #[arg(long, value_name = "SCOPE")]
    pub scope: Option<Scope>,
    /// Only those not used for so long; one never used counts from its creation
    #[arg(long, value_name = "DURATION")]
    pub unused_for: Option<Span>,
    #[command(flatten)]
    pub how: HowToRevoke,
    /// Only say how many
    #[arg(long)]
    pub dry_run: bool,
}

/// Give a token a new secret, with the same owner, name and scopes.
///
/// The new secret is printed as by `create`. The old one is rejected at once, or lives on for the
/// overlap. Without --expires the new token lives as long as the old one was given.
#[derive(Debug, Args)]
pub struct Rotate {
    #[command(flatten)]
    pub token: TokenArg,
    /// How long the old secret stays good
    #[arg(long, value_name = "DURATION")]
    pub overlap: Option<Span>,
    /// When the new token ends: a duration, a date (00:00 UTC), an RFC 3339 instant, or never
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub expires: Option<When>,
    /// Write the secret to a new file that only this account may read
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Show who did what, and which verifications failed, the newest last.
///
/// What is recorded of verifications is a setting: record-attempts none, failures or all, of which
/// the newest attempts-kept stay. A rejected secret is a short fingerprint of its SHA-256.
#[derive(Debug, Args)]
pub struct Log {
    /// Verifications or administrative changes alone
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<LogKind>,
    /// Verifications that were not good
    #[arg(long)]
    pub failures: bool,
    /// What concerns this user
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// What concerns the token with this id
    #[arg(long, value_name = "ID")]
    pub token: Option<i64>,
    /// What is not older: a duration, a date (00:00 UTC) or an RFC 3339 instant
    #[arg(long, value_name = "WHEN", value_parser = parse_since)]
    pub since: Option<When>,
    /// The newest so many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Keep printing what comes
    #[arg(short, long)]
    pub follow: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogKind {
    Verify,
    Admin,
}

/// Show the estate at a glance: tokens by status, owner and scope, what expires when, and how
/// much is used and rejected.
#[derive(Debug, Args)]
pub struct Stats {}

/// Find what is wrong with the database and with the estate of tokens, and print the commands
/// that mend it.
///
/// Exits with 0 when the database is sound, whatever the estate is like.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Exit with 1 on any finding
    #[arg(long)]
    pub strict: bool,
}

/// Write a consistent copy of the database, while others go on using it.
#[derive(Debug, Args)]
pub struct Backup {
    /// The file to write, which only this account may read
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace a file that exists
    #[arg(long)]
    pub force: bool,
}

/// Put a backup in the place of the database, which is kept beside it. Asks first; without a
/// terminal it wants --yes.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Write users and tokens as JSON Lines, with hashes and without secrets. `tokctl import jsonl
/// FILE` takes them back, on another machine too.
#[derive(Debug, Args)]
pub struct Export {
    /// Write to a new file that only this account may read
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Delete tokens that have been expired, revoked or unused for longer than the grace.
///
/// Made for cron: with --quiet it is silent when there was nothing to do, two at once do no harm,
/// and verifications go on meanwhile.
#[derive(Debug, Args)]
pub struct Prune {
    /// How long tokens stay after their end
    #[arg(long, value_name = "DURATION", default_value = "30d")]
    pub grace: Span,
    /// Only say how many
    #[arg(long)]
    pub dry_run: bool,
}

/// Bring users and tokens over from another system, so that every secret that was issued there
/// keeps working.
///
/// Systems: shield (CodeIgniter Shield), adonisjs, sanctum (Laravel Sanctum), symfony (the
/// ApiToken entity of its guides), strapi-guide (tokens by Strapi's guide), strapi (Strapi's own
/// API tokens). The source is never changed, and importing it again imports nothing twice.
#[derive(Debug, Args)]
pub struct Import {
    /// The system (shield, adonisjs, sanctum, symfony, strapi-guide, strapi); found from the
    /// tables when only SOURCE is given
    #[arg(value_name = "SYSTEM")]
    pub system: OsString,
    /// The system's SQLite database
    #[arg(value_name = "SOURCE")]
    pub source: Option<PathBuf>,
    /// What the names of all tables begin with (shield: DBPrefix)
    #[arg(long, value_name = "PREFIX")]
    pub table_prefix: Option<String>,
    /// The table of tokens
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
    /// The type of the tokens (adonisjs; without it, auth_token)
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// What secrets begin with (adonisjs; without it, oat_)
    #[arg(long, value_name = "PREFIX")]
    pub prefix: Option<String>,
    /// The zone of dates that do not say theirs: an IANA name or an offset; without it, UTC
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub time_zone: Option<Zone>,
    /// A file with the project's API_TOKEN_SALT (strapi)
    #[arg(long, value_name = "FILE")]
    pub salt_file: Option<PathBuf>,
    #[arg(long, hide = true, env = "API_TOKEN_SALT", hide_env_values = true)]
    pub salt: Option<String>,
    /// Match users by name too, not by e-mail address alone
    #[arg(long)]
    pub match_names: bool,
    /// Report and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Report row by row
    #[arg(short, long)]
    pub verbose: bool,
}

/// Add, list, show, change, ban and remove users.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a user
    Add {
        name: Name,
        /// The e-mail address, unique without regard to case
        #[arg(long, value_name = "EMAIL")]
        email: Option<Email>,
        /// The name in full
        #[arg(long, value_name = "TEXT", value_parser = parse_text)]
        full_name: Option<String>,
        /// Make an administrator of them
        #[arg(long)]
        admin: bool,
    },
    /// List the users
    List,
    /// Show one user
    Show { name: String },
    /// Change a user; an empty value removes an e-mail address or a full name
    Edit {
        name: String,
        /// The new name
        #[arg(long = "name", id = "new_name", value_name = "NAME")]
        new_name: Option<Name>,
        /// The new e-mail address
        #[arg(long, value_name = "EMAIL", value_parser = parse_optional_email)]
        email: Option<OptionalEmail>,
        /// The new full name
        #[arg(long, value_name = "TEXT", value_parser = parse_text)]
        full_name: Option<String>,
        /// Make an administrator of them
        #[arg(long, conflicts_with = "no_admin")]
        admin: bool,
        /// Make them an administrator no longer
        #[arg(long)]
        no_admin: bool,
    },
    /// Reject a user's tokens while the ban stands
    Ban {
        name: String,
        /// Why, for the record
        #[arg(long, value_name = "TEXT", value_parser = parse_text)]
        reason: Option<String>,
    },
    /// Lift a ban
    Unban { name: String },
    /// Remove a user and all their tokens; asks first, without a terminal it wants --yes
    Remove { name: String },
}

/// An e-mail address, or the wish to have none.
#[derive(Debug, Clone)]
pub struct OptionalEmail(pub Option<Email>);

/// Read and change the settings that all users of the database share.
#[derive(Debug, Subcommand)]
pub enum Settings {
    /// List all settings with value, default and meaning
    List,
    /// Print the value of one
    Get {
        #[arg(value_name = "KEY")]
        setting: Setting,
    },
    /// Change one
    Set {
        #[arg(value_name = "KEY")]
        setting: Setting,
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: String,
    },
    /// Give one its default again
    Unset {
        #[arg(value_name = "KEY")]
        setting: Setting,
    },
}

/// A point in the past.
fn parse_since(text: &str) -> Result<When, String> {
    match text.parse()? {
        When::Never => Err("give a duration (30d), a date or an RFC 3339 instant".into()),
        when => Ok(when),
    }
}

fn parse_glob(text: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(text).build().map_err(|error| error.kind().to_string())?;
    Ok(glob.compile_matcher())
}

fn parse_optional_email(text: &str) -> Result<OptionalEmail, String> {
    match text.trim() {
        "" => Ok(OptionalEmail(None)),
        email => email.parse().map(|email| OptionalEmail(Some(email))),
    }
}

/// The hash that another system lists: the SHA-256 of a secret, or Strapi's access key.
fn parse_hash(text: &str) -> Result<Hash, String> {
    let access_key = || from_hex::<64>(text).map(|key| hash_of_access_key(&key));
    from_hex(text)
        .or_else(access_key)
        .ok_or_else(|| "a SHA-256 is 64 hexadecimal digits (an access key of Strapi's, 128)".into())
}
