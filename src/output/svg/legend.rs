//! The legend: what the colours mean, with shares; a click on an entry marks its boxes.

use super::measures::{FRAMES_WIDTH, PADDING};
use crate::text::{push_attribute, push_escaped, push_format};

/// From one row to the next. The script has the same number.
const ROW: usize = 20;
/// Average width of a letter of the proportional font at 12 pixels, on the safe side: `DejaVu
/// Sans`, the widest of the common ones, has 0.58 em over English text. The script measures.
pub(super) const LETTER: f64 = 7.0;
/// Width of an entry besides its letters, and of what opens a group. The script has the same.
const AROUND: f64 = 36.0;
const OPENER: f64 = 18.0;

/// One entry; a click marks the boxes of its key.
#[derive(Clone, Debug)]
pub(crate) struct LegendEntry {
    /// A tag's name, `exit:` for all exits, `kind:` and a kind of code, or a kind of change.
    pub(crate) key: String,
    /// What the entry is called.
    pub(crate) label: String,
    /// Its share, as text; empty for none.
    pub(crate) share: String,
    /// Tooltip, shown below the picture too while the entry is chosen.
    pub(crate) hint: String,
    /// Class that gives the swatch its colour.
    pub(crate) class: String,
    /// The colour where style sheets are not read: `#rrggbb`.
    pub(crate) fill: String,
    /// The group of entries that it is the sum of.
    pub(crate) opens: Option<LegendGroup>,
    /// The group that it belongs to.
    pub(crate) within: Option<LegendGroup>,
}

/// Entries that can be hidden.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LegendGroup {
    /// Its name in the document.
    pub(crate) name: &'static str,
    /// What it holds, for people who hear it.
    pub(crate) words: &'static str,
    /// Whether it is shown at first. Without a script all is shown.
    pub(crate) is_open: bool,
}

/// One paragraph of entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Legend {
    /// What its colours tell, for people who hear it.
    pub(crate) words: &'static str,
    /// The entries, in order of display; those of a group follow what opens it.
    pub(crate) entries: Vec<LegendEntry>,
}

/// Where an entry stands in a picture of [`WIDTH`](super::measures::WIDTH).
#[derive(Clone, Copy, Debug, Default)]
struct EntryPlace {
    x: f64,
    row: usize,
}

impl LegendEntry {
    fn width(&self) -> f64 {
        let letters = self.label.chars().count() + 1 + self.share.chars().count();
        (letters as f64 * LETTER).ceil() + AROUND
    }

    fn full_width(&self) -> f64 {
        self.width() + self.opens.map_or(0.0, |_| OPENER)
    }

    fn push(&self, text: &mut String, x: f64, y: usize) {
        text.push_str("<g role=\"button\" tabindex=\"0\" aria-pressed=\"false\"");
        push_attribute(text, "class", &format!("entry {}", self.class));
        push_attribute(text, "data-key", &self.key);
        push_attribute(text, "data-status", &self.hint);
        if let Some(group) = self.within {
            push_attribute(text, "data-in", group.name);
        }
        push_format(
            text,
            format_args!(" transform=\"translate({x} {y})\"><title>"),
        );
        push_escaped(text, &self.hint);
        push_format(
            text,
            format_args!(
                "</title><rect class=\"area\" width=\"{}\" height=\"18\" rx=\"3\" \
                 fill=\"none\"/><rect class=\"swatch\" x=\"4\" y=\"3\" width=\"12\" height=\"12\" \
                 rx=\"2\" fill=\"{}\"/><text x=\"22\" y=\"13\">",
                self.width() - 8.0,
                self.fill
            ),
        );
        push_escaped(text, &self.label);
        if !self.share.is_empty() {
            text.push_str(" <tspan>");
            push_escaped(text, &self.share);
            text.push_str("</tspan>");
        }
        text.push_str("</text></g>\n");
        if let Some(group) = self.opens {
            push_opener(text, group, x + self.width() - 6.0, y);
        }
    }
}

/// What shows and hides a group: a triangle.
fn push_opener(text: &mut String, group: LegendGroup, x: f64, y: usize) {
    text.push_str("<g class=\"opener\" role=\"button\" tabindex=\"0\"");
    push_attribute(text, "aria-expanded", &group.is_open.to_string());
    push_attribute(text, "aria-label", group.words);
    push_attribute(text, "data-group", group.name);
    push_format(
        text,
        format_args!(
            " transform=\"translate({x} {y})\"><rect class=\"area\" width=\"16\" height=\"18\" \
             fill=\"none\"/><g transform=\"translate(8 9)\"><path d=\"M-3 -5L4 0L-3 5Z\" \
             fill=\"#5b5e66\"/></g></g>\n"
        ),
    );
}

impl Legend {
    /// Where each entry stands, row by row from left to right, and how many rows there are.
    fn places(&self) -> (Vec<EntryPlace>, usize) {
        let mut places = Vec::with_capacity(self.entries.len());
        let mut at = EntryPlace::default();
        for entry in &self.entries {
            let width = entry.full_width();
            if at.x > 0.0 && at.x + width > FRAMES_WIDTH {
                at = EntryPlace {
                    x: 0.0,
                    row: at.row + 1,
                };
            }
            places.push(at);
            at.x += width;
        }
        let rows = if places.is_empty() { 0 } else { at.row + 1 };
        (places, rows)
    }

    /// Its height; 0 without entries.
    pub(crate) fn height(&self) -> usize {
        let (_, rows) = self.places();
        rows * ROW + if rows > 0 { 4 } else { 0 }
    }

    /// Appends it, from `top` down.
    pub(crate) fn push(&self, text: &mut String, top: usize) {
        if self.entries.is_empty() {
            return;
        }
        text.push_str("<g class=\"legend\" role=\"group\"");
        push_attribute(text, "aria-label", self.words);
        text.push_str(">\n");
        let (places, _) = self.places();
        for (entry, place) in self.entries.iter().zip(places) {
            entry.push(text, PADDING + place.x, top + place.row * ROW);
        }
        text.push_str("</g>\n");
    }
}
