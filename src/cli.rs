//! Every clap definition, and no behaviour: help, completions and man pages are made from this alone.
//!
//! The first sentence of a command's documentation is what `tokctl --help` says of it, the rest is
//! in its own help and on its man page. Every example is run by a test (`tests/help.rs`).

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
use clap::{ArgAction, ArgGroup, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use globset::{GlobBuilder, GlobMatcher};
use std::ffi::OsString;
use std::path::PathBuf;

/// Examples as they stand at the end of a command's `--help`: what for, and the line to type.
macro_rules! examples {
    ($($what:literal => $line:literal),+ $(,)?) => {
        concat!("Examples:", $("\n  # ", $what, "\n  ", $line),+)
    };
}

/// The commands by what people come for, as `tokctl --help` lists them.
pub const GROUPS: [(&str, &[&str]); 6] = [
    ("Issue and check tokens", &["create", "verify", "rotate"]),
    ("See what is out there", &["list", "show", "log", "stats"]),
    ("Take tokens back", &["revoke", "revoke-all", "prune"]),
    ("Users and policy", &["user", "settings"]),
    ("Move in, keep safe", &["import", "export", "backup", "restore", "doctor"]),
    ("This tool", &["completions", "man", "help"]),
];

/// The exit codes, and what each means.
pub const EXIT_CODES: [(&str, &str); 5] = [
    ("0", "Done; for verify: the token is good"),
    ("1", "The answer is no: verify rejects the token; no such token or user"),
    ("2", "The request is wrong: bad usage, a bad value, an ambiguous name, no --yes"),
    ("3", "verify: the token is good but lacks a required scope"),
    ("4", "Could not find out: no database, a lock, no access, a full disk"),
];

/// The environment variables that count, and what each does.
pub const ENVIRONMENT: [(&str, &str); 6] = [
    ("TOKCTL_DATABASE", "The database, where --database does not name one."),
    ("TOKCTL_USER", "The owner of new tokens, where --user does not name one."),
    ("XDG_DATA_HOME", "The folder that tokctl/tokctl.db is in; without it, ~/.local/share."),
    ("NO_COLOR", "Any value turns colour off, unless --color says otherwise."),
    ("CLICOLOR_FORCE", "Any value but 0 turns colour on where output is no terminal, too."),
    ("API_TOKEN_SALT", "The salt of a Strapi project, for import strapi."),
];

/// The files that are read and written, and what each is.
pub const FILES: [(&str, &str); 1] = [(
    "~/.local/share/tokctl/tokctl.db",
    "The database, if nothing names another. It keeps the hashes of secrets, never secrets. Whoever \
     can write to it can mint tokens, so it is made for its owner alone.",
)];

/// Administer API access tokens: issue them, see what is out there, take them back, and ask
/// whether one is good
///
/// Works directly on a local SQLite database that keeps the hashes of secrets, never secrets. The
/// first command that writes makes it.
#[derive(Debug, Parser)]
#[command(name = "tokctl", version, propagate_version = false, max_term_width = 100)]
#[command(after_long_help = examples!(
    "Issue a token; its secret goes to standard output, this once" =>
        "TOKEN=$(tokctl create --name CI --scope posts.manage --expires 90d)",
    "Find it again, and see all that is known of it" =>
        "tokctl list --name 'CI*'; tokctl show 7",
    "Ask whether a secret is good; the exit code is the answer" =>
        "printf '%s\\n' \"$TOKEN\" | tokctl verify --scope posts.manage -",
    "Give it a new secret; the old one stays good for a day" =>
        "tokctl rotate 7 --overlap 24h",
    "Take it back, and see who did what" =>
        "tokctl revoke 7 --reason 'laptop lost'; tokctl log --token 7",
))]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// `verify` and nothing else: made and parsed in a fraction of the time that all commands take. What
/// it takes, [`Cli`] takes alike; what it does not take is for `Cli` to parse, or to find fault with.
#[derive(Debug, Parser)]
#[command(name = "tokctl")]
pub struct VerifyAlone {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: OnlyVerify,
}

