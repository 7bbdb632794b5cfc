//! An export: everything as it is stored, but for the log.

use crate::support::{
    Database, all, at, extreme_times, first, foreign, hash, new_token, new_user, shown,
};
use std::ops::ControlFlow;
use tokctl::domain::scheme::Scheme;
use tokctl::domain::setting::Setting;
use tokctl::domain::token::{Foreign, NewToken, Revocation};
use tokctl::store::{
    Ban, DeletedToken, ExportRow, ExportedDeletion, ExportedOrigin, ExportedRelation,
    ExportedScheme, ExportedSetting, ExportedToken, ExportedUser, LastIds, NewUserRow, UserField,
};
use zeroize::Zeroizing;

conformance!(
    an_empty_database_exports_its_end,
    a_user_is_exported_with_everything,
    a_user_without_optional_fields_is_exported,
    a_token_is_exported_with_everything,
    a_token_without_optional_fields_is_exported,
    users_come_before_tokens_and_each_by_id,
    what_imports_remember_is_exported,
    what_a_row_refers_to_comes_before_it,
    settings_are_exported_in_their_order,
    the_end_has_the_last_ids_also_of_rows_that_are_gone,
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
        ExportRow::User(user) => Some(("user", user.id)),
        ExportRow::Token(token) => Some(("token", token.id)),
        _ => None,
    };
    rows.iter().filter_map(id).collect()
}

fn end(last_user_id: i64, last_token_id: i64) -> ExportRow {
    ExportRow::End(LastIds { last_user_id, last_token_id })
}

fn an_empty_database_exports_its_end(database: Database) {
    database.scheme(&Scheme::Sha256);
    assert_eq!(shown(database.export()), shown([end(0, 0)]));
}

/// What is exported besides users and tokens.
fn remembered(database: &Database) -> Vec<ExportRow> {
    let mut rows = database.export();
    rows.retain(|row| !matches!(row, ExportRow::User(_) | ExportRow::Token(_)));
    rows
}

fn sanctum() -> ExportedRelation {
    ExportedRelation {
        system: "sanctum".into(),
        database: "/srv/app.db".into(),
        name: "tokens".into(),
    }
}

/// The relation of [`sanctum`], with a token that was deleted.
fn delete_imported(database: &Database, user_id: i64, byte: u8, revoked: bool) {
    let ExportedRelation { system, database: source, name } = sanctum();
    let scheme_id = database.scheme(&Scheme::Sanctum);
    database.write(|rows| {
        let relation_id = Some(rows.relation_id(&system, &source, &name)?);
        let foreign = Some(Foreign { relation_id, scheme_id, id: byte.to_string() });
        let revocation = revoked.then(|| Revocation { at: at(0), reason: None });
        let token = NewToken { foreign, revocation, ..new_token(user_id, byte) };
        let id = rows.insert_token(&token)?;
        rows.delete_token(id)
    });
}

fn what_imports_remember_is_exported(database: Database) {
    let alice = database.user("alice");
    let gone = database.user("gone");
    delete_imported(&database, alice, 2, true);
    delete_imported(&database, alice, 1, false);
    let sha256 = database.scheme(&Scheme::Sha256);
    database.write(|rows| {
        rows.relation_id("jsonl", "", "user")?;
        let foreign = foreign(sha256, "7");
        let without_relation = NewToken { foreign, ..new_token(alice, 3) };
        let id = rows.insert_token(&without_relation)?;
        rows.delete_token(id)?;
        rows.set_origin(&hash(0xff), alice)?;
        rows.set_origin(&hash(0), gone)?;
        rows.note_refusal(&hash(0xff), true)?;
        rows.delete_user(gone)
    });
    let deleted = |byte: u8, kind: &str, relation, id: &str, revoked| {
        let scheme = ExportedScheme { kind: kind.into(), prefix: "".into(), salt: "".into() };
        let (hash, foreign_id) = (format!("{byte:02x}").repeat(32), id.into());
        ExportRow::Deleted(ExportedDeletion { hash, scheme, foreign_id, relation, revoked })
    };
    let origin = |byte: &str, user_id, refused| {
        ExportRow::Origin(ExportedOrigin { origin: byte.repeat(32), user_id, refused })
    };
    let jsonl =
        ExportedRelation { system: "jsonl".into(), database: "".into(), name: "user".into() };
    let expected = [
        ExportRow::Relation(sanctum()),
        ExportRow::Relation(jsonl),
        deleted(1, "sanctum", Some(sanctum()), "1", false),
        deleted(2, "sanctum", Some(sanctum()), "2", true),
        deleted(3, "sha256", None, "7", false),
        origin("00", None, false),
        origin("ff", Some(alice), true),
        end(2, 3),
    ];
    assert_eq!(shown(remembered(&database)), shown(expected));
}

/// The position of a type in an export.
fn rank(row: &ExportRow) -> usize {
    match row {
        ExportRow::Export(_) => 0,
        ExportRow::Relation(_) => 1,
        ExportRow::User(_) => 2,
        ExportRow::Token(_) => 3,
        ExportRow::Deleted(_) => 4,
        ExportRow::Origin(_) => 5,
        ExportRow::Setting(_) => 6,
        ExportRow::End(_) => 7,
    }
}

