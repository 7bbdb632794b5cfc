//! `create`: only standard output or the file gets the secret, and no valid token is left behind
//! whose secret nobody received.

mod support;

use serde_json::json;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use support::{
    DAY, Ran, SECOND, Sandbox, TOKEN_KEYS, UNKNOWN, blob, keys, mode, now, sha256, sqlite_only,
};

/// Prefix, random part and checksum.
const SECRET_LEN: usize = "tok_".len() + 43 + 6;

/// The name of the account that runs the tests.
fn account(sandbox: &Sandbox) -> String {
    sandbox.shell("id -un").go().exits(0).stdout.trim().to_string()
}

/// The lifetime of a new token in milliseconds.
fn lifetime(sandbox: &Sandbox, args: &[&str]) -> Option<i64> {
    let id = sandbox.json(&[&["create"], args].concat())["id"].to_string();
    sandbox.number(&format!("SELECT expires_at - created_at FROM tokens WHERE id = {id}"))
}

#[track_caller]
fn assert_no_tokens(sandbox: &Sandbox) {
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(0));
}

#[test]
fn the_first_token_creates_the_database_and_belongs_to_the_account() {
    let sandbox = Sandbox::new();
    let account = account(&sandbox);
    assert_eq!(sandbox.json(&["create"])["user"], account.as_str());
    let owner = sandbox.json(&["user", "show", &account]);
    assert_eq!((&owner["id"], &owner["admin"]), (&json!(1), &json!(true)));
    let default = sandbox.run(&["settings", "get", "default-user"]).exits(0);
    default.prints(&format!("{account}\n"));
}

#[test]
fn the_secret_goes_to_stdout_and_a_summary_to_stderr() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--name", "CI", "--scope", "posts.manage"]).exits(0);
    let secret = ran.stdout.strip_suffix('\n').unwrap();
    assert_eq!(secret.len(), SECRET_LEN);
    assert_eq!(
        ran.stderr,
        "issued token 1: CI, alice, scopes posts.manage, never expires\n\
         the secret cannot be shown again; send it as Authorization: Bearer …\n"
    );
    sandbox.run(&["verify", secret]).exits(0);
}

#[test]
fn the_secret_can_be_assigned_to_a_shell_variable() {
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
fn csv_has_a_heading_and_ends_with_the_secret() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--format", "csv", "--count", "2"]).exits(0);
    let lines: Vec<_> = ran.stdout.split("\r\n").collect();
    assert_eq!(lines[0], [TOKEN_KEYS.join(","), "type,token".into()].join(","));
    assert_eq!((lines.len(), lines[3]), (4, ""));
    sandbox.run(&["verify", lines[2].rsplit(',').next().unwrap()]).exits(0);
}

#[test]
fn the_database_stores_the_hash_and_the_hint_of_a_secret() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let stored = format!("SELECT hint FROM tokens WHERE hash = {}", blob(&sha256(&secret)));
    assert_eq!(sandbox.value(&stored).unwrap(), secret[..8]);
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
fn an_invalid_name_is_refused() {
    let sandbox = Sandbox::with_alice();
    let empty = "a name cannot be empty";
    let control = "a name must not contain control or invisible characters, and this one contains";
    for (name, shown, why) in [
        ("", "", empty),
        (" \t ", " \\u{9} ", empty),
        ("a\nb", "a\\u{a}b", &format!("{control} \\u{{a}}")),
        ("\u{1b}[2J", "\\u{1b}[2J", &format!("{control} \\u{{1b}}")),
        ("a\u{202e}b", "a\\u{202e}b", &format!("{control} \\u{{202e}}")),
        (&"é".repeat(256), "éééééééé…", "a name cannot be longer than 255 characters"),
    ] {
        let error = format!("invalid value '{shown}' for '--name <NAME>': {why}");
        sandbox.run(&["create", "--name", name]).fails(2, &error);
    }
    let not_text = [OsStr::new("create"), OsStr::new("--name"), OsStr::from_bytes(b"\xff")];
    sandbox.run(&not_text).fails(2, "invalid argument: it is not valid UTF-8");
    assert_no_tokens(&sandbox);
}

