//! What changed between two captures.

use super::model::ReportPage;
use super::section::write_absence;
use crate::output::html::Markup;
use crate::report::diff::as_text;

/// Functions that are listed.
const SHOWN_FUNCTIONS: usize = 40;

/// Writes the comparison.
pub(super) fn write_changes(markup: &mut Markup, page: &ReportPage<'_>) {
    match &page.comparison {
        None => {}
        Some(Err(why)) => write_absence(markup, why),
        Some(Ok(comparison)) => {
            let text = as_text(comparison, SHOWN_FUNCTIONS, None);
            markup.tag("div").with("class", "scroll").holding(|markup| {
                markup.tag("pre").holding(|markup| {
                    for line in text.lines() {
                        markup.text(line);
                        markup.line_end();
                    }
                });
            });
        }
    }
}
