//! `man`: the manual, printed or written to files.

use super::context::Context;
use crate::cli::{Man, manual};
use crate::error::{Error, Result};
use std::fs;
use std::io;
use std::path::Path;

pub fn run(args: Man, context: &mut Context) -> Result<()> {
    match args.out {
        Some(directory) => write(&directory, context),
        None => print(&args.command, context),
    }
}

fn write(directory: &Path, context: &mut Context) -> Result<()> {
    let failed = |error: io::Error| {
        Error::unavailable(format!("cannot write to {}", directory.display()), error)
    };
    fs::create_dir_all(directory).map_err(failed)?;
    let count = manual::write_all(&manual::root(), directory).map_err(failed)?;
    context.out.remark(format!("{count} manual pages written to {}", directory.display()));
    Ok(())
}

fn print(words: &[String], context: &mut Context) -> Result<()> {
    let root = manual::root();
    let command = manual::find(&root, words).ok_or_else(|| {
        Error::not_found("no such manual page", "there is no such command")
            .hint("`tokctl --help` lists the commands")
    })?;
    let page = manual::page(command, &root).map_err(Error::undelivered)?;
    context.out.write(&page)?;
    context.out.finish()
}
