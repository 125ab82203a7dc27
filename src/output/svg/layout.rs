//! Which boxes are drawn, and inferno's drawing of them.
//!
//! inferno is given no names: all that its lines must tell is where one box ends and the next begins, and
//! its time goes with their length. Which box is of which node is known by the order in which it draws,
//! and checked by where each box lies.

use std::io;

use inferno::flamegraph::{self, Options};

use hashbrown::HashSet;

use super::drawing::{Drawing, DrawnBox, DrawnStripe, unexpected};
use super::extent::{DrawnPart, Growth, Limits};
use super::measures::{FONT_SIZE, FRAME_HEIGHT, FRAME_PADDING, INFERNO_FOOT};
use super::stretches::StretchLines;
use super::wide::{NodeWeights, WideBox, wide_boxes};
use crate::stack::{CallTree, NodeIx};

/// How many rows of boxes inferno draws at once. With fewer there are more pictures with a head, with
/// more there is more to compare.
const STRIPE_ROWS: usize = 16;

/// The boxes to draw, in drawing order, with their places along the x axis.
#[derive(Debug)]
pub(crate) struct Layout {
    nodes: Vec<NodeIx>,
    /// The stripes of rows, from the ground up.
    stripes: Vec<StretchLines>,
    order: Vec<OrderedBox>,
    /// What the box for everything weighs.
    total: u64,
    /// Boxes that would have others next to them, were these not too deep.
    cut: HashSet<NodeIx>,
    direction: Growth,
}

/// A box of the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OrderedBox {
    pub(crate) node: NodeIx,
    /// How many boxes it stands on; 0 for the one for everything.
    pub(crate) depth: usize,
    /// How much weight it stands for.
    pub(crate) weight: u64,
}

impl OrderedBox {
    /// The stripe in which it lies.
    pub(crate) const fn stripe(&self) -> usize {
        self.depth.saturating_sub(1) / STRIPE_ROWS
    }
}

impl Layout {
    /// Lays out `tree`; `name_bytes` estimates what a node's text takes.
    ///
    /// # Errors
    /// When the weights add up to more than a browser can count.
    pub(crate) fn new(
        tree: &CallTree,
        weights: NodeWeights<'_>,
        name_bytes: &dyn Fn(NodeIx) -> usize,
        extent: DrawnPart,
    ) -> io::Result<Self> {
        let total = (weights.total)(NodeIx::ROOT);
        let wide = wide_boxes(tree, weights, extent.least_weight(total))?;
        let limits = Limits::of(&wide, total, name_bytes, extent);
        let mut drawing = RunningLayout::new();
        let mut nodes = Vec::new();
        let mut cut = HashSet::new();
        for wide in wide.iter().filter(|wide| wide.weight >= limits.threshold) {
            // Those that are deeper yet lie in what is cut.
            if wide.depth > limits.deepest + 1 {
                continue;
            }
            drawing.end_before(wide.first);
            if wide.depth > limits.deepest {
                cut.extend(drawing.open.last().map(|below| below.node));
            } else {
                nodes.push(wide.node);
                drawing.begin(wide);
            }
        }
        drawing.end_before(total);
        drawing.end_last(total);
        Ok(Self {
            nodes,
            stripes: drawing.stripes,
            order: drawing.order,
            total,
            cut,
            direction: extent.direction,
        })
    }

    /// The nodes that have boxes, in the order of the tree; the root is not among them.
    pub(crate) fn nodes(&self) -> &[NodeIx] {
        &self.nodes
    }

    /// Whether boxes are missing next to this one because they are too deep.
    pub(crate) fn is_cut(&self, node: NodeIx) -> bool {
        self.cut.contains(&node)
    }

    /// Which way stacks grow.
    pub(crate) const fn direction(&self) -> Growth {
        self.direction
    }

    /// What the box for everything weighs.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// Number of boxes, the one for everything not counted.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is nothing to draw.
    pub(crate) const fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The boxes in the order in which inferno draws those of each stripe.
    pub(crate) fn boxes(&self) -> &[OrderedBox] {
        &self.order
    }

    /// How many stripes there are.
    pub(crate) fn stripes(&self) -> usize {
        self.stripes.len()
    }

