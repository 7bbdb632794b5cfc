//! Users: unique names and e-mail addresses, changes, deletion, and the order of a list.

use crate::support::{
    Database, all, at, difficult_texts, extreme_times, first, ids, new_token, new_user, revoked,
};
use tokctl::domain::name::lookup_key;
use tokctl::domain::token::NewToken;
use tokctl::domain::user::{Owner, User, UserStatus};
use tokctl::store::{Ban, Error, Field, NewUserRow, TokenQuery, UserField};

conformance!(
    a_user_reads_back_as_it_was_added,
    a_user_without_optional_fields_reads_back,
    a_user_reads_back_as_the_owner_of_a_token,
    a_user_is_found_by_the_lookup_key_alone,
    a_name_is_unique_without_regard_to_case,
    an_email_address_is_unique_without_regard_to_case,
    letter_case_is_that_of_unicode,
    names_that_only_look_alike_are_different,
    names_that_differ_only_in_encoding_are_one,
    many_users_have_no_email_address,
    a_refused_user_leaves_no_trace,
    a_new_name_has_a_new_lookup_key,
    a_user_cannot_take_the_name_of_another,
    a_user_cannot_take_the_email_address_of_another,
    a_user_can_change_the_case_of_their_own_name_and_address,
    an_email_address_can_be_given_up_and_taken,
    a_full_name_can_be_set_and_emptied,
    an_administrator_can_be_made_and_unmade,
    a_ban_can_be_placed_replaced_and_lifted,
    a_change_of_one_user_leaves_the_others_alone,
    a_user_who_does_not_exist_cannot_be_changed,
    a_user_who_does_not_exist_cannot_be_deleted,
    deleting_a_user_deletes_their_tokens_alone,
    the_name_and_address_of_a_deleted_user_can_be_taken,
    user_ids_are_never_used_again,
    users_are_listed_by_the_bytes_of_their_keys,
    a_list_of_users_stops_when_told,
    users_after_a_key_are_listed,
    user_names_are_limited_and_in_the_order_of_keys,
    users_are_counted,
    the_highest_user_id_is_that_of_a_user_who_exists,
    taken_names_and_addresses_are_known_by_key,
    tokens_of_a_user_are_counted_whatever_their_status,
    users_keep_any_text,
    users_keep_times_to_the_millisecond,
);

/// A banned administrator with everything that a user can have.
fn alice() -> NewUserRow<'static> {
    NewUserRow {
        name: "Alice",
        email: Some("Alice@Example.com"),
        full_name: Some("Alice Liddell"),
        email_verified: true,
        admin: true,
        ban: Some(Ban { at: at(1), reason: Some("left the company") }),
        created_at: at(0),
    }
}

fn with_email<'a>(name: &'a str, email: &'a str) -> NewUserRow<'a> {
    NewUserRow { email: Some(email), ..new_user(name) }
}

fn names(database: &Database) -> Vec<String> {
    database.users().into_iter().map(|user| user.name).collect()
}

fn a_user_reads_back_as_it_was_added(database: Database) {
    let id = database.write(|rows| rows.insert_user(&alice()));
    let expected = User {
        id,
        name: "Alice".into(),
        email: Some("Alice@Example.com".into()),
        full_name: Some("Alice Liddell".into()),
        admin: true,
        status: UserStatus::Banned,
        banned_reason: Some("left the company".into()),
        tokens: 0,
        created_at: at(0),
    };
    assert_eq!(database.find_user("alice"), Some(expected.clone()));
    assert_eq!(database.users(), [expected]);
}

fn a_user_without_optional_fields_reads_back(database: Database) {
    let id = database.user("bob");
    let expected = User {
        id,
        name: "bob".into(),
        email: None,
        full_name: None,
        admin: false,
        status: UserStatus::Active,
        banned_reason: None,
        tokens: 0,
        created_at: at(0),
    };
    assert_eq!(database.find_user("bob"), Some(expected));
}

