//! `doctor`: it finds what is wrong, and the commands that it prints fix it.

mod support;

use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use support::database::on_server;
use support::{DAY, Sandbox, sqlite_only};

/// The checks that found something, each with its count.
fn findings(sandbox: &Sandbox, args: &[&str]) -> Vec<(String, u64)> {
    let ran = sandbox.run(&[&["doctor", "--json"], args].concat());
    let finding = |finding: &Value| {
        (finding["check"].as_str().unwrap().to_string(), finding["count"].as_u64().unwrap())
    };
    ran.json().as_array().unwrap().iter().map(finding).collect()
}

/// The commands that `doctor` prints for a check.
fn commands(sandbox: &Sandbox, check: &str, args: &[&str]) -> Vec<String> {
    let findings = sandbox.run(&[&["doctor", "--json"], args].concat()).json();
    let all = findings.as_array().unwrap();
    let finding = all.iter().find(|finding| finding["check"] == check).unwrap();
    let commands = finding["commands"].as_array().unwrap();
    commands.iter().map(|command| command.as_str().unwrap().to_string()).collect()
}

/// Runs a command of `doctor` in a shell.
#[track_caller]
fn paste(sandbox: &Sandbox, command: &str) {
    let script = format!("tokctl() {{ \"$TOKCTL\" \"$@\"; }}\n{command}");
    sandbox.shell(&script).go().exits(0);
}

/// Runs all commands that are printed for a check, after which it finds nothing.
#[track_caller]
fn fix(sandbox: &Sandbox, check: &str, args: &[&str]) {
    let commands = commands(sandbox, check, args);
    assert!(!commands.is_empty(), "{check}");
    for command in commands {
        paste(sandbox, &command);
    }
    let left = findings(sandbox, args);
    assert!(left.iter().all(|(name, _)| name != check), "{check}: {left:?}");
}

/// Two tokens that expire, have a narrow scope and were used.
fn healthy() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    for name in ["one", "two"] {
        let secret = sandbox.create(&["--name", name, "--scope", "a", "--expires", "30d"]);
        sandbox.run(&["verify", &secret]).exits(0);
    }
    sandbox
}

#[test]
fn a_healthy_database_has_no_findings() {
    let sandbox = healthy();
    sandbox.run(&["doctor"]).exits(0).prints("").remarks("no problems found\n");
    sandbox.run(&["doctor", "--strict"]).exits(0);
    sandbox.run(&["doctor", "--json"]).exits(0).prints("[]\n");
}

#[test]
fn a_missing_database_is_an_error() {
    Sandbox::without_tables().run(&["doctor"]).fails_somehow(4);
}

/// Sets when a token was issued and last used, in days before now.
fn set_age(sandbox: &Sandbox, id: i64, created: i64, used: Option<i64>) {
    sandbox.set_time(id, "created_at", -created * DAY);
    match used {
        Some(used) => sandbox.set_time(id, "last_used_at", -used * DAY),
        None => sandbox.sql(&format!("UPDATE tokens SET last_used_at = NULL WHERE id = {id}")),
    }
}

#[test]
fn the_report_has_a_table_and_the_tokens_and_commands_of_each_check() {
    let sandbox = healthy();
    sandbox.create(&["--name", "never", "--scope", "a"]);
    sandbox.sql("UPDATE tokens SET expires_at = NULL");
    set_age(&sandbox, 3, 30, None);
    let report = "\
PART    CHECK       COUNT  WHY IT MATTERS
tokens  no-expiry   3      a leaked token that never expires stays valid until it is revoked
tokens  never-used  1      tokens that were not used in their first 30 days may be unnecessary

# no-expiry: tokens 1, 2, 3

# never-used: token 3
tokctl revoke 3 --reason 'never used'
";
    sandbox
        .run(&["doctor"])
        .exits(0)
        .prints(report)
        .remarks("the database is sound; review the commands before you run them\n");
}

#[test]
fn findings_that_are_a_matter_of_policy_have_no_commands() {
    for (check, count, sql) in [
        ("no-expiry", 2, "UPDATE tokens SET expires_at = NULL"),
        ("everything", 1, "UPDATE tokens SET scopes = '*' WHERE id = 2"),
        ("banned-owner", 2, "UPDATE users SET banned_at = 1 WHERE id = 2"),
        ("policy", 2, "INSERT INTO settings VALUES ('max-expires', '7d')"),
        ("policy", 2, "INSERT INTO settings VALUES ('allowed-scopes', 'b')"),
        (
            "policy",
            2,
            "INSERT INTO settings VALUES ('owners', 'admins'); UPDATE users SET admin = false",
        ),
    ] {
        let sandbox = healthy();
        sandbox.sql(sql);
        assert_eq!(findings(&sandbox, &[]), [(check.to_string(), count)]);
        assert_eq!(commands(&sandbox, check, &[]), [] as [String; 0]);
        let advice = "the database is sound; the findings are advice\n";
        sandbox.run(&["doctor"]).exits(0).remarks(advice);
        sandbox.run(&["doctor", "--strict"]).exits(1);
    }
}

