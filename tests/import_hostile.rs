//! `import`: sources that are damaged or made to do harm, and secrets that must not be shown.
//!
//! `TOKCTL_FUZZ=N cargo test --test import_hostile` damages N copies of each source instead of a few,
//! and truncates each source at every page.

mod support;

use serde_json::json;
use std::fs;
use std::path::Path;
use support::database::on_server;
use support::foreign::{
    SYSTEMS, fixture, hex_secret, insert_guide_token, insert_shield_token, insert_symfony_token,
    open, php_list, samples, token_table,
};
use support::{Ran, Sandbox};

/// A database into which nothing was imported yet.
struct Target {
    sandbox: Sandbox,
    /// The bytes of the database.
    empty: Vec<u8>,
}

impl Target {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.run(&["user", "add", "somebody"]).exits(0);
        let empty = sandbox.content();
        Target { sandbox, empty }
    }

    /// Imports a source that may be damaged: either everything is imported, or nothing with an error
    /// that names the source. Leaves the database as it was before.
    #[track_caller]
    fn imports_everything_or_nothing(&self, system: &str, bytes: &[u8], what: &str) -> Ran {
        let source = self.sandbox.file("source.db", bytes);
        let ran = self.sandbox.try_import(system, &source, &["--json", "--verbose"]);
        assert_eq!(fs::read(&source).unwrap(), bytes, "{what}");
        match ran.code {
            Some(0) => {
                let (tokens, _) = self.sandbox.imported_counts();
                assert_eq!(ran.json()["tokens_imported"], tokens, "{what}");
                self.sandbox.forget_imports(&self.empty);
                ran
            }
            Some(code @ (2 | 4)) => {
                let ran = ran.fails_somehow(code);
                assert!(ran.stderr.lines().next().unwrap().contains(&source), "{what}: {ran:#?}");
                assert_eq!(self.sandbox.content(), self.empty, "{what}");
                ran
            }
            _ => panic!("{what}: {ran:#?}"),
        }
    }
}

/// How many damaged copies a long run was asked for.
fn long_run() -> Option<u64> {
    std::env::var("TOKCTL_FUZZ").ok().map(|number| number.parse().unwrap())
}

const PAGE: usize = 4096;

#[test]
fn a_source_that_is_truncated_at_a_page_is_refused() {
    let target = Target::new();
    for system in SYSTEMS {
        let whole = fs::read(fixture(system, "app.db")).unwrap();
        let pages = whole.len() / PAGE;
        // A short run tries the first and the last pages, and some of those between them.
        let is_tried = |page: &usize| {
            long_run().is_some() || *page < 12 || page.is_multiple_of(16) || pages - page < 4
        };
        for page in (0..pages).filter(is_tried) {
            let what = format!("{system}, {page} pages");
            let ran = target.imports_everything_or_nothing(system, &whole[..page * PAGE], &what);
            assert!(matches!(ran.code, Some(2 | 4)), "{what}: {ran:#?}");
        }
    }
}

#[test]
fn a_source_that_is_truncated_within_a_page_is_imported_completely_or_not_at_all() {
    let target = Target::new();
    for system in SYSTEMS {
        let whole = fs::read(fixture(system, "app.db")).unwrap();
        for length in [1, 15, 16, 50, 99, 100, 511, 512, 4095, 4097, whole.len() - 1] {
            let what = format!("{system}, {length} bytes");
            target.imports_everything_or_nothing(system, &whole[..length], &what);
        }
    }
}

/// Knuth's MMIX generator: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }
}

/// The sample database of a system in which up to 20 bytes were changed.
fn with_random_damage(system: &str, seed: u64) -> Vec<u8> {
    let mut bytes = fs::read(fixture(system, "app.db")).unwrap();
    let mut random = Random(seed);
    let first_pages = bytes.len().min(8 * PAGE);
    for _ in 0..=random.below(20) {
        // The header and the schema are read most.
        let position = match random.below(3) {
            0 => random.below(100),
            1 => random.below(first_pages),
            _ => random.below(bytes.len()),
        };
        // Without its first 16 bytes, a database is not read at all.
        if position >= 16 {
            bytes[position] = random.below(256) as u8;
        }
    }
    bytes
}

#[test]
fn a_source_with_random_damage_is_imported_completely_or_not_at_all() {
    let copies = long_run().unwrap_or(30);
    std::thread::scope(|scope| {
        for systems in SYSTEMS.chunks(3) {
            scope.spawn(move || {
                let target = Target::new();
                for system in systems {
                    for seed in 0..copies {
                        let bytes = with_random_damage(system, seed);
                        let what = format!("{system}, seed {seed}");
                        target.imports_everything_or_nothing(system, &bytes, &what);
                    }
                }
            });
        }
    });
}

