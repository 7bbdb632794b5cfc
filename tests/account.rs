//! Accounts of the operating system that have no name, as in containers.

mod support;

use serde_json::Value;
use std::os::unix::fs::chown;
use support::database::on_server;
use support::{Ran, Run, Sandbox, sqlite_only};

const NAMELESS: u32 = 54321;

/// A sandbox that belongs to an account without a name; `None` if root does not run the tests.
fn nameless() -> Option<Sandbox> {
    let sandbox = Sandbox::without_tables();
    if sandbox.stranger().0 == rustix::process::geteuid().as_raw() {
        eprintln!("not run, because only root can become an account without a name");
        return None;
    }
    chown(sandbox.path(""), Some(NAMELESS), Some(NAMELESS)).unwrap();
    Some(sandbox)
}

fn run(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.as_account(NAMELESS, NAMELESS, args)
}

/// Runs a command that creates the database. On a server, only `migrate` does, which is run before.
fn first(sandbox: &Sandbox, args: &[&str], user: Option<&str>) -> Ran {
    let run = |args: &[&str]| {
        let run = run(sandbox, args);
        let ran = if let Some(user) = user { run.env("TOKCTL_USER", user) } else { run };
        ran.go()
    };
    if on_server() {
        let migrated = run(&["migrate"]);
        if migrated.code != Some(0) {
            return migrated;
        }
    }
    run(args)
}

fn default_user(sandbox: &Sandbox) -> String {
    run(sandbox, &["settings", "get", "default-user"]).go().exits(0).stdout
}

#[test]
fn the_first_administrator_is_the_number_of_the_account() {
    for command in
        [&["create", "-q"][..], &["user", "add", "bob"], &["settings", "set", "prefix", "x"]]
    {
        let Some(sandbox) = nameless() else { return };
        first(&sandbox, command, None).exits(0);
        assert_eq!(default_user(&sandbox), "uid-54321\n");
        let user = run(&sandbox, &["user", "show", "uid-54321", "--json"]).go().exits(0).json();
        assert_eq!(user["admin"], true);
    }
}

#[test]
fn the_first_administrator_is_named_by_the_environment() {
    let Some(sandbox) = nameless() else { return };
    first(&sandbox, &["create", "-q"], Some("svc")).exits(0);
    assert_eq!(default_user(&sandbox), "svc\n");
    let Some(sandbox) = nameless() else { return };
    first(&sandbox, &["user", "add", "bob"], Some("")).exits(0);
    assert_eq!(default_user(&sandbox), "uid-54321\n");
}

#[test]
fn an_invalid_name_in_the_environment_creates_no_database() {
    let Some(sandbox) = nameless() else { return };
    let ran = first(&sandbox, &["user", "add", "bob"], Some("a\tb")).fails_somehow(2);
    assert!(ran.stderr.starts_with("tokctl: invalid user name in $TOKCTL_USER: "), "{ran:#?}");
    assert!(!sandbox.database().exists());
    run(&sandbox, &["list"]).go().fails_somehow(4);
}

#[test]
fn the_environment_does_not_rename_an_account_that_has_a_name() {
    let sandbox = Sandbox::new();
    sandbox.tokctl(&["user", "add", "bob"]).env("TOKCTL_USER", "svc").go().exits(0);
    let users = sandbox.json(&["user", "list"]);
    assert!(users.as_array().unwrap().iter().all(|user| user["name"] != "svc"), "{users}");
}

#[test]
fn the_log_shows_the_number_of_the_account() {
    let Some(sandbox) = nameless() else { return };
    first(&sandbox, &["create", "-q"], None).exits(0);
    run(&sandbox, &["verify", "wrong"]).go().exits(1);
    let log = run(&sandbox, &["log", "--json"]).go().exits(0).json();
    let accounts: Vec<&Value> = log.as_array().unwrap().iter().map(|row| &row["account"]).collect();
    assert_eq!(accounts, ["uid-54321"; 4]);
}

#[test]
fn a_new_database_is_private_whatever_the_umask() {
    sqlite_only!("file permissions");
    for umask in ["000", "077"] {
        let Some(sandbox) = nameless() else { return };
        run(&sandbox, &["create", "-q"]).umask(umask).go().exits(0);
        assert_eq!(support::mode(sandbox.database()), 0o600);
        assert_eq!(support::mode(sandbox.path("data/tokctl")), 0o700);
        assert_eq!(support::mode(sandbox.path("data")), 0o700);
    }
}

#[test]
fn without_a_home_folder_the_error_says_how_to_name_a_database() {
    sqlite_only!("the default location");
    let Some(sandbox) = nameless() else { return };
    let bare = |args: &[&str]| run(&sandbox, args).without_env("HOME").without_env("XDG_DATA_HOME");
    bare(&["create"])
        .go()
        .fails(4, "no database specified: this account has no data directory")
        .hints("use --database or $TOKCTL_DATABASE to name one");
    bare(&["create", "-q", "--database", "here.db"]).go().exits(0);
}
