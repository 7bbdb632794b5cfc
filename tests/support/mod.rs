//! What the tests of all commands share: a place of their own, running the real binary in it, and
//! looking at what came of that.

// Each test file is a crate of its own and uses a part of this.
#![allow(dead_code)]

pub mod foreign;
pub mod terminal;

use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// An account other than the one that runs the tests, for when that is root.
const NOBODY: u32 = 65534;

pub const SECOND: i64 = 1000;
pub const DAY: i64 = 24 * 3600 * SECOND;

/// A secret whose checksum is good, and that no database knows.
pub const UNKNOWN: &str = "tok_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";

/// The keys of a token's JSON, in the contract's order.
pub const TOKEN_KEYS: [&str; 12] = [
    "id",
    "name",
    "user",
    "scopes",
    "status",
    "hint",
    "created_at",
    "expires_at",
    "last_used_at",
    "revoked_at",
    "revoked_reason",
    "source",
];

/// The keys of a user's JSON, in the contract's order.
pub const USER_KEYS: [&str; 9] = [
    "id",
    "name",
    "email",
    "full_name",
    "admin",
    "status",
    "banned_reason",
    "tokens",
    "created_at",
];

/// A home of its own for one test; nothing in it, and gone afterwards.
pub struct Sandbox(TempDir);

impl Sandbox {
    /// No database yet.
    pub fn new() -> Self {
        Sandbox(tempfile::tempdir().unwrap())
    }

    /// A database whose default owner is the administrator alice (user 2; user 1 is the account
    /// that runs the tests).
    pub fn with_alice() -> Self {
        let sandbox = Sandbox::new();
        sandbox.run(&["user", "add", "alice", "--admin"]).exits(0);
        sandbox.run(&["settings", "set", "default-user", "alice"]).exits(0);
        sandbox
    }

