//! The database file: who may read it, and what is told of one that is not as it should be.

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use support::{Sandbox, UNKNOWN, foreign, mode};

/// Every command that only reads, and those that change what must be there already.
const NEED_A_DATABASE: [&[&str]; 17] = [
    &["list"],
    &["list", "--all", "--json"],
    &["show", "1"],
    &["verify", UNKNOWN],
    &["revoke", "1"],
    &["revoke-all", "--everyone", "--yes"],
    &["revoke-all", "--everyone", "--dry-run"],
    &["prune"],
    &["user", "list"],
    &["user", "show", "a"],
    &["user", "edit", "a", "--admin"],
    &["user", "ban", "a"],
    &["user", "unban", "a"],
    &["user", "remove", "a", "--yes"],
    &["settings", "list"],
    &["settings", "get", "prefix"],
    &["settings", "unset", "prefix"],
];

/// Every command that makes a database when there is none.
const MAKE_A_DATABASE: [&[&str]; 3] =
    [&["create", "-q"], &["user", "add", "bob"], &["settings", "set", "prefix", "acme"]];

/// Runs every command on what is no database of ours: each says so, and changes nothing.
#[track_caller]
fn all_refuse(sandbox: &Sandbox, database: &str, why: &str) {
    let before = fs::read(database).ok();
    let error = format!("database {database}: {why}");
    for args in NEED_A_DATABASE.iter().chain(&MAKE_A_DATABASE) {
        sandbox.run(&[args, &["--database", database][..]].concat()).fails(4, &error);
    }
    assert_eq!(fs::read(database).ok(), before);
    let beside = Path::new(database).parent().unwrap();
    for entry in fs::read_dir(beside).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.ends_with("-journal") && !name.ends_with("-wal"), "{name}");
    }
}

#[test]
fn a_missing_database_is_not_made_by_those_who_need_one() {
    let sandbox = Sandbox::new();
    let error = format!("database {}: there is no such database", sandbox.database().display());
    for args in NEED_A_DATABASE {
        sandbox
            .run(args)
            .fails(4, &error)
            .hints("`tokctl create` makes one; --database or $TOKCTL_DATABASE names another");
    }
    assert!(!sandbox.path("data").exists());
}

#[test]
fn a_missing_database_is_made_by_those_who_write() {
    for args in MAKE_A_DATABASE {
        let sandbox = Sandbox::new();
        sandbox.run(args).exits(0);
        assert!(sandbox.database().exists());
        sandbox.run(&["user", "list"]).exits(0);
    }
}

#[test]
fn a_wrong_request_makes_no_database() {
    let sandbox = Sandbox::new();
    sandbox.run(&["create", "--scope", "a b"]).fails_somehow(2);
    sandbox.run(&["user", "add", ""]).fails_somehow(2);
    sandbox.run(&["settings", "set", "prefix", "Tok"]).fails_somehow(2);
    sandbox.run(&["create", "-q", "--out", "/dev/null"]).fails_somehow(2);
    assert!(!sandbox.path("data").exists());
}

#[test]
fn where_it_is() {
    let sandbox = Sandbox::new();
    let (a, b) = (sandbox.path("a.db"), sandbox.path("b.db"));
    sandbox.tokctl(&["create"]).env("TOKCTL_DATABASE", &a).go().exits(0);
    assert!(a.exists());
    let option = ["create", "--database", b.to_str().unwrap()];
    sandbox.tokctl(&option).env("TOKCTL_DATABASE", &a).go().exits(0);
    assert!(b.exists());
    assert!(!sandbox.database().exists());
    sandbox.tokctl(&["create"]).env("TOKCTL_DATABASE", "").go().exits(0);
    assert!(sandbox.database().exists());
    sandbox.tokctl(&["create", "--database", "c.db"]).go().exits(0);
    assert!(sandbox.path("c.db").exists());
}

#[test]
fn without_a_data_folder_the_home_has_it() {
    let sandbox = Sandbox::new();
    sandbox.tokctl(&["create"]).without_env("XDG_DATA_HOME").go().exits(0);
    assert!(sandbox.path(".local/share/tokctl/tokctl.db").exists());
}

