//! `import`: a value is judged by what it says, however it is stored: ids, dates, texts from a CSV
//! file, scopes, secrets and salts.

mod support;

use rusqlite::ToSql;
use rusqlite::types::Null;
use serde_json::json;
use support::foreign::{Row, hex_secret, insert, insert_sanctum_token, open, strapi_access_key};
use support::small::{ALL, SALT, Small, skipped};
use support::{Sandbox, sha256};

/// Systems in which any secret in clear is in the database.
const CLEAR: [&str; 2] = ["symfony", "strapi-guide"];

#[test]
fn a_number_is_a_time_in_the_unit_that_its_size_tells() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        let values: [(&dyn ToSql, &str); 12] = [
            (&2_051_222_400, "2035-01-01T00:00:00Z"),
            (&"2051222400", "2035-01-01T00:00:00Z"),
            (&2_051_222_400.5, "2035-01-01T00:00:00.5Z"),
            (&2_051_222_400_250i64, "2035-01-01T00:00:00.25Z"),
            (&"2051222400250", "2035-01-01T00:00:00.25Z"),
            (&2_051_222_400_250_000i64, "2035-01-01T00:00:00.25Z"),
            (&"2051222400250000", "2035-01-01T00:00:00.25Z"),
            (&"2035-01-01 00:00:00", "2035-01-01T00:00:00Z"),
            (&"2035-01-01T00:00:00.250Z", "2035-01-01T00:00:00.25Z"),
            (&"2035-01-01T02:00:00+02:00", "2035-01-01T00:00:00Z"),
            (&"2034-12-31 19:00:00-05", "2035-01-01T00:00:00Z"),
            (&"2035-01-01", "2035-01-01T00:00:00Z"),
        ];
        let add = |(id, (value, _)): (i64, &(&dyn ToSql, &str))| {
            small.token(id, &[("expires_at", *value)])
        };
        let secrets: Vec<_> = (10..).zip(&values).map(add).collect();
        small.import(&[]);
        for (secret, (_, expected)) in secrets.iter().zip(values) {
            let found = sandbox.token(secret)["expires_at"].as_str().unwrap().to_string();
            assert_eq!(millis(&found), millis(expected), "{system}: {found}, {expected}");
        }
    }
}

fn millis(text: &str) -> i64 {
    support::foreign::millis(text)
}

#[test]
fn a_zone_is_only_for_dates_that_name_none() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        let without = small.token(5, &[("expires_at", &"2035-01-01 00:00:00")]);
        let with = small.token(6, &[("expires_at", &"2035-01-01T00:00:00Z")]);
        let number = small.token(7, &[("expires_at", &2_051_222_400)]);
        small.import(&["--time-zone", "America/Los_Angeles"]);
        let expires_at = |secret: &str| sandbox.token(secret)["expires_at"].clone();
        assert_eq!(expires_at(&without), "2035-01-01T08:00:00Z", "{system}");
        assert_eq!(expires_at(&with), "2035-01-01T00:00:00Z", "{system}");
        assert_eq!(expires_at(&number), "2035-01-01T00:00:00Z", "{system}");
    }
}

#[test]
fn nothing_in_any_form_is_no_date() {
    let nothing: [&dyn ToSql; 6] = [&Null, &"", &" ", &"\\N", &"NULL", &"null"];
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        let add = |(id, value): (i64, &&dyn ToSql)| {
            small.token(id, &[("expires_at", *value), ("created_at", *value)])
        };
        let secrets: Vec<_> = (10..).zip(&nothing).map(add).collect();
        let report = small.import(&[]);
        assert_eq!(sandbox.reasons(&secrets), vec![None; nothing.len()], "{system}");
        assert_eq!(report["odd_dates"], 0, "{report}");
        for secret in &secrets {
            assert_eq!(sandbox.token(secret)["expires_at"], json!(null), "{system}");
        }
    }
}

