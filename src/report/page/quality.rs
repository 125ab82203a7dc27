//! How far the page can be believed, and where it is from.

use super::model::{PageSide, ReportPage};
use super::section::id_of;
use super::tables::{write_facts, write_warnings};
use crate::output::html::Markup;
use crate::report::table::{HtmlTable, TableMarks, write_html, write_meanings};

/// Writes what a capture is, and what it lacks.
pub(super) fn write_quality(markup: &mut Markup, side: &PageSide<'_>) {
    write_warnings(markup, &side.warnings);
    write_facts(markup, &side.provenance.facts);
    for table in &side.provenance.tables {
        let id = id_of(side, &format!("quality-{}", table.key.replace('_', "-")));
        let place = HtmlTable {
            id: &id,
            keys: &[],
            marks: TableMarks::default(),
            all_rows: "vmflame info --json has all",
        };
        write_html(table, &place, markup);
    }
    write_meanings(side.provenance.tables.iter(), markup);
}

/// Writes how the page was made.
pub(super) fn write_making(markup: &mut Markup, page: &ReportPage<'_>) {
    markup.tag("h3").text("How this page was made");
    markup.tag("dl").with("class", "facts").holding(|markup| {
        markup.tag("dt").text("program");
        markup
            .tag("dd")
            .text(concat!("vmflame ", env!("CARGO_PKG_VERSION")));
        markup.tag("dt").text("options");
        markup.tag("dd").holding(|markup| {
            markup.tag("code").text(&page.arguments.join(" "));
        });
    });
}
