//! Debug information that is unpacked beside locating.

use super::user_objects::UserObjects;
use crate::bytes::ByteOrder;
use crate::fold::Block;
use crate::locate::{LocateRequest, Locator, ObjectPlaces};
use crate::object::ObjectSearch;
use crate::space::{DsoIx, Timeline};
use crate::symbol::EntriesAhead;

/// Groups of stacks of a block that are looked at, and of all blocks: objects that are in none of them are
/// soon done with.
const GROUPS: usize = 4;
const MOST_GROUPS: usize = 16;

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
        let mut locator = Locator::new(LocateRequest {
            timeline: self.timeline,
            kernel: None,
            is_kernel_exact: false,
            is_split: false,
        });
        let groups = blocks.iter().flat_map(|block| block.groups().take(GROUPS));
        for group in groups.take(MOST_GROUPS) {
            locator.block::<O>(&group);
        }
        locator.end();
        let hit = locator.objects().iter().map(|of: &ObjectPlaces| of.dso);
        let files = hit.filter_map(|dso: DsoIx| {
            let dso = self.timeline.dso(dso)?;
            let wanted = dso.build_id.as_ref()?;
            let mut files = self.search.debug_files_of_build(&dso.path, wanted);
            files.find_map(Result::ok)
        });
        EntriesAhead::of(files, self.search.limit)
    }
}
