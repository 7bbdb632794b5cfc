//! The tables of the log: verification attempts and administrative changes.

use super::columns::columns;
use super::error::found;
use super::pages::{PAGE, advance, let_go};
use super::users;
use crate::domain::audit::{Attempt, LogEntry};
use crate::domain::time::Timestamp;
use crate::store::backend::Each;
use crate::store::error::{Error, Result};
use crate::store::records::{AttemptCount, Attempts, ChangeRow, LogPosition, LogQuery};
use crate::text::hex;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::VecDeque;
use std::ops::ControlFlow;

/// The verifications that fit, the last recorded first.
const ATTEMPTS: &str = "
SELECT id, at, 'verify' AS kind, account, sudo, 'verify' AS action, token_id, token_name, user,
       outcome, NULL AS detail, fingerprint, source, agent, strangers
FROM attempts
WHERE id < ?1 AND id > ?2 AND (NOT ?3 OR outcome <> 'good')
      AND (?4 IS NULL OR token_id = ?4) AND (?5 IS NULL OR at >= ?5)
ORDER BY id DESC LIMIT ?6";

/// The changes that fit, in the same order and columns. None is a failure.
const CHANGES: &str = "
SELECT id, at, 'admin' AS kind, account, sudo, action, token_id, token_name, user,
       'done' AS outcome, detail, NULL AS fingerprint, NULL AS source, NULL AS agent,
       NULL AS strangers
FROM changes
WHERE id < ?1 AND id > ?2 AND NOT ?3
      AND (?4 IS NULL OR token_id = ?4) AND (?5 IS NULL OR at >= ?5)
ORDER BY id DESC LIMIT ?6";

columns!(
    log_columns: id,
    at,
    kind,
    account,
    sudo,
    action,
    token_id,
    token_name,
    user,
    outcome,
    detail,
    fingerprint,
    source,
    agent,
    strangers,
);
use log_columns as column;

/// Each table is in the order of recording, also where the clock was set back; between the tables,
/// time decides.
pub fn each(
    connection: &Connection,
    query: &LogQuery,
    each: Each<LogEntry>,
) -> Result<Option<LogPosition>> {
    let (mut attempts, mut changes) = tables(connection, query)?;
    loop {
        let has_read = attempts.fill(connection, query)? | changes.fill(connection, query)?;
        if has_read {
            let_go(connection)?;
        }
        let next = match (attempts.page.front(), changes.page.front()) {
            (None, None) => return Ok(None),
            (Some(attempt), Some(change)) if attempt.entry.time < change.entry.time => &mut changes,
            (None, Some(_)) => &mut changes,
            (Some(_), _) => &mut attempts,
        };
        if next.hand_over(each).is_break() {
            return Ok(Some(LogPosition { attempt: attempts.last, change: changes.last }));
        }
    }
}

/// Both tables from where the query begins. Without a position that is the end of the log, so that
/// what is recorded from now on is left out by whoever goes on later, too.
fn tables(connection: &Connection, query: &LogQuery) -> Result<(Table, Table)> {
    const NEXT: &str = "SELECT id, coalesce(length(strangers) / 7, 1) AS count
         FROM attempts WHERE id > ?1 ORDER BY id LIMIT 1";
    let before = query.before.map_or_else(|| end(connection), Ok)?;
    let mut attempts = Table::new(ATTEMPTS, query.attempts, query.after.attempt, before.attempt);
    let changes = Table::new(CHANGES, query.changes, query.after.change, before.change);
    let mut next = connection.prepare_cached(NEXT)?;
    let next = next.query_row([before.attempt], |row| Ok((row.get("id")?, row.get("count")?)));
    // A row of several attempts has the number of the last one, and can begin before the position.
    if let Some::<(i64, i64)>((id, count)) = next.optional()?
        && id - count < before.attempt
    {
        attempts.before = id.saturating_add(1);
    }
    Ok((attempts, changes))
}

/// A table of the log that is read backwards, page by page.
struct Table {
    sql: &'static str,
    /// What was read and not yet handed over.
    page: VecDeque<Recorded>,
    /// The number of the last attempt or change that was not handed over.
    last: i64,
    /// The id before which the next page begins.
    before: i64,
    after: i64,
    is_at_end: bool,
}

