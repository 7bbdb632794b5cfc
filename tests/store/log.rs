//! The log: verifications, of which the newest are kept, and changes, which stay.

use crate::support::{
    Database, actor, all, at, attempt, difficult_texts, extreme_times, first, new_token, subject,
    unknown,
};
use tokctl::domain::audit::{Actor, Attempt, Caller, Change, LogEntry, Subject};
use tokctl::domain::time::Timestamp;
use tokctl::domain::token::NewToken;
use tokctl::store::{
    AttemptCount, Attempts, ChangeRow, Error, LogPosition, LogQuery, ReadTransaction,
};

conformance!(
    a_new_log_is_empty,
    a_change_reads_back_as_it_was_recorded,
    a_change_without_details_reads_back,
    a_verification_of_a_known_token_reads_back,
    a_verification_of_an_unknown_secret_reads_back,
    the_reason_of_a_rejection_is_its_outcome,
    the_last_recorded_rows_come_first_wherever_the_clock_was,
    verifications_and_changes_are_merged_by_time,
    a_log_of_many_rows_is_read_to_its_end,
    at_one_time_the_last_recorded_comes_first,
    at_one_time_verifications_come_before_changes,
    many_unknown_secrets_at_one_time_read_back_one_by_one,
    unknown_secrets_and_known_tokens_at_one_time_keep_their_order,
    verifications_and_changes_can_be_read_alone,
    failures_leave_out_good_verifications_and_changes,
    rows_about_one_token_can_be_read_alone,
    rows_since_an_instant_include_that_instant,
    filters_combine,
    a_log_stops_when_told,
    after_the_end_of_the_log_come_only_later_rows,
    the_end_of_the_log_moves_with_either_kind_of_row,
    before_a_position_come_only_earlier_rows,
    a_log_that_ends_has_no_position_to_go_on_from,
    pages_of_the_log_leave_out_and_repeat_no_row,
    pages_of_one_kind_or_token_leave_out_and_repeat_no_row,
    pages_go_on_while_old_verifications_are_deleted,
    a_position_that_nobody_got_is_no_error,
    a_position_stays_good_while_old_verifications_are_deleted,
    the_newest_verifications_are_kept,
    keeping_none_deletes_all_verifications,
    a_batch_larger_than_the_limit_keeps_its_newest,
    a_large_limit_keeps_everything,
    trimming_tells_how_many_verifications_were_deleted,
    trimming_cuts_through_unknown_secrets_of_one_time,
    trimming_leaves_changes_alone,
    verifications_are_counted_by_time_and_success,
    counts_since_an_instant_include_that_instant,
    a_count_of_verifications_stops_when_told,
    a_detail_can_be_replaced,
    a_change_that_does_not_exist_cannot_be_updated,
    a_change_is_recorded_for_each_token_of_a_user,
    a_change_for_the_tokens_of_a_missing_user_is_refused,
    the_log_outlives_tokens_and_users,
    the_log_keeps_any_text,
    the_log_keeps_times_to_the_millisecond,
);

/// Enough for every test.
const PLENTY: u64 = 1000;

fn everything() -> LogQuery {
    LogQuery { attempts: true, changes: true, ..LogQuery::default() }
}

fn attempts() -> LogQuery {
    LogQuery { attempts: true, ..LogQuery::default() }
}

fn action(action: &'static str) -> Change {
    Change { action, ..Change::default() }
}

/// A rejection of an unknown secret as the log shows it.
fn rejected(time: Timestamp, reason: &str, fingerprint: Option<&str>) -> LogEntry {
    LogEntry {
        time,
        kind: "verify".into(),
        account: "root".into(),
        sudo: None,
        action: "verify".into(),
        token_id: None,
        token_name: None,
        user: None,
        outcome: "rejected".into(),
        reason: Some(reason.into()),
        fingerprint: fingerprint.map(String::from),
        source: None,
        agent: None,
    }
}

/// What identifies the rows of a test: the action of a change, the token's id or the fingerprint.
fn marks(entries: &[LogEntry]) -> Vec<String> {
    let mark = |entry: &LogEntry| match (&entry.fingerprint, entry.token_id) {
        (Some(fingerprint), _) => fingerprint.clone(),
        (None, Some(id)) => id.to_string(),
        (None, None) => entry.action.clone(),
    };
    entries.iter().map(mark).collect()
}

