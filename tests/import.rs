//! `import`: what the six systems wrote themselves, how a source is found and opened, and that it
//! stays as it is.

mod support;

use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use support::Sandbox;
use support::foreign::{SYSTEMS, asked, fixture, millis, table_of};

/// How many users and tokens of each system come over, of how many rows.
const COUNTS: [(&str, u64, u64, u64); 6] = [
    ("shield", 4, 13, 0),
    ("adonisjs", 3, 12, 0),
    ("sanctum", 3, 11, 0),
    ("symfony", 5, 12, 0),
    // Two rows have no user, and one the secret of another.
    ("strapi-guide", 10, 8, 3),
    ("strapi", 3, 12, 0),
];

#[test]
fn every_secret_gets_the_answer_of_its_system() {
    for (system, users, tokens, skipped) in COUNTS {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        let report = sandbox.import(system, &source, &[]);
        let found = ["users_created", "tokens_imported", "tokens_skipped"].map(|key| &report[key]);
        assert_eq!(found, [&json!(users), &json!(tokens), &json!(skipped)], "{report}");
        assert_eq!(report["tokens_narrowed"], u64::from(system == "sanctum"), "{report}");
        sandbox.answers_as(system);
    }
}

#[test]
fn tokens_are_what_they_were() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        sandbox.import(system, &sandbox.source(system), &[]);
        for asked in asked(system).iter().filter(|asked| asked["expect"] != "unknown") {
            let token = sandbox.token(asked["raw"].as_str().unwrap());
            assert_eq!(token["source"], system);
            let name = match &asked["name"] {
                Value::Null => json!(format!(
                    "{system} token {}",
                    asked.get("answered_by").unwrap_or(&asked["id"])
                )),
                name => name.clone(),
            };
            assert_eq!(token["name"], name, "{asked}");
            assert_eq!(token["scopes"], scopes_of(system, asked), "{asked}");
            for time in ["expires_at", "last_used_at"] {
                let seconds = |value: &Value| value.as_str().map(|text| millis(text) / 1000);
                assert_eq!(seconds(&token[time]), seconds(&asked[time]), "{time} of {asked}");
            }
            let user = sandbox.json(&["user", "show", token["user"].as_str().unwrap()]);
            for key in ["email", "user_email"] {
                if let Some(email) = asked[key].as_str() {
                    assert_eq!(user["email"].as_str().unwrap(), email, "{asked}");
                }
            }
            if let Some(name) = asked["username"].as_str() {
                assert_eq!(user["name"], name, "{asked}");
            }
        }
    }
}

/// The scopes that are valid here.
fn scopes_of(system: &str, asked: &Value) -> Value {
    let listed = asked.get("scopes").or(asked.get("abilities")).unwrap();
    match (system, asked["kind"].as_str(), asked["type"].as_str()) {
        ("strapi-guide", ..) | ("strapi", Some("content-api"), Some("full-access")) => {
            json!(["*"])
        }
        ("strapi", Some("content-api"), Some("read-only")) => json!(["read-only"]),
        _ => {
            let valid = listed.as_array().unwrap().iter();
            valid.filter(|scope| scope.as_str().unwrap().is_ascii()).cloned().collect()
        }
    }
}

#[test]
fn all_in_one_database_no_scheme_answers_for_another() {
    let sandbox = Sandbox::new();
    for system in SYSTEMS {
        sandbox.import(system, &sandbox.source(system), &[]);
    }
    for system in SYSTEMS {
        sandbox.answers_as(system);
    }
    // One by one and all at once are answered alike.
    let secrets: Vec<_> = SYSTEMS.into_iter().flat_map(asked).collect();
    let lines: String =
        secrets.iter().map(|asked| asked["raw"].as_str().unwrap().to_owned() + "\n").collect();
    let batch = sandbox.tokctl(&["verify", "--batch", "-"]).stdin(lines).go().exits(1).json_lines();
    for (answer, asked) in batch.iter().zip(&secrets) {
        assert_eq!(answer["reason"].as_str(), support::foreign::owed(asked).1, "{asked}");
    }
    // What is stored is the proof of nothing.
    let hashes: Vec<String> = stored_hashes();
    for hash in hashes {
        assert_eq!(sandbox.answer(&hash).0, 1, "{hash}");
    }
}

/// The hashes that stand in the systems' own tables.
fn stored_hashes() -> Vec<String> {
    let mut hashes = Vec::new();
    for (system, column) in
        [("shield", "secret"), ("adonisjs", "hash"), ("sanctum", "token"), ("strapi", "access_key")]
    {
        let source = Connection::open(fixture(system, "app.db")).unwrap();
        let sql = format!("SELECT {column} FROM {}", table_of(system));
        let mut statement = source.prepare(&sql).unwrap();
        let found = statement.query_map([], |row| row.get(0)).unwrap();
        hashes.extend(found.map(Result::unwrap).filter(|hash: &String| !hash.contains('@')));
    }
    hashes
}

