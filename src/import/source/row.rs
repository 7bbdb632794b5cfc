//! A row of a source, read by column name.

use super::value::{ClearSecret, Problem, Unreadable, Value};
use super::zone::Zone;
use crate::domain::time::Timestamp;

/// The values of one row, in the order of the query's columns.
pub trait Cells {
    /// The value at a position; `None` if there is none.
    fn value(&self, position: usize) -> Option<Value<'_>>;
}

/// The part of a row that comes from one table.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    cells: &'a dyn Cells,
    columns: &'a [&'static str],
    /// The position of the first of these columns in the row.
    first: usize,
    zone: &'a Zone,
}

type Read<T> = Result<T, Unreadable>;

impl<'a> Row<'a> {
    /// The columns with these names, which begin at the position `first`; dates without a zone are
    /// in `zone`.
    pub fn new(
        cells: &'a dyn Cells,
        columns: &'a [&'static str],
        first: usize,
        zone: &'a Zone,
    ) -> Self {
        Row { cells, columns, first, zone }
    }

    fn read<T>(
        &self,
        column: &str,
        convert: impl FnOnce(Value<'a>) -> Result<T, Problem>,
    ) -> Read<T> {
        let position = self.columns.iter().position(|name| *name == column);
        let value = position.and_then(|position| self.cells.value(self.first + position));
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

    /// Text that must be there.
    pub fn required_text(&self, column: &str) -> Read<String> {
        self.read(column, |value| value.text()?.ok_or(Problem::Missing))
    }

    /// One of these words.
    pub fn word(&self, column: &str, words: &[&'static str]) -> Read<&'static str> {
        self.read(column, |value| {
            let text = value.text()?;
            let word = words.iter().find(|word| Some(**word) == text.as_deref());
            word.copied().ok_or_else(|| Problem::NoneOf(words.join(", ")))
        })
    }

    /// A whole number.
    pub fn integer(&self, column: &str) -> Read<i64> {
        self.read(column, Value::integer)
    }

    /// True or false; NULL is false.
    pub fn flag(&self, column: &str) -> Read<bool> {
        self.read(column, Value::flag)
    }

    /// A point in time.
    pub fn time(&self, column: &str) -> Read<Option<Timestamp>> {
        self.read(column, |value| value.time(self.zone))
    }

    /// The strings of a JSON list or object.
    pub fn json_strings(&self, column: &str) -> Read<Vec<String>> {
        self.read(column, Value::json_strings)
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

    #[test]
    fn columns_are_found_by_name() {
        let zone = Zone::default();
        let row = Row::new(&Two, &["id", "name"], 0, &zone);
        assert_eq!(row.text("name").unwrap().as_deref(), Some("two"));
        let second = Row::new(&Two, &["name"], 1, &zone);
        assert_eq!(second.text("name").unwrap().as_deref(), Some("two"));
    }

    #[test]
    fn a_column_that_was_not_declared_is_not_null() {
        let zone = Zone::default();
        let error = Row::new(&Two, &["id", "name"], 0, &zone).time("expires_at").unwrap_err();
        assert_eq!(error.to_string(), "column expires_at: not declared");
    }

    #[test]
    fn only_the_listed_words_are_read() {
        let zone = Zone::default();
        let row = Row::new(&Two, &["id", "name"], 0, &zone);
        assert_eq!(row.word("name", &["one", "two"]), Ok("two"));
        let error = row.word("id", &["one", "two"]).unwrap_err();
        assert_eq!(error.to_string(), "column id: none of one, two");
    }
}
