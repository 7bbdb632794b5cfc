//! `completions` and `man`.

use crate::cli::examples::examples;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Print a shell completion script
///
/// In bash, zsh and fish, the script also completes token IDs, users and scopes from the database.
/// In PowerShell and elvish, it completes commands and options. The Debian package installs the
/// scripts for bash, zsh and fish.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "bash" => "tokctl completions bash > ~/.local/share/bash-completion/completions/tokctl",
    "zsh, if $fpath contains this directory" => "tokctl completions zsh > ~/.zfunc/_tokctl",
    "fish" => "tokctl completions fish > ~/.config/fish/completions/tokctl.fish",
))]
pub struct Completions {
    /// Shell that runs the script
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

/// Show a manual page, or write all pages to a directory
///
/// Shows the page of tokctl itself, or that of COMMAND. If standard output is not a terminal, prints
/// it in the format of man, mandoc and groff.
#[derive(Debug, Args)]
#[command(after_long_help = examples!(
    "Read the manual without installing it" => "tokctl man",
    "Read the page of a command" => "tokctl man user add",
    "Install all pages" => "tokctl man --out ~/.local/share/man/man1",
))]
pub struct Man {
    /// Command whose page to show
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    pub command: Vec<String>,
    /// Write all pages to this directory, and create it if necessary
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
