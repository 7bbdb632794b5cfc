//! `import`: the tokens of real databases, system by system. Every secret gets the answer of the
//! system, and no token gets more rights than it had.

mod support;

use rusqlite::{ToSql, types::Null};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use support::foreign::{
    adonisjs_secret, fixture, hex_secret, insert, insert_guide_token, insert_sanctum_token,
    insert_shield_token, insert_symfony_token, millis, open, php_list, sample, samples,
    strapi_access_key, token_table,
};
use support::small::skipped;
use support::{DAY, Sandbox, UNKNOWN, now, sha256};

#[test]
fn shield_tables_with_a_prefix_are_imported() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
        "shield",
        "ALTER TABLE users RENAME TO app_users;
         ALTER TABLE auth_identities RENAME TO app_auth_identities;
         ALTER TABLE auth_groups_users RENAME TO app_auth_groups_users",
    );
    let ran = sandbox.run(&["import", "shield", &source]).fails_somehow(2);
    assert!(ran.stderr.contains(": looked for users and auth_identities; found "), "{ran:#?}");
    let ran = sandbox.run(&["import", &source, "--table-prefix", "app_"]).exits(0);
    assert_eq!(ran.stderr, "detected system: shield\n");
    sandbox.answers_like("shield");
    let alice = sandbox.json(&["user", "show", "alice"]);
    assert_eq!((&alice["email"], &alice["admin"]), (&json!("alice@example.com"), &json!(true)));
}

#[test]
fn a_token_table_with_any_name_is_imported() {
    for system in ["adonisjs", "sanctum", "symfony", "strapi-guide", "strapi"] {
        let sandbox = Sandbox::new();
        let table = token_table(system);
        let rename = format!("ALTER TABLE {table} RENAME TO \"API \"\"keys\"\"; --\"");
        let source = sandbox.changed_source(system, &rename);
        sandbox.try_import(system, &source, &[]).fails_somehow(2);
        sandbox.import(system, &source, &["--table", "API \"keys\"; --"]);
        sandbox.answers_like(system);
    }
}

/// Inserts a token of AdonisJS.
fn insert_adonisjs_token(source: &str, id: i64, kind: &str, secret: &str) {
    let row: &[(&str, &dyn ToSql)] = &[
        ("id", &id),
        ("tokenable_id", &1),
        ("type", &kind),
        ("hash", &sha256(secret)),
        ("abilities", &"[\"*\"]"),
        ("created_at", &"2026-11-22 02:35:24"),
    ];
    insert(source, "auth_access_tokens", row, &[]);
}

/// The options for tokens of another type, whose prefix begins like the usual one.
const API_TOKENS: [&str; 4] = ["--type", "api", "--prefix", "oat_x_"];

#[test]
fn adonisjs_secrets_are_accepted_only_with_their_own_prefix_and_id() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("adonisjs");
    insert_adonisjs_token(&source, 100, "auth_token", "first");
    insert_adonisjs_token(&source, 101, "api", "second");
    insert_adonisjs_token(&source, 102, "auth_token", "same");
    insert_adonisjs_token(&source, 103, "api", "same");
    sandbox.import("adonisjs", &source, &[]);
    sandbox.import("adonisjs", &source, &API_TOKENS);
    sandbox.answers_like("adonisjs");
    for (prefix, id, secret) in
        [("oat_", 100, "first"), ("oat_x_", 101, "second"), ("oat_", 102, "same")]
    {
        sandbox.accepts(&adonisjs_secret(prefix, id, secret));
    }
    sandbox.accepts(&adonisjs_secret("oat_x_", 103, "same"));
    for (prefix, id, secret) in [
        // The prefix of the other type.
        ("oat_x_", 100, "first"),
        ("oat_", 101, "second"),
        ("oat_x_", 102, "same"),
        ("oat_", 103, "same"),
        // Another id.
        ("oat_", 101, "first"),
        ("oat_", 1, "first"),
        // No prefix of any type.
        ("", 100, "first"),
        ("oat", 100, "first"),
        ("OAT_", 100, "first"),
    ] {
        let secret = adonisjs_secret(prefix, id, secret);
        assert_eq!(sandbox.answer(&secret).0, 1, "{secret}");
    }
    // Neither the part behind the dot nor its hash is a secret.
    sandbox.rejects("first", "unknown");
    sandbox.rejects(&sha256("first"), "unknown");
}

#[test]
fn adonisjs_types_are_imported_one_by_one() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("adonisjs");
    insert_adonisjs_token(&source, 101, "api", "first");
    insert_adonisjs_token(&source, 103, "api", "second");
    sandbox.import("adonisjs", &source, &[]);
    sandbox.import("adonisjs", &source, &API_TOKENS);
    let again = sandbox.import("adonisjs", &source, &API_TOKENS);
    assert_eq!((&again["tokens_known"], &again["tokens_imported"]), (&json!(2), &json!(0)));
}

