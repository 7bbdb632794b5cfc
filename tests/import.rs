//! `import`: the sample databases that the six systems wrote themselves, how a source is detected and
//! opened, and that it is never changed.

mod support;

use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use support::Sandbox;
use support::foreign::{SYSTEMS, assert_same_report, fixture, open, sample, samples, token_table};

/// What an import of the sample database of a system reports.
struct Counts {
    system: &'static str,
    users_created: u64,
    tokens_imported: u64,
    tokens_skipped: u64,
    tokens_narrowed: u64,
}

const fn counts(
    system: &'static str,
    users_created: u64,
    tokens_imported: u64,
    tokens_skipped: u64,
    tokens_narrowed: u64,
) -> Counts {
    Counts { system, users_created, tokens_imported, tokens_skipped, tokens_narrowed }
}

const COUNTS: [Counts; 6] = [
    counts("shield", 4, 13, 0, 0),
    counts("adonisjs", 3, 12, 0, 0),
    counts("sanctum", 3, 11, 0, 1),
    counts("symfony", 5, 12, 0, 0),
    // Two rows have no user, and one has the secret of another.
    counts("strapi-guide", 10, 8, 3, 0),
    counts("strapi", 3, 12, 0, 0),
];

#[test]
fn the_report_counts_users_and_tokens() {
    for expected in COUNTS {
        let sandbox = Sandbox::new();
        let system = expected.system;
        let report = sandbox.import(system, &sandbox.source(system), &[]);
        assert_eq!(report["system"], system);
        assert_eq!(report["users_created"], expected.users_created, "{report}");
        assert_eq!(report["tokens_imported"], expected.tokens_imported, "{report}");
        assert_eq!(report["tokens_skipped"], expected.tokens_skipped, "{report}");
        assert_eq!(report["tokens_narrowed"], expected.tokens_narrowed, "{report}");
    }
}

#[test]
fn every_secret_gets_the_answer_of_its_system() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        sandbox.import(system, &sandbox.source(system), &[]);
        sandbox.answers_like(system);
    }
}

#[test]
fn tokens_keep_their_name_scopes_times_and_owner() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        sandbox.import(system, &sandbox.source(system), &[]);
        sandbox.has_tokens_like(system, "tokens.json", 0);
    }
}

#[test]
fn secrets_of_six_systems_in_one_database_get_the_answers_of_their_own() {
    let sandbox = Sandbox::new();
    for system in SYSTEMS {
        sandbox.import(system, &sandbox.source(system), &[]);
    }
    for system in SYSTEMS {
        sandbox.answers_like(system);
    }
    let samples: Vec<_> = SYSTEMS.into_iter().flat_map(samples).collect();
    let lines: String = samples.iter().map(|sample| format!("{}\n", sample.secret())).collect();
    let batch = sandbox.tokctl(&["verify", "--batch", "-"]).stdin(lines).go().exits(1).json_lines();
    assert_eq!(batch.len(), samples.len());
    for (answer, sample) in batch.iter().zip(&samples) {
        assert_eq!(answer["reason"].as_str().map(String::from), sample.expected().1, "{sample:?}");
    }
}

#[test]
fn a_stored_hash_is_not_a_secret() {
    let sandbox = Sandbox::new();
    for (system, column) in
        [("shield", "secret"), ("adonisjs", "hash"), ("sanctum", "token"), ("strapi", "access_key")]
    {
        let source = sandbox.source(system);
        sandbox.import(system, &source, &[]);
        let hashes = hashes_of(&source, token_table(system), column);
        assert!(!hashes.is_empty());
        for hash in hashes {
            assert_eq!(sandbox.answer(&hash).0, 1, "{hash}");
        }
    }
}

fn hashes_of(source: &str, table: &str, column: &str) -> Vec<String> {
    let source = open(source);
    let mut statement = source.prepare(&format!("SELECT {column} FROM {table}")).unwrap();
    let found = statement.query_map([], |row| row.get(0)).unwrap();
    // Shield keeps e-mail addresses in the same column.
    found.map(Result::unwrap).filter(|hash: &String| !hash.contains('@')).collect()
}

