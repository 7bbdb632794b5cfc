//! `settings`: what everyone who uses a database shares.

mod support;

use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use support::{Sandbox, UNKNOWN, keys};

/// A setting with its default (if it has one), a valid value and invalid ones.
type Known = (&'static str, Option<&'static str>, &'static str, &'static [&'static str]);
const KNOWN: [Known; 10] = [
    (
        "prefix",
        Some("tok"),
        "acme_1",
        &["", "Tok", "1a", "a_", "_a", "a-b", "a234567890123456789012345678901_2", "é", "a b"],
    ),
    ("default-user", None, "alice", &["", " ", "a\nb"]),
    ("default-expires", Some("never"), "90d", &["", "0s", "-1d", "2030-01-01", "soon", "9999999y"]),
    ("max-expires", Some("never"), "1y", &["", "0s", "-1d", "2030-01-01", "soon"]),
    ("unused-lifetime", Some("1y"), "never", &["", "0s", "-1d", "soon"]),
    ("last-used-resolution", Some("60s"), "0s", &["", "never", "-1s", "soon"]),
    ("record-attempts", Some("failures"), "all", &["", "some", "None", "failures,all"]),
    ("attempts-kept", Some("100000"), "0", &["", "-1", "1.5", "100000001", "1e3", "many"]),
    ("allowed-scopes", Some("any"), "posts.*,users.read", &["", "a,,b", "a b", "a*", ",", "é"]),
    ("owners", Some("any"), "admins", &["", "admin", "alice", "ADMINS"]),
];

#[test]
fn the_list_has_value_default_and_meaning_of_every_setting() {
    let sandbox = Sandbox::with_alice();
    let list = sandbox.json(&["settings", "list"]);
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), KNOWN.len());
    for (row, (key, default, ..)) in list.iter().zip(KNOWN) {
        assert_eq!(keys(row), ["key", "value", "default", "values", "meaning"]);
        assert_eq!((&row["key"], &row["default"]), (&json!(key), &json!(default)));
        let value = if key == "default-user" { Some("alice") } else { default };
        assert_eq!(row["value"], json!(value));
        assert!(!row["meaning"].as_str().unwrap().is_empty());
    }
    let ran = sandbox.run(&["settings", "list"]).exits(0);
    for (key, ..) in KNOWN {
        assert!(ran.stdout.lines().any(|line| line.starts_with(key)), "{key}: {ran:#?}");
    }
}

#[test]
fn every_setting_can_be_set_read_and_unset() {
    let sandbox = Sandbox::with_alice();
    for (key, default, valid, _) in KNOWN {
        sandbox.run(&["settings", "unset", key]).exits(0);
        let plain = format!("{}\n", default.unwrap_or_default());
        sandbox.run(&["settings", "get", key]).exits(0).prints(&plain).remarks("");
        let set = sandbox.run(&["settings", "set", key, &format!(" {valid} ")]).exits(0);
        set.prints(&format!("{key} is {valid}\n"));
        sandbox.run(&["settings", "get", key]).exits(0).prints(&format!("{valid}\n"));
        assert_eq!(sandbox.json(&["settings", "get", key])["value"], valid);
        let unset = sandbox.run(&["settings", "unset", key]).exits(0);
        unset.prints(&format!("{key} is {}\n", default.unwrap_or("not set")));
        let row = sandbox.json(&["settings", "unset", key]);
        assert_eq!((&row["key"], &row["value"]), (&json!(key), &json!(default)));
    }
}

#[test]
fn invalid_values_are_refused() {
    let sandbox = Sandbox::with_alice();
    for (key, _, valid, invalid) in KNOWN {
        sandbox.run(&["settings", "set", key, valid]).exits(0);
        for value in invalid {
            let ran = sandbox.run(&["settings", "set", key, value]).fails_somehow(2);
            let start = format!("tokctl: invalid value for {key}: ");
            assert!(ran.stderr.starts_with(&start), "{ran:#?}");
            assert!(ran.stderr.contains(&format!("\nhint: {key} takes ")), "{ran:#?}");
        }
        sandbox.run(&["settings", "get", key]).prints(&format!("{valid}\n"));
    }
    let long = "a".repeat(300);
    sandbox.run(&["settings", "set", "allowed-scopes", &long]).fails_somehow(2);
    sandbox.run(&["settings", "set", "default-user", &long]).fails_somehow(2);
    let bytes = OsStr::from_bytes(b"\xff");
    let not_text = ["settings", "set", "prefix"].map(OsStr::new);
    sandbox.run(&[&not_text[..], &[bytes]].concat()).fails_somehow(2);
}

