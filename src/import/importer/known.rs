//! What becomes of tokens that earlier imports brought.
//!
//! What the source refuses by now is revoked here. An administrator's decisions here stand; a revocation
//! by an import itself, because it did not find a row or its owner, ends when they are back: the
//! import before may have had a wrong option.

use super::Importer;
use super::batch::{BATCH, Batch, NO_HASH};
use super::origin::{SystemTokens, TokenOrigin, reason_of};
use crate::domain::token::{NO_OWNER, NO_ROW, NewToken, Revocation, StoredToken};
use crate::import::error::Result;
use crate::import::record::{RejectedRow, RowKey, SkipReason};
use crate::import::report::Outcome;
use crate::import::row_end::earlier;
use crate::store::{ForeignToken, Presence, SecretHere, TokenField};

impl Importer<'_> {
    /// A token that an earlier import brought. What has ended in the source since ends here, too, and one
    /// whose secret was renewed there has the new one. About an owner who was refused before, an
    /// administrator may have decided here.
    pub(super) fn known_token(
        &mut self,
        batch: &mut Batch,
        key: &RowKey,
        mut stored: StoredToken,
        secret: SecretHere,
        mut new: NewToken,
        origin: TokenOrigin,
    ) -> Result<()> {
        let id = stored.id;
        self.unseen_tokens.remove(&id);
        if !origin.has_creation {
            new.created_at = stored.created_at;
        }
        let is_exported = origin.exported.is_some();
        let is_renewed = secret == SecretHere::Other && !is_exported;
        let differs = |stored: &_| secret != SecretHere::Same || differs(stored, &new);
        if differs(&stored) && self.request.replace || is_renewed {
            batch.replaced(&new, secret != SecretHere::Same);
            return self.replace_token(key, stored, new, origin);
        }
        self.report.tokens_known += 1;
        let is_limited = self.limit_token(&mut stored, &new)?;
        let differs = differs(&stored);
        self.report.tokens_changed += u64::from(differs);
        // What this database did not find in a source, another one cannot have found there.
        let is_back = stored.is_missing() && !is_exported;
        match new.revocation.filter(|_| origin.has_ended) {
            Some(revocation) if stored.revoked_at.is_none() || is_back => {
                let why = revocation.reason.clone().unwrap_or_default();
                batch.set_revocation(id, Some(revocation));
                self.report.tokens_revoked += 1;
                self.list(key, || Outcome::Revoked(why));
            }
            None if is_back => {
                batch.set_revocation(id, None);
                self.report.tokens_restored += 1;
                self.list(key, || Outcome::Restored);
            }
            _ if is_limited => self.list(key, || Outcome::Limited),
            _ => self.list(key, || if differs { Outcome::Changed } else { Outcome::Known }),
        }
        Ok(())
    }

    /// Gives a token the limits that its row has now and it has not: an earlier expiry, and fewer
    /// scopes. `stored` has them afterwards.
    fn limit_token(&mut self, stored: &mut StoredToken, new: &NewToken) -> Result<bool> {
        let expires_at = earlier(stored.expires_at, new.expires_at);
        let is_narrower = new.scopes != stored.scopes
            && new.scopes.iter().all(|scope| stored.scopes.grants(scope));
        let is_limited = expires_at != stored.expires_at || is_narrower;
        if is_narrower {
            stored.scopes = new.scopes.clone();
        }
        if is_limited {
            stored.expires_at = expires_at;
            self.rows.update_token(stored.id, TokenField::Expiry(expires_at))?;
            self.rows.update_token(stored.id, TokenField::Scopes(&stored.scopes))?;
            self.report.tokens_limited += 1;
        }
        Ok(is_limited)
    }

    /// Gives a token the values that its row has now. It stays revoked if it is.
    fn replace_token(
        &mut self,
        key: &RowKey,
        stored: StoredToken,
        mut new: NewToken,
        origin: TokenOrigin,
    ) -> Result<()> {
        if let Some(at) = stored.revoked_at
            && (!stored.is_missing() || origin.exported.is_some())
        {
            new.revocation = Some(Revocation { at, reason: stored.revoked_reason });
        }
        new.last_used_at = new.last_used_at.max(stored.last_used_at);
        self.rows.replace_token(stored.id, &new)?;
        self.report.tokens_replaced += 1;
        self.count(&new, &origin);
        let (id, revoked) = (stored.id, reason_of(&new));
        self.list(key, || Outcome::Replaced { id, left_out: origin.left_out, revoked });
        Ok(())
    }

    /// A row that is skipped: the token that it brought earlier is not gone. Without its owner, the
    /// source refuses it.
    pub(super) fn known_but_skipped(
        &mut self,
        batch: &mut Batch,
        rejected: &RejectedRow,
        tokens: SystemTokens,
        presence: Presence,
    ) -> Result<()> {
        if self.unseen_tokens.is_empty() {
            return Ok(());
        }
        let foreign = tokens.foreign(rejected.key.id.clone());
        let row = ForeignToken {
            hash: &rejected.hash.unwrap_or(NO_HASH),
            foreign: Some(&foreign),
            id_is_in_secret: tokens.id_is_in_secret,
        };
        if let Presence::Here { id, .. } = self.now_known(batch, row, presence)?
            && self.unseen_tokens.remove(&id)
            && rejected.why == SkipReason::OwnerMissing
        {
            self.orphaned_tokens.push(id);
        }
        Ok(())
    }

    /// Revokes the known tokens whose rows or owners are gone: deleting the row is how most systems
    /// revoke.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn revoke_unseen(&mut self) -> Result<()> {
        self.settle()?;
        let mut gone: Vec<_> = self.unseen_tokens.drain().collect();
        gone.sort_unstable();
        let orphaned = std::mem::take(&mut self.orphaned_tokens);
        for (ids, why) in [(gone, NO_ROW), (orphaned, NO_OWNER)] {
            let why = format!("{why}{}", self.system);
            for ids in ids.chunks(BATCH) {
                self.rows.set_revocations(ids, Some(&self.revocation(why.clone())))?;
                self.report.tokens_gone += ids.len() as u64;
                for id in ids {
                    let key = RowKey { table: "token here".into(), id: id.to_string() };
                    self.list(&key, || Outcome::Revoked(why.clone()));
                }
                self.write_list();
            }
        }
        Ok(())
    }
}

/// Whether a token here has other values than its row would give it now.
fn differs(stored: &StoredToken, new: &NewToken) -> bool {
    stored.name != new.name
        || stored.owner.id != new.user_id
        || stored.scopes != new.scopes
        || stored.created_at != new.created_at
        || stored.expires_at != new.expires_at
}
