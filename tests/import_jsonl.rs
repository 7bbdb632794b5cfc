//! `import jsonl`: lines that were made by hand or by a statement of SQL. What `export` writes is in
//! `tests/export.rs`.

mod support;

use serde_json::{Value, json};
use std::fs;
use support::database::on_server;
use support::foreign::assert_same_report;
use support::{Ran, Sandbox, now, sha256};

/// A secret that looks like no hash.
const SECRET: &str = "sesame-open-to-me-and-nobody-else-0001";

/// Secrets of two tokens of one system.
const ONE: &str = "first-secret-of-the-other-system-0001";
const TWO: &str = "second-secret-of-the-other-system-0002";

fn import(sandbox: &Sandbox, text: &str, args: &[&str]) -> Ran {
    let file = sandbox.file("lines.jsonl", text);
    sandbox.run(&[&["import", "jsonl", &file], args].concat())
}

/// Imports lines and returns the report.
#[track_caller]
fn report(sandbox: &Sandbox, text: &str, args: &[&str]) -> Value {
    import(sandbox, text, &[args, &["--json"]].concat()).exits(0).json()
}

/// The line of a token with these keys, besides a name, an owner and a hash.
fn token(keys: Value) -> String {
    line(json!({"name": "CI", "user": "bob", "hash": sha256(SECRET)}), keys)
}

fn user(keys: Value) -> String {
    line(json!({"type": "user", "id": 1, "name": "bob"}), keys)
}

fn line(mut line: Value, keys: Value) -> String {
    line.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    format!("{line}\n")
}

/// What `verify` answers, as JSON.
fn answer(sandbox: &Sandbox, secret: &str) -> Value {
    sandbox.tokctl(&["verify", "--json", "-"]).stdin(secret).go().json()
}

/// The exit code of `verify`, and the reason.
#[track_caller]
fn answers(sandbox: &Sandbox, secret: &str, reason: Option<&str>) {
    let answer = answer(sandbox, secret);
    assert_eq!((&answer["active"], &answer["reason"]), (&json!(reason.is_none()), &json!(reason)));
}

/// The record of the token with this secret.
fn record(sandbox: &Sandbox, secret: &str) -> Value {
    sandbox.json(&["show", "--hash", &sha256(secret)])
}

#[test]
fn a_token_with_more_than_1000_scopes_is_skipped() {
    let sandbox = Sandbox::with_alice();
    let scopes = |count| (0..count).map(|i| format!("s.{i}")).collect::<Vec<_>>();
    let hash = sha256(ONE);
    let text = [
        token(json!({"scopes": scopes(1000)})),
        token(json!({"scopes": scopes(1001), "hash": hash})),
    ];
    let report = report(&sandbox, &text.concat(), &[]);
    assert_eq!((&report["tokens_imported"], &report["tokens_skipped"]), (&json!(1), &json!(1)));
    assert_eq!(report["skipped"][0]["reason"], "more than 1000 scopes");
    answers(&sandbox, ONE, Some("unknown"));
}

#[test]
fn a_stream_without_line_endings_is_not_read_to_its_end() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["import", "jsonl", "/dev/zero"]);
    ran.fails(2, "/dev/zero, line 1: longer than 1 MiB");
}

#[test]
fn a_name_and_a_secret_are_enough() {
    // Given no database, when one line is imported,
    let sandbox = Sandbox::new();
    let line = json!({"name": "CI", "secret": SECRET}).to_string();
    let report = report(&sandbox, &line, &[]);
    // then the secret is good, and grants nothing.
    assert_eq!((&report["tokens_found"], &report["tokens_imported"]), (&json!(1), &json!(1)));
    let answer = answer(&sandbox, SECRET);
    assert_eq!(
        (&answer["active"], &answer["scope"], &answer["admin"]),
        (&json!(true), &json!(""), &json!(false))
    );
    let record = record(&sandbox, SECRET);
    assert_eq!((&record["name"], &record["source"]), (&json!("CI"), &json!("jsonl")));
    assert_eq!(record["hint"], "sesa");
}

#[test]
fn a_hash_has_digits_of_either_case() {
    for hash in [sha256(SECRET), sha256(SECRET).to_uppercase()] {
        let sandbox = Sandbox::with_alice();
        report(&sandbox, &token(json!({"hash": hash})), &[]);
        answers(&sandbox, SECRET, None);
        assert_eq!(record(&sandbox, SECRET)["hint"], "…");
    }
}

#[test]
fn a_name_is_made_where_there_is_none() {
    for (keys, name) in [
        (json!({"name": null, "id": 7}), "jsonl token 7".to_string()),
        (json!({"name": ""}), format!("jsonl token sha256:{}", &sha256(SECRET)[..16])),
    ] {
        let sandbox = Sandbox::with_alice();
        report(&sandbox, &token(keys), &[]);
        assert_eq!(record(&sandbox, SECRET)["name"], name);
    }
}

