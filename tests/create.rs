//! `create`: the secret on standard output and nowhere else, and no live token that nobody holds.

mod support;

use serde_json::json;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use support::{DAY, SECOND, Sandbox, TOKEN_KEYS, keys, mode, now, sha256};

/// What stands in the first column of `id -un`.
fn account(sandbox: &Sandbox) -> String {
    sandbox.shell("id -un").go().exits(0).stdout.trim().to_string()
}

#[test]
fn the_first_token_makes_the_database_and_belongs_to_the_account() {
    let sandbox = Sandbox::new();
    let account = account(&sandbox);
    let ran = sandbox.run(&["create", "--name", "CI", "--scope", "posts.manage"]).exits(0);
    let secret = ran.stdout.strip_suffix('\n').unwrap();
    assert_eq!(secret.len(), "tok_".len() + 43 + 6);
    assert_eq!(
        ran.stderr,
        format!(
            "issued token 1: CI, {account}, scopes posts.manage, never expires\n\
             this is the only time its secret is shown; send it as Authorization: Bearer …\n"
        )
    );
    sandbox.run(&["verify", secret]).exits(0);
    let owner = sandbox.json(&["user", "show", &account]);
    assert_eq!((&owner["id"], &owner["admin"]), (&json!(1), &json!(true)));
    let default = sandbox.run(&["settings", "get", "default-user"]).exits(0);
    default.prints(&format!("{account}\n"));
}

#[test]
fn what_is_printed_fits_into_a_shell_variable() {
    let sandbox = Sandbox::new();
    let script =
        "TOKEN=$(\"$TOKCTL\" create --name CI 2>/dev/null) && \"$TOKCTL\" verify \"$TOKEN\"";
    let ran = sandbox.shell(script).go().exits(0);
    assert!(ran.stdout.starts_with("valid: CI (1), "), "{ran:#?}");
}

#[test]
fn json_is_the_token_with_its_secret() {
    let sandbox = Sandbox::with_alice();
    for format in ["json", "jsonl"] {
        let ran = sandbox.run(&["create", "--name", "CI", "--scope", "a", "--format", format]);
        let token = ran.exits(0).json();
        assert_eq!(keys(&token), [&TOKEN_KEYS[..], &["type", "token"]].concat());
        let secret = token["token"].as_str().unwrap();
        assert_eq!(token["type"], "bearer");
        assert_eq!(token["hint"], secret[..8]);
        assert_eq!(token["user"], "alice");
        assert_eq!(token["status"], "active");
        let mut shown = token.clone();
        shown.as_object_mut().unwrap().retain(|key, _| TOKEN_KEYS.contains(&key.as_str()));
        assert_eq!(sandbox.json(&["show", &token["id"].to_string()]), shown);
        sandbox.run(&["verify", secret]).exits(0);
    }
}

#[test]
fn csv_has_a_heading() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--format", "csv", "--count", "2"]).exits(0);
    let lines: Vec<_> = ran.stdout.split("\r\n").collect();
    assert_eq!(lines[0], [TOKEN_KEYS.join(","), "type,token".into()].join(","));
    assert_eq!((lines.len(), lines[3]), (4, ""));
    sandbox.run(&["verify", lines[2].rsplit(',').next().unwrap()]).exits(0);
}

#[test]
fn what_is_stored_is_the_hash_and_the_hint() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let (hash, hint): (String, String) = sandbox
        .connection()
        .query_row("SELECT lower(hex(hash)), hint FROM tokens", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(hash, sha256(&secret));
    assert_eq!(hint, secret[..8]);
}

#[test]
fn names_are_trimmed_and_have_a_default() {
    let sandbox = Sandbox::with_alice();
    let longest = "é".repeat(255);
    for (given, stored) in [
        (None, "Secret Token"),
        (Some("  CI \t"), "CI"),
        (Some(longest.as_str()), longest.as_str()),
        (Some("'); DROP TABLE tokens; --"), "'); DROP TABLE tokens; --"),
        (Some("Ключ 日本 👩‍💻"), "Ключ 日本 👩‍💻"),
        (Some("=1+1"), "=1+1"),
    ] {
        let name = given.map(|name| ["--name", name]);
        let args = [&["create"][..], name.as_ref().map_or(&[][..], |name| &name[..])].concat();
        let token = sandbox.json(&args);
        assert_eq!(token["name"], stored);
    }
    assert_eq!(sandbox.listed(&[]).len(), 6);
}

