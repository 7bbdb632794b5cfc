//! `user`: who tokens belong to.

mod support;

use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use support::{Sandbox, USER_KEYS, keys};

#[test]
fn add_and_show() {
    let sandbox = Sandbox::with_alice();
    let args = ["user", "add", " Bob ", "--email", "bob@example.com", "--full-name", "Bob B."];
    sandbox.run(&args).exits(0).prints("added user Bob\n").remarks("");
    let bob = sandbox.json(&["user", "show", "bob"]);
    assert_eq!(keys(&bob), USER_KEYS);
    let created = bob["created_at"].clone();
    assert_eq!(
        bob,
        json!({
            "id": 3, "name": "Bob", "email": "bob@example.com", "full_name": "Bob B.",
            "admin": false, "status": "active", "banned_reason": null, "tokens": 0,
            "created_at": created,
        })
    );
    let carol = sandbox.json(&["user", "add", "carol", "--admin"]);
    assert_eq!(carol, sandbox.json(&["user", "show", "carol"]));
    assert_eq!((&carol["admin"], &carol["email"]), (&json!(true), &json!(null)));
    let ran = sandbox.run(&["user", "show", "carol"]).exits(0);
    for line in ["name       carol", "e-mail     none", "admin      yes", "tokens     0"] {
        assert!(ran.stdout.contains(&format!("{line}\n")), "{line}: {ran:#?}");
    }
}

#[test]
fn names_and_emails_are_unique_without_regard_to_case() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "Émile", "--email", "e@example.com"]).exits(0);
    for name in ["ALICE", "alice", " Alice "] {
        sandbox
            .run(&["user", "add", name])
            .fails(
                2,
                &format!(
                    "there is a user named {} already: names are unique without regard to case",
                    name.trim()
                ),
            )
            .hints("`tokctl user list` shows who there is");
    }
    sandbox.run(&["user", "add", "éMILE"]).fails_somehow(2);
    sandbox.run(&["user", "add", "eve", "--email", "E@Example.COM"]).fails(
        2,
        "somebody has E@Example.COM already: e-mail addresses are unique without regard to case",
    );
    sandbox.run(&["user", "edit", "alice", "--name", "ÉMILE"]).fails_somehow(2);
    sandbox.run(&["user", "edit", "alice", "--email", "E@EXAMPLE.com"]).fails_somehow(2);
    assert_eq!(sandbox.json(&["user", "list"]).as_array().unwrap().len(), 3);
}

