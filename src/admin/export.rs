//! Exporting everything, or some tokens and what belongs to them.

use super::error::Result;
use super::filter::Filter;
use super::handle::Admin;
use super::tokens::Order;
use crate::store::{Each, ExportRow, ExportStart};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// The system of the relation by which a database knows that it was copied from an export of everything.
/// Its name is the highest id of the users whom it shares with the other database. A copy of the copy has
/// one of its own, so it is not exported.
pub const COPY_SYSTEM: &str = "tokctl";

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
            ExportRow::Origin(origin) => origin.user_id.is_some_and(|id| self.owners.contains(&id)),
            ExportRow::Export(_)
            | ExportRow::Relation(_)
            | ExportRow::Deleted(_)
            | ExportRow::Setting(_)
            | ExportRow::End(_) => false,
        }
    }
}

impl Admin {
    /// Calls `each` with everything that is in the database but the log, between a beginning and an end,
    /// or with the tokens that `filter` selects, their owners, and what tells these from the users of other
    /// systems. What a row refers to comes before it. A filter that selects a million tokens takes some 20
    /// MB to remember their ids.
    ///
    /// # Errors
    ///
    /// When the filter names a user who does not exist, or the database cannot be read.
    pub fn export(&self, filter: &Filter, each: Each<ExportRow>) -> Result<()> {
        let selected = self.selected(filter)?;
        let start = ExportRow::Export(ExportStart { format: ExportStart::FORMAT });
        if selected.is_none() && each(start).is_break() {
            return Ok(());
        }
        self.read(|rows| {
            Ok(rows.export(&mut |row| match (&selected, &row) {
                (Some(selected), row) if !selected.contains(row) => ControlFlow::Continue(()),
                (_, ExportRow::Relation(relation)) if relation.system == COPY_SYSTEM => {
                    ControlFlow::Continue(())
                }
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
