//! Bars of what a whole consists of.

use super::markup::Markup;

/// A part of a whole.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SharePart {
    /// The class of its colours.
    pub(crate) class: String,
    /// From 0 to 1.
    pub(crate) share: f64,
    /// What it is, with its number: shown where there is room, and where somebody points at it.
    pub(crate) words: String,
}

/// Height of a bar in pixels.
const HEIGHT: u32 = 22;

/// Parts narrower than this show no text: it would be a letter or two.
const LEAST_LABELLED: f64 = 0.06;

/// Writes the parts side by side, as wide as there is room; what is left of the whole stays empty.
/// `label` says what it shows to who does not see it.
pub(crate) fn write_share_bar(markup: &mut Markup, label: &str, parts: &[SharePart]) {
    let height = HEIGHT.to_string();
    let picture = markup.tag("svg").with("class", "bar").with("role", "img");
    let picture = picture.with("aria-label", label).with("width", "100%");
    picture.with("height", &height).holding(|markup| {
        let back = markup
            .tag("rect")
            .with("class", "rest")
            .with("width", "100%");
        back.with("height", &height).void();
        let mut start = 0.0;
        for part in parts.iter().filter(|part| part.share > 0.0) {
            write_part(markup, start, part);
            start += part.share;
        }
    });
}

fn write_part(markup: &mut Markup, start: f64, part: &SharePart) {
    let place = markup.tag("svg").with("class", &part.class);
    let place = place
        .with("x", &percent(start))
        .with("width", &percent(part.share));
    place.with("height", &HEIGHT.to_string()).holding(|markup| {
        markup.tag("title").text(&part.words);
        let fill = markup
            .tag("rect")
            .with("width", "100%")
            .with("height", "100%");
        fill.void();
        if part.share >= LEAST_LABELLED {
            let text = markup.tag("text").with("x", "6").with("y", "15");
            text.text(&part.words);
        }
    });
}

/// A share as a length.
pub(super) fn percent(share: f64) -> String {
    let text = format!("{:.4}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}
