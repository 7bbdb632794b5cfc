//! Finding one token, and reading many.

use super::error::{Error, Result, SelectorKind};
use super::filter::Filter;
use super::handle::Admin;
use super::users::owner;
use crate::domain::secret::Hash;
use crate::domain::token::{Rules, Status, Token};
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
    pub by: OrderBy,
    /// Whether the order is reversed.
    pub reverse: bool,
    /// Only tokens with ids above this one; if `reverse`, below it. By id, the tokens that come after
    /// it, whether or not it still exists: so a caller can go on where it stopped.
    pub after: Option<i64>,
}

/// What tokens are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderBy {
    /// What the store can sort by.
    Column(Sort),
    /// By status, in the order of [`Status::ALL`].
    Status,
}

impl Default for OrderBy {
    fn default() -> Self {
        OrderBy::Column(Sort::default())
    }
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
    let owners = filter.users.iter().map(|name| Ok(owner(rows, name)?.id));
    let owners: Vec<i64> = owners.collect::<Result<_>>()?;
    let sort = match order.by {
        OrderBy::Column(sort) => sort,
        OrderBy::Status => Sort::Id,
    };
    let user_id = owners.first().copied().filter(|_| owners.len() == 1);
    let Order { reverse, after, .. } = order;
    let query = TokenQuery { user_id, after, sort, reverse, ..TokenQuery::default() };
    let mut read = |statuses: &[Status]| {
        let mut flow = ControlFlow::Continue(());
        rows.tokens(&query, &mut |stored| {
            let is_owned = owners.is_empty() || owners.contains(&stored.owner.id);
            let token = stored.into_token(rules);
            if is_owned && statuses.contains(&token.status) && filter.accepts(&token, rules.now) {
                flow = each(token);
            }
            flow
        })?;
        Ok(flow)
    };
    if order.by != OrderBy::Status {
        return read(&Status::ALL).map(drop);
    }
    // A status depends on the clock and on the owner, so that no index has it. Reading once for each
    // takes constant memory. A token whose status changes meanwhile can come twice, or not at all.
    let mut statuses = Status::ALL;
    if order.reverse {
        statuses.reverse();
    }
    for status in statuses {
        if read(&[status])?.is_break() {
            break;
        }
    }
    Ok(())
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

/// The token that `selector` selects.
pub(super) fn find(
    rows: &mut dyn ReadTransaction,
    selector: &Selector,
    rules: &Rules,
) -> Result<Token> {
    let found = match selector {
        Selector::Id(id) => find_by_id(rows, *id, rules)?,
        Selector::Hash(hash) => find_by_hash(rows, hash, rules)?,
        Selector::Name(name) => find_by_name(rows, name, rules)?,
        Selector::Secret(sent) => verify::find(rows, sent)?.map(|found| found.into_token(rules)),
    };
    found.ok_or_else(|| not_found(rows, selector))
}

/// How many ids an ambiguous name lists.
const LISTED: usize = 10;

/// The token with this hash. Tokens of several systems can have the same.
fn find_by_hash(
    rows: &mut dyn ReadTransaction,
    hash: &Hash,
    rules: &Rules,
) -> Result<Option<Token>> {
    let mut found = Found::default();
    for stored in rows.tokens_by_key(TokenKey::Hash(hash), LISTED + 1)? {
        found.add(stored.into_token(rules));
    }
    found.only(true)
}

/// The one active token of this name, or, if none is active, the only one. One that a rotation has
/// replaced counts only if no other is active: the name means its successor.
fn find_by_name(
    rows: &mut dyn ReadTransaction,
    name: &str,
    rules: &Rules,
) -> Result<Option<Token>> {
    let [mut current, mut replaced, mut ended] = std::array::from_fn(|_| Found::default());
    let query = TokenQuery { name: Some(name), reverse: true, ..TokenQuery::default() };
    rows.tokens(&query, &mut |stored| {
        let token = stored.into_token(rules);
        match (token.status, token.replaced_by) {
            (Status::Active, None) => current.add(token),
            (Status::Active, Some(_)) => replaced.add(token),
            _ => ended.add(token),
        }
        if current.ids.len() > LISTED { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    for (found, active) in [(current, true), (replaced, true), (ended, false)] {
        if let Some(token) = found.only(active)? {
            return Ok(Some(token));
        }
    }
    Ok(None)
}

/// Tokens among which one is to be chosen.
#[derive(Default)]
struct Found {
    first: Option<Token>,
    /// The first ids, and one more than an error lists.
    ids: Vec<i64>,
}

impl Found {
    fn add(&mut self, token: Token) {
        if self.ids.len() <= LISTED {
            self.ids.push(token.id);
        }
        self.first.get_or_insert(token);
    }

    /// The token, if there is only one.
    fn only(mut self, active: bool) -> Result<Option<Token>> {
        match self.first {
            Some(token) if self.ids.len() > 1 => {
                let more = self.ids.len() > LISTED;
                self.ids.truncate(LISTED);
                Err(Error::AmbiguousName { name: token.name, ids: self.ids, more, active })
            }
            first => Ok(first),
        }
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
