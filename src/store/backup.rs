//! Copies of the whole database, out and back in.

use super::{Change, Store, check_file, connect, folder_of, told};
use crate::error::{Error, Result};
use crate::when::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File};
use std::io;
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
        let failed =
            |error: io::Error| Error::unavailable(format!("cannot write {}", shown(path)), error);
        let exists = || {
            Error::request(format!("{} exists", shown(path)), "a backup replaces no file")
                .hint("name another file, or add --force")
        };
        if !force && fs::symlink_metadata(path).is_ok() {
            return Err(exists());
        }
        let file = NamedTempFile::with_prefix_in(".tokctl-", folder_of(path)).map_err(failed)?;
        let mut copy = Connection::open(file.path())?;
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
fn copy_into(from: &Connection, to: &mut Connection, mut step: impl FnMut(u64, u64)) -> Result<()> {
    let backup = Backup::new(from, to)?;
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
                return Err(Error::unavailable(
                    "database",
                    "locked by another process for too long",
                )
                .hint("find out what holds it, or try again"));
            }
            _ if restarts >= RESTARTS && !held => {
                // A read transaction: whoever wants to write waits for its end.
                from.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")?;
                held = true;
            }
            _ => {}
        }
    }
    drop(backup);
    if held {
        from.execute_batch("COMMIT")?;
    }
    Ok(())
}

/// Whether a file is a whole and sound tokctl database of a schema that this build knows.
pub fn check_backup(path: &Path) -> Result<()> {
    const INTEGRITY: &str = "SELECT integrity_check FROM pragma_integrity_check LIMIT 1";
    const FOREIGN_KEYS: &str = "SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check)";
    check_file(path)?;
    let unsound = |why: &str| {
        Error::unavailable(format!("backup {}", shown(path)), why).hint("take another backup")
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let check = || -> rusqlite::Result<(i64, i64, String, bool)> {
        let connection = Connection::open_with_flags(path, flags)?;
        Ok((
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?,
            super::schema::version(&connection)?,
            connection.query_row(INTEGRITY, [], |row| row.get(0))?,
            connection.query_row(FOREIGN_KEYS, [], |row| row.get(0))?,
        ))
    };
    let (application_id, version, integrity, dangling) =
        check().map_err(|error| super::cannot_open(path, error))?;
    if application_id != i64::from(super::schema::APPLICATION_ID) {
        return Err(unsound("it is another program's SQLite database"));
    }
    if version > super::schema::VERSION {
        return Err(unsound("its schema is newer than this tokctl knows"));
    }
    if integrity != "ok" || dangling {
        return Err(unsound("it is not sound"));
    }
    Ok(())
}

/// Puts a checked backup in the place of the database and keeps what was there beside it; returns
/// where, if there was anything. In a sound database the pages are replaced in one transaction,
/// so that whoever has it open sees the one or the other; a broken one is moved away.
pub fn restore(
    backup: &Path,
    database: &Path,
    mut step: impl FnMut(u64, u64),
) -> Result<Option<PathBuf>> {
    let failed =
        |error: io::Error| Error::unavailable(format!("cannot restore {}", shown(database)), error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(backup, flags)?;
    let kept = match fs::symlink_metadata(database) {
        Ok(_) => Some(beside(database)),
        Err(_) => None,
    };
    match (&kept, Store::open(database)) {
        (Some(kept), Ok(mut store)) => {
            store.backup(kept, false, |_, _| {})?;
            store.connection.pragma_update(None, "synchronous", "EXTRA")?;
            copy_into(&source, &mut store.connection, step)?;
        }
        (kept, Err(error)) => {
            // A lock is no reason to take the database away from whoever holds it.
            if kept.is_some() && error.why.contains("locked") {
                return Err(error);
            }
            let file =
                NamedTempFile::with_prefix_in(".tokctl-", folder_of(database)).map_err(failed)?;
            let mut copy = connect(file.path())?;
            copy_into(&source, &mut copy, &mut step)?;
            drop(copy);
            file.as_file().sync_all().map_err(failed)?;
            if let Some(kept) = kept {
                fs::rename(database, kept).map_err(failed)?;
            }
            file.persist_noclobber(database).map_err(|raced| failed(raced.error))?;
            File::open(folder_of(database)).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        (None, Ok(_)) => return Err(told(database, "somebody created it just now")),
    }
    let mut store = Store::open(database)?;
    store.write(|writer| {
        let detail = format!("from {}", shown(backup));
        writer.record(Change { action: "restore", detail: Some(&detail), ..Change::default() })
    })?;
    Ok(kept)
}

/// `tokctl.db.replaced-20261122T140500Z`, beside the database.
fn beside(database: &Path) -> PathBuf {
    let now: String =
        Timestamp::now().to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let mut name = database.as_os_str().to_os_string();
    name.push(format!(".replaced-{now}"));
    PathBuf::from(name)
}

fn shown(path: &Path) -> String {
    crate::name::Escaped(&path.to_string_lossy()).to_string()
}
