//! Copies of the whole database, out and back in.

use super::{Change, Store, check_file, connect, folder_of, told};
use crate::error::{Error, Result};
use crate::when::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Pages copied before others get a turn: some tens of milliseconds.
const STEP: i32 = 4096;
/// How often others may write in between, which begins the copy anew, before they have to wait.
const RESTARTS: u32 = 3;

impl Store {
    /// Writes a consistent copy to `path`, whole or not at all, and never over a file that exists
    /// unless `force` says so. `step` is told how many pages are done, of how many.
    pub fn backup(&self, path: &Path, force: bool, step: impl FnMut(u64, u64)) -> Result<()> {
        let failed = |error: io::Error| {
            Error::unavailable(format!("cannot write {}", path.display()), error)
        };
        let exists = || {
            Error::request(format!("{} exists", path.display()), "a backup replaces no file")
                .hint("name another file, or add --force")
        };
        if !force && fs::symlink_metadata(path).is_ok() {
            return Err(exists());
        }
        let file = beginning(folder_of(path)).map_err(failed)?;
        let mut copy = connect(file.path())?;
        // Nobody else sees the file, and what is not finished is thrown away.
        copy.pragma_update(None, "journal_mode", "OFF")?;
        copy.pragma_update(None, "synchronous", "OFF")?;
        copy_into(&self.connection, &mut copy, step)?;
        drop(copy);
        file.as_file().sync_all().map_err(failed)?;
        let put = if force { file.persist(path) } else { file.persist_noclobber(path) };
        put.map_err(|raced| match raced.error.kind() {
            io::ErrorKind::AlreadyExists => exists(),
            _ => failed(raced.error),
        })?;
        File::open(folder_of(path)).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

/// Copies while others write, as long as that comes to an end; else they wait.
fn copy_into(from: &Connection, to: &mut Connection, step: impl FnMut(u64, u64)) -> Result<()> {
    copy_steps(from, &Backup::new(from, to)?, step)
}

fn copy_steps(from: &Connection, backup: &Backup, mut step: impl FnMut(u64, u64)) -> Result<()> {
    let (mut restarts, mut left, mut held) = (0, i32::MAX, false);
    loop {
        let done = backup.step(STEP)?;
        let progress = backup.progress();
        restarts += u32::from(progress.remaining > left);
        left = progress.remaining;
        step(
            (progress.pagecount - left).unsigned_abs().into(),
            progress.pagecount.unsigned_abs().into(),
        );
        match done {
            StepResult::Done => break,
            // The busy handler has waited already.
            StepResult::Busy | StepResult::Locked => {
                return Err(locked());
            }
            _ if restarts >= RESTARTS && !held => {
                // A read transaction: whoever wants to write waits for its end.
                from.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")?;
                held = true;
            }
            _ => {}
        }
    }
    if held {
        from.execute_batch("COMMIT")?;
    }
    Ok(())
}

/// Whether a file is a whole and sound tokctl database of a schema that this build knows.
pub fn check_backup(path: &Path) -> Result<()> {
    const INTEGRITY: &str = "SELECT integrity_check FROM pragma_integrity_check LIMIT 1";
    const FOREIGN_KEYS: &str = "SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check)";
    let unsound = |why: &str| {
        Error::unavailable(format!("backup {}", path.display()), why).hint("name another backup")
    };
    if fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Err(unsound("there is no such file"));
    }
    check_file(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let check = || -> rusqlite::Result<(i64, i64, i64, String, bool)> {
        let connection = Connection::open_with_flags(super::no_uri(path), flags)?;
        Ok((
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?,
            super::schema::version(&connection)?,
            connection.pragma_query_value(None, "page_size", |row| row.get(0))?,
            connection.query_row(INTEGRITY, [], |row| row.get(0))?,
            connection.query_row(FOREIGN_KEYS, [], |row| row.get(0))?,
        ))
    };
    let (application_id, version, page_size, integrity, dangling) =
        check().map_err(|error| super::cannot_open(path, error))?;
    if application_id != i64::from(super::schema::APPLICATION_ID) {
        return Err(unsound("it is another program's SQLite database"));
    }
    if version > super::schema::VERSION {
        return Err(unsound("its schema is newer than this tokctl knows"));
    }
    if version < 1 {
        return Err(unsound("it has no schema"));
    }
    if fs::metadata(path).is_ok_and(|file| file.len() % page_size.unsigned_abs().max(512) != 0) {
        return Err(unsound("it is cut off"));
    }
    if integrity != "ok" || dangling {
        return Err(unsound("it is not sound"));
    }
    Ok(())
}

/// Puts a checked backup in the place of the database and keeps what was there beside it; returns
/// where, if there was anything. In a database that can be opened the pages are replaced in one
/// transaction, so that whoever has it open sees the one or the other; a broken one is moved away.
pub fn restore(
    backup: &Path,
    database: &Path,
    mut step: impl FnMut(u64, u64),
) -> Result<Option<PathBuf>> {
    let failed = |error: io::Error| {
        Error::unavailable(format!("cannot restore {}", database.display()), error)
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(super::no_uri(backup), flags)?;
    let kept = match target(database)? {
        Target::Missing => {
            super::create_folder(folder_of(database)).map_err(failed)?;
            let file = filled(&source, database, &mut step)?;
            file.persist_noclobber(database).map_err(|raced| failed(raced.error))?;
            None
        }
        Target::Whole(store) => Some(replace_pages(&source, store, database, &mut step)?),
        Target::Broken => {
            let file = filled(&source, database, &mut step)?;
            let kept = beside(database);
            // At no time is there no database: it has two names before it loses the first.
            fs::hard_link(database, &kept)
                .or_else(|_| fs::copy(database, &kept).map(drop))
                .map_err(failed)?;
            // SQLite would roll what is left of a transaction back into the new file.
            for end in ["-journal", "-wal", "-shm"] {
                match fs::rename(with_end(database, end), with_end(&kept, end)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(failed(error));
                    }
                    _ => {}
                }
            }
            file.persist(database).map_err(|other| failed(other.error))?;
            Some(kept)
        }
    };
    File::open(folder_of(database)).and_then(|folder| folder.sync_all()).map_err(failed)?;
    let mut store = Store::open(database)?;
    store.write(|writer| {
        let detail = format!("from {}", backup.display());
        writer.record(Change { action: "restore", detail: Some(&detail), ..Change::default() })
    })?;
    Ok(kept)
}

/// What is in the place where a backup is to go.
enum Target {
    Missing,
    Whole(Connection),
    /// Empty, cut off, or nothing that SQLite can read.
    Broken,
}

/// What may be replaced. What is another program's, a newer tokctl's or locked stays.
fn target(database: &Path) -> Result<Target> {
    match fs::symlink_metadata(database) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Target::Missing),
        _ => {}
    }
    if fs::metadata(database).is_ok_and(|file| file.is_file() && file.len() == 0) {
        return Ok(Target::Broken);
    }
    check_file(database)?;
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
                _ => Err(super::cannot_open(database, error)),
            };
        }
    };
    if application_id != i64::from(super::schema::APPLICATION_ID) {
        return Err(told(database, "it is another program's SQLite database")
            .hint("name tokctl's own with --database or $TOKCTL_DATABASE"));
    }
    if version > super::schema::VERSION {
        return Err(told(database, "its schema is newer than this tokctl knows")
            .hint("install a newer tokctl"));
    }
    let page_size = page_size.unsigned_abs().max(512);
    match fs::metadata(database).is_ok_and(|file| file.len() % page_size != 0) {
        true => Ok(Target::Broken),
        false => Ok(Target::Whole(connection)),
    }
}

