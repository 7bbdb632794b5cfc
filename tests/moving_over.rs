//! `tokctl export | tokctl --database OTHER import jsonl -`: a database moves to another one, which then
//! behaves the same, also for later imports.

mod support;

use serde_json::{Value, json};
use support::database::on_server;
use support::foreign::{SYSTEMS, samples};
use support::small::Small;
use support::{Ran, Sandbox, sha256};

fn export(from: &Sandbox, args: &[&str]) -> String {
    from.run(&[&["export"], args].concat()).exits(0).stdout
}

fn try_import(to: &Sandbox, export: &str, args: &[&str]) -> Ran {
    to.tokctl(&[&["import", "jsonl", "--json", "-"], args].concat()).stdin(export).go()
}

/// Imports an export and returns the report.
#[track_caller]
fn import(to: &Sandbox, export: &str, args: &[&str]) -> Value {
    try_import(to, export, args).exits(0).json()
}

/// Moves a database to a new one.
#[track_caller]
fn moved(from: &Sandbox) -> Sandbox {
    let to = Sandbox::new();
    import(&to, &export(from, &[]), &[]);
    to
}

/// Everything that `verify` says about a secret, with the ids of its token and user.
fn verdict(sandbox: &Sandbox, secret: &str) -> (Option<i32>, Value) {
    let ran = sandbox.tokctl(&["verify", "--json", "-"]).stdin(secret).go();
    (ran.code, ran.json())
}

/// An export with lines that were changed, or left out.
fn changed(export: &str, mut change: impl FnMut(&mut Value) -> bool) -> String {
    let lines = export.lines().filter_map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        change(&mut line).then(|| format!("{line}\n"))
    });
    lines.collect()
}

/// The lines of an export that are of a type.
fn lines(export: &str, of_type: &str) -> Vec<Value> {
    let lines = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["type"] == of_type).collect()
}

fn sorted(export: &str) -> Vec<&str> {
    let mut lines: Vec<_> = export.lines().collect();
    lines.sort_unstable();
    lines
}

/// A line in front of the end of an export.
fn with_line(export: &str, line: Value) -> String {
    let end = export.trim_end().rfind('\n').unwrap() + 1;
    format!("{}{line}\n{}", &export[..end], &export[end..])
}

/// Asserts that an import adds no token and no user, and gives no token back.
#[track_caller]
fn finds_nothing_new(report: &Value) {
    for count in ["users_created", "users_matched", "tokens_imported", "tokens_restored"] {
        assert_eq!(report[count], 0, "{count}: {report}");
    }
}

/// A database with everything that one can have, and secrets of every kind.
fn full() -> (Sandbox, Vec<String>) {
    let from = Sandbox::with_alice();
    from.run(&["settings", "set", "max-expires", "never"]).exits(0);
    from.run(&["settings", "set", "unused-lifetime", "never"]).exits(0);
    from.run(&["user", "add", "Bob", "--email", "b@example.com", "--full-name", "B"]).exits(0);
    from.run(&["user", "add", "eve"]).exits(0);
    from.run(&["user", "add", "gone"]).exits(0);
    let mut secrets: Vec<_> = [
        &["--name", "plain"][..],
        &["--scope", "posts.*,users.read", "--user", "bob", "--expires", "30d"],
        &["--no-scopes"],
        &["--name", "revoked"],
        &["--user", "eve"],
        &["--user", "gone"],
        &["--name", "deleted"],
        &["--name", "rotated"],
        &["--name", "rotated with an overlap"],
    ]
    .map(|args| from.create(args))
    .into();
    from.run(&["revoke", "4", "--reason", "lost"]).exits(0);
    from.run(&["user", "ban", "eve"]).exits(0);
    from.run(&["user", "remove", "gone", "--yes"]).exits(0);
    from.run(&["revoke", "7", "--delete"]).exits(0);
    let overlap = ["--name", "rotated with an overlap", "--overlap", "2d"];
    for args in [&["--name", "rotated"][..], &overlap] {
        let secret = from.run(&[&["rotate"], args].concat()).exits(0).stdout;
        secrets.push(secret.trim().to_string());
    }
    // The last ids are gone.
    from.run(&["user", "add", "last"]).exits(0);
    secrets.push(from.create(&["--user", "last"]));
    from.run(&["user", "remove", "last", "--yes"]).exits(0);
    (from, secrets)
}

