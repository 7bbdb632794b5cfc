//! Tokens: one after another, by what identifies them, and what can change about them.

use crate::support::{
    Database, at, difficult_texts, extreme_times, foreign, hash, ids, new_token, new_user, revoked,
    shown,
};
use tokctl::domain::audit::Change;
use tokctl::domain::scheme::Scheme;
use tokctl::domain::scope::Scopes;
use tokctl::domain::token::{Foreign, NewToken, Revocation, StoredToken};
use tokctl::domain::user::Owner;
use tokctl::store::{Ban, Error, Field, NewUserRow, TokenKey, UserField};

conformance!(
    a_token_reads_back_as_it_was_added,
    a_token_without_optional_fields_reads_back,
    a_token_shows_its_owner_as_they_are_now,
    a_token_of_a_missing_owner_is_refused,
    a_token_of_a_missing_scheme_is_refused,
    a_hash_is_unique_among_tokens_of_tokctls_own,
    a_hash_is_unique_under_one_scheme_and_foreign_id,
    one_hash_can_stand_under_several_schemes_and_foreign_ids,
    a_refused_token_leaves_no_trace,
    a_hash_of_a_deleted_token_can_be_used_again,
    a_token_is_found_by_its_id,
    a_token_is_found_by_its_hash,
    a_name_finds_exactly_that_name,
    tokens_with_one_key_come_by_id_up_to_a_limit,
    a_revocation_can_be_made_replaced_and_undone,
    a_token_can_be_replaced_by_another_and_by_none,
    a_deleted_token_is_gone_and_no_other,
    a_token_that_does_not_exist_cannot_be_changed,
    token_ids_are_never_used_again,
    token_ids_are_not_used_again_after_their_owner_was_deleted,
    scopes_keep_their_order,
    tokens_keep_any_text,
    tokens_keep_times_to_the_millisecond,
    a_first_use_is_stored,
    a_later_use_replaces_an_earlier_one,
    a_last_use_never_moves_back,
    a_use_that_a_wrong_clock_stored_is_replaced,
    a_clock_that_is_behind_replaces_no_use,
    a_use_of_a_missing_token_is_ignored,
    a_use_leaves_other_tokens_alone,
    uses_of_many_tokens_are_stored_at_once,
);

fn scopes(list: &[&str]) -> Scopes {
    list.iter().map(|scope| scope.parse().unwrap()).collect()
}

fn a_token_reads_back_as_it_was_added(database: Database) {
    let ban = Some(Ban { at: at(9), reason: Some("left") });
    let alice = NewUserRow { admin: true, ban, ..new_user("Alice") };
    let user_id = database.write(|rows| rows.insert_user(&alice));
    let replaced = database.token(&new_token(user_id, 1));
    let id = database.token(&NewToken {
        hash: hash(2),
        foreign: foreign(database.scheme(&Scheme::Sanctum), "7"),
        hint: "abcdefghijklmnop_Ab3d".into(),
        name: "CI".into(),
        user_id,
        scopes: scopes(&["posts.*", "users.read"]),
        source: "sanctum".into(),
        created_at: at(1),
        expires_at: Some(at(2)),
        last_used_at: Some(at(3)),
        revocation: Some(Revocation { at: at(4), reason: Some("leaked".into()) }),
        replaces: Some(replaced),
    });
    let owner = Owner {
        id: user_id,
        name: "Alice".into(),
        admin: true,
        banned: true,
        banned_reason: Some("left".into()),
    };
    let expected = StoredToken {
        id,
        name: "CI".into(),
        owner,
        scopes: scopes(&["posts.*", "users.read"]),
        hint: "abcdefghijklmnop_Ab3d".into(),
        created_at: at(1),
        expires_at: Some(at(2)),
        last_used_at: Some(at(3)),
        revoked_at: Some(at(4)),
        revoked_reason: Some("leaked".into()),
        source: "sanctum".into(),
        replaces: Some(replaced),
        replaced_by: None,
    };
    assert_eq!(shown(database.find_token(id)), shown(&expected));
    assert_eq!(shown(&database.tokens(Default::default())[1]), shown(&expected));
}

