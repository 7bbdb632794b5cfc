//! `show`: all fields of one token, selected by id, secret, hash or name.

mod support;

use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use support::{DAY, Sandbox, TOKEN_KEYS, UNKNOWN, keys, sha256};

#[test]
fn json_has_all_fields() {
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
            "replaces": null, "replaced_by": null,
        })
    );
    assert!(created.len() == 20 && created.ends_with('Z'), "{created}");
}

#[test]
fn json_names_the_tokens_of_a_rotation() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.run(&["rotate", "1"]).exits(0);
    let (old, new) = (sandbox.json(&["show", "1"]), sandbox.json(&["show", "2"]));
    assert_eq!((&old["replaces"], &old["replaced_by"]), (&json!(null), &json!(2)));
    assert_eq!((&new["replaces"], &new["replaced_by"]), (&json!(1), &json!(null)));
}

#[test]
fn the_table_has_a_line_per_field() {
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
    assert_eq!(shown[6].0, "created");
    assert!(shown[6].1.starts_with(&text("created_at")), "{shown:?}");
    assert_eq!(shown[7], ("expires", "never"));
    assert_eq!(shown[8], ("last used", "never"));
    assert_eq!(shown[9].0, "revoked");
    assert!(shown[9].1.starts_with(&text("revoked_at")), "{shown:?}");
    assert!(shown[9].1.ends_with(": lost"), "{shown:?}");
    assert_eq!(shown[10], ("source", "tokctl"));
    assert_eq!(shown.len(), 11);
}

#[test]
fn a_token_is_selected_by_id_secret_hash_or_name() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "other"]);
    let secret = sandbox.create(&["--name", "CI"]);
    let hash = sha256(&secret);
    let upper = hash.to_uppercase();
    let bearer = format!("Authorization: Bearer {secret}");
    for selector in [
        &["2"][..],
        &["002"],
        &[&secret],
        &[&bearer],
        &["--hash", &hash],
        &["--hash", &upper],
        &["--name", "CI"],
    ] {
        assert_eq!(sandbox.json(&[&["show"], selector].concat())["id"], 2, "{selector:?}");
    }
    for stdin in [secret.clone(), format!("{secret}\n"), format!("{bearer}\r\n")] {
        let ran = sandbox.tokctl(&["show", "-", "--json"]).stdin(stdin).go().exits(0);
        assert_eq!(ran.json()["id"], 2);
    }
    // To look at a token is not to use it.
    assert_eq!(sandbox.number("SELECT max(last_used_at) FROM tokens"), None);
}

#[test]
fn an_unknown_id_is_not_found() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    for id in ["0", "-1", "2", "9223372036854775807", "-9223372036854775808"] {
        sandbox
            .run(&["show", id])
            .fails(1, &format!("token {id} not found: no token has this id"))
            .hints("`tokctl list --all` lists all tokens");
    }
    for id in ["9223372036854775808", "-9223372036854775809", &"9".repeat(300)] {
        sandbox.run(&["show", id]).fails(1, "token not found: no id is this large");
    }
}

#[test]
fn a_name_or_hash_without_its_option_gets_a_hint() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    sandbox.create(&["--name", "the CI"]);
    let hint = "use --name to select by name, or --hash to select by SHA-256";
    for text in ["CI", "the CI", "", "1; DROP TABLE tokens", &sha256(&secret)] {
        sandbox
            .run(&["show", text])
            .fails(1, "token not found: this is neither an id nor a token's secret")
            .hints(hint);
    }
    let not_text = [OsStr::new("show"), OsStr::from_bytes(b"\xff")];
    sandbox.run(&not_text).fails_somehow(1).hints(hint);
}

#[test]
fn an_unknown_secret_is_not_found() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["show", UNKNOWN])
        .fails(1, "token not found: no token has this secret")
        .hints("`tokctl list --all` lists all tokens");
}

