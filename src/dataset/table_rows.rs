//! Rows of a table, column by column.

use std::cmp::Ordering;

use super::schema::{Schema, TableName, TableSchema};
use super::stack_hash::ContentHash;
use super::values::{ColumnValues, Value};
use crate::error::{BadFile, DatasetFault, Error, Result};

/// Rows of a table, column by column.
#[derive(Clone, Debug)]
pub struct TableRows {
    schema: &'static TableSchema,
    pub(super) columns: Vec<ColumnValues>,
    len: usize,
}

impl TableRows {
    /// No rows yet.
    pub fn new(table: TableName) -> Self {
        let schema = Schema::own().table(table);
        let columns = schema.columns.iter();
        Self {
            schema,
            columns: columns
                .map(|column| ColumnValues::new(column.kind))
                .collect(),
            len: 0,
        }
    }

    /// Rows of columns that were read, all as long as the first.
    pub(super) fn of_columns(table: TableName, columns: Vec<ColumnValues>, len: usize) -> Self {
        Self {
            schema: Schema::own().table(table),
            columns,
            len,
        }
    }

    /// Which table they are of.
    pub const fn table(&self) -> TableName {
        self.schema.table
    }

    /// What its columns are.
    pub const fn schema(&self) -> &'static TableSchema {
        self.schema
    }

    /// Number of rows.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a row, its values in the order of the columns.
    ///
    /// # Errors
    /// When the values are not those of the schema: more or fewer, of another kind, or absent where
    /// the schema does not say what that means.
    pub fn push(&mut self, row: &[Value<'_>]) -> Result<()> {
        let columns = self.schema.columns.iter().zip(&self.columns);
        let fits = columns.zip(row).all(|((column, values), &value)| {
            values.fits(value) && (value != Value::Absent || !column.absence.is_empty())
        });
        if !fits || row.len() != self.columns.len() {
            let table = self.table().as_str();
            let what = BadFile::Dataset(DatasetFault::WrongRow { table });
            return Err(Error::file(table.as_ref(), what));
        }
        for (column, &value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
        self.len += 1;
        Ok(())
    }

    /// Adds the rows of the same table that pass.
    pub fn append(&mut self, other: &Self, passes: impl Fn(usize) -> bool) {
        let rows: Vec<usize> = (0..other.len).filter(|&row| passes(row)).collect();
        for (own, others) in self.columns.iter_mut().zip(&other.columns) {
            own.append(others, &rows);
        }
        self.len += rows.len();
    }

    /// Adds the rows of the same table.
    pub(super) fn append_all(&mut self, other: &Self) {
        if self.is_empty() {
            self.clone_from(other);
        } else {
            self.append(other, |_| true);
        }
    }

    /// The value of a row; none where there is no such column.
    pub fn value(&self, row: usize, column: &str) -> Value<'_> {
        let found = self.schema.position(column);
        let found = found.and_then(|at| self.columns.get(at));
        found.map_or(Value::Absent, |values| values.get(row))
    }

    /// The whole number of a row.
    pub fn int(&self, row: usize, column: &str) -> Option<i64> {
        if let Value::Int(value) = self.value(row, column) {
            Some(value)
        } else {
            None
        }
    }

    /// The whole numbers of a column, one for each row; none where there is no such column.
    pub(super) fn ints(&self, column: &str) -> &[Option<i64>] {
        let found = self.schema.position(column);
        let found = found.and_then(|at| self.columns.get(at));
        if let Some(ColumnValues::Int(all)) = found {
            all
        } else {
            &[]
        }
    }

    /// A number that is the same for the same key, on every machine.
    pub fn key_hash(&self, row: usize) -> u64 {
        let mut hash = ContentHash::default();
        for (column, values) in self.schema.columns.iter().zip(&self.columns) {
            if column.is_key {
                match values.get(row) {
                    Value::Absent => hash.add(b"-"),
                    Value::Int(value) => hash.add(&value.to_le_bytes()),
                    Value::Real(value) => hash.add(&value.to_bits().to_le_bytes()),
                    Value::Flag(value) => hash.add(&[u8::from(value)]),
                    Value::Text(text) => hash.add_part(text.as_bytes()),
                }
            }
        }
        hash.finish().cast_unsigned()
    }

    /// The same rows, ordered by their keys. Frames stay as they are: those of a stack follow each
    /// other, and stacks that begin alike are neighbours.
    #[must_use]
    pub fn in_order(self) -> Self {
        if self.table() == TableName::Frames {
            return self;
        }
        let mut rows: Vec<usize> = (0..self.len).collect();
        if rows.is_sorted_by(|&a, &b| self.compare_keys(a, b).is_le()) {
            return self;
        }
        rows.sort_by(|&a, &b| self.compare_keys(a, b));
        let mut ordered = Self::new(self.table());
        for (own, others) in ordered.columns.iter_mut().zip(&self.columns) {
            own.append(others, &rows);
        }
        ordered.len = rows.len();
        ordered
    }

    fn compare_keys(&self, a: usize, b: usize) -> Ordering {
        let columns = self.schema.columns.iter().zip(&self.columns);
        let keys = columns.filter(|(column, _)| column.is_key);
        let mut orders = keys.map(|(_, values)| values.compare(a, b));
        orders
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that the schema does not describe would be one that no reader understands.
    #[test]
    fn rows_that_do_not_fit_are_refused() {
        let mut rows = TableRows::new(TableName::Frames);
        let text = Value::Text("a");
        let whole = [
            Value::Int(1),
            Value::Int(0),
            text,
            Value::Absent,
            text,
            text,
        ];
        assert!(rows.push(&whole).is_ok());
        let mut nameless = whole;
        nameless[2] = Value::Absent;
        assert!(rows.push(&nameless).is_err());
        let mut odd = whole;
        odd[1] = text;
        assert!(rows.push(&odd).is_err());
        assert!(rows.push(&whole[..5]).is_err());
        assert_eq!(rows.len(), 1);
    }
}
