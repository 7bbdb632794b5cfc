//! `export`: everything but the log as JSON Lines, with hashes and without secrets.

use super::context::Context;
use super::out_file::OutFile;
use super::signals;
use super::stream::file_of;
use crate::admin::{Admin, Filter};
use crate::cli::Export;
use crate::error::{Error, Result};
use crate::store::{ExportRow, Location};
use crate::text::count::counted;
use crate::text::json;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;

pub fn run(args: Export, context: &mut Context) -> Result<()> {
    let admin = context.admin()?;
    let filter = Filter::from(args.filters);
    let Counts { users, tokens } = match &file_of(args.out) {
        None => {
            write(&admin, &filter, &mut BufWriter::new(io::stdout()))?.map_err(Error::output)?
        }
        Some(path) => write_file(&admin, &filter, path, context.location()?)?,
    };
    context.out.remark(format!(
        "exported {} and {}; `tokctl import jsonl FILE` imports them into another database",
        counted(users, "user"),
        counted(tokens, "token"),
    ));
    Ok(())
}

/// What an export contains.
#[derive(Default)]
struct Counts {
    users: u64,
    tokens: u64,
}

fn write_file(admin: &Admin, filter: &Filter, path: &Path, database: &Location) -> Result<Counts> {
    signals::on_signal(|| {})?;
    let mut file = OutFile::create(path, Some(database))?;
    let written = write(admin, filter, &mut BufWriter::new(&mut file))?;
    written
        .and_then(|counts| file.finish().map(|()| counts))
        .map_err(|error| Error::unavailable(format!("cannot write {}", path.display()), error))
}

/// Writes one line for each row. The inner error is one of the output.
fn write(admin: &Admin, filter: &Filter, to: &mut impl Write) -> Result<io::Result<Counts>> {
    let (mut counts, mut written) = (Counts::default(), Ok(()));
    admin.export(filter, &mut |row| {
        match row {
            ExportRow::User(_) => counts.users += 1,
            ExportRow::Token(_) => counts.tokens += 1,
            _ => {}
        }
        written = json::write(&mut *to, &row).and_then(|()| to.write_all(b"\n"));
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(written.and_then(|()| to.flush()).map(|()| counts))
}
