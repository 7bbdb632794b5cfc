//! `import`: users and tokens of another system, or in a file of JSON Lines.

use super::account;
use super::context::Context;
use super::import_source::{
    missing_source, misspelled_system, open_database, open_file, read_salt,
};
use super::signals;
use crate::admin::create_in_memory;
use crate::cli::Import;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::import::source::Access;
use crate::import::{self, JSONL, Report, Request};
use crate::store::Store;
use crate::view::{Progress, row_sentence};
use std::path::Path;

pub fn run(args: Import, context: &mut Context) -> Result<()> {
    signals::on_signal(import::remove_copies)?;
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
    let imported = if args.system == JSONL {
        import_jsonl(args, request, context)
    } else {
        import_system(args, request, context)
    };
    match imported? {
        Ok(report) => show(&report, context),
        Err(import::Error::NothingTaken(report)) => {
            show(&report, context)?;
            let why = "no row could be imported; the report says why";
            Err(Error::not_found("nothing was imported", why))
        }
        Err(error) => Err(error.into()),
    }
}

/// The report; an import that failed may have one, too.
type Imported = Result<import::Result<Report>>;

fn import_system(args: Import, request: Request, context: &Context) -> Imported {
    let salt = read_salt(args.salt_file.as_deref(), args.salt.as_deref())?;
    let name = args.system.to_string_lossy().into_owned();
    let (system, argument) = match &args.source {
        Some(argument) => (Some(import::find(&name)?), argument.clone()),
        None if import::find(&name).is_ok() && !Path::new(&args.system).exists() => {
            return Err(missing_source(&name));
        }
        None if let Some(error) = misspelled_system(&args.system) => return Err(error),
        None => (None, args.system.clone()),
    };
    let source = open_database(argument, &args)?;
    let options = args.options(salt);
    let reader = import::detect(system, source.as_ref(), &options)?;
    if system.is_none() {
        context.out.remark(format!("detected system: {}", reader.system().name));
    }
    let store = database(request.dry_run, context)?;
    let mut progress = Progress::new("tokens", Some(reader.count()), context.out.is_quiet());
    Ok(import::run(&store, &reader, request, &mut |count| progress.at(count)))
}

fn import_jsonl(args: Import, request: Request, context: &Context) -> Imported {
    let path = args.source.clone().ok_or_else(|| missing_source(JSONL))?;
    let (schema, session_time_zone) = (args.schema.clone(), args.session_time_zone.clone());
    let access = Access {
        schema: schema.as_deref(),
        session_time_zone: session_time_zone.as_deref(),
        ask_password: None,
    };
    // A salt in the environment is meant for other imports.
    let salt = read_salt(args.salt_file.as_deref(), None)?;
    let options = args.options(salt);
    import::check_jsonl(&options, &access)?;
    let file = open_file(&path, &options)?;
    let store = database(request.dry_run, context)?;
    let mut progress = Progress::new("lines", None, context.out.is_quiet());
    Ok(import::run_jsonl(&store, &file, request, &mut |count| progress.at(count)))
}

/// The database. A dry run does not create one: it happens in memory, with what a new one has.
fn database(dry_run: bool, context: &Context) -> Result<Store> {
    if dry_run && !context.has_database()? {
        return Ok(create_in_memory(&account::first_administrator()?, &account::actor())?);
    }
    Ok(context.admin_of_new()?.store().clone())
}

/// The transaction has ended: print the rows, then the totals.
fn show(report: &Report, context: &mut Context) -> Result<()> {
    if context.out.is_for_people() {
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
