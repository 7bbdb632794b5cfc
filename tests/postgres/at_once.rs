//! Many processes at once: nothing is lost, nothing happens twice, and nobody gets an error of the server.

use crate::place::Place;
use crate::support::Ran;
use std::fs;
use std::thread;
use std::time::Duration;

/// Runs each command line in a process of its own, all at once.
fn at_once(place: &Place, lines: &[Vec<&str>]) -> Vec<Ran> {
    thread::scope(|scope| {
        let start = |line: &Vec<&str>| {
            let run = place.tokctl(line);
            scope.spawn(move || run.go())
        };
        let running: Vec<_> = lines.iter().map(start).collect();
        running.into_iter().map(|process| process.join().unwrap()).collect()
    })
}

fn codes(ran: &[Ran]) -> Vec<Option<i32>> {
    let mut codes: Vec<_> = ran.iter().map(|ran| ran.code).collect();
    codes.sort_unstable();
    codes
}

#[test]
fn of_several_migrations_one_creates_the_tables() {
    let Some(place) = Place::empty() else { return };
    let ran = at_once(&place, &vec![vec!["migrate", "--json"]; 8]);
    assert_eq!(codes(&ran), [Some(0); 8], "{ran:#?}");
    let created = ran.iter().filter(|ran| ran.json()["created"] == true).count();
    assert_eq!(created, 1, "{ran:#?}");
    assert_eq!(place.sql("SELECT count(*) FROM users"), "1");
    assert_eq!(place.sql("SELECT count(*) FROM schema_versions"), "1");
}

#[test]
fn a_token_is_rotated_once() {
    let Some(place) = Place::new() else { return };
    let old = place.create(&["--name", "CI"]);
    let ran = at_once(&place, &vec![vec!["rotate", "1", "--quiet"]; 12]);
    let mut expected = vec![Some(2); 11];
    expected.insert(0, Some(0));
    assert_eq!(codes(&ran), expected, "{ran:#?}");
    let secrets: Vec<_> = ran.iter().filter(|ran| !ran.stdout.is_empty()).collect();
    assert_eq!(secrets.len(), 1);
    place.run(&["verify", secrets[0].stdout.trim_end()]).exits(0);
    place.run(&["verify", &old]).exits(1);
    assert_eq!(place.sql("SELECT count(*) FROM tokens"), "2");
    assert_eq!(place.sql("SELECT count(*) FROM changes WHERE action = 'rotate'"), "1");
}

#[test]
fn a_name_is_taken_once() {
    let Some(place) = Place::new() else { return };
    let ran = at_once(&place, &vec![vec!["user", "add", "Bob", "--email", "bob@example.com"]; 8]);
    let mut expected = vec![Some(2); 7];
    expected.insert(0, Some(0));
    assert_eq!(codes(&ran), expected, "{ran:#?}");
    for ran in ran.into_iter().filter(|ran| ran.code == Some(2)) {
        ran.fails(2, "user Bob already exists: user names are case-insensitive");
    }
}

/// A default owner who does not exist would keep everybody from issuing tokens.
#[test]
fn the_default_user_exists_whoever_is_removed_meanwhile() {
    let Some(place) = Place::new() else { return };
    for round in 0..6 {
        let name = format!("user-{round}");
        place.run(&["user", "add", &name]).exits(0);
        at_once(
            &place,
            &[
                vec!["settings", "set", "default-user", &name],
                vec!["user", "remove", "--yes", &name],
                vec!["user", "edit", &name, "--name", "renamed"],
            ],
        );
        place.run(&["create", "--quiet"]).exits(0);
        let default = place.run(&["settings", "get", "default-user"]).exits(0).stdout;
        place.run(&["user", "show", default.trim_end()]).exits(0);
        place.run(&["settings", "set", "default-user", "root"]);
        place.run(&["user", "remove", "--yes", "renamed"]);
    }
}

#[test]
fn a_removed_user_leaves_no_token() {
    let Some(place) = Place::new() else { return };
    place.run(&["user", "add", "bob"]).exits(0);
    let mut lines = vec![vec!["create", "--user", "bob", "--quiet"]; 10];
    lines.insert(5, vec!["user", "remove", "--yes", "bob"]);
    let ran = at_once(&place, &lines);
    assert!(ran.iter().all(|ran| matches!(ran.code, Some(0 | 1))), "{ran:#?}");
    assert_eq!(ran[5].code, Some(0), "{:#?}", ran[5]);
    for ran in ran.iter().filter(|ran| ran.stdout.starts_with("tok_")) {
        place.run(&["verify", ran.stdout.trim_end()]).exits(1);
    }
    assert_eq!(place.sql("SELECT count(*) FROM tokens"), "0");
}

