//! `import` from the dumps that the real systems wrote on MariaDB and PostgreSQL: every secret gets
//! the answer of the system, and every token is what it was there.

mod support;

use support::Sandbox;
use support::foreign::{SYSTEMS, fixture};
use support::servers::{MariaDb, Postgres};

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
        let (_, rest) = url.split_once("@/").unwrap();
        let (database, _) = rest.split_once('?').unwrap();
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
