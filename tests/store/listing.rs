//! Queries of tokens: which ones, and in which order.

use crate::support::{Database, at, first, ids, new_token, new_user};
use tokctl::domain::time::Timestamp;
use tokctl::domain::token::NewToken;
use tokctl::store::{Sort, TokenQuery};

conformance!(
    an_empty_database_lists_nothing,
    tokens_are_listed_by_id_unless_told_otherwise,
    tokens_of_one_owner_are_listed_alone,
    an_owner_who_does_not_exist_has_no_tokens,
    names_are_sorted_without_regard_to_the_case_of_ascii_letters,
    names_are_otherwise_sorted_by_their_bytes,
    owners_are_sorted_without_regard_to_case,
    tokens_are_sorted_by_creation,
    tokens_that_never_expire_come_last,
    tokens_that_were_never_used_come_first,
    equals_are_sorted_by_id,
    every_order_applies_to_the_tokens_of_one_owner,
    a_list_of_tokens_stops_when_told,
    tokens_behind_an_id_are_listed_in_either_direction,
    the_id_that_a_list_goes_on_from_need_not_exist,
    more_tokens_than_are_read_at_once_are_listed_in_every_order,
    more_users_than_are_read_at_once_are_listed,
);

const SORTS: [Sort; 6] =
    [Sort::Id, Sort::Name, Sort::User, Sort::Created, Sort::Expires, Sort::LastUsed];

fn by(sort: Sort) -> TokenQuery<'static> {
    TokenQuery { sort, ..TokenQuery::default() }
}

fn ids_of(database: &Database, query: TokenQuery) -> Vec<i64> {
    ids(&database.tokens(query))
}

/// Asserts that tokens, given in this order by a column, are listed in this order and, reversed, in
/// the opposite one. They are added in an order that is neither.
#[track_caller]
fn assert_order<T>(database: &Database, sort: Sort, values: &[T], set: impl Fn(&mut NewToken, &T)) {
    let user = database.user("alice");
    let mut positions: Vec<usize> = (0..values.len()).collect();
    positions.sort_by_key(|position| (position % 3, values.len() - position));
    let mut expected = vec![0; values.len()];
    for position in positions {
        let mut token = new_token(user, position as u8);
        set(&mut token, &values[position]);
        expected[position] = database.token(&token);
    }
    assert_eq!(ids_of(database, by(sort)), expected);
    expected.reverse();
    assert_eq!(ids_of(database, TokenQuery { reverse: true, ..by(sort) }), expected);
}

fn an_empty_database_lists_nothing(database: Database) {
    for sort in SORTS {
        assert_eq!(ids_of(&database, by(sort)), [0i64; 0]);
    }
}

fn tokens_are_listed_by_id_unless_told_otherwise(database: Database) {
    let user = database.user("alice");
    let added = ["c", "a", "b"].map(|name| {
        database.token(&NewToken { name: name.into(), ..new_token(user, name.as_bytes()[0]) })
    });
    assert_eq!(ids_of(&database, TokenQuery::default()), added);
    let [first, second, third] = added;
    let reversed = TokenQuery { reverse: true, ..TokenQuery::default() };
    assert_eq!(ids_of(&database, reversed), [third, second, first]);
}

fn tokens_of_one_owner_are_listed_alone(database: Database) {
    let (alice, bob) = (database.user("alice"), database.user("bob"));
    let [first, _, third] = [(alice, 1), (bob, 2), (alice, 3)]
        .map(|(user, byte)| database.token(&new_token(user, byte)));
    let of_alice = TokenQuery { user_id: Some(alice), ..TokenQuery::default() };
    assert_eq!(ids_of(&database, of_alice), [first, third]);
}

fn an_owner_who_does_not_exist_has_no_tokens(database: Database) {
    let alice = database.user("alice");
    database.token(&new_token(alice, 1));
    let nobody = TokenQuery { user_id: Some(alice + 1), ..TokenQuery::default() };
    assert_eq!(ids_of(&database, nobody), [0i64; 0]);
}

