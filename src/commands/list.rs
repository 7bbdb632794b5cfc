//! `list`: the tokens that match.

use super::context::Context;
use crate::admin::{Filter, Order};
use crate::cli::List;
use crate::domain::token::{Status, Token};
use crate::error::{Error, Result};
use crate::text::count::counted;
use crate::view::NEAR;
use std::ops::ControlFlow;

pub fn run(args: List, context: &mut Context) -> Result<()> {
    let admin = context.admin()?;
    let mut filter = Filter::from(args.filters);
    if !args.all && filter.statuses.is_empty() {
        filter.statuses.push(Status::Active);
    }
    let order = Order { by: args.sort, reverse: args.reverse, ..Order::default() };
    let limit = args.limit.unwrap_or(usize::MAX);
    let now = admin.now();
    let (mut shown, mut expiring) = (0, 0);
    let ids_only = context.out.is_quiet() && context.out.is_for_people();
    let mut listing = context.out.list::<Token>();
    admin.tokens(&filter, order, |token| {
        if shown == limit {
            return Ok(ControlFlow::Break(()));
        }
        if ids_only {
            listing.line(token.id)?;
        } else {
            listing.push(&token)?;
        }
        shown += 1;
        let expires_soon =
            token.replaced_by.is_none() && token.expires_at.is_some_and(|at| now.until(at) <= NEAR);
        expiring += usize::from(token.status == Status::Active && expires_soon);
        Ok::<_, Error>(ControlFlow::Continue(()))
    })?;
    listing.end()?;
    let tokens = counted(shown as u64, "token");
    context.out.remark(match (shown, expiring) {
        (0, _) if filter.selects_all() && limit > 0 => {
            "no tokens; `tokctl create --name CI` issues one".to_string()
        }
        (0, _) if args.all => "no tokens match".to_string(),
        (0, _) => "no tokens match; `tokctl list --all` lists tokens of every status".to_string(),
        (_, 0) => tokens,
        (1, _) => "1 token, which expires within 14 days".to_string(),
        (_, 1) => format!("{tokens}, 1 expires within 14 days"),
        _ => format!("{tokens}, {expiring} expire within 14 days"),
    });
    Ok(())
}
