//! Where two address spaces differ.

use std::ops::Range;

use super::address_space::{AddressSpace, Mapping};
use super::dso::DsoIx;
use crate::units::{Avma, FileOffset};

/// The addresses at which something else lies in one epoch than in the one before.
#[derive(Clone, Debug)]
pub(crate) struct Changes<'t> {
    before: &'t AddressSpace,
    after: &'t AddressSpace,
    /// How many addresses were looked up in both.
    asked: usize,
    /// Sorted, not empty, and apart from each other; `None` until that is worth the work.
    ranges: Option<Vec<Range<Avma>>>,
}

impl<'t> Changes<'t> {
    pub(super) const fn between(before: &'t AddressSpace, after: &'t AddressSpace) -> Self {
        Self {
            before,
            after,
            asked: 0,
            ranges: None,
        }
    }

    /// Whether something else lies at an address.
    ///
    /// To find all ranges that differ costs as much as to ask for as many addresses as there are
    /// mappings.
    pub(crate) fn concern(&mut self, at: Avma) -> bool {
        if self.ranges.is_none() && self.asked > self.before.len() + self.after.len() {
            self.ranges = Some(differences(self.before, self.after));
        }
        let Some(ranges) = &self.ranges else {
            self.asked += 1;
            return found(self.before, at) != found(self.after, at);
        };
        let above = ranges.partition_point(|range| range.start <= at);
        let below = above.checked_sub(1).and_then(|ix| ranges.get(ix));
        below.is_some_and(|range| at < range.end)
    }
}

fn found(space: &AddressSpace, at: Avma) -> Option<(DsoIx, FileOffset)> {
    let mapping = space.find(at)?;
    Some((mapping.dso, mapping.offset_of(at)))
}

/// The ranges of addresses where `a` and `b` differ.
fn differences(a: &AddressSpace, b: &AddressSpace) -> Vec<Range<Avma>> {
    let ends = |mapping: &Mapping| [mapping.start, mapping.end];
    let mut bounds: Vec<Avma> = a.iter().chain(b.iter()).flat_map(ends).collect();
    bounds.sort_unstable();
    bounds.dedup();
    // Between two bounds nothing begins or ends.
    let pairs = bounds.windows(2);
    let differ = pairs.filter(|pair| found(a, pair[0]) != found(b, pair[0]));
    differ.map(|pair| pair[0]..pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn space() -> impl Strategy<Value = AddressSpace> {
        let mapping = (0..30_u64, 1..10_u64, 0..2_u32, 0..3_u64);
        prop::collection::vec(mapping, 0..6).prop_map(|mappings| {
            let mut space = AddressSpace::default();
            for (start, len, dso, offset) in mappings {
                space.insert(Mapping {
                    start: Avma::new(start),
                    end: Avma::new(start + len),
                    dso: DsoIx(dso),
                    file_offset: FileOffset::new(offset + start),
                });
            }
            space
        })
    }

    proptest! {
        /// By definition: address by address, whether ranges are known yet or not.
        #[test]
        fn changes_are_where_something_else_lies(before in space(), after in space()) {
            let mut changes = Changes::between(&before, &after);
            for _ in 0..2 {
                for at in (0..45).map(Avma::new) {
                    let differs = found(&before, at) != found(&after, at);
                    prop_assert_eq!(changes.concern(at), differs, "{:?}", at);
                }
            }
            prop_assert!(changes.ranges.is_some());
        }
    }
}
