//! `import`: the odd cases that real databases have, system by system, and what becomes of their
//! tokens. A grant never gets wider.

mod support;

use rusqlite::{Connection, ToSql};
use serde_json::{Value, json};
use support::foreign::{
    access_key, adonisjs, asked, fixture, insert, php, random_looking, table_of,
};
use support::{DAY, Sandbox, now, sha256};

fn open(source: &str) -> Connection {
    Connection::open(source).unwrap()
}

/// A Shield token of alice's; `secret` is 64 digits.
fn shield(source: &str, id: i64, secret: &str, more: &[(&str, &dyn ToSql)]) {
    let hash = sha256(secret);
    let mut row: Vec<(&str, &dyn ToSql)> =
        vec![("id", &id), ("type", &"access_token"), ("secret", &hash)];
    for (name, value) in [("user_id", &1 as &dyn ToSql), ("name", &"CI"), ("extra", &"a:0:{}")] {
        if more.iter().all(|(other, _)| *other != name) {
            row.push((name, value));
        }
    }
    row.extend_from_slice(more);
    insert(&open(source), "auth_identities", &row);
}

fn symfony(source: &str, id: i64, secret: &str, scopes: &str) {
    insert(
        &open(source),
        "api_token",
        &[("id", &id), ("owned_by_id", &1), ("token", &secret), ("scopes", &scopes)],
    );
}

fn sanctum(source: &str, id: i64, secret: &str, abilities: &dyn ToSql) -> String {
    insert(
        &open(source),
        "personal_access_tokens",
        &[
            ("id", &id),
            ("tokenable_type", &"App\\Models\\User"),
            ("tokenable_id", &1),
            ("name", &"CI"),
            ("token", &sha256(secret)),
            ("abilities", abilities),
        ],
    );
    format!("{id}|{secret}")
}

/// The reasons for which rows were skipped, each with the rows.
fn skipped(report: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let reasons = report["skipped"].as_array().unwrap().iter();
    reasons
        .map(|skipped| {
            (
                text(&skipped["reason"]),
                skipped["rows"].as_array().unwrap().iter().map(text).collect(),
            )
        })
        .collect()
}

#[test]
fn codeigniter_with_a_table_prefix() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed(
        "shield",
        "ALTER TABLE users RENAME TO app_users;
         ALTER TABLE auth_identities RENAME TO app_auth_identities;
         ALTER TABLE auth_groups_users RENAME TO app_auth_groups_users",
    );
    let ran = sandbox.run(&["import", "shield", &source]).fails_somehow(2);
    assert!(ran.stderr.contains("looked for users and auth_identities; found "), "{ran:#?}");
    let ran = sandbox.run(&["import", &source, "--table-prefix", "app_"]).exits(0);
    assert_eq!(ran.stderr, "the source is a database of shield\n");
    sandbox.answers_as("shield");
    assert_eq!(sandbox.json(&["user", "show", "alice"])["email"], "alice@example.com");
    assert_eq!(sandbox.json(&["user", "show", "alice"])["admin"], true);
}

#[test]
fn tables_of_another_name() {
    for system in ["adonisjs", "sanctum", "symfony", "strapi-guide", "strapi"] {
        let sandbox = Sandbox::new();
        let name = "API \"keys\"; --";
        let sql = format!("ALTER TABLE {} RENAME TO \"API \"\"keys\"\"; --\"", table_of(system));
        let source = sandbox.changed(system, &sql);
        sandbox.try_import(system, &source, &[]).fails_somehow(2);
        sandbox.import(system, &source, &["--table", name]);
        sandbox.answers_as(system);
    }
}