fn a_token_without_optional_fields_reads_back(database: Database) {
    let user_id = database.user("alice");
    let id = database.token(&new_token(user_id, 1));
    let owner = Owner {
        id: user_id,
        name: "alice".into(),
        admin: false,
        banned: false,
        banned_reason: None,
    };
    let expected = StoredToken {
        id,
        name: "CI".into(),
        owner,
        scopes: Scopes::everything(),
        hint: "tok_aaaa".into(),
        created_at: at(0),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revoked_reason: None,
        source: "tokctl".into(),
        replaces: None,
        replaced_by: None,
    };
    assert_eq!(shown(database.find_token(id)), shown(expected));
}

fn a_token_shows_its_owner_as_they_are_now(database: Database) {
    let user_id = database.user("alice");
    let id = database.token(&new_token(user_id, 1));
    database.write(|rows| {
        rows.update_user(user_id, UserField::Name("Alicia"))?;
        rows.update_user(user_id, UserField::Admin(true))?;
        rows.update_user(user_id, UserField::Ban(Some(Ban { at: at(1), reason: None })))
    });
    let expected = Owner {
        id: user_id,
        name: "Alicia".into(),
        admin: true,
        banned: true,
        banned_reason: None,
    };
    assert_eq!(database.find_token(id).owner, expected);
}

fn a_token_of_a_missing_owner_is_refused(database: Database) {
    let missing = database.user("alice") + 1;
    let result = database.try_write(|rows| rows.insert_token(&new_token(missing, 1)));
    assert_error!(result, Error::NotFound);
    assert_eq!(database.token_ids(), [0i64; 0]);
}

fn a_token_of_a_missing_scheme_is_refused(database: Database) {
    let user = database.user("alice");
    let missing = database.scheme(&Scheme::Sha256) + 1;
    let token = NewToken { foreign: foreign(missing, "1"), ..new_token(user, 1) };
    assert_error!(database.try_write(|rows| rows.insert_token(&token)), Error::NotFound);
    assert_eq!(database.token_ids(), [0i64; 0]);
}

fn a_hash_is_unique_among_tokens_of_tokctls_own(database: Database) {
    let (alice, bob) = (database.user("alice"), database.user("bob"));
    let id = database.token(&new_token(alice, 1));
    let other = NewToken { name: "other".into(), ..new_token(bob, 1) };
    let result = database.try_write(|rows| rows.insert_token(&other));
    assert_error!(result, Error::Conflict(Field::Hash));
    assert_eq!(database.token_ids(), [id]);
}

fn a_hash_is_unique_under_one_scheme_and_foreign_id(database: Database) {
    let user = database.user("alice");
    let sanctum = database.scheme(&Scheme::Sanctum);
    let token = NewToken { foreign: foreign(sanctum, "7"), ..new_token(user, 1) };
    let id = database.token(&token);
    let result = database.try_write(|rows| rows.insert_token(&token));
    assert_error!(result, Error::Conflict(Field::Hash));
    assert_eq!(database.token_ids(), [id]);
}

fn one_hash_can_stand_under_several_schemes_and_foreign_ids(database: Database) {
    let user = database.user("alice");
    let sha256 = database.scheme(&Scheme::Sha256);
    let adonisjs = database.scheme(&Scheme::AdonisJs { prefix: "oat_".into() });
    let own = database.token(&new_token(user, 1));
    let imported = [(sha256, "7"), (adonisjs, "7"), (adonisjs, "8"), (adonisjs, "")].map(
        |(scheme, foreign_id)| {
            let foreign = foreign(scheme, foreign_id);
            database.token(&NewToken { foreign, ..new_token(user, 1) })
        },
    );
    let found = database.by_key(TokenKey::Hash(&hash(1)));
    assert_eq!(ids(&found), [&[own], &imported[..]].concat());
}

fn a_refused_token_leaves_no_trace(database: Database) {
    let user = database.user("alice");
    let token = database.token(&new_token(user, 1));
    let refused = NewToken { name: "refused".into(), ..new_token(user, 1) };
    assert_error!(database.try_write(|rows| rows.insert_token(&refused)), Error::Conflict(_));
    assert_eq!(database.token_ids(), [token]);
    assert_eq!(database.named("refused").len(), 0);
}

