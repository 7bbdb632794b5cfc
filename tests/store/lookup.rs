//! The look-up of hashes that a verification consists of, and the schemes it needs.

use crate::support::{Database, at, foreign, hash, new_token, new_user, revoked, shown};
use tokctl::domain::scheme::Scheme;
use tokctl::domain::secret::Hash;
use tokctl::domain::setting::Setting;
use tokctl::domain::settings::Settings;
use tokctl::domain::token::{NewToken, Revocation, StoredToken};
use tokctl::store::{
    Access, Ban, FoundToken, LookUp, NewUserRow, Store, TokenField, UserField, token_cache,
};
use zeroize::Zeroizing;

conformance!(
    a_hash_finds_its_token_with_all_that_decides_about_it,
    a_token_of_another_system_is_found_with_its_scheme,
    a_salt_is_not_looked_up,
    unknown_hashes_find_nothing,
    a_hash_that_differs_in_one_bit_finds_nothing,
    tokens_are_found_with_the_positions_of_their_hashes,
    one_hash_can_find_several_tokens,
    a_hash_that_is_asked_for_twice_is_found_twice,
    thousands_of_hashes_are_looked_up_at_once,
    the_settings_that_decide_about_a_verification_always_come_along,
    no_hashes_still_answer_with_the_settings,
    settings_that_are_not_set_stay_unset,
    a_look_up_sees_the_last_change,
    cached_tokens_are_up_to_date,
    a_deleted_token_is_not_found,
    schemes_read_back_with_their_salts,
    a_new_database_has_no_schemes,
);

fn look_up(database: &Database, hashes: &[Hash]) -> LookUp {
    database.read(|rows| rows.look_up(hashes))
}

/// The positions and ids that a look-up finds.
fn found(database: &Database, hashes: &[Hash]) -> Vec<(usize, i64)> {
    let found = look_up(database, hashes).found;
    let mut found: Vec<_> =
        found.iter().map(|(position, found)| (*position, found.token.id)).collect();
    found.sort_unstable();
    found
}

/// The only token that a hash finds.
#[track_caller]
fn only(database: &Database, hash: Hash) -> FoundToken {
    let mut found = look_up(database, &[hash]).found;
    assert_eq!(found.len(), 1);
    let (position, token) = found.pop().unwrap();
    assert_eq!(position, 0);
    token
}

fn a_hash_finds_its_token_with_all_that_decides_about_it(database: Database) {
    let ban = Some(Ban { at: at(9), reason: Some("left") });
    let alice = NewUserRow { admin: true, ban, ..new_user("Alice") };
    let user = database.write(|rows| rows.insert_user(&alice));
    let id = database.token(&NewToken {
        scopes: ["posts.*", "users.read"].map(|scope| scope.parse().unwrap()).into_iter().collect(),
        expires_at: Some(at(2)),
        last_used_at: Some(at(3)),
        revocation: Some(Revocation { at: at(4), reason: Some("leaked".into()) }),
        ..new_token(user, 1)
    });
    let found = only(&database, hash(1));
    assert_eq!(shown(found.token), shown(database.find_token(id)));
    assert!(found.foreign.is_none());
}

fn a_token_of_another_system_is_found_with_its_scheme(database: Database) {
    let user = database.user("alice");
    let scheme = Scheme::AdonisJs { prefix: "oat_".into() };
    let scheme_id = database.scheme(&scheme);
    let token = NewToken {
        foreign: foreign(scheme_id, "7"),
        source: "adonisjs".into(),
        ..new_token(user, 1)
    };
    let id = database.token(&token);
    let found = only(&database, hash(1));
    assert_eq!(shown(found.token), shown(database.find_token(id)));
    let (stored, foreign_id) = found.foreign.unwrap();
    assert_eq!((stored.id, stored.scheme, foreign_id.as_str()), (scheme_id, scheme, "7"));
}

fn a_salt_is_not_looked_up(database: Database) {
    let user = database.user("alice");
    let scheme_id = database.scheme(&Scheme::Strapi { salt: Zeroizing::new(b"salt".to_vec()) });
    database.token(&NewToken { foreign: foreign(scheme_id, "7"), ..new_token(user, 1) });
    let (stored, _) = only(&database, hash(1)).foreign.unwrap();
    assert_eq!(stored.id, scheme_id);
    assert_eq!(stored.scheme, Scheme::Strapi { salt: Zeroizing::new(Vec::new()) });
}