#[test]
fn adonisjs_secrets_in_another_form_of_base64_are_rejected() {
    let sandbox = Sandbox::new();
    sandbox.import("adonisjs", &sandbox.source("adonisjs"), &[]);
    let sample = sample("adonisjs", 2);
    let good = sample.secret();
    sandbox.accepts(good);
    let (head, tail) = good.split_once('.').unwrap();
    assert_eq!(head, "oat_Mg");
    for wrong in [
        format!("{good}="),
        format!("{good}=="),
        format!("{head}=.{tail}"),
        format!("{head}==.{tail}"),
        // In `Mg`, four bits are left over. Other values of them decode to the same byte.
        format!("oat_Mh.{tail}"),
        format!("oat_Mv.{tail}"),
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
fn sanctum_secrets_are_accepted_with_their_id_or_none() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let with_bars = insert_sanctum_token(&source, 77, "secret|with|bars", &[]);
    let plain = insert_sanctum_token(&source, 78, "plainsecret", &[]);
    sandbox.import("sanctum", &source, &[]);
    for secret in [&with_bars, &plain, "078|plainsecret", "plainsecret"] {
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

const VALID_SCOPES: [&str; 4] = ["posts.read", "server:create", "ROLE_ADMIN", "a/b"];

/// Scopes that are invalid here, or would be a wildcard.
const OTHER_SCOPES: [&str; 10] =
    ["posts.*", "**", "a b", "say \"hi\"", "back\\slash", "café", "", "a,b", "*x", "\u{1b}[2J"];

/// PHP's `serialize()` of an array whose keys are strings.
fn php_array(strings: &[&str]) -> String {
    let item = |(i, s): (usize, &&str)| {
        let key = format!("k{i}");
        format!("s:{}:\"{key}\";s:{}:\"{s}\";", key.len(), s.len())
    };
    let items: String = strings.iter().enumerate().map(item).collect();
    format!("a:{}:{{{items}}}", strings.len())
}

#[test]
fn scopes_that_are_invalid_here_or_would_be_wildcards_are_left_out() {
    let all = [VALID_SCOPES.as_slice(), &OTHER_SCOPES].concat();
    let keyed = all.iter().enumerate().map(|(i, scope)| (format!("key {i}"), json!(scope)));
    let as_list = json!(all).to_string();
    let as_object = Value::Object(keyed.collect::<Map<_, _>>()).to_string();
    for (system, scopes) in [
        ("shield", &php_list(&all)),
        ("shield", &php_array(&all)),
        ("sanctum", &as_list),
        ("sanctum", &as_object),
        ("symfony", &as_list),
        ("symfony", &as_object),
    ] {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        let secret = hex_secret(scopes);
        match system {
            "shield" => insert_shield_token(&source, 100, &secret, &[("extra", scopes)]),
            "sanctum" => {
                insert_sanctum_token(&source, 100, &secret, &[("abilities", scopes)]);
            }
            _ => insert_symfony_token(&source, 100, &secret, &[("scopes", scopes)]),
        }
        let report = sandbox.import(system, &source, &["--verbose"]);
        assert_eq!(sandbox.token(&secret)["scopes"], json!(VALID_SCOPES), "{system}");
        // One of Sanctum's samples is narrowed, too.
        let narrowed = 1 + u64::from(system == "sanctum");
        assert_eq!(report["tokens_narrowed"], narrowed, "{report}");
        for scope in OTHER_SCOPES {
            let shown = format!("\"{}\"", scope.replace('\u{1b}', "\\u{1b}"));
            let row = imported_row(&report, 100);
            assert!(row.contains(&shown), "{scope}: {row}");
        }
        for needed in ["posts.write", "anything"] {
            sandbox.tokctl(&["verify", "--scope", needed, "-"]).stdin(&secret).go().exits(3);
        }
        sandbox.answers_like(system);
    }
}

/// The line of a verbose report about an imported token.
fn imported_row(report: &Value, id: i64) -> &str {
    let rows = report["rows"].as_array().unwrap().iter().map(|row| row.as_str().unwrap());
    let mut rows = rows.filter(|row| row.contains(&format!(" {id}: imported")));
    rows.next().unwrap()
}

#[test]
fn sanctum_abilities_grant_what_they_granted_there() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let tokens: [(&str, &dyn ToSql, Value); 9] = [
        ("empty", &"[]", json!([])),
        ("empty-object", &"{}", json!([])),
        ("null", &"null", json!([])),
        ("NULL-of-a-file", &"\\N", json!([])),
        ("sql-null", &Null, json!([])),
        ("blank", &"", json!([])),
        ("star", &"[\"*\"]", json!(["*"])),
        ("keyed-star", &"{\"all\":\"*\"}", json!(["*"])),
        ("not-strings", &"[1, true, null, [\"*\"], {\"a\": \"*\"}]", json!([])),
    ];
    for (id, (secret, abilities, _)) in (100..).zip(&tokens) {
        insert_sanctum_token(&source, id, secret, &[("abilities", *abilities)]);
    }
    sandbox.import("sanctum", &source, &[]);
    for (secret, _, scopes) in tokens {
        assert_eq!(sandbox.token(secret)["scopes"], scopes, "{secret}");
    }
}

/// Both read nothing but JSON, and such a token may do nothing there.
#[test]
fn a_star_without_a_list_is_no_ability() {
    let sandbox = Sandbox::new();
    let sanctum = sandbox.source("sanctum");
    let adonisjs = sandbox.source("adonisjs");
    for (id, abilities) in (100..).zip(["*", "{*}", "posts.read,*", "a:1:{i:0;s:1:\"*\";}"]) {
        insert_sanctum_token(&sanctum, id, &format!("secret-{id}"), &[("abilities", &abilities)]);
        insert_adonisjs_token(&adonisjs, id, "auth_token", &format!("secret-{id}"));
        let sql = "UPDATE auth_access_tokens SET abilities = ?1 WHERE id = ?2";
        open(&adonisjs).execute(sql, (abilities, id)).unwrap();
    }
    for (system, source) in [("sanctum", &sanctum), ("adonisjs", &adonisjs)] {
        let report = sandbox.import(system, source, &[]);
        let rows = (100..104).map(|id| format!("{} {id}", token_table(system))).collect();
        assert_eq!(skipped(&report), [("column abilities: not JSON".to_string(), rows)]);
    }
}

#[test]
fn a_star_that_is_no_wildcard_in_symfony_is_none_here() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("symfony");
    let secret = hex_secret("star");
    insert_symfony_token(&source, 100, &secret, &[("scopes", &"[\"*\",\"ROLE_USER\"]")]);
    assert_eq!(sandbox.import("symfony", &source, &[])["tokens_narrowed"], 1);
    assert_eq!(sandbox.token(&secret)["scopes"], json!(["ROLE_USER"]));
}

#[test]
fn a_star_that_is_no_wildcard_in_strapi_is_none_here() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
        "strapi",
        "UPDATE strapi_api_token_permissions SET action = '*' WHERE id = (
             SELECT api_token_permission_id FROM strapi_api_token_permissions_token_lnk
             WHERE api_token_id = 7 ORDER BY api_token_permission_id LIMIT 1)",
    );
    assert_eq!(sandbox.import("strapi", &source, &[])["tokens_narrowed"], 1);
    let sample = sample("strapi", 7);
    let before = sample["scopes"].as_array().unwrap().len();
    let token = sandbox.token(sample.secret());
    assert_eq!(token["scopes"].as_array().unwrap().len(), before - 1);
}

