//! The log: verification attempts, and administrative changes.

use super::{Store, Writer};
use crate::error::Result;
use crate::name::key;
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
    pub fn new(at: Timestamp, outcome: &Outcome, fingerprint: Option<[u8; 6]>) -> Self {
        let token = outcome.grant().map(|grant| &grant.token);
        Attempt {
            at,
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
}

/// How far the log was read: ids in its two tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    attempt: i64,
    change: i64,
}

/// Which rows are meant.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    pub verify: bool,
    pub admin: bool,
    pub failures: bool,
    /// In any case.
    pub user: Option<String>,
    pub token: Option<i64>,
    pub since: Option<Timestamp>,
    pub after: Place,
}

/// The rows that fit, the newest first.
const LOG: &str = "
SELECT * FROM (
    SELECT at, 'verify' AS kind, account, sudo, 'verify', token_id, token_name, user, outcome,
           NULL, fingerprint, source, agent, strangers, id AS attempt, 0 AS change
    FROM attempts
    WHERE ?1 AND id > ?2 AND (NOT ?5 OR outcome <> 'good')
    UNION ALL
    SELECT at, 'admin', account, sudo, action, token_id, token_name, user, 'done',
           detail, NULL, NULL, NULL, NULL, 0, id
    FROM changes
    WHERE ?3 AND id > ?4 AND NOT ?5
)
WHERE (?6 IS NULL OR token_id = ?6) AND (?7 IS NULL OR at >= ?7)
ORDER BY at DESC, attempt DESC, change DESC";

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
    })
}

/// What the first of a stranger's seven bytes says; the others are the fingerprint.
const UNKNOWN: u8 = 0;
const MALFORMED: u8 = 1;
/// Malformed, and not even text: there is no fingerprint.
const GARBAGE: u8 = 2;

impl Entry {
    /// One of the attempts of a row of strangers.
    fn stranger(&self, bytes: &[u8]) -> Entry {
        let reason = if bytes[0] == UNKNOWN { "unknown" } else { "malformed" };
        let fingerprint = (bytes[0] != GARBAGE).then(|| crate::secret::to_hex(&bytes[1..]));
        Entry { reason: Some(reason.into()), fingerprint, ..self.clone() }
    }
}

impl Store {
    /// The newest rows that fit, at most `limit`, the newest last; and where the log ended.
    pub fn log(&self, filter: &LogFilter, limit: Option<usize>) -> Result<(Vec<Entry>, Place)> {
        const END: &str = "SELECT coalesce((SELECT max(id) FROM attempts), 0),
                 coalesce((SELECT max(id) FROM changes), 0)";
        let snapshot = self.connection.unchecked_transaction()?;
        let end = snapshot
            .prepare_cached(END)?
            .query_row([], |row| Ok(Place { attempt: row.get(0)?, change: row.get(1)? }))?;
        // SQLite knows lower case for ASCII only.
        let user = filter.user.as_deref().map(key);
        let is_meant = |entry: &Entry| {
            user.as_ref().is_none_or(|user| entry.user.as_deref().map(key).as_ref() == Some(user))
        };
        let mut statement = snapshot.prepare_cached(LOG)?;
        let mut rows = statement.query(params![
            filter.verify,
            filter.after.attempt,
            filter.admin,
            filter.after.change,
            filter.failures,
            filter.token,
            filter.since,
        ])?;
        let mut entries = Vec::new();
        while limit.is_none_or(|limit| entries.len() < limit)
            && let Some(row) = rows.next()?
        {
            let entry = entry(row)?;
            match row.get_ref(13)?.as_blob_or_null().map_err(rusqlite::Error::from)? {
                None if is_meant(&entry) => entries.push(entry),
                Some(strangers) if user.is_none() => {
                    entries.extend(strangers.chunks(7).rev().map(|one| entry.stranger(one)));
                }
                _ => {}
            }
        }
        // The last row may have held more than were asked for.
        entries.truncate(limit.unwrap_or(usize::MAX));
        entries.reverse();
        Ok((entries, end))
    }

    /// Deletes attempts beyond those that are to be kept; returns how many.
    pub fn prune_attempts(&mut self) -> Result<i64> {
        let kept = attempts_kept(&self.connection)?;
        const EXCESS: &str = "SELECT max(0, coalesce(max(id) - min(id), 0) - ?1 + coalesce((
                 SELECT coalesce(length(strangers) / 7, 1) FROM attempts ORDER BY id LIMIT 1), 0))
             FROM attempts";
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

