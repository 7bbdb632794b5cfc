//! `stats`: tokens, users and verifications in numbers.

mod support;

use serde_json::{Value, json};
use support::{DAY, Sandbox, UNKNOWN, keys};

/// Four tokens of two users, one of them revoked, with a good and two failed verifications. One
/// verification failed two days ago.
fn busy() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.run(&["settings", "set", "record-attempts", "all"]).exits(0);
    let secret = sandbox.create(&["--scope", "a,b", "--expires", "36h"]);
    sandbox.create(&["--scope", "a", "--user", "bob"]);
    sandbox.create(&["--scope", "a", "--expires", "89d"]);
    sandbox.create(&["--scope", "c"]);
    sandbox.run(&["revoke", "4"]).exits(0);
    sandbox.run(&["verify", &secret]).exits(0);
    sandbox.run(&["verify", UNKNOWN]).exits(1);
    sandbox.run(&["verify", "garbage"]).exits(1);
    sandbox.sql(&format!(
        "UPDATE attempts SET at = at - {} WHERE outcome = 'malformed'",
        2 * DAY + DAY / 2
    ));
    sandbox
}

/// The days whose count is not 0, with their counts.
fn busy_days(stats: &Value, key: &str) -> Vec<(usize, u64)> {
    let days = stats[key].as_array().unwrap().iter().map(|count| count.as_u64().unwrap());
    days.enumerate().filter(|(_, count)| *count > 0).collect()
}

#[test]
fn a_database_without_tokens_has_empty_statistics() {
    let sandbox = Sandbox::with_alice();
    let text = sandbox.run(&["stats"]).exits(0).remarks("").stdout;
    assert!(text.starts_with("0 tokens, 2 users\n"), "{text}");
    assert!(text.contains("expiring within 90 days: 0\n"), "{text}");
    assert_eq!(sandbox.json(&["stats"])["by_owner"], json!([]));
}

#[test]
fn a_missing_database_is_an_error() {
    Sandbox::without_tables().run(&["stats"]).fails_somehow(4);
}

#[test]
fn tokens_are_counted_by_status() {
    let stats = busy().json(&["stats"]);
    assert_eq!((&stats["tokens"], &stats["users"]), (&json!(4), &json!(3)));
    let status = |name: &str| {
        let all = stats["by_status"].as_array().unwrap();
        all.iter().find(|count| count["name"] == name).unwrap()["count"].clone()
    };
    assert_eq!(
        (status("active"), status("revoked"), status("banned")),
        (json!(3), json!(1), json!(0))
    );
}

#[test]
fn active_tokens_are_counted_by_owner_and_scope() {
    let stats = busy().json(&["stats"]);
    assert_eq!(
        stats["by_owner"],
        json!([{"name": "alice", "count": 2}, {"name": "bob", "count": 1}])
    );
    assert_eq!(stats["by_scope"], json!([{"name": "a", "count": 3}, {"name": "b", "count": 1}]));
}

#[test]
fn expiries_are_counted_by_day_from_today() {
    let stats = busy().json(&["stats"]);
    assert_eq!(stats["expiring"].as_array().unwrap().len(), 90);
    let days = busy_days(&stats, "expiring");
    assert_eq!(days.len(), 2);
    assert_eq!(days[0].0, 1);
}

#[test]
fn verifications_are_counted_by_day_up_to_today() {
    let stats = busy().json(&["stats"]);
    assert_eq!(busy_days(&stats, "uses"), [(29, 1)]);
    assert_eq!(busy_days(&stats, "rejections"), [(27, 1), (29, 1)]);
}

#[test]
fn statistics_are_one_record_in_every_format() {
    let sandbox = busy();
    let expected = [
        "tokens",
        "users",
        "by_status",
        "by_owner",
        "by_scope",
        "expiring",
        "uses",
        "rejections",
        "record_attempts",
    ];
    assert_eq!(keys(&sandbox.json(&["stats"])), expected);
    let lines = sandbox.run(&["stats", "--format", "jsonl"]).exits(0).stdout;
    assert_eq!(lines.lines().count(), 1);
    let csv = sandbox.run(&["stats", "--format", "csv"]).exits(0).stdout;
    assert_eq!(csv.lines().next(), Some(expected.join(",").as_str()));
}

#[test]
fn charts_fit_eighty_columns_and_have_no_colour() {
    let sandbox = Sandbox::with_alice();
    for i in 0..12 {
        let name = format!("{}{i}", "n".repeat(200));
        sandbox.run(&["user", "add", &name]).exits(0);
        sandbox.create(&["--user", &name, "--scope", &format!("{}{i}", "s".repeat(200))]);
    }
    let (_, text) = sandbox.terminal(80, &["stats", "--color", "always"]).ends();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(text.contains("4 others"), "{text}");
}
