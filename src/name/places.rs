//! Which named stack a settled one has become.

use super::kept_stacks::KeptStacks;

/// The positions of a worker's stacks, block by block.
#[derive(Debug, Default)]
pub(super) struct BlockPlaces {
    blocks: Vec<(usize, Vec<u32>)>,
}

impl BlockPlaces {
    /// The stacks of a block have these positions.
    pub(super) fn add_block(&mut self, block: usize, places: Vec<u32>) {
        self.blocks.push((block, places));
    }

    /// Takes in those of another worker, whose stacks have moved: `moved` holds the new position of
    /// each.
    pub(super) fn append(&mut self, other: Self, moved: &[u32]) {
        self.blocks.extend(other.moved(moved).blocks);
    }

    /// Positions behind a step that moved stacks.
    pub(super) fn moved(mut self, moved: &[u32]) -> Self {
        let places = self.blocks.iter_mut().flat_map(|(_, places)| places);
        for place in places {
            *place = moved.get(*place as usize).copied().unwrap_or(GONE);
        }
        self
    }

    /// The same by position of the settled stack.
    pub(super) fn into_places(mut self) -> StackPlaces {
        self.blocks.sort_unstable_by_key(|&(block, _)| block);
        let of_blocks = self.blocks.into_iter().map(|(_, places)| places);
        StackPlaces(of_blocks.flatten().collect())
    }
}

/// The position of a stack that is left out.
const GONE: u32 = u32::MAX;

/// Which named stack each settled one has become; empty unless that is asked for.
#[derive(Debug, Default)]
pub(super) struct StackPlaces(Vec<u32>);

impl StackPlaces {
    /// The position of the named stack; `None` when it is left out.
    pub(super) fn of_settled(&self, stack: u32) -> Option<u32> {
        let place = self.0.get(stack as usize).copied();
        place.filter(|&place| place != GONE)
    }

    /// Follows named stacks some of which are left out.
    pub(super) fn retain(&mut self, kept: &KeptStacks) {
        for place in &mut self.0 {
            *place = kept.position(*place).unwrap_or(GONE);
        }
    }
}
