//! An export: every user and every token as they are stored.

use crate::support::{
    Database, all, at, extreme_times, first, foreign, hash, new_token, new_user, shown,
};
use std::ops::ControlFlow;
use tokctl::domain::scheme::Scheme;
use tokctl::domain::token::{NewToken, Revocation};
use tokctl::store::{
    Ban, ExportRow, ExportedScheme, ExportedToken, ExportedUser, NewUserRow, UserField,
};
use zeroize::Zeroizing;

conformance!(
    an_empty_database_exports_nothing,
    a_user_is_exported_with_everything,
    a_user_without_optional_fields_is_exported,
    a_token_is_exported_with_everything,
    a_token_without_optional_fields_is_exported,
    users_come_before_tokens_and_each_by_id,
    the_owner_of_a_token_comes_first_whenever_both_were_added,
    what_was_deleted_is_not_exported,
    an_export_stops_when_told,
    an_export_of_many_pages_has_every_row_once,
    an_export_keeps_times_to_the_millisecond,
);

/// The milliseconds of [`at`].
fn millis(seconds: i64) -> i64 {
    at(seconds).millis()
}

/// The ids in the order of an export.
fn ids(rows: &[ExportRow]) -> Vec<(&'static str, i64)> {
    let id = |row: &ExportRow| match row {
        ExportRow::User(user) => ("user", user.id),
        ExportRow::Token(token) => ("token", token.id),
    };
    rows.iter().map(id).collect()
}

fn an_empty_database_exports_nothing(database: Database) {
    database.scheme(&Scheme::Sha256);
    assert_eq!(database.export().len(), 0);
}

fn a_user_is_exported_with_everything(database: Database) {
    let row = NewUserRow {
        name: "Alice",
        email: Some("Alice@Example.com"),
        full_name: Some("Alice Liddell"),
        email_verified: true,
        admin: true,
        ban: Some(Ban { at: at(1), reason: Some("left") }),
        created_at: at(0),
    };
    let id = database.write(|rows| rows.insert_user(&row));
    let expected = ExportRow::User(ExportedUser {
        id,
        name: "Alice".into(),
        email: Some("Alice@Example.com".into()),
        full_name: Some("Alice Liddell".into()),
        admin: true,
        banned_at: Some(millis(1)),
        banned_reason: Some("left".into()),
        created_at: millis(0),
    });
    assert_eq!(shown(database.export()), shown([expected]));
}

fn a_user_without_optional_fields_is_exported(database: Database) {
    let expected = ExportRow::User(ExportedUser {
        id: database.user("bob"),
        name: "bob".into(),
        email: None,
        full_name: None,
        admin: false,
        banned_at: None,
        banned_reason: None,
        created_at: millis(0),
    });
    assert_eq!(shown(database.export()), shown([expected]));
}

fn a_token_is_exported_with_everything(database: Database) {
    let user_id = database.user("alice");
    let salt = Zeroizing::new(vec![0, 0xab, 255]);
    let scheme_id = database.scheme(&Scheme::Strapi { salt });
    let id = database.token(&NewToken {
        hash: hash(0xab),
        foreign: foreign(scheme_id, "7"),
        hint: "…".into(),
        name: "CI".into(),
        user_id,
        scopes: ["posts.*", "users.read"].map(|scope| scope.parse().unwrap()).into_iter().collect(),
        source: "strapi".into(),
        created_at: at(1),
        expires_at: Some(at(2)),
        last_used_at: Some(at(3)),
        revocation: Some(Revocation { at: at(4), reason: Some("leaked".into()) }),
        replaces: None,
    });
    let expected = ExportedToken {
        id,
        user_id,
        name: "CI".into(),
        hash: "ab".repeat(32),
        hint: "…".into(),
        scopes: "posts.* users.read".into(),
        source: "strapi".into(),
        created_at: millis(1),
        expires_at: Some(millis(2)),
        last_used_at: Some(millis(3)),
        revoked_at: Some(millis(4)),
        revoked_reason: Some("leaked".into()),
        scheme: Some(ExportedScheme {
            kind: "strapi".into(),
            prefix: String::new(),
            salt: "00abff".into(),
        }),
        foreign_id: Some("7".into()),
    };
    assert_eq!(shown(database.exported_tokens()), shown([expected]));
}

