//! `import`: whose the tokens are. People are matched by e-mail address, nobody here is changed,
//! and what was changed here since survives the next import.

mod support;

use rusqlite::Connection;
use serde_json::json;
use support::foreign::{asked, insert, owed};
use support::{Sandbox, sha256};

/// A Sanctum token's row.
fn sanctum(source: &str, id: i64, class: &str, owner: i64, secret: &str) -> String {
    insert(
        &Connection::open(source).unwrap(),
        "personal_access_tokens",
        &[
            ("id", &id),
            ("tokenable_type", &class),
            ("tokenable_id", &owner),
            ("name", &secret),
            ("token", &sha256(secret)),
            ("abilities", &"[\"*\"]"),
        ],
    );
    format!("{id}|{secret}")
}

#[test]
fn owners_of_two_kinds_with_one_id() {
    for with_teams in [true, false] {
        let sandbox = Sandbox::new();
        let source = sandbox.source("sanctum");
        if with_teams {
            Connection::open(&source)
                .unwrap()
                .execute_batch(
                    "CREATE TABLE teams (id INTEGER PRIMARY KEY, name, email, deleted_at);
                     INSERT INTO teams VALUES (1, 'Ada Lovelace', 'ada@example.com', NULL),
                         (2, 'Old team', NULL, '2026-01-01 00:00:00')",
                )
                .unwrap();
        }
        let team = sanctum(&source, 100, "App\\Models\\Team", 1, "of-a-team");
        let deleted = sanctum(&source, 101, "App\\Models\\Team", 2, "of-a-deleted-team");
        let gone = sanctum(&source, 102, "App\\Models\\Team", 99, "of-no-team");
        let user = sanctum(&source, 103, "App\\Models\\User", 1, "of-a-user");
        let nobody = sanctum(&source, 104, "App\\Models\\User", 99, "of-nobody");
        let report = sandbox.import("sanctum", &source, &[]);
        sandbox.accepts(&team);
        sandbox.accepts(&user);
        let owner = sandbox.token(&team)["user"].clone();
        assert_eq!(owner, if with_teams { "Team Ada Lovelace" } else { "Team 1" });
        assert_eq!(sandbox.token(&user)["user"], "Ada Lovelace");
        let account = sandbox.json(&["user", "show", owner.as_str().unwrap()]);
        assert_eq!((&account["email"], &account["admin"]), (&json!(null), &json!(false)));
        sandbox.rejects(&nobody, "unknown");
        if with_teams {
            sandbox.rejects(&deleted, "banned");
            sandbox.rejects(&gone, "unknown");
        }
        let skipped = if with_teams { 2 } else { 1 };
        assert_eq!(report["tokens_skipped"], skipped, "{report}");
        assert_eq!(report["skipped"][0]["reason"], "the owner is gone");
        sandbox.answers_as("sanctum");
    }
}

#[test]
fn deleted_users_are_banned_with_the_reason() {
    for (system, users) in
        [("sanctum", "users"), ("adonisjs", "users"), ("symfony", "\"user\""), ("shield", "users")]
    {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        let open = Connection::open(&source).unwrap();
        if system != "shield" {
            open.execute_batch(&format!("ALTER TABLE {users} ADD COLUMN deleted_at")).unwrap();
        }
        open.execute_batch(&format!(
            "UPDATE {users} SET deleted_at = '2026-01-01 00:00:00' WHERE id = 1"
        ))
        .unwrap();
        sandbox.import(system, &source, &[]);
        let mut rejected = 0;
        for asked in asked(system).iter().filter(|asked| owed(asked).0 == 0) {
            let secret = asked["raw"].as_str().unwrap();
            let id_column = sandbox.token(secret)["user"].clone();
            let owner = sandbox.json(&["user", "show", id_column.as_str().unwrap()]);
            if owner["status"] == "banned" {
                assert_eq!(owner["banned_reason"], format!("deleted in {system}"));
                sandbox.rejects(secret, "banned");
                rejected += 1;
            } else {
                sandbox.accepts(secret);
            }
        }
        assert!(rejected > 0, "{system}");
    }
}

