//! Verifying against a replica, which may be behind.

use crate::support::servers::{Postgres, unique_name};
use crate::support::{Ran, Sandbox, UNKNOWN};
use std::thread;
use std::time::{Duration, Instant};

/// A primary with tokctl's tables, and its standby.
struct Pair {
    primary: Postgres,
    standby: Postgres,
    schema: String,
    sandbox: Sandbox,
}

impl Pair {
    fn new() -> Option<Self> {
        let primary = Postgres::primary()?;
        let standby = primary.standby();
        let pair = Pair { primary, standby, schema: unique_name("pair"), sandbox: Sandbox::new() };
        pair.run(&["migrate"]).exits(0);
        Some(pair)
    }

    fn run(&self, args: &[&str]) -> Ran {
        let url = self.primary.schema_url(&self.schema);
        self.sandbox.tokctl(args).env("TOKCTL_DATABASE", url).go()
    }

    fn create(&self) -> String {
        self.run(&["create", "--quiet"]).exits(0).stdout.trim_end().to_string()
    }

    /// Verifies against the standby.
    fn verify(&self, secret: &str, options: &[&str]) -> Ran {
        let url = self.standby.schema_url(&self.schema);
        self.run(&[&["verify", secret, "--read-database", &url], options].concat())
    }

    /// Waits until the standby knows what the primary does.
    fn catch_up(&self) {
        let position = self.primary.sql("postgres", "SELECT pg_current_wal_lsn()");
        let has_caught_up = format!("SELECT pg_last_wal_replay_lsn() >= '{}'", position.trim_end());
        let limit = Instant::now() + Duration::from_secs(30);
        while self.standby.sql("postgres", &has_caught_up) != "t\n" {
            assert!(Instant::now() < limit, "the standby does not catch up");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn last_uses(&self) -> String {
        let uses = format!("SELECT count(last_used_at) FROM {}.tokens", self.schema);
        self.primary.sql("postgres", &uses).trim_end().to_string()
    }
}

#[test]
fn a_replica_answers_and_the_database_records_the_use() {
    let Some(pair) = Pair::new() else { return };
    let secret = pair.create();
    pair.catch_up();
    pair.verify(&secret, &[]).exits(0).remarks("");
    pair.verify(&secret, &["--max-staleness", "1s"]).exits(0).remarks("");
    assert_eq!(pair.last_uses(), "1");
    // An idle primary sends nothing, which does not make its standby stale.
    thread::sleep(Duration::from_millis(2500));
    pair.primary.sql("postgres", "SET synchronous_commit = local; CREATE TABLE after_a_pause ()");
    thread::sleep(Duration::from_millis(500));
    pair.verify(&secret, &["--max-staleness", "1s"]).exits(0);
}

#[test]
fn a_revocation_counts_on_a_replica_once_it_has_caught_up() {
    let Some(pair) = Pair::new() else { return };
    let secret = pair.create();
    pair.catch_up();
    pair.standby.sql("postgres", "SELECT pg_wal_replay_pause()");
    // Commits wait until the standby has written them, not until it has replayed them.
    pair.run(&["revoke", "1"]).exits(0);
    pair.verify(&secret, &[]).exits(0);
    thread::sleep(Duration::from_millis(1200));
    pair.verify(&secret, &["--max-staleness", "1h"]).exits(0);
    // Too far behind: the database answers.
    pair.verify(&secret, &["--max-staleness", "1s"]).exits(1);
    pair.standby.sql("postgres", "SELECT pg_wal_replay_resume()");
    pair.catch_up();
    pair.verify(&secret, &[]).exits(1);
}

#[test]
fn whoever_of_both_is_there_answers() {
    let Some(pair) = Pair::new() else { return };
    let secret = pair.create();
    pair.catch_up();
    pair.primary.kill();
    pair.verify(&secret, &[]).exits(0).remarks("");
    let batch =
        ["verify", "--batch", "-", "--read-database", &pair.standby.schema_url(&pair.schema)];
    let url = pair.primary.schema_url(&pair.schema);
    let run = pair.sandbox.tokctl(&batch).env("TOKCTL_DATABASE", &url);
    run.stdin(format!("{secret}\n")).go().exits(0);
    // Without its primary, nobody can tell how far behind it is.
    thread::sleep(Duration::from_millis(1200));
    pair.verify(&secret, &["--max-staleness", "1s"]).fails_somehow(4);
    pair.standby.promote();
    pair.verify(&secret, &["--max-staleness", "1s"]).exits(0);
    pair.standby.kill();
    pair.verify(&secret, &[]).fails_somehow(4);
}

#[test]
fn a_replica_that_is_away_costs_no_answer() {
    let Some(pair) = Pair::new() else { return };
    let secret = pair.create();
    pair.primary.sql("postgres", "ALTER DATABASE postgres SET synchronous_commit = 'local'");
    pair.standby.kill();
    pair.verify(&secret, &[]).exits(0).remarks("");
    pair.run(&["revoke", "1"]).exits(0);
    pair.verify(&secret, &[]).exits(1).remarks("");
}

#[test]
fn a_replica_answers_alone_for_the_secrets_of_every_system() {
    let Some(pair) = Pair::new() else { return };
    let own = pair.create();
    let imported = "legacy-0123456789abcdefghijklmnop";
    let line = format!(r#"{{"name": "old", "user": "bob", "secret": "{imported}"}}"#);
    let file = pair.sandbox.file("old.jsonl", line);
    pair.run(&["import", "jsonl", &file]).exits(0);
    pair.catch_up();
    let standby = pair.standby.schema_url(&pair.schema);
    let verify = |secret| {
        let verify = pair.sandbox.tokctl(&["verify", secret, "--read-database", &standby]);
        // Nobody is there.
        verify.env("TOKCTL_DATABASE", "postgres://127.0.0.1:1/postgres").go()
    };
    verify(&own).exits(0);
    verify(imported).exits(0);
    verify(UNKNOWN).exits(1);
    verify("legacy-0123456789abcdefghijklmnoq").exits(1);
}

#[test]
fn a_replica_that_makes_no_sense_is_refused() {
    let sandbox = Sandbox::with_alice();
    let run = |args: &[&str]| sandbox.run(&[&["verify", UNKNOWN], args].concat());
    run(&["--max-staleness", "5s"]).fails_somehow(2);
    run(&["--read-database", ""]).fails_somehow(2);
    run(&["--read-database", "postgres://h/d?port=x"]).fails_somehow(2);
    run(&["--read-database", "copy.db", "--max-staleness", "5s"])
        .fails(2, "'--max-staleness' needs a server: a file is no replica");
}