#[test]
fn scopes_keep_their_order_and_duplicates_are_dropped() {
    let sandbox = Sandbox::with_alice();
    let args = ["create", "--scope", "b,a", "--scope", "posts.*", "--scope", "a"];
    assert_eq!(sandbox.json(&args)["scopes"], json!(["b", "a", "posts.*"]));
    let longest = "a".repeat(255);
    assert_eq!(sandbox.json(&["create", "--scope", &longest])["scopes"], json!([longest]));
}

#[test]
fn without_scopes_the_token_grants_everything_and_a_remark_says_so() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--json"]).exits(0);
    assert_eq!(ran.json()["scopes"], json!(["*"]));
    let remark = "no --scope was given: the token grants everything (*)";
    assert_eq!(sandbox.run(&["create"]).exits(0).stderr.lines().next(), Some(remark));
    sandbox
        .run(&["create", "--count", "2"])
        .exits(0)
        .remarks("no --scope was given: the tokens grant everything (*)\nissued 2 tokens\n");
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
fn a_token_has_at_most_1000_scopes() {
    let sandbox = Sandbox::with_alice();
    let scopes = |count: usize| (0..count).map(|i| format!("s.{i}")).collect::<Vec<_>>().join(",");
    let secret = sandbox.create(&["--scope", &scopes(1000)]);
    sandbox.run(&["verify", &secret, "--scope", "s.999"]).exits(0);
    let line = json!({"scopes": scopes(1001).split(',').collect::<Vec<_>>()}).to_string();
    let file = sandbox.file("tokens.jsonl", line);
    let why = "too many scopes: a token cannot have more than 1000";
    let hint = "grant what they have in common, such as posts.*, or issue several tokens";
    sandbox.run(&["create", "--scope", &scopes(1001)]).fails(2, why).hints(hint);
    sandbox.run(&["create", "--from", &file]).fails(2, &format!("{file}, line 1: {why}"));
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn a_file_without_line_endings_is_not_read_to_its_end() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--from", "/dev/zero"]);
    ran.fails(2, "/dev/zero, line 1: longer than 1 MiB");
}

