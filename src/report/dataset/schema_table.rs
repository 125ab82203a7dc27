//! What the columns of a dataset are.

use crate::dataset::Schema;
use crate::report::table::{Cell, Column, Fact, Quantity, Table, TableReport};

/// The columns of all tables.
pub fn schema_tables() -> TableReport {
    let schema = Schema::own();
    let mut table = Table::new("columns", "tables and columns", columns());
    for found in &schema.tables {
        for column in &found.columns {
            let text = |text: &str| Cell::Text(text.to_owned());
            let unless_empty = |told: &str| Cell::of((!told.is_empty()).then_some(told), text);
            table.push(vec![
                text(found.table.as_str()),
                text(column.name),
                text(column.kind.as_str()),
                unless_empty(column.unit),
                unless_empty(if column.is_key { "key" } else { "" }),
                text(column.meaning),
                unless_empty(column.absence),
            ]);
        }
    }
    table
        .notes
        .push("--csv and --json have long cells in full".to_owned());
    table.notes.push(
        "every table has the columns date (text, YYYY-MM-DD) and hour (int, UTC) too, which are the names \
         of its folders and part of every key"
            .to_owned(),
    );
    let version = Cell::Count(schema.version.into());
    TableReport {
        kind: "dataset schema",
        source: format!("vmflame {}", env!("CARGO_PKG_VERSION")),
        facts: vec![Fact {
            key: "version",
            label: "schema version",
            value: version,
        }],
        tables: vec![table],
        warnings: Vec::new(),
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("table", "table", Quantity::Text, "the table"),
        Column::new("column", "column", Quantity::Text, "the column"),
        Column::new(
            "type",
            "type",
            Quantity::Text,
            "int (64 bits, signed), real, flag or text",
        ),
        Column::new("unit", "unit", Quantity::Text, "what its numbers count")
            .or_absent("they count nothing"),
        Column::new(
            "key",
            "key",
            Quantity::Text,
            "whether it is one of those that tell rows of a date and hour apart",
        )
        .or_absent("it is none of them"),
        Column::new("meaning", "meaning", Quantity::Text, "what it means"),
        Column::new(
            "absence",
            "without a value",
            Quantity::Text,
            "what it means that a row has no value",
        )
        .or_absent("every row has one"),
    ]
}
