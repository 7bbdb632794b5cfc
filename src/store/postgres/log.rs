//! The tables of the log: verification attempts and administrative changes.

use super::error::found;
use super::session::Session;
use super::users;
use super::values::{Bytes, count, millis};
use crate::domain::audit::LogEntry;
use crate::domain::time::Timestamp;
use crate::store::backend::Each;
use crate::store::error::{Error, Result};
use crate::store::records::{AttemptCount, Attempts, ChangeRow, LogPosition, LogQuery};
use crate::text::hex;
use ::postgres::Row;
use ::postgres::types::Type;
use std::collections::VecDeque;

/// How many rows of a table are read at once.
const PAGE: i64 = 1000;

/// The verifications that fit, the last recorded first.
const ATTEMPTS: &str = "
SELECT id, at, 'verify' AS kind, account, sudo, 'verify' AS action, token_id, token_name, user_name,
       outcome, NULL::text AS detail, fingerprint, source, agent
FROM attempts
WHERE id < $1 AND id > $2 AND (NOT $3 OR outcome <> 'good')
      AND ($4::bigint IS NULL OR token_id = $4) AND ($5::bigint IS NULL OR at >= $5)
ORDER BY id DESC LIMIT $6";

/// The changes that fit, in the same order and columns. None is a failure.
const CHANGES: &str = "
SELECT id, at, 'admin' AS kind, account, sudo, action, token_id, token_name, user_name,
       'done' AS outcome, detail, NULL::bytea AS fingerprint, NULL::text AS source,
       NULL::text AS agent
FROM changes
WHERE id < $1 AND id > $2 AND NOT $3
      AND ($4::bigint IS NULL OR token_id = $4) AND ($5::bigint IS NULL OR at >= $5)
ORDER BY id DESC LIMIT $6";

/// Each table is in the order of recording, also where the clock was set back; between the tables,
/// time decides.
pub fn each(
    session: &mut Session,
    query: &LogQuery,
    each: Each<LogEntry>,
) -> Result<Option<LogPosition>> {
    let before = query.before.map_or_else(|| newest(session), Ok)?;
    let mut attempts = Table::new(ATTEMPTS, query.attempts, query.after.attempt, before.attempt);
    let mut changes = Table::new(CHANGES, query.changes, query.after.change, before.change);
    loop {
        attempts.fill(session, query)?;
        changes.fill(session, query)?;
        let next = match (attempts.page.front(), changes.page.front()) {
            (None, None) => return Ok(None),
            (Some((_, attempt)), Some((_, change))) if attempt.time < change.time => &mut changes,
            (None, Some(_)) => &mut changes,
            (Some(_), _) => &mut attempts,
        };
        let Some((id, entry)) = next.page.pop_front() else { return Ok(None) };
        next.last = id - 1;
        if each(entry).is_break() {
            return Ok(Some(LogPosition { attempt: attempts.last, change: changes.last }));
        }
    }
}

/// A table of the log that is read backwards, page by page.
struct Table {
    sql: &'static str,
    /// What was read and not yet handed over, with ids.
    page: VecDeque<(i64, LogEntry)>,
    /// The id up to which nothing was handed over.
    last: i64,
    /// The id before which the next page begins.
    before: i64,
    after: i64,
    is_at_end: bool,
}

impl Table {
    /// What is after the id `after`, up to the id `last`.
    fn new(sql: &'static str, is_wanted: bool, after: i64, last: i64) -> Self {
        let before = last.saturating_add(1);
        Table { sql, page: VecDeque::new(), last, before, after, is_at_end: !is_wanted }
    }

    /// Reads the next page if this one was handed over.
    fn fill(&mut self, session: &mut Session, query: &LogQuery) -> Result<()> {
        if self.is_at_end || !self.page.is_empty() {
            return Ok(());
        }
        let since = millis(query.since);
        let rows = session.query(
            self.sql,
            &[&self.before, &self.after, &query.failures, &query.token_id, &since, &PAGE],
        )?;
        self.page = rows.iter().map(recorded).collect::<Result<_>>()?;
        self.is_at_end = (self.page.len() as i64) < PAGE;
        if let Some((last, _)) = self.page.back() {
            self.before = *last;
        }
        Ok(())
    }
}