#[test]
fn two_types_with_prefixes_of_which_one_begins_like_the_other() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("adonisjs");
    let at = "2026-11-22 02:35:24";
    for (id, kind, secret) in [
        (100, "auth_token", "first"),
        (101, "api", "second"),
        (102, "auth_token", "same"),
        (103, "api", "same"),
    ] {
        insert(
            &open(&source),
            "auth_access_tokens",
            &[
                ("id", &id),
                ("tokenable_id", &1),
                ("type", &kind),
                ("hash", &sha256(secret)),
                ("abilities", &"[\"*\"]"),
                ("created_at", &at),
            ],
        );
    }
    sandbox.import("adonisjs", &source, &[]);
    sandbox.import("adonisjs", &source, &["--type", "api", "--prefix", "oat_x_"]);
    sandbox.answers_as("adonisjs");
    for (prefix, id, secret, good) in [
        ("oat_", 100, "first", true),
        ("oat_x_", 101, "second", true),
        ("oat_", 102, "same", true),
        ("oat_x_", 103, "same", true),
        // The right secret with the prefix of the other type, under another id, or both.
        ("oat_x_", 100, "first", false),
        ("oat_", 101, "second", false),
        ("oat_x_", 102, "same", false),
        ("oat_", 103, "same", false),
        ("oat_", 101, "first", false),
        ("oat_", 1, "first", false),
        ("", 100, "first", false),
        ("oat", 100, "first", false),
        ("OAT_", 100, "first", false),
    ] {
        let secret = adonisjs(prefix, id, secret);
        assert_eq!(sandbox.answer(&secret).0 == 0, good, "{secret}");
    }
    // The secret by itself, and its hash, are none.
    sandbox.rejects("first", "unknown");
    sandbox.rejects(&sha256("first"), "unknown");
    // Importing the one again does not touch the other.
    let report = sandbox.import("adonisjs", &source, &["--type", "api", "--prefix", "oat_x_"]);
    assert_eq!((&report["tokens_known"], &report["tokens_imported"]), (&json!(2), &json!(0)));
}

#[test]
fn base64_in_another_than_the_one_form_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.import("adonisjs", &sandbox.source("adonisjs"), &[]);
    let good = asked("adonisjs")[1]["raw"].as_str().unwrap().to_string();
    sandbox.accepts(&good);
    let (head, tail) = good.split_once('.').unwrap();
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // `Mg` leaves four bits over, of which any other setting names the same byte.
    let last = digits.find('g').unwrap();
    let other = |by: usize| digits.as_bytes()[last + by] as char;
    for wrong in [
        format!("{good}="),
        format!("{good}=="),
        format!("{head}=.{tail}"),
        format!("{head}==.{tail}"),
        format!("oat_M{}.{tail}", other(1)),
        format!("oat_M{}.{tail}", other(15)),
        format!("{head}..{tail}"),
        format!("{head}.{tail}.{tail}"),
        format!("{head}."),
        format!("{head}{tail}"),
        format!(".{tail}"),
    ] {
        assert_eq!(sandbox.answer(&wrong).0, 1, "{wrong}");
    }
}

#[test]
fn sanctum_wants_the_id_to_fit() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let good = sanctum(&source, 77, "secret|with|bars", &"[\"*\"]");
    let plain = sanctum(&source, 78, "plainsecret", &"[\"*\"]");
    sandbox.import("sanctum", &source, &[]);
    for secret in [&good, &plain, "078|plainsecret", "plainsecret"] {
        sandbox.accepts(secret);
    }
    for secret in [
        "77|plainsecret",
        "|plainsecret",
        "x|plainsecret",
        "78|78|plainsecret",
        "-78|plainsecret",
        "78.0|plainsecret",
        "secret|with|bars",
    ] {
        sandbox.rejects(secret, "unknown");
    }
}

/// What of these scopes is left here, and what is not; given is what a source says.
fn kept_and_left_out() -> (Vec<String>, Vec<&'static str>, Vec<&'static str>) {
    let kept = vec!["posts.read", "server:create", "ROLE_ADMIN", "a/b"];
    let left_out = vec![
        "posts.*",
        "**",
        "a b",
        "say \"hi\"",
        "back\\slash",
        "café",
        "",
        "a,b",
        "*x",
        "\u{1b}[2J",
    ];
    let all = kept.iter().chain(&left_out).map(|scope| scope.to_string()).collect();
    (all, kept, left_out)
}

