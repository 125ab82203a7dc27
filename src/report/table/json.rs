//! Tables as JSON, for programs.

use serde_json::{Map, Value, json};

use super::bars::Bar;
use super::cell::Cell;
use super::column::Column;
use super::model::{Table, TableReport};

/// The tables as JSON: every column with its unit and meaning, every row as an object by the columns'
/// keys. Times are nanoseconds, shares are parts of 1, hexadecimal numbers are strings.
pub fn as_json(report: &TableReport) -> Value {
    let facts = report.facts.iter();
    let facts = facts.map(|fact| (fact.key.to_owned(), cell_json(&fact.value)));
    let tables = report.tables.iter();
    let tables = tables.map(|table| (table.key.to_owned(), table_json(table)));
    json!({
        "schema_version": 1,
        "kind": report.kind,
        "source": report.source,
        "facts": facts.collect::<Map<String, Value>>(),
        "tables": tables.collect::<Map<String, Value>>(),
        "warnings": report.warnings,
    })
}

/// The same without what columns mean, for reports of which one follows the other: a line each.
pub fn as_json_rows(report: &TableReport) -> Value {
    let mut told = as_json(report);
    let tables = report.tables.iter();
    let tables = tables.map(|table| (table.key.to_owned(), rows_json(table)));
    if let Some(place) = told.get_mut("tables") {
        *place = Value::Object(tables.collect());
    }
    told
}

fn rows_json(table: &Table) -> Value {
    let rows = table.rows.iter().map(|row| {
        let cells = table.columns.iter().zip(row);
        let cells = cells.map(|(column, cell)| (column.key.to_owned(), cell_json(cell)));
        Value::Object(cells.collect())
    });
    rows.collect()
}

fn table_json(table: &Table) -> Value {
    let columns = table.columns.iter().map(column_json);
    json!({
        "title": table.title,
        "columns": columns.collect::<Vec<_>>(),
        "rows": rows_json(table),
        "notes": table.notes,
    })
}

fn column_json(column: &Column) -> Value {
    json!({
        "key": column.key,
        "heading": column.heading,
        "unit": column.quantity.unit(),
        "meaning": column.meaning,
        "absence": column.absence,
    })
}

fn cell_json(cell: &Cell) -> Value {
    match cell {
        Cell::Absent => Value::Null,
        Cell::Text(text) => text.as_str().into(),
        Cell::Count(value) | Cell::Nanoseconds(value) | Cell::Time(value) => (*value).into(),
        Cell::BelowZero(value) => (*value).into(),
        Cell::Share(value) | Cell::PerSecond(value) | Cell::Number(value) => (*value).into(),
        Cell::Hex(value) => format!("{value:#x}").into(),
        Cell::Histogram(bars) => {
            let bars = bars.iter().filter(|bar| bar.values > 0);
            bars.map(bar_json).collect()
        }
    }
}

fn bar_json(bar: &Bar) -> Value {
    json!({ "from": bar.least, "to": bar.end, "count": bar.values })
}
