//! Many at once on one database: nobody meets an error that is not an answer.

mod support;

use std::collections::HashSet;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};
use support::{DAY, Sandbox, UNKNOWN};

/// How long the crowd goes on.
const A_WHILE: Duration = Duration::from_secs(2);

#[test]
fn a_crowd_that_creates_verifies_revokes_and_lists() {
    let sandbox = Sandbox::with_alice();
    let start = Instant::now();
    thread::scope(|scope| {
        for worker in 0..6 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let name = format!("worker {worker}");
                while start.elapsed() < A_WHILE {
                    let secret = sandbox.create(&["--name", &name, "--scope", "a"]);
                    sandbox.run(&["verify", &secret, "--scope", "a"]).exits(0);
                    sandbox.run(&["verify", &secret, "--scope", "b"]).exits(3);
                    sandbox.run(&["verify", UNKNOWN]).exits(1);
                    let id = sandbox.json(&["show", &secret])["id"].to_string();
                    sandbox.run(&["list", "--name", &name, "-q"]).exits(0).remarks("");
                    sandbox.run(&["revoke", &id]).exits(0);
                    sandbox.run(&["verify", &secret]).exits(1);
                }
            });
        }
        scope.spawn(|| {
            while start.elapsed() < A_WHILE {
                sandbox.run(&["prune"]).exits(0);
                sandbox.run(&["user", "list", "--json"]).exits(0);
            }
        });
    });
    assert_eq!(sandbox.live_tokens(), 0);
    let check: String =
        sandbox.connection().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

#[test]
fn two_prunes_at_once_delete_each_token_once() {
    let sandbox = Sandbox::with_alice();
    sandbox.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at, revoked_at)
         SELECT randomblob(32), 'tok_aaaa', 'old', 2, '*', 0, 1 FROM n",
    );
    let live = sandbox.create(&[]);
    let pruned: i64 = thread::scope(|scope| {
        let prunes: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| sandbox.json(&["prune"])["pruned"].as_i64().unwrap()))
            .collect();
        prunes.into_iter().map(|prune| prune.join().unwrap()).sum()
    });
    assert_eq!(pruned, 20_000);
    sandbox.run(&["verify", &live]).exits(0);
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(1));
}

#[test]
fn the_first_of_many_makes_the_database() {
    for _ in 0..3 {
        let sandbox = Sandbox::new();
        let together = Barrier::new(6);
        let secrets: HashSet<String> = thread::scope(|scope| {
            let shells: Vec<_> = (0..6)
                .map(|_| {
                    scope.spawn(|| {
                        together.wait();
                        sandbox.create(&[])
                    })
                })
                .collect();
            shells.into_iter().map(|shell| shell.join().unwrap()).collect()
        });
        assert_eq!(secrets.len(), 6);
        for secret in &secrets {
            sandbox.run(&["verify", secret]).exits(0);
        }
        assert_eq!(sandbox.live_tokens(), 6);
        assert_eq!(sandbox.number("SELECT count(*) FROM users"), Some(1));
        let folder = std::fs::read_dir(sandbox.path("data/tokctl")).unwrap();
        assert_eq!(folder.count(), 1);
    }
}

#[test]
fn of_many_who_revoke_the_same_token_the_first_ones_reason_stays() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let firsts: usize = thread::scope(|scope| {
        let shells: Vec<_> = (0..6)
            .map(|i| {
                let sandbox = &sandbox;
                scope.spawn(move || {
                    let reason = format!("by {i}");
                    let ran = sandbox.run(&["revoke", "1", "--reason", &reason]).exits(0);
                    usize::from(ran.stdout.starts_with("revoked "))
                })
            })
            .collect();
        shells.into_iter().map(|shell| shell.join().unwrap()).sum()
    });
    assert_eq!(firsts, 1);
}

#[test]
fn names_stay_unique_when_many_add_them() {
    let sandbox = Sandbox::with_alice();
    let added: usize = thread::scope(|scope| {
        let shells: Vec<_> = ["bob", "Bob", "BOB", "bOb"]
            .map(|name| {
                let sandbox = &sandbox;
                scope.spawn(move || {
                    let ran = sandbox.run(&["user", "add", name]);
                    assert!(matches!(ran.code, Some(0 | 2)), "{ran:#?}");
                    usize::from(ran.code == Some(0))
                })
            })
            .into_iter()
            .collect();
        shells.into_iter().map(|shell| shell.join().unwrap()).sum()
    });
    assert_eq!(added, 1);
}

#[test]
fn a_list_under_way_does_not_keep_others_from_writing_for_long() {
    // A reader that stops reading must not lead to an error with those who write meanwhile.
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "100"]).exits(0);
    sandbox.set_time(1, "revoked_at", -40 * DAY);
    let script = "\"$TOKCTL\" list --format jsonl | { read -r first; \"$TOKCTL\" revoke 2; cat; }";
    let ran = sandbox.shell(script).go().exits(0);
    assert!(ran.stdout.starts_with("revoked token 2: "), "{ran:#?}");
    assert_eq!(sandbox.listed(&[]).len(), 98);
}
