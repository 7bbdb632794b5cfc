//! `user`: the users that tokens belong to.

mod support;

use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use support::{Sandbox, USER_KEYS, keys};

#[test]
fn a_user_is_added_with_all_details() {
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
}

#[test]
fn an_administrator_is_added() {
    let sandbox = Sandbox::with_alice();
    let carol = sandbox.json(&["user", "add", "carol", "--admin"]);
    assert_eq!(carol, sandbox.json(&["user", "show", "carol"]));
    assert_eq!((&carol["admin"], &carol["email"]), (&json!(true), &json!(null)));
}

#[test]
fn show_has_a_line_for_each_detail() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["user", "show", "alice"]).exits(0);
    for line in ["name       alice", "e-mail     none", "admin      yes", "tokens     0"] {
        assert!(ran.stdout.contains(&format!("{line}\n")), "{line}: {ran:#?}");
    }
}

#[test]
fn names_are_unique_in_any_case() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "Émile"]).exits(0);
    for name in ["ALICE", "alice", " Alice "] {
        let name_taken =
            format!("user {} already exists: user names are case-insensitive", name.trim());
        sandbox
            .run(&["user", "add", name])
            .fails(2, &name_taken)
            .hints("`tokctl user list` lists the users");
    }
    sandbox.run(&["user", "add", "éMILE"]).fails_somehow(2);
    sandbox.run(&["user", "edit", "alice", "--name", "ÉMILE"]).fails_somehow(2);
    assert_eq!(sandbox.json(&["user", "list"]).as_array().unwrap().len(), 3);
}

#[test]
fn email_addresses_are_unique_in_any_case() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "emile", "--email", "e@example.com"]).exits(0);
    let email_taken = "another user already has the e-mail address E@Example.COM: \
                       e-mail addresses are case-insensitive";
    for args in [
        &["user", "add", "eve", "--email", "E@Example.COM"][..],
        &["user", "edit", "alice", "--email", "E@Example.COM"],
    ] {
        sandbox.run(args).fails(2, email_taken).hints("`tokctl user list` lists the users");
    }
    assert_eq!(sandbox.json(&["user", "list"]).as_array().unwrap().len(), 3);
}

