//! Reading the log.

use super::error::Result;
use super::handle::Admin;
use crate::domain::audit::{Change, LogEntry};
use crate::domain::name::lookup_key;
use crate::domain::time::Timestamp;
use crate::store::{LogPosition, LogQuery};
use std::ops::ControlFlow;
use std::path::Path;

/// Which rows of the log to read.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// Verifications.
    pub attempts: bool,
    /// Administrative changes.
    pub changes: bool,
    /// Only verifications that were not good.
    pub failures: bool,
    /// Only rows about the user with this name, in any case.
    pub user: Option<String>,
    /// Only rows about the token with this id.
    pub token_id: Option<i64>,
    /// Only rows from this instant on.
    pub since: Option<Timestamp>,
    /// Only rows up to this instant.
    pub until: Option<Timestamp>,
    /// Only rows recorded after this position.
    pub after: LogPosition,
    /// Only rows recorded before this position.
    pub before: Option<LogPosition>,
}

/// How much of the log to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogLimit {
    /// At most so many rows.
    pub rows: Option<usize>,
    /// At most the rows that fit among so many: [`LogFilter::user`] and [`LogFilter::until`] are not
    /// known to an index, and a reader may not want to wait for the end of a search.
    pub searched: Option<usize>,
}

/// A part of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// The newest rows that fit, the newest last.
    pub entries: Vec<LogEntry>,
    /// Where the log ended: [`LogFilter::after`] it come the rows that were recorded since.
    pub end: LogPosition,
    /// Where a limit was reached: [`LogFilter::before`] it come the older rows, each of them once,
    /// whatever was recorded since. There may be none, and there are none without a position.
    pub older: Option<LogPosition>,
}

impl Admin {
    /// The newest rows that `filter` selects, up to a limit.
    ///
    /// # Errors
    ///
    /// Whatever keeps them from being read.
    pub fn log(&self, filter: &LogFilter, limit: LogLimit) -> Result<LogPage> {
        let most_rows = limit.rows.unwrap_or(usize::MAX);
        let most_searched = limit.searched.unwrap_or(usize::MAX);
        let mut searched = 0;
        let user = filter.user.as_deref().map(lookup_key);
        let fits = |entry: &LogEntry| {
            filter.until.is_none_or(|until| entry.time <= until)
                && (user.is_none() || entry.user.as_deref().map(lookup_key) == user)
        };
        let query = LogQuery {
            attempts: filter.attempts,
            changes: filter.changes,
            failures: filter.failures,
            token_id: filter.token_id,
            since: filter.since,
            after: filter.after,
            before: filter.before,
        };
        self.read(|rows| {
            let end = rows.log_end()?;
            let mut entries = Vec::new();
            if limit.rows == Some(0) {
                return Ok(LogPage { entries, end, older: filter.before.or(Some(end)) });
            }
            let older = rows.log(&query, &mut |entry| {
                searched += 1;
                if fits(&entry) {
                    entries.push(entry);
                }
                if entries.len() < most_rows && searched < most_searched {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })?;
            entries.reverse();
            Ok(LogPage { entries, end, older })
        })
    }
}

impl Admin {
    /// The end of the log, for [`LogFilter::after`] and [`LogFilter::before`]: whoever follows the log from
    /// one end to the next sees each row once.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being read.
    pub fn log_end(&self) -> Result<LogPosition> {
        self.read(|rows| Ok(rows.log_end()?))
    }

    /// Records that the database was restored from a backup.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being recorded.
    pub fn record_restore(&self, backup: &Path) -> Result<()> {
        let detail = Some(format!("from {}", backup.display()));
        self.write(|writer| {
            let change = Change { action: "restore", detail: detail.clone(), ..Change::default() };
            writer.record(&change)?;
            Ok(())
        })
    }
}
