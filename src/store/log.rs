//! The log: verification attempts, and administrative changes.

use super::{Store, Writer};
use crate::error::Result;
use crate::outcome::Outcome;
use crate::settings::Setting;
use crate::when::Timestamp;
use rusqlite::{Connection, Row, Transaction, params};
use serde::Serialize;
use std::env;

/// Who does something: the operating system's account, and the one behind sudo.
#[derive(Debug, Clone)]
pub struct Actor {
    pub account: String,
    pub sudo: Option<String>,
}

impl Actor {
    /// Never fails: an account without a name is told as that.
    pub fn current() -> Self {
        let account = whoami::username().unwrap_or_else(|_| "unknown".into());
        let sudo = env::var("SUDO_USER").ok().filter(|name| !name.is_empty() && *name != account);
        Actor { account, sudo }
    }
}

/// A verification that is to be recorded.
#[derive(Debug, Clone)]
pub struct Attempt {
    at: Timestamp,
    outcome: &'static str,
    token: Option<(i64, String, String)>,
    fingerprint: Option<[u8; 6]>,
}

impl Attempt {
    /// What is kept of an outcome, and of the hash of what was presented.
    pub fn new(outcome: &Outcome, fingerprint: Option<[u8; 6]>) -> Self {
        let token = outcome.grant().map(|grant| &grant.token);
        Attempt {
            at: Timestamp::precise(),
            outcome: outcome.reason().unwrap_or("good"),
            fingerprint: fingerprint.filter(|_| token.is_none()),
            token: token.map(|token| (token.id, token.name.clone(), token.user.clone())),
        }
    }
}

/// What a caller of `verify` tells about a request.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    pub source: Option<String>,
    pub agent: Option<String>,
}

/// An administrative change.
#[derive(Debug, Clone, Copy, Default)]
pub struct Change<'a> {
    pub action: &'a str,
    pub token: Option<(i64, &'a str)>,
    pub user: Option<&'a str>,
    pub detail: Option<&'a str>,
}

/// A row of the log; the order of the fields is the order of the JSON keys.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    pub time: Timestamp,
    /// `verify` or `admin`.
    pub kind: String,
    pub account: String,
    /// The account behind sudo.
    pub sudo: Option<String>,
    pub action: String,
    pub token_id: Option<i64>,
    pub token_name: Option<String>,
    pub user: Option<String>,
    /// `good`, `rejected` or `insufficient_scope` for a verification, `done` for a change.
    pub outcome: String,
    pub reason: Option<String>,
    /// The beginning of the SHA-256 of a secret that is no token's.
    pub fingerprint: Option<String>,
    pub source: Option<String>,
    pub agent: Option<String>,
    #[serde(skip)]
    pub place: Place,
}

/// How far the log was read: ids in its two tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    attempt: i64,
    change: i64,
}

impl Place {
    /// The later of both, table by table.
    pub fn and(self, other: Place) -> Place {
        Place { attempt: self.attempt.max(other.attempt), change: self.change.max(other.change) }
    }
}

/// Which rows are meant.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    pub verify: bool,
    pub admin: bool,
    pub failures: bool,
    pub user: Option<String>,
    pub token: Option<i64>,
    pub since: Option<Timestamp>,
    pub after: Place,
}

/// The rows that fit, the newest `?8` of them, the newest last.
const LOG: &str = "
SELECT * FROM (
    SELECT at, 'verify' AS kind, account, sudo, 'verify', token_id, token_name, user, outcome,
           NULL, fingerprint, source, agent, id AS attempt, 0 AS change
    FROM attempts
    WHERE ?1 AND id > ?2 AND (NOT ?5 OR outcome <> 'good')
    UNION ALL
    SELECT at, 'admin', account, sudo, action, token_id, token_name, user, 'done',
           detail, NULL, NULL, NULL, 0, id
    FROM changes
    WHERE ?3 AND id > ?4 AND NOT ?5
)
WHERE (?6 IS NULL OR lower(user) = lower(?6)) AND (?7 IS NULL OR token_id = ?7)
      AND (?9 IS NULL OR at >= ?9)
ORDER BY at DESC, attempt DESC, change DESC LIMIT ?8";

