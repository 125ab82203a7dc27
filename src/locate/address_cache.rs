//! A direct-mapped cache of where addresses lie: stacks have most of theirs in common.

use super::frame_entry::FrameEntry;
use crate::fold::ChainFrame;
use crate::units::Avma;

/// Where an address lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocatedAddress {
    /// Its location, as an index into the locator's list.
    pub(super) location: u32,
    /// What its function means for the frames that called it.
    pub(super) frame_entry: FrameEntry,
}

/// Where recent addresses lie: a direct-mapped cache. Each address has one line that it can be in,
/// and a later address with the same line replaces it.
#[derive(Debug)]
pub(crate) struct AddressCache {
    lines: Box<[CacheLine]>,
}

#[derive(Clone, Copy, Debug)]
struct CacheLine {
    lookup: Avma,
    /// The number of the space that the address is of, whether it is one byte before a return
    /// address, and the [`FrameEntry`] in the two lowest bits.
    space: u32,
    /// Its location, as an index into the locator's list.
    location: u32,
}

/// Lines are numbered with so many bits: together they fit into the second level of a CPU's
/// caches.
const BITS: u32 = 14;

impl AddressCache {
    /// The number that stands for the kernel in place of a space. Spaces have their mappings: 2^29
    /// of them do not fit into memory.
    pub(crate) const KERNEL: u32 = u32::MAX >> 3;
    /// A number that no space has, for lines where nothing was met.
    const NOTHING: u32 = Self::KERNEL - 1;

    pub(crate) fn new() -> Self {
        let empty = CacheLine {
            lookup: Avma::new(0),
            space: Self::NOTHING << 3,
            location: 0,
        };
        Self {
            lines: vec![empty; 1 << BITS].into(),
        }
    }

    /// What was remembered of an address of a space.
    #[inline]
    pub(crate) fn get(&self, space: u32, at: &ChainFrame) -> Option<LocatedAddress> {
        let key = Self::key(space, at);
        let line = self.lines.get(Self::line(key, at.lookup))?;
        let is_it = line.lookup == at.lookup && line.space >> 2 == key;
        is_it.then_some(LocatedAddress {
            location: line.location,
            frame_entry: FrameEntry::from_bits(line.space),
        })
    }

    /// Remembers an address of a space.
    #[inline]
    pub(crate) fn set(&mut self, space: u32, at: &ChainFrame, found: LocatedAddress) {
        let key = Self::key(space, at);
        if let Some(line) = self.lines.get_mut(Self::line(key, at.lookup)) {
            *line = CacheLine {
                lookup: at.lookup,
                space: key << 2 | found.frame_entry as u32,
                location: found.location,
            };
        }
    }

    #[inline]
    fn key(space: u32, at: &ChainFrame) -> u32 {
        space << 1 | u32::from(at.is_return())
    }

    #[inline]
    fn line(key: u32, lookup: Avma) -> usize {
        let mixed = lookup.as_u64() ^ u64::from(key) << 32;
        let hash = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        usize::try_from(hash >> (u64::BITS - BITS)).unwrap_or(0)
    }
}
