//! The policy: what new tokens may be, the same for every command that makes them.

mod support;

use support::{DAY, Sandbox};

fn set(sandbox: &Sandbox, key: &str, value: &str) -> String {
    sandbox.run(&["settings", "set", key, value]).exits(0).stderr
}

fn life(sandbox: &Sandbox, id: i64) -> Option<i64> {
    sandbox.number(&format!("SELECT expires_at - created_at FROM tokens WHERE id = {id}"))
}

#[test]
fn the_maximum_binds_create_and_rotate() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "old"]);
    set(&sandbox, "max-expires", "90d");
    for command in [&["create"][..], &["rotate", "1"]] {
        for expires in ["91d", "never", "9999-01-01"] {
            sandbox
                .run(&[command, &["--expires", expires]].concat())
                .fails(2, "the expiry is too far away: max-expires allows 90d at the most");
        }
    }
    let from = sandbox.file("from", "{\"expires\": \"1d\"}\n{\"expires\": \"91d\"}\n");
    let ran = sandbox.run(&["create", "--from", &from]).fails_somehow(2);
    assert!(ran.stderr.contains("line 2: the expiry is too far away"), "{ran:#?}");
    assert_eq!(sandbox.listed(&["--all"]), [1]);
    sandbox.create(&[]);
    sandbox.run(&["rotate", "1"]).exits(0);
    sandbox.create(&["--expires", "90d"]);
    assert_eq!([2, 3, 4].map(|id| life(&sandbox, id)), [Some(90 * DAY); 3]);
}

#[test]
fn nothing_said_is_the_default_or_else_the_maximum() {
    let sandbox = Sandbox::with_alice();
    set(&sandbox, "default-expires", "30d");
    sandbox.create(&[]);
    sandbox.create(&["--expires", "never"]);
    set(&sandbox, "max-expires", "7d");
    sandbox.create(&[]);
    set(&sandbox, "max-expires", "60d");
    sandbox.create(&[]);
    sandbox.run(&["settings", "unset", "default-expires"]).exits(0);
    sandbox.create(&[]);
    let lives = [1, 2, 3, 4, 5].map(|id| life(&sandbox, id).map(|life| life / DAY));
    assert_eq!(lives, [Some(30), None, Some(7), Some(30), Some(60)]);
    // A longer life than is allowed now becomes the longest that is.
    sandbox.run(&["rotate", "5"]).exits(0);
    set(&sandbox, "max-expires", "7d");
    sandbox.run(&["rotate", "6"]).exits(0);
    assert_eq!(life(&sandbox, 7), Some(7 * DAY));
}

#[test]
fn only_allowed_scopes() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "all"]);
    set(&sandbox, "allowed-scopes", "posts.*,users.read");
    for scope in ["*", "posts", "users.*", "users.write", "POSTS.a"] {
        let error = format!("scope {scope} is not allowed: allowed-scopes has posts.*,users.read");
        sandbox.run(&["create", "--scope", scope]).fails(2, &error);
    }
    sandbox.run(&["create"]).fails_somehow(2);
    sandbox.run(&["rotate", "1"]).fails_somehow(2);
    sandbox.create(&["--scope", "posts.manage,posts.*,users.read"]);
    sandbox.create(&["--no-scopes"]);
    sandbox.run(&["rotate", "2"]).exits(0);
    assert_eq!(sandbox.listed(&[]), [1, 3, 4]);
}

#[test]
fn only_administrators() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let bobs = sandbox.create(&["--user", "bob"]);
    set(&sandbox, "owners", "admins");
    for args in [&["create", "--user", "BOB"][..], &["rotate", &bobs]] {
        let error = "bob may not own new tokens: the setting owners allows administrators only";
        sandbox.run(args).fails(2, error);
    }
    sandbox.run(&["verify", &bobs]).exits(0);
    sandbox.create(&["--user", "alice"]);
    sandbox.run(&["user", "edit", "bob", "--admin"]).exits(0);
    sandbox.create(&["--user", "bob"]);
}

#[test]
fn a_change_names_the_tokens_that_break_it_and_leaves_them() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.create(&["--name", "long", "--scope", "a"]);
    sandbox.create(&["--name", "short", "--scope", "b", "--expires", "1d"]);
    let bobs =
        sandbox.create(&["--name", "bobs", "--scope", "a", "--expires", "1d", "--user", "bob"]);
    sandbox.create(&["--name", "gone"]);
    sandbox.run(&["revoke", "4"]).exits(0);
    let one =
        |named: &str| format!("1 token does not fit this policy, and stays as it is: {named}\n");
    assert_eq!(set(&sandbox, "max-expires", "30d"), one("1 (long)"));
    assert_eq!(set(&sandbox, "owners", "admins"), one("3 (bobs)"));
    assert_eq!(
        set(&sandbox, "allowed-scopes", "b"),
        "2 tokens do not fit this policy, and stay as they are: 1 (long), 3 (bobs)\n"
    );
    assert_eq!(set(&sandbox, "allowed-scopes", "any"), "");
    assert_eq!(set(&sandbox, "prefix", "x"), "");
    assert_eq!(sandbox.listed(&[]), [1, 2, 3]);
    sandbox.run(&["verify", &bobs]).exits(0);
}

#[test]
fn an_import_reports_what_breaks_it_and_takes_it() {
    let from = Sandbox::with_alice();
    let secret = from.create(&["--scope", "a"]);
    from.create(&["--scope", "b", "--expires", "1d"]);
    from.run(&["export", "--out", "export"]).exits(0);
    let to = Sandbox::with_alice();
    set(&to, "max-expires", "30d");
    let file = from.path("export");
    let report = to.json(&["import", "jsonl", file.to_str().unwrap()]);
    assert_eq!(report["against_policy"], 1, "{report}");
    to.run(&["verify", &secret]).exits(0);
}

#[test]
fn wrong_values_are_told_what_would_be_right() {
    let sandbox = Sandbox::with_alice();
    for (key, value, hint) in [
        ("max-expires", "soon", "a duration, or never"),
        ("default-expires", "2030-01-01", "a duration, or never"),
        ("allowed-scopes", "a b", "any, or scopes separated by commas"),
        ("owners", "bob", "any or admins"),
        ("record-attempts", "some", "none, failures or all"),
        ("attempts-kept", "-1", "a number from 0 to 100000000"),
        ("attempts-kept", "100000001", "a number from 0 to 100000000"),
        ("last-used-resolution", "never", "a duration"),
    ] {
        let ran = sandbox.run(&["settings", "set", key, value]).fails_somehow(2);
        ran.hints(&format!("it takes {hint}"));
    }
    sandbox.run(&["settings", "set", "default-user", "nobody"]).fails_somehow(1);
    assert_eq!(sandbox.json(&["settings", "get", "default-user"])["value"], "alice");
}
