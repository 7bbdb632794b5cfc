//! Finding one token, and reading many.

use super::error::{Error, Result, SelectorKind};
use super::filter::Filter;
use super::handle::Admin;
use super::users::owner;
use crate::domain::secret::Hash;
use crate::domain::token::{Rules, Token};
use crate::store::{ReadTransaction, Sort, TokenKey, TokenQuery};
use crate::text::suggest::nearest;
use crate::verify::{self, Credential};
use std::ops::ControlFlow;

/// How one token is selected.
#[derive(Debug)]
pub enum Selector {
    /// By id.
    Id(i64),
    /// By the SHA-256 of its secret.
    Hash(Hash),
    /// By its secret.
    Secret(Credential),
    /// By its exact name.
    Name(String),
}

/// The order in which tokens are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Order {
    /// What to sort by.
    pub sort: Sort,
    /// Whether the order is reversed.
    pub reverse: bool,
}

impl Admin {
    /// The token that `selector` selects.
    ///
    /// # Errors
    ///
    /// When there is none, or several.
    pub fn token(&self, selector: &Selector) -> Result<Token> {
        let now = self.now();
        self.read(|rows| {
            let rules = rows.settings()?.rules(now)?;
            find(rows, selector, &rules)
        })
    }

    /// Calls `each` with the tokens that `filter` selects, one after another and in constant
    /// memory, until it breaks off or fails.
    ///
    /// # Errors
    ///
    /// What `each` returns, and whatever keeps the tokens from being read.
    pub fn tokens<E: From<Error>>(
        &self,
        filter: &Filter,
        order: Order,
        mut each: impl FnMut(Token) -> std::result::Result<ControlFlow<()>, E>,
    ) -> std::result::Result<(), E> {
        let now = self.now();
        let mut failed = None;
        self.read(|rows| {
            let rules = rows.settings()?.rules(now)?;
            each_token(rows, filter, order, &rules, &mut |token| {
                each(token).unwrap_or_else(|error| {
                    failed = Some(error);
                    ControlFlow::Break(())
                })
            })
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Calls `each` with every token and the rules, without a filter.
    pub(super) fn every_token(&self, mut each: impl FnMut(Token, &Rules)) -> Result<()> {
        let now = self.now();
        self.read(|rows| {
            let rules = rows.settings()?.rules(now)?;
            each_token(rows, &Filter::default(), Order::default(), &rules, &mut |token| {
                each(token, &rules);
                ControlFlow::Continue(())
            })
        })
    }
}

/// Calls `each` with the tokens that `filter` selects.
pub(super) fn each_token(
    rows: &mut dyn ReadTransaction,
    filter: &Filter,
    order: Order,
    rules: &Rules,
    each: &mut dyn FnMut(Token) -> ControlFlow<()>,
) -> Result<()> {
    let user_id = match &filter.user {
        Some(name) => Some(owner(rows, name)?.id),
        None => None,
    };
    let query = TokenQuery { user_id, sort: order.sort, reverse: order.reverse };
    Ok(rows.tokens(&query, &mut |stored| {
        let token = stored.into_token(rules);
        match filter.accepts(&token, rules.now) {
            true => each(token),
            false => ControlFlow::Continue(()),
        }
    })?)
}

/// The token with this id, if there is one.
pub(super) fn find_by_id(
    rows: &mut dyn ReadTransaction,
    id: i64,
    rules: &Rules,
) -> Result<Option<Token>> {
    let found = rows.tokens_by_key(TokenKey::Id(id), 1)?.pop();
    Ok(found.map(|stored| stored.into_token(rules)))
}

/// How many ids an ambiguous name lists.
const LISTED: usize = 10;

/// The token that `selector` selects.
pub(super) fn find(
    rows: &mut dyn ReadTransaction,
    selector: &Selector,
    rules: &Rules,
) -> Result<Token> {
    let key = match selector {
        Selector::Id(id) => TokenKey::Id(*id),
        Selector::Hash(hash) => TokenKey::Hash(hash),
        Selector::Name(name) => TokenKey::Name(name),
        Selector::Secret(sent) => match verify::find(rows, sent)? {
            Some(found) => TokenKey::Id(found.id),
            None => return Err(not_found(rows, selector)),
        },
    };
    let mut found = rows.tokens_by_key(key, LISTED + 1)?;
    if found.len() > 1 {
        let more = found.len() > LISTED;
        let ids = found.iter().take(LISTED).map(|token| token.id).collect();
        let name = found.swap_remove(0).name;
        return Err(Error::AmbiguousName { name, ids, more });
    }
    match found.pop() {
        Some(stored) => Ok(stored.into_token(rules)),
        None => Err(not_found(rows, selector)),
    }
}

fn not_found(rows: &mut dyn ReadTransaction, selector: &Selector) -> Error {
    let (by, suggestion) = match selector {
        Selector::Id(id) => (SelectorKind::Id(*id), None),
        Selector::Hash(_) => (SelectorKind::Hash, None),
        Selector::Secret(sent) if is_meant_as_secret(sent) => (SelectorKind::Secret, None),
        Selector::Secret(_) => (SelectorKind::Text, None),
        // The names are for a suggestion only: without them there is none.
        Selector::Name(name) => {
            (SelectorKind::Name, nearest(name, newest_names(rows).unwrap_or_default()))
        }
    };
    Error::TokenNotFound { by, suggestion }
}

/// Whether a credential is surely not a name or a hash in the wrong place: it has the form of a
/// secret, or it is a number, which would have been taken for an id anywhere else.
fn is_meant_as_secret(sent: &Credential) -> bool {
    match sent {
        Credential::Own(_) => true,
        Credential::Foreign(secret) => secret.expose().bytes().all(|b| b.is_ascii_digit()),
        Credential::Malformed => false,
    }
}

/// How many of the newest tokens are searched for a similar name.
const SEARCHED: usize = 10_000;

fn newest_names(rows: &mut dyn ReadTransaction) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let query = TokenQuery { reverse: true, ..TokenQuery::default() };
    rows.tokens(&query, &mut |token| {
        names.push(token.name);
        if names.len() < SEARCHED { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(names)
}
