//! What becomes of tokens that earlier imports brought.
//!
//! What the source refuses by now is revoked here. An administrator's decisions here stand; a revocation
//! by an import itself, because it did not find a row or its owner, ends when they are back: the
//! import before may have had a wrong option.

use super::Importer;
use super::tokens::{SystemTokens, TokenOrigin, reason_of};
use crate::domain::token::{Foreign, NewToken, Revocation, StoredToken};
use crate::import::error::Result;
use crate::import::record::{RejectedRow, RowKey, SkipReason};
use crate::import::report::Outcome;
use crate::store::{ForeignToken, Presence, TokenKey};

impl Importer<'_> {
    /// A token that an earlier import brought. One that has ended in the source since ends here, too;
    /// whether an owner is refused here, an administrator may have decided since.
    pub(super) fn known_token(
        &mut self,
        key: &RowKey,
        id: i64,
        has_same_secret: bool,
        mut new: NewToken,
        origin: TokenOrigin,
    ) -> Result<()> {
        self.unseen_tokens.remove(&id);
        self.has_seen_known = true;
        let Some(stored) = self.rows.tokens_by_key(TokenKey::Id(id), 1)?.pop() else {
            return Ok(());
        };
        if !origin.has_creation {
            new.created_at = stored.created_at;
        }
        let differs = !has_same_secret || differs(&stored, &new);
        if differs && self.request.replace {
            return self.replace_token(key, stored, new, origin);
        }
        self.report.tokens_known += 1;
        self.report.tokens_changed += u64::from(differs);
        let is_back = self.was_revoked_as_missing(&stored);
        match new.revocation.filter(|_| origin.has_ended) {
            Some(revocation) if stored.revoked_at.is_none() || is_back => {
                self.rows.set_revocation(id, Some(&revocation))?;
                self.report.tokens_revoked += 1;
                let why = revocation.reason.unwrap_or_default();
                self.list(key, || Outcome::Revoked(why));
            }
            None if is_back => {
                self.rows.set_revocation(id, None)?;
                self.report.tokens_restored += 1;
                self.list(key, || Outcome::Restored);
            }
            _ => self.list(key, || if differs { Outcome::Changed } else { Outcome::Known }),
        }
        Ok(())
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
            && !self.was_revoked_as_missing(&stored)
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
        rejected: &RejectedRow,
        tokens: SystemTokens,
    ) -> Result<()> {
        if self.unseen_tokens.is_empty() {
            return Ok(());
        }
        let foreign = Foreign {
            scheme_id: tokens.scheme_id,
            relation_id: Some(tokens.relation_id),
            id: rejected.key.id.clone(),
        };
        let row = ForeignToken {
            hash: &rejected.hash.unwrap_or_default(),
            foreign: Some(&foreign),
            id_is_in_secret: tokens.id_is_in_secret,
        };
        if let Presence::Here { id, .. } = self.rows.presence(row)?
            && self.unseen_tokens.remove(&id)
            && rejected.why == SkipReason::OwnerMissing
        {
            self.orphaned_tokens.push(id);
        }
        Ok(())
    }

    /// Revokes the known tokens whose rows or owners are gone: deleting the row is how most systems
    /// revoke. If no known row was read again, this is not the table that it was, and nothing follows
    /// from that.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn revoke_unseen(&mut self) -> Result<()> {
        let mut gone: Vec<_> = self.unseen_tokens.drain().collect();
        let orphaned = std::mem::take(&mut self.orphaned_tokens);
        if !self.has_seen_known {
            self.report.tokens_unseen = gone.len() as u64;
            return Ok(());
        }
        gone.sort_unstable();
        let (no_row, no_owner) = (self.reason_without_row(), self.reason_without_owner());
        for (ids, why) in [(gone, no_row), (orphaned, no_owner)] {
            for id in ids {
                self.rows.set_revocation(id, Some(&self.revocation(why.clone())))?;
                self.report.tokens_gone += 1;
                let key = RowKey { table: "token here".into(), id: id.to_string() };
                self.list(&key, || Outcome::Revoked(why.clone()));
            }
        }
        Ok(())
    }

    /// Whether an import revoked a token only because it did not find its row or its owner.
    fn was_revoked_as_missing(&self, stored: &StoredToken) -> bool {
        let reasons = [self.reason_without_row(), self.reason_without_owner()];
        stored.revoked_reason.as_ref().is_some_and(|reason| reasons.contains(reason))
    }

    fn reason_without_row(&self) -> String {
        format!("no longer in {}", self.system)
    }

    fn reason_without_owner(&self) -> String {
        format!("owner not found in {}", self.system)
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
