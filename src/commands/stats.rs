//! `stats`: tokens, users and verifications in numbers.

use super::context::Context;
use crate::cli::Stats;
use crate::error::Result;
use crate::view::chart;

pub fn run(_args: Stats, context: &mut Context) -> Result<()> {
    let statistics = context.admin()?.statistics()?;
    if context.out.is_for_people() {
        context.out.write(chart::render(&statistics, context.out.shortens()).as_bytes())?;
        return context.out.finish();
    }
    context.out.done("", &statistics)
}
