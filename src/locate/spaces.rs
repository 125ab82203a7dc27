//! What processes map, each process in a time in which that stays the same under a number.

use std::ops::Range;

use super::address_cache::LocatedAddress;
use crate::fold::ChainFrame;
use crate::space::{AddressSpace, Mapping};
use crate::units::{Avma, Index};

/// Above this no process maps anything; the kernel has its addresses there.
const UPPERMOST: Avma = Avma::new(1 << 63);

/// How many mappings are worth a look-up: to copy them all pays from so many look-ups on.
///
/// Processes that live shortly, and times between changes of a long one, have few samples each, and may
/// have thousands of mappings in common.
const MAPPINGS_PER_LOOK_UP: usize = 4;

/// How many mappings are copied in all, at most: 16 MiB.
const MOST_COPIED: usize = 1 << 19;

/// What processes map, by the number of each.
#[derive(Debug, Default)]
pub(super) struct Spaces<'m> {
    list: Vec<Space<'m>>,
    /// How many mappings were copied.
    copied: usize,
    /// Where the last address lay: its space, and what is mapped there.
    recent: Option<(u32, Mapping)>,
}

/// What a process maps.
#[derive(Debug)]
struct Space<'m> {
    /// Its mappings; `None` when the capture tells none.
    mappings: Option<&'m AddressSpace>,
    /// How often it was asked, until it is copied.
    look_ups: usize,
    /// A copy in order of address, which is searched faster; empty while there is none.
    copy: Box<[Mapping]>,
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

impl<'m> Spaces<'m> {
    /// Adds what a process maps; returns its number.
    pub(super) fn add(&mut self, mappings: Option<&'m AddressSpace>) -> u32 {
        self.list.push(Space {
            mappings,
            look_ups: 0,
            copy: Box::default(),
        });
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

    fn find(&mut self, space: u32, lookup: Avma) -> Option<Mapping> {
        let space = self.list.get_mut(space as usize)?;
        if space.copy.is_empty() && !space.copy(&mut self.copied) {
            return space.mappings?.find(lookup).copied();
        }
        let space = &space.copy;
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
        let mappings = self
            .list
            .get(space as usize)
            .and_then(|space| space.mappings);
        let (below, above) = mappings.map_or((None, None), |space| space.around(lookup));
        EmptyStretch {
            space,
            start: below.map_or(Avma::new(0), |mapping| mapping.end),
            end: above.map_or(UPPERMOST, |mapping| mapping.start),
            found,
        }
    }
}

impl Space<'_> {
    /// Copies the mappings where that pays and there is room, next to so many that were copied; tells
    /// whether it did.
    fn copy(&mut self, copied: &mut usize) -> bool {
        let Some(mappings) = self.mappings else {
            return false;
        };
        let len = mappings.len();
        self.look_ups += 1;
        let is_paid = self.look_ups.saturating_mul(MAPPINGS_PER_LOOK_UP) >= len;
        if len == 0 || !is_paid || copied.saturating_add(len) > MOST_COPIED {
            return false;
        }
        *copied += len;
        self.copy = mappings.iter().copied().collect();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::DsoIx;
    use crate::units::FileOffset;
    use proptest::prelude::*;

    fn mapping(start: u64, end: u64) -> Mapping {
        Mapping {
            start: Avma::new(start),
            end: Avma::new(end),
            dso: DsoIx(0),
            file_offset: FileOffset::new(start),
        }
    }

    proptest! {
        /// By definition: a look-up tells the mapping that holds the address, before the mappings were
        /// copied and since, and what is free around one that none holds.
        #[test]
        fn look_ups_tell_what_is_mapped(
            lens in prop::collection::vec((1..9_u64, 0..3_u64), 0..40),
            look_ups in prop::collection::vec(0..250_u64, 0..60),
            is_full in any::<bool>(),
        ) {
            let (mut all, mut at) = (Vec::new(), 3);
            for (len, gap) in lens {
                all.push(mapping(at, at + len));
                at += len + gap;
            }
            let mut space = AddressSpace::default();
            all.iter().for_each(|&one| space.insert(one));
            let mut spaces = Spaces::default();
            if is_full {
                spaces.copied = MOST_COPIED;
            }
            let other = spaces.add(None);
            let own = spaces.add(Some(&space));
            for at in look_ups.into_iter().map(Avma::new) {
                let holds = |one: &&Mapping| one.start <= at && at < one.end;
                let found = all.iter().find(holds).copied();
                prop_assert_eq!(spaces.mapping(own, at), found);
                prop_assert_eq!(spaces.mapping(other, at), None);
                if found.is_none() {
                    let below = all.iter().rev().find(|one| one.end <= at);
                    let above = all.iter().find(|one| at < one.start);
                    let (start, end) = (below.map(|one| one.end), above.map(|one| one.start));
                    let (below, above) = space.around(at);
                    prop_assert_eq!(below.map(|one| one.end), start);
                    prop_assert_eq!(above.map(|one| one.start), end);
                }
            }
            prop_assert!(!is_full || spaces.copied == MOST_COPIED);
        }
    }
}
