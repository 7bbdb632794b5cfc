//! `completions`: what makes a shell complete commands, options, token ids, users and settings.

use super::{Context, complete};
use crate::cli::{Cli, Completions, Shell};
use crate::error::{Error, Result};
use clap::CommandFactory;
use clap_complete::{aot, env};
use std::io;

pub fn run(args: Completions, context: &mut Context) -> Result<()> {
    let script = script(args.shell).map_err(Error::undelivered)?;
    context.out.write(&script)?;
    context.out.finish()
}

fn script(shell: Shell) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    match shell {
        Shell::Bash => asking(&env::Bash, &mut script)?,
        Shell::Fish => asking(&env::Fish, &mut script)?,
        Shell::Zsh => {
            asking(&env::Zsh, &mut script)?;
            // zsh runs the file itself for the first completion, and looks for nothing else then.
            script.extend_from_slice(
                b"[[ $funcstack[1] != _tokctl ]] || _clap_dynamic_completer_tokctl \"$@\"\n",
            );
        }
        Shell::Pwsh => told(aot::Shell::PowerShell, &mut script),
        Shell::Elvish => told(aot::Shell::Elvish, &mut script),
    }
    Ok(script)
}

/// A script that asks tokctl for every completion.
fn asking(shell: &dyn env::EnvCompleter, script: &mut Vec<u8>) -> io::Result<()> {
    shell.write_registration(complete::VARIABLE, "tokctl", "tokctl", "tokctl", script)
}

/// A script that knows all commands and options itself.
fn told(shell: aot::Shell, script: &mut Vec<u8>) {
    aot::generate(shell, &mut Cli::command(), "tokctl", script);
}
