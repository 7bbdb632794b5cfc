//! Giving a token a new secret.

use super::error::{Error, NotRotatable, Result};
use super::handle::{Admin, Writer, change_of};
use super::issue::{Draft, Issued, Issuer, has_secret, revoke_undelivered};
use super::revoke::revoke;
use super::tokens::{Selector, find, find_by_id};
use crate::domain::secret::Hash;
use crate::domain::time::{Span, Timestamp, When};
use crate::domain::token::{Rules, Status, Token};
use crate::store::{ReadTransaction, TokenField};

/// How to rotate a token.
#[derive(Debug, Clone, Copy, Default)]
pub struct RotateRequest {
    /// How long the old secret stays valid; `None`: not at all.
    pub overlap: Option<Span>,
    /// When the new token expires; `None`: as long after its creation as the old one, within the
    /// policy.
    pub expires: Option<When>,
}

/// A rotation.
#[derive(Debug)]
pub struct Rotation {
    /// The old token as it was.
    pub old: Token,
    /// The token that replaces it.
    pub new: Issued,
    /// Until when the old secret is accepted; `None`: it is rejected from now on.
    pub old_until: Option<Timestamp>,
}

impl Admin {
    /// Issues a token with the same owner, name and scopes. The old one is revoked at once, or expires
    /// after an overlap.
    ///
    /// `before_commit` is called with the old token and the new one when nothing but the
    /// commit is left to do: see [`Admin::issue`]. [`Admin::undo_rotation`] undoes a rotation.
    ///
    /// # Errors
    ///
    /// When the token is revoked or replaced already, or the policy does not allow a new one.
    pub fn rotate(
        &self,
        selector: &Selector,
        request: RotateRequest,
        mut before_commit: impl FnMut(&Token, &Issued),
    ) -> Result<Rotation> {
        let now = self.now();
        self.write(|writer| {
            let rotation = rotate(writer, selector, request, now)?;
            before_commit(&rotation.old, &rotation.new);
            Ok(rotation)
        })
    }

    /// Undoes a rotation whose new secret, which has this hash, reached nobody: the new token is revoked,
    /// and the old one is as it was, unless somebody revoked or deleted it since. Waits for a commit that
    /// is under way, and returns whether there was a rotation at all.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being undone.
    pub fn undo_rotation(&self, old: &Token, new_id: i64, hash: &Hash) -> Result<bool> {
        let now = self.now();
        self.write(|writer| {
            if !has_secret(writer.rows, hash)? {
                return Ok(false);
            }
            let rules = writer.rules(now)?;
            revoke_undelivered(writer, &[new_id], &rules)?;
            let current = find_by_id(writer.rows, old.id, &rules)?;
            let Some(current) = current.filter(|token| token.replaced_by == Some(new_id)) else {
                return Ok(true);
            };
            writer.rows.set_replaced_by(old.id, old.replaced_by)?;
            writer.rows.update_token(old.id, TokenField::Expiry(old.expires_at))?;
            if current.revoked_reason.as_deref() == Some(&replaced_by(new_id)) {
                writer.rows.set_revocation(old.id, None)?;
            }
            let detail = "the rotation was undone".to_string();
            writer.record(&change_of(old, "reinstate", Some(detail)))?;
            Ok(true)
        })
    }
}

fn rotate(
    writer: &mut Writer,
    selector: &Selector,
    request: RotateRequest,
    now: Timestamp,
) -> Result<Rotation> {
    let mut issuer = Issuer::new(writer, now)?;
    let rules = issuer.settings.rules(now)?;
    let old = find(writer.rows, selector, &rules)?;
    check_rotatable(writer.rows, &old, &rules)?;
    let end = match request.overlap.filter(|overlap| *overlap > Span::seconds(0)) {
        Some(overlap) => Some(now.plus(overlap).ok_or(Error::OverlapTooLong)?),
        None => None,
    };
    // As long a life as the old token was given, as far as the policy allows.
    let same_life = old.expires_at.map(|at| {
        let life = old.created_at.until(at);
        When::In(issuer.policy.max_expires.map_or(life, |max| life.min(max)))
    });
    let draft = Draft {
        name: old.name.clone(),
        scopes: old.scopes.clone(),
        expires: request.expires.or(same_life),
        replaces: Some(old.id),
    };
    let new = issuer.issue(writer, &old.user, draft)?;
    let old_until = replace(writer, &old, new.token.id, end, now)?;
    Ok(Rotation { old, new, old_until })
}

/// Ends the old token of a rotation, and returns until when it is accepted.
fn replace(
    writer: &mut Writer,
    old: &Token,
    by: i64,
    end: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    writer.rows.set_replaced_by(old.id, Some(by))?;
    let Some(end) = end else {
        revoke(writer, &[old], now, Some(&replaced_by(by)))?;
        return Ok(None);
    };
    if let Some(expiry) = old.expires_at.filter(|expiry| *expiry <= end) {
        return Ok(Some(expiry).filter(|_| old.status == Status::Active));
    }
    writer.rows.update_token(old.id, TokenField::Expiry(Some(end)))?;
    let detail = format!("expires {end}, {}", replaced_by(by));
    writer.record(&change_of(old, "edit", Some(detail)))?;
    Ok(Some(end).filter(|_| old.status == Status::Active))
}

/// Whether a token can be replaced: it is not revoked, and no other has taken its place that could be
/// rotated instead.
fn check_rotatable(rows: &mut dyn ReadTransaction, old: &Token, rules: &Rules) -> Result<()> {
    let successor = match old.replaced_by {
        Some(by) => find_by_id(rows, by, rules)?.filter(|token| !token.is_revoked()),
        None => None,
    };
    let why = match successor {
        Some(successor) => NotRotatable::Replaced(successor.id),
        None if old.is_revoked() => NotRotatable::Revoked,
        None => return Ok(()),
    };
    Err(Error::NotRotatable { id: old.id, why })
}

/// The reason of a token that a rotation revoked.
fn replaced_by(id: i64) -> String {
    format!("replaced by token {id}")
}
