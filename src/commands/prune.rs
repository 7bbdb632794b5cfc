//! `prune`: delete what ended long ago.

use super::context::Context;
use crate::cli::Prune;
use crate::error::Result;
use crate::text::count::counted;
use crate::view::Progress;
use serde_json::json;

pub fn run(args: Prune, context: &mut Context) -> Result<()> {
    let admin = context.admin()?;
    let count = if args.dry_run {
        admin.count_prunable(args.grace, args.force)?
    } else {
        let mut progress = Progress::new("tokens pruned", None, context.out.is_quiet());
        admin.prune(args.grace, args.force, |count| progress.at(count))?
    };
    let record = json!({ "pruned": count, "dry_run": args.dry_run });
    let tokens = counted(count, "token");
    match args.dry_run {
        true => context.out.answer(&format!("{tokens} would be pruned"), &record),
        false => context.out.done(&format!("{tokens} pruned"), &record),
    }
}
