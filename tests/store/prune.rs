//! Pruning: ranges of ids, and which tokens in them are deleted.

use crate::support::{Database, at, new_token, revoked};
use tokctl::domain::time::Timestamp;
use tokctl::domain::token::NewToken;
use tokctl::store::{Ban, Cutoffs, IdRange, UserField};

conformance!(
    an_empty_database_has_nothing_to_prune,
    a_range_covers_the_next_ids_that_exist,
    ranges_lead_through_all_tokens,
    only_tokens_that_ended_before_the_cutoff_are_deleted,
    only_tokens_last_used_before_the_cutoff_are_deleted,
    without_a_cutoff_for_use_a_last_use_does_not_matter,
    a_token_that_ended_in_several_ways_is_counted_once,
    only_tokens_in_the_range_are_deleted,
    what_is_counted_is_what_is_deleted,
    tokens_of_banned_users_are_kept,
    pruning_again_deletes_nothing,
);

/// Everything that ended before this many seconds, whatever its last use.
fn ended_before(seconds: i64) -> Cutoffs {
    Cutoffs { ended_before: at(seconds), used_before: None }
}

fn prunable(
    database: &Database,
    after: i64,
    limit: u32,
    cutoffs: Cutoffs,
) -> Option<(IdRange, u64)> {
    database.read(|rows| rows.prunable(after, limit, cutoffs))
}

/// Prunes all tokens and returns how many were deleted.
fn prune(database: &Database, cutoffs: Cutoffs) -> u64 {
    database.write(|rows| rows.prune(IdRange { after: 0, last: i64::MAX }, cutoffs))
}

/// Adds tokens that expired at these seconds.
fn expired<const N: usize>(database: &Database, seconds: [i64; N]) -> [i64; N] {
    let user = database.user("alice");
    let mut byte = 0;
    seconds.map(|seconds| {
        byte += 1;
        database.token(&NewToken { expires_at: Some(at(seconds)), ..new_token(user, byte) })
    })
}

/// A millisecond before an instant.
fn just_before(time: Timestamp) -> Timestamp {
    Timestamp::from_millis(time.millis() - 1).unwrap()
}

fn an_empty_database_has_nothing_to_prune(database: Database) {
    assert_eq!(prunable(&database, 0, 10, ended_before(1)), None);
    assert_eq!(prune(&database, ended_before(1)), 0);
}

fn a_range_covers_the_next_ids_that_exist(database: Database) {
    let [first, second, third, fourth, fifth] = expired(&database, [1, 9, 1, 1, 9]);
    database.write(|rows| rows.delete_token(second));
    let range = |after, limit| prunable(&database, after, limit, ended_before(5));
    let expected = |after, last, count| Some((IdRange { after, last }, count));
    assert_eq!(range(0, 1), expected(0, first, 1));
    assert_eq!(range(0, 2), expected(0, third, 2));
    assert_eq!(range(first, 2), expected(first, fourth, 2));
    assert_eq!(range(third, 2), expected(third, fifth, 1));
    assert_eq!(range(fourth, 2), expected(fourth, fifth, 0));
    assert_eq!(range(0, u32::MAX), expected(0, fifth, 3));
    assert_eq!(range(fifth, 2), None);
}

fn ranges_lead_through_all_tokens(database: Database) {
    let added = expired(&database, [1, 9, 1, 1, 9, 1, 1]);
    let (mut after, mut counts) = (0, Vec::new());
    while let Some((range, count)) = prunable(&database, after, 3, ended_before(5)) {
        assert_eq!(range.after, after);
        assert_eq!(database.write(|rows| rows.prune(range, ended_before(5))), count);
        counts.push(count);
        after = range.last;
    }
    assert_eq!(counts, [2, 2, 1]);
    assert_eq!(database.token_ids(), [added[1], added[4]]);
}

fn only_tokens_that_ended_before_the_cutoff_are_deleted(database: Database) {
    let user = database.user("alice");
    let cutoff = at(5);
    let tokens = [
        NewToken { expires_at: Some(just_before(cutoff)), ..new_token(user, 1) },
        NewToken { expires_at: Some(cutoff), ..new_token(user, 2) },
        NewToken { expires_at: Some(at(9)), ..new_token(user, 3) },
        NewToken { revocation: revoked(just_before(cutoff)), ..new_token(user, 4) },
        NewToken { revocation: revoked(cutoff), ..new_token(user, 5) },
        NewToken { revocation: revoked(at(9)), ..new_token(user, 6) },
        NewToken { created_at: at(-9), ..new_token(user, 7) },
    ];
    let [_, second, third, _, fifth, sixth, seventh] = tokens.map(|token| database.token(&token));
    assert_eq!(prune(&database, ended_before(5)), 2);
    assert_eq!(database.token_ids(), [second, third, fifth, sixth, seventh]);
}

