//! `import` from the dumps that the real systems wrote on MariaDB and PostgreSQL: every secret gets
//! the answer of the system, and every token is what it was there.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use support::Sandbox;
use support::foreign::{SYSTEMS, fixture};
use support::servers::{MariaDb, Postgres, database_of, unique_name};

const HOUR: i64 = 3_600_000;

/// A system, with the end of its files' names where it has several versions.
fn dumps() -> impl Iterator<Item = (&'static str, &'static str)> {
    SYSTEMS.into_iter().map(|system| (system, "")).chain([("strapi", "-v4")])
}

/// Imports a database, and compares every token and every answer.
fn compare(system: &str, url: &str, file: &str, options: &[&str]) {
    let sandbox = Sandbox::new();
    sandbox.import(system, url, options);
    sandbox.has_tokens_like(system, file, 0);
    sandbox.answers_like_in(system, file);
}

#[test]
fn every_system_is_imported_from_mariadb() {
    let Some(server) = MariaDb::get() else { return };
    for (system, version) in dumps() {
        let url = server.load(&fixture(system, &format!("mariadb{version}.sql")));
        compare(system, &url, &format!("mariadb{version}.tokens.json"), &[]);
    }
}

#[test]
fn every_system_is_imported_from_postgresql() {
    let Some(server) = Postgres::get() else { return };
    for (system, version) in dumps() {
        let url = server.load(&fixture(system, &format!("postgres{version}.sql")));
        compare(system, &url, &format!("postgres{version}.tokens.json"), &[]);
    }
}

#[test]
fn every_system_is_imported_from_another_schema() {
    let Some(server) = Postgres::get() else { return };
    for (system, version) in dumps() {
        let url = server.load(&fixture(system, &format!("postgres{version}.sql")));
        let database = database_of(&url);
        server.sql(database, "ALTER SCHEMA public RENAME TO \"App's\"; CREATE SCHEMA public");
        let file = format!("postgres{version}.tokens.json");
        compare(system, &url, &file, &["--schema", "App's"]);
        compare(system, &format!("{url}&options=-csearch_path%3D%22App's%22"), &file, &[]);
    }
}

#[test]
fn the_time_zone_of_a_mariadb_server_moves_only_what_it_moves_for_the_system() {
    let Some(server) = MariaDb::with(&["--default-time-zone=+09:00"]) else { return };
    for (system, version) in dumps() {
        let url = server.load(&fixture(system, &format!("mariadb{version}.sql")));
        let file = format!("mariadb{version}.tokens.json");
        for zone in ["+00:00", "UTC"] {
            compare(system, &url, &file, &["--session-time-zone", zone]);
        }
        // The session of the system itself takes the server's zone, so that it reads TIMESTAMP
        // columns nine hours later. The other systems have DATETIME columns, or numbers.
        let has_timestamps = ["sanctum", "adonisjs"].contains(&system);
        let sandbox = Sandbox::new();
        sandbox.import(system, &url, &[]);
        sandbox.has_tokens_like(system, &file, if has_timestamps { 9 * HOUR } else { 0 });
    }
}

#[test]
fn the_time_zone_of_a_postgresql_server_moves_nothing() {
    let Some(server) = Postgres::get() else { return };
    for (system, version) in dumps() {
        let url = server.load(&fixture(system, &format!("postgres{version}.sql")));
        let file = format!("postgres{version}.tokens.json");
        compare(system, &format!("{url}&options=-cTimeZone%3DAsia/Tokyo"), &file, &[]);
    }
}

#[test]
fn the_zone_of_the_session_is_reported() {
    let Some(server) = MariaDb::get() else { return };
    let url = server.load(&fixture("sanctum", "mariadb.sql"));
    let ran = Sandbox::new().run(&["import", &url, "--session-time-zone", "-03:00"]).exits(0);
    assert!(ran.stdout.contains("-03:00, of TIMESTAMP columns\n"), "{ran:#?}");
}

/// Imports a database, which the server does not let the user read completely. Nothing is imported.
fn is_denied(url: &str, table: &str) {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["import", "sanctum", url]).fails_somehow(4);
    assert!(ran.stderr.contains(": access denied (") && ran.stderr.contains(table), "{ran:#?}");
    assert_eq!(sandbox.imported_counts(), (0, 0));
}

