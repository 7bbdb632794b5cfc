//! `backup`: a consistent, private copy of the database, whole or not at all.

mod support;

use std::collections::HashSet;
use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use support::{Sandbox, mode};

/// The names of the files in the sandbox's own folder.
fn files(sandbox: &Sandbox) -> HashSet<String> {
    let names = fs::read_dir(sandbox.path("")).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn many_tokens(sandbox: &Sandbox, count: u32) {
    sandbox.sql(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at)
         SELECT randomblob(32), 'tok_aaaa', 'many', 2, '*', 0 FROM n"
    ));
}

#[test]
fn it_is_private_and_replaces_nothing() {
    for umask in ["000", "022", "777"] {
        let sandbox = Sandbox::with_alice();
        let secret = sandbox.create(&[]);
        let ran = sandbox.tokctl(&["backup", "copy"]).umask(umask).go().exits(0);
        ran.prints("backed up to copy\n").remarks("");
        assert_eq!(mode(sandbox.path("copy")), 0o600);
        sandbox.run(&["verify", &secret, "--database", "copy"]).exits(0);
        assert_eq!(files(&sandbox), HashSet::from(["copy".into(), "data".into()]));
        sandbox.create(&[]);
        let before = fs::read(sandbox.path("copy")).unwrap();
        sandbox
            .run(&["backup", "copy"])
            .fails(2, "copy exists: a backup replaces no file")
            .hints("name another file, or add --force");
        assert_eq!(fs::read(sandbox.path("copy")).unwrap(), before);
        assert_eq!(sandbox.json(&["backup", "--force", "copy"])["file"], "copy");
        assert_ne!(fs::read(sandbox.path("copy")).unwrap(), before);
    }
}

#[test]
fn what_it_refuses() {
    let sandbox = Sandbox::with_alice();
    let database = sandbox.database();
    let before = fs::read(&database).unwrap();
    std::os::unix::fs::symlink(&database, sandbox.path("link")).unwrap();
    for path in [&database, &sandbox.path("link")] {
        let args = ["backup", "--force", path.to_str().unwrap()];
        sandbox.run(&args).fails(2, "nothing to back up to: the file is the database itself");
    }
    assert_eq!(fs::read(&database).unwrap(), before);
    sandbox.run(&["backup", "missing/copy"]).fails_somehow(4);
    sandbox.run(&["backup", "--force", "data"]).fails_somehow(4);
    sandbox.run(&["backup"]).fails_somehow(2);
    Sandbox::new().run(&["backup", "copy"]).fails_somehow(4);
}

#[test]
fn taken_in_a_storm_it_is_sound_and_has_all_that_was_acknowledged() {
    let sandbox = Sandbox::with_alice();
    many_tokens(&sandbox, 20_000);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        let secret = sandbox.create(&["--name", "storm"]);
                        sandbox.run(&["revoke", &secret]).exits(0);
                    }
                })
            })
            .collect();
        for round in 0..4 {
            let acknowledged = sandbox.create(&["--name", "before", "--scope", "a"]);
            let copy = format!("copy{round}");
            sandbox.run(&["backup", &copy]).exits(0).remarks("");
            sandbox.run(&["verify", &acknowledged, "--database", &copy]).exits(0);
            let findings = sandbox.run(&["doctor", "--json", "--database", &copy]).exits(0).json();
            let of_the_database = |finding: &&serde_json::Value| finding["part"] == "database";
            assert_eq!(findings.as_array().unwrap().iter().find(of_the_database), None);
        }
        over.store(true, Ordering::Relaxed);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
    });
}

/// `TOKCTL_TEST_KILLS` says how often; 20 times without it.
#[test]
fn one_that_is_killed_leaves_nothing_that_looks_like_one() {
    let kills = std::env::var("TOKCTL_TEST_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let sandbox = Sandbox::with_alice();
    many_tokens(&sandbox, 60_000);
    let mut unfinished = 0;
    for round in 0..kills {
        let copy = sandbox.path(&format!("copy{round}"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_tokctl"))
            .args(["backup", "--database"])
            .args([&sandbox.database(), &copy])
            .stdout(Stdio::null())
            .stderr(File::create(sandbox.path("stderr")).unwrap())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(round * 7 % 60));
        child.kill().unwrap();
        child.wait().unwrap();
        if copy.exists() {
            // It was whole before the kill came.
            sandbox.run(&["stats", "--database", copy.to_str().unwrap()]).exits(0);
            fs::remove_file(copy).unwrap();
        } else {
            unfinished += 1;
        }
    }
    assert!(unfinished > 0, "no kill came in time");
    let known = ["data", "stderr"];
    let left = files(&sandbox);
    let left: Vec<_> = left.iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(left.iter().all(|name| name.starts_with(".tokctl-")), "{left:?}");
    sandbox.run(&["backup", "last"]).exits(0);
    sandbox.run(&["verify", "x"]).exits(1);
}

#[test]
fn no_bar_in_a_pipe() {
    let sandbox = Sandbox::with_alice();
    many_tokens(&sandbox, 60_000);
    sandbox.run(&["backup", "copy"]).exits(0).remarks("");
    sandbox.sql("UPDATE tokens SET revoked_at = 1");
    sandbox.run(&["prune"]).exits(0).prints("60000 tokens pruned\n").remarks("");
    let ran = sandbox.run(&["create", "--count", "5000"]).exits(0);
    assert!(!ran.stderr.contains('\r') && !ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
}
