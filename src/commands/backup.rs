//! `backup`: a consistent copy of the database.

use super::Context;
use crate::cli::Backup;
use crate::error::Result;
use crate::name::Escaped;
use crate::view::Progress;
use serde_json::json;

pub fn run(args: Backup, context: &mut Context) -> Result<()> {
    let store = context.open()?;
    let mut progress = Progress::new("pages", None, context.out.is_quiet());
    store.backup(&args.file, args.force, |done, of| progress.of(done, of))?;
    drop(progress);
    let file = args.file.to_string_lossy();
    context.out.done(&format!("backed up to {}", Escaped(&file)), &json!({ "file": file }))
}