#[test]
fn a_line_that_cannot_be_used_is_named_with_its_key() {
    for (line, why) in [
        (json!({"name": "x", "user": "bob"}), "needs hash or secret"),
        (json!({"type": "token", "name": "x", "hash": null, "secret": ""}), "needs hash or secret"),
        (json!({"hash": "e9b9"}), "hash: not 64 hexadecimal digits"),
        (json!({"hash": 7}), "hash: not 64 hexadecimal digits"),
        (json!({"hash": [7]}), "hash: not text"),
        (json!({"hash": sha256("x"), "secret": "y-long-enough"}), "hash: not that of secret"),
        (json!({"secret": 12}), "secret: not text"),
        (
            json!({"secret": "two words"}),
            "secret: the secret contains white space or control characters",
        ),
        (json!({"secret": "s", "name": ["x"]}), "name: not text"),
        (json!({"secret": "s", "user": true}), "user: not text"),
        (json!({"secret": "s", "id": {"a": 1}}), "id: neither a number nor text nor 16 bytes"),
        (
            json!({"secret": "s", "user_id": false}),
            "user_id: neither a number nor text nor 16 bytes",
        ),
        (json!({"secret": "s", "scopes": 7}), "scopes: not a list"),
        (json!({"secret": "s", "scopes": {"a": "b"}}), "scopes: not a list"),
        (json!({"secret": "s", "scopes": "[\"a\""}), "scopes: not JSON"),
        (
            json!({"secret": "s", "created_at": "soon"}),
            "created_at: neither a date nor a time since 1970",
        ),
        (
            json!({"secret": "s", "expires_at": false}),
            "expires_at: neither a date nor a time since 1970",
        ),
        (
            json!({"secret": "s", "expire_date": "soon"}),
            "expire_date: neither a date nor a time since 1970",
        ),
        (json!({"secret": "s", "revoked": "perhaps"}), "revoked: neither a date nor true or false"),
        (json!({"secret": "s", "isActive": "perhaps"}), "isActive: neither true nor false"),
        (
            json!({"secret": "s", "status": "odd"}),
            "status: unknown status; --ignore-column leaves the column out",
        ),
        (json!({"secret": "s", "userId": 1, "user_id": 2}), "user_id: given twice"),
        (json!({"type": "user", "name": "bob"}), "id: missing"),
        (json!({"type": "team", "id": 1}), "type: neither user nor token"),
        (json!({"type": 1, "secret": "s"}), "type: neither user nor token"),
    ] {
        let sandbox = Sandbox::with_alice();
        let text = format!("{}\n\n{line}\n", token(json!({})).trim());
        let ran = import(&sandbox, &text, &[]);
        let file = sandbox.path("lines.jsonl");
        ran.fails(2, &format!("{}, line 3: {why}", file.display()))
            .hints("nothing was imported; docs/import-format.md describes the format");
        assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(0), "{line}");
    }
}

#[test]
fn a_key_that_is_there_twice_is_refused_whatever_it_says() {
    let sandbox = Sandbox::with_alice();
    let text = format!(
        "{{\"hash\": \"{}\", \"user\": \"bob\", \"expires_at\": 1, \"expires_at\": null}}",
        sha256(SECRET)
    );
    let ran = import(&sandbox, &text, &[]).fails_somehow(2);
    assert!(ran.stderr.contains("line 1: expires_at: given twice\n"), "{ran:#?}");
}

#[test]
fn an_id_stands_for_one_row() {
    // The second line of a user may say that the user has ended.
    let users = user(json!({})) + &user(json!({"is_active": false}));
    let tokens = token(json!({"id": 1})) + &token(json!({"id": "1", "hash": sha256(ONE)}));
    for lines in [users, tokens] {
        let sandbox = Sandbox::with_alice();
        let ran = import(&sandbox, &lines, &[]).fails_somehow(2);
        assert!(ran.stderr.contains("line 2: id: an earlier line has the same id\n"), "{ran:#?}");
    }
    // One secret may be there twice; the first line counts.
    let sandbox = Sandbox::with_alice();
    let report = report(&sandbox, &(token(json!({})) + &token(json!({"user": "eve"}))), &[]);
    assert_eq!((&report["tokens_imported"], &report["tokens_known"]), (&json!(1), &json!(1)));
    assert_eq!(record(&sandbox, SECRET)["user"], "bob");
}

#[test]
fn missing_null_and_empty_are_the_same() {
    let sandbox = Sandbox::with_alice();
    for blank in [json!(null), json!(""), json!(" "), json!("\\N")] {
        let keys = [
            "id",
            "secret",
            "user_id",
            "email",
            "scopes",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
            "revoked",
            "ttl",
            "type",
        ];
        let mut line: Value = serde_json::from_str(&token(json!({}))).unwrap();
        for key in keys {
            line[key] = blank.clone();
        }
        report(&sandbox, &line.to_string(), &[]);
        answers(&sandbox, SECRET, None);
    }
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(1));
}

#[test]
fn line_endings_blank_lines_and_a_byte_order_mark_do_not_matter() {
    let sandbox = Sandbox::with_alice();
    let text = format!(
        "\u{feff}\r\n\r\n{}\r\n   \r\n{}",
        token(json!({})).trim(),
        token(json!({"hash": sha256(ONE)})).trim()
    );
    assert_eq!(report(&sandbox, &text, &[])["tokens_imported"], 2);
    // Only at the beginning.
    let ran = import(&sandbox, "\n\u{feff}{}\n", &[]).fails_somehow(2);
    assert!(ran.stderr.contains("line 2: not a JSON object (column 1)\n"), "{ran:#?}");
}

