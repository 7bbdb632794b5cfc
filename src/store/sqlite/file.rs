//! The database as a file: what can be known before SQLite opens it, and files beside it.

use crate::store::error::{Error, Result};
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// Whether there is nothing at the path. Fails if the path cannot be looked at.
pub fn is_missing(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(false),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(true),
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
pub fn check(path: &Path) -> Result<Identity> {
    let file = fs::metadata(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Error::Missing,
        _ => Error::CannotOpen(source.to_string()),
    })?;
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
    Ok(Identity(file.dev(), file.ino()))
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

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The path with a text appended to the file name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    PathBuf::from(name)
}

/// Creates a folder and its missing parents, with mode 0700 whatever the umask.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_folder(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(0o700)),
        // Another process was faster.
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// A file without its final name that only this account may read, whatever the umask. It is
/// deleted unless it gets the name.
pub fn unnamed_in(folder: &Path) -> io::Result<NamedTempFile> {
    // Not the crate's own way to create it, whose errors name the temporary file.
    let create = |path: &Path| {
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
    };
    let file = Builder::new().prefix(".tokctl-").make_in(folder, create)?;
    file.as_file().set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Makes the names in a folder survive a power cut.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
