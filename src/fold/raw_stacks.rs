//! The unique stacks of a walk, before the timeline is known.

use std::sync::Arc;

use super::packed::Stacks;
use super::readings::Readings;
use super::stitched::StitchedCalls;
use super::table::StackTable;
use crate::hash::Mixer;

/// The unique stacks of a walk: what was true of their threads is not told yet.
#[derive(Debug)]
pub struct RawStacks<'a> {
    pub(super) stacks: Stacks<'a>,
    /// What settling needs to fold a thread once more.
    pub(super) readings: Readings,
    pub(super) stitched: Option<Arc<StitchedCalls<'a>>>,
}

impl<'a> RawStacks<'a> {
    pub(super) const fn new(
        stacks: Stacks<'a>,
        readings: Readings,
        stitched: Option<Arc<StitchedCalls<'a>>>,
    ) -> Self {
        Self {
            stacks,
            readings,
            stitched,
        }
    }

    /// Number of different stacks.
    pub fn distinct(&self) -> usize {
        let mut table = StackTable::new(Mixer::new());
        for stack in self.stacks.iter() {
            table.add(&stack);
        }
        table.into_stacks().len()
    }
}