#[test]
fn errors_repeat_only_the_beginning_and_the_end_of_a_long_key() {
    let sandbox = Sandbox::with_alice();
    let file = sandbox.file("tokens.jsonl", format!(r#"{{"{}": 1}}"#, "k".repeat(900_000)));
    let ran = sandbox.run(&["create", "--from", &file]).exits(2);
    assert!(ran.stderr.contains(", line 1: unknown field `kkk"), "{}", ran.stderr);
    assert!(ran.stderr.len() < 2000, "{}", ran.stderr.len());
}

#[test]
fn an_invalid_scope_is_refused() {
    let sandbox = Sandbox::with_alice();
    let characters = "a scope must be visible ASCII without spaces, quotes, backslashes or commas \
                      (RFC 6749, section 3.3)";
    let wildcard = "* is allowed only alone or as a final \".*\"";
    let empty = "a scope cannot be empty";
    let long = "a".repeat(300);
    for (scope, shown, why) in [
        ("", "", empty),
        (",", "", empty),
        ("a,,b", "", empty),
        ("a b", "a b", characters),
        ("a\"b", "a\"b", characters),
        ("a\\b", "a\\b", characters),
        ("é", "é", characters),
        ("a\tb", "a\\u{9}b", characters),
        ("\u{1b}c", "\\u{1b}c", characters),
        ("**", "**", wildcard),
        ("a*", "a*", wildcard),
        ("*.a", "*.a", wildcard),
        ("a.*.b", "a.*.b", wildcard),
        (".*", ".*", wildcard),
        ("a.**", "a.**", wildcard),
        (&long, "aaaaaaaa…", "a scope cannot be longer than 255 characters"),
    ] {
        let error = format!("invalid value '{shown}' for '--scope <SCOPE>': {why}");
        sandbox.run(&["create", "--scope", scope]).fails(2, &error);
    }
    assert_no_tokens(&sandbox);
}

#[test]
fn an_expiry_is_a_duration_a_date_a_timestamp_or_never() {
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
        assert_eq!(lifetime(&sandbox, &["--expires", expires]), Some(millis), "{expires}");
    }
}

#[test]
fn an_invalid_expiry_is_refused() {
    let sandbox = Sandbox::with_alice();
    for expires in [
        "",
        "soon",
        "-1d",
        "1",
        "1.5h",
        "1 x",
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
    assert_no_tokens(&sandbox);
}

#[test]
fn an_expiry_outside_the_possible_range_is_refused() {
    let sandbox = Sandbox::with_alice();
    for past in ["2001-01-01", "1970-01-01T00:00:00Z", "0s"] {
        sandbox.run(&["create", "--expires", past]).fails(2, "invalid expiry: it is in the past");
    }
    sandbox
        .run(&["create", "--expires", "7999y"])
        .fails(2, "invalid expiry: it is after the year 9999");
    assert_no_tokens(&sandbox);
}

#[test]
fn the_owner_comes_from_the_option_the_environment_or_the_setting() {
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
fn an_unknown_owner_is_refused() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["create", "--user", "stranger"])
        .fails(1, "user stranger not found: no user has this name")
        .hints("`tokctl user list` lists the users, `tokctl user add stranger` adds this one");
    sandbox.run(&["create", "--user", "' OR 1 --"]).fails_somehow(1);
    sandbox.tokctl(&["create"]).env("TOKCTL_USER", "stranger").go().fails_somehow(1);
    assert_no_tokens(&sandbox);
}

#[test]
fn without_an_owner_no_token_is_issued() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "unset", "default-user"]).exits(0);
    sandbox
        .run(&["create"])
        .fails(2, "no owner: no user was named and the setting default-user is not set")
        .hints("name one with --user, or set default-user; `tokctl user list` lists the users");
    assert_no_tokens(&sandbox);
}

#[test]
fn out_writes_the_secret_to_a_new_file_that_only_the_account_can_read() {
    let sandbox = Sandbox::with_alice();
    for (umask, name) in [("000", "a"), ("777", "b")] {
        let script = format!("umask {umask}; exec \"$TOKCTL\" create --scope a --out {name}");
        let ran = sandbox.shell(&script).go().exits(0).prints("");
        let line = format!(", alice, scopes a, never expires; secret written to {name}\n");
        assert!(ran.stderr.contains(&line), "{ran:#?}");
        let path = sandbox.path(name);
        assert_eq!(mode(&path), 0o600);
        let secret = fs::read_to_string(path).unwrap();
        sandbox.run(&["verify", secret.strip_suffix('\n').unwrap()]).exits(0);
    }
}

#[test]
fn out_never_overwrites_a_file() {
    let sandbox = Sandbox::with_alice();
    let existing = sandbox.file("existing", "precious");
    fs::create_dir_all(sandbox.path("data")).unwrap();
    symlink(sandbox.path("target"), sandbox.path("link")).unwrap();
    let hint = "--out never overwrites a file; name one that does not exist";
    for out in [existing.as_str(), "link", "/dev/full", "data"] {
        sandbox
            .run(&["create", "-q", "--out", out])
            .fails(2, &format!("cannot create {out}: File exists (os error 17)"))
            .hints(hint);
    }
    assert_eq!(fs::read_to_string(existing).unwrap(), "precious");
    assert!(!sandbox.path("target").exists());
    assert_no_tokens(&sandbox);
}

#[test]
fn out_needs_a_folder_that_exists() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["create", "-q", "--out", "no/such/folder"])
        .fails(2, "cannot create no/such/folder: No such file or directory (os error 2)")
        .hints("--out creates a file; name one in a folder that exists and is writable");
    let ran = sandbox.run(&["create", "-q", "--out", ""]).fails_somehow(2);
    assert_eq!(ran.stderr.lines().count(), 2, "{ran:#?}");
    assert_no_tokens(&sandbox);
}