#[test]
fn scopes_that_are_something_else_here_are_left_out() {
    let (all, kept, left_out) = kept_and_left_out();
    let as_json = json!(all).to_string();
    let items: serde_json::Map<String, Value> =
        all.iter().enumerate().map(|(i, scope)| (format!("key {i}"), json!(scope))).collect();
    let as_object = json!(items).to_string();
    let as_php = php(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let keyed: String = all
        .iter()
        .enumerate()
        .map(|(i, s)| format!("s:{}:\"k{i}\";s:{}:\"{s}\";", i.to_string().len() + 1, s.len()))
        .collect();
    let php_with_keys = format!("a:{}:{{{keyed}}}", all.len());
    for (system, scopes) in [
        ("shield", &as_php),
        ("shield", &php_with_keys),
        ("sanctum", &as_json),
        ("sanctum", &as_object),
        ("symfony", &as_json),
        ("symfony", &as_object),
    ] {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        let secret = random_looking(scopes);
        match system {
            "shield" => shield(&source, 100, &secret, &[("extra", scopes)]),
            "sanctum" => drop(sanctum(&source, 100, &secret, scopes)),
            _ => symfony(&source, 100, &secret, scopes),
        }
        let report = sandbox.import(system, &source, &["--verbose"]);
        assert_eq!(sandbox.token(&secret)["scopes"], json!(kept), "{system}");
        let already = u64::from(system == "sanctum");
        assert_eq!(report["tokens_narrowed"], 1 + already, "{report}");
        let row = report["rows"].as_array().unwrap().iter().filter_map(Value::as_str);
        let mut row = row.filter(|row| row.contains(" 100: imported"));
        let row = row.next().unwrap();
        for scope in &left_out {
            let shown = scope.replace('\u{1b}', "\\u{1b}");
            assert!(row.contains(&format!("\"{shown}\"")), "{scope}: {row}");
        }
        // No wildcard came of it.
        for needed in ["posts.write", "anything"] {
            let ran = sandbox.tokctl(&["verify", "--scope", needed, "-"]).stdin(&secret).go();
            ran.exits(3);
        }
        sandbox.answers_as(system);
    }
}

#[test]
fn nothing_stays_nothing_and_everything_everything() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let given: [(&str, &dyn ToSql, Value); 7] = [
        ("empty", &"[]", json!([])),
        ("empty-object", &"{}", json!([])),
        ("null", &"null", json!([])),
        ("sql-null", &rusqlite::types::Null, json!([])),
        ("blank", &"", json!([])),
        ("star", &"[\"*\"]", json!(["*"])),
        ("keyed-star", &"{\"all\":\"*\"}", json!(["*"])),
    ];
    for (i, (secret, abilities, _)) in given.iter().enumerate() {
        sanctum(&source, 100 + i as i64, secret, *abilities);
    }
    sanctum(&source, 200, "numbers", &"[1, true, null, [\"*\"], {\"a\": \"*\"}]");
    sandbox.import("sanctum", &source, &[]);
    for (secret, _, scopes) in given {
        assert_eq!(sandbox.token(secret)["scopes"], scopes, "{secret}");
    }
    assert_eq!(sandbox.token("numbers")["scopes"], json!([]));
    // A star is a role like any other in Symfony, and an action in Strapi.
    let symfony_source = sandbox.source("symfony");
    let secret = random_looking("star");
    symfony(&symfony_source, 100, &secret, "[\"*\",\"ROLE_USER\"]");
    assert_eq!(sandbox.import("symfony", &symfony_source, &[])["tokens_narrowed"], 1);
    assert_eq!(sandbox.token(&secret)["scopes"], json!(["ROLE_USER"]));
    let strapi = sandbox.changed(
        "strapi",
        "UPDATE strapi_api_token_permissions SET action = '*' WHERE id = (
             SELECT api_token_permission_id FROM strapi_api_token_permissions_token_lnk
             WHERE api_token_id = 7 ORDER BY api_token_permission_id LIMIT 1)",
    );
    assert_eq!(sandbox.import("strapi", &strapi, &[])["tokens_narrowed"], 1);
    let seventh = asked("strapi").into_iter().find(|asked| asked["id"] == 7).unwrap();
    let scopes = sandbox.token(seventh["raw"].as_str().unwrap())["scopes"].clone();
    let before = seventh["scopes"].as_array().unwrap().len();
    assert_eq!(scopes.as_array().unwrap().len(), before - 1);
}

