//! `show`: one token, however it is named.

mod support;

use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use support::{DAY, Sandbox, TOKEN_KEYS, UNKNOWN, keys, sha256};

#[test]
fn all_fields() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI", "--scope", "a,b", "--expires", "9999-12-31"]);
    let token = sandbox.json(&["show", "1"]);
    assert_eq!(keys(&token), TOKEN_KEYS);
    let hint = token["hint"].as_str().unwrap();
    let created = token["created_at"].as_str().unwrap();
    assert_eq!(
        token,
        json!({
            "id": 1, "name": "CI", "user": "alice", "scopes": ["a", "b"], "status": "active",
            "hint": hint, "created_at": created, "expires_at": "9999-12-31T00:00:00Z",
            "last_used_at": null, "revoked_at": null, "revoked_reason": null, "source": "tokctl",
        })
    );
    assert!(created.len() == 20 && created.ends_with('Z'), "{created}");
}

#[test]
fn all_fields_for_people() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI", "--no-scopes"]);
    sandbox.run(&["revoke", "1", "--reason", "lost"]).exits(0);
    let ran = sandbox.run(&["show", "1"]).exits(0).remarks("");
    let token = sandbox.json(&["show", "1"]);
    let text = |key: &str| token[key].as_str().unwrap().to_string();
    let lines: Vec<_> = ran.stdout.lines().map(|line| line.split_once("  ").unwrap()).collect();
    let shown: Vec<_> = lines.iter().map(|(label, value)| (*label, value.trim())).collect();
    assert_eq!(shown[0], ("id", "1"));
    assert_eq!(shown[1], ("name", "CI"));
    assert_eq!(shown[2], ("user", "alice"));
    assert_eq!(shown[3], ("scopes", "none"));
    assert_eq!(shown[4], ("status", "revoked"));
    assert_eq!(shown[5], ("hint", text("hint").as_str()));
    assert!(shown[6].1.starts_with(&text("created_at")), "{shown:?}");
    assert_eq!(shown[7], ("expires", "never"));
    assert_eq!(shown[8], ("last used", "never"));
    assert!(shown[9].1.starts_with(&text("revoked_at")), "{shown:?}");
    assert!(shown[9].1.ends_with(": lost"), "{shown:?}");
    assert_eq!(shown[10], ("source", "tokctl"));
    assert_eq!(shown.len(), 11);
}

#[test]
fn by_id_secret_hash_and_name() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "other"]);
    let secret = sandbox.create(&["--name", "CI"]);
    let hash = sha256(&secret);
    let upper = hash.to_uppercase();
    let bearer = format!("Authorization: Bearer {secret}");
    for naming in [
        &["2"][..],
        &["002"],
        &[&secret],
        &[&bearer],
        &["--hash", &hash],
        &["--hash", &upper],
        &["--name", "CI"],
    ] {
        assert_eq!(sandbox.json(&[&["show"], naming].concat())["id"], 2, "{naming:?}");
    }
    for stdin in [secret.clone(), format!("{secret}\n"), format!("{bearer}\r\n")] {
        let ran = sandbox.tokctl(&["show", "-", "--json"]).stdin(stdin).go().exits(0);
        assert_eq!(ran.json()["id"], 2);
    }
    assert_eq!(sandbox.number("SELECT max(last_used_at) FROM tokens"), None);
}

#[test]
fn ids_there_are_none_of() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    for id in ["0", "-1", "2", "9223372036854775807", "-9223372036854775808"] {
        sandbox
            .run(&["show", id])
            .fails(1, &format!("there is no token {id}: no such id"))
            .hints("`tokctl list --all` shows what there is");
    }
    for id in ["9223372036854775808", "-9223372036854775809", &"9".repeat(300)] {
        sandbox.run(&["show", id]).fails(1, "there is no such token: no id is that large");
    }
}

#[test]
fn a_name_where_a_secret_or_an_id_belongs_gets_a_hint() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox.create(&["--name", "the CI"]);
    let hint = "a token's name goes with --name, its SHA-256 with --hash";
    for (name, why) in [
        ("CI", "that is neither an id nor a token's secret"),
        ("the CI", "that is neither an id nor a secret"),
        ("", "that is neither an id nor a secret"),
        ("1; DROP TABLE tokens", "that is neither an id nor a secret"),
        (UNKNOWN, "that is neither an id nor a token's secret"),
    ] {
        let error = format!("there is no such token: {why}");
        sandbox.run(&["show", name]).fails(1, &error).hints(hint);
    }
    let not_text = [OsStr::new("show"), OsStr::from_bytes(b"\xff")];
    sandbox.run(&not_text).fails_somehow(1).hints(hint);
}

