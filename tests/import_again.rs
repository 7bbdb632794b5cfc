//! `import` again: a row is known by its system, database, table and key. What was decided here stands,
//! what has ended in the source since ends here, and `--replace` mends wrong options.

mod support;

use rusqlite::ToSql;
use serde_json::{Value, json};
use std::fs;
use support::Sandbox;
use support::foreign::{Row, SYSTEMS, adonisjs_secret, open, samples};
use support::small::{ALL, Small, skipped};

const PAST: &str = "2021-05-06 07:08:09";

/// Asserts that every row of the table of tokens is in the report.
#[track_caller]
fn accounts_for_every_row(report: &Value, source: &str) {
    let table = report["token_table"].as_str().unwrap();
    let rows: u64 = open(source)
        .query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| row.get(0))
        .unwrap();
    let count = |key: &str| report[key].as_u64().unwrap();
    let others = report["other_rows"].as_array().unwrap().iter();
    let others: u64 = others.map(|other| other["count"].as_u64().unwrap()).sum();
    let kept = count("tokens_imported") + count("tokens_known") + count("tokens_replaced");
    assert_eq!(kept + count("tokens_skipped") + others, rows, "{report}");
    assert_eq!(count("tokens_found"), rows, "{report}");
    let skipped = report["skipped"].as_array().unwrap().iter();
    let skipped: u64 = skipped.map(|entry| entry["count"].as_u64().unwrap()).sum();
    assert_eq!(skipped, count("tokens_skipped") + count("users_skipped"), "{report}");
}

#[test]
fn the_report_accounts_for_every_row_of_every_sample_database() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        let dry_run = sandbox.import(system, &source, &["--dry-run"]);
        accounts_for_every_row(&dry_run, &source);
        for options in [
            [].as_slice(),
            &[],
            &["--time-zone", "+03:00"],
            &["--time-zone", "+03:00", "--replace"],
        ] {
            accounts_for_every_row(&sandbox.import(system, &source, options), &source);
        }
        sandbox.run(&["revoke-all", "--everyone", "--delete", "--yes"]).exits(0);
        for options in [[].as_slice(), &["--replace"]] {
            accounts_for_every_row(&sandbox.import(system, &source, options), &source);
        }
    }
}

#[test]
fn the_report_accounts_for_rows_of_every_fate() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("revoked");
        small.token_column("expires_at");
        small.token(10, &[]);
        small.token(11, &[("revoked", &1)]);
        small.token(12, &[("revoked", &"perhaps")]);
        small.token(13, &[("expires_at", &"soon")]);
        small.token(14, &[("expires_at", &PAST)]);
        small.token_of(&15, "15", &99, &[]);
        small.token_of(&" ", "16", &1, &[]);
        if ["shield", "adonisjs", "adonisjs5"].contains(&system) {
            small.token(17, &[("type", &"other")]);
        }
        let first = small.import(&[]);
        accounts_for_every_row(&first, &small.path);
        assert_eq!((&first["tokens_imported"], &first["tokens_skipped"]), (&json!(3), &json!(4)));
        small.token(18, &[]);
        small
            .sql(&format!("UPDATE {} SET expires_at = '2035-01-01' WHERE id = 10", small.tokens()));
        for options in [[].as_slice(), &["--replace"], &["--replace"]] {
            accounts_for_every_row(&small.import(options), &small.path);
        }
    }
}

#[test]
fn an_import_that_finds_rows_and_takes_none_is_no_success() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.import(&[]);
        let users = sandbox.number("SELECT count(*) FROM users WHERE name <> 'Ann'");
        small.user(&2, "Ben", &[]);
        small.token_of(&5, "5", &99, &[]);
        for options in [[].as_slice(), &["--dry-run"], &["--replace"]] {
            let ran = small.try_import(options).exits(1);
            let error =
                "tokctl: nothing was imported: no row could be imported; the report says why\n";
            assert!(ran.stderr.ends_with(error), "{ran:#?}");
            let line = format!(" 1: owner not found ({} 5)\n", small.tokens());
            assert!(ran.stdout.contains(&line), "{ran:#?}");
            assert_eq!(sandbox.number("SELECT count(*) FROM users WHERE name <> 'Ann'"), users);
        }
        small.token(6, &[]);
        small.import(&[]);
        // Rows that are known are taken.
        small.import(&[]);
    }
}