#[test]
fn a_failure_leaves_no_file_behind() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "-q", "--user", "stranger", "--out", "a"]).fails_somehow(1);
    let folder = sandbox.path("").to_str().unwrap().to_string();
    sandbox.run(&["create", "-q", "--database", &folder, "--out", "b"]).fails_somehow(4);
    assert!(!sandbox.path("a").exists());
    assert!(!sandbox.path("b").exists());
}

#[test]
fn count_issues_so_many_tokens_and_prints_a_secret_per_line() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--count", "50", "--scope", "a"]).exits(0);
    let secrets: HashSet<_> = ran.stdout.lines().collect();
    assert_eq!(secrets.len(), 50);
    assert_eq!(ran.stderr, "issued 50 tokens\n");
    let ran = sandbox.tokctl(&["verify", "--batch", "-"]).stdin(&ran.stdout).go().exits(0);
    assert_eq!(ran.json_lines().len(), 50);
}

#[test]
fn with_count_json_is_a_list() {
    let sandbox = Sandbox::with_alice();
    for count in ["1", "2"] {
        let list = sandbox.json(&["create", "--count", count]);
        assert_eq!(list.as_array().unwrap().len().to_string(), count);
    }
    let ran = sandbox.run(&["create", "--count", "2", "--format", "jsonl"]).exits(0);
    assert_eq!(ran.json_lines().len(), 2);
}

#[test]
fn an_invalid_count_is_refused() {
    let sandbox = Sandbox::with_alice();
    for count in ["0", "-1", "1000001", "9223372036854775808", "a", "", "1e3"] {
        sandbox.run(&["create", &format!("--count={count}")]).fails_somehow(2);
    }
    assert_no_tokens(&sandbox);
}

#[test]
fn from_issues_a_token_per_line() {
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
        assert_eq!(ran.stderr, "");
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
fn from_skips_a_byte_order_mark() {
    let sandbox = Sandbox::with_alice();
    let file = sandbox.file("tokens.jsonl", "\u{feff}{\"name\": \"CI\"}\n");
    assert_eq!(sandbox.json(&["create", "--from", &file])[0]["name"], "CI");
    let not_first = sandbox.file("other.jsonl", "{}\n\u{feff}{}\n");
    sandbox.run(&["create", "--from", &not_first]).fails_somehow(2);
}

#[test]
fn with_from_the_option_user_is_the_default_owner() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    let file = sandbox.file("tokens.jsonl", "{\"user\": \"alice\"}\n{}\n");
    let tokens = sandbox.json(&["create", "--from", &file, "--user", "bob"]);
    assert_eq!((&tokens[0]["user"], &tokens[1]["user"]), (&json!("alice"), &json!("bob")));
}

