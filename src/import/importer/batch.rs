//! Tokens in batches: what is known about a thousand rows is asked at once, each is decided in turn, and
//! what is new is written at once. On a server of databases every question is a round trip.

use super::origin::{SystemTokens, TokenOrigin, reason_of};
use super::{Importer, SHORTEST_SEARCHED};
use crate::domain::name::MAX_NAME;
use crate::domain::scheme;
use crate::domain::secret::{self, Hash, NO_HINT};
use crate::domain::token::{Foreign, NewToken, Revocation, StoredToken};
use crate::import::error::{Error, Result};
use crate::import::record::{RejectedRow, RowKey, SkipReason};
use crate::import::report::{Outcome, RowReport};
use crate::store::{self, Field, ForeignToken, Presence, SecretHere, TokenKey};
use crate::verify::{self, Credential};
use std::collections::{HashMap, HashSet};

/// How many rows are decided together.
pub(super) const BATCH: usize = 1000;

/// A row of tokens that waits for its batch.
pub(super) enum Waiting {
    /// One that may become a token.
    Token { key: RowKey, new: NewToken, origin: TokenOrigin },
    /// One that does not, and may have brought a token earlier.
    Rejected(RejectedRow, SystemTokens),
    /// One that does not.
    Skipped(RowKey, SkipReason),
}

/// What is known about the rows of a batch, and what its earlier rows changed since that was asked.
#[derive(Default)]
pub(super) struct Batch {
    /// The tokens here that its rows brought earlier.
    stored: HashMap<i64, StoredToken>,
    /// The tokens that are to be added.
    new: Vec<NewRow>,
    /// The tokens that are to be revoked, or not any more.
    revocations: Vec<(Option<Revocation>, Vec<i64>)>,
    /// The secrets and the rows that tokens got, and the ids of those that were looked at.
    secrets: HashSet<Hash>,
    rows: HashSet<(i64, String)>,
    ids: HashSet<i64>,
    /// Whether a token got another secret, so that nothing is certain any more.
    is_stale: bool,
}

/// A token that is to be added.
struct NewRow {
    key: RowKey,
    token: NewToken,
    origin: TokenOrigin,
    /// Where it is among the rows that are listed.
    listed: Option<usize>,
}

impl Batch {
    /// Whether the answer about a row may be another one by now.
    fn is_outdated(&self, token: &ForeignToken, presence: &Presence) -> bool {
        let row =
            token.foreign.and_then(|foreign| Some((foreign.relation_id?, foreign.id.clone())));
        self.is_stale
            || self.secrets.contains(token.hash)
            || row.is_some_and(|row| self.rows.contains(&row))
            || matches!(presence, Presence::Here { id, .. } if self.ids.contains(id))
    }

    /// Revokes a token with the batch, or undoes that.
    pub fn set_revocation(&mut self, id: i64, revocation: Option<Revocation>) {
        match self.revocations.iter_mut().find(|(other, _)| *other == revocation) {
            Some((_, ids)) => ids.push(id),
            None => self.revocations.push((revocation, vec![id])),
        }
    }

    /// Says that a token has these values now, and whether it had another secret before.
    pub fn replaced(&mut self, token: &NewToken, had_another_secret: bool) {
        self.note(token);
        self.is_stale |= had_another_secret;
    }

    fn note(&mut self, token: &NewToken) {
        self.secrets.insert(token.hash);
        if let Some(Foreign { relation_id: Some(relation), id, .. }) = &token.foreign {
            self.rows.insert((*relation, id.clone()));
        }
    }
}

