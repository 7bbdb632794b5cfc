//! Tokens, and tokens with their new secret.

use super::record::{Cell, Heading, Record, Tone};
use crate::domain::time::{Span, Timestamp};
use crate::domain::token::{Status, Token};

/// A token that expires within this time is pointed out.
pub const NEAR: Span = Span::days(14);

impl Record for Token {
    const HEADINGS: &'static [Heading] = &[
        Heading::fixed("ID"),
        Heading::cut("NAME"),
        Heading::cut("USER"),
        Heading::cut("SCOPES"),
        Heading::fixed("STATUS"),
        Heading::fixed("EXPIRES"),
        Heading::fixed("LAST USED"),
        Heading::optional("HINT"),
        Heading::optional("CREATED"),
        Heading::optional("ROTATION"),
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
        "replaces",
        "replaced_by",
    ];

    fn row(&self, now: Timestamp) -> Vec<Cell> {
        vec![
            Cell::text(self.id.to_string()),
            Cell::text(&self.name),
            Cell::text(&self.user),
            scopes(self).listed(),
            status(self.status),
            relative(self.expires_at, now).toned(expiry_tone(self, now)),
            relative(self.last_used_at, now),
            Cell::text(&self.hint),
            relative(Some(self.created_at), now),
            Cell::text(rotation(self)),
        ]
    }

    fn details(&self, now: Timestamp) -> Vec<(&'static str, Cell)> {
        let mut details = vec![
            ("id", Cell::text(self.id.to_string())),
            ("name", Cell::text(&self.name)),
            ("user", Cell::text(&self.user)),
            ("scopes", scopes(self).listed()),
            ("status", status(self.status)),
            ("hint", Cell::text(&self.hint)),
            ("created", exact(Some(self.created_at), now)),
            ("expires", exact(self.expires_at, now).toned(expiry_tone(self, now))),
            ("last used", exact(self.last_used_at, now)),
        ];
        if let Some(at) = self.revoked_at {
            let mut cell = exact(Some(at), now);
            if let Some(reason) = &self.revoked_reason {
                cell = Cell::text(format!("{}: {reason}", cell.text));
            }
            details.push(("revoked", cell));
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

/// Which token this one replaces or is replaced by.
fn rotation(token: &Token) -> String {
    let replaces = token.replaces.map(|old| format!("replaces {old}"));
    let replaced_by = token.replaced_by.map(|new| format!("replaced by {new}"));
    replaces.into_iter().chain(replaced_by).collect::<Vec<_>>().join(", ")
}

fn status(status: Status) -> Cell {
    let tone = match status {
        Status::Active => Tone::Good,
        Status::Expired | Status::Unused => Tone::Warning,
        Status::Revoked | Status::Banned => Tone::Bad,
    };
    Cell::text(status.as_str()).toned(tone)
}

fn scopes(token: &Token) -> Cell {
    if token.scopes.is_empty() {
        Cell::text("none").toned(Tone::Faint)
    } else {
        Cell::text(token.scopes.to_string())
    }
}

fn expiry_tone(token: &Token, now: Timestamp) -> Tone {
    match token.expires_at {
        None => Tone::Faint,
        Some(at) if token.status == Status::Active && now.until(at) <= NEAR => Tone::Warning,
        Some(_) => Tone::Plain,
    }
}

fn relative(at: Option<Timestamp>, now: Timestamp) -> Cell {
    at.map_or_else(never, |at| Cell::text(at.relative_to(now)))
}

fn exact(at: Option<Timestamp>, now: Timestamp) -> Cell {
    at.map_or_else(never, |at| Cell::text(format!("{at} ({})", at.relative_to(now))))
}

fn never() -> Cell {
    Cell::text("never").toned(Tone::Faint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::{assert_keys, now, text_of, token};

    #[test]
    fn keys_are_those_of_the_json() {
        assert_keys(&token());
    }

    #[test]
    fn the_tokens_of_a_rotation_are_named() {
        let token = Token {
            status: Status::Revoked,
            revoked_at: Some(now()),
            revoked_reason: Some("replaced by token 9".into()),
            replaces: Some(3),
            replaced_by: Some(9),
            ..token()
        };
        assert_eq!(token.row(now())[9].text, "replaces 3, replaced by 9");
        let details = token.details(now());
        assert_eq!(
            text_of(&details, "revoked"),
            "2027-01-15T08:00:00Z (just now): replaced by token 9"
        );
        assert_eq!(text_of(&details, "replaces"), "token 3");
        assert_eq!(text_of(&details, "replaced by"), "token 9");
    }

    #[test]
    fn only_the_near_expiry_of_an_active_token_is_pointed_out() {
        let tone = |days, status| {
            let expires_at = now().plus(Span::days(days));
            let token = Token { expires_at, status, ..token() };
            token.row(now())[5].tone
        };
        assert_eq!(tone(14, Status::Active), Tone::Warning);
        assert_eq!(tone(15, Status::Active), Tone::Plain);
        assert_eq!(tone(14, Status::Revoked), Tone::Plain);
    }
}
