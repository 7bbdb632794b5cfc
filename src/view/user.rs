//! Users.

use super::record::{Cell, Heading, Record, Tone};
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserStatus};

impl Record for User {
    const HEADINGS: &'static [Heading] = &[
        Heading::cut("NAME"),
        Heading::fixed("ADMIN"),
        Heading::fixed("STATUS"),
        Heading::fixed("TOKENS"),
        Heading::cut("E-MAIL"),
        Heading::cut("FULL NAME"),
        Heading::optional("CREATED"),
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
            Cell::text(yes_or_no(self.admin)),
            status(self.status),
            Cell::text(self.tokens.to_string()),
            Cell::text(self.email.as_deref().unwrap_or_default()),
            Cell::text(self.full_name.as_deref().unwrap_or_default()),
            Cell::text(self.created_at.relative_to(now)),
        ]
    }

    fn details(&self, now: Timestamp) -> Vec<(&'static str, Cell)> {
        let or_none = |text: &Option<String>| Cell::text(text.as_deref().unwrap_or("none"));
        let created = format!("{} ({})", self.created_at, self.created_at.relative_to(now));
        let mut details = vec![
            ("id", Cell::text(self.id.to_string())),
            ("name", Cell::text(&self.name)),
            ("e-mail", or_none(&self.email)),
            ("full name", or_none(&self.full_name)),
            ("admin", Cell::text(yes_or_no(self.admin))),
            ("status", status(self.status)),
            ("tokens", Cell::text(self.tokens.to_string())),
            ("created", Cell::text(created)),
        ];
        if let Some(reason) = &self.banned_reason {
            details.push(("ban reason", Cell::text(reason)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::{assert_keys, now, text_of};

    fn user() -> User {
        User {
            id: 1,
            name: "alice".into(),
            email: None,
            full_name: None,
            admin: true,
            status: UserStatus::Banned,
            banned_reason: Some("left".into()),
            tokens: 3,
            created_at: now(),
        }
    }

    #[test]
    fn keys_are_those_of_the_json() {
        assert_keys(&user());
    }

    #[test]
    fn details_name_what_is_empty_and_why_a_user_is_banned() {
        let details = user().details(now());
        assert_eq!(text_of(&details, "e-mail"), "none");
        assert_eq!(text_of(&details, "ban reason"), "left");
    }
}
