//! `verify`: whether a secret is a good token's. Nothing else makes it exit 0.

use super::{Context, batch, input};
use crate::cli::{self, Cli, Format, Verify};
use crate::error::{Error, Result};
use crate::outcome::{Outcome, Rejection};
use crate::scheme::Presented;
use crate::scope::Required;
use crate::secret::redact;
use crate::store::Caller;
use crate::verification::decide;
use crate::view::outcome::{Introspection, sentence};
use crate::when::Timestamp;
use clap::CommandFactory;
use std::ffi::OsString;
use std::io::{self, Write};

pub fn run(args: Verify, context: &mut Context) -> anyhow::Result<u8> {
    if args.help || args.short_help || args.version {
        return help(&args);
    }
    let required = Required { scopes: args.scope, any: args.any_scope };
    let caller = Caller { source: told(args.source), agent: told(args.agent) };
    if args.batch {
        if args.secret.as_deref() != Some("-".as_ref()) {
            return Err(Error::request("--batch reads standard input", "it wants - to say so")
                .hint("add - and send the secrets on standard input, one a line")
                .into());
        }
        return batch::run(required, caller, context);
    }
    let presented = [Presented::from(input::secret(args.secret)?)];
    // A mistyped secret is told without a database, unless it may be an imported token's.
    let [first] = &presented;
    if matches!(first, Presented::Malformed)
        || (matches!(first, Presented::Foreign(_)) && !context.has_database()?)
    {
        let outcome = Outcome::Rejected(Rejection::Malformed);
        answer(&outcome, context)?;
        // Only for the log, and only if nothing is in the way.
        if let Ok(mut store) = context.open_at_once()
            && let Ok((_, mut notes)) = decide(&store, &presented, &required)
        {
            store.note(&mut notes, &caller);
        }
        return Ok(outcome.exit_code());
    }
    let mut store = context.open()?;
    let (outcomes, mut notes) = decide(&store, &presented, &required)?;
    let [outcome] = outcomes.as_slice() else {
        return Err(Error::unavailable("cannot verify", "the look-up gave no answer").into());
    };
    answer(outcome, context)?;
    // Only now: the answer waits for nothing.
    store.note(&mut notes, &caller);
    store.leave();
    Ok(outcome.exit_code())
}

/// What a caller tells of a request, which may be whatever a client sent, a secret too: blotted
/// out, cut off, and shown escaped.
fn told(text: Option<OsString>) -> Option<String> {
    let text =
        text.map(|text| redact(&text.to_string_lossy()).chars().take(255).collect::<String>());
    text.filter(|text| !text.is_empty())
}

/// What a client sends can look like an option, and must not look like success then.
fn help(args: &Verify) -> anyhow::Result<u8> {
    let mut command = cli::explained(!args.short_help);
    command.build();
    let text = match command.find_subcommand_mut("verify") {
        _ if args.version => Cli::command().render_version(),
        Some(verify) => verify.render_help().to_string(),
        None => String::new(),
    };
    io::stdout().write_all(text.as_bytes()).map_err(Error::undelivered)?;
    Ok(2)
}

fn answer(outcome: &Outcome, context: &mut Context) -> Result<()> {
    let out = &mut context.out;
    if out.is_quiet() && out.format == Format::Human {
        return Ok(());
    }
    out.done(&sentence(outcome, Timestamp::now()), &Introspection(outcome))
        .map_err(|error| Error { kind: crate::error::Kind::Unavailable, ..error })
}
