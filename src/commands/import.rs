//! `import`: users and tokens of another system, or of an export.

use super::account;
use super::context::Context;
use crate::admin::Admin;
use crate::cli::{Format, Import};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::import::{self, Export, Report, Request, Salt};
use crate::store::Store;
use crate::view::{Progress, row_sentence};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

pub fn run(args: Import, context: &mut Context) -> Result<()> {
    let actor = account::actor();
    let request = Request {
        actor: &actor,
        now: Timestamp::now_millis(),
        match_names: args.match_names,
        match_admins: args.match_admins,
        replace: args.replace,
        verbose: args.verbose,
        dry_run: args.dry_run,
    };
    let report = if args.system == "jsonl" {
        import_export(args.source, request, context)?
    } else {
        import_system(args, request, context)?
    };
    show(&report, context)?;
    if report.took_nothing() {
        let why = "no row could be imported; the report says why";
        return Err(Error::not_found("nothing was imported", why));
    }
    Ok(())
}

fn import_system(args: Import, request: Request, context: &Context) -> Result<Report> {
    let salt = salt(args.salt_file.as_deref(), args.salt.as_deref())?;
    let name = args.system.to_string_lossy().into_owned();
    let (system, path) = match &args.source {
        Some(path) => (Some(import::find(&name)?), PathBuf::from(path)),
        None if import::find(&name).is_ok() && !Path::new(&args.system).exists() => {
            return Err(missing_source(&name, "the database of the system"));
        }
        None => (None, PathBuf::from(&args.system)),
    };
    let source = import::open(&path)?;
    let options = args.options(salt);
    let reader = import::detect(system, source.as_ref(), &options)?;
    if system.is_none() {
        context.out.remark(format!("detected system: {}", reader.system().name));
    }
    let store = database(request.dry_run, context)?;
    let mut progress = Progress::new("tokens", Some(reader.count()), context.out.is_quiet());
    Ok(import::run(&store, &reader, request, &mut |count| progress.at(count))?)
}

fn import_export(path: Option<OsString>, request: Request, context: &Context) -> Result<Report> {
    let path = path.ok_or_else(|| missing_source("jsonl", "a file of JSON Lines"))?;
    let export = if path == "-" {
        Export::copy("-".into(), io::stdin().lock())?
    } else {
        Export::open(Path::new(&path))?
    };
    let store = database(request.dry_run, context)?;
    let mut progress = Progress::new("lines", None, context.out.is_quiet());
    Ok(import::run_export(&store, &export, request, &mut |count| progress.at(count))?)
}

/// The database. A dry run does not create one: it happens in memory, with what a new one has.
fn database(dry_run: bool, context: &Context) -> Result<Store> {
    if dry_run && !context.has_database()? {
        let admin = Admin::new(Store::in_memory()?, account::actor());
        admin.add_user(&account::first_administrator()?)?;
        return Ok(admin.store().clone());
    }
    Ok(context.admin_of_new()?.store().clone())
}

fn salt(file: Option<&Path>, from_environment: Option<&str>) -> Result<Option<Salt>> {
    let text = match (file, from_environment) {
        (Some(path), _) => std::fs::read(path)
            .map_err(|error| Error::request(format!("cannot read {}", path.display()), error))?,
        (None, Some(salt)) if !salt.is_empty() => salt.into(),
        _ => return Ok(None),
    };
    let salt = Salt::new(&Zeroizing::new(text), file.is_some());
    Ok(Some(salt.map_err(import::Error::from)?))
}

/// The transaction has ended: print the rows, then the totals.
fn show(report: &Report, context: &mut Context) -> Result<()> {
    if context.out.format == Format::Human {
        for row in report.rows.read().map_err(Error::undelivered)? {
            context.out.sentence(&row_sentence(&row.map_err(Error::undelivered)?))?;
        }
    }
    context.out.one(report)?;
    if report.unused_here > 0 {
        context.out.remark(
            "`tokctl settings set unused-lifetime never` accepts tokens that were not used for a \
             long time",
        );
    }
    if report.dry_run {
        context.out.remark("dry run: nothing was imported");
    }
    Ok(())
}

/// The source was left out.
fn missing_source(system: &str, expected: &str) -> Error {
    Error::request("the source is missing", format!("import {system} requires {expected}"))
        .hint(format!("`tokctl import {system} FILE`"))
}
