//! What moves a database over to another one: ids, origins of users who were removed, and deleted tokens.

use crate::support::{Database, at, foreign, hash, new_token, new_user};
use tokctl::domain::scheme::Scheme;
use tokctl::domain::token::{Foreign, NewToken};
use tokctl::store::{
    Ban, DeletedToken, Error, ExportRow, Field, ForeignToken, LastIds, LocalUser, NewUserRow,
    Origin, Presence, TokenField, TokenKey, WriteTransaction,
};

conformance!(
    ids_that_are_reserved_are_not_given_to_others,
    ids_are_never_reserved_down,
    a_user_and_a_token_get_the_ids_that_are_wanted,
    many_tokens_get_the_ids_that_are_wanted,
    an_id_is_given_once,
    many_tokens_conflict_like_one,
    a_name_and_a_hash_are_taken_whatever_the_id,
    a_user_is_found_by_id_and_time_of_creation,
    a_user_of_another_system_can_be_remembered_as_removed,
    a_deleted_token_is_remembered,
    a_deleted_token_is_remembered_by_its_row,
    a_deleted_token_that_was_revoked_stays_so,
    a_token_can_replace_one_that_is_gone,
);

fn reserve(database: &Database, users: i64, tokens: i64) {
    let ids = LastIds { last_user_id: users, last_token_id: tokens };
    database.write(|rows| rows.reserve_ids(ids));
}

/// The highest ids, as an export has them.
fn last_ids(database: &Database) -> (i64, i64) {
    match database.export().pop() {
        Some(ExportRow::End(ids)) => (ids.last_user_id, ids.last_token_id),
        other => panic!("{other:?}"),
    }
}

fn bury(database: &Database, byte: u8, foreign: &Foreign, was_revoked: bool) {
    let hash = &hash(byte);
    database.write(|rows| rows.bury(&DeletedToken { hash, foreign, was_revoked }));
}

fn presence(rows: &mut dyn WriteTransaction, byte: u8, foreign: &Foreign) -> Presence {
    let (hash, foreign) = (&hash(byte), Some(foreign));
    rows.presence(ForeignToken { hash, foreign, id_is_in_secret: false }).unwrap()
}

fn ids_that_are_reserved_are_not_given_to_others(database: Database) {
    reserve(&database, 70, 900);
    assert_eq!(last_ids(&database), (70, 900));
    let user = database.user("alice");
    let token = database.token(&new_token(user, 1));
    assert_eq!((user, token), (71, 901));
    reserve(&database, 80, 1000);
    assert_eq!((database.user("bob"), database.token(&new_token(user, 2))), (81, 1001));
}

fn ids_are_never_reserved_down(database: Database) {
    let user = database.user("alice");
    database.token(&new_token(user, 1));
    let ids = (database.user("bob"), database.token(&new_token(user, 2)));
    database.write(|rows| {
        rows.delete_user(ids.0)?;
        rows.delete_token(ids.1)
    });
    reserve(&database, 1, 0);
    assert_eq!(last_ids(&database), ids);
    assert_eq!(database.user("carol"), ids.0 + 1);
    assert_eq!(database.token(&new_token(user, 3)), ids.1 + 1);
}

fn a_user_and_a_token_get_the_ids_that_are_wanted(database: Database) {
    reserve(&database, 9, 9);
    let row = NewUserRow { email: Some("a@example.com"), ..new_user("alice") };
    database.write(|rows| {
        rows.insert_user_as(5, &row)?;
        rows.insert_user_as(1, &new_user("bob"))?;
        rows.insert_token_as(9, &new_token(5, 1))?;
        rows.insert_token_as(2, &new_token(1, 2))
    });
    let user = database.find_user("alice").unwrap();
    assert_eq!((user.id, user.email.as_deref()), (5, Some("a@example.com")));
    assert_eq!(database.find_user("bob").unwrap().id, 1);
    assert_eq!(database.token_ids(), [2, 9]);
    assert_eq!(database.find_token(9).owner.name, "alice");
    // Others come behind what is reserved.
    assert_eq!((database.user("carol"), database.token(&new_token(1, 3))), (10, 10));
}

