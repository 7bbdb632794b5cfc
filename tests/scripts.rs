//! The scripts in `docs/scripts`, which call the built binary.

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use support::{DAY, Run, Sandbox, mode, sqlite_only};

/// A run of a script; `arguments` are words of a shell.
fn script(sandbox: &Sandbox, name: &str, arguments: &str) -> Run {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scripts");
    let binary = Path::new(env!("CARGO_BIN_EXE_tokctl")).parent().unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", binary.display());
    let command = format!("exec sh '{}' {arguments}", scripts.join(name).display());
    sandbox.shell(&command).env("PATH", path).env("TMPDIR", sandbox.path(""))
}

/// A database, and the secret of its token 1: `deploy`, with the scope posts.manage.
fn with_token() -> (Sandbox, String) {
    let sandbox = Sandbox::with_alice();
    let secret =
        sandbox.create(&["--name", "deploy", "--scope", "posts.manage", "--expires", "30d"]);
    (sandbox, secret)
}

fn guard(sandbox: &Sandbox, header: &str) -> Run {
    script(sandbox, "guard.sh", "")
        .env("GUARD_SCOPE", "posts.manage")
        .env("REMOTE_ADDR", "192.0.2.7")
        .env("HTTP_AUTHORIZATION", header)
}

#[track_caller]
fn assert_answer(run: Run, status: &str, challenge: Option<&str>) {
    let challenge = challenge.map_or(String::new(), |challenge| {
        format!("WWW-Authenticate: Bearer realm=\"api\"{challenge}\r\n")
    });
    run.go().exits(0).prints(&format!("Status: {status}\r\n{challenge}\r\n"));
}

#[test]
fn the_guard_passes_a_good_token_only() {
    let (sandbox, secret) = with_token();
    assert_answer(guard(&sandbox, &format!("Bearer {secret}")), "204 No Content", None);
    let invalid = Some(", error=\"invalid_token\"");
    for wrong in ["Bearer wrong", "Basic dTpw", "--help", "-", "Bearer --version", support::UNKNOWN]
    {
        assert_answer(guard(&sandbox, wrong), "401 Unauthorized", invalid);
    }
    assert_answer(guard(&sandbox, &format!("x\n{secret}")), "401 Unauthorized", invalid);
    sandbox.run(&["revoke", "1"]).exits(0);
    let header = format!("Bearer {secret}");
    assert_answer(guard(&sandbox, &header), "401 Unauthorized", invalid);
}

#[test]
fn the_guard_tells_no_token_and_a_missing_scope_from_a_wrong_token() {
    let (sandbox, secret) = with_token();
    let header = format!("Bearer {secret}");
    assert_answer(guard(&sandbox, ""), "401 Unauthorized", Some(""));
    let without = guard(&sandbox, "").without_env("HTTP_AUTHORIZATION");
    assert_answer(without, "401 Unauthorized", Some(""));
    let other = guard(&sandbox, &header).env("GUARD_SCOPE", "posts.delete");
    let challenge = ", error=\"insufficient_scope\", scope=\"posts.delete\"";
    assert_answer(other, "403 Forbidden", Some(challenge));
    let any = guard(&sandbox, &header).without_env("GUARD_SCOPE").without_env("REMOTE_ADDR");
    assert_answer(any, "204 No Content", None);
}

#[test]
fn the_guard_passes_nothing_if_it_cannot_find_out() {
    let (sandbox, secret) = with_token();
    let header = format!("Bearer {secret}");
    let missing = guard(&sandbox, &header).env("TOKCTL_DATABASE", "missing.db");
    assert_answer(missing, "503 Service Unavailable", None);
    let no_program = guard(&sandbox, &header).env("PATH", "/usr/bin:/bin");
    assert_answer(no_program, "503 Service Unavailable", None);
}