/// A row of the log.
struct Recorded {
    id: i64,
    entry: LogEntry,
    /// The attempts that it stands for: see [`Stranger`].
    strangers: Option<Vec<u8>>,
}

impl Table {
    /// What is after the number `after`, up to the number `last`.
    fn new(sql: &'static str, is_wanted: bool, after: i64, last: i64) -> Self {
        let before = last.saturating_add(1);
        Table { sql, page: VecDeque::new(), last, before, after, is_at_end: !is_wanted }
    }

    /// Reads the next page if this one was handed over; returns whether it did.
    fn fill(&mut self, connection: &Connection, query: &LogQuery) -> Result<bool> {
        if self.is_at_end || !self.page.is_empty() {
            return Ok(false);
        }
        let LogQuery { failures, token_id, since, .. } = query;
        let mut statement = connection.prepare_cached(self.sql)?;
        let values = params![self.before, self.after, failures, token_id, since, PAGE];
        self.page = statement.query_map(values, recorded)?.collect::<rusqlite::Result<_>>()?;
        self.is_at_end = self.page.len() < PAGE;
        if let Some(last) = self.page.back() {
            self.before = advance(self.before, last.id, true)?;
        }
        Ok(true)
    }

    /// Hands over the next row: what it stands for, up to the number `last`.
    fn hand_over(&mut self, each: Each<LogEntry>) -> ControlFlow<()> {
        let Some(Recorded { id, entry, strangers }) = self.page.pop_front() else {
            return ControlFlow::Continue(());
        };
        let Some(packed) = strangers else {
            self.last = id - 1;
            return each(entry);
        };
        for (number, bytes) in (0..).map(|n| id - n).zip(packed.chunks(Stranger::SIZE).rev()) {
            if number <= self.last {
                self.last = number - 1;
                each(Stranger::unpack(bytes).entry(&entry))?;
            }
        }
        ControlFlow::Continue(())
    }
}

fn recorded(row: &Row) -> rusqlite::Result<Recorded> {
    let (id, strangers) = (row.get(column::id)?, row.get(column::strangers)?);
    Ok(Recorded { id, entry: entry(row)?, strangers })
}

fn entry(row: &Row) -> rusqlite::Result<LogEntry> {
    let outcome: String = row.get(column::outcome)?;
    let (outcome, reason) = match outcome.as_str() {
        "good" | "done" | "insufficient_scope" => (outcome, row.get(column::detail)?),
        _ => ("rejected".to_string(), Some(outcome)),
    };
    let fingerprint: Option<[u8; 6]> = row.get(column::fingerprint)?;
    Ok(LogEntry {
        time: row.get(column::at)?,
        kind: row.get(column::kind)?,
        account: row.get(column::account)?,
        sudo: row.get(column::sudo)?,
        action: row.get(column::action)?,
        token_id: row.get(column::token_id)?,
        token_name: row.get(column::token_name)?,
        user: row.get(column::user)?,
        outcome,
        reason,
        fingerprint: fingerprint.map(|bytes| hex::encode(&bytes)),
        source: row.get(column::source)?,
        agent: row.get(column::agent)?,
    })
}

/// An attempt with an unknown secret. Several at one time share a row, packed one after another, so
/// that a flood of them costs next to nothing in time and space.
struct Stranger {
    malformed: bool,
    /// Missing for a secret that is not even text.
    fingerprint: Option<[u8; 6]>,
}

impl Stranger {
    /// The first byte says what is wrong; the fingerprint follows.
    const SIZE: usize = 7;
    const UNKNOWN: u8 = 0;
    const MALFORMED: u8 = 1;
    const NOT_TEXT: u8 = 2;

    /// The attempt, if it can be packed.
    fn of(attempt: &Attempt) -> Option<Self> {
        let (malformed, fingerprint) = match (attempt.outcome, attempt.fingerprint) {
            ("unknown", Some(fingerprint)) => (false, Some(fingerprint)),
            ("malformed", fingerprint) => (true, fingerprint),
            _ => return None,
        };
        attempt.token.is_none().then_some(Stranger { malformed, fingerprint })
    }