#[test]
fn an_invalid_line_is_named_and_nothing_is_issued() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "max-expires", "1y"]).exits(0);
    for (line, code) in [
        ("{", 2),
        ("nonsense", 2),
        ("[]", 2),
        (r#"["CI", null, ["a"], null]"#, 2),
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
    assert_no_tokens(&sandbox);
}

#[test]
fn the_error_of_a_line_says_what_is_wrong_with_it() {
    let sandbox = Sandbox::with_alice();
    let object = r#"must be a JSON object, such as {"name": "CI", "scopes": ["read"]}"#;
    for (line, why) in [
        ("nonsense", object),
        ("[]", object),
        ("{", "invalid JSON: EOF while parsing an object (column 1)"),
        (r#"{"name": ""}"#, "a name cannot be empty"),
        (
            r#"{"scope": []}"#,
            "unknown field `scope`, expected one of `name`, `user`, `scopes`, `expires` (column 8)",
        ),
        (
            r#"{"expires": "soon"}"#,
            "expires must be a duration (30d, 12h, 1y), a date (2030-01-31), an RFC 3339 instant \
             (2030-01-31T12:00:00Z) before the year 10000, or never",
        ),
        (r#"{"expires": "2001-01-01"}"#, "invalid expiry: it is in the past"),
    ] {
        sandbox
            .tokctl(&["create", "--from", "-"])
            .stdin(line)
            .go()
            .fails(2, &format!("standard input, line 1: {why}"))
            .hints("nothing was issued; correct the line and run this again");
    }
}

#[test]
fn a_file_without_tokens_is_refused() {
    let sandbox = Sandbox::with_alice();
    for content in ["", "\n \n"] {
        let file = sandbox.file("empty.jsonl", content);
        sandbox
            .run(&["create", "--from", &file])
            .fails(2, &format!("no tokens to issue: {file} is empty"));
    }
    sandbox
        .run(&["create", "--from", "missing"])
        .fails(2, "cannot read missing: No such file or directory (os error 2)");
    sandbox.run(&["create", "--from", "data"]).fails_somehow(2);
}

#[test]
fn from_excludes_the_options_that_describe_one_token() {
    let sandbox = Sandbox::with_alice();
    for option in [["--name", "a"], ["--scope", "a"], ["--count", "2"], ["--expires", "1d"]] {
        let args = ["create", "--from", "x", option[0], option[1]];
        sandbox.run(&args).fails_somehow(2);
    }
    sandbox.run(&["create", "--from", "x", "--no-scopes"]).fails_somehow(2);
}

#[test]
fn a_token_whose_secret_cannot_be_printed_is_revoked() {
    let sandbox = Sandbox::with_alice();
    let one = "the new token was revoked, because its secret was not delivered";
    let many = "the new tokens were revoked, because not all secrets were delivered";
    for (args, hint) in
        [(&["create"][..], one), (&["create", "--json"], one), (&["create", "--count", "3"], many)]
    {
        let args = [args, &["-q"]].concat();
        sandbox
            .tokctl(&args)
            .stdout_to("/dev/full")
            .go()
            .fails(4, "cannot write the output: No space left on device (os error 28)")
            .hints(hint);
        sandbox
            .tokctl(&args)
            .stdout_to_nobody()
            .go()
            .fails(4, "cannot write the output: Broken pipe (os error 32)")
            .hints(hint);
    }
    assert_eq!(sandbox.number("SELECT count(*) FROM tokens"), Some(10));
    assert_eq!(sandbox.listed(&["--status", "revoked"]).len(), 10);
    assert_eq!(sandbox.json(&["show", "1"])["revoked_reason"], "the secret was not delivered");
}

#[test]
fn a_token_that_cannot_be_revoked_either_is_named() {
    let sandbox = Sandbox::with_alice();
    sandbox.break_on("UPDATE OF revoked_at ON tokens", "true", "broken");
    for (args, hint) in [
        (
            &["create"][..],
            "the new token could not be revoked (database: broken); run `tokctl revoke 1` now",
        ),
        (
            &["create", "--count", "3"],
            "the new tokens could not be revoked (database: broken); \
             run `tokctl revoke $(seq 2 4)` now",
        ),
    ] {
        sandbox
            .tokctl(args)
            .stdout_to("/dev/full")
            .go()
            .fails(4, "cannot write the output: No space left on device (os error 28)")
            .hints(hint);
    }
}

#[test]
fn a_new_database_has_no_valid_token_when_the_secret_cannot_be_printed() {
    let sandbox = Sandbox::new();
    sandbox.tokctl(&["create"]).stdout_to("/dev/full").go().exits(4);
    assert_eq!(sandbox.listed(&["--status", "revoked"]), [1]);
}

#[test]
fn with_closed_standard_output_nothing_is_issued() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .shell("\"$TOKCTL\" create -q >&-")
        .go()
        .fails(4, "nothing was issued: standard output is closed")
        .hints("redirect standard output, or use --out FILE");
    assert_no_tokens(&sandbox);
    sandbox.shell("\"$TOKCTL\" create --out a >&-").go().exits(0);
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn a_signal_before_the_secret_is_delivered_leaves_no_valid_token() {
    let one = "the new token was revoked, because its secret was not delivered";
    let many = "the new tokens were revoked, because not all secrets were delivered";
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        for (args, tokens, hint) in [("create", 1, one), ("create --count 50 --json", 50, many)] {
            let sandbox = Sandbox::with_alice();
            let ran = sandbox.interrupted(args, tokens, signal).exits(code);
            let error = format!(
                "tokctl: interrupted: SIG{signal} arrived before the secret was delivered\n\
                 hint: {hint}\n"
            );
            assert!(ran.stderr.starts_with(&error), "{args}: {ran:#?}");
            assert_eq!(sandbox.listed(&["--all"]).len(), tokens);
            assert_eq!(sandbox.listed(&["--status", "revoked"]).len(), tokens, "{args}");
        }
    }
}

#[test]
fn max_expires_limits_the_lifetime() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "max-expires", "90d"]).exits(0);
    let error = "the expiry is too late: the setting max-expires allows at most 90d";
    for expires in ["never", "91d", "9999-12-31"] {
        sandbox
            .run(&["create", "-q", "--expires", expires])
            .fails(2, error)
            .hints("use --expires 90d or less, or change the setting max-expires");
    }
    assert_eq!(lifetime(&sandbox, &["--expires", "90d"]), Some(90 * DAY));
    assert_eq!(lifetime(&sandbox, &[]), Some(90 * DAY));
    sandbox.run(&["settings", "set", "default-expires", "1y"]).exits(0);
    assert_eq!(lifetime(&sandbox, &[]), Some(90 * DAY));
    sandbox.run(&["settings", "set", "default-expires", "30d"]).exits(0);
    assert_eq!(lifetime(&sandbox, &[]), Some(30 * DAY));
}