#[test]
fn the_system_is_detected_and_reported() {
    let sandbox = Sandbox::new();
    let salt = fs::read_to_string(fixture("strapi", "salt.txt")).unwrap();
    for system in SYSTEMS {
        let source = sandbox.source(system);
        let ran = sandbox.tokctl(&["import", &source]).env("API_TOKEN_SALT", &salt).go().exits(0);
        assert_eq!(ran.stderr, format!("detected system: {system}\n"));
        let first = ran.stdout.lines().next().unwrap();
        assert_eq!(first.split_whitespace().collect::<Vec<_>>(), ["system", system]);
        sandbox.answers_like(system);
    }
}

#[test]
fn the_help_lists_every_system() {
    let help = Sandbox::new().run(&["help", "import"]).exits(0).stdout;
    for system in SYSTEMS {
        assert!(help.contains(system), "{system}: {help}");
    }
}

#[test]
fn a_second_import_changes_nothing() {
    let sandbox = Sandbox::new();
    for system in SYSTEMS {
        let source = sandbox.source(system);
        let first = sandbox.import(system, &source, &[]);
        let before = database_rows(&sandbox);
        let second = sandbox.import(system, &source, &[]);
        assert_eq!(database_rows(&sandbox), before, "{system}");
        assert_eq!(second["tokens_imported"], 0);
        assert_eq!(second["tokens_known"], first["tokens_imported"]);
        assert_eq!(second["tokens_changed"], 0, "{second}");
        assert_eq!((&second["users_created"], &second["users_matched"]), (&json!(0), &json!(0)));
        let count = |key: &str| first[key].as_u64().unwrap();
        let known = count("users_created") + count("users_matched");
        assert_eq!(second["users_known"], known, "{system}");
    }
}

/// Every row of the database but the log's.
fn database_rows(sandbox: &Sandbox) -> Vec<String> {
    let tables = ["users", "tokens", "schemes", "origins", "buried", "settings"];
    tables.iter().flat_map(|table| sandbox.rows(table)).collect()
}

#[test]
fn a_dry_run_reports_what_an_import_does_and_writes_nothing() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        sandbox.run(&["user", "add", "somebody"]).exits(0);
        let before = sandbox.content();
        let dry_run = sandbox.import(system, &source, &["--dry-run", "--verbose"]);
        assert_eq!(sandbox.content(), before);
        assert_eq!(sandbox.imported_counts(), (0, 0));
        let mut done = sandbox.import(system, &source, &["--verbose"]);
        done["dry_run"] = json!(true);
        assert!(!done["rows"].as_array().unwrap().is_empty());
        assert_same_report(dry_run, done);
    }
}

#[test]
fn a_dry_run_creates_no_database() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        let dry_run = sandbox.import(system, &source, &["--dry-run"]);
        assert!(!sandbox.path("data").exists());
        let mut done = sandbox.import(system, &source, &[]);
        done["dry_run"] = json!(true);
        assert_eq!(dry_run, done);
    }
}

#[test]
fn a_dry_run_says_that_it_is_one() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let ran = sandbox.try_import("sanctum", &source, &["--dry-run"]).exits(0);
    assert_eq!(ran.stderr, "dry run: nothing was imported\n");
    sandbox.try_import("sanctum", &source, &[]).exits(0).remarks("");
}

/// A new database has a user already: the account that creates it.
#[test]
fn a_dry_run_without_a_database_knows_the_first_user() {
    let other = Sandbox::new();
    other.create(&[]);
    let account = other.json(&["settings", "get", "default-user"])["value"].clone();
    let account = account.as_str().unwrap();
    let sandbox = Sandbox::new();
    let rename = format!("UPDATE user SET username = '{account}' WHERE id = 1");
    let source = sandbox.changed_source("symfony", &rename);
    let dry_run = sandbox.import("symfony", &source, &["--dry-run", "--verbose"]);
    assert_eq!(dry_run["users_renamed"], 1);
    let mut done = sandbox.import("symfony", &source, &["--verbose"]);
    done["dry_run"] = json!(true);
    assert_same_report(dry_run, done);
}

