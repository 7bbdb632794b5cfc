//! `import`: situations from the field, each of which an import once got wrong
//! (`tests/fixtures/field`).

mod support;

use serde_json::json;
use std::fs;
use std::path::Path;
use support::Sandbox;
use support::foreign::{adonisjs_secret, open};
use support::small::skipped;

/// What every secret of the field cases begins with.
const SECRET: &str = "fieldtestfieldtestfieldtestfieldtest";

fn fixture(case: &str, file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/field").join(case);
    fs::read_to_string(folder.join(file)).unwrap()
}

/// The database that a file of SQL makes.
fn database(sandbox: &Sandbox, case: &str, file: &str) -> String {
    let path = sandbox.path(&format!("{file}.db")).to_str().unwrap().to_string();
    open(&path).execute_batch(&fixture(case, file)).unwrap();
    path
}

/// A secret of Sanctum's.
fn sanctum(id: u32, number: u32) -> String {
    format!("{id}|{SECRET}{number:04}")
}

fn is_rejected(sandbox: &Sandbox, secret: &str) -> bool {
    sandbox.reasons(&[secret]) != [None]
}

#[test]
fn a_token_of_an_administrator_is_not_filed_under_the_user_with_the_same_id() {
    let sandbox = Sandbox::new();
    let source = database(&sandbox, "adonisjs-two-providers-wrong-owner", "adonisjs.sql");
    sandbox.import("adonisjs", &source, &[]);
    let options = ["--type", "admin_token", "--prefix", "adm_"];
    sandbox.try_import("adonisjs", &source, &options).fails(
        2,
        "cannot tell who owns the tokens: column tokenable_id has no foreign key, so the owners of \
         admin_token tokens may be in any table",
    );
    let boss = adonisjs_secret("adm_", 2, &format!("{SECRET}0002"));
    assert!(is_rejected(&sandbox, &boss));
    sandbox.import("adonisjs", &source, &[options.as_slice(), &["--users", "admins"]].concat());
    assert_eq!(sandbox.owner(&boss), "boss@example.com");
    let ann = adonisjs_secret("oat_", 1, &format!("{SECRET}0001"));
    assert_eq!(sandbox.owner(&ann), "ann@example.com");
}

#[test]
fn an_expiry_under_another_name_does_not_mean_never() {
    for column in ["expired_at", "expire_at", "expiresAt", "valid_until"] {
        let sandbox = Sandbox::new();
        let file = format!("{column}.sql");
        let source = database(&sandbox, "expiry-column-other-name", &file);
        sandbox.import("symfony", &source, &[]);
        sandbox.rejects(&format!("tcp_{SECRET}0001"), "expired");
    }
}

/// The values of a line of CSV.
fn csv_values(line: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                values.last_mut().unwrap().push('"');
                characters.next();
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => values.push(String::new()),
            c => values.last_mut().unwrap().push(c),
        }
    }
    values
}

/// Loads a CSV file as `sqlite3` 3.40 does with `.import`: every column is text.
fn load_csv(source: &str, table: &str, text: &str) {
    let mut lines = text.lines().map(csv_values);
    let columns: Vec<_> =
        lines.next().unwrap().iter().map(|name| format!("\"{name}\" TEXT")).collect();
    let connection = open(source);
    connection.execute_batch(&format!("CREATE TABLE {table} ({})", columns.join(", "))).unwrap();
    let insert = format!("INSERT INTO {table} VALUES ({})", vec!["?"; columns.len()].join(", "));
    for values in lines {
        connection.execute(&insert, rusqlite::params_from_iter(values)).unwrap();
    }
}

#[test]
fn tables_loaded_from_csv_files_are_imported_with_or_without_a_byte_order_mark() {
    for mark in ["", "\u{feff}"] {
        let sandbox = Sandbox::new();
        let source = sandbox.path("s.db").to_str().unwrap().to_string();
        for (table, file) in [("users", "users.csv"), ("personal_access_tokens", "tokens.csv")] {
            load_csv(&source, table, &format!("{mark}{}", fixture("from-csv-text-columns", file)));
        }
        let report = sandbox.import("sanctum", &source, &[]);
        assert_eq!((&report["tokens_imported"], &report["odd_dates"]), (&json!(2), &json!(0)));
        assert_eq!(sandbox.reasons(&[sanctum(1, 1), sanctum(2, 2)]), [None, None]);
        assert_eq!(sandbox.owner(&sanctum(1, 1)), "Ann");
    }
}