fn only_tokens_last_used_before_the_cutoff_are_deleted(database: Database) {
    let user = database.user("alice");
    let cutoff = at(5);
    let used =
        |byte, last_used_at| database.token(&NewToken { last_used_at, ..new_token(user, byte) });
    used(1, Some(just_before(cutoff)));
    let kept = [used(2, Some(cutoff)), used(3, Some(at(9))), used(4, None)];
    let cutoffs = Cutoffs { ended_before: at(-9), used_before: Some(cutoff) };
    assert_eq!(prune(&database, cutoffs), 1);
    assert_eq!(database.token_ids(), kept);
}

fn without_a_cutoff_for_use_a_last_use_does_not_matter(database: Database) {
    let user = database.user("alice");
    let long_ago = Timestamp::from_millis(0);
    let used = NewToken { last_used_at: long_ago, ..new_token(user, 1) };
    let kept = database.token(&used);
    let expired = NewToken { expires_at: Some(at(1)), hash: [2; 32], ..used };
    database.token(&expired);
    assert_eq!(prune(&database, ended_before(5)), 1);
    assert_eq!(database.token_ids(), [kept]);
}

fn a_token_that_ended_in_several_ways_is_counted_once(database: Database) {
    let user = database.user("alice");
    let id = database.token(&NewToken {
        expires_at: Some(at(1)),
        revocation: revoked(at(1)),
        last_used_at: Some(at(1)),
        ..new_token(user, 1)
    });
    let cutoffs = Cutoffs { ended_before: at(5), used_before: Some(at(5)) };
    let range = IdRange { after: 0, last: id };
    assert_eq!(prunable(&database, 0, 10, cutoffs), Some((range, 1)));
    assert_eq!(prune(&database, cutoffs), 1);
}

fn only_tokens_in_the_range_are_deleted(database: Database) {
    let [first, second, third, fourth] = expired(&database, [1; 4]);
    let range = IdRange { after: first, last: third };
    assert_eq!(database.write(|rows| rows.prune(range, ended_before(5))), 2);
    assert_eq!(database.token_ids(), [first, fourth]);
    let gone = IdRange { after: first, last: second };
    assert_eq!(database.write(|rows| rows.prune(gone, ended_before(5))), 0);
}

fn what_is_counted_is_what_is_deleted(database: Database) {
    let user = database.user("alice");
    let times = [None, Some(at(1)), Some(at(5)), Some(at(9))];
    database.write(|rows| {
        for byte in 0..64 {
            let [expires_at, revoked_at, last_used_at] =
                [byte / 16, byte / 4 % 4, byte % 4].map(|index| times[usize::from(index)]);
            let revocation = revoked_at.and_then(revoked);
            let token = new_token(user, byte);
            rows.insert_token(&NewToken { expires_at, revocation, last_used_at, ..token })?;
        }
        Ok(())
    });
    // Three of the four times are no reason to delete a token.
    for (used_before, kept) in [(None, 3 * 3 * 4), (Some(at(5)), 3 * 3 * 3)] {
        let cutoffs = Cutoffs { ended_before: at(5), used_before };
        let before = database.token_ids().len() as u64;
        let (_, count) = prunable(&database, 0, 100, cutoffs).unwrap();
        assert_eq!(prune(&database, cutoffs), count);
        assert_eq!(before - count, kept);
        assert_eq!(database.token_ids().len() as u64, kept);
    }
}

fn tokens_of_banned_users_are_kept(database: Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    let ban = UserField::Ban(Some(Ban { at: at(1), reason: None }));
    database.write(|rows| rows.update_user(user, ban));
    assert_eq!(prune(&database, ended_before(5)), 0);
    assert_eq!(database.token_ids(), [id]);
}

fn pruning_again_deletes_nothing(database: Database) {
    expired(&database, [1, 1, 9]);
    assert_eq!(prune(&database, ended_before(5)), 2);
    assert_eq!(prune(&database, ended_before(5)), 0);
}
