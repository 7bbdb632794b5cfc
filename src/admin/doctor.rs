//! What is wrong with the database and its tokens, and what fixes it.

use super::error::Result;
use super::handle::Admin;
use crate::domain::policy::Policy;
use crate::domain::time::{Span, Timestamp};
use crate::domain::token::{Status, Token};
use crate::store::unfinished::folder_of;
use crate::store::{Location, Problem};
use std::path::{Path, PathBuf};

/// How many tokens a fix names; more are found the next time.
const NAMED: usize = 20;
/// Tokens that were not used for so many days count as unused.
const UNUSED_DAYS: i64 = 90;
/// Younger tokens may not have been needed yet. If no token was used for so many days, uses are not
/// recorded.
const NEW_DAYS: i64 = 30;
/// After so many days, `prune` deletes an expired token unless it is told otherwise.
const PRUNED_DAYS: i64 = 30;
/// The source of tokens that were issued here.
const ISSUED_HERE: &str = "tokctl";

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub check: Check,
    /// How often.
    pub count: u64,
    /// The first of the tokens that it is about.
    pub ids: Vec<i64>,
    /// What fixes it.
    pub fix: Fix,
}

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Other accounts may read or write the database file.
    FilePermissions,
    /// Other accounts may replace the database file.
    FolderPermissions,
    /// The database file has other names, too.
    HardLinks,
    /// Parts of the file contradict each other.
    Integrity {
        /// The first contradiction, as the database engine says it.
        first: String,
    },
    /// Rows refer to rows that do not exist.
    ForeignKeys,
    /// Tables, indexes or triggers are not those of this version.
    Schema {
        /// The version.
        version: i64,
    },
    /// Rows have times in the future.
    Clock,
    /// Active tokens that never expire.
    NoExpiry,
    /// Active tokens that may do everything.
    Everything,
    /// Active tokens that were never used since they were issued long ago.
    NeverUsed,
    /// Active tokens that were not used for a long time.
    Unused,
    /// Tokens whose owner is banned.
    BannedOwner,
    /// Tokens that `prune` would delete because they expired.
    Expired,
    /// Active tokens that the policy would not allow now.
    Policy,
}

impl Check {
    /// The name that JSON and tables show.
    pub fn name(&self) -> &'static str {
        match self {
            Check::FilePermissions => "file-permissions",
            Check::FolderPermissions => "folder-permissions",
            Check::HardLinks => "hard-links",
            Check::Integrity { .. } => "integrity",
            Check::ForeignKeys => "foreign-keys",
            Check::Schema { .. } => "schema",
            Check::Clock => "clock",
            Check::NoExpiry => "no-expiry",
            Check::Everything => "everything",
            Check::NeverUsed => "never-used",
            Check::Unused => "unused",
            Check::BannedOwner => "banned-owner",
            Check::Expired => "expired",
            Check::Policy => "policy",
        }
    }

    /// Whether it is about the database itself, not its tokens.
    pub fn is_database(&self) -> bool {
        matches!(
            self,
            Check::FilePermissions
                | Check::FolderPermissions
                | Check::HardLinks
                | Check::Integrity { .. }
                | Check::ForeignKeys
                | Check::Schema { .. }
                | Check::Clock
        )
    }
}

/// What fixes a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// No command does, or whether to run one is a matter of policy.
    None,
    /// Change the mode of a file or a folder.
    Chmod {
        /// The mode, as chmod takes it.
        mode: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// Revoke the tokens of the finding.
    Revoke {
        /// Why.
        reason: &'static str,
    },
    /// Prune.
    Prune,
}

impl Admin {
    /// Examines the database and its tokens.
    ///
    /// # Errors
    ///
    /// Whatever keeps them from being read.
    pub fn examine(&self) -> Result<Vec<Finding>> {
        // The clocks of machines that share a file differ by some seconds.
        let latest = self.now().plus(Span::seconds(60)).unwrap_or(self.now());
        let problems = self.store().problems(latest)?;
        let path = self.store().location().and_then(Location::path);
        let mut findings: Vec<_> =
            problems.into_iter().map(|problem| of_database(problem, path)).collect();
        let is_readable = |finding: &Finding| !matches!(finding.check, Check::Integrity { .. });
        if findings.iter().all(is_readable) {
            let settings = self.settings()?;
            let resolution = settings.last_used_resolution()?.unwrap_or(Span::seconds(0));
            let mut survey = Survey::new(settings.policy()?, resolution);
            self.every_token(|token, rules| survey.add(&token, rules.now))?;
            findings.extend(survey.findings(self.store().has_readers()?));
        }
        Ok(findings)
    }
}