#[test]
fn rows_of_other_types_alone_are_no_success() {
    for system in ["shield", "adonisjs", "adonisjs5"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token(5, &[("type", &"other")]);
        let report = small.takes_nothing(&[]);
        assert_eq!(report["other_rows"], json!([{"type": "other", "count": 1}]));
    }
}

#[test]
fn a_token_that_has_ended_in_the_source_since_is_revoked_here() {
    for system in ALL {
        for (column, before, after, reason) in [
            ("deleted_at", &"" as &dyn ToSql, &PAST as &dyn ToSql, "deleted"),
            ("revoked", &0, &1, "revoked"),
            ("is_active", &1, &0, "not active"),
            ("status", &"active", &"blocked", "blocked"),
        ] {
            let sandbox = Sandbox::new();
            let small = Small::new(&sandbox, system);
            small.token_column(column);
            let ended = small.token(5, &[(column, before)]);
            let other = small.token(6, &[(column, before)]);
            small.import(&[]);
            let update = format!("UPDATE {} SET {column} = ?1 WHERE id = 5", small.tokens());
            open(&small.path).execute(&update, [after]).unwrap();
            let report = small.import(&["--verbose"]);
            let counts = (&report["tokens_revoked"], &report["tokens_known"]);
            assert_eq!(counts, (&json!(1), &json!(2)), "{system}, {column}: {report}");
            let row = format!(
                "{} 5: known from an earlier import, revoked now: {reason} in {system}",
                small.tokens()
            );
            assert!(report["rows"].as_array().unwrap().contains(&json!(row)), "{report}");
            let token = sandbox.token(&ended);
            assert_eq!(token["revoked_reason"], format!("{reason} in {system}"));
            sandbox.accepts(&other);
            // The source cannot take it back.
            open(&small.path).execute(&update, [before]).unwrap();
            small.import(&[]);
            small.import(&["--replace"]);
            sandbox.rejects(&ended, "revoked");
        }
    }
}

#[test]
fn a_user_who_is_refused_in_the_source_since_is_counted() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.user_column("deleted_at");
        let old = small.token(5, &[]);
        small.import(&[]);
        small.sql(&format!("UPDATE \"{}\" SET deleted_at = '{PAST}'", small.users()));
        let new = small.token(6, &[]);
        let report = small.import(&[]);
        assert_eq!(report["users_refused_there"], 1, "{report}");
        let ran = small.try_import(&[]).exits(0);
        let line = "1 user: banned or deleted in the source, but active here; ban them here, too";
        assert!(ran.stdout.contains(line), "{ran:#?}");
        sandbox.rejects(&new, "revoked");
        sandbox.rejects(&old, "revoked");
        sandbox.run(&["user", "ban", "Ann"]).exits(0);
        assert_eq!(small.import(&[])["users_refused_there"], 0);
    }
}

/// Changes everything about Ann in the source but her key, and gives her another token.
fn changed_ann(small: &Small) -> String {
    let name = if small.system == "sanctum" { "name" } else { "username" };
    let mut sql = format!("UPDATE \"{}\" SET {name} = 'Zoe'", small.users());
    if small.system == "shield" {
        small.sql(
            "INSERT INTO auth_identities (id, user_id, type, secret)
             VALUES (900, 1, 'email_password', 'zoe@example.com')",
        );
    } else {
        sql += ", email = 'zoe@example.com'";
    }
    if small.system != "symfony" {
        sql += ", created_at = '2026-02-03 04:05:06'";
    }
    small.sql(&sql);
    small.token(77, &[])
}

#[test]
fn a_user_under_another_name_and_address_escapes_no_ban() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let old = small.token(5, &[]);
        small.import(&[]);
        sandbox.run(&["user", "ban", "Ann", "--reason", "left"]).exits(0);
        let new = changed_ann(&small);
        let report = small.import(&["--time-zone", "Asia/Tokyo"]);
        assert_eq!((&report["users_known"], &report["users_created"]), (&json!(1), &json!(0)));
        for secret in [&old, &new] {
            sandbox.rejects(secret, "banned");
        }
        small.import(&["--replace"]);
        sandbox.rejects(&new, "banned");
        assert_eq!(sandbox.owner(&new), "Ann");
    }
}

