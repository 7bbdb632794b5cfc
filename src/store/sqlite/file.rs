//! The database as a file: what can be known before SQLite opens it, and files beside it.

use super::way::Way;
use crate::store::error::{Error, Result};
use crate::store::unfinished::{folder_of, sync_folder};
use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Files that SQLite keeps beside a database, and believes.
const SIDE_FILES: [&str; 3] = ["-journal", "-wal", "-shm"];

/// Whether there is nothing at the path. Fails if the path cannot be looked at.
pub fn is_missing(path: &Path) -> Result<bool> {
    Ok(look_at(path)?.is_none())
}

/// What is at the path, without following a link.
fn look_at(path: &Path) -> Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::CannotOpen(source.to_string())),
    }
}

/// Which file a path leads to: the device and the inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity(u64, u64);

impl Identity {
    /// The file that the path leads to now.
    pub fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|file| Identity(file.dev(), file.ino()))
    }
}

/// A path, and the file that it led to.
pub struct Place {
    pub path: PathBuf,
    file: Identity,
    /// When it led there last; `None` before it was looked at again.
    seen: Option<Instant>,
}

impl Place {
    /// The path, and the file that it leads to.
    pub fn new(path: &Path, file: Identity) -> Self {
        Place { path: path.to_path_buf(), file, seen: None }
    }

    /// The file that the path led to.
    pub fn identity(&self) -> Identity {
        self.file
    }

    /// Whether the path leads to that file `now`, or was seen to, less than `age` ago.
    pub fn leads_there(&mut self, now: Instant, age: Duration) -> bool {
        if self.seen.is_some_and(|seen| now.duration_since(seen) < age) {
            return true;
        }
        let leads_there = Identity::of(&self.path) == Some(self.file);
        self.seen = leads_there.then_some(now);
        leads_there
    }
}

/// Checks what can be known of a database before SQLite opens it.
///
/// Whoever can create files beside a database can issue tokens, because SQLite restores pages from a
/// journal that it finds there. So can whoever can put another database in its place. So nobody else
/// may be able to, and there may be no journal of somebody else.
///
/// It is a part of every verification, and makes a system call for the file, for each folder on the
/// way to it, and for two side files. Without a `-wal`, `-shm` does not matter.
pub fn check(path: &Path) -> Result<Identity> {
    let way = Way::to(path)?;
    let file = check_file(&way)?;
    way.check(Some(file))?;
    // The side files are beside the file that the link leads to.
    check_side_files(way.target.as_deref().unwrap_or(path), file)?;
    Ok(Identity(file.dev(), file.ino()))
}

/// Checks the file alone.
fn check_file(way: &Way) -> Result<&Metadata> {
    let file = way.end.as_ref().ok_or(Error::Missing)?;
    if file.is_dir() {
        return Err(Error::IsDirectory);
    }
    if !file.is_file() {
        return Err(Error::NotAFile);
    }
    if file.len() == 0 {
        return Err(Error::Empty);
    }
    if file.mode() & 0o002 != 0 {
        return Err(Error::WorldWritable);
    }
    Ok(file)
}

/// Creates the missing folders of a new database, unless others could replace it there or create
/// files beside it.
pub fn create_place(path: &Path, failed: impl Fn(io::Error) -> Error) -> Result<()> {
    Way::to(path)?.check(None)?;
    create_folder(folder_of(path)).map_err(failed)?;
    // Once more: now they exist.
    Way::to(path)?.check(None)?;
    check_no_side_files(path)
}

/// Fails if a side file is no regular file (a pipe would block SQLite for ever) or belongs to
/// somebody who may not write the database.
pub fn check_side_files(path: &Path, database: &Metadata) -> Result<()> {
    for suffix in SIDE_FILES {
        let side = with_suffix(path, suffix);
        match look_at(&side)? {
            Some(file) if !file.is_file() => return Err(Error::SideFileKind(side)),
            Some(found) if is_strangers(&found, database) => {
                return Err(Error::SideFileOwner { file: side, owner: database.uid() });
            }
            None if suffix == "-wal" => break,
            _ => {}
        }
    }
    Ok(())
}

