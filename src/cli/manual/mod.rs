//! The manual: one page per command, made from the definitions of the command line alone.

mod names;
mod page;
mod sections;
mod see_also;
mod synopsis;
mod tidy;

pub use page::page;

use crate::cli::app::Cli;
use clap::{Command, CommandFactory};
use std::fs;
use std::io;
use std::path::Path;

/// All commands that have a page.
pub fn root() -> Command {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    root
}

/// The command that `words` name below `root`; without words, `root` itself.
pub fn find<'a>(root: &'a Command, words: &[String]) -> Option<&'a Command> {
    words.iter().try_fold(root, |command, word| command.find_subcommand(word))
}

/// Writes the pages of all commands to a directory and returns how many there are.
///
/// # Errors
///
/// When one cannot be written.
pub fn write_all(root: &Command, directory: &Path) -> io::Result<usize> {
    write_below(root, root, directory)
}

fn write_below(command: &Command, root: &Command, directory: &Path) -> io::Result<usize> {
    fs::write(directory.join(names::file_name(command)), page(command, root)?)?;
    command
        .get_subcommands()
        .try_fold(1, |count, subcommand| Ok(count + write_below(subcommand, root, directory)?))
}
