//! Pages of lists.

use super::cursor::{Cursor, not_one};
use super::query::{Query, number};
use crate::domain::Invalid;
use crate::serve::problem::Problem;
use std::ops::ControlFlow;

/// The largest page.
const MOST: usize = 1000;

/// How long a page is if nothing else is asked for.
const DEFAULT: usize = 100;

/// How many bytes of scopes a page has before it ends early: a token can have a quarter of a megabyte.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Which page of a list is asked for.
pub struct Place<T> {
    /// Its length at most.
    pub limit: usize,
    /// Where it begins; `None`: at the beginning of the list.
    pub after: Option<T>,
}

impl<T> Place<T> {
    /// Takes `limit` and `cursor` from a query; `of_list` knows the cursors of this list.
    ///
    /// # Errors
    ///
    /// When one of them is not valid.
    pub fn take(query: &mut Query, of_list: impl Fn(Cursor) -> Option<T>) -> Result<Self, Problem> {
        let limit = query.one("limit", |text| {
            let limit = number(text).ok().filter(|limit| (1..=MOST).contains(limit));
            limit.ok_or_else(|| Invalid::from(format!("must be a number from 1 to {MOST}")))
        })?;
        let after = query.one("cursor", |text| of_list(text.parse()?).ok_or_else(not_one))?;
        Ok(Place { limit: limit.unwrap_or(DEFAULT), after })
    }
}

/// A page that is being read.
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Whether there is more.
    pub has_next: bool,
    limit: usize,
    bytes: usize,
}

impl<T> Page<T> {
    /// An empty one.
    pub fn new(limit: usize) -> Self {
        Page { items: Vec::new(), has_next: false, limit, bytes: 0 }
    }

    /// Adds an item with so many bytes of text that has no other bound, unless the page is full.
    pub fn push(&mut self, item: T, bytes: usize) -> ControlFlow<()> {
        if self.items.len() == self.limit || self.bytes > MOST_BYTES {
            self.has_next = true;
            return ControlFlow::Break(());
        }
        self.bytes += bytes;
        self.items.push(item);
        ControlFlow::Continue(())
    }

    /// The cursor of the next page, if there is one.
    pub fn next(&self, of: impl Fn(&T) -> Cursor) -> Option<String> {
        self.items.last().filter(|_| self.has_next).map(|last| of(last).to_string())
    }
}