#[derive(Debug, Subcommand)]
pub enum OnlyVerify {
    Verify(Verify),
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
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
    /// How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true
    )]
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

// The documentation of each is its arguments' own: here it would hide the longer one there.
#[derive(Debug, Subcommand)]
pub enum Command {
    Create(Create),
    Verify(Verify),
    Rotate(Rotate),
    List(List),
    Show(Show),
    Log(Log),
    Stats(Stats),
    Revoke(Revoke),
    RevokeAll(RevokeAll),
    Prune(Prune),
    #[command(subcommand)]
    User(User),
    #[command(subcommand)]
    Settings(Settings),
    Import(Import),
    Export(Export),
    Backup(Backup),
    Restore(Restore),
    Doctor(Doctor),
    Completions(Completions),
    Man(Man),
}

/// Issue a token and print its secret, this once
///
/// The secret goes to standard output and everything else to standard error, so that
/// `TOKEN=$(tokctl create --name CI)` works. It is stored nowhere: only its SHA-256 is. If it cannot
/// be printed, the token is revoked again.
///
/// Without --scope the token may do everything, and without --expires it lives as long as the setting
/// default-expires says. Neither its owner nor its scopes change afterwards.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "A token for one purpose, with its secret in a variable" =>
        "TOKEN=$(tokctl create --name CI --scope posts.manage --expires 90d)",
    "For another user, with the secret in a file that only this account may read" =>
        "tokctl create --name reports --user bob --scope 'metrics.*' --out bob.secret",
    "A hundred at once, a secret a line" =>
        "tokctl create --name worker --scope jobs.run --count 100 > workers.secrets",
))]
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
    #[arg(long, value_name = "N", value_parser = parse_count, allow_negative_numbers = true)]
    pub count: Option<u32>,
    /// Issue one for each line of a JSON Lines file (name, user, scopes, expires), all or none;
    /// - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "scope", "no_scopes", "count", "expires"])]
    pub from: Option<PathBuf>,
}

/// List tokens: the active ones, unless told otherwise
///
/// Options narrow the list, and a token must fit all of them. On a narrow terminal long names and
/// scopes are cut; `tokctl show` has everything, and so have --json and --format csv.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "What ends within two weeks" =>
        "tokctl list --expiring-within 14d --sort expires",
    "Whatever a user ever had" =>
        "tokctl list --all --user bob",
    "Everybody who can delete posts, for a spreadsheet" =>
        "tokctl list --scope posts.delete --format csv > can-delete.csv",
))]
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
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub expiring_within: Option<Span>,
    /// Those not used for so long; one never used counts from its creation
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub unused_for: Option<Span>,
    /// What to sort by
    #[arg(long, value_enum, value_name = "KEY", default_value = "id")]
    pub sort: Sort,
    /// The last first
    #[arg(long)]
    pub reverse: bool,
    /// At most so many
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
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

/// Show all that is known of a token
///
/// Its secret is not: nobody can show that again. What is lost can be replaced with `tokctl rotate`.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "By its id" =>
        "tokctl show 7",
    "By its name, as JSON" =>
        "tokctl show --json --name CI",
    "By its secret, which nobody sees in the process list" =>
        "printf '%s\\n' \"$TOKEN\" | tokctl show -",
))]
pub struct Show {
    #[command(flatten)]
    pub token: TokenArg,
}