/// Everything in the folder of a source.
fn files_beside(source: &str) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(Path::new(source).parent().unwrap()).unwrap();
    let named = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    };
    files.map(|entry| named(entry.unwrap())).collect()
}

#[test]
fn the_source_is_not_changed() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        let before = files_beside(&source);
        let modified = fs::metadata(&source).unwrap().modified().unwrap();
        sandbox.import(system, &source, &["--dry-run"]);
        sandbox.import(system, &source, &["--verbose"]);
        assert_eq!(files_beside(&source), before);
        assert_eq!(before.len(), 1);
        assert_eq!(fs::metadata(&source).unwrap().modified().unwrap(), modified);
    }
}

/// A copy of a database with the files beside it, as an application that was killed leaves them.
fn copy_of_running(sandbox: &Sandbox, source: &str, suffixes: &[&str]) -> String {
    let folder = sandbox.path("killed");
    fs::create_dir(&folder).unwrap();
    for suffix in [""].iter().chain(suffixes) {
        fs::copy(format!("{source}{suffix}"), folder.join(format!("app.db{suffix}"))).unwrap();
    }
    folder.join("app.db").to_str().unwrap().to_string()
}

#[test]
fn changes_that_are_only_in_the_wal_are_imported() {
    for suffixes in [["-wal"].as_slice(), &["-wal", "-shm"]] {
        let sandbox = Sandbox::new();
        let running = sandbox.source("sanctum");
        let application = open(&running);
        application
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE);
                 PRAGMA wal_autocheckpoint = 0;
                 DELETE FROM personal_access_tokens WHERE id = 1;
                 UPDATE personal_access_tokens SET name = 'from the wal' WHERE id = 2",
            )
            .unwrap();
        let source = copy_of_running(&sandbox, &running, suffixes);
        let before = files_beside(&source);
        assert_eq!(before.len(), 1 + suffixes.len());
        let report = sandbox.import("sanctum", &source, &[]);
        assert_eq!(report["tokens_imported"], 10);
        assert_eq!(files_beside(&source), before);
        sandbox.rejects(sample("sanctum", 1).secret(), "unknown");
        assert_eq!(sandbox.token(sample("sanctum", 2).secret())["name"], "from the wal");
    }
}

#[test]
fn reading_a_database_in_wal_mode_creates_no_files() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source("sanctum", "PRAGMA journal_mode = WAL");
    let before = files_beside(&source);
    assert_eq!(before.len(), 1);
    sandbox.import("sanctum", &source, &[]);
    assert_eq!(files_beside(&source), before);
    sandbox.answers_like("sanctum");
}

#[test]
fn a_hot_journal_is_rolled_back_in_a_copy() {
    let sandbox = Sandbox::new();
    let running = sandbox.source("sanctum");
    let application = open(&running);
    // With so small a cache, a change reaches the file before it is committed.
    application
        .execute_batch(
            "PRAGMA cache_size = 1; PRAGMA synchronous = OFF; BEGIN IMMEDIATE;
             UPDATE personal_access_tokens SET name = 'never committed';
             CREATE TABLE filler (x); INSERT INTO filler
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             SELECT randomblob(2000) FROM n",
        )
        .unwrap();
    let source = copy_of_running(&sandbox, &running, &["-journal"]);
    drop(application);
    let before = files_beside(&source);
    assert!(before["app.db"].windows(15).any(|bytes| bytes == b"never committed"));
    sandbox.import("sanctum", &source, &[]);
    assert_eq!(files_beside(&source), before);
    let uncommitted = "SELECT count(*) FROM tokens WHERE name = 'never committed'";
    assert_eq!(sandbox.number(uncommitted), Some(0));
    sandbox.answers_like("sanctum");
}

