//! Tokens, users and verifications in numbers.

use super::error::Result;
use super::handle::Admin;
use crate::domain::setting::Setting;
use crate::domain::time::{Span, Timestamp};
use crate::domain::token::{Rules, Status, Token};
use serde::Serialize;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// How many days of coming expiries are counted.
const DAYS_AHEAD: usize = 90;
/// How many days of past verifications are counted.
const DAYS_BACK: usize = 30;

/// Tokens, users and verifications in numbers. The order of the fields is the order of the JSON
/// keys.
#[derive(Debug, Serialize)]
pub struct Statistics {
    /// All tokens.
    pub tokens: u64,
    /// All users.
    pub users: u64,
    /// Tokens by status.
    pub by_status: Vec<Count>,
    /// Active tokens by owner, the most first.
    pub by_owner: Vec<Count>,
    /// Active tokens by scope, the most first.
    pub by_scope: Vec<Count>,
    /// Active tokens that expire on each of the next 90 days, today first.
    pub expiring: Vec<u64>,
    /// Recorded good verifications on each of the last 30 days, today last.
    pub uses: Vec<u64>,
    /// Recorded verifications that were not good, on each of the last 30 days, today last.
    pub rejections: Vec<u64>,
    /// The setting `record-attempts`.
    pub record_attempts: String,
}

/// A name and how often it was counted.
#[derive(Debug, Clone, Serialize)]
pub struct Count {
    /// The name.
    pub name: String,
    /// How often.
    pub count: u64,
}

impl Admin {
    /// Counts everything.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being read.
    pub fn statistics(&self) -> Result<Statistics> {
        let mut tally = Tally::default();
        self.every_token(|token, rules| tally.add(token, rules))?;
        let (uses, rejections) = self.verifications()?;
        let settings = self.settings()?;
        let by_status = Status::ALL.map(|status| Count {
            name: status.as_str().to_string(),
            count: tally.statuses.get(&status).copied().unwrap_or(0),
        });
        Ok(Statistics {
            tokens: tally.tokens,
            users: self.read(|rows| Ok(rows.count_users()?))?,
            by_status: by_status.into(),
            by_owner: most_first(tally.owners),
            by_scope: most_first(tally.scopes),
            expiring: tally.expiring,
            uses,
            rejections,
            record_attempts: settings
                .effective(Setting::RecordAttempts)
                .unwrap_or_default()
                .to_string(),
        })
    }

    /// Good and other verifications by day.
    fn verifications(&self) -> Result<(Vec<u64>, Vec<u64>)> {
        let now = self.now();
        let since = now.minus(Span::days(DAYS_BACK as i64));
        let (mut uses, mut rejections) = (vec![0; DAYS_BACK], vec![0; DAYS_BACK]);
        self.read(|rows| {
            Ok(rows.attempt_counts(since, &mut |attempts| {
                if let Some(day) = day_of(attempts.at, now, DAYS_BACK) {
                    let days = if attempts.good { &mut uses } else { &mut rejections };
                    days[DAYS_BACK - 1 - day] += attempts.count;
                }
                ControlFlow::Continue(())
            })?)
        })?;
        Ok((uses, rejections))
    }
}

/// What is counted while the tokens go by.
struct Tally {
    tokens: u64,
    statuses: HashMap<Status, u64>,
    owners: HashMap<String, u64>,
    scopes: HashMap<String, u64>,
    expiring: Vec<u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Tally {
            tokens: 0,
            statuses: HashMap::new(),
            owners: HashMap::new(),
            scopes: HashMap::new(),
            expiring: vec![0; DAYS_AHEAD],
        }
    }
}

impl Tally {
    fn add(&mut self, token: Token, rules: &Rules) {
        self.tokens += 1;
        *self.statuses.entry(token.status).or_default() += 1;
        if token.status != Status::Active {
            return;
        }
        *self.owners.entry(token.user).or_default() += 1;
        for scope in token.scopes.iter() {
            *self.scopes.entry(scope.to_string()).or_default() += 1;
        }
        let day = token.expires_at.and_then(|at| day_of(rules.now, at, DAYS_AHEAD));
        if let Some(day) = day {
            self.expiring[day] += 1;
        }
    }
}

/// How many days `later` is after `earlier`; `None` if that is not within so many `days`.
fn day_of(earlier: Timestamp, later: Timestamp, days: usize) -> Option<usize> {
    let day = earlier.until(later).millis() / Span::days(1).millis();
    usize::try_from(day).ok().filter(|&day| day < days)
}

/// The most first, and by name among equals.
fn most_first(counts: HashMap<String, u64>) -> Vec<Count> {
    let mut sorted: Vec<_> =
        counts.into_iter().map(|(name, count)| Count { name, count }).collect();
    sorted.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    sorted
}