fn a_user_reads_back_as_the_owner_of_a_token(database: Database) {
    let ban = Some(Ban { at: at(1), reason: None });
    let alice = database.write(|rows| rows.insert_user(&alice()));
    let bob = database.write(|rows| rows.insert_user(&NewUserRow { ban, ..new_user("bob") }));
    let carol = database.user("carol");
    let owner = |key: &str| database.read(|rows| rows.owner(key)).unwrap();
    let reason = Some("left the company".to_string());
    assert_eq!(
        owner("alice"),
        Owner { id: alice, name: "Alice".into(), admin: true, banned: true, banned_reason: reason }
    );
    assert_eq!(
        owner("bob"),
        Owner { id: bob, name: "bob".into(), admin: false, banned: true, banned_reason: None }
    );
    assert_eq!(
        owner("carol"),
        Owner { id: carol, name: "carol".into(), admin: false, banned: false, banned_reason: None }
    );
}

fn a_user_is_found_by_the_lookup_key_alone(database: Database) {
    database.write(|rows| rows.insert_user(&alice()));
    assert!(database.find_user("alice").is_some());
    assert!(database.read(|rows| rows.owner("alice")).is_some());
    for other in
        ["Alice", "ALICE", "alice@example.com", "alice liddell", "alic", "%", "alic_", "", "\0"]
    {
        assert_eq!(database.find_user(other), None, "{other}");
        assert_eq!(database.read(|rows| rows.owner(other)), None, "{other}");
    }
}

fn a_name_is_unique_without_regard_to_case(database: Database) {
    database.user("alice");
    for name in ["alice", "Alice", "ALICE"] {
        let result = database.try_write(|rows| rows.insert_user(&new_user(name)));
        assert_error!(result, Error::Conflict(Field::UserName));
    }
    assert_eq!(names(&database), ["alice"]);
}

fn an_email_address_is_unique_without_regard_to_case(database: Database) {
    database.write(|rows| rows.insert_user(&with_email("alice", "a@example.com")));
    for (name, email) in [("b", "a@example.com"), ("c", "A@Example.com"), ("d", "a@EXAMPLE.COM")] {
        let result = database.try_write(|rows| rows.insert_user(&with_email(name, email)));
        assert_error!(result, Error::Conflict(Field::Email));
    }
    assert_eq!(names(&database), ["alice"]);
}

/// One lower case each, by Unicode's rules; the third is a dotted capital I, the last a Kelvin
/// sign.
const SAME_LETTERS: [(&str, &str); 6] =
    [("Ä", "ä"), ("ẞ", "ß"), ("İ", "i\u{307}"), ("ΟΔΟΣ", "οδος"), ("Ж", "ж"), ("\u{212a}", "k")];

fn letter_case_is_that_of_unicode(database: Database) {
    for (upper, lower) in SAME_LETTERS {
        database.write(|rows| rows.insert_user(&with_email(upper, &format!("{upper}@x"))));
        assert_eq!(database.find_user(lower).map(|user| user.name), Some(upper.to_string()));
        let name = database.try_write(|rows| rows.insert_user(&new_user(lower)));
        assert_error!(name, Error::Conflict(Field::UserName));
        let email = format!("{lower}@x");
        let email = database.try_write(|rows| rows.insert_user(&with_email("other", &email)));
        assert_error!(email, Error::Conflict(Field::Email));
    }
}

fn names_that_only_look_alike_are_different(database: Database) {
    // With and without an accent, two letters for one, dotted and dotless, another alphabet.
    let different = ["é", "e", "ß", "ss", "İ", "i", "ı", "a", "а", "a b", "ab"];
    for name in different {
        database.write(|rows| rows.insert_user(&with_email(name, name)));
    }
    assert_eq!(database.users().len(), different.len());
    for name in different {
        assert_eq!(database.find_user(&lookup_key(name)).unwrap().name, name);
    }
}

fn names_that_differ_only_in_encoding_are_one(database: Database) {
    for (name, same) in [("é", "e\u{301}"), ("fi", "ﬁ"), ("a b", "a\u{a0}b"), ("x", "x\u{200d}")]
    {
        database.write(|rows| rows.insert_user(&new_user(name)));
        let second = database.try_write(|rows| rows.insert_user(&new_user(same)));
        assert_error!(second, Error::Conflict(Field::UserName));
    }
}

fn many_users_have_no_email_address(database: Database) {
    database.user("alice");
    database.user("bob");
    assert_eq!(names(&database), ["alice", "bob"]);
}

