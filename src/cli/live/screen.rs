//! A terminal that is drawn anew, or blocks one below the other.

use std::io::{self, Write};
use std::path::Path;

use crate::cli::this_machine;
use vmflame::error::{Error, Result};
use vmflame::report::table::{TableReport, as_json_rows, as_text, write_csv, write_csv_rows};

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::cli) enum LiveFormat {
    Text,
    /// A line each.
    Json,
    Csv,
}

/// Standard output.
#[derive(Debug)]
pub(super) struct Screen {
    format: LiveFormat,
    shown: u64,
}

/// Moves to the upper left corner.
const HOME: &str = "\u{1b}[H";
/// Clears from here to the end of the line.
const CLEAR_LINE: &str = "\u{1b}[K";
/// Clears from here to the end of the screen.
const CLEAR_BELOW: &str = "\u{1b}[J";

impl Screen {
    pub(super) const fn new(format: LiveFormat) -> Self {
        Self { format, shown: 0 }
    }

    /// Shows the tables of an interval.
    ///
    /// # Errors
    /// When nobody reads them any more.
    pub(super) fn show(&mut self, tables: &TableReport) -> Result<()> {
        let mut out = io::stdout().lock();
        let written = match self.format {
            LiveFormat::Json => writeln!(out, "{}", as_json_rows(tables)),
            LiveFormat::Csv => self.csv(tables, &mut out),
            LiveFormat::Text => self.text(tables, &mut out),
        };
        self.shown += 1;
        let written = written.and_then(|()| out.flush());
        written.map_err(|source| Error::io("write", Path::new("standard output"), source))
    }

    fn csv(&self, tables: &TableReport, out: &mut impl Write) -> io::Result<()> {
        let mut all = tables.tables.iter();
        match all.find(|table| table.key == "counters") {
            Some(table) if self.shown == 0 => write_csv(table, out),
            Some(table) => write_csv_rows(table, out),
            None => Ok(()),
        }
    }

    fn text(&self, tables: &TableReport, out: &mut impl Write) -> io::Result<()> {
        let Some(size) = this_machine::terminal() else {
            let between = if self.shown > 0 { "\n" } else { "" };
            return write!(out, "{between}{}", as_text(tables, None));
        };
        let text = as_text(tables, Some(size.columns));
        write!(out, "{HOME}")?;
        // The last line stays free: a line's end there would move all up.
        let rows = size.rows.saturating_sub(1).max(1);
        for line in text.lines().take(rows) {
            let line: String = line.chars().take(size.columns).collect();
            writeln!(out, "{line}{CLEAR_LINE}")?;
        }
        write!(out, "{CLEAR_BELOW}")
    }
}