fn a_hash_of_a_deleted_token_can_be_used_again(database: Database) {
    let user = database.user("alice");
    let first = database.token(&new_token(user, 1));
    database.write(|rows| rows.delete_token(first));
    let second = database.token(&new_token(user, 1));
    assert_eq!(database.token_ids(), [second]);
}

fn a_token_is_found_by_its_id(database: Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    assert_eq!(ids(&database.by_key(TokenKey::Id(id))), [id]);
    for missing in [id + 1, 0, -1, i64::MIN, i64::MAX] {
        assert_eq!(database.by_key(TokenKey::Id(missing)).len(), 0, "{missing}");
    }
}

fn a_token_is_found_by_its_hash(database: Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    database.token(&new_token(user, 2));
    assert_eq!(ids(&database.by_key(TokenKey::Hash(&hash(1)))), [id]);
    let mut nearly = hash(1);
    nearly[31] = 0;
    for unknown in [hash(3), hash(0), nearly] {
        assert_eq!(database.by_key(TokenKey::Hash(&unknown)).len(), 0);
    }
}

fn a_name_finds_exactly_that_name(database: Database) {
    let user = database.user("alice");
    let names = ["CI", "ci", "CI ", "C_", "C%", "%", "Ä", "ä", "A\u{308}"];
    let added: Vec<i64> = (1..)
        .zip(names)
        .map(|(byte, name)| {
            database.token(&NewToken { name: name.into(), ..new_token(user, byte) })
        })
        .collect();
    for (id, name) in added.into_iter().zip(names) {
        assert_eq!(ids(&database.named(name)), [id], "{name}");
    }
    assert_eq!(database.named("C").len(), 0);
}

fn tokens_with_one_key_come_by_id_up_to_a_limit(database: Database) {
    let user = database.user("alice");
    let scheme = database.write(|rows| rows.scheme_id(&Scheme::Sha256));
    let added = ["3", "1", "2"].map(|id| {
        let foreign = Some(Foreign { scheme_id: scheme, id: id.into(), relation_id: None });
        database.token(&NewToken { foreign, ..new_token(user, 1) })
    });
    let key = TokenKey::Hash(&hash(1));
    let limited = |limit| database.read(|rows| rows.tokens_by_key(key, limit));
    assert_eq!(ids(&limited(0)), [0i64; 0]);
    assert_eq!(ids(&limited(2)), added[..2]);
    assert_eq!(ids(&limited(3)), added);
    assert_eq!(ids(&limited(usize::MAX)), added);
    let key = TokenKey::Id(added[0]);
    assert_eq!(database.read(|rows| rows.tokens_by_key(key, 0)).len(), 0);
}

fn a_revocation_can_be_made_replaced_and_undone(database: Database) {
    let user = database.user("alice");
    let [before, id, after] = [1, 2, 3].map(|byte| database.token(&new_token(user, byte)));
    let revocations = [
        Some(Revocation { at: at(1), reason: Some("leaked".into()) }),
        Some(Revocation { at: at(2), reason: None }),
        None,
    ];
    for revocation in revocations {
        database.write(|rows| rows.set_revocation(id, revocation.as_ref()));
        let token = database.find_token(id);
        assert_eq!(token.revoked_at, revocation.as_ref().map(|revocation| revocation.at));
        assert_eq!(token.revoked_reason, revocation.and_then(|revocation| revocation.reason));
        for other in [before, after] {
            assert_eq!(database.find_token(other).revoked_at, None);
        }
    }
}

fn a_token_can_be_replaced_by_another_and_by_none(database: Database) {
    let user = database.user("alice");
    let [before, old, new] = [1, 2, 3].map(|byte| database.token(&new_token(user, byte)));
    for replaced_by in [Some(new), None] {
        database.write(|rows| rows.set_replaced_by(old, replaced_by));
        assert_eq!(database.find_token(old).replaced_by, replaced_by);
        for other in [before, new] {
            assert_eq!(database.find_token(other).replaced_by, None);
        }
    }
    // Which token it was is history: the reference outlives it.
    database.write(|rows| {
        rows.set_replaced_by(old, Some(new))?;
        rows.delete_token(new)
    });
    assert_eq!(database.find_token(old).replaced_by, Some(new));
}