impl Writer<'_> {
    /// Changes the detail of a row that this very command recorded.
    pub(super) fn amend(&self, row: i64, detail: &str) -> Result<()> {
        const AMEND: &str = "UPDATE changes SET detail = ?2 WHERE id = ?1";
        self.transaction.prepare_cached(AMEND)?.execute(params![row, detail])?;
        Ok(())
    }

    /// Records that all tokens of a user go with them.
    pub(super) fn record_removal(&self, user_id: i64, user: &str) -> Result<()> {
        const RECORD: &str = "INSERT INTO changes
                 (at, account, sudo, action, token_id, token_name, user, detail)
             SELECT ?1, ?2, ?3, 'delete', id, name, ?4, 'with its owner'
             FROM tokens WHERE user_id = ?5 ORDER BY id";
        let Actor { account, sudo } = self.actor;
        self.transaction
            .execute(RECORD, params![Timestamp::precise(), account, sudo, user, user_id])?;
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
    let kept = attempts_kept(transaction)?;
    let first = attempts.len().saturating_sub(usize::try_from(kept).unwrap_or(0));
    let alike = |a: &Attempt, b: &Attempt| a.at == b.at && a.token.is_none() == b.token.is_none();
    for attempts in attempts[first..].chunk_by(alike) {
        match attempts {
            [Attempt { token: None, at, .. }, _, ..] => {
                record_strangers(transaction, attempts, *at, caller, actor)?;
            }
            each => {
                each.iter().try_for_each(|one| record_one(transaction, one, caller, actor))?;
            }
        }
    }
    trim(transaction, kept)
}

/// One attempt, in a row of its own.
fn record_one(
    transaction: &Transaction,
    attempt: &Attempt,
    caller: &Caller,
    actor: &Actor,
) -> rusqlite::Result<()> {
    const RECORD: &str = "INSERT INTO attempts
             (at, account, sudo, outcome, token_id, token_name, user, fingerprint, source, agent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let token = attempt.token.as_ref();
    transaction.prepare_cached(RECORD)?.execute(params![
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
    Ok(())
}

/// Several attempts at one time with secrets that no token has, in one row: a flood of them costs
/// next to nothing, in time and in room.
fn record_strangers(
    transaction: &Transaction,
    attempts: &[Attempt],
    at: Timestamp,
    caller: &Caller,
    actor: &Actor,
) -> rusqlite::Result<()> {
    const RECORD: &str = "INSERT INTO attempts
             (id, at, account, sudo, outcome, strangers, source, agent)
         VALUES ((SELECT coalesce(max(id), 0) FROM attempts) + ?1, ?2, ?3, ?4, 'rejected', ?5, ?6, ?7)";
    let mut strangers = Vec::with_capacity(attempts.len() * 7);
    for attempt in attempts {
        let kind = match (attempt.outcome, attempt.fingerprint) {
            ("unknown", _) => UNKNOWN,
            (_, Some(_)) => MALFORMED,
            (_, None) => GARBAGE,
        };
        strangers.push(kind);
        strangers.extend(attempt.fingerprint.unwrap_or_default());
    }
    transaction.prepare_cached(RECORD)?.execute(params![
        attempts.len() as i64,
        at,
        actor.account,
        actor.sudo,
        strangers,
        caller.source,
        caller.agent,
    ])?;
    Ok(())
}

/// An attempt's number is its row's id, or a little less in a row of several: the oldest are a
/// range, but for the first of a row that is only partly too old.
fn trim(transaction: &Transaction, kept: i64) -> rusqlite::Result<()> {
    const TRIM: &str = "DELETE FROM attempts WHERE id <= (SELECT max(id) FROM attempts) - ?1";
    const CUT: &str = "UPDATE attempts
         SET strangers = substr(strangers, -7 * (id - ((SELECT max(id) FROM attempts) - ?1)))
         WHERE id = (SELECT min(id) FROM attempts)
               AND id - length(strangers) / 7 < (SELECT max(id) FROM attempts) - ?1";
    transaction.prepare_cached(TRIM)?.execute([kept])?;
    transaction.prepare_cached(CUT)?.execute([kept])?;
    Ok(())
}

fn attempts_kept(connection: &Connection) -> rusqlite::Result<i64> {
    const KEPT: &str = "SELECT CAST(coalesce(max(value), ?1) AS INTEGER) FROM settings
         WHERE key = 'attempts-kept'";
    let default = Setting::AttemptsKept.about().default;
    connection.prepare_cached(KEPT)?.query_row([default], |row| row.get(0))
}
