//! `doctor`: what is wrong with the database and with the estate, and how to mend it.

use super::Context;
use crate::cli::{Doctor, Format};
use crate::error::Result;
use crate::name::is_unsafe;
use crate::policy::Policy;
use crate::settings::Setting;
use crate::store::{Filter, Finding, Part, Sort, Store, quoted};
use crate::token::{Rules, Status, Token};
use crate::when::{Span, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;

/// How many tokens the commands name; run `doctor` again for more.
const NAMED: usize = 20;
/// Not used for so long is unused.
const IDLE: Span = Span::days(90);

/// 0 when the database is sound; with `--strict` only when there is nothing to find at all.
pub fn run(args: Doctor, context: &mut Context) -> Result<u8> {
    let path = context.path()?;
    let store = context.open()?;
    let mut findings = store.health(&path)?;
    let sound = findings.is_empty();
    if findings.iter().all(|finding| finding.check != "integrity") {
        findings.extend(Estate::examine(&store, context.out.tokctl.clone())?);
    }
    if path.to_str().is_none_or(|path| path.contains(is_unsafe)) {
        // What no terminal can show cannot be pasted.
        findings.iter_mut().for_each(|finding| finding.commands.clear());
    }
    let mut listing = context.out.list::<Finding>();
    for finding in &findings {
        listing.push(finding)?;
    }
    listing.end()?;
    if context.out.format == Format::Human {
        for finding in &findings {
            for command in &finding.commands {
                context.out.write(format!("# {}\n{command}\n", finding.check).as_bytes())?;
            }
        }
        context.out.finish()?;
    }
    context.out.remark(match (sound, findings.len()) {
        (true, 0) => "the database is sound, and so is the estate".to_string(),
        (true, _) => "the database is sound; the commands above mend the rest".to_string(),
        (false, _) => "the database is not sound".to_string(),
    });
    let good = if args.strict { findings.is_empty() } else { sound };
    Ok(if good { 0 } else { 1 })
}

/// How many tokens there are of a kind, and the first of them: there may be a million.
#[derive(Default)]
struct Few {
    count: u64,
    first: Vec<Token>,
}

impl Few {
    fn add(&mut self, token: &Token) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(token.clone());
        }
    }

    fn ids(&self) -> Vec<i64> {
        self.first.iter().map(|token| token.id).collect()
    }
}

/// The tokens that are not as they should be, by what is wrong with them.
struct Estate {
    /// How to call this program on this database.
    command: String,
    policy: Policy,
    without_expiry: Few,
    everything: Few,
    never_used: Few,
    idle: u64,
    banned: Few,
    banned_owners: BTreeSet<String>,
    ended: u64,
    against_policy: Few,
    /// The newest token of each name, by a hash of that, and how many there are.
    names: HashMap<u64, (i64, u64)>,
    hasher: RandomState,
    names_twice: u64,
    /// Tokens whose name a newer one has.
    older: Vec<i64>,
}

