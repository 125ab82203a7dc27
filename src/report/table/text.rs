//! Tables as text, for people.

use std::fmt::Write as _;

use super::bars::sparkline;
use super::cell::Cell;
use super::column::Column;
use super::model::{Table, TableReport};
use crate::text::{grouped, one_line, shortened, with_commas};
use crate::units::Timestamp;

/// Widest cell of words; longer ones are cut.
const WIDEST: usize = 56;
/// Between two columns.
const GAP: usize = 2;

/// The tables as text for a terminal of so many columns; without one, all columns are shown.
///
/// What cells hold comes from files: nothing of it is obeyed by a terminal.
pub fn as_text(report: &TableReport, columns: Option<usize>) -> String {
    let mut out = String::new();
    let written = write_report(&mut out, report, columns);
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    out
}

fn write_report(
    out: &mut String,
    report: &TableReport,
    columns: Option<usize>,
) -> std::fmt::Result {
    writeln!(out, "{}", one_line(&report.source))?;
    let labels = report.facts.iter().map(|fact| fact.label.chars().count());
    let width = labels.max().unwrap_or(0);
    for fact in report
        .facts
        .iter()
        .filter(|fact| fact.value != Cell::Absent)
    {
        writeln!(out, "{:<width$}  {}", fact.label, words(&fact.value))?;
    }
    for warning in &report.warnings {
        writeln!(out, "warning: {}", one_line(warning))?;
    }
    for table in &report.tables {
        write_table(out, table, columns)?;
    }
    Ok(())
}

fn write_table(out: &mut String, table: &Table, columns: Option<usize>) -> std::fmt::Result {
    let is_for_programs = !table.rows.is_empty() && table.rows.len() == table.hidden_rows;
    if is_for_programs && table.notes.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    if !table.title.is_empty() {
        writeln!(out, "{}", one_line(&table.title))?;
    }
    if table.rows.len() > table.hidden_rows {
        write_rows(out, table, columns)?;
    }
    // Where all rows are hidden, the notes say in full what they hold.
    if table.hidden_rows > 0 && table.rows.len() > table.hidden_rows {
        let hidden = grouped(table.hidden_rows as u64);
        writeln!(out, "  {hidden} more rows: --json and --csv have them all")?;
    }
    for note in &table.notes {
        writeln!(out, "  {}", one_line(note))?;
    }
    Ok(())
}

/// A column as it is written.
struct Shown<'t> {
    column: &'t Column,
    /// The cells as words, top to bottom.
    cells: Vec<String>,
    width: usize,
}

fn write_rows(out: &mut String, table: &Table, columns: Option<usize>) -> std::fmt::Result {
    let rows = table.rows.len().saturating_sub(table.hidden_rows);
    let shown = table.columns.iter().enumerate().map(|(at, column)| {
        let cells = table.rows.iter().take(rows);
        let cells = cells.map(|row| row.get(at).map_or_else(String::new, words));
        let cells: Vec<String> = cells.collect();
        let widths = cells.iter().map(|cell| cell.chars().count());
        let width = widths.max().unwrap_or(0);
        Shown {
            column,
            width: width.max(column.heading.chars().count()),
            cells,
        }
    });
    let mut shown: Vec<Shown<'_>> = shown.collect();
    fit(&mut shown, columns);
    let headings = shown.iter().map(|shown| shown.column.heading);
    write_line(out, &shown, headings)?;
    for row in 0..rows {
        let cells = shown.iter().map(|shown| shown.cells.get(row));
        write_line(
            out,
            &shown,
            cells.map(|cell| cell.map_or("", String::as_str)),
        )?;
    }
    Ok(())
}

/// Leaves out columns until the rest has room.
fn fit(shown: &mut Vec<Shown<'_>>, columns: Option<usize>) {
    let Some(columns) = columns else {
        return;
    };
    while shown.iter().map(|shown| shown.width + GAP).sum::<usize>() > columns {
        let ranks = shown.iter().enumerate();
        let last = ranks.max_by_key(|(at, shown)| (shown.column.rank, *at));
        match last {
            Some((at, found)) if found.column.rank > 0 => drop(shown.remove(at)),
            Some(_) | None => return,
        }
    }
}

fn write_line<'c>(
    out: &mut String,
    shown: &[Shown<'_>],
    cells: impl Iterator<Item = &'c str>,
) -> std::fmt::Result {
    let mut line = String::new();
    for (shown, cell) in shown.iter().zip(cells) {
        let width = shown.width;
        if shown.column.quantity.is_left_aligned() {
            write!(line, "{:GAP$}{cell:<width$}", "")?;
        } else {
            write!(line, "{:GAP$}{cell:>width$}", "")?;
        }
    }
    writeln!(out, "{}", line.trim_end())
}

impl Cell {
    /// The cell as a page shows it: words are whole and not yet safe.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Absent
            | Self::Count(_)
            | Self::BelowZero(_)
            | Self::Nanoseconds(_)
            | Self::Time(_)
            | Self::Share(_)
            | Self::PerSecond(_)
            | Self::Number(_)
            | Self::Hex(_)
            | Self::Histogram(_) => words(self),
        }
    }
}

/// A cell as people read it.
fn words(cell: &Cell) -> String {
    match cell {
        Cell::Absent => "-".to_owned(),
        Cell::Text(text) => shortened(&one_line(text), WIDEST).into_owned(),
        Cell::Count(value) => grouped(*value),
        Cell::BelowZero(value) => format!("-{}", grouped(value.unsigned_abs())),
        Cell::Nanoseconds(nanos) => nanos_in_words(*nanos),
        Cell::Time(nanos) => Timestamp::from_nanos(*nanos).to_string(),
        Cell::Share(share) => format!("{:.2}%", share * 100.0),
        Cell::PerSecond(rate) if *rate >= 100.0 => with_commas(&format!("{rate:.0}")),
        Cell::PerSecond(rate) => format!("{rate:.1}"),
        Cell::Number(value) if value.abs() >= 1e6 => with_commas(&format!("{value:.0}")),
        Cell::Number(value) if value.abs() >= 100.0 => format!("{value:.1}"),
        Cell::Number(value) => format!("{value:.4}"),
        Cell::Hex(value) => format!("{value:#x}"),
        Cell::Histogram(bars) => sparkline(bars),
    }
}

/// A span of time with three digits or more: `812 ns`, `4.31 µs`, `120 ms`, `3,020 s`.
///
/// ```
/// use vmflame::report::table::nanos_in_words;
///
/// assert_eq!(nanos_in_words(999), "999 ns");
/// assert_eq!(nanos_in_words(4_314), "4.31 µs");
/// assert_eq!(nanos_in_words(999_999), "1.00 ms");
/// assert_eq!(nanos_in_words(61_200_000_000), "61.2 s");
/// ```
pub fn nanos_in_words(nanos: u64) -> String {
    if nanos < 1000 {
        return format!("{nanos} ns");
    }
    let (mut value, mut unit) = (nanos as f64 / 1e3, "µs");
    for larger in ["ms", "s"] {
        if value >= 999.5 {
            (value, unit) = (value / 1e3, larger);
        }
    }
    // Rounded to three digits before they are counted: 9.996 is shown as 10.0.
    let decimals = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!("{} {unit}", with_commas(&format!("{value:.decimals$}")))
}