#[test]
fn default_expires_applies_when_no_expiry_is_given() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["settings", "set", "default-expires", "30d"]).exits(0);
    let token = sandbox.json(&["create"]);
    assert_ne!(token["expires_at"], json!(null));
    assert_eq!(sandbox.json(&["create", "--expires", "never"])["expires_at"], json!(null));
}

#[test]
fn allowed_scopes_limits_the_scopes() {
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
        let why = "the setting allowed-scopes allows posts.*,users.read";
        ran.fails(2, &format!("scope {scope} is not allowed: {why}"))
            .hints("issue a token with allowed scopes, or change the setting allowed-scopes");
    }
}

#[test]
fn owners_can_be_limited_to_administrators() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.run(&["settings", "set", "owners", "admins"]).exits(0);
    sandbox.create(&["--user", "alice"]);
    sandbox
        .run(&["create", "-q", "--user", "bob"])
        .fails(2, "bob may not own new tokens: the setting owners allows administrators only")
        .hints("choose an owner who is an administrator, or change the setting owners");
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
fn the_id_of_a_deleted_token_is_not_reused() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&[]);
    sandbox.create(&[]);
    sandbox.run(&["revoke", "2", "--delete"]).exits(0);
    assert_eq!(sandbox.json(&["create"])["id"], 3);
}

#[test]
fn created_at_is_the_current_time() {
    let sandbox = Sandbox::with_alice();
    let before = now() / SECOND * SECOND;
    sandbox.create(&[]);
    let created = sandbox.number("SELECT created_at FROM tokens").unwrap();
    assert!((before..=now()).contains(&created), "{created}");
}

#[test]
fn an_unexpected_argument_is_refused() {
    let sandbox = Sandbox::with_alice();
    sandbox
        .run(&["create", "CI"])
        .fails(2, "unexpected argument: 'tokctl create' takes no arguments");
    sandbox.run(&["create", "--nmae", "CI"]).fails_somehow(2).hints("did you mean --name?");
    sandbox
        .run(&["create", "--name"])
        .fails(2, "missing value: a value is required for '--name <NAME>' but none was supplied");
    assert_no_tokens(&sandbox);
}

