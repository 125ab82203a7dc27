//! Tables of a page.

use super::bars::Bar;
use super::cell::Cell;
use super::column::{Column, Quantity};
use super::model::Table;
use crate::output::html::Markup;
use crate::text::{grouped, shortened};

/// Rows that a page shows of a table; more would make a page that nobody can send.
const MOST_ROWS: usize = 300;

/// Letters of a cell that are shown.
const WIDEST: usize = 400;

/// A table as it stands in a page.
pub(crate) struct HtmlTable<'t> {
    /// Its id; those of rows begin with it.
    pub(crate) id: &'t str,
    /// The columns that tell its rows apart, by their keys: they make the ids of rows. Without them
    /// rows have none.
    pub(crate) keys: &'t [&'static str],
    /// Attributes of the table, and for each of the rows.
    pub(crate) marks: TableMarks<'t>,
    /// What shows all rows, where not all are here: a command.
    pub(crate) all_rows: &'t str,
}

/// Attributes that a script looks for.
#[derive(Clone, Copy, Default)]
pub(crate) struct TableMarks<'t> {
    /// Of the table.
    pub(crate) table: &'t [ElementMark],
    /// Of the rows, in their order; may be shorter.
    pub(crate) rows: &'t [Vec<ElementMark>],
    /// What `data-column` says of a column, by its key.
    pub(crate) columns: &'t [ColumnMark],
}

/// An attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ElementMark {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its value.
    pub(crate) value: String,
}

/// What the script can compute of a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ColumnMark {
    /// The key of the column.
    pub(crate) key: &'static str,
    /// What it is to the script.
    pub(crate) value: String,
}

/// Text as a part of an id: small letters, digits and single hyphens.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().take(WIDEST) {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Writes a table with what is said below it. One without rows says why.
pub(crate) fn write_html(table: &Table, place: &HtmlTable<'_>, markup: &mut Markup) {
    if table.rows.is_empty() {
        if !table.title.is_empty() {
            markup.tag("h3").with_id(place.id).text(&table.title);
        }
    } else {
        let scroll = markup.tag("div").with("class", "scroll");
        scroll.holding(|markup| write_filled(table, place, markup));
    }
    let hidden = table.rows.len().saturating_sub(MOST_ROWS);
    if hidden > 0 {
        let note = format!("{} more rows: {}", grouped(hidden as u64), place.all_rows);
        markup.tag("p").with("class", "note").text(&note);
    }
    for note in &table.notes {
        markup.tag("p").with("class", "note").text(note);
    }
}

fn write_filled(table: &Table, place: &HtmlTable<'_>, markup: &mut Markup) {
    let bounds = bounds_of(table);
    let start = markup.tag("table").with("class", "data").with_id(place.id);
    let marks = place.marks.table.iter();
    let start = marks.fold(start, |start, mark| start.with(mark.name, &mark.value));
    start.holding(|markup| {
        markup.tag("caption").text(&table.title);
        markup.tag("thead").holding(|markup| {
            markup.tag("tr").holding(|markup| {
                for column in &table.columns {
                    write_head(column, place, &bounds, markup);
                }
            });
        });
        markup.tag("tbody").holding(|markup| {
            for (number, row) in table.rows.iter().take(MOST_ROWS).enumerate() {
                write_row(table, place, number, row, markup);
            }
        });
    });
}

fn write_head(column: &Column, place: &HtmlTable<'_>, bounds: &str, markup: &mut Markup) {
    let kind = match column.quantity {
        Quantity::Text => "text",
        Quantity::Count | Quantity::PerSecond | Quantity::Number | Quantity::Hex => "number",
        Quantity::Nanoseconds => "duration",
        Quantity::Time => "time",
        Quantity::Share => "share",
        Quantity::Histogram => "histogram",
    };
    let is_histogram = column.quantity == Quantity::Histogram;
    let mark = place
        .marks
        .columns
        .iter()
        .find(|mark| mark.key == column.key);
    let start = markup
        .tag("th")
        .with("scope", "col")
        .with("data-type", kind);
    let start = start.with("data-key", column.key);
    let start = start.with_some("data-column", mark.map(|mark| &*mark.value));
    let start = start.with_some("data-bounds", is_histogram.then_some(bounds));
    let start = start.with("title", column.meaning);
    if column.heading.is_empty() {
        // Where each value says what it is, the heading is for those who hear the table.
        start.holding(|markup| {
            let name = markup.tag("span").with("class", "unseen");
            name.text(column.key);
        });
    } else {
        start.text(column.heading);
    }
}

