//! What an import asks and remembers: schemes, users of other systems, and which tokens have been
//! here.

use crate::support::{Database, at, foreign, hash, new_token, new_user, revoked};
use tokctl::domain::scheme::Scheme;
use tokctl::domain::scope::Scopes;
use tokctl::domain::token::{Foreign, NewToken};
use tokctl::store::{
    Ban, Cutoffs, Error, Field, ForeignToken, IdRange, LocalUser, NewUserRow, Origin, Presence,
    Relation, SecretHere, TokenField, TokenKey, UserField,
};
use zeroize::Zeroizing;

conformance!(
    a_scheme_has_one_id,
    schemes_that_differ_have_different_ids,
    a_user_of_another_system_is_unknown_at_first,
    a_user_of_another_system_is_known_as_a_user_here,
    several_users_of_other_systems_can_be_one_user_here,
    a_user_of_another_system_is_remembered_after_removal,
    a_user_of_another_system_is_remembered_once,
    a_user_of_another_system_cannot_be_a_missing_user,
    a_local_user_is_found_by_email_address,
    a_local_user_is_found_by_name,
    an_email_address_goes_before_a_name,
    a_missing_email_address_matches_nobody,
    users_above_an_id_are_not_matched,
    a_local_user_is_found_as_they_are,
    a_token_is_new_at_first,
    a_token_is_known_once_it_is_here,
    another_token_with_the_same_secret_is_told,
    a_token_that_is_known_is_not_another_one,
    an_id_in_the_secret_makes_it_another_secret,
    tokens_of_different_schemes_have_nothing_in_common,
    a_deleted_imported_token_stays_known,
    an_imported_token_stays_known_after_its_owner_was_deleted,
    a_pruned_imported_token_stays_known,
    a_deleted_token_still_has_its_secret,
    a_deleted_token_of_tokctls_own_is_forgotten,
    an_imported_token_can_be_deleted_twice,
    deletion_that_is_rolled_back_is_not_remembered,
    a_relation_has_one_id,
    a_row_is_known_whatever_its_secret_is,
    rows_of_different_relations_have_nothing_in_common,
    a_deleted_row_is_remembered_with_its_revocation,
    a_token_leads_to_the_relation_that_it_came_from,
    a_token_can_be_replaced,
    a_row_is_in_a_relation_once,
    tokens_of_a_relation_that_are_not_revoked_are_listed,
    a_refusal_is_noted,
    an_address_that_is_not_verified_matches_nobody,
    a_field_of_a_token_can_be_changed,
);

fn adonisjs() -> Scheme {
    Scheme::AdonisJs { prefix: "oat_".into() }
}

fn strapi(salt: &[u8]) -> Scheme {
    Scheme::Strapi { salt: Zeroizing::new(salt.to_vec()) }
}

fn origin(database: &Database, byte: u8) -> Origin {
    database.write(|rows| rows.origin(&hash(byte)))
}

fn set_origin(database: &Database, byte: u8, user_id: i64) {
    database.write(|rows| rows.set_origin(&hash(byte), user_id));
}

/// An unbanned user who is no administrator.
fn plain(id: i64) -> LocalUser {
    LocalUser { id, banned: false, banned_reason: None, admin: false }
}

/// Adds an imported token and returns the id.
fn import(database: &Database, byte: u8, scheme_id: i64, foreign_id: &str) -> i64 {
    let name = "alice";
    let user = match database.find_user(name) {
        Some(user) => user.id,
        None => database.user(name),
    };
    database.token(&NewToken { foreign: foreign(scheme_id, foreign_id), ..new_token(user, byte) })
}

/// The presence of a token whose id in the other system is no part of its secret.
fn presence(database: &Database, byte: u8, scheme_id: i64, foreign_id: &str) -> Presence {
    let foreign = foreign(scheme_id, foreign_id);
    let (hash, foreign) = (&hash(byte), foreign.as_ref());
    database.write(|rows| rows.presence(ForeignToken { hash, foreign, id_is_in_secret: false }))
}