fn a_deleted_token_is_gone_and_no_other(database: Database) {
    let user = database.user("alice");
    let [first, second, third] = [1, 2, 3].map(|byte| database.token(&new_token(user, byte)));
    database.write(|rows| rows.delete_token(second));
    assert_eq!(database.token_ids(), [first, third]);
    assert_eq!(database.by_key(TokenKey::Hash(&hash(2))).len(), 0);
}

fn a_token_that_does_not_exist_cannot_be_changed(database: Database) {
    let user = database.user("alice");
    let deleted = database.token(&new_token(user, 1));
    database.write(|rows| rows.delete_token(deleted));
    for id in [deleted, deleted + 1, 0, -1] {
        let revocation = revoked(at(1));
        let revoke = |revocation: Option<&Revocation>| {
            database.try_write(|rows| rows.set_revocation(id, revocation))
        };
        assert_error!(revoke(revocation.as_ref()), Error::NotFound);
        assert_error!(revoke(None), Error::NotFound);
        for replaced_by in [Some(1), None] {
            let result = database.try_write(|rows| rows.set_replaced_by(id, replaced_by));
            assert_error!(result, Error::NotFound);
        }
        assert_error!(database.try_write(|rows| rows.delete_token(id)), Error::NotFound);
    }
}

fn token_ids_are_never_used_again(database: Database) {
    let user = database.user("alice");
    let mut highest = database.token(&new_token(user, 1));
    for _ in 0..3 {
        let newest = database.token(&new_token(user, 2));
        assert!(newest > highest, "{newest} {highest}");
        database.write(|rows| rows.delete_token(newest));
        highest = newest;
    }
}

fn token_ids_are_not_used_again_after_their_owner_was_deleted(database: Database) {
    let alice = database.user("alice");
    let deleted = database.token(&new_token(alice, 1));
    database.write(|rows| rows.delete_user(alice));
    let bob = database.user("bob");
    let newest = database.token(&new_token(bob, 1));
    assert!(newest > deleted, "{newest} {deleted}");
}

fn scopes_keep_their_order(database: Database) {
    let user = database.user("alice");
    let lists: [&[&str]; 4] = [&[], &["*"], &["z", "a.*", "M", "posts:write/x"], &["é"; 0]];
    for (byte, list) in (1..).zip(lists) {
        let scopes = scopes(list);
        let id = database.token(&NewToken { scopes: scopes.clone(), ..new_token(user, byte) });
        assert_eq!(database.find_token(id).scopes, scopes);
    }
}

fn tokens_keep_any_text(database: Database) {
    let user = database.user("alice");
    let sha256 = database.scheme(&Scheme::Sha256);
    for (byte, text) in (1..).zip(difficult_texts()) {
        let hint: String = text.chars().take(21).collect();
        let id = database.token(&NewToken {
            name: text.clone(),
            hint: hint.clone(),
            source: text.clone(),
            revocation: Some(Revocation { at: at(1), reason: Some(text.clone()) }),
            foreign: foreign(sha256, &text),
            ..new_token(user, byte)
        });
        let token = database.find_token(id);
        assert_eq!(token.name, text);
        assert_eq!(token.hint, hint);
        assert_eq!(token.source, text);
        assert_eq!(token.revoked_reason.as_ref(), Some(&text));
        let exported = database.exported_tokens().pop().unwrap();
        assert_eq!(exported.foreign_id.as_ref(), Some(&text));
        assert_eq!(ids(&database.named(&text)), [id]);
    }
}