    /// Has inferno draw the boxes of a stripe. Boxes lie in the picture, and their rows are counted from
    /// its ground.
    ///
    /// # Errors
    /// When inferno refuses, which it does for an empty layout, or draws in another way than expected.
    pub(crate) fn draw(&self, stripe: usize) -> io::Result<DrawnStripe> {
        let lines = self.stripes.get(stripe).ok_or_else(unexpected)?;
        let mut options = Options::default();
        options.min_width = 0.0;
        options.deterministic = true;
        // The only mode that takes the lines' order for granted; it expects the last one first.
        options.flame_chart = true;
        options.font_size = FONT_SIZE;
        options.no_javascript = true;
        // Shares are of nothing, margins are no part of the width, and no text fits.
        options.factor = 0.0;
        options.count_name = String::new();
        options.image_width = Some(1 << 40);
        options.font_width = 1e12;
        let mut drawing = Drawing::new();
        let longer = lines.lengthened();
        let others = lines.lines().rev().skip(1);
        let reversed = longer.as_deref().into_iter().chain(others);
        flamegraph::from_lines(&mut options, reversed, &mut drawing)?;
        let drawn = drawing.finish()?;
        let ground = drawn.height.checked_sub(INFERNO_FOOT as u64);
        let ground = ground.ok_or_else(unexpected)?;
        if drawn.boxes.len() != lines.boxes().len() {
            return Err(unexpected());
        }
        let below = (stripe * STRIPE_ROWS * FRAME_HEIGHT) as u64;
        let mut boxes = Vec::with_capacity(drawn.boxes.len());
        for (placed, drawn) in lines.boxes().iter().zip(drawn.boxes) {
            // Boxes have no names in inferno's drawing: one that lies elsewhere is another one.
            let rise = ground.checked_sub(drawn.y).ok_or_else(unexpected)?;
            let row = (placed.depth + 1).saturating_mul(FRAME_HEIGHT) - FRAME_PADDING;
            let weight = StretchLines::weight_of(drawn.weight);
            if (rise, drawn.first, weight) != (row as u64, placed.first, placed.weight) {
                return Err(unexpected());
            }
            if placed.node.is_some() {
                boxes.push(DrawnBox {
                    y: below + rise,
                    weight,
                    ..drawn
                });
            }
        }
        Ok(DrawnStripe {
            height: drawn.height + below,
            boxes,
        })
    }
}

/// A box that has not ended, with the weight at which it will.
struct RunningBox {
    node: NodeIx,
    end: u64,
    weight: u64,
}

/// Boxes as they begin and end from left to right.
struct RunningLayout {
    stripes: Vec<StretchLines>,
    /// Those above the one for everything.
    open: Vec<RunningBox>,
    order: Vec<OrderedBox>,
    /// Boxes that have ended at the same weight, callees first, and that weight.
    ended: Vec<OrderedBox>,
    at: u64,
}

impl RunningLayout {
    fn new() -> Self {
        Self {
            stripes: vec![StretchLines::on(Some(NodeIx::ROOT))],
            open: Vec::new(),
            order: Vec::new(),
            ended: Vec::new(),
            at: 0,
        }
    }

    /// Begins a box on the one that began last.
    fn begin(&mut self, wide: &WideBox) {
        let stripe = self.open.len() / STRIPE_ROWS;
        if self.stripes.len() <= stripe {
            self.stripes.push(StretchLines::on(None));
        }
        self.stripes[stripe].begin(wide.node, wide.first);
        self.open.push(RunningBox {
            node: wide.node,
            end: wide.end(),
            weight: wide.weight,
        });
    }

    /// Ends the boxes that end here or further left.
    fn end_before(&mut self, at: u64) {
        while let Some(open) = self.open.pop_if(|open| open.end <= at) {
            self.stripes[self.open.len() / STRIPE_ROWS].end(open.end);
            self.end_box(
                OrderedBox {
                    node: open.node,
                    depth: self.open.len() + 1,
                    weight: open.weight,
                },
                open.end,
            );
        }
    }

    /// Ends the box for everything.
    fn end_last(&mut self, total: u64) {
        for stripe in &mut self.stripes {
            stripe.end(total);
        }
        self.end_box(
            OrderedBox {
                node: NodeIx::ROOT,
                depth: 0,
                weight: total,
            },
            total,
        );
        self.order.extend(self.ended.drain(..).rev());
    }