/// Whether a file beside the database belongs neither to this account, nor to root, nor to one that
/// may write the database.
fn is_strangers(file: &Metadata, database: &Metadata) -> bool {
    let is_shared = database.mode() & 0o020 != 0;
    let may_write = is_shared || file.uid() == 0 || file.uid() == database.uid();
    !may_write && file.uid() != rustix::process::geteuid().as_raw()
}

/// Fails if there are side files without a database. SQLite would restore their pages into a new one
/// that gets its name.
fn check_no_side_files(path: &Path) -> Result<()> {
    for suffix in SIDE_FILES {
        let side = with_suffix(path, suffix);
        // In this order: another process may just have created the database.
        if look_at(&side)?.is_some() && is_missing(path)? {
            return Err(Error::SideFileLeft(side));
        }
    }
    Ok(())
}

/// Checks a database that is only read, which may be anywhere. Returns whether SQLite must believe
/// nothing but the file itself, because other accounts can create files beside it.
pub fn check_source(path: &Path) -> Result<bool> {
    let way = Way::to(path)?;
    let file = check_file(&way)?;
    let path = way.target.as_deref().unwrap_or(path);
    check_side_files(path, file)?;
    match way.check(Some(file)) {
        Err(Error::WritableFolder { .. } | Error::FolderOwner { .. }) => {}
        checked => return checked.map(|()| false),
    }
    match SIDE_FILES.map(|suffix| with_suffix(path, suffix)).into_iter().find(|side| side.exists())
    {
        Some(side) => Err(Error::SideFileLeft(side)),
        None => Ok(true),
    }
}

/// Whether a path is the database or one of its side files, whether or not it exists.
pub fn is_part_of(path: &Path, database: &Path) -> bool {
    let place = |path: &Path| {
        let in_folder = || Some(fs::canonicalize(folder_of(path)).ok()?.join(path.file_name()?));
        fs::canonicalize(path).ok().or_else(in_folder)
    };
    let (Some(path), Some(database)) = (place(path), place(database)) else { return false };
    path == database || SIDE_FILES.iter().any(|suffix| path == with_suffix(&database, suffix))
}

/// Whether the last page is incomplete. SQLite would take the rest of it for zeros.
pub fn is_truncated(path: &Path, page_size: i64) -> bool {
    let page_size = page_size.unsigned_abs().max(512);
    fs::metadata(path).is_ok_and(|file: Metadata| !file.len().is_multiple_of(page_size))
}

/// A path that SQLite takes for nothing else: one that begins with `file:` would be a URI to it,
/// which names another file, or none.
pub fn not_a_uri(path: &Path) -> PathBuf {
    Path::new(".").join(path)
}

/// The path with a text appended to the file name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    PathBuf::from(name)
}

/// Creates a folder and its missing parents, with mode 0700 whatever the umask. They survive a power
/// cut.
fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_folder(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {
            fs::set_permissions(folder, Permissions::from_mode(0o700))?;
            match sync_folder(folder_of(folder)) {
                // A folder that can be written and not read cannot be synced.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
                synced => synced,
            }
        }
        // Another process was faster.
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Gives a new file the owner of another one, and its mode if that is a file, too. Only root can give
/// files away; otherwise the new file stays private to this account.
pub fn adopt(new: &File, old: &Metadata) -> io::Result<()> {
    match fchown(new, Some(old.uid()), Some(old.gid())) {
        Ok(()) if old.is_file() => new.set_permissions(Permissions::from_mode(old.mode() & 0o660)),
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_is_noticed_once_what_was_seen_is_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        fs::write(&path, "first").unwrap();
        let mut place = Place::new(&path, Identity::of(&path).unwrap());
        let (start, age) = (Instant::now(), Duration::from_millis(1));
        assert!(place.leads_there(start, age));
        let other = folder.path().join("other");
        fs::write(&other, "second").unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(place.leads_there(start + Duration::from_micros(999), age));
        assert!(!place.leads_there(start + Duration::from_micros(999), Duration::ZERO));
        assert!(!place.leads_there(start + Duration::from_micros(999), age));
    }

    #[test]
    fn what_was_seen_gets_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        fs::write(&path, "first").unwrap();
        let mut place = Place::new(&path, Identity::of(&path).unwrap());
        let (start, age) = (Instant::now(), Duration::from_millis(1));
        assert!(place.leads_there(start, age));
        fs::remove_file(&path).unwrap();
        assert!(!place.leads_there(start + age, age));
    }
}
