//! Verify's path: one look-up, and afterwards, at best, the time of last use.

use super::{Store, settings};
use crate::error::Result;
use crate::outcome::{Grant, Outcome, Rejection};
use crate::scope::{Required, Scopes};
use crate::secret::Hash;
use crate::settings::Setting;
use crate::token::{Facts, Rules, Token};
use crate::when::{Span, Timestamp};
use rusqlite::{Row, TransactionBehavior, params};
use std::time::Duration;

/// How many tokens' last use is written in one transaction.
const TOUCH_STEP: usize = 5000;

/// The settings that a verification needs, which come along with what is looked up.
const LOOKUP: &str = "
SELECT (SELECT value FROM settings WHERE key = 'unused-lifetime'),
       (SELECT value FROM settings WHERE key = 'last-used-resolution'),
       t.id, t.name, t.scopes, t.hint, t.created_at, t.expires_at, t.last_used_at, t.revoked_at,
       t.revoked_reason, t.source,
       u.id, u.name, u.admin, u.banned_at IS NOT NULL, u.banned_reason
FROM (SELECT 1)
LEFT JOIN tokens t ON t.hash = ?1
LEFT JOIN users u ON u.id = t.user_id";

/// What a look-up found.
#[derive(Debug)]
pub struct Sighting {
    grant: Option<Grant>,
    last_used_resolution: Option<Span>,
    now: Timestamp,
}

impl Sighting {
    /// The answer, and the id of the token whose time of last use is old enough to be written
    /// again. Only an accepted token is used.
    pub fn decide(self, required: &Required) -> (Outcome, Option<i64>) {
        let Some(grant) = self.grant else {
            return (Outcome::Rejected(Rejection::Unknown), None);
        };
        let fresh = match (grant.token.last_used_at, self.last_used_resolution) {
            (Some(last), Some(resolution)) => last.until(self.now) < resolution,
            _ => false,
        };
        let id = grant.token.id;
        let outcome = Outcome::decide(grant, required);
        let used = outcome.accepted().is_some() && !fresh;
        (outcome, used.then_some(id))
    }
}

fn sighting(row: &Row, now: Timestamp) -> Result<Sighting> {
    let setting = |column, which| {
        let value = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        settings::span(which, value)
    };
    let rules = Rules { now, unused_lifetime: setting(0, Setting::UnusedLifetime)? };
    let last_used_resolution = setting(1, Setting::LastUsedResolution)?;
    let grant = match row.get::<_, Option<i64>>(2)? {
        None => None,
        Some(id) => {
            let facts = Facts {
                expires_at: row.get(7)?,
                last_used_at: row.get(8)?,
                revoked_at: row.get(9)?,
                owner_banned: row.get(15)?,
            };
            let token = Token {
                id,
                name: row.get(3)?,
                user: row.get(13)?,
                scopes: Scopes::from_stored(
                    row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?,
                ),
                status: facts.status(&rules),
                hint: row.get(5)?,
                created_at: row.get(6)?,
                expires_at: facts.expires_at,
                last_used_at: facts.last_used_at,
                revoked_at: facts.revoked_at,
                revoked_reason: row.get(10)?,
                source: row.get(11)?,
            };
            Some(Grant {
                token,
                user_id: row.get(12)?,
                admin: row.get(14)?,
                banned_reason: row.get(16)?,
            })
        }
    };
    Ok(Sighting { grant, last_used_resolution, now })
}

/// Looks secrets up, several of them in one snapshot of the database.
pub struct Lookup<'a> {
    store: &'a Store,
    now: Timestamp,
}

impl Lookup<'_> {
    pub fn find(&self, hash: &Hash) -> Result<Sighting> {
        let mut statement = self.store.connection.prepare_cached(LOOKUP)?;
        let mut rows = statement.query([hash])?;
        match rows.next()? {
            Some(row) => sighting(row, self.now),
            None => Err(rusqlite::Error::QueryReturnedNoRows.into()),
        }
    }
}

impl Store {
    /// Runs `work` on one snapshot. It holds a shared lock, so it must not wait for anything.
    pub fn look_up<T>(&self, work: impl FnOnce(&Lookup) -> Result<T>) -> Result<T> {
        let snapshot = self.connection.unchecked_transaction()?;
        let done = work(&Lookup { store: self, now: Timestamp::now() })?;
        snapshot.finish()?;
        Ok(done)
    }

    /// Room for the pages that many look-ups come by again and again.
    pub fn prepare_for_many(&self) -> Result<()> {
        Ok(self.connection.pragma_update(None, "cache_size", -128 * 1024)?)
    }

    /// Writes that the tokens were used at `now`, if that can be done at once: a lock or a
    /// database that may only be read is reason enough to leave it for the next time.
    pub fn touch(&mut self, ids: &mut Vec<i64>, now: Timestamp) {
        // In the order of the table, so that each page is changed once.
        ids.sort_unstable();
        ids.dedup();
        for ids in ids.chunks(TOUCH_STEP) {
            if self.try_touch(ids, now).is_err() {
                break;
            }
        }
        ids.clear();
    }

    fn try_touch(&mut self, ids: &[i64], now: Timestamp) -> rusqlite::Result<()> {
        const TOUCH: &str = "UPDATE tokens SET last_used_at = ?2
             WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)";
        self.connection.busy_timeout(Duration::ZERO)?;
        let done = (|| {
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut statement = transaction.prepare_cached(TOUCH)?;
            for id in ids {
                statement.execute(params![id, now])?;
            }
            drop(statement);
            transaction.commit()
        })();
        self.connection.busy_timeout(super::BUSY_TIMEOUT)?;
        done
    }
}