/// Tell whether a secret is a good token's, by exit code
///
/// Exits with 0 if it is, 1 if not, 3 if it lacks a required scope, and 4 if that could not be found
/// out: nothing but a good token makes it exit with 0, and so even --help exits with 2 here.
///
/// Takes nothing but a secret: an id, a name or a hash proves nothing. A leading `Authorization:` and
/// `Bearer` are stripped, so that a request's header can be passed on as it is. Give - and send the
/// secret on standard input: other accounts can see arguments in the process list.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, disable_version_flag = true)]
#[command(after_long_help = examples!(
    "Let in who may manage posts" =>
        "printf '%s\\n' \"$TOKEN\" | tokctl verify -q --scope posts.manage - && echo yes",
    "The answer as token introspection has it (RFC 7662)" =>
        "printf '%s\\n' \"$TOKEN\" | tokctl verify --json -",
    "Many secrets, one a line, each answered with a line of JSON" =>
        "tokctl verify --batch - < workers.secrets",
))]
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
    /// Print help (-h prints less), and exit with 2: what a client sends must never look like success
    #[arg(long, action = ArgAction::SetTrue)]
    pub help: bool,
    #[arg(short = 'h', action = ArgAction::SetTrue, hide = true)]
    pub short_help: bool,
    #[arg(short = 'V', long, action = ArgAction::SetTrue, hide = true)]
    pub version: bool,
}

/// Reject tokens from now on
///
/// The next verification already rejects them. The records stay, so that you can look them up, until
/// `tokctl prune` deletes them 30 days later.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["tokens", "hash", "token_name"]))]
#[command(after_long_help = examples!(
    "By id, with a reason for the record" =>
        "tokctl revoke 7 --reason 'laptop lost'",
    "Several at once" =>
        "tokctl revoke 3 4 5",
    "A secret that turned up where it should not be" =>
        "tokctl revoke - < leaked.secret",
))]
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

/// Reject all tokens of a user, or of everyone
///
/// Asks first; without a terminal it wants --yes. `tokctl user ban` rejects a user's tokens for a time
/// instead.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true).args(["user", "everyone"]))]
#[command(after_long_help = examples!(
    "After a password reset" =>
        "tokctl revoke-all --user bob --yes --reason 'password reset'",
    "How many nobody has used for half a year" =>
        "tokctl revoke-all --everyone --unused-for 180d --dry-run",
    "All that could delete posts" =>
        "tokctl revoke-all --everyone --scope posts.delete --yes",
))]
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
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub unused_for: Option<Span>,
    #[command(flatten)]
    pub how: HowToRevoke,
    /// Only say how many
    #[arg(long)]
    pub dry_run: bool,
}

/// Give a token a new secret, with the same owner, name and scopes
///
/// The new secret is printed as by `create`, and belongs to a new token with an id of its own. The old
/// one is rejected at once, or lives on for the overlap. Without --expires the new token lives as long
/// as the old one was given.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "At once" =>
        "TOKEN=$(tokctl rotate 7)",
    "With a day to bring the new secret to where the old one is in use" =>
        "tokctl rotate 7 --overlap 24h --out CI.secret",
    "By name, with another expiry" =>
        "tokctl rotate --name reports --expires 90d",
))]
pub struct Rotate {
    #[command(flatten)]
    pub token: TokenArg,
    /// How long the old secret stays good
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub overlap: Option<Span>,
    /// When the new token ends: a duration, a date (00:00 UTC), an RFC 3339 instant, or never
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub expires: Option<When>,
    /// Write the secret to a new file that only this account may read
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Show who did what, and which verifications failed
///
/// The newest comes last. What is recorded of verifications is a setting: record-attempts none,
/// failures or all, of which the newest attempts-kept stay. A rejected secret is a short fingerprint
/// of its SHA-256. Every administrative change is recorded.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "What became of a token" =>
        "tokctl log --token 7",
    "Rejected secrets of the last day" =>
        "tokctl log --kind verify --failures --since 1d",
    "Who changed what since the new year, for a spreadsheet" =>
        "tokctl log --kind admin --since 2026-01-01 --format csv > changes.csv",
))]
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
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    pub token: Option<i64>,
    /// What is not older: a duration, a date (00:00 UTC) or an RFC 3339 instant
    #[arg(long, value_name = "WHEN", value_parser = parse_since)]
    pub since: Option<When>,
    /// The newest so many
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
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