fn read(database: &Database, query: &LogQuery) -> Vec<String> {
    marks(&database.log(query))
}

fn end(database: &Database) -> LogPosition {
    database.read(|rows| rows.log_end())
}

fn after(position: LogPosition) -> LogQuery {
    LogQuery { after: position, ..everything() }
}

fn a_new_log_is_empty(database: Database) {
    assert_eq!(database.log(&everything()), []);
    assert_eq!(end(&database), LogPosition::default());
    let since = extreme_times()[0];
    assert_eq!(database.read(|rows| all(|each| rows.attempt_counts(since, each))), []);
}

fn a_change_reads_back_as_it_was_recorded(database: Database) {
    let actor = Actor { account: "root".into(), sudo: Some("alice".into()) };
    let change = Change {
        action: "revoke",
        token: Some(Subject { id: 7, name: "CI".into() }),
        user: Some("bob".into()),
        detail: Some("leaked".into()),
    };
    database
        .write(|rows| rows.insert_change(ChangeRow { at: at(1), actor: &actor, change: &change }));
    let expected = LogEntry {
        time: at(1),
        kind: "admin".into(),
        account: "root".into(),
        sudo: Some("alice".into()),
        action: "revoke".into(),
        token_id: Some(7),
        token_name: Some("CI".into()),
        user: Some("bob".into()),
        outcome: "done".into(),
        reason: Some("leaked".into()),
        fingerprint: None,
        source: None,
        agent: None,
    };
    assert_eq!(database.log(&everything()), [expected]);
}

fn a_change_without_details_reads_back(database: Database) {
    database.change(at(1), &action("prune"));
    let expected = LogEntry {
        kind: "admin".into(),
        action: "prune".into(),
        outcome: "done".into(),
        reason: None,
        ..rejected(at(1), "", None)
    };
    assert_eq!(database.log(&everything()), [expected]);
}

fn a_verification_of_a_known_token_reads_back(database: Database) {
    let caller = Caller { source: Some("192.0.2.1".into()), agent: Some("curl/8".into()) };
    let actor = Actor { account: "www".into(), sudo: Some("alice".into()) };
    let attempts = &[Attempt { caller, ..attempt(at(1), "good", 7) }];
    let row = Attempts { attempts, actor: &actor, keep: PLENTY };
    database.write(|rows| rows.insert_attempts(row));
    let expected = LogEntry {
        time: at(1),
        kind: "verify".into(),
        account: "www".into(),
        sudo: Some("alice".into()),
        action: "verify".into(),
        token_id: Some(7),
        token_name: Some("token 7".into()),
        user: Some("alice".into()),
        outcome: "good".into(),
        reason: None,
        fingerprint: None,
        source: Some("192.0.2.1".into()),
        agent: Some("curl/8".into()),
    };
    assert_eq!(database.log(&everything()), [expected]);
}

fn a_verification_of_an_unknown_secret_reads_back(database: Database) {
    let fingerprint = Some([0, 1, 0xab, 0xcd, 0xef, 255]);
    database.attempts(&[Attempt { fingerprint, ..unknown(at(1), 0) }], PLENTY);
    let expected = rejected(at(1), "unknown", Some("0001abcdefff"));
    assert_eq!(database.log(&everything()), [expected]);
}

fn the_reason_of_a_rejection_is_its_outcome(database: Database) {
    let cases = [
        ("good", "good", None),
        ("insufficient_scope", "insufficient_scope", None),
        ("revoked", "rejected", Some("revoked")),
        ("expired", "rejected", Some("expired")),
        ("unused", "rejected", Some("unused")),
        ("banned", "rejected", Some("banned")),
    ];
    for (seconds, (recorded, outcome, reason)) in (1..).zip(cases) {
        database.attempts(&[attempt(at(seconds), recorded, 7)], PLENTY);
        let entry = database.log(&attempts()).remove(0);
        assert_eq!((entry.outcome.as_str(), entry.reason.as_deref()), (outcome, reason));
    }
}

fn the_last_recorded_rows_come_first_wherever_the_clock_was(database: Database) {
    database.change(at(3), &action("third"));
    database.attempts(&[unknown(at(2), 2), unknown(at(4), 4)], PLENTY);
    database.change(at(1), &action("first"));
    database.attempts(&[unknown(Timestamp::from_millis(at(3).millis() + 1).unwrap(), 3)], PLENTY);
    let expected = ["030303030303", "040404040404", "020202020202", "first", "third"];
    assert_eq!(read(&database, &everything()), expected);
}

