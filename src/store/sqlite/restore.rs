//! A backup in the place of the database.

use super::backup::{RESTARTS, back_up, copy_all, copy_steps};
use super::error::of_opening;
use super::file::{
    self, create_folder, folder_of, is_missing, is_truncated, not_a_uri, sync_folder, unnamed_in,
    with_suffix,
};
use super::open::connect;
use super::schema;
use crate::domain::time::Timestamp;
use crate::store::error::{Error, Result};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Replaces a database with a checked backup and keeps what was there beside it; returns where. In
/// a database that can be opened, the pages are replaced in one transaction; a broken one is moved
/// away.
pub fn restore(
    backup: &Path,
    database: &Path,
    now: Timestamp,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Option<PathBuf>> {
    let failed = |source: io::Error| Error::File { path: database.to_path_buf(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(not_a_uri(backup), flags)?;
    let kept = match target(database)? {
        Target::Missing => {
            create_folder(folder_of(database)).map_err(failed)?;
            let file = filled(&source, database, progress)?;
            file.persist_noclobber(database).map_err(|raced| failed(raced.error))?;
            None
        }
        Target::Whole(connection) => {
            Some(replace_pages(&source, connection, database, now, progress)?)
        }
        Target::Broken => {
            let file = filled(&source, database, progress)?;
            Some(replace_file(file, database, now).map_err(failed)?)
        }
    };
    sync_folder(folder_of(database)).map_err(failed)?;
    Ok(kept)
}

/// What is in the place where a backup is to go.
enum Target {
    Missing,
    Whole(Connection),
    /// Empty, truncated, or nothing that SQLite can read.
    Broken,
}

/// What may be replaced. Another program's database, a newer tokctl's and a locked one may not.
fn target(database: &Path) -> Result<Target> {
    if is_missing(database)? {
        return Ok(Target::Missing);
    }
    match file::check(database) {
        Err(Error::Empty) => return Ok(Target::Broken),
        checked => drop(checked?),
    }
    let open = || -> rusqlite::Result<_> {
        let connection = connect(database)?;
        let read = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let facts = (read("application_id")?, read("user_version")?, read("page_size")?);
        connection.execute_batch("SELECT count(*) FROM sqlite_schema")?;
        Ok((connection, facts))
    };
    let (connection, (application_id, version, page_size)) = match open() {
        Ok(opened) => opened,
        Err(error) => {
            return match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Ok(Target::Broken),
                _ => Err(of_opening(error)),
            };
        }
    };
    if application_id != i64::from(schema::APPLICATION_ID) {
        return Err(Error::AnotherProgram);
    }
    if version > schema::VERSION {
        return Err(Error::SchemaTooNew { found: version, known: schema::VERSION });
    }
    if is_truncated(database, page_size) {
        return Ok(Target::Broken);
    }
    Ok(Target::Whole(connection))
}

/// A new file beside the database with all of the backup in it.
fn filled(
    source: &Connection,
    database: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<NamedTempFile> {
    let failed = |source: io::Error| Error::File { path: database.to_path_buf(), source };
    let file = unnamed_in(folder_of(database)).map_err(failed)?;
    let mut copy = connect(file.path())?;
    copy_all(source, &mut copy, progress)?;
    drop(copy);
    file.as_file().sync_all().map_err(failed)?;
    Ok(file)
}

/// Puts a file in the place of a broken database, and returns where that is kept.
fn replace_file(file: NamedTempFile, database: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let kept = free_name_beside(database, now);
    // At no time is there no database: it has two names before it loses the first.
    fs::hard_link(database, &kept).or_else(|_| fs::copy(database, &kept).map(drop))?;
    // SQLite would roll what is left of a transaction back into the new file.
    for suffix in ["-journal", "-wal", "-shm"] {
        match fs::rename(with_suffix(database, suffix), with_suffix(&kept, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    file.persist(database).map_err(|other| other.error)?;
    Ok(kept)
}

/// Copies the database aside and replaces its pages. What other processes commit in between would
/// be in neither, so then both steps are repeated.
fn replace_pages(
    source: &Connection,
    mut target: Connection,
    database: &Path,
    now: Timestamp,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<PathBuf> {
    let failed = |source: io::Error| Error::File { path: database.to_path_buf(), source };
    // Opened before SQLite locks anything and closed after: closing any descriptor of a file gives
    // up all locks that this process has on it.
    let raw = File::open(database).map_err(failed)?;
    target.pragma_update(None, "synchronous", "EXTRA")?;
    for _ in 0..=RESTARTS {
        let kept = free_name_beside(database, now);
        let before = change_counter(&raw).map_err(failed)?;
        back_up(&target, &kept, false, &mut |_, _| {})?;
        let unchanged = || Ok(change_counter(&raw).map_err(failed)? == before);
        let replaced = copy_if(source, &mut target, unchanged, progress);
        if matches!(replaced, Ok(true)) {
            drop(target);
            return Ok(kept);
        }
        fs::remove_file(&kept).map_err(failed)?;
        replaced?;
    }
    Err(Error::Busy)
}

/// Copies everything, unless the target has changed once it is locked.
fn copy_if(
    from: &Connection,
    to: &mut Connection,
    unchanged: impl FnOnce() -> Result<bool>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<bool> {
    let backup = Backup::new(from, to)?;
    // The lock, and no page yet.
    match backup.step(0)? {
        StepResult::Busy | StepResult::Locked => return Err(Error::Locked),
        _ if !unchanged()? => return Ok(false),
        _ => {}
    }
    copy_steps(from, &backup, progress)?;
    Ok(true)
}

/// The number in the file's header that SQLite increments with every change.
fn change_counter(database: &File) -> io::Result<[u8; 4]> {
    let mut counter = [0; 4];
    database.read_exact_at(&mut counter, 24)?;
    Ok(counter)
}

/// `tokctl.db.replaced-20261122T140500Z` beside the database, or the same with a number.
fn free_name_beside(database: &Path, now: Timestamp) -> PathBuf {
    let now: String = now.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let first = with_suffix(database, &format!(".replaced-{now}"));
    let numbered = (2..).map(|number| with_suffix(&first, &format!("-{number}")));
    let is_free = |path: &PathBuf| fs::symlink_metadata(path).is_err();
    std::iter::once(first.clone()).chain(numbered).find(is_free).unwrap_or(first)
}
