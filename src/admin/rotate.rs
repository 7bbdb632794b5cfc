//! Giving a token a new secret.

use super::error::{Error, NotRotatable, Result};
use super::handle::{Admin, Writer, change_of};
use super::issue::{Draft, Issued, Issuer, revoke_undelivered};
use super::revoke::revoke;
use super::tokens::{Selector, find, find_by_id};
use crate::domain::time::{Span, Timestamp, When};
use crate::domain::token::{Revocation, Token};

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
}

impl Admin {
    /// Issues a token with the same owner, name and scopes, and revokes the old one, at once or
    /// after an overlap.
    ///
    /// `before_commit` is called with the old token and the new one's id when nothing but the
    /// commit is left to do: see [`Admin::issue`]. [`Admin::undo_rotation`] undoes a rotation.
    ///
    /// # Errors
    ///
    /// When the token is revoked or replaced already, or the policy does not allow a new one.
    pub fn rotate(
        &self,
        selector: &Selector,
        request: RotateRequest,
        mut before_commit: impl FnMut(&Token, i64),
    ) -> Result<Rotation> {
        let now = self.now();
        self.write(|writer| {
            let rotation = rotate(writer, selector, request, now)?;
            before_commit(&rotation.old, rotation.new.token.id);
            Ok(rotation)
        })
    }

    /// Undoes a rotation whose new secret reached nobody: the new token is revoked, and the old one
    /// is as it was, unless somebody revoked or deleted it since.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being undone.
    pub fn undo_rotation(&self, old: &Token, new_id: i64) -> Result<()> {
        let now = self.now();
        self.write(|writer| {
            let rules = writer.rules(now)?;
            revoke_undelivered(writer, new_id, &rules)?;
            let is_from_rotation = |current: &Token| {
                current.replaced_by == Some(new_id)
                    && current.revoked_reason.as_deref() == Some(&replaced_by(new_id))
            };
            if !find_by_id(writer.rows, old.id, &rules)?.as_ref().is_some_and(is_from_rotation) {
                return Ok(());
            }
            writer.rows.set_replaced_by(old.id, old.replaced_by)?;
            let before =
                old.revoked_at.map(|at| Revocation { at, reason: old.revoked_reason.clone() });
            writer.rows.set_revocation(old.id, before.as_ref())?;
            let detail = "the rotation was undone".to_string();
            writer.record(&change_of(old, "reinstate", Some(detail)))?;
            Ok(())
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
    let old = find(writer.rows, selector, &issuer.settings.rules(now)?)?;
    check_rotatable(&old, now)?;
    let end = match request.overlap {
        Some(overlap) => now.plus(overlap).ok_or(Error::OverlapTooLong)?,
        None => now,
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
    writer.rows.set_replaced_by(old.id, Some(new.token.id))?;
    revoke(writer, &old, end, Some(&replaced_by(new.token.id)))?;
    Ok(Rotation { old, new })
}

fn check_rotatable(old: &Token, now: Timestamp) -> Result<()> {
    let why = match old.replaced_by {
        Some(by) => NotRotatable::Replaced(by),
        None if old.is_revoked(now) => NotRotatable::Revoked,
        None => return Ok(()),
    };
    Err(Error::NotRotatable { id: old.id, why })
}

/// The reason of a token that a rotation revoked.
fn replaced_by(id: i64) -> String {
    format!("replaced by token {id}")
}