#[test]
fn folder_and_file_are_for_the_account_alone_whatever_the_umask() {
    for umask in ["000", "022", "077", "777"] {
        let sandbox = Sandbox::new();
        sandbox.shell(&format!("umask {umask}; exec \"$TOKCTL\" create")).go().exits(0);
        assert_eq!(mode(sandbox.database()), 0o600, "{umask}");
        assert_eq!(mode(sandbox.path("data/tokctl")), 0o700, "{umask}");
        let beside: Vec<_> = fs::read_dir(sandbox.path("data/tokctl")).unwrap().collect();
        assert_eq!(beside.len(), 1, "{beside:?}");
    }
}

#[test]
fn a_strict_umask_does_not_keep_an_account_from_its_own_database() {
    let sandbox = Sandbox::new();
    let (uid, gid) = sandbox.stranger();
    let home = sandbox.path("home");
    fs::create_dir(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(uid), Some(gid)).unwrap();
    let database = home.join("deep/er/tokctl.db");
    let database = database.to_str().unwrap();
    let args = ["create", "-q", "--user", "stranger", "--database", database];
    let ran = sandbox.as_stranger(&args).umask("777").go();
    // It was made, it could be opened, and so it is known that there is no such user.
    ran.fails_somehow(1);
    assert_eq!(mode(database), 0o600);
}

#[test]
fn a_folder_that_was_there_keeps_its_permissions() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("shared");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.run(&["create", "--database", "shared/a.db"]).exits(0);
    assert_eq!(mode(folder), 0o755);
    assert_eq!(mode(sandbox.path("shared/a.db")), 0o600);
}

#[test]
fn a_folder_that_cannot_be_made() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("file", "");
    let database = format!("{file}/tokctl.db");
    sandbox.run(&["create", "-q", "--database", &database]).fails_somehow(4);
    sandbox.run(&["list", "--database", &database]).fails_somehow(4);
}

#[test]
fn a_directory() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("folder")).unwrap();
    all_refuse(&sandbox, sandbox.path("folder").to_str().unwrap(), "it is a directory");
}

#[test]
fn an_empty_file() {
    let sandbox = Sandbox::new();
    all_refuse(&sandbox, &sandbox.file("empty.db", ""), "it is an empty file");
}

#[test]
fn a_device_and_a_pipe() {
    let sandbox = Sandbox::new();
    sandbox.shell("mkfifo pipe").go().exits(0);
    let pipe = sandbox.path("pipe");
    all_refuse_at_once(&sandbox, pipe.to_str().unwrap());
    all_refuse_at_once(&sandbox, "/dev/null");
}

/// What must not be read for the sake of a comparison.
fn all_refuse_at_once(sandbox: &Sandbox, database: &str) {
    for args in NEED_A_DATABASE.iter().chain(&MAKE_A_DATABASE) {
        let ran = sandbox.run(&[args, &["--database", database][..]].concat());
        ran.fails(4, &format!("database {database}: it is not a regular file"));
    }
}

#[test]
fn a_text_file() {
    let sandbox = Sandbox::new();
    let why = "it is not an SQLite database";
    all_refuse(&sandbox, &sandbox.file("short.db", "hello\n"), why);
    all_refuse(&sandbox, &sandbox.file("long.db", "hello\n".repeat(10_000)), why);
    all_refuse(&sandbox, &sandbox.file("zero.db", [0; 8192]), why);
}

#[test]
fn another_programs_database() {
    let sandbox = Sandbox::new();
    let other = sandbox.path("other.db");
    let connection = rusqlite::Connection::open(&other).unwrap();
    connection.execute_batch("CREATE TABLE tokens (id INTEGER)").unwrap();
    drop(connection);
    let why = "it is another program's SQLite database";
    all_refuse(&sandbox, other.to_str().unwrap(), why);
}

#[test]
fn a_newer_schema() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let known = sandbox.number("PRAGMA user_version").unwrap();
    sandbox.sql("PRAGMA user_version = 999");
    let database = sandbox.database();
    let why = format!("its schema is version 999, this tokctl knows up to {known}");
    all_refuse(&sandbox, database.to_str().unwrap(), &why);
    sandbox.run(&["list"]).fails_somehow(4).hints("install a newer tokctl");
}