fn owners_are_sorted_without_regard_to_case(database: Database) {
    let owners = ["Änne", "bob", "Alice", "Bert"].map(|name| database.user(name));
    let added = [0, 1, 2, 3, 1].map(|owner| owners[owner]);
    let ids: Vec<i64> =
        (1..).zip(added).map(|(byte, user)| database.token(&new_token(user, byte))).collect();
    let sorted = [2, 3, 1, 4, 0].map(|position: usize| ids[position]);
    assert_eq!(ids_of(&database, by(Sort::User)), sorted);
}

fn names_are_sorted_without_regard_to_the_case_of_ascii_letters(database: Database) {
    let names = ["Alpha", "beta", "Gamma", "gamma ray", "zeta", "Zulu"];
    assert_order(&database, Sort::Name, &names, |token, &name| token.name = name.into());
}

fn names_are_otherwise_sorted_by_their_bytes(database: Database) {
    // An underscore stands between the capital and the small letters of ASCII.
    let names = [
        " a", "10", "9", "A", "a b", "A_", "ab", "B", "[", "_", "z", "{", "Ä", "ä", "Ж",
        "\u{ffff}", "🔑",
    ];
    let mut sorted = names;
    sorted.sort_by_key(|name| name.to_ascii_lowercase());
    assert_order(&database, Sort::Name, &sorted, |token, &name| token.name = name.into());
}

fn tokens_are_sorted_by_creation(database: Database) {
    let times = [0, 1, 999, 1000, 1_800_000_000_000, 253_402_300_799_999];
    assert_order(&database, Sort::Created, &times, |token, &millis| {
        token.created_at = Timestamp::from_millis(millis).unwrap();
    });
}

fn tokens_that_never_expire_come_last(database: Database) {
    let times = [Some(0), Some(1), Some(1_800_000_000_000), Some(253_402_300_799_999), None];
    assert_order(&database, Sort::Expires, &times, |token, &millis| {
        token.expires_at = millis.and_then(Timestamp::from_millis);
    });
}

fn tokens_that_were_never_used_come_first(database: Database) {
    let times = [None, Some(0), Some(1), Some(1_800_000_000_000), Some(253_402_300_799_999)];
    assert_order(&database, Sort::LastUsed, &times, |token, &millis| {
        token.last_used_at = millis.and_then(Timestamp::from_millis);
    });
}

fn equals_are_sorted_by_id(database: Database) {
    let user = database.user("alice");
    let mut added = Vec::new();
    for (byte, name) in (1..).zip(["ci", "CI", "Ci", "cI"]) {
        added.push(database.token(&NewToken { name: name.into(), ..new_token(user, byte) }));
    }
    // Changing a row must not change its place.
    database.write(|rows| rows.set_replaced_by(added[0], Some(added[1])));
    let mut reversed = added.clone();
    reversed.reverse();
    for sort in SORTS {
        assert_eq!(ids_of(&database, by(sort)), added, "{sort:?}");
        let query = TokenQuery { reverse: true, ..by(sort) };
        assert_eq!(ids_of(&database, query), reversed, "{sort:?}");
    }
}

fn every_order_applies_to_the_tokens_of_one_owner(database: Database) {
    let (alice, bob) = (database.user("alice"), database.user("bob"));
    let token = |user, byte: u8| NewToken {
        name: format!("token {}", 9 - byte),
        created_at: at(-i64::from(byte)),
        expires_at: Some(at(-i64::from(byte))),
        last_used_at: Some(at(-i64::from(byte))),
        ..new_token(user, byte)
    };
    let first = database.token(&token(alice, 1));
    database.token(&token(bob, 2));
    let third = database.token(&token(alice, 3));
    for sort in SORTS {
        let query = TokenQuery { user_id: Some(alice), ..by(sort) };
        let expected = match sort {
            // By id among equals.
            Sort::Id | Sort::User => [first, third],
            _ => [third, first],
        };
        assert_eq!(ids_of(&database, query), expected, "{sort:?}");
    }
}

