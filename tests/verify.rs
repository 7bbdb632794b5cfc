//! `verify`: checks a secret. Nothing but the secret of a good token makes it exit with 0.

mod support;

use serde_json::json;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};
use support::{DAY, SECOND, Sandbox, UNKNOWN, keys, now, sha256, sqlite_only};

/// How long a command waits for a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// A database with one token, named CI, and the secret of the token.
fn with_token(args: &[&str]) -> (Sandbox, String) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[&["--name", "CI"], args].concat());
    (sandbox, secret)
}

#[test]
fn a_last_use_that_a_wrong_clock_wrote_is_corrected() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    sandbox.set_time(1, "last_used_at", 70 * 365 * DAY);
    sandbox.run(&["verify", &secret]).exits(0);
    let ahead = format!("SELECT count(*) FROM tokens WHERE last_used_at > {}", now() + 60 * SECOND);
    assert_eq!(sandbox.number(&ahead), Some(0));
}

#[test]
fn a_good_token_is_described() {
    let (sandbox, secret) = with_token(&["--scope", "posts.manage", "--expires", "30d"]);
    sandbox.set_time(1, "expires_at", 29 * DAY + DAY / 2);
    sandbox
        .run(&["verify", &secret])
        .exits(0)
        .prints("valid: CI (1), alice, scopes posts.manage, expires in 29 days\n")
        .remarks("");
}

#[test]
fn a_good_token_without_scopes_and_expiry_is_described() {
    let (sandbox, secret) = with_token(&["--no-scopes"]);
    sandbox
        .run(&["verify", &secret])
        .exits(0)
        .prints("valid: CI (1), alice, no scopes, never expires\n");
}

#[test]
fn quiet_prints_nothing_and_answers_by_exit_code() {
    let (sandbox, secret) = with_token(&["--scope", "a"]);
    sandbox.run(&["verify", "-q", &secret]).exits(0).prints("").remarks("");
    sandbox.run(&["verify", "-q", &secret, "--scope", "b"]).exits(3).prints("").remarks("");
    sandbox.run(&["verify", "-q", UNKNOWN]).exits(1).prints("").remarks("");
}

#[test]
fn json_is_an_introspection_response_of_rfc_7662() {
    let (sandbox, secret) = with_token(&["--scope", "posts.manage,users.read"]);
    let created = sandbox.number("SELECT created_at / 1000 FROM tokens").unwrap();
    let answer = sandbox.json(&["verify", &secret]);
    assert_eq!(
        answer,
        json!({
            "active": true, "scope": "posts.manage users.read", "username": "alice",
            "token_type": "Bearer", "sub": "2", "jti": "1", "name": "CI", "iat": created,
            "exp": null, "admin": true, "reason": null, "missing": [],
        })
    );
    assert_eq!(
        keys(&answer),
        [
            "active",
            "scope",
            "username",
            "token_type",
            "sub",
            "jti",
            "name",
            "iat",
            "exp",
            "admin",
            "reason",
            "missing"
        ]
    );
}

#[test]
fn json_times_are_in_seconds() {
    let (sandbox, secret) = with_token(&["--expires", "9999-12-31"]);
    assert_eq!(sandbox.json(&["verify", &secret])["exp"], json!(253_402_214_400_i64));
}

#[test]
fn a_good_token_without_a_required_scope_exits_with_3() {
    let (sandbox, secret) = with_token(&["--scope", "posts.manage"]);
    sandbox
        .run(&["verify", &secret, "--scope", "posts.manage,posts.delete"])
        .exits(3)
        .prints("insufficient scope: needs posts.delete\n")
        .remarks("");
}

#[test]
fn json_lists_the_missing_scopes() {
    let (sandbox, secret) = with_token(&["--scope", "posts.manage"]);
    let ran = sandbox.run(&["verify", &secret, "--scope", "a", "--scope", "b", "--json"]).exits(3);
    let answer = ran.json();
    assert_eq!(answer["active"], true);
    assert_eq!(answer["reason"], "insufficient_scope");
    assert_eq!(answer["missing"], json!(["a", "b"]));
    assert_eq!(keys(&answer).len(), 12);
}

