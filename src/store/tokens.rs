//! The tokens table, as administration sees it.

use super::{Change, Store, Writer, candidates, lookup, quoted};
use crate::error::{Error, Result};
use crate::name::nearest;
use crate::scope::{Scope, Scopes};
use crate::secret::{Hash, Secret};
use crate::token::{Facts, Rules, Status, Token};
use crate::when::{Span, Timestamp};
use globset::GlobMatcher;
use rusqlite::{Connection, Row, ToSql, params};
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

/// How a command names a token.
#[derive(Debug)]
pub enum TokenKey {
    Id(i64),
    Hash(Hash),
    Secret(Secret),
    Name(String),
}

/// A token about to be issued.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub hash: Hash,
    pub hint: String,
    pub name: String,
    pub user_id: i64,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// The token whose rotation makes this one.
    pub replaces: Option<i64>,
}

/// Which tokens are meant; the default is all of them.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<Status>,
    /// The owner's id.
    pub user_id: Option<i64>,
    /// Tokens that grant this scope.
    pub scope: Option<Scope>,
    pub name: Option<GlobMatcher>,
    pub expiring_within: Option<Span>,
    /// Not used for so long; a token never used counts from its creation.
    pub unused_for: Option<Span>,
}

impl Filter {
    fn accepts(&self, token: &Token, now: Timestamp) -> bool {
        let expiring = |within: Span| {
            token.expires_at.is_some_and(|at| !at.has_come(now) && now.until(at) <= within)
        };
        let idle = |span: Span| token.last_used_at.unwrap_or(token.created_at).until(now) >= span;
        self.status.is_none_or(|status| token.status == status)
            && self.scope.as_ref().is_none_or(|scope| token.scopes.grants(scope))
            && self.name.as_ref().is_none_or(|glob| glob.is_match(&token.name))
            && self.expiring_within.is_none_or(expiring)
            && self.unused_for.is_none_or(idle)
    }
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Sort {
    #[default]
    Id,
    Name,
    Created,
    Expires,
    LastUsed,
}

/// Why and from when on a token is rejected.
#[derive(Debug, Clone, Copy)]
pub struct Revocation<'a> {
    pub at: Timestamp,
    pub reason: Option<&'a str>,
}

macro_rules! select_tokens {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.name, u.name, t.scopes, t.hint, t.created_at, t.expires_at,
                    t.last_used_at, t.revoked_at, t.revoked_reason, t.source,
                    u.banned_at IS NOT NULL, t.replaces, t.replaced_by, u.admin
             FROM tokens t JOIN users u ON u.id = t.user_id ",
            $rest
        )
    };
}

/// A row of [`select_tokens`].
fn token(row: &Row, rules: &Rules) -> rusqlite::Result<Token> {
    let facts = Facts {
        expires_at: row.get(6)?,
        last_used_at: row.get(7)?,
        revoked_at: row.get(8)?,
        owner_banned: row.get(11)?,
    };
    Ok(Token {
        id: row.get(0)?,
        name: row.get(1)?,
        user: row.get(2)?,
        scopes: Scopes::from_stored(row.get_ref(3)?.as_str()?),
        status: facts.status(rules),
        hint: row.get(4)?,
        created_at: row.get(5)?,
        expires_at: facts.expires_at,
        last_used_at: facts.last_used_at,
        revoked_at: facts.revoked_at,
        revoked_reason: row.get(9)?,
        source: row.get(10)?,
        replaces: row.get(12)?,
        replaced_by: row.get(13)?,
        owner_is_admin: row.get(14)?,
    })
}