#[test]
fn invalid_names_are_refused() {
    let sandbox = Sandbox::with_alice();
    for name in ["", "  ", "a\nb", "a\u{1b}[2J", "a\u{202e}b", &"é".repeat(256)] {
        sandbox.run(&["user", "add", name]).fails_somehow(2);
        sandbox.run(&["user", "edit", "alice", "--name", name]).fails_somehow(2);
    }
    sandbox
        .run(&[OsStr::new("user"), OsStr::new("add"), OsStr::from_bytes(b"\xff")])
        .fails_somehow(2);
    assert_eq!(sandbox.json(&["user", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn invalid_email_addresses_are_refused() {
    let sandbox = Sandbox::with_alice();
    for email in ["a", "@", "a@", "@b", "a b@c", "a@b\nc", &format!("a@{}", "b".repeat(300))] {
        sandbox.run(&["user", "add", "bob", "--email", email]).fails_somehow(2);
        sandbox.run(&["user", "edit", "alice", "--email", email]).fails_somehow(2);
    }
    sandbox.run(&["user", "add", "bob", "--email", ""]).fails_somehow(2);
    assert_eq!(sandbox.json(&["user", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn invalid_full_names_are_refused() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob", "--full-name", "a\u{7}b"]).fails_somehow(2);
    sandbox.run(&["user", "add", "bob", "--full-name", &"x".repeat(1001)]).fails_somehow(2);
    assert_eq!(sandbox.json(&["user", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn missing_and_surplus_arguments_are_usage_errors() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add"]).fails_somehow(2);
    sandbox.run(&["user", "add", "bob", "eve"]).fails_somehow(2);
    sandbox.run(&["user"]).fails_somehow(2);
    assert_eq!(sandbox.json(&["user", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn sql_in_a_name_is_not_executed() {
    let sandbox = Sandbox::with_alice();
    let name = "'); DELETE FROM users; --";
    sandbox.run(&["user", "add", name]).exits(0);
    assert_eq!(sandbox.json(&["user", "show", name])["name"], name);
    assert_eq!(sandbox.json(&["user", "list"]).as_array().unwrap().len(), 3);
}

#[test]
fn users_are_listed_by_name_with_their_tokens() {
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
fn an_unknown_user_is_reported_with_commands_that_help() {
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
            .fails(1, "user stranger not found: no user has this name")
            .hints("`tokctl user list` lists the users, `tokctl user add stranger` adds this one");
    }
    for name in ["", "%", "2", "' OR 1=1 --"] {
        sandbox.run(&["user", "show", name]).fails_somehow(1);
    }
}

#[test]
fn a_similar_name_is_suggested_for_an_unknown_user() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["user", "show", "alcie"])
        .fails(1, "user alcie not found: no user has this name")
        .hints("did you mean alice?");
}

#[test]
fn edit_changes_only_what_its_options_name() {
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
}

#[test]
fn a_renamed_user_has_only_the_new_name() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox
        .run(&["user", "edit", "bob", "--name", "robert"])
        .exits(0)
        .prints("changed user robert\n");
    sandbox.run(&["user", "show", "bob"]).fails_somehow(1);
    sandbox.run(&["user", "show", "robert"]).exits(0);
}

#[test]
fn edit_needs_something_to_change() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["user", "edit", "alice"])
        .fails(2, "nothing to change: no new value was given")
        .hints("pass --name, --email, --full-name, --admin or --no-admin");
    sandbox.run(&["user", "edit", "alice", "--admin", "--no-admin"]).fails_somehow(2);
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
fn a_renamed_user_keeps_tokens_and_stays_the_default_user() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    sandbox.run(&["user", "edit", "alice", "--name", "alicia"]).exits(0);
    assert_eq!(sandbox.json(&["verify", &secret])["username"], "alicia");
    sandbox.run(&["settings", "get", "default-user"]).prints("alicia\n");
    assert_eq!(sandbox.json(&["create"])["user"], "alicia");
}

#[test]
fn a_ban_rejects_the_tokens_of_a_user() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let ran = sandbox.run(&["user", "ban", "ALICE", "--reason", " stolen laptop "]).exits(0);
    ran.prints("banned user alice\n");
    let alice = sandbox.json(&["user", "show", "alice"]);
    assert_eq!(alice["status"], "banned");
    assert_eq!(alice["banned_reason"], "stolen laptop");
    assert_eq!(sandbox.json(&["show", "1"])["status"], "banned");
    sandbox.run(&["verify", &secret]).exits(1);
}

#[test]
fn a_second_ban_changes_only_the_reason() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "ban", "alice", "--reason", "stolen laptop"]).exits(0);
    let again = sandbox.run(&["user", "ban", "alice"]).exits(0);
    again.prints("user alice is already banned\n");
    assert_eq!(sandbox.json(&["user", "show", "alice"])["banned_reason"], "stolen laptop");
    let with_reason = sandbox.run(&["user", "ban", "alice", "--reason", "left"]).exits(0);
    with_reason.prints("banned user alice\n");
    assert_eq!(sandbox.json(&["user", "show", "alice"])["banned_reason"], "left");
    sandbox.run(&["user", "ban", "alice", "--reason", "a\nb"]).fails_somehow(2);
    assert_eq!(sandbox.json(&["user", "show", "alice"])["banned_reason"], "left");
}

#[test]
fn tokens_are_good_again_when_the_ban_is_lifted() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    sandbox.run(&["user", "ban", "alice", "--reason", "on leave"]).exits(0);
    sandbox.run(&["user", "unban", "alice"]).exits(0).prints("unbanned user alice\n");
    let alice = sandbox.json(&["user", "show", "alice"]);
    assert_eq!((&alice["status"], &alice["banned_reason"]), (&json!("active"), &json!(null)));
    sandbox.run(&["verify", &secret]).exits(0);
    let again = sandbox.run(&["user", "unban", "alice"]).exits(0);
    again.prints("user alice is not banned\n");
}

#[test]
fn lifting_a_ban_does_not_restore_revoked_tokens() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    sandbox.run(&["revoke", "1"]).exits(0);
    sandbox.run(&["user", "ban", "alice"]).exits(0);
    sandbox.run(&["user", "unban", "alice"]).exits(0);
    sandbox.run(&["verify", &secret]).exits(1);
}

#[test]
fn remove_deletes_the_user_and_their_tokens() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let (alices, bobs) = (sandbox.create(&[]), sandbox.create(&["--user", "bob"]));
    let ran = sandbox.run(&["user", "remove", "BOB", "--yes"]).exits(0);
    ran.prints("removed user bob and their 1 token\n");
    sandbox.run(&["verify", &bobs]).exits(1).prints("rejected: unknown\n");
    sandbox.run(&["verify", &alices]).exits(0);
    assert_eq!(sandbox.listed(&["--all"]), [1]);
    sandbox.run(&["user", "show", "bob"]).fails_somehow(1);
}

#[test]
fn a_user_without_tokens_is_removed() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.run(&["user", "remove", "bob", "--yes"]).exits(0).prints("removed user bob\n");
}

#[test]
fn remove_needs_yes_without_a_terminal() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let no_terminal = "confirmation required: there is no terminal to ask at; pass --yes";
    sandbox
        .tokctl(&["user", "remove", "bob"])
        .stdin("y\n")
        .go()
        .fails(2, no_terminal)
        .remarks(&format!("tokctl: {no_terminal}\n"));
    sandbox.run(&["user", "show", "bob"]).exits(0);
}

