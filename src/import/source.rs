//! A foreign database: opened so that it is never changed, and read so that nothing in it is
//! trusted.

use super::Refused;
use crate::error::{Error, Result};
use crate::name::Escaped;
use crate::secret::{Hash, Secret};
use crate::store::no_uri;
use crate::when::Timestamp;
use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use jiff::tz::{Offset, TimeZone};
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Params, Row};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use tempfile::TempDir;
use zeroize::Zeroizing;

/// A source database, read in one snapshot.
pub struct Source {
    path: PathBuf,
    connection: Connection,
    /// Tables that were found to be intact.
    intact: RefCell<HashSet<String>>,
    /// Where a copy lives, if one had to be made.
    _copy: Option<TempDir>,
}

impl Source {
    pub fn open(path: &Path) -> Result<Self> {
        let told = |why: &dyn std::fmt::Display| Error::request(importing(path), why);
        let other = |found| told(&format!("looked for an SQLite database, found {found}"));
        let metadata = fs::metadata(path).map_err(|error| told(&error))?;
        if !metadata.is_file() {
            let found = if metadata.is_dir() { "a directory" } else { "no regular file" };
            return Err(other(found).hint("name the SQLite database of the system"));
        }
        let header = header(path).map_err(|error| told(&error))?;
        if !header.starts_with(b"SQLite format 3\0") {
            let found = if header.is_empty() { "an empty file" } else { "something else" };
            return Err(other(found).hint("name the database file of the system, not an SQL dump"));
        }
        // Bytes 18 and 19 are 2 where the database is in WAL mode (SQLite's file format, 1.3).
        let is_wal = header.get(18..20) == Some(&[2, 2]);
        let (connection, copy) = open(path, is_wal)?;
        // Cells are checked as they are read, for no page is trusted.
        connection
            .execute_batch("PRAGMA query_only = ON; PRAGMA cell_size_check = ON; BEGIN")
            .map_err(|error| unreadable(path, error))?;
        let (path, intact) = (path.to_path_buf(), RefCell::default());
        Ok(Source { path, connection, intact, _copy: copy })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn unreadable(&self, error: rusqlite::Error) -> Error {
        unreadable(&self.path, error)
    }

    /// The tables, in alphabetical order.
    pub fn tables(&self) -> Result<Vec<String>> {
        const TABLES: &str = "SELECT name FROM sqlite_schema
             WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
             AND sql NOT LIKE 'CREATE VIRTUAL %' ORDER BY name";
        let read = || -> rusqlite::Result<Vec<String>> {
            self.connection.prepare(TABLES)?.query_map([], |row| row.get(0))?.collect()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// The names of a table's columns; none if there is no such table. A view is none, and
    /// neither is what a module makes up.
    pub fn columns(&self, table: &str) -> Result<Vec<String>> {
        const COLUMNS: &str = "SELECT c.name FROM sqlite_schema s
             CROSS JOIN pragma_table_info(s.name) c
             WHERE s.type = 'table' AND s.name = ?1 COLLATE NOCASE
             AND s.sql NOT LIKE 'CREATE VIRTUAL %'";
        let read = || -> rusqlite::Result<Vec<String>> {
            self.connection.prepare_cached(COLUMNS)?.query_map([table], |row| row.get(0))?.collect()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Whether there is a table with all these columns, which then is intact.
    pub fn has(&self, table: &str, columns: &[&str]) -> Result<bool> {
        let found = self.columns(table)?;
        let has = |column: &&str| found.iter().any(|name| name.eq_ignore_ascii_case(column));
        let is_there = !found.is_empty() && columns.iter().all(has);
        if is_there {
            self.check(table)?;
        }
        Ok(is_there)
    }

    /// Fails if a table is damaged: SQLite reads around some damage without a word, and half of
    /// the tokens would look like all of them.
    fn check(&self, table: &str) -> Result<()> {
        const CHECK: &str = "SELECT quick_check FROM pragma_quick_check(?1)";
        if !self.intact.borrow_mut().insert(table.to_string()) {
            return Ok(());
        }
        let read = || -> rusqlite::Result<Vec<String>> {
            self.connection.prepare_cached(CHECK)?.query_map([table], |row| row.get(0))?.collect()
        };
        let found = match read() {
            Ok(found) => found,
            Err(error) if is_corrupt(&error) => return Err(self.unreadable(error)),
            // A constraint of the application's own that cannot be evaluated here.
            Err(_) => return Ok(()),
        };
        // What a row holds against the table's constraints is for the readers to judge.
        let harmless = |line: &&String| {
            *line == "ok" || line.contains(" value in ") || line.starts_with("CHECK constraint")
        };
        match found.iter().find(|line| !harmless(line)) {
            Some(damage) => Err(damaged(&self.path, damage)),
            None => Ok(()),
        }
    }

    /// The table that a column refers to by a foreign key, if the schema says so.
    pub fn referenced(&self, table: &str, column: &str) -> Result<Option<String>> {
        const KEYS: &str = "SELECT \"table\" FROM pragma_foreign_key_list(?1)
             WHERE \"from\" = ?2 COLLATE NOCASE";
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self.connection.prepare_cached(KEYS)?;
            statement.query_map([table, column], |row| row.get(0))?.collect()
        };
        Ok(read().map_err(|error| self.unreadable(error))?.into_iter().next())
    }

    /// Hands each row of a query to `each`.
    pub fn rows(
        &self,
        sql: &str,
        params: impl Params,
        mut each: impl FnMut(&Fields) -> Result<()>,
    ) -> Result<()> {
        let failed = |error| self.unreadable(error);
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query(params).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(&Fields(row))?;
        }
        Ok(())
    }
}

fn importing(path: &Path) -> String {
    format!("cannot import from {}", path.display())
}

fn is_corrupt(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

/// What SQLite cannot read of a source.
fn unreadable(path: &Path, error: rusqlite::Error) -> Error {
    if is_corrupt(&error) {
        return damaged(path, &error.to_string());
    }
    let Error { why, hint, .. } = error.into();
    Error { hint, ..Error::unavailable(importing(path), why) }
}

fn damaged(path: &Path, how: &str) -> Error {
    let how = how.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let why = format!("looked for an intact SQLite database, found a damaged one ({how})");
    Error::unavailable(importing(path), why)
        .hint("import from a backup, or from what `sqlite3 FILE .recover` saves")
}

/// An identifier as SQL takes it, whatever is in it.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Columns that not every version of a system has: `alias.column`, or NULL.
pub struct Columns {
    alias: &'static str,
    names: Vec<String>,
}

impl Columns {
    pub fn of(source: &Source, alias: &'static str, table: &str) -> Result<Self> {
        source.has(table, &[])?;
        Ok(Columns { alias, names: source.columns(table)? })
    }

    pub fn has(&self, column: &str) -> bool {
        self.names.iter().any(|name| name.eq_ignore_ascii_case(column))
    }

    pub fn get(&self, column: &str) -> String {
        if self.has(column) { format!("{}.{}", self.alias, quoted(column)) } else { "NULL".into() }
    }

    /// Several, separated by commas.
    pub fn list(&self, columns: &[&str]) -> String {
        columns.iter().map(|column| self.get(column)).collect::<Vec<_>>().join(", ")
    }
}

fn header(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut header = Vec::with_capacity(100);
    File::open(path)?.take(100).read_to_end(&mut header)?;
    Ok(header)
}

/// Opens the source without a trace. A database at rest is read where it is, under a shared
/// lock (in WAL mode without one: nobody has it open, and a lock would need files beside it).
/// One with a WAL or a journal beside it is copied together with that, and SQLite puts the copy
/// in order.
fn open(path: &Path, is_wal: bool) -> Result<(Connection, Option<TempDir>)> {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_os_string();
        name.push(suffix);
        PathBuf::from(name)
    };
    let pending = |suffix: &str| fs::metadata(beside(suffix)).is_ok_and(|file| file.len() > 0);
    let (wal, journal) = (pending("-wal"), pending("-journal"));
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let (connection, copy) = if wal || journal {
        let (folder, copy) = copied(path, &beside(if wal { "-wal" } else { "-journal" }), wal)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        (Connection::open_with_flags(copy, flags), Some(folder))
    } else if is_wal {
        let uri = format!("file:{}?immutable=1", percent_encoded(path));
        (Connection::open_with_flags(uri, read_only | OpenFlags::SQLITE_OPEN_URI), None)
    } else {
        (Connection::open_with_flags(no_uri(path), read_only), None)
    };
    let configured = connection.and_then(|connection| {
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
        Ok(connection)
    });
    Ok((configured.map_err(|error| unreadable(path, error))?, copy))
}

/// Copies the database and what is pending beside it into a folder of this account's own, which
/// goes when the import ends.
fn copied(path: &Path, side: &Path, wal: bool) -> Result<(TempDir, PathBuf)> {
    let failed = |error: std::io::Error| {
        Error::unavailable(format!("{}, which has to be copied", importing(path)), error)
    };
    let state = || -> std::io::Result<_> {
        let of =
            |path: &Path| fs::metadata(path).and_then(|file| Ok((file.len(), file.modified()?)));
        Ok((of(path)?, of(side)?))
    };
    let folder = tempfile::Builder::new().prefix("tokctl-import-").tempdir().map_err(failed)?;
    let copy = folder.path().join("source.db");
    let before = state().map_err(failed)?;
    fs::copy(path, &copy).map_err(failed)?;
    let suffix = if wal { "source.db-wal" } else { "source.db-journal" };
    fs::copy(side, folder.path().join(suffix)).map_err(failed)?;
    if state().map_err(failed)? != before {
        return Err(Error::unavailable(importing(path), "it is being written")
            .hint("stop the application for a moment, or import from a backup"));
    }
    Ok((folder, copy))
}

fn percent_encoded(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    let encode = |byte: &u8| match plain(byte) {
        true => char::from(*byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    path.as_os_str().as_bytes().iter().map(encode).collect()
}

/// A row, read with suspicion: any column may hold anything.
pub struct Fields<'a>(&'a Row<'a>);

type Got<T> = std::result::Result<T, String>;

impl Fields<'_> {
    fn value(&self, column: usize) -> Got<ValueRef<'_>> {
        self.0.get_ref(column).map_err(|error| error.to_string())
    }

    /// Text; what is empty is there.
    pub fn text(&self, column: usize) -> Got<Option<String>> {
        match self.value(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if text.contains('\0') => Err("a text has a NUL in it".into()),
                Ok(text) => Ok(Some(text.to_string())),
                Err(_) => Err("a text is not UTF-8".into()),
            },
            ValueRef::Integer(number) => Ok(Some(number.to_string())),
            ValueRef::Real(_) | ValueRef::Blob(_) => Err("a text is no text".into()),
        }
    }

    /// Text with something in it.
    pub fn some_text(&self, column: usize) -> Got<Option<String>> {
        Ok(self.text(column)?.filter(|text| !text.trim().is_empty()))
    }

    /// A token's id, or a message that it has none.
    pub fn id(&self, column: usize) -> Got<i64> {
        match self.value(column)? {
            ValueRef::Integer(id) => Ok(id),
            _ => Err("the id is no number".into()),
        }
    }

    /// An id to be shown, whatever it is.
    pub fn shown_id(&self, column: usize) -> String {
        self.text(column).ok().flatten().map_or("?".into(), |id| Escaped(&id).to_string())
    }

    /// True and false as databases without booleans have them.
    pub fn flag(&self, column: usize) -> Got<bool> {
        match self.value(column)? {
            ValueRef::Null => Ok(false),
            ValueRef::Integer(number) => Ok(number != 0),
            ValueRef::Text(text) => Ok(!matches!(text, b"" | b"0" | b"false" | b"f")),
            _ => Err("a flag is neither true nor false".into()),
        }
    }

    /// Milliseconds since 1970, or a date and time; one without a zone is in `zone`. What lies
    /// outside 1970 to 9999 becomes the nearer end of that.
    pub fn time(&self, column: usize, zone: &Zone) -> Got<Option<Timestamp>> {
        let wrong = || "a time is neither a date nor milliseconds".to_string();
        let millis = match self.value(column)? {
            ValueRef::Null => return Ok(None),
            ValueRef::Integer(millis) => millis,
            ValueRef::Real(millis) if millis.is_finite() => millis as i64,
            ValueRef::Text(bytes) => {
                let text = std::str::from_utf8(bytes).map_err(|_| wrong())?.trim();
                match text {
                    "" => return Ok(None),
                    digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                        digits.parse().map_err(|_| wrong())?
                    }
                    text => zone.parse(text).ok_or_else(wrong)?,
                }
            }
            _ => return Err(wrong()),
        };
        Ok(Some(Timestamp::nearest(millis)))
    }

    /// The strings of a JSON list, or of a JSON object's values; nothing at all is an empty list.
    /// What is no string comes as the JSON it is, which is no scope.
    pub fn json_strings(&self, column: usize) -> Got<Vec<String>> {
        let Some(text) = self.some_text(column)? else { return Ok(Vec::new()) };
        let string = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => format!(" {other}"),
        };
        match serde_json::from_str(&text).map_err(|_| "the scopes are not JSON")? {
            serde_json::Value::Array(values) => Ok(values.into_iter().map(string).collect()),
            serde_json::Value::Object(values) => {
                Ok(values.into_iter().map(|(_, value)| string(value)).collect())
            }
            serde_json::Value::Null => Ok(Vec::new()),
            _ => Err("the scopes are no list".into()),
        }
    }

