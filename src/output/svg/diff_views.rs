//! The views of a difference: before, after, and both.

use crate::stack::{CallTree, NodeIx};

/// What the whole of the larger side is wide, in units of the layout. One unit is far less than a
/// pixel, and a browser counts exactly to a hundred million times as many.
pub const WHOLE: u64 = 10_000_000;

/// Which side decides how wide a box is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WidthBy {
    /// The before side; what is new has no width.
    Before,
    /// The after side; what is gone has no width.
    After,
    /// The larger of both, so that everything can be seen.
    #[default]
    Larger,
}

/// What a box shows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DiffBox {
    /// Width before, in parts of [`WHOLE`].
    pub before: u64,
    /// Width after, in parts of [`WHOLE`].
    pub after: u64,
    /// Whether the change is more than noise.
    pub is_significant: bool,
}

/// Where each node begins and how wide it is, in each view.
pub(super) struct Views<'a> {
    pub(super) boxes: &'a [DiffBox],
    /// Before, after, and the larger of both.
    pub(super) widths: [Vec<u64>; 3],
    starts: [Vec<u64>; 3],
    /// That of the picture.
    pub(super) main: usize,
}

impl<'a> Views<'a> {
    pub(super) fn of(tree: &CallTree, boxes: &'a [DiffBox], width: WidthBy) -> Self {
        let number = tree.len();
        let side = |pick: fn(&DiffBox) -> u64| {
            let mut widths: Vec<u64> = boxes.iter().map(pick).collect();
            widths.resize(number, 0);
            widths
        };
        let (before, after) = (side(|shown| shown.before), side(|shown| shown.after));
        let mut larger: Vec<u64> = before.iter().zip(&after).map(|(b, a)| *b.max(a)).collect();
        // A node was made before its children.
        for ix in (0..number).rev() {
            let below = children(tree, ix)
                .map(|child| larger[child])
                .fold(0, u64::saturating_add);
            larger[ix] = larger[ix].max(below);
        }
        let widths = [before, after, larger];
        let starts = [0, 1, 2].map(|view: usize| starts(tree, &widths[view]));
        let main = match width {
            WidthBy::Before => 0,
            WidthBy::After => 1,
            WidthBy::Larger => 2,
        };
        Self {
            boxes,
            widths,
            starts,
            main,
        }
    }

    pub(super) fn width_of(&self, node: NodeIx, by: WidthBy) -> u64 {
        let view = match by {
            WidthBy::Before => 0,
            WidthBy::After => 1,
            WidthBy::Larger => 2,
        };
        self.widths[view].get(node.as_usize()).copied().unwrap_or(0)
    }

    /// Where it begins and how wide it is before, after, and in the difference.
    pub(super) fn views_of(&self, node: NodeIx) -> String {
        let at = node.as_usize();
        let numbers = [0, 1, self.main]
            .map(|view: usize| format!("{} {}", self.starts[view][at], self.widths[view][at]));
        numbers.join(" ")
    }
}

fn children(tree: &CallTree, ix: usize) -> impl Iterator<Item = usize> {
    let node = NodeIx(u32::try_from(ix).unwrap_or(u32::MAX));
    tree.children(node).map(NodeIx::as_usize)
}

/// Where each node begins: a parent's own part is on the left, then its children.
fn starts(tree: &CallTree, widths: &[u64]) -> Vec<u64> {
    let mut starts = vec![0; tree.len()];
    for ix in 0..tree.len() {
        let below: u64 = children(tree, ix)
            .map(|child| widths[child])
            .fold(0, u64::saturating_add);
        let mut at = starts[ix] + widths[ix].saturating_sub(below);
        for child in children(tree, ix) {
            starts[child] = at;
            at += widths[child];
        }
    }
    starts
}