#[test]
fn a_new_database_becomes_a_copy() {
    let (from, mut secrets) = full();
    for system in ["sanctum", "strapi", "adonisjs", "shield"] {
        from.import(system, &from.source(system), &[]);
        secrets.extend(samples(system).iter().map(|sample| sample.secret().to_string()));
    }
    secrets.push("an-example-secret-0001".into());
    let line = json!({"name": "t", "user": "ada", "secret": secrets.last()});
    let file = from.file("own.jsonl", line.to_string());
    from.run(&["import", "jsonl", &file]).exits(0);
    let first = export(&from, &[]);
    let refused = |line: &Value| line["refused"] == true;
    assert!(lines(&first, "origin").iter().any(refused), "a user whom a system refuses");
    // To another one, back to a third one, and in the reverse order of lines.
    let to = moved(&from);
    let back = moved(&to);
    let reversed = Sandbox::new();
    let lines: Vec<_> = first.lines().rev().collect();
    import(&reversed, &lines.join("\n"), &[]);
    for copy in [&to, &back] {
        assert_eq!(export(copy, &[]), first);
    }
    assert_eq!(sorted(&export(&reversed, &[])), sorted(&first));
    for copy in [&to, &back, &reversed] {
        for args in [&["list", "--all"][..], &["user", "list"], &["settings", "list"], &["stats"]] {
            assert_eq!(copy.json(args), from.json(args));
        }
    }
    for secret in &secrets {
        let expected = verdict(&from, secret);
        for copy in [&to, &back, &reversed] {
            assert_eq!(verdict(copy, secret), expected, "{secret}");
        }
    }
}

#[test]
fn of_many_tokens_each_gets_its_id_and_its_links() {
    let from = Sandbox::with_alice();
    from.run(&["create", "--count", "1200", "--name", "t"]).exits(0);
    from.run(&["rotate", "1"]).exits(0);
    from.run(&["rotate", "1100"]).exits(0);
    let text = export(&from, &[]);
    assert_eq!(export(&moved(&from), &[]), text);
    // Among tokens that are no copies.
    let to = Sandbox::new();
    let own = json!({"name": "own", "user": "alice", "secret": "an-example-secret-0001"});
    import(&to, &with_line(&text, own), &[]);
    assert_eq!(to.listed(&["--name", "own"]), [1203]);
    let tokens = |sandbox: &Sandbox| lines(&export(sandbox, &[]), "token");
    assert_eq!(tokens(&to)[..1202], tokens(&from));
    // Where the ids are others.
    let used = Sandbox::with_alice();
    used.create(&[]);
    for new in [1202, 0] {
        assert_eq!(import(&used, &text, &[])["tokens_imported"], new);
        for (old, new) in [(2, 1202), (1101, 1203)] {
            let shown = |id: i32| used.json(&["show", &id.to_string()]);
            assert_eq!(
                (&shown(old)["replaced_by"], &shown(new)["replaces"]),
                (&json!(new), &json!(old))
            );
        }
    }
}

#[test]
fn ids_that_are_gone_are_not_used_again() {
    let (from, _) = full();
    let to = moved(&from);
    for sandbox in [&from, &to] {
        sandbox.run(&["user", "add", "next"]).exits(0);
        sandbox.create(&["--user", "next"]);
    }
    let newest = |sandbox: &Sandbox| {
        let user = sandbox.json(&["user", "show", "next"])["id"].clone();
        (user, sandbox.listed(&["--user", "next"]))
    };
    assert_eq!(newest(&to), newest(&from));
}

#[test]
fn an_export_has_no_secrets_and_what_a_line_refers_to_comes_before_it() {
    let (from, secrets) = full();
    from.import("sanctum", &from.source("sanctum"), &[]);
    from.run(&["revoke", "20", "--delete"]).exits(0);
    let text = export(&from, &[]);
    let samples = samples("sanctum");
    let sent = samples.iter().map(|sample| sample.secret().rsplit('|').next().unwrap());
    for secret in secrets.iter().map(|secret| &secret[5..]).chain(sent) {
        assert!(!text.contains(secret), "{secret}");
    }
    let types: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().into())
        .collect();
    let mut order = types.clone();
    order.dedup();
    let expected = ["export", "relation", "user", "token", "deleted", "origin", "setting", "end"];
    assert_eq!(order, expected);
}

/// An import, then decisions of an administrator: a token revoked, one deleted, users renamed, banned and
/// removed.
fn decided(from: &Sandbox, small: &Small) -> Vec<String> {
    small.user(&2, "Ben", &[]);
    small.user(&3, "Cat", &[]);
    small.user(&4, "Dan", &[]);
    let secrets = vec![
        small.token(5, &[]),
        small.token(6, &[]),
        small.token(7, &[]),
        small.token_of(&8, "8", &2, &[]),
        small.token_of(&9, "9", &3, &[]),
        small.token_of(&10, "10", &4, &[]),
    ];
    small.import(&[]);
    let id = |secret: &str| from.token(secret)["id"].to_string();
    from.run(&["revoke", &id(&secrets[1])]).exits(0);
    from.run(&["revoke", &id(&secrets[2]), "--delete"]).exits(0);
    let owner = |secret: &str| from.owner(secret);
    from.run(&["user", "edit", &owner(&secrets[3]), "--name", "Renamed"]).exits(0);
    from.run(&["user", "ban", &owner(&secrets[4])]).exits(0);
    from.run(&["user", "remove", &owner(&secrets[5]), "--yes"]).exits(0);
    secrets
}