fn write_row(
    table: &Table,
    place: &HtmlTable<'_>,
    number: usize,
    row: &[Cell],
    markup: &mut Markup,
) {
    let cells = || table.columns.iter().zip(row);
    let keys =
        cells().filter(|(column, cell)| place.keys.contains(&column.key) && **cell != Cell::Absent);
    let keys: Vec<String> = keys.map(|(_, cell)| cell.words()).collect();
    let id = format!("{}-{}", place.id, slug(&keys.join(" ")));
    let mut start = markup.tag("tr");
    if !keys.is_empty() {
        start = start.with_id(&id);
    }
    let marks = place.marks.rows.get(number).into_iter().flatten();
    let start = marks.fold(start, |start, mark| start.with(mark.name, &mark.value));
    start.holding(|markup| {
        for (column, cell) in cells() {
            write_cell(column, cell, markup);
        }
    });
}

fn write_cell(column: &Column, cell: &Cell, markup: &mut Markup) {
    let start = markup.tag("td");
    match cell {
        Cell::Text(text) => start.text(&shortened(text, WIDEST)),
        Cell::Absent if column.quantity.is_left_aligned() => start.text("–"),
        Cell::Absent => start.with("class", "number").text("–"),
        Cell::Histogram(bars) => {
            let counts: Vec<String> = bars.iter().map(|bar| bar.values.to_string()).collect();
            let start = start.with("class", "histogram");
            start
                .with("data-bins", &counts.join(","))
                .text(&cell.words());
        }
        Cell::Count(value) | Cell::Nanoseconds(value) | Cell::Time(value) | Cell::Hex(value) => {
            let start = start.with("class", "number");
            start
                .with("data-value", &value.to_string())
                .text(&cell.words());
        }
        Cell::BelowZero(value) => {
            let start = start.with("class", "number");
            start
                .with("data-value", &value.to_string())
                .text(&cell.words());
        }
        Cell::Share(value) | Cell::PerSecond(value) | Cell::Number(value) => {
            let start = start.with("class", "number");
            start
                .with("data-value", &format!("{value:.6}"))
                .text(&cell.words());
        }
    }
}

/// Where the bars of histograms begin; those of all rows lie under each other.
fn bounds_of(table: &Table) -> String {
    let mut cells = table.rows.iter().flatten();
    let bars = cells.find_map(|cell| match cell {
        Cell::Histogram(bars) => Some(bars),
        Cell::Absent
        | Cell::Text(_)
        | Cell::Count(_)
        | Cell::BelowZero(_)
        | Cell::Nanoseconds(_)
        | Cell::Time(_)
        | Cell::Share(_)
        | Cell::PerSecond(_)
        | Cell::Number(_)
        | Cell::Hex(_) => None,
    });
    let bounds = bars.into_iter().flatten();
    let bounds: Vec<String> = bounds.map(|bar: &Bar| bar.least.to_string()).collect();
    bounds.join(",")
}

/// Writes what the columns of tables mean, each once, to be opened.
pub(crate) fn write_meanings<'t>(tables: impl Iterator<Item = &'t Table>, markup: &mut Markup) {
    let mut columns: Vec<&Column> = Vec::new();
    for column in tables
        .filter(|table| !table.rows.is_empty())
        .flat_map(|table| &table.columns)
    {
        let is_known = |known: &&Column| known.key == column.key && known.meaning == column.meaning;
        if !columns.iter().any(is_known) {
            columns.push(column);
        }
    }
    if columns.is_empty() {
        return;
    }
    let details = markup.tag("details").with("class", "meanings");
    details.holding(|markup| {
        markup.tag("summary").text("What the columns mean");
        markup.tag("dl").with("class", "facts").holding(|markup| {
            for column in columns {
                let name = if column.heading.is_empty() {
                    column.key
                } else {
                    column.heading
                };
                markup.tag("dt").text(name);
                let mut meaning = column.meaning.to_owned();
                if !column.absence.is_empty() {
                    meaning.push_str(&format!(" A dash: {}.", column.absence));
                }
                markup.tag("dd").text(&meaning);
            }
        });
    });
}