impl Importer<'_> {
    /// Adds a token with its batch, unless it or another one with its secret is here. One that is here
    /// already is left as it is, but for what the source refuses by now; or it is taken over anew if the
    /// operator says so.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn put_token(&mut self, key: &RowKey, new: NewToken, origin: TokenOrigin) -> Result<()> {
        self.wait(Waiting::Token { key: key.clone(), new, origin })
    }

    /// Skips a token.
    ///
    /// # Errors
    ///
    /// As for [`Importer::put_token`].
    pub fn skip_token(&mut self, row: RowKey, why: SkipReason) -> Result<()> {
        self.wait(Waiting::Skipped(row, why))
    }

    pub(super) fn wait(&mut self, row: Waiting) -> Result<()> {
        self.waiting.push(row);
        if self.waiting.len() >= BATCH { self.settle() } else { Ok(()) }
    }

    /// Decides about the rows that wait.
    pub(super) fn settle(&mut self) -> Result<()> {
        let mut rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() {
            self.write_list();
            return Ok(());
        }
        self.clean_names(&mut rows)?;
        let mut batch = Batch::default();
        let presences = self.look_ahead(&rows, &mut batch)?;
        for (row, presence) in rows.into_iter().zip(presences) {
            match row {
                Waiting::Token { key, new, origin } => {
                    self.decide(&mut batch, key, new, origin, presence)?;
                }
                Waiting::Rejected(rejected, tokens) => {
                    self.known_but_skipped(&mut batch, &rejected, tokens, presence)?;
                    self.skip_now(rejected.key, rejected.why);
                }
                Waiting::Skipped(key, why) => self.skip_now(key, why),
            }
        }
        self.write(&mut batch)?;
        self.write_list();
        Ok(())
    }

    fn skip_now(&mut self, key: RowKey, why: SkipReason) {
        self.report.tokens_skipped += 1;
        self.skip(key, why);
    }

    /// Whether the tokens of the rows are here, as far as that matters.
    fn look_ahead(&mut self, rows: &[Waiting], batch: &mut Batch) -> Result<Vec<Presence>> {
        let has_unseen = !self.unseen_tokens.is_empty();
        let foreign: Vec<_> = rows.iter().map(Waiting::foreign).collect();
        let is_asked = |row: &Waiting| match row {
            Waiting::Token { origin, .. } => !origin.is_new,
            Waiting::Rejected(..) => has_unseen,
            Waiting::Skipped(..) => false,
        };
        let asked = rows.iter().zip(&foreign).filter(|(row, _)| is_asked(row));
        let asked: Vec<_> =
            asked.filter_map(|(row, foreign)| row.question(foreign.as_ref())).collect();
        if asked.is_empty() {
            return Ok(vec![Presence::New; rows.len()]);
        }
        let mut answers = self.rows.presences(&asked)?.into_iter();
        let presences = rows.iter().map(|row| match is_asked(row) {
            true => answers.next().unwrap_or(Presence::New),
            false => Presence::New,
        });
        let presences: Vec<_> = presences.collect();
        let ids: Vec<_> = presences.iter().filter_map(id_of).collect();
        if !ids.is_empty() {
            let stored = self.rows.tokens_by_key(TokenKey::Ids(&ids), ids.len())?;
            batch.stored = stored.into_iter().map(|stored| (stored.id, stored)).collect();
        }
        Ok(presences)
    }

    /// What is known about a row after the rows before it.
    pub(super) fn now_known(
        &mut self,
        batch: &mut Batch,
        token: ForeignToken,
        presence: Presence,
    ) -> Result<Presence> {
        if !batch.is_outdated(&token, &presence) {
            return Ok(presence);
        }
        self.write(batch)?;
        let presence = self.rows.presence(token)?;
        if let Some(id) = id_of(&presence) {
            let stored = self.rows.tokens_by_key(TokenKey::Id(id), 1)?.pop();
            batch.stored.extend(stored.map(|stored| (id, stored)));
        }
        Ok(presence)
    }

    fn decide(
        &mut self,
        batch: &mut Batch,
        key: RowKey,
        new: NewToken,
        origin: TokenOrigin,
        presence: Presence,
    ) -> Result<()> {
        let presence = match origin.is_new {
            true => presence,
            false => {
                let foreign = new.foreign.as_ref();
                let id_is_in_secret = origin.id_is_in_secret;
                let token = ForeignToken { hash: &new.hash, foreign, id_is_in_secret };
                self.now_known(batch, token, presence)?
            }
        };
        match presence {
            Presence::New => self.add(batch, key, new, origin),
            Presence::Deleted { was_revoked: false } if self.request.replace => {
                self.report.tokens_restored += 1;
                self.add(batch, key, new, origin);
            }
            Presence::Deleted { .. } => {
                self.report.tokens_known += 1;
                self.list(&key, || Outcome::Known);
            }
            Presence::Here { id, secret } => {
                batch.ids.insert(id);
                if let Some(line) = &origin.exported {
                    self.links.add(line, id, false);
                }
                if let Some(stored) = batch.stored.remove(&id) {
                    self.known_token(batch, &key, stored, secret, new, origin)?;
                }
            }
            // In a database of tokctl's own, the token with the secret is this one.
            Presence::SameSecret(_) if new.foreign.is_none() => {
                self.report.tokens_known += 1;
                self.list(&key, || Outcome::Known);
            }
            Presence::SameSecret(id) => {
                self.report.tokens_skipped += 1;
                self.report.skip(key.clone(), SkipReason::SameSecret);
                self.list(&key, || Outcome::Duplicate(id));
            }
        }
        Ok(())
    }

    /// Adds a token with the batch.
    fn add(&mut self, batch: &mut Batch, key: RowKey, token: NewToken, origin: TokenOrigin) {
        batch.note(&token);
        let revoked = reason_of(&token);
        let left_out = origin.left_out.clone();
        self.list(&key, || Outcome::Imported { id: 0, left_out, revoked });
        let listed = self.listed.len().checked_sub(1).filter(|_| self.request.verbose);
        batch.new.push(NewRow { key, token, origin, listed });
    }

    /// Writes what the rows so far have changed.
    fn write(&mut self, batch: &mut Batch) -> Result<()> {
        let rows = std::mem::take(&mut batch.new);
        let ids = match self.insert(&rows) {
            Err(store::Error::Conflict(Field::Origin)) => return Err(self.duplicate(&rows)?),
            inserted => inserted?,
        };
        for (id, row) in ids.into_iter().zip(rows) {
            self.report.tokens_imported += 1;
            self.count(&row.token, &row.origin);
            if let Some(line) = &row.origin.exported {
                self.links.add(line, id, true);
            }
            let listed = row.listed.and_then(|at| self.listed.get_mut(at));
            if let Some(RowReport { outcome: Outcome::Imported { id: listed, .. }, .. }) = listed {
                *listed = id;
            }
        }
        for (revocation, ids) in std::mem::take(&mut batch.revocations) {
            self.rows.set_revocations(&ids, revocation.as_ref())?;
        }
        Ok(())
    }

    /// Adds tokens, those of a copy with the ids that they have in the export, and returns all ids.
    fn insert(&mut self, rows: &[NewRow]) -> store::Result<Vec<i64>> {
        let kept: Vec<_> = rows
            .iter()
            .map(|row| self.kept_id(row.origin.exported.as_ref().map(|line| line.id)))
            .collect();
        let both = || kept.iter().zip(rows.iter().map(|row| &row.token));
        let with_id: Vec<_> = both().filter_map(|(id, token)| Some(((*id)?, token))).collect();
        let without_id: Vec<_> =
            both().filter(|(id, _)| id.is_none()).map(|(_, token)| token).collect();
        self.rows.insert_tokens_as(&with_id)?;
        let mut next = self.rows.insert_tokens(&without_id)?.into_iter();
        Ok(kept.into_iter().filter_map(|id| id.or_else(|| next.next())).collect())
    }

    /// The error about the first of new tokens whose row in the source has the id of another one.
    fn duplicate(&mut self, rows: &[NewRow]) -> Result<Error> {
        let mut seen = HashSet::new();
        for NewRow { key, token, origin, .. } in rows {
            let (foreign, id_is_in_secret) = (token.foreign.as_ref(), origin.id_is_in_secret);
            let token = ForeignToken { hash: &token.hash, foreign, id_is_in_secret };
            let presence = self.rows.presence(token)?;
            let is_another =
                matches!(presence, Presence::Here { secret, .. } if secret != SecretHere::Same);
            if is_another || !seen.insert((&key.table, &key.id)) {
                let RowKey { table, id } = key.clone();
                return Ok(Error::DuplicateKey { table, id });
            }
        }
        Ok(store::Error::Conflict(Field::Origin).into())
    }

    /// Takes the secrets of tokens out of the names of new ones: of those that are here or come before it
    /// in the batch, and of its own.
    fn clean_names(&mut self, rows: &mut [Waiting]) -> Result<()> {
        let mut parts = Vec::new();
        for (position, row) in rows.iter().enumerate() {
            if let Waiting::Token { new, origin, .. } = row
                && !origin.has_clean_name
            {
                let found = secret::parts_of(&new.name).into_iter();
                let long = found.filter(|part| part.expose().len() >= SHORTEST_SEARCHED);
                parts.extend(long.map(|part| (position, part)));
            }
        }
        if !parts.is_empty() {
            let mut batch_hashes: HashMap<Hash, usize> = HashMap::new();
            for (position, row) in rows.iter().enumerate() {
                if let Waiting::Token { new, .. } = row {
                    batch_hashes.entry(new.hash).or_insert(position);
                }
            }
            let schemes = self.rows.schemes()?;
            let sent: Vec<_> =
                parts.iter().map(|(_, part)| Credential::parse(part.expose())).collect();
            let are_here = verify::find_which(self.rows, &sent)?;
            for ((position, part), is_here) in parts.iter().zip(are_here) {
                let is_before = || {
                    let hashes = scheme::candidates(part, &schemes).into_iter().map(|it| it.hash);
                    hashes.into_iter().any(|hash| {
                        batch_hashes.get(&hash).is_some_and(|before| before <= position)
                    })
                };
                if let Some(Waiting::Token { new, .. }) = rows.get_mut(*position)
                    && new.name.contains(part.expose())
                    && (is_here || is_before())
                {
                    new.name = new.name.replace(part.expose(), NO_HINT);
                }
            }
        }
        for row in rows {
            if let Waiting::Token { new, origin, .. } = row
                && !origin.has_clean_name
            {
                cut_name(&mut new.name);
            }
        }
        Ok(())
    }
}

