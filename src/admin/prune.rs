//! Deleting what ended long ago, in short steps.

use super::error::Result;
use super::handle::Admin;
use crate::domain::audit::Change;
use crate::domain::time::Span;
use crate::store::{Cutoffs, IdRange};
use crate::text::count::counted;
use std::thread;
use std::time::Duration;

/// How many rows one step looks at. Their hashes lie all over the index, so that nearly each row
/// costs a page of its own, written twice. With 200,000 tokens, one run each, steps of 500 and 250
/// rows did not shorten the longest wait of a verification, and 250 made the prune take 3.5 times as
/// long (`benches/prune.py`).
const STEP: u32 = 2000;

/// How long a prune gives up all locks between two steps: several times what a waiting process
/// sleeps, so that all get their turn. Without it a `create` waits three times as long.
const PAUSE: Duration = Duration::from_millis(10);

impl Admin {
    /// Deletes tokens that were revoked, expired or unused for at least `grace`, and verifications
    /// beyond the number that the log keeps; returns the number of tokens.
    ///
    /// Every step is a transaction of its own, so that neither verifications nor other writers wait
    /// noticeably however many rows are deleted; an interrupted prune is just not finished.
    /// `progress` is called with the number deleted so far.
    ///
    /// # Errors
    ///
    /// Whatever keeps them from being deleted.
    pub fn prune(&self, grace: Span, mut progress: impl FnMut(u64)) -> Result<u64> {
        let mut entry = LogEntry { row: None, pruned: 0 };
        self.each_prunable(grace, |step| {
            if step.count > 0 {
                self.prune_step(&step, &mut entry)?;
                thread::sleep(PAUSE);
            }
            progress(entry.pruned);
            Ok(())
        })?;
        self.trim_attempts()?;
        Ok(entry.pruned)
    }

    /// How many tokens [`Admin::prune`] would delete.
    ///
    /// # Errors
    ///
    /// Whatever keeps them from being counted.
    pub fn count_prunable(&self, grace: Span) -> Result<u64> {
        let mut count = 0;
        self.each_prunable(grace, |step| {
            count += step.count;
            Ok(())
        })?;
        Ok(count)
    }

    /// Calls `each` for one range of ids after another.
    fn each_prunable(&self, grace: Span, mut each: impl FnMut(Step) -> Result<()>) -> Result<()> {
        let rules = self.settings()?.rules(self.now())?;
        let ended_before = rules.now.minus(grace);
        let used_before = rules.unused_lifetime.map(|lifetime| ended_before.minus(lifetime));
        let cutoffs = Cutoffs { ended_before, used_before };
        let mut after = 0;
        while let Some((range, count)) =
            self.read(|rows| Ok(rows.prunable(after, STEP, cutoffs)?))?
        {
            each(Step { range, cutoffs, count })?;
            after = range.last;
        }
        Ok(())
    }

    fn prune_step(&self, step: &Step, entry: &mut LogEntry) -> Result<()> {
        *entry = self.write(|writer| {
            let pruned = entry.pruned + writer.rows.prune(step.range, step.cutoffs)?;
            let detail = counted(pruned, "token");
            let row = match entry.row {
                Some(row) => {
                    writer.rows.update_change(row, &detail)?;
                    Some(row)
                }
                None if pruned == 0 => None,
                None => {
                    let detail = Some(detail);
                    let change = Change { action: "prune", detail, ..Change::default() };
                    Some(writer.record(&change)?)
                }
            };
            Ok(LogEntry { row, pruned })
        })?;
        Ok(())
    }

    /// Deletes the verifications beyond the number that the log keeps.
    fn trim_attempts(&self) -> Result<()> {
        self.write(|writer| {
            let keep = writer.rows.settings()?.attempts_kept()?;
            writer.rows.trim_attempts(keep)?;
            Ok(())
        })
    }
}

/// A range of ids, and how many tokens in it can be deleted.
struct Step {
    range: IdRange,
    cutoffs: Cutoffs,
    count: u64,
}

/// The prune's row in the log, which the first step adds and later ones update.
#[derive(Clone, Copy)]
struct LogEntry {
    row: Option<i64>,
    pruned: u64,
}
