//! The filters that `list`, `revoke-all` and `export` share.

mod support;

use support::{DAY, Sandbox, now};

/// Alice's tokens 1 (`CI`, scope a, created 100 days ago) and 2 (`deploy`, scope b.*, expires in 5 days),
/// and Bob's tokens 3 (`CI 2`, everything, last used 50 days ago) and 4 (`old`, revoked).
fn estate() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.create(&["--name", "CI", "--scope", "a"]);
    sandbox.create(&["--name", "deploy", "--scope", "b.*", "--expires", "5d"]);
    sandbox.create(&["--name", "CI 2", "--user", "bob"]);
    sandbox.create(&["--name", "old", "--user", "bob", "--scope", "c"]);
    sandbox.run(&["revoke", "4"]).exits(0);
    let past = now() - 100 * DAY;
    let used = now() - 50 * DAY;
    let rows = format!(
        "UPDATE tokens SET created_at = {past} WHERE id IN (1, 3);
         UPDATE tokens SET last_used_at = {used} WHERE id = 3;
         UPDATE tokens SET hint = 'tok_' || id || 'aaa', source = CASE id WHEN 2 THEN 'sanctum' ELSE 'tokctl' END"
    );
    sandbox.sql(&rows);
    sandbox
}

#[test]
fn a_token_must_match_every_filter_and_any_value_of_each() {
    let sandbox = estate();
    let cases: [(&[&str], &[i64]); 17] = [
        (&["--user", "ALICE"], &[1, 2]),
        (&["--user", "alice", "--user", "bob"], &[1, 2, 3]),
        (&["--user", "bob", "--status", "active", "--status", "revoked"], &[3, 4]),
        (&["--status", "revoked,active"], &[1, 2, 3, 4]),
        (&["--scope", "b.x"], &[2, 3]),
        (&["--scope", "a,b.x"], &[1, 2, 3]),
        (&["--name", "CI*"], &[1, 3]),
        (&["--name", "CI", "--name", "dep*"], &[1, 2]),
        (&["--hint", "tok_2"], &[2]),
        (&["--hint", "tok_2aaa", "--hint", "tok_3", "--all"], &[2, 3]),
        (&["--all", "--hint", "tok_"], &[1, 2, 3, 4]),
        (&["--source", "sanctum"], &[2]),
        (&["--expiring-within", "1w"], &[2]),
        (&["--unused-for", "60 days"], &[1]),
        (&["--unused-for", "60d", "--unused-for", "1mo"], &[1, 3]),
        (&["--created-before", "90d"], &[1, 3]),
        (&["--created-before", "90d", "--user", "bob", "--name", "CI*"], &[3]),
    ];
    for (filter, ids) in cases {
        assert_eq!(sandbox.listed(filter), ids, "{filter:?}");
    }
}

#[test]
fn a_filter_that_cannot_be_meant_is_an_error() {
    let sandbox = estate();
    sandbox
        .run(&["list", "--user", "alice", "--user", "carol"])
        .fails(1, "user carol not found: no user has this name");
    let ran = sandbox.run(&["list", "--hint", ""]).exits(2);
    assert!(ran.stderr.contains("cannot be empty"), "{}", ran.stderr);
}

/// More than the hint of a secret is not stored: it would match nothing, as if no token had leaked.
#[test]
fn more_than_a_hint_is_refused_and_not_repeated() {
    let sandbox = estate();
    let secret = sandbox.create(&[]);
    for (given, hint) in
        [(&secret[..12], &secret[..8]), (&secret, &secret[..8]), ("9f86d0", "9f86")]
    {
        let ran = sandbox.run(&["revoke-all", "--yes", "--hint", given]).exits(2);
        let why =
            format!("only the prefix and 4 more characters of a secret are stored: use {hint}\n");
        assert!(ran.stderr.contains(&why), "{}", ran.stderr);
        assert!(!ran.stderr.contains(&secret), "{}", ran.stderr);
    }
    let ran = sandbox.run(&["revoke-all", "--dry-run", "--name", &secret]).exits(0);
    assert!(!ran.stdout.contains(&secret[..20]), "{}", ran.stdout);
    for option in ["--name", "--source", "--hint"] {
        sandbox.run(&["revoke-all", "--yes", option, ""]).fails_somehow(2);
    }
}

