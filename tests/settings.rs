//! `settings`: what all who use a database share.

mod support;

use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use support::{Sandbox, keys};

/// Every key with its default (where it has one), a good value and bad ones.
type Known = (&'static str, Option<&'static str>, &'static str, &'static [&'static str]);
const KNOWN: [Known; 10] = [
    (
        "prefix",
        Some("tok"),
        "acme1",
        &["", "Tok", "1a", "a_b", "a-b", "abcdefghijklmnopq", "é", "a b"],
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
fn listed_with_value_default_and_meaning() {
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
fn set_and_got_and_unset() {
    let sandbox = Sandbox::with_alice();
    for (key, default, good, _) in KNOWN {
        sandbox.run(&["settings", "unset", key]).exits(0);
        let plain = format!("{}\n", default.unwrap_or_default());
        sandbox.run(&["settings", "get", key]).exits(0).prints(&plain).remarks("");
        let set = sandbox.run(&["settings", "set", key, &format!(" {good} ")]).exits(0);
        set.prints(&format!("{key} is {good}\n"));
        sandbox.run(&["settings", "get", key]).exits(0).prints(&format!("{good}\n"));
        assert_eq!(sandbox.json(&["settings", "get", key])["value"], good);
        let unset = sandbox.run(&["settings", "unset", key]).exits(0);
        unset.prints(&format!("{key} is {}\n", default.unwrap_or("not set")));
        let row = sandbox.json(&["settings", "unset", key]);
        assert_eq!((&row["key"], &row["value"]), (&json!(key), &json!(default)));
    }
}

#[test]
fn values_that_are_none_are_refused() {
    let sandbox = Sandbox::with_alice();
    for (key, _, good, bad) in KNOWN {
        sandbox.run(&["settings", "set", key, good]).exits(0);
        for value in bad {
            let ran = sandbox.run(&["settings", "set", key, value]).fails_somehow(2);
            assert!(ran.stderr.starts_with(&format!("tokctl: {key} cannot be that: ")), "{ran:#?}");
            assert!(ran.stderr.contains("\nhint: it takes "), "{ran:#?}");
        }
        sandbox.run(&["settings", "get", key]).prints(&format!("{good}\n"));
    }
    let long = "a".repeat(300);
    sandbox.run(&["settings", "set", "allowed-scopes", &long]).fails_somehow(2);
    sandbox.run(&["settings", "set", "default-user", &long]).fails_somehow(2);
    let bytes = OsStr::from_bytes(b"\xff");
    let not_text = ["settings", "set", "prefix"].map(OsStr::new);
    sandbox.run(&[&not_text[..], &[bytes]].concat()).fails_somehow(2);
}

#[test]
fn the_default_user_must_be_one() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["settings", "set", "default-user", "stranger"])
        .fails(1, "no user is named stranger: nobody here has that name");
    sandbox.run(&["settings", "get", "default-user"]).prints("alice\n");
}

#[test]
fn settings_there_are_none_of() {
    let sandbox = Sandbox::with_alice();
    for args in [&["get"][..], &["set"], &["unset"]] {
        let value: &[&str] = if args == ["set"] { &["x"] } else { &[] };
        for key in ["prefx", "", "PREFIX", "' OR 1 --"] {
            let ran = sandbox.run(&[&["settings"], args, &[key], value].concat());
            let ran = ran.fails_somehow(2);
            assert!(
                ran.stderr.contains("there is no such setting; there are prefix, "),
                "{ran:#?}"
            );
        }
    }
    sandbox.run(&["settings"]).fails_somehow(2);
    sandbox.run(&["settings", "frob"]).fails_somehow(2);
    sandbox.run(&["settings", "get"]).fails_somehow(2);
    sandbox.run(&["settings", "set", "prefix"]).fails_somehow(2);
    sandbox.run(&["settings", "set", "prefix", "a", "b"]).fails_somehow(2);
    sandbox.run(&["settings", "list", "prefix"]).fails_somehow(2);
}

#[test]
fn a_value_that_got_there_otherwise_stops_what_depends_on_it() {
    let sandbox = Sandbox::with_alice();
    for (key, command) in [
        ("prefix", &["create", "-q"][..]),
        ("max-expires", &["create", "-q"]),
        ("default-expires", &["create", "-q"]),
        ("allowed-scopes", &["create", "-q"]),
        ("unused-lifetime", &["list"]),
    ] {
        sandbox.sql(&format!("INSERT INTO settings VALUES ('{key}', 'no such  thing')"));
        let ran = sandbox
            .run(command)
            .fails_somehow(4)
            .hints(&format!("`tokctl settings unset {key}` brings its default back"));
        let start = format!("tokctl: the setting {key} in the database is not valid: ");
        assert!(ran.stderr.starts_with(&start), "{ran:#?}");
        sandbox.run(&["settings", "unset", key]).exits(0);
        sandbox.run(command).exits(0);
    }
}