/// Names of tokens and users that a terminal, a shell or a spreadsheet could take for something else.
const HARMFUL_NAMES: [&str; 6] = [
    "O'Brien \"the\" \\ man; DROP TABLE tokens --",
    "\u{1b}]0;owned\u{7}\u{1b}[2J",
    "two\nlines\r\nand\ta tab",
    "\u{202e}gnp.exe\u{2066}",
    "c1\u{9b}2J del\u{7f}",
    "=cmd|' /C calc'!A0",
];

/// Inserts a token and a user of this name, and returns the secret.
fn insert_named_token(source: &str, id: i64, name: &str) -> String {
    let email = format!("user-{id}@example.org");
    insert(
        source,
        "users",
        &[("id", &id), ("name", &name), ("email", &email), ("password", &"")],
        &[],
    );
    let secret = format!("named-{id}");
    insert_sanctum_token(source, id, &secret, &[("name", &name), ("tokenable_id", &id)]);
    secret
}

#[test]
fn names_are_kept_and_shortened_to_255_characters() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let long = "n".repeat(300);
    for (id, name) in (100..).zip(HARMFUL_NAMES.into_iter().chain([long.as_str()])) {
        insert_named_token(&source, id, name);
    }
    sandbox.import("sanctum", &source, &[]);
    for (id, name) in (100..).zip(HARMFUL_NAMES.into_iter().chain([&long[..255]])) {
        let token = sandbox.token(&format!("named-{id}"));
        assert_eq!((&token["name"], &token["user"]), (&json!(name), &json!(name)));
    }
    sandbox.answers_like("sanctum");
}

#[test]
fn a_token_without_a_name_is_named_after_its_system_and_id() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let secret = insert_sanctum_token(&source, 200, "unnamed", &[("name", &" ")]);
    sandbox.import("sanctum", &source, &[]);
    assert_eq!(sandbox.token(&secret)["name"], "sanctum token 200");
}

