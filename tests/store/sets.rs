//! Many rows at once: the same as one after another.

use crate::support::{
    Database, actor, at, foreign, hash, ids, new_token, new_user, revoked, shown, subject,
};
use std::sync::Barrier;
use std::thread;
use tokctl::domain::audit::Change;
use tokctl::domain::scheme::Scheme;
use tokctl::domain::secret::Hash;
use tokctl::domain::token::{Foreign, NewToken, Revocation};
use tokctl::store::{
    ChangeRow, Error, Field, ForeignToken, LogQuery, Presence, SecretHere, TokenKey, TokenQuery,
};

conformance!(
    tokens_that_are_added_together_read_back_as_they_are,
    tokens_that_are_added_together_get_ids_in_order,
    a_thousand_tokens_are_added_together,
    no_tokens_are_added_together,
    a_secret_that_is_here_is_a_conflict_of_the_set,
    a_secret_that_is_twice_in_a_set_is_a_conflict,
    a_row_that_is_twice_in_a_set_is_a_conflict,
    a_row_that_is_here_is_a_conflict_of_the_set,
    after_a_conflict_of_a_set_the_transaction_goes_on,
    a_set_of_tokens_needs_its_users,
    of_two_sets_with_one_secret_one_is_added,
    tokens_are_found_by_several_ids,
    tokens_are_revoked_together,
    a_missing_token_is_not_revoked_with_others,
    tokens_are_deleted_together,
    a_missing_token_is_not_deleted_with_others,
    changes_are_recorded_together_in_order,
    no_changes_are_recorded_together,
    presences_are_those_of_each_token,
    presences_of_many_tokens_are_in_order,
);

fn numbered(user_id: i64, number: u16) -> NewToken {
    NewToken { hash: numbered_hash(number), name: number.to_string(), ..new_token(user_id, 0) }
}

fn numbered_hash(number: u16) -> Hash {
    let mut hash = [7; 32];
    hash[..2].copy_from_slice(&number.to_be_bytes());
    hash
}

#[track_caller]
fn add(database: &Database, tokens: &[NewToken]) -> Vec<i64> {
    try_add(database, tokens).unwrap()
}

fn try_add(database: &Database, tokens: &[NewToken]) -> Result<Vec<i64>, Error> {
    database.try_write(|rows| rows.insert_tokens(&tokens.iter().collect::<Vec<_>>()))
}

/// A row of a relation, which is added.
fn row(database: &Database, id: &str) -> Foreign {
    let relation_id = database.write(|rows| rows.relation_id("sanctum", "/srv/app.db", "tokens"));
    let scheme_id = database.scheme(&Scheme::Sanctum);
    Foreign { scheme_id, relation_id: Some(relation_id), id: id.into() }
}

fn tokens_that_are_added_together_read_back_as_they_are(database: Database) {
    let user = database.user("alice");
    let full = |byte| NewToken {
        foreign: Some(row(&database, "é 7")),
        hint: "tok_🔑".into(),
        name: "it's \\ \"named\"\t".into(),
        scopes: ["a", "b.*"].into_iter().map(|scope| scope.parse().unwrap()).collect(),
        source: "sanctum".into(),
        expires_at: Some(at(9)),
        last_used_at: Some(at(3)),
        revocation: Some(Revocation { at: at(4), reason: Some("because".into()) }),
        replaces: Some(5),
        ..new_token(user, byte)
    };
    let [full_id, plain_id] = add(&database, &[full(1), new_token(user, 2)])[..] else { panic!() };
    let (together, plain) = (database.find_token(full_id), database.find_token(plain_id));
    let exported = database.exported_tokens();
    database.write(|rows| rows.delete_tokens(&[full_id, plain_id]));
    let one_by_one = [full(1), new_token(user, 2)].map(|token| database.token(&token));
    for (id, mut together) in one_by_one.into_iter().zip([together, plain]) {
        together.id = id;
        assert_eq!(shown(database.find_token(id)), shown(together));
    }
    for (mut together, alone) in exported.into_iter().zip(database.exported_tokens()) {
        together.id = alone.id;
        assert_eq!(shown(together), shown(alone));
    }
}

