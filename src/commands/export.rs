//! `export`: users and tokens as JSON Lines, with hashes and without secrets.

use super::Context;
use crate::cli::Export;
use crate::error::{Error, Result};
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

pub fn run(args: Export, context: &mut Context) -> Result<()> {
    let store = context.open()?;
    let mut count = 0;
    let mut write = |to: &mut dyn Write| -> Result<()> {
        store.export(|line| {
            count += 1;
            serde_json::to_writer(&mut *to, &line)
                .map_err(io::Error::from)
                .and_then(|()| to.write_all(b"\n"))
                .map_err(Error::undelivered)
        })?;
        to.flush().map_err(Error::undelivered)
    };
    match &args.out {
        None => write(&mut BufWriter::new(io::stdout().lock()))?,
        Some(path) => {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            let file = file.map_err(|error| {
                let shown = crate::name::Escaped(&path.to_string_lossy()).to_string();
                Error::request(format!("cannot create {shown}"), error)
            })?;
            let written = file
                // The umask may have taken bits away from the mode above.
                .set_permissions(Permissions::from_mode(0o600))
                .map_err(Error::undelivered)
                .and_then(|()| write(&mut BufWriter::new(&file)))
                .and_then(|()| file.sync_all().map_err(Error::undelivered));
            written.inspect_err(|_| {
                // Half an export looks like a whole one.
                let _ = fs::remove_file(path);
            })?;
        }
    }
    context
        .out
        .remark(format!("{count} users and tokens; take them in with `tokctl import jsonl FILE`"));
    Ok(())
}