#[test]
fn names_are_kept_and_never_raw() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let long = "n".repeat(300);
    let names = [
        "O'Brien \"the\" \\ man; DROP TABLE tokens --",
        "\u{1b}]0;owned\u{7}\u{1b}[2J",
        "two\nlines\r\nand\ta tab",
        "\u{202e}gnp.exe\u{2066}",
        "c1\u{9b}2J del\u{7f}",
        "=cmd|' /C calc'!A0",
        long.as_str(),
    ];
    for (i, name) in names.iter().enumerate() {
        let id = 100 + i as i64;
        let db = open(&source);
        let email = format!("u{i}@example.org");
        insert(&db, "users", &[("id", &id), ("name", name), ("email", &email), ("password", &"")]);
        sanctum(&source, id, &format!("named-{i}"), &"[\"*\"]");
        db.execute(
            "UPDATE personal_access_tokens SET name = ?1, tokenable_id = ?2 WHERE id = ?2",
            (name, id),
        )
        .unwrap();
    }
    let unnamed = sanctum(&source, 200, "unnamed", &"[]");
    open(&source)
        .execute("UPDATE personal_access_tokens SET name = ' ' WHERE id = 200", ())
        .unwrap();
    let mut shown = String::new();
    for format in ["human", "json", "jsonl", "csv"] {
        let format = ["--format", format];
        for args in [["--verbose", "--dry-run"].as_slice(), &["--verbose"]] {
            let ran = sandbox.try_import("sanctum", &source, &[args, &format].concat()).exits(0);
            shown += &(ran.stdout + &ran.stderr);
        }
        for args in [["list", "--all"].as_slice(), &["user", "list"]] {
            shown += &sandbox.run(&[args, &format].concat()).exits(0).stdout;
        }
        for i in 0..names.len() {
            let secret = format!("named-{i}");
            for command in ["verify", "show"] {
                let ran = sandbox.tokctl(&[&[command, "-"], format.as_slice()].concat());
                shown += &ran.stdin(&secret).go().exits(0).stdout;
            }
        }
    }
    let unsafe_one = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r'))
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    assert_eq!(shown.chars().find(|&c| unsafe_one(c)), None);
    assert!(!shown.contains("two\nlines"));
    for (i, name) in names.iter().enumerate() {
        let token = sandbox.token(&format!("named-{i}"));
        let kept: String = name.chars().take(255).collect();
        assert_eq!((&token["name"], &token["user"]), (&json!(kept), &json!(kept)));
    }
    assert_eq!(sandbox.token(&unnamed)["name"], "sanctum token 200");
    sandbox.answers_as("sanctum");
}

#[test]
fn strapi_of_version_4() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed(
        "strapi",
        "ALTER TABLE strapi_api_token_permissions_token_lnk
             RENAME TO strapi_api_token_permissions_token_links;
         DELETE FROM strapi_api_tokens WHERE kind = 'admin';
         ALTER TABLE strapi_api_tokens DROP COLUMN kind;
         ALTER TABLE strapi_api_tokens DROP COLUMN encrypted_key;
         DROP TABLE strapi_api_tokens_admin_user_owner_lnk;
         DROP TABLE admin_permissions_api_token_lnk",
    );
    let report = sandbox.import("strapi", &source, &[]);
    assert_eq!(report["clear_text"], json!(null));
    for asked in asked("strapi").iter().filter(|asked| asked["kind"] != "admin") {
        let (code, reason) = sandbox.answer(asked["raw"].as_str().unwrap());
        assert_eq!((code, reason.as_deref()), support::foreign::owed(asked), "{asked}");
        if asked["type"] == "custom" && asked["expect"] == "valid" {
            let scopes = &sandbox.token(asked["raw"].as_str().unwrap())["scopes"];
            assert_eq!(scopes, &asked["scopes"]);
        }
    }
}

#[test]
fn strapi_before_there_were_permissions() {
    let sandbox = Sandbox::new();
    let old = sandbox.path("old.db");
    let salt = "an old salt";
    Connection::open(&old)
        .unwrap()
        .execute_batch(&format!(
            "CREATE TABLE strapi_api_tokens (id INTEGER PRIMARY KEY, name, description, type,
                 access_key, created_at, updated_at);
             INSERT INTO strapi_api_tokens VALUES
                 (1, 'full', '', 'full-access', '{}', 1700000000000, NULL),
                 (2, 'read', '', 'read-only', '{}', 1700000000000, NULL),
                 (3, 'what', '', 'custom', '{}', 1700000000000, NULL),
                 (4, 'odd', '', 'unlimited', '{}', 1700000000000, NULL)",
            access_key(salt, "one"),
            access_key(salt, "two"),
            access_key(salt, "three"),
            access_key(salt, "four"),
        ))
        .unwrap();
    let old = old.to_str().unwrap();
    let ran = sandbox.tokctl(&["import", old, "--json"]).env("API_TOKEN_SALT", salt).go().exits(0);
    let report = ran.json();
    for (secret, scopes) in
        [("one", json!(["*"])), ("two", json!(["read-only"])), ("three", json!([]))]
    {
        sandbox.accepts(secret);
        assert_eq!(sandbox.token(secret)["scopes"], scopes);
        assert_eq!(sandbox.token(secret)["user"], "strapi");
    }
    sandbox.rejects("four", "unknown");
    let reason = "the type is none of read-only, full-access and custom".to_string();
    assert_eq!(skipped(&report), [(reason, vec!["strapi_api_tokens 4".to_string()])]);
}