fn tokens_that_are_added_together_get_ids_in_order(database: Database) {
    let user = database.user("alice");
    for first in [0, 5] {
        let tokens: Vec<_> =
            (first..first + 5).rev().map(|number| numbered(user, number)).collect();
        let ids = add(&database, &tokens);
        assert_eq!(ids.len(), 5);
        for (id, token) in ids.iter().zip(&tokens) {
            assert_eq!(database.find_token(*id).name, token.name);
        }
        assert!(ids.windows(2).all(|pair| pair[1] == pair[0] + 1), "{ids:?}");
    }
    assert_eq!(database.token_ids(), (1..=10).collect::<Vec<_>>());
}

fn a_thousand_tokens_are_added_together(database: Database) {
    let user = database.user("alice");
    let tokens: Vec<_> = (0..1000).map(|number| numbered(user, number)).collect();
    let ids = add(&database, &tokens);
    assert_eq!(database.token_ids(), ids);
}

fn no_tokens_are_added_together(database: Database) {
    assert_eq!(add(&database, &[]), [0; 0]);
}

fn a_secret_that_is_here_is_a_conflict_of_the_set(database: Database) {
    let user = database.user("alice");
    add(&database, &[new_token(user, 1)]);
    let result = try_add(&database, &[new_token(user, 2), new_token(user, 1)]);
    assert_error!(result, Error::Conflict(Field::Hash));
    assert_eq!(database.token_ids().len(), 1);
}

fn a_secret_that_is_twice_in_a_set_is_a_conflict(database: Database) {
    let user = database.user("alice");
    let result = try_add(&database, &[new_token(user, 1), new_token(user, 2), new_token(user, 1)]);
    assert_error!(result, Error::Conflict(Field::Hash));
    // Under another id there it is another one.
    let scheme = database.scheme(&Scheme::Sanctum);
    let [seven, eight] =
        ["7", "8"].map(|id| NewToken { foreign: foreign(scheme, id), ..new_token(user, 1) });
    add(&database, &[seven, eight, new_token(user, 1)]);
}

fn a_row_that_is_twice_in_a_set_is_a_conflict(database: Database) {
    let user = database.user("alice");
    let [one, other] =
        [1, 2].map(|byte| NewToken { foreign: Some(row(&database, "7")), ..new_token(user, byte) });
    assert_error!(try_add(&database, &[one, other]), Error::Conflict(Field::Origin));
    assert_eq!(database.token_ids(), [0; 0]);
}

fn a_row_that_is_here_is_a_conflict_of_the_set(database: Database) {
    let user = database.user("alice");
    let of_row = |byte, id| NewToken { foreign: Some(row(&database, id)), ..new_token(user, byte) };
    add(&database, &[of_row(1, "7"), of_row(2, "8")]);
    let result = try_add(&database, &[of_row(3, "9"), of_row(4, "8")]);
    assert_error!(result, Error::Conflict(Field::Origin));
}

fn after_a_conflict_of_a_set_the_transaction_goes_on(database: Database) {
    let user = database.user("alice");
    let (one, other) = (new_token(user, 1), new_token(user, 2));
    database.write(|rows| {
        let result = rows.insert_tokens(&[&one, &one]);
        assert!(matches!(result, Err(Error::Conflict(Field::Hash))), "{result:?}");
        rows.insert_token(&other)
    });
    assert_eq!(database.by_key(TokenKey::Hash(&hash(2))).len(), 1);
}

fn a_set_of_tokens_needs_its_users(database: Database) {
    let user = database.user("alice");
    let result = try_add(&database, &[new_token(user, 1), new_token(user + 1, 2)]);
    assert_error!(result, Error::NotFound);
    assert_eq!(database.token_ids(), [0; 0]);
}

