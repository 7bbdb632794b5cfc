//! Files that commands read and write.

use super::stream::is_dash;
use crate::error::{Error, Result};
use crate::store::{Location, is_part_of};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Fails if a file to write is the database, or one that SQLite keeps beside it.
pub fn check_no_part(path: &Path, database: Option<&Location>) -> Result<()> {
    match database.is_some_and(|database| is_part_of(path, database)) {
        true => Err(Error::request(
            format!("cannot write {}", path.display()),
            "it is a part of the database",
        )
        .hint("name another file")),
        false => Ok(()),
    }
}

/// Whether two paths lead to the same file.
pub fn are_same(a: &Path, b: &Path) -> bool {
    let file = |path| fs::metadata(path).map(|file| (file.dev(), file.ino()));
    matches!((file(a), file(b)), (Ok(a), Ok(b)) if a == b)
}

/// Opens a file to read lines from; `-` is standard input.
pub fn open_lines(path: &Path) -> Result<Box<dyn BufRead>> {
    if is_dash(path) {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path)
        .map_err(|error| Error::request(format!("cannot read {}", path.display()), error))?;
    Ok(Box::new(BufReader::new(file)))
}
