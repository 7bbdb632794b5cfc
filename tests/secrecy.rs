//! Only `create` prints a secret, and only to standard output. No file and no message contains one.

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use support::{Ran, Sandbox, UNKNOWN};

/// A text with this many characters of a secret in a row leaks it: the 4 of the hint, and 5 more
/// that do not follow by chance.
const PIECE: usize = 9;

/// Whether `text` contains more of the secret than the hint.
fn leaks(text: &[u8], secret: &str) -> bool {
    let pieces: HashSet<_> = secret.as_bytes()["tok_".len()..].windows(PIECE).collect();
    text.windows(PIECE).any(|part| pieces.contains(part))
}

/// A file in a directory, at any depth, that leaks the secret by its name or its content.
fn leaking_file(directory: &Path, secret: &str) -> Option<String> {
    fs::read_dir(directory).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return leaking_file(&path, secret);
        }
        let name = path.to_str().unwrap().to_string();
        (leaks(name.as_bytes(), secret) || leaks(&fs::read(&path).unwrap(), secret)).then_some(name)
    })
}

#[track_caller]
fn assert_no_leak(ran: &Ran, secret: &str) {
    assert!(!leaks(ran.stdout.as_bytes(), secret), "{ran:#?}");
    assert!(!leaks(ran.stderr.as_bytes(), secret), "{ran:#?}");
}

#[test]
fn the_hint_does_not_leak_a_secret_and_longer_parts_do() {
    let secret = "tok_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";
    assert!(leaks(b"x tok_003aUlTJC", secret));
    assert!(leaks(b"BIDlf1Yo7hP.", secret));
    assert!(!leaks(b"tok_003a", secret));
}

#[test]
fn no_file_contains_a_secret() {
    let sandbox = Sandbox::with_alice();
    let secrets: Vec<_> = (0..5).map(|i| sandbox.create(&["--name", &format!("t{i}")])).collect();
    let many = sandbox.run(&["create", "--count", "20"]).exits(0).stdout;
    let printed = sandbox.json(&["create"])["token"].as_str().unwrap().to_string();
    sandbox.tokctl(&["create"]).stdout_to("/dev/full").go().exits(4);
    for secret in &secrets {
        sandbox.run(&["verify", secret]).exits(0);
        sandbox.run(&["verify", secret, "--scope", "a", "--json"]).exits(0);
    }
    sandbox.tokctl(&["verify", "--batch", "-"]).stdin(&many).go().exits(0);
    sandbox.run(&["revoke", &secrets[1]]).exits(0);
    sandbox.run(&["revoke", &secrets[2], "--delete"]).exits(0);
    sandbox.run(&["prune", "--grace", "0s"]).exits(0);
    for secret in secrets.iter().map(String::as_str).chain(many.lines()).chain([&*printed]) {
        assert_eq!(leaking_file(&sandbox.path(""), secret), None);
    }
}

#[test]
fn only_create_prints_a_secret() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["create", "--name", "CI"]).exits(0);
    let secret = ran.stdout.trim();
    assert!(!leaks(ran.stderr.as_bytes(), secret), "{ran:#?}");
    for args in [
        &["show", secret][..],
        &["show", "1"],
        &["verify", secret],
        &["verify", secret, "--scope", "a", "--json"],
        &["list"],
        &["list", "--json"],
        &["list", "--format", "csv"],
        &["revoke", secret],
        &["verify", secret],
        &["revoke", secret],
        &["show", secret, "--json"],
        &["revoke", secret, "--delete"],
        &["show", secret],
        &["revoke", secret],
    ] {
        assert_no_leak(&sandbox.run(args), secret);
    }
}

/// A database with one token, and its secret.
fn with_token() -> (Sandbox, String) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    (sandbox, secret)
}

/// Runs commands that have the secret in the wrong place. All fail, except that `list` may find
/// nothing. The secret is neither printed nor stored, and stays valid.
#[track_caller]
fn assert_neither_printed_nor_stored(sandbox: &Sandbox, secret: &str, commands: &[&[&str]]) {
    for args in commands {
        let ran = sandbox.run(args);
        assert_no_leak(&ran, secret);
        assert!(ran.code != Some(0) || args[0] == "list", "{ran:#?}");
    }
    assert_eq!(leaking_file(&sandbox.path(""), secret), None);
    sandbox.run(&["verify", secret]).exits(0);
}

