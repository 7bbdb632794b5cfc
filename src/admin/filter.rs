//! Which tokens a command is about: one filter for all commands that act on many.

use crate::domain::Invalid;
use crate::domain::scope::Scope;
use crate::domain::time::{Span, Timestamp};
use crate::domain::token::{Status, Token};
use globset::{GlobBuilder, GlobMatcher};
use std::str::FromStr;

/// Which tokens to select. A token must fit every condition; the default selects all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Tokens with this status.
    pub status: Option<Status>,
    /// Tokens of the user with this name, in any case.
    pub user: Option<String>,
    /// Tokens that grant this scope.
    pub scope: Option<Scope>,
    /// Tokens whose name matches.
    pub name: Option<NamePattern>,
    /// Tokens that expire within this time.
    pub expiring_within: Option<Span>,
    /// Tokens that were not used for this long. One that was never used counts from its creation.
    pub unused_for: Option<Span>,
}

impl Filter {
    /// Whether there is no condition.
    pub fn selects_all(&self) -> bool {
        let Filter { status, user, scope, name, expiring_within, unused_for } = self;
        status.is_none()
            && user.is_none()
            && scope.is_none()
            && name.is_none()
            && expiring_within.is_none()
            && unused_for.is_none()
    }

    /// Whether a token fits every condition but the owner, which the store selects by.
    pub(super) fn accepts(&self, token: &Token, now: Timestamp) -> bool {
        let expires = |within: Span| {
            token.expires_at.is_some_and(|at| !at.has_come(now) && now.until(at) <= within)
        };
        let is_idle =
            |span: Span| token.last_used_at.unwrap_or(token.created_at).until(now) >= span;
        self.status.is_none_or(|status| token.status == status)
            && self.scope.as_ref().is_none_or(|scope| token.scopes.grants(scope))
            && self.name.as_ref().is_none_or(|pattern| pattern.matches(&token.name))
            && self.expiring_within.is_none_or(expires)
            && self.unused_for.is_none_or(is_idle)
    }
}

/// A pattern for names, in which `*` stands for any text and `?` for any character.
#[derive(Debug, Clone)]
pub struct NamePattern(GlobMatcher);

impl NamePattern {
    /// Whether the name matches.
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

impl FromStr for NamePattern {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let glob = GlobBuilder::new(text).build();
        let glob = glob.map_err(|error| Invalid::from(error.kind().to_string()))?;
        Ok(NamePattern(glob.compile_matcher()))
    }
}
