//! Where a command's output goes: results to standard output in the requested format, remarks to
//! standard error.

use super::csv::{csv_heading, csv_row};
use super::record::{Cell, Record};
use super::table::{self, Extent, Layout};
use crate::cli::{Color, Format, Global};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result, with_invocation};
use crate::text::escape::Escaped;
use crate::text::json;
use crate::text::redact::redact;
use serde::Serialize;
use std::env;
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::marker::PhantomData;

/// How many rows decide how wide the columns of a table are. Later rows follow while they are read.
const MEASURED: usize = 10_000;

/// A command's output and its format.
pub struct Output {
    /// The format of results.
    pub format: Format,
    /// How to call this program on this database, ready for a shell.
    pub tokctl: String,
    color: Color,
    quiet: bool,
    now: Timestamp,
    stdout: BufWriter<Stdout>,
}

impl Output {
    /// The output that the global options ask for. `tokctl` is how to call this program on the same
    /// database.
    pub fn new(global: &Global, tokctl: String) -> Self {
        Output {
            tokctl,
            format: if global.json { Format::Json } else { global.format },
            color: global.color,
            quiet: global.quiet,
            now: Timestamp::now(),
            stdout: BufWriter::with_capacity(64 * 1024, io::stdout()),
        }
    }

    /// Prints a line that is not part of the result on standard error, for people only. Commands in
    /// it are written as [`with_invocation`] expects them.
    pub fn remark(&self, text: impl Display) {
        if self.is_for_people() && !self.quiet {
            let text = with_invocation(&text.to_string(), &self.tokctl);
            // Nobody can be told that standard error is closed.
            let _ = writeln!(io::stderr(), "{}", Escaped(&redact(&text)));
        }
    }

    /// Whether the format is for people, not for programs.
    pub fn is_for_people(&self) -> bool {
        self.format.is_for_people()
    }

    /// Whether a person reads the result at a terminal.
    pub fn is_read_by_people(&self) -> bool {
        self.is_for_people() && io::stdout().is_terminal()
    }

    /// Whether what does not fit is shortened: only at a terminal, and never with `wide`.
    pub fn shortens(&self) -> bool {
        matches!(self.extent(), Extent::Terminal(_))
    }

    /// Whether remarks are off.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prints a record as the whole result: all its fields, or an object.
    pub fn one<R: Record>(&mut self, record: &R) -> Result<()> {
        if self.is_for_people() {
            let details = record.details(self.now);
            let text = table::render_details(details, self.extent(), self.is_coloured());
            self.write(text.as_bytes())?;
        } else {
            self.machine_readable(record, true)?;
        }
        self.finish()
    }

    /// Confirms what a command did: a sentence for people unless `--quiet`, a record for programs.
    pub fn done<T: Serialize>(&mut self, sentence: &str, record: &T) -> Result<()> {
        if self.is_for_people() {
            self.confirm(sentence)?;
            return self.finish();
        }
        self.answer(sentence, record)
    }

    /// Writes a line that confirms what was done, unless `--quiet`. Call [`Output::finish`] after
    /// the last one.
    pub fn confirm(&mut self, sentence: &str) -> Result<()> {
        if self.quiet { Ok(()) } else { self.sentence(sentence) }
    }

    /// Prints what a command was asked for: a sentence for people, a record for programs.
    pub fn answer<T: Serialize>(&mut self, sentence: &str, record: &T) -> Result<()> {
        if self.is_for_people() {
            self.sentence(sentence)?;
        } else {
            self.machine_readable(record, true)?;
        }
        self.finish()
    }

    /// Writes a line for people. Call [`Output::finish`] after the last one.
    pub fn sentence(&mut self, text: &str) -> Result<()> {
        self.write(format!("{}\n", Escaped(text)).as_bytes())
    }

