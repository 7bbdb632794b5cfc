//! `verify`: check a token secret. Nothing but a good token makes it exit 0.

use super::context::Context;
use super::{account, batch, input, replica};
use crate::cli::{Replica, Verify, help};
use crate::domain::audit::Caller;
use crate::domain::scope::Required;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::store::{Access, Patience, Store};
use crate::verify::{Credential, PendingWrites, Verdict, Verification, Verifier};
use crate::view::{Introspection, sentence};
use std::ffi::OsString;
use std::io::{self, Write};

pub fn run(args: Verify, context: &mut Context) -> Result<u8> {
    if args.help || args.short_help || args.version {
        return print_help(&args);
    }
    let required = Required { scopes: args.scope, any: args.any_scope };
    let text = |given: &Option<OsString>| Some(given.as_ref()?.to_string_lossy().into_owned());
    let (source, agent) = (text(&args.source), text(&args.agent));
    let caller = Caller::new(source.as_deref(), agent.as_deref());
    if args.batch {
        if args.secret.as_deref() != Some("-".as_ref()) {
            return Err(Error::request(
                "'--batch' requires '-'",
                "it reads the secrets from standard input",
            )
            .hint("use `tokctl verify --batch -` and send one secret per line"));
        }
        return batch::run(required, caller, &args.replica, context);
    }
    single(&input::credential(args.secret)?, &required, &caller, &args.replica, context)
}

/// What a client sends can look like an option, and must not look like success.
fn print_help(args: &Verify) -> Result<u8> {
    let text = match args.version {
        true => help::version(),
        false => help::text(&["verify"], !args.short_help),
    };
    io::stdout().write_all(text.as_bytes()).map_err(Error::undelivered)?;
    Ok(2)
}

fn single(
    sent: &Credential,
    required: &Required,
    caller: &Caller,
    replica: &Replica,
    context: &mut Context,
) -> Result<u8> {
    // A malformed secret is rejected without a database, unless it may be an imported token's.
    let needs_no_database = match sent {
        Credential::Malformed => true,
        Credential::Own(_) => false,
        // A server is asked for the tokens at once.
        Credential::Foreign(_) => {
            context.location()?.path().is_some() && !context.has_database()?
        }
    };
    if needs_no_database {
        answer(&Verdict::Malformed, context)?;
        record_malformed(sent, required, caller, context);
        return Ok(exit_code(&Verdict::Malformed));
    }
    let store = replica::open(replica, Access::default(), context)?;
    let now = Timestamp::now_millis();
    let verification = Verifier::new(store.clone()).verify(sent, required, now)?;
    answer(&verification.verdict, context)?;
    // Only now: the answer waits for nothing.
    record(&verification, &replica::to_record_in(replica, &store, context), caller, now);
    // The process ends, and no lock is held. Closing would only tidy memory, and remove the side files of
    // a database that a server left in WAL, which the next process uses again.
    std::mem::forget(store);
    Ok(exit_code(&verification.verdict))
}

/// Records an attempt that needed no database, if there is one and nothing is in the way.
fn record_malformed(sent: &Credential, required: &Required, caller: &Caller, context: &Context) {
    let access = Access { patience: Patience::AtOnce, ..Access::default() };
    let Ok(store) = context.store(access) else { return };
    let now = Timestamp::now_millis();
    if let Ok(verification) = Verifier::new(store.clone()).verify(sent, required, now) {
        record(&verification, &store, caller, now);
    }
}

fn record(verification: &Verification, store: &Store, caller: &Caller, now: Timestamp) {
    let mut pending = PendingWrites::default();
    pending.add(verification, caller);
    pending.write(store, account::actor, now);
}

/// 0 only for a good token.
fn exit_code(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Good(_) => 0,
        Verdict::InsufficientScope(..) => 3,
        Verdict::Malformed
        | Verdict::Unknown
        | Verdict::Revoked(_)
        | Verdict::Banned(_)
        | Verdict::Expired(_)
        | Verdict::Unused(_) => 1,
    }
}

fn answer(verdict: &Verdict, context: &mut Context) -> Result<()> {
    let out = &mut context.out;
    // The exit code answers as well.
    out.done(&sentence(verdict, Timestamp::now()), &Introspection(verdict))
        .map_err(|error| error.of_kind(Kind::Unavailable))
}