/// The backups in the folder `backups`, by name.
fn backups(sandbox: &Sandbox) -> Vec<PathBuf> {
    let entries = fs::read_dir(sandbox.path("backups")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_night_backs_up_and_prunes_and_prints_nothing() {
    sqlite_only!("the script backs up a file");
    let (sandbox, _) = with_token();
    sandbox.create(&["--name", "old"]);
    sandbox.set_time(2, "expires_at", -40 * DAY);
    for _ in 0..2 {
        script(&sandbox, "nightly.sh", "backups").go().exits(0).prints("").remarks("");
    }
    assert_eq!(sandbox.listed(&["--all"]), [1]);
    let files = backups(&sandbox);
    assert_eq!((files.len(), mode(sandbox.path("backups")), mode(&files[0])), (1, 0o700, 0o600));
    let restored = files[0].to_str().unwrap();
    assert_eq!(sandbox.listed(&["--all", "--database", restored]), [1]);
}

#[test]
fn the_night_keeps_old_backups_only_while_there_is_no_sound_one() {
    sqlite_only!("the script backs up a file");
    let (sandbox, _) = with_token();
    script(&sandbox, "nightly.sh", "backups").go().exits(0);
    let old = sandbox.path("backups/tokctl-2026-01-01.db");
    let make_old =
        || sandbox.shell("touch -d 2026-01-01 backups/tokctl-2026-01-01.db").go().exits(0);
    make_old();
    fs::set_permissions(sandbox.database(), Permissions::from_mode(0o604)).unwrap();
    let ran = script(&sandbox, "nightly.sh", "backups").go().exits(1).prints("");
    assert!(ran.stderr.starts_with("tokctl: database "), "{ran:#?}");
    assert!(old.exists());
    fs::set_permissions(sandbox.database(), Permissions::from_mode(0o600)).unwrap();
    script(&sandbox, "nightly.sh", "backups").go().exits(0);
    assert!(!old.exists());
}

#[test]
fn a_rotation_hands_the_new_secret_to_the_command() {
    let (sandbox, old) = with_token();
    script(&sandbox, "rotate.sh", "deploy tee received").go().exits(0).remarks("");
    let new = fs::read_to_string(sandbox.path("received")).unwrap();
    assert_ne!(new.trim_end(), old);
    for secret in [new.trim_end(), &old] {
        sandbox.run(&["verify", "--quiet", secret]).exits(0);
    }
    let left = fs::read_dir(sandbox.path("")).unwrap();
    let is_left = |name: &str| name.starts_with("tmp.");
    assert!(!left.into_iter().any(|entry| is_left(entry.unwrap().file_name().to_str().unwrap())));
}

#[test]
fn a_name_can_be_rotated_every_time() {
    let (sandbox, _) = with_token();
    for _ in 0..3 {
        script(&sandbox, "rotate.sh", "deploy tee received").go().exits(0).remarks("");
        let new = fs::read_to_string(sandbox.path("received")).unwrap();
        sandbox.run(&["verify", "--quiet", new.trim_end()]).exits(0);
    }
}

#[test]
fn a_rotation_whose_command_fails_keeps_the_new_secret_in_a_private_file() {
    let (sandbox, old) = with_token();
    let ran = script(&sandbox, "rotate.sh", "deploy false").go().exits(1).prints("");
    let file = ran.stderr.split(' ').find(|word| word.ends_with("/secret")).unwrap();
    assert_eq!((mode(file), mode(Path::new(file).parent().unwrap())), (0o600, 0o700));
    let new = fs::read_to_string(file).unwrap();
    for secret in [new.trim_end(), &old] {
        sandbox.run(&["verify", "--quiet", secret]).exits(0);
    }
}

#[test]
fn a_rotation_of_no_token_does_not_run_the_command() {
    let (sandbox, _) = with_token();
    script(&sandbox, "rotate.sh", "nobody touch ran").go().exits(1);
    script(&sandbox, "rotate.sh", "deploy").go().exits(2);
    assert!(!sandbox.path("ran").exists());
}

#[test]
fn a_leaked_hint_revokes_its_tokens_and_no_other() {
    let (sandbox, secret) = with_token();
    let other = sandbox.create(&["--name", "other"]);
    let hint = &secret[..8];
    let ran = script(&sandbox, "revoke-leaked.sh", &format!("{hint} --yes")).go().exits(0);
    assert!(ran.stdout.contains("deploy") && !ran.stdout.contains("other"), "{ran:#?}");
    sandbox.run(&["verify", &secret]).exits(1).prints("rejected: revoked just now: leaked\n");
    sandbox.run(&["verify", "--quiet", &other]).exits(0);
    script(&sandbox, "revoke-leaked.sh", &format!("{hint} --yes")).go().exits(1);
}

#[test]
fn a_leaked_hint_asks_before_it_revokes() {
    let (sandbox, secret) = with_token();
    script(&sandbox, "revoke-leaked.sh", &secret[..8]).go().exits(2);
    sandbox.run(&["verify", "--quiet", &secret]).exits(0);
}

#[test]
fn what_is_no_hint_revokes_nothing() {
    let (sandbox, secret) = with_token();
    for hint in ["''", "t", "tok_", "'*'", "--everyone"] {
        script(&sandbox, "revoke-leaked.sh", &format!("{hint} --yes")).go().exits(2);
    }
    sandbox.run(&["verify", "--quiet", &secret]).exits(0);
}