#[test]
fn any_scope_requires_only_one_of_the_scopes() {
    let (sandbox, secret) = with_token(&["--scope", "a"]);
    sandbox.run(&["verify", &secret, "--scope", "a,b"]).exits(3);
    sandbox.run(&["verify", &secret, "--scope", "a,b", "--any-scope"]).exits(0);
    sandbox
        .run(&["verify", &secret, "--scope", "b,c", "--any-scope"])
        .exits(3)
        .prints("insufficient scope: needs b c\n");
}

#[test]
fn a_granted_scope_covers_itself_and_what_a_final_star_stands_for() {
    let sandbox = Sandbox::with_alice();
    for (granted, required, code) in [
        ("*", "posts.manage", 0),
        ("*", "*", 0),
        ("posts.*", "posts.manage", 0),
        ("posts.*", "posts.comments.edit", 0),
        ("posts.*", "posts.*", 0),
        ("posts.*", "posts", 3),
        ("posts.*", "posts.", 3),
        ("posts.*", "postscript", 3),
        ("posts.*", "*", 3),
        ("posts", "posts.manage", 3),
        ("posts.manage", "posts.*", 3),
        ("posts.manage", "Posts.manage", 3),
        ("posts.manage", "posts.manage.all", 3),
    ] {
        let secret = sandbox.create(&["--scope", granted]);
        let ran = sandbox.run(&["verify", &secret, "--scope", required]);
        assert_eq!(ran.code, Some(code), "{granted} for {required}: {ran:#?}");
    }
    let without_scopes = sandbox.create(&["--no-scopes"]);
    sandbox.run(&["verify", &without_scopes, "--scope", "a"]).exits(3);
}

#[test]
fn an_invalid_required_scope_is_a_usage_error() {
    let (sandbox, secret) = with_token(&[]);
    for scope in ["", ",", "a,", "a b", "a\"", "a\\", "é", "a*", "*.a", "**", &"a".repeat(300)] {
        sandbox.run(&["verify", &secret, "--scope", scope]).fails_somehow(2);
        sandbox.run(&["verify", &secret, &format!("--scope={scope}")]).fails_somehow(2);
    }
    sandbox.run(&["verify", &secret, "--scope", "a b"]).fails(
        2,
        "invalid value 'a b' for '--scope <SCOPE>': a scope must be visible ASCII without spaces, \
         quotes, backslashes or commas (RFC 6749, section 3.3)",
    );
}

#[test]
fn a_scope_option_without_a_scope_is_a_usage_error() {
    let (sandbox, secret) = with_token(&[]);
    sandbox
        .run(&["verify", &secret, "--scope"])
        .fails(2, "missing value: a value is required for '--scope <SCOPE>' but none was supplied");
    sandbox
        .run(&["verify", &secret, "--any-scope"])
        .fails(2, "the following required arguments were not provided: --scope <SCOPE>");
}

#[test]
fn text_that_cannot_be_a_secret_is_malformed() {
    // There is no database: none is needed to tell.
    let sandbox = Sandbox::new();
    let mut mistyped = UNKNOWN.to_string();
    mistyped.replace_range(10..11, "x");
    let long = "a".repeat(5000);
    for secret in [
        "",
        " ",
        "1",
        "-1",
        "CI",
        "tok_",
        "tok_abc",
        "Bearer",
        "Bearer ",
        "null",
        "*",
        "%",
        "' OR '1'='1",
        "\u{1b}[2J",
        "a\nb",
        "é",
        &mistyped,
        &UNKNOWN[..40],
        &long,
        &format!("{UNKNOWN} "),
        &format!("{UNKNOWN}\n{UNKNOWN}"),
        &format!("x{UNKNOWN}x"),
        &UNKNOWN.to_uppercase(),
        &sha256(UNKNOWN),
    ] {
        sandbox.run(&["verify", "--", secret]).exits(1).prints("rejected: malformed\n").remarks("");
        let ran = sandbox.run(&["verify", "--json", "--", secret]).exits(1);
        ran.prints("{\"active\":false,\"reason\":\"malformed\"}\n");
    }
    let not_text = OsStr::from_bytes(b"tok_\xff\xfe");
    sandbox.run(&[OsStr::new("verify"), not_text]).exits(1).prints("rejected: malformed\n");
    assert!(!sandbox.database().exists());
}