#[test]
fn scopes_are_a_list_or_words() {
    for (scopes, expected, left_out) in [
        (json!(["posts.read", "a"]), json!(["posts.read", "a"]), 0),
        (json!("posts.read a"), json!(["posts.read", "a"]), 0),
        (json!("posts.read, a,b"), json!(["posts.read", "a", "b"]), 0),
        (json!("[\"posts.read\"]"), json!(["posts.read"]), 0),
        (json!("{posts.read,a}"), json!(["posts.read", "a"]), 0),
        (json!("*"), json!(["*"]), 0),
        (json!(["*"]), json!(["*"]), 0),
        (json!([]), json!([]), 0),
        (json!(null), json!([]), 0),
        // What is a wildcard here was perhaps none there.
        (json!("posts.* a"), json!(["a"]), 1),
        (json!(["edit articles", 7, "a"]), json!(["a"]), 1),
    ] {
        let sandbox = Sandbox::with_alice();
        let report = report(&sandbox, &token(json!({"scopes": scopes})), &[]);
        assert_eq!(record(&sandbox, SECRET)["scopes"], expected, "{scopes}");
        assert_eq!(report["tokens_narrowed"], left_out, "{scopes}");
    }
}

#[test]
fn scopes_get_other_names_with_map_scope() {
    let sandbox = Sandbox::with_alice();
    let line = token(json!({"scopes": ["edit articles", "b"]}));
    report(&sandbox, &line, &["--map-scope", "edit articles=articles.edit"]);
    assert_eq!(record(&sandbox, SECRET)["scopes"], json!(["articles.edit", "b"]));
}

#[test]
fn times_are_dates_or_numbers() {
    for (time, expected) in [
        (json!("2035-01-02T03:04:05Z"), "2035-01-02T03:04:05Z"),
        (json!("2035-01-02T03:04:05+02:00"), "2035-01-02T01:04:05Z"),
        (json!("2035-01-02 03:04:05"), "2035-01-02T02:04:05Z"),
        (json!("2035-01-02"), "2035-01-01T23:00:00Z"),
        (json!(2_051_222_400), "2035-01-01T00:00:00Z"),
        (json!(2_051_222_400_000_i64), "2035-01-01T00:00:00Z"),
        (json!("2051222400"), "2035-01-01T00:00:00Z"),
    ] {
        let sandbox = Sandbox::with_alice();
        let keys = json!({"expires_at": time, "createdAt": time, "last_used_at": time});
        report(&sandbox, &token(keys), &["--time-zone", "Europe/Paris"]);
        let record = record(&sandbox, SECRET);
        for key in ["expires_at", "created_at", "last_used_at"] {
            assert_eq!(record[key], expected, "{key} {time}");
        }
    }
    // A date without a day may mean that there is none, or that it is over: it is over.
    let sandbox = Sandbox::with_alice();
    report(&sandbox, &token(json!({"expires_at": "0000-00-00 00:00:00"})), &[]);
    answers(&sandbox, SECRET, Some("expired"));
}

#[test]
fn the_end_of_a_token_is_found_under_every_usual_name() {
    for (keys, reason) in [
        (json!({"expiry": "2020-01-01"}), Some("expired")),
        (json!({"expire_date": "2020-01-01"}), Some("expired")),
        (json!({"validUntil": 1_577_836_800}), Some("expired")),
        (json!({"expires": "2999-01-01"}), None),
        (json!({"revoked_at": "2020-01-01"}), Some("revoked")),
        (json!({"revoked": true}), Some("revoked")),
        (json!({"revoked": 1}), Some("revoked")),
        (json!({"revoked": "f"}), None),
        (json!({"deletedAt": "2020-01-01 10:00:00"}), Some("revoked")),
        (json!({"disabled": "yes"}), Some("revoked")),
        (json!({"is_active": false}), Some("revoked")),
        (json!({"isActive": 0}), Some("revoked")),
        // Nobody said that it is.
        (json!({"is_active": null}), Some("revoked")),
        (json!({"enabled": true}), None),
        (json!({"status": "suspended"}), Some("revoked")),
        (json!({"status": "active"}), None),
        (json!({"revoked": false, "revoked_by": "eve"}), None),
    ] {
        let sandbox = Sandbox::with_alice();
        report(&sandbox, &token(keys.clone()), &[]);
        let answer = answer(&sandbox, SECRET);
        assert_eq!(answer["reason"], json!(reason), "{keys}");
    }
}

#[test]
fn the_reason_says_how_the_token_ended() {
    let sandbox = Sandbox::with_alice();
    report(&sandbox, &token(json!({"is_active": false})), &[]);
    assert_eq!(record(&sandbox, SECRET)["revoked_reason"], "not active in jsonl");
}

#[test]
fn the_end_of_a_user_bans_the_user() {
    let sandbox = Sandbox::with_alice();
    let text = user(json!({"is_active": 0})) + &token(json!({}));
    report(&sandbox, &text, &[]);
    assert_eq!(sandbox.json(&["user", "show", "bob"])["banned_reason"], "not active in jsonl");
    answers(&sandbox, SECRET, Some("banned"));
}

#[test]
fn a_key_that_may_be_an_end_is_refused_until_it_is_ignored() {
    let sandbox = Sandbox::with_alice();
    let text = token(json!({})) + &token(json!({"hash": sha256(ONE), "expires_in": 3600}));
    let file = sandbox.path("lines.jsonl");
    let what = "expires_in: unknown whether it says that a token or user has ended";
    import(&sandbox, &text, &[]).fails(2, &format!("{}, line 2: {what}", file.display())).hints(
        "rename it to expires_at or revoked_at; if it says neither, use --ignore-column \
             expires_in",
    );
    for ignored in ["expires_in", "expiresIn", "token.expires_in"] {
        let sandbox = Sandbox::with_alice();
        let report = report(&sandbox, &text, &["--ignore-column", ignored]);
        assert_eq!(report["tokens_imported"], 2);
        assert_eq!(report["ignored_keys"], json!(["expires_in"]));
    }
    import(&sandbox, &text, &["--ignore-column", "user.expires_in"]).fails_somehow(2);
}

