//! The database file: where it is, who can use it, and the errors about a file that is not usable.

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use support::{Ran, Sandbox, UNKNOWN, foreign, mode};

/// Every command that requires a database, besides `restore`.
const NEED_A_DATABASE: [&[&str]; 23] = [
    &["list"],
    &["list", "--all", "--json"],
    &["show", "1"],
    &["verify", UNKNOWN],
    &["rotate", "1"],
    &["log"],
    &["stats"],
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
    &["export"],
    &["backup", "copy"],
    &["doctor"],
];

/// The commands that create a missing database.
const CREATE_A_DATABASE: [&[&str]; 3] =
    [&["create", "-q"], &["user", "add", "bob"], &["settings", "set", "prefix", "acme"]];

/// Runs every command on a file that is not a usable database: each says why, and changes nothing.
#[track_caller]
fn all_commands_refuse(sandbox: &Sandbox, database: &str, why: &str) {
    let before = fs::read(database).ok();
    let error = format!("database {database}: {why}");
    for args in NEED_A_DATABASE.iter().chain(&CREATE_A_DATABASE) {
        sandbox.run(&[args, &["--database", database][..]].concat()).fails(4, &error);
    }
    assert_eq!(fs::read(database).ok(), before);
    let directory = Path::new(database).parent().unwrap();
    for entry in fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.ends_with("-journal") && !name.ends_with("-wal"), "{name}");
    }
}

/// Runs the command in the hint of an error.
#[track_caller]
fn run_hint(sandbox: &Sandbox, ran: &Ran) {
    let hint = ran.stderr.lines().nth(1).unwrap().strip_prefix("hint: ").unwrap();
    sandbox.shell(hint).go().exits(0);
}

#[test]
fn a_thread_that_cannot_be_started_is_an_error() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    sandbox.make_read_only();
    let ran = sandbox.as_stranger(&["verify", "--batch", "-"]).without_threads().stdin(secret).go();
    ran.fails(4, "cannot start a thread: Resource temporarily unavailable (os error 11)");
    for args in [&["create"][..], &["import", "jsonl", "tokens.jsonl"]] {
        sandbox
            .as_stranger(args)
            .without_threads()
            .go()
            .fails(4, "cannot wait for signals: Resource temporarily unavailable (os error 11)");
    }
}

#[test]
fn a_missing_database_is_an_error_and_is_not_created() {
    let sandbox = Sandbox::new();
    let error = format!("database {}: it does not exist", sandbox.database().display());
    for args in NEED_A_DATABASE {
        sandbox.run(args).fails(4, &error).hints(
            "name another one with --database or $TOKCTL_DATABASE; `tokctl create` creates this \
             one and issues a token",
        );
    }
    assert!(!sandbox.path("data").exists());
}

#[test]
fn a_command_that_adds_something_creates_a_missing_database() {
    for args in CREATE_A_DATABASE {
        let sandbox = Sandbox::new();
        sandbox.run(args).exits(0);
        assert!(sandbox.database().exists());
        sandbox.run(&["user", "list"]).exits(0);
    }
}

#[test]
fn an_invalid_request_creates_no_database() {
    let sandbox = Sandbox::new();
    sandbox.run(&["create", "--scope", "a b"]).fails_somehow(2);
    sandbox.run(&["user", "add", ""]).fails_somehow(2);
    sandbox.run(&["settings", "set", "prefix", "Tok"]).fails_somehow(2);
    sandbox.run(&["create", "-q", "--out", "/dev/null"]).fails_somehow(2);
    assert!(!sandbox.path("data").exists());
}

#[test]
fn the_environment_names_the_database() {
    let sandbox = Sandbox::new();
    let database = sandbox.path("a.db");
    sandbox.tokctl(&["create"]).env("TOKCTL_DATABASE", &database).go().exits(0);
    assert!(database.exists());
    assert!(!sandbox.database().exists());
}

#[test]
fn the_option_overrides_the_environment() {
    let sandbox = Sandbox::new();
    let (a, b) = (sandbox.path("a.db"), sandbox.path("b.db"));
    let args = ["create", "--database", b.to_str().unwrap()];
    sandbox.tokctl(&args).env("TOKCTL_DATABASE", &a).go().exits(0);
    assert!(b.exists());
    assert!(!a.exists() && !sandbox.database().exists());
}