/// Show the estate at a glance
///
/// Tokens by status, owner and scope, what expires when, and how much is used and rejected.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "In a terminal" =>
        "tokctl stats",
    "For a dashboard" =>
        "tokctl stats --json",
))]
pub struct Stats {}

/// Find what is wrong, and the commands that mend it
///
/// Looks at the database (is it sound, who may read it?) and at the estate of tokens (what is too
/// powerful, forgotten, about to end?). Exits with 0 when the database is sound, whatever the estate
/// is like; --strict changes that.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "What should be looked into" =>
        "tokctl doctor",
    "In CI: fail on any finding" =>
        "tokctl doctor --strict --json || echo 'see to the tokens'",
))]
pub struct Doctor {
    /// Exit with 1 on any finding
    #[arg(long)]
    pub strict: bool,
}

/// Write a consistent copy of the database while others use it
///
/// The copy is checked before it gets its name. It holds no secrets, but whoever can put it in the
/// database's place decides which tokens are good.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "To a new file" =>
        "tokctl backup tokens.backup",
    "Every night, over the last one" =>
        "tokctl backup --force --quiet nightly.backup",
))]
pub struct Backup {
    /// The file to write, which only this account may read
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace a file that exists
    #[arg(long)]
    pub force: bool,
}

/// Put a backup in the place of the database
///
/// The database that was there is kept beside it. Asks first; without a terminal it wants --yes.
/// Tokens that were revoked since the backup are good again: look at `tokctl log` first.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "From a file that backup wrote" =>
        "tokctl restore --yes tokens.backup",
))]
pub struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Write users and tokens as JSON Lines, without secrets
///
/// Hashes are in it, so that every secret keeps verifying: `tokctl import jsonl FILE` takes them
/// back, on another machine too.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "To a file that only this account may read" =>
        "tokctl export --out tokens.jsonl",
    "To another database" =>
        "tokctl export > all.jsonl; tokctl --database other.db import jsonl all.jsonl",
))]
pub struct Export {
    /// Write to a new file that only this account may read
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Delete tokens that ended long ago
///
/// Those that have been expired, revoked or unused for longer than the grace go, and what the log need
/// not keep any more. Made for cron: with --quiet it is silent when there was nothing to do, two at once
/// do no harm, and verifications go on meanwhile.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "How many would go" =>
        "tokctl prune --dry-run",
    "From cron or a systemd timer" =>
        "tokctl prune --quiet",
    "What ended more than a year ago" =>
        "tokctl prune --grace 1y",
))]
pub struct Prune {
    /// How long tokens stay after their end
    #[arg(long, value_name = "DURATION", default_value = "30d", allow_hyphen_values = true)]
    pub grace: Span,
    /// Only say how many
    #[arg(long)]
    pub dry_run: bool,
}

/// Bring users and tokens over from another system
///
/// Every secret that was issued there keeps working. Systems: shield (CodeIgniter Shield), adonisjs,
/// sanctum (Laravel Sanctum), symfony (the ApiToken entity of its guides), strapi-guide (tokens by
/// Strapi's guide), strapi (Strapi's own API tokens), and jsonl (what `tokctl export` wrote). The source
/// is never changed, and importing it again imports nothing twice.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "What would come of it, row by row" =>
        "tokctl import --dry-run --verbose sanctum database.sqlite",
    "In earnest; the system is found from the tables" =>
        "tokctl import database.sqlite",
    "What tokctl wrote on another machine" =>
        "tokctl import jsonl tokens.jsonl",
))]
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

