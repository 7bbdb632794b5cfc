//! `import`: sources that are damaged or made to do harm, and secrets that must not show.
//!
//! `TOKCTL_FUZZ=N cargo test --test import_hostile` changes N copies of each source at random
//! instead of a few, and cuts each off at every page.

mod support;

use rusqlite::Connection;
use serde_json::Value;
use std::fs;
use std::path::Path;
use support::foreign::{SYSTEMS, asked, fixture, insert, php, random_looking, table_of};
use support::{Ran, Sandbox, sha256};

/// A source that is perhaps no database any more is imported whole or not at all.
#[track_caller]
fn imports_whole_or_not_at_all(sandbox: &Sandbox, empty: &[u8], ran: Ran, what: &str) {
    match ran.code {
        Some(0) => {
            let report = ran.json();
            let (tokens, _) = sandbox.imported();
            assert_eq!(report["tokens_imported"], tokens, "{what}");
            fs::write(sandbox.database(), empty).unwrap();
        }
        Some(2 | 4) => {
            ran.fails_somehow_of_two(what);
            assert_eq!(fs::read(sandbox.database()).unwrap(), empty, "{what}");
        }
        _ => panic!("{what}: {ran:#?}"),
    }
}

trait FailsSomehow {
    fn fails_somehow_of_two(self, what: &str);
}

impl FailsSomehow for Ran {
    #[track_caller]
    fn fails_somehow_of_two(self, what: &str) {
        assert!(self.stdout.is_empty() && self.stderr.starts_with("tokctl: "), "{what}: {self:#?}");
        assert!(self.stderr.contains("source.db") || self.stderr.contains("unknown"), "{self:#?}");
        let code = self.code.unwrap();
        self.fails_somehow(code);
    }
}

/// A place with a database into which nothing was imported yet, and that database.
fn place() -> (Sandbox, Vec<u8>) {
    let sandbox = Sandbox::new();
    sandbox.run(&["user", "add", "somebody"]).exits(0);
    let empty = fs::read(sandbox.database()).unwrap();
    (sandbox, empty)
}

#[test]
fn cut_off_at_every_page() {
    let (sandbox, empty) = place();
    for system in SYSTEMS {
        let whole = fs::read(fixture(system, "app.db")).unwrap();
        let pages = whole.len() / 4096;
        // A large file is cut everywhere near its ends, and here and there between them.
        let counts = |page: &usize| *page < 12 || page.is_multiple_of(16) || pages - page < 4;
        for page in (0..pages).filter(|page| variants().is_some() || counts(page)) {
            let source = sandbox.file("source.db", &whole[..page * 4096]);
            let ran = sandbox.try_import(system, &source, &["--json"]);
            assert!(matches!(ran.code, Some(2 | 4)), "{system} {page}: {ran:#?}");
            imports_whole_or_not_at_all(&sandbox, &empty, ran, &format!("{system}, {page} pages"));
        }
    }
}

#[test]
fn cut_off_within_a_page() {
    let (sandbox, empty) = place();
    for system in SYSTEMS {
        let whole = fs::read(fixture(system, "app.db")).unwrap();
        for length in [1, 15, 16, 50, 99, 100, 511, 512, 4095, 4097, whole.len() - 1] {
            let source = sandbox.file("source.db", &whole[..length]);
            let ran = sandbox.try_import(system, &source, &["--json"]);
            imports_whole_or_not_at_all(&sandbox, &empty, ran, &format!("{system}, {length}"));
        }
    }
}

/// How many variants a longer run was asked for.
fn variants() -> Option<u64> {
    std::env::var("TOKCTL_FUZZ").ok().map(|number| number.parse().unwrap())
}

/// Knuth's MMIX generator: the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn random_bytes_changed() {
    let variants = variants().unwrap_or(30);
    std::thread::scope(|scope| {
        for systems in SYSTEMS.chunks(3) {
            scope.spawn(move || {
                let (sandbox, empty) = place();
                for system in systems {
                    for seed in 0..variants {
                        change_and_import(&sandbox, &empty, system, seed);
                    }
                }
            });
        }
    });
}

fn change_and_import(sandbox: &Sandbox, empty: &[u8], system: &str, seed: u64) {
    let mut bytes = fs::read(fixture(system, "app.db")).unwrap();
    let mut numbers = Numbers(seed);
    let first_pages = bytes.len().min(8 * 4096);
    for _ in 0..=numbers.below(20) {
        // The header and the schema are read most.
        let place = match numbers.below(3) {
            0 => numbers.below(100),
            1 => numbers.below(first_pages),
            _ => numbers.below(bytes.len()),
        };
        // But for the magic, without which nothing is read at all.
        if place >= 16 {
            bytes[place] = numbers.below(256) as u8;
        }
    }
    let source = sandbox.file("source.db", &bytes);
    let ran = sandbox.try_import(system, &source, &["--json", "--verbose"]);
    imports_whole_or_not_at_all(sandbox, empty, ran, &format!("{system}, seed {seed}"));
    assert_eq!(fs::read(&source).unwrap(), bytes);
}

