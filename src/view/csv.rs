//! Rows of CSV (RFC 4180) for spreadsheets.

use crate::text::escape::Escaped;
use ::csv::{Terminator, Writer, WriterBuilder};
use serde::Serialize;
use serde_json::Value;
use std::io;

/// A record as a row, with its JSON keys as the heading if that is wanted. Lists become words
/// separated by spaces, null becomes an empty cell.
pub fn csv_row<T: Serialize>(record: &T, heading: bool) -> io::Result<Vec<u8>> {
    let Value::Object(fields) = serde_json::to_value(record)? else {
        return Err(io::Error::other("the record has no columns"));
    };
    let mut writer = writer();
    if heading {
        writer.write_record(fields.keys())?;
    }
    writer.write_record(fields.values().map(cell))?;
    finished(writer)
}

/// The heading of a list without rows; nothing if there are no keys.
pub fn csv_heading(keys: &[&str]) -> io::Result<Vec<u8>> {
    let mut writer = writer();
    if !keys.is_empty() {
        writer.write_record(keys)?;
    }
    finished(writer)
}

fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::with_capacity(1024))
}

fn finished(writer: Writer<Vec<u8>>) -> io::Result<Vec<u8>> {
    writer.into_inner().map_err(|error| error.into_error())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => defused(text),
        Value::Array(items) => defused(&items.iter().map(word).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// The text, escaped, and with an apostrophe in front where a spreadsheet would take it for a
/// formula (OWASP, "CSV Injection"). Tabs and line ends, which it would skip, have been escaped.
fn defused(text: &str) -> String {
    let text = Escaped(text).to_string();
    if text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_are_quoted_and_formulas_are_defused() {
        let record = json!({"a": "x,\"y\"", "b": "=1+1", "c": ["p", "q"], "d": null, "e": -1});
        let row = String::from_utf8(csv_row(&record, true).unwrap()).unwrap();
        assert_eq!(row, "a,b,c,d,e\r\n\"x,\"\"y\"\"\",'=1+1,p q,,-1\r\n");
    }

    #[test]
    fn a_list_that_starts_like_a_formula_is_defused() {
        let row = csv_row(&json!({"a": ["=1", "b"]}), false).unwrap();
        assert_eq!(row, b"'=1 b\r\n");
    }

    #[test]
    fn control_characters_are_escaped() {
        let record = json!({"a": "x\u{1b}[2J\n", "b": ["\u{202e}y"], "c": "\t=1"});
        let row = String::from_utf8(csv_row(&record, false).unwrap()).unwrap();
        assert_eq!(row, "x\\u{1b}[2J\\u{a},\\u{202e}y,\\u{9}=1\r\n");
    }
}
