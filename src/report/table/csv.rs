//! A table as comma-separated values (RFC 4180), for spreadsheets and data frames.

use std::io::{self, Write};

use super::cell::Cell;
use super::model::Table;

/// Writes the table: the columns' keys, then a line for each row. Numbers are plain, times in
/// nanoseconds, shares as parts of 1; a cell that holds nothing is empty. A histogram is
/// `from:to:count` for each bar with values, separated by spaces.
///
/// # Errors
/// When it cannot be written.
pub fn write_csv(table: &Table, out: impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(table.columns.iter().map(|column| column.key))?;
    writer.flush()?;
    let out = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    write_csv_rows(table, out)
}

/// Writes the rows alone, behind those of a table with the same columns.
///
/// # Errors
/// When they cannot be written.
pub fn write_csv_rows(table: &Table, out: impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    for row in &table.rows {
        writer.write_record(row.iter().map(field))?;
    }
    writer.flush()
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Absent => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Count(value) | Cell::Nanoseconds(value) | Cell::Time(value) => value.to_string(),
        Cell::BelowZero(value) => value.to_string(),
        Cell::Share(value) | Cell::PerSecond(value) | Cell::Number(value) => value.to_string(),
        Cell::Hex(value) => format!("{value:#x}"),
        Cell::Histogram(bars) => {
            let bars = bars.iter().filter(|bar| bar.values > 0);
            let bars = bars.map(|bar| format!("{}:{}:{}", bar.least, bar.end, bar.values));
            bars.collect::<Vec<String>>().join(" ")
        }
    }
}
