//! `doctor`: what is wrong is found, and the commands it prints mend it.

mod support;

use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use support::{DAY, Sandbox};

/// The checks that found something, each with its count.
fn found(sandbox: &Sandbox, args: &[&str]) -> Vec<(String, u64)> {
    let ran = sandbox.run(&[&["doctor", "--json"], args].concat());
    let finding = |finding: &Value| {
        (finding["check"].as_str().unwrap().to_string(), finding["count"].as_u64().unwrap())
    };
    ran.json().as_array().unwrap().iter().map(finding).collect()
}

fn commands(sandbox: &Sandbox, check: &str, args: &[&str]) -> Vec<String> {
    let findings = sandbox.run(&[&["doctor", "--json"], args].concat()).json();
    let all = findings.as_array().unwrap();
    let finding = all.iter().find(|finding| finding["check"] == check).unwrap();
    let commands = finding["commands"].as_array().unwrap();
    commands.iter().map(|command| command.as_str().unwrap().to_string()).collect()
}

/// Pastes what is printed for a check into a shell that knows `tokctl`.
#[track_caller]
fn mend(sandbox: &Sandbox, check: &str, args: &[&str]) {
    let commands = commands(sandbox, check, args);
    assert!(!commands.is_empty(), "{check}");
    for command in commands {
        let script = format!("tokctl() {{ \"$TOKCTL\" \"$@\"; }}\n{command}");
        sandbox.shell(&script).go().exits(0);
    }
    let left = found(sandbox, args);
    assert!(left.iter().all(|(name, _)| name != check), "{check}: {left:?}");
}

/// Two tokens with an end, a narrow scope and a use.
fn healthy() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    for name in ["one", "two"] {
        let secret = sandbox.create(&["--name", name, "--scope", "a", "--expires", "30d"]);
        sandbox.run(&["verify", &secret]).exits(0);
    }
    sandbox
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let sandbox = healthy();
    sandbox
        .run(&["doctor"])
        .exits(0)
        .prints("")
        .remarks("the database is sound, and so is the estate\n");
    sandbox.run(&["doctor", "--strict"]).exits(0);
    sandbox.run(&["doctor", "--json"]).exits(0).prints("[]\n");
    Sandbox::new().run(&["doctor"]).fails_somehow(4);
}

#[test]
fn each_part_of_the_estate_is_found_and_mended() {
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
        let findings = found(&sandbox, &[]);
        assert!(findings.contains(&(check.to_string(), count)), "{check}: {findings:?}");
        sandbox.run(&["doctor"]).exits(0);
        sandbox.run(&["doctor", "--strict"]).exits(1);
        let text = sandbox.run(&["doctor"]).stdout;
        for command in commands(&sandbox, check, &[]) {
            assert!(text.lines().any(|line| line == command), "{command}\n{text}");
        }
        mend(&sandbox, check, &[]);
    }
}

#[test]
fn all_at_once_and_more_than_a_command_names() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "50"]).exits(0);
    let expected = [("no-expiry", 50), ("everything", 50), ("never-used", 50), ("same-name", 1)];
    assert_eq!(found(&sandbox, &[]), expected.map(|(check, count)| (check.to_string(), count)));
    for _ in 0..2 {
        for command in commands(&sandbox, "everything", &[]) {
            assert_eq!(command.split(' ').filter(|word| word.parse::<i64>().is_ok()).count(), 20);
            let script = format!("tokctl() {{ \"$TOKCTL\" \"$@\"; }}\n{command}");
            sandbox.shell(&script).go().exits(0);
        }
    }
    mend(&sandbox, "everything", &[]);
    assert_eq!(found(&sandbox, &[]), []);
}

#[test]
fn paths_and_names_are_quoted() {
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
        mend(&sandbox, "banned-owner", &option);
        sandbox.run(&["create", "--count", "2", &file]).exits(0);
        fs::set_permissions(sandbox.path(path), Permissions::from_mode(0o644)).unwrap();
        let folder = sandbox.path(path).parent().unwrap().to_path_buf();
        let before = fs::metadata(&folder).unwrap().permissions();
        fs::set_permissions(&folder, Permissions::from_mode(0o775)).unwrap();
        for check in
            ["file-permissions", "folder-permissions", "same-name", "no-expiry", "never-used"]
        {
            mend(&sandbox, check, &option);
        }
        fs::set_permissions(&folder, before).unwrap();
        assert!(!sandbox.path("pwned").exists());
    }
}

#[test]
fn permissions_of_others() {
    let sandbox = healthy();
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    set(&sandbox.database(), 0o640);
    set(&sandbox.path("data/tokctl"), 0o777);
    let both = [("file-permissions".to_string(), 1), ("folder-permissions".to_string(), 1)];
    assert_eq!(found(&sandbox, &[]), both);
    sandbox.run(&["doctor"]).exits(1);
    mend(&sandbox, "file-permissions", &[]);
    mend(&sandbox, "folder-permissions", &[]);
    set(&sandbox.path("data/tokctl"), 0o1777);
    sandbox.run(&["doctor", "--strict"]).exits(0);
}

#[test]
fn a_schema_changed_by_hand() {
    for sql in [
        "CREATE TRIGGER mint AFTER INSERT ON attempts BEGIN UPDATE tokens SET revoked_at = NULL; END",
        "DROP INDEX tokens_by_hash",
        "CREATE TABLE extra (a)",
        "ALTER TABLE users ADD COLUMN extra TEXT",
    ] {
        let sandbox = healthy();
        sandbox.sql(sql);
        let findings = found(&sandbox, &[]);
        assert_eq!(findings[0].0, "schema", "{sql}: {findings:?}");
        sandbox.run(&["doctor"]).exits(1);
    }
}

#[test]
fn rows_from_the_future_and_rows_without_a_parent() {
    let sandbox = healthy();
    sandbox.set_time(1, "created_at", DAY);
    sandbox.sql(&format!("UPDATE changes SET at = {} WHERE id = 1", support::now() + DAY));
    assert_eq!(found(&sandbox, &[]), [("clock".to_string(), 2)]);
    sandbox.run(&["doctor"]).exits(1);
    let sandbox = healthy();
    sandbox.sql("PRAGMA foreign_keys = OFF; UPDATE tokens SET user_id = 99");
    assert_eq!(found(&sandbox, &[])[0], ("foreign-keys".to_string(), 2));
}

#[test]
fn a_corrupt_database() {
    let sandbox = healthy();
    sandbox.sql("CREATE TABLE pad (a); DROP TABLE pad");
    let mut bytes = fs::read(sandbox.database()).unwrap();
    bytes[3 * 4096..].fill(0x55);
    fs::write(sandbox.database(), bytes).unwrap();
    let ran = sandbox.run(&["doctor", "--json"]).exits(1);
    assert_eq!(ran.json()[0]["check"], "integrity", "{ran:#?}");
    assert!(ran.stderr.contains("the database is not sound"), "{ran:#?}");
    fs::write(sandbox.database(), "x".repeat(9000)).unwrap();
    sandbox.run(&["doctor"]).fails_somehow(4);
}

#[test]
fn every_format() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    let csv = sandbox.run(&["doctor", "--format", "csv"]).exits(0).stdout;
    assert!(csv.starts_with("part,check,count,why,commands\r\nestate,no-expiry,1,"), "{csv}");
    let lines = sandbox.run(&["doctor", "--format", "jsonl"]).exits(0).json_lines();
    let expected = ["part", "check", "count", "why", "commands"];
    assert!(lines.iter().all(|line| support::keys(line) == expected));
    sandbox.run(&["doctor", "-q", "--json"]).exits(0).remarks("");
}
