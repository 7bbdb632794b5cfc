//! `user`.

use crate::cli::examples::examples;
use crate::domain::Invalid;
use crate::domain::name::{Email, UserName, parse_text};
use clap::Subcommand;
use std::str::FromStr;

/// Add, list, show, edit, ban and remove users
///
/// Every token belongs to a user. Names and e-mail addresses are unique, regardless of
/// case.
#[derive(Debug, Subcommand)]
#[command(after_long_help = examples!(
    "Add a user" =>
        "tokctl user add carol --email carol@example.com --full-name 'Carol Example'",
    "Suspend the tokens of a user, and lift the ban later" =>
        "tokctl user ban bob --reason 'on leave'; tokctl user unban bob",
    "List users and the number of their tokens" =>
        "tokctl user list",
))]
pub enum User {
    /// Add a user
    #[command(after_long_help = examples!(
        "Add an administrator" => "tokctl user add dave --admin",
        "Add a user with all details" => "tokctl user add carol --email carol@example.com --full-name 'Carol Example'",
    ))]
    Add {
        /// Name of the user
        name: UserName,
        /// E-mail address
        #[arg(long, value_name = "EMAIL")]
        email: Option<Email>,
        /// Full name
        #[arg(long, value_name = "TEXT", value_parser = parse_text)]
        full_name: Option<String>,
        /// Make the user an administrator
        #[arg(long)]
        admin: bool,
    },
    /// List users
    #[command(after_long_help = examples!(
        "By name" => "tokctl user list",
        "For a script" => "tokctl user list --format jsonl",
    ))]
    List,
    /// Show a user
    #[command(after_long_help = examples!(
        "All details" => "tokctl user show bob",
        "For a script" => "tokctl user show --json bob",
    ))]
    Show {
        /// Name of the user
        #[arg(value_name = "USER")]
        name: String,
    },
    /// Edit a user
    ///
    /// An empty value removes the e-mail address or the full name.
    #[command(after_long_help = examples!(
        "Rename a user" => "tokctl user edit bob --name robert",
        "Remove the e-mail address" => "tokctl user edit bob --email ''",
    ))]
    Edit {
        /// Name of the user
        #[arg(value_name = "USER")]
        name: String,
        /// New name
        #[arg(long = "name", id = "new_name", value_name = "NAME")]
        new_name: Option<UserName>,
        /// New e-mail address
        #[arg(long, value_name = "EMAIL")]
        email: Option<OptionalEmail>,
        /// New full name
        #[arg(long, value_name = "TEXT", value_parser = parse_text)]
        full_name: Option<String>,
        /// Make the user an administrator
        #[arg(long, conflicts_with = "no_admin")]
        admin: bool,
        /// Make the user an ordinary user
        #[arg(long)]
        no_admin: bool,
    },
    /// Ban a user and reject their tokens
    ///
    /// The tokens are rejected while the ban is in place, and valid again when it is lifted.
    #[command(after_long_help = examples!(
        "Ban a user and record the reason" => "tokctl user ban bob --reason 'on leave'",
    ))]
    Ban {
        /// Name of the user
        #[arg(value_name = "USER")]
        name: String,
        /// Reason, for the record
        #[arg(long, value_name = "TEXT", value_parser = parse_text)]
        reason: Option<String>,
    },
    /// Lift the ban of a user
    #[command(after_long_help = examples!(
        "Make the tokens valid again" => "tokctl user unban bob",
    ))]
    Unban {
        /// Name of the user
        #[arg(value_name = "USER")]
        name: String,
    },
    /// Remove a user and all their tokens
    ///
    /// Asks for confirmation; without a terminal, --yes is required.
    #[command(after_long_help = examples!(
        "Without confirmation" => "tokctl user remove bob --yes",
    ))]
    Remove {
        /// Name of the user
        #[arg(value_name = "USER")]
        name: String,
    },
}

/// An e-mail address, or the request to have none.
#[derive(Debug, Clone)]
pub struct OptionalEmail(pub Option<Email>);

impl FromStr for OptionalEmail {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let email = text.trim();
        let email = if email.is_empty() { None } else { Some(email.parse()?) };
        Ok(OptionalEmail(email))
    }
}
