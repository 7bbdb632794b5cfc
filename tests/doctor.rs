//! `doctor`: it finds what is wrong, and the commands that it prints fix it.

mod support;

use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use support::{DAY, Sandbox};

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
    Sandbox::new().run(&["doctor"]).fails_somehow(4);
}

#[test]
fn the_report_has_a_table_and_the_commands_of_each_check() {
    let sandbox = healthy();
    sandbox.sql("UPDATE tokens SET expires_at = NULL");
    sandbox.sql("UPDATE tokens SET last_used_at = NULL WHERE id = 2");
    let report = "\
PART    CHECK       COUNT  WHY IT MATTERS
tokens  no-expiry   2      a leaked token that never expires stays valid until it is revoked
tokens  never-used  1      tokens that were never used may be unnecessary, unless they are new

# no-expiry
tokctl rotate 1 --expires 90d --overlap 7d
tokctl rotate 2 --expires 90d --overlap 7d

# never-used
tokctl revoke 2 --reason 'never used'
";
    sandbox
        .run(&["doctor"])
        .exits(0)
        .prints(report)
        .remarks("the database is sound; review the commands before you run them\n");
}

#[test]
fn every_finding_about_tokens_is_fixed_by_its_commands() {
    for (check, count, sql) in [
        ("no-expiry", 2, "UPDATE tokens SET expires_at = NULL"),
        ("everything", 1, "UPDATE tokens SET scopes = '*' WHERE id = 2"),
        ("never-used", 2, "UPDATE tokens SET last_used_at = NULL"),
        (
            "unused",
            1,
            "UPDATE tokens SET created_at = 1, last_used_at = last_used_at - 7862400000 WHERE id = 1",
        ),
        ("banned-owner", 2, "UPDATE users SET banned_at = 1 WHERE id = 2"),
        ("expired", 1, "UPDATE tokens SET expires_at = created_at - 1000 WHERE id = 1"),
        ("policy", 2, "INSERT INTO settings VALUES ('max-expires', '7d')"),
        ("policy", 2, "INSERT INTO settings VALUES ('allowed-scopes', 'b')"),
        (
            "policy",
            2,
            "INSERT INTO settings VALUES ('owners', 'admins'); UPDATE users SET admin = 0",
        ),
        ("same-name", 1, "UPDATE tokens SET name = 'same'"),
    ] {
        let sandbox = healthy();
        sandbox.sql(sql);
        let found = findings(&sandbox, &[]);
        assert!(found.contains(&(check.to_string(), count)), "{check}: {found:?}");
        sandbox.run(&["doctor"]).exits(0);
        sandbox.run(&["doctor", "--strict"]).exits(1);
        let text = sandbox.run(&["doctor"]).stdout;
        for command in commands(&sandbox, check, &[]) {
            assert!(text.lines().any(|line| line == command), "{command}\n{text}");
        }
        fix(&sandbox, check, &[]);
    }
}

#[test]
fn a_command_names_at_most_twenty_tokens() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "50"]).exits(0);
    let expected = [("no-expiry", 50), ("everything", 50), ("never-used", 50), ("same-name", 1)];
    assert_eq!(findings(&sandbox, &[]), expected.map(|(check, count)| (check.to_string(), count)));
    for _ in 0..2 {
        for command in commands(&sandbox, "everything", &[]) {
            assert_eq!(command.split(' ').filter(|word| word.parse::<i64>().is_ok()).count(), 20);
            paste(&sandbox, &command);
        }
    }
    fix(&sandbox, "everything", &[]);
    assert_eq!(findings(&sandbox, &[]), []);
}

#[test]
fn paths_and_names_in_commands_are_quoted() {
    let name = "O'Brien; touch pwned \"$(id)\" `x`";
    for path in ["it's here/my db$HOME.db", "-dash/-x.db", "plain.db"] {
        let sandbox = Sandbox::new();
        let file = format!("--database={path}");
        let option = [file.as_str()];
        for user in [name, "-x", "--yes"] {
            sandbox.run(&["user", "add", &file, "--", user]).exits(0);
            sandbox.run(&["create", &format!("--user={user}"), "--name", name, &file]).exits(0);
            sandbox.run(&["create", &format!("--user={user}"), "--name", name, &file]).exits(0);
            sandbox.run(&["user", "ban", &file, "--", user]).exits(0);
        }
        fix(&sandbox, "banned-owner", &option);
        sandbox.run(&["create", "--count", "2", &file]).exits(0);
        fs::set_permissions(sandbox.path(path), Permissions::from_mode(0o664)).unwrap();
        let folder = sandbox.path(path).parent().unwrap().to_path_buf();
        let before = fs::metadata(&folder).unwrap().permissions();
        fs::set_permissions(&folder, Permissions::from_mode(0o775)).unwrap();
        for check in
            ["folder-permissions", "file-permissions", "same-name", "no-expiry", "never-used"]
        {
            fix(&sandbox, check, &option);
        }
        fs::set_permissions(&folder, before).unwrap();
        assert!(!sandbox.path("pwned").exists());
    }
}

