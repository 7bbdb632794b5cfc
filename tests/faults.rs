//! An operating system that fails: whatever call does, nobody is left with a token that nobody holds,
//! and no copy is lost. Needs a C compiler, and a system that can preload a library.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Ran, Sandbox};

/// Calls to fail in turn, until the command succeeds.
const CALLS: [&str; 3] = ["fsync", "fsync-folder", "unlink"];

/// A sandbox in which calls can be made to fail; `None` where they cannot.
struct Faulty {
    sandbox: Sandbox,
    library: PathBuf,
}

impl Faulty {
    fn new() -> Option<Self> {
        let sandbox = Sandbox::with_alice();
        let library = sandbox.path("faults.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/faults.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl");
        if !cfg!(target_os = "linux") || !compiler.status().is_ok_and(|status| status.success()) {
            eprintln!("skipped: no C compiler, or not Linux");
            return None;
        }
        let faulty = Faulty { sandbox, library };
        // Nothing can be preloaded into a static program.
        if faulty.run(&["backup", "probe"], "fsync", 1, 99).code == Some(0) {
            eprintln!("skipped: the program is static");
            return None;
        }
        Some(faulty)
    }

    /// Runs a command during which a call fails from the `first` to the `last` time.
    fn run(&self, args: &[&str], call: &str, first: u32, last: u32) -> Ran {
        self.sandbox
            .tokctl(args)
            .env("LD_PRELOAD", &self.library)
            .env("FAULT", format!("{call}:{first}:{last}"))
            .go()
    }

    /// Fails each single call of a command in turn. `check` sees every run, the last of which
    /// succeeded. Returns how many failed.
    fn each(&self, args: &[&str], mut check: impl FnMut(&Ran)) -> u32 {
        let mut failed = 0;
        for call in CALLS {
            for number in 1.. {
                let ran = self.run(args, call, number, number);
                check(&ran);
                assert!(matches!(ran.code, Some(0 | 4)), "{call} {number}: {ran:#?}");
                // There are no more such calls, or they do not matter.
                if ran.code == Some(0) && number > 12 {
                    break;
                }
                failed += u32::from(ran.code == Some(4));
            }
        }
        failed
    }
}

#[test]
fn a_create_that_fails_leaves_no_valid_token() {
    let Some(faulty) = Faulty::new() else { return };
    let mut expected = 0;
    for args in [&["create", "-q"][..], &["create", "-q", "--count", "3"]] {
        let failed = faulty.each(args, |ran| {
            expected += ran.stdout.lines().count() as i64;
            assert_eq!(faulty.sandbox.live_tokens(), expected, "{ran:#?}");
        });
        assert!(failed > 2, "{failed}");
    }
}

#[test]
fn a_create_whose_commit_failed_too_late_says_that_it_was_undone() {
    let Some(faulty) = Faulty::new() else { return };
    faulty
        .run(&["create"], "fsync-folder", 2, 2)
        .exits(4)
        .prints("")
        .hints("the new token was revoked, because its secret was not delivered");
    assert_eq!(faulty.sandbox.listed(&["--status", "revoked"]), [1]);
}

#[test]
fn a_create_that_can_neither_be_done_nor_undone_names_the_token() {
    let Some(faulty) = Faulty::new() else { return };
    let ran = faulty.run(&["create"], "fsync-folder", 2, 99).exits(4).prints("");
    assert!(ran.stderr.ends_with("; run `tokctl revoke 1` now\n"), "{ran:#?}");
    faulty.sandbox.run(&["revoke", "1"]).exits(0);
    assert_eq!(faulty.sandbox.live_tokens(), 0);
}

#[test]
fn an_output_file_that_fails_is_not_there() {
    let Some(faulty) = Faulty::new() else { return };
    let failed = faulty.each(&["create", "-q", "--out", "new"], |ran| {
        let is_there = faulty.sandbox.path("new").exists();
        assert_eq!(is_there, ran.code == Some(0), "{ran:#?}");
        assert_eq!(faulty.sandbox.live_tokens(), i64::from(is_there), "{ran:#?}");
        if is_there {
            faulty.sandbox.sql("DELETE FROM tokens");
            fs::remove_file(faulty.sandbox.path("new")).unwrap();
        }
    });
    assert!(failed > 4, "{failed}");
}

