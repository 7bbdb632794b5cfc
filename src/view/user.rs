//! How a user is shown.

use super::{Cell, Heading, Record, Tone};
use crate::token::{User, UserStatus};
use crate::when::Timestamp;

impl Record for User {
    const HEADINGS: &'static [Heading] = &[
        Heading::cut("NAME"),
        Heading::cut("E-MAIL"),
        Heading::cut("FULL NAME"),
        Heading::fixed("ADMIN"),
        Heading::fixed("STATUS"),
        Heading::fixed("TOKENS"),
        Heading::spare("CREATED"),
    ];
    const KEYS: &'static [&'static str] = &[
        "id",
        "name",
        "email",
        "full_name",
        "admin",
        "status",
        "banned_reason",
        "tokens",
        "created_at",
    ];

    fn row(&self, now: Timestamp) -> Vec<Cell> {
        vec![
            Cell::text(&self.name),
            Cell::text(self.email.as_deref().unwrap_or_default()),
            Cell::text(self.full_name.as_deref().unwrap_or_default()),
            Cell::text(yes_or_no(self.admin)),
            status(self.status),
            Cell::text(self.tokens.to_string()),
            Cell::text(self.created_at.relative_to(now)),
        ]
    }

    fn details(&self, now: Timestamp) -> Vec<(&'static str, Cell)> {
        let or_none = |text: &Option<String>| Cell::text(text.as_deref().unwrap_or("none"));
        let mut details = vec![
            ("id", Cell::text(self.id.to_string())),
            ("name", Cell::text(&self.name)),
            ("e-mail", or_none(&self.email)),
            ("full name", or_none(&self.full_name)),
            ("admin", Cell::text(yes_or_no(self.admin))),
            ("status", status(self.status)),
            ("tokens", Cell::text(self.tokens.to_string())),
            (
                "created",
                Cell::text(format!("{} ({})", self.created_at, self.created_at.relative_to(now))),
            ),
        ];
        if let Some(reason) = &self.banned_reason {
            details.push(("banned for", Cell::text(reason)));
        }
        details
    }
}

fn status(status: UserStatus) -> Cell {
    let tone = match status {
        UserStatus::Active => Tone::Good,
        UserStatus::Banned => Tone::Bad,
    };
    Cell::text(status.as_str()).toned(tone)
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