#[test]
fn standard_input_that_cannot_be_a_secret_is_malformed() {
    let (sandbox, secret) = with_token(&[]);
    let two_lines = format!("{secret}\n{secret}\n");
    let with_nul = format!("{secret}\0");
    let with_an_empty_line = format!("{secret}\n\n");
    let huge = vec![b'a'; 10 << 20];
    let mut huge_with_a_good_start = format!("{secret}\n").into_bytes();
    huge_with_a_good_start.resize(10 << 20, b'\n');
    let inputs: [&[u8]; 10] = [
        b"",
        b"\n",
        b"\r\n",
        b"\0",
        b"\xff\xfe\xfd",
        two_lines.as_bytes(),
        with_nul.as_bytes(),
        with_an_empty_line.as_bytes(),
        &huge,
        &huge_with_a_good_start,
    ];
    for input in inputs {
        let ran = sandbox.tokctl(&["verify", "-"]).stdin(input).go();
        ran.exits(1).prints("rejected: malformed\n").remarks("");
    }
}

#[test]
fn a_secret_of_no_token_is_unknown() {
    let (sandbox, _) = with_token(&[]);
    sandbox.run(&["verify", UNKNOWN]).exits(1).prints("rejected: unknown\n").remarks("");
    sandbox
        .run(&["verify", "--json", UNKNOWN])
        .exits(1)
        .prints("{\"active\":false,\"reason\":\"unknown\"}\n");
}

#[test]
fn an_id_a_name_a_hint_and_a_hash_are_malformed() {
    let (sandbox, secret) = with_token(&[]);
    for text in ["1", "CI", &secret[..8], &sha256(&secret), &sha256(&secret).to_uppercase()] {
        sandbox.run(&["verify", text]).exits(1).prints("rejected: malformed\n");
        sandbox.tokctl(&["verify", "-"]).stdin(text).go().exits(1);
    }
}

#[test]
fn a_token_cannot_be_selected_by_hash_or_name() {
    let (sandbox, secret) = with_token(&[]);
    sandbox
        .run(&["verify", "--hash", &sha256(&secret)])
        .fails(2, "unexpected argument '--hash': 'tokctl verify' has no such option");
    sandbox
        .run(&["verify", "--name", "CI"])
        .fails(2, "unexpected argument '--name': 'tokctl verify' has no such option");
}

#[test]
fn a_revoked_token_is_rejected_with_the_reason() {
    let (sandbox, secret) = with_token(&[]);
    sandbox.run(&["revoke", "1", "--reason", "left the team"]).exits(0);
    sandbox.set_time(1, "revoked_at", -3 * DAY);
    sandbox
        .run(&["verify", &secret])
        .exits(1)
        .prints("rejected: revoked 3 days ago: left the team\n")
        .remarks("");
    let ran = sandbox.run(&["verify", "--json", &secret]).exits(1);
    ran.prints("{\"active\":false,\"reason\":\"revoked\"}\n");
}

#[test]
fn an_expired_token_is_rejected() {
    let (sandbox, secret) = with_token(&["--expires", "1d"]);
    sandbox.set_time(1, "expires_at", -3 * DAY);
    sandbox.run(&["verify", &secret]).exits(1).prints("rejected: expired 3 days ago\n");
    let ran = sandbox.run(&["verify", "--json", &secret]).exits(1);
    ran.prints("{\"active\":false,\"reason\":\"expired\"}\n");
}