#[test]
fn a_signal_while_tokens_are_issued_leaves_no_file_and_no_token() {
    sqlite_only!("a journal shows that tokens are being written");
    let sandbox = Sandbox::with_alice();
    let ran = sandbox
        .shell(
            "\"$TOKCTL\" create --count 300000 --out new.secrets &
             wait_until '[ -e data/tokctl/tokctl.db-journal ]'
             kill -TERM $!
             wait $!",
        )
        .go()
        .exits(143);
    let error = "tokctl: interrupted: SIGTERM arrived before the secret was delivered\n\
                 hint: nothing was issued\n";
    assert!(ran.stderr.starts_with(error), "{ran:#?}");
    assert!(!sandbox.path("new.secrets").exists());
    let left = sandbox.shell("ls -A | grep '^[.]tokctl-'").go();
    assert_eq!(left.stdout, "");
    assert_eq!(sandbox.live_tokens(), 0);
}

/// A secret as another tool makes it.
const MADE_ELSEWHERE: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn register(sandbox: &Sandbox, secret: &str, args: &[&str]) -> Ran {
    sandbox.tokctl(&[&["create", "--secret", "-"], args].concat()).stdin(secret).go()
}

#[test]
fn a_secret_that_was_made_elsewhere_is_registered_and_not_printed() {
    let sandbox = Sandbox::with_alice();
    let line = format!("{MADE_ELSEWHERE}\n");
    register(&sandbox, &line, &["--name", "app", "--scope", "a.b"])
        .exits(0)
        .prints("")
        .remarks("registered token 1: app, alice, scopes a.b, never expires\n");
    let verified = sandbox.tokctl(&["verify", "-"]).stdin(&line).go().exits(0);
    assert_eq!(verified.stdout, "valid: app (1), alice, scopes a.b, never expires\n");
    let batch = sandbox.tokctl(&["verify", "--batch", "-"]).stdin(&line).go().exits(0);
    assert_eq!(batch.json_lines()[0]["jti"], "1");
    let token = sandbox.json(&["show", "1"]);
    assert_eq!((&token["hint"], &token["source"]), (&"9f86".into(), &"tokctl".into()));
    let log = sandbox.run(&["log", "--kind", "admin"]).exits(0).stdout;
    assert!(log.contains("with a secret that was made elsewhere"), "{log}");
}

#[test]
fn a_registered_secret_of_tokctl_s_own_is_one() {
    let sandbox = Sandbox::with_alice();
    register(&sandbox, UNKNOWN, &["-q"]).exits(0).prints("").remarks("");
    sandbox.run(&["verify", UNKNOWN]).exits(0);
    assert_eq!(sandbox.json(&["show", "1"])["hint"], &UNKNOWN[..8]);
    // No other scheme has to be looked for.
    sandbox.run(&["verify", MADE_ELSEWHERE]).exits(1).prints("rejected: malformed\n");
}

#[test]
fn json_of_a_registered_secret_is_the_record_without_it() {
    let sandbox = Sandbox::with_alice();
    let token = register(&sandbox, MADE_ELSEWHERE, &["-q", "--json"]).exits(0).json();
    assert_eq!(keys(&token), TOKEN_KEYS);
    assert_eq!(token["id"], 1);
}

#[test]
fn a_secret_to_register_comes_from_standard_input_only() {
    let sandbox = Sandbox::with_alice();
    for args in [["--secret", MADE_ELSEWHERE], ["--secret", "short"], ["--secret", "--name"]] {
        let ran = sandbox
            .run(&[&["create"][..], &args].concat())
            .fails(
                2,
                "'--secret' takes only '-': other accounts can see the arguments of a command",
            )
            .hints("use `tokctl create --secret -` and send the secret on standard input");
        assert!(!ran.stderr.contains(args[1]), "{ran:#?}");
    }
    for other in [["--count", "2"], ["--from", "x"], ["--out", "x"]] {
        register(&sandbox, MADE_ELSEWHERE, &other).fails_somehow(2);
    }
    assert_eq!(sandbox.live_tokens(), 0);
}

