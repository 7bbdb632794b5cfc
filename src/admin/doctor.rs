//! What is wrong with the database and its tokens, and what fixes it.

use super::error::Result;
use super::handle::Admin;
use crate::domain::policy::Policy;
use crate::domain::setting::Setting;
use crate::domain::time::{Span, Timestamp};
use crate::domain::token::{Rules, Status, Token};
use crate::store::{Location, Problem};
use crate::text::escape::is_unsafe;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

/// How many tokens a fix names; more are found the next time.
const NAMED: usize = 20;
/// Tokens that were not used for so many days count as unused.
const UNUSED_DAYS: u32 = 90;
/// The expiry that is proposed for tokens without one, unless the policy wants an earlier one.
const DEFAULT_EXPIRY_DAYS: i64 = 90;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub check: Check,
    /// How often.
    pub count: u64,
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
    /// Active tokens that were never used.
    NeverUsed,
    /// Active tokens that were not used for a long time.
    Unused,
    /// Tokens whose owner is banned.
    BannedOwner,
    /// Expired tokens that were not pruned.
    Expired,
    /// Active tokens that the policy would not allow now.
    Policy,
    /// Names that several active tokens have.
    SameName,
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
            Check::SameName => "same-name",
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
    /// No command does.
    None,
    /// Change the mode of a file or a folder.
    Chmod {
        /// The mode, as chmod takes it.
        mode: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// Revoke tokens.
    Revoke {
        /// Their ids.
        ids: Vec<i64>,
        /// Why.
        reason: &'static str,
    },
    /// Revoke every token that was not used for so many days.
    RevokeUnused {
        /// The days.
        days: u32,
    },
    /// Revoke all tokens of users.
    RevokeAllOf {
        /// Their names.
        users: Vec<String>,
    },
    /// Rotate tokens.
    Rotate(Vec<PlannedRotation>),
    /// Prune.
    Prune,
}

/// A token to rotate with an overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRotation {
    /// The token.
    pub id: i64,
    /// How long the new token is to be valid, unless the old one's life will do.
    pub expires: Option<Span>,
    /// Whether to revoke it instead, because the policy does not allow a new token like it.
    pub or_revoke: bool,
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
            let mut survey = Survey::new(self.settings()?.policy()?);
            self.every_token(|token, rules| survey.add(&token, rules))?;
            findings.extend(survey.findings());
        }
        Ok(findings)
    }
}

fn of_database(problem: Problem, path: Option<&std::path::Path>) -> Finding {
    let path = path.map(std::path::Path::to_path_buf).unwrap_or_default();
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let (check, count, fix) = match problem {
        Problem::FilePermissions => (Check::FilePermissions, 1, Fix::Chmod { mode: "600", path }),
        Problem::FolderPermissions => {
            (Check::FolderPermissions, 1, Fix::Chmod { mode: "go-w", path: folder })
        }
        Problem::HardLinks(names) => (Check::HardLinks, names, Fix::None),
        Problem::Integrity { count, first } => (Check::Integrity { first }, count, Fix::None),
        Problem::ForeignKeys(count) => (Check::ForeignKeys, count, Fix::None),
        Problem::Schema { count, version } => (Check::Schema { version }, count, Fix::None),
        Problem::FutureTimes(count) => (Check::Clock, count, Fix::None),
    };
    Finding { check, count, fix }
}

/// How many tokens there are of a kind, and the first of them: there may be a million.
#[derive(Default)]
struct Sample {
    count: u64,
    first: Vec<Token>,
}

impl Sample {
    fn add(&mut self, token: &Token) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(token.clone());
        }
    }

    fn revoke(&self, reason: &'static str) -> Fix {
        Fix::Revoke { ids: self.first.iter().map(|token| token.id).collect(), reason }
    }
}

/// The tokens that are not as they should be, by what is wrong with them.
#[derive(Default)]
struct Survey {
    policy: Policy,
    without_expiry: Sample,
    everything: Sample,
    never_used: Sample,
    unused: u64,
    banned: Sample,
    banned_owners: BTreeSet<String>,
    expired: u64,
    against_policy: Sample,
    names: Names,
}

