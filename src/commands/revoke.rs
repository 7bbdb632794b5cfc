//! `revoke`: reject single tokens from now on.

use super::{Context, key_of};
use crate::cli::{HowToRevoke, Revoke};
use crate::error::Result;
use crate::store::{Revocation, TokenKey, Writer};
use crate::token::{Rules, Token};
use crate::when::Timestamp;

pub fn run(args: Revoke, context: &mut Context) -> Result<()> {
    let keys: Vec<TokenKey> = match (args.hash, args.name) {
        (Some(hash), _) => vec![TokenKey::Hash(hash)],
        (_, Some(name)) => vec![TokenKey::Name(name)],
        _ => args.tokens.into_iter().map(|token| key_of(Some(token))).collect::<Result<_>>()?,
    };
    let mut store = context.open()?;
    let rules = store.settings()?.rules(Timestamp::now())?;
    // All or none: a wrong id among good ones must not leave the work half done.
    let revoked = store.write(|writer| {
        let mut tokens: Vec<Token> = Vec::new();
        for key in &keys {
            let token = writer.token(key, &rules)?;
            if tokens.iter().all(|named| named.id != token.id) {
                tokens.push(token);
            }
        }
        let revoke = |token| revoke(writer, token, &args.how, &rules);
        tokens.into_iter().map(revoke).collect::<Result<Vec<_>>>()
    })?;
    let mut listing = context.out.list::<Token>();
    if !listing.is_human() {
        for (token, _) in &revoked {
            listing.push(token)?;
        }
        listing.end()?;
        return Ok(());
    }
    for (token, already) in &revoked {
        let what = match (args.how.delete, already) {
            (true, _) => "deleted",
            (_, true) => "was revoked already:",
            _ => "revoked",
        };
        context
            .out
            .sentence(&format!("{what} token {}: {}, {}", token.id, token.name, token.user))?;
    }
    context.out.finish()
}

/// The token as it is afterwards, and whether it was revoked before.
fn revoke(
    writer: &Writer,
    token: Token,
    how: &HowToRevoke,
    rules: &Rules,
) -> Result<(Token, bool)> {
    let already = token.revoked_at.is_some_and(|at| at.has_come(rules.now));
    if how.delete {
        writer.delete_token(&token)?;
        return Ok((token, already));
    }
    if !already {
        let revocation = Revocation { at: rules.now, reason: how.reason.as_deref() };
        writer.revoke_token(&token, revocation)?;
    }
    Ok((writer.token(&TokenKey::Id(token.id), rules)?, already))
}