#[test]
fn an_empty_environment_variable_means_the_default() {
    let sandbox = Sandbox::new();
    sandbox.tokctl(&["create"]).env("TOKCTL_DATABASE", "").go().exits(0);
    assert!(sandbox.database().exists());
}

#[test]
fn a_relative_path_starts_in_the_current_directory() {
    let sandbox = Sandbox::new();
    sandbox.run(&["create", "--database", "c.db"]).exits(0);
    assert!(sandbox.path("c.db").exists());
}

#[test]
fn the_default_is_in_the_home_directory_without_a_data_directory() {
    let sandbox = Sandbox::new();
    sandbox.tokctl(&["create"]).without_env("XDG_DATA_HOME").go().exits(0);
    assert!(sandbox.path(".local/share/tokctl/tokctl.db").exists());
}

#[test]
fn a_new_database_and_its_directory_are_private_under_any_umask() {
    for umask in ["000", "022", "077", "777"] {
        let sandbox = Sandbox::new();
        sandbox.shell(&format!("umask {umask}; exec \"$TOKCTL\" create")).go().exits(0);
        assert_eq!(mode(sandbox.database()), 0o600, "{umask}");
        assert_eq!(mode(sandbox.path("data/tokctl")), 0o700, "{umask}");
        let files: Vec<_> = fs::read_dir(sandbox.path("data/tokctl")).unwrap().collect();
        assert_eq!(files.len(), 1, "{files:?}");
    }
}

#[test]
fn an_account_can_use_the_database_that_it_creates_under_a_strict_umask() {
    let sandbox = Sandbox::new();
    let (uid, gid) = sandbox.stranger();
    let home = sandbox.path("home");
    fs::create_dir(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(uid), Some(gid)).unwrap();
    let database = home.join("deep/er/tokctl.db");
    let database = database.to_str().unwrap();
    let args = ["create", "-q", "--user", "stranger", "--database", database];
    let ran = sandbox.as_stranger(&args).umask("777").go();
    // The database was created and could be opened: it does not contain this user.
    ran.fails(1, "user stranger not found: no user has this name");
    assert_eq!(mode(database), 0o600);
}

#[test]
fn an_existing_directory_keeps_its_permissions() {
    let sandbox = Sandbox::new();
    let directory = sandbox.path("shared");
    fs::create_dir(&directory).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.run(&["create", "--database", "shared/a.db"]).exits(0);
    assert_eq!(mode(directory), 0o755);
    assert_eq!(mode(sandbox.path("shared/a.db")), 0o600);
}

#[test]
fn a_path_through_a_file_cannot_be_opened() {
    let sandbox = Sandbox::new();
    let database = format!("{}/tokctl.db", sandbox.file("file", ""));
    let error = format!("database {database}: it cannot be opened (Not a directory (os error 20))");
    for args in [&["create", "-q"][..], &["list"]] {
        sandbox
            .run(&[args, &["--database", &database]].concat())
            .fails(4, &error)
            .hints("check the permissions of the file and its directory");
    }
}

#[test]
fn a_directory_without_write_permission_is_reported() {
    let sandbox = Sandbox::with_alice();
    sandbox.make_read_only();
    let error = |database: &str| {
        format!("database {database}: it cannot be created (Permission denied (os error 13))")
    };
    for database in ["data/tokctl/new.db", "data/tokctl/new/tokctl.db"] {
        sandbox
            .as_stranger(&["create", "-q", "--database", database])
            .go()
            .fails(4, &error(database))
            .hints(
                "check the permissions of its directory, or name another database with --database",
            );
    }
}

#[test]
fn a_directory_is_refused() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("directory")).unwrap();
    let database = sandbox.path("directory");
    let database = database.to_str().unwrap();
    all_commands_refuse(&sandbox, database, "it is a directory");
    sandbox.run(&["list", "--database", database]).hints("name the database file in it");
}