/// PHP reads MySQL's zero date as a day before 1970, and JavaScript as no date at all.
#[test]
fn a_zero_date_is_what_it_is_in_the_source() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        let zeros = ["0000-00-00 00:00:00", "0000-00-00", "0000-00-00 00:00:00.000000"];
        let add = |(id, zero)| small.token(id, &[("expires_at", &zero), ("created_at", &zero)]);
        let secrets: Vec<_> = (10..).zip(zeros).map(add).collect();
        small.import(&[]);
        let is_php = ["shield", "sanctum", "symfony"].contains(&system);
        let expected = is_php.then(|| "expired".to_string());
        assert_eq!(sandbox.reasons(&secrets), vec![expected; 3], "{system}");
    }
}

#[test]
fn a_date_that_is_none_skips_the_row() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        let bad: [&dyn ToSql; 5] = [
            &"soon",
            &"2035-13-45",
            &"99999999999999999999",
            &b"2035-01-01".as_slice(),
            &"01/02/2035",
        ];
        let add = |(id, value): (i64, &&dyn ToSql)| small.token(id, &[("expires_at", *value)]);
        let secrets: Vec<_> = (10..).zip(&bad).map(add).collect();
        small.token(5, &[]);
        let report = small.import(&[]);
        let reason = "column expires_at: neither a date nor a time since 1970".to_string();
        let rows = (10..15).map(|id| format!("{} {id}", small.tokens())).collect();
        assert_eq!(skipped(&report), [(reason, rows)]);
        assert!(sandbox.reasons(&secrets).iter().all(Option::is_some), "{system}");
    }
}

#[test]
fn odd_dates_are_counted() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.token_column("expires_at");
    small.token(5, &[("created_at", &"1980-01-01 00:00:00")]);
    small.token(6, &[("expires_at", &"2190-01-01 00:00:00")]);
    small.token(7, &[("last_used_at", &946_684_799)]);
    small.token(8, &[("expires_at", &"9999-12-31 23:59:59"), ("created_at", &"2000-01-01")]);
    let report = small.import(&[]);
    assert_eq!(report["odd_dates"], 3, "{report}");
    let ran = Sandbox::new().run(&["import", "sanctum", &small.path]).exits(0);
    let line = "3 tokens: with dates before 2000 or after 2100; check how the source stores dates";
    assert!(ran.stdout.contains(line), "{ran:#?}");
}

/// Makes of a table what a CSV file becomes: every column is text, nothing is NULL, and a byte order
/// mark is part of the first column's name.
fn as_csv(small: &Small, table: &str) {
    let source = open(&small.path);
    let sql = format!("SELECT name FROM pragma_table_info('{table}')");
    let columns: Vec<String> = source
        .prepare(&sql)
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let name = |(at, column): (usize, &String)| {
        let mark = if at == 0 { "\u{feff}" } else { "" };
        format!("\"{mark}{column}\" TEXT")
    };
    let definitions: Vec<_> = columns.iter().enumerate().map(name).collect();
    let value = |column: &String| format!("coalesce(CAST(\"{column}\" AS TEXT), '\\N')");
    let values: Vec<_> = columns.iter().map(value).collect();
    let sql = format!(
        "CREATE TABLE csv ({}); INSERT INTO csv SELECT {} FROM \"{table}\"; DROP TABLE \"{table}\";
         ALTER TABLE csv RENAME TO \"{table}\"",
        definitions.join(", "),
        values.join(", ")
    );
    source.execute_batch(&sql).unwrap();
}

#[test]
fn tables_that_were_csv_files_are_imported() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        for column in ["expires_at", "deleted_at", "revoked"] {
            small.token_column(column);
        }
        small.user_column("deleted_at");
        small.user_column("is_active");
        small.sql(&format!("UPDATE \"{}\" SET is_active = 1", small.users()));
        small.user(&2, "Bob", &[("is_active", &0)]);
        let good = small.token(5, &[]);
        let expiring = small.token(6, &[("expires_at", &2_051_222_400), ("revoked", &0)]);
        let expired = small.token(7, &[("expires_at", &1_600_000_000_000i64)]);
        let revoked = small.token(8, &[("revoked", &1)]);
        let deleted = small.token(9, &[("deleted_at", &"2026-01-01 00:00:00")]);
        let banned = small.token_of(&10, "10", &2, &[]);
        as_csv(&small, &small.tokens());
        as_csv(&small, &small.users());
        if system == "strapi" {
            as_csv(&small, &small.links());
        }
        small.import(&[]);
        let reasons = sandbox.reasons(&[good, expiring.clone(), expired, revoked, deleted, banned]);
        let expected =
            [None, None, Some("expired"), Some("revoked"), Some("revoked"), Some("banned")];
        assert_eq!(reasons, expected.map(|reason| reason.map(String::from)), "{system}");
        assert_eq!(sandbox.token(&expiring)["expires_at"], "2035-01-01T00:00:00Z");
    }
}

