//! What surrounds the boxes: title, subtitle, controls, legends, status lines, style and script.

use std::io::{self, Write};

use super::extent::Growth;
use super::kinds::CodeKind;
use super::legend::{LETTER, Legend};
use super::measures::{FRAMES_WIDTH, PADDING, WIDTH};
use crate::stack::Tag;
use crate::text::{one_line, push_attribute, push_escaped, push_format, shortened, wrapped};

/// The style sheet.
const STYLE: &str = include_str!("picture.css");
/// The script, in the order in which its parts need each other.
const SCRIPT: [&str; 5] = [
    include_str!("script/shares.js"),
    include_str!("script/boxes.js"),
    include_str!("script/ruler.js"),
    include_str!("script/head.js"),
    include_str!("script/picture.js"),
];

/// Baseline of the title. The script has the same numbers as these.
const TITLE_Y: usize = 24;
/// From one line of the subtitle to the next.
const LINE: usize = 16;
/// Height of the status lines below the boxes.
const FOOT: usize = 34;
/// The title's letters are larger than the others.
const TITLE_LETTER: f64 = 10.5;
/// The buttons of a picture with several views: `data-view` and label.
const VIEWS: [(&str, &str); 3] = [
    ("after", "After"),
    ("before", "Before"),
    ("diff", "Difference"),
];
/// No title needs more; the rest of a hostile one is not stored.
const MAX_TITLE: usize = 500;
/// The same for a subtitle.
const MAX_SUBTITLE: usize = 4000;

/// What surrounds the boxes.
#[derive(Debug)]
pub(crate) struct Chrome {
    title: String,
    subtitle: String,
    description: String,
    colours: String,
    legends: Vec<Legend>,
    /// Definitions for a picture with several views; `None` for a picture with one.
    views: Option<String>,
    /// What colours tell, for the script; empty where it need not know.
    colors: &'static str,
    /// The names of what is too narrow to be drawn, a line each; `None` when they are not all there.
    names: Option<String>,
    direction: Growth,
}

impl Chrome {
    /// Takes raw texts and makes them safe.
    pub(crate) fn new(title: &str, subtitle: &str, description: &str) -> Self {
        Self {
            title: shortened(&one_line(title), MAX_TITLE).into_owned(),
            subtitle: shortened(&one_line(subtitle), MAX_SUBTITLE).into_owned(),
            description: one_line(description).into_owned(),
            colours: String::new(),
            legends: Vec::new(),
            views: None,
            colors: "",
            names: None,
            direction: Growth::Up,
        }
    }

    /// With buttons that switch between the difference of two sides, before and after; `defs` is a
    /// `defs` element that the colours use.
    pub(crate) fn with_views(mut self, defs: String) -> Self {
        self.views = Some(defs);
        self
    }

    /// With these legends, one below the other, and rules for the colour classes in use.
    pub(crate) fn with_legends(mut self, legends: Vec<Legend>, colours: String) -> Self {
        self.legends = legends;
        self.colours = colours;
        self
    }

    /// With what the colours of boxes tell, as the script calls it.
    pub(crate) fn with_colors(mut self, colors: &'static str) -> Self {
        self.colors = colors;
        self
    }

    /// With the names of what is too narrow to be drawn.
    pub(crate) fn with_names(mut self, names: Option<String>) -> Self {
        self.names = names;
        self
    }

    /// With stacks that grow in this direction.
    pub(crate) fn growing(mut self, direction: Growth) -> Self {
        self.direction = direction;
        self
    }

    /// Writes a whole document without boxes, which says `message` instead.
    ///
    /// # Errors
    /// When `out` fails.
    pub(crate) fn write_alone(&self, message: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let base = 40;
        self.push_start(&mut text, base);
        self.push_head(&mut text);
        push_format(
            &mut text,
            format_args!(
                "<text x=\"{PADDING}\" y=\"{}\" class=\"note\">",
                self.head_height() + 20
            ),
        );
        push_escaped(&mut text, message);
        text.push_str("</text>\n</svg>\n");
        out.write_all(text.as_bytes())
    }

