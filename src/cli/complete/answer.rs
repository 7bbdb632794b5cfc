//! Answers to a shell that asks for completions.

use super::values::{Source, with_values};
use crate::cli::app::Cli;
use clap::{Command, CommandFactory};
use clap_complete::engine::complete;
use clap_complete::env::Shells;
use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
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
    let (words, directory) = (words.to_vec(), directory.as_deref());
    let written = match shell {
        "bash" => write_for_bash(&mut command, words, directory, &mut text),
        "zsh" => write_for_zsh(&mut command, words, directory, &mut text),
        _ => completer.write_complete(&mut command, words, directory, &mut text),
    };
    if written.is_ok() {
        // A shell that has gone away needs no answer.
        let _ = io::stdout().write_all(&text);
    }
    true
}

/// bash splits a command line at `=`, too: `--scope`, `=` and `p`. clap expects `--scope` and `p`.
fn write_for_bash(
    command: &mut Command,
    mut words: Vec<OsString>,
    directory: Option<&Path>,
    to: &mut Vec<u8>,
) -> io::Result<()> {
    let mut index = index();
    let is_equals =
        |pair: &[OsString]| pair[0].as_encoded_bytes().starts_with(b"--") && pair[1] == "=";
    while let Some(at) = words.windows(2).take(index).position(is_equals) {
        words.remove(at + 1);
        index -= usize::from(at + 1 < index);
    }
    let separator = env::var("_CLAP_IFS").unwrap_or_else(|_| "\n".to_string());
    let found = complete(command, words, index, directory)?;
    let values = found.iter().filter_map(|candidate| candidate.get_value().to_str());
    write!(to, "{}", values.collect::<Vec<_>>().join(&separator))
}

/// One candidate a line, with its description after a tab.
fn write_for_zsh(
    command: &mut Command,
    mut words: Vec<OsString>,
    directory: Option<&Path>,
    to: &mut Vec<u8>,
) -> io::Result<()> {
    let index = index();
    if words.len() == index {
        words.push(OsString::new());
    }
    for candidate in complete(command, words, index, directory)? {
        let Some(value) = candidate.get_value().to_str() else { continue };
        let about = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        writeln!(to, "{value}\t{}", about.lines().next().unwrap_or_default())?;
    }
    Ok(())
}

/// Which of the words is completed.
fn index() -> usize {
    let text = env::var("_CLAP_COMPLETE_INDEX").ok();
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}
