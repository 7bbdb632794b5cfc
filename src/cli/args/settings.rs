//! `settings`.

use crate::cli::examples::examples;
use crate::domain::setting::Setting;
use clap::Subcommand;

/// Show and change the settings of the database
///
/// Settings are stored in the database and apply to everyone who uses it. Limits apply to new
/// tokens. Existing tokens do not change; `settings set` names those that exceed a new limit.
#[derive(Debug, Subcommand)]
#[command(after_long_help = examples!(
    "List all settings and what they mean" =>
        "tokctl settings list",
    "Limit the lifetime of new tokens to 90 days" =>
        "tokctl settings set max-expires 90d",
    "Return to the default" =>
        "tokctl settings unset max-expires",
))]
pub enum Settings {
    /// List all settings with values, defaults and meanings
    #[command(after_long_help = examples!(
        "As a table" => "tokctl settings list",
        "For a script" => "tokctl settings list --json",
    ))]
    List,
    /// Print the value of a setting
    #[command(after_long_help = examples!(
        "How long a token may be unused" => "tokctl settings get unused-lifetime",
    ))]
    Get {
        /// Name of the setting
        #[arg(value_name = "KEY")]
        setting: Setting,
    },
    /// Change a setting
    #[command(after_long_help = examples!(
        "Let new tokens expire after 30 days by default" => "tokctl settings set default-expires 30d",
        "Restrict the scopes of new tokens" => "tokctl settings set allowed-scopes 'posts.*,metrics.read'",
        "Also log successful verifications" => "tokctl settings set record-attempts all",
    ))]
    Set {
        /// Name of the setting
        #[arg(value_name = "KEY")]
        setting: Setting,
        /// New value
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: String,
    },
    /// Reset a setting to its default
    #[command(after_long_help = examples!(
        "Return to the default" => "tokctl settings unset record-attempts",
    ))]
    Unset {
        /// Name of the setting
        #[arg(value_name = "KEY")]
        setting: Setting,
    },
}
