//! `backup`: a consistent copy of the database.

use super::{Context, same_file};
use crate::cli::Backup;
use crate::error::{Error, Result};
use crate::view::Progress;
use serde_json::json;

pub fn run(args: Backup, context: &mut Context) -> Result<()> {
    let database = context.path()?;
    if same_file(&args.file, &database) {
        return Err(Error::request("nothing to back up to", "the file is the database itself")
            .hint("name another file"));
    }
    let store = context.open()?;
    let mut progress = Progress::new("pages", None, context.out.is_quiet());
    store.backup(&args.file, args.force, |done, of| progress.of(done, of))?;
    drop(progress);
    let file = args.file.to_string_lossy();
    context.out.done(&format!("backed up to {file}"), &json!({ "file": file }))
}
