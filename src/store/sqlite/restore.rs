//! A backup in the place of the database.

use super::backup::{
    JOURNAL_VERSIONS, RESTARTS, ROLLBACK_JOURNAL, copy_beside, copy_steps, copy_to, open_backup,
};
use super::error::of_opening;
use super::file::{self, adopt, create_place, is_missing, is_truncated, with_suffix};
use super::journal;
use super::open::connect;
use super::schema;
use crate::domain::time::Timestamp;
use crate::store::error::{Error, Result};
use crate::store::unfinished::{folder_of, survive_a_file_size_limit, sync_folder};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
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
    survive_a_file_size_limit();
    let source = open_backup(backup)?;
    let kept = match target(database)? {
        Target::Missing => {
            create_place(database, failed)?;
            let file = copy_beside(&source, database, progress)?;
            // Root restores for the account that the folder belongs to.
            let owner = fs::metadata(folder_of(database)).map_err(failed)?;
            adopt(file.as_file(), &owner).map_err(failed)?;
            file.persist_noclobber(database).map_err(|raced| failed(raced.error))?;
            None
        }
        Target::Whole(connection) => {
            Some(replace_pages(&source, connection, database, now, progress)?)
        }
        Target::Broken => {
            let file = copy_beside(&source, database, progress)?;
            Some(replace_file(file, database, now)?)
        }
    };
    match (sync_folder(folder_of(database)), kept) {
        (Err(error), Some(kept)) => {
            Err(Error::Restoring { kept, why: Box::new(Error::Io(error.to_string())) })
        }
        (synced, kept) => synced.map(|()| kept).map_err(failed),
    }
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

/// Puts a file in the place of a broken database, and returns where that is kept.
fn replace_file(file: NamedTempFile, database: &Path, now: Timestamp) -> Result<PathBuf> {
    let failed = |source: io::Error| Error::File { path: database.to_path_buf(), source };
    let old = fs::metadata(database).map_err(failed)?;
    adopt(file.as_file(), &old).map_err(failed)?;
    // At no time is there no database: it has two names before it loses the first.
    let kept = under_free_name(database, now, |kept| match name_twice(database, kept) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Made::NameTaken),
        named => named.map(|()| Made::Done).map_err(failed),
    })?;
    // SQLite would roll what is left of a transaction back into the new file.
    for suffix in ["-journal", "-wal", "-shm"] {
        match fs::rename(with_suffix(database, suffix), with_suffix(&kept, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    file.persist(database).map_err(|other| failed(other.error))?;
    Ok(kept)
}

/// Gives a file a second name, or copies it where hard links are not available.
fn name_twice(file: &Path, name: &Path) -> io::Result<()> {
    match fs::hard_link(file, name) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let mut copy = File::options().write(true).create_new(true).mode(0o600).open(name)?;
            io::copy(&mut File::open(file)?, &mut copy)?;
            copy.sync_all()
        }
        linked => linked,
    }
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
    journal::limit_log(&target)?;
    for _ in 0..=RESTARTS {
        let changes = Changes::of(&raw, database)?;
        let before = changes.count()?;
        let kept = keep(&target, database, now)?;
        let unchanged = || Ok(changes.count()? == before);
        match copy_if(source, &mut target, unchanged, progress) {
            Ok(true) => {
                drop((target, changes));
                drop(raw);
                return Ok(kept);
            }
            Ok(false) => fs::remove_file(&kept).map_err(failed)?,
            Err(why) => {
                drop((target, changes));
                drop(raw);
                if is_copied(database, &kept) {
                    fs::remove_file(&kept).map_err(failed)?;
                    return Err(why);
                }
                return Err(Error::Restoring { kept, why: Box::new(why) });
            }
        }
    }
    Err(Error::Busy)
}