#[test]
fn a_later_import_finds_the_same_rows_and_revives_nothing() {
    for system in ["shield", "adonisjs", "adonisjs5", "sanctum", "symfony"] {
        let from = Sandbox::new();
        let small = Small::new(&from, system);
        let mut secrets = decided(&from, &small);
        let to = moved(&from);
        let import = |sandbox: &Sandbox| {
            sandbox.run(&["--json", "import", system, &small.path]).exits(0).json()
        };
        // The source goes on: a new token, and one that is revoked there by deleting its row.
        secrets.push(small.token_of(&11, "11", &2, &[]));
        small.sql(&format!("DELETE FROM {} WHERE id = 5", small.tokens()));
        let (here, there) = (import(&to), import(&from));
        assert_eq!(here, there, "{system}");
        let counts = ["users_created", "tokens_imported", "tokens_gone", "tokens_restored"];
        assert_eq!(counts.map(|count| here[count].as_u64()), [0, 1, 1, 0].map(Some), "{system}");
        for secret in &secrets {
            let (here, there) = (to.answer(secret), from.answer(secret));
            assert_eq!(here, there, "{system} {secret}");
        }
        let reasons = secrets.iter().map(|secret| to.answer(secret).1);
        let reasons: Vec<_> = reasons.map(Option::unwrap_or_default).collect();
        let expected = ["revoked", "revoked", "unknown", "", "banned", "unknown", ""];
        assert_eq!(reasons, expected, "{system}");
        assert_eq!(to.owner(&secrets[6]), "Renamed");
        // Both have imported at a time of their own.
        let all = |sandbox: &Sandbox| {
            changed(&export(sandbox, &[]), |line| {
                for time in ["created_at", "revoked_at", "last_used_at"] {
                    line.as_object_mut().unwrap().remove(time);
                }
                true
            })
        };
        assert_eq!(all(&to), all(&from), "{system}");
    }
}

#[test]
fn a_later_import_of_every_sample_finds_nothing_new() {
    for system in SYSTEMS {
        let from = Sandbox::new();
        let source = from.source(system);
        from.import(system, &source, &[]);
        let to = moved(&from);
        let report = to.import(system, &source, &[]);
        finds_nothing_new(&report);
        to.answers_like(system);
    }
}

#[test]
fn a_source_that_has_moved_since_is_the_same_one() {
    let from = Sandbox::new();
    from.import("sanctum", &from.source("sanctum"), &[]);
    from.run(&["revoke-all", "--everyone", "--delete", "--yes"]).exits(0);
    let to = moved(&from);
    finds_nothing_new(&to.import("sanctum", &to.source("sanctum"), &[]));
}

#[test]
fn a_later_import_of_json_lines_finds_the_same_users() {
    let from = Sandbox::new();
    let line = |id: u32, name: &str| {
        let user = json!({"type": "user", "id": id, "name": name, "created_at": "2024-01-01"});
        let token = json!({"id": id, "name": "t", "user_id": id, "hash": sha256(name)});
        format!("{user}\n{token}\n")
    };
    let files = [line(1, "ann"), line(1, "ben")];
    for text in &files {
        import(&from, text, &[]);
    }
    from.run(&["user", "edit", "ann", "--name", "anna"]).exits(0);
    let to = moved(&from);
    for text in &files {
        finds_nothing_new(&import(&to, text, &[]));
    }
    // A file that is new there gets a name of its own.
    let third = line(1, "cat");
    assert_eq!(import(&to, &third, &[])["users_created"], 1);
    assert_eq!(import(&from, &third, &[])["users_created"], 1);
    let users = |sandbox: &Sandbox| ["ann", "ben", "cat"].map(|secret| sandbox.owner(secret));
    assert_eq!(users(&to), ["anna", "ben", "cat"]);
    assert_eq!(users(&from), users(&to));
}

#[test]
fn importing_twice_changes_nothing() {
    let (from, _) = full();
    from.import("sanctum", &from.source("sanctum"), &[]);
    from.run(&["revoke", "20", "--delete"]).exits(0);
    let text = export(&from, &[]);
    let used = Sandbox::with_alice();
    used.create(&[]);
    for to in [Sandbox::new(), used] {
        import(&to, &text, &[]);
        let after = export(&to, &[]);
        for _ in 0..2 {
            let report = import(&to, &text, &[]);
            finds_nothing_new(&report);
            let remembered = &report["remembered"];
            for what in ["tables", "origins", "deletions"] {
                assert_eq!(
                    (&remembered[what]["added"], &remembered[what]["kept"]),
                    (&json!(0), &json!(0))
                );
            }
            assert_eq!(remembered["settings_set"], json!([]));
            assert_eq!(export(&to, &[]), after);
        }
    }
}

