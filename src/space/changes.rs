//! Where two address spaces differ.

use std::ops::Range;

use super::address_space::{AddressSpace, Mapping};
use crate::units::Avma;

/// The addresses at which something else lies than before.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// Sorted, not empty, and apart from each other.
    ranges: Vec<Range<Avma>>,
}

impl Changes {
    /// Where one of `later` differs from `first`.
    pub(super) fn between<'e>(
        first: &AddressSpace,
        later: impl Iterator<Item = &'e AddressSpace>,
    ) -> Self {
        let mut all = Vec::new();
        for space in later {
            add_differences(first, space, &mut all);
        }
        all.sort_unstable_by_key(|range| range.start);
        let mut ranges: Vec<Range<Avma>> = Vec::new();
        for range in all {
            match ranges.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                Some(_) | None => ranges.push(range),
            }
        }
        Self { ranges }
    }

    /// Whether something else lies at an address.
    #[inline]
    pub fn concern(&self, at: Avma) -> bool {
        let above = self.ranges.partition_point(|range| range.start <= at);
        let below = above.checked_sub(1).and_then(|ix| self.ranges.get(ix));
        below.is_some_and(|range| at < range.end)
    }
}

/// Appends the ranges of addresses where `a` and `b` differ.
fn add_differences(a: &AddressSpace, b: &AddressSpace, out: &mut Vec<Range<Avma>>) {
    let ends = |mapping: &Mapping| [mapping.start, mapping.end];
    let mut bounds: Vec<Avma> = a.iter().chain(b.iter()).flat_map(ends).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let at = |space: &AddressSpace, at: Avma| {
        let mapping = space.find(at);
        mapping.map(|mapping| (mapping.dso, mapping.offset_of(at)))
    };
    // Between two bounds nothing begins or ends.
    for pair in bounds.windows(2) {
        if at(a, pair[0]) != at(b, pair[0]) {
            out.push(pair[0]..pair[1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::address_space::DsoIx;
    use super::*;
    use crate::units::FileOffset;
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
        /// By definition: address by address.
        #[test]
        fn changes_are_where_something_else_lies(
            first in space(),
            later in prop::collection::vec(space(), 0..4),
        ) {
            let changes = Changes::between(&first, later.iter());
            for at in (0..45).map(Avma::new) {
                let found = |space: &AddressSpace| {
                    space.find(at).map(|mapping| (mapping.dso, mapping.offset_of(at)))
                };
                let differs = later.iter().any(|space| found(space) != found(&first));
                prop_assert_eq!(changes.concern(at), differs, "{:?}", at);
            }
        }
    }
}
