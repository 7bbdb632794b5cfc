//! Tables for people, and rows of CSV for spreadsheets.

use super::{Cell, Heading, Tone};
use crate::name::Escaped;
use comfy_table::{Attribute, Color, ColumnConstraint, ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, IsTerminal};

/// A table without lines: two spaces between columns, headings in capitals.
pub fn render(headings: &[Heading], rows: Vec<Vec<Cell>>, styled: bool) -> String {
    let mut table = plain_table(styled);
    if let Some(width) = terminal_width() {
        table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(
        headings
            .iter()
            .map(|heading| comfy_table::Cell::new(heading.title).add_attribute(Attribute::Bold)),
    );
    for row in rows {
        table.add_row(row.into_iter().map(cell));
    }
    for (column, heading) in table.column_iter_mut().zip(headings) {
        column.set_padding((0, 2));
        if heading.fixed {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    text_of(&table)
}

/// One record: a label and a value a line, never wrapped.
pub fn render_details(details: Vec<(&'static str, Cell)>, styled: bool) -> String {
    let mut table = plain_table(styled);
    for (label, value) in details {
        table.add_row([comfy_table::Cell::new(label).add_attribute(Attribute::Bold), cell(value)]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    text_of(&table)
}

fn plain_table(styled: bool) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if styled {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

fn text_of(table: &Table) -> String {
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

fn cell(cell: Cell) -> comfy_table::Cell {
    let shown = comfy_table::Cell::new(cell.text);
    match cell.tone {
        Tone::Plain => shown,
        Tone::Good => shown.fg(Color::Green),
        Tone::Warning => shown.fg(Color::Yellow),
        Tone::Bad => shown.fg(Color::Red),
        Tone::Faint => shown.add_attribute(Attribute::Dim),
    }
}

/// The width of the terminal that standard output is; `None` in a pipe.
fn terminal_width() -> Option<u16> {
    io::stdout().is_terminal().then(|| Table::new().width()).flatten()
}

/// A record as a row of CSV (RFC 4180), with its keys as the heading where that is wanted. Lists
/// become words; null is an empty cell.
pub fn csv_row<T: Serialize>(record: &T, heading: bool) -> io::Result<Vec<u8>> {
    let Value::Object(fields) = serde_json::to_value(record)? else {
        return Err(io::Error::other("the record has no columns"));
    };
    let mut writer = csv_writer();
    if heading {
        writer.write_record(fields.keys())?;
    }
    writer.write_record(fields.values().map(plain))?;
    writer.into_inner().map_err(|error| error.into_error())
}

/// The heading alone, for a list without rows; nothing if there are no keys.
pub fn csv_heading(keys: &[&str]) -> io::Result<Vec<u8>> {
    let mut writer = csv_writer();
    if !keys.is_empty() {
        writer.write_record(keys)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

fn csv_writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::with_capacity(1024))
}

fn plain(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => Escaped(text).to_string(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(plain_item).collect();
            Escaped(&items.join(" ")).to_string()
        }
        other => return other.to_string(),
    };
    // A spreadsheet would take these for a formula (OWASP, "CSV Injection"); tabs and line ends,
    // which it skips, are escaped by now.
    if text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text
    }
}

fn plain_item(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_are_quoted_and_formulas_defused() {
        let record = json!({"a": "x,\"y\"", "b": "=1+1", "c": ["p", "q"], "d": null, "e": -1});
        let row = String::from_utf8(csv_row(&record, true).unwrap()).unwrap();
        assert_eq!(row, "a,b,c,d,e\r\n\"x,\"\"y\"\"\",'=1+1,p q,,-1\r\n");
    }

    #[test]
    fn what_drives_a_terminal_is_escaped() {
        let record = json!({"a": "x\u{1b}[2J\n", "b": ["\u{202e}y"], "c": "\t=1"});
        let row = String::from_utf8(csv_row(&record, false).unwrap()).unwrap();
        assert_eq!(row, "x\\u{1b}[2J\\u{a},\\u{202e}y,\\u{9}=1\r\n");
    }
}