#[test]
fn every_line_is_accounted_for() {
    let (from, _) = full();
    from.import("sanctum", &from.source("sanctum"), &[]);
    from.run(&["revoke", "20", "--delete"]).exits(0);
    let text = export(&from, &[]);
    let used = Sandbox::with_alice();
    used.create(&[]);
    used.run(&["settings", "set", "prefix", "abc"]).exits(0);
    for to in [Sandbox::new(), used] {
        for _ in 0..2 {
            let report = import(&to, &text, &[]);
            let number = |value: &Value| value.as_u64().unwrap();
            let sum = |names: &[&str]| names.iter().map(|name| number(&report[*name])).sum::<u64>();
            let users = sum(&["users_created", "users_matched", "users_known", "users_skipped"]);
            assert_eq!(users, lines(&text, "user").len() as u64);
            let tokens = sum(&["tokens_imported", "tokens_known", "tokens_skipped"]);
            assert_eq!(tokens, lines(&text, "token").len() as u64);
            let remembered = &report["remembered"];
            for (what, of_type) in
                [("tables", "relation"), ("origins", "origin"), ("deletions", "deleted")]
            {
                let taken =
                    ["added", "known", "kept"].map(|count| number(&remembered[what][count]));
                assert_eq!(taken.iter().sum::<u64>(), lines(&text, of_type).len() as u64, "{what}");
            }
            let length = |key: &str| remembered[key].as_array().unwrap().len() as u64;
            let settings = length("settings_set")
                + length("settings_kept")
                + number(&remembered["settings_known"]);
            assert_eq!(settings, lines(&text, "setting").len() as u64, "{remembered}");
        }
    }
}

#[test]
fn people_read_what_was_taken_over_and_what_was_not() {
    let from = Sandbox::with_alice();
    from.run(&["settings", "set", "unused-lifetime", "never"]).exits(0);
    from.run(&["settings", "set", "prefix", "abc"]).exits(0);
    from.import("sanctum", &from.source("sanctum"), &["--quiet"]);
    from.run(&["revoke", "1", "--delete"]).exits(0);
    let text = export(&from, &[]);
    let origins = lines(&text, "origin").len();
    let report = |to: &Sandbox, args: &[&str]| {
        to.tokctl(&[&["import", "jsonl", "-"], args].concat()).stdin(&text).go().exits(0).stdout
    };
    let new = Sandbox::new();
    let account = lines(&text, "user")[0]["name"].as_str().unwrap().to_string();
    for (args, would) in [(&["--dry-run"][..], "would be "), (&[], "")] {
        let told = report(&new, args);
        for line in [
            format!("replaced user  {account}, whom the new database was created with\n"),
            format!("source tables  1 {would}added, 0 known\n"),
            format!("source users   {origins} {would}added, 0 known\n"),
            format!("deleted        1 {would}added, 0 known\n"),
            format!(
                "settings       3 {would}set (prefix, default-user, unused-lifetime), 0 the same \
                 here, 0 kept as here\n"
            ),
        ] {
            assert!(told.contains(&line), "{line}{told}");
        }
        assert!(on_server() || new.database().exists() == args.is_empty());
    }
    let used = Sandbox::with_alice();
    used.create(&[]);
    used.run(&["settings", "set", "prefix", "mine"]).exits(0);
    let told = report(&used, &[]);
    for line in [
        "settings       0 set, 1 the same here, 2 kept as here\n",
        "kept setting   prefix is abc in the export, and mine here\n",
        "kept setting   unused-lifetime is never in the export, and 1y here\n",
    ] {
        assert!(told.contains(line), "{line}{told}");
    }
}

#[test]
fn a_database_that_holds_tokens_takes_no_setting() {
    let values = [
        ("prefix", "abc"),
        ("default-user", "alice"),
        ("default-expires", "90d"),
        ("max-expires", "91d"),
        ("unused-lifetime", "1s"),
        ("last-used-resolution", "1h"),
        ("record-attempts", "none"),
        ("attempts-kept", "0"),
        ("allowed-scopes", "a"),
        ("owners", "admins"),
    ];
    let from = Sandbox::with_alice();
    for (key, value) in values {
        from.run(&["settings", "set", key, value]).exits(0);
    }
    let (text, to) = (export(&from, &[]), Sandbox::new());
    to.create(&["-q"]);
    let before = to.json(&["settings", "list"]);
    let report = import(&to, &text, &[]);
    assert_eq!(to.json(&["settings", "list"]), before);
    let kept = report["remembered"]["settings_kept"].as_array().unwrap();
    assert_eq!(kept.len(), values.len(), "{kept:?}");
    assert_eq!(kept[4], json!({"key": "unused-lifetime", "there": "1s", "here": "1y"}));
}

