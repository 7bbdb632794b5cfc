//! Files that get their names when they are complete.

use rustix::process::{Pid, test_kill_process};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex, Once, PoisonError};
use tempfile::{Builder, NamedTempFile};

/// How the name of an unfinished file begins. The number of its process follows, and `-`.
const PREFIX: &str = ".tokctl-";

/// The unfinished files of this process. Those that got their final name are no longer there.
static FILES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A file without its final name that only this account may read, whatever the umask. It is
/// deleted unless it gets the name, by [`discard`] if a signal ends the process, or else by the
/// next process that calls this.
pub fn file_in(folder: &Path) -> io::Result<NamedTempFile> {
    survive_a_file_size_limit();
    // Not the crate's own way to create it, whose errors name the temporary file.
    let create = |path: &Path| {
        FILES.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_path_buf());
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
    };
    let prefix = format!("{PREFIX}{}-", process::id());
    let file = Builder::new().prefix(&prefix).make_in(folder, create)?;
    file.as_file().set_permissions(Permissions::from_mode(0o600))?;
    sweep(folder, file.as_file().metadata()?.uid());
    Ok(file)
}

/// Deletes what this process has not finished. It must not go on afterwards.
pub fn discard() {
    for path in &*FILES.lock().unwrap_or_else(PoisonError::into_inner) {
        let _ = fs::remove_file(path);
        let mut journal = path.as_os_str().to_os_string();
        journal.push("-journal");
        let _ = fs::remove_file(journal);
    }
}

/// Deletes what processes of this account left unfinished when they died. Best effort: a folder
/// that cannot be listed is no reason to fail.
fn sweep(folder: &Path, account: u32) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(process_of) else { continue };
        let is_ours = |file: fs::Metadata| file.is_file() && file.uid() == account;
        if !is_alive(pid) && entry.metadata().is_ok_and(is_ours) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The process that made the file of this name.
fn process_of(name: &str) -> Option<Pid> {
    let (pid, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    Pid::from_raw(pid.parse().ok().filter(|pid| *pid > 0)?)
}

fn is_alive(pid: Pid) -> bool {
    test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

/// Lets a write beyond the file size limit (`ulimit -f`) fail instead of ending the process.
pub fn survive_a_file_size_limit() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Where the signal cannot be caught, nothing is worse than before.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    });
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes the names in a folder survive a power cut.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// The number of a process that has ended.
    fn dead() -> u32 {
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names.into_iter().map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn what_dead_processes_left_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let (dead, alive) = (dead(), process::id());
        let left = format!(".tokctl-{dead}-abc");
        let others =
            [format!(".tokctl-{alive}-abc"), ".tokctl-abcdef".into(), format!("tokctl-{dead}-a")];
        let journal = format!("{left}-journal");
        for name in others.iter().chain([&left, &journal]) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let directory = format!(".tokctl-{dead}-directory");
        fs::create_dir(folder.path().join(&directory)).unwrap();
        drop(file_in(folder.path()).unwrap());
        let mut expected = [&others[..], &[directory]].concat();
        expected.sort();
        assert_eq!(names(folder.path()), expected);
    }

    #[test]
    fn files_of_other_accounts_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let name = format!(".tokctl-{}-abc", dead());
        fs::write(folder.path().join(&name), "").unwrap();
        sweep(folder.path(), fs::metadata(folder.path()).unwrap().uid() + 1);
        assert_eq!(names(folder.path()), [name]);
    }

    #[test]
    fn a_file_that_got_its_name_is_not_discarded() {
        let folder = tempfile::tempdir().unwrap();
        let finished = file_in(folder.path()).unwrap();
        finished.persist(folder.path().join("finished")).unwrap();
        let unfinished = file_in(folder.path()).unwrap();
        fs::write(format!("{}-journal", unfinished.path().display()), "").unwrap();
        discard();
        assert_eq!(names(folder.path()), ["finished"]);
    }
}