#[test]
fn strapi_and_its_salt() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("strapi");
    let import = |args: &[&str]| sandbox.run(&[&["import", "strapi", &source], args].concat());
    import(&[])
        .fails(2, "the salt is missing: Strapi's hashes are keyed with it")
        .hints("give the project's API_TOKEN_SALT with --salt-file or $API_TOKEN_SALT");
    let empty = sandbox.file("empty", "\n");
    import(&["--salt-file", &empty]).fails_somehow(2);
    import(&["--salt-file", "missing"]).fails_somehow(2);
    assert!(!sandbox.path("data").exists());
    // With a salt of something else nothing verifies.
    let wrong = sandbox.file("wrong", "another salt");
    import(&["--salt-file", &wrong]).exits(0);
    for asked in asked("strapi") {
        sandbox.rejects(asked["raw"].as_str().unwrap(), "unknown");
    }
    // Then with the right one, from a file as an editor leaves it.
    let salt = std::fs::read_to_string(fixture("strapi", "salt.txt")).unwrap();
    let file = sandbox.file("salt", salt.clone() + "\r\n");
    import(&["--salt-file", &file]).exits(0);
    sandbox.answers_as("strapi");
}

#[test]
fn strapi_admins_who_are_refused() {
    for (sql, reason) in [
        ("UPDATE admin_users SET is_active = 0", "not active in strapi"),
        ("UPDATE admin_users SET blocked = 1", "blocked in strapi"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.import("strapi", &sandbox.changed("strapi", sql), &[]);
        for asked in asked("strapi").iter().filter(|asked| support::foreign::owed(asked).0 == 0) {
            let secret = asked["raw"].as_str().unwrap();
            if asked["kind"] == "admin" {
                sandbox.rejects(secret, "banned");
                assert_eq!(sandbox.json(&["user", "show", "ada"])["banned_reason"], reason);
            } else {
                sandbox.accepts(secret);
            }
        }
    }
}

#[test]
fn the_guide_with_a_join_table() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed(
        "strapi-guide",
        "CREATE TABLE tokens_user_links (id INTEGER PRIMARY KEY, token_id INTEGER, user_id INTEGER);
         INSERT INTO tokens_user_links (token_id, user_id)
             SELECT id, user FROM tokens WHERE user IS NOT NULL ORDER BY id;
         ALTER TABLE tokens DROP COLUMN user;
         ALTER TABLE \"users-permissions_user\" RENAME TO up_users",
    );
    sandbox.import("strapi-guide", &source, &[]);
    sandbox.answers_as("strapi-guide");
    let bobs = asked("strapi-guide").into_iter().find(|asked| asked["id"] == 2).unwrap();
    assert_eq!(sandbox.token(bobs["raw"].as_str().unwrap())["user"], "bob");
}

#[test]
fn the_guide_when_addresses_must_be_confirmed() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed(
        "strapi-guide",
        "UPDATE core_store SET value = json_set(value, '$.email_confirmation', json('true'))
         WHERE key = 'plugin_users-permissions_advanced';
         UPDATE \"users-permissions_user\" SET confirmed = NULL WHERE id = 2",
    );
    sandbox.import("strapi-guide", &source, &[]);
    for asked in asked("strapi-guide").iter().filter(|asked| support::foreign::owed(asked).0 == 0) {
        let secret = asked["raw"].as_str().unwrap();
        match asked["user"].as_i64() {
            Some(2 | 7) => {
                sandbox.rejects(secret, "banned");
                let owner = sandbox.json(&["user", "show", asked["username"].as_str().unwrap()]);
                assert_eq!(owner["banned_reason"], "e-mail address not confirmed in strapi");
            }
            _ => sandbox.accepts(secret),
        }
    }
}

#[test]
fn of_rows_with_one_secret_the_first_answers_also_with_no() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("strapi-guide");
    let db = open(&source);
    for (id, secret, user) in [
        (100, "first-has-no-user", None),
        (101, "first-has-no-user", Some(1)),
        (102, "first-is-blocked", Some(6)),
        (103, "first-is-blocked", Some(1)),
        (104, "first-is-good", Some(1)),
        (105, "first-is-good", Some(6)),
    ] {
        insert(&db, "tokens", &[("id", &id), ("token", &secret), ("user", &user)]);
    }
    for _ in 0..2 {
        sandbox.import("strapi-guide", &source, &[]);
        sandbox.rejects("first-has-no-user", "unknown");
        sandbox.rejects("first-is-blocked", "banned");
        sandbox.accepts("first-is-good");
        assert_eq!(sandbox.token("first-is-good")["user"], "alice");
    }
    let source = sandbox.source("symfony");
    let [expired, gone] = ["expired", "gone"].map(random_looking);
    symfony(&source, 100, &expired, "[]");
    symfony(&source, 101, &expired, "[\"ROLE_ADMIN\"]");
    symfony(&source, 102, &gone, "[]");
    symfony(&source, 103, &gone, "[]");
    open(&source)
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             UPDATE api_token SET expires_at = '2020-01-01 00:00:00' WHERE id = 100;
             UPDATE api_token SET owned_by_id = 99 WHERE id = 102",
        )
        .unwrap();
    let report = sandbox.import("symfony", &source, &[]);
    sandbox.rejects(&expired, "expired");
    sandbox.rejects(&gone, "unknown");
    assert_eq!(report["tokens_skipped"], 3, "{report}");
    sandbox.answers_as("symfony");
}