#[test]
fn a_database_without_tokens_keeps_the_settings_that_it_has() {
    let from = Sandbox::with_alice();
    for (key, value) in [("prefix", "abc"), ("owners", "admins"), ("max-expires", "90d")] {
        from.run(&["settings", "set", key, value]).exits(0);
    }
    let text = export(&from, &[]);
    let to = Sandbox::new();
    to.run(&["settings", "set", "max-expires", "30d"]).exits(0);
    let report = import(&to, &text, &[]);
    let value = |key: &str| to.run(&["settings", "get", key]).exits(0).stdout;
    let values = ["prefix", "owners", "max-expires", "default-user"].map(value);
    assert_eq!(values, ["abc\n", "admins\n", "30d\n", "alice\n"]);
    let kept = json!([{"key": "max-expires", "there": "90d", "here": "30d"}]);
    assert_eq!(report["remembered"]["settings_kept"], kept);
}

#[test]
fn a_default_user_who_is_not_here_is_not_taken() {
    let from = Sandbox::with_alice();
    let text = changed(&export(&from, &[]), |line| line["name"] != "alice");
    let to = Sandbox::new();
    let report = import(&to, &text, &[]);
    let kept = json!([{"key": "default-user", "there": "alice", "here": null}]);
    assert_eq!(report["remembered"]["settings_kept"], kept);
}

#[test]
fn users_of_an_export_who_have_one_name_stay_two() {
    let from = Sandbox::with_alice();
    let text = export(&from, &[]);
    let account = lines(&text, "user")[0]["name"].as_str().unwrap().to_string();
    let text = changed(&text, |line| {
        if line["name"] == "alice" {
            line["name"] = account.to_uppercase().into();
        }
        true
    });
    let to = Sandbox::new();
    let report = import(&to, &text, &[]);
    assert_eq!((&report["users_created"], &report["users_renamed"]), (&json!(2), &json!(1)));
    assert_eq!(to.json(&["user", "show", &account])["id"], 1);
    assert_eq!(to.json(&["user", "show", &format!("{account}@jsonl")])["id"], 2);
}

#[test]
fn a_user_of_an_export_is_not_somebody_with_the_same_address() {
    let from = Sandbox::new();
    from.run(&["user", "add", "bob", "--email", "b@example.com"]).exits(0);
    let secret = from.create(&["--user", "bob"]);
    let to = Sandbox::new();
    to.run(&["user", "add", "robert", "--email", "b@example.com"]).exits(0);
    import(&to, &export(&from, &[]), &[]);
    assert_eq!(to.owner(&secret), "bob");
}

#[test]
fn a_database_with_two_users_is_in_use_and_gets_other_ids() {
    let from = Sandbox::with_alice();
    let secret = from.create(&["--name", "t"]);
    let to = Sandbox::new();
    to.run(&["user", "add", "zoe"]).exits(0);
    let report = import(&to, &export(&from, &[]), &[]);
    assert_eq!(report["remembered"]["replaced_user"], Value::Null);
    let users = to.json(&["user", "list"]);
    assert_eq!(users.as_array().unwrap().len(), 3);
    assert_eq!(to.json(&["user", "show", "zoe"])["id"], 2);
    assert_eq!(to.json(&["user", "show", "alice"])["id"], 3);
    assert_eq!(verdict(&to, &secret).1["username"], "alice");
}

#[test]
fn a_copy_follows_the_database_that_it_was_made_from() {
    let from = Sandbox::with_alice();
    let [kept, revoked, rotated] =
        ["kept", "revoked", "rotated"].map(|name| from.create(&["--name", name]));
    from.run(&["user", "add", "bob"]).exits(0);
    let to = moved(&from);
    // Both change; the users who are new have the same id in both.
    to.run(&["user", "edit", "alice", "--name", "lisa"]).exits(0);
    to.run(&["user", "add", "here"]).exits(0);
    let here = to.create(&["--user", "here"]);
    from.run(&["revoke", "2"]).exits(0);
    let new = from.run(&["rotate", "3"]).exits(0).stdout.trim().to_string();
    from.run(&["user", "add", "there"]).exits(0);
    let there = from.create(&["--user", "there"]);
    let report = import(&to, &export(&from, &[]), &[]);
    assert_eq!((&report["users_created"], &report["tokens_imported"]), (&json!(1), &json!(2)));
    let name = |secret: &str| verdict(&to, secret).1["username"].clone();
    assert_eq!([&kept, &new].map(|secret| name(secret)), ["lisa", "lisa"]);
    assert_eq!([&here, &there].map(|secret| name(secret)), ["here", "there"]);
    for secret in [&revoked, &rotated] {
        to.rejects(secret, "revoked");
    }
    // The rotation is known, under the ids here.
    let new = to.token(&new);
    assert_eq!((&new["replaces"], &to.token(&rotated)["replaced_by"]), (&json!(3), &new["id"]));
    to.run(&["unrevoke", "3"]).fails_somehow(2);
    let after = export(&to, &[]);
    finds_nothing_new(&import(&to, &export(&from, &[]), &[]));
    assert_eq!(export(&to, &[]), after);
}

