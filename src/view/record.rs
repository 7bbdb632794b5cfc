//! What can be printed in every format, and the columns and cells of its table.

use crate::domain::time::Timestamp;
use crate::text::escape::Escaped;
use serde::Serialize;

/// A thing that can be printed. Its JSON is its `Serialize`; the JSON keys are also the columns of
/// the CSV.
pub trait Record: Serialize {
    /// The columns of its table, the most useful first.
    const HEADINGS: &'static [Heading];
    /// Its JSON keys, for the heading of a CSV without rows.
    const KEYS: &'static [&'static str] = &[];

    /// Its row in a table.
    fn row(&self, now: Timestamp) -> Vec<Cell>;

    /// All its fields, each with a label. Unless a record says otherwise, those of its row.
    fn details(&self, now: Timestamp) -> Vec<(&'static str, Cell)> {
        Self::HEADINGS.iter().map(|heading| heading.title).zip(self.row(now)).collect()
    }
}

/// The heading of a column.
pub struct Heading {
    /// Its text, in capitals.
    pub title: &'static str,
    /// What happens to the column when the terminal is narrow.
    pub room: Room,
}

/// What happens to a column that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// It keeps its width: short values, and values that people copy.
    Fixed,
    /// It is left out before names are shortened, the last of these columns first.
    Optional,
    /// Its cells are shortened: names, and lists of words, which come first.
    Cut,
    /// Its cells are wrapped between words.
    Wrapped,
}

impl Heading {
    /// The heading of a column that keeps its width.
    pub const fn fixed(title: &'static str) -> Self {
        Heading { title, room: Room::Fixed }
    }

    /// The heading of a column that may be left out.
    pub const fn optional(title: &'static str) -> Self {
        Heading { title, room: Room::Optional }
    }

    /// The heading of a column whose cells may be shortened.
    pub const fn cut(title: &'static str) -> Self {
        Heading { title, room: Room::Cut }
    }

    /// The heading of a column whose cells may be wrapped.
    pub const fn wrapped(title: &'static str) -> Self {
        Heading { title, room: Room::Wrapped }
    }
}

/// A piece of text with a tone. The tone only adds colour to what the text says.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The text, safe to show.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
    /// Whether it is a list of words, which a table shortens to the first ones and a count.
    pub is_list: bool,
}

/// The meaning of a text, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special: no colour.
    Plain,
    /// Good: green.
    Good,
    /// Needs attention: yellow.
    Warning,
    /// Bad: red.
    Bad,
    /// Unimportant: dim.
    Faint,
}

impl Cell {
    /// Text from any source, made safe to show.
    pub fn text(text: impl AsRef<str>) -> Self {
        Cell { text: Escaped(text.as_ref()).to_string(), tone: Tone::Plain, is_list: false }
    }

    /// The same cell as a list of words.
    pub fn listed(self) -> Self {
        Cell { is_list: true, ..self }
    }

    /// The same cell in another tone.
    pub fn toned(self, tone: Tone) -> Self {
        Cell { tone, ..self }
    }
}
