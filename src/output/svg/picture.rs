//! The interactive, annotated SVG.

use std::io::{self, Write};

use super::annotate::{Look, Looks};
use super::chrome::Chrome;
use super::drawn_tree::{DrawnTree, MAX_NAME};
use super::extent::{DrawnPart, Growth};
use super::kinds::CodeKind;
use super::layout::Layout;
use super::narrow::Narrow;
use super::palette::{Colors, Paint, Shade, rules};
use super::shares::{Totals, legend_of};
use super::wide::NodeWeights;
use crate::output::svg::annotate;
use crate::stack::{CallTree, FrameKind, FrameTable, NodeIx, Tag};
use crate::text::{counted, one_line, push_percent, push_quantity, quantity, shortened};

/// Letters of the name of a DSO that a tooltip shows.
const MAX_DSO: usize = 200;
/// The longest source line that is shown.
const MAX_LINE: usize = 300;

/// What a picture says beside its boxes. Texts may be hostile; they are made safe.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Shown above all, as in `perf.data`.
    pub title: String,
    /// Shown below the title in as many lines as it needs. Empty for none.
    pub subtitle: String,
    /// What the weights count: `samples`, `ns`, or the events of a period.
    pub unit: String,
    /// The weight of each tag; tags without weight may be left out. Empty when stacks were not
    /// tagged.
    pub totals: Vec<(Tag, u64)>,
    /// What the colours of boxes tell.
    pub colors: Colors,
    /// What of the tree is drawn, and which way it grows.
    pub extent: DrawnPart,
}

/// Draws `tree` as one SVG document and returns the number of boxes in it.
///
/// The same input gives the same bytes. `out` gets many small writes: give it a buffer. A tree
/// without weight gives a picture with a single box that says so.
///
/// # Errors
/// When `out` fails, or when the weights add up to more than a browser can count (2^53).
pub fn write_svg(
    tree: &CallTree,
    table: &FrameTable,
    picture: &Picture,
    out: &mut dyn Write,
) -> io::Result<usize> {
    let weight = |node| tree.get(node).total;
    let text_bytes = |node: NodeIx| {
        let frame = table.get(tree.get(node).frame);
        frame.name.len().min(MAX_NAME) + frame.dso.len().min(MAX_DSO)
    };
    let weights = NodeWeights {
        total: &weight,
        own: &|node| tree.get(node).own,
    };
    let layout = Layout::new(tree, weights, &text_bytes, picture.extent)?;
    let make = || {
        let kinds = CodeKind::of_all(table);
        let drawn = DrawnTree {
            tree,
            table,
            layout: &layout,
            kinds: &kinds,
        };
        let totals = Totals::of(drawn, picture.colors, &picture.totals);
        let chrome = chrome_of(picture, &totals, layout.len());
        let mut narrow = Narrow::of(drawn, &|node, weights| weights.push(weight(node)));
        let names = narrow.as_mut().map(Narrow::take_names);
        ProfileLooks {
            tree,
            table,
            layout: &layout,
            chrome: chrome.with_names(names),
            picture,
            parents: Parents::of(tree),
            narrow,
            kinds,
        }
    };
    if layout.is_empty() {
        let chrome = make().chrome.with_names(None);
        return chrome.write_alone("no samples", out).map(|()| 0);
    }
    annotate::write(&layout, make, out)?;
    Ok(layout.len())
}

/// What each box looks like.
struct ProfileLooks<'a> {
    tree: &'a CallTree,
    table: &'a FrameTable,
    layout: &'a Layout,
    /// The kind of code of each frame, by its index.
    kinds: Vec<CodeKind>,
    chrome: Chrome,
    picture: &'a Picture,
    parents: Parents,
    narrow: Option<Narrow>,
}

impl Looks for ProfileLooks<'_> {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn fill<'l>(&'l self, node: NodeIx, look: &mut Look<'l>) {
        let drawn = self.drawn();
        let shown = self.tree.get(node);
        drawn.push_name(node, &mut look.name);
        self.push_facts(node, &mut look.facts);
        let paint = self.paint(node);
        let shade = Shade::of(&look.name);
        paint.push_class(shade, &mut look.class);
        paint.push_plain_fill(shade, &mut look.fill);
        if self.layout.is_cut(node) {
            look.class.push_str(" cut");
        }
        let is_host = self.parents.has_host.get(node.as_usize()) == Some(&true);
        let tag = shown.tag.or(is_host.then_some(Tag::Host));
        if let Some(tag) = tag.filter(|_| !self.picture.totals.is_empty()) {
            look.attributes.push(("data-tag", tag.as_str().into()));
        }
        let kind = drawn.kind_of(node);
        look.attributes.push(("data-kind", kind.key().into()));
        if let Some(below) = self.narrow.as_ref().and_then(|narrow| narrow.below(node)) {
            look.attributes.push(("data-below", below.into()));
        }
    }
}