#[test]
fn tokens_of_people_who_are_gone_are_skipped_and_told() {
    for (system, users) in
        [("shield", "users"), ("adonisjs", "users"), ("symfony", "user"), ("sanctum", "users")]
    {
        let sandbox = Sandbox::new();
        let source = sandbox.changed(
            system,
            &format!("PRAGMA foreign_keys = OFF; DELETE FROM \"{users}\" WHERE id = 1"),
        );
        let report = sandbox.import(system, &source, &["--verbose"]);
        let skipped = &report["skipped"][0];
        assert_eq!(skipped["reason"], "the owner is gone", "{report}");
        let count = skipped["count"].as_u64().unwrap();
        assert!(count > 0 && report["tokens_skipped"] == count, "{report}");
        let told = report["rows"].as_array().unwrap().iter();
        let told = told.filter(|row| row.as_str().unwrap().ends_with("skipped: the owner is gone"));
        assert_eq!(told.count() as u64, count);
    }
}

#[test]
fn a_match_by_address_changes_nobody_here() {
    let sandbox = Sandbox::new();
    // Alice is an administrator there, and somebody without rights here.
    sandbox.run(&["user", "add", "Boss", "--email", "ALICE@Example.com"]).exits(0);
    let before = sandbox.json(&["user", "show", "Boss"]);
    let report = sandbox.import("shield", &sandbox.source("shield"), &["--verbose"]);
    assert_eq!((&report["users_matched"], &report["users_created"]), (&json!(1), &json!(3)));
    let mut after = sandbox.json(&["user", "show", "Boss"]);
    assert!(after["tokens"].as_i64() > before["tokens"].as_i64());
    after["tokens"] = before["tokens"].clone();
    assert_eq!(after, before);
    sandbox.answers_as("shield");
    let hers = asked("shield").into_iter().find(|asked| asked["username"] == "alice").unwrap();
    assert_eq!(sandbox.token(hers["raw"].as_str().unwrap())["user"], "Boss");
    // And who is new keeps the rights they had.
    let fresh = Sandbox::new();
    fresh.import("shield", &fresh.source("shield"), &[]);
    assert_eq!(fresh.json(&["user", "show", "alice"])["admin"], true);
    assert_eq!(fresh.json(&["user", "show", "bob"])["admin"], false);
}

#[test]
fn banned_there_and_active_here_revokes_their_tokens() {
    let sandbox = Sandbox::new();
    sandbox.run(&["user", "add", "mal", "--email", "mallory@example.com"]).exits(0);
    let own = sandbox.create(&["--user", "mal"]);
    let report = sandbox.import("shield", &sandbox.source("shield"), &[]);
    assert_eq!(report["tokens_revoked"], 2);
    assert_eq!(sandbox.json(&["user", "show", "mal"])["status"], "active");
    sandbox.accepts(&own);
    for asked in asked("shield").iter().filter(|asked| asked["expect"] == "banned") {
        let secret = asked["raw"].as_str().unwrap();
        sandbox.rejects(secret, "revoked");
        assert_eq!(sandbox.token(secret)["revoked_reason"], "Spamming the forum");
    }
}

#[test]
fn a_ban_here_for_something_else_shields_no_token_of_the_banned_there() {
    let sandbox = Sandbox::new();
    for name in ["mallory", "bob"] {
        sandbox.run(&["user", "add", name, "--email", &format!("{name}@example.com")]).exits(0);
        sandbox.run(&["user", "ban", name, "--reason", "on leave"]).exits(0);
    }
    sandbox.import("shield", &sandbox.source("shield"), &[]);
    for asked in asked("shield").iter().filter(|asked| asked["expect"] != "unknown") {
        let is_banned = ["bob", "mallory"].contains(&asked["username"].as_str().unwrap());
        let (_, reason) = sandbox.answer(asked["raw"].as_str().unwrap());
        let is_refused = matches!(reason.as_deref(), Some("banned" | "revoked"));
        assert_eq!(is_refused, is_banned, "{asked}");
    }
    sandbox.run(&["user", "unban", "mallory"]).exits(0);
    sandbox.run(&["user", "unban", "bob"]).exits(0);
    for asked in asked("shield").iter().filter(|asked| asked["expect"] == "banned") {
        sandbox.rejects(asked["raw"].as_str().unwrap(), "revoked");
    }
    for asked in asked("shield").iter().filter(|asked| asked["username"] == "bob") {
        if owed(asked).0 == 0 {
            sandbox.accepts(asked["raw"].as_str().unwrap());
        }
    }
}