/// The presence of a token of tokctl's own.
fn own_presence(database: &Database, byte: u8) -> Presence {
    let token = ForeignToken { hash: &hash(byte), foreign: None, id_is_in_secret: false };
    database.write(|rows| rows.presence(token))
}

/// A token that is here, with its secret unchanged.
fn here(id: i64) -> Presence {
    Presence::Here { id, secret: SecretHere::Same }
}

/// A token that was deleted, and had not been revoked.
const DELETED: Presence = Presence::Deleted { was_revoked: false };

/// The token that an import read from row `key` of a relation.
fn of_relation(scheme_id: i64, relation_id: i64, key: &str) -> Foreign {
    Foreign { scheme_id, relation_id: Some(relation_id), id: key.into() }
}

/// Adds a token from row `key` of a relation and returns the id.
fn import_row(database: &Database, byte: u8, foreign: &Foreign) -> i64 {
    let user = database.find_user("alice").map(|user| user.id);
    let user = user.unwrap_or_else(|| database.user("alice"));
    database.token(&NewToken { foreign: Some(foreign.clone()), ..new_token(user, byte) })
}

fn presence_of_row(database: &Database, byte: u8, foreign: &Foreign) -> Presence {
    let (hash, foreign) = (&hash(byte), Some(foreign));
    database.write(|rows| rows.presence(ForeignToken { hash, foreign, id_is_in_secret: false }))
}

fn relation(database: &Database, name: &str) -> i64 {
    database.write(|rows| rows.relation_id("sanctum", "/srv/app.db", name))
}

fn same_secret(foreign_id: &str) -> Presence {
    Presence::SameSecret(foreign_id.into())
}

fn a_scheme_has_one_id(database: Database) {
    for scheme in [Scheme::Sha256, Scheme::Sanctum, adonisjs(), strapi(&[0, 255])] {
        let id = database.scheme(&scheme);
        assert_eq!(database.scheme(&scheme), id);
    }
    assert_eq!(database.read(|rows| rows.schemes()).len(), 4);
}

fn schemes_that_differ_have_different_ids(database: Database) {
    let prefix = |prefix: &str| Scheme::AdonisJs { prefix: prefix.into() };
    let schemes = [
        Scheme::Sha256,
        Scheme::Sanctum,
        prefix("oat_"),
        prefix("OAT_"),
        prefix(""),
        strapi(b"salt"),
        strapi(b"Salt"),
        strapi(b"salt\0"),
    ];
    let mut ids = schemes.map(|scheme| database.scheme(&scheme)).to_vec();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8);
}

fn a_user_of_another_system_is_unknown_at_first(database: Database) {
    assert_eq!(origin(&database, 1), Origin::Unknown);
    let alice = database.user("alice");
    set_origin(&database, 1, alice);
    assert_eq!(origin(&database, 2), Origin::Unknown);
}

fn a_user_of_another_system_is_known_as_a_user_here(database: Database) {
    let ban = Some(Ban { at: at(1), reason: Some("left") });
    let row = NewUserRow { admin: true, ban, ..new_user("alice") };
    let alice = database.write(|rows| rows.insert_user(&row));
    set_origin(&database, 1, alice);
    let reason = Some("left".to_string());
    let user = LocalUser { id: alice, banned: true, banned_reason: reason, admin: true };
    assert_eq!(origin(&database, 1), Origin::User(user));
    database.write(|rows| {
        rows.update_user(alice, UserField::Ban(None))?;
        rows.update_user(alice, UserField::Admin(false))
    });
    assert_eq!(origin(&database, 1), Origin::User(plain(alice)));
}

fn several_users_of_other_systems_can_be_one_user_here(database: Database) {
    let alice = database.user("alice");
    set_origin(&database, 1, alice);
    set_origin(&database, 2, alice);
    assert_eq!(origin(&database, 1), Origin::User(plain(alice)));
    assert_eq!(origin(&database, 2), Origin::User(plain(alice)));
}