/// A copy of the database beside it, with its owner and mode.
fn keep(target: &Connection, database: &Path, now: Timestamp) -> Result<PathBuf> {
    let failed = |source: io::Error| Error::File { path: database.to_path_buf(), source };
    let old = fs::metadata(database).map_err(failed)?;
    under_free_name(database, now, |kept| {
        // Unchecked: what is to be replaced may be corrupt.
        match copy_to(target, kept, false, &|_| Ok(()), &mut |_, _| {}) {
            Err(Error::FileExists(_)) => return Ok(Made::NameTaken),
            copied => copied?,
        }
        let copy = File::open(kept).map_err(failed)?;
        adopt(&copy, &old).map_err(failed)?;
        Ok(Made::Done)
    })
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

/// Whether a database is proven to be as it was when it was copied: its pages are the same. A
/// transaction that was interrupted is rolled back first.
fn is_copied(database: &Path, kept: &Path) -> bool {
    let compare = || -> Result<bool> {
        let connection = connect(database)?;
        // The file is all that is compared.
        let is_all_in_file: bool =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                row.get(0).map(|busy: i64| busy == 0)
            })?;
        let before = data_version(&connection)?;
        let lock = connection.unchecked_transaction()?;
        lock.execute_batch("SELECT count(*) FROM sqlite_schema")?;
        // Closed after SQLite's own: see `replace_pages`.
        let file = File::open(database).map_err(Error::Create)?;
        let same = have_same_pages(&file, kept).map_err(Error::Create);
        drop(lock);
        // With a write-ahead log, others can write meanwhile.
        let is_unchanged = data_version(&connection)? == before;
        drop(connection);
        Ok(same? && is_all_in_file && is_unchanged)
    };
    compare().unwrap_or(false)
}

/// Compares two files but for what the header of a copy has of its own: which journal, the change
/// counter, the number of the schema, and the version that wrote it.
fn have_same_pages(mut a: &File, kept: &Path) -> io::Result<bool> {
    const PAGE: u64 = 64 * 1024;
    let mut b = File::open(kept)?;
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let mut is_first = true;
    loop {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        Read::by_ref(&mut a).take(PAGE).read_to_end(&mut left)?;
        Read::by_ref(&mut b).take(PAGE).read_to_end(&mut right)?;
        if is_first {
            for page in [&mut left, &mut right].into_iter().filter(|page| page.len() >= 100) {
                for own in [18..20, 24..28, 40..44, 92..100] {
                    page[own].fill(0);
                }
            }
        }
        if left != right || left.is_empty() {
            return Ok(left == right);
        }
        is_first = false;
    }
}

/// What tells whether others have changed a database, also while it is locked against them.
enum Changes<'a> {
    /// With a rollback journal: the file, in whose header SQLite increments a number with every change.
    /// Changing to a write-ahead log is one.
    InHeader(&'a File),
    /// With a write-ahead log, in which the header stays as it is: a connection of its own, which can read
    /// while the database is locked. Nobody can go back to a rollback journal as long as it is open.
    InLog(Connection),
}

impl<'a> Changes<'a> {
    fn of(file: &'a File, database: &Path) -> Result<Self> {
        let failed = |source: io::Error| Error::File { path: database.to_path_buf(), source };
        let mut versions = [0; 2];
        file.read_exact_at(&mut versions, JOURNAL_VERSIONS).map_err(failed)?;
        if versions == ROLLBACK_JOURNAL {
            return Ok(Changes::InHeader(file));
        }
        let watching = connect(database)?;
        watching.execute_batch("SELECT count(*) FROM sqlite_schema")?;
        Ok(Changes::InLog(watching))
    }

    /// A number that is another one after every change.
    fn count(&self) -> Result<u32> {
        match self {
            Changes::InHeader(file) => {
                let mut counter = [0; 4];
                file.read_exact_at(&mut counter, 24)
                    .map_err(|error| Error::Io(error.to_string()))?;
                Ok(u32::from_be_bytes(counter))
            }
            Changes::InLog(watching) => Ok(data_version(watching)?),
        }
    }
}

/// A number that changes when others commit.
fn data_version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0))
}

/// Calls `make` with `tokctl.db.replaced-20261122T140500Z` beside the database, or with the same and a
/// number, as long as it says that the name is taken: another process may restore in the same second.
fn under_free_name(
    database: &Path,
    now: Timestamp,
    mut make: impl FnMut(&Path) -> Result<Made>,
) -> Result<PathBuf> {
    let now: String = now.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let first = with_suffix(database, &format!(".replaced-{now}"));
    let (mut path, mut number) = (first.clone(), 1);
    while let Made::NameTaken = make(&path)? {
        number += 1;
        path = with_suffix(&first, &format!("-{number}"));
    }
    Ok(path)
}

/// What became of a file that was to be made.
enum Made {
    Done,
    NameTaken,
}
