//! Completion scripts.

use super::answer::VARIABLE;
use crate::cli::app::Cli;
use crate::cli::args::Shell;
use clap::CommandFactory;
use clap_complete::{aot, env};
use std::io;

/// The completion script of a shell.
///
/// # Errors
///
/// When clap cannot write it.
pub fn script(shell: Shell) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    match shell {
        Shell::Bash => dynamic(&env::Bash, &mut script)?,
        Shell::Fish => dynamic(&env::Fish, &mut script)?,
        Shell::Zsh => script.extend_from_slice(include_bytes!("zsh.sh")),
        Shell::Pwsh => fixed(aot::Shell::PowerShell, &mut script),
        Shell::Elvish => fixed(aot::Shell::Elvish, &mut script),
    }
    Ok(script)
}

/// A script that asks tokctl for every completion.
fn dynamic(shell: &dyn env::EnvCompleter, script: &mut Vec<u8>) -> io::Result<()> {
    shell.write_registration(VARIABLE, "tokctl", "tokctl", "tokctl", script)
}

/// A script that contains all commands and options.
fn fixed(shell: aot::Shell, script: &mut Vec<u8>) {
    aot::generate(shell, &mut Cli::command(), "tokctl", script);
}