/// Every token that `key` names, at most `limit`.
fn named(
    connection: &Connection,
    key: &TokenKey,
    rules: &Rules,
    limit: usize,
) -> Result<Vec<Token>> {
    const BY_ID: &str = select_tokens!("WHERE t.id = ?1");
    const BY_HASH: &str = select_tokens!("WHERE t.hash = ?1");
    const BY_NAME: &str = select_tokens!("WHERE t.name = ?1 ORDER BY t.id");
    let id;
    let (sql, value): (_, &dyn rusqlite::ToSql) = match key {
        TokenKey::Secret(secret) => match lookup::id_of(connection, secret)? {
            Some(found) => {
                id = found;
                (BY_ID, &id)
            }
            None => return Ok(Vec::new()),
        },
        TokenKey::Id(id) => (BY_ID, id),
        TokenKey::Hash(hash) => (BY_HASH, hash),
        TokenKey::Name(name) => (BY_NAME, name),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([value], |row| token(row, rules))?;
    Ok(rows.take(limit).collect::<rusqlite::Result<_>>()?)
}

/// The one token that `key` names.
fn find(connection: &Connection, key: &TokenKey, rules: &Rules) -> Result<Token> {
    const SHOWN: usize = 10;
    let mut found = named(connection, key, rules, SHOWN + 1)?;
    if found.len() > 1 {
        let mut ids: Vec<_> = found.iter().take(SHOWN).map(|token| token.id.to_string()).collect();
        if found.len() > SHOWN {
            ids.push("…".into());
        }
        let what = format!("several tokens fit: {}", ids.join(", "));
        let told = Error::request(what, "only one can be meant");
        return Err(match key {
            TokenKey::Name(name) if !name.contains(['*', '?', '[', '{', '\\']) => {
                let name = quoted(name);
                told.hint(format!(
                    "name it by its id: `tokctl list --all --name={name}` shows them"
                ))
            }
            _ => told.hint("name it by its id"),
        });
    }
    found.pop().ok_or_else(|| {
        // The key is not quoted: it may be a secret in the wrong place.
        let why = match key {
            TokenKey::Id(id) => {
                return Error::no(format!("there is no token {id}"), "no such id")
                    .hint("`tokctl list --all` shows what there is");
            }
            TokenKey::Hash(_) => "none has that hash",
            TokenKey::Secret(_) => "that is neither an id nor a token's secret",
            TokenKey::Name(_) => "none has exactly that name",
        };
        // What was meant may be told; what was typed is not.
        if let TokenKey::Name(name) = key
            && let Some(near) =
                nearest(name, candidates::token_names(connection).unwrap_or_default())
        {
            return Error::no("there is no such token", why)
                .hint(format!("did you mean --name {}?", quoted(&near)));
        }
        let hint = match key {
            TokenKey::Secret(_) => "a token's name goes with --name, its SHA-256 with --hash",
            _ => "`tokctl list --all --name '*'` shows all names",
        };
        Error::no("there is no such token", why).hint(hint)
    })
}

impl Store {
    pub fn token(&self, key: &TokenKey, rules: &Rules) -> Result<Token> {
        find(&self.connection, key, rules)
    }

    /// Hands the tokens that `filter` accepts to `each`, until it breaks off.
    pub fn tokens(
        &self,
        filter: &Filter,
        (sort, reverse): (Sort, bool),
        rules: &Rules,
        each: impl FnMut(Token) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        walk(&self.connection, filter, (sort, reverse), rules, each)
    }
}

fn walk(
    connection: &Connection,
    filter: &Filter,
    (sort, reverse): (Sort, bool),
    rules: &Rules,
    mut each: impl FnMut(Token) -> Result<ControlFlow<()>>,
) -> Result<()> {
    const ALL: &str = select_tokens!("");
    const OF_USER: &str = select_tokens!("WHERE t.user_id = ?1");
    let direction = if reverse { "DESC" } else { "ASC" };
    let order = match sort {
        Sort::Id => format!("t.id {direction}"),
        Sort::Name => format!("t.name COLLATE NOCASE {direction}, t.id {direction}"),
        Sort::Created => format!("t.created_at {direction}, t.id {direction}"),
        // What never expires comes last.
        Sort::Expires => format!("coalesce(t.expires_at, 9e18) {direction}, t.id {direction}"),
        Sort::LastUsed => format!("t.last_used_at {direction}, t.id {direction}"),
    };
    let selection = if filter.user_id.is_some() { OF_USER } else { ALL };
    let mut statement = connection.prepare(&format!("{selection} ORDER BY {order}"))?;
    let mut rows = match filter.user_id {
        Some(id) => statement.query([id])?,
        None => statement.query([])?,
    };
    while let Some(row) = rows.next()? {
        let token = token(row, rules)?;
        if filter.accepts(&token, rules.now) && each(token)?.is_break() {
            break;
        }
    }
    Ok(())
}

impl Writer<'_> {
    pub fn token(&self, key: &TokenKey, rules: &Rules) -> Result<Token> {
        find(&self.transaction, key, rules)
    }

    /// Hands the tokens that `filter` accepts to `each`, by id.
    pub fn tokens(
        &self,
        filter: &Filter,
        rules: &Rules,
        mut each: impl FnMut(Token),
    ) -> Result<()> {
        walk(&self.transaction, filter, (Sort::Id, false), rules, |token| {
            each(token);
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Returns the new token's id.
    pub fn add_token(&self, new: &NewToken, owner: &str) -> Result<i64> {
        const ADD: &str = "INSERT INTO tokens
                 (hash, hint, name, user_id, scopes, created_at, expires_at, replaces)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.transaction.prepare_cached(ADD)?.execute(params![
            new.hash,
            new.hint,
            new.name,
            new.user_id,
            new.scopes.to_string(),
            new.created_at,
            new.expires_at,
            new.replaces,
        ])?;
        let id = self.transaction.last_insert_rowid();
        let action = if new.replaces.is_some() { "rotate" } else { "create" };
        let detail = new.replaces.map(|old| format!("replaces token {old}"));
        self.record(Change {
            action,
            token: Some((id, &new.name)),
            user: Some(owner),
            detail: detail.as_deref(),
        })?;
        Ok(id)
    }

    pub fn revoke_token(&self, token: &Token, revocation: Revocation) -> Result<()> {
        const REVOKE: &str = "UPDATE tokens SET revoked_at = ?2, revoked_reason = ?3 WHERE id = ?1";
        let mut statement = self.transaction.prepare_cached(REVOKE)?;
        statement.execute(params![token.id, revocation.at, revocation.reason])?;
        self.record(Change { detail: revocation.reason, ..of(token, "revoke") })
    }

    /// Lets a token's successor take over: from `at` on the old one is rejected.
    pub fn replace_token(&self, old: &Token, by: i64, at: Timestamp) -> Result<()> {
        const REPLACE: &str = "UPDATE tokens SET replaced_by = ?2, revoked_at = ?3,
                 revoked_reason = ?4 WHERE id = ?1";
        let reason = replaced(by);
        self.transaction.execute(REPLACE, params![old.id, by, at, reason])?;
        self.record(Change { detail: Some(&reason), ..of(old, "revoke") })
    }

    /// Takes a rotation back: the old token is as it was, unless somebody revoked it meanwhile.
    pub fn reinstate_token(&self, old: &Token, by: i64) -> Result<()> {
        const REINSTATE: &str = "UPDATE tokens SET replaced_by = ?2, revoked_at = ?3,
                 revoked_reason = ?4 WHERE id = ?1 AND replaced_by = ?5 AND revoked_reason = ?6";
        let (was, reason) = (old.revoked_reason.as_deref(), replaced(by));
        let reinstated = self.transaction.execute(
            REINSTATE,
            params![old.id, old.replaced_by, old.revoked_at, was, by, reason],
        )?;
        if reinstated == 0 {
            return Ok(());
        }
        let detail = Some("its rotation was taken back");
        self.record(Change { detail, ..of(old, "reinstate") })
    }

    pub fn delete_token(&self, token: &Token) -> Result<()> {
        const DELETE: &str = "DELETE FROM tokens WHERE id = ?1";
        self.transaction.prepare_cached(DELETE)?.execute([token.id])?;
        self.record(of(token, "delete"))
    }
}

/// Why a token that was rotated is revoked.
fn replaced(by: i64) -> String {
    format!("replaced by token {by}")
}

/// A change to a token.
fn of<'a>(token: &'a Token, action: &'a str) -> Change<'a> {
    Change { action, token: Some((token.id, &token.name)), user: Some(&token.user), detail: None }
}

/// What `prune` deletes: whatever has been revoked or expired since before `ended`, or was last
/// used before `used` (`None` where tokens may go unused).
#[derive(Debug, Clone, Copy)]
pub struct Prunable {
    pub ended: Timestamp,
    pub used: Option<Timestamp>,
}

/// How many rows one step of a prune looks at. Their hashes lie all over the index, so that nearly
/// each row costs a page of its own, twice written. With 200,000 tokens, one run each, steps of 500
/// and 250 rows did not shorten the worst wait of a verification, and 250 made the prune take 3.5
/// times as long (`benches/prune.py`).
const PRUNE_STEP: i64 = 2000;

/// How long a prune lets go of all locks between two steps: several times what anyone who waits
/// for one sleeps (see `wait_for_lock`), so that all get in. Without it a `create` waits three times
/// as long.
const PRUNE_PAUSE: Duration = Duration::from_millis(10);

impl Writer<'_> {
    /// Deletes what is prunable between two ids; returns how many. The prune's row in the log,
    /// which the first step makes, counts all that went.
    fn prune_range(
        &self,
        bounds: &[&dyn ToSql],
        so_far: i64,
        row: &mut Option<i64>,
    ) -> Result<i64> {
        const DELETE: &str = "DELETE FROM tokens WHERE id > ?1 AND id <= ?2
             AND (revoked_at < ?3 OR expires_at < ?3 OR last_used_at < ?4)";
        let gone = self.transaction.prepare_cached(DELETE)?.execute(bounds)?;
        let detail = format!("{} tokens", so_far + gone as i64);
        match *row {
            Some(row) => self.amend(row, &detail)?,
            None if gone == 0 => {}
            None => {
                let change = Change { action: "prune", detail: Some(&detail), ..Change::default() };
                self.record(change)?;
                *row = Some(self.transaction.last_insert_rowid());
            }
        }
        Ok(gone as i64)
    }
}

impl Store {
    /// The last id of the next step after `after`; `None` when there are no more tokens.
    fn prune_step(&self, after: i64) -> Result<Option<i64>> {
        const END: &str =
            "SELECT max(id) FROM (SELECT id FROM tokens WHERE id > ?1 ORDER BY id LIMIT ?2)";
        let mut statement = self.connection.prepare_cached(END)?;
        Ok(statement.query_row([after, PRUNE_STEP], |row| row.get(0))?)
    }

    /// Counts what is prunable, or deletes it. Works in short steps with a transaction each, so
    /// that neither verifications nor other writers wait noticeably however many rows go; what
    /// is interrupted is simply not finished. `step` is told how many went so far.
    pub fn prune(
        &mut self,
        what: Prunable,
        dry_run: bool,
        mut step: impl FnMut(i64),
    ) -> Result<i64> {
        const COUNT: &str = "SELECT count(*) FROM tokens WHERE id > ?1 AND id <= ?2
             AND (revoked_at < ?3 OR expires_at < ?3 OR last_used_at < ?4)";
        let (mut pruned, mut after, mut row) = (0, 0, None);
        while let Some(last) = self.prune_step(after)? {
            let bounds = params![after, last, what.ended, what.used];
            let found: i64 =
                self.connection.prepare_cached(COUNT)?.query_row(bounds, |row| row.get(0))?;
            pruned += match (found, dry_run) {
                (0, _) | (_, true) => found,
                _ => {
                    let gone = self.write(|writer| writer.prune_range(bounds, pruned, &mut row))?;
                    thread::sleep(PRUNE_PAUSE);
                    gone
                }
            };
            after = last;
            step(pruned);
        }
        Ok(pruned)
    }
}
