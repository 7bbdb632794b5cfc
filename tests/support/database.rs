//! What tests run on: SQLite files, or with `TOKCTL_TEST_DATABASE`, schemas on a PostgreSQL server.
//!
//! A test that is about SQLite's files says so in its first line: `sqlite_only!("file permissions")`. It is
//! skipped on PostgreSQL. [`SQLITE_ONLY`] has the test files that are about nothing else, which always run on
//! SQLite. CONTRIBUTING.md says how to list all of them.

use super::servers::unique_name;
use postgres::{Client, NoTls, SimpleQueryMessage};
use std::process::Command;
use std::sync::{LazyLock, Once};

/// Test files that are about SQLite's files as a whole, and why.
const SQLITE_ONLY: [(&str, &str); 8] = [
    ("backup", "a backup is a copy of a file"),
    ("database", "where the file is, who may use it, and what can be wrong with it"),
    ("dash", "a backup is a copy of a file, also through a pipe"),
    ("day", "no file contains a secret"),
    ("faults", "system calls on the file that fail"),
    ("migration", "the schemas of older versions, which had no PostgreSQL"),
    ("restore", "a backup is a copy of a file"),
    ("served", "the files beside the file while a server runs"),
];

/// Ends a test that is not meant for PostgreSQL, for a reason.
#[allow(unused_macros)]
macro_rules! sqlite_only {
    ($reason:literal) => {
        if $crate::support::database::on_server() {
            return;
        }
    };
}
pub(crate) use sqlite_only;

/// The URL of the server to run on; `None` for SQLite.
static SERVER: LazyLock<Option<String>> = LazyLock::new(|| {
    let file = env!("CARGO_CRATE_NAME");
    let is_sqlite_only = SQLITE_ONLY.iter().any(|(name, _)| *name == file);
    std::env::var("TOKCTL_TEST_DATABASE").ok().filter(|url| !url.is_empty() && !is_sqlite_only)
});

/// Whether this test runs on a server, and not on an SQLite file.
pub fn on_server() -> bool {
    SERVER.is_some()
}

/// A schema for one test on the server. It is dropped afterwards.
pub struct Schema {
    name: String,
    /// The URL that names the schema.
    pub url: String,
    tables: Once,
}

impl Schema {
    /// A schema that does not exist yet; `None` if tests run on SQLite.
    pub fn new() -> Option<Self> {
        let server = SERVER.as_ref()?;
        let name = unique_name("test");
        let sign = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{sign}options=-csearch_path%3D{name}");
        Some(Schema { name, url, tables: Once::new() })
    }

    /// Creates the tables unless that was done: what the first command that writes does in SQLite.
    pub fn create_tables(&self) {
        self.tables.call_once(|| {
            let mut migrate = Command::new(env!("CARGO_BIN_EXE_tokctl"));
            migrate.arg("migrate").env_clear().env("TOKCTL_DATABASE", &self.url);
            let output = migrate.output().unwrap();
            assert!(output.status.success(), "{output:?}");
        });
    }

    /// Leaves it to the test to create the tables.
    pub fn leave_empty(&self) {
        self.tables.call_once(|| {});
    }

    pub fn connect(&self) -> Client {
        Client::connect(&self.url, NoTls).unwrap()
    }

    /// Runs SQL that may call two functions as SQLite calls them.
    pub fn run(&self, sql: &str) {
        self.column(sql);
    }

    /// The first column of what SQL yields, as text. The same as for [`Schema::run`].
    pub fn column(&self, sql: &str) -> Vec<Option<String>> {
        self.create_tables();
        let sql = sql
            .replace("randomblob(32)", "sha256(gen_random_uuid()::text::bytea)")
            .replace("char(", "chr(");
        let rows = self.connect().simple_query(&sql);
        let rows = rows.unwrap_or_else(|error| panic!("{error:?}: {sql}"));
        rows.iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row.get(0).map(String::from)),
                _ => None,
            })
            .collect()
    }

    /// Locks all tables that commands write to.
    pub fn lock(&self, mode: &str) -> Client {
        let mut client = self.connect();
        let tables =
            "attempts, buried, changes, origins, relations, schemes, settings, tokens, users";
        client.batch_execute(&format!("BEGIN; LOCK TABLE {tables} IN {mode} MODE")).unwrap();
        client
    }

    /// All rows of all tables.
    pub fn dump(&self) -> String {
        let tables = format!(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = '{}'
             ORDER BY table_name",
            self.name
        );
        let tables = self.column(&tables).into_iter().flatten();
        tables.map(|table| self.rows(&table).join("\n")).collect()
    }

    /// The rows of a table, each as a text with all its values.
    pub fn rows(&self, table: &str) -> Vec<String> {
        let rows = self.column(&format!("SELECT t::text FROM {table} t ORDER BY 1"));
        rows.into_iter().map(|row| format!("{table}: {}", row.unwrap_or_default())).collect()
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // A process that a test left behind may still use it.
        let drop = format!("SET lock_timeout = '2s'; DROP SCHEMA IF EXISTS {} CASCADE", self.name);
        if let Ok(mut client) = Client::connect(&self.url, NoTls) {
            let _ = client.batch_execute(&drop);
        }
    }
}