#[test]
fn owners_behind_an_alias_are_looked_up_and_not_invented() {
    let sandbox = Sandbox::new();
    let source = database(&sandbox, "morph-alias-owner", "sanctum.sql");
    let report = sandbox.import("sanctum", &source, &[]);
    let rows = |ids: &[u32]| -> Vec<String> {
        ids.iter().map(|id| format!("personal_access_tokens {id}")).collect()
    };
    assert_eq!(
        skipped(&report),
        [
            ("no table known for owners of type u; name it with --morph".into(), rows(&[1, 2])),
            ("owner not found".to_string(), rows(&[5])),
        ]
    );
    for number in [1, 2, 5] {
        assert!(is_rejected(&sandbox, &sanctum(number, number)));
    }
    sandbox.rejects(&sanctum(4, 4), "banned");
    assert_eq!(sandbox.owner(&sanctum(3, 3)), "Ben");
    sandbox.import("sanctum", &source, &["--morph", "u=users"]);
    assert!(is_rejected(&sandbox, &sanctum(1, 1)));
    sandbox.rejects(&sanctum(2, 2), "banned");
}

#[test]
fn a_stored_hash_does_not_become_a_secret() {
    let sandbox = Sandbox::new();
    let source = database(&sandbox, "symfony-hash-becomes-secret", "symfony.sql");
    let hash = "e9b9c570334af5e2357b794b6f141455e1b26b579b5d628e58267064427a5626";
    sandbox
        .try_import("symfony", &source, &[])
        .fails(2, "cannot tell what api_token.token contains: every value looks like a hash");
    sandbox.import("symfony", &source, &["--hashed", "sha256"]);
    sandbox.accepts(&format!("{SECRET}0001"));
    sandbox.rejects(hash, "unknown");
}

#[test]
fn a_token_that_was_deleted_softly_does_not_come_alive() {
    let sandbox = Sandbox::new();
    for system in ["sanctum", "adonisjs", "symfony"] {
        let source = database(&sandbox, "token-soft-deleted", &format!("{system}.sql"));
        sandbox.import(system, &source, &[]);
    }
    sandbox.rejects(&sanctum(1, 1), "revoked");
    sandbox.accepts(&sanctum(2, 2));
    sandbox.rejects(&adonisjs_secret("oat_", 1, &format!("{SECRET}0001")), "revoked");
    sandbox.rejects(&format!("tcp_{SECRET}0001"), "revoked");
}

#[test]
fn seconds_are_not_taken_for_milliseconds() {
    let sandbox = Sandbox::new();
    let source = database(&sandbox, "unix-seconds", "sanctum.sql");
    let report = sandbox.import("sanctum", &source, &[]);
    assert_eq!(report["odd_dates"], 0);
    assert_eq!(sandbox.reasons(&[sanctum(1, 1), sanctum(2, 2)]), [None, None]);
    let token = sandbox.token(&sanctum(1, 1));
    assert_eq!(token["expires_at"], "2035-01-01T00:00:00Z");
    assert_eq!(token["created_at"], "2025-01-01T00:00:00Z");
}

#[test]
fn an_address_that_was_never_verified_takes_over_no_administrator() {
    let case = "unverified-email-takes-over-admin";
    for (system, file, secret) in [
        ("sanctum", "sanctum.sql", sanctum(1, 1)),
        ("strapi-guide", "guide.sql", format!("{SECRET}0002")),
    ] {
        let sandbox = Sandbox::new();
        sandbox.run(&["user", "add", "ops", "--email", "ops@example.com", "--admin"]).exits(0);
        sandbox.import(system, &database(&sandbox, case, file), &[]);
        let verdict =
            sandbox.tokctl(&["verify", "--json", "-"]).stdin(&secret).go().exits(0).json();
        assert_eq!((&verdict["admin"], &verdict["username"]), (&json!(false), &json!("mallory")));
    }
}