/// Ids that are no small numbers, each with its text.
fn unusual_ids() -> Vec<(Box<dyn ToSql>, &'static str)> {
    let uuid = [
        0x01, 0x92, 0xf0, 0xaa, 0x11, 0x11, 0x7a, 0xbc, 0x8d, 0xef, 1, 0x23, 0x45, 0x67, 0x89, 0xab,
    ];
    vec![
        (Box::new("018f0000-2222-7abc-8def-0123456789ab"), "018f0000-2222-7abc-8def-0123456789ab"),
        (Box::new("01HV3K4M5N6P7Q8R9S0T1V2W3X"), "01HV3K4M5N6P7Q8R9S0T1V2W3X"),
        (Box::new(uuid.to_vec()), "0192f0aa-1111-7abc-8def-0123456789ab"),
        (Box::new("18446744073709551615"), "18446744073709551615"),
        (Box::new(i64::MAX), "9223372036854775807"),
        (Box::new("9223372036854775808"), "9223372036854775808"),
        (Box::new(-5), "-5"),
        (Box::new(0), "0"),
        (Box::new("usr_a/b"), "usr_a/b"),
    ]
}

#[test]
fn tokens_and_users_may_have_ids_of_any_kind() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::without_users(&sandbox, system, "");
        let mut secrets = Vec::new();
        for (number, (id, text)) in unusual_ids().iter().enumerate() {
            small.user(id, &format!("user{number}"), &[]);
            secrets.push(small.token_of(id, text, id, &[]));
        }
        let report = small.import(&["--verbose"]);
        assert_eq!(report["tokens_skipped"], 0, "{report}");
        assert_eq!(sandbox.reasons(&secrets), vec![None; secrets.len()], "{system}");
        for (number, secret) in secrets.iter().enumerate() {
            assert_eq!(sandbox.owner(secret), format!("user{number}"), "{system}");
        }
        let rows = report["rows"].as_array().unwrap();
        for (_, text) in unusual_ids() {
            let row = format!("{} {text}: imported", small.tokens());
            assert!(rows.iter().any(|found| found.as_str().unwrap().starts_with(&row)), "{report}");
        }
        let again = small.import(&[]);
        assert_eq!(again["tokens_known"], secrets.len());
    }
}

#[test]
fn an_id_that_is_none_skips_the_row() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let long = "x".repeat(256);
        let bad: [(&dyn ToSql, &str); 4] =
            [(&2.5, "a"), (&b"\xff\xfe".as_slice(), "b"), (&"a\nb", "c"), (&long, "d")];
        for (id, text) in bad {
            small.token_of(id, text, &1, &[]);
        }
        for (id, text) in [(&Null as &dyn ToSql, "e"), (&" ", "f")] {
            small.token_of(id, text, &1, &[]);
        }
        let good = small.token(5, &[]);
        let report = small.import(&[]);
        let mut counts: Vec<_> =
            skipped(&report).into_iter().map(|(why, rows)| (why, rows.len())).collect();
        counts.sort();
        let expected = [
            ("column id: missing".to_string(), 2),
            ("column id: neither a number nor text nor 16 bytes".to_string(), 3),
            ("column id: not UTF-8".to_string(), 1),
        ];
        assert_eq!(counts, expected, "{system}: {report}");
        sandbox.accepts(&good);
    }
}

