//! Which boxes are drawn, and inferno's drawing of them.
//!
//! inferno is given no names: all that its lines must tell is where one box ends and the next begins, and
//! its time goes with their length. Which box is of which node is known by the order in which it draws,
//! and checked by where each box lies.

use std::io::{self, Write};

use inferno::flamegraph::{self, Options};

use hashbrown::HashSet;

use super::extent::{DrawnPart, Growth, Limits};
use super::measures::FONT_SIZE;
use super::stretches::{BoxPlace, StretchLines};
use crate::stack::{CallTree, Children, NodeIx};

/// What is added to the last stretch in inferno's drawing: more than all weight.
const BEYOND: u64 = 1 << 62;

/// The boxes to draw, in drawing order, with their places along the x axis.
#[derive(Debug)]
pub(crate) struct Layout {
    nodes: Vec<NodeIx>,
    stretches: StretchLines,
    /// Boxes that would have others next to them, were these not too deep.
    cut: HashSet<NodeIx>,
    direction: Growth,
}

/// One level of the walk.
struct Level<'t> {
    node: NodeIx,
    children: Children<'t>,
}

impl Layout {
    /// Lays out `tree` with `weight` as the width of a node.
    ///
    /// A node's children must not weigh more than the node. `name_bytes` estimates what a node's
    /// text takes.
    ///
    /// # Errors
    /// When the weights add up to more than a browser can count.
    pub(crate) fn new(
        tree: &CallTree,
        weight: &dyn Fn(NodeIx) -> u64,
        name_bytes: &dyn Fn(NodeIx) -> usize,
        extent: DrawnPart,
    ) -> io::Result<Self> {
        let limits = Limits::of(tree, weight, name_bytes, extent);
        let mut layout = Self {
            nodes: Vec::new(),
            stretches: StretchLines::default(),
            cut: HashSet::new(),
            direction: extent.direction,
        };
        layout.walk(tree, weight, limits)?;
        Ok(layout)
    }

    /// Walks all nodes of at least the threshold; lighter and deeper ones become their parent's own
    /// weight, at the place where they would have been.
    fn walk(
        &mut self,
        tree: &CallTree,
        weight: &dyn Fn(NodeIx) -> u64,
        limits: Limits,
    ) -> io::Result<()> {
        let stretches = &mut self.stretches;
        stretches.begin(NodeIx::ROOT);
        stretches.add(own_weight(tree, weight, NodeIx::ROOT))?;
        let mut levels = vec![Level {
            node: NodeIx::ROOT,
            children: tree.children(NodeIx::ROOT),
        }];
        loop {
            let depth = levels.len();
            let Some(level) = levels.last_mut() else {
                break;
            };
            let Some(child) = level.children.next() else {
                stretches.end();
                levels.pop();
                continue;
            };
            let is_light = weight(child) < limits.threshold;
            if is_light || depth > limits.deepest {
                stretches.add(weight(child))?;
                if !is_light {
                    self.cut.insert(level.node);
                }
                continue;
            }
            self.nodes.push(child);
            stretches.begin(child);
            stretches.add(own_weight(tree, weight, child))?;
            levels.push(Level {
                node: child,
                children: tree.children(child),
            });
        }
        Ok(())
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
        self.stretches.total()
    }

    /// Number of boxes, the one for everything not counted.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is nothing to draw.
    pub(crate) fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// Where boxes lie, in the order in which inferno draws them.
    pub(crate) fn boxes(&self) -> &[BoxPlace] {
        self.stretches.boxes()
    }

    /// Has inferno draw the boxes, those at the right end as [`Self::weight_of`] tells.
    ///
    /// What is read of its drawing are whole numbers. Each box has four fractions besides, whose
    /// digits would take most of the time, and fewer where they are zeros: so nearly all boxes lie at
    /// the left edge of a picture of which they are no part that could be seen.
    ///
    /// # Errors
    /// When `out` fails, or when inferno refuses, which it does for an empty layout.
    pub(crate) fn draw(&self, out: impl Write) -> io::Result<()> {
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
        let longer = self.stretches.lines().next_back().and_then(lengthened);
        let others = self.stretches.lines().rev().skip(1);
        let reversed = longer.as_deref().into_iter().chain(others);
        flamegraph::from_lines(&mut options, reversed, out)
    }

    /// What a box weighs that inferno drew with this weight.
    pub(crate) const fn weight_of(drawn: u64) -> u64 {
        if drawn < BEYOND {
            drawn
        } else {
            drawn - BEYOND
        }
    }
}

/// A line with the weight beyond all boxes.
fn lengthened(line: &str) -> Option<String> {
    let (path, weight) = line.rsplit_once(' ')?;
    let weight: u64 = weight.parse().ok()?;
    Some(format!("{path} {}", weight.saturating_add(BEYOND)))
}

fn own_weight(tree: &CallTree, weight: &dyn Fn(NodeIx) -> u64, node: NodeIx) -> u64 {
    let children = tree.children(node);
    let below = children.fold(0_u64, |sum, child| sum.saturating_add(weight(child)));
    weight(node).saturating_sub(below)
}

#[cfg(test)]
mod tests {
    use super::super::measures::MAX_DEPTH;
    use super::*;
    use crate::output::testing::{Sample, tree_of};

    fn lines(layout: &Layout) -> Vec<&str> {
        layout.stretches.lines().collect()
    }

    fn layout(samples: &[Sample<'_>], min_width: Option<f64>) -> Layout {
        let (tree, _table) = tree_of(samples);
        let extent = DrawnPart {
            min_width,
            ..DrawnPart::default()
        };
        Layout::new(&tree, &|node| tree.get(node).total, &|_| 30, extent).unwrap()
    }

    /// Would break if a sibling whose name sorts between (`clone3`) split `clone` in two.
    #[test]
    fn a_parent_is_one_stretch_with_its_own_weight_first() {
        let made = layout(
            &[
                ("clone", None, 2),
                ("clone;y", None, 3),
                ("clone3;x", None, 4),
            ],
            None,
        );
        assert_eq!(lines(&made), ["- 2", "-;- 3", "--;- 4"]);
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
        let made = layout(&samples, Some(5.0));
        assert_eq!(
            lines(&made),
            ["-;- 100", "- 3", "-;-- 1000", "_ 1", "-- 76"]
        );
        assert_eq!(made.len(), 4);
        // What ends at the same place is drawn from the bottom up.
        let (a, b, e, c) = (1, 2, 5, 7);
        let placed = |node: Option<u32>, depth, first, weight| BoxPlace {
            node: node.map(NodeIx),
            depth,
            first,
            weight,
        };
        assert_eq!(
            made.boxes(),
            [
                placed(Some(b), 2, 0, 100),
                placed(Some(a), 1, 0, 1103),
                placed(Some(e), 2, 103, 1000),
                placed(None, 1, 1103, 1),
                placed(Some(0), 0, 0, 1180),
                placed(Some(c), 1, 1104, 76),
            ]
        );
    }

    #[test]
    fn a_stack_of_any_depth_is_drawn_up_to_a_bound() {
        let deep = vec!["f"; 50_000].join(";");
        let made = layout(&[(&deep, None, 7)], None);
        assert_eq!(made.len(), MAX_DEPTH);
        assert!(made.draw(io::sink()).is_ok());
    }

    #[test]
    fn weights_beyond_what_a_browser_counts_are_an_error() {
        let (tree, _table) = tree_of(&[("a", None, u64::MAX)]);
        let made = Layout::new(
            &tree,
            &|node| tree.get(node).total,
            &|_| 30,
            DrawnPart::default(),
        );
        assert!(made.is_err());
    }
}