#[test]
fn of_two_systems_with_one_secret_the_first_answers_and_is_used() {
    let sandbox = Sandbox::new();
    let secret = random_looking("both");
    for (system, enter) in [("symfony", 0), ("sanctum", 1)] {
        let source = sandbox.source(system);
        match enter {
            0 => symfony(&source, 100, &secret, "[]"),
            _ => drop(sanctum(&source, 100, &secret, &"[]")),
        }
        sandbox.import(system, &source, &[]);
    }
    sandbox.sql("UPDATE tokens SET last_used_at = NULL");
    sandbox.accepts(&secret);
    let used = "SELECT group_concat(source) FROM tokens WHERE last_used_at IS NOT NULL";
    let used: String = sandbox.connection().query_row(used, [], |row| row.get(0)).unwrap();
    assert_eq!(used, "symfony");
}

#[test]
fn secrets_in_clear_that_are_weak_or_none() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("strapi-guide");
    let db = open(&source);
    let none: [&dyn ToSql; 7] = [
        &"",
        &" ",
        &"two words",
        &"line\n",
        &rusqlite::types::Null,
        &b"blob".as_slice(),
        &"a\u{7}bell",
    ];
    for (i, secret) in none.iter().enumerate() {
        insert(&db, "tokens", &[("id", &(100 + i as i64)), ("token", *secret), ("user", &1)]);
    }
    for (i, secret) in ["x", "nineteen-characters", "twenty-characters-ok", "schlüssel-mit-umlaut"]
        .iter()
        .enumerate()
    {
        insert(&db, "tokens", &[("id", &(200 + i as i64)), ("token", secret), ("user", &1)]);
    }
    let report = sandbox.import("strapi-guide", &source, &[]);
    // The guide's own example is the third.
    assert_eq!(report["weak_secrets"], 3, "{report}");
    for secret in ["x", "nineteen-characters", "twenty-characters-ok", "schlüssel-mit-umlaut"] {
        sandbox.accepts(secret);
    }
    let skipped = skipped(&report);
    let reasons: Vec<_> =
        skipped.iter().map(|(reason, rows)| (reason.as_str(), rows.len())).collect();
    assert!(reasons.contains(&("the secret is empty", 2)), "{report}");
    assert!(reasons.contains(&("the secret has white space or control characters", 4)), "{report}");
    assert!(reasons.contains(&("the secret is no text", 1)), "{report}");
    assert_eq!(sandbox.answer("").0, 1);
    // A short secret leaves no hint of itself.
    assert_eq!(sandbox.token("x")["hint"], "…");
    assert_eq!(sandbox.token("twenty-characters-ok")["hint"], "twen");
}

#[test]
fn a_secret_of_our_own_shape_is_found_among_the_imported() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("strapi-guide");
    let mistyped = support::UNKNOWN.replace("003aUlTJ", "003aUlTX");
    for (id, secret) in [(100, support::UNKNOWN), (101, &mistyped)] {
        insert(&open(&source), "tokens", &[("id", &id), ("token", &secret), ("user", &1)]);
    }
    sandbox.run(&["user", "add", "x"]).exits(0);
    sandbox.rejects(&mistyped, "malformed");
    sandbox.rejects(support::UNKNOWN, "unknown");
    sandbox.import("strapi-guide", &source, &[]);
    sandbox.accepts(&mistyped);
    sandbox.accepts(support::UNKNOWN);
    sandbox.rejects(&mistyped.replace("003a", "004a"), "malformed");
}