fn a_token_without_optional_fields_is_exported(database: Database) {
    let user_id = database.user("alice");
    let expected = ExportedToken {
        id: database.token(&new_token(user_id, 1)),
        user_id,
        name: "CI".into(),
        hash: "01".repeat(32),
        hint: "tok_aaaa".into(),
        scopes: "*".into(),
        source: "tokctl".into(),
        created_at: millis(0),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revoked_reason: None,
        scheme: None,
        foreign_id: None,
    };
    assert_eq!(shown(database.exported_tokens()), shown([expected]));
}

fn users_come_before_tokens_and_each_by_id(database: Database) {
    let zoe = database.user("zoe");
    let first = database.token(&new_token(zoe, 9));
    let alice = database.user("alice");
    let second = database.token(&new_token(alice, 1));
    database.write(|rows| {
        rows.update_user(zoe, UserField::Name("zora"))?;
        rows.touch(&[first], at(5))
    });
    let expected = [("user", zoe), ("user", alice), ("token", first), ("token", second)];
    assert_eq!(ids(&database.export()), expected);
}

fn what_was_deleted_is_not_exported(database: Database) {
    let (alice, bob) = (database.user("alice"), database.user("bob"));
    let sha256 = database.scheme(&Scheme::Sha256);
    let [_, deleted, kept] = [(alice, 1), (bob, 2), (bob, 3)].map(|(user, byte)| {
        database.token(&NewToken { foreign: foreign(sha256, "7"), ..new_token(user, byte) })
    });
    database.write(|rows| {
        rows.delete_user(alice)?;
        rows.delete_token(deleted)
    });
    assert_eq!(ids(&database.export()), [("user", bob), ("token", kept)]);
}

fn an_export_stops_when_told(database: Database) {
    let users = ["alice", "bob"].map(|name| database.user(name));
    let tokens = [1, 2, 3].map(|byte| database.token(&new_token(users[0], byte)));
    let export = |limit| ids(&database.read(|rows| first(limit, |each| rows.export(each))));
    let all = ids(&database.read(|rows| all(|each| rows.export(each))));
    assert_eq!(all.len(), users.len() + tokens.len());
    // Among the users, at their end, and among the tokens.
    for limit in [1, 2, 4] {
        assert_eq!(export(limit), all[..limit], "{limit}");
    }
}

fn an_export_keeps_times_to_the_millisecond(database: Database) {
    for (name, time) in ["a", "b", "c"].into_iter().zip(extreme_times()) {
        let user = database
            .write(|rows| rows.insert_user(&NewUserRow { created_at: time, ..new_user(name) }));
        database.token(&NewToken { expires_at: Some(time), ..new_token(user, name.as_bytes()[0]) });
        assert_eq!(database.exported_users().pop().unwrap().created_at, time.millis());
        assert_eq!(database.exported_tokens().pop().unwrap().expires_at, Some(time.millis()));
    }
}

fn the_owner_of_a_token_comes_first_whenever_both_were_added(database: Database) {
    let alice = database.user("alice");
    database.token(&new_token(alice, 1));
    let other = database.another();
    let mut exported = Vec::new();
    database.read(|rows| {
        rows.export(&mut |row| {
            if exported.is_empty() {
                let added = other.write(|rows| {
                    let bob = rows.insert_user(&new_user("bob"))?;
                    rows.insert_token(&new_token(bob, 2))
                });
                added.unwrap();
            }
            exported.push(row);
            ControlFlow::Continue(())
        })
    });
    // A backend may read on in the snapshot that it began with.
    let (before, after) = ([("user", 1), ("token", 1)], [("user", 2), ("token", 2)]);
    let exported = ids(&exported);
    assert!(exported == before || exported == [before, after].concat(), "{exported:?}");
}

fn an_export_of_many_pages_has_every_row_once(database: Database) {
    // A page of SQLite has 1,000 rows: exactly one page of each, and then two and a part.
    let mut expected = Vec::new();
    for numbers in [1..=1000, 1001..=2500_u32] {
        expected.extend(database.write(|rows| {
            let mut added = Vec::new();
            for number in numbers.clone() {
                let user = rows.insert_user(&new_user(&format!("user-{number}")))?;
                let mut token = new_token(user, 0);
                token.hash[..4].copy_from_slice(&number.to_be_bytes());
                added.extend([("user", user), ("token", rows.insert_token(&token)?)]);
            }
            Ok(added)
        }));
        expected.sort_by_key(|(kind, id)| (*kind == "token", *id));
        assert!(ids(&database.export()) == expected, "{numbers:?}");
    }
}
