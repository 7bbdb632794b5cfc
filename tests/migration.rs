//! Databases with an older schema are upgraded, with all their data.

mod support;

use rusqlite::Connection;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::thread;
use support::{Sandbox, UNKNOWN, sha256};

/// The first schemas. Databases with them exist, so these files must never change.
const V1: &str = include_str!("fixtures/schema/v1.sql");
const V2: &str = include_str!("fixtures/schema/v2.sql");
const V3: &str = include_str!("fixtures/schema/v3.sql");
const V4: &str = include_str!("fixtures/schema/v4.sql");

/// A database with this schema version: user 1, Alice, and her token 7, whose secret is [`UNKNOWN`].
fn database(version: i64) -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("data/tokctl")).unwrap();
    let connection = Connection::open(sandbox.database()).unwrap();
    connection.execute_batch(V1).unwrap();
    for step in [V2, V3, V4].into_iter().take(usize::try_from(version - 1).unwrap()) {
        connection.execute_batch(step).unwrap();
    }
    let hash = sha256(UNKNOWN);
    let rows = format!(
        "INSERT INTO users (id, name, name_key, admin, created_at) VALUES (1, 'Alice', 'alice', 1, 5);
         INSERT INTO settings VALUES ('default-user', 'Alice'), ('prefix', 'acme');
         INSERT INTO tokens (id, hash, hint, name, user_id, scopes, created_at, last_used_at)
         VALUES (7, x'{hash}', 'tok_003a', 'CI', 1, 'posts.*', 1700000000000, {});
         PRAGMA application_id = 0x746f6b63; PRAGMA user_version = {version}",
        support::now()
    );
    connection.execute_batch(&rows).unwrap();
    fs::set_permissions(sandbox.database(), Permissions::from_mode(0o600)).unwrap();
    sandbox
}

#[test]
fn an_upgraded_database_keeps_its_data_and_has_the_current_schema() {
    let new = Sandbox::with_alice();
    let schema = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)";
    let schema = |sandbox: &Sandbox| -> String {
        sandbox.connection().query_row(schema, [], |row| row.get(0)).unwrap()
    };
    for version in [1, 2, 3, 4] {
        let sandbox = database(version);
        sandbox
            .run(&["verify", UNKNOWN])
            .exits(0)
            .prints("valid: CI (7), Alice, scopes posts.*, never expires\n");
        assert_eq!(sandbox.number("PRAGMA user_version"), new.number("PRAGMA user_version"));
        assert_eq!(schema(&sandbox), schema(&new));
        let token = sandbox.json(&["show", "7"]);
        assert_eq!(token["created_at"], "2023-11-14T22:13:20Z");
        assert_eq!(token["hint"], "tok_003a");
        assert!(sandbox.create(&[]).starts_with("acme_"));
        assert_eq!(sandbox.listed(&[]), [7, 8]);
        assert_eq!(sandbox.json(&["user", "show", "ALICE"])["tokens"], 2);
        sandbox.run(&["rotate", "7"]).exits(0);
        sandbox.run(&["doctor"]).exits(0);
    }
}

#[test]
fn an_upgraded_database_keeps_its_imported_tokens() {
    let sandbox = database(3);
    let secret = "yTwDnDxLmW4s6pc0KrQHeSEm7wp5X0s9BNTW12Spb3275532";
    let hash = sha256(secret);
    let rows = format!(
        "INSERT INTO schemes (id, kind, prefix, salt) VALUES (5, 'sanctum', '', x'');
         INSERT INTO tokens (id, hash, hint, name, user_id, scopes, source, created_at, scheme_id,
                             foreign_id)
         VALUES (8, x'{hash}', '11|', 'old', 1, '*', 'sanctum', 1700000000000, 5, '11');
         INSERT INTO buried VALUES (zeroblob(32), 5, '12')"
    );
    sandbox.connection().execute_batch(&rows).unwrap();
    sandbox.run(&["verify", &format!("11|{secret}")]).exits(0);
    assert_eq!(sandbox.number("SELECT count(*) FROM buried WHERE revoked"), Some(1));
    assert_eq!(sandbox.number("SELECT count(*) FROM pragma_foreign_key_check"), Some(0));
    sandbox.run(&["doctor"]).exits(0);
}