    /// Starts a list. Its records are printed while they are read from the database, which is not
    /// locked while the output waits for its reader.
    pub fn list<R: Record>(&mut self) -> Listing<'_, R> {
        Listing { output: self, count: 0, rows: Vec::new(), layout: None, record: PhantomData }
    }

    /// Writes one record of an endless list on a line of its own. Its columns are not aligned,
    /// because later rows are not known yet. Call [`Output::finish`] to show it.
    pub fn each<R: Record>(&mut self, record: &R) -> Result<()> {
        if self.is_for_people() {
            let cells: Vec<_> = record.row(self.now).into_iter().map(|cell| cell.text).collect();
            self.write(format!("{}\n", cells.join("  ").trim_end()).as_bytes())
        } else {
            self.machine_readable(record, false)
        }
    }

    /// Flushes what was written.
    ///
    /// # Errors
    ///
    /// When something that was written did not arrive.
    pub fn finish(&mut self) -> Result<()> {
        self.stdout.flush().map_err(Error::output)
    }

    /// Writes raw bytes to standard output.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stdout.write_all(bytes).map_err(Error::output)
    }

    /// A line of JSON, or a row of CSV with or without its heading.
    fn machine_readable<T: Serialize>(&mut self, record: &T, heading: bool) -> Result<()> {
        if self.format == Format::Csv {
            return self.write(&csv_row(record, heading).map_err(Error::output)?);
        }
        self.json(record)?;
        self.write(b"\n")
    }

    /// How much a table may show.
    fn extent(&self) -> Extent {
        match terminal_size::terminal_size_of(io::stdout()) {
            _ if self.format == Format::Wide => Extent::Complete,
            Some((width, _)) if width.0 > 0 => Extent::Terminal(width.0.into()),
            _ => Extent::Unbounded,
        }
    }

    fn json<T: Serialize>(&mut self, record: &T) -> Result<()> {
        json::write(&mut self.stdout, record).map_err(Error::output)
    }

    /// `NO_COLOR` (no-color.org) and `CLICOLOR_FORCE` (bixense.com/clicolors) apply unless
    /// `--color` says otherwise.
    fn is_coloured(&self) -> bool {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if variable("NO_COLOR").is_some() => false,
            Color::Auto if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            Color::Auto => {
                io::stdout().is_terminal() && variable("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }
}

/// A list that is being printed, in constant memory. A table waits for its first rows, which tell
/// how wide its columns are.
pub struct Listing<'a, R: Record> {
    output: &'a mut Output,
    count: usize,
    /// The rows of a table that has no layout yet.
    rows: Vec<Vec<Cell>>,
    layout: Option<Layout>,
    record: PhantomData<R>,
}

impl<R: Record> Listing<'_, R> {
    /// Whether it is a table, in whose place a command may print sentences.
    pub fn is_human(&self) -> bool {
        self.output.is_for_people()
    }

    /// Adds a record.
    pub fn push(&mut self, record: &R) -> Result<()> {
        let is_first = self.count == 0;
        self.count += 1;
        match self.output.format {
            Format::Human | Format::Wide => self.push_row(record.row(self.output.now)),
            Format::Json => {
                self.output.write(if is_first { b"[\n" } else { b",\n" })?;
                self.output.json(record)
            }
            Format::Jsonl | Format::Csv => self.output.machine_readable(record, is_first),
        }
    }

    /// Writes a line in the place of a record.
    pub fn line(&mut self, text: impl Display) -> Result<()> {
        self.output.sentence(&text.to_string())
    }

    fn push_row(&mut self, row: Vec<Cell>) -> Result<()> {
        if let Some(layout) = &self.layout {
            return self.output.write(layout.row(&row).as_bytes());
        }
        self.rows.push(row);
        if self.rows.len() < MEASURED {
            return Ok(());
        }
        self.lay_out(false)
    }

    /// Writes the headings and the rows so far; `is_all` if no others follow.
    fn lay_out(&mut self, is_all: bool) -> Result<()> {
        let (extent, styled) = (self.output.extent(), self.output.is_coloured());
        let layout = Layout::new(R::HEADINGS, &self.rows, is_all, extent, styled);
        self.output.write(layout.headings().as_bytes())?;
        for row in std::mem::take(&mut self.rows) {
            self.output.write(layout.row(&row).as_bytes())?;
        }
        self.layout = Some(layout);
        Ok(())
    }

    /// Ends the list and returns how many records it had.
    pub fn end(mut self) -> Result<usize> {
        match self.output.format {
            Format::Human | Format::Wide if !self.rows.is_empty() => self.lay_out(true)?,
            Format::Csv if self.count == 0 => {
                self.output.write(&csv_heading(R::KEYS).map_err(Error::output)?)?;
            }
            Format::Json if self.count == 0 => self.output.write(b"[]\n")?,
            Format::Json => self.output.write(b"\n]\n")?,
            Format::Human | Format::Wide | Format::Jsonl | Format::Csv => {}
        }
        self.output.finish()?;
        Ok(self.count)
    }
}