fn a_user_of_another_system_is_remembered_after_removal(database: Database) {
    let (alice, bob) = (database.user("alice"), database.user("bob"));
    set_origin(&database, 1, alice);
    set_origin(&database, 2, bob);
    database.write(|rows| rows.delete_user(alice));
    assert_eq!(origin(&database, 1), Origin::Removed);
    assert_eq!(origin(&database, 2), Origin::User(plain(bob)));
}

fn a_user_of_another_system_is_remembered_once(database: Database) {
    let (alice, bob) = (database.user("alice"), database.user("bob"));
    set_origin(&database, 1, alice);
    for user in [alice, bob] {
        let result = database.try_write(|rows| rows.set_origin(&hash(1), user));
        assert_error!(result, Error::Conflict(Field::Origin));
    }
    assert_eq!(origin(&database, 1), Origin::User(plain(alice)));
    database.write(|rows| rows.delete_user(alice));
    let result = database.try_write(|rows| rows.set_origin(&hash(1), bob));
    assert_error!(result, Error::Conflict(Field::Origin));
    assert_eq!(origin(&database, 1), Origin::Removed);
}

fn a_user_of_another_system_cannot_be_a_missing_user(database: Database) {
    let missing = database.user("alice") + 1;
    let result = database.try_write(|rows| rows.set_origin(&hash(1), missing));
    assert_error!(result, Error::NotFound);
    assert_eq!(origin(&database, 1), Origin::Unknown);
}

fn a_local_user_is_found_by_email_address(database: Database) {
    let row = NewUserRow { email: Some("Ä@example.com"), ..new_user("Alice") };
    let alice = database.write(|rows| rows.insert_user(&row));
    let find = |email| database.write(|rows| rows.local_user(Some(email), None, i64::MAX));
    assert_eq!(find("ä@example.com"), Some(plain(alice)));
    for other in ["Ä@example.com", "alice", "_@example.com", "%", ""] {
        assert_eq!(find(other), None, "{other}");
    }
}

fn a_local_user_is_found_by_name(database: Database) {
    let row = NewUserRow { email: Some("a@example.com"), ..new_user("Älice") };
    let alice = database.write(|rows| rows.insert_user(&row));
    let find = |name| database.write(|rows| rows.local_user(None, Some(name), i64::MAX));
    assert_eq!(find("älice"), Some(plain(alice)));
    for other in ["Älice", "a@example.com", "_lice", "%", ""] {
        assert_eq!(find(other), None, "{other}");
    }
    let unknown = Some("b@example.com");
    let found = database.write(|rows| rows.local_user(unknown, Some("älice"), i64::MAX));
    assert_eq!(found, Some(plain(alice)));
}

fn an_email_address_goes_before_a_name(database: Database) {
    let (by_name, by_email) = (new_user("alice"), new_user("bob"));
    let with_email = |row, email| NewUserRow { email: Some(email), ..row };
    database.write(|rows| rows.insert_user(&with_email(by_name, "other@example.com")));
    let bob = database.write(|rows| rows.insert_user(&with_email(by_email, "a@example.com")));
    database.write(|rows| rows.insert_user(&new_user("carol")));
    for name in ["alice", "carol"] {
        let email = Some("a@example.com");
        let found = database.write(|rows| rows.local_user(email, Some(name), i64::MAX));
        assert_eq!(found, Some(plain(bob)));
    }
}

fn a_missing_email_address_matches_nobody(database: Database) {
    database.user("alice");
    assert_eq!(database.write(|rows| rows.local_user(None, None, i64::MAX)), None);
    assert_eq!(database.write(|rows| rows.local_user(None, Some("bob"), i64::MAX)), None);
    let bob = database.user("bob");
    let found = database.write(|rows| rows.local_user(None, Some("bob"), i64::MAX));
    assert_eq!(found, Some(plain(bob)));
}

