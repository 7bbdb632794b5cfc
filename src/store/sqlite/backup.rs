//! Consistent copies of the whole database.

use super::error::{of_opening, unread};
use super::file::{check_source, is_truncated, not_a_uri};
use super::open::connect;
use super::schema;
use crate::store::error::{Error, Result};
use crate::store::unfinished::{file_in, folder_of, sync_folder};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;
use tempfile::NamedTempFile;

/// Pages copied before other processes get a turn: some tens of milliseconds.
const STEP: i32 = 4096;

/// Where the header of a database says which journal it has, and what it says for a rollback journal:
/// the versions that are needed to write and to read it.
pub const JOURNAL_VERSIONS: u64 = 18;
pub const ROLLBACK_JOURNAL: [u8; 2] = [1, 1];

/// How often other processes may write in between, which starts the copy again, before they have to
/// wait.
pub const RESTARTS: u32 = 3;

/// A checked copy: corruption never replaces the last good one.
pub fn back_up(
    connection: &Connection,
    path: &Path,
    replace: bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    copy_to(connection, path, replace, &check_copy, progress)
}

/// What is wrong with a copy is wrong with the database.
fn check_copy(copy: &Path) -> Result<()> {
    check_backup(copy).map_err(|error| match error {
        Error::InvalidBackup(why) => *why,
        other => other,
    })
}

/// A copy that gets its name once `check` finds nothing wrong with it.
pub fn copy_to(
    connection: &Connection,
    path: &Path,
    replace: bool,
    check: &dyn Fn(&Path) -> Result<()>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    let failed = |source: io::Error| Error::File { path: path.to_path_buf(), source };
    if !replace && fs::symlink_metadata(path).is_ok() {
        return Err(Error::FileExists(path.to_path_buf()));
    }
    let file = copy_beside(connection, path, progress)?;
    check(file.path())?;
    let named = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    named.map_err(|raced| match raced.error.kind() {
        io::ErrorKind::AlreadyExists => Error::FileExists(path.to_path_buf()),
        _ => failed(raced.error),
    })?;
    sync_folder(folder_of(path)).map_err(|error| {
        if !replace {
            let _ = fs::remove_file(path);
        }
        failed(error)
    })
}

/// A complete copy that has no name yet, in the folder of this path.
pub fn copy_beside(
    connection: &Connection,
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<NamedTempFile> {
    let failed = |source: io::Error| Error::File { path: path.to_path_buf(), source };
    let file = file_in(folder_of(path)).map_err(failed)?;
    let mut copy = connect(file.path())?;
    // Nobody else uses the file, and an unfinished one is deleted.
    copy.pragma_update(None, "journal_mode", "MEMORY")?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    copy_all(connection, &mut copy, progress)?;
    drop(copy);
    // The header says which journal the database has. Whoever reads the copy needs no files beside it.
    file.as_file().write_all_at(&ROLLBACK_JOURNAL, JOURNAL_VERSIONS).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    Ok(file)
}

/// Copies while other processes write, as long as that comes to an end; then they wait.
fn copy_all(
    from: &Connection,
    to: &mut Connection,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    copy_steps(from, &Backup::new(from, to)?, progress)
}

pub fn copy_steps(
    from: &Connection,
    backup: &Backup,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    let (mut restarts, mut remaining, mut readers_lock) = (0, i32::MAX, None);
    loop {
        let result = backup.step(STEP)?;
        let state = backup.progress();
        // A step that starts again copies as much as the first one did.
        restarts += u32::from(state.remaining >= remaining);
        remaining = state.remaining;
        let pages = state.pagecount.unsigned_abs();
        progress(u64::from(pages.saturating_sub(remaining.unsigned_abs())), u64::from(pages));
        match result {
            StepResult::Done => break,
            // The busy handler has waited already.
            StepResult::Busy | StepResult::Locked => return Err(Error::Locked),
            _ if restarts >= RESTARTS && readers_lock.is_none() => {
                // In a read transaction: whoever wants to write waits for its end, which comes on
                // an error, too.
                let lock = from.unchecked_transaction()?;
                lock.execute_batch("SELECT count(*) FROM sqlite_schema")?;
                readers_lock = Some(lock);
            }
            _ => {}
        }
    }
    match readers_lock {
        Some(lock) => Ok(lock.commit()?),
        None => Ok(()),
    }
}

/// What the header and the checks of a file say.
struct Facts {
    application_id: i64,
    version: i64,
    page_size: i64,
    integrity: String,
    has_dangling_rows: bool,
}

/// Whether a file is a complete and sound tokctl database with a schema that this build supports.
pub fn check_backup(path: &Path) -> Result<()> {
    let invalid = |error: Error| Error::InvalidBackup(Box::new(error));
    let source = open_backup(path).map_err(invalid)?;
    let facts = facts(&source).map_err(|error| invalid(of_opening(error)))?;
    if facts.application_id != i64::from(schema::APPLICATION_ID) {
        return Err(invalid(Error::AnotherProgram));
    }
    if facts.version > schema::VERSION {
        let (found, known) = (facts.version, schema::VERSION);
        return Err(invalid(Error::SchemaTooNew { found, known }));
    }
    if facts.version < 1 || is_truncated(path, facts.page_size) {
        return Err(invalid(Error::Truncated));
    }
    if let Some(error) = unread(&facts.integrity) {
        return Err(invalid(error));
    }
    if facts.integrity != "ok" {
        return Err(invalid(Error::Corrupt(facts.integrity)));
    }
    if facts.has_dangling_rows {
        return Err(invalid(Error::Corrupt("rows refer to rows that do not exist".into())));
    }
    Ok(())
}

/// Opens a backup to read it.
pub fn open_backup(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = if check_source(path)? {
        // Others could put a journal beside it at any time.
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        let path = fs::canonicalize(path).map_err(|error| Error::CannotOpen(error.to_string()))?;
        Connection::open_with_flags(immutable_uri(&path), flags)
    } else {
        Connection::open_with_flags(not_a_uri(path), flags)
    };
    opened.map_err(of_opening)
}

/// The URI of an absolute path with which SQLite reads the file and nothing beside it.
fn immutable_uri(path: &Path) -> String {
    let encoded = path.as_os_str().as_bytes().iter().map(|byte| match byte {
        b'/' | b'.' | b'-' | b'_' => char::from(*byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    format!("file:{}?immutable=1", encoded.collect::<String>())
}

fn facts(connection: &Connection) -> rusqlite::Result<Facts> {
    const INTEGRITY: &str = "SELECT integrity_check FROM pragma_integrity_check LIMIT 1";
    const FOREIGN_KEYS: &str = "SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check)";
    Ok(Facts {
        application_id: connection.pragma_query_value(None, "application_id", |row| row.get(0))?,
        version: schema::version(connection)?,
        page_size: connection.pragma_query_value(None, "page_size", |row| row.get(0))?,
        integrity: connection.query_row(INTEGRITY, [], |row| row.get(0))?,
        has_dangling_rows: connection.query_row(FOREIGN_KEYS, [], |row| row.get(0))?,
    })
}