#[test]
fn names_match_exactly() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    for name in ["ci", "C", "CI2", "*", "C_", "%", "", "' OR '1'='1"] {
        let hint = match name {
            "ci" | "CI2" => "did you mean --name CI?",
            _ => "`tokctl list --all` lists all tokens",
        };
        sandbox
            .run(&["show", "--name", name])
            .fails(1, "token not found: no token has exactly this name")
            .hints(hint);
    }
    let not_text = [OsStr::new("show"), OsStr::new("--name"), OsStr::from_bytes(b"\xff")];
    sandbox.run(&not_text).fails_somehow(2);
}

#[test]
fn an_ambiguous_name_is_refused_with_the_ids() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox.create(&["--name", "other"]);
    sandbox.create(&["--name", "CI"]);
    sandbox
        .run(&["show", "--name", "CI"])
        .fails(2, "ambiguous name: it matches 2 active tokens (ids 3, 1)")
        .hints("specify an id; `tokctl list --all --name=CI` lists them");
}

/// `list --name` takes a pattern, which would match other tokens.
#[test]
fn the_hint_has_no_command_when_the_name_looks_like_a_pattern() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--name", "CI *", "--count", "2"]).exits(0);
    sandbox
        .run(&["show", "--name", "CI *"])
        .fails(2, "ambiguous name: it matches 2 active tokens (ids 2, 1)")
        .hints("specify an id");
}

#[test]
fn an_invalid_hash_is_refused() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let hash = sha256(&secret);
    let no_digit = format!("g{}", &hash[1..]);
    for wrong in ["", "abc", &hash[1..], &format!("{hash}0"), &no_digit, &secret] {
        let ran = sandbox.run(&["show", "--hash", wrong]).fails_somehow(2);
        assert!(
            ran.stderr.contains(
                "' for '--hash <HEX>': \
                 must be 64 hexadecimal digits (SHA-256), or 128 for an access key of Strapi\n"
            ),
            "{ran:#?}"
        );
    }
}

#[test]
fn an_unknown_hash_is_not_found() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox
        .run(&["show", "--hash", &sha256(UNKNOWN)])
        .fails(1, "token not found: no token has this hash");
}

#[test]
fn exactly_one_selector_is_required() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox
        .run(&["show"])
        .fails(2, "no token was selected: there is no terminal to prompt for its secret")
        .hints("pass an id, --name or --hash, or pass - and send its secret on standard input");
    sandbox.run(&["show", "1", "2"]).fails_somehow(2);
    sandbox.run(&["show", "1", "--name", "CI"]).fails_somehow(2);
    sandbox.run(&["show", "--name", "CI", "--hash", &sha256("")]).fails_somehow(2);
    sandbox.run(&["show", "--reason", "x"]).fails_somehow(2);
}

#[test]
fn standard_input_without_a_secret_selects_nothing() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let huge = vec![b'1'; 10 << 20];
    for input in [b"".as_slice(), b"\n", b"1\n2\n", b"\0", b"\xff\xfe", &huge] {
        sandbox
            .tokctl(&["show", "-"])
            .stdin(input)
            .go()
            .fails(1, "token not found: this is neither an id nor a token's secret");
    }
}

/// What a client sends is a secret; it must not select a token by number.
#[test]
fn standard_input_takes_no_id() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox
        .tokctl(&["show", "-"])
        .stdin("1\n")
        .go()
        .fails(1, "token not found: no token has this secret");
}

#[test]
fn escape_sequences_in_a_name_are_shown_escaped() {
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
fn times_have_a_fraction_only_when_it_is_not_zero() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.sql(&format!("UPDATE tokens SET created_at = {}, last_used_at = 1337", 365 * DAY));
    let token = sandbox.json(&["show", "1"]);
    assert_eq!(token["created_at"], "1971-01-01T00:00:00Z");
    assert_eq!(token["last_used_at"], "1970-01-01T00:00:01.337Z");
}