#[test]
fn a_token_is_expired_from_the_exact_second_of_its_expiry() {
    let (sandbox, secret) = with_token(&["--expires", "1d"]);
    // The last millisecond of the second in which the token is verified, or of an earlier one.
    let second = now() / SECOND * SECOND;
    sandbox.sql(&format!("UPDATE tokens SET expires_at = {}", second + 999));
    sandbox.run(&["verify", &secret]).exits(1);
}

#[test]
fn a_token_that_was_unused_for_too_long_is_rejected() {
    let (sandbox, secret) = with_token(&[]);
    sandbox.set_time(1, "last_used_at", -400 * DAY);
    sandbox
        .run(&["verify", &secret])
        .exits(1)
        .prints("rejected: unused for too long, last used 400 days ago\n");
    let ran = sandbox.run(&["verify", "--json", &secret]).exits(1);
    ran.prints("{\"active\":false,\"reason\":\"unused\"}\n");
}

#[test]
fn the_setting_unused_lifetime_says_how_long_is_too_long() {
    let (sandbox, secret) = with_token(&[]);
    sandbox.run(&["settings", "set", "unused-lifetime", "500d"]).exits(0);
    sandbox.set_time(1, "last_used_at", -499 * DAY);
    sandbox.run(&["verify", &secret]).exits(0);
    sandbox.set_time(1, "last_used_at", -501 * DAY);
    sandbox.run(&["verify", &secret]).exits(1);
}

#[test]
fn a_token_that_was_never_used_is_good_at_any_age() {
    let (sandbox, secret) = with_token(&[]);
    sandbox.set_time(1, "created_at", -4000 * DAY);
    sandbox.run(&["verify", &secret]).exits(0);
}

#[test]
fn unused_lifetime_never_keeps_unused_tokens_good() {
    let (sandbox, secret) = with_token(&[]);
    sandbox.run(&["settings", "set", "unused-lifetime", "never"]).exits(0);
    sandbox.set_time(1, "last_used_at", -4000 * DAY);
    sandbox.run(&["verify", &secret]).exits(0);
}

#[test]
fn the_token_of_a_banned_owner_is_rejected_until_the_ban_ends() {
    let (sandbox, secret) = with_token(&[]);
    sandbox.run(&["user", "ban", "alice", "--reason", "lost laptop"]).exits(0);
    sandbox.run(&["verify", &secret]).exits(1).prints("rejected: owner is banned: lost laptop\n");
    let ran = sandbox.run(&["verify", "--json", &secret]).exits(1);
    ran.prints("{\"active\":false,\"reason\":\"banned\"}\n");
    sandbox.run(&["user", "unban", "alice"]).exits(0);
    sandbox.run(&["verify", &secret]).exits(0);
}

#[test]
fn the_first_reason_that_applies_is_reported() {
    let (sandbox, secret) = with_token(&["--expires", "1d"]);
    let reason = || {
        let answer = sandbox.run(&["verify", "--json", &secret]).exits(1).json();
        answer["reason"].as_str().unwrap().to_string()
    };
    sandbox.set_time(1, "last_used_at", -400 * DAY);
    assert_eq!(reason(), "unused");
    sandbox.set_time(1, "expires_at", -DAY);
    assert_eq!(reason(), "expired");
    sandbox.run(&["user", "ban", "alice"]).exits(0);
    assert_eq!(reason(), "banned");
    sandbox.run(&["revoke", "1"]).exits(0);
    assert_eq!(reason(), "revoked");
}

#[test]
fn a_rejected_token_exits_with_1_even_if_it_lacks_a_scope() {
    let (sandbox, secret) = with_token(&["--scope", "a"]);
    sandbox.run(&["revoke", "1"]).exits(0);
    sandbox.run(&["verify", &secret, "--scope", "b"]).exits(1);
}

#[test]
fn a_deleted_token_is_unknown() {
    let (sandbox, secret) = with_token(&[]);
    sandbox.run(&["revoke", "1", "--delete"]).exits(0);
    sandbox.run(&["verify", &secret]).exits(1).prints("rejected: unknown\n");
}

