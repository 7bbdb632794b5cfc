//! `import`: who owns the imported tokens. Users are matched by an e-mail address that the source has
//! verified, users here are never changed by an import, and changes made here survive the next
//! import.

mod support;

use serde_json::{Value, json};
use support::Sandbox;
use support::foreign::{Row, Sample, insert_sanctum_token, open, sample, samples};

/// Inserts a token of Sanctum's that belongs to this owner.
fn insert_token_of(source: &str, id: i64, class: &str, owner: i64) -> String {
    let owner: &Row = &[("tokenable_type", &class), ("tokenable_id", &owner)];
    insert_sanctum_token(source, id, &format!("secret-of-token-{id}"), owner)
}

const USER: &str = "App\\Models\\User";
const TEAM: &str = "App\\Models\\Team";

fn reasons(report: &Value) -> Vec<&str> {
    let skipped = report["skipped"].as_array().unwrap().iter();
    skipped.map(|skipped| skipped["reason"].as_str().unwrap()).collect()
}

#[test]
fn owners_of_two_classes_with_the_same_id_are_two_users() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
        "sanctum",
        "CREATE TABLE teams (id INTEGER PRIMARY KEY, name, email, deleted_at);
         INSERT INTO teams VALUES (1, 'Ada Lovelace', 'ada@example.com', NULL)",
    );
    let team = insert_token_of(&source, 100, TEAM, 1);
    let user = insert_token_of(&source, 101, USER, 1);
    sandbox.import("sanctum", &source, &[]);
    sandbox.accepts(&team);
    sandbox.accepts(&user);
    assert_eq!(sandbox.owner(&user), "Ada Lovelace");
    assert_eq!(sandbox.owner(&team), "Team Ada Lovelace");
    let team = sandbox.json(&["user", "show", "Team Ada Lovelace"]);
    assert_eq!((&team["email"], &team["admin"]), (&json!(null), &json!(false)));
    sandbox.answers_like("sanctum");
}

#[test]
fn owners_of_a_class_without_a_table_are_not_invented() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    let team = insert_token_of(&source, 100, TEAM, 1);
    let without_user = insert_token_of(&source, 101, USER, 99);
    let report = sandbox.import("sanctum", &source, &[]);
    assert_eq!(
        report["skipped"],
        json!([
            {
                "reason": "no table known for owners of type App\\Models\\Team; \
                           name it with --morph",
                "count": 1,
                "rows": ["personal_access_tokens 100"],
            },
            {"reason": "owner not found", "count": 1, "rows": ["personal_access_tokens 101"]},
        ])
    );
    assert_eq!(report["users_created"], 3);
    sandbox.rejects(&team, "unknown");
    sandbox.rejects(&without_user, "unknown");
    sandbox.answers_like("sanctum");
}

#[test]
fn tokens_of_owners_who_do_not_exist_are_skipped() {
    let sandbox = Sandbox::new();
    let source =
        sandbox.changed_source("sanctum", "CREATE TABLE teams (id INTEGER PRIMARY KEY, name)");
    let without_team = insert_token_of(&source, 100, TEAM, 99);
    let without_user = insert_token_of(&source, 101, USER, 99);
    let report = sandbox.import("sanctum", &source, &[]);
    assert_eq!(report["tokens_skipped"], 2, "{report}");
    assert_eq!(reasons(&report), ["owner not found"]);
    sandbox.rejects(&without_team, "unknown");
    sandbox.rejects(&without_user, "unknown");
}

#[test]
fn a_team_is_never_matched_to_a_person_with_its_address() {
    let sandbox = Sandbox::new();
    sandbox.run(&["user", "add", "person", "--email", "web@example.com"]).exits(0);
    let source = sandbox.changed_source(
        "sanctum",
        "CREATE TABLE teams (id INTEGER PRIMARY KEY, name, email, email_verified_at);
         INSERT INTO teams VALUES (1, 'Web', 'web@example.com', '2026-01-01 00:00:00')",
    );
    let token = insert_token_of(&source, 100, TEAM, 1);
    let report = sandbox.import("sanctum", &source, &[]);
    assert_eq!(report["users_matched"], 0);
    assert_eq!(sandbox.owner(&token), "Team Web");
}

#[test]
fn two_teams_with_the_same_name_are_two_users() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
        "sanctum",
        "CREATE TABLE teams (id INTEGER PRIMARY KEY, name);
         INSERT INTO teams VALUES (1, 'Web'), (2, 'Web')",
    );
    let first = insert_token_of(&source, 100, TEAM, 1);
    let second = insert_token_of(&source, 101, TEAM, 2);
    sandbox.import("sanctum", &source, &[]);
    assert_eq!(sandbox.owner(&first), "Team Web");
    assert_eq!(sandbox.owner(&second), "Team Web@sanctum");
}

