//! The database as a file: what can be known before SQLite opens it, and files beside it.

use crate::store::error::{Error, Result};
use crate::store::unfinished::{folder_of, sync_folder};
use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

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

/// Checks what can be known of a database before SQLite opens it.
///
/// Whoever can create files beside a database can issue tokens, because SQLite restores pages from a
/// journal that it finds there. So nobody else may be able to, and there may be no such file of
/// somebody else.
///
/// It is a part of every verification, and makes four system calls: the file, its folder, and two
/// side files. Without a `-wal`, `-shm` does not matter.
pub fn check(path: &Path) -> Result<Identity> {
    let (file, target) = check_file(path)?;
    check_folder(folder_of(path), Some(&file))?;
    if let Some(target) = &target {
        // The side files are beside the file that the link leads to.
        check_folder(folder_of(target), Some(&file))?;
    }
    check_side_files(target.as_deref().unwrap_or(path), &file)?;
    Ok(Identity(file.dev(), file.ino()))
}

/// Checks the file alone. If the path is a link, returns the path that it leads to, too.
fn check_file(path: &Path) -> Result<(Metadata, Option<PathBuf>)> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => Error::Missing,
        _ => Error::CannotOpen(source.to_string()),
    };
    let mut file = fs::symlink_metadata(path).map_err(failed)?;
    let mut target = None;
    if file.is_symlink() {
        file = fs::metadata(path).map_err(failed)?;
        target = Some(fs::canonicalize(path).map_err(failed)?);
    }
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
    Ok((file, target))
}

/// Fails if other accounts can create files in the folder of a database. The sticky bit does not
/// keep them from it. A group that may write the database itself gains nothing.
pub fn check_folder(folder: &Path, database: Option<&Metadata>) -> Result<()> {
    let found = fs::metadata(folder).map_err(|source| Error::CannotOpen(source.to_string()))?;
    let may_write = |file: &Metadata| file.mode() & 0o020 != 0 && file.gid() == found.gid();
    let by_group = found.mode() & 0o020 != 0 && !database.is_some_and(may_write);
    if by_group || found.mode() & 0o002 != 0 {
        let is_sticky = found.mode() & 0o1000 != 0;
        return Err(Error::WritableFolder { folder: folder.to_path_buf(), by_group, is_sticky });
    }
    Ok(())
}

/// Fails if a side file is no regular file (a pipe would block SQLite for ever) or belongs to
/// somebody who may not write the database.
pub fn check_side_files(path: &Path, database: &Metadata) -> Result<()> {
    for suffix in SIDE_FILES {
        let side = with_suffix(path, suffix);
        match look_at(&side)? {
            Some(file) if !file.is_file() => return Err(Error::SideFileKind(side)),
            Some(file) if is_strangers(&file, database) => {
                return Err(Error::SideFileOwner(side));
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
pub fn check_no_side_files(path: &Path) -> Result<()> {
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
    let (file, target) = check_file(path)?;
    let path = target.as_deref().unwrap_or(path);
    check_side_files(path, &file)?;
    match check_folder(folder_of(path), Some(&file)) {
        Err(Error::WritableFolder { .. }) => {}
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
pub fn create_folder(folder: &Path) -> io::Result<()> {
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