impl Estate {
    fn examine(store: &Store, command: String) -> Result<Vec<Finding>> {
        let settings = store.settings()?;
        let rules = settings.rules(Timestamp::now())?;
        let mut estate = Estate {
            command,
            policy: settings.policy()?,
            without_expiry: Few::default(),
            everything: Few::default(),
            never_used: Few::default(),
            idle: 0,
            banned: Few::default(),
            banned_owners: BTreeSet::new(),
            ended: 0,
            against_policy: Few::default(),
            names: HashMap::new(),
            hasher: RandomState::new(),
            names_twice: 0,
            older: Vec::new(),
        };
        store.tokens(&Filter::default(), (Sort::Id, false), &rules, |token| {
            estate.see(&token, &rules);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(estate.findings())
    }

    fn see(&mut self, token: &Token, rules: &Rules) {
        match token.status {
            Status::Active => {}
            Status::Banned => {
                self.banned.add(token);
                if self.banned_owners.len() < NAMED && !self.banned_owners.contains(&token.user) {
                    self.banned_owners.insert(token.user.clone());
                }
                return;
            }
            Status::Expired => return self.ended += 1,
            Status::Revoked | Status::Unused => return,
        }
        // One that was rotated ends by itself with the overlap.
        if token.revoked_at.is_some() {
            return;
        }
        let idle = token.last_used_at.unwrap_or(token.created_at).until(rules.now);
        self.idle += u64::from(idle >= IDLE);
        self.see_name(token);
        if token.scopes.iter().any(|scope| scope.as_str() == "*") {
            self.everything.add(token);
        }
        if !self.policy.breaches(token).is_empty() {
            self.against_policy.add(token);
        }
        if token.last_used_at.is_none() {
            self.never_used.add(token);
        }
        if token.expires_at.is_none() {
            self.without_expiry.add(token);
        }
    }

    /// Tokens come by id, so that the one seen last is the newest.
    fn see_name(&mut self, token: &Token) {
        let name = self.names.entry(self.hasher.hash_one(&token.name)).or_default();
        if name.1 > 0 && self.older.len() < NAMED {
            self.older.push(name.0);
        }
        *name = (token.id, name.1 + 1);
        self.names_twice += u64::from(name.1 == 2);
    }

    fn findings(self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut found = |check, count: u64, why: &str, commands: Vec<String>| {
            if count > 0 {
                let why = why.into();
                findings.push(Finding { part: Part::Estate, check, count, why, commands });
            }
        };
        let each = |few: &Few, mend: fn(&Estate, &Token) -> String| {
            few.first.iter().map(|token| mend(&self, token)).collect::<Vec<_>>()
        };
        found(
            "no-expiry",
            self.without_expiry.count,
            "a leaked one is good for ever",
            each(&self.without_expiry, Estate::rotate),
        );
        found(
            "everything",
            self.everything.count,
            "whoever holds one may do everything (*)",
            self.revoke(&self.everything.ids(), "may do everything"),
        );
        found(
            "never-used",
            self.never_used.count,
            "nobody would miss them; new ones are among them",
            self.revoke(&self.never_used.ids(), "never used"),
        );
        let idle = format!("{} revoke-all --everyone --unused-for 90d --yes", self.command);
        let why = "not used for 90 days: nobody would miss them";
        found("unused", self.idle, why, vec![idle]);
        let why = "they are good again when the ban is lifted";
        found("banned-owner", self.banned.count, why, self.revoke_banned());
        let prune = format!("{} prune --grace 0s", self.command);
        let why = "expired and not pruned: they only take up room, as revoked ones do";
        found("expired", self.ended, why, vec![prune]);
        found(
            "policy",
            self.against_policy.count,
            "new tokens may not be like that",
            each(&self.against_policy, Estate::comply),
        );
        found(
            "same-name",
            self.names_twice,
            "names that several active tokens have: a name should tell which one is meant",
            self.revoke(&self.older, "a newer token has its name"),
        );
        findings
    }

    fn revoke(&self, ids: &[i64], reason: &str) -> Vec<String> {
        if ids.is_empty() {
            return Vec::new();
        }
        let ids: Vec<_> = ids.iter().map(i64::to_string).collect();
        vec![format!("{} revoke {} --reason '{reason}'", self.command, ids.join(" "))]
    }

    /// A successor with an end, while the old secret stays good for a week.
    fn rotate(&self, token: &Token) -> String {
        if self.may_not_have_successor(token) {
            return self.revoke(&[token.id], "never expires").concat();
        }
        let span = self.policy.max_expires.map_or(IDLE, |max| max.min(IDLE));
        format!("{} rotate {} --expires {span} --overlap 7d", self.command, token.id)
    }

    fn comply(&self, token: &Token) -> String {
        match self.may_not_have_successor(token) {
            true => self.revoke(&[token.id], "against the policy").concat(),
            false => format!("{} rotate {} --overlap 7d", self.command, token.id),
        }
    }

    /// What a token grants and to whom stays with its successor.
    fn may_not_have_successor(&self, token: &Token) -> bool {
        self.policy.breaches(token).iter().any(|setting| *setting != Setting::MaxExpires)
    }

    fn revoke_banned(&self) -> Vec<String> {
        if self.banned_owners.iter().any(|name| name.contains(is_unsafe)) {
            // A name that no terminal can show cannot be pasted.
            return self.revoke(&self.banned.ids(), "the owner is banned");
        }
        let revoke = |name: &String| {
            // With = also a name that begins with a hyphen is no option.
            format!("{} revoke-all --user={} --yes", self.command, quoted(name))
        };
        self.banned_owners.iter().map(revoke).collect()
    }
}
