//! Stacks whose frames are there, so that none is written twice.

use std::collections::HashSet;

use super::schema::TableName;
use super::table_rows::TableRows;

/// Stacks whose frames are there.
#[derive(Debug, Default)]
pub(super) struct KnownStacks(HashSet<i64>);

impl KnownStacks {
    /// Adds rows to those of their table: of table frames only those of stacks that are not there yet.
    pub(super) fn append(&mut self, all: &mut TableRows, rows: &TableRows) {
        if rows.table() != TableName::Frames {
            all.append(rows, |_| true);
            return;
        }
        let stacks = rows.ints("stack");
        let is_known = |row: usize| {
            let stack = stacks.get(row).copied().flatten();
            stack.is_some_and(|stack| self.0.contains(&stack))
        };
        all.append(rows, |row| !is_known(row));
        self.0.extend(stacks.iter().copied().flatten());
    }
}
