//! Rows of table frames, made of frames that are told once each.

use super::schema::TableName;
use super::table_rows::TableRows;
use super::values::{ColumnValues, Value};
use crate::error::Result;

/// Rows of table frames. A frame is in many stacks: its texts are looked at when it is told, and no
/// more when it is in a stack.
#[derive(Debug)]
pub struct FrameRows {
    /// A row for each frame that was told, of no stack.
    told: TableRows,
    stacks: Vec<Option<i64>>,
    depths: Vec<Option<i64>>,
    /// The place of each row's frame among those that were told.
    frames: Vec<usize>,
}

impl Default for FrameRows {
    /// No frame and no row yet.
    fn default() -> Self {
        Self {
            told: TableRows::new(TableName::Frames),
            stacks: Vec::new(),
            depths: Vec::new(),
            frames: Vec::new(),
        }
    }
}

impl FrameRows {
    /// Tells a frame by its columns `frame`, `object`, `mode` and `kind`, an absent one as an empty text.
    /// Frames have numbers in this order, from 0.
    ///
    /// # Errors
    /// When the schema knows other columns.
    pub fn tell(&mut self, columns: [&str; 4]) -> Result<()> {
        let [name, object, mode, kind] = columns;
        self.told.push(&[
            Value::Int(0),
            Value::Int(0),
            Value::Text(name),
            Value::text_or_absent(object),
            Value::Text(mode),
            Value::Text(kind),
        ])
    }

    /// Adds a stack by the numbers of its frames, from the outermost.
    pub fn add(&mut self, stack: i64, frames: impl IntoIterator<Item = usize>) {
        for (depth, frame) in (0..).zip(frames) {
            self.stacks.push(Some(stack));
            self.depths.push(Some(depth));
            self.frames.push(frame);
        }
    }

    /// The rows.
    pub fn finish(self) -> TableRows {
        let (mut stacks, mut depths) = (self.stacks, self.depths);
        let schema = self.told.schema();
        let columns = schema.columns.iter().zip(&self.told.columns);
        let columns = columns.map(|(column, told)| match column.name {
            "stack" => ColumnValues::Int(std::mem::take(&mut stacks)),
            "depth" => ColumnValues::Int(std::mem::take(&mut depths)),
            _ => {
                let mut values = ColumnValues::new(column.kind);
                values.append(told, &self.frames);
                values
            }
        });
        TableRows::of_columns(schema.table, columns.collect(), self.frames.len())
    }
}