#[test]
fn the_system_is_found_and_said() {
    let sandbox = Sandbox::new();
    for system in SYSTEMS {
        let source = sandbox.source(system);
        let salt = fixture("strapi", "salt.txt");
        let ran = sandbox
            .tokctl(&["import", &source])
            .env("API_TOKEN_SALT", fs::read_to_string(salt).unwrap())
            .go()
            .exits(0);
        assert_eq!(ran.stderr, format!("the source is a database of {system}\n"));
        let first = ran.stdout.lines().next().unwrap();
        assert_eq!(first.split_whitespace().collect::<Vec<_>>(), ["system", system]);
        sandbox.answers_as(system);
    }
}

#[test]
fn a_second_run_imports_nothing() {
    let sandbox = Sandbox::new();
    for system in SYSTEMS {
        let source = sandbox.source(system);
        let first = sandbox.import(system, &source, &[]);
        let before = dump(&sandbox);
        let second = sandbox.import(system, &source, &[]);
        assert_eq!(dump(&sandbox), before, "{system}");
        assert_eq!(second["tokens_imported"], 0);
        assert_eq!(second["tokens_known"], first["tokens_imported"]);
        assert_eq!((&second["users_created"], &second["users_matched"]), (&json!(0), &json!(0)));
        // Strapi's content tokens belong to somebody who is no user there.
        let known = first["users_created"].as_u64().unwrap()
            + first["users_matched"].as_u64().unwrap()
            - u64::from(system == "strapi");
        assert_eq!(second["users_known"], known, "{system}");
    }
}

/// All that is in a database.
fn dump(sandbox: &Sandbox) -> Vec<String> {
    let connection = sandbox.connection();
    let mut rows = Vec::new();
    for table in ["users", "tokens", "schemes", "origins", "buried", "settings"] {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let cells = (0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap()));
            rows.push(format!("{table}: {}", cells.collect::<Vec<_>>().join(" | ")));
        }
    }
    rows
}

#[test]
fn a_dry_run_tells_the_same_and_writes_nothing() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        // Nothing is made where nothing is.
        let unmade = sandbox.import(system, &source, &["--dry-run", "--verbose"]);
        assert!(!sandbox.path("data").exists());
        sandbox.run(&["user", "add", "somebody"]).exits(0);
        let before = fs::read(sandbox.database()).unwrap();
        let rehearsed = sandbox.import(system, &source, &["--dry-run", "--verbose"]);
        assert_eq!(fs::read(sandbox.database()).unwrap(), before);
        assert_eq!(sandbox.imported(), (0, 0));
        let mut done = sandbox.import(system, &source, &["--verbose"]);
        done["dry_run"] = json!(true);
        assert_eq!(rehearsed, done);
        for key in ["users_created", "users_renamed", "tokens_imported", "skipped", "clear_text"] {
            assert_eq!(unmade[key], done[key]);
        }
        assert!(!done["rows"].as_array().unwrap().is_empty());
    }
}

#[test]
fn a_dry_run_without_a_database_knows_who_would_be_there() {
    let sandbox = Sandbox::new();
    sandbox.create(&[]);
    let account = sandbox.json(&["settings", "get", "default-user"])["value"].clone();
    let account = account.as_str().unwrap();
    let fresh = Sandbox::new();
    let source =
        fresh.changed("symfony", &format!("UPDATE user SET username = '{account}' WHERE id = 1"));
    let rehearsed = fresh.import("symfony", &source, &["--dry-run", "--verbose"]);
    assert_eq!(rehearsed["users_renamed"], 1);
    let mut done = fresh.import("symfony", &source, &["--verbose"]);
    done["dry_run"] = json!(true);
    assert_eq!(rehearsed, done);
}

/// Everything in a source's folder.
fn folder_of(source: &str) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(Path::new(source).parent().unwrap()).unwrap();
    let named = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    };
    files.map(|entry| named(entry.unwrap())).collect()
}

#[test]
fn the_source_stays_as_it_is() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        let before = folder_of(&source);
        let modified = fs::metadata(&source).unwrap().modified().unwrap();
        sandbox.import(system, &source, &["--dry-run"]);
        sandbox.import(system, &source, &["--verbose"]);
        assert_eq!(folder_of(&source), before);
        assert_eq!(before.len(), 1);
        assert_eq!(fs::metadata(&source).unwrap().modified().unwrap(), modified);
    }
}