impl Survey {
    fn new(policy: Policy) -> Self {
        Survey { policy, ..Survey::default() }
    }

    fn add(&mut self, token: &Token, rules: &Rules) {
        match token.status {
            Status::Active => self.add_active(token, rules.now),
            Status::Banned => {
                self.banned.add(token);
                if self.banned_owners.len() < NAMED {
                    self.banned_owners.insert(token.user.clone());
                }
            }
            Status::Expired => self.expired += 1,
            Status::Revoked | Status::Unused => {}
        }
    }

    fn add_active(&mut self, token: &Token, now: Timestamp) {
        // A token that was rotated ends with the overlap.
        if token.revoked_at.is_some() {
            return;
        }
        let idle = token.last_used_at.unwrap_or(token.created_at).until(now);
        self.unused += u64::from(idle >= Span::days(UNUSED_DAYS.into()));
        self.names.add(token);
        if token.scopes.iter().any(|scope| scope.as_str() == "*") {
            self.everything.add(token);
        }
        if !self.policy.violated_settings(token).is_empty() {
            self.against_policy.add(token);
        }
        if token.last_used_at.is_none() {
            self.never_used.add(token);
        }
        if token.expires_at.is_none() {
            self.without_expiry.add(token);
        }
    }

    fn findings(self) -> Vec<Finding> {
        let default = Span::days(DEFAULT_EXPIRY_DAYS);
        let expires = self.policy.max_expires.map_or(default, |max| max.min(default));
        let expiring = self.rotate(&self.without_expiry, Some(expires));
        let complying = self.rotate(&self.against_policy, None);
        let newer = Fix::Revoke { ids: self.names.older, reason: "a newer token has its name" };
        // A name that no terminal can show cannot be pasted.
        let banned = match self.banned_owners.iter().any(|name| name.contains(is_unsafe)) {
            true => self.banned.revoke("the owner is banned"),
            false => Fix::RevokeAllOf { users: self.banned_owners.into_iter().collect() },
        };
        [
            (Check::NoExpiry, self.without_expiry.count, expiring),
            (Check::Everything, self.everything.count, self.everything.revoke("may do everything")),
            (Check::NeverUsed, self.never_used.count, self.never_used.revoke("never used")),
            (Check::Unused, self.unused, Fix::RevokeUnused { days: UNUSED_DAYS }),
            (Check::BannedOwner, self.banned.count, banned),
            (Check::Expired, self.expired, Fix::Prune),
            (Check::Policy, self.against_policy.count, complying),
            (Check::SameName, self.names.shared, newer),
        ]
        .into_iter()
        .filter(|(_, count, _)| *count > 0)
        .map(|(check, count, fix)| Finding { check, count, fix })
        .collect()
    }

    fn rotate(&self, sample: &Sample, expires: Option<Span>) -> Fix {
        let rotation = |token: &Token| {
            // A new token has the same owner and scopes, so it may not be allowed.
            let violated = self.policy.violated_settings(token);
            let or_revoke = violated.iter().any(|setting| *setting != Setting::MaxExpires);
            PlannedRotation { id: token.id, expires, or_revoke }
        };
        Fix::Rotate(sample.first.iter().map(rotation).collect())
    }
}

/// The newest token of each name.
#[derive(Default)]
struct Names {
    /// By a hash of the name: there may be a million.
    newest: HashMap<u64, Newest>,
    hasher: RandomState,
    /// How many names several tokens have.
    shared: u64,
    /// Tokens whose name a newer one has.
    older: Vec<i64>,
}

#[derive(Default)]
struct Newest {
    id: i64,
    count: u64,
}

impl Names {
    /// Tokens come by id, so that the one added last is the newest.
    fn add(&mut self, token: &Token) {
        let newest = self.newest.entry(self.hasher.hash_one(&token.name)).or_default();
        if newest.count > 0 && self.older.len() < NAMED {
            self.older.push(newest.id);
        }
        *newest = Newest { id: token.id, count: newest.count + 1 };
        self.shared += u64::from(newest.count == 2);
    }
}