    /// inferno draws boxes as they end, callers first.
    fn end_box(&mut self, ended: OrderedBox, at: u64) {
        if at > self.at {
            self.order.extend(self.ended.drain(..).rev());
        }
        self.at = at;
        self.ended.push(ended);
    }
}

/// What a node weighs beside its children.
pub(crate) fn own_weight(tree: &CallTree, total: &dyn Fn(NodeIx) -> u64, node: NodeIx) -> u64 {
    let children = tree.children(node);
    let below = children.fold(0_u64, |sum, child| sum.saturating_add(total(child)));
    total(node).saturating_sub(below)
}

#[cfg(test)]
mod tests {
    use super::super::measures::MAX_DEPTH;
    use super::*;
    use crate::output::testing::{Sample, tree_of};

    fn layout(samples: &[Sample<'_>], extent: DrawnPart) -> io::Result<Layout> {
        let (tree, _table) = tree_of(samples);
        let weights = NodeWeights {
            total: &|node| tree.get(node).total,
            own: &|node| tree.get(node).own,
        };
        Layout::new(&tree, weights, &|_| 30, extent)
    }

    fn lines(layout: &Layout) -> Vec<Vec<&str>> {
        let stripes = layout.stripes.iter();
        stripes.map(|stripe| stripe.lines().collect()).collect()
    }

    /// Would break if a sibling whose name sorts between (`clone3`) split `clone` in two.
    #[test]
    fn a_parent_is_one_stretch_with_its_own_weight_first() {
        let samples = [
            ("clone", None, 2),
            ("clone;y", None, 3),
            ("clone3;x", None, 4),
        ];
        let made = layout(&samples, DrawnPart::default()).unwrap();
        assert_eq!(lines(&made), [["- 2", "-;- 3", "--;- 4"]]);
    }

    #[test]
    fn what_is_too_narrow_leaves_its_weight_in_place() {
        // 1180 pixels for 1180 samples: one pixel each.
        let samples = [
            ("a;b", None, 100),
            ("a;c", None, 1),
            ("a;d", None, 2),
            ("a;e", None, 1000),
            ("b", None, 1),
            ("c", None, 76),
        ];
        let extent = DrawnPart {
            min_width: Some(5.0),
            ..DrawnPart::default()
        };
        let made = layout(&samples, extent).unwrap();
        assert_eq!(
            lines(&made),
            [["-;- 100", "- 3", "-;-- 1000", "_ 1", "-- 76"]]
        );
        assert_eq!(made.len(), 4);
        let drawn = made.draw(0).unwrap().boxes;
        let places = made.boxes().iter().zip(&drawn);
        let places: Vec<_> = places
            .map(|(placed, drawn)| (placed.node.0, placed.depth, drawn.first, drawn.weight))
            .collect();
        let (a, b, e, c) = (1, 2, 5, 7);
        // What ends at the same place is drawn from the bottom up.
        let expected = [
            (b, 2, 0, 100),
            (a, 1, 0, 1103),
            (e, 2, 103, 1000),
            (0, 0, 0, 1180),
            (c, 1, 1104, 76),
        ];
        assert_eq!(places, expected);
    }

    /// Rows are drawn in stripes, each with boxes for the weight that lies between its own ones.
    #[test]
    fn a_stack_of_any_depth_is_drawn_up_to_a_bound() {
        let deep = vec!["f"; 50_000].join(";");
        let samples = [("a", None, 2), (&deep, None, 7)];
        let made = layout(&samples, DrawnPart::default()).unwrap();
        assert_eq!(made.len(), MAX_DEPTH + 1);
        assert!(made.is_cut(NodeIx(1 + u32::try_from(MAX_DEPTH).unwrap())));
        let mut y = Vec::new();
        for stripe in 0..made.stripes() {
            let drawn = made.draw(stripe).unwrap();
            y.extend(drawn.boxes.iter().map(|drawn| (drawn.weight, drawn.y)));
        }
        y.sort_unstable();
        let rows = (1..=MAX_DEPTH as u64).map(|row| (7, (row + 1) * 16 - 1));
        let rows = [(2, 31)].into_iter().chain(rows).chain([(9, 15)]);
        assert!(y.into_iter().eq(rows));
    }

    #[test]
    fn weights_beyond_what_a_browser_counts_are_an_error() {
        assert!(layout(&[("a", None, u64::MAX)], DrawnPart::default()).is_err());
    }
}