#[test]
fn an_overlap_of_before_becomes_an_expiry_and_a_revocation_stays_one() {
    let sandbox = database(4);
    let (now, day) = (support::now(), support::DAY);
    // Replaced now with an overlap; the same, but it expires earlier; replaced while the clock was ahead;
    // revoked while the clock was ahead; the overlap is over; the newer token is gone.
    let rows = format!(
        "INSERT INTO tokens (id, hash, hint, name, user_id, scopes, created_at, expires_at, revoked_at,
                             revoked_reason, replaced_by)
         SELECT column1, randomblob(32), 'tok_003a', 'old', 1, '', 5, column2, column3, 'why', column4
         FROM (VALUES
             (11, NULL, {now} + {day}, 21), (12, {now} + 1000000, {now} + {day}, 21),
             (13, NULL, {now} + {day}, 22), (14, NULL, {now} + {day}, NULL),
             (15, NULL, {now} - {day}, 21), (16, NULL, {now} + {day}, 99));
         INSERT INTO tokens (id, hash, hint, name, user_id, scopes, created_at)
         SELECT column1, randomblob(32), 'tok_003a', 'new', 1, '', column2
         FROM (VALUES (21, {now} - 1000), (22, {now} + {day}), (30, 5));
         DELETE FROM tokens WHERE id = 30"
    );
    sandbox.connection().execute_batch(&rows).unwrap();
    let status = |id: &str| {
        let token = sandbox.json(&["show", id]);
        let is_set = |key: &str| !token[key].is_null();
        (token["status"].as_str().unwrap().to_string(), is_set("expires_at"), is_set("revoked_at"))
    };
    for (id, expected, expires, revoked) in [
        ("11", "active", true, false),
        ("12", "active", true, false),
        ("13", "revoked", false, true),
        ("14", "revoked", false, true),
        ("15", "revoked", false, true),
        ("16", "revoked", false, true),
    ] {
        assert_eq!(status(id), (expected.to_string(), expires, revoked), "{id}");
    }
    let expires =
        |id: i64| sandbox.number(&format!("SELECT expires_at FROM tokens WHERE id = {id}"));
    assert_eq!(expires(11), Some(now + day));
    assert_eq!(expires(12), Some(now + 1_000_000));
    let later = format!("SELECT count(*) FROM tokens WHERE revoked_at > {now} + 60000");
    assert_eq!(sandbox.number(&later), Some(0));
    // Ids are never used again.
    sandbox.create(&[]);
    assert_eq!(sandbox.number("SELECT max(id) FROM tokens"), Some(31));
}

/// What somebody added to the schema stays, and is in nobody's way.
#[test]
fn a_schema_that_was_changed_by_hand_is_upgraded() {
    let sandbox = database(4);
    sandbox
        .connection()
        .execute_batch(
            "CREATE VIEW active AS SELECT id FROM tokens WHERE revoked_at IS NULL;
             CREATE TABLE notes (token_id INTEGER REFERENCES tokens (id));
             CREATE TRIGGER noted AFTER INSERT ON notes BEGIN UPDATE tokens SET name = 'x'; END;
             INSERT INTO notes VALUES (7);
             ALTER TABLE tokens ADD COLUMN team TEXT;
             CREATE INDEX tokens_by_team ON tokens (team)",
        )
        .unwrap();
    sandbox.run(&["verify", UNKNOWN]).exits(0);
    assert_eq!(sandbox.number("PRAGMA user_version"), Some(5));
    assert_eq!(sandbox.number("SELECT id FROM active JOIN notes ON token_id = id"), Some(7));
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens WHERE team IS NULL"), Some(1));
    sandbox.run(&["settings", "set", "prefix", "a_prefix_of_thirty_one_letters"]).exits(0);
    assert!(sandbox.create(&[]).starts_with("a_prefix_of_thirty_one_letters_"));
}

#[test]
fn several_processes_can_upgrade_a_database_at_once() {
    for version in [1, 2, 3, 4, 1, 2, 3, 4] {
        let sandbox = database(version);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| sandbox.run(&["verify", UNKNOWN]).exits(0).remarks(""));
            }
        });
        sandbox.run(&["doctor"]).exits(0);
    }
}

#[test]
fn an_account_with_read_permission_only_cannot_upgrade() {
    let sandbox = database(2);
    sandbox.make_read_only();
    let path = sandbox.database();
    let args = ["verify", UNKNOWN, "--database", path.to_str().unwrap()];
    let error = format!(
        "database {}: its schema is version 2, and this account cannot upgrade it",
        path.display()
    );
    sandbox.as_stranger(&args).go().fails(4, &error).hints(&format!(
        "run `tokctl --database {} migrate` as the account that owns the database",
        path.display()
    ));
    assert_eq!(sandbox.number("PRAGMA user_version"), Some(2));
}

#[test]
fn a_backup_with_an_older_schema_can_be_restored() {
    let old = database(1);
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["restore", "--yes", old.database().to_str().unwrap()]).exits(0);
    sandbox.run(&["verify", UNKNOWN]).exits(0);
    sandbox.run(&["doctor"]).exits(0);
}