#[test]
fn tokens_that_are_not_used_are_revoked_by_the_command() {
    for (check, used) in [("never-used", None), ("unused", Some(91))] {
        let sandbox = healthy();
        set_age(&sandbox, 1, 100, used);
        assert_eq!(findings(&sandbox, &[]), [(check.to_string(), 1)]);
        fix(&sandbox, check, &[]);
        assert_eq!(sandbox.listed(&[]), [2]);
    }
}

#[test]
fn a_token_that_is_younger_than_30_days_is_not_never_used() {
    let sandbox = healthy();
    set_age(&sandbox, 1, 29, None);
    sandbox.run(&["doctor", "--strict"]).exits(0);
    set_age(&sandbox, 1, 30, None);
    assert_eq!(findings(&sandbox, &[]), [("never-used".to_string(), 1)]);
}

#[test]
fn no_token_is_unused_if_the_database_records_no_uses() {
    let sandbox = healthy();
    set_age(&sandbox, 1, 300, None);
    set_age(&sandbox, 2, 300, Some(31));
    sandbox.run(&["doctor", "--strict"]).exits(0);
    set_age(&sandbox, 2, 300, Some(29));
    assert_eq!(findings(&sandbox, &[]), [("never-used".to_string(), 1)]);
}

#[test]
fn tokens_that_other_accounts_may_use_without_a_record_are_not_revoked() {
    sqlite_only!("file permissions");
    let sandbox = healthy();
    set_age(&sandbox, 1, 300, None);
    let mode = Permissions::from_mode(0o640);
    fs::set_permissions(sandbox.database(), mode).unwrap();
    let report = "\
PART    CHECK       COUNT  WHY IT MATTERS
tokens  never-used  1      no use is recorded, but accounts that only read the database can use \
these tokens without a record

# never-used: token 1
";
    sandbox.run(&["doctor"]).exits(0).prints(report);
}

#[test]
fn a_use_counts_for_as_long_as_it_would_not_be_recorded_again() {
    let sandbox = healthy();
    set_age(&sandbox, 1, 300, Some(100));
    sandbox.run(&["settings", "set", "last-used-resolution", "11d"]).exits(0);
    sandbox.run(&["doctor", "--strict"]).exits(0);
    sandbox.run(&["settings", "set", "last-used-resolution", "10d"]).exits(0);
    assert_eq!(findings(&sandbox, &[]), [("unused".to_string(), 1)]);
}

#[test]
fn uses_of_imported_tokens_are_not_judged() {
    let sandbox = healthy();
    sandbox.sql("UPDATE tokens SET source = 'sanctum' WHERE id = 1");
    for used in [None, Some(300)] {
        set_age(&sandbox, 1, 400, used);
        sandbox.run(&["doctor", "--strict"]).exits(0);
    }
}

#[test]
fn an_old_token_within_its_overlap_is_no_finding() {
    let sandbox = healthy();
    set_age(&sandbox, 1, 100, None);
    sandbox.run(&["settings", "set", "max-expires", "200d"]).exits(0);
    sandbox.run(&["rotate", "1", "--overlap", "7d", "--expires", "30d"]).exits(0);
    sandbox.run(&["doctor", "--strict"]).exits(0);
}

#[test]
fn tokens_with_the_same_name_are_no_finding() {
    let sandbox = healthy();
    sandbox.sql("UPDATE tokens SET name = 'worker'");
    sandbox.run(&["doctor", "--strict"]).exits(0);
}

#[test]
fn expired_tokens_are_a_finding_when_prune_would_delete_them() {
    let sandbox = healthy();
    sandbox.set_time(1, "expires_at", -29 * DAY);
    sandbox.run(&["doctor", "--strict"]).exits(0);
    sandbox.set_time(1, "expires_at", -31 * DAY);
    assert_eq!(findings(&sandbox, &[]), [("expired".to_string(), 1)]);
    fix(&sandbox, "expired", &[]);
}