#[test]
fn a_user_under_another_name_and_address_escapes_no_removal() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let old = small.token(5, &[]);
        small.user(&2, "Bob", &[]);
        small.token_of(&6, "6", &2, &[]);
        small.import(&[]);
        sandbox.run(&["user", "remove", "Ann", "--yes"]).exits(0);
        let new = changed_ann(&small);
        for options in [[].as_slice(), &["--replace"]] {
            let report = small.import(options);
            assert_eq!(report["users_created"], 0, "{report}");
            let rows = [5, 77].map(|id| format!("{} {id}", small.tokens())).to_vec();
            assert_eq!(skipped(&report), [("the owner was removed here".to_string(), rows)]);
            for secret in [&old, &new] {
                assert_ne!(sandbox.reasons(&[secret]), [None], "{system}");
            }
        }
    }
}

#[test]
fn a_database_that_was_moved_or_copied_is_the_same_one() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let mut small = Small::new(&sandbox, system);
        small.token(5, &[]);
        small.import(&[]);
        sandbox.run(&["user", "ban", "Ann"]).exits(0);
        let copy = sandbox.path("copy of it.db").to_str().unwrap().to_string();
        fs::copy(&small.path, &copy).unwrap();
        let moved = sandbox.path("moved.db").to_str().unwrap().to_string();
        fs::rename(&small.path, &moved).unwrap();
        for (id, path) in [(6, copy), (7, moved)] {
            small.path = path;
            let new = small.token(id, &[]);
            let report = small.import(&[]);
            assert_eq!((&report["users_known"], &report["users_created"]), (&json!(1), &json!(0)));
            assert_eq!(
                (&report["tokens_known"], &report["tokens_imported"]),
                (&json!(1), &json!(1))
            );
            sandbox.rejects(&new, "banned");
        }
    }
}

#[test]
fn another_path_to_the_same_file_is_the_same_database() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.import(&[]);
    std::os::unix::fs::symlink(&small.path, sandbox.path("link.db")).unwrap();
    small.token(5, &[]);
    for path in ["link.db", "./small-0.db"] {
        let report = sandbox.json(&["import", "sanctum", path]);
        assert_eq!(
            (&report["users_known"], &report["users_created"]),
            (&json!(1), &json!(0)),
            "{path}"
        );
    }
}

/// SQLite finds a table by its name in any case of letters.
#[test]
fn a_table_of_another_spelling_is_the_same_table() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let old = small.token(5, &[]);
        small.import(&[]);
        sandbox.run(&["user", "ban", "Ann"]).exits(0);
        let id = sandbox.token(&old)["id"].to_string();
        sandbox.run(&["revoke", "--delete", &id]).exits(0);
        let new = small.token(6, &[]);
        let (users, tokens) = (small.users().to_uppercase(), small.tokens().to_uppercase());
        let report = small.import(&["--users", &users, "--table", &tokens]);
        assert_eq!((&report["users_known"], &report["tokens_known"]), (&json!(1), &json!(1)));
        assert_eq!(report["token_table"], small.tokens());
        sandbox.rejects(&new, "banned");
        assert_ne!(sandbox.reasons(&[old]), [None]);
    }
}

/// A moved database is known by any token, also one that was deleted here.
#[test]
fn a_moved_database_is_known_by_a_token_that_was_deleted_here() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let mut small = Small::new(&sandbox, system);
        let old = small.token(5, &[]);
        small.import(&[]);
        sandbox.run(&["revoke-all", "--everyone", "--delete", "--yes"]).exits(0);
        sandbox.run(&["user", "ban", "Ann"]).exits(0);
        let moved = sandbox.path("moved.db").to_str().unwrap().to_string();
        fs::rename(&small.path, &moved).unwrap();
        small.path = moved;
        let new = small.token(6, &[]);
        small.import(&[]);
        sandbox.rejects(&new, "banned");
        assert_ne!(sandbox.reasons(&[old]), [None]);
    }
}