#[test]
fn keys_that_are_not_read_are_named_once() {
    let sandbox = Sandbox::with_alice();
    let text = user(json!({"admin": true, "colour": "red"}))
        + &token(json!({"note": "x", "nothing": null}))
        + &token(json!({"note": "x", "hash": sha256(ONE)}));
    let ran = import(&sandbox, &text, &[]).exits(0);
    let line = ran.stdout.lines().find(|line| line.starts_with("ignored keys")).unwrap();
    assert_eq!(
        line.split_whitespace().collect::<Vec<_>>().join(" "),
        "ignored keys admin, colour, note"
    );
    assert_eq!(sandbox.json(&["user", "show", "bob"])["admin"], false);
}

#[test]
fn users_may_come_after_their_tokens() {
    let sandbox = Sandbox::with_alice();
    let keys =
        json!({"email": "bob@example.com", "full_name": "Bob B.", "created_at": "2024-01-01"});
    let text = token(json!({"user": null, "user_id": "1"})) + &user(keys);
    report(&sandbox, &text, &[]);
    assert_eq!(record(&sandbox, SECRET)["user"], "bob");
    let user = sandbox.json(&["user", "show", "bob"]);
    assert_eq!(
        (&user["email"], &user["full_name"], &user["created_at"]),
        (&json!("bob@example.com"), &json!("Bob B."), &json!("2024-01-01T00:00:00Z"))
    );
}

#[test]
fn an_owner_is_found_by_id_or_name_or_address() {
    let users = user(json!({"email": "bob@example.com"})) + &user(json!({"id": 2, "name": "eve"}));
    for (keys, owner) in [
        (json!({"user_id": 1, "user": null}), "bob"),
        (json!({"user_id": 1, "user": "other"}), "bob"),
        (json!({"user": "eve"}), "eve"),
        (json!({"user": null, "email": "BOB@example.com"}), "bob"),
        (json!({"user_id": 3, "user": "new"}), "new"),
        (json!({"user_id": 3, "user": null, "email": "new@example.com"}), "new@example.com"),
        (json!({"user": "new"}), "new"),
        (json!({"user": null, "email": "new@example.com"}), "new@example.com"),
    ] {
        let sandbox = Sandbox::with_alice();
        report(&sandbox, &format!("{users}{}", token(keys.clone())), &[]);
        assert_eq!(record(&sandbox, SECRET)["user"], owner, "{keys}");
    }
}

#[test]
fn a_name_that_several_users_have_names_nobody() {
    let sandbox = Sandbox::with_alice();
    let text = user(json!({})) + &user(json!({"id": 2})) + &token(json!({}));
    let ran = import(&sandbox, &text, &[]).fails_somehow(2);
    let why = "line 3: user: several user lines have this value\n";
    assert!(ran.stderr.contains(why), "{ran:#?}");
}

#[test]
fn an_owner_without_a_line_and_a_name_is_not_invented() {
    let sandbox = Sandbox::with_alice();
    let text = user(json!({})) + &token(json!({"user": null, "user_id": 2}));
    let ran = import(&sandbox, &text, &["--json"]).exits(1);
    let report: Value = serde_json::from_str(ran.stdout.lines().next().unwrap())
        .unwrap_or_else(|_| serde_json::from_str(&ran.stdout).unwrap());
    assert_eq!((&report["tokens_found"], &report["tokens_skipped"]), (&json!(1), &json!(1)));
    assert_eq!(report["skipped"][0]["reason"], "owner not found");
    // Nothing of the file is here, not even how its secrets are checked.
    answers(&sandbox, SECRET, Some("malformed"));
}

#[test]
fn tokens_without_an_owner_belong_to_the_default_user() {
    let lines = token(json!({"user": null}));
    // The default user is an administrator, who gets nothing unasked,
    let sandbox = Sandbox::with_alice();
    let imported = report(&sandbox, &lines, &[]);
    assert_eq!(
        (&imported["default_owner"], &imported["admins_not_matched"]),
        (&json!("alice@jsonl"), &json!(1))
    );
    assert_eq!(answer(&sandbox, SECRET)["admin"], false);
    // but does so if the operator says so;
    let sandbox = Sandbox::with_alice();
    let imported = report(&sandbox, &lines, &["--match-admins"]);
    assert_eq!(imported["default_owner"], "alice");
    assert_eq!(answer(&sandbox, SECRET)["admin"], true);
    // and a user who is none gets them, and is named.
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let file = sandbox.file("lines.jsonl", &lines);
    let ran = sandbox.tokctl(&["import", "jsonl", &file]).env("TOKCTL_USER", "Bob").go().exits(0);
    let line = ran.stdout.lines().find(|line| line.starts_with("default owner")).unwrap();
    assert_eq!(
        line.split_whitespace().collect::<Vec<_>>().join(" "),
        "default owner bob, of the tokens that name none"
    );
    assert_eq!(record(&sandbox, SECRET)["user"], "bob");
}

#[test]
fn without_a_default_owner_each_line_must_name_one() {
    let lines = token(json!({})) + &token(json!({"user": null, "hash": sha256(ONE)}));
    let hint = "name the owner in each line, or an existing user with $TOKCTL_USER";
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "unset", "default-user"]).exits(0);
    let file = sandbox.path("lines.jsonl").display().to_string();
    let why = "needs user, user_id or email, because no default-user is set";
    import(&sandbox, &lines, &[]).fails(2, &format!("{file}, line 2: {why}")).hints(hint);
    let why = "needs user, user_id or email, because the default owner nobody does not exist";
    sandbox
        .tokctl(&["import", "jsonl", &file])
        .env("TOKCTL_USER", "nobody")
        .go()
        .fails(2, &format!("{file}, line 2: {why}"))
        .hints(hint);
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(0));
}

