//! The colours of tags and of kinds of code, as the pictures have them.

use crate::output::svg::{
    CodeKind, DARK_INK, LESS, MORE, Paint, Rgb, SAME, STEPS, Shade, short_words,
};
use crate::stack::{Frame, FrameKind, Tag};
use crate::text::push_format;

/// A colour with its name, for the script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PaletteColour {
    /// What programs call it: `exit:pio`, `kernel`.
    pub(crate) name: &'static str,
    /// What people call it, in one or two words.
    pub(crate) label: &'static str,
    /// `#rrggbb` in the light theme.
    pub(crate) light: String,
    /// Text on `light`.
    pub(crate) light_ink: String,
    /// `#rrggbb` in the dark theme.
    pub(crate) dark: String,
    /// Text on `dark`.
    pub(crate) dark_ink: String,
}

impl PaletteColour {
    fn of(name: &'static str, label: &'static str, paint: Paint) -> Self {
        let hex = |colour: Rgb| format!("#{colour:06x}");
        Self {
            name,
            label,
            light: hex(paint.light(Shade::PLAIN)),
            light_ink: hex(DARK_INK),
            dark: hex(paint.dark(Shade::PLAIN)),
            dark_ink: hex(paint.dark_ink()),
        }
    }
}

/// Those of the tags, in display order.
pub(crate) fn tag_colours() -> Vec<PaletteColour> {
    let colour = |tag: Tag| {
        let paint = Paint::of_tag(Some(tag));
        PaletteColour::of(tag.as_str(), short_words(tag), paint)
    };
    Tag::ALL.into_iter().map(colour).collect()
}

/// Those of the kinds of code, in display order; the last is of what is above the call chain.
pub(crate) fn kind_colours() -> Vec<PaletteColour> {
    let colour = |kind: CodeKind| PaletteColour::of(kind.key(), kind.words(), Paint::Kind(kind));
    let mut colours: Vec<PaletteColour> = CodeKind::ALL.into_iter().map(colour).collect();
    colours.push(PaletteColour::of(ABOVE, "threads", Paint::Plain));
    colours
}

/// The colours of changes, as pictures of comparisons have them.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ChangeColours {
    /// Of what became less, the strongest first.
    pub(crate) less: Vec<String>,
    /// Of what became more.
    pub(crate) more: Vec<String>,
    /// Of what did not change.
    pub(crate) same: String,
    /// The relative change from which each of the four is used, the strongest first.
    pub(crate) steps: Vec<f64>,
}

/// The colours of changes.
pub(crate) fn change_colours() -> ChangeColours {
    let hex = |colour: Rgb| format!("#{colour:06x}");
    ChangeColours {
        less: LESS.map(hex).to_vec(),
        more: MORE.map(hex).to_vec(),
        same: hex(SAME),
        steps: STEPS.to_vec(),
    }
}

/// The kind of what is above the call chain.
const ABOVE: &str = "root";

/// The kind of code of a frame, as [`kind_colours`] names it.
pub(crate) fn kind_key(frame: &Frame) -> &'static str {
    if frame.kind == FrameKind::Root {
        ABOVE
    } else {
        CodeKind::of(frame).key()
    }
}

/// The class that gives a box its colours: that of the tag, else that of the kind of code.
pub(super) fn class_of(tag: Option<Tag>, frame: Option<&Frame>) -> String {
    match (tag, frame) {
        (Some(tag), _) if tag != Tag::Host => class_of_tag(tag),
        (_, Some(frame)) if frame.kind == FrameKind::Guest => class_of_tag(Tag::Guest),
        (_, Some(frame)) => format!("kind-{}", kind_key(frame)),
        (_, None) => format!("kind-{ABOVE}"),
    }
}

/// The class of a tag's colours.
pub(crate) fn class_of_tag(tag: Tag) -> String {
    format!("tag-{}", tag.as_str().replace(':', "-"))
}

/// Rules for all classes: `--fill` and `--ink`. The dark ones hold where the browser asks for them
/// and where the reader does, whose choice is the attribute `data-theme` of the root.
pub(super) fn colour_rules() -> String {
    let tags = tag_colours().into_iter().zip(Tag::ALL);
    let tags = tags.map(|(colour, tag)| (class_of_tag(tag), colour));
    let kinds = kind_colours().into_iter();
    let kinds = kinds.map(|colour| (format!("kind-{}", colour.name), colour));
    let (mut light, mut asked, mut chosen) = (String::new(), String::new(), String::new());
    for (class, colour) in tags.chain(kinds) {
        let rule = format!("--fill:{};--ink:{}", colour.light, colour.light_ink);
        push_format(&mut light, format_args!(".{class}{{{rule}}}\n"));
        let rule = format!("--fill:{};--ink:{}", colour.dark, colour.dark_ink);
        let root = ":root:not([data-theme=light])";
        push_format(&mut asked, format_args!("{root} .{class}{{{rule}}}\n"));
        let root = ":root[data-theme=dark]";
        push_format(&mut chosen, format_args!("{root} .{class}{{{rule}}}\n"));
    }
    format!(
        "{light}@media screen and (prefers-color-scheme:dark){{\n{asked}}}\n@media screen{{\n{chosen}}}\n"
    )
}