    /// A hash in hexadecimal, of as many bytes as `N` says.
    pub fn hex<const N: usize>(&self, column: usize) -> Got<[u8; N]> {
        let wrong = || format!("the hash is not {} hexadecimal digits", 2 * N);
        let text = self.text(column)?.ok_or_else(wrong)?;
        crate::secret::from_hex(&text).ok_or_else(wrong)
    }

    /// A secret in clear, hashed at once; or why it is of no use. Never quoted, whatever it is.
    pub fn clear_secret(&self, column: usize) -> Got<ClearSecret> {
        let text = match self.value(column)? {
            ValueRef::Text(bytes) => String::from_utf8(bytes.to_vec()).map(Zeroizing::new),
            ValueRef::Null => return Err("the secret is empty".into()),
            _ => return Err("the secret is no text".into()),
        };
        let secret = Secret::from_clear(text.map_err(|_| "the secret is not UTF-8")?)?;
        Ok(ClearSecret {
            hash: secret.hash(),
            hint: secret.guarded_hint(),
            weak: secret.expose().chars().count() < WEAK,
        })
    }
}

/// Secrets shorter than this are told to be rotated.
const WEAK: usize = 20;

/// What is kept of a secret that stood in clear.
pub struct ClearSecret {
    pub hash: Hash,
    pub hint: String,
    pub weak: bool,
}