fn verifications_and_changes_are_merged_by_time(database: Database) {
    database.change(at(1), &action("first"));
    database.attempts(&[unknown(at(2), 2)], PLENTY);
    database.change(at(3), &action("third"));
    database.attempts(&[unknown(at(4), 4)], PLENTY);
    let expected = ["040404040404", "third", "020202020202", "first"];
    assert_eq!(read(&database, &everything()), expected);
}

fn a_log_of_many_rows_is_read_to_its_end(database: Database) {
    let actor = actor();
    database.write(|rows| {
        for second in 0..2500 {
            let change = &action("create");
            rows.insert_change(ChangeRow { at: at(2 * second), actor: &actor, change })?;
            let attempts = &[attempt(at(2 * second + 1), "good", 1)];
            rows.insert_attempts(Attempts { attempts, actor: &actor, keep: 5000 })?;
        }
        Ok(())
    });
    let times: Vec<_> = database.log(&everything()).iter().map(|entry| entry.time).collect();
    assert!(times.iter().copied().eq((0..5000).rev().map(at)), "{} rows", times.len());
}

fn at_one_time_the_last_recorded_comes_first(database: Database) {
    for change in ["first", "second", "third"] {
        database.change(at(1), &action(change));
    }
    assert_eq!(read(&database, &everything()), ["third", "second", "first"]);
    database.attempts(&[attempt(at(2), "good", 1), attempt(at(2), "expired", 2)], PLENTY);
    database.attempts(&[attempt(at(2), "good", 3)], PLENTY);
    assert_eq!(read(&database, &attempts()), ["3", "2", "1"]);
}

fn at_one_time_verifications_come_before_changes(database: Database) {
    database.change(at(1), &action("earlier"));
    database.attempts(&[unknown(at(1), 1)], PLENTY);
    database.change(at(1), &action("later"));
    assert_eq!(read(&database, &everything()), ["010101010101", "later", "earlier"]);
}

/// Secrets that no token has, at one time: unknown, malformed, and not even text.
fn strangers() -> [Attempt; 4] {
    let malformed = Attempt { outcome: "malformed", ..unknown(at(1), 2) };
    let not_text = Attempt { outcome: "malformed", fingerprint: None, ..unknown(at(1), 0) };
    let without_fingerprint = Attempt { fingerprint: None, ..unknown(at(1), 0) };
    [unknown(at(1), 1), malformed, not_text, without_fingerprint]
}

fn many_unknown_secrets_at_one_time_read_back_one_by_one(database: Database) {
    database.attempts(&strangers(), PLENTY);
    let expected = [
        rejected(at(1), "unknown", None),
        rejected(at(1), "malformed", None),
        rejected(at(1), "malformed", Some("020202020202")),
        rejected(at(1), "unknown", Some("010101010101")),
    ];
    assert_eq!(database.log(&everything()), expected);
    let flood: Vec<_> = (0..=255).map(|byte| unknown(at(2), byte)).collect();
    database.attempts(&flood, PLENTY);
    let entries = database.log(&LogQuery { since: Some(at(2)), ..attempts() });
    let expected: Vec<_> = (0..=255_u8).rev().map(|byte| format!("{byte:02x}").repeat(6)).collect();
    assert_eq!(marks(&entries), expected);
}

fn unknown_secrets_and_known_tokens_at_one_time_keep_their_order(database: Database) {
    let batch = [
        unknown(at(1), 1),
        unknown(at(1), 2),
        attempt(at(1), "good", 3),
        unknown(at(1), 4),
        attempt(at(1), "expired", 5),
        unknown(at(1), 6),
        unknown(at(1), 7),
    ];
    database.attempts(&batch, PLENTY);
    let expected =
        ["070707070707", "060606060606", "5", "040404040404", "3", "020202020202", "010101010101"];
    assert_eq!(read(&database, &everything()), expected);
}

fn verifications_and_changes_can_be_read_alone(database: Database) {
    database.change(at(1), &action("prune"));
    database.attempts(&[unknown(at(1), 1)], PLENTY);
    let changes = LogQuery { changes: true, ..LogQuery::default() };
    assert_eq!(read(&database, &changes), ["prune"]);
    assert_eq!(read(&database, &attempts()), ["010101010101"]);
    assert_eq!(database.log(&LogQuery::default()), []);
}

