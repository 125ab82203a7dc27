//! Positions of a list by what their items hash to.

/// Positions, each with the part of a hash that its item has: a table in one array, so that a look-up
/// waits for one place in memory, which [`Self::load`] can do ahead.
///
/// Many tables of a large capture are larger than the CPU's caches, and which items are new cannot be
/// foreseen: what is loaded only behind a branch is waited for alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct HashedPositions {
    /// Each a part, and a position plus one: 0 where nothing is. A power of two of them, or none. What
    /// does not fit where its part leads lies in the next place that was free.
    slots: Vec<[u32; 2]>,
    /// How many are taken.
    len: usize,
}

/// How many slots there are at least, where there are any: a line of the CPU's cache.
const FEWEST: usize = 8;

impl HashedPositions {
    /// None, with room for so many.
    pub(crate) fn with_capacity(positions: usize) -> Self {
        let mut all = Self::default();
        all.reserve(positions);
        all
    }

    /// Makes room for so many further ones: a table that grows moves all that it holds.
    pub(crate) fn reserve(&mut self, further: usize) {
        let positions = self.len.saturating_add(further);
        let full = self.slots.len() / 4 * 3;
        if positions > full {
            self.grow((positions / 3 * 4 + 4).next_power_of_two().max(FEWEST));
        }
    }

    fn grow(&mut self, slots: usize) {
        let old = std::mem::replace(&mut self.slots, vec![[0; 2]; slots]);
        for [part, above] in old {
            if above != 0 {
                self.place(part, above);
            }
        }
    }

    /// Loads where parts lead into the CPU's cache.
    #[inline]
    pub(crate) fn load(&self, parts: impl Iterator<Item = u32>) {
        let slots = parts.filter_map(|part| self.slots.get(self.home(part)));
        let loaded = slots.fold(0, |loaded, &[part, _]| loaded ^ part);
        // Without a use of them the loads would be left out.
        std::hint::black_box(loaded);
    }

    /// A position with a part that is the same by `is_same`; of several, any.
    #[inline]
    pub(crate) fn find(&self, part: u32, mut is_same: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut at = self.home(part);
        loop {
            let &[own_part, above] = self.slots.get(at)?;
            // 0 is the position of none, plus one.
            let position = above.checked_sub(1)?;
            if own_part == part && is_same(position) {
                return Some(position);
            }
            at = self.behind(at);
        }
    }

    /// Takes in a position that is not there yet. `u32::MAX` is none, and left out.
    pub(crate) fn insert(&mut self, part: u32, position: u32) {
        if let Some(above) = position.checked_add(1) {
            self.reserve(1);
            self.place(part, above);
            self.len += 1;
        }
    }

    /// Puts a position plus one to where its part leads, or behind that. There is room.
    #[inline]
    fn place(&mut self, part: u32, above: u32) {
        let mut at = self.home(part);
        while self.slots.get(at).is_some_and(|&[_, other]| other != 0) {
            at = self.behind(at);
        }
        if let Some(free) = self.slots.get_mut(at) {
            *free = [part, above];
        }
    }

    /// Where a part leads: its upper bits, so that a table that grows is written in order.
    #[inline]
    fn home(&self, part: u32) -> usize {
        let slots = self.slots.len() as u64;
        usize::try_from((u64::from(part) * slots) >> 32).unwrap_or(usize::MAX)
    }

    #[inline]
    fn behind(&self, at: usize) -> usize {
        (at + 1) & self.slots.len().wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// By definition: each position is found by its part, and nothing else is; whatever parts
        /// collide, and however often the table grows.
        #[test]
        fn positions_are_found_by_their_parts(
            parts in prop::collection::vec(prop_oneof![0..4_u32, (u32::MAX - 3)..=u32::MAX, any::<u32>()], 0..200),
            room in 0..100_usize,
            absent in any::<u32>(),
        ) {
            let mut table = HashedPositions::with_capacity(room);
            for (&part, position) in parts.iter().zip(0..) {
                prop_assert_eq!(table.find(part, |found| found == position), None);
                table.insert(part, position);
            }
            for (&part, position) in parts.iter().zip(0..) {
                prop_assert_eq!(table.find(part, |found| found == position), Some(position));
                let mut seen = Vec::new();
                table.find(part, |found| { seen.push(found as usize); false });
                seen.sort_unstable();
                let same = (0..parts.len()).filter(|&at| parts[at] == part);
                prop_assert!(same.eq(seen));
            }
            if !parts.contains(&absent) {
                prop_assert_eq!(table.find(absent, |_| true), None);
            }
        }
    }

    #[test]
    fn the_last_number_is_no_position() {
        let mut table = HashedPositions::default();
        assert_eq!(table.find(7, |_| true), None);
        table.insert(7, u32::MAX);
        assert_eq!(table.find(7, |_| true), None);
        table.insert(7, u32::MAX - 1);
        assert_eq!(table.find(7, |_| true), Some(u32::MAX - 1));
    }
}
