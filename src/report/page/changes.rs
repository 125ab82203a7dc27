//! What changed between two captures.

use super::model::ReportPage;
use super::section::write_absence;
use super::tables::{write_facts, write_warnings};
use crate::output::html::Markup;
use crate::report::diff::comparison_tables;
use crate::report::table::{HtmlTable, TableMarks, write_html, write_meanings};

/// Writes the comparison.
pub(super) fn write_changes(markup: &mut Markup, page: &ReportPage<'_>) {
    let comparison = match &page.comparison {
        None => return,
        Some(Err(why)) => return write_absence(markup, why),
        Some(Ok(comparison)) => comparison,
    };
    let report = comparison_tables(comparison);
    write_facts(markup, &report.facts);
    write_warnings(markup, &report.warnings);
    for table in &report.tables {
        let id = format!("changes-{}", table.key);
        let key = table.columns.first().map_or("", |column| column.key);
        let place = HtmlTable {
            id: &id,
            keys: &[key],
            marks: TableMarks::default(),
            all_rows: "vmflame diff --json has all",
        };
        write_html(table, &place, markup);
    }
    write_meanings(report.tables.iter(), markup);
}
