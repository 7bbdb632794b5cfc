//! One shape per thing, printed as a table, JSON, JSON Lines or CSV. Opens no database.

pub mod chart;
mod finding;
mod import;
pub mod json;
mod log;
pub mod manual;
pub mod outcome;
mod progress;
mod setting;
mod table;
mod token;
mod user;

pub use import::Report;
pub use progress::Progress;
pub use setting::SettingRow;
pub use table::csv_row;
pub use token::{Issued, NEAR};

use crate::cli::{Color, Format, Global};
use crate::error::{Error, Result, pasteable};
use crate::name::Escaped;
use crate::secret::redact;
use crate::when::Timestamp;
use serde::Serialize;
use std::env;
use std::io::{self, BufWriter, IsTerminal, Write};

/// A thing that can be printed. Its JSON shape is its `Serialize`, whose keys are also the
/// columns of the CSV.
pub trait Record: Serialize {
    /// The columns of a table of such things.
    const HEADINGS: &'static [Heading];
    /// Its JSON keys, for the heading of a CSV without rows.
    const KEYS: &'static [&'static str] = &[];

    /// A table row.
    fn row(&self, now: Timestamp) -> Vec<Cell>;

    /// Everything there is to know, a label and a value a line.
    fn details(&self, now: Timestamp) -> Vec<(&'static str, Cell)>;
}

/// The heading of a column, and what becomes of it on a narrow terminal.
pub struct Heading {
    pub title: &'static str,
    pub room: Room,
}

/// What a column does where there is not enough room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Keeps its width: what people copy, and what is short.
    Fixed,
    /// Is left out before others get too narrow.
    Spare,
    /// Is cut.
    Cut,
    /// Is wrapped between words.
    Prose,
}

impl Heading {
    const fn fixed(title: &'static str) -> Self {
        Heading { title, room: Room::Fixed }
    }

    const fn spare(title: &'static str) -> Self {
        Heading { title, room: Room::Spare }
    }

    const fn cut(title: &'static str) -> Self {
        Heading { title, room: Room::Cut }
    }

    const fn prose(title: &'static str) -> Self {
        Heading { title, room: Room::Prose }
    }
}

/// How much room words get in a table, however wide it is; `show` has them all.
const WORDS_WIDTH: usize = 32;

/// A piece of text with a meaning that colour can stress, never carry alone.
pub struct Cell {
    pub text: String,
    pub tone: Tone,
    /// Whether it is a list of words, of which the first stand for all with a count.
    pub words: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Warning,
    Bad,
    Faint,
}

impl Cell {
    /// Text that may come from anywhere, made safe to show.
    pub fn text(text: impl AsRef<str>) -> Self {
        Cell { text: Escaped(text.as_ref()).to_string(), tone: Tone::Plain, words: false }
    }

    pub fn of_words(self) -> Self {
        Cell { words: true, ..self }
    }

    pub fn toned(self, tone: Tone) -> Self {
        Cell { tone, ..self }
    }
}

/// Where a command's output goes, and in which format.
pub struct Output {
    pub format: Format,
    /// How to call this program on this database, to be pasted into a shell.
    pub tokctl: String,
    color: Color,
    quiet: bool,
    now: Timestamp,
    stdout: BufWriter<io::Stdout>,
}

impl Output {
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

    /// Something to know that is not the output itself: one line on standard error, in which
    /// commands are [`pasteable`].
    pub fn remark(&self, text: impl std::fmt::Display) {
        if !self.quiet {
            let text = pasteable(&text.to_string(), &self.tokctl);
            // Nobody can be told that standard error is closed.
            let _ = writeln!(io::stderr(), "{}", Escaped(&redact(&text)));
        }
    }

