//! What the tests of the view share.

use super::record::{Cell, Record};
use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token};

/// 2027-01-15T08:00:00Z.
pub fn now() -> Timestamp {
    Timestamp::nearest(1_800_000_000_000)
}

/// An active token that never expires.
pub fn token() -> Token {
    Token {
        id: 7,
        name: "CI".into(),
        user: "alice".into(),
        scopes: Scopes::from_stored("posts.manage"),
        status: Status::Active,
        hint: "tok_Ab3d".into(),
        created_at: now(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revoked_reason: None,
        source: "tokctl".into(),
        replaces: None,
        replaced_by: None,
        owner_id: 1,
        owner_is_admin: false,
    }
}

/// Checks that a record's `KEYS` are those of its JSON, in the same order.
#[track_caller]
pub fn assert_keys<R: Record>(record: &R) {
    let value = serde_json::to_value(record).unwrap();
    let keys: Vec<_> = value.as_object().unwrap().keys().collect();
    assert_eq!(keys, R::KEYS);
}

/// The text under a label.
#[track_caller]
pub fn text_of<'a>(details: &'a [(&'static str, Cell)], label: &str) -> &'a str {
    &details.iter().find(|(found, _)| *found == label).unwrap().1.text
}