#[test]
fn an_empty_file_is_refused() {
    let sandbox = Sandbox::new();
    let database = sandbox.file("empty.db", "");
    all_commands_refuse(&sandbox, &database, "it is an empty file");
    sandbox.run(&["list", "--database", &database]).hints(&format!(
        "restore a backup with `tokctl --database {database} restore FILE`, or delete the file if \
         it never contained tokens"
    ));
}

#[test]
fn a_pipe_and_a_device_are_refused_without_waiting() {
    let sandbox = Sandbox::new();
    sandbox.shell("mkfifo pipe").go().exits(0);
    let pipe = sandbox.path("pipe");
    // Not by all_commands_refuse: it would read the pipe and never return.
    for database in [pipe.to_str().unwrap(), "/dev/null"] {
        for args in NEED_A_DATABASE.iter().chain(&CREATE_A_DATABASE) {
            sandbox
                .run(&[args, &["--database", database][..]].concat())
                .fails(4, &format!("database {database}: it is not a regular file"))
                .hints("name tokctl's own database with --database or $TOKCTL_DATABASE");
        }
    }
}

#[test]
fn a_file_that_is_not_a_database_is_refused() {
    let sandbox = Sandbox::new();
    let why = "it is not an SQLite database";
    all_commands_refuse(&sandbox, &sandbox.file("short.db", "hello\n"), why);
    all_commands_refuse(&sandbox, &sandbox.file("long.db", "hello\n".repeat(10_000)), why);
    let zeros = sandbox.file("zero.db", [0; 8192]);
    all_commands_refuse(&sandbox, &zeros, why);
    sandbox.run(&["list", "--database", &zeros]).hints(&format!(
        "check --database and $TOKCTL_DATABASE; if this is the right file, restore a backup with \
         `tokctl --database {zeros} restore FILE`"
    ));
}

#[test]
fn the_database_of_another_program_is_refused() {
    let sandbox = Sandbox::new();
    let other = sandbox.path("other.db");
    let connection = rusqlite::Connection::open(&other).unwrap();
    connection.execute_batch("CREATE TABLE tokens (id INTEGER)").unwrap();
    drop(connection);
    let other = other.to_str().unwrap();
    all_commands_refuse(&sandbox, other, "it is another program's SQLite database");
    sandbox
        .run(&["list", "--database", other])
        .hints("name tokctl's own database with --database or $TOKCTL_DATABASE");
}

#[test]
fn a_newer_schema_is_refused() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let known = sandbox.number("PRAGMA user_version").unwrap();
    sandbox.sql("PRAGMA user_version = 999");
    let database = sandbox.database();
    let why =
        format!("its schema is version 999, but this tokctl supports only versions up to {known}");
    all_commands_refuse(&sandbox, database.to_str().unwrap(), &why);
    sandbox.run(&["list"]).fails_somehow(4).hints("install a newer tokctl");
}

#[test]
fn a_truncated_database_is_refused_and_stays_as_it_is() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.run(&["create", "--count", "200"]).exits(0).stdout;
    let secret = secret.lines().last().unwrap();
    let complete = fs::read(sandbox.database()).unwrap();
    for length in [1, 15, 16, 99, 100, 511, 512, 4095, 4096, 8192, 10_000, complete.len() - 1] {
        let cut = sandbox.file("cut.db", &complete[..length]);
        for args in [&["verify", secret][..], &["list"], &["create", "-q"], &["prune"]] {
            let ran = sandbox.run(&[args, &["--database", &cut]].concat());
            let ran = ran.fails_somehow(4);
            assert!(ran.stderr.starts_with(&format!("tokctl: database {cut}: ")), "{ran:#?}");
        }
        assert_eq!(fs::read(&cut).unwrap(), complete[..length], "cut to {length} bytes");
    }
}