#[test]
fn a_bearer_header_around_the_secret_is_stripped() {
    let (sandbox, secret) = with_token(&[]);
    for header in ["Bearer ", "bearer ", "Authorization: Bearer ", "AUTHORIZATION:BEARER "] {
        let sent = format!("{header}{secret}");
        sandbox.run(&["verify", &sent]).exits(0);
        for ending in ["", "\n", "\r\n"] {
            sandbox.tokctl(&["verify", "-"]).stdin(format!("{sent}{ending}")).go().exits(0);
        }
    }
}

#[test]
fn another_header_around_the_secret_is_rejected() {
    let (sandbox, secret) = with_token(&[]);
    for header in ["Basic ", "Bearer: ", "Cookie: ", "Authorization Bearer "] {
        sandbox.run(&["verify", &format!("{header}{secret}")]).exits(1);
    }
}

#[test]
fn help_instead_of_a_secret_exits_with_2() {
    let (sandbox, _) = with_token(&[]);
    for option in ["--help", "-h", "-hq", "-qh"] {
        let ran = sandbox.run(&["verify", option]).exits(2).remarks("");
        assert!(ran.stdout.contains("Usage: tokctl verify"), "{ran:#?}");
    }
}

#[test]
fn the_version_instead_of_a_secret_exits_with_2() {
    let (sandbox, _) = with_token(&[]);
    for option in ["-V", "--version"] {
        let version = format!("tokctl {}\n", env!("CARGO_PKG_VERSION"));
        sandbox.run(&["verify", option]).exits(2).prints(&version);
    }
}

#[test]
fn options_without_a_secret_exit_with_2() {
    let (sandbox, _) = with_token(&[]);
    for options in [
        &[][..],
        &["-q"],
        &["-y"],
        &["--quiet"],
        &["--yes"],
        &["--json"],
        &["--format", "csv"],
        &["--format=human"],
        &["--color", "never"],
        &["--database", "x"],
        &["--scope", "a"],
        &["--scope", "a", "--any-scope"],
        &["--any-scope"],
        &["--batch"],
        &["--batch", "--help"],
        &["-x"],
        &["-1x"],
        &["--"],
        &["--hlep"],
        &["--help=1"],
        &["--version=1"],
    ] {
        let ran = sandbox.run(&[&["verify"], options].concat());
        assert_eq!(ran.code, Some(2), "{ran:#?}");
    }
}

#[test]
fn a_good_secret_beside_help_or_version_exits_with_2() {
    let (sandbox, secret) = with_token(&[]);
    for option in ["--help", "-h", "-V", "--version", "--batch"] {
        sandbox.run(&["verify", &secret, option]).exits(2);
        sandbox.run(&["verify", option, &secret]).exits(2);
    }
}

#[test]
fn two_secrets_are_a_usage_error() {
    let (sandbox, secret) = with_token(&[]);
    sandbox
        .run(&["verify", &secret, &secret])
        .fails(2, "unexpected argument: 'tokctl verify' takes only one argument");
}

#[test]
fn a_secret_that_is_a_word_of_the_command_line_is_malformed() {
    let (sandbox, _) = with_token(&[]);
    sandbox.run(&["verify", "--", "--help"]).exits(1).prints("rejected: malformed\n");
    sandbox.run(&["verify", "help"]).exits(1).prints("rejected: malformed\n");
}

#[test]
fn the_help_command_exits_with_0() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["help", "verify"]).exits(0).remarks("");
    assert!(ran.stdout.contains("Usage: tokctl verify"), "{ran:#?}");
    let words: Vec<_> = ran.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains("other accounts can see arguments in the process list"));
}

#[test]
fn a_secret_is_required_where_there_is_no_terminal() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["verify"])
        .fails(2, "no secret was given: there is no terminal to ask at")
        .hints("pass - and send the secret on standard input");
}

