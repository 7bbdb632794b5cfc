//! Database servers for tests: one of each for a test process, or those that CI has started.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to start.
const START: Duration = Duration::from_secs(90);

/// A server, with a folder as `server.sh` describes it.
struct Server {
    folder: PathBuf,
    /// The script that runs it, if it is this process's own. It stops when its standard input is
    /// closed, which also the end of this process does.
    script: Option<Child>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(script) = &mut self.script {
            drop(script.stdin.take());
            let _ = script.wait();
        }
    }
}

/// A MariaDB server. Its administrator is root, without a password.
pub struct MariaDb(Server);

/// A PostgreSQL server. Its administrator is postgres, without a password. Members of the role `pw`
/// need a password.
pub struct Postgres(Server);

impl Server {
    /// The server in the folder of the socket that a variable names, else a new one; without the
    /// programs, none, which is said.
    fn shared(kind: &Kind) -> Option<Server> {
        if let Some(socket) = std::env::var_os(kind.variable) {
            let folder = Path::new(&socket).parent().expect("a socket in a folder").to_path_buf();
            return Some(Server { folder, script: None });
        }
        Server::start(kind, &[])
    }

    fn start(kind: &Kind, options: &[&str]) -> Option<Server> {
        let folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin"].map(PathBuf::from);
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let folders: Vec<_> =
            folders.into_iter().chain(versions.map(|entry| entry.path().join("bin"))).collect();
        let is_there = |program: &&str| folders.iter().any(|bin| bin.join(program).exists());
        if let Some(missing) = kind.programs.iter().find(|program| !is_there(program)) {
            // Not captured, unlike what `println!` prints.
            let line = format!("skipped: no {missing} (install {})\n", kind.package);
            let _ = io::stderr().write_all(line.as_bytes());
            return None;
        }
        // The path of a socket must be short.
        let folder = PathBuf::from(format!("/tmp/tokctl-{}-{}", std::process::id(), unique()));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/server.sh");
        let child = Command::new("sh")
            .args([script, kind.name])
            .arg(&folder)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Server { folder, script: Some(child) };
        server.wait_until_ready(true);
        Some(server)
    }

