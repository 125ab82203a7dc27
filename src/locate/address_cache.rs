//! A small memory of where addresses lie: stacks have most of theirs in common.

use super::frame_entry::Passage;
use crate::fold::ChainFrame;
use crate::units::Avma;

/// Where addresses were met lately, each in the one place that it can have; a later one with the
/// same place drives it out.
#[derive(Debug)]
pub(crate) struct Recent {
    places: Box<[Place]>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    lookup: Avma,
    /// The number of the space that the address is of, whether it is one byte before a return
    /// address, and the passage in the two lowest bits.
    space: u32,
    /// Its location, as an index into the locator's list.
    location: u32,
}

/// Places are numbered with so many bits: together they fit into the second level of a CPU's
/// caches.
const BITS: u32 = 14;

impl Recent {
    /// The number that stands for the kernel in place of a space. Spaces have their mappings: 2^29
    /// of them do not fit into memory.
    pub(crate) const KERNEL: u32 = u32::MAX >> 3;
    /// A number that no space has, for places where nothing was met.
    const NOTHING: u32 = Self::KERNEL - 1;

    pub(crate) fn new() -> Self {
        let empty = Place {
            lookup: Avma::new(0),
            space: Self::NOTHING << 3,
            location: 0,
        };
        Self {
            places: vec![empty; 1 << BITS].into(),
        }
    }

    /// What was remembered of an address of a space.
    #[inline]
    pub(crate) fn get(&self, space: u32, at: &ChainFrame) -> Option<(u32, Passage)> {
        let key = Self::key(space, at);
        let place = self.places.get(Self::place(key, at.lookup))?;
        let is_it = place.lookup == at.lookup && place.space >> 2 == key;
        is_it.then_some((place.location, Passage::from_bits(place.space)))
    }

    /// Remembers an address of a space.
    #[inline]
    pub(crate) fn set(&mut self, space: u32, at: &ChainFrame, (location, passage): (u32, Passage)) {
        let key = Self::key(space, at);
        if let Some(place) = self.places.get_mut(Self::place(key, at.lookup)) {
            *place = Place {
                lookup: at.lookup,
                space: key << 2 | passage as u32,
                location,
            };
        }
    }

    #[inline]
    fn key(space: u32, at: &ChainFrame) -> u32 {
        space << 1 | u32::from(at.is_return())
    }

    #[inline]
    fn place(key: u32, lookup: Avma) -> usize {
        let mixed = lookup.as_u64() ^ u64::from(key) << 32;
        let hash = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        usize::try_from(hash >> (u64::BITS - BITS)).unwrap_or(0)
    }
}