    /// Whether the output goes to somebody's eyes, not to a program.
    pub fn is_read_by_people(&self) -> bool {
        self.format == Format::Human && io::stdout().is_terminal()
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// One record by itself: an object, a line, or all its details.
    pub fn one<R: Record>(&mut self, record: &R) -> Result<()> {
        match self.format {
            Format::Human => {
                let styled = self.is_coloured();
                let text =
                    table::render_details(record.details(self.now), terminal_width(), styled);
                self.write(text.as_bytes())?;
            }
            Format::Csv => self.csv(record, true)?,
            Format::Json | Format::Jsonl => self.line(record)?,
        }
        self.finish()
    }

    /// The result of something done: a sentence, or a record for programs.
    pub fn done<T: Serialize>(&mut self, sentence: &str, record: &T) -> Result<()> {
        match self.format {
            Format::Human => self.sentence(sentence)?,
            Format::Csv => self.csv(record, true)?,
            Format::Json | Format::Jsonl => self.line(record)?,
        }
        self.finish()
    }

    /// One line for people.
    pub fn sentence(&mut self, text: &str) -> Result<()> {
        self.write(format!("{}\n", Escaped(text)).as_bytes())
    }

    /// Begins a list, whose records are printed as they come.
    pub fn list<R: Record>(&mut self) -> Listing<'_, R> {
        Listing { output: self, count: 0, rows: Vec::new(), record: std::marker::PhantomData }
    }

    /// One record of many, printed at once, for a list without an end.
    pub fn each<R: Record>(&mut self, record: &R) -> Result<()> {
        match self.format {
            Format::Csv => self.csv(record, false),
            _ => self.line(record),
        }
    }

    /// Flushes; whatever was not printed by now is an error.
    pub fn finish(&mut self) -> Result<()> {
        self.stdout.flush().map_err(Error::output)
    }

    /// Raw bytes to standard output.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stdout.write_all(bytes).map_err(Error::output)
    }

    fn line<T: Serialize>(&mut self, record: &T) -> Result<()> {
        json::write(&mut self.stdout, record).map_err(Error::output)?;
        self.write(b"\n")
    }

    fn csv<T: Serialize>(&mut self, record: &T, heading: bool) -> Result<()> {
        self.write(&csv_row(record, heading).map_err(Error::output)?)
    }

    /// `NO_COLOR` (no-color.org) and `CLICOLOR_FORCE` (bixense.com/clicolors) count where the
    /// operator left the choice to us.
    fn is_coloured(&self) -> bool {
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if set("NO_COLOR") => false,
            Color::Auto
                if env::var_os("CLICOLOR_FORCE")
                    .is_some_and(|value| value != "0" && !value.is_empty()) =>
            {
                true
            }
            Color::Auto => {
                io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }
}

/// `1 token`, `2 tokens`.
pub fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The width of the terminal that standard output is; `None` in a pipe.
fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0)).filter(|width| *width > 0)
}

/// A list under way. JSON Lines and CSV take constant memory however long it gets.
pub struct Listing<'a, R: Record> {
    output: &'a mut Output,
    count: usize,
    rows: Vec<Vec<Cell>>,
    record: std::marker::PhantomData<R>,
}

impl<R: Record> Listing<'_, R> {
    /// Whether people read it, who may want sentences instead.
    pub fn is_human(&self) -> bool {
        self.output.format == Format::Human
    }

    pub fn push(&mut self, record: &R) -> Result<()> {
        let first = self.count == 0;
        self.count += 1;
        match self.output.format {
            Format::Human => self.rows.push(record.row(self.output.now)),
            Format::Json => {
                self.output.write(if first { b"[\n" } else { b",\n" })?;
                json::write(&mut self.output.stdout, record).map_err(Error::output)?;
            }
            Format::Jsonl => self.output.line(record)?,
            Format::Csv => self.output.csv(record, first)?,
        }
        Ok(())
    }

    /// Ends the list and returns how many records it had.
    pub fn end(self) -> Result<usize> {
        match self.output.format {
            Format::Human if self.count > 0 => {
                let styled = self.output.is_coloured();
                let text = table::render(R::HEADINGS, self.rows, terminal_width(), styled);
                self.output.write(text.as_bytes())?;
            }
            Format::Csv if self.count == 0 => {
                self.output.write(&table::csv_heading(R::KEYS).map_err(Error::output)?)?;
            }
            Format::Json if self.count == 0 => self.output.write(b"[]\n")?,
            Format::Json => self.output.write(b"\n]\n")?,
            _ => {}
        }
        self.output.finish()?;
        Ok(self.count)
    }
}