fn users_above_an_id_are_not_matched(database: Database) {
    let alice = database.user("alice");
    let row = NewUserRow { email: Some("a@example.com"), ..new_user("bob") };
    let bob = database.write(|rows| rows.insert_user(&row));
    let email = Some("a@example.com");
    let find = |name, last_id| database.write(|rows| rows.local_user(email, name, last_id));
    assert_eq!(find(None, bob), Some(plain(bob)));
    assert_eq!(find(None, bob - 1), None);
    assert_eq!(find(Some("alice"), bob - 1), Some(plain(alice)));
    assert_eq!(find(Some("alice"), alice - 1), None);
}

fn a_local_user_is_found_as_they_are(database: Database) {
    let ban = Some(Ban { at: at(1), reason: Some("left") });
    let row = NewUserRow { admin: true, ban, ..new_user("alice") };
    let alice = database.write(|rows| rows.insert_user(&row));
    let found = database.write(|rows| rows.local_user(None, Some("alice"), i64::MAX));
    let reason = Some("left".to_string());
    assert_eq!(
        found,
        Some(LocalUser { id: alice, banned: true, banned_reason: reason, admin: true })
    );
}

fn a_token_is_new_at_first(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    assert_eq!(presence(&database, 1, sanctum, "7"), Presence::New);
    assert_eq!(own_presence(&database, 1), Presence::New);
    import(&database, 2, sanctum, "7");
    assert_eq!(presence(&database, 1, sanctum, "7"), Presence::New);
    assert_eq!(own_presence(&database, 2), Presence::New);
}

fn a_token_is_known_once_it_is_here(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let imported = import(&database, 1, sanctum, "7");
    assert_eq!(presence(&database, 1, sanctum, "7"), here(imported));
    let user = database.find_user("alice").unwrap().id;
    let token = NewToken { revocation: revoked(at(1)), ..new_token(user, 2) };
    let own = database.token(&token);
    assert_eq!(own_presence(&database, 2), here(own));
}

fn another_token_with_the_same_secret_is_told(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    import(&database, 1, sanctum, "7");
    assert_eq!(presence(&database, 1, sanctum, "8"), same_secret("7"));
}

fn a_token_that_is_known_is_not_another_one(database: Database) {
    let adonisjs = database.scheme(&adonisjs());
    let ids = ["6", "7", "8"].map(|id| import(&database, 1, adonisjs, id));
    for (foreign_id, id) in ["6", "7", "8"].into_iter().zip(ids) {
        assert_eq!(presence(&database, 1, adonisjs, foreign_id), here(id), "{foreign_id}");
    }
}

fn an_id_in_the_secret_makes_it_another_secret(database: Database) {
    let adonisjs = database.scheme(&adonisjs());
    let imported = import(&database, 1, adonisjs, "7");
    let presence = |id| {
        let foreign = foreign(adonisjs, id);
        let (hash, foreign) = (&hash(1), foreign.as_ref());
        database.write(|rows| rows.presence(ForeignToken { hash, foreign, id_is_in_secret: true }))
    };
    assert_eq!(presence("7"), here(imported));
    assert_eq!(presence("8"), Presence::New);
}

fn tokens_of_different_schemes_have_nothing_in_common(database: Database) {
    let [one, other] = [strapi(b"one"), strapi(b"other")].map(|scheme| database.scheme(&scheme));
    import(&database, 1, one, "7");
    assert_eq!(presence(&database, 1, other, "7"), Presence::New);
    assert_eq!(presence(&database, 1, other, "8"), Presence::New);
    assert_eq!(own_presence(&database, 1), Presence::New);
    let user = database.find_user("alice").unwrap().id;
    database.token(&new_token(user, 2));
    assert_eq!(presence(&database, 2, one, "7"), Presence::New);
}