#[test]
fn harmful_names_are_shown_escaped_in_every_format() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let named = (100..).zip(HARMFUL_NAMES);
    let secrets: Vec<_> = named.map(|(id, name)| insert_named_token(&source, id, name)).collect();
    let mut shown = String::new();
    for format in ["human", "json", "jsonl", "csv"] {
        let format = ["--format", format];
        for options in [["--verbose", "--dry-run"].as_slice(), &["--verbose"]] {
            let ran = sandbox.try_import("sanctum", &source, &[options, &format].concat()).exits(0);
            shown += &(ran.stdout + &ran.stderr);
        }
        for args in [["list", "--all"].as_slice(), &["user", "list"]] {
            shown += &sandbox.run(&[args, &format].concat()).exits(0).stdout;
        }
        for secret in &secrets {
            for command in ["verify", "show"] {
                let args = [&[command, "-"], format.as_slice()].concat();
                shown += &sandbox.tokctl(&args).stdin(secret).go().exits(0).stdout;
            }
        }
    }
    let is_unsafe = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\r'))
            || ('\u{202a}'..='\u{202e}').contains(c)
            || ('\u{2066}'..='\u{2069}').contains(c)
    };
    assert_eq!(shown.chars().find(is_unsafe), None);
    assert!(!shown.contains("two\nlines"));
}

#[test]
fn encrypted_secrets_of_strapi_are_reported_if_there_are_any() {
    let sandbox = Sandbox::new();
    let without =
        sandbox.changed_source("strapi", "UPDATE strapi_api_tokens SET encrypted_key = NULL");
    let report = sandbox.import("strapi", &without, &["--dry-run"]);
    assert_eq!(report["clear_text"], json!(null));
    let with = sandbox.changed_source(
        "strapi",
        "UPDATE strapi_api_tokens SET encrypted_key = 'v1:aa:bb:cc' WHERE id = 1",
    );
    let ran = sandbox.try_import("strapi", &with, &["--dry-run"]).exits(0);
    let warning = "column strapi_api_tokens.encrypted_key in the source contains encrypted secrets, \
                   which the project's ENCRYPTION_KEY reveals; drop it after the migration";
    assert!(ran.stdout.contains(warning), "{ran:#?}");
}

#[test]
fn strapi_4_is_imported() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
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
    for sample in samples("strapi").iter().filter(|sample| sample["kind"] != "admin") {
        assert_eq!(sandbox.answer(sample.secret()), sample.expected(), "{sample:?}");
        if sample["type"] == "custom" && sample["expect"] == "valid" {
            assert_eq!(sandbox.token(sample.secret())["scopes"], sample["scopes"]);
        }
    }
}

#[test]
fn strapi_before_token_permissions_is_imported() {
    let sandbox = Sandbox::new();
    let source = sandbox.path("old.db").to_str().unwrap().to_string();
    let salt = "an old salt";
    let [one, two, three, four] =
        ["one", "two", "three", "four"].map(|secret| strapi_access_key(salt, secret));
    open(&source)
        .execute_batch(&format!(
            "CREATE TABLE strapi_api_tokens (id INTEGER PRIMARY KEY, name, description, type,
                 access_key, created_at, updated_at);
             INSERT INTO strapi_api_tokens VALUES
                 (1, 'full', '', 'full-access', '{one}', 1700000000000, NULL),
                 (2, 'read', '', 'read-only', '{two}', 1700000000000, NULL),
                 (3, 'custom', '', 'custom', '{three}', 1700000000000, NULL),
                 (4, 'unknown type', '', 'unlimited', '{four}', 1700000000000, NULL)"
        ))
        .unwrap();
    let import = sandbox.tokctl(&["import", &source, "--json"]).env("API_TOKEN_SALT", salt);
    let report = import.go().exits(0).json();
    for (secret, scopes) in
        [("one", json!(["*"])), ("two", json!(["read-only"])), ("three", json!([]))]
    {
        sandbox.accepts(secret);
        assert_eq!(sandbox.token(secret)["scopes"], scopes);
        assert_eq!(sandbox.owner(secret), "strapi");
    }
    sandbox.rejects("four", "unknown");
    let reason = "column type: none of read-only, full-access, custom".to_string();
    assert_eq!(skipped(&report), [(reason, vec!["strapi_api_tokens 4".to_string()])]);
}

#[test]
fn strapi_without_a_salt_is_refused() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("strapi");
    let import =
        |options: &[&str]| sandbox.run(&[&["import", "strapi", &source], options].concat());
    let hint = "give the project's API_TOKEN_SALT with --salt-file or $API_TOKEN_SALT";
    import(&[]).fails(2, "the salt is missing: Strapi's hashes are keyed with it").hints(hint);
    let empty = sandbox.file("empty", "\n");
    import(&["--salt-file", &empty])
        .fails(2, "the salt is empty: Strapi's hashes are keyed with it")
        .hints(hint);
    import(&["--salt-file", "missing"])
        .fails(2, "cannot read missing: No such file or directory (os error 2)");
    assert!(!sandbox.path("data").exists());
}