fn failures_leave_out_good_verifications_and_changes(database: Database) {
    database.change(at(1), &action("prune"));
    let batch = [
        attempt(at(1), "good", 1),
        attempt(at(2), "insufficient_scope", 2),
        attempt(at(3), "revoked", 3),
        unknown(at(4), 4),
        unknown(at(4), 5),
    ];
    database.attempts(&batch, PLENTY);
    let failures = LogQuery { failures: true, ..everything() };
    assert_eq!(read(&database, &failures), ["050505050505", "040404040404", "3", "2"]);
}

fn rows_about_one_token_can_be_read_alone(database: Database) {
    let about = |id| Change { token: Some(subject(id)), ..action("revoke") };
    database.change(at(1), &about(7));
    database.change(at(2), &about(8));
    database.change(at(3), &action("prune"));
    let batch = [attempt(at(4), "good", 7), attempt(at(5), "good", 8), unknown(at(6), 1)];
    database.attempts(&batch, PLENTY);
    let entries = database.log(&LogQuery { token_id: Some(7), ..everything() });
    let times: Vec<_> = entries.iter().map(|entry| (entry.token_id, entry.time)).collect();
    assert_eq!(times, [(Some(7), at(4)), (Some(7), at(1))]);
}

fn rows_since_an_instant_include_that_instant(database: Database) {
    let just_before = Timestamp::from_millis(at(2).millis() - 1).unwrap();
    database.change(just_before, &action("before"));
    database.change(at(2), &action("then"));
    database.attempts(&[unknown(just_before, 1), unknown(at(2), 2), unknown(at(3), 3)], PLENTY);
    let since = LogQuery { since: Some(at(2)), ..everything() };
    assert_eq!(read(&database, &since), ["030303030303", "020202020202", "then"]);
}

fn filters_combine(database: Database) {
    let batch = [
        attempt(at(1), "expired", 7),
        attempt(at(2), "expired", 8),
        attempt(at(3), "good", 7),
        attempt(at(4), "revoked", 7),
    ];
    database.attempts(&batch, PLENTY);
    let query = LogQuery { failures: true, token_id: Some(7), since: Some(at(2)), ..everything() };
    let times: Vec<_> = database.log(&query).iter().map(|entry| entry.time).collect();
    assert_eq!(times, [at(4)]);
}

fn a_log_stops_when_told(database: Database) {
    database.change(at(1), &action("prune"));
    database.attempts(&[2, 3, 4].map(|byte| unknown(at(2), byte)), PLENTY);
    let read = |limit| {
        marks(&database.read(|rows| first(limit, |each| rows.log(&everything(), each).map(drop))))
    };
    // Within verifications of one time, at their end, and after it.
    assert_eq!(read(2), ["040404040404", "030303030303"]);
    assert_eq!(read(3), ["040404040404", "030303030303", "020202020202"]);
    assert_eq!(read(4), ["040404040404", "030303030303", "020202020202", "prune"]);
}

fn after_the_end_of_the_log_come_only_later_rows(database: Database) {
    database.change(at(5), &action("earlier"));
    database.attempts(&[unknown(at(5), 1), unknown(at(5), 2)], PLENTY);
    let position = end(&database);
    assert_eq!(read(&database, &after(position)), [""; 0]);
    // Recorded later, whatever the clock says.
    database.change(at(1), &action("later"));
    database.attempts(&[unknown(at(5), 3), unknown(at(5), 4)], PLENTY);
    let expected = ["040404040404", "030303030303", "later"];
    assert_eq!(read(&database, &after(position)), expected);
    assert_eq!(read(&database, &after(end(&database))), [""; 0]);
    assert_eq!(read(&database, &after(LogPosition::default())).len(), 6);
}

fn the_end_of_the_log_moves_with_either_kind_of_row(database: Database) {
    let empty = end(&database);
    let change = database.change(at(1), &action("prune"));
    let changed = end(&database);
    assert_eq!(changed, LogPosition { change, ..empty });
    database.attempts(&[unknown(at(1), 1)], PLENTY);
    let verified = end(&database);
    assert_eq!(verified.change, change);
    assert!(verified.attempt > changed.attempt);
    database.attempts(&[2, 3, 4].map(|byte| unknown(at(1), byte)), PLENTY);
    assert!(end(&database).attempt > verified.attempt);
}

