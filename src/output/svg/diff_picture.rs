//! The picture of a difference: both sides in one layout, coloured by what changed.

use std::io::{self, Write};

use super::annotate::{Look, Looks};
use super::chrome::Chrome;
use super::diff_views::{DiffBox, Views, WidthBy};
use super::drawn_tree::{DrawnTree, MAX_NAME};
use super::extent::DrawnPart;
use super::kinds::CodeKind;
use super::layout::{Layout, own_weight};
use super::legend::{Legend, LegendEntry, LegendGroup};
use super::narrow::Narrow;
use super::palette::{Paint, Shade, rules, short_words};
use super::shades::{LESS, STEPS, diff_rules, fill_of, gradients};
use super::wide::NodeWeights;
use crate::output::svg::annotate;
use crate::stack::{CallTree, FrameTable, NodeIx, Tag};
use crate::text::{counted, one_line, push_format};

/// A line of the legend for a tag.
#[derive(Clone, Debug)]
pub struct DiffTag {
    /// The tag.
    pub tag: Tag,
    /// Both values, as in `31.2 % → 0.4 %`.
    pub values: String,
    /// The same with all that is known.
    pub details: String,
    /// What orders the legend: the larger of both values.
    pub size: f64,
}

/// What a picture of a difference says. Texts may be hostile; they are made safe.
#[derive(Clone, Debug)]
pub struct DiffPicture {
    /// Names both sides.
    pub title: String,
    /// What is known of the sides and what changed, shown below.
    pub subtitle: String,
    /// Which changes have a colour, for the picture's description.
    pub noise: String,
    /// By node.
    pub boxes: Vec<DiffBox>,
    /// Tags of either side, in display order.
    pub tags: Vec<DiffTag>,
    /// Which side decides widths.
    pub width: WidthBy,
    /// What of the tree is drawn, and which way it grows.
    pub extent: DrawnPart,
}

/// How a box's change is coloured: 0 is the same; up to 4 less, from 5 more.
fn shade_of(shown: DiffBox) -> usize {
    if !shown.is_significant || shown.before == shown.after {
        return 0;
    }
    let (small, large) = (shown.before.min(shown.after), shown.before.max(shown.after));
    let change = (large - small) as f64 / large as f64;
    let step = STEPS.iter().position(|&least| change >= least);
    let step = step.unwrap_or(STEPS.len() - 1);
    if shown.after < shown.before {
        1 + step
    } else {
        1 + LESS.len() + step
    }
}

/// Draws the union of both sides as one SVG document and returns the number of boxes in it.
///
/// `facts` appends to a box's tooltip what is known of the node.
///
/// # Errors
/// When `out` fails.
pub fn write_diff_svg(
    tree: &CallTree,
    table: &FrameTable,
    picture: &DiffPicture,
    facts: &dyn Fn(NodeIx, &mut String),
    out: &mut dyn Write,
) -> io::Result<usize> {
    let views = Views::of(tree, &picture.boxes, picture.width);
    let width = |node: NodeIx| views.width_of(node, picture.width);
    let text_bytes = |node: NodeIx| {
        let frame = table.get(tree.get(node).frame);
        frame.name.len().min(MAX_NAME) + 220
    };
    let weights = NodeWeights {
        total: &width,
        own: &|node| own_weight(tree, &width, node),
    };
    let layout = Layout::new(tree, weights, &text_bytes, picture.extent)?;
    let chrome = chrome_of(picture, layout.len());
    if layout.is_empty() {
        return chrome.write_alone("no samples", out).map(|()| 0);
    }
    let kinds = CodeKind::of_all(table);
    let make = || {
        let drawn = DrawnTree {
            tree,
            table,
            layout: &layout,
            kinds: &kinds,
        };
        let mut narrow = Narrow::of(drawn, &|node, weights| {
            weights
                .extend([0, 1, views.main].map(|view: usize| views.widths[view][node.as_usize()]));
        });
        let names = narrow.as_mut().map(Narrow::take_names);
        DiffLooks {
            drawn,
            views: &views,
            chrome: chrome.with_names(names),
            narrow,
            facts,
        }
    };
    annotate::write(&layout, make, out)?;
    Ok(layout.len())
}

/// What each box looks like.
struct DiffLooks<'a> {
    drawn: DrawnTree<'a>,
    views: &'a Views<'a>,
    chrome: Chrome,
    narrow: Option<Narrow>,
    /// Appends to a box's tooltip what is known of the node.
    facts: &'a dyn Fn(NodeIx, &mut String),
}

impl Looks for DiffLooks<'_> {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn fill<'s>(&'s self, node: NodeIx, look: &mut Look<'s>) {
        let shown = self.drawn.tree.get(node);
        self.drawn.push_name(node, &mut look.name);
        (self.facts)(node, &mut look.facts);
        if let Some(tag) = shown.tag {
            push_format(&mut look.facts, format_args!(", {}", tag.words()));
            look.attributes.push(("data-tag", tag.as_str().into()));
        }
        let kind = self.drawn.kind_of(node);
        look.attributes.push(("data-kind", kind.key().into()));
        let change = self.views.boxes.get(node.as_usize()).copied();
        let change = change.unwrap_or(NONE);
        let shade = shade_of(change);
        push_format(&mut look.fill, format_args!("#{:06x}", fill_of(shade)));
        look.class = classes(shown.tag, Shade::of(&look.name), shade);
        look.attributes
            .push(("data-change", key_of(change, shade).into()));
        if change.is_significant && change.after == 0 {
            look.class.push_str(" gone");
        } else if change.is_significant && change.before == 0 {
            look.class.push_str(" new");
        }
        if self.drawn.layout.is_cut(node) {
            look.class.push_str(" cut");
            look.facts.push_str(", deeper frames are not drawn");
        }
        look.attributes
            .push(("data-v", self.views.views_of(node).into()));
        if let Some(below) = self.narrow.as_ref().and_then(|narrow| narrow.below(node)) {
            look.attributes.push(("data-below", below.into()));
        }
    }
}

