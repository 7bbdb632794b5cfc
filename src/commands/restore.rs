//! `restore`: a backup in the place of the database.

use super::account;
use super::context::Context;
use super::files::are_same;
use super::signals;
use super::stream::{STDIN, is_dash, receive_database};
use crate::admin::Admin;
use crate::cli::Restore;
use crate::error::{Error, Result};
use crate::store::unfinished::folder_of;
use crate::store::{Access, Location, check_backup, restore};
use crate::view::Progress;
use serde_json::json;
use std::env;
use std::path::{Path, PathBuf};

pub fn run(args: Restore, context: &mut Context) -> Result<()> {
    let location = context.location()?.clone();
    if location.path().is_some_and(|path| are_same(&args.file, path)) {
        let what = format!("cannot restore {}", args.file.display());
        return Err(Error::request(what, "it is the database itself").hint("name a backup of it"));
    }
    if location.path().is_none() {
        // Before anybody is asked.
        return Err(crate::store::Error::Unsupported("restoring a backup").into());
    }
    signals::on_signal(|| {})?;
    let received = if is_dash(&args.file) {
        // Nobody can be asked later, either.
        confirm(&location, context)?;
        Some(receive_database(&folder_for(&location))?)
    } else {
        None
    };
    let (file, name) = match &received {
        Some(received) => (received.path(), Path::new(STDIN)),
        None => (args.file.as_path(), args.file.as_path()),
    };
    check_backup(file).map_err(|error| Error::invalid_backup(name, error))?;
    confirm(&location, context)?;
    signals::hold_signals();
    let mut progress = Progress::new("pages", None, context.out.is_quiet());
    let now = crate::domain::time::Timestamp::now();
    let kept = restore(file, &location, now, &mut |done, total| progress.of(done, total))?;
    drop(progress);
    let kept = kept.map(|path| path.to_string_lossy().into_owned());
    let beside = kept.as_ref().map(|path| format!("; the replaced database is kept in {path}"));
    record(name, context).map_err(|error| {
        let beside = beside.as_deref().unwrap_or_default();
        error.hint(format!("the log does not say so, but the database was restored{beside}"))
    })?;
    context.out.done(
        &format!("restored {location}{}", beside.unwrap_or_default()),
        &json!({ "database": location.to_string(), "kept": kept }),
    )
}

fn record(backup: &Path, context: &Context) -> Result<()> {
    let admin = Admin::new(context.store(Access::default())?, account::actor());
    Ok(admin.record_restore(backup)?)
}

fn confirm(location: &Location, context: &Context) -> Result<()> {
    match context.has_database()? {
        true => context.confirm(&format!(
            "Replace {location}? Tokens that were revoked since the backup are valid again."
        )),
        false => Ok(()),
    }
}

/// Where a backup from standard input waits: beside the database, which has room for it.
fn folder_for(location: &Location) -> PathBuf {
    let beside = location.path().map(folder_of).filter(|folder| folder.is_dir());
    beside.map_or_else(env::temp_dir, Path::to_path_buf)
}