#[test]
fn a_token_that_was_replaced_is_to_expire() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--expires", "3d", "--name", "CI"]);
    assert_eq!(sandbox.listed(&["--expiring-within", "7d"]), [1]);
    sandbox.run(&["rotate", "1", "--overlap", "1d", "--expires", "90d"]).exits(0);
    assert_eq!(sandbox.listed(&["--expiring-within", "7d"]), [0i64; 0]);
    sandbox.run(&["list"]).exits(0).remarks("2 tokens\n");
}

#[test]
fn revoke_all_takes_the_same_filters_and_says_what_it_understood() {
    let sandbox = estate();
    let ran = sandbox.run(&["revoke-all", "--unused-for", "6m", "--user", "alice", "--dry-run"]);
    let sentence = ran.exits(0).stdout;
    let understood = "1 token of alice, unused since 20";
    assert!(sentence.starts_with(understood), "{sentence}");
    assert!(sentence.ends_with("Z would be revoked\n"), "{sentence}");
    sandbox
        .run(&["revoke-all", "--name", "CI*", "--source", "tokctl", "--yes"])
        .exits(0)
        .prints("2 tokens named CI*, from tokctl revoked\n");
    assert_eq!(sandbox.listed(&[]), [2]);
    sandbox
        .run(&["revoke-all", "--delete", "--status", "revoked", "-y"])
        .exits(0)
        .prints("3 tokens with status revoked deleted\n");
    assert_eq!(sandbox.listed(&["--all"]), [2]);
}

#[test]
fn an_export_has_the_selected_tokens_and_their_owners() {
    let sandbox = estate();
    let ran = sandbox.run(&["export", "--user", "bob", "--status", "active"]).exits(0).remarks(
        "exported 1 user and 1 token; `tokctl import jsonl FILE` imports them into another database\n",
    );
    let lines: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["type"], &lines[0]["name"]), (&"user".into(), &"bob".into()));
    assert_eq!((&lines[1]["type"], &lines[1]["name"]), (&"token".into(), &"CI 2".into()));
    assert_eq!(lines.len(), 2);
    sandbox
        .run(&["export", "--user", "carol"])
        .fails(1, "user carol not found: no user has this name");
    sandbox.run(&["export", "--hint", "none"]).exits(0).prints("");
}

#[test]
fn revoke_all_wants_a_filter_or_everyone() {
    let sandbox = estate();
    sandbox
        .run(&["revoke-all", "--yes"])
        .fails(2, "no tokens were selected: there is no filter")
        .hints("pass a filter such as --user, or --everyone for the tokens of all users");
    assert_eq!(sandbox.live_tokens(), 3);
    sandbox
        .run(&["revoke-all", "--everyone", "--scope", "a", "--yes"])
        .exits(0)
        .prints("2 tokens that grant a revoked\n");
}

#[test]
fn lists_are_sorted_by_user_and_by_status() {
    let sandbox = estate();
    sandbox.run(&["user", "add", "Aaron"]).exits(0);
    sandbox.create(&["--user", "aaron"]);
    assert_eq!(sandbox.listed(&["--sort", "user"]), [5, 1, 2, 3]);
    let all = |args: &[&str]| sandbox.listed(&[&["--all", "--sort", "status"], args].concat());
    sandbox.run(&["user", "ban", "aaron"]).exits(0);
    sandbox.sql("UPDATE tokens SET expires_at = 5 WHERE id = 1");
    assert_eq!(all(&[]), [2, 3, 1, 4, 5]);
    assert_eq!(all(&["--reverse"]), [5, 4, 1, 3, 2]);
    assert_eq!(all(&["-n", "3"]), [2, 3, 1]);
}

#[test]
fn quiet_lists_ids_alone() {
    let sandbox = estate();
    sandbox.run(&["ls", "-q", "--name", "CI*"]).exits(0).prints("1\n3\n").remarks("");
    sandbox.run(&["list", "-q", "--name", "none"]).exits(0).prints("").remarks("");
    let ran = sandbox.run(&["list", "-q", "--json", "--name", "CI"]).exits(0);
    assert!(ran.stdout.starts_with("[\n{\"id\":1,"), "{}", ran.stdout);
}