    /// A path inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A new file inside.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_string()
    }

    /// Where the database is unless a test says otherwise.
    pub fn database(&self) -> PathBuf {
        self.path("data/tokctl/tokctl.db")
    }

    /// A run of tokctl with these arguments, yet to be started.
    pub fn tokctl<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        let mut run = self.program(Path::new(env!("CARGO_BIN_EXE_tokctl")));
        run.command.args(args);
        run.told = format!("tokctl {:?}", args.iter().map(AsRef::as_ref).collect::<Vec<_>>());
        run
    }

    /// Runs tokctl with these arguments.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        self.tokctl(args).go()
    }

    /// A shell script to whom `$TOKCTL` is the binary and `$HOME` this sandbox.
    pub fn shell(&self, script: &str) -> Run {
        let mut run = self.program(Path::new("/bin/sh"));
        run.command.args(["-c", script]).env("TOKCTL", env!("CARGO_BIN_EXE_tokctl"));
        run.told = script.to_string();
        run
    }

    /// Runs tokctl with an output that takes nothing, and ends it with a signal once there are so
    /// many tokens, whose secrets are not out then.
    pub fn interrupted(&self, args: &str, tokens: usize, signal: &str) -> Ran {
        self.shell(&format!(
            "mkfifo full && exec 3<>full && head -c 65536 /dev/zero >&3
             \"$TOKCTL\" {args} >&3 &
             until [ \"$(\"$TOKCTL\" list --all -q --format jsonl | wc -l)\" -eq {tokens} ]; do
                 sleep 0.02
             done
             kill -{signal} $!
             wait $!"
        ))
        .go()
    }

    /// An account that file permissions bind and that, where root runs the tests, does not own
    /// what is in here.
    pub fn stranger(&self) -> (u32, u32) {
        let owner = fs::metadata(self.0.path()).unwrap();
        if owner.uid() == 0 { (NOBODY, NOBODY) } else { (owner.uid(), owner.gid()) }
    }

    /// A run by the [`Sandbox::stranger`].
    pub fn as_stranger(&self, args: &[&str]) -> Run {
        if fs::metadata(self.0.path()).unwrap().uid() != 0 {
            return self.tokctl(args);
        }
        let (uid, gid) = self.stranger();
        fs::set_permissions(self.0.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // The folder of the build may be closed to others. Another process copies: what this one
        // has open for writing, a child of another test may have, too, and then it cannot be run.
        let binary = self.path("tokctl-of-all");
        if !binary.exists() {
            self.shell("umask 022; cp \"$TOKCTL\" tokctl-of-all").go().exits(0);
        }
        let mut run = self.program(&binary);
        run.command.args(args).uid(uid).gid(gid);
        run.account = Some((uid, gid));
        run.told = format!("tokctl {args:?} as another account");
        run
    }

    fn program(&self, program: &Path) -> Run {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        Run { command, stdin: None, stdout_taken: false, account: None, told: String::new() }
    }

    /// Issues a token and returns its secret.
    pub fn create(&self, args: &[&str]) -> String {
        let ran = self.run(&[&["create"], args].concat()).exits(0);
        ran.stdout.strip_suffix('\n').unwrap().to_string()
    }

    /// The JSON that a successful command prints.
    pub fn json(&self, args: &[&str]) -> Value {
        self.run(&[&["--json"], args].concat()).exits(0).json()
    }

    /// The ids of the tokens that `list` shows with these options, in its order.
    pub fn listed(&self, args: &[&str]) -> Vec<i64> {
        let list = self.json(&[&["list"], args].concat());
        list.as_array().unwrap().iter().map(|token| token["id"].as_i64().unwrap()).collect()
    }

    /// Everyone may read the database, and nobody (but root) may write to it or beside it.
    pub fn make_read_only(&self) {
        let set = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        set(&self.database(), 0o444);
        set(&self.path("data/tokctl"), 0o555);
        set(&self.path("data"), 0o755);
    }

    /// Opens the database behind tokctl's back.
    pub fn connection(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }

    /// Changes the database behind tokctl's back.
    pub fn sql(&self, sql: &str) {
        self.connection().execute_batch(sql).unwrap();
    }

    /// One number from the database.
    pub fn number(&self, sql: &str) -> Option<i64> {
        self.connection().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Moves a time of a token: `column` becomes so many milliseconds from this very second.
    pub fn set_time(&self, id: i64, column: &str, from_now: i64) {
        let at = now() / SECOND * SECOND + from_now;
        self.sql(&format!("UPDATE tokens SET {column} = {at} WHERE id = {id}"));
    }

    /// How many tokens `verify` would still accept.
    pub fn live_tokens(&self) -> i64 {
        self.number("SELECT count(*) FROM tokens WHERE revoked_at IS NULL").unwrap()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Or what is in a folder that was made read-only could not be removed.
        let _ = fs::set_permissions(self.path("data/tokctl"), fs::Permissions::from_mode(0o755));
    }
}

/// A program about to be run.
pub struct Run {
    command: Command,
    stdin: Option<Vec<u8>>,
    stdout_taken: bool,
    account: Option<(u32, u32)>,
    told: String,
}

impl Run {
    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = Some(bytes.as_ref().to_vec());
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Sends standard output to an existing file, such as `/dev/full`.
    pub fn stdout_to(mut self, path: &str) -> Self {
        self.command.stdout(File::options().write(true).open(path).unwrap());
        self.stdout_taken = true;
        self
    }

    /// Sends standard output into a pipe that nobody reads any more.
    pub fn stdout_to_nobody(mut self) -> Self {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.command.stdout(writer);
        self.stdout_taken = true;
        self
    }

    /// Runs the same under another umask, in octal.
    pub fn umask(mut self, umask: &str) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "umask \"$0\"; exec \"$@\"", umask]);
        shell.arg(self.command.get_program()).args(self.command.get_args());
        shell.env_clear().envs(self.command.get_envs().filter_map(|(k, v)| Some((k, v?))));
        shell.current_dir(self.command.get_current_dir().unwrap()).stdin(Stdio::null());
        if let Some((uid, gid)) = self.account {
            shell.uid(uid).gid(gid);
        }
        self.command = shell;
        self
    }

    pub fn go(mut self) -> Ran {
        if self.stdin.is_some() {
            self.command.stdin(Stdio::piped());
        }
        if !self.stdout_taken {
            self.command.stdout(Stdio::piped());
        }
        let mut child = self.command.stderr(Stdio::piped()).spawn().unwrap();
        let feeder = self.stdin.map(|bytes| {
            let mut pipe = child.stdin.take().unwrap();
            // A program may stop reading when it has seen enough.
            std::thread::spawn(move || drop(pipe.write_all(&bytes)))
        });
        let output = child.wait_with_output().unwrap();
        if let Some(feeder) = feeder {
            feeder.join().unwrap();
        }
        Ran {
            told: self.told,
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    told: String,
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// All of standard output.
    #[track_caller]
    pub fn prints(self, stdout: &str) -> Self {
        assert_eq!(self.stdout, stdout, "{self:#?}");
        self
    }

    /// All of standard error.
    #[track_caller]
    pub fn remarks(self, stderr: &str) -> Self {
        assert_eq!(self.stderr, stderr, "{self:#?}");
        self
    }

    /// Fails with exactly this error, printed as one line with at most a hint behind it, and
    /// prints nothing else.
    #[track_caller]
    pub fn fails(self, code: i32, error: &str) -> Self {
        let ran = self.fails_somehow(code);
        let line = ran.stderr.lines().next().unwrap();
        assert_eq!(line, format!("tokctl: {error}"), "{ran:#?}");
        ran
    }

    /// Fails with any error, but with the code and in the form that every error has.
    #[track_caller]
    pub fn fails_somehow(self, code: i32) -> Self {
        let ran = self.exits(code).prints("");
        let lines: Vec<_> = ran.stderr.lines().collect();
        assert!(lines.len() == 1 || lines.len() == 2, "{ran:#?}");
        assert!(lines[0].starts_with("tokctl: ") && lines[0].contains(": "), "{ran:#?}");
        assert!(lines.get(1).is_none_or(|line| line.starts_with("hint: ")), "{ran:#?}");
        ran
    }

    /// Standard error ends with this hint.
    #[track_caller]
    pub fn hints(self, hint: &str) -> Self {
        assert_eq!(self.stderr.lines().nth(1), Some(format!("hint: {hint}").as_str()), "{self:#?}");
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Standard output as one JSON document a line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap();
        self.stdout.lines().map(parse).collect()
    }
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// SHA-256 in hexadecimal.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// The permission bits of a file.
pub fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The keys of a JSON object, in their order.
pub fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