/// SQLite itself reads a leaf page with a smaller number of cells without an error.
#[test]
fn a_page_that_lost_rows_is_an_error() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'personal_access_tokens'";
    let root: usize = open(&source).query_row(root, [], |row| row.get(0)).unwrap();
    let mut bytes = fs::read(&source).unwrap();
    let page = (root - 1) * PAGE;
    assert_eq!((bytes[page], bytes[page + 4]), (13, 11));
    bytes[page + 4] = 3;
    fs::write(&source, bytes).unwrap();
    let ran = sandbox
        .try_import("sanctum", &source, &[])
        .fails_somehow(4)
        .hints("import from a backup, or from what `sqlite3 FILE .recover` saves");
    let error = format!("tokctl: cannot import from {source}: the database is damaged (");
    assert!(ran.stderr.starts_with(&error), "{ran:#?}");
}

/// Adds the content of every file below a folder.
fn read_files(folder: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            read_files(&entry.path(), found);
        } else {
            found.push(fs::read(entry.path()).unwrap());
        }
    }
}

/// Every secret in the sample databases: those of tokens, and those that clients sent to Shield.
fn secrets_of_samples() -> Vec<String> {
    let mut secrets = Vec::new();
    for sample in SYSTEMS.into_iter().flat_map(samples) {
        secrets.push(sample.secret().to_string());
        // The part behind an id or a prefix must not be shown either.
        secrets.extend(sample.secret().rsplit(['|', '.']).next().map(String::from));
    }
    let shield = open(fixture("shield", "app.db").to_str().unwrap());
    let sent = "SELECT identifier FROM auth_token_logins WHERE identifier LIKE 'Bearer %'";
    let mut statement = shield.prepare(sent).unwrap();
    let sent = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let sent: Vec<_> = sent.map(|secret| secret.unwrap()["Bearer ".len()..].into()).collect();
    assert!(!sent.is_empty());
    secrets.extend(sent);
    secrets
}

#[test]
fn no_secret_of_a_source_is_shown_or_stored() {
    let sandbox = Sandbox::new();
    let mut shown = String::new();
    for format in ["human", "json", "csv"] {
        for system in SYSTEMS {
            let source = sandbox.source(system);
            // An error about these rows could quote their secrets.
            for (id, invalid) in [(500, "start-of-secret white"), (501, "start-of-secret\n")] {
                match system {
                    "symfony" => insert_symfony_token(&source, id, invalid, &[]),
                    "strapi-guide" => insert_guide_token(&source, id, &invalid, &[]),
                    _ => {}
                }
            }
            for dry_run in [["--dry-run"].as_slice(), &[]] {
                let options = [&["--verbose", "--format", format], dry_run].concat();
                let ran = sandbox.try_import(system, &source, &options).exits(0);
                shown += &(ran.stdout + &ran.stderr);
            }
        }
    }
    let mut files = vec![shown.into_bytes()];
    files.push(sandbox.content());
    if !on_server() {
        read_files(&sandbox.path("data"), &mut files);
    }
    let mut secrets = secrets_of_samples();
    secrets.push("start-of-secret".into());
    for secret in secrets {
        for file in &files {
            let found = file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
            assert!(!found, "{secret}");
        }
    }
}

#[test]
fn only_the_access_tokens_of_shield_are_imported() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("shield");
    sandbox.import("shield", &source, &[]);
    let count = |sql| open(&source).query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let all = count("SELECT count(*) FROM auth_identities");
    let tokens = count("SELECT count(*) FROM auth_identities WHERE type = 'access_token'");
    assert!(tokens < all);
    assert_eq!(sandbox.imported_counts().0, tokens);
}

#[test]
fn a_table_name_is_never_sql() {
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
    sandbox.answers_like("sanctum");
}