#[test]
fn another_database_with_the_same_ids_is_another_one() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let first = Small::new(&sandbox, system);
        let of_first = first.token(5, &[("created_at", &PAST)]);
        // Users of Symfony have no date.
        let created: &Row = if system == "symfony" { &[] } else { &[("created_at", &PAST)] };
        if system != "symfony" {
            first.sql(&format!("UPDATE \"{}\" SET created_at = '{PAST}'", first.users()));
        }
        first.import(&[]);
        sandbox.run(&["user", "ban", "Ann"]).exits(0);
        let second = Small::without_users(&sandbox, system, "");
        second.user(&1, "Bea", created);
        let secret = match system {
            "strapi" => {
                second.token(
                    5,
                    &[(
                        "access_key",
                        &support::foreign::strapi_access_key(support::small::SALT, "other"),
                    )],
                );
                "other".to_string()
            }
            "symfony" | "strapi-guide" => {
                second.token(5, &[("token", &"another-secret-of-theirs")]);
                "another-secret-of-theirs".to_string()
            }
            _ => {
                let column = match system {
                    "shield" => "secret",
                    "adonisjs" => "hash",
                    _ => "token",
                };
                second.token(5, &[(column, &support::sha256("another")), ("created_at", &PAST)]);
                second.sent("5", "another")
            }
        };
        let report = second.import(&[]);
        assert_eq!((&report["users_created"], &report["tokens_imported"]), (&json!(1), &json!(1)));
        sandbox.accepts(&secret);
        assert_eq!(sandbox.owner(&secret), "Bea", "{system}");
        sandbox.rejects(&of_first, "banned");
    }
}

#[test]
fn replace_brings_back_what_was_deleted_to_start_over() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        let secret = small.token(5, &[("expires_at", &"2035-01-01 00:00:00")]);
        small.import(&[]);
        sandbox.run(&["revoke-all", "--everyone", "--delete", "--yes"]).exits(0);
        let known = small.import(&["--time-zone", "+02:00"]);
        assert_eq!((&known["tokens_known"], &known["tokens_imported"]), (&json!(1), &json!(0)));
        assert_ne!(sandbox.reasons(&[&secret]), [None]);
        let report = small.import(&["--time-zone", "+02:00", "--replace"]);
        let counts =
            (&report["tokens_restored"], &report["tokens_imported"], &report["tokens_known"]);
        assert_eq!(counts, (&json!(1), &json!(1), &json!(0)), "{report}");
        sandbox.accepts(&secret);
        assert_eq!(sandbox.token(&secret)["expires_at"], "2034-12-31T22:00:00Z");
    }
}

/// Deletes all revoked tokens, as if they had been revoked long ago.
fn prune(sandbox: &Sandbox) {
    sandbox.sql("UPDATE tokens SET revoked_at = revoked_at - 1000000 WHERE revoked_at IS NOT NULL");
    sandbox.run(&["prune", "--grace", "1s"]).exits(0);
}

#[test]
fn replace_does_not_bring_back_what_was_revoked() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let pruned = small.token(5, &[]);
        let revoked = small.token(6, &[]);
        let other = small.token(7, &[]);
        small.import(&[]);
        for secret in [&pruned, &revoked] {
            let id = sandbox.token(secret)["id"].to_string();
            sandbox.run(&["revoke", &id, "--reason", "leaked"]).exits(0);
            if secret == &pruned {
                prune(&sandbox);
            }
        }
        small.sql(&format!("UPDATE {} SET created_at = '2025-01-01'", small.tokens()));
        let report = small.import(&["--replace"]);
        assert_eq!(report["tokens_imported"], 0, "{report}");
        assert_ne!(sandbox.reasons(&[&pruned]), [None], "{system}");
        sandbox.rejects(&revoked, "revoked");
        assert_eq!(sandbox.token(&revoked)["revoked_reason"], "leaked");
        sandbox.accepts(&other);
    }
}

/// The record of the first deletion says that the token was not revoked.
#[test]
fn replace_does_not_bring_back_what_was_brought_back_once_and_revoked_then() {
    for system in ["symfony", "strapi-guide"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token(5, &[("token", &support::sha256("real-secret"))]);
        small.import(&["--clear-text"]);
        sandbox.run(&["revoke-all", "--everyone", "--delete", "--yes"]).exits(0);
        let options = ["--hashed", "sha256", "--replace"];
        small.import(&options);
        sandbox.accepts("real-secret");
        sandbox.run(&["revoke-all", "--everyone", "--yes"]).exits(0);
        prune(&sandbox);
        assert_eq!(sandbox.listed(&["--all"]), [0; 0]);
        small.import(&options);
        assert_eq!(sandbox.listed(&["--all"]), [0; 0], "{system}");
        small.import(&["--clear-text", "--replace"]);
        assert_eq!(sandbox.listed(&["--all"]), [0; 0], "{system}");
    }
}