#[test]
fn an_import_takes_each_row_over_once() {
    let Some(place) = Place::new() else { return };
    let lines: String = (0..300)
        .map(|number| {
            format!(
                "{{\"name\":\"token {number}\",\"user\":\"user-{}\",\"hash\":\"{number:08x}{:056}\"}}\n",
                number % 20,
                0
            )
        })
        .collect();
    let file = place.sandbox.file("tokens.jsonl", lines);
    let ran = at_once(&place, &vec![vec!["import", "jsonl", &file]; 6]);
    // Those that found everything imported took nothing.
    assert!(ran.iter().all(|ran| matches!(ran.code, Some(0 | 1))), "{ran:#?}");
    assert!(ran.iter().any(|ran| ran.code == Some(0)), "{ran:#?}");
    assert_eq!(place.sql("SELECT count(*) FROM tokens"), "300");
    assert_eq!(place.sql("SELECT count(*) FROM users"), "21");
    let twice = "SELECT count(*) - count(DISTINCT (system, database, name)) FROM relations";
    assert_eq!(place.sql(twice), "0");
}

#[test]
fn sixty_four_processes_lose_nothing() {
    let Some(place) = Place::new() else { return };
    let place = &place;
    thread::scope(|scope| {
        for worker in 0..64 {
            scope.spawn(move || {
                let (name, user) = (format!("token {worker}"), format!("user-{worker}"));
                let lifetime = format!("{}d", 1 + worker);
                place.run(&["user", "add", &user, "--quiet"]).exits(0);
                let secret = place.create(&["--name", &name, "--user", &user, "--scope", "a"]);
                place.run(&["settings", "set", "default-expires", &lifetime]).exits(0);
                place.run(&["verify", &secret]).exits(0);
                let new = place.run(&["rotate", "--name", &name, "--quiet"]).exits(0).stdout;
                place.run(&["verify", &secret]).exits(1);
                match worker % 4 {
                    0 => place.run(&["revoke", "--name", &name]).exits(0),
                    1 => place.run(&["user", "ban", &user]).exits(0),
                    2 => place.run(&["edit", "--name", &name, "--expires", "2d"]).exits(0),
                    _ => place.run(&["prune"]).exits(0),
                };
                let code = if worker % 4 < 2 { 1 } else { 0 };
                place.run(&["verify", new.trim_end()]).exits(code);
            });
        }
    });
    assert_eq!(place.sql("SELECT count(*) FROM tokens"), "128");
    assert_eq!(place.sql("SELECT count(*) FROM tokens WHERE revoked_at IS NOT NULL"), "80");
    assert_eq!(place.sql("SELECT count(*) FROM users WHERE banned_at IS NOT NULL"), "16");
    let recorded = "SELECT count(*) FROM changes WHERE action = ";
    for (action, count) in [("create", "64"), ("rotate", "64"), ("user add", "65"), ("edit", "16")]
    {
        assert_eq!(place.sql(&format!("{recorded}'{action}'")), count, "{action}");
    }
}

/// Whoever follows the log sees each row once, also of transactions that commit in another order than
/// they got their numbers in.
#[test]
fn a_gap_in_the_log_is_waited_for() {
    let Some(place) = Place::new() else { return };
    place.run(&["user", "add", "first"]).exits(0);
    // A transaction that has its number, and commits after a later one.
    let slow = "BEGIN; INSERT INTO changes (at, account, action, detail)
         VALUES (1800000000000, 'slow', 'test', 'late'); SELECT pg_sleep(3); COMMIT";
    let is_asleep = format!(
        "SELECT count(*) FROM pg_stat_activity
         WHERE wait_event = 'PgSleep' AND query LIKE '%{}%'",
        place.schema
    );
    let script = "\"$TOKCTL\" log --follow -o jsonl > followed &
         wait_until 'grep -q first followed'
         \"$TOKCTL\" user add second --quiet; sleep 1; cp followed before
         wait_until 'grep -q late followed && grep -q second followed'
         sleep 1; kill $!";
    thread::scope(|scope| {
        scope.spawn(|| place.sql(slow));
        while place.sql(&is_asleep) == "0" {
            thread::sleep(Duration::from_millis(20));
        }
        place.sandbox.shell(script).env("TOKCTL_DATABASE", place.url()).go();
    });
    let read = |name| fs::read_to_string(place.sandbox.path(name)).unwrap();
    assert!(!read("before").contains("second"), "{}", read("before"));
    let followed = read("followed");
    for text in ["first", "second", "late"] {
        assert_eq!(followed.matches(text).count(), 1, "{text}: {followed}");
    }
}
