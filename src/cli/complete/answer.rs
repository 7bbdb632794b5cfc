//! Answers to a shell that asks for completions.

use super::values::{Source, with_values};
use crate::cli::app::Cli;
use clap::CommandFactory;
use clap_complete::env::Shells;
use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::Arc;

/// The environment variable by which the scripts ask. It is not `COMPLETE`: one that is set for
/// another program must not turn `verify` into something that prints and exits with 0.
pub const VARIABLE: &str = "TOKCTL_COMPLETE";

/// Answers a command line that asks for completions, `TOKCTL_COMPLETE=bash tokctl -- WORD…`.
/// Returns whether it was one; anything else is an ordinary command line.
pub fn answer(args: &[OsString]) -> bool {
    let Some(shell) = env::var_os(VARIABLE) else { return false };
    let (Some(shell), [_, separator, words @ ..]) = (shell.to_str(), args) else { return false };
    if separator != "--" || words.is_empty() {
        return false;
    }
    let shells = Shells::builtins();
    let Some(completer) = shells.completer(shell) else { return false };
    let mut command = with_values(Cli::command(), &Arc::new(Source::new(words, shell)));
    command.build();
    let mut text = Vec::new();
    let directory = env::current_dir().ok();
    let written =
        completer.write_complete(&mut command, words.to_vec(), directory.as_deref(), &mut text);
    if written.is_ok() {
        // A shell that has gone away needs no answer.
        let _ = io::stdout().write_all(&text);
    }
    true
}
