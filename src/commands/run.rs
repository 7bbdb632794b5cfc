//! From a command line to an exit code.

use super::context::Context;
use super::stream::check_output;
use super::{
    backup, completions, create, doctor, edit, export, import, list, log, man, migrate, prune,
    restore, revoke, revoke_all, rotate, settings, show, stats, unrevoke, user, verify,
};
use crate::cli::{self, Command, Outcome, complete};
use crate::error::{Error, Result};
use std::ffi::OsString;
use std::io::{self, Write};

/// Runs one command line and returns its exit code. Nothing but a good token makes `verify`
/// return 0.
///
/// # Errors
///
/// What [`report`](crate::report) prints.
pub fn run(args: impl IntoIterator<Item = OsString>) -> anyhow::Result<u8> {
    forbid_core_dumps();
    let args: Vec<_> = args.into_iter().collect();
    if complete::answer(&args) {
        return Ok(0);
    }
    let cli = match cli::parse(&args) {
        Ok(cli) => cli,
        Err(error) => return without_command(cli::explain(&error, &args)),
    };
    let mut context = Context::new(&cli.global);
    let done = dispatch(cli.command, &mut context);
    Ok(done.map_err(|error| context.locate(error))?)
}

/// The exit code of a command line that names no command to run.
fn without_command(outcome: Outcome) -> anyhow::Result<u8> {
    match outcome {
        Outcome::Help(text) => {
            io::stdout().write_all(text.as_bytes()).map_err(Error::output)?;
            Ok(0)
        }
        Outcome::NoCommand(text) => {
            // Nobody can be told that standard error is closed.
            let _ = io::stderr().write_all(text.as_bytes());
            Ok(2)
        }
        Outcome::Error(error) => Err(error.into()),
    }
}

fn dispatch(command: Command, context: &mut Context) -> Result<u8> {
    check_output()?;
    match command {
        Command::Verify(args) => return verify::run(args, context),
        Command::Doctor(args) => return doctor::run(args, context),
        Command::Create(args) => create::run(args, context)?,
        Command::List(args) => list::run(args, context)?,
        Command::Show(args) => show::run(args, context)?,
        Command::Rotate(args) => rotate::run(args, context)?,
        Command::Edit(args) => edit::run(args, context)?,
        Command::Log(args) => log::run(args, context)?,
        Command::Stats(args) => stats::run(args, context)?,
        Command::Backup(args) => backup::run(args, context)?,
        Command::Restore(args) => restore::run(args, context)?,
        Command::Migrate(args) => migrate::run(args, context)?,
        Command::Export(args) => export::run(args, context)?,
        Command::Revoke(args) => revoke::run(args, context)?,
        Command::Unrevoke(args) => unrevoke::run(args, context)?,
        Command::RevokeAll(args) => revoke_all::run(args, context)?,
        Command::Import(args) => import::run(*args, context)?,
        Command::Prune(args) => prune::run(args, context)?,
        Command::User(args) => user::run(args, context)?,
        Command::Settings(args) => settings::run(args, context)?,
        #[cfg(feature = "serve")]
        Command::Serve(args) => super::serve::run(*args, context)?,
        Command::Completions(args) => completions::run(args, context)?,
        Command::Man(args) => man::run(args, context)?,
    }
    Ok(0)
}

/// A core file would contain secrets.
fn forbid_core_dumps() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // Where the kernel refuses, there is nothing better to do.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