fn before_a_position_come_only_earlier_rows(database: Database) {
    database.change(at(5), &action("earlier"));
    database.attempts(&[unknown(at(5), 1), unknown(at(5), 2)], PLENTY);
    let position = end(&database);
    // Recorded later, whatever the clock says.
    database.change(at(1), &action("later"));
    database.attempts(&[unknown(at(1), 3), unknown(at(5), 4)], PLENTY);
    let before = LogQuery { before: Some(position), ..everything() };
    assert_eq!(read(&database, &before), ["020202020202", "010101010101", "earlier"]);
    let nothing = LogQuery { before: Some(LogPosition::default()), ..everything() };
    assert_eq!(read(&database, &nothing), [""; 0]);
    let between = LogQuery { before: Some(end(&database)), ..after(position) };
    assert_eq!(read(&database, &between), ["040404040404", "030303030303", "later"]);
}

/// At most so many rows of a query, and where to go on.
fn page(database: &Database, query: &LogQuery, rows: usize) -> (Vec<String>, Option<LogPosition>) {
    let mut older = None;
    let read = |log: &mut dyn ReadTransaction| {
        first(rows, |each| {
            older = log.log(query, each)?;
            Ok(())
        })
    };
    let entries = database.read(read);
    (marks(&entries), older)
}

/// All pages of a query, one behind the other. Before each but the first, `meanwhile` runs.
fn pages(database: &Database, query: &LogQuery, rows: usize, meanwhile: impl Fn()) -> Vec<String> {
    let (mut all, mut older) = page(database, query, rows);
    while older.is_some() {
        meanwhile();
        let (mut next, position) =
            page(database, &LogQuery { before: older, ..query.clone() }, rows);
        assert!(next.len() <= rows && all.len() < 1000, "{rows}");
        all.append(&mut next);
        older = position;
    }
    all
}

/// Rows of both tables at equal and different times, some of them with the clock set back, and several
/// unknown secrets at one time.
fn interleaved_rows(database: &Database) {
    let mut byte = 0;
    for seconds in [1, 2, 2, 5, 3, 4, 4, 9, 6, 6] {
        database.change(at(seconds), &action("change"));
        let about = Change { token: Some(subject(7)), ..action("about 7") };
        database.change(at(11 - seconds), &about);
        let batch: Vec<_> = (byte..byte + 4).map(|byte| unknown(at(seconds), byte)).collect();
        database.attempts(&batch, PLENTY);
        database.attempts(&[attempt(at(seconds), "good", 7), unknown(at(3), byte + 4)], PLENTY);
        byte += 5;
    }
}

fn a_log_that_ends_has_no_position_to_go_on_from(database: Database) {
    assert_eq!(page(&database, &everything(), 1), (vec![], None));
    database.attempts(&[unknown(at(1), 1), unknown(at(1), 2)], PLENTY);
    assert_eq!(page(&database, &everything(), 3).1, None);
    let (_, older) = page(&database, &everything(), 2);
    let rest = LogQuery { before: Some(older.unwrap()), ..everything() };
    assert_eq!(page(&database, &rest, 2), (vec![], None));
}

fn pages_of_the_log_leave_out_and_repeat_no_row(database: Database) {
    interleaved_rows(&database);
    let expected = read(&database, &everything());
    assert_eq!(expected.len(), 80);
    for rows in [1, 2, 3, 7, 79, 80, 81] {
        assert_eq!(pages(&database, &everything(), rows, || {}), expected, "{rows}");
    }
    // Newer rows, earlier times.
    let meanwhile = || {
        database.change(at(0), &action("meanwhile"));
        database.attempts(&[unknown(at(4), 201), unknown(at(4), 202)], PLENTY);
    };
    assert_eq!(pages(&database, &everything(), 7, meanwhile), expected);
}

