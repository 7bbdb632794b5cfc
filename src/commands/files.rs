//! Files that commands read and write.

use crate::error::{Error, Result};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Creates a file for `--out` that only this account may read.
pub fn create_private(path: &Path) -> Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    // The umask may have taken bits away from the mode above.
    file.and_then(|file| file.set_permissions(Permissions::from_mode(0o600)).map(|()| file))
        .map_err(|error| {
            let hint = match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    "--out never overwrites a file; name one that does not exist"
                }
                _ => "--out creates a file; name one in a folder that exists and is writable",
            };
            Error::request(format!("cannot create {}", path.display()), error).hint(hint)
        })
}

/// Whether two paths lead to the same file.
pub fn are_same(a: &Path, b: &Path) -> bool {
    let file = |path| fs::metadata(path).map(|file| (file.dev(), file.ino()));
    matches!((file(a), file(b)), (Ok(a), Ok(b)) if a == b)
}

/// Opens a file to read lines from; `-` is standard input.
pub fn open_lines(path: &Path) -> Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path)
        .map_err(|error| Error::request(format!("cannot read {}", path.display()), error))?;
    Ok(Box::new(BufReader::new(file)))
}
