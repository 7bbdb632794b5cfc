//! A row of a source, read by column name.

use super::value::{ClearSecret, Problem, Unreadable, Value};
use super::zone::Zone;
use crate::domain::time::Timestamp;

/// The values of one row, in the order of the query's columns.
pub trait Cells {
    /// The value at a position; `None` if there is none.
    fn value(&self, position: usize) -> Option<Value<'_>>;
}

/// A row, with the names of its columns.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    cells: &'a dyn Cells,
    columns: &'a [String],
    dates: Dates<'a>,
}

/// How dates are read.
#[derive(Clone, Copy)]
pub struct Dates<'a> {
    /// The zone of dates that do not name theirs.
    pub zone: &'a Zone,
    /// Whether an expiry of `0000-00-00` means none; otherwise it is in the past.
    pub zero_is_none: bool,
}

type Read<T> = Result<T, Unreadable>;

impl<'a> Row<'a> {
    /// A row with these columns, in the order of the cells.
    pub fn new(cells: &'a dyn Cells, columns: &'a [String], dates: Dates<'a>) -> Self {
        Row { cells, columns, dates }
    }

    fn read<T>(
        &self,
        column: &str,
        convert: impl FnOnce(Value<'a>) -> Result<T, Problem>,
    ) -> Read<T> {
        let position = self.columns.iter().position(|name| *name == column);
        let value = position.and_then(|position| self.cells.value(position));
        // A column that was not asked for must not look like one that is NULL.
        let read = value.ok_or(Problem::Undeclared).and_then(convert);
        read.map_err(|problem| Unreadable { column: column.to_string(), problem })
    }

    /// Text, also if it is empty.
    pub fn text(&self, column: &str) -> Read<Option<String>> {
        self.read(column, Value::text)
    }

    /// Text that is not blank.
    pub fn some_text(&self, column: &str) -> Read<Option<String>> {
        self.read(column, Value::some_text)
    }

    /// One of these words.
    pub fn word(&self, column: &str, words: &[&'static str]) -> Read<&'static str> {
        self.read(column, |value| {
            let text = value.text()?;
            let word = words.iter().find(|word| Some(**word) == text.as_deref());
            word.copied().ok_or_else(|| Problem::NoneOf(words.join(", ")))
        })
    }

    /// The key of this row or of another one.
    pub fn id(&self, column: &str) -> Read<Option<String>> {
        self.read(column, Value::id)
    }

    /// True or false; NULL is false.
    pub fn flag(&self, column: &str) -> Read<bool> {
        self.read(column, Value::flag)
    }

    /// A point in time; a zero date is none.
    pub fn time(&self, column: &str) -> Read<Option<Timestamp>> {
        self.read(column, |value| value.real_time(self.dates.zone))
    }

    /// The time at which something ends.
    pub fn end(&self, column: &str) -> Read<Option<Timestamp>> {
        let Dates { zone, zero_is_none } = self.dates;
        self.read(column, |value| match zero_is_none {
            true => value.real_time(zone),
            false => value.time(zone),
        })
    }

    /// Whether something is marked, by a time or by true.
    pub fn mark(&self, column: &str) -> Read<bool> {
        self.read(column, |value| value.mark(self.dates.zone))
    }

    /// Whether something was confirmed, by a time or by true. A zero date is no time.
    pub fn confirmation(&self, column: &str) -> Read<bool> {
        let zone = self.dates.zone;
        self.read(column, |value| Ok(!value.is_zero_date() && value.mark(zone)?))
    }

    /// The strings of a list in JSON.
    pub fn json_strings(&self, column: &str) -> Read<Vec<String>> {
        self.read(column, Value::json_strings)
    }

    /// The strings of a list, however it is stored.
    pub fn strings(&self, column: &str) -> Read<Vec<String>> {
        self.read(column, Value::strings)
    }

    /// The strings of a list that PHP serialized.
    pub fn php_strings(&self, column: &str) -> Read<Vec<String>> {
        self.read(column, Value::php_strings)
    }

    /// `N` bytes in hexadecimal.
    pub fn hex<const N: usize>(&self, column: &str) -> Read<[u8; N]> {
        self.read(column, Value::hex)
    }

    /// A secret in clear.
    pub fn clear_secret(&self, column: &str) -> Read<ClearSecret> {
        self.read(column, Value::clear_secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Two;

    impl Cells for Two {
        fn value(&self, position: usize) -> Option<Value<'_>> {
            [Value::Integer(1), Value::Text(b"two")].get(position).copied()
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    fn dates(zone: &Zone) -> Dates<'_> {
        Dates { zone, zero_is_none: false }
    }

    #[test]
    fn columns_are_found_by_name() {
        let (zone, columns) = (Zone::default(), names(&["id", "name"]));
        let row = Row::new(&Two, &columns, dates(&zone));
        assert_eq!(row.text("name").unwrap().as_deref(), Some("two"));
    }

    #[test]
    fn a_column_that_was_not_declared_is_not_null() {
        let (zone, columns) = (Zone::default(), names(&["id", "name"]));
        let row = Row::new(&Two, &columns, dates(&zone));
        let error = row.time("expires_at").unwrap_err();
        assert_eq!(error.to_string(), "column expires_at: not declared");
    }

    #[test]
    fn only_the_listed_words_are_read() {
        let (zone, columns) = (Zone::default(), names(&["id", "name"]));
        let row = Row::new(&Two, &columns, dates(&zone));
        assert_eq!(row.word("name", &["one", "two"]), Ok("two"));
        let error = row.word("id", &["one", "two"]).unwrap_err();
        assert_eq!(error.to_string(), "column id: none of one, two");
    }
}
