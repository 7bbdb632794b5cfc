//! `export`: users and tokens as JSON Lines, with hashes and without secrets.

use super::{Context, new_private_file};
use crate::cli::Export;
use crate::error::{Error, Result};
use std::fs;
use std::io::{self, BufWriter, Write};

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
            let file = new_private_file(path)?;
            let written = write(&mut BufWriter::new(&file))
                .and_then(|()| file.sync_all().map_err(Error::undelivered));
            written.inspect_err(|_| {
                // Half an export looks like a whole one.
                let _ = fs::remove_file(path);
            })?;
        }
    }
    context.out.remark(format!(
        "{count} users and tokens; `import jsonl` takes them in, on another machine too"
    ));
    Ok(())
}
