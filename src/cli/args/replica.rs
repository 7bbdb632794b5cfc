//! Verifying against a replica.

use crate::cli::values;
use crate::domain::time::Span;
use crate::store::Location;
use clap::Args;

/// Which replica to look secrets up in.
#[derive(Debug, Args)]
pub struct Replica {
    /// Look secrets up in this replica of the database, which can be behind: a revoked token is good there
    /// until it has caught up. What it cannot answer, the database answers
    #[arg(
        hide_short_help = true,
        long,
        value_name = "DATABASE",
        value_parser = values::location()
    )]
    pub read_database: Option<Location>,
    /// Ask the database instead of a replica that is further behind than this, such as 5s
    #[arg(hide_short_help = true, long, value_name = "DURATION", requires = "read_database")]
    pub max_staleness: Option<Span>,
}
