//! A table, and several with what is said beside them.

use super::cell::Cell;
use super::column::Column;

/// A table.
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    /// What programs call it.
    pub key: &'static str,
    /// What people read above it.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// Rows that are left out of the text for their number; programs get them all.
    pub hidden_rows: usize,
    /// What is said below it: what holds for all of it, or why it is empty.
    pub notes: Vec<String>,
}

impl Table {
    /// A table without rows.
    pub fn new(key: &'static str, title: impl Into<String>, columns: Vec<Column>) -> Self {
        Self {
            key,
            title: title.into(),
            columns,
            rows: Vec::new(),
            hidden_rows: 0,
            notes: Vec::new(),
        }
    }

    /// Adds a row. Cells without a column are left away, columns without a cell hold nothing.
    pub fn push(&mut self, mut row: Vec<Cell>) {
        row.resize(self.columns.len(), Cell::Absent);
        self.rows.push(row);
    }

    /// Drops the first column.
    pub fn drop_first_column(&mut self) {
        drop(self.columns.drain(..1.min(self.columns.len())));
        for row in &mut self.rows {
            drop(row.drain(..1.min(row.len())));
        }
    }

    /// Drops the columns in which no cell holds anything. Those of rank 0 stay.
    pub fn drop_empty_columns(&mut self) {
        let is_kept = |at: usize, column: &Column| {
            let mut cells = self.rows.iter().filter_map(|row| row.get(at));
            column.rank == 0 || cells.any(|cell| *cell != Cell::Absent)
        };
        let columns = self.columns.iter().enumerate();
        let kept: Vec<bool> = columns.map(|(at, column)| is_kept(at, column)).collect();
        let mut keeps = kept.iter();
        self.columns.retain(|_| keeps.next() == Some(&true));
        for row in &mut self.rows {
            let mut keeps = kept.iter();
            row.retain(|_| keeps.next() == Some(&true));
        }
    }
}

/// Something that is said of all tables of a report.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact {
    /// What programs call it.
    pub key: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it is.
    pub value: Cell,
}

/// Tables with what is said of all of them.
#[derive(Clone, PartialEq, Debug)]
pub struct TableReport {
    /// Which report it is: the verb's name.
    pub kind: &'static str,
    /// What the tables were made of, as the user knows it.
    pub source: String,
    /// Said above the tables.
    pub facts: Vec<Fact>,
    /// The tables; CSV is made of the first.
    pub tables: Vec<Table>,
    /// What should be known before the tables are believed.
    pub warnings: Vec<String>,
}