const NONE: DiffBox = DiffBox {
    before: 0,
    after: 0,
    is_significant: false,
};

/// The tag's class for the views of one side, and that of the change.
fn classes(tag: Option<Tag>, shade: Shade, change: usize) -> String {
    let paint = Paint::of_tag(tag);
    let class = paint.class(shade);
    match paint {
        Paint::Tag(tag) => format!("{class} x{change}-{}", tag as usize),
        Paint::Plain | Paint::Kind(_) | Paint::Name => format!("{class} x{change}"),
    }
}

fn key_of(shown: DiffBox, shade: usize) -> &'static str {
    match shade {
        0 => "same",
        _ if shown.after == 0 => "gone",
        _ if shown.before == 0 => "new",
        1..=4 => "less",
        _ => "more",
    }
}

fn chrome_of(picture: &DiffPicture, boxes: usize) -> Chrome {
    let description = format!(
        "Flame graph of the difference between two profiles in {}. Blue boxes take a smaller \
         share after, orange ones a larger one, grey ones did not change significantly; dashed ones \
         are gone, outlined ones new. Three buttons show the difference, before or after. {}.",
        counted(boxes as u64, "box"),
        picture.noise,
    );
    let tags: Vec<Tag> = picture.tags.iter().map(|line| line.tag).collect();
    let mut paints = vec![Paint::Plain];
    let coloured = tags.iter().filter(|&&tag| tag != Tag::Host);
    paints.extend(coloured.map(|&tag| Paint::Tag(tag)));
    Chrome::new(&picture.title, &picture.subtitle, &description)
        .with_legends(
            vec![scale(), legend_of_tags(&picture.tags)],
            format!("{}{}", rules(&paints), diff_rules(&tags)),
        )
        .with_views(gradients(&tags))
        .growing(picture.extent.direction)
}

/// Entries that are shown before the reader asks for the rest.
const SHOWN: usize = 6;
/// The tags with the smallest shares.
const REST: LegendGroup = LegendGroup {
    name: "rest",
    words: "More tags",
    is_open: false,
};

/// The legend of tags, the largest first; the smallest are behind the last that is shown.
fn legend_of_tags(tags: &[DiffTag]) -> Legend {
    let mut legend = Legend {
        words: "Legend: share of each tag before and after",
        entries: Vec::new(),
    };
    if tags.iter().all(|line| line.tag == Tag::Host) {
        return legend;
    }
    let mut order: Vec<&DiffTag> = tags.iter().collect();
    order.sort_by(|a, b| b.size.total_cmp(&a.size));
    for (position, line) in order.iter().enumerate() {
        let mut entry = entry_of(line);
        if position >= SHOWN {
            entry.within = Some(REST);
        } else if position + 1 == SHOWN && order.len() > SHOWN {
            entry.opens = Some(REST);
        }
        legend.entries.push(entry);
    }
    legend
}

/// The legend's entries for changes.
fn scale() -> Legend {
    let entry = |key: &str, label: &str, share: &str, shade: usize, hint: &str| LegendEntry {
        key: key.to_owned(),
        label: label.to_owned(),
        share: share.to_owned(),
        hint: hint.to_owned(),
        class: format!("l{shade} {key}"),
        fill: format!("#{:06x}", fill_of(shade)),
        opens: None,
        within: None,
    };
    let less =
        "Frames that take significantly less after; the darker, the larger the part that went";
    let more =
        "Frames that take significantly more after; the darker, the larger the part that came";
    let entries = vec![
        entry(
            "gone",
            "gone",
            "only before",
            1,
            "Frames that only the before side has",
        ),
        entry("less", "less", "after", 2, less),
        entry(
            "same",
            "no significant change",
            "",
            0,
            "Frames whose change is within the noise, or too small to be marked",
        ),
        entry("more", "more", "after", 6, more),
        entry(
            "new",
            "new",
            "only after",
            5,
            "Frames that only the after side has",
        ),
    ];
    Legend {
        words: "Legend: colours of changes",
        entries,
    }
}

fn entry_of(line: &DiffTag) -> LegendEntry {
    let exit = if line.tag.is_exit() { "exit: " } else { "" };
    let paint = Paint::of_tag(Some(line.tag));
    LegendEntry {
        key: line.tag.as_str().to_owned(),
        label: format!("{exit}{}", short_words(line.tag)),
        share: one_line(&line.values).into_owned(),
        hint: format!("{}: {}", line.tag.words(), one_line(&line.details)),
        class: paint.class(Shade::PLAIN),
        fill: paint.plain_fill(Shade::PLAIN),
        opens: None,
        within: None,
    }
}