#[test]
fn a_database_cut_off_anywhere() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.run(&["create", "--count", "200"]).exits(0).stdout;
    let secret = secret.lines().last().unwrap();
    let whole = fs::read(sandbox.database()).unwrap();
    for length in [1, 15, 16, 99, 100, 511, 512, 4095, 4096, 8192, 10_000, whole.len() - 1] {
        let cut = sandbox.file("cut.db", &whole[..length]);
        for args in [&["verify", secret][..], &["list"], &["create", "-q"], &["prune"]] {
            let ran = sandbox.run(&[args, &["--database", &cut]].concat());
            let ran = ran.fails_somehow(4);
            assert!(ran.stderr.starts_with(&format!("tokctl: database {cut}: ")), "{ran:#?}");
        }
        assert_eq!(fs::read(&cut).unwrap(), whole[..length], "cut to {length} bytes");
    }
}

#[test]
fn a_database_with_garbage_in_it_lets_nobody_in() {
    let sandbox = Sandbox::with_alice();
    let good = sandbox.run(&["create", "--count", "300"]).exits(0).stdout;
    let secret = good.lines().nth(150).unwrap();
    let whole = fs::read(sandbox.database()).unwrap();
    for page in 1..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xa5);
        let damaged = sandbox.file("damaged.db", &bytes);
        // The page may be one that this look-up does not come by; but never is an unknown secret
        // good, nor does anything crash.
        let ran = sandbox.run(&["verify", secret, "--database", &damaged]);
        assert!(matches!(ran.code, Some(0 | 4)), "page {page}: {ran:#?}");
        let ran = sandbox.run(&["verify", UNKNOWN, "--database", &damaged]);
        assert!(matches!(ran.code, Some(1 | 4)), "page {page}: {ran:#?}");
        let ran = sandbox.run(&["list", "--json", "--database", &damaged]);
        assert!(matches!(ran.code, Some(0 | 4)), "page {page}: {ran:#?}");
    }
    let mut bytes = whole.clone();
    bytes[4096..].fill(0xa5);
    let damaged = sandbox.file("damaged.db", &bytes);
    let ran = sandbox.run(&["list", "--database", &damaged]).fails_somehow(4);
    assert!(ran.stderr.contains("corrupt"), "{ran:#?}");
    assert_eq!(fs::read(&damaged).unwrap(), bytes);
}

#[test]
fn a_database_that_everyone_can_write_to_is_refused() {
    let sandbox = Sandbox::with_alice();
    fs::set_permissions(sandbox.database(), fs::Permissions::from_mode(0o666)).unwrap();
    let database = sandbox.database();
    let database = database.to_str().unwrap();
    let why = "every account can write to it, and so mint tokens";
    all_refuse(&sandbox, database, why);
    let ran = sandbox.run(&["list"]).hints(&format!("chmod o-w {database}"));
    // The hint mends it.
    sandbox.shell(ran.stderr.lines().nth(1).unwrap().strip_prefix("hint: ").unwrap()).go().exits(0);
    sandbox.run(&["list"]).exits(0);
}

#[test]
fn the_chmod_in_the_hint_is_quoted() {
    let sandbox = Sandbox::new();
    let database = sandbox.path("it's; a $(db)");
    let database = database.to_str().unwrap();
    sandbox.run(&["create", "--database", database]).exits(0);
    fs::set_permissions(database, fs::Permissions::from_mode(0o666)).unwrap();
    let ran = sandbox.run(&["list", "--database", database]).fails_somehow(4);
    sandbox.shell(ran.stderr.lines().nth(1).unwrap().strip_prefix("hint: ").unwrap()).go().exits(0);
    sandbox.run(&["list", "--database", database]).exits(0);
}

#[test]
fn a_path_cannot_drive_the_terminal() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["list", "--database", "a\u{1b}[2J\nb"]);
    ran.fails(4, "database a\\u{1b}[2J\\u{a}b: there is no such database");
}

#[test]
fn a_database_that_may_not_be_read() {
    let sandbox = Sandbox::with_alice();
    sandbox.make_read_only();
    fs::set_permissions(sandbox.database(), fs::Permissions::from_mode(0o000)).unwrap();
    for args in NEED_A_DATABASE {
        let ran = sandbox.as_stranger(args).go().fails_somehow(4);
        assert!(ran.stderr.contains(sandbox.database().to_str().unwrap()), "{ran:#?}");
    }
}

