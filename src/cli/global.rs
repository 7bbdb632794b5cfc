//! The options of every command.

use super::{database, values};
use crate::error::Result;
use crate::store::Location;
use clap::{Args, ValueEnum, ValueHint};

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the
    /// user's data directory]
    // No `env` of clap's: an empty variable counts as unset, an empty option is an error.
    #[arg(
        long,
        global = true,
        value_name = "DATABASE",
        value_hint = ValueHint::FilePath,
        value_parser = values::location()
    )]
    pub database: Option<Location>,
    /// Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv
    #[arg(
        short = 'o',
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
    /// When to use color
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Print neither remarks nor confirmations
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Do not ask for confirmation
    #[arg(short, long, global = true)]
    pub yes: bool,
}

impl Global {
    /// The database to use: `--database`, else `$TOKCTL_DATABASE` unless it is empty, else the
    /// default. The field alone tells whether the command line names one.
    ///
    /// # Errors
    ///
    /// When nothing names a database and the account has no data directory for the default.
    pub fn database(&self) -> Result<Location> {
        database::locate(self.database.clone())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables and sentences
    Human,
    /// The same, with every column and every cell in full
    Wide,
    /// One JSON document
    Json,
    /// One JSON object per line
    Jsonl,
    /// Comma-separated values (RFC 4180) with a header row
    Csv,
}

impl Format {
    /// Whether people read it; all others are for programs.
    pub fn is_for_people(self) -> bool {
        matches!(self, Format::Human | Format::Wide)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}