fn pages_of_one_kind_or_token_leave_out_and_repeat_no_row(database: Database) {
    interleaved_rows(&database);
    let changes = LogQuery { changes: true, ..LogQuery::default() };
    let about_one = LogQuery { token_id: Some(7), ..everything() };
    let failures = LogQuery { failures: true, since: Some(at(3)), ..everything() };
    for query in [attempts(), changes, about_one, failures] {
        let expected = read(&database, &query);
        assert!(expected.len() >= 20, "{}", expected.len());
        for rows in [1, 3, 6] {
            assert_eq!(pages(&database, &query, rows, || {}), expected, "{query:?}");
        }
        // The first page sets the end, also of the table that none of its rows is from.
        let (_, older) = page(&database, &query, 1);
        interleaved_rows(&database);
        let rest = LogQuery { before: older, ..query.clone() };
        assert_eq!(read(&database, &rest), expected[1..], "{query:?}");
    }
}

fn pages_go_on_while_old_verifications_are_deleted(database: Database) {
    database.attempts(&[1, 2, 3, 4, 5, 6].map(|byte| unknown(at(1), byte)), PLENTY);
    let (newest, older) = page(&database, &everything(), 2);
    assert_eq!(newest, ["060606060606", "050505050505"]);
    // Cuts through the row of unknown secrets in which the page ended.
    database.write(|rows| rows.trim_attempts(4));
    let rest = LogQuery { before: older, ..everything() };
    assert_eq!(read(&database, &rest), ["040404040404", "030303030303"]);
    database.write(|rows| rows.trim_attempts(1));
    assert_eq!(read(&database, &rest), [""; 0]);
}

fn a_position_that_nobody_got_is_no_error(database: Database) {
    database.change(at(1), &action("prune"));
    database.attempts(&[unknown(at(1), 1)], PLENTY);
    for (number, expected) in [(i64::MIN, 0), (-1, 0), (i64::MAX, 2)] {
        let before = Some(LogPosition { attempt: number, change: number });
        assert_eq!(read(&database, &LogQuery { before, ..everything() }).len(), expected);
    }
}

fn a_position_stays_good_while_old_verifications_are_deleted(database: Database) {
    database.attempts(&[1, 2, 3].map(|byte| unknown(at(1), byte)), PLENTY);
    let position = end(&database);
    database.attempts(&[unknown(at(2), 4)], 1);
    assert_eq!(read(&database, &after(position)), ["040404040404"]);
    database.attempts(&[unknown(at(3), 5), unknown(at(3), 6)], 2);
    assert_eq!(read(&database, &after(position)), ["060606060606", "050505050505"]);
}

fn the_newest_verifications_are_kept(database: Database) {
    for byte in 1..=5 {
        database.attempts(&[unknown(at(byte.into()), byte)], 3);
    }
    let expected = ["050505050505", "040404040404", "030303030303"];
    assert_eq!(read(&database, &attempts()), expected);
    database.attempts(&[attempt(at(6), "good", 6)], 1);
    assert_eq!(read(&database, &attempts()), ["6"]);
}

fn keeping_none_deletes_all_verifications(database: Database) {
    database.attempts(&[unknown(at(1), 1)], PLENTY);
    database.attempts(&[attempt(at(2), "good", 2), unknown(at(2), 3)], 0);
    assert_eq!(database.log(&attempts()), []);
    database.attempts(&[unknown(at(3), 4)], PLENTY);
    assert_eq!(read(&database, &attempts()), ["040404040404"]);
}

fn a_batch_larger_than_the_limit_keeps_its_newest(database: Database) {
    database.attempts(&[unknown(at(1), 1)], PLENTY);
    let batch = [attempt(at(2), "good", 2), attempt(at(2), "good", 3), unknown(at(2), 4)];
    database.attempts(&batch, 2);
    assert_eq!(read(&database, &attempts()), ["040404040404", "3"]);
}

fn a_large_limit_keeps_everything(database: Database) {
    for keep in [u64::MAX, i64::MAX as u64, i64::MAX as u64 + 1] {
        database.attempts(&[unknown(at(1), 1), unknown(at(1), 2)], keep);
    }
    assert_eq!(database.log(&attempts()).len(), 6);
    assert_eq!(database.write(|rows| rows.trim_attempts(u64::MAX)), 0);
    assert_eq!(database.log(&attempts()).len(), 6);
}