#[test]
fn a_database_that_only_shares_tokens_has_other_users() {
    // Given users of one second, of whom a database in use got one under the id of another,
    let from = Sandbox::new();
    for name in ["ann", "ben"] {
        from.run(&["user", "add", name]).exits(0);
    }
    from.create(&["-q", "--user", "ann"]);
    from.sql("UPDATE users SET created_at = 1700000000000 WHERE id > 1");
    let (copy, used) = (moved(&from), Sandbox::new());
    used.run(&["user", "add", "zoe"]).exits(0);
    import(&used, &export(&from, &[]), &[]);
    assert_eq!(used.json(&["user", "show", "ann"])["id"], 3);
    // when it is exported and imported into a copy, where that one has another name,
    copy.run(&["user", "edit", "ben", "--name", "rob"]).exits(0);
    let secret = used.create(&["--user", "ann"]);
    import(&copy, &export(&used, &[]), &[]);
    // then nobody gets the token of somebody else.
    assert_eq!(copy.owner(&secret), "ann");
}

#[test]
fn what_was_decided_here_stands() {
    let from = Sandbox::new();
    let small = Small::new(&from, "sanctum");
    let [revoked, deleted, missing] = [5, 6, 7].map(|id| small.token(id, &[]));
    small.import(&[]);
    let text = export(&from, &[]);
    let to = moved(&from);
    let id = |secret: &str| to.token(secret)["id"].to_string();
    to.run(&["revoke", &id(&revoked)]).exits(0);
    to.run(&["revoke", &id(&deleted), "--delete"]).exits(0);
    small.sql("DELETE FROM personal_access_tokens WHERE id = 7");
    let args = ["import", "sanctum", &small.path];
    to.run(&args).exits(0);
    for args in [&[][..], &["--replace"]] {
        import(&to, &text, args);
        for (secret, why) in [(&revoked, "revoked"), (&missing, "revoked")] {
            to.rejects(secret, why);
        }
    }
    assert_eq!(from.answer(&missing), (0, None));
}

#[test]
fn a_row_that_has_another_secret_here_keeps_it() {
    let from = Sandbox::new();
    let small = Small::new(&from, "sanctum");
    let secret = small.token(5, &[]);
    small.import(&[]);
    let to = moved(&from);
    let other = changed(&export(&from, &[]), |line| {
        if line["type"] == "token" {
            line["hash"] = sha256("another").into();
        }
        true
    });
    let report = import(&to, &other, &[]);
    assert_eq!(report["tokens_changed"], 1, "{report}");
    to.accepts(&secret);
}

#[test]
fn a_deleted_token_that_is_in_use_here_stays() {
    let from = Sandbox::new();
    let small = Small::new(&from, "sanctum");
    let secret = small.token(5, &[]);
    small.import(&[]);
    let to = moved(&from);
    from.run(&["revoke", "1", "--delete"]).exits(0);
    let report = import(&to, &export(&from, &[]), &[]);
    assert_eq!(report["remembered"]["deletions"], json!({"added": 0, "known": 0, "kept": 1}));
    to.accepts(&secret);
}

#[test]
fn a_deleted_token_of_an_export_is_not_imported_from_it() {
    let from = Sandbox::new();
    let small = Small::new(&from, "sanctum");
    small.token(5, &[]);
    small.import(&[]);
    let before = export(&from, &[]);
    from.run(&["revoke", "1", "--delete"]).exits(0);
    // A token that is deleted while an export is written can be in it twice.
    let deleted = lines(&export(&from, &[]), "deleted").remove(0);
    let to = Sandbox::new();
    let report = import(&to, &with_line(&before, deleted), &[]);
    assert_eq!((&report["tokens_imported"], &report["tokens_known"]), (&json!(0), &json!(1)));
}

#[test]
fn an_origin_that_is_known_here_stays() {
    let from = Sandbox::new();
    let small = Small::new(&from, "sanctum");
    small.token(5, &[]);
    small.import(&[]);
    let to = moved(&from);
    // Somebody writes that the user of the source is the account, an administrator.
    let mut account = Value::Null;
    let text = changed(&export(&from, &[]), |line| {
        if line["type"] == "user" && line["admin"] == true {
            account = line["id"].clone();
        }
        if line["type"] == "origin" {
            line["user_id"] = account.clone();
        }
        true
    });
    let removed = text.replace("\"user_id\":1,\"type\"", "\"user_id\":null,\"type\"");
    for text in [text, removed] {
        let report = import(&to, &text, &[]);
        assert_eq!(report["remembered"]["origins"]["added"], 0, "{report}");
        assert_eq!(report["remembered"]["origins"]["kept"], 1, "{report}");
    }
    let new = small.token(6, &[]);
    to.run(&["import", "sanctum", &small.path]).exits(0);
    assert_eq!(to.owner(&new), "Ann");
}

