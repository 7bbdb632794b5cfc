//! `revoke-all`: reject all tokens of a user, or of everyone.

use super::Context;
use crate::cli::RevokeAll;
use crate::error::Result;
use crate::store::{Filter, Revocation, Sort};
use crate::token::{Rules, Token};
use crate::view::counted;
use crate::when::Timestamp;
use serde_json::json;
use std::ops::ControlFlow;

pub fn run(args: RevokeAll, context: &mut Context) -> Result<()> {
    let mut store = context.open()?;
    let owner = args.user.as_deref().map(|name| store.user(name)).transpose()?;
    let filter = Filter {
        user_id: owner.as_ref().map(|owner| owner.id),
        scope: args.scope,
        unused_for: args.unused_for,
        ..Filter::default()
    };
    if !args.dry_run {
        let whose = owner.map_or("everyone's".to_string(), |owner| format!("{}'s", owner.name));
        let what = if args.how.delete { "Delete" } else { "Revoke" };
        context.confirm(&format!("{what} {whose} tokens?"))?;
    }
    let (delete, reason) = (args.how.delete, args.how.reason.as_deref());
    let count = if args.dry_run {
        let rules = store.settings()?.rules(Timestamp::now())?;
        let mut count = 0;
        store.tokens(&filter, (Sort::Id, false), &rules, |token| {
            count += usize::from(is_meant(&token, &rules, delete));
            Ok(ControlFlow::Continue(()))
        })?;
        count
    } else {
        store.write(|writer| {
            let rules = writer.settings()?.rules(Timestamp::now())?;
            let mut tokens = Vec::new();
            writer.tokens(&filter, &rules, |token| {
                if is_meant(&token, &rules, delete) {
                    tokens.push(token);
                }
            })?;
            let revocation = Revocation { at: rules.now, reason };
            for token in &tokens {
                match delete {
                    true => writer.delete_token(token)?,
                    false => writer.revoke_token(token, revocation)?,
                }
            }
            Ok(tokens.len())
        })?
    };
    let done = if delete { "deleted" } else { "revoked" };
    let would = if args.dry_run { "would be " } else { "" };
    let tokens = counted(count as u64, "token");
    context
        .out
        .done(&format!("{tokens} {would}{done}"), &json!({ done: count, "dry_run": args.dry_run }))
}

/// A token that is revoked already stays as it is, unless it is to be deleted.
fn is_meant(token: &Token, rules: &Rules, delete: bool) -> bool {
    delete || !token.revoked_at.is_some_and(|at| at.has_come(rules.now))
}
