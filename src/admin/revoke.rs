//! Revoking and deleting tokens.

use super::error::Result;
use super::filter::Filter;
use super::handle::{Admin, Writer, change_of};
use super::tokens::{Order, Selector, each_token, find};
use crate::domain::time::Timestamp;
use crate::domain::token::{Revocation, Rules, Token};
use std::ops::ControlFlow;

/// What became of a token.
#[derive(Debug)]
pub struct Revoked {
    /// The token afterwards, or, if it was deleted, before.
    pub token: Token,
    /// Whether it had been revoked before.
    pub already: bool,
}

impl Admin {
    /// Revokes tokens, all or none. A token that is revoked already stays as it is, unless an import
    /// did it, and could take it back.
    ///
    /// # Errors
    ///
    /// When a selector selects no token, or several.
    pub fn revoke(&self, selectors: &[Selector], reason: Option<&str>) -> Result<Vec<Revoked>> {
        self.end(selectors, |writer, token, rules| {
            if !token.is_revoked(rules.now) || token.is_missing() {
                revoke(writer, token, rules.now, reason)?;
            }
            find(writer.rows, &Selector::Id(token.id), rules)
        })
    }

    /// Deletes tokens, all or none.
    ///
    /// # Errors
    ///
    /// When a selector selects no token, or several.
    pub fn delete(&self, selectors: &[Selector]) -> Result<Vec<Revoked>> {
        self.end(selectors, |writer, token, _| {
            delete(writer, token)?;
            Ok(token.clone())
        })
    }

    fn end(
        &self,
        selectors: &[Selector],
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
            let end = |token: Token| {
                let already = token.is_revoked(now);
                Ok(Revoked { token: end(writer, &token, &rules)?, already })
            };
            tokens.into_iter().map(end).collect()
        })
    }

    /// Revokes all tokens that `filter` selects and that are not revoked yet; returns how many.
    ///
    /// # Errors
    ///
    /// When the filter names a user who does not exist.
    pub fn revoke_all(&self, filter: &Filter, reason: Option<&str>) -> Result<u64> {
        self.end_all(filter, false, |writer, token, now| revoke(writer, token, now, reason))
    }

    /// Deletes all tokens that `filter` selects; returns how many.
    ///
    /// # Errors
    ///
    /// When the filter names a user who does not exist.
    pub fn delete_all(&self, filter: &Filter) -> Result<u64> {
        self.end_all(filter, true, |writer, token, _| delete(writer, token))
    }

    /// How many tokens [`Admin::revoke_all`] would revoke, or [`Admin::delete_all`] delete.
    ///
    /// # Errors
    ///
    /// When the filter names a user who does not exist.
    pub fn count_ending(&self, filter: &Filter, delete: bool) -> Result<u64> {
        let (now, mut count) = (self.now(), 0);
        self.tokens(filter, Order::default(), |token| {
            count += u64::from(delete || !token.is_revoked(now));
            Result::Ok(ControlFlow::Continue(()))
        })?;
        Ok(count)
    }

    fn end_all(
        &self,
        filter: &Filter,
        revoked_too: bool,
        end: impl Fn(&mut Writer, &Token, Timestamp) -> Result<()>,
    ) -> Result<u64> {
        let now = self.now();
        self.write(|writer| {
            let rules = writer.rules(now)?;
            let mut tokens = Vec::new();
            each_token(writer.rows, filter, Order::default(), &rules, &mut |token| {
                if revoked_too || !token.is_revoked(now) || token.is_missing() {
                    tokens.push(token);
                }
                ControlFlow::Continue(())
            })?;
            tokens.iter().try_for_each(|token| end(writer, token, now))?;
            Ok(tokens.len() as u64)
        })
    }
}

/// Revokes a token from `at` on.
pub(super) fn revoke(
    writer: &mut Writer,
    token: &Token,
    at: Timestamp,
    reason: Option<&str>,
) -> Result<()> {
    let reason = reason.map(str::to_string);
    let revocation = Revocation { at, reason: reason.clone() };
    writer.rows.set_revocation(token.id, Some(&revocation))?;
    writer.record(&change_of(token, "revoke", reason))?;
    Ok(())
}

fn delete(writer: &mut Writer, token: &Token) -> Result<()> {
    writer.rows.delete_token(token.id)?;
    writer.record(&change_of(token, "delete", None))?;
    Ok(())
}
