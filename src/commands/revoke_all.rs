//! `revoke-all`: reject all tokens that match filters.

use super::context::Context;
use crate::admin::Filter;
use crate::cli::RevokeAll;
use crate::error::{Error, Result};
use crate::text::count::counted;
use crate::text::redact::redact;
use serde_json::json;

pub fn run(args: RevokeAll, context: &mut Context) -> Result<()> {
    let filter = Filter::from(args.filters);
    if filter.selects_all() && !args.everyone {
        return Err(Error::request("no tokens were selected", "there is no filter")
            .hint("pass a filter such as --user, or --everyone for the tokens of all users"));
    }
    let admin = context.admin()?;
    let delete = args.how.delete;
    // A value may be a secret that somebody pasted.
    let which = match redact(&filter.describe(admin.now())) {
        all if all.is_empty() => " of all users".to_string(),
        which => format!(" {which}"),
    };
    let count = if args.dry_run {
        admin.count_ending(&filter, delete)?
    } else {
        let what = if delete { "Delete" } else { "Revoke" };
        let count = admin.count_ending(&filter, delete)?;
        if count > 0 {
            let (tokens, database) = (counted(count, "token"), context.location()?);
            context.confirm(&format!("{what} {tokens}{which} in database {database}?"))?;
        }
        match delete {
            true => admin.delete_all(&filter)?,
            false => admin.revoke_all(&filter, args.how.reason.as_deref())?,
        }
    };
    let done = if delete { "deleted" } else { "revoked" };
    let record = json!({ done: count, "dry_run": args.dry_run });
    let tokens = counted(count, "token") + &which;
    match args.dry_run {
        true => context.out.answer(&format!("{tokens} would be {done}"), &record),
        false => context.out.done(&format!("{tokens} {done}"), &record),
    }
}
