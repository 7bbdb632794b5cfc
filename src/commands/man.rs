//! `man`: the manual, shown, printed or written to files.

use super::context::Context;
use super::stream::is_dash;
use crate::cli::{Man, help, manual};
use crate::error::{Error, Result};
use signal_hook::consts::SIGINT;
use signal_hook::flag;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Programs that show a page from their standard input.
const VIEWERS: [(&str, &[&str]); 2] = [("man", &["-l", "-"]), ("mandoc", &["-a"])];

pub fn run(args: Man, context: &mut Context) -> Result<()> {
    match args.out {
        Some(directory) => write(&directory, context),
        None => print(&args.command, context),
    }
}

fn write(directory: &Path, context: &mut Context) -> Result<()> {
    if is_dash(directory) {
        return Err(Error::request("cannot write to -", "the pages are written to a directory")
            .hint("`tokctl man` prints one page"));
    }
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
    if !io::stdout().is_terminal() {
        context.out.write(&page)?;
    } else if !is_shown(&page) {
        context.out.write(help::text(words, true).as_bytes())?;
    }
    context.out.finish()
}

/// Shows the page at the terminal, if there is a program that does it.
fn is_shown(page: &[u8]) -> bool {
    // Ctrl-C is for the pager, which would otherwise be left alone with the terminal.
    let _ = flag::register(SIGINT, Arc::default());
    VIEWERS.iter().any(|(program, args)| {
        let viewer =
            Command::new(program).args(*args).stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut viewer) = viewer else { return false };
        if let Some(mut pipe) = viewer.stdin.take() {
            // Whether it was read to its end is the viewer's business.
            let _ = pipe.write_all(page);
        }
        viewer.wait().is_ok_and(|status| status.success())
    })
}
