//! Where a database is.

use std::ffi::OsString;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// Where a database is: the path of an SQLite file, or the URL of a server. Shown without the
/// password.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// An SQLite file.
    File(PathBuf),
    /// A server, as `scheme://…`.
    Server(Url),
}

/// A URL that may contain a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
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
            ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme))
        });
        match url {
            Some(url) => Location::Server(Url(url.to_string())),
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
    /// Without the password, neither in the authority (RFC 3986 §3.2.1) nor among the parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        write!(f, "{scheme}://")?;
        match authority.rsplit_once('@') {
            Some((user, host)) => {
                let name = user.split(':').next().unwrap_or_default();
                let password = if user.contains(':') { ":***" } else { "" };
                write!(f, "{name}{password}@{host}")?;
            }
            None => f.write_str(authority)?,
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        f.write_str(path)?;
        for (i, parameter) in query.split('&').filter(|part| !part.is_empty()).enumerate() {
            let key = parameter.split('=').next().unwrap_or_default();
            let separator = if i == 0 { '?' } else { '&' };
            if key.to_ascii_lowercase().contains("password") {
                write!(f, "{separator}{key}=***")?;
            } else {
                write!(f, "{separator}{parameter}")?;
            }
        }
        Ok(())
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
            (
                "postgres://u:p@w:x@h:5432,i/db?sslmode=require",
                "postgres://u:***@h:5432,i/db?sslmode=require",
            ),
            (
                "postgresql://h?user=u&password=p&sslpassword=q",
                "postgresql://h?user=u&password=***&sslpassword=***",
            ),
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