#[test]
fn a_deleted_team_is_banned() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
        "sanctum",
        "CREATE TABLE teams (id INTEGER PRIMARY KEY, name, deleted_at);
         INSERT INTO teams VALUES (2, 'Old team', '2026-01-01 00:00:00')",
    );
    let token = insert_token_of(&source, 100, TEAM, 2);
    sandbox.import("sanctum", &source, &[]);
    sandbox.rejects(&token, "banned");
}

#[test]
fn deleted_users_are_banned_with_the_reason() {
    for (system, users) in
        [("sanctum", "users"), ("adonisjs", "users"), ("symfony", "\"user\""), ("shield", "users")]
    {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        if system != "shield" {
            let column = format!("ALTER TABLE {users} ADD COLUMN deleted_at");
            open(&source).execute_batch(&column).unwrap();
        }
        let delete = format!("UPDATE {users} SET deleted_at = '2026-01-01 00:00:00' WHERE id = 1");
        open(&source).execute_batch(&delete).unwrap();
        sandbox.import(system, &source, &[]);
        let mut rejected = 0;
        for sample in samples(system).iter().filter(|sample| sample.is_accepted()) {
            let owner = sandbox.json(&["user", "show", &sandbox.owner(sample.secret())]);
            if owner["status"] == "banned" {
                assert_eq!(owner["banned_reason"], format!("deleted in {system}"));
                sandbox.rejects(sample.secret(), "banned");
                rejected += 1;
            } else {
                sandbox.accepts(sample.secret());
            }
        }
        assert!(rejected > 0, "{system}");
    }
}

#[test]
fn tokens_of_deleted_rows_are_skipped_and_listed() {
    for (system, users) in
        [("shield", "users"), ("adonisjs", "users"), ("symfony", "user"), ("sanctum", "users")]
    {
        let sandbox = Sandbox::new();
        let delete = format!("PRAGMA foreign_keys = OFF; DELETE FROM \"{users}\" WHERE id = 1");
        let source = sandbox.changed_source(system, &delete);
        let report = sandbox.import(system, &source, &["--verbose"]);
        assert_eq!(reasons(&report), ["owner not found"], "{report}");
        let count = report["skipped"][0]["count"].as_u64().unwrap();
        assert!(count > 0 && report["tokens_skipped"] == count, "{report}");
        let rows = report["rows"].as_array().unwrap().iter();
        let skipped =
            rows.filter(|row| row.as_str().unwrap().ends_with(": skipped: owner not found"));
        assert_eq!(skipped.count() as u64, count);
    }
}

/// A source in which the addresses of all users are verified.
fn verified_source(sandbox: &Sandbox, system: &str) -> String {
    let (users, column) = match system {
        "sanctum" => ("users", "email_verified_at"),
        "adonisjs" => ("users", "email_verified_at"),
        "symfony" => ("user", "is_verified"),
        "shield" => ("users", "email_verified_at"),
        "strapi-guide" => ("users-permissions_user", "email_verified_at"),
        other => panic!("{other}"),
    };
    let source = sandbox.source(system);
    // Sanctum's has the column.
    let _ = open(&source).execute_batch(&format!("ALTER TABLE \"{users}\" ADD COLUMN {column}"));
    open(&source).execute_batch(&format!("UPDATE \"{users}\" SET {column} = 1")).unwrap();
    source
}

#[test]
fn a_matched_user_gets_the_tokens_and_stays_unchanged() {
    let sandbox = Sandbox::new();
    // Alice is an administrator there, and this user has no rights here.
    sandbox.run(&["user", "add", "Boss", "--email", "ALICE@Example.com"]).exits(0);
    let before = sandbox.json(&["user", "show", "Boss"]);
    let report = sandbox.import("shield", &verified_source(&sandbox, "shield"), &[]);
    assert_eq!((&report["users_matched"], &report["users_created"]), (&json!(1), &json!(3)));
    let mut after = sandbox.json(&["user", "show", "Boss"]);
    assert!(after["tokens"].as_i64() > before["tokens"].as_i64());
    after["tokens"] = before["tokens"].clone();
    assert_eq!(after, before);
    let token = samples("shield").into_iter().find(|sample| sample["username"] == "alice").unwrap();
    assert_eq!(sandbox.owner(token.secret()), "Boss");
    sandbox.answers_like("shield");
}

#[test]
fn new_users_keep_their_administrator_rights() {
    let sandbox = Sandbox::new();
    sandbox.import("shield", &sandbox.source("shield"), &[]);
    assert_eq!(sandbox.json(&["user", "show", "alice"])["admin"], true);
    assert_eq!(sandbox.json(&["user", "show", "bob"])["admin"], false);
}

