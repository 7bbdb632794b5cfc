//! Imports that a signal ends leave nothing half done.

mod support;

use rusqlite::Connection;
use std::fs;
use std::path::Path;
use support::Sandbox;

/// A source whose last changes are in a WAL, so that it has to be copied: with this many tokens.
fn source(sandbox: &Sandbox, tokens: u32) -> String {
    let path = sandbox.path("app.db");
    let connection = Connection::open(&path).unwrap();
    let sql = format!(
        "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;
         CREATE TABLE users (id INTEGER PRIMARY KEY, name, email);
         CREATE TABLE personal_access_tokens
             (id INTEGER PRIMARY KEY, tokenable_type, tokenable_id, name, token, abilities);
         INSERT INTO users VALUES (1, 'ada', 'ada@example.com');
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {tokens})
         INSERT INTO personal_access_tokens
         SELECT i, 'App\\Models\\User', 1, 'CI', printf('%064x', i), '[\"*\"]' FROM n"
    );
    connection.execute_batch(&sql).unwrap();
    // The WAL stays while somebody has the database open.
    std::mem::forget(connection);
    path.to_str().unwrap().to_string()
}

fn copies(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, |entries| entries.count())
}

#[test]
fn a_signal_leaves_neither_tokens_nor_a_copy_of_the_source() {
    let sandbox = Sandbox::with_alice();
    let source = source(&sandbox, 60_000);
    let temporary = sandbox.path("tmp");
    for (signal, code, delay) in
        [("INT", 130, "0.02"), ("TERM", 143, "0.1"), ("HUP", 129, "0.3"), ("INT", 130, "0.6")]
    {
        fs::create_dir_all(&temporary).unwrap();
        let script = format!(
            "TMPDIR={} env --default-signal \"$TOKCTL\" import sanctum {source} &
             sleep {delay}; kill -{signal} $!; wait $!",
            temporary.display()
        );
        let ran = sandbox.shell(&script).go();
        assert_eq!(ran.code, Some(code), "{signal}: {ran:?}");
        assert_eq!(copies(&temporary), 0, "{signal} after {delay} s");
        assert_eq!(sandbox.listed(&["--all"]), [0; 0], "{signal}");
        assert_eq!(sandbox.number("SELECT count(*) FROM users WHERE name = 'ada'"), Some(0));
    }
    let script =
        format!("trap '' HUP; \"$TOKCTL\" import sanctum {source} & kill -HUP $!; wait $!");
    sandbox.shell(&script).go().exits(0);
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(60_000));
}