#[test]
fn dates_without_a_zone() {
    let sandbox = Sandbox::new();
    let expiry = |zone: &[&str]| {
        let sandbox = Sandbox::new();
        let source = sandbox.source("sanctum");
        let secret = sanctum(&source, 100, "dated", &"[]");
        open(&source)
            .execute("UPDATE personal_access_tokens SET expires_at = '2090-07-01 12:00:00' WHERE id = 100", ())
            .unwrap();
        sandbox.import("sanctum", &source, zone);
        sandbox.token(&secret)["expires_at"].as_str().unwrap().to_string()
    };
    for (zone, at) in [
        ([].as_slice(), "2090-07-01T12:00:00Z"),
        (&["--time-zone", "UTC"], "2090-07-01T12:00:00Z"),
        (&["--time-zone", "Europe/Paris"], "2090-07-01T10:00:00Z"),
        (&["--time-zone", "+02:00"], "2090-07-01T10:00:00Z"),
        (&["--time-zone", "-05:30"], "2090-07-01T17:30:00Z"),
    ] {
        assert_eq!(expiry(zone), at, "{zone:?}");
    }
    // What is counted in milliseconds has no zone.
    let source = sandbox.source("adonisjs");
    sandbox.import("adonisjs", &source, &["--time-zone", "Asia/Tokyo"]);
    sandbox.answers_as("adonisjs");
}

#[test]
fn what_only_this_database_refuses_is_counted() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let secret = sanctum(&source, 100, "long-unused", &"[\"*\"]");
    open(&source)
        .execute(
            "UPDATE personal_access_tokens SET last_used_at = '2020-01-01 00:00:00' WHERE id = 100",
            (),
        )
        .unwrap();
    sandbox.run(&["user", "add", "x"]).exits(0);
    sandbox.run(&["settings", "set", "unused-lifetime", "90d"]).exits(0);
    let old = asked("sanctum")
        .iter()
        .filter(|asked| {
            asked["expect"] == "valid"
                && asked["last_used_at"]
                    .as_str()
                    .is_some_and(|at| support::foreign::millis(at) < now() - 90 * DAY)
        })
        .map(|asked| asked["id"].as_i64())
        .collect::<std::collections::BTreeSet<_>>()
        .len() as u64;
    let ran = sandbox.try_import("sanctum", &source, &["--dry-run"]).exits(0);
    assert!(ran.stdout.contains(": rejected here for not having been used"), "{ran:#?}");
    assert!(
        ran.stderr.contains("`tokctl settings set unused-lifetime never` keeps what was not used"),
        "{ran:#?}"
    );
    assert_eq!(sandbox.import("sanctum", &source, &[])["unused_here"], old + 1);
    sandbox.rejects(&secret, "unused");
    sandbox.run(&["settings", "set", "unused-lifetime", "never"]).exits(0);
    sandbox.accepts(&secret);
    // Shield itself refuses what was not used for a year.
    assert_eq!(
        sandbox.import("shield", &sandbox.source("shield"), &["--dry-run"])["unused_here"],
        0
    );
    sandbox.run(&["settings", "unset", "unused-lifetime"]).exits(0);
    assert_eq!(sandbox.import("shield", &sandbox.source("shield"), &[])["unused_here"], 0);
}

#[test]
fn the_policy_is_reported_against_and_loses_no_token() {
    for (key, value, count) in
        [("max-expires", "90d", 9), ("allowed-scopes", "posts.read", 10), ("owners", "admins", 11)]
    {
        let sandbox = Sandbox::new();
        sandbox.run(&["user", "add", "x"]).exits(0);
        sandbox.run(&["settings", "set", key, value]).exits(0);
        let report = sandbox.import("sanctum", &sandbox.source("sanctum"), &[]);
        assert_eq!(report["tokens_imported"], 11);
        assert_eq!(report["against_policy"], count, "{key}: {report}");
        sandbox.answers_as("sanctum");
    }
}