/// Every kind of token, with the secrets of those that were used in the last 30 days.
fn estate() -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let mut used = Vec::new();
    let mut issue = |args: &[&str], created: i64, last: Option<i64>| {
        let secret = sandbox.create(args);
        let id = sandbox.number("SELECT max(id) FROM tokens").unwrap();
        set_age(&sandbox, id, created, last);
        if last.is_some_and(|days| days <= 30) {
            used.push(secret);
        }
        id.to_string()
    };
    // In use: with every scope, without an expiry, for long, in a pool of one name.
    issue(&[], 400, Some(0));
    issue(&["--scope", "a", "--expires", "1y"], 200, Some(30));
    for age in [3, 50, 100] {
        issue(&["--name", "worker", "--scope", "a"], age, Some(1));
    }
    // Against the policy that comes below, in each way.
    issue(&["--scope", "secret.read"], 10, Some(2));
    issue(&["--user", "bob"], 10, Some(2));
    // Not in use: new, never used, not for long.
    issue(&["--scope", "a"], 1, None);
    issue(&["--scope", "a"], 31, None);
    issue(&["--scope", "a"], 300, Some(91));
    // Ended.
    let expired = issue(&["--scope", "a"], 300, Some(100));
    sandbox.set_time(expired.parse().unwrap(), "expires_at", -40 * DAY);
    sandbox.run(&["revoke", &issue(&["--scope", "a"], 300, Some(100))]).exits(0);
    // Rotated: both secrets are in use.
    let rotated = issue(&["--scope", "a"], 300, Some(1));
    let ran = sandbox.run(&["rotate", &rotated, "--overlap", "7d"]).exits(0);
    sandbox.run(&["verify", ran.stdout.trim_end()]).exits(0);
    used.push(ran.stdout.trim_end().to_string());
    // More than a command names.
    sandbox.run(&["create", "--count", "25", "--scope", "a", "--name", "many"]).exits(0);
    let age = 40 * DAY;
    sandbox.sql(&format!("UPDATE tokens SET created_at = created_at - {age} WHERE name = 'many'"));
    // Imported, and used where it came from.
    let line = r#"{"name":"old","secret":"imported-secret-0123456789","created_at":"2020-01-01T00:00:00Z"}"#;
    let file = sandbox.file("tokens.jsonl", line);
    sandbox.run(&["import", "jsonl", &file]).exits(0);
    used.push("imported-secret-0123456789".into());
    sandbox.run(&["settings", "set", "max-expires", "90d"]).exits(0);
    sandbox.run(&["settings", "set", "allowed-scopes", "a,b.*"]).exits(0);
    sandbox.run(&["settings", "set", "owners", "admins"]).exits(0);
    (sandbox, used)
}

#[test]
fn pasting_all_commands_locks_out_no_token_that_is_in_use() {
    let (sandbox, used) = estate();
    // When the ban is lifted, his token must be good again.
    sandbox.run(&["user", "ban", "bob"]).exits(0);
    let count = || sandbox.number("SELECT count(*) FROM tokens WHERE revoked_at IS NULL");
    let before = count();
    // A command names only some of the tokens, so that the next run finds more.
    for _ in 0..3 {
        let report = sandbox.run(&["doctor"]).exits(0).stdout;
        paste(&sandbox, report.split_once("\n\n").unwrap().1);
    }
    sandbox.run(&["user", "unban", "bob"]).exits(0);
    let is_locked_out = |secret: &&String| sandbox.run(&["verify", "-q", secret]).code != Some(0);
    assert_eq!(used.iter().filter(is_locked_out).collect::<Vec<_>>(), [] as [&String; 0]);
    // The many, one that was never used, one that was not used for 91 days, and the expired one.
    assert_eq!(before.unwrap() - count().unwrap(), 25 + 1 + 1 + 1);
}

#[test]
fn a_command_names_at_most_twenty_tokens_and_the_report_says_of_how_many() {
    let sandbox = healthy();
    sandbox.run(&["create", "--count", "50", "--scope", "a", "--expires", "30d"]).exits(0);
    sandbox.sql(&format!("UPDATE tokens SET created_at = created_at - {} WHERE id > 2", 31 * DAY));
    for (named, count) in [(20, 50), (20, 30)] {
        let text = sandbox.run(&["doctor"]).exits(0).stdout;
        assert!(text.contains(&format!(" ({named} of {count})\n")), "{text}");
        let commands = commands(&sandbox, "never-used", &[]);
        let ids = commands[0].split(' ').filter(|word| word.parse::<i64>().is_ok());
        assert_eq!((commands.len(), ids.count()), (1, named));
        paste(&sandbox, &commands[0]);
    }
    fix(&sandbox, "never-used", &[]);
    sandbox.run(&["doctor", "--strict"]).exits(0);
}