#[test]
fn an_account_that_may_only_read_it_can_read_it() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox.make_read_only();
    for args in [
        &["list"][..],
        &["show", "1"],
        &["user", "list"],
        &["user", "show", "alice"],
        &["settings", "list"],
        &["settings", "get", "prefix"],
        &["prune", "--dry-run"],
    ] {
        sandbox.as_stranger(args).go().exits(0);
    }
}

#[test]
fn an_account_that_may_only_read_it_cannot_write_and_is_told_why() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox.make_read_only();
    for args in [
        &["create", "-q"][..],
        &["revoke", "1"],
        &["user", "add", "bob"],
        &["user", "ban", "alice"],
        &["settings", "set", "prefix", "acme"],
    ] {
        sandbox
            .as_stranger(args)
            .go()
            .fails(4, "database: may only be read by this account")
            .hints("run this as the account that owns the database");
    }
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn a_link_is_followed() {
    let sandbox = Sandbox::with_alice();
    std::os::unix::fs::symlink(sandbox.database(), sandbox.path("link")).unwrap();
    sandbox.run(&["create", "--database", "link"]).exits(0);
    assert_eq!(sandbox.live_tokens(), 1);
    std::os::unix::fs::symlink(sandbox.path("nowhere"), sandbox.path("broken")).unwrap();
    sandbox.run(&["create", "-q", "--database", "broken"]).fails_somehow(4);
    assert!(!sandbox.path("nowhere").exists());
}

/// To SQLite `file:a?mode=memory` is a URI, and `file:b` the file b.
#[test]
fn a_path_is_no_uri() {
    let sandbox = Sandbox::new();
    let database = ["--database", "file:a?mode=memory"];
    let run = |args: &[&str]| sandbox.run(&[args, &database].concat());
    let secret = run(&["create", "-q"]).exits(0).stdout;
    sandbox.tokctl(&[&["verify", "-"], &database[..]].concat()).stdin(secret).go().exits(0);
    run(&["backup", "file:b"]).exits(0);
    run(&["revoke", "1"]).exits(0);
    run(&["restore", "--yes", "file:b"]).exits(0);
    assert!(run(&["list"]).exits(0).stdout.contains("active"));
    assert!(sandbox.path("file:a?mode=memory").exists() && !sandbox.path("b").exists());
    sandbox.file("file:c", fs::read(foreign::fixture("sanctum", "app.db")).unwrap());
    run(&["import", "file:c"]).exits(0);
}

#[test]
fn one_that_is_locked_for_too_long() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let connection = sandbox.connection();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let commands = [&["verify", &secret][..], &["list"], &["create", "-q"], &["revoke", "1"]];
    std::thread::scope(|scope| {
        for args in commands {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let ran = sandbox.run(args).fails_somehow(4);
                assert!(ran.stderr.contains("locked by another process"), "{ran:#?}");
            });
        }
    });
    connection.execute_batch("ROLLBACK").unwrap();
    sandbox.run(&["verify", &secret]).exits(0);
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn those_who_only_read_need_not_wait_for_one_who_is_about_to_write() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let connection = sandbox.connection();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    for args in [&["list"][..], &["show", "1"], &["user", "list"], &["settings", "list"]] {
        sandbox.run(args).exits(0);
    }
    connection.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn those_who_only_read_write_nothing() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.run(&["settings", "set", "record-attempts", "none"]).exits(0);
    let before = fs::read(sandbox.database()).unwrap();
    let inode = fs::metadata(sandbox.database()).unwrap().ino();
    for args in [
        &["list"][..],
        &["show", "1"],
        &["user", "list"],
        &["user", "show", "alice"],
        &["settings", "list"],
        &["settings", "get", "prefix"],
        &["verify", UNKNOWN],
        &["prune", "--dry-run"],
        &["revoke-all", "--everyone", "--dry-run"],
    ] {
        sandbox.run(args);
    }
    assert_eq!(fs::read(sandbox.database()).unwrap(), before);
    assert_eq!(fs::metadata(sandbox.database()).unwrap().ino(), inode);
}

#[test]
fn it_tells_what_it_is() {
    let sandbox = Sandbox::with_alice();
    assert_eq!(sandbox.number("PRAGMA application_id"), Some(0x746f_6b63));
    assert!(sandbox.number("PRAGMA user_version") > Some(0));
}
