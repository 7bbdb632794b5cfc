//! `import`: users and tokens of another system, or of an export.

use super::account;
use super::context::Context;
use super::import_error::missing_source;
use crate::admin::Admin;
use crate::cli::{Format, Import};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::import::{self, Export, Options, Report, Request, Salt};
use crate::store::Store;
use crate::view::{Progress, row_sentence};
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

pub fn run(args: Import, context: &mut Context) -> Result<()> {
    let actor = account::actor();
    let request = Request {
        actor: &actor,
        now: Timestamp::now_millis(),
        match_names: args.match_names,
        verbose: args.verbose,
        dry_run: args.dry_run,
    };
    let report = if args.system == "jsonl" {
        import_export(args.source, request, context)?
    } else {
        import_system(args, request, context)?
    };
    show(&report, context)
}

fn import_system(args: Import, request: Request, context: &Context) -> Result<Report> {
    let options = Options {
        table_prefix: args.table_prefix,
        table: args.table,
        kind: args.kind,
        prefix: args.prefix,
        zone: args.time_zone.unwrap_or_default(),
        salt: salt(args.salt_file.as_deref(), args.salt)?,
    };
    let name = args.system.to_string_lossy();
    let (system, path) = match args.source {
        Some(path) => (Some(import::find(&name)?), path),
        None if import::find(&name).is_ok() && !Path::new(&args.system).exists() => {
            return Err(missing_source(&name, "the database of the system"));
        }
        None => (None, PathBuf::from(&args.system)),
    };
    let source = import::open(&path)?;
    let reader = import::detect(system, source.as_ref(), &options)?;
    if system.is_none() {
        context.out.remark(format!("detected system: {}", reader.system().name));
    }
    let store = database(request.dry_run, context)?;
    let mut progress = Progress::new("tokens", None, context.out.is_quiet());
    Ok(import::run(&store, &reader, request, &mut |count| progress.at(count))?)
}

fn import_export(path: Option<PathBuf>, request: Request, context: &Context) -> Result<Report> {
    let path = path.ok_or_else(|| missing_source("jsonl", "a file that tokctl export wrote"))?;
    let export = if path == Path::new("-") {
        Export::copy("-".into(), io::stdin().lock())?
    } else {
        Export::open(&path)?
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

fn salt(file: Option<&Path>, from_environment: Option<String>) -> Result<Option<Salt>> {
    let text = match (file, from_environment) {
        (Some(path), _) => std::fs::read(path)
            .map_err(|error| Error::request(format!("cannot read {}", path.display()), error))?,
        (None, Some(salt)) if !salt.is_empty() => salt.into_bytes(),
        _ => return Ok(None),
    };
    let salt = Salt::new(Zeroizing::new(text), file.is_some());
    Ok(Some(salt.ok_or(import::Error::EmptySalt)?))
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
