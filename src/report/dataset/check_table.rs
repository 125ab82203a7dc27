//! What a check of a dataset found.

use crate::dataset::{CheckReport, TableName};
use crate::report::table::{Cell, Column, Fact, Quantity, Table, TableReport};
use crate::text::{counted, grouped};

/// What a check found: rows and bytes by table, and what is wrong.
pub fn check_tables(report: &CheckReport, source: &str) -> TableReport {
    let columns = vec![
        Column::new("table", "table", Quantity::Text, "the table"),
        Column::new("rows", "rows", Quantity::Count, "its rows"),
        Column::new("bytes", "bytes", Quantity::Count, "bytes of its files"),
    ];
    let mut tables = Table::new("tables", "tables", columns);
    for table in TableName::ALL {
        let of = |counts: &std::collections::BTreeMap<TableName, u64>| {
            Cell::Count(counts.get(&table).copied().unwrap_or_default())
        };
        tables.push(vec![
            Cell::Text(table.as_str().to_owned()),
            of(&report.rows),
            of(&report.bytes),
        ]);
    }
    let what = Column::new("fault", "what is wrong", Quantity::Text, "what is wrong");
    let mut faults = Table::new("faults", "faults", vec![what]);
    for fault in &report.faults {
        faults.push(vec![Cell::Text(fault.clone())]);
        // People read them in full: cells of tables are cut.
        faults.notes.push(fault.clone());
    }
    faults.hidden_rows = faults.rows.len();
    if faults.rows.is_empty() {
        let note = "none: every row is there once, and all sums agree";
        faults.notes.push(note.to_owned());
    }
    if report.more_faults > 0 {
        let more = grouped(report.more_faults);
        faults.notes.push(format!("and {more} more"));
    }
    let fact = |key, label, count| Fact {
        key,
        label,
        value: Cell::Count(count),
    };
    let mut warnings = Vec::new();
    if let Some(first) = report.unlisted.first() {
        let files = counted(report.unlisted.len() as u64, "file");
        warnings.push(format!(
            "{files} that a writer left which did not end well, as {first}: they do not count, and \
             `vmflame dataset compact` removes them"
        ));
    }
    TableReport {
        kind: "dataset check",
        source: source.to_owned(),
        facts: vec![
            fact("captures", "captures", report.captures),
            fact("files", "files", report.files),
        ],
        tables: vec![tables, faults],
        warnings,
    }
}
