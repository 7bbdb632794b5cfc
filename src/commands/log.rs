//! `log`: administrative changes, and verifications.

use super::context::Context;
use crate::admin::{Admin, LogFilter, LogLimit, LogPage};
use crate::cli::{Log, LogKind};
use crate::domain::audit::LogEntry;
use crate::error::Result;
use crate::store::LogPosition;
use std::thread;
use std::time::Duration;

/// How often `--follow` looks for new rows.
const INTERVAL: Duration = Duration::from_millis(500);

pub fn run(args: Log, context: &mut Context) -> Result<()> {
    let admin = context.admin()?;
    let filter = LogFilter {
        attempts: args.kind != Some(LogKind::Admin),
        changes: args.kind != Some(LogKind::Verify),
        failures: args.failures,
        user: args.user,
        token_id: args.token,
        since: args.since.map(|since| since.before(admin.now())),
        until: args.until.map(|until| until.before(admin.now())),
        after: LogPosition::default(),
        before: None,
    };
    let limit = LogLimit { rows: args.limit, ..LogLimit::default() };
    if args.follow {
        return follow(&admin, filter, limit, context);
    }
    let LogPage { entries, .. } = admin.log(&filter, limit)?;
    let mut listing = context.out.list::<LogEntry>();
    entries.iter().try_for_each(|entry| listing.push(entry))?;
    if listing.end()? == 0 {
        context.out.remark("no log entries match");
    }
    Ok(())
}

/// Prints line by line: a table cannot be aligned with rows that are yet to come.
fn follow(
    admin: &Admin,
    mut filter: LogFilter,
    mut limit: LogLimit,
    context: &mut Context,
) -> Result<()> {
    loop {
        // What is recorded behind the end may not be all there yet.
        let end = admin.log_end()?;
        filter.before = Some(end);
        for entry in &admin.log(&filter, limit)?.entries {
            context.out.each(entry)?;
        }
        context.out.finish()?;
        filter.after = end;
        limit = LogLimit::default();
        thread::sleep(INTERVAL);
    }
}
