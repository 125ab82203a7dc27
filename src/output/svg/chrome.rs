//! What surrounds the boxes: title, subtitle, legend, style and script.

use std::io::{self, Write};

use super::layout::{FONT_SIZE, FRAMES_WIDTH, PADDING, WIDTH};
use super::legend::LegendEntry;
use crate::before_after::Sides;
use crate::text::{one_line, push_attribute, push_escaped, push_format, shortened, wrapped};

/// Our rules, after inferno's own.
const STYLE: &str = include_str!("vmflame.css");
/// Our script, after inferno's own.
const SCRIPT: &str = include_str!("vmflame.js");
/// The script of pictures with several views.
const VIEWS_SCRIPT: &str = include_str!("views.js");

/// Baseline of the title.
const TITLE_Y: usize = 24;
/// From one line of the subtitle to the next. The script has the same numbers.
const LINE: usize = 16;
/// From the title to the names of sides, and from one to the next. The script has the same number.
const SIDE: usize = 19;
/// From one row of the legend to the next.
const ROW: usize = 20;
/// Space that inferno leaves above the boxes for a title: `ypad1`, inferno 0.12.8,
/// src/flamegraph/mod.rs, three times the font size.
const INFERNO_HEAD: usize = FONT_SIZE * 3;
/// Height of the second line below the boxes.
const FOOT: usize = 14;
/// Average width of a letter of the proportional font at 12 pixels, on the safe side: `DejaVu
/// Sans`, the widest of the common ones, has 0.58 em over English text. The script measures.
const LETTER: f64 = 7.0;
/// The title's letters are larger.
const TITLE_LETTER: f64 = 10.5;
/// Those of the sides' names, which are bold.
const SIDE_LETTER: f64 = 9.0;
/// Kept free at the right of the title for the two buttons.
const BUTTONS: f64 = 190.0;
/// Kept free beside them for the buttons of a picture with several views.
const VIEW_BUTTONS: f64 = 200.0;
/// The views: `data-view`, label, and where the label ends, from the right edge.
const VIEWS: [(&str, &str, usize); 3] = [
    ("diff", "Difference", 292),
    ("before", "Before", 236),
    ("after", "After", 190),
];
/// No title needs more; the rest of a hostile one is not stored.
const MAX_TITLE: usize = 500;
/// The same for a subtitle.
const MAX_SUBTITLE: usize = 4000;

/// What surrounds the boxes.
#[derive(Debug)]
pub(crate) struct Chrome {
    title: String,
    /// What is compared, each in a line of its own below the title.
    sides: Vec<String>,
    subtitle: String,
    description: String,
    colours: String,
    legend: Vec<LegendEntry>,
    /// Definitions for a picture with several views; `None` for a picture with one.
    views: Option<String>,
}

/// The heights of the head, for the width without a script.
#[derive(Debug)]
struct Head {
    subtitle: Vec<String>,
    legend_top: usize,
    rows: usize,
    column: f64,
    bottom: usize,
}

impl Chrome {
    /// Takes raw texts and makes them safe; `colours` are rules for the classes in use.
    pub(crate) fn new(title: &str, subtitle: &str, description: &str) -> Self {
        Self {
            title: shortened(&one_line(title), MAX_TITLE).into_owned(),
            sides: Vec::new(),
            subtitle: shortened(&one_line(subtitle), MAX_SUBTITLE).into_owned(),
            description: one_line(description).into_owned(),
            colours: String::new(),
            legend: Vec::new(),
            views: None,
        }
    }

    /// With buttons that switch between the difference of two sides, before and after; `defs` is a
    /// `defs` element that the colours use.
    pub(crate) fn with_views(mut self, defs: String) -> Self {
        self.views = Some(defs);
        self
    }

    /// With a loud line below the title for each side of a comparison.
    pub(crate) fn with_sides(mut self, sides: &Sides<String>) -> Self {
        let safe = |side: &String| shortened(&one_line(side), MAX_TITLE).into_owned();
        self.sides = sides.iter().map(safe).collect();
        self
    }

    /// Baseline of the last line above the subtitle.
    fn names_y(&self) -> usize {
        TITLE_Y + SIDE * self.sides.len()
    }

    /// Space that the buttons beside the title take.
    fn buttons(&self) -> f64 {
        BUTTONS + self.views.as_ref().map_or(0.0, |_| VIEW_BUTTONS)
    }

    /// With these entries, in this order, and rules for the colour classes in use.
    pub(crate) fn with_legend(mut self, legend: Vec<LegendEntry>, colours: String) -> Self {
        self.legend = legend;
        self.colours = colours;
        self
    }

