//! Exporting users and tokens, all or some.

use super::error::Result;
use super::filter::Filter;
use super::handle::Admin;
use super::tokens::Order;
use crate::store::{Each, ExportRow};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// The ids of the tokens that a filter selects, and of their owners.
#[derive(Default)]
struct Selected {
    tokens: HashSet<i64>,
    owners: HashSet<i64>,
}

impl Selected {
    fn contains(&self, row: &ExportRow) -> bool {
        match row {
            ExportRow::User(user) => self.owners.contains(&user.id),
            ExportRow::Token(token) => self.tokens.contains(&token.id),
        }
    }
}

impl Admin {
    /// Calls `each` with the users and the tokens that `filter` selects, the owner of a token before the
    /// token. Users without a selected token are left out, unless the filter selects all. A filter that
    /// selects a million tokens takes some 20 MB to remember their ids.
    ///
    /// # Errors
    ///
    /// When the filter names a user who does not exist, or the database cannot be read.
    pub fn export(&self, filter: &Filter, each: Each<ExportRow>) -> Result<()> {
        let selected = self.selected(filter)?;
        self.read(|rows| {
            Ok(rows.export(&mut |row| match &selected {
                Some(selected) if !selected.contains(&row) => ControlFlow::Continue(()),
                _ => each(row),
            })?)
        })
    }

    /// What a filter selects; `None`: everything.
    fn selected(&self, filter: &Filter) -> Result<Option<Selected>> {
        if filter.selects_all() {
            return Ok(None);
        }
        let mut selected = Selected::default();
        self.tokens(filter, Order::default(), |token| {
            selected.tokens.insert(token.id);
            selected.owners.insert(token.owner_id);
            Result::Ok(ControlFlow::Continue(()))
        })?;
        Ok(Some(selected))
    }
}
