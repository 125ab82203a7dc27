//! A flame graph that needs no script: boxes in their places, as wide as there is room.

use super::colours::class_of;
use super::markup::Markup;
use super::shares::percent;
use crate::stack::{CallTree, FrameTable, NodeIx};
use crate::text::{push_percent, quantity, shortened};

/// What is drawn of a call tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StillPicture<'p> {
    /// The tree.
    pub(crate) tree: &'p CallTree,
    /// Its frames.
    pub(crate) frames: &'p FrameTable,
    /// What the weights count.
    pub(crate) unit: &'p str,
    /// What it shows, to who does not see it.
    pub(crate) label: &'p str,
}

/// What a picture holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct StillSums {
    /// Boxes that are drawn, that of everything among them.
    pub(crate) drawn: usize,
    /// Boxes that are not, too narrow or too far up.
    pub(crate) left_out: usize,
}

/// Boxes that are narrower than this part of the picture are left out: 3 pixels of 1500.
const LEAST_SHARE: f64 = 0.002;

/// Levels that are drawn. Stacks of a recursion may have thousands; a page must stay one.
const MOST_LEVELS: usize = 160;

/// From level to level, in pixels.
const LEVEL: usize = 18;

/// Boxes narrower than this part of the picture show no name.
const LEAST_LABELLED: f64 = 0.012;

/// Letters of a name that are shown: instances of templates have thousands.
const MAX_NAME: usize = 400;

/// A box in its place.
struct PlacedBox {
    node: NodeIx,
    level: usize,
    /// Weight on its left.
    start: u64,
}

/// Writes the picture, callers below callees.
pub(crate) fn write_still(markup: &mut Markup, picture: &StillPicture<'_>) -> StillSums {
    let boxes = placed(picture.tree);
    let highest = boxes.iter().map(|placed| placed.level).max();
    let levels = highest.map_or(0, |highest| highest + 1);
    let height = (levels * LEVEL).to_string();
    let start = markup.tag("svg").with("class", "still").with("role", "img");
    let start = start.with("aria-label", picture.label);
    let start = start.with("width", "100%").with("height", &height);
    start.holding(|markup| {
        for placed in &boxes {
            write_box(markup, picture, placed, levels);
        }
    });
    StillSums {
        drawn: boxes.len(),
        left_out: picture.tree.len().saturating_sub(boxes.len()),
    }
}

/// The boxes that are wide enough.
fn placed(tree: &CallTree) -> Vec<PlacedBox> {
    let total = tree.root().total as f64;
    let mut found = Vec::new();
    let mut open = vec![PlacedBox {
        node: NodeIx::ROOT,
        level: 0,
        start: 0,
    }];
    while let Some(placed) = open.pop() {
        let mut start = placed.start;
        let level = placed.level + 1;
        let mut above = Vec::new();
        for node in tree.children(placed.node) {
            let width = tree.get(node).total;
            if level < MOST_LEVELS && width as f64 >= total * LEAST_SHARE {
                above.push(PlacedBox { node, level, start });
            }
            start = start.saturating_add(width);
        }
        open.extend(above.into_iter().rev());
        found.push(placed);
    }
    found
}

fn write_box(markup: &mut Markup, picture: &StillPicture<'_>, placed: &PlacedBox, levels: usize) {
    let (tree, whole) = (picture.tree, picture.tree.root().total);
    let node = tree.get(placed.node);
    let frame = (placed.node != NodeIx::ROOT).then(|| picture.frames.get(node.frame));
    let name = frame.map_or("all", |frame| &frame.name);
    let part = |weight: u64| weight as f64 / whole.max(1) as f64;
    let width = if placed.node == NodeIx::ROOT {
        1.0
    } else {
        part(node.total)
    };
    let y = (levels - 1 - placed.level) * LEVEL;
    let start = markup.tag("svg").with("class", &class_of(node.tag, frame));
    let start = start.with("x", &percent(part(placed.start)));
    let start = start
        .with("y", &y.to_string())
        .with("width", &percent(width));
    start
        .with("height", &(LEVEL - 1).to_string())
        .holding(|markup| {
            let name = shortened(name, MAX_NAME);
            let mut facts = format!("{name} · {}, ", quantity(node.total, picture.unit));
            push_percent(&mut facts, node.total, whole);
            if let Some(tag) = node.tag {
                facts.push_str(" · ");
                facts.push_str(tag.words());
            }
            markup.tag("title").text(&facts);
            let fill = markup
                .tag("rect")
                .with("width", "100%")
                .with("height", "100%");
            fill.void();
            if width >= LEAST_LABELLED {
                markup
                    .tag("text")
                    .with("x", "4")
                    .with("y", "13")
                    .text(&name);
            }
        });
}
