//! `stats`: the estate at a glance.

use super::Context;
use crate::cli::{Format, Stats};
use crate::error::Result;
use crate::view::chart;
use crate::when::Timestamp;

pub fn run(_args: Stats, context: &mut Context) -> Result<()> {
    let store = context.open()?;
    let statistics = store.statistics(&store.settings()?.rules(Timestamp::now())?)?;
    if context.out.format == Format::Human {
        context.out.write(chart::render(&statistics).as_bytes())?;
        return context.out.finish();
    }
    context.out.done("", &statistics)
}
