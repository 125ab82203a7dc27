//! From the ids that the kernel gave to events.

use hashbrown::HashMap;

use crate::bytes::position;
use crate::units::EventIx;

/// The event of each id. The kernel hands out ids one after the other, so that most lie close to
/// each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    /// The id that `near` begins with.
    first: u64,
    /// The events of the ids from `first` on; gaps are [`NONE`].
    near: Vec<EventIx>,
    /// All others.
    far: HashMap<u64, EventIx>,
}

/// Ids that lie close to each other.
#[derive(Clone, Copy, Default)]
struct NearIds {
    first: u64,
    /// How far they reach.
    span: usize,
}

const NONE: EventIx = EventIx(u32::MAX);

/// How much longer than the number of ids the list may be.
const SPARSE: usize = 16;

impl Ids {
    /// Indexes ids; of several events with the same id the first one has it.
    pub(crate) fn new(ids: &[(u64, EventIx)]) -> Self {
        // Damaged files state ids far from the others: then without the first and the last few.
        let mut sorted: Vec<u64> = ids.iter().map(|&(id, _)| id).collect();
        sorted.sort_unstable();
        let range = [0, sorted.len() / 20].into_iter().find_map(|few| {
            let first = *sorted.get(few)?;
            let last = sorted.iter().rev().nth(few)?;
            let span = position(last.checked_sub(first)?).saturating_add(1);
            (span <= ids.len().saturating_mul(SPARSE)).then_some(NearIds { first, span })
        });
        let NearIds { first, span } = range.unwrap_or_default();
        let near = vec![NONE; span];
        let mut made = Self {
            first,
            near,
            far: HashMap::new(),
        };
        for &(id, ix) in ids {
            let place = made.place(id);
            match place.and_then(|place| made.near.get_mut(place)) {
                Some(known) if *known == NONE => *known = ix,
                Some(_) => {}
                None => {
                    made.far.entry(id).or_insert(ix);
                }
            }
        }
        made
    }

    fn place(&self, id: u64) -> Option<usize> {
        id.checked_sub(self.first).map(position)
    }

    /// The event of an id that lies close to the others; `None` of all other ids, and of 0.
    #[inline]
    pub(crate) fn near(&self, id: u64) -> Option<EventIx> {
        let place = position(id.wrapping_sub(self.first));
        let known = self.near.get(place).copied();
        known.filter(|&known| known != NONE && id != 0)
    }

    /// The event of an id.
    #[inline]
    pub(crate) fn get(&self, id: u64) -> Option<EventIx> {
        match self.place(id).and_then(|place| self.near.get(place)) {
            Some(&known) => (known != NONE).then_some(known),
            None => self.far.get(&id).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A capture whose attributes are damaged may have no ids at all.
    #[test]
    fn without_ids_nothing_is_found() {
        assert_eq!(Ids::new(&[]).get(0), None);
    }

    proptest! {
        /// Every id gives what a map gives, close or far.
        #[test]
        fn ids_are_found_as_in_a_map(
            near in proptest::collection::vec((100..200_u64, 0..50_u32), 0..100),
            far in proptest::collection::vec((any::<u64>(), 0..50_u32), 0..10),
            other in any::<u64>(),
        ) {
            let ids: Vec<(u64, EventIx)> =
                near.iter().chain(&far).map(|&(id, ix)| (id, EventIx(ix))).collect();
            let mut map = HashMap::new();
            for &(id, ix) in &ids {
                map.entry(id).or_insert(ix);
            }
            let made = Ids::new(&ids);
            for id in (90..210).chain(far.iter().map(|&(id, _)| id)).chain([other, 0]) {
                prop_assert_eq!(made.get(id), map.get(&id).copied(), "{}", id);
                prop_assert!(made.near(id).is_none_or(|near| id != 0 && map[&id] == near));
            }
        }
    }
}