/// A row's id, and why it is skipped.
type SkippedRow = (i64, &'static str);

#[test]
fn rows_that_are_damaged_are_skipped_and_the_rest_comes() {
    let cases: [(&str, &str, &[SkippedRow]); 5] = [
        (
            "shield",
            "UPDATE auth_identities SET secret = 'not a hash' WHERE id = 3;
             UPDATE auth_identities SET extra = 'a:1:{i:0;O:8:\"stdClass\":0:{}}' WHERE id = 5;
             UPDATE auth_identities SET last_used_at = 'yesterday' WHERE id = 6;
             UPDATE auth_identities SET name = x'ff' WHERE id = 7",
            &[
                (3, "the hash is not 64 hexadecimal digits"),
                (5, "the scopes are not a serialized list of strings"),
                (6, "a time is neither a date nor milliseconds"),
                (7, "a text is no text"),
            ],
        ),
        (
            "adonisjs",
            "UPDATE auth_access_tokens SET hash = x'00' WHERE id = 1;
             UPDATE auth_access_tokens SET abilities = '[' WHERE id = 2;
             UPDATE auth_access_tokens SET abilities = '7' WHERE id = 3;
             UPDATE auth_access_tokens SET name = CAST(x'ff41' AS TEXT) WHERE id = 4;
             UPDATE auth_access_tokens SET expires_at = 'soon' WHERE id = 5",
            &[
                (1, "a text is no text"),
                (2, "the scopes are not JSON"),
                (3, "the scopes are no list"),
                (4, "a text is not UTF-8"),
                (5, "a time is neither a date nor milliseconds"),
            ],
        ),
        (
            "sanctum",
            "UPDATE personal_access_tokens SET token = substr(token, 1, 63) WHERE id = 1;
             UPDATE personal_access_tokens SET created_at = '2026-13-45 99:00:00' WHERE id = 2;
             UPDATE personal_access_tokens SET name = 'a' || char(0) || 'b' WHERE id = 3;
             UPDATE personal_access_tokens SET tokenable_id = x'01' WHERE id = 4",
            &[
                (1, "the hash is not 64 hexadecimal digits"),
                (2, "a time is neither a date nor milliseconds"),
                (3, "a text has a NUL in it"),
                (4, "a text is no text"),
            ],
        ),
        (
            "symfony",
            "UPDATE api_token SET token = x'00ff' WHERE id = 1;
             UPDATE api_token SET scopes = 'ROLE' WHERE id = 2",
            &[(1, "the secret is no text"), (2, "the scopes are not JSON")],
        ),
        (
            "strapi",
            "UPDATE strapi_api_tokens SET access_key = 'zz' WHERE id = 1;
             UPDATE strapi_api_tokens SET type = NULL WHERE id = 2;
             UPDATE strapi_api_token_permissions SET action = x'00'",
            &[
                (1, "the hash is not 128 hexadecimal digits"),
                (2, "the type is none of read-only, full-access and custom"),
            ],
        ),
    ];
    for (system, sql, wrong) in cases {
        let sandbox = Sandbox::new();
        let source = sandbox.changed(system, sql);
        let report = sandbox.import(system, &source, &[]);
        for (id, why) in wrong {
            let row = format!("{} {id}", table_of(system));
            let told = skipped(&report).into_iter().find(|(_, rows)| rows.contains(&row));
            assert_eq!(told.map(|(reason, _)| reason).as_deref(), Some(*why), "{row}: {report}");
        }
        assert_eq!(report["tokens_skipped"], wrong.len(), "{report}");
        for asked in asked(system) {
            let (code, reason) = sandbox.answer(asked["raw"].as_str().unwrap());
            let is_wrong = wrong.iter().any(|(id, _)| asked["id"] == *id);
            let owed = if is_wrong { (1, Some("unknown")) } else { support::foreign::owed(&asked) };
            assert_eq!((code, reason.as_deref()), owed, "{asked}");
        }
    }
}

#[test]
fn ids_that_are_no_numbers() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed(
        "symfony",
        "CREATE TABLE odd AS SELECT * FROM api_token;
         UPDATE odd SET id = 'one' WHERE id = 1; UPDATE odd SET id = NULL WHERE id = 2;
         UPDATE odd SET id = 2.5 WHERE id = 3; UPDATE odd SET id = 'a' || char(27) || 'b' WHERE id = 4;
         DROP TABLE api_token; ALTER TABLE odd RENAME TO api_token",
    );
    let report = sandbox.import("symfony", &source, &["--verbose"]);
    let (reason, mut rows) = skipped(&report).remove(0);
    rows.sort();
    assert_eq!(reason, "the id is no number");
    assert_eq!(rows, ["api_token ?", "api_token ?", "api_token a\\u{1b}b", "api_token one"]);
    assert_eq!(report["tokens_imported"], 8);
}

#[test]
fn damaged_users_are_told_and_the_rest_comes() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed("sanctum", "UPDATE users SET name = x'ff' WHERE id = 3");
    let report = sandbox.import("sanctum", &source, &[]);
    assert_eq!((&report["users_created"], &report["users_skipped"]), (&json!(2), &json!(1)));
    assert_eq!(report["tokens_skipped"], 3);
    let (reason, rows) = skipped(&report).remove(0);
    assert_eq!((reason.as_str(), rows[0].as_str()), ("a text is no text", "users 3"));
}