fn a_list_of_tokens_stops_when_told(database: Database) {
    let user = database.user("alice");
    let added = [1, 2, 3, 4].map(|byte| database.token(&new_token(user, byte)));
    for sort in SORTS {
        let tokens = database.read(|rows| first(2, |each| rows.tokens(&by(sort), each)));
        assert_eq!(ids(&tokens), added[..2], "{sort:?}");
    }
}

fn tokens_behind_an_id_are_listed_in_either_direction(database: Database) {
    let (alice, bob) = (database.user("alice"), database.user("bob"));
    let added = [(alice, 1), (bob, 2), (alice, 3), (alice, 4)]
        .map(|(user, byte)| database.token(&new_token(user, byte)));
    let [first, second, third, fourth] = added;
    for sort in [Sort::Id, Sort::Name, Sort::Created] {
        let behind = |after, reverse| {
            ids_of(&database, TokenQuery { after: Some(after), reverse, ..by(sort) })
        };
        assert_eq!(behind(second, false), [third, fourth], "{sort:?}");
        assert_eq!(behind(third, true), [second, first], "{sort:?}");
        assert_eq!(behind(fourth, false), [0i64; 0], "{sort:?}");
        assert_eq!(behind(first, true), [0i64; 0], "{sort:?}");
        assert_eq!(behind(i64::MIN, false), added, "{sort:?}");
    }
    let of_alice = TokenQuery { user_id: Some(alice), ..TokenQuery::default() };
    let behind = TokenQuery { after: Some(first), ..of_alice };
    assert_eq!(ids_of(&database, behind), [third, fourth]);
    let behind = TokenQuery { after: Some(fourth), reverse: true, ..of_alice };
    assert_eq!(ids_of(&database, behind), [third, first]);
    let named = TokenQuery { name: Some("CI"), after: Some(third), ..TokenQuery::default() };
    assert_eq!(ids_of(&database, named), [fourth]);
    let of_no_name = TokenQuery { name: Some("CI\0"), ..TokenQuery::default() };
    assert_eq!(ids_of(&database, of_no_name), [0i64; 0]);
}

fn the_id_that_a_list_goes_on_from_need_not_exist(database: Database) {
    let user = database.user("alice");
    let [first, second, third] = [1, 2, 3].map(|byte| database.token(&new_token(user, byte)));
    database.write(|rows| rows.delete_token(second));
    let behind = TokenQuery { after: Some(second), ..TokenQuery::default() };
    assert_eq!(ids_of(&database, behind), [third]);
    assert_eq!(ids_of(&database, TokenQuery { reverse: true, ..behind }), [first]);
}

fn more_tokens_than_are_read_at_once_are_listed_in_every_order(database: Database) {
    let user = database.user("alice");
    let mut ids: Vec<i64> = database.write(|rows| {
        let add = |number: i64| {
            let mut token = new_token(user, 0);
            token.hash[..8].copy_from_slice(&number.to_be_bytes());
            token.name = format!("{number:05}");
            token.created_at = at(number);
            (token.expires_at, token.last_used_at) = (Some(at(number)), Some(at(number)));
            rows.insert_token(&token)
        };
        (1..=2500).map(add).collect()
    });
    for reverse in [false, true] {
        for sort in SORTS {
            assert!(ids_of(&database, TokenQuery { reverse, ..by(sort) }) == ids, "{sort:?}");
        }
        ids.reverse();
    }
}

fn more_users_than_are_read_at_once_are_listed(database: Database) {
    let names: Vec<_> = (1..=2500).map(|number| format!("user{number:05}")).collect();
    database.write(|rows| {
        names.iter().try_for_each(|name| rows.insert_user(&new_user(name)).map(drop))
    });
    let users = database.users();
    assert!(users.iter().map(|user| &user.name).eq(&names), "{} users", users.len());
}