#[test]
fn names_that_are_none_are_refused() {
    let sandbox = Sandbox::with_alice();
    for (name, error) in [
        ("", "--name cannot be \"\": a name needs at least one character"),
        (" \t ", "--name cannot be \" \\u{9} \": a name needs at least one character"),
        (
            "a\nb",
            "--name cannot be \"a\\u{a}b\": a name has no control characters, this has \\u{a}",
        ),
        (
            "\u{1b}[2J",
            "--name cannot be \"\\u{1b}[2J\": a name has no control characters, this has \\u{1b}",
        ),
        (
            "a\u{202e}b",
            "--name cannot be \"a\\u{202e}b\": a name has no control characters, this has \\u{202e}",
        ),
        (&"é".repeat(256), "--name cannot be \"éééééééé…\": a name has at most 255 characters"),
    ] {
        sandbox.run(&["create", "--name", name]).fails(2, error);
    }
    let not_text = [OsStr::new("create"), OsStr::new("--name"), OsStr::from_bytes(b"\xff")];
    sandbox.run(&not_text).fails(2, "an argument is not UTF-8: only text is taken");
    assert!(sandbox.listed(&["--all"]).is_empty());
}

#[test]
fn scopes_repeat_take_commas_and_are_kept_in_order_each_once() {
    let sandbox = Sandbox::with_alice();
    let args = ["create", "--scope", "b,a", "--scope", "posts.*", "--scope", "a"];
    assert_eq!(sandbox.json(&args)["scopes"], json!(["b", "a", "posts.*"]));
    let longest = "a".repeat(255);
    assert_eq!(sandbox.json(&["create", "--scope", &longest])["scopes"], json!([longest]));
}

#[test]
fn without_scopes_the_token_may_do_everything_and_that_is_said() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--json"]).exits(0);
    assert_eq!(ran.json()["scopes"], json!(["*"]));
    assert_eq!(
        ran.stderr.lines().next(),
        Some("no --scope was given: the token may do everything (*)")
    );
    sandbox.run(&["create", "-q"]).exits(0).remarks("");
}

#[test]
fn no_scopes_grants_nothing() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--json", "--no-scopes"]).exits(0);
    assert_eq!(ran.json()["scopes"], json!([]));
    assert!(!ran.stderr.contains("everything"), "{ran:#?}");
    sandbox.run(&["create", "--no-scopes", "--scope", "a"]).fails_somehow(2);
}

#[test]
fn scopes_that_are_none_are_refused() {
    let sandbox = Sandbox::with_alice();
    let shape = "a scope is visible ASCII without spaces, quotes, backslashes and commas \
                 (RFC 6749, section 3.3)";
    let wildcard = "* stands only alone or as a last \".*\"";
    let empty = "a scope needs at least one character";
    let long = "a".repeat(300);
    for (scope, shown, why) in [
        ("", "", empty),
        (",", "", empty),
        ("a,,b", "", empty),
        ("a b", "a b", shape),
        ("a\"b", "a\"b", shape),
        ("a\\b", "a\\b", shape),
        ("é", "é", shape),
        ("a\tb", "a\\u{9}b", shape),
        ("\u{1b}c", "\\u{1b}c", shape),
        ("**", "**", wildcard),
        ("a*", "a*", wildcard),
        ("*.a", "*.a", wildcard),
        ("a.*.b", "a.*.b", wildcard),
        (".*", ".*", wildcard),
        ("a.**", "a.**", wildcard),
        (&long, "aaaaaaaa…", "a scope has at most 255 characters"),
    ] {
        let error = format!("--scope cannot be \"{shown}\": {why}");
        sandbox.run(&["create", "--scope", scope]).fails(2, &error);
    }
    assert!(sandbox.listed(&["--all"]).is_empty());
}

