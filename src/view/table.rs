//! Tables for people: columns without lines, headings in capitals.

use super::record::{Cell, Heading, Room, Tone};
use super::width::{cut, first_words, wrapped};
use comfy_table::{Attribute, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

/// The space between two columns.
const GAP: usize = 2;
/// How wide a list of words, a name and a text stay as long as another column can be left out.
const COMFORTABLE_LIST: usize = 32;
const COMFORTABLE_NAME: usize = 40;
const COMFORTABLE_TEXT: usize = 24;
/// The narrowest that a column with shortened names gets.
const NARROWEST_NAME: usize = 8;
/// The narrowest that a column with lists or with wrapped cells gets.
const NARROWEST_TEXT: usize = 12;
/// The widest that a column gets. Longer cells stick out, so that a single one cannot fill every
/// row with spaces.
const WIDEST: usize = 256;
/// The columns that even the narrowest terminal shows: what a record is known by.
const KEPT: usize = 2;

/// How much a table may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every column and every cell, in full.
    Complete,
    /// Every cell in full, and every column in which one is not empty.
    Unbounded,
    /// What fits a terminal of this width.
    Terminal(usize),
}

/// The columns of a table and their widths.
pub struct Layout {
    columns: Vec<Column>,
    extent: Extent,
    styled: bool,
}

impl Layout {
    /// The layout of a table that begins with these rows. Only if they are all, optional columns in
    /// which every cell is empty are left out.
    pub fn new(
        headings: &'static [Heading],
        rows: &[Vec<Cell>],
        is_all: bool,
        extent: Extent,
        styled: bool,
    ) -> Self {
        let columns = headings.iter().enumerate();
        let mut columns: Vec<_> =
            columns.map(|(index, heading)| Column::new(index, heading, rows)).collect();
        if is_all && extent != Extent::Complete {
            columns.retain(|column| !column.is_optional() || !column.is_empty);
        }
        if let Extent::Terminal(width) = extent {
            fit(&mut columns, width);
        }
        Layout { columns, extent, styled }
    }

    /// The line of headings.
    pub fn headings(&self) -> String {
        self.line(|column| (column.heading.title.to_string(), Style::Bold))
    }

    /// The lines of a row.
    pub fn row(&self, cells: &[Cell]) -> String {
        self.line(|column| match cells.get(column.index) {
            Some(cell) => (self.fitted(column, cell), Style::Toned(cell.tone)),
            None => (String::new(), Style::Toned(Tone::Plain)),
        })
    }

    fn fitted(&self, column: &Column, cell: &Cell) -> String {
        match column.heading.room {
            _ if !matches!(self.extent, Extent::Terminal(_)) => cell.text.clone(),
            Room::Fixed | Room::Optional => cell.text.clone(),
            Room::Wrapped => wrapped(&cell.text, column.width),
            Room::Cut if cell.is_list => first_words(&cell.text, column.width),
            Room::Cut => cut(&cell.text, column.width),
        }
    }

    fn line(&self, text: impl Fn(&Column) -> (String, Style)) -> String {
        let cells = self.columns.iter().map(|column| (text(column), column.width));
        aligned(&cells.collect::<Vec<_>>(), self.styled)
    }
}