#[test]
fn a_taken_name_gets_the_system_behind_it() {
    let sandbox = Sandbox::new();
    sandbox.run(&["user", "add", "Bernie"]).exits(0);
    sandbox.run(&["user", "add", "bernie@symfony"]).exits(0);
    let source = sandbox.source("symfony");
    let report = sandbox.import("symfony", &source, &["--verbose"]);
    assert_eq!(report["users_renamed"], 1);
    let row = json!("user 1: created as user bernie@symfony-2");
    assert!(report["rows"].as_array().unwrap().contains(&row), "{report}");
    let bernie = sandbox.json(&["user", "show", "bernie@symfony-2"]);
    assert_eq!(bernie["email"], "bernie@dragonmail.com");
    assert_eq!(sandbox.json(&["user", "show", "Bernie"])["tokens"], 0);
    // Unless names are said to mean people.
    let other = Sandbox::new();
    other.run(&["user", "add", "Bernie"]).exits(0);
    let report = other.import("symfony", &source, &["--match-names"]);
    assert_eq!((&report["users_matched"], &report["users_renamed"]), (&json!(1), &json!(0)));
    let bernie = other.json(&["user", "show", "bernie"]);
    assert_eq!((&bernie["name"], &bernie["email"]), (&json!("Bernie"), &json!(null)));
    assert!(bernie["tokens"].as_i64() > Some(0));
    other.answers_as("symfony");
}

#[test]
fn an_address_weighs_more_than_a_name() {
    let sandbox = Sandbox::new();
    sandbox.run(&["user", "add", "bernie"]).exits(0);
    sandbox.run(&["user", "add", "other", "--email", "bernie@dragonmail.com"]).exits(0);
    sandbox.import("symfony", &sandbox.source("symfony"), &["--match-names"]);
    assert_eq!(sandbox.json(&["user", "show", "bernie"])["tokens"], 0);
    assert!(sandbox.json(&["user", "show", "other"])["tokens"].as_i64() > Some(0));
}

#[test]
fn two_there_with_one_address_stay_two() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed(
        "strapi-guide",
        "UPDATE \"users-permissions_user\" SET email = 'Alice@example.test' WHERE id = 2",
    );
    let report = sandbox.import("strapi-guide", &source, &[]);
    assert_eq!((&report["users_created"], &report["users_renamed"]), (&json!(10), &json!(1)));
    assert_eq!(sandbox.json(&["user", "show", "alice"])["email"], "alice@example.test");
    assert_eq!(sandbox.json(&["user", "show", "bob"])["email"], json!(null));
    sandbox.answers_as("strapi-guide");
    assert_eq!(sandbox.import("strapi-guide", &source, &[])["users_created"], 0);
}

#[test]
fn one_person_of_several_systems_is_one_here() {
    let sandbox = Sandbox::new();
    // Ada has the same address in both.
    sandbox.import("adonisjs", &sandbox.source("adonisjs"), &[]);
    let report = sandbox.import("sanctum", &sandbox.source("sanctum"), &[]);
    assert_eq!(report["users_matched"], 1, "{report}");
    assert_eq!(report["users_renamed"], 0);
}

#[test]
fn the_same_id_in_another_application_is_somebody_else() {
    let sandbox = Sandbox::new();
    sandbox.import("sanctum", &sandbox.source("sanctum"), &[]);
    let source = sandbox.changed(
        "sanctum",
        "DELETE FROM personal_access_tokens;
         UPDATE users SET name = 'Eve', email = 'eve@elsewhere.example' WHERE id = 1",
    );
    let secret = sanctum(&source, 1, "App\\Models\\User", 1, "of-eve");
    sandbox.import("sanctum", &source, &[]);
    assert_eq!(sandbox.token(&secret)["user"], "Eve");
}

