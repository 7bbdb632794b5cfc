//! Tables for people: columns without lines, headings in capitals.

use super::record::{Cell, Heading, Room, Tone};
use super::width::{cut, first_words, wrapped};
use comfy_table::{Attribute, Color, ContentArrangement, Table, presets};
use std::iter;
use unicode_width::UnicodeWidthStr;

/// The space between two columns.
const GAP: u16 = 2;
/// The narrowest that a column with shortened cells gets.
const NARROWEST_CUT: usize = 8;
/// The narrowest that a column with wrapped cells gets.
const NARROWEST_WRAPPED: usize = 12;
/// The widest that a list of words gets, however wide the table is. `show` prints whole lists.
const LIST_WIDTH: usize = 32;

/// A table of records, without optional columns in which every cell is empty. On a terminal of
/// `width` columns every row fits: optional columns are left out, cells are wrapped or shortened.
pub fn render(
    headings: &[Heading],
    rows: Vec<Vec<Cell>>,
    width: Option<usize>,
    styled: bool,
) -> String {
    let count = rows.len();
    let mut columns = columns(headings, rows);
    columns.retain(|column| column.heading.room != Room::Optional || !column.is_empty());
    if let Some(width) = width {
        fit(&mut columns, width);
    }
    let titles = columns.iter().map(|column| bold(column.heading.title)).collect();
    let rows = (0..count).map(|row| columns.iter().map(|column| column.fitted(row)).collect());
    aligned(iter::once(titles).chain(rows), styled)
}

/// One record, a label and a value a line. Nothing is shortened; on a terminal of `width` columns
/// lists are wrapped between words.
pub fn render_details(
    details: Vec<(&'static str, Cell)>,
    width: Option<usize>,
    styled: bool,
) -> String {
    let labels = details.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
    let room = width.map(|width| width.saturating_sub(labels + usize::from(GAP)));
    let row = |(label, value): (&str, Cell)| {
        let text = match room {
            Some(room) if value.is_list => {
                let longest = value.text.split(' ').map(UnicodeWidthStr::width).max().unwrap_or(0);
                wrapped(&value.text, room.max(longest))
            }
            _ => value.text,
        };
        vec![bold(label), toned(text, value.tone)]
    };
    aligned(details.into_iter().map(row), styled)
}

/// A column with its cells and its width.
struct Column<'a> {
    heading: &'a Heading,
    cells: Vec<Cell>,
    /// Its width if there is room for everything.
    natural: usize,
    /// Its width in this table.
    width: usize,
}

impl Column<'_> {
    fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.is_empty())
    }

    fn narrowest(&self) -> usize {
        match self.heading.room {
            Room::Fixed | Room::Optional => self.natural,
            Room::Cut => NARROWEST_CUT.max(self.heading.title.width()),
            Room::Wrapped => NARROWEST_WRAPPED,
        }
    }

    fn fitted(&self, row: usize) -> comfy_table::Cell {
        let cell = &self.cells[row];
        let text = match self.heading.room {
            Room::Wrapped => wrapped(&cell.text, self.width),
            _ if cell.is_list => first_words(&cell.text, self.width),
            _ => cut(&cell.text, self.width),
        };
        toned(text, cell.tone)
    }
}

fn columns(headings: &[Heading], rows: Vec<Vec<Cell>>) -> Vec<Column<'_>> {
    let column = |heading| Column { heading, cells: Vec::new(), natural: 0, width: 0 };
    let mut columns: Vec<_> = headings.iter().map(column).collect();
    for row in rows {
        for (column, cell) in columns.iter_mut().zip(row) {
            column.cells.push(cell);
        }
    }
    for column in &mut columns {
        let widest = column.cells.iter().map(natural_width).max().unwrap_or(0);
        column.natural = widest.max(column.heading.title.width());
        column.width = column.natural;
    }
    columns
}

fn natural_width(cell: &Cell) -> usize {
    if cell.is_list { first_words(&cell.text, LIST_WIDTH).width() } else { cell.text.width() }
}

/// Makes the columns fit into `room`, leaving out optional ones if that is what it takes.
fn fit(columns: &mut Vec<Column>, room: usize) {
    while !narrow(columns, room) {
        let is_optional = |column: &Column| column.heading.room == Room::Optional;
        let Some(optional) = columns.iter().position(is_optional) else { return };
        columns.remove(optional);
        columns.iter_mut().for_each(|column| column.width = column.natural);
    }
}

/// Takes from the widest columns until all fit into `room`; false when no column can get narrower.
fn narrow(columns: &mut [Column], room: usize) -> bool {
    let gaps = usize::from(GAP) * columns.len().saturating_sub(1);
    let mut total = columns.iter().map(|column| column.width).sum::<usize>() + gaps;
    while total > room {
        let narrowable = columns.iter_mut().filter(|column| column.width > column.narrowest());
        let Some(widest) = narrowable.max_by_key(|column| column.width) else { return false };
        widest.width -= 1;
        total -= 1;
    }
    true
}

/// Rows of cells in columns, without spaces at the ends of lines.
fn aligned(rows: impl Iterator<Item = Vec<comfy_table::Cell>>, styled: bool) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    const HEADINGS: [Heading; 4] = [
        Heading::fixed("ID"),
        Heading::cut("NAME"),
        Heading::cut("SCOPES"),
        Heading::optional("CREATED"),
    ];

    fn rows() -> Vec<Vec<Cell>> {
        let row = |id: &str, name: &str, scopes: &str| {
            let scopes = Cell::text(scopes).listed().toned(Tone::Good);
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
    fn every_row_fits_and_columns_are_aligned() {
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
    fn an_optional_column_without_content_is_left_out() {
        let headings = [Heading::fixed("ID"), Heading::optional("ROTATION")];
        let row = |rotation| vec![Cell::text("1"), Cell::text(rotation)];
        assert_eq!(render(&headings, vec![row("")], None, false), "ID\n1\n");
        let table = render(&headings, vec![row(""), row("replaces 1")], None, false);
        assert_eq!(table, "ID  ROTATION\n1\n1   replaces 1\n");
    }

    #[test]
    fn optional_columns_are_left_out_and_words_are_counted() {
        let narrow = render(&HEADINGS, rows(), Some(34), false);
        assert!(!narrow.contains("CREATED") && narrow.contains(" +"), "{narrow}");
        let wide = render(&HEADINGS, rows(), None, false);
        assert!(
            wide.contains("CREATED") && wide.contains("トークン  a.b c.d e.f g.h i.j k.l m.n +2"),
            "{wide}"
        );
    }

    #[test]
    fn colour_adds_no_spaces_at_the_ends_of_lines() {
        let table = render(&HEADINGS[..3], rows(), Some(60), true);
        assert!(table.contains("\u{1b}[38;5;2mposts.manage\u{1b}["), "{table:?}");
        assert!(table.lines().all(|line| !line.ends_with(' ')), "{table:?}");
    }

    #[test]
    fn details_wrap_lists_and_shorten_nothing() {
        let details = vec![
            ("name", Cell::text("a name that is wider than the terminal")),
            ("scopes", Cell::text("a.b c.d posts.comments.manage e.f").listed()),
        ];
        let expected = "name    a name that is wider than the terminal\n\
                        scopes  a.b c.d\n        posts.comments.manage\n        e.f\n";
        assert_eq!(render_details(details, Some(16), false), expected);
    }
}
