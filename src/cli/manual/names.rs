//! What pages are called.

use clap::Command;

/// `tokctl-user-add`.
pub fn page_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// `tokctl-user-add.1`.
pub fn file_name(command: &Command) -> String {
    format!("{}.1", page_name(command))
}