/// MySQL and SQLite compare the id with the column as a number.
#[test]
fn zeros_before_the_id_of_a_sanctum_secret_mean_nothing() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.token(7, &[]);
    small.token_of(&"0192f0aa-1111", "0192f0aa-1111", &1, &[]);
    small.import(&[]);
    let (part, uuid) = (small.secret_part("7"), small.secret_part("0192f0aa-1111"));
    for good in [format!("7|{part}"), format!("007|{part}"), part.clone(), uuid.clone()] {
        sandbox.accepts(&good);
    }
    sandbox.accepts(&format!("0192f0aa-1111|{uuid}"));
    for bad in [
        format!("70|{part}"),
        format!("7x|{part}"),
        format!("0x7|{part}"),
        format!("-7|{part}"),
        format!("192f0aa-1111|{uuid}"),
        format!("00192f0aa-1111|{uuid}"),
        format!("7|{uuid}"),
    ] {
        sandbox.rejects(&bad, "unknown");
    }
}

#[test]
fn adonisjs_with_uuids_accepts_the_prefix_of_the_operator() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "adonisjs");
    let id = "0192f0aa-1111-7abc-8def-0123456789ab";
    let usual = small.token_of(&id, id, &1, &[]);
    small.import(&["--prefix", "api_"]);
    sandbox.accepts(&usual.replacen("oat_", "api_", 1));
    assert_ne!(sandbox.reasons(&[usual]), [None]);
}

#[test]
fn adonisjs_5_accepts_the_id_and_the_secret_together() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "adonisjs5");
    let good = small.token(5, &[]);
    let bare = small.token(6, &[("type", &"opaque_token")]);
    small.token(7, &[("type", &"jwt_refresh")]);
    small.token(8, &[("type", &"jwt_refresh")]);
    small.token(9, &[("type", &Null)]);
    let report = small.import(&[]);
    assert_eq!(report["tokens_imported"], 2, "{report}");
    let others = json!([{"type": null, "count": 1}, {"type": "jwt_refresh", "count": 2}]);
    assert_eq!((&report["other_rows"], &report["tokens_found"]), (&others, &json!(5)));
    assert!(good.starts_with("NQ.secret-of-adonisjs5-5"), "{good}");
    sandbox.accepts(&good);
    sandbox.accepts(&bare);
    let part = small.secret_part("5");
    let hash = sha256(&part);
    let bad = [
        part.clone(),
        hash.clone(),
        format!("NQ.{hash}"),
        format!("Ng.{part}"),
        format!("5.{part}"),
        format!("NQ==.{part}"),
        format!("NQ.{part}x"),
        format!("oat_NQ.{part}"),
    ];
    assert!(sandbox.reasons(&bad).iter().all(Option::is_some));
    let token = sandbox.token(&good);
    assert_eq!((&token["scopes"], &token["name"]), (&json!(["*"]), &json!("token 5")));
    let again = small.import(&["--type", "jwt_refresh", "--users", "users"]);
    assert_eq!(again["tokens_imported"], 2);
}

#[test]
fn rows_of_other_types_are_shown_to_people() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "adonisjs");
    small.token(5, &[]);
    small.token(6, &[("type", &"remember_me")]);
    small.token(7, &[("type", &Null)]);
    let ran = small.try_import(&[]).exits(0);
    let lines: Vec<_> = ran.stdout.lines().filter(|line| line.starts_with("other rows")).collect();
    assert_eq!(
        lines,
        [
            "other rows  1 without a type, not imported",
            "other rows  1 of type remember_me, not imported"
        ]
    );
}

