//! `stats`: the estate at a glance.

mod support;

use serde_json::json;
use support::{DAY, Sandbox, UNKNOWN, keys};

#[test]
fn an_empty_estate() {
    let sandbox = Sandbox::with_alice();
    let text = sandbox.run(&["stats"]).exits(0).remarks("").stdout;
    assert!(text.starts_with("0 tokens, 2 users\n"), "{text}");
    assert!(text.contains("expiring within 90 days: 0\n"), "{text}");
    assert_eq!(sandbox.json(&["stats"])["by_owner"], json!([]));
    Sandbox::new().run(&["stats"]).fails_somehow(4);
}

#[test]
fn what_there_is_is_counted() {
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
    let stats = sandbox.json(&["stats"]);
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
    assert_eq!(keys(&stats), expected);
    assert_eq!((&stats["tokens"], &stats["users"]), (&json!(4), &json!(3)));
    assert_eq!(
        stats["by_owner"],
        json!([{"name": "alice", "count": 2}, {"name": "bob", "count": 1}])
    );
    assert_eq!(stats["by_scope"], json!([{"name": "a", "count": 3}, {"name": "b", "count": 1}]));
    let status = |name: &str| {
        let all = stats["by_status"].as_array().unwrap();
        all.iter().find(|count| count["name"] == name).unwrap()["count"].clone()
    };
    assert_eq!(
        (status("active"), status("revoked"), status("banned")),
        (json!(3), json!(1), json!(0))
    );
    let days = |key: &str| -> Vec<(usize, u64)> {
        let days = stats[key].as_array().unwrap().iter().map(|count| count.as_u64().unwrap());
        days.enumerate().filter(|(_, count)| *count > 0).collect()
    };
    assert_eq!(stats["expiring"].as_array().unwrap().len(), 90);
    assert_eq!(days("expiring").iter().map(|day| day.0).collect::<Vec<_>>()[0], 1);
    assert_eq!(days("expiring").len(), 2);
    assert_eq!(days("uses"), [(29, 1)]);
    assert_eq!(days("rejections"), [(27, 1), (29, 1)]);
    let lines = sandbox.run(&["stats", "--format", "jsonl"]).exits(0).stdout;
    assert_eq!(lines.lines().count(), 1);
    sandbox.run(&["stats", "--format", "csv"]).exits(0);
}

#[test]
fn it_fits_eighty_columns_without_colour() {
    let sandbox = Sandbox::with_alice();
    for i in 0..12 {
        let name = format!("{}{i}", "n".repeat(200));
        sandbox.run(&["user", "add", &name]).exits(0);
        sandbox.create(&["--user", &name, "--scope", &format!("{}{i}", "s".repeat(200))]);
    }
    let text = sandbox.run(&["stats", "--color", "always"]).exits(0).stdout;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(text.contains("4 others"), "{text}");
}
