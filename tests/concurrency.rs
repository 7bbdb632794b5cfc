//! Many processes on one database at once: each of them gets its answer, and no error.

mod support;

use std::collections::HashSet;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};
use support::database::on_server;
use support::{Sandbox, UNKNOWN};

/// How long the processes keep working.
const RUN_TIME: Duration = Duration::from_secs(2);

#[test]
fn tokens_can_be_created_verified_revoked_listed_and_pruned_at_once() {
    let sandbox = Sandbox::with_alice();
    let start = Instant::now();
    thread::scope(|scope| {
        for worker in 0..6 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let name = format!("worker {worker}");
                while start.elapsed() < RUN_TIME {
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
            while start.elapsed() < RUN_TIME {
                sandbox.run(&["prune"]).exits(0);
                sandbox.run(&["user", "list", "--json"]).exits(0);
            }
        });
    });
    assert_eq!(sandbox.live_tokens(), 0);
    let findings = sandbox.json(&["doctor"]);
    let is_of_the_database = |finding: &&serde_json::Value| finding["part"] == "database";
    assert_eq!(findings.as_array().unwrap().iter().find(is_of_the_database), None);
    if !on_server() {
        assert_eq!(sandbox.value("PRAGMA integrity_check").unwrap(), "ok");
    }
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
fn several_processes_can_create_the_database_at_once() {
    for _ in 0..3 {
        let sandbox = Sandbox::new();
        let start = Barrier::new(6);
        let secrets: HashSet<String> = thread::scope(|scope| {
            let processes: Vec<_> = (0..6)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        sandbox.create(&[])
                    })
                })
                .collect();
            processes.into_iter().map(|process| process.join().unwrap()).collect()
        });
        assert_eq!(secrets.len(), 6);
        for secret in &secrets {
            sandbox.run(&["verify", secret]).exits(0);
        }
        assert_eq!(sandbox.live_tokens(), 6);
        assert_eq!(sandbox.number("SELECT count(*) FROM users"), Some(1));
        if !on_server() {
            let files = std::fs::read_dir(sandbox.path("data/tokctl")).unwrap();
            assert_eq!(files.count(), 1);
        }
    }
}

#[test]
fn a_token_that_several_processes_revoke_is_revoked_once() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let revoked: Vec<String> = thread::scope(|scope| {
        let processes: Vec<_> = (0..6)
            .map(|i| {
                let sandbox = &sandbox;
                scope.spawn(move || {
                    let reason = format!("by {i}");
                    let ran = sandbox.run(&["revoke", "1", "--reason", &reason]).exits(0);
                    ran.stdout.starts_with("revoked ").then_some(reason)
                })
            })
            .collect();
        processes.into_iter().filter_map(|process| process.join().unwrap()).collect()
    });
    let reason = sandbox.json(&["show", "1"])["revoked_reason"].clone();
    assert_eq!(revoked, [reason.as_str().unwrap()]);
}

#[test]
fn only_one_of_several_processes_adds_a_user_name() {
    let sandbox = Sandbox::with_alice();
    let added: usize = thread::scope(|scope| {
        let processes = ["bob", "Bob", "BOB", "bOb"].map(|name| {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let ran = sandbox.run(&["user", "add", name]);
                assert!(matches!(ran.code, Some(0 | 2)), "{ran:#?}");
                usize::from(ran.code == Some(0))
            })
        });
        processes.into_iter().map(|process| process.join().unwrap()).sum()
    });
    assert_eq!(added, 1);
}

/// Revokes a token while the output of a command is not read, and returns the rest of the output.
#[track_caller]
fn revoke_during(sandbox: &Sandbox, id: i64, command: &str) -> String {
    let script = format!(
        "\"$TOKCTL\" {command} | {{ read -r first; \"$TOKCTL\" revoke {id}; cat > rest; }}"
    );
    let revoked = format!("revoked token {id}: Secret Token, alice\n");
    sandbox.shell(&script).go().exits(0).prints(&revoked);
    std::fs::read_to_string(sandbox.path("rest")).unwrap()
}

#[test]
fn output_that_is_not_read_does_not_block_writers() {
    let sandbox = Sandbox::with_alice();
    // Far more than a pipe holds.
    sandbox.run(&["create", "--count", "3000"]).exits(0);
    for (id, command, tokens) in [
        (1, "list --format json", 3000),
        (2, "list --format jsonl", 2998),
        (3, "list --format csv", 2998),
        (4, "export", 3000),
        (5, "list", 2996),
    ] {
        let rest = revoke_during(&sandbox, id, command);
        assert_eq!(rest.matches("Secret Token").count(), tokens, "{command}");
    }
    assert_eq!(sandbox.listed(&[]).len(), 2995);
}

#[test]
fn input_that_does_not_come_does_not_block_writers() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "3"]).exits(0);
    // More than a pipe holds: the last byte is only written once the command reads.
    let hash = "0".repeat(63);
    let lines: String = (1..=9)
        .map(|i| {
            let filler = " ".repeat(20_000);
            format!("{{\"name\": \"CI\", \"user\": \"bob\", \"hash\": \"{hash}{i}\"}}{filler}\n")
        })
        .collect();
    sandbox.file("lines", lines);
    sandbox.file("requests", format!("{{\"name\": \"CI\"}}{}\n", " ".repeat(20_000)).repeat(9));
    for (id, file, command) in [
        (1, "lines", "import jsonl - --dry-run"),
        (2, "lines", "import jsonl -"),
        (3, "requests", "create --from -"),
    ] {
        let script =
            format!("{{ cat {file}; \"$TOKCTL\" revoke {id} > revoked; }} | \"$TOKCTL\" {command}");
        sandbox.shell(&script).go().exits(0);
        let revoked = std::fs::read_to_string(sandbox.path("revoked")).unwrap();
        assert_eq!(revoked, format!("revoked token {id}: Secret Token, alice\n"), "{command}");
    }
}