fn many_tokens_get_the_ids_that_are_wanted(database: Database) {
    reserve(&database, 9, 9);
    let user = database.user("alice");
    let tokens = [1, 2, 3].map(|byte| new_token(user, byte));
    let with_ids = [(9, &tokens[0]), (2, &tokens[1]), (5, &tokens[2])];
    database.write(|rows| {
        rows.insert_tokens_as(&[])?;
        rows.insert_tokens_as(&with_ids)
    });
    assert_eq!(database.token_ids(), [2, 5, 9]);
    for (id, token) in with_ids {
        let found = database.read(|rows| rows.tokens_by_key(TokenKey::Hash(&token.hash), 2));
        assert_eq!(found.iter().map(|found| found.id).collect::<Vec<_>>(), [id]);
    }
    // Others come behind what is reserved.
    assert_eq!(database.token(&new_token(user, 4)), 10);
}

fn an_id_is_given_once(database: Database) {
    reserve(&database, 9, 9);
    let user = database.user("alice");
    let token = database.token(&new_token(user, 1));
    let result = database.try_write(|rows| rows.insert_user_as(user, &new_user("bob")));
    assert_error!(result, Error::Conflict(Field::Id));
    let result = database.try_write(|rows| rows.insert_token_as(token, &new_token(user, 2)));
    assert_error!(result, Error::Conflict(Field::Id));
}

fn many_tokens_conflict_like_one(database: Database) {
    reserve(&database, 9, 9);
    let scheme = database.scheme(&Scheme::Sanctum);
    let relation = database.write(|rows| rows.relation_id("sanctum", "/srv/app.db", "tokens"));
    let row = Foreign { scheme_id: scheme, relation_id: Some(relation), id: "7".into() };
    let user = database.user("alice");
    let of_row = |byte| NewToken { foreign: Some(row.clone()), ..new_token(user, byte) };
    database.write(|rows| rows.insert_token_as(5, &new_token(user, 1)));
    database.write(|rows| rows.insert_token_as(6, &of_row(2)));
    let free = new_token(user, 8);
    for (id, token, expected) in [
        (5, new_token(user, 3), Field::Id),
        (1, new_token(user, 3), Field::Id),
        (2, new_token(user, 1), Field::Hash),
        (2, new_token(user, 8), Field::Hash),
        (2, of_row(3), Field::Origin),
    ] {
        let result = database.try_write(|rows| rows.insert_tokens_as(&[(1, &free), (id, &token)]));
        assert!(matches!(result, Err(Error::Conflict(field)) if field == expected), "{result:?}");
    }
    assert_eq!(database.token_ids(), [5, 6]);
}

fn a_name_and_a_hash_are_taken_whatever_the_id(database: Database) {
    reserve(&database, 9, 9);
    let user = database.user("alice");
    database.token(&new_token(user, 1));
    let result = database.try_write(|rows| rows.insert_user_as(5, &new_user("Alice")));
    assert_error!(result, Error::Conflict(Field::UserName));
    let result = database.try_write(|rows| rows.insert_token_as(5, &new_token(user, 1)));
    assert_error!(result, Error::Conflict(Field::Hash));
}

fn a_user_is_found_by_id_and_time_of_creation(database: Database) {
    let ban = Some(Ban { at: at(1), reason: Some("left") });
    let row = NewUserRow { admin: true, ban, created_at: at(7), ..new_user("alice") };
    let id = database.write(|rows| rows.insert_user(&row));
    let found = |id, time| database.write(|rows| rows.user_added_at(id, time));
    let banned_reason = Some("left".to_string());
    let expected = LocalUser { id, banned: true, banned_reason, admin: true };
    assert_eq!(found(id, at(7)), Some(expected));
    assert_eq!(found(id, at(8)), None);
    assert_eq!(found(id + 1, at(7)), None);
}

