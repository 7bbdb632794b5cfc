//! The policy: the settings that limit new tokens, for every command that issues them.

mod support;

use support::{DAY, Sandbox};

/// Changes a setting and returns the remark about existing tokens.
fn set(sandbox: &Sandbox, key: &str, value: &str) -> String {
    sandbox.run(&["settings", "set", key, value]).exits(0).stderr
}

/// How long a token is valid altogether, in milliseconds; `None` if it never expires.
fn lifetime(sandbox: &Sandbox, id: i64) -> Option<i64> {
    sandbox.number(&format!("SELECT expires_at - created_at FROM tokens WHERE id = {id}"))
}

#[test]
fn an_expiry_later_than_max_expires_is_refused() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "old"]);
    set(&sandbox, "max-expires", "90d");
    for command in [&["create"][..], &["rotate", "1"]] {
        for expires in ["91d", "never", "9999-01-01"] {
            sandbox
                .run(&[command, &["--expires", expires]].concat())
                .fails(2, "the expiry is too late: the setting max-expires allows at most 90d")
                .hints("use --expires 90d or less, or change the setting max-expires");
        }
    }
    let from = sandbox.file("from", "{\"expires\": \"1d\"}\n{\"expires\": \"91d\"}\n");
    let ran = sandbox.run(&["create", "--from", &from]).fails_somehow(2);
    assert!(ran.stderr.contains("line 2: the expiry is too late"), "{ran:#?}");
    assert_eq!(sandbox.listed(&["--all"]), [1]);
}

#[test]
fn max_expires_is_the_expiry_of_a_token_that_would_never_expire() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "old"]);
    set(&sandbox, "max-expires", "90d");
    sandbox.create(&[]);
    sandbox.run(&["rotate", "1"]).exits(0);
    sandbox.create(&["--expires", "90d"]);
    assert_eq!([2, 3, 4].map(|id| lifetime(&sandbox, id)), [Some(90 * DAY); 3]);
}

#[test]
fn a_token_without_expires_gets_the_default_or_else_the_maximum() {
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
    let days = [1, 2, 3, 4, 5].map(|id| lifetime(&sandbox, id).map(|lifetime| lifetime / DAY));
    assert_eq!(days, [Some(30), None, Some(7), Some(30), Some(60)]);
}

#[test]
fn rotation_shortens_a_lifetime_that_is_not_allowed_any_more() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--expires", "60d"]);
    sandbox.run(&["rotate", "1"]).exits(0);
    set(&sandbox, "max-expires", "7d");
    sandbox.run(&["rotate", "2"]).exits(0);
    assert_eq!(lifetime(&sandbox, 2), Some(60 * DAY));
    assert_eq!(lifetime(&sandbox, 3), Some(7 * DAY));
}

#[test]
fn new_tokens_have_only_allowed_scopes() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "all"]);
    set(&sandbox, "allowed-scopes", "posts.*,users.read");
    for scope in ["*", "posts", "users.*", "users.write", "POSTS.a"] {
        let error = format!(
            "scope {scope} is not allowed: the setting allowed-scopes allows posts.*,users.read"
        );
        sandbox
            .run(&["create", "--scope", scope])
            .fails(2, &error)
            .hints("issue a token with allowed scopes, or change the setting allowed-scopes");
    }
    sandbox.run(&["create"]).fails_somehow(2);
    sandbox.run(&["rotate", "1"]).fails_somehow(2);
    sandbox.create(&["--scope", "posts.manage,posts.*,users.read"]);
    sandbox.create(&["--no-scopes"]);
    sandbox.run(&["rotate", "2"]).exits(0);
    assert_eq!(sandbox.listed(&[]), [1, 3, 4]);
}

#[test]
fn only_administrators_own_new_tokens_if_the_setting_owners_says_so() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let bobs = sandbox.create(&["--user", "bob"]);
    set(&sandbox, "owners", "admins");
    for args in [&["create", "--user", "BOB"][..], &["rotate", &bobs]] {
        sandbox
            .run(args)
            .fails(2, "bob may not own new tokens: the setting owners allows administrators only")
            .hints("choose an owner who is an administrator, or change the setting owners");
    }
    sandbox.run(&["verify", &bobs]).exits(0);
    sandbox.create(&["--user", "alice"]);
    sandbox.run(&["user", "edit", "bob", "--admin"]).exits(0);
    sandbox.create(&["--user", "bob"]);
}