#[test]
fn an_expiry_is_a_duration_a_date_an_instant_or_never() {
    let sandbox = Sandbox::with_alice();
    for (expires, at) in [
        ("never", json!(null)),
        ("9999-12-31", json!("9999-12-31T00:00:00Z")),
        ("9999-12-31T23:59:59Z", json!("9999-12-31T23:59:59Z")),
        ("9999-01-01T01:30:00+02:00", json!("9998-12-31T23:30:00Z")),
    ] {
        assert_eq!(sandbox.json(&["create", "--expires", expires])["expires_at"], at, "{expires}");
    }
    for (expires, millis) in
        [("90s", 90 * SECOND), ("12h", DAY / 2), ("30d", 30 * DAY), ("1y", 365 * DAY)]
    {
        let id = sandbox.json(&["create", "--expires", expires])["id"].to_string();
        let life = format!("SELECT expires_at - created_at FROM tokens WHERE id = {id}");
        assert_eq!(sandbox.number(&life), Some(millis), "{expires}");
    }
}

#[test]
fn an_expiry_that_is_none_is_refused() {
    let sandbox = Sandbox::with_alice();
    for expires in [
        "",
        "soon",
        "-1d",
        "1",
        "1.5h",
        "1 d",
        "10000-01-01",
        "+10000-01-01",
        "2099-02-30",
        "10000-01-01T00:00:00Z",
        "9223372036854775808s",
        "99999y",
        "2099-01-01T00:00:00",
        "NEVER",
    ] {
        sandbox.run(&["create", "--expires", expires]).fails_somehow(2);
    }
    for past in ["2001-01-01", "1970-01-01T00:00:00Z", "0s"] {
        sandbox
            .run(&["create", "--expires", past])
            .fails(2, "the expiry is not possible: that is in the past");
    }
    sandbox
        .run(&["create", "--expires", "7999y"])
        .fails(2, "the expiry is not possible: that is after the year 9999");
    assert!(sandbox.listed(&["--all"]).is_empty());
}

#[test]
fn the_owner_is_named_by_option_environment_or_setting() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.run(&["user", "add", "carol"]).exits(0);
    let owner = |args: &[&str], environment: &str| {
        let run = sandbox.tokctl(&[&["create", "--json"], args].concat());
        run.env("TOKCTL_USER", environment).go().exits(0).json()["user"].clone()
    };
    assert_eq!(owner(&[], ""), "alice");
    assert_eq!(owner(&[], "bob"), "bob");
    assert_eq!(owner(&["--user", "carol"], "bob"), "carol");
    assert_eq!(owner(&["--user", "CAROL"], ""), "carol");
    sandbox.run(&["settings", "set", "default-user", "bob"]).exits(0);
    assert_eq!(owner(&[], ""), "bob");
}

#[test]
fn an_owner_there_is_none_of() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["create", "--user", "stranger"])
        .fails_somehow(1)
        .hints("`tokctl user list` shows who there is, `tokctl user add stranger` adds one");
    sandbox.run(&["create", "--user", "' OR 1 --"]).fails_somehow(1);
    sandbox.tokctl(&["create"]).env("TOKCTL_USER", "stranger").go().fails_somehow(1);
    sandbox.run(&["settings", "unset", "default-user"]).exits(0);
    sandbox
        .run(&["create"])
        .fails(2, "the token has no owner: no user is named and default-user is not set");
    assert!(sandbox.listed(&["--all"]).is_empty());
}

#[test]
fn the_secret_goes_into_a_new_file_that_only_the_account_may_read() {
    let sandbox = Sandbox::with_alice();
    for (umask, name) in [("000", "a"), ("777", "b")] {
        let script = format!("umask {umask}; exec \"$TOKCTL\" create --scope a --out {name}");
        let ran = sandbox.shell(&script).go().exits(0).prints("");
        let line = format!(", alice, scopes a, never expires; written to {name}\n");
        assert!(ran.stderr.contains(&line), "{ran:#?}");
        let path = sandbox.path(name);
        assert_eq!(mode(&path), 0o600);
        let secret = fs::read_to_string(path).unwrap();
        sandbox.run(&["verify", secret.strip_suffix('\n').unwrap()]).exits(0);
    }
}