#[test]
fn replace_mends_a_wrong_time_zone() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        let secret =
            small.token(5, &[("expires_at", &"2090-01-01 00:00:00"), ("created_at", &PAST)]);
        small.token(6, &[]);
        small.import(&[]);
        let zone = ["--time-zone", "America/Los_Angeles"];
        let report = small.import(&zone);
        assert_eq!(report["tokens_changed"], 1, "{report}");
        assert_eq!(sandbox.token(&secret)["expires_at"], "2090-01-01T00:00:00Z");
        let ran = small.try_import(&zone).exits(0);
        let line = "1 token: known, and differ from the source; --replace updates them";
        assert!(ran.stdout.contains(line), "{ran:#?}");
        let id = sandbox.token(&secret)["id"].clone();
        let report = small.import(&[zone.as_slice(), &["--replace"]].concat());
        let counts =
            (&report["tokens_replaced"], &report["tokens_known"], &report["users_created"]);
        assert_eq!(counts, (&json!(1), &json!(1), &json!(0)), "{report}");
        let token = sandbox.token(&secret);
        assert_eq!(token["expires_at"], "2090-01-01T08:00:00Z");
        assert_eq!(token["created_at"], "2021-05-06T14:08:09Z");
        assert_eq!(token["id"], id);
        assert_eq!(small.import(&zone)["tokens_changed"], 0);
    }
}

#[test]
fn replace_mends_a_wrong_prefix() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "adonisjs");
    small.token(5, &[]);
    small.import(&["--prefix", "wrong_"]);
    let [wrong, right] =
        ["wrong_", "right_"].map(|prefix| adonisjs_secret(prefix, 5, &small.secret_part("5")));
    sandbox.accepts(&wrong);
    let again = small.import(&["--prefix", "right_"]);
    assert_eq!((&again["tokens_changed"], &again["tokens_imported"]), (&json!(1), &json!(0)));
    small.import(&["--prefix", "right_", "--replace"]);
    sandbox.accepts(&right);
    assert_ne!(sandbox.reasons(&[wrong]), [None]);
    assert_eq!(sandbox.token(&right)["hint"], "right_NQ");
    assert_eq!(sandbox.listed(&["--all"]).len(), 1);
}

#[test]
fn replace_mends_a_wrong_table_of_users() {
    for system in ALL.into_iter().filter(|system| *system != "sanctum") {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let users = small.users();
        small.sql(&format!(
            "CREATE TABLE customers AS SELECT * FROM \"{users}\"; UPDATE customers SET username = 'Cyd'"
        ));
        let secret = small.token(5, &[]);
        small.import(&["--users", "customers"]);
        assert_eq!(sandbox.owner(&secret), "Cyd");
        let again = small.import(&[]);
        assert_eq!((&again["tokens_changed"], sandbox.owner(&secret)), (&json!(1), "Cyd".into()));
        small.import(&["--replace"]);
        assert_eq!(sandbox.owner(&secret), "Ann", "{system}");
    }
}

#[test]
fn replace_keeps_the_latest_use() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    let used_there = support::now() - 10 * support::DAY;
    let secret = small.token(5, &[("last_used_at", &used_there)]);
    small.import(&[]);
    let there = sandbox.token(&secret)["last_used_at"].clone();
    sandbox.accepts(&secret);
    let used = sandbox.token(&secret)["last_used_at"].clone();
    assert_ne!(used, there);
    small.sql("UPDATE personal_access_tokens SET name = 'renamed'");
    small.import(&["--replace"]);
    let token = sandbox.token(&secret);
    assert_eq!((&token["last_used_at"], &token["name"]), (&used, &json!("renamed")));
}