fn tokens_keep_times_to_the_millisecond(database: Database) {
    let user = database.user("alice");
    for (byte, time) in (1..).zip(extreme_times()) {
        let id = database.token(&NewToken {
            created_at: time,
            expires_at: Some(time),
            last_used_at: Some(time),
            revocation: revoked(time),
            ..new_token(user, byte)
        });
        let token = database.find_token(id);
        assert_eq!(token.created_at, time);
        assert_eq!(token.expires_at, Some(time));
        assert_eq!(token.last_used_at, Some(time));
        assert_eq!(token.revoked_at, Some(time));
    }
}

fn a_first_use_is_stored(database: Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    database.write(|rows| rows.touch(&[id], at(5)));
    assert_eq!(database.find_token(id).last_used_at, Some(at(5)));
}

fn a_later_use_replaces_an_earlier_one(database: Database) {
    let user = database.user("alice");
    let id = database.token(&NewToken { last_used_at: Some(at(5)), ..new_token(user, 1) });
    database.write(|rows| rows.touch(&[id], at(6)));
    assert_eq!(database.find_token(id).last_used_at, Some(at(6)));
}

fn a_last_use_never_moves_back(database: Database) {
    let user = database.user("alice");
    let id = database.token(&NewToken { last_used_at: Some(at(5)), ..new_token(user, 1) });
    for earlier in [at(5), at(4), extreme_times()[0]] {
        database.write(|rows| rows.touch(&[id], earlier));
        assert_eq!(database.find_token(id).last_used_at, Some(at(5)));
    }
}

fn a_use_that_a_wrong_clock_stored_is_replaced(database: Database) {
    let user = database.user("alice");
    let far = Some(at(100 * 86_400));
    let id = database.token(&NewToken { last_used_at: far, ..new_token(user, 1) });
    database.change(at(5), &Change::default());
    database.write(|rows| rows.touch(&[id], at(5)));
    assert_eq!(database.find_token(id).last_used_at, Some(at(5)));
}

fn a_clock_that_is_behind_replaces_no_use(database: Database) {
    let user = database.user("alice");
    let far = Some(at(100 * 86_400));
    let issued = database.token(&NewToken { last_used_at: far, ..new_token(user, 1) });
    let created_at = at(10);
    let later = NewToken { last_used_at: far, created_at, ..new_token(user, 2) };
    let later = database.token(&later);
    database.write(|rows| rows.touch(&[later], at(5)));
    database.change(at(6), &Change::default());
    database.write(|rows| rows.touch(&[issued], at(5)));
    assert_eq!([issued, later].map(|id| database.find_token(id).last_used_at), [far, far]);
}

fn a_use_of_a_missing_token_is_ignored(database: Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    database.write(|rows| rows.touch(&[id + 1, id, 0, -1], at(5)));
    assert_eq!(database.find_token(id).last_used_at, Some(at(5)));
    database.write(|rows| rows.touch(&[id + 1], at(5)));
    assert_eq!(database.token_ids(), [id]);
}

fn a_use_leaves_other_tokens_alone(database: Database) {
    let user = database.user("alice");
    let [before, used, after] = [1, 2, 3].map(|byte| database.token(&new_token(user, byte)));
    let others = || shown([before, after].map(|id| database.find_token(id)));
    let unused = others();
    database.write(|rows| rows.touch(&[], at(5)));
    assert_eq!(database.find_token(used).last_used_at, None);
    database.write(|rows| rows.touch(&[used, used], at(5)));
    assert_eq!(database.find_token(used).last_used_at, Some(at(5)));
    assert_eq!(others(), unused);
}

fn uses_of_many_tokens_are_stored_at_once(database: Database) {
    let user = database.user("alice");
    let added: Vec<i64> = database.write(|rows| {
        let tokens = (1..=200).map(|byte| new_token(user, byte));
        tokens.map(|token| rows.insert_token(&token)).collect()
    });
    let mut used: Vec<i64> = (1_000_000..1_005_000).collect();
    used.extend(&added[100..]);
    database.write(|rows| rows.touch(&used, at(5)));
    let tokens = database.tokens(Default::default());
    let uses: Vec<_> = tokens.iter().map(|token| token.last_used_at).collect();
    assert_eq!(uses, [[None; 100], [Some(at(5)); 100]].concat());
}
