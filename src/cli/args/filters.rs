//! The filters of every command that selects many tokens.

use crate::admin::{Filter, NamePattern};
use crate::cli::values;
use crate::domain::scope::Scope;
use crate::domain::time::{Span, When};
use crate::domain::token::Status;
use clap::Args;

// A doc comment would become the help of the commands that have filters.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters (repeat one to match any of its values)")]
pub struct Filters {
    /// Only tokens with this status
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = values::status())]
    pub status: Vec<Status>,
    /// Only tokens of this user
    #[arg(long, value_name = "USER")]
    pub user: Vec<String>,
    /// Only tokens that grant this scope
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    pub scope: Vec<Scope>,
    /// Only tokens whose name matches this pattern, such as 'CI*'
    #[arg(long, value_name = "GLOB")]
    pub name: Vec<NamePattern>,
    /// Only tokens whose secret begins with these characters, such as tok_Ab3d; more than the hint
    /// shows is not stored
    #[arg(long, value_name = "PREFIX", value_parser = values::hint)]
    pub hint: Vec<String>,
    /// Only tokens that this system issued, such as tokctl or sanctum
    #[arg(long, value_name = "SYSTEM", value_parser = values::some_text)]
    pub source: Vec<String>,
    /// Only tokens that expire within this time and were not replaced by a rotation
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub expiring_within: Vec<Span>,
    /// Only tokens not used for this long; a token that was never used counts from its creation
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub unused_for: Vec<Span>,
    /// Only tokens created before this time: a duration ago (90d), a date (00:00 UTC) or an RFC 3339
    /// timestamp
    #[arg(long, value_name = "WHEN", value_parser = values::since)]
    pub created_before: Vec<When>,
}

impl From<Filters> for Filter {
    fn from(args: Filters) -> Self {
        Filter {
            statuses: args.status,
            users: args.user,
            scopes: args.scope,
            names: args.name,
            hints: args.hint,
            sources: args.source,
            expiring_within: args.expiring_within,
            unused_for: args.unused_for,
            created_before: args.created_before,
        }
    }
}