fn trimming_tells_how_many_verifications_were_deleted(database: Database) {
    let trim = |keep| database.write(|rows| rows.trim_attempts(keep));
    assert_eq!(trim(0), 0);
    database.attempts(&[1, 2, 3].map(|id| attempt(at(id), "good", id)), PLENTY);
    assert_eq!(trim(4), 0);
    assert_eq!(trim(3), 0);
    assert_eq!(trim(1), 2);
    assert_eq!(read(&database, &attempts()), ["3"]);
    assert_eq!(trim(0), 1);
    assert_eq!(database.log(&attempts()), []);
    assert_eq!(trim(0), 0);
}

fn trimming_cuts_through_unknown_secrets_of_one_time(database: Database) {
    database.attempts(&[attempt(at(1), "good", 9)], PLENTY);
    database.attempts(&[1, 2, 3, 4, 5].map(|byte| unknown(at(2), byte)), PLENTY);
    database.attempts(&[attempt(at(3), "good", 7)], PLENTY);
    let trim = |keep| database.write(|rows| rows.trim_attempts(keep));
    assert_eq!(trim(4), 3);
    assert_eq!(read(&database, &attempts()), ["7", "050505050505", "040404040404", "030303030303"]);
    assert_eq!(trim(3), 1);
    assert_eq!(read(&database, &attempts()), ["7", "050505050505", "040404040404"]);
    assert_eq!(trim(1), 2);
    assert_eq!(read(&database, &attempts()), ["7"]);
}

fn trimming_leaves_changes_alone(database: Database) {
    database.change(at(1), &action("prune"));
    database.attempts(&[unknown(at(2), 1)], PLENTY);
    database.write(|rows| rows.trim_attempts(0));
    assert_eq!(read(&database, &everything()), ["prune"]);
}

/// The sums of what is counted since an instant: good ones and others at each time.
fn counts(database: &Database, since: Timestamp) -> Vec<(i64, bool, u64)> {
    let counts = database.read(|rows| all(|each| rows.attempt_counts(since, each)));
    let mut sums = std::collections::BTreeMap::new();
    for AttemptCount { at, good, count } in counts {
        *sums.entry((at.millis() - self::at(0).millis(), good)).or_default() += count;
    }
    sums.into_iter().map(|((millis, good), count)| (millis, good, count)).collect()
}

fn verifications_are_counted_by_time_and_success(database: Database) {
    let batch = [
        attempt(at(1), "good", 1),
        attempt(at(1), "good", 2),
        attempt(at(1), "insufficient_scope", 3),
        unknown(at(1), 4),
        unknown(at(2), 5),
        unknown(at(2), 6),
        unknown(at(2), 7),
    ];
    database.attempts(&batch, PLENTY);
    database.attempts(&[attempt(at(2), "expired", 8)], PLENTY);
    database.change(at(2), &action("prune"));
    let start = extreme_times()[0];
    let expected = [(1000, false, 2), (1000, true, 2), (2000, false, 4)];
    assert_eq!(counts(&database, start), expected);
    database.write(|rows| rows.trim_attempts(3));
    assert_eq!(counts(&database, start), [(2000, false, 3)]);
}

fn counts_since_an_instant_include_that_instant(database: Database) {
    let just_before = Timestamp::from_millis(at(2).millis() - 1).unwrap();
    let batch = [unknown(just_before, 1), unknown(at(2), 2), attempt(at(3), "good", 3)];
    database.attempts(&batch, PLENTY);
    assert_eq!(counts(&database, at(2)), [(2000, false, 1), (3000, true, 1)]);
    assert_eq!(counts(&database, at(4)), []);
}

fn a_count_of_verifications_stops_when_told(database: Database) {
    let batch = [1, 2, 3].map(|id| attempt(at(id), "good", id));
    database.attempts(&batch, PLENTY);
    let counts = database.read(|rows| first(1, |each| rows.attempt_counts(at(0), each)));
    assert_eq!(counts.len(), 1);
}

fn a_detail_can_be_replaced(database: Database) {
    let detailed = Change { detail: Some("begun".into()), ..action("prune") };
    let id = database.change(at(1), &detailed);
    database.change(at(2), &detailed);
    database.write(|rows| rows.update_change(id, "deleted 3 tokens"));
    let entries = database.log(&everything());
    let details: Vec<_> = entries.iter().map(|entry| entry.reason.as_deref().unwrap()).collect();
    assert_eq!(details, ["begun", "deleted 3 tokens"]);
    assert_eq!((entries[1].time, entries[1].action.as_str()), (at(1), "prune"));
}