#[test]
fn a_wrong_salt_is_mended_by_an_import_that_replaces() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("strapi");
    let import = |file: &str, options: &[&str]| {
        let args = ["--json", "import", "strapi", &source, "--salt-file", file];
        sandbox.run(&[&args, options].concat()).exits(0).json()
    };
    let all = import(&sandbox.file("wrong", "another salt"), &[])["tokens_imported"].clone();
    for sample in samples("strapi") {
        sandbox.rejects(sample.secret(), "unknown");
    }
    // An editor may add a line ending.
    let salt = std::fs::read_to_string(fixture("strapi", "salt.txt")).unwrap();
    let salt = sandbox.file("salt", salt + "\r\n");
    let again = import(&salt, &[]);
    assert_eq!((&again["tokens_known"], &again["tokens_changed"]), (&all, &all), "{again}");
    for sample in samples("strapi") {
        sandbox.rejects(sample.secret(), "unknown");
    }
    let replaced = import(&salt, &["--replace"]);
    assert_eq!((&replaced["tokens_replaced"], &replaced["tokens_known"]), (&all, &json!(0)));
    sandbox.answers_like("strapi");
}

#[test]
fn tokens_of_strapi_administrators_who_are_refused_are_rejected() {
    for (sql, reason) in [
        ("UPDATE admin_users SET is_active = 0", "not active in strapi"),
        ("UPDATE admin_users SET blocked = 1", "blocked in strapi"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.import("strapi", &sandbox.changed_source("strapi", sql), &[]);
        for sample in samples("strapi").iter().filter(|sample| sample.is_accepted()) {
            if sample["kind"] == "admin" {
                sandbox.rejects(sample.secret(), "banned");
                assert_eq!(sandbox.json(&["user", "show", "ada"])["banned_reason"], reason);
            } else {
                sandbox.accepts(sample.secret());
            }
        }
    }
}

#[test]
fn owners_in_a_join_table_of_the_strapi_guide_are_found() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
        "strapi-guide",
        "CREATE TABLE tokens_user_links (id INTEGER PRIMARY KEY, token_id INTEGER, user_id INTEGER);
         INSERT INTO tokens_user_links (token_id, user_id)
             SELECT id, user FROM tokens WHERE user IS NOT NULL ORDER BY id;
         ALTER TABLE tokens DROP COLUMN user;
         ALTER TABLE \"users-permissions_user\" RENAME TO up_users",
    );
    sandbox.import("strapi-guide", &source, &[]);
    sandbox.answers_like("strapi-guide");
    assert_eq!(sandbox.owner(sample("strapi-guide", 2).secret()), "bob");
}

#[test]
fn users_without_a_confirmed_address_are_banned_if_the_strapi_guide_requires_one() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
        "strapi-guide",
        "UPDATE core_store SET value = json_set(value, '$.email_confirmation', json('true'))
         WHERE key = 'plugin_users-permissions_advanced';
         UPDATE \"users-permissions_user\" SET confirmed = NULL WHERE id = 2",
    );
    sandbox.import("strapi-guide", &source, &[]);
    for sample in samples("strapi-guide").iter().filter(|sample| sample.is_accepted()) {
        match sample["user"].as_i64() {
            Some(2 | 7) => {
                sandbox.rejects(sample.secret(), "banned");
                let owner = sandbox.json(&["user", "show", sample.text("username").unwrap()]);
                assert_eq!(owner["banned_reason"], "e-mail address not confirmed in strapi");
            }
            _ => sandbox.accepts(sample.secret()),
        }
    }
}

#[test]
fn of_rows_of_the_strapi_guide_with_one_secret_only_the_first_counts() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("strapi-guide");
    // User 6 is blocked there.
    for (id, secret, user) in [
        (100, "first-has-no-user", None),
        (101, "first-has-no-user", Some(1)),
        (102, "first-is-blocked", Some(6)),
        (103, "first-is-blocked", Some(1)),
        (104, "first-is-good", Some(1)),
        (105, "first-is-good", Some(6)),
    ] {
        insert_guide_token(&source, id, &secret, &[("user", &user)]);
    }
    for _ in 0..2 {
        sandbox.import("strapi-guide", &source, &[]);
        sandbox.rejects("first-has-no-user", "unknown");
        sandbox.rejects("first-is-blocked", "banned");
        sandbox.accepts("first-is-good");
        assert_eq!(sandbox.owner("first-is-good"), "alice");
    }
}