#[test]
fn a_key_of_users_that_was_left_out_at_first_makes_no_second_user() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.user_column("number");
        small.sql(&format!("UPDATE \"{}\" SET number = 2", small.users()));
        small.user(&2, "Bob", &[("number", &1)]);
        let of_ann = small.token_of(&5, "5", &2, &[]);
        small.import(&[]);
        assert_eq!(sandbox.owner(&of_ann), "Bob");
        sandbox.run(&["user", "ban", "Ann"]).exits(0);
        let report = small.import(&["--users-key", "number", "--replace"]);
        assert_eq!((&report["users_known"], &report["users_created"]), (&json!(2), &json!(0)));
        assert_eq!(sandbox.owner(&of_ann), "Ann");
        sandbox.rejects(&of_ann, "banned");
    }
}

#[test]
fn a_dry_run_of_a_replacement_changes_nothing() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        sandbox.import(system, &source, &[]);
        let before = sandbox.content();
        let options = ["--replace", "--time-zone", "+03:00"];
        let dry_run =
            sandbox.import(system, &source, &[options.as_slice(), &["--dry-run"]].concat());
        assert_eq!(sandbox.content(), before);
        let mut done = sandbox.import(system, &source, &options);
        done["dry_run"] = json!(true);
        assert_eq!(dry_run, done);
    }
}

#[test]
fn replacing_every_sample_keeps_the_answers_of_its_system() {
    for system in SYSTEMS {
        let sandbox = Sandbox::new();
        let source = sandbox.source(system);
        sandbox.import(system, &source, &["--time-zone", "-09:00"]);
        sandbox.import(system, &source, &["--replace"]);
        sandbox.answers_like(system);
        let again = sandbox.import(system, &source, &["--replace"]);
        assert_eq!(again["tokens_replaced"], 0, "{again}");
        assert!(!samples(system).is_empty());
    }
}

#[test]
fn a_token_whose_row_is_gone_is_revoked_here() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token(10, &[]);
        small.token(11, &[]);
        small.token_of(&12, "12", &1, &[]);
        small.import(&[]);
        small.sql(&format!("DELETE FROM {} WHERE id = 11", small.tokens()));
        let preview = small.import(&["--dry-run"]);
        assert_eq!(preview["tokens_gone"], 1, "{system}");
        assert_eq!(sandbox.listed(&["--status", "revoked"]), [0; 0], "{system}");
        let report = small.import(&[]);
        assert_eq!((&report["tokens_gone"], &report["tokens_known"]), (&json!(1), &json!(2)));
        let revoked = sandbox.listed(&["--status", "revoked"]);
        assert_eq!(revoked.len(), 1, "{system}");
        let token = sandbox.json(&["show", &revoked[0].to_string()]);
        assert_eq!(token["revoked_reason"], format!("no longer in {system}"));
        assert_eq!(small.import(&[])["tokens_gone"], 0, "{system}");
    }
}

#[test]
fn a_token_whose_owner_is_gone_is_revoked_here() {
    // Strapi's content tokens have no owner in the source.
    for system in ALL.into_iter().filter(|system| *system != "strapi") {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.user(&2, "Ben", &[]);
        small.token(10, &[]);
        small.token_of(&11, "11", &2, &[]);
        small.import(&[]);
        small.sql(&format!("DELETE FROM \"{}\" WHERE id = 2", small.users()));
        let report = small.import(&[]);
        assert_eq!((&report["tokens_gone"], &report["tokens_skipped"]), (&json!(1), &json!(1)));
        let revoked = sandbox.listed(&["--status", "revoked"]);
        let token = sandbox.json(&["show", &revoked[0].to_string()]);
        assert_eq!(token["revoked_reason"], format!("owner not found in {system}"));
    }
}

#[test]
fn a_token_that_an_import_did_not_find_is_restored_when_it_is_back() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let kept = small.token(10, &[]);
        let missing = small.token(11, &[]);
        let decided = small.token(12, &[]);
        small.import(&[]);
        sandbox.run(&["revoke", &decided, "--reason", "leaked"]).exits(0);
        let tokens = small.tokens();
        small.sql(&format!(
            "CREATE TABLE kept AS SELECT * FROM {tokens}; DELETE FROM {tokens} WHERE id > 10"
        ));
        small.import(&[]);
        sandbox.rejects(&missing, "revoked");
        small.sql(&format!("INSERT INTO {tokens} SELECT * FROM kept WHERE id > 10"));
        let report = small.import(&[]);
        assert_eq!((&report["tokens_restored"], &report["tokens_known"]), (&json!(1), &json!(3)));
        sandbox.accepts(&kept);
        sandbox.accepts(&missing);
        sandbox.rejects(&decided, "revoked");
    }
}

