//! An SQLite database of another system: opened without a trace, and read page by page with
//! suspicion.

use super::database::{ForeignKey, Source};
use super::error::{Cause, Error, Result};
use super::query::Query;
use super::row::Cells;
use super::sql::{self, Dialect};
use super::value::Value;
use crate::store::check_side_files;
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Params, Row, params_from_iter};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// How long to wait for a lock of the application.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// An SQLite database, read in one snapshot.
pub struct Sqlite {
    path: PathBuf,
    connection: Connection,
    /// The tables that were checked, in lower case.
    checked: RefCell<HashSet<String>>,
}

impl Sqlite {
    /// Opens a database for reading, and begins the snapshot.
    ///
    /// # Errors
    ///
    /// When the path does not lead to an SQLite database that can be read.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = open(path).map_err(|cause| at(path, cause))?;
        // Cells are checked as they are read, because no page is trusted.
        connection
            .execute_batch("PRAGMA query_only = ON; PRAGMA cell_size_check = ON; BEGIN")
            .map_err(|error| at(path, error.into()))?;
        Ok(Sqlite { path: path.to_path_buf(), connection, checked: RefCell::default() })
    }

    fn error(&self, error: rusqlite::Error) -> Error {
        at(&self.path, error.into())
    }

    /// The texts that a statement with one column yields.
    fn texts(&self, sql: &str, params: impl Params) -> rusqlite::Result<Vec<String>> {
        self.connection.prepare_cached(sql)?.query_map(params, |row| row.get(0))?.collect()
    }
}

impl Source for Sqlite {
    fn location(&self) -> String {
        self.path.display().to_string()
    }

    fn identity(&self) -> String {
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        path.display().to_string()
    }

    fn tables(&self) -> Result<Vec<String>> {
        const TABLES: &str = "SELECT name FROM sqlite_schema
             WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
             AND sql NOT LIKE 'CREATE VIRTUAL %' ORDER BY name";
        self.texts(TABLES, []).map_err(|error| self.error(error))
    }

    /// A virtual table does not count either: its module makes up what is in it. Generated columns
    /// do; `hidden` is 2 or 3 for them, and 1 for a virtual table's own.
    fn columns(&self, table: &str) -> Result<Vec<String>> {
        const COLUMNS: &str = "SELECT c.name FROM sqlite_schema s
             CROSS JOIN pragma_table_xinfo(s.name) c
             WHERE s.type = 'table' AND s.name = ?1 COLLATE NOCASE AND c.hidden <> 1
             AND s.sql NOT LIKE 'CREATE VIRTUAL %'";
        self.texts(COLUMNS, [table]).map_err(|error| self.error(error))
    }

    /// SQLite reads around some damage without an error, and half of the tokens would look like all
    /// of them.
    fn check(&self, table: &str) -> Result<()> {
        const CHECK: &str = "SELECT quick_check FROM pragma_quick_check(?1)";
        if !self.checked.borrow_mut().insert(table.to_ascii_lowercase()) {
            return Ok(());
        }
        let found = match self.texts(CHECK, [table]) {
            Ok(found) => found,
            Err(error) if is_corrupt(&error) => return Err(self.error(error)),
            // A constraint of the application's own that cannot be evaluated here.
            Err(_) => return Ok(()),
        };
        // Whether a row satisfies the table's constraints is for whoever reads it to judge.
        let is_harmless = |line: &&String| {
            *line == "ok" || line.contains(" value in ") || line.starts_with("CHECK constraint")
        };
        match found.iter().find(|line| !is_harmless(line)) {
            Some(damage) => Err(at(&self.path, damaged(damage))),
            None => Ok(()),
        }
    }

    fn primary_key(&self, table: &str) -> Result<Option<String>> {
        const KEY: &str = "SELECT name FROM pragma_table_info(?1) WHERE pk > 0";
        let columns = self.texts(KEY, [table]).map_err(|error| self.error(error))?;
        Ok(<[String; 1]>::try_from(columns).ok().map(|[column]| column))
    }

    fn foreign_keys(&self, table: &str) -> Result<Vec<ForeignKey>> {
        const KEYS: &str = "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1)
             WHERE id NOT IN (SELECT id FROM pragma_foreign_key_list(?1) WHERE seq > 0)
             ORDER BY id DESC";
        let read = || -> rusqlite::Result<Vec<ForeignKey>> {
            let mut statement = self.connection.prepare_cached(KEYS)?;
            let key = |row: &Row| {
                let (column, table, key) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(ForeignKey { column, schema: None, table, key })
            };
            statement.query_map([table], key)?.collect()
        };
        read().map_err(|error| self.error(error))
    }

