//! `doctor`: what is wrong with the database and with the estate, and how to mend it.

use super::Context;
use crate::cli::{Doctor, Format};
use crate::error::Result;
use crate::name::is_unsafe;
use crate::policy::Policy;
use crate::settings::Setting;
use crate::store::{Filter, Finding, Part, Sort, Store, shell_quoted};
use crate::token::{Rules, Status, Token};
use crate::when::{Span, Timestamp};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

/// How many tokens one command names; run `doctor` again for more.
const NAMED: usize = 20;
/// Not used for so long is unused.
const IDLE: Span = Span::days(90);

/// 0 when the database is sound; with `--strict` only when there is nothing to find at all.
pub fn run(args: Doctor, context: &mut Context) -> Result<u8> {
    let path = context.path()?;
    let store = context.open()?;
    let mut findings = store.health(&path)?;
    let sound = findings.is_empty();
    findings.extend(Estate::examine(&store, context.command())?);
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

/// The tokens that are not as they should be, by what is wrong with them.
struct Estate {
    /// How to call this program on this database.
    command: String,
    policy: Policy,
    without_expiry: Vec<Token>,
    everything: Vec<Token>,
    never_used: Vec<Token>,
    idle: u64,
    banned: Vec<Token>,
    ended: u64,
    against_policy: Vec<Token>,
    by_name: BTreeMap<String, Vec<i64>>,
}

impl Estate {
    fn examine(store: &Store, command: String) -> Result<Vec<Finding>> {
        let settings = store.settings()?;
        let rules = settings.rules(Timestamp::now())?;
        let mut estate = Estate {
            command,
            policy: settings.policy()?,
            without_expiry: Vec::new(),
            everything: Vec::new(),
            never_used: Vec::new(),
            idle: 0,
            banned: Vec::new(),
            ended: 0,
            against_policy: Vec::new(),
            by_name: BTreeMap::new(),
        };
        store.tokens(&Filter::default(), (Sort::Id, false), &rules, |token| {
            estate.see(token, &rules);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(estate.findings())
    }

    fn see(&mut self, token: Token, rules: &Rules) {
        match token.status {
            Status::Active => {}
            Status::Banned => return self.banned.push(token),
            Status::Expired => return self.ended += 1,
            Status::Revoked | Status::Unused => return,
        }
        // One that was rotated ends by itself with the overlap.
        if token.revoked_at.is_some() {
            return;
        }
        let idle = token.last_used_at.unwrap_or(token.created_at).until(rules.now);
        self.idle += u64::from(idle >= IDLE);
        self.by_name.entry(token.name.clone()).or_default().push(token.id);
        if token.scopes.iter().any(|scope| scope.as_str() == "*") {
            self.everything.push(token.clone());
        }
        if !self.policy.breaches(&token).is_empty() {
            self.against_policy.push(token.clone());
        }
        if token.last_used_at.is_none() {
            self.never_used.push(token.clone());
        }
        if token.expires_at.is_none() {
            self.without_expiry.push(token);
        }
    }

    fn findings(mut self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut found = |check, count: usize, why: &str, commands: Vec<String>| {
            if count > 0 {
                let count = count as u64;
                findings.push(Finding {
                    part: Part::Estate,
                    check,
                    count,
                    why: why.into(),
                    commands,
                });
            }
        };
        let rotate: Vec<_> =
            self.without_expiry.iter().take(NAMED).map(|token| self.rotate(token)).collect();
        found("no-expiry", self.without_expiry.len(), "a leaked one is good for ever", rotate);
        let ids = |tokens: &[Token]| tokens.iter().map(|token| token.id).collect::<Vec<_>>();
        found(
            "everything",
            self.everything.len(),
            "whoever holds one may do everything (*)",
            self.revoke(&ids(&self.everything), "may do everything"),
        );
        found(
            "never-used",
            self.never_used.len(),
            "nobody would miss them; new ones are among them",
            self.revoke(&ids(&self.never_used), "never used"),
        );
        let idle = format!("{} revoke-all --everyone --unused-for 90d --yes", self.command);
        found(
            "unused",
            self.idle as usize,
            "not used for 90 days: nobody would miss them",
            vec![idle],
        );
        found(
            "banned-owner",
            self.banned.len(),
            "they are good again when the ban is lifted",
            self.banned(),
        );
        let prune = format!("{} prune --grace 0s", self.command);
        found(
            "expired",
            self.ended as usize,
            "expired and not pruned: they only take up room",
            vec![prune],
        );
        let commands =
            self.against_policy.iter().take(NAMED).map(|token| self.comply(token)).collect();
        found("policy", self.against_policy.len(), "new tokens may not be like that", commands);
        let by_name = std::mem::take(&mut self.by_name);
        let twice: Vec<_> = by_name.into_values().filter(|ids| ids.len() > 1).collect();
        let older: Vec<_> = twice.iter().flat_map(|ids| &ids[..ids.len() - 1]).copied().collect();
        found(
            "same-name",
            twice.len(),
            "names that several active tokens have: a name should tell which one is meant",
            self.revoke(&older, "a newer token has its name"),
        );
        findings
    }

    fn revoke(&self, ids: &[i64], reason: &str) -> Vec<String> {
        if ids.is_empty() {
            return Vec::new();
        }
        let ids: Vec<_> = ids.iter().take(NAMED).map(i64::to_string).collect();
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
            false => format!("{} rotate {}", self.command, token.id),
        }
    }

    /// What a token grants and to whom stays with its successor.
    fn may_not_have_successor(&self, token: &Token) -> bool {
        self.policy.breaches(token).iter().any(|setting| *setting != Setting::MaxExpires)
    }

    fn banned(&self) -> Vec<String> {
        let mut owners: Vec<_> = self.banned.iter().map(|token| token.user.as_str()).collect();
        owners.dedup();
        owners.sort_unstable();
        owners.dedup();
        if owners.iter().any(|name| name.contains(is_unsafe)) {
            // A name that no terminal can show cannot be pasted.
            let ids: Vec<_> = self.banned.iter().map(|token| token.id).collect();
            return self.revoke(&ids, "the owner is banned");
        }
        let revoke = |name: &&str| {
            let name = shell_quoted(Path::new(name));
            format!("{} revoke-all --user {name} --yes", self.command)
        };
        owners.iter().take(NAMED).map(revoke).collect()
    }
}

impl Context {
    /// How to call this program on this database, to be pasted into a shell.
    fn command(&self) -> String {
        let by_environment = std::env::var_os("TOKCTL_DATABASE").map(std::path::PathBuf::from);
        match &self.database {
            Some(path) if by_environment.as_ref() != Some(path) => {
                format!("tokctl --database {}", shell_quoted(path))
            }
            _ => "tokctl".to_string(),
        }
    }
}