fn what_a_row_refers_to_comes_before_it(database: Database) {
    let alice = database.user("alice");
    database.write(|rows| rows.set_setting(Setting::Prefix, "abc"));
    // More than two pages of everything.
    database.write(|rows| {
        for number in 0..2100_u32 {
            rows.relation_id("sanctum", "/srv/app.db", &number.to_string())?;
        }
        Ok(())
    });
    let scheme_id = database.scheme(&Scheme::Sanctum);
    database.write(|rows| {
        for number in 0..2100_u32 {
            let mut hash = hash(0);
            hash[..4].copy_from_slice(&number.to_be_bytes());
            let foreign = foreign(scheme_id, "7").unwrap();
            rows.bury(&DeletedToken { hash: &hash, foreign: &foreign, was_revoked: true })?;
            rows.set_origin(&hash, alice)?;
        }
        Ok(())
    });
    database.token(&new_token(alice, 1));
    let rows = database.export();
    assert!(rows.is_sorted_by_key(rank));
    let counts =
        [1, 2, 3, 4, 5, 6, 7].map(|kind| rows.iter().filter(|row| rank(row) == kind).count());
    assert_eq!(counts, [2100, 1, 1, 2100, 2100, 1, 1]);
    let texts: std::collections::HashSet<_> = rows.iter().map(shown).collect();
    assert_eq!(texts.len(), rows.len());
    // It can be stopped at every kind of row.
    for limit in [1, 1500, 2101, 2102, 3000, 5000, rows.len() - 1] {
        let some = database.read(|rows| first(limit, |each| rows.export(each)));
        assert_eq!(some.len(), limit);
    }
}

fn settings_are_exported_in_their_order(database: Database) {
    database.write(|rows| {
        rows.set_setting(Setting::Owners, "admins")?;
        rows.set_setting(Setting::MaxExpires, "90d")?;
        rows.set_setting(Setting::Prefix, "abc")?;
        rows.unset_setting(Setting::Prefix)
    });
    let setting = |key: &str, value: &str| {
        ExportRow::Setting(ExportedSetting { key: key.into(), value: value.into() })
    };
    let expected = [setting("max-expires", "90d"), setting("owners", "admins"), end(0, 0)];
    assert_eq!(shown(database.export()), shown(expected));
}

fn the_end_has_the_last_ids_also_of_rows_that_are_gone(database: Database) {
    let [alice, bob] = ["alice", "bob"].map(|name| database.user(name));
    database.token(&new_token(alice, 1));
    database.token(&new_token(bob, 2));
    database.write(|rows| rows.delete_user(bob));
    assert_eq!(shown(remembered(&database)), shown([end(2, 2)]));
}

fn a_user_is_exported_with_everything(database: Database) {
    let row = NewUserRow {
        name: "Alice",
        email: Some("Alice@Example.com"),
        full_name: Some("Alice Liddell"),
        email_verified: false,
        admin: true,
        ban: Some(Ban { at: at(1), reason: Some("left") }),
        created_at: at(0),
    };
    let id = database.write(|rows| rows.insert_user(&row));
    let expected = ExportedUser {
        id,
        name: "Alice".into(),
        email: Some("Alice@Example.com".into()),
        email_verified: false,
        full_name: Some("Alice Liddell".into()),
        admin: true,
        banned_at: Some(millis(1)),
        banned_reason: Some("left".into()),
        created_at: millis(0),
    };
    assert_eq!(shown(database.exported_users()), shown([expected]));
}

fn a_user_without_optional_fields_is_exported(database: Database) {
    let expected = ExportedUser {
        id: database.user("bob"),
        name: "bob".into(),
        email: None,
        email_verified: true,
        full_name: None,
        admin: false,
        banned_at: None,
        banned_reason: None,
        created_at: millis(0),
    };
    assert_eq!(shown(database.exported_users()), shown([expected]));
}

fn a_token_is_exported_with_everything(database: Database) {
    let user_id = database.user("alice");
    let salt = Zeroizing::new(vec![0, 0xab, 255]);
    let scheme_id = database.scheme(&Scheme::Strapi { salt });
    let relation = database.write(|rows| rows.relation_id("sanctum", "/srv/app.db", "tokens"));
    let id = database.token(&NewToken {
        hash: hash(0xab),
        foreign: Some(Foreign { scheme_id, relation_id: Some(relation), id: "7".into() }),
        hint: "…".into(),
        name: "CI".into(),
        user_id,
        scopes: ["posts.*", "users.read"].map(|scope| scope.parse().unwrap()).into_iter().collect(),
        source: "strapi".into(),
        created_at: at(1),
        expires_at: Some(at(2)),
        last_used_at: Some(at(3)),
        revocation: Some(Revocation { at: at(4), reason: Some("leaked".into()) }),
        replaces: Some(98),
    });
    database.write(|rows| rows.set_replaced_by(id, Some(99)));
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
        relation: Some(sanctum()),
        replaces: Some(98),
        replaced_by: Some(99),
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
        relation: None,
        replaces: None,
        replaced_by: None,
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