/// Add, list, show, change, ban and remove users
///
/// Every token belongs to a user. Names and e-mail addresses are unique without regard to case.
#[derive(Debug, Subcommand)]
#[command(after_long_help = examples!(
    "Somebody new" =>
        "tokctl user add carol --email carol@example.com --full-name 'Carol Example'",
    "Reject a user's tokens for a time, and lift that" =>
        "tokctl user ban bob --reason 'on leave'; tokctl user unban bob",
    "Who there is, and how many tokens each has" =>
        "tokctl user list",
))]
pub enum User {
    /// Add a user
    #[command(after_long_help = examples!(
        "An administrator" => "tokctl user add dave --admin",
        "With all there is to say" => "tokctl user add carol --email carol@example.com --full-name 'Carol Example'",
    ))]
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
    #[command(after_long_help = examples!(
        "By name" => "tokctl user list",
        "For a script" => "tokctl user list --format jsonl",
    ))]
    List,
    /// Show one user
    #[command(after_long_help = examples!(
        "All that is known" => "tokctl user show bob",
        "For a script" => "tokctl user show --json bob",
    ))]
    Show {
        #[arg(value_name = "USER")]
        name: String,
    },
    /// Change a user
    ///
    /// An empty value removes an e-mail address or a full name.
    #[command(after_long_help = examples!(
        "A new name" => "tokctl user edit bob --name robert",
        "No e-mail address any more" => "tokctl user edit bob --email ''",
    ))]
    Edit {
        #[arg(value_name = "USER")]
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
    ///
    /// The tokens stay as they are, and are good again when the ban is lifted.
    #[command(after_long_help = examples!(
        "With a reason for the record" => "tokctl user ban bob --reason 'on leave'",
    ))]
    Ban {
        #[arg(value_name = "USER")]
        name: String,
        /// Why, for the record
        #[arg(long, value_name = "TEXT", value_parser = parse_text)]
        reason: Option<String>,
    },
    /// Lift a ban
    #[command(after_long_help = examples!(
        "Let the tokens be good again" => "tokctl user unban bob",
    ))]
    Unban {
        #[arg(value_name = "USER")]
        name: String,
    },
    /// Remove a user and all their tokens
    ///
    /// Asks first; without a terminal it wants --yes.
    #[command(after_long_help = examples!(
        "Without being asked" => "tokctl user remove bob --yes",
    ))]
    Remove {
        #[arg(value_name = "USER")]
        name: String,
    },
}

/// An e-mail address, or the wish to have none.
#[derive(Debug, Clone)]
pub struct OptionalEmail(pub Option<Email>);

/// Read and change the settings that all users of the database share
///
/// They are kept in the database. What they demand of new tokens does not touch those that exist; a
/// change names the tokens that would not fit it.
#[derive(Debug, Subcommand)]
#[command(after_long_help = examples!(
    "All of them, with what they mean" =>
        "tokctl settings list",
    "No token may live longer than 90 days" =>
        "tokctl settings set max-expires 90d",
    "As it was" =>
        "tokctl settings unset max-expires",
))]
pub enum Settings {
    /// List all settings with value, default and meaning
    #[command(after_long_help = examples!(
        "All of them" => "tokctl settings list",
        "For a script" => "tokctl settings list --json",
    ))]
    List,
    /// Print the value of one
    #[command(after_long_help = examples!(
        "How long secrets may go unused" => "tokctl settings get unused-lifetime",
    ))]
    Get {
        #[arg(value_name = "KEY")]
        setting: Setting,
    },
    /// Change one
    #[command(after_long_help = examples!(
        "New tokens live 30 days, unless told otherwise" => "tokctl settings set default-expires 30d",
        "Only these scopes from now on" => "tokctl settings set allowed-scopes 'posts.*,metrics.read'",
        "Record good verifications too" => "tokctl settings set record-attempts all",
    ))]
    Set {
        #[arg(value_name = "KEY")]
        setting: Setting,
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: String,
    },
    /// Give one its default again
    #[command(after_long_help = examples!(
        "Record what is recorded by default" => "tokctl settings unset record-attempts",
    ))]
    Unset {
        #[arg(value_name = "KEY")]
        setting: Setting,
    },
}

