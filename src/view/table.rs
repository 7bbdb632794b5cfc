//! Tables for people, and rows of CSV for spreadsheets.

use super::{Cell, Heading, Room, Tone};
use crate::name::Escaped;
use comfy_table::{Attribute, Color, ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::Value;
use std::io;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What parts two columns.
const GAP: u16 = 2;

/// How narrow a column gets before another is left out for it.
const NARROWEST: usize = 8;

/// How narrow a column of sentences gets.
const NARROWEST_PROSE: usize = 12;

/// A table without lines: two spaces between columns, headings in capitals. On a terminal of
/// `width` columns every row fits: what can be spared is left out, sentences are wrapped, the rest
/// is cut.
pub fn render(
    headings: &[Heading],
    mut rows: Vec<Vec<Cell>>,
    width: Option<usize>,
    styled: bool,
) -> String {
    let mut headings: Vec<&Heading> = headings.iter().collect();
    let mut widths = natural_widths(&headings, &rows);
    if let Some(width) = width {
        while !fit(&mut widths, &headings, width) {
            let spare = headings.iter().position(|heading| heading.room == Room::Spare);
            let Some(spare) = spare else { break };
            headings.remove(spare);
            rows.iter_mut().for_each(|row| drop(row.remove(spare)));
            widths = natural_widths(&headings, &rows);
        }
    }
    let mut table = vec![headings.iter().map(|heading| bold(heading.title)).collect()];
    for row in &rows {
        let cells = row.iter().zip(&headings).zip(&widths);
        let fitted = |((cell, heading), &width): ((&Cell, &&Heading), &usize)| {
            let text = match heading.room {
                Room::Prose => wrapped(&cell.text, width).join("\n"),
                _ if cell.words => first_words(&cell.text, width),
                _ => cut(&cell.text, width),
            };
            toned(text, cell.tone)
        };
        table.push(cells.map(fitted).collect());
    }
    aligned(table, styled)
}

/// Rows of cells that fit as they are, in columns; nothing stands behind the last cell of a line.
fn aligned(rows: Vec<Vec<comfy_table::Cell>>, styled: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if styled {
        table.enforce_styling().style_text_only();
    } else {
        table.force_no_tty();
    }
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

fn bold(text: &str) -> comfy_table::Cell {
    comfy_table::Cell::new(text).add_attribute(Attribute::Bold)
}

fn toned(text: String, tone: Tone) -> comfy_table::Cell {
    let cell = comfy_table::Cell::new(text);
    match tone {
        Tone::Plain => cell,
        Tone::Good => cell.fg(Color::DarkGreen),
        Tone::Warning => cell.fg(Color::DarkYellow),
        Tone::Bad => cell.fg(Color::DarkRed),
        Tone::Faint => cell.add_attribute(Attribute::Dim),
    }
}

/// How wide each column would be if there were room.
fn natural_widths(headings: &[&Heading], rows: &[Vec<Cell>]) -> Vec<usize> {
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.title.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            let own = match cell.words {
                true => first_words(&cell.text, super::WORDS_WIDTH).width(),
                false => cell.text.width(),
            };
            *width = (*width).max(own);
        }
    }
    widths
}

/// Takes from the widest columns that may give until all fit; returns whether that went without
/// making one too narrow, or there is no room to be had at all.
fn fit(widths: &mut [usize], headings: &[&Heading], room: usize) -> bool {
    let least = |heading: &Heading| match heading.room {
        Room::Fixed | Room::Spare => usize::MAX,
        Room::Cut => NARROWEST.max(heading.title.width()),
        Room::Prose => NARROWEST_PROSE,
    };
    let natural = widths.to_vec();
    loop {
        let total =
            widths.iter().sum::<usize>() + usize::from(GAP) * widths.len().saturating_sub(1);
        if total <= room {
            return true;
        }
        let giving = (0..widths.len()).filter(|&i| widths[i] > least(headings[i]));
        let Some(widest) = giving.max_by_key(|&i| widths[i]) else {
            if headings.iter().any(|heading| heading.room == Room::Spare) {
                widths.copy_from_slice(&natural);
                return false;
            }
            return true;
        };
        widths[widest] -= 1;
    }
}

