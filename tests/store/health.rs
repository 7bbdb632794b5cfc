//! What is wrong with a database, as far as it does not depend on the kind.

use crate::support::{
    Database, actor, at, attempt, extreme_times, foreign, new_token, new_user, unknown,
};
use tokctl::domain::audit::Change;
use tokctl::domain::scheme::Scheme;
use tokctl::domain::time::Timestamp;
use tokctl::domain::token::NewToken;
use tokctl::store::{Attempts, ChangeRow, Problem};

conformance!(a_sound_database_has_no_problems, times_in_the_future_are_counted);

/// Rows of every kind, with times up to this one.
fn fill(database: &Database, latest: Timestamp) {
    let alice = database.user("alice");
    let scheme_id = database.scheme(&Scheme::Sha256);
    database.write(|rows| {
        let bob = rows.insert_user(&new_user("bob"))?;
        rows.set_origin(&[1; 32], bob)?;
        rows.insert_token(&NewToken { last_used_at: Some(latest), ..new_token(alice, 1) })?;
        let imported = NewToken { foreign: foreign(scheme_id, "7"), ..new_token(bob, 2) };
        let deleted = rows.insert_token(&imported)?;
        rows.delete_token(deleted)?;
        rows.insert_token(&imported)?;
        let change = &Change { action: "create", ..Change::default() };
        rows.insert_change(ChangeRow { at: latest, actor: &actor(), change })?;
        let attempts = &[attempt(latest, "good", 1), unknown(latest, 2), unknown(at(0), 3)];
        rows.insert_attempts(Attempts { attempts, actor: &actor(), keep: 100 })
    });
}

fn a_sound_database_has_no_problems(database: Database) {
    assert_eq!(database.store.problems(at(0)).unwrap(), []);
    fill(&database, at(5));
    assert_eq!(database.store.problems(at(5)).unwrap(), []);
}

fn times_in_the_future_are_counted(database: Database) {
    // A token, a change, and two verifications.
    fill(&database, at(5));
    let problems = database.store.problems(at(4)).unwrap();
    assert_eq!(problems, [Problem::FutureTimes(4)]);
    // An expiry, a revocation and a ban may be in the future.
    let user = database.find_user("alice").unwrap().id;
    let [_, end, _] = extreme_times();
    database.token(&NewToken { expires_at: Some(end), ..new_token(user, 3) });
    assert_eq!(database.store.problems(at(5)).unwrap(), []);
    database.token(&NewToken { created_at: at(6), ..new_token(user, 4) });
    assert_eq!(database.store.problems(at(5)).unwrap(), [Problem::FutureTimes(1)]);
}
