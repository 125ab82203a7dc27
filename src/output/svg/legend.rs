//! The entries of the legend.

use crate::text::{push_attribute, push_escaped, push_format};

/// One line of the legend; a click marks the boxes whose `data-tag` is the key.
#[derive(Clone, Debug)]
pub(crate) struct LegendEntry {
    /// Value of `data-tag`.
    pub(crate) key: String,
    /// What the entry is called.
    pub(crate) label: String,
    /// Its share, as text.
    pub(crate) share: String,
    /// Tooltip.
    pub(crate) hint: String,
    /// Shown below the picture while the entry is chosen.
    pub(crate) status: String,
    /// Class that gives the swatch its colour.
    pub(crate) class: String,
    /// The colour where style sheets are not read: `#rrggbb`.
    pub(crate) fill: String,
}

impl LegendEntry {
    /// Appends the entry; `width` is what a click on it covers.
    pub(crate) fn push(&self, text: &mut String, x: f64, y: usize, width: f64) {
        push_format(
            text,
            format_args!("<g role=\"button\" tabindex=\"0\" aria-pressed=\"false\""),
        );
        push_attribute(text, "class", &format!("entry {}", self.class));
        push_attribute(text, "data-key", &self.key);
        push_attribute(text, "data-status", &self.status);
        push_format(
            text,
            format_args!(" transform=\"translate({x} {y})\"><title>"),
        );
        push_escaped(text, &self.hint);
        push_format(
            text,
            format_args!(
                "</title><rect class=\"area\" width=\"{width}\" height=\"18\" rx=\"3\" \
                 fill=\"none\"/><rect class=\"swatch\" transform=\"translate(4 3)\" width=\"12\" \
                 height=\"12\" rx=\"2\" fill=\"{}\"/><text x=\"22.0\" y=\"13.0\">",
                self.fill
            ),
        );
        push_escaped(text, &self.label);
        text.push_str(" <tspan>");
        push_escaped(text, &self.share);
        text.push_str("</tspan></text></g>\n");
    }
}