impl ProfileLooks<'_> {
    fn drawn(&self) -> DrawnTree<'_> {
        DrawnTree {
            tree: self.tree,
            table: self.table,
            layout: self.layout,
            kinds: &self.kinds,
        }
    }

    fn push_facts(&self, node: NodeIx, facts: &mut String) {
        let (tree, table) = (self.tree, self.table);
        let shown = tree.get(node);
        push_quantity(facts, shown.total, &self.picture.unit);
        facts.push_str(", ");
        push_percent(facts, shown.total, tree.root().total);
        let parent = self.parents.parent.get(node.as_usize());
        if let Some(&parent) = parent.filter(|&&parent| parent != NodeIx::ROOT) {
            facts.push_str(" of all, ");
            push_percent(facts, shown.total, tree.get(parent).total);
            facts.push_str(" of its caller");
        }
        if let Some(tag) = shown.tag {
            facts.push_str(", ");
            facts.push_str(tag.words());
        }
        if node != NodeIx::ROOT && !table.get(shown.frame).dso.is_empty() {
            let dso = one_line(&table.get(shown.frame).dso);
            facts.push_str(", ");
            facts.push_str(&shortened(&dso, MAX_DSO));
        }
        if node != NodeIx::ROOT {
            let frame = table.get(shown.frame);
            if frame.kind == FrameKind::Inlined {
                facts.push_str(", inlined");
            }
            if let Some(line) = &frame.line {
                facts.push_str(", ");
                facts.push_str(&shortened(&one_line(line), MAX_LINE));
            }
        }
        if self.parents.is_split.get(node.as_usize()) == Some(&true) {
            facts.push_str(", drawn once for each thing that its callees do");
        }
        if self.layout.is_cut(node) {
            facts.push_str(", deeper frames are not drawn");
        }
    }

    fn paint(&self, node: NodeIx) -> Paint {
        let shown = self.tree.get(node);
        let kind = if node == NodeIx::ROOT {
            FrameKind::Root
        } else {
            self.table.get(shown.frame).kind
        };
        let of_kind = match kind {
            FrameKind::Root => Paint::Plain,
            FrameKind::Guest => Paint::Tag(Tag::Guest),
            FrameKind::Function | FrameKind::Inlined | FrameKind::Unresolved => {
                Paint::Kind(self.drawn().kind_of(node))
            }
        };
        match (self.picture.colors, shown.tag) {
            (Colors::Name, _) if kind != FrameKind::Root => Paint::Name,
            (Colors::Tag, Some(tag)) if tag != Tag::Host => Paint::Tag(tag),
            (Colors::Name | Colors::Object | Colors::Tag, _) => of_kind,
        }
    }
}

/// What is known of nodes from those around them.
struct Parents {
    /// Of each node; the root's is the root.
    parent: Vec<NodeIx>,
    /// Nodes without a tag that have host work in or below them.
    has_host: Vec<bool>,
    /// Nodes beside which the same frame stands again with another tag.
    is_split: Vec<bool>,
}

impl Parents {
    fn of(tree: &CallTree) -> Self {
        let mut made = Self {
            parent: vec![NodeIx::ROOT; tree.len()],
            has_host: vec![false; tree.len()],
            is_split: vec![false; tree.len()],
        };
        // A node's children were made after it.
        for ix in (0..tree.len()).rev() {
            let at = NodeIx(u32::try_from(ix).unwrap_or(u32::MAX));
            let node = tree.get(at);
            let mut below = false;
            let mut before: Option<NodeIx> = None;
            for child in tree.children(at) {
                below |= made.has_host[child.as_usize()];
                made.parent[child.as_usize()] = at;
                if let Some(before) = before
                    && tree.get(before).frame == tree.get(child).frame
                {
                    made.is_split[before.as_usize()] = true;
                    made.is_split[child.as_usize()] = true;
                }
                before = Some(child);
            }
            made.has_host[ix] = node.tag.is_none() && (node.own > 0 || below);
        }
        made
    }
}

fn chrome_of(picture: &Picture, totals: &Totals, boxes: usize) -> Chrome {
    let growing = match picture.extent.direction {
        Growth::Up => "above",
        Growth::Down => "below",
    };
    let description = format!(
        "Flame graph of {} in {}. The width of a box is its share; callees are {growing} \
         their callers. The legend lists what the CPU was doing; choosing an entry marks its boxes.",
        quantity(totals.all, &picture.unit),
        counted(boxes as u64, "box"),
    );
    let colors = match picture.colors {
        Colors::Object => "object",
        Colors::Tag | Colors::Name => "tag",
    };
    Chrome::new(&picture.title, &picture.subtitle, &description)
        .with_legends(legend_of(totals, &picture.unit), rules(&totals.paints()))
        .with_colors(colors)
        .growing(picture.extent.direction)
}
