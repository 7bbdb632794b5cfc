//! Revoking and deleting tokens.

use super::error::{Error, Result};
use super::filter::Filter;
use super::handle::{Admin, BATCH, Writer, change_of};
use super::tokens::{Order, Selector, each_token, find, find_by_id};
use crate::domain::time::Timestamp;
use crate::domain::token::{Revocation, Rules, Status, Token};
use crate::store::ReadTransaction;
use std::ops::ControlFlow;

/// What became of a token.
#[derive(Debug)]
pub struct Revoked {
    /// The token afterwards, or, if it was deleted, before.
    pub token: Token,
    /// Whether it had been revoked before.
    pub already: bool,
    /// The active token that replaced it in a rotation: its secret is still accepted.
    pub successor: Option<i64>,
}

/// A token whose revocation was undone.
#[derive(Debug)]
pub struct Unrevoked {
    /// The token as it is now. It may be rejected for another reason.
    pub token: Token,
    /// Whether it had been revoked.
    pub was_revoked: bool,
}

impl Admin {
    /// Revokes tokens, all or none. A token that is revoked already stays as it is, unless an import
    /// did it, and could take it back.
    ///
    /// # Errors
    ///
    /// When a selector selects no token, or several.
    pub fn revoke(&self, selectors: &[Selector], reason: Option<&str>) -> Result<Vec<Revoked>> {
        self.end(selectors, find_to_revoke, |writer, token, rules| {
            if !token.is_revoked() || token.is_missing() {
                revoke(writer, &[token], rules.now, reason)?;
            }
            find(writer.rows, &Selector::Id(token.id), rules)
        })
    }

    /// Undoes a revocation.
    ///
    /// # Errors
    ///
    /// When the selector selects no token, or several, or when a rotation has replaced the token.
    pub fn unrevoke(&self, selector: &Selector) -> Result<Unrevoked> {
        let now = self.now();
        self.write(|writer| {
            let rules = writer.rules(now)?;
            let token = find(writer.rows, selector, &rules)?;
            if !token.is_revoked() {
                return Ok(Unrevoked { token, was_revoked: false });
            }
            if let Some(by) = token.replaced_by {
                return Err(Error::Replaced { id: token.id, by });
            }
            writer.rows.set_revocation(token.id, None)?;
            writer.record(&change_of(&token, "unrevoke", None))?;
            let token = find(writer.rows, &Selector::Id(token.id), &rules)?;
            Ok(Unrevoked { token, was_revoked: true })
        })
    }

    /// Deletes tokens, all or none.
    ///
    /// # Errors
    ///
    /// When a selector selects no token, or several.
    pub fn delete(&self, selectors: &[Selector]) -> Result<Vec<Revoked>> {
        self.end(selectors, find, |writer, token, _| {
            delete(writer, &[token])?;
            Ok(token.clone())
        })
    }

    fn end(
        &self,
        selectors: &[Selector],
        find: impl Fn(&mut dyn ReadTransaction, &Selector, &Rules) -> Result<Token>,
        end: impl Fn(&mut Writer, &Token, &Rules) -> Result<Token>,
    ) -> Result<Vec<Revoked>> {
        let now = self.now();
        self.write(|writer| {
            let rules = writer.rules(now)?;
            let mut tokens: Vec<Token> = Vec::new();
            for selector in selectors {
                let token = find(writer.rows, selector, &rules)?;
                if tokens.iter().all(|other| other.id != token.id) {
                    tokens.push(token);
                }
            }
            let mut ended = Vec::with_capacity(tokens.len());
            for token in tokens {
                let already = token.is_revoked();
                let token = end(writer, &token, &rules)?;
                ended.push(Revoked { token, already, successor: None });
            }
            for revoked in &mut ended {
                if let Some(by) = revoked.token.replaced_by {
                    let successor = find_by_id(writer.rows, by, &rules)?;
                    let is_active = |token: &Token| token.status == Status::Active;
                    revoked.successor = successor.filter(is_active).map(|token| token.id);
                }
            }
            Ok(ended)
        })
    }

    /// Revokes all tokens that `filter` selects and that are not revoked yet; returns how many.
    ///
    /// # Errors
    ///
    /// When the filter names a user who does not exist.
    pub fn revoke_all(&self, filter: &Filter, reason: Option<&str>) -> Result<u64> {
        self.end_all(filter, false, |writer, tokens, now| revoke(writer, tokens, now, reason))
    }

    /// Deletes all tokens that `filter` selects; returns how many.
    ///
    /// # Errors
    ///
    /// When the filter names a user who does not exist.
    pub fn delete_all(&self, filter: &Filter) -> Result<u64> {
        self.end_all(filter, true, |writer, tokens, _| delete(writer, tokens))
    }

    /// How many tokens [`Admin::revoke_all`] would revoke, or [`Admin::delete_all`] delete.
    ///
    /// # Errors
    ///
    /// When the filter names a user who does not exist.
    pub fn count_ending(&self, filter: &Filter, delete: bool) -> Result<u64> {
        let mut count = 0;
        self.tokens(filter, Order::default(), |token| {
            count += u64::from(delete || !token.is_revoked());
            Result::Ok(ControlFlow::Continue(()))
        })?;
        Ok(count)
    }

    fn end_all(
        &self,
        filter: &Filter,
        revoked_too: bool,
        end: impl Fn(&mut Writer, &[&Token], Timestamp) -> Result<()>,
    ) -> Result<u64> {
        let now = self.now();
        self.write(|writer| {
            let rules = writer.rules(now)?;
            let mut tokens = Vec::new();
            each_token(writer.rows, filter, Order::default(), &rules, &mut |token| {
                if revoked_too || !token.is_revoked() || token.is_missing() {
                    tokens.push(token);
                }
                ControlFlow::Continue(())
            })?;
            for batch in tokens.chunks(BATCH) {
                end(writer, &batch.iter().collect::<Vec<_>>(), now)?;
            }
            Ok(tokens.len() as u64)
        })
    }
}

/// The token to revoke. If all tokens of a name have ended, none is left to choose from: the newest one
/// tells that.
fn find_to_revoke(
    rows: &mut dyn ReadTransaction,
    selector: &Selector,
    rules: &Rules,
) -> Result<Token> {
    match find(rows, selector, rules) {
        Err(Error::AmbiguousName { ids, active: false, .. }) => {
            find(rows, &Selector::Id(ids.first().copied().unwrap_or_default()), rules)
        }
        found => found,
    }
}

/// Revokes tokens from `at` on.
pub(super) fn revoke(
    writer: &mut Writer,
    tokens: &[&Token],
    at: Timestamp,
    reason: Option<&str>,
) -> Result<()> {
    let reason = reason.map(str::to_string);
    let revocation = Revocation { at, reason: reason.clone() };
    writer.rows.set_revocations(&ids_of(tokens), Some(&revocation))?;
    let changes = tokens.iter().map(|token| change_of(token, "revoke", reason.clone()));
    writer.record_all(&changes.collect::<Vec<_>>())
}

fn delete(writer: &mut Writer, tokens: &[&Token]) -> Result<()> {
    writer.rows.delete_tokens(&ids_of(tokens))?;
    let changes = tokens.iter().map(|token| change_of(token, "delete", None));
    writer.record_all(&changes.collect::<Vec<_>>())
}

fn ids_of(tokens: &[&Token]) -> Vec<i64> {
    tokens.iter().map(|token| token.id).collect()
}