#[test]
fn a_page_that_lost_rows_is_noticed() {
    // The number of cells on a leaf page: SQLite reads on without a word when it shrinks.
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let root = Connection::open(&source)
        .unwrap()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'personal_access_tokens'",
            [],
            |row| row.get::<_, i64>(0),
        )
        .unwrap() as usize;
    let mut bytes = fs::read(&source).unwrap();
    let page = (root - 1) * 4096;
    assert_eq!((bytes[page], bytes[page + 4]), (13, 11));
    bytes[page + 4] = 3;
    fs::write(&source, bytes).unwrap();
    let ran = sandbox.try_import("sanctum", &source, &[]).fails_somehow(4);
    let told = format!(
        "cannot import from {source}: looked for an intact SQLite database, found a damaged one ("
    );
    assert!(ran.stderr.contains(&told), "{ran:#?}");
}

/// Every file below a folder.
fn files_below(folder: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => files_below(&entry.path(), found),
            false => found.push(fs::read(entry.path()).unwrap()),
        }
    }
}

#[test]
fn no_secret_of_a_source_shows() {
    let sandbox = Sandbox::new();
    let mut secrets: Vec<String> = Vec::new();
    for system in SYSTEMS {
        for asked in asked(system) {
            let raw = asked["raw"].as_str().unwrap();
            secrets.push(raw.to_string());
            // What follows an id or a prefix is as good.
            secrets.extend(raw.rsplit(['|', '.']).next().map(String::from));
        }
    }
    let shield = Connection::open(fixture("shield", "app.db")).unwrap();
    let mut statement = shield
        .prepare("SELECT identifier FROM auth_token_logins WHERE identifier LIKE 'Bearer %'")
        .unwrap();
    let presented = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let presented: Vec<_> =
        presented.map(|secret| secret.unwrap()["Bearer ".len()..].to_string()).collect();
    assert!(!presented.is_empty());
    secrets.extend(presented);
    let mut shown = String::new();
    for format in ["human", "json", "csv"] {
        for system in SYSTEMS {
            let source = sandbox.source(system);
            // Rows that are refused are where an error could quote one.
            let db = Connection::open(&source).unwrap();
            for (i, wrong) in
                ["leading-secret-part white", "leading-secret-part\n"].iter().enumerate()
            {
                let id = 500 + i as i64;
                match system {
                    "symfony" => insert(
                        &db,
                        "api_token",
                        &[("id", &id), ("owned_by_id", &1), ("token", wrong), ("scopes", &"[]")],
                    ),
                    "strapi-guide" => {
                        insert(&db, "tokens", &[("id", &id), ("token", wrong), ("user", &1)])
                    }
                    _ => {}
                }
            }
            for more in [["--dry-run"].as_slice(), &[]] {
                let args = [&["--verbose", "--format", format], more].concat();
                let ran = sandbox.try_import(system, &source, &args).exits(0);
                shown += &(ran.stdout + &ran.stderr);
            }
            fs::remove_dir_all(Path::new(&source).parent().unwrap()).unwrap();
        }
    }
    let mut files = vec![shown.into_bytes()];
    files_below(&sandbox.path("data"), &mut files);
    secrets.push("leading-secret-part".into());
    for secret in secrets {
        for file in &files {
            let found = file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
            assert!(!found, "{secret}");
        }
    }
    // And of Shield's rows only those are tokens that are.
    let tokens = shield.query_row(
        "SELECT count(*) FROM auth_identities WHERE type = 'access_token'",
        [],
        |row| row.get(0),
    );
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens WHERE source = 'shield'"), tokens.ok());
}

#[test]
fn tables_named_to_do_harm() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    for name in [
        "x'; DROP TABLE users; --",
        "personal_access_tokens\" t JOIN users --",
        "\"personal_access_tokens\"",
        "(SELECT * FROM personal_access_tokens)",
        "sqlite_schema",
        "pragma_table_info",
        "\u{1b}[2J",
        "",
    ] {
        let ran = sandbox.try_import("sanctum", &source, &["--table", name]).fails_somehow(2);
        assert!(!ran.stderr.contains('\u{1b}'), "{ran:#?}");
    }
    sandbox.import("sanctum", &source, &[]);
    sandbox.answers_as("sanctum");
}