#[test]
fn a_corrupt_page_never_makes_an_unknown_secret_good() {
    let sandbox = Sandbox::with_alice();
    let secrets = sandbox.run(&["create", "--count", "300"]).exits(0).stdout;
    let secret = secrets.lines().nth(150).unwrap();
    let intact = fs::read(sandbox.database()).unwrap();
    for page in 1..intact.len() / 4096 {
        let mut bytes = intact.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xa5);
        let damaged = sandbox.file("damaged.db", &bytes);
        // A look-up need not read this page, so it may find the right answer. But it never finds a
        // wrong one, and never crashes.
        let ran = sandbox.run(&["verify", secret, "--database", &damaged]);
        assert!(matches!(ran.code, Some(0 | 4)), "page {page}: {ran:#?}");
        let ran = sandbox.run(&["verify", UNKNOWN, "--database", &damaged]);
        assert!(matches!(ran.code, Some(1 | 4)), "page {page}: {ran:#?}");
        let ran = sandbox.run(&["list", "--json", "--database", &damaged]);
        assert!(matches!(ran.code, Some(0 | 4)), "page {page}: {ran:#?}");
    }
}

#[test]
fn a_corrupt_database_is_reported_and_stays_as_it_is() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "300"]).exits(0);
    let mut bytes = fs::read(sandbox.database()).unwrap();
    bytes[4096..].fill(0xa5);
    let damaged = sandbox.file("damaged.db", &bytes);
    let error = format!("database {damaged}: it is corrupt (database disk image is malformed)");
    sandbox.run(&["list", "--database", &damaged]).fails(4, &error).hints(&format!(
        "restore a backup with `tokctl --database {damaged} restore FILE`; `sqlite3 {damaged} \
         .recover` may save what is left"
    ));
    assert_eq!(fs::read(&damaged).unwrap(), bytes);
}

#[test]
fn a_world_writable_database_is_refused_and_the_hint_fixes_it() {
    let sandbox = Sandbox::with_alice();
    fs::set_permissions(sandbox.database(), fs::Permissions::from_mode(0o666)).unwrap();
    let database = sandbox.database();
    let database = database.to_str().unwrap();
    let why = "every account can write to it, and could issue tokens";
    all_commands_refuse(&sandbox, database, why);
    let ran = sandbox.run(&["list"]).hints(&format!("chmod o-w {database}"));
    run_hint(&sandbox, &ran);
    sandbox.run(&["list"]).exits(0);
}

#[test]
fn the_path_in_a_hint_is_quoted_for_the_shell() {
    let sandbox = Sandbox::new();
    let database = sandbox.path("it's; a $(db)");
    let database = database.to_str().unwrap();
    sandbox.run(&["create", "--database", database]).exits(0);
    fs::set_permissions(database, fs::Permissions::from_mode(0o666)).unwrap();
    let ran = sandbox.run(&["list", "--database", database]).fails_somehow(4);
    run_hint(&sandbox, &ran);
    sandbox.run(&["list", "--database", database]).exits(0);
}

#[test]
fn control_characters_in_a_path_are_escaped() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["list", "--database", "a\u{1b}[2J\nb"]);
    ran.fails(4, "database a\\u{1b}[2J\\u{a}b: it does not exist");
}

#[test]
fn a_database_without_read_permission_cannot_be_opened() {
    let sandbox = Sandbox::with_alice();
    sandbox.make_read_only();
    fs::set_permissions(sandbox.database(), fs::Permissions::from_mode(0o000)).unwrap();
    let database = sandbox.database();
    let database = database.display();
    let error = format!(
        "database {database}: it cannot be opened (unable to open database file: {database})"
    );
    for args in NEED_A_DATABASE {
        sandbox
            .as_stranger(args)
            .go()
            .fails(4, &error)
            .hints("check the permissions of the file and its directory");
    }
}