fn a_change_that_does_not_exist_cannot_be_updated(database: Database) {
    let id = database.change(at(1), &action("prune"));
    let result = database.try_write(|rows| rows.update_change(id + 1, "lost"));
    assert_error!(result, Error::NotFound);
    assert_eq!(database.log(&everything())[0].reason, None);
}

fn a_change_is_recorded_for_each_token_of_a_user(database: Database) {
    let (alice, bob) = (database.user("alice"), database.user("bob"));
    let token = |user, byte, name: &str| {
        database.token(&NewToken { name: name.into(), ..new_token(user, byte) })
    };
    let first = token(alice, 1, "CI");
    token(bob, 2, "not hers");
    let second = token(alice, 3, "deploy");
    let change = Change {
        action: "delete",
        token: None,
        user: Some("alice".into()),
        detail: Some("with its owner".into()),
    };
    let row = ChangeRow { at: at(1), actor: &actor(), change: &change };
    database.write(|rows| rows.insert_change_for_tokens_of(alice, row));
    let expected = |id, name: &str| LogEntry {
        kind: "admin".into(),
        action: "delete".into(),
        token_id: Some(id),
        token_name: Some(name.into()),
        user: Some("alice".into()),
        outcome: "done".into(),
        ..rejected(at(1), "with its owner", None)
    };
    assert_eq!(database.log(&everything()), [expected(second, "deploy"), expected(first, "CI")]);
}

fn a_change_for_the_tokens_of_a_missing_user_is_refused(database: Database) {
    let alice = database.user("alice");
    let record = |user| {
        let row = ChangeRow { at: at(1), actor: &actor(), change: &action("delete") };
        database.try_write(|rows| rows.insert_change_for_tokens_of(user, row))
    };
    assert_error!(record(alice + 1), Error::NotFound);
    record(alice).unwrap();
    assert_eq!(database.log(&everything()), []);
}

fn the_log_outlives_tokens_and_users(database: Database) {
    let user = database.user("alice");
    let id = database.token(&new_token(user, 1));
    database.attempts(&[attempt(at(1), "good", id)], PLENTY);
    let change = Change { token: Some(subject(id)), ..action("create") };
    database.change(at(2), &change);
    let before = database.log(&everything());
    assert_eq!(before.len(), 2);
    database.write(|rows| rows.delete_user(user));
    assert_eq!(database.log(&everything()), before);
}

fn the_log_keeps_any_text(database: Database) {
    for text in difficult_texts() {
        let subject = Subject { id: 7, name: text.clone() };
        let actor = Actor { account: text.clone(), sudo: Some(text.clone()) };
        let caller = Caller { source: Some(text.clone()), agent: Some(text.clone()) };
        let (token, user) = (Some(subject.clone()), Some(text.clone()));
        let change = Change { action: "edit", token, user, detail: Some(text.clone()) };
        let token = Some((subject, text.clone()));
        let attempts = &[Attempt { token, caller, ..attempt(at(2), "good", 7) }];
        database.write(|rows| {
            rows.insert_change(ChangeRow { at: at(1), actor: &actor, change: &change })?;
            rows.insert_attempts(Attempts { attempts, actor: &actor, keep: 1 })
        });
        let entries = database.log(&everything());
        let (verified, changed) = (&entries[0], &entries[1]);
        assert_eq!([&verified.account, verified.token_name.as_ref().unwrap()], [&text, &text]);
        assert_eq!([verified.sudo.as_ref(), verified.user.as_ref()], [Some(&text); 2]);
        assert_eq!([verified.source.as_ref(), verified.agent.as_ref()], [Some(&text); 2]);
        assert_eq!([&changed.account, changed.token_name.as_ref().unwrap()], [&text, &text]);
        assert_eq!([changed.sudo.as_ref(), changed.user.as_ref()], [Some(&text); 2]);
        assert_eq!(changed.reason.as_ref(), Some(&text));
    }
}

fn the_log_keeps_times_to_the_millisecond(database: Database) {
    let [start, end, now] = extreme_times();
    for time in [start, now, end] {
        database.change(time, &action("prune"));
        database.attempts(&[attempt(time, "good", 1)], PLENTY);
    }
    let times: Vec<_> = database.log(&everything()).iter().map(|entry| entry.time).collect();
    assert_eq!(times, [end, end, now, now, start, start]);
}