fn a_refused_user_leaves_no_trace(database: Database) {
    database.write(|rows| rows.insert_user(&with_email("alice", "a@example.com")));
    let refused = with_email("bob", "a@example.com");
    assert_error!(database.try_write(|rows| rows.insert_user(&refused)), Error::Conflict(_));
    assert_eq!(database.find_user("bob"), None);
    database.user("bob");
}

fn a_new_name_has_a_new_lookup_key(database: Database) {
    let id = database.user("alice");
    database.write(|rows| rows.update_user(id, UserField::Name("Älice")));
    assert_eq!(database.find_user("alice"), None);
    let found = database.find_user("älice").unwrap();
    assert_eq!((found.id, found.name.as_str()), (id, "Älice"));
    database.user("alice");
}

fn a_user_cannot_take_the_name_of_another(database: Database) {
    database.user("alice");
    let bob = database.user("bob");
    let result = database.try_write(|rows| rows.update_user(bob, UserField::Name("ALICE")));
    assert_error!(result, Error::Conflict(Field::UserName));
    assert_eq!(names(&database), ["alice", "bob"]);
}

fn a_user_cannot_take_the_email_address_of_another(database: Database) {
    database.write(|rows| rows.insert_user(&with_email("alice", "Ä@example.com")));
    let bob = database.write(|rows| rows.insert_user(&with_email("bob", "b@example.com")));
    let taken = UserField::Email(Some("ä@example.com"));
    let result = database.try_write(|rows| rows.update_user(bob, taken));
    assert_error!(result, Error::Conflict(Field::Email));
    let email = database.find_user("bob").unwrap().email;
    assert_eq!(email.as_deref(), Some("b@example.com"));
}

fn a_user_can_change_the_case_of_their_own_name_and_address(database: Database) {
    let id = database.write(|rows| rows.insert_user(&with_email("alice", "a@example.com")));
    database.write(|rows| {
        rows.update_user(id, UserField::Name("ALICE"))?;
        rows.update_user(id, UserField::Email(Some("A@example.com")))
    });
    let alice = database.find_user("alice").unwrap();
    assert_eq!((alice.name.as_str(), alice.email.as_deref()), ("ALICE", Some("A@example.com")));
}

fn an_email_address_can_be_given_up_and_taken(database: Database) {
    let alice = database.write(|rows| rows.insert_user(&with_email("alice", "a@example.com")));
    let bob = database.user("bob");
    database.write(|rows| rows.update_user(alice, UserField::Email(None)));
    database.write(|rows| rows.update_user(bob, UserField::Email(Some("a@example.com"))));
    assert_eq!(database.find_user("alice").unwrap().email, None);
    assert_eq!(database.find_user("bob").unwrap().email.as_deref(), Some("a@example.com"));
}

fn a_full_name_can_be_set_and_emptied(database: Database) {
    let id = database.user("alice");
    for full_name in [Some("Alice Liddell"), Some("Alice Hargreaves"), None] {
        database.write(|rows| rows.update_user(id, UserField::FullName(full_name)));
        assert_eq!(database.find_user("alice").unwrap().full_name.as_deref(), full_name);
    }
}

fn an_administrator_can_be_made_and_unmade(database: Database) {
    let id = database.user("alice");
    for admin in [true, false] {
        database.write(|rows| rows.update_user(id, UserField::Admin(admin)));
        assert_eq!(database.find_user("alice").unwrap().admin, admin);
    }
}

fn a_ban_can_be_placed_replaced_and_lifted(database: Database) {
    let id = database.user("alice");
    let bans = [
        Some(Ban { at: at(1), reason: Some("left") }),
        Some(Ban { at: at(2), reason: None }),
        None,
    ];
    for ban in bans {
        database.write(|rows| rows.update_user(id, UserField::Ban(ban)));
        let alice = database.find_user("alice").unwrap();
        let status = if ban.is_some() { UserStatus::Banned } else { UserStatus::Active };
        assert_eq!(alice.status, status);
        assert_eq!(alice.banned_reason.as_deref(), ban.and_then(|ban| ban.reason));
        let since = database.exported_users()[0].banned_at;
        assert_eq!(since, ban.map(|ban| ban.at.millis()));
    }
}