#[test]
fn serialized_php_that_is_made_to_do_harm_is_skipped() {
    let deep = "a:1:{i:0;".repeat(50_000) + &"}".repeat(50_000);
    let sandbox = Sandbox::new();
    let source = sandbox.source("shield");
    let harmful = [
        deep.as_str(),
        "a:99999999999999:{}",
        "a:1000000000:{i:0;s:1:\"a\";}",
        "a:1:{i:0;s:4294967295:\"x\";}",
        "a:1:{i:0;O:7:\"Exploit\":1:{s:1:\"x\";s:1:\"y\";}}",
        "a:1:{i:0;R:1;}",
    ];
    for (id, scopes) in (100..).zip(&harmful) {
        insert_shield_token(&source, id, &hex_secret(scopes), &[("extra", scopes)]);
    }
    let report = sandbox.import("shield", &source, &[]);
    assert_eq!(report["tokens_skipped"], harmful.len());
    sandbox.answers_like("shield");
}

#[test]
fn serialized_php_within_a_string_is_not_parsed() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("shield");
    let star = php_list(&["*"]);
    let secret = hex_secret("nested");
    let row: [(&str, &dyn rusqlite::ToSql); 2] = [("name", &star), ("extra", &php_list(&[&star]))];
    insert_shield_token(&source, 100, &secret, &row);
    sandbox.import("shield", &source, &[]);
    let token = sandbox.token(&secret);
    assert_eq!((&token["scopes"], &token["name"]), (&json!([]), &json!(star)));
}

#[test]
fn deeply_nested_json_is_skipped() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("symfony");
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    insert_symfony_token(&source, 100, &hex_secret("deep"), &[("scopes", &deep)]);
    assert_eq!(sandbox.import("symfony", &source, &[])["tokens_skipped"], 1);
    sandbox.answers_like("symfony");
}

#[test]
fn a_view_is_not_read_as_a_table() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        let table = token_table(system);
        let view = sandbox.changed_source(
            system,
            &format!(
                "ALTER TABLE {table} RENAME TO hidden; CREATE VIEW {table} AS SELECT * FROM hidden"
            ),
        );
        sandbox.try_import(system, &view, &[]).fails_somehow(2);
    }
}

#[test]
fn a_virtual_table_is_not_read_as_a_table() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        let table = token_table(system);
        let virtual_table = sandbox.changed_source(
            system,
            &format!(
                "DROP TABLE {table}; CREATE TABLE {table} (id, token);
                 PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET rootpage = 0,
                     sql = 'CREATE VIRTUAL TABLE {table} USING fts5(id, token)'
                 WHERE name = '{table}'"
            ),
        );
        sandbox.try_import(system, &virtual_table, &[]).fails_somehow(2);
    }
}

#[test]
fn code_in_the_schema_is_not_run() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
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
    sandbox.answers_like("strapi-guide");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_after_the_import() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let ran = sandbox.tokctl(&["import", &source, "--verbose"]).stdout_to("/dev/full").go();
    let error = "tokctl: cannot write the output: No space left on device (os error 28)";
    assert!(ran.stderr.contains(error), "{ran:#?}");
    assert_eq!(ran.code, Some(4), "{ran:#?}");
    assert_eq!(sandbox.import("sanctum", &source, &[])["tokens_known"], 11);
}

#[test]
fn an_import_that_fails_halfway_writes_nothing() {
    let Target { sandbox, .. } = Target::new();
    let source = sandbox.source("sanctum");
    sandbox.break_on("INSERT ON tokens", "new.foreign_id = '9'", "the disk is on fire");
    let ran = sandbox.try_import("sanctum", &source, &[]).fails_somehow(4);
    assert!(ran.stderr.contains("the disk is on fire"), "{ran:#?}");
    assert_eq!(sandbox.imported_counts(), (0, 0));
    assert_eq!(sandbox.number("SELECT count(*) FROM users WHERE name = 'Ada Lovelace'"), Some(0));
    sandbox.mend();
    sandbox.import("sanctum", &source, &[]);
    sandbox.answers_like("sanctum");
}

/// A pipe would block for ever, and a stranger's journal may hold tokens of the stranger's own.
#[test]
fn a_journal_that_was_planted_beside_a_source_is_refused() {
    let sandbox = Sandbox::with_alice();
    let source = sandbox.source("sanctum");
    let refuses = |why: &str| {
        let ran = sandbox.try_import("sanctum", &source, &[]).fails_somehow(4);
        assert!(ran.stderr.contains(&format!("{source}-journal beside it {why}")), "{ran:#?}");
    };
    sandbox.shell(&format!("mkfifo {source}-journal")).go().exits(0);
    refuses("is not a regular file");
    let plant = format!("rm {source}-journal; printf x > {source}-journal");
    sandbox.shell(&plant).go().exits(0);
    if sandbox.shell(&format!("chown 65534 {source}-journal")).go().code == Some(0) {
        refuses("belongs to another account");
    }
}
