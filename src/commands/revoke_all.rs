//! `revoke-all`: reject all tokens of a user, or of everyone.

use super::context::Context;
use crate::admin::Filter;
use crate::cli::RevokeAll;
use crate::error::Result;
use crate::text::count::counted;
use serde_json::json;

pub fn run(args: RevokeAll, context: &mut Context) -> Result<()> {
    let admin = context.admin()?;
    let owner = args.user.as_deref().map(|name| admin.user(name)).transpose()?;
    let filter = Filter {
        user: args.user,
        scope: args.scope,
        unused_for: args.unused_for,
        ..Filter::default()
    };
    let delete = args.how.delete;
    let count = if args.dry_run {
        admin.count_ending(&filter, delete)?
    } else {
        let what = if delete { "Delete" } else { "Revoke" };
        let tokens = counted(admin.count_ending(&filter, delete)?, "token");
        let whose = owner.map_or("all users".to_string(), |owner| owner.name);
        let database = context.location()?;
        context.confirm(&format!("{what} {tokens} of {whose} in database {database}?"))?;
        match delete {
            true => admin.delete_all(&filter)?,
            false => admin.revoke_all(&filter, args.how.reason.as_deref())?,
        }
    };
    let done = if delete { "deleted" } else { "revoked" };
    let would = if args.dry_run { "would be " } else { "" };
    context.out.done(
        &format!("{} {would}{done}", counted(count, "token")),
        &json!({ done: count, "dry_run": args.dry_run }),
    )
}