/// Print what makes a shell complete commands, token ids and users
///
/// A Debian package installs these. In bash, zsh and fish the shell asks tokctl itself, so that
/// token ids come with their names, as the database has them; in PowerShell and elvish commands
/// and options are completed.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "bash" => "tokctl completions bash > ~/.local/share/bash-completion/completions/tokctl",
    "zsh, with that folder in $fpath" => "tokctl completions zsh > ~/.zfunc/_tokctl",
    "fish" => "tokctl completions fish > ~/.config/fish/completions/tokctl.fish",
))]
pub struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    Pwsh,
    Elvish,
}

/// Print the manual of tokctl, or write all its pages to a folder
///
/// What is printed is a page for `man`, mandoc or groff: tokctl(1), or that of the command named.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Read the manual without installing it" => "tokctl man | man -l -",
    "The page of one command" => "tokctl man user add | man -l -",
    "All pages" => "tokctl man --out ~/.local/share/man/man1",
))]
pub struct Man {
    /// The command whose page is wanted
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    pub command: Vec<String>,
    /// Write all pages to this folder, which is made if need be
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// All commands with the help that people read: the commands grouped, the exit codes at the end,
/// and whether short or long in lines that begin with the option. [`clap::CommandFactory::command`]
/// is enough to parse by, and costs less.
pub fn explained(long: bool) -> clap::Command {
    let command = Cli::command();
    let command = if long { at_length(command) } else { command };
    let template = template(&command);
    command
        .mut_subcommands(|below| below.hide(true))
        .override_usage("tokctl [OPTIONS] <COMMAND>")
        .help_template(template)
}

/// What `--help` says beyond `-h`, in the form of `-h`: clap's own form for long help spends three
/// lines on each option.
fn at_length(command: clap::Command) -> clap::Command {
    let about = command.get_long_about().or(command.get_about()).cloned().unwrap_or_default();
    let examples = command.get_after_long_help().cloned().unwrap_or_default();
    let command = command.about(about).long_about(None).after_help(examples).after_long_help(None);
    let command = command.mut_args(|arg| {
        let help = arg.get_long_help().or(arg.get_help()).cloned().unwrap_or_default();
        arg.help(help).long_help(None)
    });
    command.mut_subcommands(at_length)
}

/// The help of tokctl itself.
fn template(command: &clap::Command) -> String {
    let about = |name: &str| match command.find_subcommand(name) {
        Some(found) => first_line(found.get_about()),
        None => "Explain a command: tokctl help create".to_string(),
    };
    let header = *command.get_styles().get_header();
    let literal = *command.get_styles().get_literal();
    let mut text = String::from("{about-with-newline}\n{usage-heading} {usage}\n\n");
    for (title, names) in GROUPS {
        text.push_str(&format!("{header}{title}:{header:#}\n"));
        for name in names {
            text.push_str(&format!("  {literal}{name:<12}{literal:#} {}\n", about(name)));
        }
        text.push('\n');
    }
    text.push_str(&format!("{{all-args}}\n\n{header}Exit codes:{header:#}\n"));
    for (code, meaning) in EXIT_CODES {
        text.push_str(&format!("  {literal}{code}{literal:#}  {meaning}\n"));
    }
    text.pop();
    text.push_str("{after-help}");
    text
}

/// A description, up to its first empty line.
pub fn first_line(about: Option<&clap::builder::StyledStr>) -> String {
    let text = about.map(ToString::to_string).unwrap_or_default();
    text.split("\n\n").next().unwrap_or_default().to_string()
}

/// How many tokens to issue at once.
fn parse_count(text: &str) -> Result<u32, String> {
    let count = text.parse().ok().filter(|count| (1..=1_000_000).contains(count));
    count.ok_or_else(|| "give a whole number from 1 to 1000000".into())
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