/// One record, a label and a value a line. Nothing is shortened; on a terminal lists are wrapped
/// between words.
pub fn render_details(details: Vec<(&'static str, Cell)>, extent: Extent, styled: bool) -> String {
    let labels = details.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
    let row = |(label, value): (&str, Cell)| {
        let text = match extent {
            Extent::Terminal(width) if value.is_list => {
                let room = width.saturating_sub(labels + GAP);
                let longest = value.text.split(' ').map(UnicodeWidthStr::width).max().unwrap_or(0);
                wrapped(&value.text, room.max(longest))
            }
            _ => value.text,
        };
        let label = ((label.to_string(), Style::Bold), labels);
        aligned(&[label, ((text, Style::Toned(value.tone)), 0)], styled)
    };
    details.into_iter().map(row).collect()
}

/// A column of a table.
struct Column {
    /// Its position in a row.
    index: usize,
    heading: &'static Heading,
    is_empty: bool,
    is_list: bool,
    width: usize,
}

impl Column {
    fn new(index: usize, heading: &'static Heading, rows: &[Vec<Cell>]) -> Self {
        let cells = || rows.iter().filter_map(|row| row.get(index));
        let widest = cells().map(|cell| cell.text.width()).max().unwrap_or(0);
        Column {
            index,
            heading,
            is_empty: widest == 0,
            is_list: cells().any(|cell| cell.is_list),
            width: widest.max(heading.title.width()).min(WIDEST),
        }
    }

    fn is_optional(&self) -> bool {
        self.heading.room == Room::Optional
    }

    /// Its width before another column is left out.
    fn comfortable(&self) -> usize {
        self.at_least(match self.heading.room {
            Room::Fixed | Room::Optional => self.width,
            Room::Cut if self.is_list => COMFORTABLE_LIST,
            Room::Cut => COMFORTABLE_NAME,
            Room::Wrapped => COMFORTABLE_TEXT,
        })
    }

    /// Its width before names are shortened.
    fn with_short_list(&self) -> usize {
        if self.is_list { self.narrowest() } else { self.comfortable() }
    }

    fn narrowest(&self) -> usize {
        self.at_least(match self.heading.room {
            Room::Fixed | Room::Optional => self.width,
            Room::Cut if !self.is_list => NARROWEST_NAME,
            Room::Cut | Room::Wrapped => NARROWEST_TEXT,
        })
    }

    fn at_least(&self, width: usize) -> usize {
        width.max(self.heading.title.width()).min(self.width)
    }
}

/// Makes the columns fit into `room`: leaves out optional ones, shortens lists, then names, and
/// leaves out the last columns if even that is too wide.
fn fit(columns: &mut Vec<Column>, room: usize) {
    while total(columns, Column::comfortable) > room
        && let Some(last) = columns.iter().rposition(Column::is_optional)
    {
        columns.remove(last);
    }
    while total(columns, Column::narrowest) > room && columns.len() > KEPT {
        columns.pop();
    }
    for floor in [Column::comfortable, Column::with_short_list, Column::narrowest] {
        narrow(columns, room, floor);
    }
}

/// The width of a table whose columns have these widths.
fn total(columns: &[Column], width: impl Fn(&Column) -> usize) -> usize {
    columns.iter().map(width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

/// Takes from the widest columns until all fit into `room`, but no column gets narrower than its
/// `floor`.
fn narrow(columns: &mut [Column], room: usize, floor: impl Fn(&Column) -> usize) {
    let floors: Vec<_> = columns.iter().map(floor).collect();
    for _ in room..total(columns, |column| column.width) {
        let narrowable =
            columns.iter_mut().zip(&floors).filter(|(column, floor)| column.width > **floor);
        let Some((widest, _)) = narrowable.max_by_key(|(column, _)| column.width) else { return };
        widest.width -= 1;
    }
}

/// How a text is printed.
#[derive(Debug, Clone, Copy)]
enum Style {
    Bold,
    Toned(Tone),
}

/// Cells side by side, each with its style and the width of its column, without spaces at the ends
/// of lines. What is wider than its column shifts what follows.
fn aligned(cells: &[((String, Style), usize)], styled: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if styled {
        table.enforce_styling().style_text_only();
    } else {
        table.force_no_tty();
    }
    table.add_row(cells.iter().map(|((text, style), _)| styled_cell(text, *style)));
    for (column, (_, width)) in table.column_iter_mut().zip(cells) {
        let width = u16::try_from(width + GAP).unwrap_or(u16::MAX);
        column.set_padding((0, GAP as u16));
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
    }
    table.trim_fmt() + "\n"
}

fn styled_cell(text: &str, style: Style) -> comfy_table::Cell {
    let cell = comfy_table::Cell::new(text);
    match style {
        Style::Bold => cell.add_attribute(Attribute::Bold),
        Style::Toned(Tone::Plain) => cell,
        Style::Toned(Tone::Good) => cell.fg(Color::DarkGreen),
        Style::Toned(Tone::Warning) => cell.fg(Color::DarkYellow),
        Style::Toned(Tone::Bad) => cell.fg(Color::DarkRed),
        Style::Toned(Tone::Faint) => cell.add_attribute(Attribute::Dim),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADINGS: &[Heading] = &[
        Heading::fixed("ID"),
        Heading::cut("NAME"),
        Heading::cut("SCOPES"),
        Heading::fixed("EXPIRES"),
        Heading::optional("HINT"),
        Heading::optional("CREATED"),
    ];

    const LONG_NAME: &str = "日本語の名前がとても長いトークン";
    const MANY_SCOPES: &str = "a.b c.d e.f g.h i.j k.l m.n o.p q.r s.t u.v w.x y.z";

    fn rows() -> Vec<Vec<Cell>> {
        let row = |id: &str, name: &str, scopes: &str| {
            let scopes = Cell::text(scopes).listed().toned(Tone::Good);
            let end = ["never", "tok_abcd", "3h ago"].map(Cell::text);
            [Cell::text(id), Cell::text(name), scopes].into_iter().chain(end).collect()
        };
        vec![
            row("7", "CI", "posts.manage"),
            row("1234567", LONG_NAME, MANY_SCOPES),
            row("8", "👩‍👩‍👧 émile", "none"),
        ]
    }

    fn table(headings: &'static [Heading], rows: &[Vec<Cell>], extent: Extent) -> String {
        let layout = Layout::new(headings, rows, true, extent, false);
        let rows: String = rows.iter().map(|row| layout.row(row)).collect();
        layout.headings() + &rows
    }

    fn on_terminal(width: usize) -> String {
        table(HEADINGS, &rows(), Extent::Terminal(width))
    }

    #[test]
    fn every_row_fits_a_terminal_and_columns_are_aligned() {
        for width in [20, 40, 60, 80, 200] {
            let table = on_terminal(width);
            for line in table.lines() {
                assert!(line.width() <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end());
            }
            assert!(table.contains("\n1234567  日本"), "{table}");
            let column =
                |line: &str, what: &str| line.split_once(what).map(|(before, _)| before.width());
            let lines: Vec<_> = table.lines().collect();
            let scopes = column(lines[0], "SCOPES");
            assert_eq!(column(lines[1], "posts"), scopes, "{table}");
            assert_eq!(column(lines[2], "a.b"), scopes, "{table}");
            assert_eq!(column(lines[3], "none"), scopes, "{table}");
        }
    }

    /// The headings, and the cells of the second row that are not shortened.
    fn shown(width: usize) -> (String, [bool; 2]) {
        let table = on_terminal(width);
        let headings = table.lines().next().unwrap().split_whitespace().collect::<Vec<_>>();
        (headings.join(" "), [LONG_NAME, MANY_SCOPES].map(|cell| table.contains(cell)))
    }

    #[test]
    fn columns_are_left_out_before_lists_and_lists_are_shortened_before_names() {
        for (width, headings, whole) in [
            (122, "ID NAME SCOPES EXPIRES HINT CREATED", [true, true]),
            (121, "ID NAME SCOPES EXPIRES HINT CREATED", [true, false]),
            (103, "ID NAME SCOPES EXPIRES HINT CREATED", [true, false]),
            (102, "ID NAME SCOPES EXPIRES HINT", [true, false]),
            (93, "ID NAME SCOPES EXPIRES", [true, false]),
            (64, "ID NAME SCOPES EXPIRES", [true, false]),
            (63, "ID NAME SCOPES EXPIRES", [false, false]),
            (40, "ID NAME SCOPES EXPIRES", [false, false]),
            (39, "ID NAME SCOPES", [false, false]),
        ] {
            assert_eq!(
                shown(width),
                (headings.to_string(), whole),
                "{width}: {}",
                on_terminal(width)
            );
        }
    }

    #[test]
    fn nothing_is_shortened_or_left_out_elsewhere() {
        for extent in [Extent::Unbounded, Extent::Complete] {
            let table = table(HEADINGS, &rows(), extent);
            for part in [LONG_NAME, MANY_SCOPES, "CREATED", "3h ago"] {
                assert!(table.contains(part), "{table}");
            }
        }
    }

    #[test]
    fn an_optional_column_without_content_is_only_in_a_complete_table() {
        const HEADINGS: &[Heading] = &[Heading::fixed("ID"), Heading::optional("ROTATION")];
        let row = |rotation| vec![Cell::text("1"), Cell::text(rotation)];
        let table = |rows: &[_], extent| table(HEADINGS, rows, extent);
        assert_eq!(table(&[row("")], Extent::Unbounded), "ID\n1\n");
        assert_eq!(table(&[row("")], Extent::Complete), "ID  ROTATION\n1\n");
        let rows = [row(""), row("replaces 1")];
        assert_eq!(table(&rows, Extent::Unbounded), "ID  ROTATION\n1\n1   replaces 1\n");
        // Later rows may fill it.
        let begun = Layout::new(HEADINGS, &rows[..1], false, Extent::Unbounded, false);
        assert_eq!(begun.headings() + &begun.row(&rows[1]), "ID  ROTATION\n1   replaces 1\n");
    }

    #[test]
    fn a_cell_of_extreme_width_does_not_widen_every_row() {
        const HEADINGS: &[Heading] = &[Heading::cut("SCOPES"), Heading::fixed("STATUS")];
        let long = "s".repeat(1000);
        let rows = [&long, "a"].map(|text| vec![Cell::text(text), Cell::text("active")]);
        let table = table(HEADINGS, &rows, Extent::Unbounded);
        let widths: Vec<_> = table.lines().map(UnicodeWidthStr::width).collect();
        assert_eq!(widths, [WIDEST + 8, 1008, WIDEST + 8]);
    }

    #[test]
    fn colour_adds_no_spaces_at_the_ends_of_lines() {
        let rows = rows();
        let layout = Layout::new(&HEADINGS[..3], &rows, true, Extent::Terminal(60), true);
        assert_eq!(layout.headings().matches("\u{1b}[1m").count(), 3);
        let row = layout.row(&rows[0]);
        assert!(row.ends_with("  \u{1b}[38;5;2mposts.manage\u{1b}[39m\n"), "{row:?}");
    }

    #[test]
    fn details_wrap_lists_and_shorten_nothing() {
        let details = || {
            vec![
                ("name", Cell::text("a name that is wider than the terminal")),
                ("scopes", Cell::text("a.b c.d posts.comments.manage e.f").listed()),
            ]
        };
        let expected = "name    a name that is wider than the terminal\n\
                        scopes  a.b c.d\n        posts.comments.manage\n        e.f\n";
        assert_eq!(render_details(details(), Extent::Terminal(16), false), expected);
        let complete = render_details(details(), Extent::Complete, false);
        assert!(complete.ends_with("scopes  a.b c.d posts.comments.manage e.f\n"), "{complete}");
    }
}
