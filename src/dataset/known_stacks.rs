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
            all.append_all(rows);
            return;
        }
        // Frames of a stack follow each other: each is looked up once.
        let mut here: Vec<i64> = rows.ints("stack").iter().copied().flatten().collect();
        here.dedup();
        if here.iter().any(|stack| self.0.contains(stack)) {
            let stacks = rows.ints("stack");
            all.append(rows, |row| {
                let stack = stacks.get(row).copied().flatten();
                !stack.is_some_and(|stack| self.0.contains(&stack))
            });
        } else {
            all.append_all(rows);
        }
        self.0.extend(here);
    }
}