fn unknown_hashes_find_nothing(database: Database) {
    assert_eq!(found(&database, &[hash(1)]), []);
    let user = database.user("alice");
    database.token(&new_token(user, 1));
    assert_eq!(found(&database, &[hash(2), hash(0), hash(255)]), []);
}

fn a_hash_that_differs_in_one_bit_finds_nothing(database: Database) {
    let user = database.user("alice");
    database.token(&new_token(user, 1));
    for bit in 0..256 {
        let mut other = hash(1);
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(found(&database, &[other]), [], "{bit}");
    }
}

fn tokens_are_found_with_the_positions_of_their_hashes(database: Database) {
    let user = database.user("alice");
    let [one, two, three] = [1, 2, 3].map(|byte| database.token(&new_token(user, byte)));
    let hashes = [hash(9), hash(3), hash(1), hash(8), hash(2)];
    assert_eq!(found(&database, &hashes), [(1, three), (2, one), (4, two)]);
}

fn one_hash_can_find_several_tokens(database: Database) {
    let user = database.user("alice");
    let scheme = database.scheme(&Scheme::AdonisJs { prefix: "oat_".into() });
    let own = database.token(&new_token(user, 1));
    let [seven, eight] = ["7", "8"]
        .map(|id| database.token(&NewToken { foreign: foreign(scheme, id), ..new_token(user, 1) }));
    let other = database.token(&new_token(user, 2));
    let hashes = [hash(2), hash(1)];
    assert_eq!(found(&database, &hashes), [(0, other), (1, own), (1, seven), (1, eight)]);
}

fn a_hash_that_is_asked_for_twice_is_found_twice(database: Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    assert_eq!(found(&database, &[hash(1), hash(9), hash(1)]), [(0, id), (2, id)]);
}

fn thousands_of_hashes_are_looked_up_at_once(database: Database) {
    let user = database.user("alice");
    let [one, two] = [1, 2].map(|byte| database.token(&new_token(user, byte)));
    let mut hashes: Vec<Hash> = (0..20_000_u32)
        .map(|number| {
            let mut hash = hash(9);
            hash[..4].copy_from_slice(&number.to_be_bytes());
            hash
        })
        .collect();
    hashes[12_345] = hash(1);
    hashes[19_999] = hash(2);
    assert_eq!(found(&database, &hashes), [(12_345, one), (19_999, two)]);
}

/// The settings that decide about a verification.
const DECIDING: [(Setting, &str); 3] = [
    (Setting::UnusedLifetime, "30d"),
    (Setting::LastUsedResolution, "5m"),
    (Setting::RecordAttempts, "all"),
];

fn set_deciding(database: &Database) {
    database.write(|rows| {
        DECIDING.into_iter().try_for_each(|(setting, value)| rows.set_setting(setting, value))
    });
}

#[track_caller]
fn assert_deciding(settings: &Settings) {
    for (setting, value) in DECIDING {
        assert_eq!(settings.get(setting), Some(value));
    }
}

fn the_settings_that_decide_about_a_verification_always_come_along(database: Database) {
    set_deciding(&database);
    assert_deciding(&look_up(&database, &[hash(9)]).settings);
    let user = database.user("alice");
    database.token(&new_token(user, 1));
    assert_deciding(&look_up(&database, &[hash(1)]).settings);
    assert_deciding(&look_up(&database, &[hash(9), hash(1)]).settings);
}

fn no_hashes_still_answer_with_the_settings(database: Database) {
    set_deciding(&database);
    let user = database.user("alice");
    database.token(&new_token(user, 1));
    let answer = look_up(&database, &[]);
    assert_deciding(&answer.settings);
    assert_eq!(answer.found.len(), 0);
}

fn settings_that_are_not_set_stay_unset(database: Database) {
    let user = database.user("alice");
    database.token(&new_token(user, 1));
    for hashes in [&[][..], &[hash(1)], &[hash(9)]] {
        let settings = look_up(&database, hashes).settings;
        for (setting, _) in DECIDING {
            assert_eq!(settings.get(setting), None);
        }
    }
}

fn a_look_up_sees_the_last_change(database: Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    let revocation = revoked(at(1));
    database.write(|rows| {
        rows.set_revocation(id, revocation.as_ref())?;
        rows.update_user(user, UserField::Ban(Some(Ban { at: at(1), reason: None })))?;
        rows.touch(&[id], at(5))
    });
    let token = only(&database, hash(1)).token;
    assert_eq!(token.revoked_at, Some(at(1)));
    assert_eq!(token.last_used_at, Some(at(5)));
    assert!(token.owner.banned);
}

