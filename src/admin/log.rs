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
}

impl Admin {
    /// The newest rows that `filter` selects, at most `limit`, the newest last; and where the log
    /// ended, to go on from there.
    ///
    /// # Errors
    ///
    /// Whatever keeps them from being read.
    pub fn log(
        &self,
        filter: &LogFilter,
        limit: Option<usize>,
    ) -> Result<(Vec<LogEntry>, LogPosition)> {
        let limit = limit.unwrap_or(usize::MAX);
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
        };
        self.read(|rows| {
            let end = rows.log_end()?;
            let mut entries = Vec::new();
            if limit > 0 {
                rows.log(&query, &mut |entry| {
                    if fits(&entry) {
                        entries.push(entry);
                    }
                    if entries.len() < limit {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                })?;
            }
            entries.reverse();
            Ok((entries, end))
        })
    }
}

impl Admin {
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