/// SymfonyCasts' earlier course: `user_id`, no scopes; a request has the roles of the token's owner.
#[test]
fn tokens_of_the_earlier_symfony_entity_have_the_roles_of_their_owner() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "symfony");
    small.sql(
        "ALTER TABLE api_token RENAME COLUMN owned_by_id TO user_id;
         ALTER TABLE api_token DROP COLUMN scopes;
         UPDATE user SET roles = '[\"ROLE_ADMIN\",\"ROLE_USER\"]'",
    );
    let token = |id: i64, user: i64| {
        let secret = format!("earlier-secret-of-token-{id}");
        let row: &Row = &[("id", &id), ("token", &secret), ("user_id", &user)];
        insert(&small.path, "api_token", row, &[]);
        secret
    };
    small.user(&2, "Bob", &[("roles", &"[]")]);
    small.user(&3, "Eve", &[("roles", &"{\"1\":\"ROLE_*\",\"2\":\"ROLE_API\"}")]);
    small.user(&4, "Php", &[("roles", &"a:1:{i:0;s:9:\"ROLE_EDIT\";}")]);
    let [ann, bob, eve, php] = [(5, 1), (6, 2), (7, 3), (8, 4)].map(|(id, user)| token(id, user));
    small.import(&[]);
    let scopes = |secret: &str| sandbox.token(secret)["scopes"].clone();
    assert_eq!(scopes(&ann), json!(["ROLE_ADMIN", "ROLE_USER"]));
    assert_eq!(scopes(&bob), json!(["ROLE_USER"]));
    assert_eq!(scopes(&eve), json!(["ROLE_API", "ROLE_USER"]));
    assert_eq!(scopes(&php), json!(["ROLE_EDIT", "ROLE_USER"]));
    assert_eq!(sandbox.json(&["user", "show", "Ann"])["admin"], false);
}

#[test]
fn clear_text_in_which_every_value_looks_like_a_hash_is_refused() {
    for system in CLEAR {
        for (length, upper) in [(32, false), (40, false), (64, false), (64, true), (128, false)] {
            let sandbox = Sandbox::new();
            let small = Small::new(&sandbox, system);
            let hex = (hex_secret("a") + &hex_secret("b"))[..length].to_string();
            let hex = if upper { hex.to_uppercase() } else { hex };
            small.token(5, &[("token", &hex)]);
            small.token(6, &[("token", &Null)]);
            let column = format!("{}.token", small.tokens());
            small
                .try_import(&[])
                .fails(2, &format!("cannot tell what {column} contains: every value looks like a hash"))
                .hints(
                    "use --hashed sha256 if these are hashes of the secrets, or --clear-text if not",
                );
            assert!(!sandbox.path("data").exists());
            small.import(&["--clear-text"]);
            sandbox.accepts(&hex);
        }
    }
}

#[test]
fn hashes_of_passwords_are_refused_as_clear_text() {
    for hash in [
        "$2y$10$abcdefghijklmnopqrstuuJ8GyNGCZ7yvJzbq1y6C8ZqT0Y5bJ9eW",
        "$argon2id$v=19$m=65536,t=4,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub",
        "$5$rounds=5000$saltsalt$KqJWpanXZHKq2BOB43TSaYhEWsQ1Lr5QNyPCDH",
    ] {
        for system in CLEAR {
            let sandbox = Sandbox::new();
            let small = Small::new(&sandbox, system);
            small.token(5, &[("token", &hash)]);
            let column = format!("{}.token", small.tokens());
            small.try_import(&[]).fails(
                2,
                &format!("cannot tell what {column} contains: every value looks like a hash"),
            );
            assert!(!sandbox.path("data").exists());
        }
    }
}

#[test]
fn one_secret_that_is_no_hash_tells_that_the_column_has_clear_text() {
    for system in CLEAR {
        for other in
            ["g".repeat(64), "a".repeat(63), "a".repeat(65), "ab-".to_string() + &"a".repeat(61)]
        {
            let sandbox = Sandbox::new();
            let small = Small::new(&sandbox, system);
            let hex = hex_secret("a");
            small.token(5, &[("token", &hex)]);
            small.token(6, &[("token", &other)]);
            let report = small.import(&[]);
            assert_eq!(report["clear_text"], format!("{}.token", small.tokens()));
            assert_eq!(sandbox.reasons(&[hex, other]), [None, None], "{system}");
        }
    }
}

#[test]
fn hashes_are_taken_over_as_they_are_and_are_no_secrets() {
    for system in CLEAR {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let secret = "the-secret-that-the-client-has";
        small.token(5, &[("token", &sha256(secret))]);
        small.token(6, &[("token", &sha256("upper").to_uppercase())]);
        small.token(7, &[("token", &"not a hash")]);
        let report = small.import(&["--hashed", "sha256"]);
        sandbox.accepts(secret);
        sandbox.accepts("upper");
        sandbox.rejects(&sha256(secret), "unknown");
        assert_eq!((&report["clear_text"], &report["weak_secrets"]), (&json!(null), &json!(0)));
        let reason = "column token: not 64 hexadecimal digits".to_string();
        assert_eq!(skipped(&report), [(reason, vec![format!("{} 7", small.tokens())])]);
        let token = sandbox.token(secret);
        assert_eq!(token["hint"], "…");
    }
}

