//! What lies where in one process at one time.

use std::ops::Bound;

use rpds::RedBlackTreeMapSync;

use super::dso::DsoIx;
use crate::units::{Avma, FileOffset};

/// A half-open range of addresses with the file bytes behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mapping {
    /// First address.
    pub(crate) start: Avma,
    /// First address behind.
    pub(crate) end: Avma,
    /// The object.
    pub(crate) dso: DsoIx,
    /// Position in the object's file of the first address.
    pub(crate) file_offset: FileOffset,
}

impl Mapping {
    /// Whether both map the same bytes at the same place, as far as they overlap.
    fn agrees_with(&self, other: &Self) -> bool {
        let bias = |m: &Self| m.start.as_u64().wrapping_sub(m.file_offset.as_u64());
        self.dso == other.dso && bias(self) == bias(other)
    }

    /// The part from `start` to `end`.
    pub(super) fn part(&self, start: Avma, end: Avma) -> Self {
        let skipped = start.as_u64().wrapping_sub(self.start.as_u64());
        let file_offset = FileOffset::new(self.file_offset.as_u64().wrapping_add(skipped));
        Self {
            start,
            end,
            file_offset,
            ..*self
        }
    }

    /// Position in the object's file of an address of the mapping.
    pub(crate) fn offset_of(&self, avma: Avma) -> FileOffset {
        self.part(avma, self.end).file_offset
    }
}

/// The mappings of one process at one time; they never overlap. Cloning is cheap: clones share
/// what they have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddressSpace {
    by_start: RedBlackTreeMapSync<Avma, Mapping>,
}

impl AddressSpace {
    /// The mapping that holds an address.
    pub(crate) fn find(&self, avma: Avma) -> Option<&Mapping> {
        let (_, mapping) = self.by_start.range(..=avma).next_back()?;
        (avma < mapping.end).then_some(mapping)
    }

    /// The mappings nearest to an address that none holds: below and above.
    pub(crate) fn around(&self, avma: Avma) -> (Option<&Mapping>, Option<&Mapping>) {
        let below = self.by_start.range(..=avma).next_back();
        let above = (Bound::Excluded(avma), Bound::Unbounded);
        let above = self.by_start.range(above).next();
        let mapping = |(_, mapping)| mapping;
        (below.map(mapping), above.map(mapping))
    }

    /// Number of mappings.
    pub(crate) fn len(&self) -> usize {
        self.by_start.size()
    }

    /// The mappings in order of address.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Mapping> {
        self.by_start.values()
    }

    /// Whether `new` lies over a mapping of other bytes.
    pub(crate) fn conflicts_with(&self, new: &Mapping) -> bool {
        self.overlapped_by(new).any(|old| !old.agrees_with(new))
    }

    /// Maps `new` over whatever was there.
    pub(crate) fn insert(&mut self, new: Mapping) {
        let overlapped: Vec<Mapping> = self.overlapped_by(&new).copied().collect();
        for old in overlapped {
            self.remove(&old);
            if old.start < new.start {
                let left = old.part(old.start, new.start);
                self.by_start.insert_mut(left.start, left);
            }
            if new.end < old.end {
                let right = old.part(new.end, old.end);
                self.by_start.insert_mut(right.start, right);
            }
        }
        self.by_start.insert_mut(new.start, new);
    }

    /// Removes a mapping that is there.
    pub(super) fn remove(&mut self, mapping: &Mapping) {
        self.by_start.remove_mut(&mapping.start);
    }

    /// The mappings that `new` lies over.
    pub(super) fn overlapped_by(&self, new: &Mapping) -> impl Iterator<Item = &Mapping> {
        let first = self
            .find(new.start)
            .map_or(new.start, |mapping| mapping.start);
        self.by_start
            .range(first..new.end)
            .map(|(_, mapping)| mapping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(start: u64, end: u64, dso: u32, offset: u64) -> Mapping {
        Mapping {
            start: Avma::new(start),
            end: Avma::new(end),
            dso: DsoIx(dso),
            file_offset: FileOffset::new(offset),
        }
    }

    /// A later mapping in the middle must leave both ends of the older one, at the right offsets.
    #[test]
    fn a_mapping_over_the_middle_of_another_leaves_both_ends() {
        let mut space = AddressSpace::default();
        space.insert(mapping(0x1000, 0x9000, 0, 0x400));
        space.insert(mapping(0x3000, 0x5000, 1, 0));
        let all: Vec<_> = space.iter().copied().collect();
        let expected = [
            mapping(0x1000, 0x3000, 0, 0x400),
            mapping(0x3000, 0x5000, 1, 0),
            mapping(0x5000, 0x9000, 0, 0x4400),
        ];
        assert_eq!(all, expected);
        assert_eq!(space.find(Avma::new(0x4fff)).map(|m| m.dso), Some(DsoIx(1)));
        assert_eq!(space.find(Avma::new(0x9000)), None);
    }

    /// An epoch must not end when the same file is mapped again at the same bias.
    #[test]
    fn the_same_bytes_at_the_same_place_are_no_conflict() {
        let mut space = AddressSpace::default();
        space.insert(mapping(0x1000, 0x9000, 0, 0));
        assert!(!space.conflicts_with(&mapping(0x2000, 0x3000, 0, 0x1000)));
        assert!(space.conflicts_with(&mapping(0x2000, 0x3000, 0, 0)));
        assert!(space.conflicts_with(&mapping(0x8fff, 0xa000, 1, 0)));
        assert!(!space.conflicts_with(&mapping(0x9000, 0xa000, 1, 0)));
    }
}