#[test]
fn paths_in_commands_are_quoted() {
    sqlite_only!("paths");
    for path in ["it's here/my db$HOME.db", "-dash/-x.db", "plain.db"] {
        let sandbox = Sandbox::new();
        let file = format!("--database={path}");
        let option = [file.as_str()];
        let secret = sandbox.create(&["--expires", "30d", "--scope", "a", &file]);
        sandbox.run(&["create", "--expires", "30d", "--scope", "a", &file]).exits(0);
        sandbox.run(&["verify", &secret, &file]).exits(0);
        let database = rusqlite::Connection::open(sandbox.path(path)).unwrap();
        let age = format!("UPDATE tokens SET created_at = created_at - {}", 40 * DAY);
        database.execute_batch(&age).unwrap();
        fix(&sandbox, "never-used", &option);
        fs::set_permissions(sandbox.path(path), Permissions::from_mode(0o644)).unwrap();
        fix(&sandbox, "file-permissions", &option);
    }
}

#[test]
fn permissions_for_other_accounts_are_found_and_fixed() {
    sqlite_only!("file permissions");
    let sandbox = healthy();
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    for (mode, fixed) in [(0o604, 0o600), (0o644, 0o640), (0o660, 0o640)] {
        set(&sandbox.database(), mode);
        assert_eq!(findings(&sandbox, &[]), [("file-permissions".to_string(), 1)]);
        fix(&sandbox, "file-permissions", &[]);
        assert_eq!(support::mode(sandbox.database()), fixed);
    }
}

#[test]
fn a_group_that_may_write_is_found_and_shut_out() {
    sqlite_only!("file permissions");
    let sandbox = healthy();
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    set(&sandbox.database(), 0o660);
    set(&sandbox.path("data/tokctl"), 0o770);
    let both = [("folder-permissions".to_string(), 1), ("file-permissions".to_string(), 1)];
    assert_eq!(findings(&sandbox, &[]), both);
    sandbox.run(&["doctor"]).exits(1);
    fix(&sandbox, "folder-permissions", &[]);
    fix(&sandbox, "file-permissions", &[]);
}

#[test]
fn the_sticky_bit_does_not_make_a_folder_safe() {
    sqlite_only!("file permissions");
    let sandbox = healthy();
    let folder = sandbox.path("data/tokctl");
    fs::set_permissions(folder, Permissions::from_mode(0o1777)).unwrap();
    sandbox
        .run(&["doctor"])
        .fails_somehow(4)
        .hints("use a database in a folder of its own, which `mkdir -m 700 ~/tokctl` makes");
}

#[test]
fn a_second_name_of_the_file_is_found() {
    sqlite_only!("hard links");
    let sandbox = healthy();
    fs::hard_link(sandbox.database(), sandbox.path("other")).unwrap();
    assert_eq!(findings(&sandbox, &[]), [("hard-links".to_string(), 2)]);
    sandbox.run(&["doctor"]).exits(1);
}

#[test]
fn a_database_that_a_group_may_read_is_sound() {
    sqlite_only!("file permissions");
    let sandbox = healthy();
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    set(&sandbox.path("data/tokctl"), 0o750);
    set(&sandbox.database(), 0o640);
    sandbox.run(&["doctor", "--strict"]).exits(0).remarks("no problems found\n");
}

#[test]
fn what_is_not_sound_is_an_error_even_with_quiet() {
    sqlite_only!("file permissions");
    let sandbox = healthy();
    fs::set_permissions(sandbox.database(), Permissions::from_mode(0o604)).unwrap();
    let path = sandbox.database();
    let path = path.to_str().unwrap();
    let error = format!(
        "tokctl: database {path}: other accounts can read or write the file, which holds hashes, \
         names and the policy\nhint: run `chmod g-wx,o= {path}`\n"
    );
    for format in ["human", "json", "jsonl", "csv"] {
        sandbox.run(&["doctor", "--quiet", "--format", format]).exits(1).remarks(&error);
    }
}

/// Overwrites a page in the middle of the database.
fn damage(sandbox: &Sandbox) {
    let mut bytes = sandbox.content();
    bytes[3 * 4096..].fill(0x55);
    fs::write(sandbox.database(), bytes).unwrap();
}