#[test]
fn without_a_database_it_exits_with_4_and_creates_none() {
    sqlite_only!("a missing file");
    let sandbox = Sandbox::new();
    let database = sandbox.database();
    sandbox
        .run(&["verify", UNKNOWN])
        .fails(4, &format!("database {}: it does not exist", database.display()));
    sandbox.tokctl(&["verify", "--batch", "-"]).stdin(UNKNOWN).go().fails_somehow(4);
    assert!(!sandbox.path("data").exists());
}

#[test]
fn a_directory_an_empty_file_or_a_device_exits_with_4() {
    sqlite_only!("files that are no database");
    let (sandbox, secret) = with_token(&[]);
    let folder = sandbox.path("");
    let folder = folder.to_str().unwrap();
    let empty = sandbox.file("empty", "");
    for database in [folder, &empty, "/dev/null", "/dev/zero"] {
        sandbox.run(&["verify", &secret, "--database", database]).fails_somehow(4);
    }
}

#[test]
fn a_database_that_cannot_be_read_exits_with_4() {
    sqlite_only!("file permissions");
    let (sandbox, secret) = with_token(&[]);
    sandbox.make_read_only();
    fs::set_permissions(sandbox.database(), fs::Permissions::from_mode(0o000)).unwrap();
    sandbox.as_stranger(&["verify", &secret]).go().fails_somehow(4);
}

#[test]
fn an_answer_that_cannot_be_written_exits_with_4() {
    let (sandbox, secret) = with_token(&[]);
    for format in ["human", "json", "jsonl", "csv"] {
        let args = ["verify", "--format", format, &secret];
        let ran = sandbox.tokctl(&args).stdout_to("/dev/full").go();
        ran.fails(4, "cannot write the output: No space left on device (os error 28)");
        let ran = sandbox.tokctl(&args).stdout_to_nobody().go();
        ran.fails(4, "cannot write the output: Broken pipe (os error 32)");
    }
    let args = ["verify", "--batch", "-"];
    sandbox
        .tokctl(&args)
        .stdin(&secret)
        .stdout_to("/dev/full")
        .go()
        .fails(4, "cannot write the output: No space left on device (os error 28)");
}

#[test]
fn output_that_cannot_be_written_never_exits_with_0() {
    let (sandbox, _) = with_token(&[]);
    for secret in [UNKNOWN, "", "--help", "--version"] {
        let ran = sandbox.tokctl(&["verify", secret]).stdout_to("/dev/full").go();
        assert!(matches!(ran.code, Some(1..)), "{ran:#?}");
        let script = format!("\"$TOKCTL\" verify '{secret}' >&-");
        let ran = sandbox.shell(&script).go();
        assert!(matches!(ran.code, Some(1..)), "{ran:#?}");
    }
}

#[test]
fn a_closed_standard_input_is_malformed() {
    let (sandbox, _) = with_token(&[]);
    sandbox.shell("\"$TOKCTL\" verify - <&-").go().exits(1).prints("rejected: malformed\n");
    sandbox.shell("\"$TOKCTL\" verify --batch - <&-").go().exits(1).prints("");
}

#[test]
fn a_standard_input_that_cannot_be_read_exits_with_4() {
    let (sandbox, _) = with_token(&[]);
    for script in ["\"$TOKCTL\" verify - < /", "\"$TOKCTL\" verify --batch - < /"] {
        let ran = sandbox.shell(script).go();
        ran.fails(4, "cannot read standard input: Is a directory (os error 21)");
    }
}

#[test]
fn the_last_use_of_an_accepted_token_is_recorded() {
    let (sandbox, secret) = with_token(&["--scope", "a"]);
    assert_eq!(sandbox.json(&["show", "1"])["last_used_at"], json!(null));
    let before = now() / SECOND * SECOND;
    sandbox.run(&["verify", &secret]).exits(0);
    let used = sandbox.number("SELECT last_used_at FROM tokens").unwrap();
    assert!((before..=now()).contains(&used), "{used}");
}