    /// Writes a whole document without boxes, which says `message` instead.
    ///
    /// # Errors
    /// When `out` fails.
    pub(crate) fn write_alone(&self, message: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let height = INFERNO_HEAD + 40;
        let full = height + Self::shift(&self.head()) + FOOT;
        self.push_start(&mut text, height);
        self.push_style(&mut text);
        self.push_ground(&mut text, height);
        self.push_head(&mut text);
        push_format(
            &mut text,
            format_args!(
                "<text x=\"{PADDING:.1}\" y=\"{}.0\" class=\"note\">",
                full - 40
            ),
        );
        push_escaped(&mut text, message);
        text.push_str("</text>\n</svg>\n");
        out.write_all(text.as_bytes())
    }

    fn head(&self) -> Head {
        // Room for lines is counted in letters; a line holds at least one.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a constant between 100 and 200"
        )]
        let letters = (FRAMES_WIDTH / LETTER) as usize;
        let subtitle = wrapped(&self.subtitle, letters);
        let mut y = self.names_y() + 8;
        if !subtitle.is_empty() {
            y = self.names_y() + 4 + LINE * subtitle.len() + 10;
        }
        let legend_top = y;
        let longest = self.legend.iter().map(|entry| {
            let letters = entry.label.chars().count() + 2 + entry.share.chars().count();
            letters as f64 * LETTER
        });
        let column = longest.fold(0.0, f64::max).ceil() + 36.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 33"
        )]
        let columns = ((FRAMES_WIDTH / column) as usize).max(1);
        let rows = self.legend.len().div_ceil(columns);
        if rows > 0 {
            y += rows * ROW;
        }
        Head {
            subtitle,
            legend_top,
            rows,
            column,
            bottom: y + 8,
        }
    }

    /// How far the boxes move down from where inferno draws them.
    fn shift(head: &Head) -> usize {
        head.bottom.saturating_sub(INFERNO_HEAD)
    }

    /// The start of the document, up to the opening of the boxes; `height` is inferno's.
    pub(crate) fn push_start(&self, text: &mut String, height: usize) {
        let full = height + Self::shift(&self.head()) + FOOT;
        push_format(
            text,
            format_args!(
                "<svg version=\"1.1\" width=\"{WIDTH}\" height=\"{full}\" onload=\"init(evt)\" \
                 viewBox=\"0 0 {WIDTH} {full}\" xmlns=\"http://www.w3.org/2000/svg\" \
                 xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
                 xmlns:fg=\"http://github.com/jonhoo/inferno\" role=\"group\" \
                 aria-labelledby=\"title\" aria-describedby=\"desc\">\n<desc id=\"desc\">"
            ),
        );
        push_escaped(text, &self.description);
        text.push_str("</desc>\n");
    }

    /// Our style sheet, to follow inferno's.
    pub(crate) fn push_style(&self, text: &mut String) {
        text.push_str("\n<style type=\"text/css\">\n");
        text.push_str(STYLE);
        text.push_str(&self.colours);
        text.push_str("</style>\n");
    }

    /// Our script, to follow inferno's.
    pub(crate) fn push_script(&self, text: &mut String) {
        text.push_str("\n<script type=\"text/ecmascript\"><![CDATA[\n");
        text.push_str(SCRIPT);
        if self.views.is_some() {
            text.push_str(VIEWS_SCRIPT);
        }
        text.push_str("]]></script>\n");
    }

    /// Background and status lines; `height` is inferno's.
    ///
    /// Our x and y carry a decimal point: inferno looks boxes up by bare numbers in `x` and `y`
    /// when it restores the state from the address bar, and must not find one of these.
    pub(crate) fn push_ground(&self, text: &mut String, height: usize) {
        let bottom = height + Self::shift(&self.head());
        text.push_str(self.views.as_deref().unwrap_or_default());
        push_format(
            text,
            format_args!(
                "<rect id=\"paper\" class=\"paper\" width=\"100%\" height=\"{full}\" \
                 fill=\"#ffffff\"/>\n\
                 <text id=\"details\" x=\"{PADDING:.1}\" y=\"{details}.0\"> </text>\n\
                 <text id=\"picked\" x=\"{PADDING:.1}\" y=\"{status}.0\" role=\"status\"> </text>\n\
                 <text id=\"matched\" x=\"{right:.1}\" y=\"{status}.0\" role=\"status\"> </text>\n",
                full = bottom + FOOT,
                right = WIDTH - PADDING,
                details = bottom.saturating_sub(17),
                status = bottom.saturating_sub(1),
            ),
        );
    }

    /// Title, subtitle, buttons and legend, on a ground of their own: they come after the boxes
    /// because the script keeps them in sight, above the boxes, when the reader scrolls.
    pub(crate) fn push_head(&self, text: &mut String) {
        let head = self.head();
        push_format(
            text,
            format_args!(
                "<g id=\"head\"><rect class=\"paper\" width=\"100%\" height=\"{}\" \
                 fill=\"#ffffff\"/>\n<text id=\"title\" x=\"{PADDING:.1}\" y=\"{TITLE_Y}.0\"",
                head.bottom.saturating_sub(2)
            ),
        );
        push_attribute(text, "data-full", &self.title);
        push_format(text, format_args!(" data-buttons=\"{}\">", self.buttons()));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "one of two constants below 100"
        )]
        let letters = ((FRAMES_WIDTH - self.buttons()) / TITLE_LETTER) as usize;
        push_escaped(text, &shortened(&self.title, letters));
        text.push_str("</text>\n");
        self.push_sides(text);
        self.push_subtitle(text, &head);
        push_format(
            text,
            format_args!(
                "<text id=\"unzoom\" class=\"hide\" x=\"100%\" dx=\"-84\" y=\"{TITLE_Y}.0\" \
                 role=\"button\" tabindex=\"0\">Reset Zoom</text>\n\
                 <text id=\"search\" x=\"{right:.1}\" y=\"{TITLE_Y}.0\" role=\"button\" \
                 tabindex=\"0\">Search</text>\n",
                right = WIDTH - PADDING,
            ),
        );
        if self.views.is_some() {
            for (view, label, right) in VIEWS {
                push_format(
                    text,
                    format_args!(
                        "<text class=\"view\" data-view=\"{view}\" x=\"100%\" dx=\"-{right}\" \
                         y=\"{TITLE_Y}.0\" role=\"button\" tabindex=\"0\" \
                         aria-pressed=\"{}\">{label}</text>\n",
                        view == "diff"
                    ),
                );
            }
        }
        self.push_legend(text, &head);
        text.push_str("</g>\n");
    }

    fn push_sides(&self, text: &mut String) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a constant between 100 and 200"
        )]
        let letters = (FRAMES_WIDTH / SIDE_LETTER) as usize;
        for (row, side) in self.sides.iter().enumerate() {
            let y = TITLE_Y + SIDE * (row + 1);
            push_format(
                text,
                format_args!("<text class=\"side\" x=\"{PADDING:.1}\" y=\"{y}.0\""),
            );
            push_attribute(text, "data-full", side);
            text.push('>');
            push_escaped(text, &shortened(side, letters));
            text.push_str("</text>\n");
        }
    }

    fn push_subtitle(&self, text: &mut String, head: &Head) {
        if head.subtitle.is_empty() {
            return;
        }
        text.push_str("<text id=\"subtitle\"");
        push_attribute(text, "data-full", &self.subtitle);
        text.push('>');
        for (row, line) in head.subtitle.iter().enumerate() {
            let y = self.names_y() + 4 + LINE * (row + 1);
            push_format(text, format_args!("<tspan x=\"{PADDING:.1}\" y=\"{y}.0\">"));
            push_escaped(text, line);
            text.push_str("</tspan>");
        }
        text.push_str("</text>\n");
    }

    fn push_legend(&self, text: &mut String, head: &Head) {
        if self.legend.is_empty() {
            return;
        }
        text.push_str(
            "<g id=\"legend\" role=\"group\" aria-label=\"Legend: share by what the CPU does\">\n",
        );
        for (position, entry) in self.legend.iter().enumerate() {
            let x = PADDING + (position / head.rows) as f64 * head.column;
            let y = head.legend_top + (position % head.rows) * ROW;
            entry.push(text, x, y, head.column - 6.0);
        }
        text.push_str("</g>\n");
    }

    /// The opening of the boxes; `total` is what the box for everything weighs.
    pub(crate) fn push_frames_start(&self, text: &mut String, total: u64, height: usize) {
        let shift = Self::shift(&self.head());
        let view = self.views.as_ref().map_or("", |_| " data-view=\"diff\"");
        push_format(
            text,
            format_args!(
                "<svg id=\"frames\"{view} x=\"{PADDING}\" y=\"{shift}\" width=\"{FRAMES_WIDTH}\" \
                 total_samples=\"{total}\" data-base=\"{height}\" role=\"group\" \
                 aria-label=\"Flame graph: arrow keys move, Enter zooms, Escape goes back\">\n"
            ),
        );
    }
}