    /// The subtitle in lines of the width without a script.
    fn subtitle_lines(&self) -> Vec<String> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a constant between 100 and 200"
        )]
        let letters = (FRAMES_WIDTH / LETTER) as usize;
        wrapped(&self.subtitle, letters)
    }

    /// Where the legends begin.
    fn legend_top(&self) -> usize {
        let lines = self.subtitle_lines().len();
        TITLE_Y + if lines == 0 { 8 } else { 4 + LINE * lines + 10 }
    }

    fn head_height(&self) -> usize {
        let legends: usize = self.legends.iter().map(Legend::height).sum();
        self.legend_top() + legends + 4
    }

    /// The start of the document, up to the head; `base` is the height of the boxes.
    pub(crate) fn push_start(&self, text: &mut String, base: usize) {
        let full = self.head_height() + base + FOOT;
        push_format(
            text,
            format_args!(
                "<svg version=\"1.1\" class=\"vmflame\" width=\"{WIDTH}\" height=\"{full}\" \
                 viewBox=\"0 0 {WIDTH} {full}\" xmlns=\"http://www.w3.org/2000/svg\" \
                 xmlns:fg=\"http://github.com/jonhoo/inferno\" role=\"group\""
            ),
        );
        push_attribute(text, "aria-label", &self.title);
        if !self.colors.is_empty() {
            push_attribute(text, "data-colors", self.colors);
        }
        // What `narrow` lists has the numbers of these.
        let tags = Tag::ALL.map(Tag::as_str);
        push_attribute(text, "data-tags", &tags.join(" "));
        let kinds = CodeKind::ALL.map(CodeKind::key);
        push_attribute(text, "data-kinds", &kinds.join(" "));
        if self.views.is_some() {
            text.push_str(" data-views=\"\"");
        }
        if self.direction == Growth::Down {
            text.push_str(" data-inverted=\"\"");
        }
        text.push_str(">\n<title>");
        push_escaped(text, &self.title);
        text.push_str("</title>\n<desc>");
        push_escaped(text, &self.description);
        text.push_str("</desc>\n<style type=\"text/css\">\n");
        text.push_str(STYLE);
        text.push_str(&self.colours);
        text.push_str("</style>\n");
        text.push_str(self.views.as_deref().unwrap_or_default());
        push_format(
            text,
            format_args!(
                "<rect class=\"paper\" width=\"100%\" height=\"{full}\" fill=\"#ffffff\"/>\n"
            ),
        );
    }

    /// Title, subtitle, controls and legends, on a ground of their own, which the script keeps in
    /// sight when the reader scrolls. They come before the boxes, for readers who use the keyboard.
    pub(crate) fn push_head(&self, text: &mut String) {
        push_format(
            text,
            format_args!(
                "<g class=\"head\"><rect class=\"paper\" width=\"100%\" height=\"{}\" \
                 fill=\"#ffffff\"/>\n<text class=\"title\" x=\"{PADDING}\" y=\"{TITLE_Y}\"",
                self.head_height() - 2
            ),
        );
        push_attribute(text, "data-full", &self.title);
        text.push('>');
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a constant between 100 and 200"
        )]
        let letters = (FRAMES_WIDTH / TITLE_LETTER) as usize;
        push_escaped(text, &shortened(&self.title, letters));
        text.push_str("</text>\n");
        self.push_controls(text);
        self.push_subtitle(text);
        let mut top = self.legend_top();
        for legend in &self.legends {
            legend.push(text, top);
            top += legend.height();
        }
        text.push_str("</g>\n");
    }

    /// What is pressed; nothing without a script.
    fn push_controls(&self, text: &mut String) {
        text.push_str("<g class=\"controls\">\n");
        let mut push = |class: &str, more: &str, label: &str| {
            push_format(
                text,
                format_args!(
                    "<text class=\"{class}\"{more} y=\"{TITLE_Y}\" role=\"button\" \
                     tabindex=\"0\">{label}</text>\n"
                ),
            );
        };
        push("search", "", "Search");
        push("unzoom hide", "", "Reset Zoom");
        if self.views.is_some() {
            for (view, label) in VIEWS {
                let more = format!(" data-view=\"{view}\" aria-pressed=\"{}\"", view == "diff");
                push("view", &more, label);
            }
        }
        text.push_str("</g>\n");
    }

    fn push_subtitle(&self, text: &mut String) {
        let lines = self.subtitle_lines();
        if lines.is_empty() {
            return;
        }
        text.push_str("<text class=\"subtitle\"");
        push_attribute(text, "data-full", &self.subtitle);
        text.push('>');
        for (row, line) in lines.iter().enumerate() {
            let y = TITLE_Y + 4 + LINE * (row + 1);
            push_format(text, format_args!("<tspan x=\"{PADDING}\" y=\"{y}\">"));
            push_escaped(text, line);
            text.push_str("</tspan>");
        }
        text.push_str("</text>\n");
    }

    /// The opening of the boxes; `total` is what the box for everything weighs, `base` the height.
    pub(crate) fn push_frames_start(&self, text: &mut String, total: u64, base: usize) {
        let top = self.head_height();
        push_format(
            text,
            format_args!(
                "<g class=\"window\"><rect class=\"ground\" y=\"{top}\" width=\"100%\" \
                 height=\"{base}\" fill=\"none\"/>\n<svg class=\"frames\" x=\"{PADDING}\" \
                 y=\"{top}\" width=\"{FRAMES_WIDTH}\" height=\"{base}\" \
                 viewBox=\"0 0 {FRAMES_WIDTH} {base}\" preserveAspectRatio=\"none\" \
                 total_samples=\"{total}\" data-base=\"{base}\" role=\"group\" \
                 aria-label=\"Flame graph: arrow keys move, Enter zooms, Escape goes back\""
            ),
        );
        if self.views.is_some() {
            text.push_str(" data-view=\"diff\"");
        }
        text.push_str(">\n");
    }

    /// The end of the boxes and of the document; `base` is the height of the boxes.
    pub(crate) fn push_end(&self, text: &mut String, base: usize) {
        push_format(
            text,
            format_args!(
                "</svg>\n</g>\n<g class=\"foot\" transform=\"translate(0 {})\">\
                 <rect class=\"paper\" width=\"100%\" height=\"{FOOT}\" fill=\"#ffffff\"/>\
                 <text class=\"details\" x=\"{PADDING}\" y=\"14\"> </text>\
                 <text class=\"chosen\" x=\"{PADDING}\" y=\"30\" role=\"status\"> </text>\
                 <text class=\"matched\" x=\"{}\" y=\"30\" role=\"status\"> </text></g>\n",
                self.head_height() + base,
                WIDTH - PADDING
            ),
        );
        if let Some(names) = &self.names {
            text.push_str("<metadata class=\"names\">");
            push_escaped(text, names);
            text.push_str("</metadata>\n");
        }
        text.push_str(
            "<script type=\"text/ecmascript\"><![CDATA[\n(function () {\n\"use strict\";\n",
        );
        SCRIPT.iter().for_each(|part| text.push_str(part));
        text.push_str("})();\n]]></script>\n</svg>\n");
    }
}