/// The id of a row, and what it says.
fn recorded(row: &Row) -> Result<(i64, LogEntry)> {
    let outcome: String = row.try_get("outcome")?;
    let (outcome, reason) = match outcome.as_str() {
        "good" | "done" | "insufficient_scope" => (outcome, row.try_get("detail")?),
        _ => ("rejected".to_string(), Some(outcome)),
    };
    let fingerprint: Option<Bytes<6>> = row.try_get("fingerprint")?;
    let entry = LogEntry {
        time: row.try_get("at")?,
        kind: row.try_get("kind")?,
        account: row.try_get("account")?,
        sudo: row.try_get("sudo")?,
        action: row.try_get("action")?,
        token_id: row.try_get("token_id")?,
        token_name: row.try_get("token_name")?,
        user: row.try_get("user_name")?,
        outcome,
        reason,
        fingerprint: fingerprint.map(|Bytes(bytes)| hex::encode(&bytes)),
        source: row.try_get("source")?,
        agent: row.try_get("agent")?,
    };
    Ok((row.try_get("id")?, entry))
}

/// The newest rows.
fn newest(session: &mut Session) -> Result<LogPosition> {
    const NEWEST: &str = "SELECT (SELECT coalesce(max(id), 0) FROM attempts) AS attempt,
             (SELECT coalesce(max(id), 0) FROM changes) AS change";
    let row = session.query_one(NEWEST, &[])?;
    Ok(LogPosition { attempt: row.try_get("attempt")?, change: row.try_get("change")? })
}

/// The end of the log, up to which nothing will be added any more. A transaction gets its ids shortly
/// before it commits, so a row with a lower id can appear after one with a higher id. A gap in the ids is
/// the end for as long as such a row may still appear, which is some seconds; after that it is the trace
/// of a transaction that was rolled back.
pub fn end(session: &mut Session) -> Result<LogPosition> {
    const LAST_ATTEMPTS: &str = "SELECT id,
             recorded_at < clock_timestamp() - INTERVAL '5 seconds' AS is_settled
         FROM attempts ORDER BY id DESC LIMIT 20000";
    const LAST_CHANGES: &str = "SELECT id,
             recorded_at < clock_timestamp() - INTERVAL '5 seconds' AS is_settled
         FROM changes ORDER BY id DESC LIMIT 20000";
    let attempt = settled(&session.query(LAST_ATTEMPTS, &[])?)?;
    let change = settled(&session.query(LAST_CHANGES, &[])?)?;
    Ok(LogPosition { attempt, change })
}

/// The last id before which nothing will be added, of rows from the newest on.
fn settled(rows: &[Row]) -> Result<i64> {
    let mut settled = None;
    let mut later: Option<i64> = None;
    for row in rows {
        let id: i64 = row.try_get("id")?;
        if later.is_none_or(|later| later != id + 1) {
            settled = Some(id);
        }
        if row.try_get("is_settled")? {
            break;
        }
        later = Some(id);
    }
    Ok(settled.unwrap_or(0))
}

pub fn attempt_counts(
    session: &mut Session,
    since: Timestamp,
    each: Each<AttemptCount>,
) -> Result<()> {
    const COUNTS: &str = "SELECT at, outcome = 'good' AS good, count(*) AS count
         FROM attempts WHERE at >= $1 GROUP BY at, outcome = 'good'";
    let read = |row: &Row| {
        Ok(AttemptCount {
            at: row.try_get("at")?,
            good: row.try_get("good")?,
            count: count(row.try_get("count")?),
        })
    };
    session.each(COUNTS, &[&since.millis()], |row| read(row).map(&mut *each)).map(drop)
}