fn a_user_of_another_system_can_be_remembered_as_removed(database: Database) {
    let alice = database.user("alice");
    database.write(|rows| rows.set_origin_removed(&hash(1)));
    assert_eq!(database.write(|rows| rows.origin(&hash(1))), Origin::Removed);
    assert!(!database.write(|rows| rows.note_refusal(&hash(1), true)));
    assert!(database.write(|rows| rows.note_refusal(&hash(1), true)));
    let result = database.try_write(|rows| rows.set_origin(&hash(1), alice));
    assert_error!(result, Error::Conflict(Field::Origin));
    database.write(|rows| rows.set_origin(&hash(2), alice));
    let result = database.try_write(|rows| rows.set_origin_removed(&hash(2)));
    assert_error!(result, Error::Conflict(Field::Origin));
}

fn a_deleted_token_is_remembered(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let row = foreign(sanctum, "7").unwrap();
    bury(&database, 1, &row, false);
    database.write(|rows| {
        assert_eq!(presence(rows, 1, &row), Presence::Deleted { was_revoked: false });
        assert_eq!(presence(rows, 2, &row), Presence::New);
        let other = foreign(sanctum, "8").unwrap();
        assert_eq!(presence(rows, 1, &other), Presence::SameSecret("7".into()));
        Ok(())
    });
    // It is no token that could be found.
    assert_eq!(database.token_ids(), [0; 0]);
}

fn a_deleted_token_is_remembered_by_its_row(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let [one, other] = ["one", "other"]
        .map(|name| database.write(|rows| rows.relation_id("sanctum", "/srv/app.db", name)));
    let row =
        |relation| Foreign { scheme_id: sanctum, relation_id: Some(relation), id: "7".into() };
    bury(&database, 1, &row(one), true);
    database.write(|rows| {
        // Whatever secret the row has by now.
        assert_eq!(presence(rows, 2, &row(one)), Presence::Deleted { was_revoked: true });
        assert_eq!(presence(rows, 2, &row(other)), Presence::New);
        assert_eq!(rows.relation_of(&hash(1), "7")?, Some(one));
        Ok(())
    });
}

fn a_deleted_token_that_was_revoked_stays_so(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let relation = database.write(|rows| rows.relation_id("sanctum", "/srv/app.db", "tokens"));
    let row = foreign(sanctum, "7").unwrap();
    let with_relation = Foreign { relation_id: Some(relation), ..row.clone() };
    for (row, was_revoked, expected) in
        [(&row, false, false), (&with_relation, true, true), (&row, false, true)]
    {
        bury(&database, 1, row, was_revoked);
        let found = database.write(|rows| Ok(presence(rows, 1, row)));
        assert_eq!(found, Presence::Deleted { was_revoked: expected });
    }
    // The relation is kept, too.
    assert_eq!(database.write(|rows| rows.relation_of(&hash(1), "7")), Some(relation));
    // A token that is deleted here, too.
    let user = database.user("alice");
    let row = foreign(sanctum, "8");
    let token = NewToken { foreign: row.clone(), ..new_token(user, 2) };
    let id = database.token(&token);
    database.write(|rows| rows.delete_token(id));
    let row = row.unwrap();
    bury(&database, 2, &row, true);
    let found = database.write(|rows| Ok(presence(rows, 2, &row)));
    assert_eq!(found, Presence::Deleted { was_revoked: true });
}

fn a_token_can_replace_one_that_is_gone(database: Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    for replaces in [Some(99), None] {
        database.write(|rows| rows.update_token(id, TokenField::Replaces(replaces)));
        assert_eq!(database.find_token(id).replaces, replaces);
    }
    let missing = database.try_write(|rows| rows.update_token(99, TokenField::Replaces(Some(id))));
    assert_error!(missing, Error::NotFound);
}
