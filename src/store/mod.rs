//! All SQL lives here and only here: opening a database, and what is read from and written to it.

mod backup;
mod candidates;
mod export;
mod health;
mod imports;
mod log;
mod lookup;
mod schema;
mod settings;
mod stats;
mod tokens;
mod users;

pub use backup::{check_backup, restore};
pub use export::{Line, TokenLine, UserLine};
pub use health::{Finding, Part};
pub use imports::{ImportedToken, ImportedUser, Presence, Resident};
pub use log::{Actor, Attempt, Caller, Change, Entry, LogFilter, Place};
pub use lookup::{Notes, Recorded};
pub use settings::Settings;
pub use stats::{Count, Statistics};
pub use tokens::{Filter, NewToken, Prunable, Revocation, Sort, TokenKey};
pub use users::{Heir, NewUser, UserEdit};

use crate::error::{Error, Result};
use crate::name::Escaped;
use crate::settings::Setting;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::cell::{Cell, OnceCell};
use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::thread;
use std::time::{Duration, Instant};

/// How long a command waits for a lock before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open tokctl database.
pub struct Store {
    connection: Connection,
    /// Who uses it, found out when it is first needed.
    actor: OnceCell<Actor>,
}

impl Store {
    fn on(connection: Connection) -> Self {
        Store { connection, actor: OnceCell::new() }
    }

    /// Opens a database that must exist. An account that may only read the file can still read
    /// the database; older schemas are brought up to date.
    pub fn open(path: &Path) -> Result<Self> {
        Store::open_as(path, Some(wait_for_lock))
    }

    /// The same, if no lock is in the way.
    pub fn open_at_once(path: &Path) -> Result<Self> {
        Store::open_as(path, None)
    }

    /// Opens a database to read a little of it, if nothing at all is in the way: no lock, no older
    /// schema, no journal that a crash left.
    pub fn peek(path: &Path) -> Result<Self> {
        check_file(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = configured(Connection::open_with_flags(no_uri(path), flags)?)?;
        let mut store = Store::on(connection);
        store.connection.busy_handler(None)?;
        store.check_schema(path)?;
        Ok(store)
    }

    fn open_as(path: &Path, busy_handler: Option<fn(i32) -> bool>) -> Result<Self> {
        check_file(path)?;
        let connection = connect(path).map_err(|error| cannot_open(path, error))?;
        let mut store = Store::on(connection);
        store.connection.busy_handler(busy_handler)?;
        store.check_schema(path)?;
        Ok(store)
    }

    /// Opens a database, or creates it with an administrator named `admin` who is the default
    /// owner of tokens.
    pub fn open_or_create(path: &Path, admin: impl FnOnce() -> Result<NewUser>) -> Result<Self> {
        if fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            create(path, &admin()?)?;
        }
        Store::open(path)
    }

    /// Runs `work` in one transaction that holds the write lock from its beginning, and commits.
    /// What a committed transaction wrote survives a power cut: EXTRA also syncs the folder after
    /// the rollback journal is deleted, which FULL leaves out.
    pub fn write<T>(&mut self, work: impl FnOnce(&Writer) -> Result<T>) -> Result<T> {
        survive_a_size_limit();
        self.connection.pragma_update(None, "synchronous", "EXTRA")?;
        // Room for what a large transaction changes: pages that spill lock readers out early.
        self.connection.pragma_update(None, "cache_size", -256 * 1024)?;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let writer = Writer { transaction, actor: self.actor.get_or_init(Actor::current) };
        let done = work(&writer)?;
        writer.transaction.commit()?;
        Ok(done)
    }