/// The samples of Shield whose owner is banned there.
fn banned_samples() -> Vec<Sample> {
    let banned: Vec<_> =
        samples("shield").into_iter().filter(|sample| sample["expect"] == "banned").collect();
    assert_eq!(banned.len(), 2);
    banned
}

#[test]
fn tokens_of_a_user_who_is_banned_there_and_active_here_are_revoked() {
    let sandbox = Sandbox::new();
    sandbox.run(&["user", "add", "mal", "--email", "mallory@example.com"]).exits(0);
    let own = sandbox.create(&["--user", "mal"]);
    let report = sandbox.import("shield", &verified_source(&sandbox, "shield"), &[]);
    assert_eq!(report["tokens_revoked"], 2);
    assert_eq!(sandbox.json(&["user", "show", "mal"])["status"], "active");
    sandbox.accepts(&own);
    for sample in banned_samples() {
        sandbox.rejects(sample.secret(), "revoked");
        assert_eq!(sandbox.token(sample.secret())["revoked_reason"], "Spamming the forum");
    }
}

#[test]
fn tokens_of_a_user_who_is_banned_there_stay_rejected_when_another_ban_ends() {
    let sandbox = Sandbox::new();
    // Mallory is banned there too, and Bob is not.
    for name in ["mallory", "bob"] {
        sandbox.run(&["user", "add", name, "--email", &format!("{name}@example.com")]).exits(0);
        sandbox.run(&["user", "ban", name, "--reason", "on leave"]).exits(0);
    }
    sandbox.import("shield", &verified_source(&sandbox, "shield"), &[]);
    for sample in samples("shield").iter().filter(|sample| sample["expect"] != "unknown") {
        let is_banned = ["bob", "mallory"].contains(&sample.text("username").unwrap());
        let (_, reason) = sandbox.answer(sample.secret());
        let is_refused = matches!(reason.as_deref(), Some("banned" | "revoked"));
        assert_eq!(is_refused, is_banned, "{sample:?}");
    }
    sandbox.run(&["user", "unban", "mallory"]).exits(0);
    sandbox.run(&["user", "unban", "bob"]).exits(0);
    for sample in banned_samples() {
        sandbox.rejects(sample.secret(), "revoked");
    }
    for sample in samples("shield").iter().filter(|sample| sample["username"] == "bob") {
        if sample.is_accepted() {
            sandbox.accepts(sample.secret());
        }
    }
}

#[test]
fn a_user_whose_name_is_taken_gets_the_system_as_a_suffix() {
    let sandbox = Sandbox::new();
    sandbox.run(&["user", "add", "Bernie"]).exits(0);
    sandbox.run(&["user", "add", "bernie@symfony"]).exits(0);
    let report = sandbox.import("symfony", &sandbox.source("symfony"), &["--verbose"]);
    assert_eq!(report["users_renamed"], 1);
    let row = json!("user 1: created as user bernie@symfony-2");
    assert!(report["rows"].as_array().unwrap().contains(&row), "{report}");
    let bernie = sandbox.json(&["user", "show", "bernie@symfony-2"]);
    assert_eq!(bernie["email"], "bernie@dragonmail.com");
    assert_eq!(sandbox.json(&["user", "show", "Bernie"])["tokens"], 0);
}

#[test]
fn match_names_matches_users_by_name() {
    let sandbox = Sandbox::new();
    sandbox.run(&["user", "add", "Bernie"]).exits(0);
    let report = sandbox.import("symfony", &sandbox.source("symfony"), &["--match-names"]);
    assert_eq!((&report["users_matched"], &report["users_renamed"]), (&json!(1), &json!(0)));
    let bernie = sandbox.json(&["user", "show", "bernie"]);
    assert_eq!((&bernie["name"], &bernie["email"]), (&json!("Bernie"), &json!(null)));
    assert!(bernie["tokens"].as_i64() > Some(0));
    sandbox.answers_like("symfony");
}

#[test]
fn match_names_prefers_the_e_mail_address() {
    let sandbox = Sandbox::new();
    sandbox.run(&["user", "add", "bernie"]).exits(0);
    sandbox.run(&["user", "add", "other", "--email", "bernie@dragonmail.com"]).exits(0);
    sandbox.import("symfony", &verified_source(&sandbox, "symfony"), &["--match-names"]);
    assert_eq!(sandbox.json(&["user", "show", "bernie"])["tokens"], 0);
    assert!(sandbox.json(&["user", "show", "other"])["tokens"].as_i64() > Some(0));
}