#[test]
fn a_row_that_is_not_understood_any_more_is_not_gone() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        small.token(10, &[]);
        let odd = small.token(11, &[]);
        small.import(&[]);
        small.sql(&format!("UPDATE {} SET expires_at = 'soon' WHERE id = 11", small.tokens()));
        let report = small.import(&[]);
        assert_eq!((&report["tokens_gone"], &report["tokens_skipped"]), (&json!(0), &json!(1)));
        sandbox.accepts(&odd);
    }
}

#[test]
fn the_log_says_what_an_import_changed() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.token(10, &[]);
    small.token(11, &[]);
    small.import(&[]);
    small.sql("DELETE FROM personal_access_tokens WHERE id = 11");
    small.import(&[]);
    let log = sandbox.run(&["log", "--kind", "admin", "--json"]).exits(0).stdout;
    assert!(log.contains("0 users and 0 tokens from sanctum, 1 revoked"), "{log}");
}

#[test]
fn tokens_of_another_type_are_not_gone() {
    for system in ["shield", "adonisjs", "adonisjs5"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token(10, &[]);
        small.token(11, &[("type", &"other")]);
        small.import(&[]);
        let report = small.import(&["--type", "other", "--users", small.users().as_str()]);
        assert_eq!((&report["tokens_gone"], &report["tokens_imported"]), (&json!(0), &json!(1)));
        assert_eq!(sandbox.listed(&["--status", "revoked"]), [0; 0], "{system}");
    }
}

#[test]
fn a_table_that_was_emptied_revokes_its_tokens() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let secret = small.token(10, &[]);
        small.import(&[]);
        small.sql(&format!("DELETE FROM {}", small.tokens()));
        assert_eq!(small.import(&[])["tokens_gone"], 1, "{system}");
        sandbox.rejects(&secret, "revoked");
    }
}

#[test]
fn limits_that_the_source_has_set_since_are_set_here() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        let ended = small.token(10, &[]);
        let longer = small.token(11, &[("expires_at", &"2035-01-01 00:00:00")]);
        small.import(&[]);
        let set = |expiry: &str, id| {
            let tokens = small.tokens();
            small.sql(&format!("UPDATE {tokens} SET expires_at = '{expiry}' WHERE id = {id}"));
        };
        set(PAST, 10);
        set("2036-01-01 00:00:00", 11);
        let report = small.import(&[]);
        assert_eq!((&report["tokens_limited"], &report["tokens_changed"]), (&json!(1), &json!(1)));
        sandbox.rejects(&ended, "expired");
        // A later expiry takes --replace.
        assert_eq!(sandbox.token(&longer)["expires_at"], "2035-01-01T00:00:00Z");
    }
}

#[test]
fn scopes_that_the_source_has_taken_away_since_are_gone_here() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    let secret = small.token(10, &[("abilities", &"[\"*\"]")]);
    small.import(&[]);
    small.sql("UPDATE personal_access_tokens SET abilities = '[\"posts.read\"]'");
    assert_eq!(small.import(&[])["tokens_limited"], 1);
    assert_eq!(sandbox.token(&secret)["scopes"], json!(["posts.read"]));
    small.sql("UPDATE personal_access_tokens SET abilities = '[\"*\"]'");
    let report = small.import(&[]);
    assert_eq!((&report["tokens_limited"], &report["tokens_changed"]), (&json!(0), &json!(1)));
    assert_eq!(sandbox.token(&secret)["scopes"], json!(["posts.read"]));
}

#[test]
fn a_row_that_is_limited_and_differs_otherwise_counts_as_both() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.token(10, &[("abilities", &"[\"*\"]")]);
    small.token(11, &[("abilities", &"[\"*\"]")]);
    small.import(&[]);
    small.sql(
        "UPDATE personal_access_tokens SET abilities = '[\"posts.read\"]';
         UPDATE personal_access_tokens SET name = 'renamed' WHERE id = 10",
    );
    let report = small.import(&[]);
    assert_eq!((&report["tokens_limited"], &report["tokens_changed"]), (&json!(2), &json!(1)));
    let log = sandbox.run(&["log", "--kind", "admin", "--json"]).exits(0).stdout;
    assert!(log.contains("0 users and 0 tokens from sanctum, 2 limited"), "{log}");
}