/// A new file beside the database with all of the backup in it.
fn filled(
    source: &Connection,
    database: &Path,
    step: &mut impl FnMut(u64, u64),
) -> Result<NamedTempFile> {
    let failed = |error: io::Error| {
        Error::unavailable(format!("cannot restore {}", database.display()), error)
    };
    let file = beginning(folder_of(database)).map_err(failed)?;
    let mut copy = connect(file.path())?;
    copy_into(source, &mut copy, step)?;
    drop(copy);
    file.as_file().sync_all().map_err(failed)?;
    Ok(file)
}

/// Copies the database aside and replaces its pages. What others commit in between would be in
/// neither: then both are done again.
fn replace_pages(
    source: &Connection,
    target: Connection,
    database: &Path,
    step: &mut impl FnMut(u64, u64),
) -> Result<PathBuf> {
    let failed = |error: io::Error| {
        Error::unavailable(format!("cannot restore {}", database.display()), error)
    };
    // Opened before SQLite locks anything and closed after: to close any descriptor of a file
    // gives up all locks that this process has on it.
    let raw = File::open(database).map_err(failed)?;
    let mut store = Store::on(target);
    store.connection.pragma_update(None, "synchronous", "EXTRA")?;
    let mut done = Ok(false);
    for _ in 0..=RESTARTS {
        let kept = beside(database);
        let before = change_counter(&raw).map_err(failed)?;
        store.backup(&kept, false, |_, _| {})?;
        let unchanged = || Ok(change_counter(&raw).map_err(failed)? == before);
        done = copy_if(source, &mut store.connection, unchanged, &mut *step);
        if matches!(done, Ok(true)) {
            drop(store);
            return Ok(kept);
        }
        fs::remove_file(&kept).map_err(failed)?;
        if done.is_err() {
            break;
        }
    }
    done?;
    Err(told(database, "others go on writing to it").hint("stop them, or try again"))
}

/// Copies everything, unless the target, once it is locked, turns out to be changed.
fn copy_if(
    from: &Connection,
    to: &mut Connection,
    unchanged: impl FnOnce() -> Result<bool>,
    step: impl FnMut(u64, u64),
) -> Result<bool> {
    {
        let backup = Backup::new(from, to)?;
        // The lock, and no page yet.
        match backup.step(0)? {
            StepResult::Busy | StepResult::Locked => return Err(locked()),
            _ if !unchanged()? => return Ok(false),
            _ => {}
        }
        copy_steps(from, &backup, step)?;
    }
    Ok(true)
}

/// What SQLite counts up in the file's header with every change.
fn change_counter(database: &File) -> io::Result<[u8; 4]> {
    let mut counter = [0; 4];
    database.read_exact_at(&mut counter, 24)?;
    Ok(counter)
}

/// A file that only this account may read, whatever the umask, until it gets its name.
fn beginning(folder: &Path) -> io::Result<NamedTempFile> {
    let file = NamedTempFile::with_prefix_in(".tokctl-", folder)?;
    file.as_file().set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// `tokctl.db.replaced-20261122T140500Z`, beside the database, or that with a number.
fn beside(database: &Path) -> PathBuf {
    let now: String =
        Timestamp::now().to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let first = with_end(database, &format!(".replaced-{now}"));
    let others = (2..).map(|number| with_end(&first, &format!("-{number}")));
    let free = |path: &PathBuf| fs::symlink_metadata(path).is_err();
    std::iter::once(first.clone()).chain(others).find(free).unwrap_or(first)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(end);
    PathBuf::from(name)
}

fn locked() -> Error {
    Error::unavailable("database", "locked by another process for too long")
        .hint("find out what holds it, or try again")
}
