//! `import`.

use crate::cli::examples::examples;
use crate::cli::values;
use crate::domain::scope::Scope;
use crate::domain::time::Span;
use crate::import::{Options, Salt, Secrets, Zone};
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Import users and tokens from another system
///
/// All secrets that the other system issued remain valid. Supported systems: shield (CodeIgniter
/// Shield), adonisjs, adonisjs5, sanctum (Laravel Sanctum), symfony (the ApiToken entity of its
/// guides), strapi-guide (tokens of Strapi's guide), strapi (Strapi's own API tokens), and jsonl
/// (JSON Lines: the output of `tokctl export`, or made from any other system). The source is never
/// modified. Importing it again adds what is new, and revokes what was revoked there or is not there
/// any more.
///
/// $TOKCTL_USER names the owner of tokens that name none (jsonl). $API_TOKEN_SALT is the salt of a
/// Strapi project if --salt-file is not given. The exit code is 1 if the source has rows and none of
/// them could be imported.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Preview the import, row by row" =>
        "tokctl import --dry-run --verbose sanctum database.sqlite",
    "Import from a server; the system is detected from the tables" =>
        "tokctl import mysql://app@localhost/app",
    "Import an export from another machine" =>
        "tokctl import jsonl tokens.jsonl",
))]
pub struct Import {
    /// System to import from (shield, adonisjs, adonisjs5, sanctum, symfony, strapi-guide, strapi,
    /// jsonl); detected from the tables if only SOURCE is given
    #[arg(value_name = "SYSTEM")]
    pub system: OsString,
    /// Database of the system: an SQLite file, or the URL of a server (mysql://USER@HOST/DATABASE,
    /// postgres://USER@HOST/DATABASE); for jsonl, a file or - for standard input
    #[arg(value_name = "SOURCE")]
    pub source: Option<OsString>,
    /// Schema of the tables (PostgreSQL) [default: the first one of the search path]
    #[arg(hide_short_help = true, long, value_name = "SCHEMA")]
    pub schema: Option<String>,
    /// Prefix of all table names
    #[arg(hide_short_help = true, long, value_name = "PREFIX")]
    pub table_prefix: Option<String>,
    /// Name of the token table
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
    /// Name of the table of users, who own the tokens
    #[arg(long, value_name = "TABLE")]
    pub users: Option<String>,
    /// Column of the table of users that tokens refer to [default: id, or the primary key]
    #[arg(hide_short_help = true, long, value_name = "COLUMN")]
    pub users_key: Option<String>,
    /// Type of the tokens, where one table has several (adonisjs, adonisjs5, shield)
    #[arg(hide_short_help = true, long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// Prefix of the secrets (adonisjs) [default: oat_]
    #[arg(hide_short_help = true, long, value_name = "PREFIX")]
    pub prefix: Option<String>,
    /// Table of the owners with this class or alias in tokenable_type (sanctum); can be repeated
    #[arg(hide_short_help = true, long, value_name = "ALIAS=TABLE", value_parser = values::morph)]
    pub morph: Vec<(String, String)>,
    /// Life of every token from its creation, if the application's configuration sets one
    #[arg(hide_short_help = true, long, value_name = "DURATION")]
    pub expiration: Option<Span>,
    /// The token column contains hashes of this kind, not secrets (symfony, strapi-guide,
    /// jsonl)
    #[arg(hide_short_help = true, long, value_name = "HASH", conflicts_with = "clear_text")]
    pub hashed: Option<HashKind>,
    /// The token column contains secrets, although they look like hashes (symfony, strapi-guide,
    /// jsonl)
    #[arg(hide_short_help = true, long)]
    pub clear_text: bool,
    /// Import a scope under another name, for example 'edit articles=articles.edit'; can be repeated
    #[arg(hide_short_help = true, long, value_name = "FROM=SCOPE", value_parser = values::map_scope)]
    pub map_scope: Vec<(String, Scope)>,
    /// Column that sounds like the end of a token or user and is none, as COLUMN or TABLE.COLUMN; can
    /// be repeated
    #[arg(hide_short_help = true, long, value_name = "COLUMN")]
    pub ignore_column: Vec<String>,
    /// Time zone of dates that do not specify one: an IANA name or an offset [default: UTC]
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub time_zone: Option<Zone>,
    /// Time zone of the application's connection to MySQL, in which it sees TIMESTAMP columns
    /// [default: the server's]
    #[arg(hide_short_help = true, long, value_name = "ZONE", allow_hyphen_values = true)]
    pub session_time_zone: Option<String>,
    /// File that contains the API_TOKEN_SALT of the project: the salt alone, or a .env file (strapi)
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    pub salt_file: Option<PathBuf>,
    #[arg(long, hide = true, env = "API_TOKEN_SALT", hide_env_values = true)]
    pub salt: Option<String>,
    #[arg(long, hide = true, env = "TOKCTL_USER", hide_env_values = true)]
    pub default_owner: Option<String>,
    /// Also match users by name, not only by verified e-mail address
    #[arg(hide_short_help = true, long)]
    pub match_names: bool,
    /// Also match users to administrators
    #[arg(hide_short_help = true, long)]
    pub match_admins: bool,
    /// Update what an earlier import brought, for example with another --time-zone
    #[arg(long)]
    pub replace: bool,
    /// Print the report without importing anything
    #[arg(long)]
    pub dry_run: bool,
    /// Report every row
    #[arg(short, long)]
    pub verbose: bool,
}

/// A kind of hash.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum HashKind {
    /// SHA-256 in hexadecimal
    Sha256,
}

impl Import {
    /// What the operator says about the source.
    pub fn options(self, salt: Option<Salt>) -> Options {
        let secrets = match (self.hashed, self.clear_text) {
            (Some(HashKind::Sha256), _) => Secrets::Sha256,
            (None, true) => Secrets::ClearText,
            (None, false) => Secrets::Unstated,
        };
        Options {
            table_prefix: self.table_prefix,
            table: self.table,
            users: self.users,
            users_key: self.users_key,
            kind: self.kind,
            prefix: self.prefix,
            morph: self.morph,
            expiration: self.expiration,
            secrets,
            map_scopes: self.map_scope,
            ignore_columns: self.ignore_column,
            zone: self.time_zone.unwrap_or_default(),
            salt,
            default_owner: self.default_owner.filter(|name| !name.is_empty()),
        }
    }
}
