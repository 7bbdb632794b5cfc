//! The operating system's account: who the log names, and the first administrator.

use crate::domain::audit::Actor;
use crate::domain::name::Name;
use crate::domain::user::NewUser;
use crate::error::{Error, Result};
use std::env;

/// The account that runs this process, and the one behind sudo. An account without a name is
/// recorded as `unknown`.
pub fn actor() -> Actor {
    let account = whoami::username().unwrap_or_else(|_| "unknown".into());
    let sudo = env::var("SUDO_USER").ok().filter(|name| !name.is_empty() && *name != account);
    Actor { account, sudo }
}

/// The administrator that a new database starts with, named after the account.
pub fn first_administrator() -> Result<NewUser> {
    let account = whoami::username()
        .map_err(|error| Error::unavailable("cannot determine the name of this account", error))?;
    let name: Name = account
        .parse()
        .map_err(|why| Error::unavailable("the name of this account cannot be used", why))?;
    Ok(NewUser { name, email: None, full_name: None, admin: true })
}