#[test]
fn users_here_are_matched_by_verified_address_or_by_name_if_asked() {
    let email = json!({"email": "bob@example.com"});
    let verified = json!({"email": "bob@example.com", "emailVerifiedAt": "2024-01-01"});
    for (keys, args, owner) in [
        (json!({}), &[][..], "bob@jsonl"),
        (json!({}), &["--match-names"], "bob"),
        (email, &[], "bob@jsonl"),
        (verified.clone(), &[], "bob"),
        (verified, &["--match-names"], "bob"),
    ] {
        let sandbox = Sandbox::with_alice();
        sandbox.run(&["user", "add", "bob", "--email", "bob@example.com"]).exits(0);
        // In a line of the user, and in that of the token alone.
        report(&sandbox, &(user(keys.clone()) + &token(json!({"user_id": 1}))), args);
        assert_eq!(record(&sandbox, SECRET)["user"], owner, "{keys} {args:?}");
        let sandbox = Sandbox::with_alice();
        sandbox.run(&["user", "add", "bob", "--email", "bob@example.com"]).exits(0);
        report(&sandbox, &token(keys.clone()), args);
        assert_eq!(record(&sandbox, SECRET)["user"], owner, "{keys} {args:?}");
    }
}

#[test]
fn nobody_becomes_an_administrator_unasked() {
    for (args, owner) in
        [(&["--match-names"][..], "alice@jsonl"), (&["--match-names", "--match-admins"], "alice")]
    {
        let sandbox = Sandbox::with_alice();
        report(&sandbox, &token(json!({"user": "Alice"})), args);
        assert_eq!(record(&sandbox, SECRET)["user"].as_str().unwrap().to_lowercase(), owner);
    }
}

#[test]
fn secrets_that_look_like_hashes_are_refused_until_the_operator_says_what_they_are() {
    let hex = "0123456789abcdef0123456789abcdef01234567";
    let lines = line(json!({"name": "CI", "user": "bob"}), json!({"secret": hex}));
    let sandbox = Sandbox::with_alice();
    import(&sandbox, &lines, &[])
        .fails(2, "cannot tell what the key secret contains: every value looks like a hash")
        .hints("use --hashed sha256 if these are hashes of the secrets, or --clear-text if not");
    report(&sandbox, &lines, &["--clear-text"]);
    answers(&sandbox, hex, None);
    // One that looks like none shows what the others are.
    let sandbox = Sandbox::with_alice();
    report(&sandbox, &(lines + &token(json!({"hash": null, "secret": SECRET}))), &[]);
    answers(&sandbox, hex, None);
    let sandbox = Sandbox::with_alice();
    let lines = token(json!({"hash": null, "secret": sha256(SECRET)}));
    import(&sandbox, &lines, &[]).fails_somehow(2);
    report(&sandbox, &lines, &["--hashed", "sha256"]);
    answers(&sandbox, SECRET, None);
    answers(&sandbox, &sha256(SECRET), Some("unknown"));
}

#[test]
fn an_option_that_is_not_used_is_refused() {
    let sandbox = Sandbox::with_alice();
    let file = sandbox.file("lines.jsonl", token(json!({})));
    let salt = sandbox.file("salt", "x");
    let databases = "databases";
    for (option, users) in [
        ("--schema", "PostgreSQL"),
        ("--table-prefix", databases),
        ("--table", databases),
        ("--users", databases),
        ("--users-key", databases),
        ("--type", "shield, adonisjs, adonisjs5, sanctum, symfony, strapi-guide"),
        ("--prefix", "adonisjs"),
        ("--session-time-zone", "MySQL, MariaDB"),
        ("--salt-file", "strapi"),
    ] {
        sandbox
            .run(&["import", "jsonl", &file, option, &salt])
            .fails(2, &format!("{option} cannot be used: it applies to {users}, not to jsonl"));
    }
    sandbox
        .run(&["import", "jsonl", &file, "--morph", "a=b"])
        .fails(2, "--morph cannot be used: it applies to sanctum, not to jsonl");
    sandbox.run(&["import", "jsonl", &file, "--ignore-column", "expirs_in"]).fails(
        2,
        "invalid value of --ignore-column: no column or key that is read is called expirs_in",
    );
    // A salt in the environment is meant for other imports.
    sandbox.tokctl(&["import", "jsonl", &file]).env("API_TOKEN_SALT", "x").go().exits(0);
}

#[test]
fn a_life_ends_tokens_that_were_created_early() {
    let sandbox = Sandbox::with_alice();
    let scale = |days: i64| (now() - days * support::DAY) / 1000;
    let text = token(json!({"created_at": scale(31)}))
        + &token(json!({"hash": sha256(ONE), "created_at": scale(29)}))
        + &token(json!({"hash": sha256(TWO)}));
    let report = report(&sandbox, &text, &["--expiration", "30d"]);
    answers(&sandbox, SECRET, Some("expired"));
    answers(&sandbox, ONE, None);
    answers(&sandbox, TWO, Some("unknown"));
    assert_eq!(report["skipped"][0]["reason"], "no creation time to count --expiration from");
    // Those of an export, too.
    let (from, to) = (Sandbox::with_alice(), Sandbox::with_alice());
    let secret = from.create(&[]);
    from.set_time(1, "created_at", -31 * support::DAY);
    let export = from.run(&["export"]).exits(0).stdout;
    import(&to, &export, &["--expiration", "30d"]).exits(0);
    answers(&to, &secret, Some("expired"));
}

