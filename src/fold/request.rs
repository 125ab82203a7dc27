//! What folding is asked for.

use super::select::Selection;
use super::split::Split;
use crate::units::EventIx;

/// What folding is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoldRequest {
    /// Which samples.
    pub selection: Selection,
    /// What their stacks are kept apart by.
    pub split: Split,
    /// Worker threads.
    pub threads: usize,
}

impl FoldRequest {
    /// All samples of one event, kept apart by thread and chain only.
    pub fn all_of(event: EventIx, threads: usize) -> Self {
        Self {
            selection: Selection::all_of(event),
            split: Split::Nothing,
            threads,
        }
    }
}