#[test]
fn an_import_that_took_hashes_for_secrets_can_be_mended() {
    for system in CLEAR {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let secret = "the-secret-that-the-client-has";
        let hash = sha256(secret);
        small.token(5, &[("token", &hash)]);
        small.import(&["--clear-text"]);
        sandbox.accepts(&hash);
        sandbox.rejects(secret, "unknown");
        let replaced = small.import(&["--hashed", "sha256"]);
        assert_eq!(
            (&replaced["tokens_replaced"], &replaced["users_known"]),
            (&json!(1), &json!(1))
        );
        sandbox.accepts(secret);
        sandbox.rejects(&hash, "unknown");
        assert_eq!(sandbox.listed(&["--all"]).len(), 1);
    }
}

#[test]
fn hashed_and_clear_text_exclude_each_other() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "symfony");
    small.token(5, &[]);
    small.try_import(&["--hashed", "sha256", "--clear-text"]).fails_somehow(2);
    small.try_import(&["--hashed", "md5"]).fails_somehow(2);
    assert!(!sandbox.path("data").exists());
}

/// Columns and values that give a token these scopes.
fn scopes_in<'a>(system: &str, list: &'a str, php: &'a str) -> (&'static str, &'a str) {
    match system {
        "shield" => ("extra", php),
        "symfony" => ("scopes", list),
        _ => ("abilities", list),
    }
}

const WITH_SCOPES: [&str; 4] = ["shield", "adonisjs", "sanctum", "symfony"];

#[test]
fn scopes_with_spaces_are_left_out_and_named() {
    let list = ["edit articles", "posts.read"];
    for system in WITH_SCOPES {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let (json, php) = (json!(list).to_string(), support::foreign::php_list(&list));
        let (column, value) = scopes_in(system, &json, &php);
        let secret = small.token(5, &[(column, &value)]);
        let report = small.import(&["--verbose"]);
        assert_eq!(report["tokens_narrowed"], 1, "{report}");
        assert_eq!(sandbox.token(&secret)["scopes"], json!(["posts.read"]));
        let row = format!(
            "{} 5: imported as token 1, without the scopes \"edit articles\"",
            small.tokens()
        );
        assert!(report["rows"].as_array().unwrap().contains(&json!(row)), "{report}");
    }
}

#[test]
fn scopes_can_be_imported_under_another_name() {
    let list = ["edit articles", "a=b", "admin", "posts.read", "*.delete"];
    for system in WITH_SCOPES {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let (json, php) = (json!(list).to_string(), support::foreign::php_list(&list));
        let (column, value) = scopes_in(system, &json, &php);
        let secret = small.token(5, &[(column, &value)]);
        let mapping =
            ["edit articles=articles.edit", "a=b=equal", "admin=site.admin", "*.delete=delete"];
        let options: Vec<_> = mapping.iter().flat_map(|one| ["--map-scope", one]).collect();
        let report = small.import(&options);
        assert_eq!(report["tokens_narrowed"], 0, "{report}");
        let expected = json!(["articles.edit", "equal", "site.admin", "posts.read", "delete"]);
        let mut found = sandbox.token(&secret)["scopes"].as_array().unwrap().clone();
        let mut expected = expected.as_array().unwrap().clone();
        found.sort_by_key(ToString::to_string);
        expected.sort_by_key(ToString::to_string);
        assert_eq!(found, expected, "{system}");
    }
}