#[test]
fn names_are_exact() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    for name in ["ci", "C", "CI2", "*", "C_", "%", "", "' OR '1'='1"] {
        let hint = match name {
            "ci" | "CI2" => "did you mean --name CI?",
            _ => "`tokctl list --all --name '*'` shows all names",
        };
        sandbox
            .run(&["show", "--name", name])
            .fails(1, "there is no such token: none has exactly that name")
            .hints(hint);
    }
    let not_text = [OsStr::new("show"), OsStr::new("--name"), OsStr::from_bytes(b"\xff")];
    sandbox.run(&not_text).fails_somehow(2);
}

#[test]
fn a_name_that_fits_several_is_ambiguous() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox.create(&["--name", "other"]);
    sandbox.create(&["--name", "CI"]);
    sandbox.run(&["revoke", "3"]).exits(0);
    sandbox
        .run(&["show", "--name", "CI"])
        .fails(2, "several tokens fit: 1, 3: only one can be meant")
        .hints("name it by its id: `tokctl list --all --name=CI` shows them");
    sandbox.run(&["create", "--name", "many", "--count", "12"]).exits(0);
    sandbox
        .run(&["show", "--name", "many"])
        .fails(2, "several tokens fit: 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, …: only one can be meant");
}

#[test]
fn hashes_that_are_none() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let hash = sha256(&secret);
    let no_digit = format!("g{}", &hash[1..]);
    for wrong in ["", "abc", &hash[1..], &format!("{hash}0"), &no_digit, &secret] {
        let ran = sandbox.run(&["show", "--hash", wrong]).fails_somehow(2);
        assert!(
            ran.stderr.contains(
                ": a SHA-256 is 64 hexadecimal digits (an access key of Strapi's, 128)\n"
            ),
            "{ran:#?}"
        );
    }
    sandbox
        .run(&["show", "--hash", &sha256(UNKNOWN)])
        .fails(1, "there is no such token: none has that hash");
}

#[test]
fn one_token_named_one_way() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox
        .run(&["show"])
        .fails(2, "no token is named: there is no terminal to ask for its secret at")
        .hints(
            "name it by its id, --name or --hash, or give - and send its secret on standard input",
        );
    sandbox.run(&["show", "1", "2"]).fails_somehow(2);
    sandbox.run(&["show", "1", "--name", "CI"]).fails_somehow(2);
    sandbox.run(&["show", "--name", "CI", "--hash", &sha256("")]).fails_somehow(2);
    sandbox.run(&["show", "--reason", "x"]).fails_somehow(2);
}

#[test]
fn standard_input_that_holds_no_secret() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let huge = vec![b'1'; 10 << 20];
    for input in [b"".as_slice(), b"\n", b"1\n2\n", b"\0", b"\xff\xfe", &huge] {
        sandbox.tokctl(&["show", "-"]).stdin(input).go().fails_somehow(1);
    }
    // An id is no secret: what a client sends names nothing by number.
    sandbox.tokctl(&["show", "-"]).stdin("1\n").go().fails_somehow(1);
}

#[test]
fn what_got_into_the_database_cannot_drive_the_terminal() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.sql("UPDATE tokens SET name = char(27) || '[2Jx' || char(10) || 'y'");
    for args in [&["show", "1"][..], &["list"]] {
        let ran = sandbox.run(args).exits(0);
        assert!(ran.stdout.contains("\\u{1b}[2Jx\\u{a}y"), "{ran:#?}");
        assert!(!ran.stdout.contains('\u{1b}'), "{ran:#?}");
    }
    assert_eq!(sandbox.json(&["show", "1"])["name"], "\u{1b}[2Jx\ny");
    let ran = sandbox.run(&["revoke", "1"]).exits(0);
    ran.prints("revoked token 1: \\u{1b}[2Jx\\u{a}y, alice\n");
}

#[test]
fn a_fraction_of_a_second_is_shown_where_there_is_one() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.sql(&format!("UPDATE tokens SET created_at = {}, last_used_at = 1337", 365 * DAY));
    let token = sandbox.json(&["show", "1"]);
    assert_eq!(token["created_at"], "1971-01-01T00:00:00Z");
    assert_eq!(token["last_used_at"], "1970-01-01T00:00:01.337Z");
}