#[test]
fn a_secret_as_a_command_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let commands: [&[&str]; 8] = [
        &[&secret],
        &["help", &secret],
        &["user", &secret],
        &["settings", &secret],
        &["revoke-all", &secret],
        &["list", &secret],
        &["prune", &secret],
        &["create", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_an_option_of_verify_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let [option, scope, unknown] =
        ["--", "--scope=", "--frob="].map(|option| format!("{option}{secret}"));
    let commands: [&[&str]; 11] = [
        &["verify", &secret, &secret],
        &["verify", "--scope", &secret, &secret],
        &["verify", &secret, "--scope", &secret],
        &["verify", &secret, &option],
        &["verify", &option],
        &["verify", &scope],
        &["verify", &unknown],
        &["verify", &secret, "--format", &secret],
        &["verify", &secret, "--color", &secret],
        &["verify", &secret, "--database", &secret],
        &["verify", "--hash", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_as_the_source_or_the_agent_of_a_request_is_not_logged() {
    let (sandbox, secret) = with_token();
    sandbox.run(&["verify", UNKNOWN, "--source", &secret, "--agent", &secret]).exits(1);
    let log = sandbox.run(&["log", "--json", "--kind", "verify"]).exits(0);
    assert!(log.stdout.contains(&format!("\"source\":\"{}…\"", &secret[..8])), "{log:#?}");
    assert_no_leak(&log, &secret);
    assert_eq!(leaking_file(&sandbox.path(""), &secret), None);
}

#[test]
fn a_secret_where_a_token_is_selected_or_revoked_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let sentence = format!("the token {secret}, leaked");
    let commands: [&[&str]; 15] = [
        &["show", "--hash", &secret],
        &["show", "--name", &secret],
        &["show", "1", &secret],
        &["revoke", "--hash", &secret],
        &["revoke", "--name", &secret],
        &["revoke", "99", &secret],
        &["revoke", "1", "--reason", &secret],
        &["revoke", "1", "--reason", &sentence],
        &["revoke-all", "--user", &secret, "--yes"],
        &["revoke-all", "--everyone", "--yes", "--reason", &sentence],
        &["rotate", "--hash", &secret],
        &["rotate", "--name", &secret],
        &["rotate", "1", &secret],
        &["rotate", "1", "--expires", &secret],
        &["rotate", "1", "--overlap", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_a_filter_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let commands: [&[&str]; 12] = [
        &["list", "--user", &secret],
        &["list", "--name", &secret],
        &["list", "--scope", &secret],
        &["list", "--status", &secret],
        &["list", "--sort", &secret],
        &["list", "--limit", &secret],
        &["list", "--expiring-within", &secret],
        &["list", "--unused-for", &secret],
        &["prune", "--grace", &secret],
        &["log", "--since", &secret],
        &["log", "--token", &secret],
        &["log", "--limit", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_the_data_of_a_user_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let sentence = format!("the token {secret}, leaked");
    let bearer = format!("Bearer {secret}");
    let commands: [&[&str]; 9] = [
        &["user", "add", &secret],
        &["user", "add", "bob", "--email", &format!("{secret}@example.com")],
        &["user", "add", "bob", "--full-name", &bearer],
        &["user", "show", &secret],
        &["user", "show", &bearer],
        &["user", "edit", "alice", "--name", &secret],
        &["user", "ban", &secret],
        &["user", "ban", "alice", "--reason", &sentence],
        &["user", "remove", &secret, "--yes"],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_a_setting_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let commands: [&[&str]; 6] = [
        &["settings", "get", &secret],
        &["settings", "set", &secret, "x"],
        &["settings", "set", "prefix", &secret],
        &["settings", "set", "default-user", &secret],
        &["settings", "set", "allowed-scopes", &secret],
        &["settings", "set", "owners", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_an_option_of_create_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    let bearer = format!("Bearer {secret}");
    let commands: [&[&str]; 7] = [
        &["create", "--name", &secret],
        &["create", "--name", &bearer],
        &["create", "--scope", &secret],
        &["create", "--user", &secret],
        &["create", "--expires", &secret],
        &["create", "--count", &secret],
        &["create", "--from", &secret],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn a_secret_in_a_file_of_requests_is_neither_printed_nor_stored() {
    let (sandbox, secret) = with_token();
    for line in [
        format!("{{\"name\": \"{secret}\"}}"),
        format!("{{\"{secret}\": 1}}"),
        format!("{{\"user\": \"{secret}\"}}"),
    ] {
        let file = sandbox.file("requests.jsonl", &line);
        let ran = sandbox.run(&["create", "--from", &file]);
        assert_no_leak(&ran, &secret);
        assert_ne!(ran.code, Some(0), "{ran:#?}");
        fs::remove_file(file).unwrap();
    }
    assert_neither_printed_nor_stored(&sandbox, &secret, &[]);
}

#[test]
fn a_secret_as_a_file_name_is_not_printed() {
    let (sandbox, secret) = with_token();
    let commands: [&[&str]; 6] = [
        &["restore", &secret, "--yes"],
        &["backup", &format!("missing/{secret}")],
        &["export", "--out", &format!("missing/{secret}")],
        &["import", &secret],
        &["import", "jsonl", &secret],
        &["import", &secret, "file"],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn most_of_a_secret_is_not_printed_either() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI"]);
    for near in [
        secret[..secret.len() - 1].to_string(),
        format!("{secret}x"),
        format!("X{secret}"),
        format!("my_{secret}"),
        format!("{secret}{secret}"),
        secret[4..].to_string(),
    ] {
        for args in [
            &[near.as_str()][..],
            &["user", "show", &near],
            &["create", "-q", "--user", &near],
            &["create", "-q", "--expires", &near],
            &["list", "--user", &near],
            &["list", "--status", &near],
            &["settings", "get", &near],
            &["show", "1", &near],
            &["show", "--name", &near],
            &["list", "--database", &near],
        ] {
            assert_no_leak(&sandbox.run(args), &secret);
        }
    }
}

#[test]
fn a_secret_in_the_environment_is_not_printed() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    for name in ["TOKCTL_USER", "TOKCTL_DATABASE"] {
        let ran = sandbox.tokctl(&["create", "--help"]).env(name, &secret).go();
        assert_no_leak(&ran, &secret);
    }
    let ran = sandbox.tokctl(&["create"]).env("TOKCTL_USER", &secret).go().fails_somehow(1);
    assert_no_leak(&ran, &secret);
    let ran = sandbox.tokctl(&["list"]).env("TOKCTL_DATABASE", &secret).go().fails_somehow(4);
    assert_no_leak(&ran, &secret);
}

/// A source that somebody pasted is an argument where it does not belong, or not a URL.
#[test]
fn the_password_of_a_database_is_not_printed_however_it_was_pasted() {
    let sandbox = Sandbox::new();
    const PASSWORD: &str = "hunter2hunter";
    let sources = [
        "jdbc:mysql://u:PW@h.invalid/x",
        "DATABASE_URL=mysql://u:PW@h.invalid/x",
        " mysql://u:PW@h.invalid/x",
        "\"mysql://u:PW@h.invalid/x\"",
        "host=h user=u password=PW dbname=x",
        "u:PW@tcp(h.invalid)/x",
        "API_TOKEN_SALT=PW",
    ]
    .map(|source| source.replace("PW", PASSWORD));
    for source in &sources {
        let swapped = ["import", source, "symfony"];
        let commands: [&[&str]; 5] = [
            &["import", source],
            &["import", "symfony", source],
            &swapped,
            &["import", "jsonl", source],
            &["import", "strapi", "app.db", "--salt-file", source],
        ];
        for command in commands {
            let ran = sandbox.run(command);
            assert_ne!(ran.code, Some(0), "{ran:#?}");
            assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(PASSWORD), "{ran:#?}");
        }
    }
    let url = format!("mysql://u:{PASSWORD}@h.invalid/x");
    for command in [&["import", &url, "symfony"] as &[&str], &["import", "jsonl", &url]] {
        let ran = sandbox.run(command);
        assert!(!ran.stderr.contains(PASSWORD), "{ran:#?}");
    }
}

#[test]
fn an_address_in_a_message_can_be_read() {
    let sandbox = Sandbox::with_alice();
    let ran = sandbox.run(&["user", "show", "ann@example.com"]);
    assert!(ran.stderr.contains("ann@example.com"), "{ran:#?}");
}

/// A secret as most systems make them.
const HEXADECIMAL: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A database with a token whose secret another system made.
fn with_imported_token() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    let line = format!("{{\"id\": 1, \"user\": \"alice\", \"secret\": \"{HEXADECIMAL}\"}}\n");
    // The file would be found among those that leak the secret.
    let import = ["import", "jsonl", "-", "--clear-text"];
    sandbox.tokctl(&import).stdin(line).go().exits(0);
    sandbox
}

#[test]
fn an_imported_secret_is_neither_printed_nor_stored() {
    let sandbox = with_imported_token();
    let [sentence, assigned, address] = ["the token {}, leaked", "token={}", "{}@example.com"]
        .map(|text| text.replace("{}", HEXADECIMAL));
    let commands: [&[&str]; 18] = [
        &["user", "show", HEXADECIMAL],
        &["user", "add", HEXADECIMAL],
        &["user", "add", "bob", "--full-name", &sentence],
        &["user", "add", "bob", "--email", &address],
        &["user", "edit", "alice", "--full-name", &assigned],
        &["user", "edit", "alice", "--name", HEXADECIMAL],
        &["user", "ban", "alice", "--reason", &sentence],
        &["create", "--user", HEXADECIMAL],
        &["create", "--name", HEXADECIMAL],
        &["create", "--name", &assigned],
        &["create", "--scope", HEXADECIMAL],
        &["create", "--from", HEXADECIMAL],
        &["revoke", "1", "--reason", &sentence],
        &["revoke-all", "--everyone", "--yes", "--reason", &assigned],
        &["settings", "set", "default-user", HEXADECIMAL],
        &["settings", "set", "allowed-scopes", HEXADECIMAL],
        &["list", "--user", HEXADECIMAL],
        &["show", "--name", HEXADECIMAL],
    ];
    assert_neither_printed_nor_stored(&sandbox, HEXADECIMAL, &commands);
}

#[test]
fn an_imported_secret_in_a_file_of_requests_is_neither_printed_nor_stored() {
    let sandbox = with_imported_token();
    for line in ["{\"user\": \"{}\"}", "{\"name\": \"for {}\"}", "{\"scopes\": [\"{}\"]}"] {
        let line = line.replace("{}", HEXADECIMAL);
        let ran = sandbox.tokctl(&["create", "--from", "-"]).stdin(line).go();
        assert_no_leak(&ran, HEXADECIMAL);
        assert_ne!(ran.code, Some(0), "{ran:#?}");
    }
    assert_neither_printed_nor_stored(&sandbox, HEXADECIMAL, &[]);
}

#[test]
fn text_with_the_secret_of_a_token_is_refused() {
    let sandbox = with_imported_token();
    sandbox
        .run(&["create", "--name", &format!("for {HEXADECIMAL}.")])
        .fails(2, "the text cannot be stored: it contains the secret of a token")
        .hints("leave the secret out; revoke its token if others may have seen it");
    assert_eq!(sandbox.live_tokens(), 1);
}

#[test]
fn hexadecimal_that_is_no_secret_is_stored_as_it_is() {
    let sandbox = with_imported_token();
    let reason = "leaked in commit 9814c5ad00cafebabe9814c5ad00cafebabe0123";
    sandbox.run(&["revoke", "1", "--reason", reason]).exits(0);
    assert_eq!(sandbox.json(&["show", "1"])["revoked_reason"], reason);
}

#[test]
fn most_of_a_secret_is_not_stored_either() {
    let (sandbox, secret) = with_token();
    let most = &secret[..44];
    let sentence = format!("the token {most}, leaked");
    let commands: [&[&str]; 6] = [
        &["create", "--name", most],
        &["create", "--scope", most],
        &["revoke", "1", "--reason", &sentence],
        &["user", "add", most],
        &["user", "add", "bob", "--full-name", &sentence],
        &["user", "ban", "alice", "--reason", most],
    ];
    assert_neither_printed_nor_stored(&sandbox, &secret, &commands);
}

#[test]
fn what_a_caller_says_about_a_request_is_logged_without_secrets() {
    let (sandbox, secret) = with_token();
    for text in [HEXADECIMAL, &secret[..44]] {
        let (text, secret) = (format!("curl {text}"), text);
        sandbox.run(&["verify", UNKNOWN, "--source", &text, "--agent", &text]).exits(1);
        let create = ["create", "-q", "--scope", "a"];
        sandbox.tokctl(&create).env("SUDO_USER", secret).go().exits(0);
        assert_eq!(leaking_file(&sandbox.path(""), secret), None);
        let log = sandbox.run(&["log", "--json"]).exits(0).stdout;
        assert!(log.contains(&format!("\"source\":\"curl {}…\"", shown(secret))), "{log}");
        assert!(log.contains(&format!("\"sudo\":\"{}…\"", shown(secret))), "{log}");
    }
}

/// What is left of a secret: its prefix and 4 characters.
fn shown(secret: &str) -> &str {
    &secret[..secret.find('_').map_or(0, |bar| bar + 1) + 4]
}

#[test]
fn an_imported_name_does_not_keep_the_secret_of_its_token() {
    let sandbox = Sandbox::with_alice();
    let line = format!(
        "{{\"id\": 1, \"user\": \"alice\", \"secret\": \"{HEXADECIMAL}\", \"name\": \"CI {HEXADECIMAL}\"}}\n"
    );
    sandbox.tokctl(&["import", "jsonl", "-", "--clear-text"]).stdin(line).go().exits(0);
    assert_eq!(sandbox.json(&["show", "1"])["name"], "CI …");
    assert_neither_printed_nor_stored(&sandbox, HEXADECIMAL, &[]);
}

#[test]
fn an_export_has_nothing_that_a_terminal_acts_on() {
    let sandbox = Sandbox::with_alice();
    let name = "a\u{9b}2J\u{202e}b";
    sandbox.sql(&format!("UPDATE users SET full_name = '{name}' WHERE id = 2"));
    let export = sandbox.run(&["export"]).exits(0);
    assert!(export.stdout.contains(r#""full_name":"a\u009b2J\u202eb""#), "{export:#?}");
    let user = export.json_lines().into_iter().find(|line| line["name"] == "alice").unwrap();
    assert_eq!(user["full_name"], name);
}

/// The memory of a process that waits until somebody reads its output; `None` if this account may not
/// read it.
#[cfg(target_os = "linux")]
fn memory_at_the_answer(sandbox: &Sandbox, args: &[&str], stdin: &str) -> Option<Vec<u8>> {
    use std::io::{Read, Seek, SeekFrom, Write};
    use std::process::Stdio;
    let (_reader, mut full) = std::io::pipe().unwrap();
    full.write_all(&[0; 64 * 1024]).unwrap();
    let mut child =
        sandbox.tokctl(args).into_command().stdin(Stdio::piped()).stdout(full).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let process = Path::new("/proc").join(child.id().to_string());
    // The number of the system call `write` on x86-64 and on ARM, and its file.
    let is_writing = |call: &str| call.starts_with("1 0x1 ") || call.starts_with("64 0x1 ");
    let memory = loop {
        assert_eq!(child.try_wait().unwrap(), None);
        match fs::read_to_string(process.join("syscall")) {
            Err(_) => break None,
            Ok(call) if is_writing(&call) => break Some(Vec::new()),
            Ok(_) => std::thread::yield_now(),
        }
    };
    let memory = memory.and_then(|mut found| {
        let mut memory = fs::File::open(process.join("mem")).ok()?;
        let maps = fs::read_to_string(process.join("maps")).ok()?;
        for map in maps.lines().filter(|map| map.contains(" rw")) {
            let (start, end) = map.split_once(' ')?.0.split_once('-')?;
            let [start, end] = [start, end].map(|at| u64::from_str_radix(at, 16).unwrap());
            memory.seek(SeekFrom::Start(start)).ok()?;
            (&memory).take(end - start).read_to_end(&mut found).ok()?;
        }
        Some(found)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    memory
}

#[cfg(target_os = "linux")]
#[test]
fn a_secret_is_wiped_before_the_answer() {
    let (sandbox, secret) = with_token();
    for command in ["verify", "show"] {
        let memory = memory_at_the_answer(&sandbox, &[command, "-"], &format!("{secret}\n"));
        let Some(memory) = memory else {
            eprintln!("skipped: this account may not read the memory of tokctl");
            return;
        };
        assert!(memory.len() > 64 * 1024);
        let whole = memory.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!whole, "{command}");
    }
}