#[test]
fn an_address_that_is_not_verified_is_not_verified_by_an_export() {
    let from = Sandbox::new();
    let user = json!({"type": "user", "id": 1, "name": "ann", "email": "ann@example.com"});
    import(&from, &user.to_string(), &[]);
    from.run(&["user", "add", "bob", "--email", "bob@example.com"]).exits(0);
    let to = moved(&from);
    let verified = |name: &str| {
        let email = format!("{name}@example.com");
        json!({"type": "user", "id": name, "name": "new", "email": email, "email_verified": true})
    };
    let report = |name: &str| import(&to, &verified(name).to_string(), &[]);
    assert_eq!(report("ann")["users_matched"], 0);
    assert_eq!(report("bob")["users_matched"], 1);
    // Older exports do not tell.
    let older = changed(&export(&from, &[]), |line| {
        line.as_object_mut().unwrap().remove("email_verified");
        line["type"] == "user"
    });
    let to = Sandbox::new();
    import(&to, &older, &[]);
    assert_eq!(import(&to, &verified("bob").to_string(), &[])["users_matched"], 0);
}

#[test]
fn an_older_export_is_imported() {
    let (from, secrets) = full();
    let older = changed(&export(&from, &[]), |line| {
        for key in ["email_verified", "relation", "replaces", "replaced_by"] {
            line.as_object_mut().unwrap().remove(key);
        }
        line["type"] == "user" || line["type"] == "token"
    });
    let to = Sandbox::new();
    let report = import(&to, &older, &[]);
    assert_eq!(report["tokens_imported"], lines(&older, "token").len() as u64);
    for secret in &secrets {
        assert_eq!(to.answer(secret), from.answer(secret));
    }
    finds_nothing_new(&import(&to, &older, &[]));
}

#[test]
fn a_filtered_export_has_what_belongs_to_its_tokens() {
    let from = Sandbox::new();
    let small = Small::new(&from, "sanctum");
    decided(&from, &small);
    from.run(&["settings", "set", "prefix", "abc"]).exits(0);
    let text = export(&from, &["--user", "Renamed"]);
    let types: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].clone())
        .collect();
    assert_eq!(types, ["user", "token", "origin"]);
    // Then it can be imported, and a later import knows the rows.
    let to = Sandbox::new();
    import(&to, &text, &[]);
    let report = to.run(&["--json", "import", "sanctum", &small.path]).exits(0).json();
    assert_eq!((&report["users_known"], &report["tokens_known"]), (&json!(1), &json!(1)));
    assert_eq!(to.json(&["user", "show", "Renamed"])["tokens"], 1);
}

#[test]
fn a_part_of_an_export_is_refused() {
    let (from, _) = full();
    let text = export(&from, &[]);
    let all: Vec<_> = text.lines().collect();
    let refuses = |lines: &[&str], number: usize, why: &str| {
        let to = Sandbox::new();
        try_import(&to, &lines.join("\n"), &[]).fails(2, &format!("-, line {number}: {why}"));
        assert!(!to.database().exists());
    };
    let no_end = "type: the end of this export is missing; export again, and check the exit code";
    for length in [1, 2, all.len() / 2, all.len() - 1] {
        refuses(&all[..length], 1, no_end);
    }
    let last = all.len();
    refuses(&all[1..], last - 1, "type: the beginning of this export is missing");
    let twice = "type: an earlier line has this type, too; import one export at a time";
    refuses(&[&all[..], &all[..1]].concat(), last + 1, twice);
    refuses(&[&all[..], &all[last - 1..]].concat(), last + 1, twice);
    refuses(&[&all[..], &all[3..4]].concat(), last + 1, "id: an earlier line has the same id");
}