#[test]
fn a_source_that_stays_locked_is_an_error() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let application = open(&source);
    application.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    sandbox
        .try_import("sanctum", &source, &[])
        .fails(
            4,
            &format!("cannot import from {source}: another process has locked it for too long"),
        )
        .hints("find the process that holds the lock, or try again");
}

#[test]
fn a_source_that_is_not_a_database_is_refused() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path(".").to_str().unwrap().to_string();
    let missing = sandbox.path("missing.db").to_str().unwrap().to_string();
    for (path, code, why) in [
        (missing, 2, "No such file or directory (os error 2)"),
        (folder, 2, "expected an SQLite database, found a directory"),
        (sandbox.file("empty.db", ""), 2, "expected an SQLite database, found an empty file"),
        (sandbox.file("dump.sql", "CREATE TABLE users"), 2, "it is not an SQLite database"),
        (
            sandbox.file("truncated.db", b"SQLite format 3\0"),
            4,
            "the database is damaged (file is not a database)",
        ),
    ] {
        for args in [["import", &path].as_slice(), &["import", "sanctum", &path]] {
            sandbox.run(args).fails(code, &format!("cannot import from {path}: {why}"));
        }
    }
    assert!(!sandbox.path("data").exists());
}

#[test]
fn a_missing_source_is_named_as_such() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["import", "sanctum"])
        .fails(2, "the source is missing: import sanctum requires the database of the system")
        .hints(
            "`tokctl import sanctum FILE`, or a URL: mysql://USER@HOST/DATABASE or \
             postgres://USER@HOST/DATABASE",
        );
    sandbox
        .run(&["import", "jsonl"])
        .fails(2, "the source is missing: import jsonl requires a file of JSON Lines")
        .hints("`tokctl import jsonl FILE`");
}

#[test]
fn a_database_whose_file_has_the_name_of_a_system_is_imported() {
    let sandbox = Sandbox::new();
    fs::copy(fixture("sanctum", "app.db"), sandbox.path("shield")).unwrap();
    let ran = sandbox.run(&["import", "shield"]).exits(0);
    assert_eq!(ran.stderr, "detected system: sanctum\n");
}

#[test]
fn a_database_without_tokens_of_any_system_is_refused() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("other.db").to_str().unwrap().to_string();
    open(&path).execute_batch("CREATE TABLE posts (id); CREATE TABLE \"a\u{1b}\" (id)").unwrap();
    sandbox
        .run(&["import", &path])
        .fails(
            2,
            &format!(
                "no tokens of a supported system in {path}: looked for users and auth_identities \
                 (shield); auth_access_tokens (adonisjs); api_tokens (adonisjs5); \
                 personal_access_tokens (sanctum); user or users or app_user and api_token \
                 (symfony); users-permissions_user or up_users and tokens (strapi-guide); \
                 strapi_api_tokens (strapi); found a\\u{{1b}}, posts"
            ),
        )
        .hints(
            "check the source; if its tables have other names, use --table-prefix, or --table and \
             --users",
        );
    assert!(!sandbox.path("data").exists());
}

/// The tables of Sanctum's sample database.
const SANCTUM_TABLES: &str = "cache, cache_locks, failed_jobs, job_batches, jobs, migrations, \
     password_reset_tokens, personal_access_tokens, sessions, users";

#[test]
fn a_database_of_another_system_is_refused() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    for (system, looked_for) in [
        ("shield", "users and auth_identities"),
        ("adonisjs", "auth_access_tokens"),
        ("symfony", "user or users or app_user and api_token"),
        ("strapi-guide", "users-permissions_user or up_users and tokens"),
        ("strapi", "strapi_api_tokens"),
    ] {
        let why = format!("looked for {looked_for}; found {SANCTUM_TABLES}");
        sandbox
            .try_import(system, &source, &[])
            .fails(2, &format!("no tokens of {system} in {source}: {why}"));
    }
    sandbox.try_import("sanctum", &source, &["--table", "keys"]).fails(
        2,
        &format!("no tokens of sanctum in {source}: looked for keys; found {SANCTUM_TABLES}"),
    );
    assert!(!sandbox.path("data").exists());
}

