//! Bringing a new secret to whoever asked for it, or undoing that it was issued.

use super::interrupt::Watch;
use super::out_file::OutFile;
use super::stream::{file_of, stdout_is_closed};
use crate::admin::Issued;
use crate::error::{Error, Result};
use crate::store::Location;
use crate::view::{Output, issued};
use std::io;
use std::path::PathBuf;

/// Where secrets go. Prepared before any token exists.
pub enum Delivery {
    Stdout,
    File(OutFile),
}

impl Delivery {
    pub fn prepare(out: Option<PathBuf>, database: Option<&Location>) -> Result<Self> {
        let Some(path) = file_of(out) else {
            return match stdout_is_closed() {
                false => Ok(Delivery::Stdout),
                true => Err(Error::unavailable("nothing was issued", "standard output is closed")
                    .hint("redirect standard output, or use --out FILE")),
            };
        };
        Ok(Delivery::File(OutFile::create(&path, database)?))
    }

    /// The file, if they go to one.
    pub fn path(&self) -> Option<&PathBuf> {
        match self {
            Delivery::File(file) => Some(&file.path),
            Delivery::Stdout => None,
        }
    }

    /// Writes the secrets; if that fails, undoes what `watch` was armed with.
    pub fn deliver(
        &mut self,
        secrets: &[Issued],
        many: bool,
        watch: &Watch,
        out: &mut Output,
    ) -> Result<()> {
        let format = out.format;
        let written = match self {
            Delivery::Stdout => {
                // At a terminal, empty lines set the secret apart.
                let at_terminal = out.is_read_by_people();
                if at_terminal {
                    out.remark("");
                }
                watch.let_signals_win();
                let written = issued::write(secrets, many, format, &mut io::stdout().lock());
                if at_terminal && written.is_ok() {
                    out.remark("");
                }
                written.map(|()| watch.disarm())
            }
            Delivery::File(file) => issued::write(secrets, many, format, file)
                .and_then(|()| watch.disarm_after(|| file.finish())),
        };
        written.map_err(|error| watch.failed(Error::undelivered(error)))
    }
}