#[test]
fn a_new_limit_names_the_tokens_that_violate_it_and_leaves_them_valid() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.create(&["--name", "long", "--scope", "a"]);
    sandbox.create(&["--name", "short", "--scope", "b", "--expires", "1d"]);
    let bobs =
        sandbox.create(&["--name", "bobs", "--scope", "a", "--expires", "1d", "--user", "bob"]);
    sandbox.create(&["--name", "gone"]);
    sandbox.run(&["revoke", "4"]).exits(0);
    assert_eq!(
        set(&sandbox, "max-expires", "30d"),
        "1 active token violates this setting and stays valid: 1 (long)\n"
    );
    assert_eq!(
        set(&sandbox, "owners", "admins"),
        "1 active token violates this setting and stays valid: 3 (bobs)\n"
    );
    assert_eq!(
        set(&sandbox, "allowed-scopes", "b"),
        "2 active tokens violate this setting and stay valid: 1 (long), 3 (bobs)\n"
    );
    assert_eq!(set(&sandbox, "allowed-scopes", "any"), "");
    assert_eq!(set(&sandbox, "prefix", "x"), "");
    assert_eq!(sandbox.listed(&[]), [1, 2, 3]);
    sandbox.run(&["verify", &bobs]).exits(0);
}

#[test]
fn a_remark_about_many_tokens_names_the_first_ten() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "11", "--name", "CI"]).exits(0);
    let ids = (1..=10).map(|id| format!("{id} (CI)")).collect::<Vec<_>>().join(", ");
    assert_eq!(
        set(&sandbox, "max-expires", "30d"),
        format!("11 active tokens violate this setting and stay valid: {ids}, …\n")
    );
}

#[test]
fn an_import_accepts_tokens_that_violate_the_policy_and_counts_them() {
    let source = Sandbox::with_alice();
    let secret = source.create(&["--scope", "a"]);
    source.create(&["--scope", "b", "--expires", "1d"]);
    source.run(&["export", "--out", "export"]).exits(0);
    let target = Sandbox::with_alice();
    set(&target, "max-expires", "30d");
    let file = source.path("export");
    let report = target.json(&["import", "jsonl", file.to_str().unwrap()]);
    assert_eq!(report["against_policy"], 1, "{report}");
    target.run(&["verify", &secret]).exits(0);
}

#[test]
fn the_hint_for_an_invalid_value_says_which_values_a_setting_takes() {
    let sandbox = Sandbox::with_alice();
    for (key, value, values) in [
        (
            "prefix",
            "Tok",
            "a lower-case letter, then up to 30 lower-case letters, digits or underscores, not ending with an underscore",
        ),
        ("default-user", "", "the name of a user"),
        ("max-expires", "soon", "a duration such as 90d, or never"),
        ("default-expires", "2030-01-01", "a duration such as 90d, or never"),
        ("unused-lifetime", "0s", "a duration such as 90d, or never"),
        ("allowed-scopes", "a b", "any, or scopes separated by commas"),
        ("owners", "bob", "any or admins"),
        ("record-attempts", "some", "none, failures or all"),
        ("attempts-kept", "-1", "a number from 0 to 100000000"),
        ("attempts-kept", "100000001", "a number from 0 to 100000000"),
        ("last-used-resolution", "never", "a duration such as 60s"),
    ] {
        let ran = sandbox.run(&["settings", "set", key, value]).fails_somehow(2);
        ran.hints(&format!("{key} takes {values}"));
    }
}

#[test]
fn an_unknown_default_user_does_not_replace_the_current_one() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "default-user", "nobody"]).fails_somehow(1);
    assert_eq!(sandbox.json(&["settings", "get", "default-user"])["value"], "alice");
}
