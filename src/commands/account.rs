//! The operating system's account: who the log names, and the first administrator.

use crate::domain::audit::Actor;
use crate::domain::name::UserName;
use crate::domain::user::NewUser;
use crate::error::{Error, Result};
use crate::store::account::name;
use std::env;

/// The account that runs this process, and the one behind sudo.
pub fn actor() -> Actor {
    let account = name().unwrap_or_else(number);
    let sudo = env::var("SUDO_USER").ok().filter(|name| !name.is_empty() && *name != account);
    let actor = Actor::named(account);
    match sudo {
        Some(sudo) => actor.behind_sudo(&sudo),
        None => actor,
    }
}

/// The administrator that a new database starts with, named after the account.
pub fn first_administrator() -> Result<NewUser> {
    let name = match name().and_then(|name| name.parse().ok()) {
        Some(name) => name,
        None => substitute_name()?,
    };
    Ok(NewUser { name, email: None, full_name: None, admin: true })
}

/// For an account without a name, which is usual in containers, or whose name no user can have.
fn substitute_name() -> Result<UserName> {
    let named = env::var("TOKCTL_USER").ok().filter(|name| !name.is_empty());
    let name = named.unwrap_or_else(number);
    name.parse().map_err(|why| Error::request("invalid user name in $TOKCTL_USER", why))
}

fn number() -> String {
    format!("uid-{}", rustix::process::geteuid().as_raw())
}