/// Changes of another store, and one of the store itself, each seen by the next look-up of a token that was
/// looked up again and again before.
fn cached_tokens_are_up_to_date(database: Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    let cache = token_cache(database.location(), 1 << 20).unwrap();
    let recorder = cache.as_ref().map_or_else(|| database.another(), Store::for_recording);
    let store = Store::open_with_cache(database.location(), Access::default(), cache).unwrap();
    let again_and_again = || {
        let look_up = |_| store.look_up(&[hash(1)]).unwrap();
        let mut answers: Vec<LookUp> = (0..30).map(look_up).collect();
        let last = answers.pop().unwrap();
        // The cache leaves the hint out.
        let seen = |answer: &LookUp| {
            let token = answer.found.first().map(|(_, found)| found.token.clone());
            token.map(|token| shown(StoredToken { hint: String::new(), ..token }))
        };
        assert!(answers.iter().all(|answer| seen(answer) == seen(&last)));
        last
    };
    let token = || again_and_again().found.pop().unwrap().1.token;
    assert_eq!(token().revoked_at, None);
    database.write(|rows| rows.set_revocation(id, revoked(at(1)).as_ref()));
    assert_eq!(token().revoked_at, Some(at(1)));
    // Only a token that can be good is cached.
    database.write(|rows| rows.set_revocation(id, None));
    assert_eq!(token().revoked_at, None);
    recorder.record(|rows| rows.touch(&[id], at(5))).unwrap();
    assert_eq!(token().last_used_at, Some(at(5)));
    recorder.record(|rows| rows.touch(&[id], at(4))).unwrap();
    assert_eq!(token().last_used_at, Some(at(5)));
    store.write(|rows| rows.update_token(id, TokenField::Name("own"))).unwrap();
    assert_eq!(token().name, "own");
    let ban = Ban { at: at(1), reason: None };
    database.write(|rows| rows.update_user(user, UserField::Ban(Some(ban))));
    assert!(token().owner.banned);
    database.write(|rows| rows.update_user(user, UserField::Ban(None)));
    assert!(!token().owner.banned);
    database.write(|rows| rows.set_setting(Setting::UnusedLifetime, "1d"));
    assert_eq!(again_and_again().settings.get(Setting::UnusedLifetime), Some("1d"));
    database.write(|rows| rows.delete_token(id));
    assert_eq!(again_and_again().found.len(), 0);
    database.token(&new_token(user, 1));
    assert_ne!(token().id, id);
}

fn a_deleted_token_is_not_found(database: Database) {
    let user = database.user("alice");
    let sha256 = database.scheme(&Scheme::Sha256);
    let own = database.token(&new_token(user, 1));
    let imported =
        database.token(&NewToken { foreign: foreign(sha256, "7"), ..new_token(user, 2) });
    database.write(|rows| {
        rows.delete_token(own)?;
        rows.delete_token(imported)
    });
    assert_eq!(found(&database, &[hash(1), hash(2)]), []);
}

fn schemes_read_back_with_their_salts(database: Database) {
    let salt = |bytes: &[u8]| Scheme::Strapi { salt: Zeroizing::new(bytes.to_vec()) };
    let all = [
        Scheme::Sha256,
        Scheme::Sanctum,
        Scheme::AdonisJs { prefix: "oat_".into() },
        Scheme::AdonisJs { prefix: String::new() },
        Scheme::AdonisJs { prefix: "ключ'\\%".into() },
        salt(b"salt"),
        salt(&[0, 255, 128, 39]),
    ];
    let ids = all.each_ref().map(|scheme| database.scheme(scheme));
    let mut stored = database.read(|rows| rows.schemes());
    stored.sort_by_key(|stored| stored.id);
    let stored: Vec<_> = stored.into_iter().map(|stored| (stored.id, stored.scheme)).collect();
    let mut expected: Vec<_> = ids.into_iter().zip(all).collect();
    expected.sort_by_key(|(id, _)| *id);
    assert_eq!(stored, expected);
}

fn a_new_database_has_no_schemes(database: Database) {
    assert_eq!(database.read(|rows| rows.schemes()).len(), 0);
}
