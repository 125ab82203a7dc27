//! From the ids that the kernel gave to events.

use std::cmp::Reverse;

use hashbrown::HashMap;

use crate::bytes::position;
use crate::units::EventIx;

/// The event of each id. The kernel hands out ids one after the other, so that those of events that were
/// opened together lie close to each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    /// The longest runs.
    near: [NearIds; RUNS],
    /// All others.
    far: HashMap<u64, EventIx>,
}

/// Ids that lie close to each other.
#[derive(Clone, Debug, Default)]
struct NearIds {
    /// The id that `events` begins with.
    first: u64,
    /// The events of the ids from `first` on; gaps are [`NONE`].
    events: Vec<EventIx>,
}

const NONE: EventIx = EventIx(u32::MAX);

/// How many runs of ids are looked up at once: one for most captures, two where events were opened at
/// different times.
const RUNS: usize = 2;

/// How far from the one before an id of a run lies at most.
const STEP: u64 = 64;

impl NearIds {
    /// A run of ids in order.
    fn of(run: &[u64]) -> Self {
        let first = run.first().copied().unwrap_or_default();
        let span = run.last().map_or(0, |last| position(last - first) + 1);
        Self {
            first,
            events: vec![NONE; span],
        }
    }

    /// Where the event of an id is kept; `None` when it lies outside.
    fn place(&mut self, id: u64) -> Option<&mut EventIx> {
        let place = id.checked_sub(self.first)?;
        self.events.get_mut(position(place))
    }

    #[inline]
    fn get(&self, id: u64) -> Option<EventIx> {
        let place = position(id.wrapping_sub(self.first));
        let known = self.events.get(place).copied();
        known.filter(|&known| known != NONE)
    }
}

impl Ids {
    /// Indexes ids; of several events with the same id the first one has it.
    pub(crate) fn new(ids: &[(u64, EventIx)]) -> Self {
        let mut sorted: Vec<u64> = ids.iter().map(|&(id, _)| id).collect();
        sorted.sort_unstable();
        sorted.dedup();
        // Damaged files state ids far from the others: those are runs of one.
        let mut runs: Vec<&[u64]> = sorted.chunk_by(|a, b| b - a <= STEP).collect();
        runs.sort_by_key(|run| Reverse(run.len()));
        let mut runs = runs.into_iter().map(NearIds::of);
        let mut made = Self {
            near: [(); RUNS].map(|()| runs.next().unwrap_or_default()),
            far: HashMap::new(),
        };
        for &(id, ix) in ids {
            match made.near.iter_mut().find_map(|run| run.place(id)) {
                Some(known) if *known == NONE => *known = ix,
                Some(_) => {}
                None => {
                    made.far.entry(id).or_insert(ix);
                }
            }
        }
        made
    }

    /// The event of an id that lies close to others; `None` of all other ids, and of 0.
    #[inline]
    pub(crate) fn near(&self, id: u64) -> Option<EventIx> {
        let known = self.near.iter().find_map(|run| run.get(id));
        known.filter(|_| id != 0)
    }

    /// The event of an id.
    #[inline]
    pub(crate) fn get(&self, id: u64) -> Option<EventIx> {
        let known = self.near.iter().find_map(|run| run.get(id));
        known.or_else(|| self.far.get(&id).copied())
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