#[test]
fn names_and_emails_that_are_none() {
    let sandbox = Sandbox::with_alice();
    for name in ["", "  ", "a\nb", "a\u{1b}[2J", "a\u{202e}b", &"é".repeat(256)] {
        sandbox.run(&["user", "add", name]).fails_somehow(2);
        sandbox.run(&["user", "edit", "alice", "--name", name]).fails_somehow(2);
    }
    for email in ["a", "@", "a@", "@b", "a b@c", "a@b\nc", &format!("a@{}", "b".repeat(300))] {
        sandbox.run(&["user", "add", "bob", "--email", email]).fails_somehow(2);
        sandbox.run(&["user", "edit", "alice", "--email", email]).fails_somehow(2);
    }
    sandbox.run(&["user", "add", "bob", "--email", ""]).fails_somehow(2);
    sandbox.run(&["user", "add", "bob", "--full-name", "a\u{7}b"]).fails_somehow(2);
    sandbox.run(&["user", "add", "bob", "--full-name", &"x".repeat(1001)]).fails_somehow(2);
    sandbox
        .run(&[OsStr::new("user"), OsStr::new("add"), OsStr::from_bytes(b"\xff")])
        .fails_somehow(2);
    sandbox.run(&["user", "add"]).fails_somehow(2);
    sandbox.run(&["user", "add", "bob", "eve"]).fails_somehow(2);
    sandbox.run(&["user"]).fails_somehow(2);
    assert_eq!(sandbox.json(&["user", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn sql_in_a_name_is_a_name() {
    let sandbox = Sandbox::with_alice();
    let name = "'); DELETE FROM users; --";
    sandbox.run(&["user", "add", name]).exits(0);
    assert_eq!(sandbox.json(&["user", "show", name])["name"], name);
    assert_eq!(sandbox.json(&["user", "list"]).as_array().unwrap().len(), 3);
}

#[test]
fn listed_by_name() {
    let sandbox = Sandbox::with_alice();
    for name in ["Zoe", "bob", "Carl"] {
        sandbox.run(&["user", "add", name]).exits(0);
    }
    sandbox.create(&[]);
    let list = sandbox.json(&["user", "list"]);
    let list = list.as_array().unwrap();
    let names: Vec<_> = list.iter().map(|user| user["name"].as_str().unwrap()).collect();
    let mut sorted = names.clone();
    sorted.sort_by_key(|name| name.to_lowercase());
    assert_eq!(names, sorted);
    assert_eq!(names.len(), 5);
    for user in list {
        assert_eq!(keys(user), USER_KEYS);
        assert_eq!(user["tokens"], u8::from(user["name"] == "alice"));
    }
    let ran = sandbox.run(&["user", "list"]).exits(0).remarks("5 users\n");
    assert!(ran.stdout.starts_with("NAME "), "{ran:#?}");
}

#[test]
fn users_there_are_none_of() {
    let sandbox = Sandbox::with_alice();
    for args in [
        &["user", "show", "stranger"][..],
        &["user", "edit", "stranger", "--admin"],
        &["user", "ban", "stranger"],
        &["user", "unban", "stranger"],
        &["user", "remove", "stranger", "--yes"],
    ] {
        sandbox
            .run(args)
            .fails(1, "no user is named stranger: nobody here has that name")
            .hints("`tokctl user list` shows who there is, `tokctl user add stranger` adds one");
    }
    for name in ["", "%", "2", "' OR 1=1 --"] {
        sandbox.run(&["user", "show", name]).fails_somehow(1);
    }
}

#[test]
fn edit_changes_what_it_is_told_and_nothing_else() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob", "--email", "b@x", "--full-name", "B"]).exits(0);
    let edit = |args: &[&str]| sandbox.json(&[&["user", "edit", "bob"], args].concat());
    let mut bob = sandbox.json(&["user", "show", "bob"]);
    for (args, key, value) in [
        (&["--admin"][..], "admin", json!(true)),
        (&["--no-admin"], "admin", json!(false)),
        (&["--email", "new@x"], "email", json!("new@x")),
        (&["--email", ""], "email", json!(null)),
        (&["--full-name", "Bobby"], "full_name", json!("Bobby")),
        (&["--full-name", ""], "full_name", json!(null)),
        (&["--name", "BOB"], "name", json!("BOB")),
    ] {
        bob[key] = value;
        assert_eq!(edit(args), bob, "{args:?}");
    }
    sandbox
        .run(&["user", "edit", "bob", "--name", "robert"])
        .exits(0)
        .prints("changed user robert\n");
    sandbox.run(&["user", "show", "bob"]).fails_somehow(1);
    sandbox
        .run(&["user", "edit", "robert"])
        .fails(2, "nothing to change: no option says what")
        .hints("give --name, --email, --full-name, --admin or --no-admin");
    sandbox.run(&["user", "edit", "robert", "--admin", "--no-admin"]).fails_somehow(2);
}

#[test]
fn an_edit_that_fails_changes_nothing() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob", "--email", "b@x"]).exits(0);
    let before = sandbox.json(&["user", "show", "alice"]);
    let args = ["user", "edit", "alice", "--name", "alicia", "--email", "b@x", "--no-admin"];
    sandbox.run(&args).fails_somehow(2);
    assert_eq!(sandbox.json(&["user", "show", "alice"]), before);
}

#[test]
fn a_new_name_keeps_tokens_and_default() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    sandbox.run(&["user", "edit", "alice", "--name", "alicia"]).exits(0);
    assert_eq!(sandbox.json(&["verify", &secret])["username"], "alicia");
    sandbox.run(&["settings", "get", "default-user"]).prints("alicia\n");
    assert_eq!(sandbox.json(&["create"])["user"], "alicia");
}

#[test]
fn a_ban_stands_until_it_is_lifted() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let ran = sandbox.run(&["user", "ban", "ALICE", "--reason", " stolen laptop "]).exits(0);
    ran.prints("banned user alice\n");
    let alice = sandbox.json(&["user", "show", "alice"]);
    assert_eq!(alice["status"], "banned");
    assert_eq!(alice["banned_reason"], "stolen laptop");
    assert_eq!(sandbox.json(&["show", "1"])["status"], "banned");
    sandbox.run(&["verify", &secret]).exits(1);
    let again = sandbox.run(&["user", "ban", "alice"]).exits(0);
    again.prints("was banned already: user alice\n");
    assert_eq!(sandbox.json(&["user", "show", "alice"])["banned_reason"], "stolen laptop");
    sandbox.run(&["user", "ban", "alice", "--reason", "left"]).exits(0);
    assert_eq!(sandbox.json(&["user", "show", "alice"])["banned_reason"], "left");
    sandbox.run(&["user", "unban", "alice"]).exits(0).prints("unbanned user alice\n");
    let alice = sandbox.json(&["user", "show", "alice"]);
    assert_eq!((&alice["status"], &alice["banned_reason"]), (&json!("active"), &json!(null)));
    sandbox.run(&["verify", &secret]).exits(0);
    let ran = sandbox.run(&["user", "unban", "alice"]).exits(0);
    ran.prints("was not banned: user alice\n");
    sandbox.run(&["user", "ban", "alice", "--reason", "a\nb"]).fails_somehow(2);
}

#[test]
fn a_ban_does_not_bring_revoked_tokens_back() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    sandbox.run(&["revoke", "1"]).exits(0);
    sandbox.run(&["user", "ban", "alice"]).exits(0);
    sandbox.run(&["user", "unban", "alice"]).exits(0);
    sandbox.run(&["verify", &secret]).exits(1);
}

#[test]
fn remove_takes_the_tokens_along() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let (alices, bobs) = (sandbox.create(&[]), sandbox.create(&["--user", "bob"]));
    let ran = sandbox.run(&["user", "remove", "BOB", "--yes"]).exits(0);
    ran.prints("removed user bob\n");
    sandbox.run(&["verify", &bobs]).exits(1).prints("rejected: unknown\n");
    sandbox.run(&["verify", &alices]).exits(0);
    assert_eq!(sandbox.listed(&["--all"]), [1]);
    sandbox.run(&["user", "show", "bob"]).fails_somehow(1);
}

#[test]
fn remove_asks_first_and_without_a_terminal_wants_yes() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .tokctl(&["user", "remove", "alice"])
        .stdin("y\n")
        .go()
        .fails(2, "this asks first: there is no terminal to ask at")
        .hints("add --yes if you mean it");
    sandbox.run(&["user", "show", "alice"]).exits(0);
}

#[test]
fn without_the_default_user_an_owner_must_be_named() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "remove", "alice", "--yes"]).exits(0);
    sandbox.run(&["create", "-q"]).fails_somehow(2);
    sandbox.run(&["settings", "get", "default-user"]).exits(0).prints("\n");
}

#[test]
fn the_id_of_a_removed_user_is_never_used_again() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "remove", "alice", "--yes"]).exits(0);
    assert_eq!(sandbox.json(&["user", "add", "alice"])["id"], 3);
}
