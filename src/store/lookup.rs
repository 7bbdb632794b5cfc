//! Verify's path: one look-up, and afterwards, at best, the time of last use.

use super::{Actor, Attempt, Caller, Store, log, settings};
use crate::error::Result;
use crate::outcome::{Grant, Outcome};
use crate::scheme::{self, Candidate, Scheme};
use crate::scope::Scopes;
use crate::secret::Secret;
use crate::settings::Setting;
use crate::token::{Facts, Rules, Token};
use crate::when::{Span, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use std::rc::Rc;

/// How many tokens' last use is written in one transaction.
const TOUCH_STEP: usize = 5000;

/// Asks for all hashes at once; the settings that a verification needs come along. What is not
/// found is a row without a token, so that there is always a row.
const LOOKUP: &str = "
SELECT wanted.rowid,
       (SELECT value FROM settings WHERE key = 'unused-lifetime'),
       (SELECT value FROM settings WHERE key = 'last-used-resolution'),
       (SELECT value FROM settings WHERE key = 'record-attempts'),
       t.id, t.name, t.scopes, t.hint, t.created_at, t.expires_at, t.last_used_at, t.revoked_at,
       t.revoked_reason, t.source,
       u.id, u.name, u.admin, u.banned_at IS NOT NULL, u.banned_reason,
       t.scheme_id, t.foreign_id, s.kind, s.prefix
FROM rarray(?1) AS wanted
LEFT JOIN tokens t ON t.hash = wanted.value
LEFT JOIN users u ON u.id = t.user_id
LEFT JOIN schemes s ON s.id = t.scheme_id";

/// Which verifications are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recorded {
    #[default]
    None,
    Failures,
    All,
}

impl Recorded {
    /// A value that tokctl did not write records nothing.
    fn parse(value: Option<&str>) -> Self {
        match value.or(Setting::RecordAttempts.about().default) {
            Some("all") => Recorded::All,
            Some("failures") => Recorded::Failures,
            _ => Recorded::None,
        }
    }

    pub fn includes(self, outcome: &Outcome) -> bool {
        match self {
            Recorded::All => true,
            Recorded::Failures => !matches!(outcome, Outcome::Good(_)),
            Recorded::None => false,
        }
    }
}

/// What the database's settings say about verifying.
#[derive(Debug, Clone, Copy)]
struct Settings {
    rules: Rules,
    last_used_resolution: Option<Span>,
    recorded: Recorded,
}

impl Settings {
    fn read(row: &Row, now: Timestamp) -> Result<Self> {
        let text = |column| {
            let value = row.get_ref(column)?;
            value.as_str_or_null().map_err(rusqlite::Error::from)
        };
        let span = |column, setting| settings::span(setting, text(column)?);
        Ok(Settings {
            rules: Rules { now, unused_lifetime: span(1, Setting::UnusedLifetime)? },
            last_used_resolution: span(2, Setting::LastUsedResolution)?,
            recorded: Recorded::parse(text(3)?),
        })
    }
}

/// A token from the columns that begin with its id, in the fifth.
fn grant(row: &Row, id: i64, rules: &Rules) -> rusqlite::Result<Grant> {
    let facts = Facts {
        expires_at: row.get(9)?,
        last_used_at: row.get(10)?,
        revoked_at: row.get(11)?,
        owner_banned: row.get(17)?,
    };
    let admin = row.get(16)?;
    let token = Token {
        id,
        name: row.get(5)?,
        user: row.get(15)?,
        scopes: Scopes::from_stored(row.get_ref(6)?.as_str()?),
        status: facts.status(rules),
        hint: row.get(7)?,
        created_at: row.get(8)?,
        expires_at: facts.expires_at,
        last_used_at: facts.last_used_at,
        revoked_at: facts.revoked_at,
        revoked_reason: row.get(12)?,
        source: row.get(13)?,
        // Nobody asks a verification for these.
        replaces: None,
        replaced_by: None,
        owner_is_admin: admin,
    };
    Ok(Grant { token, user_id: row.get(14)?, admin, banned_reason: row.get(18)? })
}

/// The hashes of candidates, as `rarray` takes them.
fn hashes(wanted: &[Candidate]) -> Rc<Vec<Value>> {
    Rc::new(wanted.iter().map(|candidate| Value::Blob(candidate.hash.to_vec())).collect())
}

/// Whether a token is what the candidate claims, by the columns `scheme_id`, `foreign_id`, `kind`
/// and `prefix` that begin at `first`.
fn fits(candidate: &Candidate, row: &Row, first: usize) -> rusqlite::Result<bool> {
    let Some(id) = row.get(first)? else { return Ok(candidate.fits(None, "")) };
    let kind = row.get_ref(first + 2)?.as_str()?;
    // A salt need not be compared again: the hash was made with it.
    let scheme = Scheme::from_parts(kind, row.get(first + 3)?, Vec::new());
    let foreign_id = row.get_ref(first + 1)?.as_str()?;
    Ok(scheme.is_some_and(|scheme| candidate.fits(Some((id, &scheme)), foreign_id)))
}

fn schemes(connection: &Connection) -> Result<Vec<(i64, Scheme)>> {
    const SCHEMES: &str = "SELECT id, kind, prefix, salt FROM schemes";
    let mut statement = connection.prepare_cached(SCHEMES)?;
    let mut rows = statement.query([])?;
    let mut schemes = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        if let Some(scheme) = Scheme::from_parts(&kind, row.get(2)?, row.get(3)?) {
            schemes.push((row.get(0)?, scheme));
        }
    }
    Ok(schemes)
}

