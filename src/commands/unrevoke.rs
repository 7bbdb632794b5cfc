//! `unrevoke`: undo a revocation.

use super::context::Context;
use super::input;
use crate::admin::Unrevoked;
use crate::cli::Unrevoke;
use crate::domain::token::Status;
use crate::error::Result;

pub fn run(args: Unrevoke, context: &mut Context) -> Result<()> {
    let selector = input::selector(args.token)?;
    let Unrevoked { token, was_revoked } = context.admin()?.unrevoke(&selector)?;
    let done = if was_revoked { "unrevoked" } else { "not revoked:" };
    let sentence = format!("{done} token {}: {}, {}", token.id, token.name, token.user);
    context.out.done(&sentence, &token)?;
    match token.status {
        Status::Active | Status::Revoked => {}
        Status::Banned => context.out.remark("it is still rejected: its owner is banned"),
        Status::Expired => context.out.remark(format!(
            "it is still rejected: it has expired; `tokctl edit {} --expires 30d` extends it",
            token.id
        )),
        Status::Unused => context.out.remark("it is still rejected: it was unused for too long"),
    }
    Ok(())
}
