//! The sections that a search for inlined functions reads.

use std::cell::Cell;

use addr2line::gimli::{
    DebugAddr, DebugAranges, DebugRanges, DebugRngLists, DebugStrOffsets, EndianSlice,
    LittleEndian, RangeLists, RunTimeEndian, SectionId,
};

use super::cursor::EntryCursor;
use crate::symbol::dwarf::sections::DebugSections;

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// What may still be done. Debug information refers to itself; where it does so more often than in
/// files that compilers write, the search ends.
#[derive(Clone, Debug)]
pub(super) struct ReadingEffort {
    left: Cell<u64>,
}

impl ReadingEffort {
    /// Takes so much away; `None` when nothing is left.
    #[inline]
    pub(super) fn spend(&self, steps: usize) -> Option<()> {
        let left = self.left.get().checked_sub(steps as u64)?;
        self.left.set(left);
        Some(())
    }
}

/// The sections of one file. Each thread has its own view of them.
#[derive(Clone, Debug)]
pub(super) struct Sections<'a> {
    /// `.debug_info`
    pub(super) entries: &'a [u8],
    abbreviations: &'a [u8],
    /// `.debug_str`
    pub(super) texts: &'a [u8],
    /// `.debug_line_str`
    pub(super) line_texts: &'a [u8],
    pub(super) text_offsets: DebugStrOffsets<Slice<'a>>,
    pub(super) addresses: DebugAddr<Slice<'a>>,
    pub(super) lists: RangeLists<Slice<'a>>,
    pub(super) ranges_of_units: DebugAranges<Slice<'a>>,
    pub(super) effort: ReadingEffort,
}

impl<'a> Sections<'a> {
    /// Those of a file; `None` where they are big endian. So many steps may be made.
    pub(super) fn new(of: &DebugSections<'a>, most: u64) -> Option<Self> {
        if of.endian() != RunTimeEndian::Little {
            return None;
        }
        let slice = |id| EndianSlice::new(of.held(id), LittleEndian);
        Some(Self {
            entries: of.held(SectionId::DebugInfo),
            abbreviations: of.held(SectionId::DebugAbbrev),
            texts: of.held(SectionId::DebugStr),
            line_texts: of.held(SectionId::DebugLineStr),
            text_offsets: DebugStrOffsets::from(slice(SectionId::DebugStrOffsets)),
            addresses: DebugAddr::from(slice(SectionId::DebugAddr)),
            lists: RangeLists::new(
                DebugRanges::from(slice(SectionId::DebugRanges)),
                DebugRngLists::from(slice(SectionId::DebugRngLists)),
            ),
            ranges_of_units: DebugAranges::from(slice(SectionId::DebugAranges)),
            effort: ReadingEffort {
                left: Cell::new(most),
            },
        })
    }

    /// At an entry of a unit that ends there; what is behind it is not there.
    pub(super) fn entry_before(&self, end: usize, at: usize) -> Option<EntryCursor<'a>> {
        Some(EntryCursor::new(self.entries.get(..end)?, at))
    }

    /// At an abbreviation.
    pub(super) fn abbreviation_at(&self, at: usize) -> Option<EntryCursor<'a>> {
        (at < self.abbreviations.len()).then(|| EntryCursor::new(self.abbreviations, at))
    }
}
