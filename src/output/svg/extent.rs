//! What of a tree is drawn.

use std::cmp::Reverse;

use super::measures::{FRAMES_WIDTH, MAX_DEPTH};
use super::wide::WideBox;
use crate::stack::NodeIx;

/// Narrower boxes are not drawn unless the caller says otherwise.
const DEFAULT_MIN_WIDTH: f64 = 0.1;
/// Bytes that the boxes may take when the caller does not set a width: with the frame's own markup
/// the file stays below 3 MB.
const BUDGET: usize = 2_700_000;
/// Bytes of one box without its name; 265 measured on captures with tags.
const BOX_BYTES: usize = 280;
/// Of a spire, which is deeper than anything else and lighter than this part of everything, only
/// the lower levels are drawn unless the caller says otherwise.
const SPIRE_PART: u64 = 200;
/// Levels of a spire that are drawn.
const SPIRE_LEVELS: usize = 4;
/// A picture that is no higher is not cut: about as many levels as a window shows.
const LOW: usize = 36;

/// Which way stacks grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Growth {
    /// Callees above their callers: a flame graph.
    #[default]
    Up,
    /// Callees below their callers: an icicle graph.
    Down,
}

/// What of a tree is drawn, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct DrawnPart {
    /// Boxes narrower than this many pixels, in a picture 1200 pixels wide, are not drawn. `None` is
    /// 0.1, or more where the file would grow beyond 3 MB.
    pub min_width: Option<f64>,
    /// Deeper levels are not drawn. `None` leaves out the tops of spires: levels that hold less than
    /// a two hundredth of everything.
    pub max_depth: Option<usize>,
    /// Which way stacks grow.
    pub direction: Growth,
}

impl DrawnPart {
    /// What lighter nodes have no box for; `total` is the weight of everything.
    pub(super) fn least_weight(self, total: u64) -> u64 {
        threshold_of(self.min_width.unwrap_or(DEFAULT_MIN_WIDTH), total)
    }
}

/// What is not drawn.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Less weight than this has no box.
    pub(super) threshold: u64,
    /// Levels that are drawn.
    pub(super) deepest: usize,
}

impl Limits {
    /// What `extent` leaves out of the boxes that are wide enough; `name_bytes` estimates what a node's
    /// text takes.
    pub(super) fn of(
        wide: &[WideBox],
        total: u64,
        name_bytes: &dyn Fn(NodeIx) -> usize,
        extent: DrawnPart,
    ) -> Self {
        let drawn = || wide.iter().filter(|wide| wide.depth <= MAX_DEPTH);
        let least = extent.least_weight(total);
        let threshold = match extent.min_width {
            Some(_) => least,
            None => affordable(drawn().copied().collect(), name_bytes, least),
        };
        let deepest = match extent.max_depth {
            Some(levels) => levels.clamp(1, MAX_DEPTH),
            None => below_spires(drawn(), total, threshold),
        };
        Self { threshold, deepest }
    }
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

/// How many levels are drawn so that no spire makes most of the picture white, of boxes that are at
/// least as heavy as the threshold.
fn below_spires<'w>(boxes: impl Iterator<Item = &'w WideBox>, total: u64, threshold: u64) -> usize {
    let mut levels: Vec<u64> = Vec::new();
    for drawn in boxes.filter(|wide| wide.weight >= threshold) {
        let row = drawn.depth - 1;
        if levels.len() <= row {
            levels.resize(row + 1, 0);
        }
        let level = &mut levels[row];
        *level = level.saturating_add(drawn.weight);
    }
    let worth = total / SPIRE_PART;
    let broad = levels.iter().rposition(|&level| level >= worth);
    let drawn = broad.map_or(0, |level| level + 1) + SPIRE_LEVELS;
    if levels.len() <= LOW {
        MAX_DEPTH
    } else {
        drawn.clamp(LOW, MAX_DEPTH)
    }
}

/// The lowest threshold, at least `least`, whose boxes fit the budget.
///
/// Boxes of equal weight stay or go together, so the choice depends on nothing but the tree.
fn affordable(mut boxes: Vec<WideBox>, name_bytes: &dyn Fn(NodeIx) -> usize, least: u64) -> u64 {
    let heaviest = |wide: &WideBox| Reverse(wide.weight);
    // One more does not fit, whatever their names: the others need not be put in order.
    let most = BUDGET / BOX_BYTES;
    if most < boxes.len() {
        boxes.select_nth_unstable_by_key(most, heaviest);
    }
    let first = boxes.len().min(most + 1);
    let first = &mut boxes[..first];
    first.sort_unstable_by_key(heaviest);
    let mut spent = 0;
    for wide in first {
        spent += BOX_BYTES + name_bytes(wide.node);
        if spent > BUDGET {
            return wide.weight.saturating_add(1);
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_the_least_weight_of_that_width() {
        assert_eq!(threshold_of(0.0, 1180), 1);
        assert_eq!(threshold_of(f64::NAN, 1180), 1);
        assert_eq!(threshold_of(2.5, 1180), 3);
        assert_eq!(threshold_of(1e9, 1180), 1180);
    }
}