#[test]
fn an_import_that_only_revokes_takes_that() {
    for system in ALL.into_iter().filter(|system| *system != "strapi") {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let secret = small.token(10, &[]);
        small.import(&[]);
        // The only row left is one that cannot be taken.
        small.sql(&format!("DELETE FROM {}", small.tokens()));
        small.token_of(&11, "11", &99, &[]);
        let report = small.import(&[]);
        let counts = (&report["tokens_gone"], &report["tokens_skipped"]);
        assert_eq!(counts, (&json!(1), &json!(1)), "{system}");
        sandbox.rejects(&secret, "revoked");
        // What was revoked then is nothing new.
        small.try_import(&[]).exits(1);
    }
}

#[test]
fn a_secret_that_was_renewed_in_the_source_replaces_the_old_one() {
    // Where the id is not part of the secret.
    for system in ["shield", "symfony", "strapi-guide", "strapi"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let old = small.token(10, &[]);
        small.import(&[]);
        small.sql(&format!("DELETE FROM {}", small.tokens()));
        let new = small.token_of(&10, "renewed", &1, &[]);
        let report = small.import(&[]);
        assert_eq!(report["tokens_replaced"], 1, "{system}: {report}");
        sandbox.accepts(&new);
        assert_ne!(sandbox.run(&["verify", &old]).code, Some(0), "{system}");
    }
}

#[test]
fn a_revocation_by_an_administrator_is_not_taken_back() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.token(10, &[]);
    let secret = small.token(11, &[]);
    small.import(&[]);
    small.sql(
        "CREATE TABLE kept AS SELECT * FROM personal_access_tokens;
         DELETE FROM personal_access_tokens WHERE id = 11",
    );
    small.import(&[]);
    // The import has revoked it already; the administrator decides it all the same.
    sandbox.run(&["revoke", &secret, "--reason", "leaked"]).exits(0);
    small.sql("INSERT INTO personal_access_tokens SELECT * FROM kept WHERE id = 11");
    for options in [[].as_slice(), &["--replace"]] {
        assert_eq!(small.import(options)["tokens_restored"], 0);
        sandbox.rejects(&secret, "revoked");
    }
    assert_eq!(sandbox.token(&secret)["revoked_reason"], "leaked");
}

#[test]
fn an_address_that_was_taken_without_proof_is_not_trusted_later() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.user_column("email_verified_at");
    small.user(&2, "mallory", &[("email", &"victim@example.com")]);
    small.token_of(&20, "20", &2, &[]);
    small.import(&[]);
    let proof = ("email_verified_at", &PAST as &dyn ToSql);
    small.user(&3, "victim", &[("email", &"Victim@example.com"), proof]);
    let secret = small.token_of(&30, "30", &3, &[]);
    assert_eq!(small.import(&[])["users_matched"], 0);
    assert_eq!(sandbox.token(&secret)["user"], "victim");
}

#[test]
fn a_letter_that_only_looks_like_another_one_matches_nobody() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "mike", "--email", "mike@example.com"]).exits(0);
    let small = Small::new(&sandbox, "sanctum");
    small.user_column("email_verified_at");
    // The Kelvin sign.
    let proof = ("email_verified_at", &PAST as &dyn ToSql);
    small.user(&2, "mi\u{212a}e", &[("email", &"mi\u{212a}e@example.com"), proof]);
    small.token_of(&20, "20", &2, &[]);
    let report = small.import(&["--match-names"]);
    assert_eq!(report["users_matched"], 0, "{report}");
}

#[test]
fn two_rows_with_one_key_stop_the_import() {
    let sandbox = Sandbox::new();
    let small = Small::without_users(&sandbox, "sanctum", "");
    small.sql(
        "DROP TABLE users; CREATE TABLE users (tenant, id, name, email, created_at);
         INSERT INTO users VALUES (1, 1, 'Ann', NULL, NULL), (2, 1, 'Ben', NULL, NULL)",
    );
    small.token(10, &[]);
    let ran = small.try_import(&[]).exits(2);
    let error = "tokctl: cannot import: two rows of table users have the same key\n";
    assert!(ran.stderr.starts_with(error), "{ran:#?}");
}