#[test]
fn a_file_that_exists_is_never_written_over() {
    let sandbox = Sandbox::with_alice();
    let there = sandbox.file("there", "precious");
    std::os::unix::fs::symlink(sandbox.path("nowhere"), sandbox.path("link")).unwrap();
    let error = format!("cannot create {there}: File exists (os error 17)");
    sandbox
        .run(&["create", "--out", &there])
        .fails(2, &error)
        .hints("--out wants the name of a file that does not exist yet");
    for out in ["link", "/dev/full", "data", "no/such/folder", ""] {
        let ran = sandbox.run(&["create", "-q", "--out", out]).exits(2).prints("");
        assert_eq!(ran.stderr.lines().count(), 2, "{ran:#?}");
    }
    assert_eq!(fs::read_to_string(there).unwrap(), "precious");
    assert!(!sandbox.path("nowhere").exists());
    assert!(sandbox.listed(&["--all"]).is_empty());
}

#[test]
fn what_fails_leaves_no_file_behind() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "-q", "--user", "stranger", "--out", "a"]).fails_somehow(1);
    let folder = sandbox.path("data").to_str().unwrap().to_string();
    sandbox.run(&["create", "-q", "--database", &folder, "--out", "b"]).fails_somehow(4);
    assert!(!sandbox.path("a").exists());
    assert!(!sandbox.path("b").exists());
}

#[test]
fn many_at_once() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--count", "50", "--scope", "a"]).exits(0);
    let secrets: HashSet<_> = ran.stdout.lines().collect();
    assert_eq!(secrets.len(), 50);
    assert_eq!(ran.stderr, "issued 50 tokens\n");
    let ran = sandbox.tokctl(&["verify", "--batch", "-"]).stdin(&ran.stdout).go().exits(0);
    assert_eq!(ran.json_lines().len(), 50);
    let list = sandbox.json(&["create", "--count", "2"]);
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(sandbox.json(&["create", "--count", "1"]).as_array().unwrap().len(), 1);
    let ran = sandbox.run(&["create", "--count", "2", "--format", "jsonl"]).exits(0);
    assert_eq!(ran.json_lines().len(), 2);
}

#[test]
fn a_count_that_is_none_is_refused() {
    let sandbox = Sandbox::with_alice();
    for count in ["0", "-1", "1000001", "9223372036854775808", "a", "", "1e3"] {
        sandbox.run(&["create", &format!("--count={count}")]).fails_somehow(2);
    }
    assert!(sandbox.listed(&["--all"]).is_empty());
}

#[test]
fn a_file_of_tokens() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let lines = concat!(
        r#"{"name": "CI", "user": "bob", "scopes": ["a", "b"], "expires": "9999-12-31"}"#,
        "\n\n{}\r\n",
        r#"{"scopes": [], "name": null, "user": null, "expires": null}"#,
    );
    let file = sandbox.file("tokens.jsonl", lines);
    let from_file = sandbox.run(&["create", "--from", &file, "--json"]).exits(0);
    let from_stdin = sandbox.tokctl(&["create", "--from", "-", "--json"]).stdin(lines).go();
    for ran in [from_file, from_stdin.exits(0)] {
        assert_eq!(ran.stderr, "issued 3 tokens\n");
        let tokens = ran.json();
        assert_eq!(tokens[0]["name"], "CI");
        assert_eq!(tokens[0]["user"], "bob");
        assert_eq!(tokens[0]["scopes"], json!(["a", "b"]));
        assert_eq!(tokens[0]["expires_at"], "9999-12-31T00:00:00Z");
        for (token, scopes) in [(&tokens[1], json!(["*"])), (&tokens[2], json!([]))] {
            assert_eq!(token["name"], "Secret Token");
            assert_eq!(token["user"], "alice");
            assert_eq!(token["scopes"], scopes);
            assert_eq!(token["expires_at"], json!(null));
        }
        let secret = tokens[2]["token"].as_str().unwrap();
        sandbox.run(&["verify", secret]).exits(0);
    }
}

#[test]
fn the_option_user_is_for_lines_that_name_nobody() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let file = sandbox.file("tokens.jsonl", "{\"user\": \"alice\"}\n{}\n");
    let tokens = sandbox.json(&["create", "--from", &file, "--user", "bob"]);
    assert_eq!((&tokens[0]["user"], &tokens[1]["user"]), (&json!("alice"), &json!("bob")));
}