    fn read(
        &self,
        query: &Query,
        each: &mut dyn FnMut(&dyn Cells) -> ControlFlow<()>,
    ) -> Result<()> {
        let statement = sql::render(query, &SqliteDialect);
        let mut read = || -> rusqlite::Result<()> {
            let mut prepared = self.connection.prepare_cached(&statement.sql)?;
            let mut rows = prepared.query(params_from_iter(&statement.parameters))?;
            while let Some(row) = rows.next()? {
                if each(row).is_break() {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|error| self.error(error))
    }
}

struct SqliteDialect;

impl Dialect for SqliteDialect {
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn placeholder(&self, number: usize) -> String {
        format!("?{number}")
    }

    fn exact(&self, value: &str) -> String {
        format!("CAST({value} AS TEXT)")
    }

    /// JSON has no blobs, and one value that is not text must not end the import.
    fn list(&self, value: &str, order: Option<&str>) -> String {
        let order = order.map_or(String::new(), |order| format!(" ORDER BY {order}"));
        format!("json_group_array(CASE typeof({value}) WHEN 'text' THEN {value} END{order})")
    }
}

impl Cells for Row<'_> {
    fn value(&self, position: usize) -> Option<Value<'_>> {
        self.get_ref(position).ok().map(|value| match value {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Text(bytes) => Value::Text(bytes),
            ValueRef::Blob(bytes) => Value::Bytes(bytes),
        })
    }
}

/// Opens a database without leaving a trace. One at rest is read where it is, under a shared lock
/// (in WAL mode without one: no process has it open, and a lock would need files beside it). One
/// with a WAL or a journal beside it is copied together with that, SQLite recovers the copy, and its name
/// is deleted at once.
fn open(path: &Path) -> std::result::Result<Connection, Cause> {
    let is_wal = is_in_wal_mode(path)?;
    let file = fs::metadata(path).map_err(Cause::File)?;
    check_side_files(path, &file).map_err(|error| Cause::CannotOpen(error.to_string()))?;
    let has_content =
        |suffix: &str| fs::metadata(beside(path, suffix)).is_ok_and(|file| file.len() > 0);
    let pending = ["-wal", "-journal"].into_iter().find(|suffix| has_content(suffix));
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if let Some(suffix) = pending {
        let (_folder, copy) = copy(path, suffix)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(copy, flags)?;
        // The first read recovers the copy and opens all of its files.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        connection
    } else if is_wal {
        let uri = format!("file:{}?immutable=1", percent_encoded(path));
        Connection::open_with_flags(uri, read_only | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        // A path that begins with `file:` would be a URI to SQLite.
        Connection::open_with_flags(Path::new(".").join(path), read_only)?
    };
    connection.busy_timeout(LOCK_TIMEOUT)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    Ok(connection)
}

/// Checks the file's header, where bytes 18 and 19 are 2 if the database is in WAL mode (SQLite's
/// file format, section 1.3).
fn is_in_wal_mode(path: &Path) -> std::result::Result<bool, Cause> {
    let metadata = fs::metadata(path).map_err(Cause::File)?;
    if metadata.is_dir() {
        return Err(Cause::Directory);
    }
    if !metadata.is_file() {
        return Err(Cause::NotAFile);
    }
    let mut header = Vec::with_capacity(100);
    let file = File::open(path).map_err(Cause::File)?;
    file.take(100).read_to_end(&mut header).map_err(Cause::File)?;
    if header.is_empty() {
        return Err(Cause::Empty);
    }
    if !header.starts_with(b"SQLite format 3\0") {
        let text = header.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&header);
        return Err(match text.trim_ascii_start().starts_with(b"{") {
            true => Cause::JsonLines,
            false => Cause::NotADatabase,
        });
    }
    Ok(header.get(18..20) == Some(&[2, 2]))
}

/// Copies the database and the file beside it with its last changes into a folder of this account's
/// own.
fn copy(path: &Path, suffix: &str) -> std::result::Result<(TempDir, PathBuf), Cause> {
    let side = beside(path, suffix);
    let state = || -> io::Result<_> {
        let of =
            |path: &Path| fs::metadata(path).and_then(|file| Ok((file.len(), file.modified()?)));
        Ok((of(path)?, of(&side)?))
    };
    let attempt = || -> io::Result<_> {
        let folder = tempfile::Builder::new().prefix(&copy_prefix()).tempdir()?;
        let copy = folder.path().join("source.db");
        let before = state()?;
        fs::copy(path, &copy)?;
        fs::copy(&side, beside(&copy, suffix))?;
        Ok((folder, copy, state()? == before))
    };
    match attempt().map_err(Cause::Copy)? {
        (folder, copy, true) => Ok((folder, copy)),
        (_, _, false) => Err(Cause::BeingWritten),
    }
}

