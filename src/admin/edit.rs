//! Changing a token: its name and its expiry. Its owner and its scopes never change.

use super::error::{Error, Result};
use super::handle::{Admin, change_of};
use super::tokens::{Selector, find};
use crate::domain::name::Name;
use crate::domain::time::When;
use crate::domain::token::Token;
use crate::store::TokenField;

/// What to change about a token; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct TokenEdit {
    /// The new name.
    pub name: Option<Name>,
    /// The new expiry.
    pub expires: Option<When>,
}

impl Admin {
    /// Changes a token and returns it as it is then.
    ///
    /// # Errors
    ///
    /// When the selector selects no token or several, when the token is revoked, when it would live longer
    /// although a rotation has replaced it, or when the policy does not allow the expiry.
    pub fn edit(&self, selector: &Selector, edit: &TokenEdit) -> Result<Token> {
        let now = self.now();
        self.write(|writer| {
            let settings = writer.rows.settings()?;
            let (rules, policy) = (settings.rules(now)?, settings.policy()?);
            let token = find(writer.rows, selector, &rules)?;
            match token.replaced_by {
                Some(by) if token.is_revoked() => {
                    return Err(Error::Replaced { id: token.id, by });
                }
                None if token.is_revoked() => return Err(Error::Revoked(token.id)),
                _ => {}
            }
            let mut changes = Vec::new();
            if let Some(name) = edit.name.as_ref().map(Name::as_str) {
                writer.rows.update_token(token.id, TokenField::Name(name))?;
                changes.push(format!("name {name}"));
            }
            if let Some(when) = edit.expires {
                let at = policy.extended(when, token.created_at, now)?;
                let lives_longer = at.is_none_or(|at| token.expires_at.is_some_and(|old| at > old));
                if let Some(by) = token.replaced_by.filter(|_| lives_longer) {
                    return Err(Error::Replaced { id: token.id, by });
                }
                writer.rows.update_token(token.id, TokenField::Expiry(at))?;
                changes.push(match at {
                    Some(at) => format!("expires {at}"),
                    None => "never expires".to_string(),
                });
            }
            writer.record(&change_of(&token, "edit", Some(changes.join(", "))))?;
            find(writer.rows, &Selector::Id(token.id), &rules)
        })
    }
}