#[test]
fn one_wrong_line_and_nothing_is_issued() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "max-expires", "1y"]).exits(0);
    for (line, code) in [
        ("{", 2),
        ("nonsense", 2),
        ("[]", 2),
        ("\"CI\"", 2),
        ("{} {}", 2),
        (r#"{"name": ""}"#, 2),
        (r#"{"name": "a\u001b[2J"}"#, 2),
        (r#"{"name": "a\u0000b"}"#, 2),
        (r#"{"name": 7}"#, 2),
        (r#"{"scopes": "a"}"#, 2),
        (r#"{"scopes": ["a b"]}"#, 2),
        (r#"{"scopes": [""]}"#, 2),
        (r#"{"scope": ["a"]}"#, 2),
        (r#"{"expires": "soon"}"#, 2),
        (r#"{"name": "a", "name": "b"}"#, 2),
        (r#"{"expires": "2001-01-01"}"#, 2),
        (r#"{"expires": "2y"}"#, 2),
        (r#"{"user": "stranger"}"#, 1),
    ] {
        let file = sandbox.file("tokens.jsonl", format!("{{\"expires\": \"1d\"}}\n\n{line}\n"));
        let ran = sandbox.run(&["create", "--from", &file]).fails_somehow(code);
        let start = format!("tokctl: {file}, line 3: ");
        assert!(ran.stderr.starts_with(&start), "{line}: {ran:#?}");
    }
    let not_text = sandbox.file("bytes.jsonl", b"{}\n\xff\xfe\n");
    let ran = sandbox.run(&["create", "--from", &not_text]).fails_somehow(2);
    assert!(ran.stderr.contains(", line 2: "), "{ran:#?}");
    assert!(sandbox.listed(&["--all"]).is_empty());
}

#[test]
fn a_file_that_holds_no_token() {
    let sandbox = Sandbox::with_alice();
    for content in ["", "\n \n"] {
        let file = sandbox.file("empty.jsonl", content);
        sandbox
            .run(&["create", "--from", &file])
            .fails(2, &format!("{file} is empty: it has no line to issue a token for"));
    }
    sandbox
        .run(&["create", "--from", "missing"])
        .fails(2, "cannot read missing: No such file or directory (os error 2)");
    sandbox.run(&["create", "--from", "data"]).fails_somehow(2);
    for option in [["--name", "a"], ["--scope", "a"], ["--count", "2"], ["--expires", "1d"]] {
        let args = ["create", "--from", "x", option[0], option[1]];
        sandbox.run(&args).fails_somehow(2);
    }
    sandbox.run(&["create", "--from", "x", "--no-scopes"]).fails_somehow(2);
}

#[test]
fn a_secret_that_cannot_be_printed_is_revoked_again() {
    let sandbox = Sandbox::with_alice();
    let told = "cannot write the output: No space left on device (os error 28)";
    for args in [&["create"][..], &["create", "--json"], &["create", "--count", "3"]] {
        let args = [args, &["-q"]].concat();
        sandbox
            .tokctl(&args)
            .stdout_to("/dev/full")
            .go()
            .fails(4, told)
            .hints("what was issued is revoked again; nobody holds its secret");
        sandbox
            .tokctl(&args)
            .stdout_to_nobody()
            .go()
            .fails(4, "cannot write the output: Broken pipe (os error 32)");
    }
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(10));
    assert_eq!(sandbox.live_tokens(), 0);
    assert_eq!(sandbox.json(&["show", "1"])["revoked_reason"], "the secret could not be printed");
}

#[test]
fn a_new_database_on_a_full_device_has_no_live_token_either() {
    let sandbox = Sandbox::new();
    sandbox.tokctl(&["create"]).stdout_to("/dev/full").go().exits(4);
    assert_eq!(sandbox.live_tokens(), 0);
}

#[test]
fn without_standard_output_nothing_is_issued() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.shell("\"$TOKCTL\" create -q >&-").go();
    ran.fails(4, "nothing was issued: standard output is closed");
    assert_eq!(sandbox.live_tokens(), 0);
    sandbox.shell("\"$TOKCTL\" create --out a >&-").go().exits(0);
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn the_maximum_expiry_binds() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "max-expires", "90d"]).exits(0);
    let error = "the expiry is too far away: max-expires allows 90d at the most";
    for expires in ["never", "91d", "9999-12-31"] {
        sandbox
            .run(&["create", "-q", "--expires", expires])
            .fails(2, error)
            .hints("ask for less (--expires 90d), or change the setting max-expires");
    }
    let life = |args: &[&str]| {
        let id = sandbox.json(&[&["create"], args].concat())["id"].to_string();
        sandbox.number(&format!("SELECT expires_at - created_at FROM tokens WHERE id = {id}"))
    };
    assert_eq!(life(&["--expires", "90d"]), Some(90 * DAY));
    assert_eq!(life(&[]), Some(90 * DAY));
    sandbox.run(&["settings", "set", "default-expires", "1y"]).exits(0);
    assert_eq!(life(&[]), Some(90 * DAY));
    sandbox.run(&["settings", "set", "default-expires", "30d"]).exits(0);
    assert_eq!(life(&[]), Some(30 * DAY));
}

#[test]
fn the_default_expiry_is_for_those_who_name_none() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "default-expires", "30d"]).exits(0);
    let token = sandbox.json(&["create"]);
    assert_ne!(token["expires_at"], json!(null));
    assert_eq!(sandbox.json(&["create", "--expires", "never"])["expires_at"], json!(null));
}

#[test]
fn only_allowed_scopes_are_granted() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "allowed-scopes", "posts.*,users.read"]).exits(0);
    sandbox.create(&["--scope", "posts.manage,users.read"]);
    sandbox.create(&["--scope", "posts.*"]);
    sandbox.create(&["--no-scopes"]);
    for (args, scope) in [
        (&["--scope", "users.write"][..], "users.write"),
        (&["--scope", "posts"], "posts"),
        (&["--scope", "*"], "*"),
        (&[], "*"),
    ] {
        let ran = sandbox.run(&[&["create", "-q"], args].concat());
        let why = "allowed-scopes has posts.*,users.read";
        ran.fails(2, &format!("scope {scope} is not allowed: {why}"));
    }
}

#[test]
fn only_administrators_own_where_the_setting_says_so() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.run(&["settings", "set", "owners", "admins"]).exits(0);
    sandbox.create(&["--user", "alice"]);
    sandbox
        .run(&["create", "-q", "--user", "bob"])
        .fails(2, "bob may not own new tokens: the setting owners allows administrators only");
    sandbox.run(&["user", "edit", "bob", "--admin"]).exits(0);
    sandbox.create(&["--user", "bob"]);
}

#[test]
fn the_prefix_is_a_setting() {
    let sandbox = Sandbox::with_alice();
    let old = sandbox.create(&[]);
    sandbox.run(&["settings", "set", "prefix", "acme"]).exits(0);
    let new = sandbox.create(&[]);
    assert!(new.starts_with("acme_"), "{new}");
    assert_eq!(sandbox.json(&["show", "2"])["hint"], new[.."acme_".len() + 4]);
    sandbox.run(&["verify", &old]).exits(0);
    sandbox.run(&["verify", &new]).exits(0);
}

#[test]
fn ids_are_never_used_again() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.create(&[]);
    sandbox.run(&["revoke", "2", "--delete"]).exits(0);
    assert_eq!(sandbox.json(&["create"])["id"], 3);
}