#[test]
fn scopes_made_to_do_harm() {
    let deep_json = "[".repeat(100_000) + &"]".repeat(100_000);
    let deep_php = "a:1:{i:0;".repeat(50_000) + &"}".repeat(50_000);
    let php_bombs = [
        deep_php.as_str(),
        "a:99999999999999:{}",
        "a:1000000000:{i:0;s:1:\"a\";}",
        "a:1:{i:0;s:4294967295:\"x\";}",
        "a:1:{i:0;O:7:\"Exploit\":1:{s:1:\"x\";s:1:\"y\";}}",
        "a:1:{i:0;R:1;}",
    ];
    let sandbox = Sandbox::new();
    let source = sandbox.source("shield");
    let db = Connection::open(&source).unwrap();
    let serialized_name = php(&["*"]);
    for (i, scopes) in php_bombs.iter().chain([&php(&[&serialized_name]).as_str()]).enumerate() {
        insert(
            &db,
            "auth_identities",
            &[
                ("id", &(100 + i as i64)),
                ("user_id", &1),
                ("type", &"access_token"),
                ("name", &serialized_name),
                ("secret", &sha256(&random_looking(&i.to_string()))),
                ("extra", scopes),
            ],
        );
    }
    let report = sandbox.import("shield", &source, &[]);
    assert_eq!(report["tokens_skipped"], php_bombs.len());
    // What looks like serialized PHP inside a string is that string, and no scope.
    let token = sandbox.token(&random_looking(&php_bombs.len().to_string()));
    assert_eq!(token["scopes"], Value::Array(Vec::new()));
    assert_eq!(token["name"], serialized_name);
    sandbox.answers_as("shield");
    let source = sandbox.source("symfony");
    insert(
        &Connection::open(&source).unwrap(),
        "api_token",
        &[
            ("id", &100),
            ("owned_by_id", &1),
            ("token", &random_looking("deep")),
            ("scopes", &deep_json),
        ],
    );
    assert_eq!(sandbox.import("symfony", &source, &[])["tokens_skipped"], 1);
    sandbox.answers_as("symfony");
}

#[test]
fn a_view_is_no_table() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        let table = table_of(system);
        let source = sandbox.changed(
            system,
            &format!(
                "ALTER TABLE {table} RENAME TO hidden; CREATE VIEW {table} AS SELECT * FROM hidden"
            ),
        );
        sandbox.try_import(system, &source, &[]).fails_somehow(2);
        let fake = sandbox.changed(
            system,
            &format!(
                "DROP TABLE {table}; CREATE TABLE {table} (id, token);
                 PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET rootpage = 0,
                     sql = 'CREATE VIRTUAL TABLE {table} USING fts5(id, token)'
                 WHERE name = '{table}'"
            ),
        );
        sandbox.try_import(system, &fake, &[]).fails_somehow(2);
    }
}

#[test]
fn what_a_schema_brings_along_is_not_run() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed(
        "strapi-guide",
        "CREATE TABLE stolen (token);
         CREATE TRIGGER steal AFTER INSERT ON tokens BEGIN INSERT INTO stolen VALUES (new.token); END;
         CREATE TRIGGER spoil AFTER UPDATE ON tokens BEGIN DELETE FROM tokens; END;
         CREATE VIEW trap AS SELECT load_extension('/nowhere');
         CREATE INDEX odd ON tokens (abs(id));
         CREATE TABLE words (tokens_id, user_id);
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET rootpage = 0,
             sql = 'CREATE VIRTUAL TABLE words USING no_such_module(tokens_id, user_id)'
         WHERE name = 'words'",
    );
    let before = fs::read(&source).unwrap();
    sandbox.import("strapi-guide", &source, &[]);
    assert_eq!(fs::read(&source).unwrap(), before);
    sandbox.answers_as("strapi-guide");
}

#[test]
fn an_import_that_cannot_be_reported_whole_is_told() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let ran = sandbox.tokctl(&["import", &source, "--verbose"]).stdout_to("/dev/full").go();
    assert_eq!(ran.code, Some(4), "{ran:#?}");
    // What was done is done, and the next run says so.
    assert_eq!(sandbox.import("sanctum", &source, &[])["tokens_known"], 11);
}

#[test]
fn what_fails_in_the_middle_leaves_nothing() {
    let (sandbox, _) = place();
    let source = sandbox.source("sanctum");
    sandbox.sql(
        "CREATE TRIGGER fail BEFORE INSERT ON tokens WHEN new.foreign_id = '9'
         BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END",
    );
    sandbox.try_import("sanctum", &source, &[]).fails_somehow(4);
    assert_eq!(sandbox.imported(), (0, 0));
    assert_eq!(sandbox.number("SELECT count(*) FROM users WHERE name = 'Ada Lovelace'"), Some(0));
    sandbox.sql("DROP TRIGGER fail");
    sandbox.import("sanctum", &source, &[]);
    sandbox.answers_as("sanctum");
}