    fn pack(&self, to: &mut Vec<u8>) {
        to.push(match (self.malformed, self.fingerprint) {
            (false, _) => Self::UNKNOWN,
            (true, Some(_)) => Self::MALFORMED,
            (true, None) => Self::NOT_TEXT,
        });
        to.extend(self.fingerprint.unwrap_or_default());
    }

    fn unpack(bytes: &[u8]) -> Self {
        let kind = bytes.first().copied().unwrap_or(Self::NOT_TEXT);
        let fingerprint = bytes.get(1..).and_then(|bytes| bytes.try_into().ok());
        Stranger {
            malformed: kind != Self::UNKNOWN,
            fingerprint: fingerprint.filter(|_| kind != Self::NOT_TEXT),
        }
    }

    fn entry(&self, row: &LogEntry) -> LogEntry {
        let reason = if self.malformed { "malformed" } else { "unknown" };
        let fingerprint = self.fingerprint.map(|bytes| hex::encode(&bytes));
        LogEntry { reason: Some(reason.into()), fingerprint, ..row.clone() }
    }
}

pub fn end(connection: &Connection) -> Result<LogPosition> {
    const END: &str = "SELECT coalesce((SELECT max(id) FROM attempts), 0) AS attempt,
             coalesce((SELECT max(id) FROM changes), 0) AS change";
    let mut statement = connection.prepare_cached(END)?;
    let position = statement.query_row([], |row| {
        Ok(LogPosition { attempt: row.get("attempt")?, change: row.get("change")? })
    });
    Ok(position?)
}

pub fn attempt_counts(
    connection: &Connection,
    since: Timestamp,
    each: Each<AttemptCount>,
) -> Result<()> {
    const COUNTS: &str = "SELECT at, outcome = 'good', coalesce(length(strangers) / 7, 1)
         FROM attempts WHERE at >= ?1";
    let mut statement = connection.prepare(COUNTS)?;
    let rows = statement.query_map([since], |row| {
        Ok(AttemptCount { at: row.get(0)?, good: row.get(1)?, count: row.get(2)? })
    })?;
    for count in rows {
        if each(count?).is_break() {
            break;
        }
    }
    Ok(())
}