#[test]
fn a_token_was_created_now() {
    let sandbox = Sandbox::with_alice();
    let before = now() / SECOND * SECOND;
    sandbox.create(&[]);
    let created = sandbox.number("SELECT created_at FROM tokens").unwrap();
    assert!((before..=now()).contains(&created), "{created}");
}

#[test]
fn it_takes_no_other_argument() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "CI"]).fails_somehow(2);
    sandbox.run(&["create", "--nmae", "CI"]).fails_somehow(2).hints("did you mean --name?");
    sandbox.run(&["create", "--name"]).fails(2, "--name needs a value: none was given");
    assert!(sandbox.listed(&["--all"]).is_empty());
}

#[test]
fn a_signal_before_the_secret_is_out_leaves_no_live_token() {
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        for (args, tokens) in [("create", 1), ("create --count 50 --json", 50)] {
            let sandbox = Sandbox::with_alice();
            let ran = sandbox.interrupted(args, tokens, signal).exits(code);
            let told = "tokctl: interrupted: what was issued is taken back, for its secret reached nobody\n";
            assert!(ran.stderr.starts_with(told), "{args}: {ran:#?}");
            assert_eq!(sandbox.listed(&["--all"]).len(), tokens);
            assert_eq!(sandbox.live_tokens(), 0, "{args}");
        }
    }
}
