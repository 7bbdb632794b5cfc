//! `doctor`: what is wrong with the database and its tokens, and what fixes it.

use super::context::Context;
use crate::cli::Doctor;
use crate::error::{Result, report};
use crate::view::FindingView;

/// 0 when the database is sound; with `--strict` only when there are no findings at all.
pub fn run(args: Doctor, context: &mut Context) -> Result<u8> {
    let findings = context.admin()?.examine()?;
    let tokctl = context.out.tokctl.clone();
    let view = |finding| FindingView { finding, tokctl: &tokctl };
    let mut listing = context.out.list();
    findings.iter().try_for_each(|finding| listing.push(&view(finding)))?;
    listing.end()?;
    if context.out.is_for_people() {
        for block in findings.iter().filter_map(|finding| view(finding).block()) {
            context.out.write(block.as_bytes())?;
        }
        context.out.finish()?;
    }
    // Also with --quiet, and in every format: cron mails what is printed here.
    for error in findings.iter().filter_map(|finding| view(finding).error()) {
        report(&context.locate(error).into());
    }
    let is_sound = findings.iter().all(|finding| !finding.check.is_database());
    let has_commands = findings.iter().any(|finding| !view(finding).commands().is_empty());
    context.out.remark(match (is_sound, has_commands) {
        (true, _) if findings.is_empty() => "no problems found",
        (true, true) => "the database is sound; review the commands before you run them",
        (true, false) => "the database is sound; the findings are advice",
        (false, _) => "the database is not sound; fix that first",
    });
    let passed = if args.strict { findings.is_empty() } else { is_sound };
    Ok(if passed { 0 } else { 1 })
}
