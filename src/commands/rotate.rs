//! `rotate`: give a token a new secret.

use super::interrupt::Watch;
use super::issue::{Delivery, Issuer, Wanted, tell};
use super::{Context, token_key};
use crate::cli::Rotate;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::store::{Revocation, Store, TokenKey, Writer};
use crate::token::Token;
use crate::when::{Timestamp, When};
use std::path::Path;

pub fn run(args: Rotate, context: &mut Context) -> Result<()> {
    let key = token_key(args.token)?;
    let mut delivery = Delivery::prepare(args.out)?;
    let (watch, path) = (Watch::begin()?, context.path()?);
    let rotated = context.open().and_then(|mut store| {
        store.write(|writer| {
            let rotation = rotate(writer, &key, args.overlap, args.expires)?;
            let (old, [(new, _)]) = (rotation.old.clone(), &rotation.issued);
            let (new, abandon) = (new.id, delivery.abandoning());
            watch.arm(move || {
                abandon();
                take_back(&path, &old, new)
            });
            Ok(rotation)
        })
    });
    let Rotation { old, issued } = rotated.inspect_err(|_| {
        watch.disarm();
        delivery.abandon();
    })?;
    if let Err(error) = delivery.deliver(&issued, false, &mut context.out) {
        let [(token, _)] = &issued;
        return Err(taken_back(watch.undo(), token, error));
    }
    watch.disarm();
    tell(&issued, false, &delivery, &context.out);
    let until = match args.overlap {
        Some(overlap) => format!("its old secret stays good for {overlap}"),
        None => "its old secret is rejected from now on".to_string(),
    };
    context.out.remark(format!("it replaces token {}; {until}", old.id));
    Ok(())
}

/// The token as it was, and the one that takes its place.
struct Rotation {
    old: Token,
    issued: [(Token, Secret); 1],
}

fn rotate(
    writer: &Writer,
    key: &TokenKey,
    overlap: Option<crate::when::Span>,
    expires: Option<When>,
) -> Result<Rotation> {
    let mut issuer = Issuer::new(writer)?;
    let now = issuer.now;
    let old = writer.token(key, &issuer.settings().rules(now)?)?;
    check_replaceable(&old, now)?;
    let end = match overlap {
        Some(overlap) => now.plus(overlap).ok_or_else(|| {
            Error::request("the overlap is not possible", "it ends after the year 9999")
        })?,
        None => now,
    };
    // As long a life as the old one was given, as far as the policy allows.
    let as_before = old.expires_at.map(|at| {
        let span = old.created_at.until(at);
        When::In(issuer.policy.max_expires.map_or(span, |max| span.min(max)))
    });
    let wanted = Wanted {
        name: old.name.clone(),
        scopes: old.scopes.clone(),
        expires: expires.or(as_before),
        replaces: Some(old.id),
    };
    let (token, secret) = issuer.issue(&old.user, wanted)?;
    writer.replace_token(&old, token.id, end)?;
    Ok(Rotation { old, issued: [(token, secret)] })
}

fn check_replaceable(old: &Token, now: Timestamp) -> Result<()> {
    let told = |why: String| Error::request(format!("token {} cannot be rotated", old.id), why);
    if let Some(by) = old.replaced_by {
        return Err(told(format!("it was replaced by token {by}"))
            .hint(format!("`tokctl rotate {by}` rotates that one")));
    }
    if old.revoked_at.is_some_and(|at| at.has_come(now)) {
        return Err(told("it is revoked".into()).hint("`tokctl create` issues a new one"));
    }
    Ok(())
}

/// Undoes a rotation whose new secret reached nobody.
fn take_back(database: &Path, old: &Token, new: i64) -> Result<()> {
    let reason = Some("the secret could not be printed");
    Store::open(database)?.write(|writer| {
        let rules = writer.settings()?.rules(Timestamp::now())?;
        let token = writer.token(&TokenKey::Id(new), &rules)?;
        writer.revoke_token(&token, Revocation { at: rules.now, reason })?;
        writer.reinstate_token(old, new)
    })
}

/// The error of an output that failed, with what became of the rotation.
fn taken_back(undone: Result<()>, new: &Token, error: Error) -> Error {
    match undone {
        Ok(()) => error.hint("the rotation is undone: the old secret is as good as before"),
        Err(also) => error.hint(format!(
            "`tokctl rotate {}` gives it another secret: undoing this one failed, too ({also})",
            new.id
        )),
    }
}
