//! `migrate`: the tables of this version.

use super::context::Context;
use crate::cli::Migrate;
use crate::error::Result;
use crate::store::Access;
use serde_json::json;

pub fn run(_args: Migrate, context: &mut Context) -> Result<()> {
    let location = context.location()?.clone();
    let is_new = context.create_database()?;
    // A file is upgraded when it is opened.
    context.store(Access::default())?;
    context.out.done(
        &match is_new {
            true => format!("created {location}"),
            false => format!("{location} is up to date"),
        },
        &json!({ "database": location.to_string(), "created": is_new }),
    )
}
