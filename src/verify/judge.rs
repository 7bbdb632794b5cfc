//! The decision about a credential, once it has been looked up.

use super::credential::Credential;
use super::matching::Match;
use super::verdict::Verdict;
use crate::domain::audit::{Attempt, Caller, Subject};
use crate::domain::scope::Required;
use crate::domain::secret::Shape;
use crate::domain::settings::{InvalidSetting, RecordedAttempts, Settings};
use crate::domain::time::{Span, Timestamp};
use crate::domain::token::Rules;
use crate::store;

/// Why it could not be found out whether a credential is good. Whoever gets one must not let
/// anybody in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database could not be read.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A stored setting is not valid, and guessing what it means could let somebody in.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
}

/// What a verification answers, and what there is to record about it.
#[derive(Debug)]
pub struct Verification {
    /// The answer.
    pub verdict: Verdict,
    /// The id of the token whose last use is old enough to be written again.
    pub(super) used: Option<i64>,
    /// The attempt, if the database records such.
    pub(super) attempt: Option<Attempt>,
}

impl Verification {
    /// Whether there is anything to record.
    pub fn is_to_be_recorded(&self) -> bool {
        self.used.is_some() || self.attempt.is_some()
    }
}

/// A last use that lies further in the future was written by a clock that was ahead. Left there, it
/// would keep the token from ever becoming unused.
const MAX_AHEAD: Span = Span::days(1);

/// What decides about a credential besides the token.
pub struct Judge<'a> {
    required: &'a Required,
    rules: Rules,
    last_used_resolution: Option<Span>,
    recorded: RecordedAttempts,
    at: Timestamp,
}

impl<'a> Judge<'a> {
    /// With what is required, and what the settings say, at a time.
    pub fn new(required: &'a Required, settings: &Settings, at: Timestamp) -> Result<Self, Error> {
        let stored = settings.verification()?;
        let rules = Rules { now: at.whole_second(), unused_lifetime: stored.unused_lifetime };
        let (last_used_resolution, recorded) = (stored.last_used_resolution, stored.recorded);
        Ok(Judge { required, rules, last_used_resolution, recorded, at })
    }

    /// Decides about a credential and what was found for it.
    pub fn answer(&self, sent: &Credential, found: Match) -> Verification {
        let verdict = match found.token {
            Some(token) => Verdict::decide(token, self.required, &self.rules),
            None if !found.is_plausible || is_mistyped(sent) => Verdict::Malformed,
            None => Verdict::Unknown,
        };
        let used = verdict.accepted().filter(|grant| self.is_due(grant.token.last_used_at));
        Verification {
            used: used.map(|grant| grant.token.id),
            attempt: self.records(&verdict).then(|| attempt(self.at, &verdict, sent)),
            verdict,
        }
    }

    /// Whether a last use is old enough to be written again, or so far in the future that a wrong
    /// clock has written it.
    fn is_due(&self, last_used_at: Option<Timestamp>) -> bool {
        match (last_used_at, self.last_used_resolution) {
            (Some(last), Some(resolution)) => {
                let now = self.rules.now;
                last.until(now) >= resolution || now.until(last) > MAX_AHEAD
            }
            _ => true,
        }
    }

    fn records(&self, verdict: &Verdict) -> bool {
        match self.recorded {
            RecordedAttempts::All => true,
            RecordedAttempts::Failures => !matches!(verdict, Verdict::Good(_)),
            RecordedAttempts::None => false,
        }
    }
}

/// Whether it is a secret of tokctl's own but for the checksum, and not an imported one.
fn is_mistyped(sent: &Credential) -> bool {
    matches!(sent, Credential::Foreign(secret) if secret.shape() == Shape::Mistyped)
}

fn attempt(at: Timestamp, verdict: &Verdict, sent: &Credential) -> Attempt {
    let token = verdict.grant().map(|grant| &grant.token);
    let subject = |id, name: &String| Subject { id, name: name.clone() };
    Attempt {
        at,
        outcome: verdict.reason().unwrap_or("good"),
        fingerprint: if token.is_none() { sent.fingerprint() } else { None },
        token: token.map(|token| (subject(token.id, &token.name), token.user.clone())),
        caller: Caller::default(),
    }
}