impl Waiting {
    /// What a rejected row would have been in this table.
    fn foreign(&self) -> Option<Foreign> {
        match self {
            Waiting::Rejected(rejected, tokens) => Some(tokens.foreign(rejected.key.id.clone())),
            _ => None,
        }
    }

    /// What to ask about the row; `rejected` is what a rejected one would have been.
    fn question<'a>(&'a self, rejected: Option<&'a Foreign>) -> Option<ForeignToken<'a>> {
        match self {
            Waiting::Token { new, origin, .. } => Some(ForeignToken {
                hash: &new.hash,
                foreign: new.foreign.as_ref(),
                id_is_in_secret: origin.id_is_in_secret,
            }),
            Waiting::Rejected(row, tokens) => Some(ForeignToken {
                hash: row.hash.as_ref().unwrap_or(&NO_HASH),
                foreign: rejected,
                id_is_in_secret: tokens.id_is_in_secret,
            }),
            Waiting::Skipped(..) => None,
        }
    }
}

/// In place of a hash that cannot be read.
pub(super) const NO_HASH: Hash = [0; 32];

/// As much of a name as a token can have.
fn cut_name(name: &mut String) {
    if let Some((end, _)) = name.char_indices().nth(MAX_NAME) {
        name.truncate(end);
    }
}

fn id_of(presence: &Presence) -> Option<i64> {
    match presence {
        Presence::Here { id, .. } => Some(*id),
        _ => None,
    }
}