#[test]
fn an_account_with_read_permission_can_read() {
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
fn an_account_with_read_permission_only_cannot_write() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI"]);
    sandbox.make_read_only();
    let error =
        format!("database {}: this account cannot write to it", sandbox.database().display());
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
            .fails(4, &error)
            .hints("run the command as the account that owns the database");
    }
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn a_symbolic_link_is_followed() {
    let sandbox = Sandbox::with_alice();
    std::os::unix::fs::symlink(sandbox.database(), sandbox.path("link")).unwrap();
    sandbox.run(&["create", "--database", "link"]).exits(0);
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn a_dangling_symbolic_link_is_refused() {
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink(sandbox.path("nowhere"), sandbox.path("broken")).unwrap();
    sandbox
        .run(&["create", "-q", "--database", "broken"])
        .fails(4, "database broken: it does not exist");
    assert!(!sandbox.path("nowhere").exists());
}

/// SQLite would read `file:a?mode=memory` as a URI, and `file:b` as the file b.
#[test]
fn a_path_that_looks_like_a_uri_is_a_path() {
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
fn a_lock_held_for_too_long_is_an_error() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let connection = sandbox.connection();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let database = sandbox.database();
    let database = database.display();
    let error = format!("database {database}: another process keeps it locked");
    let hint = format!("try again; `fuser {database}` lists the processes that have it open");
    let commands = [&["verify", &secret][..], &["list"], &["create", "-q"], &["revoke", "1"]];
    std::thread::scope(|scope| {
        for args in commands {
            scope.spawn(|| sandbox.run(args).fails(4, &error).hints(&hint));
        }
    });
    connection.execute_batch("ROLLBACK").unwrap();
    sandbox.run(&["verify", &secret]).exits(0);
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn a_write_lock_does_not_delay_commands_that_read() {
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
fn commands_that_read_do_not_write() {
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
fn the_file_has_an_application_id_and_a_schema_version() {
    let sandbox = Sandbox::with_alice();
    assert_eq!(sandbox.number("PRAGMA application_id"), Some(0x746f_6b63));
    assert!(sandbox.number("PRAGMA user_version") > Some(0));
}

/// Another account's journal with pages of its own would be restored into the database.
#[test]
fn a_journal_can_be_planted_by_nobody() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let (database, folder) = (sandbox.database(), sandbox.path("data/tokctl"));
    let (database, folder) = (database.display(), folder.display());
    let commands: [&[&str]; 4] = [&["verify", &secret], &["list"], &["create"], &["doctor"]];
    let refused = |why: &str, hint: &str, fix: &str| {
        for args in commands {
            let ran = sandbox.run(args).fails(4, &format!("database {database}: {why}"));
            ran.hints(hint);
        }
        sandbox.shell(fix).go().exits(0);
        sandbox.run(&["verify", &secret]).exits(0);
    };
    let why = format!("other accounts can write to {folder}, and could issue tokens");
    let chmod = format!("chmod go-w {folder}");
    for (mode, hint) in [("777", chmod.as_str()), ("770", &chmod), ("1777", OWN_FOLDER)] {
        sandbox.shell(&format!("chmod {mode} {folder}")).go().exits(0);
        refused(&why, hint, &chmod);
    }
    let journal = format!("{database}-journal");
    let aside = format!("mv {journal} {journal}.aside");
    sandbox.shell(&format!("mkfifo {journal}")).go().exits(0);
    refused(&format!("{journal} beside it is not a regular file"), &aside, &aside);
    let chown = format!("chown 0 {journal}");
    for fix in [&chown, &aside] {
        if sandbox.shell(&format!("touch {journal}; chown 65534 {journal}")).go().code == Some(0) {
            let why = "beside it belongs to another account, which could issue tokens";
            let given = "if the database was given to another account";
            let hint = format!("{given}, `{chown}`; otherwise `{aside}`");
            refused(&format!("{journal} {why}"), &hint, fix);
        }
    }
}

/// What to do about a folder that others need, such as `/tmp`.
const OWN_FOLDER: &str =
    "use a database in a folder of its own, which `mkdir -m 700 ~/tokctl` makes";

/// Whether root runs the tests, and can give files away.
fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("not run, because only root can give files away");
    }
    is_root
}

#[test]
fn the_database_cannot_be_replaced_by_the_owner_of_its_folder() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    if !is_root() {
        return;
    }
    let (database, folder) = (sandbox.database(), sandbox.path("data/tokctl"));
    let (database, folder) = (database.display(), folder.display());
    for replaceable in [folder.to_string(), sandbox.path("data").display().to_string()] {
        sandbox.shell(&format!("chmod 755 {replaceable}; chown 65534 {replaceable}")).go().exits(0);
        let chown = format!("chown -h 0 {replaceable}");
        let why = format!("{replaceable} belongs to account 65534, which could issue tokens");
        for args in [&["verify", &secret][..], &["list"], &["create"], &["doctor"]] {
            sandbox
                .run(args)
                .fails(4, &format!("database {database}: {why}"))
                .hints(&format!("`{chown}` if nobody else needs it; otherwise {OWN_FOLDER}"));
        }
        sandbox.shell(&chown).go().exits(0);
        sandbox.run(&["verify", &secret]).exits(0);
    }
}