#[test]
fn permissions_for_other_accounts_are_found_and_fixed() {
    let sandbox = healthy();
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    set(&sandbox.database(), 0o640);
    assert_eq!(findings(&sandbox, &[]), []);
    set(&sandbox.database(), 0o660);
    set(&sandbox.path("data/tokctl"), 0o770);
    let both = [("folder-permissions".to_string(), 1), ("file-permissions".to_string(), 1)];
    assert_eq!(findings(&sandbox, &[]), both);
    sandbox.run(&["doctor"]).exits(1).remarks("the database is not sound; fix that first\n");
    fix(&sandbox, "folder-permissions", &[]);
    fix(&sandbox, "file-permissions", &[]);
}

#[test]
fn the_sticky_bit_does_not_make_a_folder_safe() {
    let sandbox = healthy();
    let folder = sandbox.path("data/tokctl");
    fs::set_permissions(folder, Permissions::from_mode(0o1777)).unwrap();
    sandbox
        .run(&["doctor"])
        .fails_somehow(4)
        .hints(&format!("chmod go-w {}", sandbox.path("data/tokctl").display()));
}

#[test]
fn a_second_name_of_the_file_is_found() {
    let sandbox = healthy();
    fs::hard_link(sandbox.database(), sandbox.path("other")).unwrap();
    assert_eq!(findings(&sandbox, &[]), [("hard-links".to_string(), 2)]);
    sandbox.run(&["doctor"]).exits(1);
}

#[test]
fn a_schema_that_was_changed_is_found() {
    for sql in [
        "CREATE TRIGGER mint AFTER INSERT ON attempts BEGIN UPDATE tokens SET revoked_at = NULL; END",
        "DROP INDEX tokens_by_hash",
        "CREATE TABLE extra (a)",
        "ALTER TABLE users ADD COLUMN extra TEXT",
    ] {
        let sandbox = healthy();
        sandbox.sql(sql);
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
    sandbox.sql("PRAGMA foreign_keys = OFF; UPDATE tokens SET user_id = 99");
    assert_eq!(findings(&sandbox, &[])[0], ("foreign-keys".to_string(), 2));
    sandbox.run(&["doctor"]).exits(1);
}

#[test]
fn a_damaged_database_is_found() {
    let sandbox = healthy();
    sandbox.sql("CREATE TABLE pad (a); DROP TABLE pad");
    let mut bytes = fs::read(sandbox.database()).unwrap();
    bytes[3 * 4096..].fill(0x55);
    fs::write(sandbox.database(), bytes).unwrap();
    let ran = sandbox.run(&["doctor", "--json"]).exits(1);
    assert_eq!(ran.json()[0]["check"], "integrity", "{ran:#?}");
    assert!(ran.stderr.contains("the database is not sound"), "{ran:#?}");
}

#[test]
fn a_file_that_is_not_a_database_is_an_error() {
    let sandbox = healthy();
    fs::write(sandbox.database(), "x".repeat(9000)).unwrap();
    sandbox.run(&["doctor"]).fails_somehow(4);
}

#[test]
fn every_format_has_the_same_fields() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let csv = sandbox.run(&["doctor", "--format", "csv"]).exits(0).stdout;
    assert!(csv.starts_with("part,check,count,why,commands\r\nestate,no-expiry,1,"), "{csv}");
    let lines = sandbox.run(&["doctor", "--format", "jsonl"]).exits(0).json_lines();
    let expected = ["part", "check", "count", "why", "commands"];
    assert!(lines.iter().all(|line| support::keys(line) == expected));
}

#[test]
fn quiet_prints_no_remark() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.run(&["doctor", "-q", "--json"]).exits(0).remarks("");
}
