//! Which tokens a command is about: one filter for all commands that act on many.

use super::pattern::NamePattern;
use crate::domain::scope::Scope;
use crate::domain::time::{Span, Timestamp, When};
use crate::domain::token::{Status, Token};
use std::fmt::Display;

/// Which tokens to select. A token must fit every condition that is given, and fits one if it has any
/// of its values. The default selects all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Tokens with one of these statuses.
    pub statuses: Vec<Status>,
    /// Tokens of the users with these names, in any case.
    pub users: Vec<String>,
    /// Tokens that grant one of these scopes.
    pub scopes: Vec<Scope>,
    /// Tokens whose name matches one of these patterns.
    pub names: Vec<NamePattern>,
    /// Tokens whose hint begins with one of these texts.
    pub hints: Vec<String>,
    /// Tokens that one of these systems issued.
    pub sources: Vec<String>,
    /// Tokens that expire within one of these times, but for those that a rotation has replaced, which are
    /// to expire.
    pub expiring_within: Vec<Span>,
    /// Tokens that were not used for one of these times. One that was never used counts from its
    /// creation.
    pub unused_for: Vec<Span>,
    /// Tokens that were created before one of these times. A duration counts back from now.
    pub created_before: Vec<When>,
}

impl Filter {
    /// Whether there is no condition.
    pub fn selects_all(&self) -> bool {
        let Filter {
            statuses,
            users,
            scopes,
            names,
            hints,
            sources,
            expiring_within,
            unused_for,
            created_before,
        } = self;
        statuses.is_empty()
            && users.is_empty()
            && scopes.is_empty()
            && names.is_empty()
            && hints.is_empty()
            && sources.is_empty()
            && expiring_within.is_empty()
            && unused_for.is_empty()
            && created_before.is_empty()
    }

    /// Whether a token fits every condition but the owner, which the store knows by id.
    pub(super) fn accepts(&self, token: &Token, now: Timestamp) -> bool {
        let idle = token.last_used_at.unwrap_or(token.created_at).until(now);
        let expires = |within: &Span| {
            token.replaced_by.is_none()
                && token.expires_at.is_some_and(|at| !at.has_come(now) && now.until(at) <= *within)
        };
        fits(&self.statuses, |status| token.status == *status)
            && fits(&self.scopes, |scope| token.scopes.grants(scope))
            && fits(&self.names, |pattern| pattern.matches(&token.name))
            && fits(&self.hints, |hint| token.hint.starts_with(hint.as_str()))
            && fits(&self.sources, |source| token.source == *source)
            && fits(&self.expiring_within, expires)
            && fits(&self.unused_for, |span| idle >= *span)
            && fits(&self.created_before, |when| token.created_at < when.before(now))
    }

    /// What the filter selects, as the rest of a sentence about tokens: `of bob, unused since
    /// 2026-05-29T00:00:00Z`. Empty if it selects all.
    pub fn describe(&self, now: Timestamp) -> String {
        let statuses: Vec<_> = self.statuses.iter().map(|status| status.as_str()).collect();
        let since = self.unused_for.iter().map(|span| now.minus(*span)).collect::<Vec<_>>();
        let until = self.expiring_within.iter().filter_map(|span| now.plus(*span));
        let before = self.created_before.iter().map(|when| when.before(now)).collect::<Vec<_>>();
        let parts = [
            any("with status", &statuses),
            any("of", &self.users),
            any("that grant", &self.scopes),
            any("named", &self.names),
            any("with a hint that begins with", &self.hints),
            any("from", &self.sources),
            any("that expire before", &until.collect::<Vec<_>>()),
            any("unused since", &since),
            any("created before", &before),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Whether there is no condition, or one of its values fits.
fn fits<T>(values: &[T], fit: impl Fn(&T) -> bool) -> bool {
    values.is_empty() || values.iter().any(fit)
}

/// `of alice or bob`.
fn any<T: Display>(what: &str, values: &[T]) -> Option<String> {
    let values: Vec<String> = values.iter().map(T::to_string).collect();
    Some(format!("{what} {}", values.join(" or "))).filter(|_| !values.is_empty())
}