#[test]
fn what_was_taken_away_here_does_not_come_back() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    sandbox.import("sanctum", &source, &[]);
    let asked = asked("sanctum");
    let secret = |id: i64| {
        let found = asked.iter().find(|asked| asked["id"] == id).unwrap();
        found["raw"].as_str().unwrap().to_string()
    };
    let (deleted, revoked, pruned, removed) = (secret(1), secret(2), secret(5), secret(10));
    let id = |secret: &str| sandbox.token(secret)["id"].to_string();
    sandbox.run(&["revoke", "--delete", &id(&deleted)]).exits(0);
    sandbox.run(&["revoke", &id(&revoked), "--reason", "leaked"]).exits(0);
    sandbox.run(&["prune"]).exits(0);
    sandbox.run(&["user", "remove", "Linus", "--yes"]).exits(0);
    let report = sandbox.import("sanctum", &source, &[]);
    assert_eq!(report["tokens_imported"], 0, "{report}");
    for gone in [&deleted, &pruned, &removed] {
        sandbox.rejects(gone, "unknown");
    }
    sandbox.rejects(&revoked, "revoked");
    assert_eq!(sandbox.run(&["user", "show", "Linus"]).code, Some(1));
    // A new token of somebody who was removed here is not theirs to have.
    let new = sanctum(&source, 200, "App\\Models\\User", 3, "issued-since");
    let report = sandbox.import("sanctum", &source, &[]);
    sandbox.rejects(&new, "unknown");
    let reasons = report["skipped"].as_array().unwrap().iter();
    let reasons: Vec<_> = reasons.map(|skipped| &skipped["reason"]).collect();
    assert!(reasons.contains(&&json!("the owner was removed here")), "{report}");
}

#[test]
fn what_was_changed_here_stays_changed() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("shield");
    sandbox.import("shield", &source, &[]);
    sandbox.run(&["user", "edit", "bob", "--name", "robert", "--email", "r@example.org"]).exits(0);
    sandbox.run(&["user", "edit", "alice", "--no-admin"]).exits(0);
    sandbox.run(&["user", "unban", "mallory"]).exits(0);
    let report = sandbox.import("shield", &source, &[]);
    assert_eq!((&report["users_created"], &report["tokens_imported"]), (&json!(0), &json!(0)));
    assert_eq!(sandbox.json(&["user", "show", "robert"])["email"], "r@example.org");
    assert_eq!(sandbox.json(&["user", "show", "alice"])["admin"], false);
    for asked in asked("shield").iter().filter(|asked| asked["expect"] == "banned") {
        let (_, reason) = sandbox.answer(asked["raw"].as_str().unwrap());
        assert!(!matches!(reason.as_deref(), Some("banned" | "revoked")), "{asked}");
    }
}

#[test]
fn what_was_issued_there_since_comes_with_the_next_import() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    sandbox.import("sanctum", &source, &[]);
    let new = sanctum(&source, 200, "App\\Models\\User", 1, "issued-since");
    assert_eq!(sandbox.import("sanctum", &source, &[])["tokens_imported"], 1);
    sandbox.accepts(&new);
    assert_eq!(sandbox.token(&new)["user"], "Ada Lovelace");
}

#[test]
fn two_teams_of_one_name_stay_two() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed(
        "sanctum",
        "CREATE TABLE teams (id INTEGER PRIMARY KEY, name);
         INSERT INTO teams VALUES (1, 'Web'), (2, 'Web')",
    );
    let first = sanctum(&source, 100, "App\\Models\\Team", 1, "of-the-first");
    let second = sanctum(&source, 101, "App\\Models\\Team", 2, "of-the-second");
    sandbox.import("sanctum", &source, &[]);
    assert_eq!(sandbox.token(&first)["user"], "Team Web");
    assert_eq!(sandbox.token(&second)["user"], "Team Web@sanctum");
}
