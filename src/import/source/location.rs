//! Where a source is.

use super::error::{Cause, Error, Result};
use crate::store::Url;
use std::ffi::OsString;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// Where a source is. Shown without a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// An SQLite file.
    File(PathBuf),
    /// A database of a MySQL or MariaDB server.
    MySql(Url),
    /// A database of a PostgreSQL server.
    Postgres(Url),
}

impl Location {
    /// The location that an argument names: the URL of a server, or the path of a file.
    ///
    /// # Errors
    ///
    /// When it looks like the URL of something else, and there is no such file.
    pub fn parse(text: OsString) -> Result<Self> {
        let scheme = text.to_str().and_then(|text| text.split_once("://")).map(|(name, _)| name);
        let is_name = |name: &&str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        };
        let Some(scheme) = scheme.filter(is_name).map(str::to_ascii_lowercase) else {
            return Ok(Location::File(text.into()));
        };
        let kind = match scheme.as_str() {
            "mysql" | "mariadb" => Location::MySql,
            "postgres" | "postgresql" => Location::Postgres,
            _ if Path::new(&text).exists() => return Ok(Location::File(text.into())),
            _ => {
                let location = Url::new(text.to_string_lossy().into_owned()).to_string();
                return Err(Error { location, cause: Cause::UnknownScheme });
            }
        };
        // Not copied, so that nothing is left of a password. It is UTF-8, or it had no scheme.
        Ok(text
            .into_string()
            .map_or_else(|text| Location::File(text.into()), |url| kind(Url::new(url))))
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Location::File(path.to_path_buf())
    }
}

impl Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::File(path) => path.display().fmt(f),
            Location::MySql(url) | Location::Postgres(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Location> {
        Location::parse(text.into())
    }

    #[test]
    fn urls_of_servers_are_told_by_their_scheme_in_any_case() {
        for url in ["mysql://h/db", "MariaDB://h/db"] {
            assert_eq!(parse(url).unwrap(), Location::MySql(Url::new(url.into())));
        }
        for url in ["postgres://h/db", "PostgreSQL://h/db"] {
            assert_eq!(parse(url).unwrap(), Location::Postgres(Url::new(url.into())));
        }
    }

    #[test]
    fn everything_else_is_a_path() {
        for path in ["app.db", "file:app.db", "./mysql://h", "a b://c", "://x", ""] {
            assert_eq!(parse(path).unwrap(), Location::File(path.into()));
        }
    }

    #[test]
    fn urls_of_anything_else_are_refused_without_their_password() {
        let error = parse("oracle://ada:secret@h/db").unwrap_err();
        assert!(matches!(error.cause, Cause::UnknownScheme));
        assert_eq!(error.location, "oracle://ada:***@h/db");
    }
}
