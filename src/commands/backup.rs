//! `backup`: a consistent copy of the database.

use super::context::Context;
use super::files::{are_same, check_no_part};
use super::signals;
use super::stream::{STDOUT, is_dash, send_file, stdout_is_closed};
use crate::cli::Backup;
use crate::error::{Error, Result};
use crate::store::{self, Access};
use crate::view::Progress;
use serde_json::json;
use std::io::{self, IsTerminal};
use std::path::Path;

pub fn run(args: Backup, context: &mut Context) -> Result<()> {
    let location = context.location()?.clone();
    if location.path().is_some_and(|path| are_same(&args.file, path)) {
        let what = format!("cannot back up to {}", args.file.display());
        return Err(Error::request(what, "it is the database itself").hint("name another file"));
    }
    if location.path().is_none() {
        // Whether or not it can be reached.
        return Err(store::Error::Unsupported("a backup").into());
    }
    let is_stream = is_dash(&args.file);
    if is_stream {
        check_stdout()?;
    } else {
        check_no_part(&args.file, Some(&location))?;
    }
    signals::on_signal(|| {})?;
    let store = context.store(Access::default())?;
    let mut progress = Progress::new("pages", None, context.out.is_quiet());
    let mut back_up = |file: &Path, replace| {
        Ok(store.back_up(file, replace, &mut |done, total| progress.of(done, total))?)
    };
    if is_stream {
        send_file(|file| back_up(file, true))?;
        drop(progress);
        context.out.remark(format!("backed up to {STDOUT}"));
        return Ok(());
    }
    back_up(&args.file, args.force)?;
    drop(progress);
    let file = args.file.to_string_lossy();
    context.out.done(&format!("backed up to {file}"), &json!({ "file": file }))
}

/// A backup is for a file or a program.
fn check_stdout() -> Result<()> {
    let what = format!("cannot back up to {STDOUT}");
    if io::stdout().is_terminal() {
        return Err(Error::request(what, "it is a terminal").hint("redirect it, or name a file"));
    }
    if stdout_is_closed() {
        return Err(Error::unavailable(what, "it is closed").hint("redirect it, or name a file"));
    }
    Ok(())
}