    /// Does everything that [`Store::write`] does but the last step: nothing is kept.
    pub fn rehearse<T>(&mut self, work: impl FnOnce(&Writer) -> Result<T>) -> Result<T> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        work(&Writer { transaction, actor: self.actor.get_or_init(Actor::current) })
    }

    fn check_schema(&mut self, path: &Path) -> Result<()> {
        // One lock for all that is read.
        let snapshot = self.connection.unchecked_transaction()?;
        let read = |name| {
            snapshot
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
                .map_err(|error| cannot_open(path, error))
        };
        if read("application_id")? != i64::from(schema::APPLICATION_ID) {
            return Err(told(path, "it is another program's SQLite database")
                .hint("name tokctl's own with --database or $TOKCTL_DATABASE"));
        }
        // SQLite takes the rest of a last page that is cut off for zeros.
        let page_size = read("page_size")?.unsigned_abs().max(512);
        if fs::metadata(path).is_ok_and(|file| file.len() % page_size != 0) {
            return Err(cut_off(path));
        }
        let version = read("user_version")?;
        drop(snapshot);
        match version {
            schema::VERSION => Ok(()),
            newer if newer > schema::VERSION => Err(told(
                path,
                format!(
                    "its schema is version {newer}, this tokctl knows up to {}",
                    schema::VERSION
                ),
            )
            .hint("install a newer tokctl")),
            older if self.connection.is_readonly("main")? => Err(told(
                path,
                format!(
                    "its schema is version {older} and this account may not bring it up to date"
                ),
            )
            .hint("run any command once as the account that owns the database")),
            _ => schema::migrate(&mut self.connection).map_err(|error| {
                told(path, format!("the schema cannot be brought up to date: {error}"))
            }),
        }
    }
}

/// The write half of a [`Store`], which exists only inside [`Store::write`].
pub struct Writer<'a> {
    transaction: Transaction<'a>,
    actor: &'a Actor,
}

/// The journal mode stays SQLite's default, DELETE. Measured by `benches/journal.py` with a million
/// tokens, in milliseconds, the prune with SQLite's own back-off and without pauses:
///
/// | mode          | short reader | short writer | reader under prune: median, 99 %, worst | read-only account |
/// |---------------|--------------|--------------|-----------------------------------------|-------------------|
/// | DELETE+EXTRA  | 0.28         | 1.70         | 0.61, 330, 1773                         | reads             |
/// | TRUNCATE+FULL | 0.25 (× 0.9) | 1.55 (× 0.9) | 0.62, 240, 1214                         | reads             |
/// | PERSIST+FULL  | 0.26 (× 1.0) | 1.23 (× 0.7) | 0.67, 585, 1926                         | reads             |
/// | WAL+FULL      | 0.41 (× 1.5) | 1.89 (× 1.1) | 0.70, 18, 462                           | cannot            |
/// | WAL+NORMAL    | 0.41 (× 1.5) | 1.86 (× 1.1) | 0.67, 15, 1194; not durable             | cannot            |
///
/// An account that may only read file and folder cannot open a WAL database that nobody else has
/// open, and every short-lived reader pays for making and removing `-wal` and `-shm`. TRUNCATE and
/// PERSIST are no slower, but leave a file beside the database for good. WAL is clearly better for
/// readers under a prune; pauses between its steps (`Store::prune`) and short sleeps
/// (`wait_for_lock`) make up for a part of that only. One run on a shared machine: the ratios of
/// the worst cases mean little.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    configured(Connection::open_with_flags(
        no_uri(path),
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?)
}

/// A path that SQLite takes for nothing else: what begins with `file:` would be a URI to it, which
/// names another file, or none.
pub fn no_uri(path: &Path) -> PathBuf {
    Path::new(".").join(path)
}

/// What every connection has in common.
fn configured(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_handler(Some(wait_for_lock))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    rusqlite::vtab::array::load_module(&connection)?;
    Ok(connection)
}

/// A write beyond the size that files may have (`ulimit -f`) is to fail, not to end the program: a
/// time of last use must not cost `verify` its answer.
fn survive_a_size_limit() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Where the signal cannot be caught, nothing is worse than before.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    });
}