#[test]
fn a_token_table_without_the_columns_of_the_system_is_refused() {
    for (system, change, table, missing) in [
        ("shield", "DROP COLUMN extra", "auth_identities", "extra"),
        ("shield", "RENAME COLUMN type TO kind", "auth_identities", "type"),
        ("adonisjs", "DROP COLUMN abilities", "auth_access_tokens", "abilities"),
        ("sanctum", "DROP COLUMN abilities", "personal_access_tokens", "abilities"),
        ("symfony", "RENAME COLUMN token TO secret", "api_token", "token"),
        ("strapi-guide", "RENAME COLUMN token TO secret", "tokens", "token"),
        ("strapi", "RENAME COLUMN access_key TO key", "strapi_api_tokens", "access_key"),
    ] {
        let sandbox = Sandbox::new();
        let source = sandbox.changed_source(system, &format!("ALTER TABLE {table} {change}"));
        let why = format!("table {table} lacks these columns: {missing}");
        let what = format!("no tokens of {system} in {source}");
        for args in [["import", system, &source].as_slice(), &["import", &source]] {
            sandbox
                .run(args)
                .fails(2, &format!("{what}: {why}"))
                .hints("name another table with --table or --users, or another system");
        }
        assert!(!sandbox.path("data").exists());
    }
}

#[test]
fn what_was_probably_meant_is_suggested() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["import", "sanctumm"])
        .fails(2, "cannot import from sanctumm: there is no such system and no such file")
        .hints("did you mean sanctum?");
    let lines = sandbox.file("tokens.jsonl", "{\"name\": \"a\"}\n");
    sandbox
        .run(&["import", &lines])
        .fails(
            2,
            &format!(
                "cannot import from {lines}: it is a file of JSON Lines, not an SQLite database"
            ),
        )
        .hints(&format!("`tokctl import jsonl {lines}`"));
}

#[test]
fn an_option_that_matches_nothing_in_the_source_is_refused() {
    let sandbox = Sandbox::new();
    let (adonisjs, sanctum) = (sandbox.source("adonisjs"), sandbox.source("sanctum"));
    sandbox
        .try_import("adonisjs", &adonisjs, &["--type", "auth_tokn"])
        .fails(
            2,
            "invalid value of --type: no row of table auth_access_tokens has the type \
             \"auth_tokn\"",
        )
        .hints("its rows have the types auth_token");
    sandbox
        .try_import("sanctum", &sanctum, &["--morph", "memer=users"])
        .fails(2, "invalid value of --morph: no token has an owner of type \"memer\"");
    for name in ["expires", "personal_access_tokens.expires", "user.banned_at"] {
        sandbox.try_import("sanctum", &sanctum, &["--ignore-column", name]).fails(
            2,
            &format!(
                "invalid value of --ignore-column: no column or key that is read is called {name}"
            ),
        );
    }
    for name in ["expires_at", "users.email", "EXPIRESAT"] {
        sandbox.try_import("sanctum", &sanctum, &["--dry-run", "--ignore-column", name]).exits(0);
    }
    assert!(!sandbox.path("data").exists());
}

#[test]
fn an_unknown_system_is_refused() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let expected = "expected one of shield, adonisjs, adonisjs5, sanctum, symfony, strapi-guide, strapi, jsonl";
    sandbox
        .run(&["import", "rails", &source])
        .exits(2)
        .remarks(&format!("tokctl: unknown system \"rails\": {expected}\n"));
    sandbox
        .run(&["import", "sanctun", &source])
        .fails(2, &format!("unknown system \"sanctun\": {expected}"))
        .hints("did you mean sanctum?");
}

#[test]
fn a_database_of_two_systems_is_refused_until_one_is_named() {
    let sandbox = Sandbox::new();
    let both = sandbox.changed_source(
        "sanctum",
        "CREATE TABLE auth_access_tokens (id, tokenable_id, type, hash, abilities)",
    );
    sandbox
        .run(&["import", &both])
        .fails(2, "the source has tables of several systems: adonisjs, sanctum")
        .hints("name the system: adonisjs or sanctum");
    sandbox.import("sanctum", &both, &[]);
    sandbox.answers_like("sanctum");
}