#[test]
fn a_scope_cannot_be_mapped_to_a_wildcard() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.token(5, &[]);
    let invalid = |value: &str, why: &str| {
        format!("invalid value '{value}' for '--map-scope <FROM=SCOPE>': {why}")
    };
    for wildcard in ["posts.read=*", "posts.read=posts.*"] {
        small.try_import(&["--map-scope", wildcard]).fails(
            2,
            &invalid(
                wildcard,
                "cannot grant a wildcard: an import never widens what a token grants",
            ),
        );
    }
    for bad in ["posts.read", "=x"] {
        small.try_import(&["--map-scope", bad]).fails(
            2,
            &invalid(bad, "must be FROM=SCOPE, for example 'edit articles=articles.edit'"),
        );
    }
    for bad in ["posts.read=a b", "posts.read="] {
        small.try_import(&["--map-scope", bad]).fails_somehow(2);
    }
    assert!(!sandbox.path("data").exists());
}

/// Mapping `*` away gives a token less than everything.
#[test]
fn everything_can_be_mapped_to_one_scope() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    let secret = small.token(5, &[("abilities", &"[\"*\"]")]);
    small.import(&["--map-scope", "*=api"]);
    assert_eq!(sandbox.token(&secret)["scopes"], json!(["api"]));
}

#[test]
fn the_salt_is_found_in_a_file_in_any_form() {
    for (name, text) in [
        ("alone", SALT.to_string()),
        ("line", format!("{SALT}\n")),
        ("crlf", format!("{SALT}\r\n")),
        ("bom", format!("\u{feff}{SALT}\n")),
        ("env", format!("HOST=0.0.0.0\nAPI_TOKEN_SALT={SALT}\nJWT_SECRET=other\n")),
        ("quoted", format!("API_TOKEN_SALT=\"{SALT}\"\n")),
        ("single", format!("API_TOKEN_SALT='{SALT}'\r\nJWT_SECRET=x\r\n")),
        ("exported", format!("export API_TOKEN_SALT=\"{SALT}\" # of the project\n")),
        ("spaces", format!("  API_TOKEN_SALT = {SALT}   # of the project\n")),
        ("commented", format!("# API_TOKEN_SALT=old\nAPI_TOKEN_SALT={SALT}\n")),
        ("bom-env", format!("\u{feff}API_TOKEN_SALT={SALT}\r\n")),
        ("others", format!("OLD_API_TOKEN_SALT=no\nAPI_TOKEN_SALT_2=no\nAPI_TOKEN_SALT={SALT}")),
    ] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, "strapi");
        let secret = small.token(5, &[]);
        let file = sandbox.file(name, text);
        small.import(&["--salt-file", &file]);
        assert_eq!(sandbox.reasons(&[secret]), [None], "{name}");
    }
}

#[test]
fn an_env_file_with_an_empty_salt_has_none() {
    for text in ["API_TOKEN_SALT=\n", "API_TOKEN_SALT=''\n", "A=b\nAPI_TOKEN_SALT=  # later\n"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, "strapi");
        small.token(5, &[]);
        let file = sandbox.file("env", text);
        small
            .try_import(&["--salt-file", &file])
            .fails(2, "the salt is empty: Strapi's hashes are keyed with it");
    }
}

/// Another file, `.env` of another project for example, would make every secret fail unnoticed.
#[test]
fn an_env_file_without_the_salt_is_not_taken_for_it() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "strapi");
    small.token(5, &[]);
    let file = sandbox.file("env", "HOST=0.0.0.0\nJWT_SECRET=x\n");
    small
        .try_import(&["--salt-file", &file])
        .fails(2, "the salt is missing: none of several lines sets API_TOKEN_SALT")
        .hints("give the project's API_TOKEN_SALT with --salt-file or $API_TOKEN_SALT");
    assert!(!sandbox.path("data").exists());
}

/// A salt may have any characters in a file of its own.
#[test]
fn a_salt_of_one_line_may_look_like_an_assignment() {
    let salt = "c2FsdA==";
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "strapi");
    small.token(5, &[("access_key", &strapi_access_key(salt, "my-secret"))]);
    small.import(&["--salt-file", &sandbox.file("salt", format!("{salt}\n"))]);
    sandbox.accepts("my-secret");
}

