//! Which tokens of an export replaced which: both have ids here only when all tokens are decided.

use super::Importer;
use crate::import::error::Result;
use crate::store::{TokenField, TokenKey};
use std::collections::HashMap;

/// What the line of an export says about a token and others, by their ids there.
#[derive(Debug, Clone, Copy)]
pub struct TokenLinks {
    /// The id of the token.
    pub id: i64,
    /// Whether others replaced it, or it replaced others.
    pub is_named: bool,
    /// The token that it replaced.
    pub replaces: Option<i64>,
    /// The token that replaced it.
    pub replaced_by: Option<i64>,
}

/// The tokens of an export that are here, as far as they name others or are named.
#[derive(Default)]
pub(super) struct Links {
    /// The ids here of tokens that others name, by their ids there.
    ids: HashMap<i64, i64>,
    /// The tokens that name others.
    tokens: Vec<LinkedToken>,
}

/// A token that names others.
struct LinkedToken {
    /// The id here.
    id: i64,
    /// Whether this import added it.
    is_new: bool,
    line: TokenLinks,
}

impl Links {
    /// Adds a token that is here under this id, and says whether this import added it.
    pub fn add(&mut self, line: &TokenLinks, id: i64, is_new: bool) {
        if line.is_named {
            self.ids.insert(line.id, id);
        }
        if line.replaces.is_some() || line.replaced_by.is_some() {
            self.tokens.push(LinkedToken { id, is_new, line: *line });
        }
    }
}

impl Importer<'_> {
    /// Says of the tokens of an export which ones they replaced, and which ones replaced them, as far as
    /// these are here. Of a token that was here before, only the second counts, and only if none replaced it
    /// here.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn link_tokens(&mut self) -> Result<()> {
        self.settle()?;
        let Links { ids, tokens } = std::mem::take(&mut self.links);
        tokens.iter().try_for_each(|token| self.link_token(token, &ids))
    }

    fn link_token(&mut self, token: &LinkedToken, ids: &HashMap<i64, i64>) -> Result<()> {
        // A deleted token keeps its id, too.
        let here = |id: i64| ids.get(&id).copied().or_else(|| self.kept_id(Some(id)));
        let replaces = token.line.replaces.and_then(here);
        let replaced_by = token.line.replaced_by.and_then(here).filter(|by| *by != token.id);
        if token.is_new && replaces.is_some() {
            self.rows.update_token(token.id, TokenField::Replaces(replaces))?;
        }
        let is_free = token.is_new || {
            let stored = self.rows.tokens_by_key(TokenKey::Id(token.id), 1)?.pop();
            stored.is_some_and(|stored| stored.replaced_by.is_none())
        };
        if is_free && replaced_by.is_some() {
            self.rows.set_replaced_by(token.id, replaced_by)?;
        }
        Ok(())
    }
}