#[test]
fn options_of_another_system_are_refused() {
    let sandbox = Sandbox::new();
    let salt = fixture("strapi", "salt.txt");
    for (options, name, owners) in [
        (
            ["--type", "x"].as_slice(),
            "--type",
            ["shield", "adonisjs", "adonisjs5", "sanctum", "symfony", "strapi-guide"].as_slice(),
        ),
        (&["--prefix", "x"], "--prefix", &["adonisjs"]),
        (&["--morph", "u=users"], "--morph", &["sanctum"]),
        (&["--hashed", "sha256"], "--hashed", &["symfony", "strapi-guide", "jsonl"]),
        (&["--clear-text"], "--clear-text", &["symfony", "strapi-guide", "jsonl"]),
        (
            &["--map-scope", "a b=c"],
            "--map-scope",
            &["shield", "adonisjs", "sanctum", "symfony", "strapi", "jsonl"],
        ),
        (&["--salt-file", salt.to_str().unwrap()], "--salt-file", &["strapi"]),
    ] {
        for system in SYSTEMS.into_iter().filter(|system| !owners.contains(system)) {
            let source = sandbox.source(system);
            let owners = owners.join(", ");
            sandbox.try_import(system, &source, options).fails(
                2,
                &format!("{name} cannot be used: it applies to {owners}, not to {system}"),
            );
        }
    }
    assert!(!sandbox.path("data").exists());
}

#[test]
fn an_unknown_time_zone_is_refused() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    for zone in ["Mars/Olympus", "", "2"] {
        sandbox.try_import("sanctum", &source, &["--time-zone", zone]).fails(
            2,
            &format!(
                "invalid value '{zone}' for '--time-zone <ZONE>': a time zone must be an IANA name \
                 such as Europe/Paris, or an offset such as +02:00"
            ),
        );
    }
    assert!(!sandbox.path("data").exists());
}

#[test]
fn people_read_rows_and_then_totals() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("strapi-guide");
    let options = ["--verbose", "--dry-run"];
    let ran = sandbox.try_import("strapi-guide", &source, &options).exits(0);
    let lines: Vec<_> = ran.stdout.lines().collect();
    let (rows, totals) = lines.split_at(21);
    assert_eq!(rows[0], "users-permissions_user 1: created as user alice");
    assert_eq!(
        rows[16..],
        [
            "tokens 7: skipped: owner not found",
            "tokens 8: imported as token 7",
            "tokens 9: skipped: row 8 has the same secret",
            "tokens 10: skipped: owner not found",
            "tokens 11: imported as token 8",
        ]
    );
    assert_eq!(
        totals,
        [
            "system        strapi-guide",
            "tables        tokens from tokens, owners from users-permissions_user",
            "users         10 would be created, 0 would be matched, 0 known from an earlier import",
            "tokens        8 would be imported, 0 known from an earlier import, 3 would be skipped",
            "skipped       2: owner not found (tokens 7, tokens 10)",
            "skipped       1: an earlier row has the same secret (tokens 9)",
            "weak secrets  1 secret: shorter than 20 characters; rotate these tokens",
            "clear text    column tokens.token in the source contains readable secrets; \
             drop it after the migration",
        ]
    );
}

#[test]
fn programs_read_the_report_as_json_or_csv() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("strapi-guide");
    let report = sandbox.import("strapi-guide", &source, &[]);
    assert_eq!(report["rows"], json!([]));
    assert_eq!(report["clear_text"], "tokens.token");
    assert_eq!(
        report["skipped"][0],
        json!({"reason": "owner not found", "count": 2, "rows": ["tokens 7", "tokens 10"]})
    );
    let csv = sandbox.try_import("strapi-guide", &source, &["--format", "csv"]).exits(0).stdout;
    assert!(csv.starts_with("system,dry_run,token_table,owner_tables,"), "{csv}");
}