#[test]
fn an_unfit_secret_is_not_registered() {
    let sandbox = Sandbox::with_alice();
    let shape = "invalid secret: it must be 32 to 255 printable ASCII characters without spaces, \
                 on one line";
    let (short, long) = ("a".repeat(31), "a".repeat(256));
    let two = format!("{MADE_ELSEWHERE}\n{MADE_ELSEWHERE}\n");
    let spaced = MADE_ELSEWHERE.replace('8', " ");
    for bad in ["", "\n", &short, &long, &two, &spaced, &"é".repeat(32)] {
        register(&sandbox, bad, &[]).fails(2, shape);
    }
    let mistyped = UNKNOWN.replace('3', "4");
    register(&sandbox, &mistyped, &[])
        .fails(2, "invalid secret: its checksum is wrong, so it was mistyped or truncated");
    assert_eq!(sandbox.live_tokens(), 0);
}

#[test]
fn a_secret_that_is_here_is_not_registered_again() {
    let sandbox = Sandbox::with_alice();
    let own = sandbox.create(&[]);
    register(&sandbox, MADE_ELSEWHERE, &[]).exits(0);
    sandbox.run(&["revoke", "2"]).exits(0);
    for secret in [own.as_str(), MADE_ELSEWHERE] {
        let taken = "the secret cannot be registered: a token with this secret already exists";
        register(&sandbox, secret, &["--name", "b"]).fails(2, taken).hints("make another secret");
    }
    sandbox.run(&["revoke", "2", "--delete"]).exits(0);
    register(&sandbox, MADE_ELSEWHERE, &[]).exits(0);
    sandbox.run(&["verify", MADE_ELSEWHERE]).exits(0);
}

#[test]
fn a_registered_secret_does_not_become_a_name() {
    let sandbox = Sandbox::with_alice();
    register(&sandbox, MADE_ELSEWHERE, &["--name", MADE_ELSEWHERE])
        .fails(2, "the text cannot be stored: it contains the secret of a token");
    assert_eq!(sandbox.live_tokens(), 0);
}

#[test]
fn a_registered_secret_moves_to_another_database() {
    let sandbox = Sandbox::with_alice();
    register(&sandbox, MADE_ELSEWHERE, &["--name", "app"]).exits(0);
    let export = sandbox.run(&["export"]).exits(0).stdout;
    let other = Sandbox::with_alice();
    other.tokctl(&["import", "jsonl", "-"]).stdin(export).go().exits(0);
    other.run(&["verify", MADE_ELSEWHERE]).exits(0);
}

#[test]
fn a_prefix_may_have_underscores() {
    let sandbox = Sandbox::with_alice();
    for prefix in ["my_app", "a__b", "a_2345678901_ab"] {
        sandbox.run(&["settings", "set", "prefix", prefix]).exits(0);
        let secret = sandbox.create(&["--name", prefix]);
        assert_eq!(secret.len(), prefix.len() + 50);
        let header = format!("Authorization: Bearer {secret}");
        sandbox.run(&["verify", &header]).exits(0);
        let other = if secret.ends_with('x') { 'y' } else { 'x' };
        let mistyped = format!("{}{other}", &secret[..secret.len() - 1]);
        sandbox.run(&["verify", &mistyped]).exits(1).prints("rejected: malformed\n");
        let hint = &secret[..prefix.len() + 5];
        assert_eq!(sandbox.json(&["show", &secret])["hint"], hint);
        let ran = sandbox.run(&["create", "--user", &secret]).exits(1);
        assert!(ran.stderr.contains(&format!("user {hint}… not found")), "{ran:#?}");
    }
    for bad in ["my_", "_my", "my-app", "a23456789012345678901234567890_2"] {
        sandbox.run(&["settings", "set", "prefix", bad]).fails_somehow(2);
    }
}

#[test]
fn the_longest_prefix_is_in_the_hint() {
    let sandbox = Sandbox::with_alice();
    let prefix = "a_23456789012345678901234567890";
    sandbox.run(&["settings", "set", "prefix", prefix]).exits(0);
    let secret = sandbox.create(&[]);
    assert_eq!(sandbox.json(&["show", &secret])["hint"], &secret[..36]);
}
