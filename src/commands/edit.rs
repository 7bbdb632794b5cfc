//! `edit`: change the name or the expiry of a token.

use super::context::Context;
use super::input;
use crate::admin::TokenEdit;
use crate::cli::Edit;
use crate::error::{Error, Result};
use crate::view::issued;

pub fn run(args: Edit, context: &mut Context) -> Result<()> {
    let edit = TokenEdit { name: args.rename, expires: args.expires };
    if edit.name.is_none() && edit.expires.is_none() {
        return Err(Error::request("nothing to change", "no new value was given")
            .hint("pass --rename or --expires"));
    }
    let selector = input::selector(args.token)?;
    let token = context.admin()?.edit(&selector, &edit)?;
    context.out.done(&format!("changed token {}: {}", token.id, issued::describe(&token)), &token)
}