#[test]
fn a_mariadb_user_without_all_rights_imports_nothing() {
    let Some(server) = MariaDb::get() else { return };
    let url = server.load(&fixture("sanctum", "mariadb.sql"));
    let database = database_of(&url);
    let user = unique_name("u");
    server.sql(database, &format!("CREATE USER {user}"));
    for (rights, table) in [
        ("SELECT ON personal_access_tokens", "users"),
        ("SELECT (id, name, email) ON users", "users"),
    ] {
        server.sql(database, &format!("GRANT {rights} TO {user}"));
        is_denied(&server.url(&user, database), table);
    }
    server.sql(database, &format!("GRANT SELECT ON {database}.* TO {user}"));
    compare("sanctum", &server.url(&user, database), "mariadb.tokens.json", &[]);
}

#[test]
fn a_postgresql_user_without_all_rights_imports_nothing() {
    let Some(server) = Postgres::get() else { return };
    let url = server.load(&fixture("sanctum", "postgres.sql"));
    let database = database_of(&url);
    let user = unique_name("u");
    server.sql(database, &format!("CREATE ROLE {user} LOGIN"));
    for (rights, table) in [
        ("USAGE ON SCHEMA public", "personal_access_tokens"),
        ("SELECT ON personal_access_tokens", "users"),
        ("SELECT (id, name, email) ON users", "users"),
    ] {
        server.sql(database, &format!("GRANT {rights} TO {user}"));
        is_denied(&server.url(&user, database), table);
    }
    server.sql(database, &format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}"));
    compare("sanctum", &server.url(&user, database), "postgres.tokens.json", &[]);
}

/// Imports a large table while `cut` waits for the query and ends its connection, until it says that
/// it did. Nothing is imported.
fn nothing_is_imported_after(url: &str, cut: impl Fn() -> bool + Sync) {
    let sandbox = Sandbox::with_alice();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) && !cut() {
                thread::sleep(Duration::from_millis(20));
            }
        });
        let ran = sandbox.run(&["import", "sanctum", url]).exits(4);
        done.store(true, Ordering::Relaxed);
        assert!(ran.stderr.contains("the connection to the server was lost ("), "{ran:#?}");
    });
    assert_eq!(sandbox.imported_counts(), (0, 0));
}

const OWNER: &str = "App\\\\Models\\\\User";

#[test]
fn an_import_from_mariadb_that_is_cut_imports_nothing() {
    let Some(server) = MariaDb::get() else { return };
    let url = server.load(&fixture("sanctum", "mariadb.sql"));
    let database = database_of(&url);
    server.sql(
        database,
        &format!(
            "INSERT INTO personal_access_tokens (id, tokenable_type, tokenable_id, name, token,
                 abilities) SELECT 1000 + seq, '{OWNER}', 1, 'n', SHA2(seq, 256), REPEAT(' ', 1000)
             FROM seq_1_to_40000"
        ),
    );
    nothing_is_imported_after(&url, || {
        let id = server.sql(
            "",
            &format!(
                "SELECT id FROM information_schema.processlist WHERE db = '{database}'
                 AND info LIKE '%personal_access_tokens%ORDER BY%' AND state LIKE '%net%'"
            ),
        );
        if !id.is_empty() {
            server.sql("", &format!("KILL {id}"));
        }
        !id.is_empty()
    });
}

#[test]
fn an_import_from_postgresql_that_is_cut_imports_nothing() {
    let Some(server) = Postgres::get() else { return };
    let url = server.load(&fixture("sanctum", "postgres.sql"));
    let database = database_of(&url);
    server.sql(
        database,
        "INSERT INTO personal_access_tokens (id, tokenable_type, tokenable_id, name, token,
             abilities) SELECT 1000 + n, 'App\\Models\\User', 1, 'n',
             encode(sha256(n::text::bytea), 'hex'), repeat(' ', 1000)
         FROM generate_series(1, 40000) n",
    );
    nothing_is_imported_after(&url, || {
        let ended = server.sql(
            "postgres",
            &format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = '{database}' AND state = 'active' AND wait_event = 'ClientWrite'
                 AND query LIKE '%personal_access_tokens%ORDER BY%'"
            ),
        );
        !ended.is_empty()
    });
}
