//! Debug information that is unpacked beside locating.

use super::user_objects::UserObjects;
use crate::bytes::ByteOrder;
use crate::fold::{Block, ChainFrames};
use crate::object::ObjectSearch;
use crate::space::{DsoIx, Timeline};
use crate::symbol::EntriesAhead;
use crate::units::CpuMode;

/// How many stacks of a block are looked at, and of all blocks: objects that are in none of them are mostly
/// soon done with.
const OF_BLOCK: usize = 32;
const OF_ALL: usize = 128;

/// Tells which debug information takes longest, of objects that samples hit.
#[derive(Clone, Copy, Debug)]
pub(super) struct AheadSearch<'a> {
    timeline: &'a Timeline,
    search: &'a ObjectSearch,
}

impl<'a> UserObjects<'a> {
    /// `None` where debug information is asked for nothing.
    pub(super) fn ahead_search(&self) -> Option<AheadSearch<'a>> {
        self.how.detail.wants_code().then_some(AheadSearch {
            timeline: self.timeline,
            search: self.search,
        })
    }
}

impl AheadSearch<'_> {
    /// The entries that take longest to unpack, of objects that some of the stacks lead into.
    pub(super) fn find<O: ByteOrder>(self, blocks: &[Block<'_, '_>]) -> EntriesAhead {
        let files = self.hit_objects::<O>(blocks).into_iter().filter_map(|dso| {
            let dso = self.timeline.dso(dso)?;
            let wanted = dso.build_id.as_ref()?;
            let mut files = self.search.debug_files_of_build(&dso.path, wanted);
            files.find_map(Result::ok)
        });
        EntriesAhead::of(files, self.search.limit)
    }

    /// The objects that some of the stacks lead into, in order. Where exactly is not asked.
    fn hit_objects<O: ByteOrder>(self, blocks: &[Block<'_, '_>]) -> Vec<DsoIx> {
        let stacks = blocks.iter().flat_map(|block| block.iter().take(OF_BLOCK));
        let mut hit = Vec::new();
        for of in stacks.take(OF_ALL) {
            let key = of.stack.key;
            let Some(space) = self.timeline.space(key.pid, of.task_epoch) else {
                continue;
            };
            let frames = ChainFrames::<O>::new(of.stack.chain, key.mode);
            let in_user = frames.filter(|frame| frame.mode == CpuMode::User);
            let found = in_user.filter_map(|frame| space.find(frame.lookup));
            hit.extend(found.map(|mapping| mapping.dso));
            hit.sort_unstable();
            hit.dedup();
        }
        hit
    }
}
