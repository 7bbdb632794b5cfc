//! How a token is shown.

use super::{Cell, Heading, Record, Tone};
use crate::token::{Status, Token};
use crate::when::{Span, Timestamp};
use serde::Serialize;

/// An expiry this near is stressed.
pub const NEAR: Span = Span::days(14);

impl Record for Token {
    const HEADINGS: &'static [Heading] = &[
        Heading::fixed("ID"),
        Heading::cut("NAME"),
        Heading::cut("USER"),
        Heading::cut("SCOPES"),
        Heading::fixed("STATUS"),
        Heading::fixed("HINT"),
        Heading::spare("CREATED"),
        Heading::fixed("EXPIRES"),
        Heading::spare("LAST USED"),
    ];
    const KEYS: &'static [&'static str] = &[
        "id",
        "name",
        "user",
        "scopes",
        "status",
        "hint",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
        "revoked_reason",
        "source",
    ];

    fn row(&self, now: Timestamp) -> Vec<Cell> {
        vec![
            Cell::text(self.id.to_string()),
            Cell::text(&self.name),
            Cell::text(&self.user),
            scopes(self).of_words(),
            standing(self),
            Cell::text(&self.hint),
            Cell::text(self.created_at.relative_to(now)),
            expiry(self, now),
            used(self, now),
        ]
    }

    fn details(&self, now: Timestamp) -> Vec<(&'static str, Cell)> {
        let exact = |at: Option<Timestamp>| match at {
            Some(at) => format!("{at} ({})", at.relative_to(now)),
            None => "never".to_string(),
        };
        let mut details = vec![
            ("id", Cell::text(self.id.to_string())),
            ("name", Cell::text(&self.name)),
            ("user", Cell::text(&self.user)),
            ("scopes", scopes(self).of_words()),
            ("status", status(self.status)),
            ("hint", Cell::text(&self.hint)),
            ("created", Cell::text(exact(Some(self.created_at)))),
            ("expires", Cell::text(exact(self.expires_at)).toned(expiry(self, now).tone)),
            ("last used", Cell::text(exact(self.last_used_at))),
        ];
        if let Some(at) = self.revoked_at {
            let reason = self.revoked_reason.as_ref().map(|why| format!(": {why}"));
            details.push(("revoked", Cell::text(exact(Some(at)) + &reason.unwrap_or_default())));
        }
        if let Some(old) = self.replaces {
            details.push(("replaces", Cell::text(format!("token {old}"))));
        }
        if let Some(new) = self.replaced_by {
            details.push(("replaced by", Cell::text(format!("token {new}"))));
        }
        details.push(("source", Cell::text(&self.source)));
        details
    }
}

/// The status, and what the token replaced or was replaced by.
fn standing(token: &Token) -> Cell {
    let mut cell = status(token.status);
    if let Some(old) = token.replaces {
        cell.text.push_str(&format!(", for {old}"));
    }
    if let Some(new) = token.replaced_by {
        cell.text.push_str(&format!(", now {new}"));
    }
    cell
}

pub fn status(status: Status) -> Cell {
    let tone = match status {
        Status::Active => Tone::Good,
        Status::Expired | Status::Unused => Tone::Warning,
        Status::Revoked | Status::Banned => Tone::Bad,
    };
    Cell::text(status.as_str()).toned(tone)
}

fn scopes(token: &Token) -> Cell {
    match token.scopes.is_empty() {
        true => Cell::text("none").toned(Tone::Faint),
        false => Cell::text(token.scopes.to_string()),
    }
}

fn expiry(token: &Token, now: Timestamp) -> Cell {
    match token.expires_at {
        None => Cell::text("never").toned(Tone::Faint),
        Some(at) if token.status == Status::Active && now.until(at) <= NEAR => {
            Cell::text(at.relative_to(now)).toned(Tone::Warning)
        }
        Some(at) => Cell::text(at.relative_to(now)),
    }
}

fn used(token: &Token, now: Timestamp) -> Cell {
    match token.last_used_at {
        None => Cell::text("never").toned(Tone::Faint),
        Some(at) => Cell::text(at.relative_to(now)),
    }
}

/// A token as `create` answers it: the record, and this once the secret.
#[derive(Serialize)]
pub struct Issued<'a> {
    #[serde(flatten)]
    pub token: &'a Token,
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(rename = "token")]
    pub secret: &'a str,
}