pub fn insert_change(session: &mut Session, row: ChangeRow) -> Result<i64> {
    const INSERT: &str = "INSERT INTO changes
             (at, account, sudo, action, token_id, token_name, user_name, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    let token = row.change.token.as_ref();
    let inserted = session.query_one(
        INSERT,
        &[
            &row.at.millis(),
            &row.actor.account,
            &row.actor.sudo,
            &row.change.action,
            &token.map(|token| token.id),
            &token.map(|token| &token.name),
            &row.change.user,
            &row.change.detail,
        ],
    )?;
    Ok(inserted.try_get("id")?)
}

pub fn insert_changes(session: &mut Session, rows: &[ChangeRow]) -> Result<()> {
    const COPY: &str = "COPY changes
             (at, account, sudo, action, token_id, token_name, user_name, detail)
         FROM STDIN (FORMAT binary)";
    const TYPES: [Type; 8] = [
        Type::INT8,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::INT8,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
    ];
    match rows {
        [] => return Ok(()),
        [row] => return insert_change(session, *row).map(drop),
        _ => {}
    }
    session.copy(COPY, &TYPES, |copied| {
        rows.iter().try_for_each(|ChangeRow { at, actor, change }| {
            let token = change.token.as_ref();
            copied.write(&[
                &at.millis(),
                &actor.account,
                &actor.sudo,
                &change.action,
                &token.map(|token| token.id),
                &token.map(|token| &token.name),
                &change.user,
                &change.detail,
            ])
        })
    })
}

pub fn update_change(session: &mut Session, id: i64, detail: &str) -> Result<()> {
    const UPDATE: &str = "UPDATE changes SET detail = $2 WHERE id = $1";
    found(session.execute(UPDATE, &[&id, &detail])?)
}

pub fn insert_change_for_tokens_of(
    session: &mut Session,
    user_id: i64,
    row: ChangeRow,
) -> Result<()> {
    const INSERT: &str = "INSERT INTO changes
             (at, account, sudo, action, token_id, token_name, user_name, detail)
         SELECT $1, $2, $3, $4, id, name, $5, $6
         FROM tokens WHERE user_id = $7 ORDER BY id";
    if !users::has_id(session, user_id)? {
        return Err(Error::NotFound);
    }
    session.execute(
        INSERT,
        &[
            &row.at.millis(),
            &row.actor.account,
            &row.actor.sudo,
            &row.change.action,
            &row.change.user,
            &row.change.detail,
            &user_id,
        ],
    )?;
    Ok(())
}

pub fn insert_attempts(session: &mut Session, attempts: Attempts) -> Result<()> {
    const COPY: &str = "COPY attempts
             (at, account, sudo, outcome, token_id, token_name, user_name, fingerprint, source, agent)
         FROM STDIN (FORMAT binary)";
    const TYPES: [Type; 10] = [
        Type::INT8,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::INT8,
        Type::TEXT,
        Type::TEXT,
        Type::BYTEA,
        Type::TEXT,
        Type::TEXT,
    ];
    let Attempts { attempts: all, actor, keep } = attempts;
    let first = all.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
    session.copy(COPY, &TYPES, |copied| {
        all[first..].iter().try_for_each(|attempt| {
            let token = attempt.token.as_ref();
            copied.write(&[
                &attempt.at.millis(),
                &actor.account,
                &actor.sudo,
                &attempt.outcome,
                &token.map(|(token, _)| token.id),
                &token.map(|(token, _)| &token.name),
                &token.map(|(_, user)| user),
                &attempt.fingerprint.as_ref().map(|bytes| bytes.as_slice()),
                &attempt.caller.source,
                &attempt.caller.agent,
            ])
        })
    })?;
    trim_attempts(session, keep)?;
    Ok(())
}

/// Ids have gaps, so rows are counted, but only if there can be too many: that is told by two look-ups.
pub fn trim_attempts(session: &mut Session, keep: u64) -> Result<u64> {
    const SPAN: &str = "SELECT coalesce(max(id) - min(id) + 1, 0) AS span FROM attempts";
    const DELETE: &str = "DELETE FROM attempts WHERE id <= (
             SELECT id FROM attempts ORDER BY id DESC OFFSET $1 LIMIT 1)";
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    if session.query_one(SPAN, &[])?.try_get::<_, i64>("span")? <= keep {
        return Ok(0);
    }
    session.execute(DELETE, &[&keep])
}