fn a_deleted_imported_token_stays_known(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let id = import(&database, 1, sanctum, "7");
    database.write(|rows| rows.delete_token(id));
    assert_eq!(presence(&database, 1, sanctum, "7"), DELETED);
}

fn an_imported_token_stays_known_after_its_owner_was_deleted(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    import(&database, 1, sanctum, "7");
    let alice = database.find_user("alice").unwrap().id;
    database.write(|rows| rows.delete_user(alice));
    assert_eq!(presence(&database, 1, sanctum, "7"), DELETED);
}

fn a_pruned_imported_token_stays_known(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let id = import(&database, 1, sanctum, "7");
    let cutoffs = Cutoffs { ended_before: at(2), used_before: None };
    let pruned = database.write(|rows| {
        rows.set_revocation(id, revoked(at(1)).as_ref())?;
        rows.prune(IdRange { after: 0, last: id }, cutoffs)
    });
    assert_eq!(pruned, 1);
    assert_eq!(presence(&database, 1, sanctum, "7"), Presence::Deleted { was_revoked: true });
}

fn a_deleted_token_still_has_its_secret(database: Database) {
    let [sanctum, sha256] =
        [Scheme::Sanctum, Scheme::Sha256].map(|scheme| database.scheme(&scheme));
    let id = import(&database, 1, sanctum, "7");
    database.write(|rows| rows.delete_token(id));
    assert_eq!(presence(&database, 1, sanctum, "8"), same_secret("7"));
    assert_eq!(presence(&database, 1, sha256, "7"), Presence::New);
    assert_eq!(own_presence(&database, 1), Presence::New);
}

fn a_deleted_token_of_tokctls_own_is_forgotten(database: Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    database.write(|rows| rows.delete_token(id));
    assert_eq!(own_presence(&database, 1), Presence::New);
}

fn an_imported_token_can_be_deleted_twice(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    for _ in 0..2 {
        let id = import(&database, 1, sanctum, "7");
        database.write(|rows| rows.delete_token(id));
        assert_eq!(presence(&database, 1, sanctum, "7"), DELETED);
    }
}

fn deletion_that_is_rolled_back_is_not_remembered(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let alice = database.user("alice");
    let presence = database.store.rehearse(|rows| {
        let foreign = foreign(sanctum, "7");
        let token = NewToken { foreign: foreign.clone(), ..new_token(alice, 1) };
        let id = rows.insert_token(&token)?;
        rows.delete_token(id)?;
        let (hash, foreign) = (&hash(1), foreign.as_ref());
        rows.presence(ForeignToken { hash, foreign, id_is_in_secret: false })
    });
    assert_eq!(presence.unwrap(), DELETED);
    assert_eq!(self::presence(&database, 1, sanctum, "7"), Presence::New);
}

fn a_relation_has_one_id(database: Database) {
    let id = |system: &str, place: &str, name: &str| {
        database.write(|rows| rows.relation_id(system, place, name))
    };
    let first = id("sanctum", "/srv/app.db", "tokens");
    let others = [("adonisjs", "/srv/app.db", "tokens"), ("sanctum", "/srv/APP.db", "tokens")];
    for (system, place, name) in others {
        assert_ne!(id(system, place, name), first);
    }
    let second = id("sanctum", "/srv/app.db", "other");
    assert_eq!(id("sanctum", "/srv/app.db", "tokens"), first);
    let relations = database.write(|rows| rows.relations("sanctum"));
    let of =
        |id, place: &str, name: &str| Relation { id, database: place.into(), name: name.into() };
    let capital = relations[1].id;
    let expected = [
        of(first, "/srv/app.db", "tokens"),
        of(capital, "/srv/APP.db", "tokens"),
        of(second, "/srv/app.db", "other"),
    ];
    assert_eq!(relations, expected);
    assert_eq!(database.write(|rows| rows.relations("strapi")), []);
}