#[test]
fn uuids_are_keys() {
    let sandbox = Sandbox::new();
    for system in ["sanctum", "adonisjs", "symfony"] {
        let source = database(&sandbox, "uuid-keys", &format!("{system}.sql"));
        assert_eq!(sandbox.import(system, &source, &[])["tokens_imported"], 1);
    }
    for secret in [
        format!("0192f0aa-1111-7abc-8def-0123456789ab|{SECRET}0001"),
        format!("{SECRET}0001"),
        "oat_MDE5MmYwYWEtMTExMS03YWJjLThkZWYtMDEyMzQ1Njc4OWFi.\
         ZmllbGR0ZXN0ZmllbGR0ZXN0ZmllbGR0ZXN0ZmllbGR0ZXN0MDAwMg"
            .to_string(),
        format!("tcp_{SECRET}0003"),
    ] {
        sandbox.accepts(&secret);
    }
}

#[test]
fn an_import_without_the_time_zone_is_mended() {
    let sandbox = Sandbox::new();
    let source = database(&sandbox, "wrong-options-cannot-be-mended", "sanctum.sql");
    sandbox.import("sanctum", &source, &[]);
    let zone = ["--time-zone", "America/Los_Angeles"];
    assert_eq!(sandbox.import("sanctum", &source, &zone)["tokens_changed"], 1);
    let users = sandbox.json(&["user", "list"]);
    assert_eq!(users.as_array().unwrap().iter().filter(|user| user["name"] == "Bob").count(), 1);
    sandbox.run(&["revoke-all", "--everyone", "--delete", "--yes"]).exits(0);
    sandbox.import("sanctum", &source, &[zone.as_slice(), &["--replace"]].concat());
    sandbox.accepts(&sanctum(1, 1));
    assert_eq!(sandbox.token(&sanctum(1, 1))["expires_at"], "2090-01-01T08:00:00Z");
}

#[test]
fn a_user_who_was_renamed_in_the_source_escapes_no_ban() {
    let sandbox = Sandbox::new();
    let case = "reimport-renamed-user-escapes-ban";
    let source = database(&sandbox, case, "before.sql");
    sandbox.import("sanctum", &source, &[]);
    sandbox.run(&["user", "ban", "Ann", "--reason", "left the company"]).exits(0);
    open(&source).execute_batch(&fixture(case, "after.sql")).unwrap();
    let report = sandbox.import("sanctum", &source, &[]);
    assert_eq!((&report["users_known"], &report["users_created"]), (&json!(1), &json!(0)));
    sandbox.rejects(&sanctum(2, 2), "banned");
}

#[test]
fn a_life_in_the_configuration_ends_tokens() {
    let sandbox = Sandbox::new();
    let source = database(&sandbox, "sanctum-expiration-in-config", "sanctum.sql");
    sandbox.import("sanctum", &source, &["--expiration", "60m"]);
    sandbox.rejects(&sanctum(1, 1), "expired");
    sandbox.accepts(&sanctum(2, 2));
    let expires_at = sandbox.token(&sanctum(2, 2))["expires_at"].as_str().unwrap().to_string();
    let minutes = (support::foreign::millis(&expires_at) - support::now()) / 60_000;
    assert!((45..=50).contains(&minutes), "{expires_at}");
}

#[test]
fn prefixes_tables_and_keys_of_an_application_are_found_or_named() {
    let case = "sanctum-table-prefix-and-users-table";
    for (file, options, secret) in [
        ("prefixed.sql", ["--table-prefix", "app_"].as_slice(), sanctum(1, 1)),
        ("members.sql", &["--users", "members"], sanctum(1, 2)),
        ("userid.sql", &["--users-key", "user_id"], sanctum(1, 3)),
        // A primary key is found without a word.
        ("userid.sql", &[], sanctum(1, 3)),
    ] {
        let sandbox = Sandbox::new();
        let source = database(&sandbox, case, file);
        sandbox.import("sanctum", &source, options);
        sandbox.accepts(&secret);
        assert_eq!(sandbox.owner(&secret), "Ann");
    }
}

#[test]
fn the_entity_of_the_earlier_symfony_guide_is_imported() {
    let sandbox = Sandbox::new();
    let source = database(&sandbox, "symfony-user-id-entity", "symfony.sql");
    let ran = sandbox.run(&["import", &source]).exits(0);
    assert_eq!(ran.stderr, "detected system: symfony\n");
    let token = sandbox.token(&format!("{SECRET}0001"));
    assert_eq!(token["scopes"], json!(["ROLE_ADMIN", "ROLE_USER"]));
    assert_eq!(token["expires_at"], "2090-01-01T00:00:00Z");
}
