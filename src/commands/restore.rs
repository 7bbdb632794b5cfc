//! `restore`: a backup in the place of the database.

use super::account;
use super::context::Context;
use super::files::are_same;
use super::interrupt;
use crate::admin::Admin;
use crate::cli::Restore;
use crate::error::{Error, Result};
use crate::store::{Access, check_backup, restore};
use crate::view::Progress;
use serde_json::json;

pub fn run(args: Restore, context: &mut Context) -> Result<()> {
    let location = context.location()?.clone();
    if location.path().is_some_and(|path| are_same(&args.file, path)) {
        let what = format!("cannot restore {}", args.file.display());
        return Err(Error::request(what, "it is the database itself").hint("name a backup of it"));
    }
    check_backup(&args.file).map_err(|error| Error::invalid_backup(&args.file, error))?;
    if context.has_database()? {
        context.confirm(&format!(
            "Replace {location}? Tokens that were revoked since the backup are valid again."
        ))?;
    }
    interrupt::on_signal(|| {})?;
    let mut progress = Progress::new("pages", None, context.out.is_quiet());
    let now = crate::domain::time::Timestamp::now();
    let kept = restore(&args.file, &location, now, &mut |done, total| progress.of(done, total))?;
    drop(progress);
    let kept = kept.map(|path| path.to_string_lossy().into_owned());
    let beside = kept.as_ref().map(|path| format!("; the replaced database is kept in {path}"));
    record(&args, context).map_err(|error| {
        let beside = beside.as_deref().unwrap_or_default();
        error.hint(format!("the log does not say so, but the database was restored{beside}"))
    })?;
    context.out.done(
        &format!("restored {location}{}", beside.unwrap_or_default()),
        &json!({ "database": location.to_string(), "kept": kept }),
    )
}

fn record(args: &Restore, context: &Context) -> Result<()> {
    let admin = Admin::new(context.store(Access::default())?, account::actor());
    Ok(admin.record_restore(&args.file)?)
}
