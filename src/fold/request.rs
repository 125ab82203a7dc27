//! What folding is asked for.

use super::payload_class::PayloadClasses;
use super::select::Selection;
use super::split::{Slicing, Split};
use crate::units::EventIx;

/// What folding is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoldRequest {
    /// Which samples.
    pub selection: Selection,
    /// What their stacks are kept apart by.
    pub split: Split,
    /// What is kept of samples besides their chains.
    pub kept: Kept,
    /// What samples of the wanted event are kept apart by besides; `None` for nothing.
    pub payload_classes: Option<PayloadClasses>,
    /// Whether open calls that a sample's last branches do not reach are joined from earlier samples.
    pub stitches_calls: bool,
    /// Worker threads.
    pub threads: usize,
}

/// What folding keeps of samples besides their chains.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kept {
    /// Instruction pointers of samples of guests, whose chains the host's kernel does not walk. Hardly
    /// two samples are alike in it, so that nearly each is a stack of its own.
    pub guest_addresses: bool,
    /// Each sample with its time, its CPU and which stack it has: 24 bytes for each.
    pub samples: bool,
    /// What each stack weighs by slice of time, and how many samples each event has in each; `None` for
    /// neither.
    pub slices: Option<Slicing>,
}

impl FoldRequest {
    /// All samples of one event, kept apart by thread and chain only.
    pub fn all_of(event: EventIx, threads: usize) -> Self {
        Self {
            selection: Selection::all_of(event),
            split: Split::Nothing,
            kept: Kept::default(),
            payload_classes: None,
            stitches_calls: false,
            threads,
        }
    }
}
