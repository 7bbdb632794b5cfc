//! What all test files share: a sandbox, the real binary that runs in it, and assertions about its
//! output.

// Each test file is its own crate and uses only a part of this.
#![allow(dead_code)]

pub mod database;
pub mod foreign;
pub mod servers;
pub mod small;
pub mod terminal;

#[allow(unused_imports)]
pub(crate) use database::sqlite_only;

use database::Schema;
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

/// The account that stands for another user if root runs the tests.
const NOBODY: u32 = 65534;

/// A shell function that waits until a condition holds, which is a script. If it does not within a
/// minute, it kills the last command that was started in the background, and the script fails.
const WAIT_UNTIL: &str = "wait_until() {
    for try in $(seq 3000); do
        ! eval \"$1\" || return 0
        sleep 0.02
    done
    echo \"waited in vain: $1\" >&2
    kill -KILL $!
    exit 99
}";

pub const SECOND: i64 = 1000;
pub const DAY: i64 = 24 * 3600 * SECOND;

/// A secret with a valid checksum that is in no database.
pub const UNKNOWN: &str = "tok_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";

/// The keys of a token's JSON, in order.
pub const TOKEN_KEYS: [&str; 14] = [
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
    "replaces",
    "replaced_by",
];

/// The keys of a user's JSON, in order.
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

/// A home folder for one test. It is empty at first and removed afterwards.
pub struct Sandbox {
    folder: TempDir,
    /// The schema that is its database, if tests run on a server.
    schema: Option<Schema>,
}

impl Sandbox {
    /// A sandbox without a database. On a server, one without users and tokens, because only `migrate`
    /// creates tables there.
    pub fn new() -> Self {
        Sandbox { folder: tempfile::tempdir().unwrap(), schema: Schema::new() }
    }

    /// A sandbox without a database; on a server, one without tables.
    pub fn without_tables() -> Self {
        let sandbox = Sandbox::new();
        if let Some(schema) = &sandbox.schema {
            schema.leave_empty();
        }
        sandbox
    }

    /// A sandbox with a database. Its default user is the administrator alice, who is user 2.
    /// User 1 is the account that runs the tests.
    pub fn with_alice() -> Self {
        let sandbox = Sandbox::new();
        sandbox.run(&["user", "add", "alice", "--admin"]).exits(0);
        sandbox.run(&["settings", "set", "default-user", "alice"]).exits(0);
        sandbox
    }

