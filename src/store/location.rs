//! Where a database is.

use crate::text::url;
use std::ffi::OsString;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where a database is: the path of an SQLite file, or the URL of a server. Shown without the
/// password.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// An SQLite file.
    File(PathBuf),
    /// A server, as `scheme://…`.
    Server(Url),
}

/// A URL that may contain a password. Shown without it, and wiped from memory afterwards.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Zeroizing<String>);

impl Url {
    pub(crate) fn new(text: String) -> Self {
        Url(Zeroizing::new(text))
    }

    /// The URL with its password, for the code that connects.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Location {
    /// The path, if it is a file's.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Location::File(path) => Some(path),
            Location::Server(_) => None,
        }
    }
}

impl From<OsString> for Location {
    /// A URL of a database server that tokctl knows by its scheme; anything else is a path.
    fn from(text: OsString) -> Self {
        let url = text.to_str().filter(|text| {
            let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
            ["postgres", "postgresql"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        });
        match url {
            Some(url) => Location::Server(Url::new(url.to_string())),
            None => Location::File(text.into()),
        }
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Location::File(path.to_path_buf())
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Location::File(path)
    }
}

impl Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::File(path) => path.display().fmt(f),
            Location::Server(url) => url.fmt(f),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

impl Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&url::masked(&self.0))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            ("postgres://u:p@h/db", "postgres://u:***@h/db"),
            ("postgres://u@/db?host=/tmp", "postgres://u@/db?host=/tmp"),
        ] {
            let location = Location::from(OsString::from(url));
            assert_eq!(location.to_string(), shown);
            assert!(!format!("{location:?}").contains(":p"), "{location:?}");
        }
    }

    #[test]
    fn anything_but_a_known_url_is_a_path() {
        for path in ["tokctl.db", "file:x", "http://x", "./postgres://x"] {
            assert_eq!(Location::from(OsString::from(path)).path(), Some(Path::new(path)));
        }
    }
}
