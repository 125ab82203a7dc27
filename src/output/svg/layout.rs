//! Which boxes are drawn, and inferno's drawing of them.
//!
//! inferno is given opaque numbers instead of names: it then neither sorts nor splits nor reads
//! what the capture's bytes say, and the annotation pass finds the node of each box exactly.

use std::io::{self, Write};

use inferno::flamegraph::{self, Options, TextTruncateDirection};

use crate::stack::{CallTree, Children, NodeIx};
use crate::text::push_format;

/// Width of the picture in pixels before the reader's window decides.
pub(crate) const WIDTH: f64 = 1200.0;
/// Space left and right of the boxes. Source: `XPAD`, inferno 0.12.8, src/flamegraph/mod.rs.
pub(crate) const PADDING: f64 = 10.0;
/// Width of the box that stands for everything.
pub(crate) const FRAMES_WIDTH: f64 = WIDTH - 2.0 * PADDING;
/// Size of the letters in boxes.
pub(crate) const FONT_SIZE: usize = 12;

/// Narrower boxes are not drawn unless the caller says otherwise.
const DEFAULT_MIN_WIDTH: f64 = 0.1;
/// Bytes that the boxes may take when the caller does not set a width: with the frame's own markup
/// the file stays below 3 MB.
const BUDGET: usize = 2_700_000;
/// Bytes of one box without its name; 265 measured on captures with tags.
const BOX_BYTES: usize = 280;
/// A stack deeper than this is drawn up to here. A box of 16 pixels per level makes this 16 000
/// pixels; inferno's input grows with depth times width.
const MAX_DEPTH: usize = 1000;
/// Stands for weight right above the root that has no box. No node has it: those are numbers.
const NOBODY: &str = "_";
/// JavaScript counts exactly up to here.
const MAX_WEIGHT: u64 = 1 << 53;

/// The boxes to draw, in drawing order, with their places along the x axis.
#[derive(Debug)]
pub(crate) struct Layout {
    nodes: Vec<NodeIx>,
    /// One line per stretch of the x axis, left to right, as inferno reads them.
    lines: Vec<String>,
}

/// One level of the walk.
struct Level<'t> {
    children: Children<'t>,
    path_len: usize,
}

/// The lines of a layout while they are made.
struct Lines {
    path: String,
    made: Vec<String>,
    /// Weight that ends at the present path and is not yet in a line.
    pending: u64,
    total: u64,
}

impl Lines {
    fn add(&mut self, weight: u64) -> io::Result<()> {
        self.pending = self.pending.saturating_add(weight);
        self.total = self.total.saturating_add(weight);
        if self.total > MAX_WEIGHT {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the weights add up to more than a browser can count (2^53)",
            ));
        }
        Ok(())
    }

    /// Ends the stretch at the present path.
    fn flush(&mut self) {
        if self.pending > 0 {
            let path = if self.path.is_empty() {
                NOBODY
            } else {
                &self.path
            };
            self.made.push(format!("{path} {}", self.pending));
            self.pending = 0;
        }
    }
}

impl Layout {
    /// Lays out `tree` with `weight` as the width of a node.
    ///
    /// A node's children must not weigh more than the node. `min_width` is in pixels; without it
    /// the default applies, raised where the file would become too large. `name_bytes` estimates
    /// what a node's text takes.
    ///
    /// # Errors
    /// When the weights add up to more than a browser can count.
    pub(crate) fn new(
        tree: &CallTree,
        weight: &dyn Fn(NodeIx) -> u64,
        name_bytes: &dyn Fn(NodeIx) -> usize,
        min_width: Option<f64>,
    ) -> io::Result<Self> {
        let total = weight(NodeIx::ROOT);
        let threshold = match min_width {
            Some(pixels) => threshold_of(pixels, total),
            None => {
                let least = threshold_of(DEFAULT_MIN_WIDTH, total);
                affordable(tree, weight, name_bytes, least)
            }
        };
        let mut layout = Self {
            nodes: Vec::new(),
            lines: Vec::new(),
        };
        layout.walk(tree, weight, threshold)?;
        Ok(layout)
    }