#[test]
fn importing_again_adds_nothing_and_undoes_nothing() {
    // Given tokens with and without an id, of which one of each was deleted here,
    let sandbox = Sandbox::with_alice();
    let of = |id: Option<i64>, secret: &str| token(json!({"id": id, "hash": sha256(secret)}));
    let text = of(Some(1), ONE) + &of(Some(2), TWO) + &of(None, SECRET) + &of(None, "fourth");
    report(&sandbox, &text, &[]);
    sandbox.run(&["revoke", "1", "3", "--delete"]).exits(0);
    // when the lines come again, in another order and with another name,
    let text = (of(None, "fourth") + &of(None, SECRET) + &of(Some(2), TWO) + &of(Some(1), ONE))
        .replace("CI", "renamed");
    let again = report(&sandbox, &text, &[]);
    // then nothing is imported, and the change is counted.
    assert_eq!(
        (&again["tokens_imported"], &again["tokens_known"], &again["tokens_changed"]),
        (&json!(0), &json!(4), &json!(2))
    );
    assert_eq!(again["users_known"], 1);
    answers(&sandbox, ONE, Some("unknown"));
    answers(&sandbox, SECRET, Some("unknown"));
    // With --replace the operator wants it.
    let replaced = report(&sandbox, &text, &["--replace"]);
    assert_eq!(replaced["tokens_replaced"], 2);
    assert_eq!(record(&sandbox, TWO)["name"], "renamed");
}

#[test]
fn what_the_source_refuses_by_now_is_revoked() {
    let sandbox = Sandbox::with_alice();
    report(&sandbox, &token(json!({"id": 1})), &[]);
    answers(&sandbox, SECRET, None);
    let report = report(&sandbox, &token(json!({"id": 1, "revoked": true})), &[]);
    assert_eq!((&report["tokens_revoked"], &report["tokens_known"]), (&json!(1), &json!(1)));
    answers(&sandbox, SECRET, Some("revoked"));
}

/// Imports a first file of a system, bans its user 1 here, imports a second one and tells what
/// becomes of the token `TWO` of it.
fn answer_after_ban(first: &str, second: &str, args: &[&str]) -> Value {
    let sandbox = Sandbox::with_alice();
    report(&sandbox, first, &[]);
    sandbox.run(&["user", "ban", "bob", "--reason", "left"]).exits(0);
    let other = sandbox.file("another-name.jsonl", second);
    let args = [&["import", "jsonl"], args].concat();
    if args.contains(&"-") {
        sandbox.tokctl(&args).stdin(second).go().exits(0);
    } else {
        sandbox.run(&[&args[..], &[&other]].concat()).exits(0);
    }
    answer(&sandbox, TWO)
}

#[test]
fn a_user_who_was_renamed_there_is_the_same_user() {
    let token =
        |secret: &str, user: Value| line(json!({"name": "CI", "hash": sha256(secret)}), user);
    let id = json!({"user_id": 1});
    // The files share a token, or a user with name, address and creation time.
    let with_token = user(json!({})) + &token(ONE, id.clone());
    let renamed_with_token = user(json!({"name": "rob", "email": "rob@example.com"}))
        + &token(ONE, id.clone())
        + &token(TWO, id.clone());
    let eve = json!({"id": 2, "name": "eve", "email": "eve@example.com",
        "created_at": "2024-05-06 07:08:09"});
    let with_user = user(json!({})) + &user(eve.clone());
    let renamed_with_user = user(eve) + &user(json!({"name": "rob"})) + &token(TWO, id.clone());
    // Without a line of the user.
    let alone = token(ONE, json!({"user_id": 1, "user": "bob"}));
    let renamed_alone = token(TWO, json!({"user_id": 1, "user": "rob"}))
        + &token(ONE, json!({"user_id": 1, "user": "rob"}));
    let by_name = token(ONE, json!({"user": "bob"}));
    let more_by_name = token(TWO, json!({"user": "bob"})) + &by_name;
    for (first, second) in [
        (&with_token, &renamed_with_token),
        (&with_user, &renamed_with_user),
        (&alone, &renamed_alone),
        (&by_name, &more_by_name),
    ] {
        for args in [&[][..], &["-"], &["--time-zone", "Asia/Tokyo"], &["--replace"]] {
            let answer = answer_after_ban(first, second, args);
            assert_eq!(answer["reason"], "banned", "{args:?}\n{first}\n{second}");
        }
    }
}

#[test]
fn a_user_1_of_another_database_is_somebody_else() {
    let token = |secret: &str| {
        line(json!({"name": "CI", "hash": sha256(secret)}), json!({"id": 1, "user_id": 1}))
    };
    let first = user(json!({"created_at": "2024-01-01"})) + &token(ONE);
    for other in [
        user(json!({"name": "zoe"})),
        user(json!({"name": "zoe", "created_at": "2024-01-01"})),
        user(json!({"created_at": "2024-01-02"})),
        // The same person perhaps, but nothing shows it.
        user(json!({})),
    ] {
        let answer = answer_after_ban(&first, &format!("{other}{}", token(TWO)), &[]);
        assert_eq!(answer["reason"], Value::Null, "{other}");
        assert_ne!(answer["username"], "bob", "{other}");
    }
}