/// A source in WAL mode whose last change is in the `-wal` alone, as an application that was
/// killed leaves it.
fn with_wal(sandbox: &Sandbox, keep_shm: bool) -> String {
    let source = sandbox.source("sanctum");
    let open = Connection::open(&source).unwrap();
    open.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE);
         PRAGMA wal_autocheckpoint = 0;
         DELETE FROM personal_access_tokens WHERE id = 1;
         UPDATE personal_access_tokens SET name = 'from the wal' WHERE id = 2",
    )
    .unwrap();
    let folder = sandbox.path(&format!("killed-{keep_shm}"));
    fs::create_dir(&folder).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        if keep_shm || suffix != "-shm" {
            fs::copy(format!("{source}{suffix}"), folder.join(format!("app.db{suffix}"))).unwrap();
        }
    }
    folder.join("app.db").to_str().unwrap().to_string()
}

#[test]
fn what_is_only_in_the_wal_comes_too() {
    for keep_shm in [false, true] {
        let sandbox = Sandbox::new();
        let source = with_wal(&sandbox, keep_shm);
        let before = folder_of(&source);
        assert_eq!(before.len(), 2 + usize::from(keep_shm));
        let report = sandbox.import("sanctum", &source, &[]);
        assert_eq!(report["tokens_imported"], 10);
        assert_eq!(folder_of(&source), before);
        let asked = asked("sanctum");
        sandbox.rejects(asked[0]["raw"].as_str().unwrap(), "unknown");
        assert_eq!(sandbox.token(asked[1]["raw"].as_str().unwrap())["name"], "from the wal");
    }
}

#[test]
fn a_source_at_rest_in_wal_mode_gets_no_files_beside_it() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed("sanctum", "PRAGMA journal_mode = WAL");
    let before = folder_of(&source);
    assert_eq!(before.len(), 1);
    sandbox.import("sanctum", &source, &[]);
    assert_eq!(folder_of(&source), before);
    sandbox.answers_as("sanctum");
}

#[test]
fn a_hot_journal_is_rolled_back_in_a_copy() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let open = Connection::open(&source).unwrap();
    // With so small a cache a change reaches the file before it is committed.
    open.execute_batch(
        "PRAGMA cache_size = 1; PRAGMA synchronous = OFF; BEGIN IMMEDIATE;
         UPDATE personal_access_tokens SET name = 'never committed';
         CREATE TABLE filler (x); INSERT INTO filler
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         SELECT randomblob(2000) FROM n",
    )
    .unwrap();
    let folder = sandbox.path("crashed");
    fs::create_dir(&folder).unwrap();
    for suffix in ["", "-journal"] {
        fs::copy(format!("{source}{suffix}"), folder.join(format!("app.db{suffix}"))).unwrap();
    }
    drop(open);
    let crashed = folder.join("app.db").to_str().unwrap().to_string();
    let before = folder_of(&crashed);
    assert!(before["app.db"].windows(15).any(|bytes| bytes == b"never committed"));
    sandbox.import("sanctum", &crashed, &[]);
    assert_eq!(folder_of(&crashed), before);
    assert_eq!(
        sandbox.number("SELECT count(*) FROM tokens WHERE name = 'never committed'"),
        Some(0)
    );
    sandbox.answers_as("sanctum");
}

#[test]
fn a_source_that_another_writes_is_waited_for_and_then_named() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let writer = Connection::open(&source).unwrap();
    writer.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let ran = sandbox.try_import("sanctum", &source, &[]).fails_somehow(4);
    assert!(ran.stderr.contains(&format!("cannot import from {source}: locked")), "{ran:#?}");
}

#[test]
fn sources_that_are_none() {
    let sandbox = Sandbox::new();
    let cases = [
        (sandbox.path("missing.db"), "No such file"),
        (sandbox.path("."), "looked for an SQLite database, found a directory"),
        (sandbox.file("empty.db", "").into(), "looked for an SQLite database, found an empty file"),
        (sandbox.file("dump.sql", "CREATE TABLE users").into(), "found something else"),
        (sandbox.file("head.db", b"SQLite format 3\0").into(), "damaged"),
    ];
    for (path, why) in cases {
        let path = path.to_str().unwrap();
        for args in [["import", path].as_slice(), &["import", "sanctum", path]] {
            let ran = sandbox.run(args);
            let code = if why == "damaged" { 4 } else { 2 };
            let ran = ran.fails_somehow(code);
            assert!(ran.stderr.contains(&format!("cannot import from {path}: ")), "{ran:#?}");
            assert!(ran.stderr.contains(why), "{ran:#?}");
        }
    }
    assert!(!sandbox.path("data").exists());
}

