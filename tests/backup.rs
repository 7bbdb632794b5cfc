//! `backup`: writes a complete, consistent and private copy of the database, or none.

mod support;

use std::collections::HashSet;
use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use support::{Sandbox, mode};

/// The names of the files in the sandbox's home directory.
fn files(sandbox: &Sandbox) -> HashSet<String> {
    let names = fs::read_dir(sandbox.path("")).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Sets the flag when it goes out of scope, even if an assertion fails: threads that wait for the
/// flag always end.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn many_tokens(sandbox: &Sandbox, count: u32) {
    sandbox.sql(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at)
         SELECT randomblob(32), 'tok_aaaa', 'many', 2, '*', 0 FROM n"
    ));
}

#[test]
fn a_backup_is_complete_and_private_under_any_umask() {
    for umask in ["000", "022", "777"] {
        let sandbox = Sandbox::with_alice();
        let secret = sandbox.create(&[]);
        let ran = sandbox.tokctl(&["backup", "copy"]).umask(umask).go().exits(0);
        ran.prints("backed up to copy\n").remarks("");
        assert_eq!(mode(sandbox.path("copy")), 0o600);
        sandbox.run(&["verify", &secret, "--database", "copy"]).exits(0);
        assert_eq!(files(&sandbox), HashSet::from(["copy".into(), "data".into()]));
    }
}

#[test]
fn only_force_replaces_a_file() {
    for umask in ["000", "022", "777"] {
        let sandbox = Sandbox::with_alice();
        sandbox.tokctl(&["backup", "copy"]).umask(umask).go().exits(0);
        sandbox.create(&[]);
        let before = fs::read(sandbox.path("copy")).unwrap();
        sandbox
            .run(&["backup", "copy"])
            .fails(2, "cannot write copy: the file already exists")
            .hints("name another file, or pass --force to replace it");
        assert_eq!(fs::read(sandbox.path("copy")).unwrap(), before);
        let answer = sandbox.tokctl(&["backup", "--json", "--force", "copy"]).umask(umask).go();
        assert_eq!(answer.exits(0).json()["file"], "copy");
        assert_ne!(fs::read(sandbox.path("copy")).unwrap(), before);
        assert_eq!(mode(sandbox.path("copy")), 0o600);
    }
}

#[test]
fn the_database_is_not_backed_up_to_itself() {
    let sandbox = Sandbox::with_alice();
    let database = sandbox.database();
    let before = fs::read(&database).unwrap();
    std::os::unix::fs::symlink(&database, sandbox.path("link")).unwrap();
    for path in [&database, &sandbox.path("link")] {
        let path = path.to_str().unwrap();
        sandbox
            .run(&["backup", "--force", path])
            .fails(2, &format!("cannot back up to {path}: it is the database itself"))
            .hints("name another file");
    }
    assert_eq!(fs::read(&database).unwrap(), before);
}

#[test]
fn a_path_that_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["backup", "missing/copy"])
        .fails(4, "cannot write missing/copy: No such file or directory (os error 2)");
    sandbox
        .run(&["backup", "--force", "data"])
        .fails(4, "cannot write data: Is a directory (os error 21)");
}

#[test]
fn a_file_is_required() {
    Sandbox::with_alice()
        .run(&["backup"])
        .fails(2, "the following required arguments were not provided: <FILE>");
}

#[test]
fn without_a_database_there_is_no_backup() {
    let sandbox = Sandbox::new();
    let error = format!("database {}: it does not exist", sandbox.database().display());
    sandbox.run(&["backup", "copy"]).fails(4, &error);
    assert!(!sandbox.path("copy").exists());
}

#[test]
fn a_backup_under_load_is_sound_and_has_everything_committed_before_it() {
    let sandbox = Sandbox::with_alice();
    many_tokens(&sandbox, 20_000);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let _stop_the_writers = SetOnDrop(&done);
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let secret = sandbox.create(&["--name", "load"]);
                    sandbox.run(&["revoke", &secret]).exits(0);
                }
            });
        }
        for round in 0..4 {
            let committed = sandbox.create(&["--name", "before", "--scope", "a"]);
            let copy = format!("copy{round}");
            sandbox.run(&["backup", &copy]).exits(0).remarks("");
            sandbox.run(&["verify", &committed, "--database", &copy]).exits(0);
            let findings = sandbox.run(&["doctor", "--json", "--database", &copy]).exits(0).json();
            let is_about_the_database =
                |finding: &&serde_json::Value| finding["part"] == "database";
            assert_eq!(findings.as_array().unwrap().iter().find(is_about_the_database), None);
        }
    });
}

/// `TOKCTL_TEST_KILLS` is the number of backups to kill; the default is 20.
#[test]
fn a_killed_backup_leaves_no_incomplete_backup() {
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
            // The backup was complete before it was killed.
            sandbox.run(&["stats", "--database", copy.to_str().unwrap()]).exits(0);
            fs::remove_file(copy).unwrap();
        } else {
            unfinished += 1;
        }
    }
    assert!(unfinished > 0, "all backups were complete before they were killed");
    let known = ["data", "stderr"];
    let left = files(&sandbox);
    let left: Vec<_> = left.iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(left.iter().all(|name| name.starts_with(".tokctl-")), "{left:?}");
    sandbox.run(&["backup", "last"]).exits(0);
    sandbox.run(&["verify", "x"]).exits(1);
}

#[test]
fn there_is_no_progress_bar_without_a_terminal() {
    let sandbox = Sandbox::with_alice();
    many_tokens(&sandbox, 60_000);
    sandbox.run(&["backup", "copy"]).exits(0).remarks("");
    sandbox.sql("UPDATE tokens SET revoked_at = 1");
    sandbox.run(&["prune"]).exits(0).prints("60000 tokens pruned\n").remarks("");
    let ran = sandbox.run(&["create", "--count", "5000"]).exits(0);
    assert!(!ran.stderr.contains('\r') && !ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
}