pub fn insert_change(connection: &Connection, row: ChangeRow) -> Result<i64> {
    const INSERT: &str = "INSERT INTO changes
             (at, account, sudo, action, token_id, token_name, user, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let token = row.change.token.as_ref();
    connection.prepare_cached(INSERT)?.execute(params![
        row.at,
        row.actor.account,
        row.actor.sudo,
        row.change.action,
        token.map(|token| token.id),
        token.map(|token| &token.name),
        row.change.user,
        row.change.detail,
    ])?;
    Ok(connection.last_insert_rowid())
}

pub fn update_change(connection: &Connection, id: i64, detail: &str) -> Result<()> {
    const UPDATE: &str = "UPDATE changes SET detail = ?2 WHERE id = ?1";
    found(connection.prepare_cached(UPDATE)?.execute(params![id, detail])?)
}

pub fn insert_change_for_tokens_of(
    connection: &Connection,
    user_id: i64,
    row: ChangeRow,
) -> Result<()> {
    const INSERT: &str = "INSERT INTO changes
             (at, account, sudo, action, token_id, token_name, user, detail)
         SELECT ?1, ?2, ?3, ?4, id, name, ?5, ?6
         FROM tokens WHERE user_id = ?7 ORDER BY id";
    if !users::has_id(connection, user_id)? {
        return Err(Error::NotFound);
    }
    connection.execute(
        INSERT,
        params![
            row.at,
            row.actor.account,
            row.actor.sudo,
            row.change.action,
            row.change.user,
            row.change.detail,
            user_id,
        ],
    )?;
    Ok(())
}

pub fn insert_attempts(connection: &Connection, attempts: Attempts) -> Result<()> {
    let all = attempts.attempts;
    let first = all.len().saturating_sub(usize::try_from(attempts.keep).unwrap_or(usize::MAX));
    let can_be_packed = |attempt: &Attempt| Stranger::of(attempt).is_some();
    let share_a_row = |a: &Attempt, b: &Attempt| {
        a.at == b.at && a.caller == b.caller && can_be_packed(a) && can_be_packed(b)
    };
    for group in all[first..].chunk_by(share_a_row) {
        match group {
            [attempt] => insert_attempt(connection, attempt, &attempts)?,
            strangers => insert_strangers(connection, strangers, &attempts)?,
        }
    }
    trim_attempts(connection, attempts.keep)?;
    Ok(())
}

/// One attempt in a row of its own.
fn insert_attempt(connection: &Connection, attempt: &Attempt, with: &Attempts) -> Result<()> {
    const INSERT: &str = "INSERT INTO attempts
             (at, account, sudo, outcome, token_id, token_name, user, fingerprint, source, agent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let token = attempt.token.as_ref();
    connection.prepare_cached(INSERT)?.execute(params![
        attempt.at,
        with.actor.account,
        with.actor.sudo,
        attempt.outcome,
        token.map(|(token, _)| token.id),
        token.map(|(token, _)| &token.name),
        token.map(|(_, user)| user),
        attempt.fingerprint,
        attempt.caller.source,
        attempt.caller.agent,
    ])?;
    Ok(())
}

/// Several attempts of one caller at one time with unknown secrets, in one row. Its id leaves room for a number
/// for each of them.
fn insert_strangers(connection: &Connection, group: &[Attempt], with: &Attempts) -> Result<()> {
    const INSERT: &str = "INSERT INTO attempts
             (id, at, account, sudo, outcome, strangers, source, agent)
         VALUES ((SELECT coalesce(max(id), 0) FROM attempts) + ?1, ?2, ?3, ?4, 'rejected', ?5, ?6,
                 ?7)";
    let Some(first) = group.first() else { return Ok(()) };
    let mut packed = Vec::with_capacity(group.len() * Stranger::SIZE);
    group.iter().filter_map(Stranger::of).for_each(|stranger| stranger.pack(&mut packed));
    connection.prepare_cached(INSERT)?.execute(params![
        group.len(),
        first.at,
        with.actor.account,
        with.actor.sudo,
        packed,
        first.caller.source,
        first.caller.agent,
    ])?;
    Ok(())
}

/// An attempt's number is its row's id, or a little less in a row of several, so the oldest are a
/// range of ids, except for the first attempts of a row that is only partly too old.
pub fn trim_attempts(connection: &Connection, keep: u64) -> Result<u64> {
    const EXCESS: &str = "SELECT max(0, coalesce(max(id) - min(id), 0) - ?1 + coalesce((
             SELECT coalesce(length(strangers) / 7, 1) FROM attempts ORDER BY id LIMIT 1), 0))
         FROM attempts";
    const DELETE: &str = "DELETE FROM attempts WHERE id <= (SELECT max(id) FROM attempts) - ?1";
    const CUT: &str = "UPDATE attempts
         SET strangers = substr(strangers, -7 * (id - ((SELECT max(id) FROM attempts) - ?1)))
         WHERE id = (SELECT min(id) FROM attempts)
               AND id - length(strangers) / 7 < (SELECT max(id) FROM attempts) - ?1";
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    let excess: u64 = connection.prepare_cached(EXCESS)?.query_row([keep], |row| row.get(0))?;
    if excess > 0 {
        connection.prepare_cached(DELETE)?.execute([keep])?;
        connection.prepare_cached(CUT)?.execute([keep])?;
    }
    Ok(excess)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_in_the_statement() {
        super::super::columns::check_names(ATTEMPTS, column::NAMES);
        super::super::columns::check_names(CHANGES, column::NAMES);
    }

    #[test]
    fn strangers_unpack_as_they_were_packed() {
        for (malformed, fingerprint) in
            [(false, Some([1, 2, 3, 4, 5, 6])), (true, Some([0; 6])), (true, None)]
        {
            let mut packed = Vec::new();
            Stranger { malformed, fingerprint }.pack(&mut packed);
            assert_eq!(packed.len(), Stranger::SIZE);
            let read = Stranger::unpack(&packed);
            assert_eq!((read.malformed, read.fingerprint), (malformed, fingerprint));
        }
    }
}
