//! Functions by how much they changed.

use super::change::Change;
use super::compare::Comparison;
use super::quantities::Subject;
use crate::stack::FrameIx;

/// Changes that are shown though they are not marked.
pub const UNMARKED: usize = 5;

/// What changed of a function.
#[derive(Clone, Copy, Debug)]
pub struct FunctionChange<'a> {
    /// The function.
    pub frame: FrameIx,
    /// With what it calls.
    pub inclusive: &'a Change,
    /// By itself.
    pub own: &'a Change,
}

impl FunctionChange<'_> {
    /// Whether either of its changes is more than noise.
    fn is_marked(&self) -> bool {
        self.inclusive.is_significant || self.own.is_significant
    }

    /// The size by which rows are ordered: the largest significant change.
    fn size(&self) -> f64 {
        [self.inclusive, self.own]
            .into_iter()
            .filter(|change| change.is_significant)
            .map(|change| change.difference().abs())
            .fold(0.0, f64::max)
    }
}

/// All functions of both sides.
fn functions(comparison: &Comparison) -> impl Iterator<Item = FunctionChange<'_>> {
    let pairs = comparison.inclusive.iter().zip(&comparison.own);
    pairs.filter_map(|(inclusive, own)| {
        frame_of(inclusive).map(|frame| FunctionChange {
            frame,
            inclusive,
            own,
        })
    })
}

/// Functions with a significant change, largest first.
pub fn changed_functions(comparison: &Comparison) -> Vec<FunctionChange<'_>> {
    let mut functions: Vec<FunctionChange<'_>> = functions(comparison)
        .filter(FunctionChange::is_marked)
        .collect();
    let frames = &comparison.union.frames;
    functions.sort_by(|a, b| {
        b.size()
            .total_cmp(&a.size())
            .then_with(|| frames.get(a.frame).cmp(frames.get(b.frame)))
    });
    functions
}

/// Functions whose changes are not marked, those with the largest first, `most` at most.
///
/// Of several with the same samples, such as a function and the only one that calls it, one is
/// shown: the one whose own samples changed most.
pub fn largest_unmarked(comparison: &Comparison, most: usize) -> Vec<FunctionChange<'_>> {
    let mut functions: Vec<FunctionChange<'_>> = functions(comparison)
        .filter(|function| !function.is_marked() && function.inclusive.difference() != 0.0)
        .collect();
    let frames = &comparison.union.frames;
    let by_size = |a: &Change, b: &Change| b.difference().abs().total_cmp(&a.difference().abs());
    functions.sort_by(|a, b| {
        by_size(a.inclusive, b.inclusive)
            .then_with(|| by_size(a.own, b.own))
            .then_with(|| frames.get(a.frame).cmp(frames.get(b.frame)))
    });
    functions.dedup_by_key(|function| function.inclusive.counts);
    functions.truncate(most);
    functions
}

fn frame_of(inclusive: &Change) -> Option<FrameIx> {
    match inclusive.subject {
        Subject::Inclusive(frame) => Some(frame),
        Subject::Own(_) | Subject::Total | Subject::Tag(_) | Subject::Exits | Subject::Box(_) => {
            None
        }
    }
}