fn of_two_sets_with_one_secret_one_is_added(database: Database) {
    let user = database.user("alice");
    let together = Barrier::new(2);
    let results = thread::scope(|scope| {
        let add = |first: u8| {
            let (store, together) = (database.another(), &together);
            let set = [new_token(user, first), new_token(user, 9), new_token(user, first + 1)];
            scope.spawn(move || {
                together.wait();
                store.write(|rows| rows.insert_tokens(&set.iter().collect::<Vec<_>>()))
            })
        };
        [add(1), add(3)].map(|thread| thread.join().unwrap())
    });
    let conflicts = results.iter().filter(|it| matches!(it, Err(Error::Conflict(Field::Hash))));
    assert_eq!(conflicts.count(), 1, "{results:?}");
    assert_eq!(database.token_ids().len(), 3);
}

fn tokens_are_found_by_several_ids(database: Database) {
    let user = database.user("alice");
    let added = add(&database, &[1, 2, 3].map(|byte| new_token(user, byte)));
    let by_ids = |wanted: &[i64], limit| {
        ids(&database.read(|rows| rows.tokens_by_key(TokenKey::Ids(wanted), limit)))
    };
    assert_eq!(by_ids(&[added[2], 99, added[0]], 9), [added[0], added[2]]);
    assert_eq!(by_ids(&added, 2), added[..2]);
    assert_eq!(by_ids(&[], 9), [0; 0]);
}

fn tokens_are_revoked_together(database: Database) {
    let user = database.user("alice");
    let added = add(&database, &[1, 2, 3].map(|byte| new_token(user, byte)));
    let why = Revocation { at: at(5), reason: Some("leaked".into()) };
    database.write(|rows| rows.set_revocations(&added[..2], Some(&why)));
    let revocations = || {
        let tokens = database.tokens(TokenQuery::default());
        tokens.into_iter().map(|it| (it.revoked_at, it.revoked_reason)).collect::<Vec<_>>()
    };
    let is_revoked = (Some(at(5)), Some("leaked".to_string()));
    assert_eq!(revocations(), [is_revoked.clone(), is_revoked, (None, None)]);
    database.write(|rows| rows.set_revocations(&added, None));
    assert_eq!(revocations(), [(None, None), (None, None), (None, None)]);
    database.write(|rows| rows.set_revocations(&[], None));
}

fn a_missing_token_is_not_revoked_with_others(database: Database) {
    let id = database.token(&new_token(database.user("alice"), 1));
    let result =
        database.try_write(|rows| rows.set_revocations(&[id, 99], revoked(at(1)).as_ref()));
    assert_error!(result, Error::NotFound);
    assert_eq!(database.find_token(id).revoked_at, None);
}

fn tokens_are_deleted_together(database: Database) {
    let user = database.user("alice");
    let imported = NewToken { foreign: Some(row(&database, "7")), ..new_token(user, 1) };
    let added = add(&database, &[imported, new_token(user, 2), new_token(user, 3)]);
    database.write(|rows| rows.delete_tokens(&added[..2]));
    assert_eq!(database.token_ids(), added[2..]);
    let foreign = row(&database, "7");
    let token = ForeignToken { hash: &hash(1), foreign: Some(&foreign), id_is_in_secret: false };
    let presence = database.write(|rows| rows.presence(token));
    assert_eq!(presence, Presence::Deleted { was_revoked: false });
}

fn a_missing_token_is_not_deleted_with_others(database: Database) {
    let id = database.token(&new_token(database.user("alice"), 1));
    assert_error!(database.try_write(|rows| rows.delete_tokens(&[99, id])), Error::NotFound);
    assert_eq!(database.token_ids(), [id]);
}

fn changes_are_recorded_together_in_order(database: Database) {
    let changes: Vec<_> = (1..=3)
        .map(|id| Change {
            action: "create",
            token: Some(subject(id)).filter(|_| id != 2),
            user: Some("alice".into()),
            detail: Some("\\N\tit's".into()).filter(|_| id != 3),
        })
        .collect();
    let actor = actor();
    let row = |change| ChangeRow { at: at(1), actor: &actor, change };
    let query = LogQuery { changes: true, ..LogQuery::default() };
    database.write(|rows| rows.insert_changes(&changes.iter().map(row).collect::<Vec<_>>()));
    let together = database.log(&query);
    for change in &changes {
        database.change(at(1), change);
    }
    let log = database.log(&query);
    assert_eq!(shown(&log[3..]), shown(&together));
    assert_eq!(shown(&log[..3]), shown(&together));
    assert_eq!(together[0].token_id, Some(3));
}

