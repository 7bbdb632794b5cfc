//! `list`: the tokens that fit.

use super::Context;
use crate::cli::List;
use crate::error::Result;
use crate::store::Filter;
use crate::token::{Status, Token};
use crate::view::{NEAR, counted};
use crate::when::Timestamp;
use std::ops::ControlFlow;

pub fn run(args: List, context: &mut Context) -> Result<()> {
    let store = context.open()?;
    let user_id = match &args.user {
        Some(name) => Some(store.user(name)?.id),
        None => None,
    };
    let filter = Filter {
        status: if args.all { None } else { Some(args.status.unwrap_or(Status::Active)) },
        user_id,
        scope: args.scope,
        name: args.name,
        expiring_within: args.expiring_within,
        unused_for: args.unused_for,
    };
    let rules = store.settings()?.rules(Timestamp::now())?;
    let limit = args.limit.unwrap_or(usize::MAX);
    let (mut shown, mut near) = (0, 0);
    let mut listing = context.out.list::<Token>();
    if limit > 0 {
        store.tokens(&filter, (args.sort, args.reverse), &rules, |token| {
            listing.push(&token)?;
            shown += 1;
            if token.status == Status::Active
                && token.expires_at.is_some_and(|at| rules.now.until(at) <= NEAR)
            {
                near += 1;
            }
            Ok(if shown < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
    }
    listing.end()?;
    let out = &context.out;
    match (shown, near) {
        (0, _) if args.all => out.remark("no tokens; `tokctl create --name CI` issues one"),
        (0, _) => out.remark("no tokens fit; `tokctl list --all` shows those of every status"),
        (_, 0) => out.remark(counted(shown as u64, "token")),
        (1, _) => out.remark("1 token, it expires within 14 days"),
        (_, 1) => out.remark(format!("{shown} tokens, 1 expires within 14 days")),
        _ => out.remark(format!("{shown} tokens, {near} expire within 14 days")),
    }
    Ok(())
}
