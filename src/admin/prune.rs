//! Deleting what ended long ago, in short steps.

use super::error::{Error, Result};
use super::handle::Admin;
use crate::domain::audit::Change;
use crate::domain::time::{Span, Timestamp};
use crate::store::{Cutoffs, IdRange, LogQuery};
use crate::text::count::counted;
use std::ops::ControlFlow;
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

/// How far the clock may be ahead of everything that the database knows of. A clock that is wrong by
/// years would delete tokens that are good.
const MAX_SILENCE: Span = Span::days(30);

/// After how long without any other trace a prune is logged even if it deletes nothing, so that a
/// database in which nothing happens but nightly prunes is not taken for one with a wrong clock.
const QUIET: Span = Span::days(7);

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
    /// [`Error::ClockAhead`] when the clock is more than 30 days ahead of every token and of the log,
    /// unless `force` says that it is right; and whatever keeps the tokens from being deleted.
    pub fn prune(&self, grace: Span, force: bool, mut progress: impl FnMut(u64)) -> Result<u64> {
        let survey = self.survey(grace, force)?;
        let mut entry = LogEntry { row: None, pruned: 0 };
        for range in &survey.ranges {
            self.prune_step(*range, survey.cutoffs, &mut entry)?;
            thread::sleep(PAUSE);
            progress(entry.pruned);
        }
        if entry.row.is_none() && survey.leaves_a_trace {
            self.write(|writer| writer.record(&change(0)))?;
        }
        self.trim_attempts()?;
        Ok(entry.pruned)
    }

    /// How many tokens [`Admin::prune`] would delete.
    ///
    /// # Errors
    ///
    /// As for [`Admin::prune`].
    pub fn count_prunable(&self, grace: Span, force: bool) -> Result<u64> {
        Ok(self.survey(grace, force)?.count)
    }

    /// Looks for what can be deleted, in short steps, and whether the clock can be right.
    fn survey(&self, grace: Span, force: bool) -> Result<Survey> {
        let rules = self.settings()?.rules(self.now())?;
        let cutoff = rules.now.minus(grace);
        let cutoffs = Cutoffs {
            // What ended within this second has ended.
            ended_before: cutoff.plus(Span::seconds(1)).unwrap_or(cutoff),
            used_before: rules.unused_lifetime.map(|lifetime| cutoff.minus(lifetime)),
        };
        let mut newest = self.newest_log_entry()?;
        let is_quiet = silence(newest, rules.now) > QUIET;
        let (mut ranges, mut count, mut after) = (Vec::new(), 0, 0);
        while let Some((range, found)) = self.read(|rows| {
            if is_quiet {
                newest = newest.max(rows.newest_token_time(after, STEP)?);
            }
            Ok(rows.prunable(after, STEP, cutoffs)?)
        })? {
            count += found;
            ranges.extend((found > 0).then_some(range));
            after = range.last;
        }
        let silence = silence(newest, rules.now);
        let is_in_doubt = silence > MAX_SILENCE && !force;
        match newest {
            Some(newest) if is_in_doubt && count > 0 => {
                Err(Error::ClockAhead { now: rules.now, newest })
            }
            _ => {
                let leaves_a_trace = silence > QUIET && !is_in_doubt;
                Ok(Survey { cutoffs, ranges, count, leaves_a_trace })
            }
        }
    }

    /// The time of the newest row of the log.
    fn newest_log_entry(&self) -> Result<Option<Timestamp>> {
        let all = LogQuery { attempts: true, changes: true, ..LogQuery::default() };
        let mut newest = None;
        self.read(|rows| {
            rows.log(&all, &mut |entry| {
                newest = Some(entry.time);
                ControlFlow::Break(())
            })?;
            Ok(())
        })?;
        Ok(newest)
    }

    fn prune_step(&self, range: IdRange, cutoffs: Cutoffs, entry: &mut LogEntry) -> Result<()> {
        *entry = self.write(|writer| {
            let pruned = entry.pruned + writer.rows.prune(range, cutoffs)?;
            let row = match entry.row {
                Some(row) => {
                    writer.rows.update_change(row, &counted(pruned, "token"))?;
                    Some(row)
                }
                None if pruned == 0 => None,
                None => Some(writer.record(&change(pruned))?),
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

/// How long nothing has happened; no time if nothing ever has.
fn silence(newest: Option<Timestamp>, now: Timestamp) -> Span {
    newest.unwrap_or(now).until(now)
}

/// What a prune is in the log.
fn change(pruned: u64) -> Change {
    let detail = Some(counted(pruned, "token"));
    Change { action: "prune", detail, ..Change::default() }
}

/// What a prune is going to do.
struct Survey {
    cutoffs: Cutoffs,
    /// The ranges of ids with tokens to delete, and how many these are.
    ranges: Vec<IdRange>,
    count: u64,
    /// Whether it is logged even if it deletes nothing.
    leaves_a_trace: bool,
}

/// The prune's row in the log, which the first step adds and later ones update.
#[derive(Clone, Copy)]
struct LogEntry {
    row: Option<i64>,
    pruned: u64,
}
