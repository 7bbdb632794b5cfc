//! `completions`: the completion script of a shell.

use super::context::Context;
use crate::cli::{Completions, complete};
use crate::error::{Error, Result};

pub fn run(args: Completions, context: &mut Context) -> Result<()> {
    let script = complete::script(args.shell).map_err(Error::undelivered)?;
    context.out.write(&script)?;
    context.out.finish()
}