fn a_change_of_one_user_leaves_the_others_alone(database: Database) {
    database.write(|rows| rows.insert_user(&alice()));
    let bob = database.user("bob");
    database.user("carol");
    let others = || ["alice", "carol"].map(|key| database.find_user(key).unwrap());
    let before = others();
    database.write(|rows| {
        rows.update_user(bob, UserField::Name("robert"))?;
        rows.update_user(bob, UserField::Email(Some("r@example.com")))?;
        rows.update_user(bob, UserField::FullName(Some("Robert")))?;
        rows.update_user(bob, UserField::Admin(true))?;
        rows.update_user(bob, UserField::Ban(Some(Ban { at: at(9), reason: None })))
    });
    assert_eq!(others(), before);
}

fn a_user_who_does_not_exist_cannot_be_changed(database: Database) {
    let missing = database.user("alice") + 1;
    let fields = [
        UserField::Name("bob"),
        UserField::Email(Some("b@example.com")),
        UserField::Email(None),
        UserField::FullName(None),
        UserField::Admin(false),
        UserField::Ban(None),
    ];
    for field in fields {
        let result = database.try_write(|rows| rows.update_user(missing, field));
        assert_error!(result, Error::NotFound);
    }
}

fn a_user_who_does_not_exist_cannot_be_deleted(database: Database) {
    let id = database.user("alice");
    assert_error!(database.try_write(|rows| rows.delete_user(id + 1)), Error::NotFound);
    database.write(|rows| rows.delete_user(id));
    assert_error!(database.try_write(|rows| rows.delete_user(id)), Error::NotFound);
}

fn deleting_a_user_deletes_their_tokens_alone(database: Database) {
    let (alice, bob) = (database.user("alice"), database.user("bob"));
    database.token(&new_token(alice, 1));
    let kept = database.token(&new_token(bob, 2));
    database.token(&new_token(alice, 3));
    database.write(|rows| rows.delete_user(alice));
    assert_eq!(names(&database), ["bob"]);
    assert_eq!(database.token_ids(), [kept]);
}

fn the_name_and_address_of_a_deleted_user_can_be_taken(database: Database) {
    let id = database.write(|rows| rows.insert_user(&alice()));
    database.write(|rows| rows.delete_user(id));
    database.write(|rows| rows.insert_user(&alice()));
    assert_eq!(names(&database), ["Alice"]);
}

fn user_ids_are_never_used_again(database: Database) {
    let alice = database.user("alice");
    let bob = database.user("bob");
    database.write(|rows| rows.delete_user(bob));
    let carol = database.user("carol");
    assert!(carol > bob, "{carol} {bob}");
    database.write(|rows| {
        rows.delete_user(alice)?;
        rows.delete_user(carol)
    });
    let dave = database.user("dave");
    assert!(dave > carol, "{dave} {carol}");
}

fn users_are_listed_by_the_bytes_of_their_keys(database: Database) {
    // Capital letters among small ones, also where the capital's own bytes would come first.
    let sorted =
        ["-x", "10", "9", "_y", "Alice", "bob", "Carol", "z", "á", "Ä", "а", "Ж", "\u{ffff}", "🔑"];
    for name in sorted.iter().rev() {
        database.user(name);
    }
    assert_eq!(names(&database), sorted);
    let keyed = database.read(|rows| rows.user_names(usize::MAX));
    assert_eq!(keyed.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), sorted);
}

