//! The file of `--out`.

use super::files::check_no_part;
use crate::error::{Error, Result};
use crate::store::Location;
use crate::store::unfinished::{file_in, folder_of, sync_folder};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file for `--out`, which only this account may read. It gets its name when it is complete.
pub struct OutFile {
    pub path: PathBuf,
    /// `None` once it has its name.
    unfinished: Option<NamedTempFile>,
}

impl OutFile {
    /// Fails if the file exists or could not be created.
    pub fn create(path: &Path, database: Option<&Location>) -> Result<Self> {
        check_no_part(path, database)?;
        let file = match fs::symlink_metadata(path) {
            Ok(_) => Err(Errno::EXIST.into()),
            Err(_) => file_in(folder_of(path)),
        };
        let file = file.map_err(|error| {
            let hint = match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    "--out never overwrites a file; name one that does not exist"
                }
                _ => "--out creates a file; name one in a folder that exists and is writable",
            };
            Error::request(format!("cannot create {}", path.display()), error).hint(hint)
        })?;
        Ok(OutFile { path: path.to_path_buf(), unfinished: Some(file) })
    }

    /// Gives the file its name, which survives a power cut.
    pub fn finish(&mut self) -> io::Result<()> {
        self.file()?.sync_all()?;
        if let Some(file) = self.unfinished.take() {
            file.persist_noclobber(&self.path).map_err(|raced| raced.error)?;
        }
        sync_folder(folder_of(&self.path)).inspect_err(|_| {
            // The command fails and is undone.
            let _ = fs::remove_file(&self.path);
        })
    }

    fn file(&self) -> io::Result<&File> {
        let unfinished = self.unfinished.as_ref().ok_or(Errno::BADF)?;
        Ok(unfinished.as_file())
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file()?.flush()
    }
}
