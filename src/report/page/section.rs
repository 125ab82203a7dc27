//! What sections have in common.

use super::model::{PageSide, ReportPage};
use crate::before_after::SideRole;
use crate::output::html::Markup;

/// A section: the fragment that leads to it, and its heading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct PageSection {
    pub(super) id: &'static str,
    pub(super) heading: &'static str,
}

impl PageSection {
    /// Writes it around what `inside` writes.
    pub(super) fn write(self, markup: &mut Markup, inside: impl FnOnce(&mut Markup)) {
        let label = format!("{}-heading", self.id);
        let start = markup.tag("section").with_id(self.id);
        start.with("aria-labelledby", &label).holding(|markup| {
            markup.tag("h2").with_id(&label).text(self.heading);
            inside(markup);
        });
    }
}

/// Writes the same of each side; of two, each below its name.
pub(super) fn of_sides(
    markup: &mut Markup,
    page: &ReportPage<'_>,
    mut inside: impl FnMut(&mut Markup, &PageSide<'_>),
) {
    if let [side] = &page.sides[..] {
        return inside(markup, side);
    }
    markup.tag("div").with("class", "pair").holding(|markup| {
        for side in &page.sides {
            let start = markup.tag("div").with("class", "side");
            start
                .with("data-side", side_number(side))
                .holding(|markup| {
                    markup.tag("h3").text(&name_of(side));
                    inside(markup, side);
                });
        }
    });
}

/// A side with its role.
pub(super) fn name_of(side: &PageSide<'_>) -> String {
    match side.role {
        Some(role) => format!("{}: {}", role.as_str(), side.source),
        None => side.source.to_owned(),
    }
}

/// The number of a side in attributes.
pub(super) const fn side_number(side: &PageSide<'_>) -> &'static str {
    match side.role {
        None | Some(SideRole::Before) => "0",
        Some(SideRole::After) => "1",
    }
}

/// An id of what there is of each side.
pub(super) fn id_of(side: &PageSide<'_>, id: &str) -> String {
    match side.role {
        None | Some(SideRole::Before) => id.to_owned(),
        Some(SideRole::After) => format!("{id}-after"),
    }
}

/// Says why there is nothing.
pub(super) fn write_absence(markup: &mut Markup, why: &str) {
    markup.tag("p").with("class", "absent").text(why);
}

/// Says what should be known.
pub(super) fn write_notes(markup: &mut Markup, notes: &[String]) {
    for note in notes {
        markup.tag("p").with("class", "note").text(note);
    }
}
