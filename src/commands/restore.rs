//! `restore`: a backup in the place of the database.

use super::{Context, same_file};
use crate::cli::Restore;
use crate::error::{Error, Result};
use crate::store::{check_backup, restore};
use crate::view::Progress;
use serde_json::json;

pub fn run(args: Restore, context: &mut Context) -> Result<()> {
    let database = context.path()?;
    if same_file(&args.file, &database) {
        return Err(Error::request("nothing to restore", "the backup is the database itself"));
    }
    check_backup(&args.file)?;
    let shown = database.display();
    if context.has_database()? {
        context.confirm(&format!(
            "Replace {shown}? What was revoked since the backup was taken is good again."
        ))?;
    }
    let mut progress = Progress::new("pages", None, context.out.is_quiet());
    let kept = restore(&args.file, &database, |done, of| progress.of(done, of))?;
    drop(progress);
    let kept = kept.map(|path| path.to_string_lossy().into_owned());
    let beside = match &kept {
        Some(path) => format!("; what it replaced is in {path}"),
        None => String::new(),
    };
    let sentence = format!("restored {shown}{beside}");
    context.out.done(&sentence, &json!({ "database": database.to_string_lossy(), "kept": kept }))
}
