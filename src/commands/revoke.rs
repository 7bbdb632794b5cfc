//! `revoke`: reject single tokens from now on.

use super::context::Context;
use super::input::id_or_secret;
use crate::admin::{Revoked, Selector};
use crate::cli::Revoke;
use crate::domain::token::Token;
use crate::error::Result;

pub fn run(args: Revoke, context: &mut Context) -> Result<()> {
    let selectors: Vec<Selector> = match (args.hash, args.name) {
        (Some(hash), _) => vec![Selector::Hash(hash)],
        (_, Some(name)) => vec![Selector::Name(name)],
        _ => {
            args.tokens.into_iter().map(|token| id_or_secret(Some(token))).collect::<Result<_>>()?
        }
    };
    let admin = context.admin()?;
    let revoked = match args.how.delete {
        true => admin.delete(&selectors)?,
        false => admin.revoke(&selectors, args.how.reason.as_deref())?,
    };
    let mut listing = context.out.list::<Token>();
    if !listing.is_human() {
        revoked.iter().try_for_each(|revoked| listing.push(&revoked.token))?;
        listing.end()?;
        return Ok(());
    }
    for Revoked { token, already, .. } in &revoked {
        let done = match (args.how.delete, already) {
            (true, _) => "deleted",
            (false, true) => "already revoked:",
            (false, false) => "revoked",
        };
        let Token { id, name, user, .. } = token;
        context.out.confirm(&format!("{done} token {id}: {name}, {user}"))?;
    }
    context.out.finish()?;
    for Revoked { token, successor, .. } in &revoked {
        if let Some(by) = successor {
            context.out.remark(format!(
                "token {by}, which replaced token {}, is still valid; `tokctl revoke {by}` revokes it",
                token.id
            ));
        }
    }
    Ok(())
}