#[test]
fn three_databases_stay_apart() {
    let sandbox = Sandbox::with_alice();
    let file = |name: &str, secret: &str| {
        user(json!({"name": name})) + &token(json!({"user_id": 1, "hash": sha256(secret), "id": 1}))
    };
    let files =
        [("ann", ONE), ("ben", TWO), ("cat", SECRET)].map(|(name, secret)| file(name, secret));
    for text in &files {
        assert_eq!(report(&sandbox, text, &[])["users_created"], 1);
    }
    for text in files.iter().rev() {
        let again = report(&sandbox, text, &[]);
        assert_eq!((&again["users_created"], &again["tokens_imported"]), (&json!(0), &json!(0)));
    }
    let names = [ONE, TWO, SECRET].map(|secret| record(&sandbox, secret)["user"].clone());
    assert_eq!(names, ["ann", "ben", "cat"]);
}

#[test]
fn two_installations_with_the_same_first_user_stay_apart() {
    // Given two installations that were set up with the same user 1,
    let admin =
        user(json!({"name": "admin", "email": "a@example.com", "created_at": "2024-01-01"}));
    let file = |name: &str, created: &str, secret: &str| {
        let second = user(json!({"id": 2, "name": name, "created_at": created}));
        let token = token(json!({"id": 7, "user": null, "user_id": 2, "hash": sha256(secret)}));
        format!("{admin}{second}{token}")
    };
    // when both are imported,
    let sandbox = Sandbox::with_alice();
    report(&sandbox, &file("ann", "2024-02-02", ONE), &[]);
    report(&sandbox, &file("ben", "2024-03-03", TWO), &[]);
    // then user 2 of one is not user 2 of the other.
    assert_eq!(answer(&sandbox, ONE)["username"], "ann");
    assert_eq!(answer(&sandbox, TWO)["username"], "ben");
}

/// A database with a token of user 1, the account, and with these users.
fn database(users: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run(&["create", "-q"]).exits(0);
    for name in users {
        sandbox.run(&["user", "add", name, "--email", &format!("{name}@example.com")]).exits(0);
    }
    sandbox
}

fn export(from: &Sandbox) -> String {
    from.run(&["export"]).exits(0).stdout
}

#[test]
fn a_user_of_an_export_is_the_same_whatever_tokens_there_are() {
    // Given an export without a token, and a ban here,
    let (from, to) = (database(&["bob", "eve"]), Sandbox::with_alice());
    from.run(&["revoke", "1", "--delete"]).exits(0);
    import(&to, &export(&from), &[]).exits(0);
    to.run(&["user", "ban", "bob"]).exits(0);
    // when the user is renamed there, gets a token, and comes by a pipe,
    from.run(&["user", "edit", "bob", "--name", "rob", "--email", "rob@example.com"]).exits(0);
    let secret = from.create(&["--user", "rob"]);
    to.tokctl(&["import", "jsonl", "-"]).stdin(export(&from)).go().exits(0);
    // then the user is still banned here.
    answers(&to, &secret, Some("banned"));
}

#[test]
fn exports_of_two_databases_of_one_second_stay_apart() {
    let (one, two, to) = (database(&["ann"]), database(&["ben"]), Sandbox::with_alice());
    let secrets = [one.create(&["--user", "ann"]), two.create(&["--user", "ben"])];
    for from in [&one, &two] {
        from.sql("UPDATE users SET created_at = 1700000000000");
        import(&to, &export(from), &[]).exits(0);
    }
    let names = secrets.map(|secret| answer(&to, &secret)["username"].clone());
    assert_eq!(names, ["ann", "ben"]);
}

#[test]
fn exports_of_two_databases_with_a_common_token_stay_apart() {
    // Given two databases that share the token of user 1, and have other users behind,
    let (one, two, to) = (database(&["ann"]), Sandbox::new(), Sandbox::with_alice());
    import(&two, &export(&one), &[]).exits(0);
    let ann = one.create(&["--user", "ann"]);
    two.run(&["user", "remove", "ann", "--yes"]).exits(0);
    two.run(&["user", "add", "ben"]).exits(0);
    two.sql_without_foreign_keys("UPDATE users SET id = 2 WHERE name = 'ben'");
    two.sql("UPDATE users SET created_at = created_at + 5000");
    let ben = two.create(&["--user", "ben"]);
    // when both are imported,
    import(&to, &export(&one), &[]).exits(0);
    import(&to, &export(&two), &[]).exits(0);
    // then nobody gets the tokens of somebody else.
    assert_eq!(answer(&to, &ann)["username"], "ann");
    assert_eq!(answer(&to, &ben)["username"], "ben");
}

