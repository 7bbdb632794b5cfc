//! `prune`: delete what ended long ago.

use super::Context;
use crate::cli::Prune;
use crate::error::Result;
use crate::store::Prunable;
use crate::view::{Progress, counted};
use crate::when::Timestamp;
use serde_json::json;

pub fn run(args: Prune, context: &mut Context) -> Result<()> {
    let mut store = context.open()?;
    let rules = store.settings()?.rules(Timestamp::now())?;
    let ended = rules.now.minus(args.grace);
    let what = Prunable { ended, used: rules.unused_lifetime.map(|span| ended.minus(span)) };
    let mut progress = Progress::new("tokens pruned", None, context.out.is_quiet());
    let count = store.prune(what, args.dry_run, |count| progress.at(count.unsigned_abs()))?;
    drop(progress);
    if !args.dry_run {
        store.prune_attempts()?;
    }
    if count == 0 && context.out.is_quiet() {
        return Ok(());
    }
    let tokens = counted(count.unsigned_abs(), "token");
    let would = if args.dry_run { "would be " } else { "" };
    context.out.done(
        &format!("{tokens} {would}pruned"),
        &json!({ "pruned": count, "dry_run": args.dry_run }),
    )
}