#[test]
fn a_malformed_line_is_named() {
    let (from, _) = full();
    let text = export(&from, &[]);
    let last = text.lines().count();
    let scheme = json!({"kind": "sha256", "prefix": "", "salt": ""});
    let deleted = json!({
        "type": "deleted", "hash": sha256("x"), "scheme": scheme, "foreign_id": "1",
        "relation": null, "revoked": true,
    });
    let origin = json!({"type": "origin", "origin": sha256("x"), "user_id": 1, "refused": false});
    let with = |line: &Value, key: &str, value: Value| {
        let mut line = line.clone();
        line[key] = value;
        line
    };
    let not_exported = |kind: &str| format!("type {kind}: not as `tokctl export` writes it");
    let setting = |key: &str, value: &str| json!({"type": "setting", "key": key, "value": value});
    for (line, why) in [
        (with(&deleted, "hash", "00".into()), "invalid hash".to_string()),
        (
            with(&deleted, "scheme", json!({"kind": "md5", "prefix": "", "salt": ""})),
            "invalid scheme".into(),
        ),
        (with(&deleted, "foreign_id", 1.into()), not_exported("deleted")),
        (with(&deleted, "more", 1.into()), not_exported("deleted")),
        (with(&origin, "origin", "é".repeat(32).into()), "invalid origin".into()),
        (with(&origin, "user_id", 999.into()), "user_id: no line has this user".into()),
        (with(&origin, "user_id", (1_u64 << 60).into()), "invalid user_id".into()),
        (with(&origin, "user_id", json!(1e300)), not_exported("origin")),
        (with(&origin, "user_id", json!(u64::MAX)), not_exported("origin")),
        (with(&origin, "refused", json!("x")), not_exported("origin")),
        (setting("colour", "red"), "invalid key".into()),
        (setting("max-expires", "soon"), "invalid value".into()),
        (setting("max-expires", "90d"), "id: an earlier line has the same id".into()),
        (json!({"type": "relation"}), not_exported("relation")),
        (
            json!({"type": "relation", "system": "tokctl", "database": "copy", "name": "99"}),
            "invalid system".into(),
        ),
        (json!({"type": "End"}), not_exported("end")),
    ] {
        let to = Sandbox::new();
        try_import(&to, &with_line(&text, line.clone()), &[])
            .fails(2, &format!("-, line {last}: {why}"));
        let count =
            if to.database().exists() { to.number("SELECT count(*) FROM users") } else { Some(1) };
        assert_eq!(count, Some(1), "{line}");
    }
    for (from, to, number, why) in [
        (
            "\"format\":1",
            "\"format\":2",
            1,
            "format: made by a newer tokctl, which this one cannot read",
        ),
        ("\"last_user_id\":6", "\"last_user_id\":3", last, "last_user_id: a line has a higher id"),
        (
            "\"last_token_id\":12",
            "\"last_token_id\":3",
            last,
            "last_token_id: a line has a higher id",
        ),
        (
            "\"last_user_id\":6",
            "\"last_user_id\":9223372036854775807",
            last,
            "invalid last_user_id",
        ),
        ("\"last_user_id\":6", "\"last_user_id\":-1", last, "invalid last_user_id"),
    ] {
        assert!(text.contains(from), "{from} {text}");
        try_import(&Sandbox::new(), &text.replace(from, to), &[])
            .fails(2, &format!("-, line {number}: {why}"));
    }
}

#[test]
fn rotations_that_make_no_sense_end() {
    let (from, _) = full();
    let text = export(&from, &[]);
    // A cycle, and tokens that are gone.
    let text = changed(&text, |line| {
        match line["id"].as_i64().filter(|_| line["type"] == "token") {
            Some(1) => line["replaced_by"] = 2.into(),
            Some(2) => line["replaced_by"] = 1.into(),
            Some(3) => line["replaces"] = 7.into(),
            _ => {}
        }
        true
    });
    let used = Sandbox::with_alice();
    used.create(&[]);
    let new = Sandbox::new();
    import(&new, &text, &[]);
    assert_eq!(export(&new, &[]), reordered(&text));
    import(&used, &text, &[]);
    // Token 1 of the export is token 2 here. A token that is gone has no id here.
    let token = |id: &str| used.json(&["show", id]);
    assert_eq!((&token("2")["replaced_by"], &token("3")["replaced_by"]), (&json!(3), &json!(2)));
    assert_eq!(token("4")["replaces"], Value::Null);
    for args in [&["list", "--all"][..], &["doctor"], &["stats"], &["show", "2"]] {
        used.run(args);
        new.run(args);
    }
    used.run(&["rotate", "4"]).exits(0);
}

/// The lines of an export as tokctl writes them, with the keys in their order.
fn reordered(text: &str) -> String {
    let rows =
        text.lines().map(|line| serde_json::from_str::<tokctl::store::ExportRow>(line).unwrap());
    rows.map(|row| serde_json::to_string(&row).unwrap() + "\n").collect()
}

#[test]
fn a_dry_run_of_moving_over_changes_nothing() {
    let (from, _) = full();
    let text = export(&from, &[]);
    let to = Sandbox::new();
    let dry_run = import(&to, &text, &["--dry-run"]);
    assert!(!to.database().exists());
    to.run(&["settings", "set", "prefix", "abc"]).exits(0);
    to.run(&["settings", "unset", "prefix"]).exits(0);
    let before = export(&to, &[]);
    assert_eq!(import(&to, &text, &["--dry-run"]), dry_run);
    assert_eq!(export(&to, &[]), before);
    let mut report = import(&to, &text, &[]);
    report["dry_run"] = true.into();
    assert_eq!(report, dry_run);
}

#[test]
fn the_log_says_what_was_changed() {
    let from = Sandbox::with_alice();
    let to = moved(&from);
    let log = to.json(&["log", "--kind", "admin"]);
    let actions: Vec<_> =
        log.as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    let expected = ["user add", "settings set", "user remove", "settings set", "import"];
    assert_eq!(actions, expected, "{log}");
}
