//! Which database a command line refers to.

use super::values;
use crate::error::{Error, Result};
use crate::store::{Location, account};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The environment variable that names the database when `--database` does not.
const VARIABLE: &str = "TOKCTL_DATABASE";

/// The database to use: the one that `--database` names, else `$TOKCTL_DATABASE`, else the default.
///
/// # Errors
///
/// When nothing names a database and the account has no data directory for the default.
pub fn locate(named: Option<Location>) -> Result<Location> {
    match named.map_or_else(|| from_variable(env::var_os(VARIABLE)), |named| Ok(Some(named)))? {
        Some(location) => Ok(location),
        None => default(),
    }
}

/// The database that the value of the variable names. An empty one counts as unset, as scripts and
/// service managers have no other way to unset a variable.
fn from_variable(value: Option<OsString>) -> Result<Option<Location>> {
    let value = value.filter(|value| !value.is_empty()).map(values::database).transpose();
    value.map_err(|why| Error::request(format!("invalid {VARIABLE}"), why))
}

/// `tokctl/tokctl.db` where the platform keeps an account's data.
fn default() -> Result<Location> {
    let data = data_dir().ok_or_else(|| {
        Error::unavailable("no database specified", "this account has no data directory")
            .hint("use --database or $TOKCTL_DATABASE to name one")
    })?;
    Ok(data.join("tokctl").join("tokctl.db").into())
}

/// Where the platform keeps an account's data. Without `$HOME`, `dirs` would ask the C library, which
/// [`account`] must not do.
fn data_dir() -> Option<PathBuf> {
    let is_absolute = |name| env::var_os(name).is_some_and(|path| Path::new(&path).is_absolute());
    if is_absolute("HOME") || is_absolute("XDG_DATA_HOME") {
        return dirs::data_dir();
    }
    account::home().map(|home| home.join(".local").join("share"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_unset() {
        assert_eq!(from_variable(None).unwrap(), None);
        assert_eq!(from_variable(Some("".into())).unwrap(), None);
        let named = from_variable(Some("a.db".into()));
        assert_eq!(named.unwrap(), Some(Location::from(OsString::from("a.db"))));
    }

    #[test]
    fn a_named_database_comes_first() {
        let named = Location::from(OsString::from("a.db"));
        assert_eq!(locate(Some(named.clone())).unwrap(), named);
    }
}