#[test]
fn of_rows_of_symfony_with_one_secret_only_the_first_counts() {
    let sandbox = Sandbox::new();
    let source =
        sandbox.changed_source("symfony", "PRAGMA foreign_keys = OFF; DELETE FROM api_token");
    let [expired, without_owner] =
        ["expired", "without owner"].map(|seed| format!("tcp_{}", hex_secret(seed)));
    insert_symfony_token(&source, 100, &expired, &[("expires_at", &"2020-01-01 00:00:00")]);
    insert_symfony_token(&source, 101, &expired, &[("scopes", &"[\"ROLE_ADMIN\"]")]);
    insert_symfony_token(&source, 102, &without_owner, &[]);
    insert_symfony_token(&source, 103, &without_owner, &[]);
    open(&source)
        .execute_batch(
            "PRAGMA foreign_keys = OFF; UPDATE api_token SET owned_by_id = 99 WHERE id = 102",
        )
        .unwrap();
    let report = sandbox.import("symfony", &source, &[]);
    sandbox.rejects(&expired, "expired");
    sandbox.rejects(&without_owner, "unknown");
    assert_eq!(
        skipped(&report),
        [
            ("an earlier row has the same secret".into(), vec!["api_token 101".into()]),
            ("owner not found".into(), vec!["api_token 102".into()]),
            (
                "an earlier row with the same secret was skipped".into(),
                vec!["api_token 103".to_string()]
            ),
        ]
    );
}

#[test]
fn of_two_systems_with_one_secret_the_first_import_counts() {
    let sandbox = Sandbox::new();
    let secret = hex_secret("both");
    let symfony = sandbox.source("symfony");
    insert_symfony_token(&symfony, 100, &secret, &[]);
    sandbox.import("symfony", &symfony, &[]);
    let sanctum = sandbox.source("sanctum");
    insert_sanctum_token(&sanctum, 100, &secret, &[("abilities", &"[]")]);
    sandbox.import("sanctum", &sanctum, &[]);
    sandbox.sql("UPDATE tokens SET last_used_at = NULL");
    sandbox.accepts(&secret);
    let used = "SELECT min(source) || max(source) FROM tokens WHERE last_used_at IS NOT NULL";
    assert_eq!(sandbox.value(used).unwrap(), "symfonysymfony");
}

#[test]
fn clear_text_that_no_client_could_send_is_skipped() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source("strapi-guide", "DELETE FROM tokens");
    let values: [&dyn ToSql; 7] =
        [&"", &" ", &"two words", &"line\n", &Null, &b"blob".as_slice(), &"a\u{7}bell"];
    for (id, value) in (100..).zip(values) {
        insert_guide_token(&source, id, value, &[]);
    }
    let ran = sandbox.try_import("strapi-guide", &source, &["--json"]).exits(1);
    let report = ran.json();
    let skipped = skipped(&report);
    let counts: Vec<_> =
        skipped.iter().map(|(reason, rows)| (reason.as_str(), rows.len())).collect();
    assert_eq!(
        counts,
        [
            ("column token: the secret is empty", 2),
            ("column token: the secret contains white space or control characters", 4),
            ("column token: not text", 1),
        ]
    );
    assert_eq!(sandbox.answer("").0, 1);
}

#[test]
fn hints_show_the_beginning_of_secrets_as_far_as_it_is_known() {
    for (system, id, hint) in [
        ("shield", 3, "…"),
        ("adonisjs", 2, "oat_Mg"),
        ("sanctum", 2, "2|"),
        ("symfony", 1, "tcp_c85f"),
        ("strapi", 1, "…"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.import(system, &sandbox.source(system), &[]);
        assert_eq!(sandbox.token(sample(system, id).secret())["hint"], hint, "{system}");
    }
}

#[test]
fn short_secrets_are_counted_and_give_no_hint() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source("strapi-guide", "DELETE FROM tokens");
    let secrets = ["x", "nineteen-characters", "twenty-characters-ok", "schlüssel-mit-umlaut"];
    for (id, secret) in (200..).zip(secrets) {
        insert_guide_token(&source, id, &secret, &[]);
    }
    let report = sandbox.import("strapi-guide", &source, &[]);
    assert_eq!(report["weak_secrets"], 2, "{report}");
    for secret in secrets {
        sandbox.accepts(secret);
    }
    assert_eq!(sandbox.token("x")["hint"], "…");
    assert_eq!(sandbox.token("twenty-characters-ok")["hint"], "twen");
}

