//! `doctor`: what is wrong with the database and its tokens, and what fixes it.

use super::context::Context;
use crate::cli::{Doctor, Format};
use crate::error::Result;
use crate::view::FindingView;

/// 0 when the database is sound; with `--strict` only when there are no findings at all.
pub fn run(args: Doctor, context: &mut Context) -> Result<u8> {
    let findings = context.admin()?.examine()?;
    let tokctl = context.out.tokctl.clone();
    let view = |finding| FindingView { finding, tokctl: &tokctl };
    let mut listing = context.out.list();
    findings.iter().try_for_each(|finding| listing.push(&view(finding)))?;
    listing.end()?;
    if context.out.format == Format::Human {
        for finding in &findings {
            let commands = view(finding).commands();
            if !commands.is_empty() {
                let check = finding.check.name();
                let block = format!("\n# {check}\n{}\n", commands.join("\n"));
                context.out.write(block.as_bytes())?;
            }
        }
        context.out.finish()?;
    }
    let is_sound = findings.iter().all(|finding| !finding.check.is_database());
    context.out.remark(match (is_sound, findings.is_empty()) {
        (true, true) => "no problems found",
        (true, false) => "the database is sound; review the commands before you run them",
        (false, _) => "the database is not sound; fix that first",
    });
    let passed = if args.strict { findings.is_empty() } else { is_sound };
    Ok(if passed { 0 } else { 1 })
}
