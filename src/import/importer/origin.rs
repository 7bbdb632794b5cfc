//! Where tokens come from: what is known about them besides what is kept with them.

use super::links::TokenLinks;
use crate::domain::time::Span;
use crate::domain::token::{Foreign, NewToken};

/// What all tokens of a system have in common.
#[derive(Clone, Copy)]
pub struct SystemTokens {
    /// The id under which the store keeps their scheme.
    pub scheme_id: i64,
    /// The id under which the store keeps their table.
    pub relation_id: i64,
    /// Whether a token's id there is part of its secret.
    pub id_is_in_secret: bool,
    /// How long after its last use the system rejects a token; `None`: never.
    pub unused_lifetime: Option<Span>,
    /// Whether none of them can have been here before.
    pub are_new: bool,
}

impl SystemTokens {
    /// What ties the token of a row to the system.
    pub(super) fn foreign(&self, id: String) -> Foreign {
        Foreign { scheme_id: self.scheme_id, relation_id: Some(self.relation_id), id }
    }
}

/// What of a token's row is not kept with the token.
#[derive(Default)]
pub struct TokenOrigin {
    /// Whether the owner is an administrator here.
    pub owner_is_admin: bool,
    /// Whether a token's id there is part of its secret.
    pub id_is_in_secret: bool,
    /// Whether the row says when the token was issued.
    pub has_creation: bool,
    /// Whether the name is known to have no secrets in it.
    pub has_clean_name: bool,
    /// Whether neither the token nor its secret can be here already.
    pub is_new: bool,
    /// Whether the system refuses the token itself, and not only its owner.
    pub has_ended: bool,
    /// The scopes that were left out.
    pub left_out: Vec<String>,
    /// Whether the secret is too short.
    pub is_weak: bool,
    /// How long after its last use the system rejects a token; `None`: never.
    pub unused_lifetime: Option<Span>,
    /// What its line says, if another database of tokctl's own exported the token.
    pub exported: Option<Box<TokenLinks>>,
}

/// Why a token is revoked.
pub(super) fn reason_of(token: &NewToken) -> Option<String> {
    token.revocation.as_ref().and_then(|revocation| revocation.reason.clone())
}