#[test]
fn column_names_may_be_in_any_case_and_without_underscores() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("camel.db").to_str().unwrap().to_string();
    open(&path)
        .execute_batch(
            "CREATE TABLE users (ID INTEGER PRIMARY KEY, Name, EMAIL, emailVerifiedAt, createdAt);
             INSERT INTO users VALUES (1, 'Ann', 'ann@example.com', NULL, NULL);
             CREATE TABLE personal_access_tokens (ID INTEGER PRIMARY KEY, tokenableType, TOKENABLE_ID,
                 NAME, Token, abilities, createdAt, lastUsedAt, ExpiresAt)",
        )
        .unwrap();
    let row: &Row = &[
        ("tokenableType", &"App\\Models\\User"),
        ("tokenable_id", &1),
        ("abilities", &"[\"*\"]"),
        ("token", &sha256("camel-secret")),
        ("expiresAt", &"2035-01-01"),
        ("lastUsedAt", &"2026-11-01"),
        ("name", &"CI"),
        ("id", &3),
    ];
    insert(&path, "personal_access_tokens", row, &[]);
    sandbox.import("sanctum", &path, &[]);
    let token = sandbox.token("3|camel-secret");
    assert_eq!(token["expires_at"], "2035-01-01T00:00:00Z");
    assert_eq!(token["last_used_at"], "2026-11-01T00:00:00Z");
    assert_eq!(token["user"], "Ann");
}

#[test]
fn a_database_with_one_hash_as_a_token_of_sanctum_needs_no_option() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source("sanctum", "DELETE FROM personal_access_tokens");
    let secret = insert_sanctum_token(&source, 1, "only-one", &[]);
    sandbox.import("sanctum", &source, &[]);
    sandbox.accepts(&secret);
}

/// A file with `NULL` for no value was loaded as text. Anybody could guess such a secret.
#[test]
fn what_stands_for_null_is_no_secret() {
    for system in ["symfony", "strapi-guide"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token(5, &[]);
        let table = small.tokens();
        let owner = small.owner_column();
        let nulls = ["NULL", "\\N", " NULL", "null"];
        for (id, null) in (6..).zip(nulls) {
            small.sql(&format!(
                "INSERT INTO {table} (id, token, {owner}) VALUES ({id}, '{null}', 1)"
            ));
        }
        let report = small.import(&[]);
        assert_eq!(report["tokens_skipped"], nulls.len(), "{report}");
        for null in nulls {
            sandbox.tokctl(&["verify", "-"]).stdin(format!("{null}\n")).go().exits(1);
        }
    }
}

#[test]
fn an_activity_that_is_neither_0_nor_1_is_not_understood() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("is_active");
        let active = small.token(5, &[("is_active", &b"Y".to_vec())]);
        let inactive = small.token(6, &[("is_active", &b"N".to_vec())]);
        let odd = small.token(7, &[("is_active", &2)]);
        let report = small.import(&[]);
        let reason = "column is_active: neither true nor false".to_string();
        assert_eq!(skipped(&report), [(reason, vec![format!("{} 7", small.tokens())])]);
        sandbox.accepts(&active);
        sandbox.rejects(&inactive, "revoked");
        assert_ne!(sandbox.reasons(&[odd]), [None]);
    }
}

#[test]
fn a_date_without_punctuation_is_in_the_zone_of_the_application() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        let number = small.token(5, &[("expires_at", &20_290_131_235_958i64)]);
        let text = small.token(6, &[("expires_at", &"20290131")]);
        let past = small.token(7, &[("expires_at", &20_210_131_000_000i64)]);
        small.import(&["--time-zone", "+02:00"]);
        let expires_at = |secret: &str| sandbox.token(secret)["expires_at"].clone();
        assert_eq!(expires_at(&number), "2029-01-31T21:59:58Z", "{system}");
        assert_eq!(expires_at(&text), "2029-01-30T22:00:00Z", "{system}");
        sandbox.rejects(&past, "expired");
    }
}

#[test]
fn an_array_of_postgresql_may_have_quotes() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "symfony");
    let secret = small.token(5, &[]);
    small.sql(r#"UPDATE api_token SET scopes = '{"edit admin",posts.read}'"#);
    small.import(&["--map-scope", "edit admin=admin.edit"]);
    assert_eq!(sandbox.token(&secret)["scopes"], json!(["admin.edit", "posts.read"]));
}