/// What the names of the folders with copies of this process begin with.
fn copy_prefix() -> String {
    format!("tokctl-import-{}-", std::process::id())
}

/// Deletes the copies that this process has made of sources: for a signal, which leaves no time to
/// drop what owns them.
pub fn remove_copies() {
    let prefix = copy_prefix();
    let folders = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for folder in folders.filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix)) {
        // There is nobody left to tell.
        let _ = fs::remove_dir_all(folder.path());
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    PathBuf::from(name)
}

fn percent_encoded(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let encode = |byte: &u8| {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            char::from(*byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    path.as_os_str().as_bytes().iter().map(encode).collect()
}

fn at(path: &Path, cause: Cause) -> Error {
    Error { location: path.display().to_string(), cause }
}

fn damaged(how: &str) -> Cause {
    Cause::Damaged(how.lines().map(str::trim).collect::<Vec<_>>().join(" "))
}

fn is_corrupt(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

impl From<rusqlite::Error> for Cause {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, PermissionDenied};
        match error.sqlite_error_code() {
            _ if is_corrupt(&error) => damaged(&error.to_string()),
            Some(DatabaseBusy | DatabaseLocked) => Cause::Locked,
            Some(CannotOpen | PermissionDenied) => Cause::CannotOpen(error.to_string()),
            _ => Cause::Other(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(sql: &str) -> (TempDir, Sqlite) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let source = Sqlite::open(&path).unwrap();
        (folder, source)
    }

    #[test]
    fn only_real_tables_count() {
        let (_folder, source) = source(
            "CREATE TABLE b (id, Name); CREATE TABLE a (id); CREATE VIEW v AS SELECT * FROM a",
        );
        assert_eq!(source.tables().unwrap(), ["a", "b"]);
        assert_eq!(source.columns("B").unwrap(), ["id", "Name"]);
        assert_eq!(source.columns("v").unwrap(), [""; 0]);
        assert_eq!(source.columns("sqlite_schema").unwrap(), [""; 0]);
    }

    #[test]
    fn foreign_keys_name_their_table() {
        let (_folder, source) = source(
            "CREATE TABLE u (id PRIMARY KEY, uid UNIQUE, a, b, UNIQUE (a, b));
                 CREATE TABLE t (owner REFERENCES u, a, b, other REFERENCES u (uid),
                                 FOREIGN KEY (a, b) REFERENCES u (a, b))",
        );
        let keys = source.foreign_keys("T").unwrap();
        let key = |column: &str, key: Option<&str>| ForeignKey {
            schema: None,
            column: column.into(),
            table: "u".into(),
            key: key.map(str::to_string),
        };
        assert_eq!(keys, [key("owner", None), key("other", Some("uid"))]);
        assert_eq!(source.primary_key("u").unwrap().as_deref(), Some("id"));
        assert_eq!(source.primary_key("t").unwrap(), None);
    }

    #[test]
    fn what_is_not_a_database_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &str| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            path
        };
        let cause = |path: &Path| Sqlite::open(path).err().unwrap().cause;
        assert!(matches!(cause(folder.path()), Cause::Directory));
        assert!(matches!(cause(&folder.path().join("missing")), Cause::File(_)));
        assert!(matches!(cause(&file("empty", "")), Cause::Empty));
        assert!(matches!(cause(&file("dump.sql", "CREATE TABLE")), Cause::NotADatabase));
        assert!(matches!(cause(&file("x.jsonl", "\n{\"name\": 1}")), Cause::JsonLines));
        let truncated = Sqlite::open(&file("head", "SQLite format 3\0")).unwrap();
        assert!(matches!(truncated.tables().unwrap_err().cause, Cause::Damaged(_)));
    }

    #[test]
    fn reading_stops_when_it_is_told_to() {
        let (_folder, source) = source("CREATE TABLE t (id); INSERT INTO t VALUES (1), (2), (3)");
        let query = Query { order: Some("id".into()), ..one_column("t", "id") };
        let mut seen = Vec::new();
        let stopped: std::result::Result<(), Error> =
            (&source as &dyn Source).rows(&query, |row| {
                seen.push(row.value(0).unwrap().id().unwrap().unwrap());
                if seen.len() == 2 { Err(at(Path::new("x"), Cause::Empty)) } else { Ok(()) }
            });
        assert!(stopped.is_err());
        assert_eq!(seen, ["1", "2"]);
    }

    fn one_column(table: &str, name: &str) -> Query {
        use super::super::query::Expression;
        Query { columns: vec![Expression::Column(name.into())], ..Query::of(table) }
    }
}
