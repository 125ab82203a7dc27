//! What processes map, each process in a time in which that stays the same under a number.

use std::ops::Range;

use super::address_cache::LocatedAddress;
use crate::fold::ChainFrame;
use crate::space::Mapping;
use crate::units::{Avma, Index};

/// Above this no process maps anything; the kernel has its addresses there.
const UPPERMOST: Avma = Avma::new(1 << 63);

/// What processes map, in order of address, by the number of each.
#[derive(Debug, Default)]
pub(super) struct Spaces {
    list: Vec<Box<[Mapping]>>,
    /// Where the last address lay: its space, and what is mapped there.
    recent: Option<(u32, Mapping)>,
}

/// A stretch of a space in which nothing is mapped, with the location of all that lies there.
///
/// Code without frame pointers leaves addresses of data, which lie near each other, many in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct EmptyStretch {
    space: u32,
    start: Avma,
    end: Avma,
    found: LocatedAddress,
}

impl EmptyStretch {
    /// Its addresses, when it is the one in which an address of a space was located.
    #[inline]
    pub(super) fn around(&self, space: u32, found: LocatedAddress) -> Option<Range<Avma>> {
        let is_it = space == self.space && found.location == self.found.location;
        is_it.then_some(self.start..self.end)
    }

    /// Where an address of a space lies, when it is in the stretch.
    #[inline]
    pub(super) fn locate(&self, space: u32, at: &ChainFrame) -> Option<LocatedAddress> {
        let is_in = space == self.space && self.start <= at.lookup && at.recorded < self.end;
        is_in.then_some(self.found)
    }
}

impl Spaces {
    /// Adds what a process maps, in order of address; returns its number.
    pub(super) fn add(&mut self, space: Box<[Mapping]>) -> u32 {
        self.list.push(space);
        u32::of(self.list.len() - 1)
    }

    /// What is mapped at an address of a space.
    #[inline]
    pub(super) fn mapping(&mut self, space: u32, lookup: Avma) -> Option<Mapping> {
        if let Some((of, recent)) = self.recent
            && of == space
            && recent.start <= lookup
            && lookup < recent.end
        {
            return Some(recent);
        }
        let found = self.find(space, lookup)?;
        self.recent = Some((space, found));
        Some(found)
    }

    fn find(&self, space: u32, lookup: Avma) -> Option<Mapping> {
        let space = self.list.get(space as usize)?;
        // What lies nowhere is mostly no address at all, and far from all that is mapped.
        if lookup < space.first()?.start || lookup >= space.last()?.end {
            return None;
        }
        let above = space.partition_point(|mapping| mapping.start <= lookup);
        let below = space.get(above.checked_sub(1)?)?;
        (lookup < below.end).then_some(*below)
    }

    /// What lies around an address at which nothing is mapped; `found` is its location.
    pub(super) fn empty_around(
        &self,
        space: u32,
        lookup: Avma,
        found: LocatedAddress,
    ) -> EmptyStretch {
        let mappings = self.list.get(space as usize);
        let mappings = mappings.map_or(&[][..], |space| space);
        let above = mappings.partition_point(|mapping| mapping.start <= lookup);
        let below = above.checked_sub(1).and_then(|below| mappings.get(below));
        EmptyStretch {
            space,
            start: below.map_or(Avma::new(0), |mapping| mapping.end),
            end: mappings
                .get(above)
                .map_or(UPPERMOST, |mapping| mapping.start),
            found,
        }
    }
}