fn a_list_of_users_stops_when_told(database: Database) {
    for name in ["a", "b", "c", "d"] {
        database.user(name);
    }
    let users = database.read(|rows| first(2, |each| rows.users(None, each)));
    let names: Vec<_> = users.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

fn users_after_a_key_are_listed(database: Database) {
    for name in ["Bob", "alice", "dave", "Ärne"] {
        database.user(name);
    }
    let after = |key: &str| -> Vec<String> {
        let users = database.read(|rows| all(|each| rows.users(Some(key), each)));
        users.into_iter().map(|user| user.name).collect()
    };
    assert_eq!(after("bob"), ["dave", "Ärne"]);
    // Whether or not somebody has it.
    assert_eq!(after("bobby"), ["dave", "Ärne"]);
    assert_eq!(after(&lookup_key("ÄRNE")), [""; 0]);
    assert_eq!(after(""), ["alice", "Bob", "dave", "Ärne"]);
}

fn user_names_are_limited_and_in_the_order_of_keys(database: Database) {
    let named = |name, full_name| NewUserRow { full_name, ..new_user(name) };
    database.write(|rows| {
        rows.insert_user(&named("carol", None))?;
        rows.insert_user(&named("Bob", Some("Robert")))?;
        rows.insert_user(&named("alice", None))
    });
    let names = |limit| database.read(|rows| rows.user_names(limit));
    let pair = |name: &str, full_name: Option<&str>| (name.into(), full_name.map(String::from));
    let sorted = [pair("alice", None), pair("Bob", Some("Robert")), pair("carol", None)];
    assert_eq!(names(0), []);
    assert_eq!(names(2), sorted[..2]);
    assert_eq!(names(3), sorted);
    assert_eq!(names(usize::MAX), sorted);
}

fn users_are_counted(database: Database) {
    let count = || database.read(|rows| rows.count_users());
    assert_eq!(count(), 0);
    let alice = database.user("alice");
    database.user("bob");
    assert_eq!(count(), 2);
    database.write(|rows| rows.delete_user(alice));
    assert_eq!(count(), 1);
}

fn the_highest_user_id_is_that_of_a_user_who_exists(database: Database) {
    let last = || database.write(|rows| rows.last_user_id());
    assert_eq!(last(), 0);
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| database.user(name));
    assert_eq!(last(), carol);
    database.write(|rows| rows.delete_user(alice));
    assert_eq!(last(), carol);
    database.write(|rows| rows.delete_user(carol));
    assert_eq!(last(), bob);
}

fn taken_names_and_addresses_are_known_by_key(database: Database) {
    database.write(|rows| rows.insert_user(&with_email("Älice", "Ä@example.com")));
    let has_name = |key: &str| database.write(|rows| rows.has_user_name(key));
    let has_email = |key: &str| database.write(|rows| rows.has_email(key));
    assert!(has_name("älice") && has_email("ä@example.com"));
    for other in ["Älice", "ä@example.com", "bob", "_lice", "%", ""] {
        assert!(!has_name(other), "{other}");
    }
    for other in ["Ä@example.com", "älice", "_@example.com", "%", ""] {
        assert!(!has_email(other), "{other}");
    }
}

fn tokens_of_a_user_are_counted_whatever_their_status(database: Database) {
    let (alice, bob) = (database.user("alice"), database.user("bob"));
    database.token(&new_token(alice, 1));
    database.token(&NewToken { expires_at: Some(at(0)), ..new_token(alice, 2) });
    database.token(&NewToken { revocation: revoked(at(0)), ..new_token(alice, 3) });
    database.token(&new_token(bob, 4));
    let counts: Vec<_> = database.users().iter().map(|user| user.tokens).collect();
    assert_eq!(counts, [3, 1]);
    assert_eq!(database.find_user("alice").unwrap().tokens, 3);
    let of_bob = TokenQuery { user_id: Some(bob), ..TokenQuery::default() };
    database.write(|rows| {
        let tokens = all(|each| rows.tokens(&of_bob, each))?;
        ids(&tokens).into_iter().try_for_each(|id| rows.delete_token(id))
    });
    assert_eq!(database.find_user("bob").unwrap().tokens, 0);
}

fn users_keep_any_text(database: Database) {
    for text in difficult_texts() {
        let ban = Some(Ban { at: at(1), reason: Some(&text) });
        let full_name = Some(text.as_str());
        let row = NewUserRow { full_name, ban, ..with_email(&text, &text) };
        database.write(|rows| rows.insert_user(&row));
        let user = database.find_user(&lookup_key(&text)).unwrap();
        assert_eq!(user.name, text);
        assert_eq!(user.email.as_ref(), Some(&text));
        assert_eq!(user.full_name.as_ref(), Some(&text));
        assert_eq!(user.banned_reason.as_ref(), Some(&text));
    }
    assert_eq!(database.users().len(), difficult_texts().len());
}

fn users_keep_times_to_the_millisecond(database: Database) {
    for (name, time) in ["a", "b", "c"].into_iter().zip(extreme_times()) {
        let ban = Some(Ban { at: time, reason: None });
        let row = NewUserRow { created_at: time, ban, ..new_user(name) };
        database.write(|rows| rows.insert_user(&row));
        assert_eq!(database.find_user(name).unwrap().created_at, time);
        let exported = database.exported_users().pop().unwrap();
        assert_eq!(exported.banned_at, Some(time.millis()));
    }
}
