//! `create`: issue tokens.

use super::context::Context;
use super::deliver::Delivery;
use super::input;
use super::interrupt::Watch;
use super::requests;
use crate::admin::{self, Admin, Issued, Selector};
use crate::cli::Create;
use crate::domain::secret::Secret;
use crate::error::{Error, Result};
use crate::verify::Credential;
use crate::view::{Progress, issued};
use std::ffi::OsStr;

pub fn run(mut args: Create, context: &mut Context) -> Result<()> {
    if let Some(secret) = args.secret.take() {
        return register(args, &secret, context);
    }
    let many = args.count.is_some() || args.from.is_some();
    let grants_everything = args.scope.is_empty() && !args.no_scopes && args.from.is_none();
    let out = args.out.clone();
    let requests = requests::read(args)?;
    let mut delivery = Delivery::prepare(out, context.location().ok())?;
    let watch = Watch::begin(&context.out.tokctl)?;
    let issued = issue(&requests, &watch, context);
    let secrets = issued.map_err(|error| watch.failed(error))?;
    delivery.deliver(&secrets, many, &watch, &mut context.out)?;
    if grants_everything {
        let tokens = if secrets.len() == 1 { "the token grants" } else { "the tokens grant" };
        context.out.remark(format!("no --scope was given: {tokens} everything (*)"));
    }
    issued::announce(&secrets, many, delivery.path(), &context.out);
    Ok(())
}

/// Registers a secret that was made elsewhere. Whoever made it has it, so there is nothing to print; a
/// program gets the record.
fn register(args: Create, secret: &OsStr, context: &mut Context) -> Result<()> {
    let grants_everything = args.scope.is_empty() && !args.no_scopes;
    let secret = input::secret_made_elsewhere(secret)?;
    let requests = requests::read(args)?;
    let admin = context.admin_of_new()?;
    for request in &requests.all {
        let token = admin.register(request, &secret);
        let token = token.map_err(|error| unregistered(error, &secret, &admin))?;
        if !context.out.is_for_people() {
            context.out.one(&token)?;
        }
        issued::announce_registered(&token, &context.out);
    }
    if grants_everything {
        context.out.remark("no --scope was given: the token grants everything (*)");
    }
    Ok(())
}

/// Why a secret was not registered; or that it was, if only the end of the commit failed.
fn unregistered(error: admin::Error, secret: &Secret, admin: &Admin) -> Error {
    let is_unclear = matches!(error, admin::Error::Store(_));
    let sent = Selector::Secret(Credential::parse(secret.expose()));
    match admin.token(&sent) {
        Ok(token) if is_unclear => Error::from(error).hint(format!(
            "token {} has the secret nevertheless; `tokctl revoke {}` revokes it",
            token.id, token.id
        )),
        _ => error.into(),
    }
}

fn issue(requests: &requests::Requests, watch: &Watch, context: &Context) -> Result<Vec<Issued>> {
    let admin = context.admin_of_new()?;
    let total = requests.all.len() as u64;
    let mut progress = Progress::new("tokens", Some(total), context.out.is_quiet());
    let issued = admin.issue(
        &requests.all,
        |count| progress.at(count),
        |issued| {
            let ids: Vec<i64> = issued.iter().map(|issued| issued.token.id).collect();
            let ends = issued.first().into_iter().chain(issued.last());
            let hashes: Vec<_> = ends.map(|issued| issued.secret.hash()).collect();
            let admin = admin.clone();
            watch.arm(move || match admin.undo_issue(&ids, &hashes) {
                Ok(false) => None,
                undone => Some(outcome(&ids, undone)),
            });
        },
    );
    issued.map_err(|error| requests.locate(error))
}

/// What became of tokens whose secrets were not delivered.
fn outcome(ids: &[i64], undone: admin::Result<bool>) -> String {
    match (undone, ids) {
        (Ok(_), [_]) => "the new token was revoked, because its secret was not delivered".into(),
        (Ok(_), _) => "the new tokens were revoked, because not all secrets were delivered".into(),
        (Err(error), [first, .., last]) => format!(
            "the new tokens could not be revoked ({}); run `tokctl revoke $(seq {first} {last})` \
             now",
            Error::from(error)
        ),
        (Err(error), ids) => format!(
            "the new token could not be revoked ({}); run `tokctl revoke {}` now",
            Error::from(error),
            ids.iter().map(i64::to_string).collect::<String>()
        ),
    }
}