#[test]
fn new_folders_survive_a_power_cut_with_the_database_in_them() {
    let Some(faulty) = Faulty::new() else { return };
    // Two folders, the draft in the second one, and its final name: each must be synced.
    let codes = (1..=3).map(|number| {
        let database = format!("new-{number}/folder/tokctl.db");
        let args = ["user", "add", "bob", "--database", &database];
        faulty.run(&args, "fsync-folder", number, number).code
    });
    assert_eq!(codes.collect::<Vec<_>>(), [Some(4), Some(4), Some(0)]);
}

#[test]
fn a_rotation_that_fails_leaves_the_old_secret_valid() {
    let Some(faulty) = Faulty::new() else { return };
    let mut secret = faulty.sandbox.create(&["--name", "CI"]);
    let mut id = 1;
    for call in CALLS {
        for number in 1..10 {
            let ran = faulty.run(&["rotate", &id.to_string()], call, number, number);
            if ran.code == Some(0) {
                secret = ran.stdout.trim().to_string();
                id = faulty.sandbox.listed(&[])[0];
            }
            faulty.sandbox.run(&["verify", &secret]).exits(0);
            assert_eq!(faulty.sandbox.live_tokens(), 1, "{call} {number}: {ran:#?}");
        }
    }
}

/// The files beside the database whose names begin like this.
fn beside(sandbox: &Sandbox, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(sandbox.path("data/tokctl")).unwrap();
    let names = entries.map(|entry| entry.unwrap().path());
    let begins = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_str().unwrap().starts_with(prefix))
    };
    names.filter(begins).collect()
}

#[test]
fn a_restore_that_fails_loses_no_token() {
    let Some(faulty) = Faulty::new() else { return };
    let sandbox = &faulty.sandbox;
    sandbox.create(&["--name", "old"]);
    sandbox.run(&["backup", "copy"]).exits(0);
    let new = sandbox.create(&["--name", "new"]);
    let good = fs::read(sandbox.database()).unwrap();
    let failed = faulty.each(&["restore", "copy", "--yes"], |ran| {
        let is_there = |database: &PathBuf| {
            let database = database.to_str().unwrap();
            sandbox.run(&["verify", "--database", database, &new]).code == Some(0)
        };
        let kept = beside(sandbox, "tokctl.db.replaced-");
        assert!(is_there(&sandbox.database()) || kept.iter().any(is_there), "{ran:#?}");
        let is_named = kept.iter().any(|path| ran.stderr.contains(path.to_str().unwrap()));
        assert!(kept.is_empty() || is_named || ran.code == Some(0), "{ran:#?}");
        kept.iter().for_each(|path| fs::remove_file(path).unwrap());
        fs::write(sandbox.database(), &good).unwrap();
    });
    assert!(failed > 4, "{failed}");
    assert!(beside(sandbox, ".tokctl-").is_empty());
}

#[test]
fn a_restore_that_changed_nothing_leaves_nothing() {
    let Some(faulty) = Faulty::new() else { return };
    faulty.sandbox.run(&["backup", "copy"]).exits(0);
    faulty.sandbox.create(&[]);
    // The journal cannot be synced, so no page was written yet.
    let why = format!(
        "database {}: it could not be read or written (disk I/O error)",
        faulty.sandbox.database().display()
    );
    faulty.run(&["restore", "copy", "--yes"], "fsync", 2, 2).fails(4, &why);
    assert!(beside(&faulty.sandbox, "tokctl.db.").is_empty());
}

#[test]
fn a_restore_that_failed_too_late_names_the_command_that_undoes_it() {
    let Some(faulty) = Faulty::new() else { return };
    let sandbox = &faulty.sandbox;
    sandbox.run(&["backup", "copy"]).exits(0);
    let secret = sandbox.create(&[]);
    let good = fs::read(sandbox.database()).unwrap();
    let mut number = 1;
    let ran = loop {
        let ran = faulty.run(&["restore", "copy", "--yes"], "fsync-folder", number, number);
        if ran.stderr.contains("is kept in") && ran.code == Some(4) {
            break ran.exits(4).prints("");
        }
        beside(sandbox, "tokctl.db.").iter().for_each(|kept| fs::remove_file(kept).unwrap());
        fs::write(sandbox.database(), &good).unwrap();
        number += 1;
        assert!(number < 20);
    };
    let kept = beside(sandbox, "tokctl.db.replaced-").remove(0);
    let kept = kept.to_str().unwrap();
    let told = format!("; the database as it was is kept in {kept}\n");
    assert!(ran.stderr.contains(&told), "{ran:#?}");
    ran.hints(&format!("`tokctl restore {kept}` brings it back as it was"));
    sandbox.run(&["restore", "--yes", kept]).exits(0);
    sandbox.run(&["verify", &secret]).exits(0);
}
