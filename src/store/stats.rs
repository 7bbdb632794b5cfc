//! The estate in numbers.

use super::Store;
use crate::error::Result;
use crate::token::{Rules, Status};
use crate::when::{Span, Timestamp};
use serde::Serialize;
use std::collections::HashMap;

/// How far the expiry calendar looks ahead.
pub const AHEAD: usize = 90;
/// How far uses and rejections go back.
pub const BACK: usize = 30;

/// What there is, and what becomes of it; the order of the fields is the order of the JSON keys.
#[derive(Debug, Serialize)]
pub struct Statistics {
    pub tokens: u64,
    pub users: u64,
    pub by_status: Vec<Count>,
    /// Active tokens by owner, the most first.
    pub by_owner: Vec<Count>,
    /// Active tokens by scope, the most first.
    pub by_scope: Vec<Count>,
    /// Active tokens that expire on each of the next 90 days, today first.
    pub expiring: Vec<u64>,
    /// Recorded verifications that were good, on each of the last 30 days, today last.
    pub uses: Vec<u64>,
    /// Recorded verifications that were not.
    pub rejections: Vec<u64>,
    /// What of it is recorded: `none`, `failures` or `all`.
    pub record_attempts: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Count {
    pub name: String,
    pub count: u64,
}

impl Store {
    pub fn statistics(&self, rules: &Rules) -> Result<Statistics> {
        let (mut owners, mut scopes) = (HashMap::new(), HashMap::new());
        let mut statuses: HashMap<Status, u64> = HashMap::new();
        let mut expiring = vec![0; AHEAD];
        let mut tokens = 0;
        self.tokens(&Default::default(), Default::default(), rules, |token| {
            tokens += 1;
            *statuses.entry(token.status).or_default() += 1;
            if token.status == Status::Active {
                *owners.entry(token.user).or_insert(0) += 1;
                for scope in token.scopes.iter() {
                    *scopes.entry(scope.to_string()).or_insert(0) += 1;
                }
                if let Some(day) =
                    token.expires_at.and_then(|at| day_of(rules.now.until(at), AHEAD))
                {
                    expiring[day] += 1;
                }
            }
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        let all =
            [Status::Active, Status::Expired, Status::Unused, Status::Revoked, Status::Banned];
        let by_status = all.map(|status| Count {
            name: status.as_str().to_string(),
            count: statuses.get(&status).copied().unwrap_or(0),
        });
        let (uses, rejections) = self.verifications(rules.now)?;
        let settings = self.settings()?;
        let recorded = settings.in_force(crate::settings::Setting::RecordAttempts);
        Ok(Statistics {
            tokens,
            users: self.count_users()?,
            by_status: by_status.into(),
            by_owner: sorted(owners),
            by_scope: sorted(scopes),
            expiring,
            uses,
            rejections,
            record_attempts: recorded.unwrap_or_default().to_string(),
        })
    }

    fn count_users(&self) -> Result<u64> {
        const USERS: &str = "SELECT count(*) FROM users";
        let count: i64 = self.connection.query_row(USERS, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Good and other verifications by day.
    fn verifications(&self, now: Timestamp) -> Result<(Vec<u64>, Vec<u64>)> {
        const ATTEMPTS: &str = "SELECT at, outcome = 'good', coalesce(length(strangers) / 7, 1)
             FROM attempts WHERE at >= ?1";
        let since = now.minus(Span::days(BACK as i64));
        let (mut uses, mut rejections) = (vec![0; BACK], vec![0; BACK]);
        let mut statement = self.connection.prepare(ATTEMPTS)?;
        let mut rows = statement.query([since])?;
        while let Some(row) = rows.next()? {
            let at: Timestamp = row.get(0)?;
            if let Some(day) = day_of(at.until(now), BACK) {
                let days = if row.get(1)? { &mut uses } else { &mut rejections };
                days[BACK - 1 - day] += row.get::<_, i64>(2)?.unsigned_abs();
            }
        }
        Ok((uses, rejections))
    }
}

/// Which of `days` days a span falls into.
fn day_of(span: Span, days: usize) -> Option<usize> {
    let day = span.millis() / Span::days(1).millis();
    usize::try_from(day).ok().filter(|&day| day < days)
}

/// The most first, and by name among equals.
fn sorted(counts: HashMap<String, u64>) -> Vec<Count> {
    let mut sorted: Vec<_> =
        counts.into_iter().map(|(name, count)| Count { name, count }).collect();
    sorted.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    sorted
}