fn entry(row: &Row) -> rusqlite::Result<Entry> {
    let outcome: String = row.get(8)?;
    let (outcome, reason) = match outcome.as_str() {
        "good" | "done" | "insufficient_scope" => (outcome, row.get(9)?),
        _ => ("rejected".to_string(), Some(outcome)),
    };
    let fingerprint: Option<[u8; 6]> = row.get(10)?;
    Ok(Entry {
        time: row.get(0)?,
        kind: row.get(1)?,
        account: row.get(2)?,
        sudo: row.get(3)?,
        action: row.get(4)?,
        token_id: row.get(5)?,
        token_name: row.get(6)?,
        user: row.get(7)?,
        outcome,
        reason,
        fingerprint: fingerprint.map(|bytes| crate::secret::to_hex(&bytes)),
        source: row.get(11)?,
        agent: row.get(12)?,
        place: Place { attempt: row.get(13)?, change: row.get(14)? },
    })
}

impl Store {
    /// The newest rows that fit, at most `limit`, the newest last.
    pub fn log(&self, filter: &LogFilter, limit: Option<usize>) -> Result<Vec<Entry>> {
        let mut statement = self.connection.prepare_cached(LOG)?;
        let rows = statement.query_map(
            params![
                filter.verify,
                filter.after.attempt,
                filter.admin,
                filter.after.change,
                filter.failures,
                filter.user,
                filter.token,
                limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX)),
                filter.since,
            ],
            entry,
        )?;
        let mut entries = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        entries.reverse();
        Ok(entries)
    }

    /// Deletes attempts beyond those that are to be kept; returns how many.
    pub fn prune_attempts(&mut self) -> Result<i64> {
        let kept = attempts_kept(&self.connection)?;
        const EXCESS: &str = "SELECT max(0, count(*) - ?1) FROM attempts";
        let excess: i64 = self.connection.query_row(EXCESS, [kept], |row| row.get(0))?;
        if excess > 0 {
            self.write(|writer| Ok(trim(&writer.transaction, kept)?))?;
        }
        Ok(excess)
    }
}

impl Writer<'_> {
    /// Records a change, which commits with it or not at all.
    pub fn record(&self, change: Change) -> Result<()> {
        const RECORD: &str = "INSERT INTO changes
                 (at, account, sudo, action, token_id, token_name, user, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.transaction.prepare_cached(RECORD)?.execute(params![
            Timestamp::precise(),
            self.actor.account,
            self.actor.sudo,
            change.action,
            change.token.map(|(id, _)| id),
            change.token.map(|(_, name)| name),
            change.user,
            change.detail,
        ])?;
        Ok(())
    }
}

/// Writes attempts, of which only the newest are kept.
pub(super) fn record_attempts(
    transaction: &Transaction,
    attempts: &[Attempt],
    caller: &Caller,
    actor: &Actor,
) -> rusqlite::Result<()> {
    const RECORD: &str = "INSERT INTO attempts
             (at, account, sudo, outcome, token_id, token_name, user, fingerprint, source, agent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let kept = attempts_kept(transaction)?;
    let first = attempts.len().saturating_sub(usize::try_from(kept).unwrap_or(0));
    let mut statement = transaction.prepare_cached(RECORD)?;
    for attempt in &attempts[first..] {
        let token = attempt.token.as_ref();
        statement.execute(params![
            attempt.at,
            actor.account,
            actor.sudo,
            attempt.outcome,
            token.map(|(id, _, _)| id),
            token.map(|(_, name, _)| name),
            token.map(|(_, _, user)| user),
            attempt.fingerprint,
            caller.source,
            caller.agent,
        ])?;
    }
    trim(transaction, kept)
}

/// Attempts have consecutive ids, so the oldest are a range.
fn trim(transaction: &Transaction, kept: i64) -> rusqlite::Result<()> {
    const TRIM: &str = "DELETE FROM attempts WHERE id <= (SELECT max(id) FROM attempts) - ?1";
    transaction.prepare_cached(TRIM)?.execute([kept])?;
    Ok(())
}

fn attempts_kept(connection: &Connection) -> rusqlite::Result<i64> {
    const KEPT: &str = "SELECT CAST(coalesce(max(value), ?1) AS INTEGER) FROM settings
         WHERE key = 'attempts-kept'";
    let default = Setting::AttemptsKept.about().default;
    connection.prepare_cached(KEPT)?.query_row([default], |row| row.get(0))
}
