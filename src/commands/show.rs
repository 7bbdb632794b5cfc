//! `show`: everything that is known about one token.

use super::context::Context;
use super::input;
use crate::cli::Show;
use crate::error::Result;

pub fn run(args: Show, context: &mut Context) -> Result<()> {
    let selector = input::selector(args.token)?;
    context.out.one(&context.admin()?.token(&selector)?)
}