#[test]
fn sources_of_something_else() {
    let sandbox = Sandbox::new();
    let other = sandbox.path("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE posts (id); CREATE TABLE \"a\u{1b}\" (id)")
        .unwrap();
    let other = other.to_str().unwrap();
    let ran = sandbox.run(&["import", other]).fails_somehow(2);
    for told in ["personal_access_tokens (sanctum)", "found a\\u{1b}, posts"] {
        assert!(ran.stderr.contains(told), "{ran:#?}");
    }
    let sanctum = sandbox.source("sanctum");
    for system in SYSTEMS.into_iter().filter(|system| *system != "sanctum") {
        let ran = sandbox.try_import(system, &sanctum, &[]).fails_somehow(2);
        assert!(ran.stderr.contains(table_of(system)), "{ran:#?}");
        assert!(ran.stderr.contains("found ") && ran.stderr.contains("personal_access_tokens"));
    }
    let ran = sandbox.try_import("sanctum", &sanctum, &["--table", "keys"]).fails_somehow(2);
    assert!(ran.stderr.contains("looked for keys; found "), "{ran:#?}");
    // A table without the columns that count is not the one.
    let without = sandbox.changed("symfony", "ALTER TABLE api_token DROP COLUMN scopes");
    sandbox.try_import("symfony", &without, &[]).fails_somehow(2);
    sandbox.run(&["import", "rails", &sanctum]).fails(
        2,
        "unknown system: there are shield, adonisjs, sanctum, symfony, strapi-guide, strapi, jsonl",
    );
    assert!(!sandbox.path("data").exists());
}

#[test]
fn a_source_of_two_systems_must_be_named() {
    let sandbox = Sandbox::new();
    let both = sandbox.changed(
        "sanctum",
        "CREATE TABLE auth_access_tokens (id, tokenable_id, type, hash, abilities)",
    );
    sandbox
        .run(&["import", &both])
        .fails(2, "the source fits several systems: adonisjs, sanctum")
        .hints(&format!("name the one you mean: `tokctl import adonisjs {both}`, say"));
    sandbox.import("sanctum", &both, &[]);
    sandbox.answers_as("sanctum");
}

#[test]
fn options_of_another_system_are_refused() {
    let sandbox = Sandbox::new();
    let salt = fixture("strapi", "salt.txt");
    let heeded = [
        ("--table-prefix", "x_", "shield"),
        ("--type", "x", "adonisjs"),
        ("--prefix", "x", "adonisjs"),
        ("--salt-file", salt.to_str().unwrap(), "strapi"),
    ];
    for (option, value, owner) in heeded {
        for system in SYSTEMS.into_iter().filter(|system| *system != owner) {
            let source = sandbox.source(system);
            sandbox
                .try_import(system, &source, &[option, value])
                .fails(2, &format!("{option} means nothing here: {system} has no such thing"));
        }
    }
    for zone in ["Mars/Olympus", "", "2"] {
        let source = sandbox.source("sanctum");
        sandbox.try_import("sanctum", &source, &["--time-zone", zone]).fails_somehow(2);
    }
    assert!(!sandbox.path("data").exists());
}

#[test]
fn each_format_of_the_report() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("strapi-guide");
    let human = sandbox.try_import("strapi-guide", &source, &["--verbose", "--dry-run"]).exits(0);
    let lines: Vec<_> = human.stdout.lines().collect();
    assert!(lines.contains(&"users-permissions_user 1: created as user alice"), "{human:#?}");
    assert!(lines.contains(&"tokens 7: skipped: the owner is gone"), "{human:#?}");
    assert!(lines.contains(&"tokens 9: skipped: row 8 has the same secret, and answers"));
    assert!(lines.contains(&"tokens      8 imported, 0 known from an earlier import, 3 skipped"));
    assert!(
        lines.contains(&"skipped     2: the owner is gone (tokens 7, tokens 10)"),
        "{human:#?}"
    );
    assert!(
        lines.contains(&"weak        1: secrets under 20 characters: rotate them"),
        "{human:#?}"
    );
    let drop = "clear text  secrets can be read in tokens.token there: drop that column when you have moved";
    assert!(lines.contains(&drop), "{human:#?}");
    let report = sandbox.import("strapi-guide", &source, &[]);
    assert_eq!(report["rows"], json!([]));
    assert_eq!(report["clear_text"], "tokens.token");
    assert_eq!(
        report["skipped"][0],
        json!({"reason": "the owner is gone", "count": 2, "rows": ["tokens 7", "tokens 10"]})
    );
    let csv = sandbox.try_import("strapi-guide", &source, &["--format", "csv"]).exits(0).stdout;
    assert!(csv.starts_with("system,dry_run,users_created,"), "{csv}");
}
