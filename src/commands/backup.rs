//! `backup`: a consistent copy of the database.

use super::context::Context;
use super::files::{are_same, check_no_part};
use super::interrupt;
use crate::cli::Backup;
use crate::error::{Error, Result};
use crate::store::Access;
use crate::view::Progress;
use serde_json::json;

pub fn run(args: Backup, context: &mut Context) -> Result<()> {
    let location = context.location()?.clone();
    if location.path().is_some_and(|path| are_same(&args.file, path)) {
        let what = format!("cannot back up to {}", args.file.display());
        return Err(Error::request(what, "it is the database itself").hint("name another file"));
    }
    check_no_part(&args.file, Some(&location))?;
    interrupt::on_signal(|| {})?;
    let store = context.store(Access::default())?;
    let mut progress = Progress::new("pages", None, context.out.is_quiet());
    store.back_up(&args.file, args.force, &mut |done, total| progress.of(done, total))?;
    drop(progress);
    let file = args.file.to_string_lossy();
    context.out.done(&format!("backed up to {file}"), &json!({ "file": file }))
}