/// `nobody` renames the folder of the database and puts its own in its place.
#[test]
fn a_folder_that_leads_to_the_database_cannot_be_replaced() {
    let sandbox = Sandbox::new();
    if !is_root() {
        return;
    }
    sandbox.shell("mkdir -m 777 p; chmod 777 p").go().exits(0);
    let database = sandbox.path("p/in/tokctl.db");
    let database = database.to_str().unwrap();
    let p = sandbox.path("p");
    let why = format!("other accounts can write to {}, and could issue tokens", p.display());
    let refused = |args: &[&str]| {
        let args = [&["--database", database], args].concat();
        let ran = sandbox.run(&args).fails(4, &format!("database {database}: {why}"));
        ran.hints(&format!("chmod o-w {}", p.display()));
    };
    refused(&["create", "-q"]);
    assert_eq!(fs::read_dir(&p).unwrap().count(), 0);
    let mine = ["--database", database, "create"];
    fs::set_permissions(&p, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.run(&mine).exits(0);
    fs::set_permissions(&p, fs::Permissions::from_mode(0o1777)).unwrap();
    sandbox.run(&["--database", database, "list"]).exits(0);
    let take = "mv p/in p/away";
    let nobody = |script: &str| {
        let script = format!("setpriv --reuid 65534 --regid 65534 --clear-groups {script}");
        sandbox.shell(&script).go()
    };
    sandbox.as_stranger(&["--version"]).go().exits(0); // Lets other accounts enter.
    assert_ne!(nobody(take).code, Some(0));
    fs::set_permissions(&p, fs::Permissions::from_mode(0o777)).unwrap();
    nobody(take).exits(0);
    nobody("mkdir -m 755 p/in").exits(0);
    let planted = sandbox.path("planted");
    fs::create_dir(&planted).unwrap();
    std::os::unix::fs::chown(&planted, Some(65534), Some(65534)).unwrap();
    let own = planted.join("tokctl.db");
    let ran = sandbox.as_stranger(&["create", "--database", own.to_str().unwrap()]).go().exits(0);
    nobody("cp planted/tokctl.db p/in/tokctl.db").exits(0);
    refused(&["verify", ran.stdout.trim()]);
}

#[test]
fn a_service_owns_the_database_that_another_account_reads() {
    const SERVICE: u32 = 54321;
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    if !is_root() {
        return;
    }
    let folder = sandbox.path("data/tokctl");
    let (_, readers) = sandbox.stranger();
    for path in [&sandbox.path("data"), &folder, &sandbox.database()] {
        std::os::unix::fs::chown(path, Some(SERVICE), Some(readers)).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o750)).unwrap();
    }
    sandbox.as_stranger(&["verify", &secret]).go().exits(0);
    sandbox.run(&["verify", &secret]).exits(0);
}

#[test]
fn root_creates_a_database_for_the_account_that_owns_the_folder() {
    let sandbox = Sandbox::new();
    if !is_root() {
        return;
    }
    let home = sandbox.path("home");
    fs::create_dir(&home).unwrap();
    let (uid, gid) = sandbox.stranger();
    std::os::unix::fs::chown(&home, Some(uid), Some(gid)).unwrap();
    let database = home.join("tokctl.db");
    let secret = sandbox.create(&["--database", database.to_str().unwrap()]);
    assert_eq!(fs::metadata(&database).unwrap().uid(), uid);
    let args = ["--database", database.to_str().unwrap(), "verify", &secret];
    sandbox.run(&args).exits(0);
    sandbox.as_stranger(&args).go().exits(0);
}