#[test]
fn the_last_use_of_a_token_without_a_required_scope_is_recorded() {
    let (sandbox, secret) = with_token(&["--scope", "a"]);
    sandbox.run(&["verify", &secret, "--scope", "b"]).exits(3);
    assert!(sandbox.number("SELECT last_used_at FROM tokens").is_some());
}

#[test]
fn the_last_use_of_a_rejected_token_is_not_recorded() {
    let (sandbox, secret) = with_token(&[]);
    sandbox.run(&["revoke", "1"]).exits(0);
    sandbox.run(&["verify", &secret]).exits(1);
    assert_eq!(sandbox.number("SELECT last_used_at FROM tokens"), None);
}

#[test]
fn the_last_use_is_written_only_when_it_is_older_than_the_resolution() {
    let (sandbox, secret) = with_token(&[]);
    sandbox.run(&["settings", "set", "last-used-resolution", "1h"]).exits(0);
    let last_used = || sandbox.number("SELECT last_used_at FROM tokens").unwrap();
    sandbox.set_time(1, "last_used_at", -1800 * SECOND);
    let recent = last_used();
    sandbox.run(&["verify", &secret]).exits(0);
    assert_eq!(last_used(), recent);
    sandbox.set_time(1, "last_used_at", -7200 * SECOND);
    let old = last_used();
    sandbox.run(&["verify", &secret]).exits(0);
    assert!(last_used() > old);
}

#[test]
fn a_write_lock_does_not_delay_the_answer_and_the_last_use_is_not_recorded() {
    let (sandbox, secret) = with_token(&[]);
    let lock = sandbox.lock();
    let start = Instant::now();
    sandbox.run(&["verify", &secret]).exits(0).remarks("");
    sandbox.tokctl(&["verify", "--batch", "-"]).stdin(&secret).go().exits(0).remarks("");
    assert!(start.elapsed() < LOCK_TIMEOUT, "verify waited for the lock");
    drop(lock);
    assert_eq!(sandbox.number("SELECT last_used_at FROM tokens"), None);
}

#[test]
fn an_account_that_can_only_read_the_database_can_verify() {
    sqlite_only!("file permissions");
    let (sandbox, secret) = with_token(&[]);
    sandbox.make_read_only();
    sandbox.as_stranger(&["verify", &secret]).go().exits(0).remarks("");
    sandbox.as_stranger(&["verify", UNKNOWN]).go().exits(1);
    sandbox.as_stranger(&["verify", "--batch", "-"]).stdin(&secret).go().exits(0);
    assert_eq!(sandbox.number("SELECT last_used_at FROM tokens"), None);
}

#[test]
fn a_batch_answers_each_line_in_order() {
    let sandbox = Sandbox::with_alice();
    let (a, b) = (sandbox.create(&["--name", "a"]), sandbox.create(&["--name", "b"]));
    let revoked = sandbox.create(&["--name", "revoked"]);
    sandbox.run(&["revoke", "3"]).exits(0);
    let long = "x".repeat(100_000);
    let input = format!("{b}\n\n{revoked}\r\nBearer {a}\r\n{long}\nbad\0\n{UNKNOWN}\n1\n{b}");
    let ran = sandbox.tokctl(&["verify", "--batch", "-"]).stdin(input).go().exits(1).remarks("");
    let answers: Vec<_> = ran
        .json_lines()
        .iter()
        .map(|line| match line["active"].as_bool().unwrap() {
            true => line["name"].as_str().unwrap().to_string(),
            false => line["reason"].as_str().unwrap().to_string(),
        })
        .collect();
    let expected =
        ["b", "malformed", "revoked", "a", "malformed", "malformed", "unknown", "malformed", "b"];
    assert_eq!(answers, expected);
}

#[test]
fn a_batch_line_that_is_not_text_is_malformed() {
    let (sandbox, secret) = with_token(&[]);
    let input = [b"\xff\xfe\n".as_slice(), secret.as_bytes(), b"\n"].concat();
    let lines = sandbox.tokctl(&["verify", "--batch", "-"]).stdin(input).go().exits(1).json_lines();
    assert_eq!(lines[0], json!({"active": false, "reason": "malformed"}));
    assert_eq!(lines[1]["active"], true);
}