#[test]
fn two_users_of_one_source_with_the_same_address_stay_two() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
        "strapi-guide",
        "UPDATE \"users-permissions_user\" SET email = 'Alice@example.test' WHERE id = 2",
    );
    let report = sandbox.import("strapi-guide", &source, &[]);
    assert_eq!((&report["users_created"], &report["users_renamed"]), (&json!(10), &json!(1)));
    assert_eq!(sandbox.json(&["user", "show", "alice"])["email"], "alice@example.test");
    assert_eq!(sandbox.json(&["user", "show", "bob"])["email"], json!(null));
    sandbox.answers_like("strapi-guide");
    assert_eq!(sandbox.import("strapi-guide", &source, &[])["users_created"], 0);
}

#[test]
fn a_user_of_two_systems_with_the_same_address_is_one_user() {
    let sandbox = Sandbox::new();
    // Ada has the same address in both, and both have verified it.
    sandbox.import("adonisjs", &verified_source(&sandbox, "adonisjs"), &[]);
    let report = sandbox.import("sanctum", &verified_source(&sandbox, "sanctum"), &[]);
    assert_eq!(report["users_matched"], 1, "{report}");
    assert_eq!(report["users_renamed"], 0);
}

#[test]
fn a_user_of_another_application_with_the_same_id_is_another_user() {
    let sandbox = Sandbox::new();
    sandbox.import("sanctum", &sandbox.source("sanctum"), &[]);
    let source = sandbox.changed_source(
        "sanctum",
        "DELETE FROM personal_access_tokens;
         UPDATE users SET name = 'Eve', email = 'eve@elsewhere.example' WHERE id = 1",
    );
    let secret = insert_token_of(&source, 1, USER, 1);
    sandbox.import("sanctum", &source, &[]);
    assert_eq!(sandbox.owner(&secret), "Eve");
}

#[test]
fn a_second_import_does_not_restore_what_was_removed_here() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    sandbox.import("sanctum", &source, &[]);
    let [deleted, revoked, expired, of_linus] =
        [1, 2, 5, 10].map(|id| sample("sanctum", id).secret().to_string());
    let id = |secret: &str| sandbox.token(secret)["id"].to_string();
    sandbox.run(&["revoke", "--delete", &id(&deleted)]).exits(0);
    sandbox.run(&["revoke", &id(&revoked), "--reason", "leaked"]).exits(0);
    sandbox.run(&["prune"]).exits(0);
    sandbox.run(&["user", "remove", "Linus", "--yes"]).exits(0);
    let report = sandbox.import("sanctum", &source, &[]);
    assert_eq!(report["tokens_imported"], 0, "{report}");
    for secret in [&deleted, &expired, &of_linus] {
        sandbox.rejects(secret, "unknown");
    }
    sandbox.rejects(&revoked, "revoked");
    assert_eq!(sandbox.run(&["user", "show", "Linus"]).code, Some(1));
}

#[test]
fn a_new_token_of_a_user_who_was_removed_here_is_skipped() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    sandbox.import("sanctum", &source, &[]);
    sandbox.run(&["user", "remove", "Linus", "--yes"]).exits(0);
    let new = insert_token_of(&source, 200, USER, 3);
    let report = sandbox.import("sanctum", &source, &[]);
    sandbox.rejects(&new, "unknown");
    assert_eq!(reasons(&report), ["the owner was removed here"], "{report}");
}

#[test]
fn a_second_import_does_not_undo_changes_to_users() {
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
    for sample in banned_samples() {
        let (_, reason) = sandbox.answer(sample.secret());
        assert!(!matches!(reason.as_deref(), Some("banned" | "revoked")), "{sample:?}");
    }
}

#[test]
fn a_second_import_adds_new_tokens() {
    let sandbox = Sandbox::new();
    let source = sandbox.source("sanctum");
    sandbox.import("sanctum", &source, &[]);
    let new = insert_token_of(&source, 200, USER, 1);
    assert_eq!(sandbox.import("sanctum", &source, &[])["tokens_imported"], 1);
    sandbox.accepts(&new);
    assert_eq!(sandbox.owner(&new), "Ada Lovelace");
}

#[test]
fn a_user_of_shield_who_still_has_to_confirm_the_address_is_refused() {
    let sandbox = Sandbox::new();
    let source = sandbox.changed_source(
        "shield",
        "UPDATE users SET active = 0 WHERE id IN (1, 2);
         INSERT INTO auth_identities (user_id, type, secret, name)
         VALUES (1, 'email_activate', '123456', 'register'),
                (2, 'email_activate', '654321', 'register');
         UPDATE users SET active = 1 WHERE id = 2",
    );
    sandbox.import("shield", &source, &[]);
    let alice = sandbox.json(&["user", "show", "alice"]);
    assert_eq!(alice["banned_reason"], "not activated in shield");
    // Whoever is active by now is not refused, and service-bot never had to confirm anything.
    for name in ["bob", "service-bot"] {
        assert_eq!(sandbox.json(&["user", "show", name])["status"], "active", "{name}");
    }
}