    /// A path in the sandbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in the sandbox and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_string()
    }

    /// The path of the default database, where it is a file.
    pub fn database(&self) -> PathBuf {
        self.path("data/tokctl/tokctl.db")
    }

    /// The database as `--database` takes it, and as messages show it.
    pub fn location(&self) -> String {
        match &self.schema {
            Some(schema) => schema.url.clone(),
            None => self.database().display().to_string(),
        }
    }

    /// All that the database contains, to tell whether something changed it.
    pub fn content(&self) -> Vec<u8> {
        match &self.schema {
            Some(schema) => schema.dump().into_bytes(),
            None => fs::read(self.database()).unwrap(),
        }
    }

    /// A run of tokctl with these arguments, which [`Run::go`] starts.
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

    /// A shell script. In it, `$TOKCTL` is the binary, `$HOME` is this sandbox, and there is
    /// [`WAIT_UNTIL`].
    pub fn shell(&self, script: &str) -> Run {
        let mut run = self.program(Path::new("/bin/sh"));
        let script_of_all = format!("{WAIT_UNTIL}\n{script}");
        run.command.args(["-c", &script_of_all]).env("TOKCTL", env!("CARGO_BIN_EXE_tokctl"));
        run.told = script.to_string();
        run
    }

    /// Runs tokctl with a full pipe as standard output, waits until the database has `tokens`
    /// tokens, and then sends a signal. No secret has been printed at that time.
    pub fn interrupted(&self, args: &str, tokens: usize, signal: &str) -> Ran {
        self.shell(&format!(
            "mkfifo full && exec 3<>full && head -c 65536 /dev/zero >&3
             \"$TOKCTL\" {args} >&3 &
             wait_until '[ $(\"$TOKCTL\" list --all -q --format jsonl | wc -l) -eq {tokens} ]'
             kill -{signal} $!
             wait $!"
        ))
        .go()
    }

    /// The user and the group of an account without root's rights. If root runs the tests, it does
    /// not own the files of this sandbox.
    pub fn stranger(&self) -> (u32, u32) {
        let owner = fs::metadata(self.folder.path()).unwrap();
        if owner.uid() == 0 { (NOBODY, NOBODY) } else { (owner.uid(), owner.gid()) }
    }

    /// A run of tokctl by the account [`Sandbox::stranger`].
    pub fn as_stranger(&self, args: &[&str]) -> Run {
        if fs::metadata(self.folder.path()).unwrap().uid() != 0 {
            return self.tokctl(args);
        }
        let (uid, gid) = self.stranger();
        self.as_account(uid, gid, args)
    }

    /// A run of tokctl by any account, which only root can start.
    pub fn as_account(&self, uid: u32, gid: u32, args: &[&str]) -> Run {
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // Other accounts may not be able to enter the build folder, so the binary is copied. Another
        // process copies it: a file that this process writes could be inherited, still open, by the
        // child of another test, and a file that is open for writing cannot be executed.
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
            .env("HOME", self.folder.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        if let Some(schema) = &self.schema {
            schema.create_tables();
            command.env("TOKCTL_DATABASE", &schema.url);
        }
        Run { command, stdin: None, stdout_taken: false, account: None, told: String::new() }
    }

    /// Issues a token and returns its secret.
    pub fn create(&self, args: &[&str]) -> String {
        let ran = self.run(&[&["create"], args].concat()).exits(0);
        ran.stdout.strip_suffix('\n').unwrap().to_string()
    }

    /// Runs a command, which must succeed, with `--json` and returns what it prints.
    pub fn json(&self, args: &[&str]) -> Value {
        self.run(&[&["--json"], args].concat()).exits(0).json()
    }

    /// The ids of the tokens that `list` prints with these options, in the same order.
    pub fn listed(&self, args: &[&str]) -> Vec<i64> {
        let list = self.json(&[&["list"], args].concat());
        list.as_array().unwrap().iter().map(|token| token["id"].as_i64().unwrap()).collect()
    }

    /// Lets every account read the database, and no account except root write to it or its folder.
    pub fn make_read_only(&self) {
        let set = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        set(&self.database(), 0o444);
        set(&self.path("data/tokctl"), 0o555);
        set(&self.path("data"), 0o755);
    }

    /// Opens the file of the database directly, without tokctl.
    pub fn connection(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }

    /// Changes the database directly, without tokctl.
    pub fn sql(&self, sql: &str) {
        match &self.schema {
            Some(schema) => schema.run(sql),
            None => self.connection().execute_batch(sql).unwrap(),
        }
    }

    /// Changes the database directly, in a way that foreign keys forbid.
    pub fn sql_without_foreign_keys(&self, sql: &str) {
        let off = match &self.schema {
            Some(_) => "SET session_replication_role = replica",
            None => "PRAGMA foreign_keys = OFF",
        };
        self.sql(&format!("{off}; {sql}"));
    }

    /// Reads the only column of the only row of a statement.
    pub fn value(&self, sql: &str) -> Option<String> {
        use rusqlite::types::ValueRef;
        match &self.schema {
            Some(schema) => schema.column(sql).pop().unwrap(),
            None => {
                let text = |row: &rusqlite::Row| {
                    Ok(match row.get_ref(0)? {
                        ValueRef::Null => None,
                        ValueRef::Integer(number) => Some(number.to_string()),
                        other => Some(other.as_str()?.to_string()),
                    })
                };
                self.connection().query_row(sql, [], text).unwrap()
            }
        }
    }

    /// Reads one number from the database.
    pub fn number(&self, sql: &str) -> Option<i64> {
        self.value(sql).map(|number| number.parse().unwrap())
    }

    /// Keeps everybody from writing to the database, until it is dropped.
    pub fn lock(&self) -> Lock {
        self.locked("BEGIN IMMEDIATE", "EXCLUSIVE")
    }

    /// Keeps everybody from reading and writing the database, until it is dropped.
    pub fn lock_exclusively(&self) -> Lock {
        self.locked("BEGIN EXCLUSIVE", "ACCESS EXCLUSIVE")
    }

    fn locked(&self, begin: &str, mode: &str) -> Lock {
        match &self.schema {
            Some(schema) => Lock::Server(schema.lock(mode)),
            None => {
                let connection = self.connection();
                connection.execute_batch(begin).unwrap();
                Lock::File(connection)
            }
        }
    }

    /// Lets a change of a row fail: `event` is one of a trigger, such as `INSERT ON changes`.
    pub fn break_on(&self, event: &str, condition: &str, message: &str) {
        self.sql(&match &self.schema {
            Some(_) => format!(
                "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql
                 AS $$ BEGIN RAISE EXCEPTION '{message}'; END $$;
                 CREATE TRIGGER broken BEFORE {event} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION broken()"
            ),
            None => format!(
                "CREATE TRIGGER broken BEFORE {event} WHEN {condition}
                 BEGIN SELECT RAISE(ABORT, '{message}'); END"
            ),
        });
    }

    /// The rows of a table, each as a text with all its values.
    pub fn rows(&self, table: &str) -> Vec<String> {
        if let Some(schema) = &self.schema {
            return schema.rows(table);
        }
        let connection = self.connection();
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row| {
            let cells = (0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap()));
            Ok(format!("{table}: {}", cells.collect::<Vec<_>>().join(" | ")))
        };
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    /// Brings back what [`Sandbox::content`] was before an import into a database without tokens.
    pub fn forget_imports(&self, content: &[u8]) {
        if self.schema.is_none() {
            return fs::write(self.database(), content).unwrap();
        }
        self.sql(
            "DELETE FROM tokens; DELETE FROM buried; DELETE FROM origins; DELETE FROM relations;
             DELETE FROM schemes; DELETE FROM users WHERE id > 2; DELETE FROM attempts;
             DELETE FROM changes WHERE id > 3",
        );
        assert_eq!(self.content(), content);
    }

    /// Undoes [`Sandbox::break_on`].
    pub fn mend(&self) {
        self.sql(match &self.schema {
            Some(_) => "DROP FUNCTION broken CASCADE",
            None => "DROP TRIGGER broken",
        });
    }

    /// Sets a time of a token, in milliseconds from the start of the current second.
    pub fn set_time(&self, id: i64, column: &str, from_now: i64) {
        let at = now() / SECOND * SECOND + from_now;
        self.sql(&format!("UPDATE tokens SET {column} = {at} WHERE id = {id}"));
    }

    /// The number of tokens that are not revoked.
    pub fn live_tokens(&self) -> i64 {
        self.number("SELECT count(*) FROM tokens WHERE revoked_at IS NULL").unwrap()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The content of a read-only folder could not be removed.
        let _ = fs::set_permissions(self.path("data/tokctl"), fs::Permissions::from_mode(0o755));
    }
}