impl Refused {
    /// A row of `table` whose id is in `column`.
    pub fn row(
        fields: &Fields,
        table: &str,
        column: usize,
        hash: Option<Hash>,
        why: String,
    ) -> Self {
        Refused { table: table.to_string(), id: fields.shown_id(column), hash, why }
    }
}

/// The time zone of dates that do not say theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Zone(TimeZone::UTC)
    }
}

impl FromStr for Zone {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let offset = || Some(text.parse::<FixedOffset>().ok()?.local_minus_utc());
        let fixed = |seconds: i32| Offset::from_seconds(seconds).ok().map(TimeZone::fixed);
        TimeZone::get(text).ok().or_else(|| fixed(offset()?)).map(Zone).ok_or_else(|| {
            "a time zone is an IANA name such as Europe/Paris, or an offset such as +02:00".into()
        })
    }
}

impl Zone {
    /// A date and time, in milliseconds since 1970.
    fn parse(&self, text: &str) -> Option<i64> {
        if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
            return Some(time.timestamp_millis());
        }
        let spaced = text.replacen(' ', "T", 1);
        if let Ok(time) = chrono::DateTime::parse_from_str(&spaced, "%Y-%m-%dT%H:%M:%S%.f%#z") {
            return Some(time.timestamp_millis());
        }
        let naive = NaiveDateTime::parse_from_str(&spaced, "%Y-%m-%dT%H:%M:%S%.f")
            .or_else(|_| NaiveDateTime::parse_from_str(&spaced, "%Y-%m-%dT%H:%M"))
            .or_else(|_| {
                NaiveDate::parse_from_str(text, "%Y-%m-%d")
                    .map(|date| date.and_time(NaiveTime::MIN))
            })
            .ok()?;
        self.to_utc(naive)
    }

    /// Of the two instants that a clock put back shows twice, the earlier: no token lives longer
    /// for it. A time that a clock put forward left out is counted from before the gap, as PHP
    /// does.
    fn to_utc(&self, naive: NaiveDateTime) -> Option<i64> {
        let small = |number: u32| i8::try_from(number).ok();
        let local = jiff::civil::DateTime::new(
            i16::try_from(naive.year()).ok()?,
            small(naive.month())?,
            small(naive.day())?,
            small(naive.hour())?,
            small(naive.minute())?,
            small(naive.second())?,
            i32::try_from(naive.nanosecond()).ok()?.min(999_999_999),
        );
        let instant = self.0.to_ambiguous_timestamp(local.ok()?).compatible().ok()?;
        Some(instant.as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(zone: &str, text: &str) -> Option<i64> {
        zone.parse::<Zone>().unwrap().parse(text)
    }

    #[test]
    fn dates_without_a_zone_are_in_the_given_one() {
        let utc = millis("UTC", "2026-07-01 12:00:00").unwrap();
        let hour = 3_600_000;
        assert_eq!(millis("Europe/Paris", "2026-07-01 12:00:00"), Some(utc - 2 * hour));
        assert_eq!(millis("-05:00", "2026-07-01 12:00:00"), Some(utc + 5 * hour));
        assert_eq!(millis("Europe/Paris", "2026-07-01T12:00:00Z"), Some(utc));
        assert_eq!(millis("UTC", "2026-07-01 12:00:00.250"), Some(utc + 250));
        assert_eq!(millis("Europe/Paris", "2026-07-01 12:00:00+00:00"), Some(utc));
        assert_eq!(millis("UTC", "soon"), None);
        assert!("Middle-earth".parse::<Zone>().is_err());
    }

    #[test]
    fn clocks_put_back_and_forward() {
        // 02:30 came twice on 25 October 2026, and not at all on 29 March.
        let summer = millis("+02:00", "2026-10-25 02:30:00");
        assert_eq!(millis("Europe/Paris", "2026-10-25 02:30:00"), summer);
        let winter = millis("+01:00", "2026-03-29 02:30:00");
        assert_eq!(millis("Europe/Paris", "2026-03-29 02:30:00"), winter);
    }
}
