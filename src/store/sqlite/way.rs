//! The way to a file: the folders and links that lead to it, and who could replace them.

use crate::store::error::{Error, Result};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{self, Path, PathBuf};

/// How many links Linux follows in one path.
const MOST_LINKS: u32 = 40;

/// The way that the operating system goes to a file.
pub struct Way {
    steps: Vec<Step>,
    /// What is at its end; `None` if nothing is.
    pub end: Option<Metadata>,
    /// Where it ends, if what has the name of the file is a link.
    pub target: Option<PathBuf>,
}

/// A folder on the way, and what the way goes on with in it.
struct Step {
    folder: PathBuf,
    found: Metadata,
    /// The owner of that, if it is a link.
    link: Option<(PathBuf, u32)>,
    /// Whether that is the file itself.
    is_last: bool,
}

impl Way {
    /// Looks at each folder and link once, and at the file.
    pub fn to(path: &Path) -> Result<Self> {
        Self::find(path).map_err(|source| Error::CannotOpen(source.to_string()))
    }

    fn find(path: &Path) -> io::Result<Self> {
        let (mut at, mut found) = (PathBuf::from("/"), fs::symlink_metadata("/")?);
        let (mut steps, mut links, mut ends_in_link) = (Vec::new(), 0, false);
        let mut rest = reversed(&path::absolute(path)?);
        // The `/` where it begins.
        rest.pop();
        while let Some(name) = rest.pop() {
            if name == "/" || name == ".." {
                at = at.parent().filter(|_| name == "..").unwrap_or(Path::new("/")).to_path_buf();
                found = fs::symlink_metadata(&at)?;
                continue;
            }
            let entry = at.join(name);
            let next = match fs::symlink_metadata(&entry) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                next => Some(next?),
            };
            let link = next.as_ref().filter(|next| next.is_symlink());
            let link = link.map(|link| (entry.clone(), link.uid()));
            let is_link = link.is_some();
            let is_last = rest.is_empty() && !is_link;
            steps.push(Step { folder: at.clone(), found: found.clone(), link, is_last });
            match next {
                None => return Ok(Way { steps, end: None, target: None }),
                Some(_) if is_link && links == MOST_LINKS => return Err(Errno::LOOP.into()),
                Some(_) if is_link => {
                    ends_in_link |= rest.is_empty();
                    links += 1;
                    rest.extend(reversed(&fs::read_link(&entry)?));
                }
                Some(next) => (at, found) = (entry, next),
            }
        }
        Ok(Way { steps, end: Some(found), target: ends_in_link.then_some(at) })
    }

    /// Fails if somebody who may not write the database could put another one in its place, or create
    /// files beside it: every folder must belong to root, to this account or to the owner of the
    /// database, and nobody else may write to it.
    ///
    /// In a folder with the sticky bit, others can create files, but not replace those of somebody
    /// else: it may lead to the database, but not contain it. Whoever owns `/` is root, perhaps
    /// under another number in a container.
    pub fn check(&self, database: Option<&Metadata>) -> Result<()> {
        let account = rustix::process::geteuid();
        let last = self.steps.last().filter(|step| step.is_last).map(|step| step.found.uid());
        let owner = match database {
            Some(database) => Some(database.uid()),
            // Root creates it for the account that its folder belongs to.
            None => last.filter(|_| account.is_root()),
        };
        let root = self.steps.first().map(|step| step.found.uid());
        let is_trusted =
            |uid| uid == 0 || uid == account.as_raw() || Some(uid) == root || Some(uid) == owner;
        let belongs = |path: &Path, uid| match is_trusted(uid) {
            true => Ok(()),
            false => Err(Error::FolderOwner {
                folder: path.to_path_buf(),
                owner: uid,
                expected: database.map_or(account.as_raw(), Metadata::uid),
            }),
        };
        for step in &self.steps {
            belongs(&step.folder, step.found.uid())?;
            match (step.writers(database), &step.link) {
                (None, _) => {}
                (Some(writers), link) if writers.is_sticky && !step.is_last => {
                    link.as_ref().map_or(Ok(()), |(link, uid)| belongs(link, *uid))?;
                }
                (Some(Writers { by_group, is_sticky }), _) => {
                    let folder = step.folder.clone();
                    return Err(Error::WritableFolder { folder, by_group, is_sticky });
                }
            }
        }
        Ok(())
    }
}

/// Who besides its owner can write to a folder.
struct Writers {
    /// Whether a group can, and not only everybody.
    by_group: bool,
    is_sticky: bool,
}

impl Step {
    /// A group that may write the database itself gains nothing. Above the database's own folder, a
    /// group with the number of the owner counts as the owner: many systems make one for each
    /// account, and let it write.
    fn writers(&self, database: Option<&Metadata>) -> Option<Writers> {
        let (mode, group) = (self.found.mode(), self.found.gid());
        let may_write =
            database.is_some_and(|file| file.mode() & 0o020 != 0 && file.gid() == group);
        let is_own = !self.is_last && group == self.found.uid();
        let by_group = mode & 0o020 != 0 && !may_write && !is_own;
        let is_sticky = mode & 0o1000 != 0;
        (by_group || mode & 0o002 != 0).then_some(Writers { by_group, is_sticky })
    }
}

/// The parts of a path, the first one last.
fn reversed(path: &Path) -> Vec<OsString> {
    path.components().rev().map(|part| part.as_os_str().to_os_string()).collect()
}