/// A lock of a database, in the transaction of a connection.
#[allow(clippy::large_enum_variant)]
pub enum Lock {
    File(Connection),
    Server(postgres::Client),
}

/// A program that [`Run::go`] starts.
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

    /// Sends standard output to a pipe that is closed at the other end.
    pub fn stdout_to_nobody(mut self) -> Self {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.command.stdout(writer);
        self.stdout_taken = true;
        self
    }

    /// Runs the program with another umask, in octal.
    pub fn umask(self, umask: &str) -> Self {
        self.through("umask \"$0\"; exec \"$@\"", umask)
    }

    /// Runs the program so that it can start no thread, unless it is root's.
    pub fn without_threads(self) -> Self {
        self.through("exec prlimit --nproc=\"$0\" \"$@\"", "1:1")
    }

    /// Runs the program through a shell script, whose `$0` is `word` and whose `$@` is the program.
    fn through(mut self, script: &str, word: &str) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", script, word]);
        shell.arg(self.command.get_program()).args(self.command.get_args());
        shell.env_clear().envs(self.command.get_envs().filter_map(|(k, v)| Some((k, v?))));
        shell.current_dir(self.command.get_current_dir().unwrap()).stdin(Stdio::null());
        if let Some((uid, gid)) = self.account {
            shell.uid(uid).gid(gid);
        }
        self.command = shell;
        self
    }

    /// The program as it is, for a test that watches it while it runs.
    pub fn into_command(self) -> Command {
        self.command
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
            // A program may stop reading before the end, so an error is fine here.
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

/// The result of a run.
#[derive(Debug)]
pub struct Ran {
    told: String,
    /// The exit code; `None` if a signal ended the program.
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

    /// Asserts that standard output is exactly this.
    #[track_caller]
    pub fn prints(self, stdout: &str) -> Self {
        assert_eq!(self.stdout, stdout, "{self:#?}");
        self
    }

    /// Asserts that standard error is exactly this.
    #[track_caller]
    pub fn remarks(self, stderr: &str) -> Self {
        assert_eq!(self.stderr, stderr, "{self:#?}");
        self
    }

    /// Asserts that the program failed with exactly this error: one line, perhaps followed by a
    /// hint, and nothing else.
    #[track_caller]
    pub fn fails(self, code: i32, error: &str) -> Self {
        let ran = self.fails_somehow(code);
        let line = ran.stderr.lines().next().unwrap();
        assert_eq!(line, format!("tokctl: {error}"), "{ran:#?}");
        ran
    }

    /// Asserts that the program failed with this exit code and with an error in the usual form.
    #[track_caller]
    pub fn fails_somehow(self, code: i32) -> Self {
        let ran = self.exits(code).prints("");
        let lines: Vec<_> = ran.stderr.lines().collect();
        assert!(lines.len() == 1 || lines.len() == 2, "{ran:#?}");
        assert!(lines[0].starts_with("tokctl: ") && lines[0].contains(": "), "{ran:#?}");
        assert!(lines.get(1).is_none_or(|line| line.starts_with("hint: ")), "{ran:#?}");
        ran
    }

    /// Asserts that the error is followed by exactly this hint.
    #[track_caller]
    pub fn hints(self, hint: &str) -> Self {
        assert_eq!(self.stderr.lines().nth(1), Some(format!("hint: {hint}").as_str()), "{self:#?}");
        self
    }

    /// Parses standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Parses each line of standard output as a JSON document.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap();
        self.stdout.lines().map(parse).collect()
    }
}

/// The current time in milliseconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// The SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// Bytes in hexadecimal, as SQL writes them.
pub fn blob(hex: &str) -> String {
    if database::on_server() { format!("decode('{hex}', 'hex')") } else { format!("x'{hex}'") }
}

/// The permission bits of a file.
pub fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The keys of a JSON object, in order.
pub fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