fn of_database(problem: Problem, path: Option<&Path>) -> Finding {
    let path = path.map(Path::to_path_buf).unwrap_or_default();
    let folder = folder_of(&path).to_path_buf();
    let (check, count, fix) = match problem {
        Problem::FilePermissions => {
            (Check::FilePermissions, 1, Fix::Chmod { mode: "g-wx,o=", path })
        }
        Problem::FolderPermissions => {
            (Check::FolderPermissions, 1, Fix::Chmod { mode: "go-w", path: folder })
        }
        Problem::HardLinks(names) => (Check::HardLinks, names, Fix::None),
        Problem::Integrity { count, first } => (Check::Integrity { first }, count, Fix::None),
        Problem::ForeignKeys(count) => (Check::ForeignKeys, count, Fix::None),
        Problem::Schema { count, version } => (Check::Schema { version }, count, Fix::None),
        Problem::FutureTimes(count) => (Check::Clock, count, Fix::None),
    };
    Finding { check, count, ids: Vec::new(), fix }
}

/// How many tokens there are of a kind, and the first of them: there may be a million.
#[derive(Default)]
struct Sample {
    count: u64,
    ids: Vec<i64>,
}

impl Sample {
    fn add(&mut self, token: &Token) {
        self.count += 1;
        if self.ids.len() < NAMED {
            self.ids.push(token.id);
        }
    }
}

/// The tokens that are not as they should be, by what is wrong with them.
#[derive(Default)]
struct Survey {
    policy: Policy,
    /// The setting `last-used-resolution`.
    resolution: Span,
    /// Whether a recent use of any token is recorded.
    records_uses: bool,
    without_expiry: Sample,
    everything: Sample,
    never_used: Sample,
    unused: Sample,
    banned: Sample,
    expired: Sample,
    against_policy: Sample,
}

impl Survey {
    fn new(policy: Policy, resolution: Span) -> Self {
        Survey { policy, resolution, ..Survey::default() }
    }

    fn add(&mut self, token: &Token, now: Timestamp) {
        match token.status {
            // The old token of a rotation ends with the overlap.
            Status::Active if token.replaced_by.is_none() => self.add_active(token, now),
            Status::Banned => self.banned.add(token),
            Status::Expired => {
                let expired_at = token.expires_at.unwrap_or(now);
                if expired_at.until(now) > Span::days(PRUNED_DAYS) {
                    self.expired.add(token);
                }
            }
            Status::Active | Status::Revoked | Status::Unused => {}
        }
    }

    fn add_active(&mut self, token: &Token, now: Timestamp) {
        if token.scopes.iter().any(|scope| scope.as_str() == "*") {
            self.everything.add(token);
        }
        if !self.policy.violated_settings(token).is_empty() {
            self.against_policy.add(token);
        }
        if token.expires_at.is_none() {
            self.without_expiry.add(token);
        }
        // Before an import, another system recorded the uses of a token, if it did.
        if token.source == ISSUED_HERE {
            self.add_use(token, now);
        }
    }

    fn add_use(&mut self, token: &Token, now: Timestamp) {
        let Some(used) = token.last_used_at else {
            if token.created_at.until(now) >= Span::days(NEW_DAYS) {
                self.never_used.add(token);
            }
            return;
        };
        self.records_uses |= used.until(now) < Span::days(NEW_DAYS);
        // Later uses up to this instant are not recorded.
        let used = used.plus(self.resolution).unwrap_or(now);
        if used.until(now) >= Span::days(UNUSED_DAYS) {
            self.unused.add(token);
        }
    }

    /// `has_readers`: other accounts may verify without recording it.
    fn findings(self, has_readers: bool) -> Vec<Finding> {
        let revoke = |reason| match has_readers {
            true => Fix::None,
            false => Fix::Revoke { reason },
        };
        let mut findings = vec![
            (Check::NoExpiry, self.without_expiry, Fix::None),
            (Check::Everything, self.everything, Fix::None),
        ];
        if self.records_uses {
            findings.push((Check::NeverUsed, self.never_used, revoke("never used")));
            findings.push((Check::Unused, self.unused, revoke("not used for 90 days")));
        }
        findings.extend([
            (Check::BannedOwner, self.banned, Fix::None),
            (Check::Expired, self.expired, Fix::Prune),
            (Check::Policy, self.against_policy, Fix::None),
        ]);
        let findings = findings.into_iter().filter(|(_, sample, _)| sample.count > 0);
        let finding = |(check, Sample { count, ids }, fix)| Finding { check, count, ids, fix };
        findings.map(finding).collect()
    }
}