/// Whether to try once more for a lock, after a short sleep. SQLite's own back-off sleeps up to
/// 100 ms at a time and so misses, again and again, the moments in which a prune lets others in;
/// a try costs a few microseconds. The sleeps differ so that those who wait do not march in step.
fn wait_for_lock(tries: i32) -> bool {
    thread_local!(static SINCE: Cell<Instant> = Cell::new(Instant::now()));
    if tries == 0 {
        SINCE.set(Instant::now());
    }
    let waited = SINCE.get().elapsed();
    thread::sleep(Duration::from_micros(500 + u64::from(waited.subsec_nanos()) % 1500));
    waited < BUSY_TIMEOUT
}

/// What can be known of a file before SQLite opens it.
fn check_file(path: &Path) -> Result<()> {
    let file = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => told(path, "there is no such database")
            .hint("`tokctl create` makes one; --database or $TOKCTL_DATABASE names another"),
        _ => told(path, error),
    })?;
    if file.is_dir() {
        return Err(told(path, "it is a directory").hint("name the database file inside it"));
    }
    if !file.is_file() {
        return Err(told(path, "it is not a regular file"));
    }
    if file.len() == 0 {
        return Err(told(path, "it is an empty file")
            .hint("remove it if nothing was ever in it, or restore a backup"));
    }
    if file.mode() & 0o002 != 0 {
        return Err(told(path, "every account can write to it, and so mint tokens")
            .hint(format!("chmod o-w {}", shell_quoted(path))));
    }
    Ok(())
}

/// Creates the database under another name and links it into place when it is whole, so that
/// nobody ever meets half of one, and whoever loses a race uses the winner's.
fn create(path: &Path, admin: &NewUser) -> Result<()> {
    let failed = |error: io::Error| {
        let folder_hint =
            "check that the folder can be written to, or name another with --database";
        Error::unavailable(format!("cannot create {}", path.display()), error).hint(folder_hint)
    };
    let folder = folder_of(path);
    create_folder(folder).map_err(failed)?;
    let file = tempfile::Builder::new().prefix(".tokctl-").tempfile_in(folder).map_err(failed)?;
    // tempfile makes it 0600, from which the umask may have taken bits away.
    file.as_file().set_permissions(Permissions::from_mode(0o600)).map_err(failed)?;
    let mut store = Store::on(connect(file.path())?);
    store.connection.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
    schema::migrate(&mut store.connection)
        .map_err(|error| Error::unavailable("cannot create the database", error))?;
    store.write(|writer| {
        writer.add_user(admin)?;
        writer.set_setting(Setting::DefaultUser, admin.name.as_str())
    })?;
    drop(store);
    match file.persist_noclobber(path) {
        Ok(_) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed),
        Err(raced) if raced.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(other) => Err(failed(other.error)),
    }
}

/// Creates a folder and those above it that are missing, 0700 whatever the umask.
fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        create_folder(above)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(0o700)),
        // Another process was faster.
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A failure to open, told with the path.
fn cannot_open(path: &Path, error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::*;
    match error.sqlite_error_code() {
        Some(NotADatabase) => told(path, "it is not an SQLite database")
            .hint("name tokctl's own with --database or $TOKCTL_DATABASE"),
        Some(DatabaseCorrupt) => cut_off(path),
        _ => {
            let Error { why, hint, .. } = error.into();
            Error { hint, ..told(path, why) }
        }
    }
}

fn cut_off(path: &Path) -> Error {
    told(path, "it is corrupt or cut off").hint("restore a backup of it")
}

fn told(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::unavailable(format!("database {}", path.display()), why)
}

/// A path as a shell takes it back.
pub fn shell_quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    // What begins with a hyphen would be taken for an option.
    if text.starts_with('-') { quoted(&format!("./{text}")) } else { quoted(&text) }
}

/// A word as a shell takes it back.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_string()
    } else {
        format!("'{}'", Escaped(&text.replace('\'', r"'\''")))
    }
}

/// Where the database is when neither `--database` nor `$TOKCTL_DATABASE` says.
pub fn default_path() -> Result<PathBuf> {
    let folder = dirs::data_dir().ok_or_else(|| {
        Error::unavailable("no database is named", "this account has no data folder")
            .hint("name one with --database or $TOKCTL_DATABASE")
    })?;
    Ok(folder.join("tokctl").join("tokctl.db"))
}