    /// Walks all nodes of at least `threshold`; lighter ones become their parent's own weight, at
    /// the place where they would have been.
    fn walk(
        &mut self,
        tree: &CallTree,
        weight: &dyn Fn(NodeIx) -> u64,
        threshold: u64,
    ) -> io::Result<()> {
        let mut lines = Lines {
            path: String::new(),
            made: Vec::new(),
            pending: 0,
            total: 0,
        };
        lines.add(own_weight(tree, weight, NodeIx::ROOT))?;
        let mut levels = vec![Level {
            children: tree.children(NodeIx::ROOT),
            path_len: 0,
        }];
        while let Some(level) = levels.last_mut() {
            let Some(child) = level.children.next() else {
                lines.flush();
                lines.path.truncate(level.path_len);
                levels.pop();
                continue;
            };
            if weight(child) < threshold || levels.len() > MAX_DEPTH {
                lines.add(weight(child))?;
                continue;
            }
            lines.flush();
            let path_len = lines.path.len();
            if path_len > 0 {
                lines.path.push(';');
            }
            push_format(&mut lines.path, format_args!("{}", self.nodes.len()));
            self.nodes.push(child);
            lines.add(own_weight(tree, weight, child))?;
            levels.push(Level {
                children: tree.children(child),
                path_len,
            });
        }
        self.lines = lines.made;
        Ok(())
    }

    /// Number of boxes, the one for everything not counted.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is nothing to draw.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The node whose box inferno was told to call `name`; `None` for a stretch without a box.
    pub(crate) fn node_of(&self, name: &str) -> Option<NodeIx> {
        self.nodes.get(name.parse::<usize>().ok()?).copied()
    }

    /// Has inferno draw the boxes.
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
        options.text_truncate_direction = TextTruncateDirection::Right;
        let reversed = self.lines.iter().rev().map(String::as_str);
        flamegraph::from_lines(&mut options, reversed, out)
    }
}

fn own_weight(tree: &CallTree, weight: &dyn Fn(NodeIx) -> u64, node: NodeIx) -> u64 {
    let children = tree.children(node);
    let below = children.fold(0_u64, |sum, child| sum.saturating_add(weight(child)));
    weight(node).saturating_sub(below)
}

/// The least weight that is `pixels` wide; never 0, for a box without width cannot be seen.
fn threshold_of(pixels: f64, total: u64) -> u64 {
    let share = (pixels / FRAMES_WIDTH).clamp(0.0, 1.0);
    // A float's conversion to an integer saturates; NaN becomes 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the total, which is an integer of the same width"
    )]
    let least = (total as f64 * share).ceil() as u64;
    least.max(1)
}

/// The lowest threshold, at least `least`, whose boxes fit the budget.
///
/// Boxes of equal weight stay or go together, so the choice depends on nothing but the tree.
fn affordable(
    tree: &CallTree,
    weight: &dyn Fn(NodeIx) -> u64,
    name_bytes: &dyn Fn(NodeIx) -> usize,
    least: u64,
) -> u64 {
    let mut boxes = Vec::new();
    let mut spent = 0_usize;
    let mut left = vec![(NodeIx::ROOT, 0)];
    while let Some((node, depth)) = left.pop() {
        if depth == MAX_DEPTH {
            continue;
        }
        for child in tree.children(node) {
            if weight(child) >= least {
                let bytes = BOX_BYTES + name_bytes(child);
                spent = spent.saturating_add(bytes);
                boxes.push((weight(child), bytes));
                left.push((child, depth + 1));
            }
        }
    }
    if spent <= BUDGET {
        return least;
    }
    boxes.sort_unstable_by_key(|&(weight, _)| std::cmp::Reverse(weight));
    let mut spent = 0;
    for (weight, bytes) in boxes {
        spent += bytes;
        if spent > BUDGET {
            return weight.saturating_add(1);
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::{Sample, tree_of};

    fn layout(samples: &[Sample<'_>], min_width: Option<f64>) -> Layout {
        let (tree, _table) = tree_of(samples);
        Layout::new(&tree, &|node| tree.get(node).total, &|_| 30, min_width).unwrap()
    }

    /// Would break if a sibling whose name sorts between (`clone3`) split `clone` in two.
    #[test]
    fn a_parent_is_one_stretch_with_its_own_weight_first() {
        let lines = layout(
            &[
                ("clone", None, 2),
                ("clone;y", None, 3),
                ("clone3;x", None, 4),
            ],
            None,
        )
        .lines;
        assert_eq!(lines, ["0 2", "0;1 3", "2;3 4"]);
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
        assert_eq!(made.lines, ["0;1 100", "0 3", "0;2 1000", "_ 1", "3 76"]);
        assert_eq!(made.len(), 4);
        assert_eq!(made.node_of("_"), None);
        assert_eq!(made.node_of("4"), None);
    }

    #[test]
    fn the_threshold_is_the_least_weight_of_that_width() {
        assert_eq!(threshold_of(0.0, 1180), 1);
        assert_eq!(threshold_of(f64::NAN, 1180), 1);
        assert_eq!(threshold_of(2.5, 1180), 3);
        assert_eq!(threshold_of(1e9, 1180), 1180);
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
        let made = Layout::new(&tree, &|node| tree.get(node).total, &|_| 30, None);
        assert!(made.is_err());
    }
}
