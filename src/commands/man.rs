//! `man`: the manual, printed or written as files.

use super::Context;
use crate::cli::{Cli, Man};
use crate::error::{Error, Result};
use crate::view::manual;
use clap::{Command, CommandFactory};
use std::fs;
use std::io;
use std::path::Path;

pub fn run(args: Man, context: &mut Context) -> Result<()> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    match args.out {
        Some(folder) => {
            let failed = |error: io::Error| {
                Error::unavailable(format!("cannot write to {}", folder.display()), error)
            };
            fs::create_dir_all(&folder).map_err(failed)?;
            let count = write_all(&root, &root, &folder).map_err(failed)?;
            context.out.remark(format!("wrote {count} pages"));
            Ok(())
        }
        None => {
            let page = manual::page(named(&root, &args.command)?, &root);
            context.out.write(&page.map_err(Error::undelivered)?)?;
            context.out.finish()
        }
    }
}

/// The command that the words name.
fn named<'a>(root: &'a Command, words: &[String]) -> Result<&'a Command> {
    words.iter().try_fold(root, |command, word| command.find_subcommand(word)).ok_or_else(|| {
        Error::no("there is no such page", "no command is named like that")
            .hint("`tokctl --help` lists the commands")
    })
}

/// The pages of a command and of those below it; returns how many.
fn write_all(command: &Command, root: &Command, folder: &Path) -> io::Result<usize> {
    fs::write(folder.join(manual::file_name(command)), manual::page(command, root)?)?;
    command
        .get_subcommands()
        .try_fold(1, |count, below| Ok(count + write_all(below, root, folder)?))
}