fn a_row_is_known_whatever_its_secret_is(database: Database) {
    let [sanctum, sha256] =
        [Scheme::Sanctum, Scheme::Sha256].map(|scheme| database.scheme(&scheme));
    let tokens = relation(&database, "tokens");
    let row = of_relation(sanctum, tokens, "7");
    let id = import_row(&database, 1, &row);
    assert_eq!(presence_of_row(&database, 1, &row), here(id));
    let with = |secret| Presence::Here { id, secret };
    assert_eq!(presence_of_row(&database, 2, &row), with(SecretHere::Other));
    let other_scheme = of_relation(sha256, tokens, "7");
    let otherwise = with(SecretHere::CheckedOtherwise);
    assert_eq!(presence_of_row(&database, 1, &other_scheme), otherwise);
    assert_eq!(presence_of_row(&database, 2, &other_scheme), with(SecretHere::Other));
}

fn rows_of_different_relations_have_nothing_in_common(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let [one, other] = ["one", "other"].map(|name| relation(&database, name));
    import_row(&database, 1, &of_relation(sanctum, one, "7"));
    assert_eq!(presence_of_row(&database, 2, &of_relation(sanctum, other, "7")), Presence::New);
    assert_eq!(presence_of_row(&database, 2, &of_relation(sanctum, one, "8")), Presence::New);
    // A secret is still recognised, wherever it came from.
    assert_eq!(presence_of_row(&database, 1, &of_relation(sanctum, one, "8")), same_secret("7"));
}

fn a_deleted_row_is_remembered_with_its_revocation(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let tokens = relation(&database, "tokens");
    for (byte, key, was_revoked) in [(1, "7", false), (2, "8", true)] {
        let row = of_relation(sanctum, tokens, key);
        let id = import_row(&database, byte, &row);
        database.write(|rows| {
            rows.set_revocation(id, revoked(at(1)).filter(|_| was_revoked).as_ref())?;
            rows.delete_token(id)
        });
        // Also under another secret.
        for byte in [byte, 9] {
            let presence = presence_of_row(&database, byte, &row);
            assert_eq!(presence, Presence::Deleted { was_revoked }, "{key}");
        }
    }
}

fn a_token_leads_to_the_relation_that_it_came_from(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let tokens = relation(&database, "tokens");
    let relation_of = |byte, key: &str| database.write(|rows| rows.relation_of(&hash(byte), key));
    let id = import_row(&database, 1, &of_relation(sanctum, tokens, "7"));
    import(&database, 2, sanctum, "8");
    for _ in 0..2 {
        assert_eq!(relation_of(1, "7"), Some(tokens));
        assert_eq!(relation_of(1, "8"), None);
        assert_eq!(relation_of(2, "8"), None);
        database.try_write(|rows| rows.delete_token(id)).ok();
    }
}

fn a_token_can_be_replaced(database: Database) {
    let [sanctum, sha256] =
        [Scheme::Sanctum, Scheme::Sha256].map(|scheme| database.scheme(&scheme));
    let tokens = relation(&database, "tokens");
    let (id, bob) = (import(&database, 1, sanctum, "7"), database.user("bob"));
    let new = NewToken {
        foreign: Some(of_relation(sha256, tokens, "70")),
        hint: "tok_bbbb".into(),
        name: "new".into(),
        scopes: Scopes::default(),
        created_at: at(1),
        expires_at: Some(at(9)),
        last_used_at: Some(at(3)),
        revocation: revoked(at(4)),
        ..new_token(bob, 2)
    };
    database.write(|rows| rows.replace_token(id, &new));
    let token = database.read(|rows| rows.tokens_by_key(TokenKey::Hash(&hash(2)), 2)).remove(0);
    assert_eq!((token.id, token.owner.id, token.name.as_str()), (id, bob, "new"));
    assert_eq!((token.hint.as_str(), token.scopes), ("tok_bbbb", Scopes::default()));
    assert_eq!((token.created_at, token.expires_at), (at(1), Some(at(9))));
    assert_eq!((token.last_used_at, token.revoked_at), (Some(at(3)), Some(at(4))));
    assert_eq!(presence_of_row(&database, 2, &of_relation(sha256, tokens, "70")), here(id));
    assert_eq!(presence(&database, 1, sanctum, "7"), Presence::New);
    let missing = database.try_write(|rows| rows.replace_token(99, &new));
    assert!(matches!(missing, Err(Error::NotFound)), "{missing:?}");
}