fn no_changes_are_recorded_together(database: Database) {
    database.write(|rows| rows.insert_changes(&[]));
    assert_eq!(database.log(&LogQuery { changes: true, ..LogQuery::default() }).len(), 0);
}

fn presences_are_those_of_each_token(database: Database) {
    let user = database.user("alice");
    let sha256 = database.scheme(&Scheme::Sha256);
    let [seven, eight, nine, ten] = ["7", "8", "9", "10"].map(|id| row(&database, id));
    let of = |foreign: &Foreign, byte| NewToken {
        foreign: Some(foreign.clone()),
        ..new_token(user, byte)
    };
    let added = add(&database, &[of(&seven, 1), of(&eight, 2), of(&nine, 3), new_token(user, 4)]);
    database.write(|rows| {
        rows.set_revocations(&[added[1]], revoked(at(1)).as_ref())?;
        rows.delete_tokens(&added[1..3])
    });
    let otherwise = Foreign { scheme_id: sha256, ..seven.clone() };
    let without_relation = Foreign { relation_id: None, ..seven.clone() };
    let here = |secret| Presence::Here { id: added[0], secret };
    let expected = [
        (9, Some(&ten), Presence::New),
        (1, Some(&seven), here(SecretHere::Same)),
        (9, Some(&seven), here(SecretHere::Other)),
        (1, Some(&otherwise), here(SecretHere::CheckedOtherwise)),
        (1, Some(&without_relation), here(SecretHere::Same)),
        (1, Some(&ten), Presence::SameSecret("7".into())),
        (2, Some(&eight), Presence::Deleted { was_revoked: true }),
        (9, Some(&nine), Presence::Deleted { was_revoked: false }),
        (2, Some(&ten), Presence::SameSecret("8".into())),
        (4, None, Presence::Here { id: added[3], secret: SecretHere::Same }),
        (9, None, Presence::New),
        (1, Some(&seven), here(SecretHere::Same)),
    ];
    let hashes: Vec<_> = expected.iter().map(|(byte, ..)| hash(*byte)).collect();
    let asked = hashes.iter().zip(&expected).map(|(hash, (_, foreign, _))| ForeignToken {
        hash,
        foreign: *foreign,
        id_is_in_secret: false,
    });
    let asked: Vec<_> = asked.collect();
    let found = database.write(|rows| rows.presences(&asked));
    assert_eq!(found, expected.iter().map(|(.., presence)| presence.clone()).collect::<Vec<_>>());
    for (token, presence) in asked.iter().zip(found) {
        assert_eq!(database.write(|rows| rows.presence(*token)), presence);
    }
    assert_eq!(database.write(|rows| rows.presences(&[])), []);
}

fn presences_of_many_tokens_are_in_order(database: Database) {
    let user = database.write(|rows| rows.insert_user(&new_user("alice")));
    let scheme = database.scheme(&Scheme::Sanctum);
    let tokens: Vec<_> = (0..1000)
        .map(|number| NewToken {
            foreign: foreign(scheme, &number.to_string()),
            ..numbered(user, number)
        })
        .collect();
    let (even, odd): (Vec<_>, Vec<_>) = tokens.iter().partition(|token| token.hash[1] % 2 == 0);
    let ids = database.write(|rows| rows.insert_tokens(&even));
    let asked: Vec<_> = even.iter().chain(&odd).map(|token| question(token)).collect();
    let found = database.write(|rows| rows.presences(&asked));
    let expected = ids.iter().map(|id| Presence::Here { id: *id, secret: SecretHere::Same });
    let expected: Vec<_> = expected.chain(odd.iter().map(|_| Presence::New)).collect();
    assert_eq!(found, expected);
}

fn question(token: &NewToken) -> ForeignToken<'_> {
    ForeignToken { hash: &token.hash, foreign: token.foreign.as_ref(), id_is_in_secret: false }
}