/// The token that has a secret: of several the lowest id.
pub(super) fn id_of(connection: &Connection, secret: &Secret) -> Result<Option<i64>> {
    const TOKENS: &str = "SELECT wanted.rowid, t.id, t.scheme_id, t.foreign_id, s.kind, s.prefix
         FROM rarray(?1) AS wanted JOIN tokens t ON t.hash = wanted.value
         LEFT JOIN schemes s ON s.id = t.scheme_id ORDER BY t.id";
    let wanted = scheme::candidates(secret, &schemes(connection)?);
    let mut statement = connection.prepare_cached(TOKENS)?;
    let mut rows = statement.query([hashes(&wanted)])?;
    while let Some(row) = rows.next()? {
        if fits(&wanted[row.get::<_, i64>(0)? as usize - 1], row, 2)? {
            return Ok(Some(row.get(1)?));
        }
    }
    Ok(None)
}

/// A token that was found, and whether its time of last use is old enough to be written again.
pub struct Sighting {
    pub grant: Grant,
    pub is_stale: bool,
}

impl Store {
    /// Looks for tokens by their hashes, all in one statement and so in one snapshot. Hands each
    /// that is what its candidate claims to `each`, with the candidate's position.
    pub fn look_up(
        &self,
        wanted: &[Candidate],
        mut each: impl FnMut(usize, Sighting),
    ) -> Result<Recorded> {
        let now = Timestamp::now();
        let hashes = hashes(wanted);
        // One lock for reading the schema and for the look-up.
        let _snapshot = self.connection.unchecked_transaction()?;
        let mut statement = self.connection.prepare_cached(LOOKUP)?;
        let mut rows = statement.query([hashes])?;
        let mut settings = None;
        while let Some(row) = rows.next()? {
            let Settings { rules, last_used_resolution, .. } = match settings {
                Some(settings) => settings,
                None => *settings.insert(Settings::read(row, now)?),
            };
            // rarray counts its rows from 1.
            let place = row.get::<_, i64>(0)? as usize - 1;
            if let Some(id) = row.get(4)?
                && fits(&wanted[place], row, 19)?
            {
                let grant = grant(row, id, &rules)?;
                let is_stale = match (grant.token.last_used_at, last_used_resolution) {
                    (Some(last), Some(resolution)) => last.until(now) >= resolution,
                    _ => true,
                };
                each(place, Sighting { grant, is_stale });
            }
        }
        match settings {
            Some(Settings { recorded, .. }) => Ok(recorded),
            // Nothing was looked for, and so there was no row.
            None => self.recorded(),
        }
    }

    /// Which verifications are to be recorded.
    fn recorded(&self) -> Result<Recorded> {
        const RECORDED: &str = "SELECT max(value) FROM settings WHERE key = 'record-attempts'";
        let value: Option<String> =
            self.connection.prepare_cached(RECORDED)?.query_row([], |row| row.get(0))?;
        Ok(Recorded::parse(value.as_deref()))
    }

    /// The schemes of the imported tokens that are here, or were.
    pub fn schemes(&self) -> Result<Vec<(i64, Scheme)>> {
        schemes(&self.connection)
    }

    /// Room for the pages that many look-ups come by again and again, shared out among so many
    /// connections.
    pub fn prepare_for_many(&self, connections: usize) -> Result<()> {
        let each = 128 * 1024 / connections.max(1) as i64;
        Ok(self.connection.pragma_update(None, "cache_size", -each)?)
    }

    /// Writes that tokens were used and what was attempted, if that can be done at once: a lock
    /// or a database that may only be read is reason enough to leave it. What was written is gone
    /// from `notes` afterwards.
    pub fn note(&mut self, notes: &mut Notes, caller: &Caller) {
        // In the order of the table, so that each page is changed once.
        notes.used.sort_unstable();
        notes.used.dedup();
        while !notes.used.is_empty() {
            let rest = notes.used.len().saturating_sub(TOUCH_STEP);
            if self.at_once(|transaction| touch(transaction, &notes.used[rest..])).is_err() {
                return;
            }
            notes.used.truncate(rest);
        }
        if notes.attempts.is_empty() {
            return;
        }
        let actor = self.actor.get_or_init(Actor::current).clone();
        let record = |transaction: &Transaction| {
            log::record_attempts(transaction, &notes.attempts, caller, &actor)
        };
        if self.at_once(record).is_ok() {
            notes.attempts.clear();
        }
    }

    /// Leaves without closing, for when the process ends: nothing is under way, no lock is held,
    /// and closing would only tidy memory.
    pub fn leave(self) {
        std::mem::forget(self);
    }

    /// A transaction that waits for nothing.
    fn at_once(
        &mut self,
        work: impl FnOnce(&Transaction) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        super::survive_a_size_limit();
        self.connection.busy_handler(None)?;
        let done = (|| {
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            work(&transaction)?;
            transaction.commit()
        })();
        self.connection.busy_handler(Some(super::wait_for_lock))?;
        done
    }
}

fn touch(transaction: &Transaction, ids: &[i64]) -> rusqlite::Result<()> {
    const TOUCH: &str = "UPDATE tokens SET last_used_at = ?2
         WHERE id IN rarray(?1) AND (last_used_at IS NULL OR last_used_at < ?2)";
    let ids: Rc<Vec<Value>> = Rc::new(ids.iter().copied().map(Value::Integer).collect());
    transaction.prepare_cached(TOUCH)?.execute(params![ids, Timestamp::now()])?;
    Ok(())
}

/// What verifications leave behind, until it can be written.
#[derive(Debug, Default)]
pub struct Notes {
    /// Tokens whose time of last use is to be written.
    pub used: Vec<i64>,
    pub attempts: Vec<Attempt>,
}