#[test]
fn an_imported_secret_may_look_like_one_of_tokctl() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("strapi-guide");
    let bad_checksum = UNKNOWN.replace("003aUlTJ", "003aUlTX");
    insert_guide_token(&source, 100, &UNKNOWN, &[]);
    insert_guide_token(&source, 101, &bad_checksum, &[]);
    sandbox.run(&["user", "add", "x"]).exits(0);
    sandbox.rejects(&bad_checksum, "malformed");
    sandbox.rejects(UNKNOWN, "unknown");
    sandbox.import("strapi-guide", &source, &[]);
    sandbox.accepts(&bad_checksum);
    sandbox.accepts(UNKNOWN);
    sandbox.rejects(&bad_checksum.replace("003a", "004a"), "malformed");
}

#[test]
fn dates_without_a_zone_are_in_the_given_one() {
    for (options, at) in [
        ([].as_slice(), "2090-07-01T12:00:00Z"),
        (&["--time-zone", "UTC"], "2090-07-01T12:00:00Z"),
        (&["--time-zone", "Europe/Paris"], "2090-07-01T10:00:00Z"),
        (&["--time-zone", "+02:00"], "2090-07-01T10:00:00Z"),
        (&["--time-zone", "-05:30"], "2090-07-01T17:30:00Z"),
    ] {
        let sandbox = Sandbox::new();
        let source = sandbox.source("sanctum");
        let expiry = "2090-07-01 12:00:00";
        let secret = insert_sanctum_token(&source, 100, "dated", &[("expires_at", &expiry)]);
        sandbox.import("sanctum", &source, options);
        assert_eq!(sandbox.token(&secret)["expires_at"], at, "{options:?}");
    }
}

#[test]
fn times_in_milliseconds_have_no_zone() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("adonisjs");
    sandbox.import("adonisjs", &source, &["--time-zone", "Asia/Tokyo"]);
    sandbox.answers_like("adonisjs");
}

/// Tokens of Sanctum's samples that are valid there and were not used for 90 days.
fn unused_samples() -> usize {
    let unused = samples("sanctum").into_iter().filter(|sample| {
        let is_unused = |at: &str| millis(at) < now() - 90 * DAY;
        sample["expect"] == "valid" && sample.text("last_used_at").is_some_and(is_unused)
    });
    unused.map(|sample| sample["id"].as_i64()).collect::<BTreeSet<_>>().len()
}

#[test]
fn tokens_that_only_this_database_rejects_as_unused_are_counted() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let last_used = [("last_used_at", &"2020-01-01 00:00:00" as &dyn ToSql)];
    let secret = insert_sanctum_token(&source, 100, "unused", &last_used);
    sandbox.run(&["user", "add", "x"]).exits(0);
    sandbox.run(&["settings", "set", "unused-lifetime", "90d"]).exits(0);
    let count = unused_samples() + 1;
    let ran = sandbox.try_import("sanctum", &source, &[]).exits(0);
    let tokens = if count == 1 { "token" } else { "tokens" };
    let line = format!(
        "unused here  {count} {tokens}: rejected here because of the setting unused-lifetime"
    );
    assert!(ran.stdout.lines().any(|found| found == line), "{ran:#?}");
    assert_eq!(
        ran.stderr,
        "`tokctl settings set unused-lifetime never` accepts tokens that were not used for a long \
         time\n"
    );
    sandbox.rejects(&secret, "unused");
    sandbox.run(&["settings", "set", "unused-lifetime", "never"]).exits(0);
    sandbox.accepts(&secret);
}

#[test]
fn tokens_that_shield_itself_rejects_as_unused_are_not_counted() {
    let sandbox = Sandbox::new();
    sandbox.run(&["user", "add", "x"]).exits(0);
    for lifetime in ["never", "1y"] {
        sandbox.run(&["settings", "set", "unused-lifetime", lifetime]).exits(0);
        let report = sandbox.import("shield", &sandbox.source("shield"), &["--dry-run"]);
        assert_eq!(report["unused_here"], 0);
    }
}

#[test]
fn tokens_that_the_policy_does_not_allow_are_imported_and_counted() {
    for (key, value, count) in
        [("max-expires", "90d", 9), ("allowed-scopes", "posts.read", 10), ("owners", "admins", 11)]
    {
        let sandbox = Sandbox::new();
        sandbox.run(&["user", "add", "x"]).exits(0);
        sandbox.run(&["settings", "set", key, value]).exits(0);
        let report = sandbox.import("sanctum", &sandbox.source("sanctum"), &[]);
        assert_eq!(report["tokens_imported"], 11);
        assert_eq!(report["against_policy"], count, "{key}: {report}");
        sandbox.answers_like("sanctum");
    }
}

/// A system, a change of its database, and each row that is then skipped, with the reason.
type Damage = (&'static str, &'static str, &'static [(i64, &'static str)]);

