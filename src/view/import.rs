//! The report of an import.

use super::{Cell, Heading, Record, Tone};
use crate::error::{Error, Result};
use crate::name::Escaped;
use crate::when::Timestamp;
use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};

/// What became of a source's users and tokens; the order of the fields is the order of the JSON
/// keys.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub system: &'static str,
    pub dry_run: bool,
    pub users_created: u64,
    pub users_matched: u64,
    /// Here from an earlier import.
    pub users_known: u64,
    /// Their name or e-mail address belonged to somebody else here.
    pub users_renamed: u64,
    pub tokens_imported: u64,
    /// Here from an earlier import, or deleted since.
    pub tokens_known: u64,
    /// With fewer scopes than there.
    pub tokens_narrowed: u64,
    /// Imported as revoked, for their owner is refused there.
    pub tokens_revoked: u64,
    pub tokens_skipped: u64,
    pub skipped: Vec<Reason>,
    pub users_skipped: u64,
    /// Secrets under 20 characters.
    pub weak_secrets: u64,
    /// Rejected here by unused-lifetime, and not there.
    pub unused_here: u64,
    /// Against this database's policy for new tokens.
    pub against_policy: u64,
    /// `table.column` where secrets can be read, there.
    pub clear_text: Option<String>,
    /// Row by row, with `--verbose`.
    pub rows: Rows,
}

/// What became of each row, a line each, in a file without a name: a large import has more of
/// them than the memory should hold, and none is shown before all is done.
#[derive(Debug, Default)]
pub struct Rows {
    file: Option<BufWriter<File>>,
    /// What kept a row from being written; told when they are read.
    failed: Option<io::Error>,
}

impl Rows {
    pub fn push(&mut self, row: &str) {
        if let Err(error) = self.try_push(row) {
            self.failed.get_or_insert(error);
        }
    }

    fn try_push(&mut self, row: &str) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(BufWriter::new(tempfile::tempfile()?)),
        };
        writeln!(file, "{}", Escaped(row))
    }

    /// Makes all rows readable.
    pub fn finish(&mut self) -> Result<()> {
        let flushed = self.file.as_mut().map_or(Ok(()), BufWriter::flush);
        let told = |error| Error::unavailable("cannot keep the report in a temporary file", error);
        self.failed.take().map_or(flushed, Err).map_err(told)
    }

    /// Hands over each row, after [`Rows::finish`].
    pub fn each(&self, mut each: impl FnMut(&str) -> Result<()>) -> Result<()> {
        for row in self.lines().map_err(Error::undelivered)? {
            each(&row.map_err(Error::undelivered)?)?;
        }
        Ok(())
    }

    fn lines(&self) -> io::Result<impl Iterator<Item = io::Result<String>> + '_> {
        let lines = match &self.file {
            Some(file) => {
                let mut file = file.get_ref();
                file.seek(SeekFrom::Start(0))?;
                Some(BufReader::new(file).lines())
            }
            None => None,
        };
        Ok(lines.into_iter().flatten())
    }
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for row in self.lines().map_err(S::Error::custom)? {
            list.serialize_element(&row.map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}

/// Why rows were skipped, how many, and the first of them.
#[derive(Debug, Serialize)]
pub struct Reason {
    pub reason: String,
    pub count: u64,
    pub rows: Vec<String>,
}

/// How many rows are named for one reason.
const NAMED: usize = 10;

impl Report {
    pub fn skip(&mut self, row: String, reason: String) {
        let entry = match self.skipped.iter_mut().find(|entry| entry.reason == reason) {
            Some(entry) => entry,
            None => {
                self.skipped.push(Reason { reason, count: 0, rows: Vec::new() });
                let last = self.skipped.len() - 1;
                &mut self.skipped[last]
            }
        };
        entry.count += 1;
        if entry.rows.len() < NAMED {
            entry.rows.push(row);
        }
    }
}

impl Record for Report {
    const HEADINGS: &'static [Heading] = &[];

    fn row(&self, _now: Timestamp) -> Vec<Cell> {
        Vec::new()
    }

    fn details(&self, _now: Timestamp) -> Vec<(&'static str, Cell)> {
        let mut lines = Vec::new();
        let mut say = |label, text: String| lines.push((label, Cell::text(text)));
        say("system", self.system.to_string());
        say(
            "users",
            format!(
                "{} created, {} matched, {} known from an earlier import",
                self.users_created, self.users_matched, self.users_known
            ),
        );
        say(
            "tokens",
            format!(
                "{} imported, {} known from an earlier import, {} skipped",
                self.tokens_imported, self.tokens_known, self.tokens_skipped
            ),
        );
        for Reason { reason, count, rows } in &self.skipped {
            let more = if *count > rows.len() as u64 { ", …" } else { "" };
            say("skipped", format!("{count}: {reason} ({}{more})", rows.join(", ")));
        }
        let mut warn = |count: u64, label, text: &str| {
            if count > 0 {
                lines.push((label, Cell::text(format!("{count}: {text}")).toned(Tone::Warning)));
            }
        };
        warn(
            self.users_renamed,
            "renamed",
            "somebody else has the name or the e-mail address (--verbose names them)",
        );
        warn(
            self.tokens_narrowed,
            "narrowed",
            "some scopes mean more here or are none here (--verbose names them)",
        );
        warn(self.tokens_revoked, "revoked", "their users are refused there and active here");
        warn(self.weak_secrets, "weak", "secrets under 20 characters: rotate them");
        warn(self.unused_here, "unused", "rejected here for not having been used");
        warn(
            self.against_policy,
            "policy",
            "against this database's policy for new tokens, and imported all the same",
        );
        if let Some(column) = &self.clear_text {
            let text = format!(
                "secrets can be read in {column} there: drop that column when you have moved"
            );
            lines.push(("clear text", Cell::text(text).toned(Tone::Warning)));
        }
        lines
    }
}