    /// Waits until the server answers, or until it does not any more.
    fn wait_until_ready(&mut self, expected: bool) {
        let started = Instant::now();
        while self.folder.join("ready").exists() != expected {
            if let Some(status) = self.script.as_mut().and_then(|child| child.try_wait().unwrap()) {
                panic!("the server did not start: {status}");
            }
            assert!(started.elapsed() < START, "the server does not start or stop");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Has the script that runs the server do something.
    fn command(&mut self, line: &str) {
        let script = self.script.as_mut().expect("a server of the test's own");
        writeln!(script.stdin.as_ref().unwrap(), "{line}").unwrap();
    }

    fn port(&self) -> String {
        fs::read_to_string(self.folder.join("port")).unwrap().trim().to_string()
    }

    /// The certificate of the authority that signed the server's, if it has one.
    fn authority(&self) -> Option<String> {
        let file = self.folder.join("ca.pem");
        file.exists().then(|| file.to_str().unwrap().to_string())
    }
}

/// The name of the database in the URL of one.
pub fn database_of(url: &str) -> &str {
    let (address, _) = url.split_once('?').unwrap();
    address.rsplit_once('/').unwrap().1
}

/// A name that no other test uses.
pub fn unique_name(prefix: &str) -> String {
    format!("{prefix}_{}_{}", std::process::id(), unique())
}

fn unique() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Runs a client, which must succeed, and returns what it prints.
fn run(command: &mut Command, input: Stdio) -> String {
    let output = command.stdin(input).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// A kind of server.
struct Kind {
    /// What `server.sh` calls it.
    name: &'static str,
    package: &'static str,
    programs: [&'static str; 2],
    /// The variable with the path of the socket of a running one.
    variable: &'static str,
}

const MARIADB: Kind = Kind {
    name: "mariadb",
    package: "mariadb-server",
    programs: ["mariadbd", "mariadb"],
    variable: "TOKCTL_TEST_MARIADB",
};
const POSTGRES: Kind = Kind {
    name: "postgres",
    package: "postgresql",
    programs: ["postgres", "psql"],
    variable: "TOKCTL_TEST_POSTGRES",
};

impl MariaDb {
    /// The server of this test process; `None` if there is none.
    pub fn get() -> Option<&'static MariaDb> {
        static SERVER: OnceLock<Option<MariaDb>> = OnceLock::new();
        SERVER.get_or_init(|| Server::shared(&MARIADB).map(MariaDb)).as_ref()
    }

    /// A server of the caller's own, with these options. It stops when it is dropped.
    pub fn with(options: &[&str]) -> Option<MariaDb> {
        Server::start(&MARIADB, options).map(MariaDb)
    }

    pub fn socket(&self) -> String {
        self.0.folder.join("mysqld.sock").to_str().unwrap().to_string()
    }

    pub fn port(&self) -> String {
        self.0.port()
    }

    pub fn authority(&self) -> Option<String> {
        self.0.authority()
    }

    fn client(&self, database: &str) -> Command {
        let mut command = Command::new("mariadb");
        command.args(["--no-defaults", "-uroot", "-N", "-S", &self.socket()]);
        command.args(["--default-character-set=utf8mb4", database]);
        command
    }

    /// Runs SQL and returns what it yields, one row a line.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        run(self.client(database).args(["-e", sql]), Stdio::null())
    }

    /// A new database with these tables.
    pub fn database(&self, sql: &str) -> String {
        let name = unique_name("t");
        self.sql("", &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"));
        self.sql(&name, sql);
        name
    }

    /// The URL of a database for a user.
    pub fn url(&self, user: &str, database: &str) -> String {
        format!("mysql://{user}@localhost/{database}?socket={}", self.socket())
    }

    /// A new database from a dump, and its URL.
    pub fn load(&self, dump: &Path) -> String {
        let name = self.database("");
        run(&mut self.client(&name), fs::File::open(dump).unwrap().into());
        self.url("root", &name)
    }
}

impl Postgres {
    /// A server of the caller's own whose commits wait for [`Postgres::standby`]. It stops when it is
    /// dropped.
    pub fn primary() -> Option<Postgres> {
        // Until there is a standby, nothing waits for it.
        let options = ["-c", "synchronous_standby_names=standby", "-c", "synchronous_commit=local"];
        Server::start(&POSTGRES, &options).map(Postgres)
    }

    /// A standby of this server, which waits for it with each commit from now on.
    pub fn standby(&self) -> Postgres {
        let standby = Kind { name: "standby", ..POSTGRES };
        let standby = Server::start(&standby, &[self.folder()]).map(Postgres).expect("a standby");
        self.sql("postgres", "ALTER DATABASE postgres SET synchronous_commit = 'on'");
        standby
    }

    /// The number of the server's main process.
    fn process(&self) -> String {
        let file = fs::read_to_string(self.0.folder.join("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().to_string()
    }

    /// Kills the server and all of its processes.
    pub fn kill(&self) {
        let main = self.process();
        // The main process first, so that it starts no others.
        let script = "kill -STOP $0; kill -KILL $(pgrep -P $0) $0";
        run(Command::new("sh").args(["-c", script, &main]), Stdio::null());
    }

    /// Makes a standby a primary, and waits until it is.
    pub fn promote(&self) {
        assert_eq!(self.sql("postgres", "SELECT pg_promote()"), "t\n");
    }

    /// The server of this test process; `None` if there is none.
    pub fn get() -> Option<&'static Postgres> {
        static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
        SERVER.get_or_init(|| Server::shared(&POSTGRES).map(Postgres)).as_ref()
    }

    /// A server of the caller's own, with these options, which can be stopped. It ends when it is dropped.
    pub fn with(options: &[&str]) -> Option<Postgres> {
        Server::start(&POSTGRES, options).map(Postgres)
    }

    /// Stops a server of the caller's own with a signal: `INT` ends connections, `QUIT` is like a crash.
    pub fn stop(&mut self, signal: &str) {
        self.0.command(&format!("stop {signal}"));
        self.0.wait_until_ready(false);
    }

    /// Starts it again.
    pub fn start(&mut self) {
        self.0.command("start");
        self.0.wait_until_ready(true);
    }

    /// The folder of its socket.
    pub fn folder(&self) -> &str {
        self.0.folder.to_str().unwrap()
    }

    pub fn port(&self) -> String {
        self.0.port()
    }

    pub fn authority(&self) -> Option<String> {
        self.0.authority()
    }

    fn client(&self, database: &str) -> Command {
        let mut command = Command::new("psql");
        command.args(["-X", "-q", "-t", "-A", "-U", "postgres", "-v", "ON_ERROR_STOP=1"]);
        command.args(["-h", self.folder(), "-p", &self.port(), "-d", database]);
        command
    }

    /// Runs SQL and returns what it yields, one row a line.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        run(self.client(database).args(["-c", sql]), Stdio::null())
    }

    /// A new database with these tables.
    pub fn database(&self, sql: &str) -> String {
        let name = unique_name("t");
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.sql(&name, sql);
        name
    }

    /// The URL of a database for a user.
    pub fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@/{database}?host={}&port={}", self.folder(), self.port())
    }

    /// The URL of a schema for tokctl's tables, which need not exist.
    pub fn schema_url(&self, schema: &str) -> String {
        format!("{}&options=-csearch_path%3D{schema}", self.url("postgres", "postgres"))
    }

    /// A new database from a dump, and its URL.
    pub fn load(&self, dump: &Path) -> String {
        let name = self.database("");
        run(self.client(&name).arg("-f").arg(dump), Stdio::null());
        self.url("postgres", &name)
    }
}