#[test]
fn an_error_says_what_is_wrong_with_a_value() {
    let sandbox = Sandbox::with_alice();
    let no_duration = "a duration must be a number and a unit (s, m, h, d, w, mo or y), such as 30d, 3mo or 1h30m";
    for (key, value, why) in [
        ("max-expires", "soon", no_duration),
        ("max-expires", "2030-01-01", no_duration),
        ("max-expires", "0s", "must be longer than 0s"),
        ("max-expires", "9999999y", "a duration cannot be longer than 8000 years"),
        ("record-attempts", "some", "must be none, failures or all"),
        ("owners", "bob", "must be any or admins"),
        ("attempts-kept", "-1", "must be a number from 0 to 100000000"),
        ("allowed-scopes", "a,,b", "a scope cannot be empty"),
        ("default-user", "", "a name cannot be empty"),
    ] {
        let error = format!("invalid value for {key}: {why}");
        sandbox.run(&["settings", "set", key, value]).fails(2, &error);
    }
}

#[test]
fn the_default_user_must_exist() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["settings", "set", "default-user", "stranger"])
        .fails(1, "user stranger not found: no user has this name");
    sandbox.run(&["settings", "get", "default-user"]).prints("alice\n");
}

#[test]
fn an_unknown_key_is_answered_with_the_known_ones() {
    let sandbox = Sandbox::with_alice();
    for command in ["get", "set", "unset"] {
        let value: &[&str] = if command == "set" { &["x"] } else { &[] };
        for key in ["prefx", "", "PREFIX", "' OR 1 --"] {
            let ran = sandbox.run(&[&["settings", command, key], value].concat());
            let ran = ran.fails_somehow(2);
            let known = "no such setting; the settings are prefix, default-user, ";
            assert!(ran.stderr.contains(known), "{ran:#?}");
        }
    }
}

#[test]
fn missing_and_surplus_arguments_are_usage_errors() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings"]).fails_somehow(2);
    sandbox.run(&["settings", "frob"]).fails_somehow(2);
    sandbox.run(&["settings", "get"]).fails_somehow(2);
    sandbox.run(&["settings", "set", "prefix"]).fails_somehow(2);
    sandbox.run(&["settings", "set", "prefix", "a", "b"]).fails_somehow(2);
    sandbox.run(&["settings", "list", "prefix"]).fails_somehow(2);
}

#[test]
fn a_command_fails_if_a_setting_in_the_database_is_invalid() {
    let sandbox = Sandbox::with_alice();
    for (key, command, code) in [
        ("prefix", &["create", "-q"][..], 0),
        ("max-expires", &["create", "-q"], 0),
        ("default-expires", &["create", "-q"], 0),
        ("allowed-scopes", &["create", "-q"], 0),
        ("owners", &["create", "-q"], 0),
        ("attempts-kept", &["prune"], 0),
        ("last-used-resolution", &["verify", UNKNOWN], 1),
        ("unused-lifetime", &["list"], 0),
    ] {
        sandbox.sql(&format!("INSERT INTO settings VALUES ('{key}', 'no such  thing')"));
        let ran = sandbox
            .run(command)
            .fails_somehow(4)
            .hints(&format!("`tokctl settings unset {key}` restores its default"));
        let start = format!("tokctl: invalid setting {key} in the database: ");
        assert!(ran.stderr.starts_with(&start), "{ran:#?}");
        sandbox.run(&["settings", "unset", key]).exits(0);
        sandbox.run(command).exits(code);
    }
}

#[test]
fn failures_are_recorded_if_record_attempts_is_invalid_in_the_database() {
    let sandbox = Sandbox::with_alice();
    sandbox.sql("INSERT INTO settings VALUES ('record-attempts', 'failure')");
    sandbox.run(&["verify", UNKNOWN]).exits(1);
    assert_eq!(sandbox.number("SELECT count(*) FROM attempts"), Some(1));
    let stats = sandbox.run(&["stats"]).exits(0).stdout;
    assert!(stats.contains("Only failed verifications are recorded"), "{stats}");
}
