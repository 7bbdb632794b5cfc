//! `log`: who did what, and which verifications failed.

use super::Context;
use crate::cli::{Format, Log, LogKind};
use crate::error::Result;
use crate::store::{Entry, LogFilter, Place, Store};
use crate::view::Record;
use crate::when::Timestamp;
use std::thread;
use std::time::Duration;

/// How often `--follow` looks for news.
const EVERY: Duration = Duration::from_millis(500);

pub fn run(args: Log, context: &mut Context) -> Result<()> {
    let store = context.open()?;
    let mut filter = LogFilter {
        verify: args.kind != Some(LogKind::Admin),
        admin: args.kind != Some(LogKind::Verify),
        failures: args.failures,
        user: args.user,
        token: args.token,
        since: args.since.map(|since| since.before(Timestamp::now())),
        after: Place::default(),
    };
    let (entries, end) = store.log(&filter, args.limit)?;
    if args.follow {
        filter.after = end;
        return follow(&store, &mut filter, entries, context);
    }
    let mut listing = context.out.list::<Entry>();
    for entry in &entries {
        listing.push(entry)?;
    }
    if listing.end()? == 0 {
        context.out.remark("the log has nothing of the kind");
    }
    Ok(())
}

/// Prints line by line, for a table cannot be aligned with what is yet to come.
fn follow(
    store: &Store,
    filter: &mut LogFilter,
    mut entries: Vec<Entry>,
    context: &mut Context,
) -> Result<()> {
    loop {
        for entry in &entries {
            if context.out.format == Format::Human {
                let cells = entry.row(Timestamp::now());
                let text: Vec<_> = cells.into_iter().map(|cell| cell.text).collect();
                context.out.write(format!("{}\n", text.join("  ").trim_end()).as_bytes())?;
            } else {
                context.out.each(entry)?;
            }
        }
        context.out.finish()?;
        thread::sleep(EVERY);
        (entries, filter.after) = store.log(filter, None)?;
    }
}