#[test]
fn a_batch_exits_with_0_if_all_of_at_least_one_secret_are_good() {
    let (sandbox, secret) = with_token(&["--scope", "a"]);
    let batch = |options: &[&str], input: &str| {
        sandbox.tokctl(&[&["verify", "--batch", "-"], options].concat()).stdin(input).go()
    };
    let two = batch(&[], &format!("{secret}\n{secret}\n")).exits(0);
    assert_eq!(two.json_lines().len(), 2);
    batch(&[], "").exits(1).prints("").remarks("");
    batch(&[], "\n").exits(1).prints("{\"active\":false,\"reason\":\"malformed\"}\n");
    batch(&[], &format!("{secret}\n{UNKNOWN}\n")).exits(1);
    batch(&["--scope", "a"], &secret).exits(0);
    let lacking = batch(&["--scope", "b"], &secret).exits(1).json_lines();
    assert_eq!(lacking[0]["missing"], json!(["b"]));
}

#[test]
fn a_batch_records_the_last_uses() {
    let sandbox = Sandbox::with_alice();
    let (a, b) = (sandbox.create(&[]), sandbox.create(&[]));
    sandbox.create(&[]);
    let input = format!("{a}\n{b}\n{a}\n{UNKNOWN}\n");
    sandbox.tokctl(&["verify", "--batch", "-"]).stdin(input).go().exits(1);
    let used = "SELECT count(*) * 100 + sum(id) FROM tokens WHERE last_used_at > 0 AND id < 3";
    assert_eq!(sandbox.number(used), Some(203));
    assert_eq!(sandbox.number("SELECT last_used_at FROM tokens WHERE id = 3"), None);
}

#[test]
fn a_batch_line_of_ten_megabytes_is_malformed() {
    let (sandbox, secret) = with_token(&[]);
    let mut input = vec![b'x'; 10 << 20];
    input.extend_from_slice(format!("\n{secret}\n").as_bytes());
    let lines = sandbox.tokctl(&["verify", "--batch", "-"]).stdin(input).go().exits(1).json_lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], json!({"active": false, "reason": "malformed"}));
    assert_eq!(lines[1]["active"], true);
}

#[test]
fn a_batch_requires_an_explicit_dash() {
    let (sandbox, secret) = with_token(&[]);
    for args in [&["verify", "--batch"][..], &["verify", "--batch", &secret]] {
        let ran = sandbox.tokctl(args).stdin(&secret).go();
        ran.fails(2, "'--batch' requires '-': it reads the secrets from standard input")
            .hints("use `tokctl verify --batch -` and send one secret per line");
    }
}

#[test]
fn an_invalid_stored_setting_exits_with_4() {
    let (sandbox, secret) = with_token(&[]);
    sandbox.sql("INSERT INTO settings VALUES ('unused-lifetime', 'for ever')");
    sandbox
        .run(&["verify", &secret])
        .fails(
            4,
            "invalid setting unused-lifetime in the database: a duration must be a number and a \
             unit (s, m, h, d, w, mo or y), such as 30d, 3mo or 1h30m",
        )
        .hints("`tokctl settings unset unused-lifetime` restores its default");
}

#[test]
fn a_file_size_limit_does_not_change_the_answer() {
    sqlite_only!("a limit of the size of the file");
    let (sandbox, secret) = with_token(&[]);
    sandbox.file("secret", secret);
    let limited = |line: &str| sandbox.shell(&format!("ulimit -f 0; \"$TOKCTL\" {line}")).go();
    assert_eq!(limited("verify -q - < secret").code, Some(0));
    assert_eq!(limited(&format!("verify -q {UNKNOWN}")).code, Some(1));
    limited("create -q > /dev/null").exits(4);
    assert_eq!(sandbox.live_tokens(), 1);
}