fn a_row_is_in_a_relation_once(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let row = of_relation(sanctum, relation(&database, "tokens"), "7");
    import_row(&database, 1, &row);
    let user = database.find_user("alice").unwrap().id;
    let again = NewToken { foreign: Some(row), ..new_token(user, 2) };
    let result = database.try_write(|rows| rows.insert_token(&again));
    assert!(matches!(result, Err(Error::Conflict(_))), "{result:?}");
}

fn tokens_of_a_relation_that_are_not_revoked_are_listed(database: Database) {
    let sanctum = database.scheme(&Scheme::Sanctum);
    let [one, other] = ["one", "other"].map(|name| relation(&database, name));
    let ids = [(1, "7"), (2, "8"), (3, "9")]
        .map(|(byte, key)| import_row(&database, byte, &of_relation(sanctum, one, key)));
    import_row(&database, 4, &of_relation(sanctum, other, "7"));
    import(&database, 5, sanctum, "7");
    database.write(|rows| {
        rows.set_revocation(ids[0], revoked(at(1)).as_ref())?;
        rows.delete_token(ids[1])
    });
    assert_eq!(database.write(|rows| rows.unrevoked_tokens(one)), [ids[2]]);
    assert_eq!(database.write(|rows| rows.unrevoked_tokens(99)), [0; 0]);
}

fn a_refusal_is_noted(database: Database) {
    let note = |byte, is_refused| database.write(|rows| rows.note_refusal(&hash(byte), is_refused));
    set_origin(&database, 1, database.user("alice"));
    assert!(!note(1, false));
    assert!(!note(1, true));
    assert!(note(1, true));
    assert!(note(1, false));
    assert!(!note(1, false));
    // Of somebody who is not known there is nothing to remember.
    assert!(!note(2, true));
    assert!(!note(2, true));
}

fn an_address_that_is_not_verified_matches_nobody(database: Database) {
    let email = "a@example.com";
    let row = NewUserRow { email: Some(email), email_verified: false, ..new_user("alice") };
    let alice = database.write(|rows| rows.insert_user(&row));
    let find = |name| database.write(|rows| rows.local_user(Some(email), name, 99));
    assert_eq!(find(None), None);
    assert_eq!(find(Some("alice")), Some(plain(alice)));
    assert!(database.write(|rows| rows.has_email(email)));
    // An administrator of this database answers for it.
    database.write(|rows| rows.update_user(alice, UserField::Email(Some(email))));
    assert_eq!(find(None), Some(plain(alice)));
}

fn a_field_of_a_token_can_be_changed(database: Database) {
    let id = database.token(&new_token(database.user("alice"), 1));
    let scopes: Scopes = ["a", "b"].into_iter().map(|scope| scope.parse().unwrap()).collect();
    let fields =
        [TokenField::Expiry(Some(at(5))), TokenField::Scopes(&scopes), TokenField::Name("new")];
    for field in fields {
        database.write(|rows| rows.update_token(id, field));
        let missing = database.try_write(|rows| rows.update_token(99, field));
        assert!(matches!(missing, Err(Error::NotFound)), "{missing:?}");
    }
    let token = database.find_token(id);
    assert_eq!((token.expires_at, token.name.as_str()), (Some(at(5)), "new"));
    assert_eq!(token.scopes, scopes);
    database.write(|rows| rows.update_token(id, TokenField::Expiry(None)));
    assert_eq!(database.find_token(id).expires_at, None);
}