/// The text in so many columns: what is too long ends in `…`.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_string();
    }
    let (mut short, mut taken) = (String::new(), 0);
    for c in text.chars() {
        taken += c.width().unwrap_or(0);
        if taken + 1 > width {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

/// As many of the words as fit, and how many there are besides. Where not even the first does, it
/// is cut.
fn first_words(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_string();
    }
    let words: Vec<&str> = text.split(' ').collect();
    let more = |shown: usize| match words.len() - shown {
        0 => String::new(),
        more => format!(" +{more}"),
    };
    for shown in (1..words.len()).rev() {
        let short = words[..shown].join(" ") + &more(shown);
        if short.width() <= width {
            return short;
        }
    }
    let more = more(1);
    cut(words[0], width.saturating_sub(more.width()).max(2)) + &more
}

/// The text in lines of so many columns; only what is no word of that length is cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            *line = cut(word, width);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(cut(word, width));
        }
    }
    lines
}

/// One record: a label and a value a line. On a terminal of `width` columns a list of words is
/// wrapped between them; nothing is cut.
pub fn render_details(
    details: Vec<(&'static str, Cell)>,
    width: Option<usize>,
    styled: bool,
) -> String {
    let labels = details.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
    let row = |(label, value): (&str, Cell)| {
        let text = match width {
            Some(width) if value.words => {
                let longest = value.text.split(' ').map(UnicodeWidthStr::width).max().unwrap_or(0);
                let room = width.saturating_sub(labels + usize::from(GAP));
                wrapped(&value.text, room.max(longest)).join("\n")
            }
            _ => value.text,
        };
        vec![bold(label), toned(text, value.tone)]
    };
    aligned(details.into_iter().map(row).collect(), styled)
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

    const HEADINGS: [Heading; 4] = [
        Heading::fixed("ID"),
        Heading::cut("NAME"),
        Heading::cut("SCOPES"),
        Heading::spare("CREATED"),
    ];

    fn rows() -> Vec<Vec<Cell>> {
        let row = |id: &str, name: &str, scopes: &str| {
            let scopes = Cell::text(scopes).of_words().toned(Tone::Good);
            vec![Cell::text(id), Cell::text(name), scopes, Cell::text("3h ago")]
        };
        vec![
            row("7", "CI", "posts.manage"),
            row(
                "1234567",
                "日本語の名前がとても長いトークン",
                "a.b c.d e.f g.h i.j k.l m.n o.p q.r",
            ),
            row("8", "👩‍👩‍👧 émile", "none"),
        ]
    }

    #[test]
    fn every_row_fits_and_columns_stay_in_line() {
        for width in [30, 40, 60, 80, 200] {
            let table = render(&HEADINGS, rows(), Some(width), false);
            for line in table.lines() {
                assert!(line.width() <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end());
            }
            assert!(table.contains("\n1234567  日本"), "{table}");
            let column =
                |line: &str, what: &str| line.split(what).next().map(UnicodeWidthStr::width);
            let lines: Vec<_> = table.lines().collect();
            let scopes = column(lines[0], "SCOPES");
            assert_eq!(column(lines[1], "posts"), scopes, "{table}");
            assert_eq!(column(lines[2], "a.b"), scopes, "{table}");
            assert_eq!(column(lines[3], "none"), scopes, "{table}");
        }
    }

    #[test]
    fn what_is_spared_is_left_out_and_scopes_are_counted() {
        let narrow = render(&HEADINGS, rows(), Some(34), false);
        assert!(!narrow.contains("CREATED") && narrow.contains(" +"), "{narrow}");
        let wide = render(&HEADINGS, rows(), None, false);
        assert!(
            wide.contains("CREATED") && wide.contains("トークン  a.b c.d e.f g.h i.j k.l m.n +2"),
            "{wide}"
        );
    }

    #[test]
    fn colour_adds_no_spaces_at_the_end() {
        let table = render(&HEADINGS[..3], rows(), Some(60), true);
        assert!(table.contains("\u{1b}[38;5;2mposts.manage\u{1b}["), "{table:?}");
        assert!(table.lines().all(|line| !line.ends_with(' ')), "{table:?}");
    }

    #[test]
    fn sentences_are_wrapped() {
        assert_eq!(wrapped("how long it lives", 9), ["how long", "it lives"]);
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
    }

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