#[test]
fn the_default_user_is_not_removed_until_there_is_another_one() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["user", "remove", "ALICE", "--yes"])
        .fails(
            2,
            "user alice cannot be removed: new tokens belong to it, because it is the default-user",
        )
        .hints("`tokctl settings set default-user NAME` sets another one");
    sandbox.run(&["create", "-q"]).exits(0);
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.run(&["settings", "set", "default-user", "bob"]).exits(0);
    sandbox.run(&["user", "remove", "alice", "--yes"]).exits(0);
    sandbox.run(&["create", "-q"]).exits(0);
}

#[test]
fn the_id_of_a_removed_user_is_not_used_again() {
    let sandbox = Sandbox::with_alice();
    let id = sandbox.json(&["user", "add", "bob"])["id"].as_i64().unwrap();
    sandbox.run(&["user", "remove", "bob", "--yes"]).exits(0);
    assert_eq!(sandbox.json(&["user", "add", "bob"])["id"], id + 1);
}

#[test]
fn an_empty_name_is_no_user() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["user", "show", ""])
        .fails(1, "user not found: the name is empty")
        .hints("`tokctl user list` lists the users");
}

#[test]
fn names_that_look_alike_are_one() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "Zoe\u{308}"]).exits(0).prints("added user Zo\u{eb}\n");
    sandbox.run(&["user", "show", "zo\u{eb}"]).exits(0);
    sandbox.run(&["user", "show", "ZOE\u{308}"]).exits(0);
    for name in ["zo\u{eb}", "zoe\u{308}", "\u{ff5a}o\u{eb}", "\u{ff41}lice"] {
        let ran = sandbox.run(&["user", "add", name]).fails_somehow(2);
        assert!(ran.stderr.contains("already exists"), "{ran:#?}");
    }
}

#[test]
fn nothing_in_a_user_name_is_invisible() {
    let sandbox = Sandbox::with_alice();
    let joined =
        "a user name must not contain invisible characters or spaces other than the plain one";
    let unsafe_ = "a name must not contain control or invisible characters";
    for (character, rule) in [
        ("\u{a0}", joined),
        ("\u{2003}", joined),
        ("\u{200d}", joined),
        ("\u{fe0f}", joined),
        ("\u{e0101}", joined),
        ("\u{34f}", unsafe_),
        ("\u{206a}", unsafe_),
        ("\u{206f}", unsafe_),
        ("\u{2800}", unsafe_),
        ("\u{e0041}", unsafe_),
    ] {
        let name = format!("al{character}ice");
        let ran = sandbox.run(&["user", "add", &name]).fails_somehow(2);
        assert!(ran.stderr.contains(rule), "{ran:#?}");
    }
    let ran = sandbox.run(&["user", "add", "--", "-bob"]).fails_somehow(2);
    assert!(ran.stderr.contains("a user name must not begin with -"), "{ran:#?}");
}

#[test]
fn a_token_name_may_have_emoji() {
    let sandbox = Sandbox::with_alice();
    for name in ["\u{1f469}\u{200d}\u{1f4bb} CI", "\u{2764}\u{fe0f}"] {
        sandbox.create(&["--name", name]);
        assert_eq!(sandbox.json(&["show", "--name", name])["name"], name);
    }
    let ran = sandbox.run(&["create", "--name", "C\u{2800}I"]).fails_somehow(2);
    assert!(ran.stderr.contains("this one contains \\u{2800}"), "{ran:#?}");
}

/// As tokctl stored it before it knew that two encodings are one name.
#[test]
fn a_user_with_an_old_name_is_found_and_keeps_it() {
    let sandbox = Sandbox::with_alice();
    let name = "e\u{301}mile";
    sandbox.sql(&format!("UPDATE users SET name = '{name}', name_key = '{name}' WHERE id = 2"));
    assert_eq!(sandbox.json(&["user", "show", name])["name"], name);
    sandbox.run(&["create", "--user", "E\u{301}mile"]).exits(0);
}

#[test]
fn an_email_address_does_not_look_like_another_one() {
    let sandbox = Sandbox::with_alice();
    for address in ["\u{212a}im@example.com", "\u{ff41}nn@example.com", "ann@ex\u{fe0f}ample.com"] {
        let ran = sandbox.run(&["user", "edit", "alice", "--email", address]).fails_somehow(2);
        assert!(ran.stderr.contains("can be written in another way"), "{ran:#?}");
    }
}
