//! Standard output and standard input, and `-` where a file is wanted.

use crate::error::{Error, Result};
use crate::store::unfinished::file_in;
use rustix::fs::{OFlags, fcntl_getfl, fstat, stat};
use std::env;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What messages call the streams.
pub const STDIN: &str = "standard input";
pub const STDOUT: &str = "standard output";

/// How every SQLite database begins.
const DATABASE_HEADER: &[u8] = b"SQLite format 3\0";

/// Whether a path means a stream. A file of that name is `./-`.
pub fn is_dash(path: &Path) -> bool {
    path == Path::new("-")
}

/// The file to write to; `None` means standard output, as if the option had not been given.
pub fn file_of(out: Option<PathBuf>) -> Option<PathBuf> {
    out.filter(|path| !is_dash(path))
}

/// Fails if standard output cannot be written. Rust's standard output takes what is written to such a
/// descriptor for done.
pub fn check_output() -> Result<()> {
    match fcntl_getfl(io::stdout()) {
        Ok(flags) if flags & OFlags::RWMODE == OFlags::RDONLY => Err(Error::unavailable(
            "cannot write the output",
            "standard output is open for reading only",
        )),
        _ => Ok(()),
    }
}

/// Whether standard output was closed when the program started. Such a descriptor has become
/// `/dev/null`, open for reading and writing, before any of our code runs; `> /dev/null` in a shell is
/// open for writing only.
pub fn stdout_is_closed() -> bool {
    let stdout = io::stdout();
    let Ok(out) = fstat(&stdout) else { return true };
    // Containers can lack it. Then a closed descriptor has stayed closed.
    let Ok(null) = stat("/dev/null") else { return false };
    let both = fcntl_getfl(&stdout).is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::RDWR);
    both && null.st_rdev == out.st_rdev && null.st_ino == out.st_ino && null.st_dev == out.st_dev
}

/// Sends to standard output what `write` writes to a file. The file is private, complete before
/// anything is sent, and has no name while it is.
pub fn send_file(write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let failed = |error: io::Error| Error::unavailable("cannot write a temporary file", error);
    let place = file_in(&env::temp_dir()).map_err(failed)?;
    write(place.path())?;
    let mut file = File::open(place.path()).map_err(failed)?;
    place.close().map_err(failed)?;
    let mut to_stdout = || -> io::Result<()> {
        let mut stdout = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        io::copy(&mut file, &mut stdout).map(drop)
    };
    to_stdout().map_err(Error::undelivered)
}

/// Takes a database from standard input into a private file in `folder`, which is deleted when it
/// is dropped and when a signal ends the program.
pub fn receive_database(folder: &Path) -> Result<NamedTempFile> {
    let unread = format!("cannot read {STDIN}");
    if io::stdin().is_terminal() {
        return Err(Error::request(unread, "it is a terminal").hint("send a backup to it"));
    }
    let failed = |error: io::Error| Error::unavailable(&unread, error);
    let mut stdin = io::stdin().lock();
    // Input without end must not fill the disk.
    let mut start = Vec::new();
    stdin.by_ref().take(DATABASE_HEADER.len() as u64).read_to_end(&mut start).map_err(failed)?;
    if start != DATABASE_HEADER {
        return Err(Error::unavailable(
            format!("cannot restore {STDIN}"),
            "it is not a SQLite database",
        )
        .hint("send the output of `tokctl backup -`"));
    }
    let mut file = file_in(folder).map_err(failed)?;
    file.write_all(&start).and_then(|()| io::copy(&mut stdin, &mut file)).map_err(failed)?;
    Ok(file)
}