#[test]
fn no_secret_is_written_or_shown() {
    let sandbox = Sandbox::with_alice();
    let secret = |number: u32| format!("very-secret-value-of-a-token-{number:04}");
    let good = token(json!({"hash": null, "secret": secret(1)}));
    let shown = [
        import(&sandbox, &good, &["--dry-run", "--verbose"]).exits(0),
        import(&sandbox, &good, &["--verbose"]).exits(0),
        import(&sandbox, &good, &["--json", "--verbose"]).exits(0),
        import(&sandbox, &token(json!({"hash": secret(2)})), &[]).exits(2),
        import(&sandbox, &token(json!({"hash": null, "secret": format!("{} x", secret(3))})), &[])
            .exits(2),
        import(&sandbox, &token(json!({"expires_at": secret(4)})), &[]).exits(2),
        import(&sandbox, &format!("{{\"secret\": \"{}\", }}", secret(5)), &[]).exits(2),
        import(&sandbox, &format!("{{\"secret\": {}}}", secret(6)), &[]).exits(2),
        import(&sandbox, &token(json!({"ttl": secret(7), "type": secret(7)})), &[]).exits(2),
        import(&sandbox, &token(json!({"note": secret(8)})), &["--verbose"]).exits(0),
        sandbox.run(&["log", "--json"]).exits(0),
        sandbox.run(&["export"]).exits(0),
        sandbox.run(&["list", "--all", "--json"]).exits(0),
    ];
    for ran in shown {
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains("very-secret-value"), "{ran:#?}");
        }
    }
    answers(&sandbox, &secret(1), None);
    let mut stored = vec![sandbox.content()];
    if !on_server() {
        let files = fs::read_dir(sandbox.path("data/tokctl")).unwrap();
        stored.extend(files.map(|file| fs::read(file.unwrap().path()).unwrap()));
    }
    for bytes in stored {
        let found = bytes.windows(17).any(|part| part == b"very-secret-value");
        assert!(!found, "a secret is in the database");
    }
}

#[test]
fn the_report_says_that_the_file_has_secrets_in_clear() {
    let sandbox = Sandbox::with_alice();
    let text = token(json!({"hash": null, "secret": "short"}));
    let ran = import(&sandbox, &text, &[]).exits(0);
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let clear = "clear text the file contains readable secrets; delete it after the import";
    assert!(words.contains(clear), "{ran:#?}");
    assert!(words.contains("weak secrets 1 secret: shorter than 20 characters"), "{ran:#?}");
}

#[test]
fn a_dry_run_without_a_database_tells_the_same_as_an_import() {
    let sandbox = Sandbox::new();
    let text = token(json!({"user": null})) + &token(json!({"hash": sha256(ONE)}));
    let dry = report(&sandbox, &text, &["--dry-run", "--verbose"]);
    assert!(!sandbox.database().exists());
    let mut real = report(&sandbox, &text, &["--verbose"]);
    real["dry_run"] = true.into();
    assert_same_report(dry, real);
}

#[test]
fn a_file_without_tokens_is_no_failure() {
    let sandbox = Sandbox::with_alice();
    for text in ["", "\n\n", &user(json!({}))] {
        let report = report(&sandbox, text, &[]);
        assert_eq!(report["tokens_found"], 0);
    }
}

#[test]
fn verbose_lists_users_and_tokens() {
    let sandbox = Sandbox::with_alice();
    let text = user(json!({}))
        + &token(json!({"id": "a1", "scopes": "x.*"}))
        + &token(json!({"hash": sha256(ONE), "user": "eve"}));
    let rows = report(&sandbox, &text, &["--verbose"])["rows"].clone();
    let fingerprint = &sha256(ONE)[..16];
    assert_eq!(
        rows,
        json!([
            "user 1: created as user bob",
            "token a1: imported as token 1, without the scopes \"x.*\"",
            "user name eve: created as user eve",
            format!("token sha256:{fingerprint}: imported as token 2"),
        ])
    );
}

#[test]
fn a_space_in_scopes_with_commas_separates_nothing() {
    let line = token(json!({"scopes": "edit admin, posts.read,NULL"}));
    let sandbox = Sandbox::new();
    assert_eq!(report(&sandbox, &line, &[])["tokens_narrowed"], 1);
    assert_eq!(record(&sandbox, SECRET)["scopes"], json!(["posts.read"]));
    let sandbox = Sandbox::new();
    report(&sandbox, &line, &["--map-scope", "edit admin=admin.edit"]);
    assert_eq!(record(&sandbox, SECRET)["scopes"], json!(["admin.edit", "posts.read"]));
}

#[test]
fn owners_are_found_by_name_in_any_case_of_letters() {
    let sandbox = Sandbox::new();
    let banned = user(json!({"name": "Bob", "banned": true}));
    report(&sandbox, &(banned + &token(json!({"user": "bOB"}))), &[]);
    answers(&sandbox, SECRET, Some("banned"));
    let two = user(json!({"name": "Bob"})) + &user(json!({"id": 2, "name": "BOB"}));
    import(&Sandbox::new(), &(two + &token(json!({}))), &[])
        .fails_somehow(2)
        .hints("nothing was imported; docs/import-format.md describes the format");
    // Without a line, they are one user, too.
    let sandbox = Sandbox::new();
    let tokens = [(ONE, "Eve"), (TWO, "eve")]
        .map(|(secret, name)| token(json!({"user": name, "hash": sha256(secret)})));
    assert_eq!(report(&sandbox, &tokens.concat(), &[])["users_created"], 1);
}

#[test]
fn the_name_of_an_owner_has_several_keys() {
    for key in ["username", "owner", "user_name", "userName", "Owner"] {
        let sandbox = Sandbox::new();
        let token = format!("{}\n", json!({"name": "CI", key: "eve", "hash": sha256(SECRET)}));
        report(&sandbox, &token, &[]);
        assert_eq!(record(&sandbox, SECRET)["user"], "eve", "{key}");
        let both = format!(
            "{}\n",
            json!({"name": "CI", "user": "bob", key: "eve", "hash": sha256(SECRET)})
        );
        let ran = import(&Sandbox::new(), &both, &[]).fails_somehow(2);
        assert!(ran.stderr.contains(": given twice"), "{ran:#?}");
    }
}