/// The crontab lines of a page, as cron runs them.
fn cron_commands(page: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = fs::read_to_string(file).unwrap();
    let blocks = text.split("```cron\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines = blocks.flat_map(str::lines);
    lines.map(|line| line.splitn(6, ' ').nth(5).unwrap().to_string()).collect()
}

/// What cron would mail.
fn mail(sandbox: &Sandbox, commands: &[String]) -> String {
    let run = |command: &String| {
        let command = command.replace("/usr/local/bin/tokctl", "\"$TOKCTL\"");
        let ran = sandbox.shell(&command).go();
        ran.stdout + &ran.stderr
    };
    commands.iter().map(run).collect()
}

#[test]
fn the_crontabs_of_the_pages_mail_that_the_database_is_corrupt_and_nothing_else() {
    sqlite_only!("a corrupt file");
    for page in ["README.md", "docs/guide.md"] {
        let sandbox = healthy();
        let commands = cron_commands(page);
        assert_eq!(mail(&sandbox, &commands), "", "{page}");
        damage(&sandbox);
        let mailed = mail(&sandbox, &commands);
        assert!(mailed.contains(": the file is corrupt ("), "{page}: {mailed}");
        fs::write(sandbox.database(), "").unwrap();
        assert!(mail(&sandbox, &commands).contains("tokctl: database"), "{page}");
    }
}

#[test]
fn a_schema_that_was_changed_is_found() {
    type Change = fn(&Sandbox);
    let changes: [(&str, Change); 4] = [
        ("a trigger", |sandbox| sandbox.break_on("INSERT ON attempts", "true", "minted")),
        ("a missing index", |sandbox| sandbox.sql("DROP INDEX tokens_by_hash")),
        ("another table", |sandbox| sandbox.sql("CREATE TABLE extra (a TEXT)")),
        ("another column", |sandbox| sandbox.sql("ALTER TABLE users ADD COLUMN extra TEXT")),
    ];
    for (sql, change) in changes {
        // A schema may be shared, unlike a file.
        if sql == "another table" && on_server() {
            continue;
        }
        let sandbox = healthy();
        change(&sandbox);
        let found = findings(&sandbox, &[]);
        assert_eq!(found[0].0, "schema", "{sql}: {found:?}");
        sandbox.run(&["doctor"]).exits(1);
    }
}

#[test]
fn rows_from_the_future_are_found() {
    let sandbox = healthy();
    sandbox.set_time(1, "created_at", DAY);
    sandbox.sql(&format!("UPDATE changes SET at = {} WHERE id = 1", support::now() + DAY));
    assert_eq!(findings(&sandbox, &[]), [("clock".to_string(), 2)]);
    sandbox.run(&["doctor"]).exits(1);
}

#[test]
fn tokens_without_a_user_are_found() {
    let sandbox = healthy();
    sandbox.sql_without_foreign_keys("UPDATE tokens SET user_id = 99");
    assert_eq!(findings(&sandbox, &[])[0], ("foreign-keys".to_string(), 2));
    sandbox.run(&["doctor"]).exits(1);
}

#[test]
fn a_damaged_database_is_found() {
    sqlite_only!("a corrupt file");
    let sandbox = healthy();
    sandbox.sql("CREATE TABLE pad (a); DROP TABLE pad");
    damage(&sandbox);
    let ran = sandbox.run(&["doctor", "--json"]).exits(1);
    assert_eq!(ran.json()[0]["check"], "integrity", "{ran:#?}");
    let ran = sandbox.run(&["doctor"]).exits(1);
    assert!(ran.stderr.contains("the database is not sound"), "{ran:#?}");
}

#[test]
fn a_file_that_is_not_a_database_is_an_error() {
    sqlite_only!("a corrupt file");
    let sandbox = healthy();
    fs::write(sandbox.database(), "x".repeat(9000)).unwrap();
    sandbox.run(&["doctor"]).fails_somehow(4);
}

#[test]
fn every_format_has_the_same_fields() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let csv = sandbox.run(&["doctor", "--format", "csv"]).exits(0).stdout;
    assert!(csv.starts_with("part,check,count,why,commands,ids\r\nestate,no-expiry,1,"), "{csv}");
    let lines = sandbox.run(&["doctor", "--format", "jsonl"]).exits(0).json_lines();
    let expected = ["part", "check", "count", "why", "commands", "ids"];
    assert!(lines.iter().all(|line| support::keys(line) == expected));
}

#[test]
fn quiet_prints_no_remark() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.run(&["doctor", "-q", "--json"]).exits(0).remarks("");
}