const DAMAGES: [Damage; 5] = [
    (
        "shield",
        "UPDATE auth_identities SET secret = 'not a hash' WHERE id = 3;
         UPDATE auth_identities SET extra = 'a:1:{i:0;O:8:\"stdClass\":0:{}}' WHERE id = 5;
         UPDATE auth_identities SET last_used_at = 'yesterday' WHERE id = 6;
         UPDATE auth_identities SET name = x'ff' WHERE id = 7",
        &[
            (3, "column secret: not 64 hexadecimal digits"),
            (5, "column extra: not a list of strings serialized by PHP"),
            (6, "column last_used_at: neither a date nor a time since 1970"),
            (7, "column name: not text"),
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
            (1, "column hash: not text"),
            (2, "column abilities: not JSON"),
            (3, "column abilities: not a list"),
            (4, "column name: not UTF-8"),
            (5, "column expires_at: neither a date nor a time since 1970"),
        ],
    ),
    (
        "sanctum",
        "UPDATE personal_access_tokens SET token = substr(token, 1, 63) WHERE id = 1;
         UPDATE personal_access_tokens SET created_at = '2026-13-45 99:00:00' WHERE id = 2;
         UPDATE personal_access_tokens SET name = 'a' || char(0) || 'b' WHERE id = 3;
         UPDATE personal_access_tokens SET tokenable_id = x'01' WHERE id = 4",
        &[
            (1, "column token: not 64 hexadecimal digits"),
            (2, "column created_at: neither a date nor a time since 1970"),
            (3, "column name: contains a NUL character"),
            (4, "column tokenable_id: neither a number nor text nor 16 bytes"),
        ],
    ),
    (
        "symfony",
        "UPDATE api_token SET token = x'00ff' WHERE id = 1;
         UPDATE api_token SET scopes = '[' WHERE id = 2",
        &[(1, "column token: not text"), (2, "column scopes: not JSON")],
    ),
    (
        "strapi",
        "UPDATE strapi_api_tokens SET access_key = 'zz' WHERE id = 1;
         UPDATE strapi_api_tokens SET type = NULL WHERE id = 2;
         UPDATE strapi_api_token_permissions SET action = x'00'",
        &[
            (1, "column access_key: not 128 hexadecimal digits"),
            (2, "column type: none of read-only, full-access, custom"),
        ],
    ),
];

#[test]
fn rows_that_cannot_be_read_are_skipped_and_the_others_are_imported() {
    for (system, sql, damaged) in DAMAGES {
        let sandbox = Sandbox::new();
        let source = sandbox.changed_source(system, sql);
        let report = sandbox.import(system, &source, &[]);
        for (id, why) in damaged {
            let row = format!("{} {id}", token_table(system));
            let found = skipped(&report).into_iter().find(|(_, rows)| rows.contains(&row));
            assert_eq!(found.map(|(reason, _)| reason).as_deref(), Some(*why), "{row}: {report}");
        }
        assert_eq!(report["tokens_skipped"], damaged.len(), "{report}");
        for sample in samples(system) {
            let is_damaged = damaged.iter().any(|(id, _)| sample["id"] == *id);
            let unknown = (1, Some("unknown".to_string()));
            let expected = if is_damaged { unknown } else { sample.expected() };
            assert_eq!(sandbox.answer(sample.secret()), expected, "{sample:?}");
        }
    }
}

#[test]
fn rows_whose_id_is_none_are_skipped() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
        "symfony",
        "CREATE TABLE odd AS SELECT * FROM api_token;
         UPDATE odd SET id = 'one' WHERE id = 1;
         UPDATE odd SET id = NULL WHERE id = 2;
         UPDATE odd SET id = ' ' WHERE id = 3;
         UPDATE odd SET id = 2.5 WHERE id = 4;
         UPDATE odd SET id = 'a' || char(27) || 'b' WHERE id = 5;
         UPDATE odd SET id = x'0102' WHERE id = 6;
         DROP TABLE api_token;
         ALTER TABLE odd RENAME TO api_token",
    );
    let report = sandbox.import("symfony", &source, &["--verbose"]);
    let unknown = vec!["api_token ?".to_string(); 2];
    assert_eq!(
        skipped(&report),
        [
            ("column id: missing".to_string(), unknown.clone()),
            (
                "column id: neither a number nor text nor 16 bytes".to_string(),
                [unknown, vec!["api_token ?".to_string()]].concat()
            ),
        ]
    );
    assert_eq!(report["tokens_imported"], 7);
}

#[test]
fn users_who_cannot_be_read_are_skipped_with_their_tokens() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source("sanctum", "UPDATE users SET name = x'ff' WHERE id = 3");
    let report = sandbox.import("sanctum", &source, &[]);
    assert_eq!((&report["users_created"], &report["users_skipped"]), (&json!(2), &json!(1)));
    assert_eq!(report["tokens_skipped"], 3);
    let skipped = skipped(&report);
    assert_eq!(skipped[0], ("column name: not text".to_string(), vec!["users 3".to_string()]));
    assert_eq!(skipped[1].0, "owner: column name: not text");
}
