//! Ranges that were given out: first come, first served.

use std::collections::BTreeMap;

use crate::qemu::memory_map::RangeOwner;

/// A range of addresses that is no empty one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AddressRange {
    pub(super) first: u64,
    pub(super) last: u64,
}

impl AddressRange {
    /// All addresses.
    pub(super) const ALL: Self = Self {
        first: 0,
        last: u64::MAX,
    };

    /// What both cover.
    pub(super) fn within(self, other: Self) -> Option<Self> {
        let both = Self {
            first: self.first.max(other.first),
            last: self.last.min(other.last),
        };
        (both.first <= both.last).then_some(both)
    }
}

/// Who answers for a range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ClaimOwner {
    pub(super) who: RangeOwner,
    /// What of a region is at the range's first address, in bytes.
    pub(super) offset: u64,
}

impl ClaimOwner {
    pub(super) const UNDECIDED: Self = Self {
        who: RangeOwner::Undecided,
        offset: 0,
    };
    pub(super) const NOBODY: Self = Self {
        who: RangeOwner::Nobody,
        offset: 0,
    };

    /// The owner so many bytes further up.
    const fn further(self, bytes: u64) -> Self {
        match self.who {
            RangeOwner::Region(_) => Self {
                who: self.who,
                offset: self.offset.wrapping_add(bytes),
            },
            RangeOwner::Nobody | RangeOwner::Undecided => self,
        }
    }
}

/// A range and its owner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owned {
    pub(super) extent: AddressRange,
    pub(super) owner: ClaimOwner,
}

#[derive(Clone, Copy, Debug)]
struct Claim {
    last: u64,
    owner: ClaimOwner,
}

/// What is left of the work that a text may cause.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
}

/// The text is made to cost, not to be read: no VM's costs a thousandth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TooIntricate;

impl Budget {
    /// Steps that a text may cause: some hundred times those of a VM with many devices.
    const STEPS: u64 = 1 << 20;

    pub(super) const fn new() -> Self {
        Self { left: Self::STEPS }
    }

    pub(super) fn step(&mut self) -> Result<(), TooIntricate> {
        self.left = self.left.checked_sub(1).ok_or(TooIntricate)?;
        Ok(())
    }
}

/// Ranges with their owners; they do not overlap.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    by_first: BTreeMap<u64, Claim>,
}

impl Claims {
    /// All ranges in order.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Owned> {
        self.by_first
            .iter()
            .map(|(&first, &claim)| owned(first, claim))
    }

    /// Gives what nobody has of `extent` to `owner`.
    pub(super) fn give(
        &mut self,
        extent: AddressRange,
        owner: ClaimOwner,
        budget: &mut Budget,
    ) -> Result<(), TooIntricate> {
        for free in self.free(extent, budget)? {
            budget.step()?;
            let owner = owner.further(free.first - extent.first);
            let last = free.last;
            self.by_first.insert(free.first, Claim { last, owner });
        }
        Ok(())
    }

    /// Gives what nobody has of `others` to their owners.
    pub(super) fn give_all(
        &mut self,
        others: &Self,
        budget: &mut Budget,
    ) -> Result<(), TooIntricate> {
        let mut others = others.ranges();
        others.try_for_each(|other| self.give(other.extent, other.owner, budget))
    }

    /// Lays others over these: what two owners claim is undecided.
    pub(super) fn contest(
        &mut self,
        others: &Self,
        budget: &mut Budget,
    ) -> Result<(), TooIntricate> {
        for Owned { extent, owner } in others.ranges() {
            let mut contested = Vec::new();
            for own in self.touching(extent) {
                budget.step()?;
                let Some(both) = own.extent.within(extent) else {
                    continue;
                };
                let here = own.owner.further(both.first - own.extent.first);
                if here != owner.further(both.first - extent.first) {
                    contested.push(both);
                }
            }
            for both in contested {
                self.take_back(both);
                self.give(both, ClaimOwner::UNDECIDED, budget)?;
            }
            self.give(extent, owner, budget)?;
        }
        Ok(())
    }

    /// The ranges of which `extent` has a part.
    fn touching(&self, extent: AddressRange) -> impl Iterator<Item = Owned> {
        let mut before = self.by_first.range(..extent.first);
        let before = before
            .next_back()
            .filter(|(_, claim)| claim.last >= extent.first);
        let inside = self.by_first.range(extent.first..=extent.last);
        let found = before.into_iter().chain(inside);
        found.map(|(&first, &claim)| owned(first, claim))
    }

    /// What nobody has of `extent`.
    fn free(
        &self,
        extent: AddressRange,
        budget: &mut Budget,
    ) -> Result<Vec<AddressRange>, TooIntricate> {
        let mut free = Vec::new();
        let mut next = Some(extent.first);
        for Owned { extent: taken, .. } in self.touching(extent) {
            budget.step()?;
            let Some(first) = next else {
                break;
            };
            if taken.first > first {
                let last = taken.first - 1;
                free.push(AddressRange { first, last });
            }
            next = taken.last.checked_add(1);
        }
        if let Some(first) = next.filter(|&first| first <= extent.last) {
            let last = extent.last;
            free.push(AddressRange { first, last });
        }
        Ok(free)
    }

    /// Takes `extent`, which one owner has, out of its range.
    fn take_back(&mut self, extent: AddressRange) {
        let Some((&first, &claim)) = self.by_first.range(..=extent.first).next_back() else {
            return;
        };
        self.by_first.remove(&first);
        if first < extent.first {
            let last = extent.first - 1;
            let owner = claim.owner;
            self.by_first.insert(first, Claim { last, owner });
        }
        if let Some(behind) = extent.last.checked_add(1).filter(|&at| at <= claim.last) {
            let owner = claim.owner.further(behind - first);
            let last = claim.last;
            self.by_first.insert(behind, Claim { last, owner });
        }
    }
}

fn owned(first: u64, claim: Claim) -> Owned {
    let last = claim.last;
    Owned {
        extent: AddressRange { first, last },
        owner: claim.owner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(region: u32) -> ClaimOwner {
        ClaimOwner {
            who: RangeOwner::Region(region),
            offset: 0,
        }
    }

    fn extent(first: u64, last: u64) -> AddressRange {
        AddressRange { first, last }
    }

    fn shown(claims: &Claims) -> Vec<(u64, u64, RangeOwner, u64)> {
        let ranges = claims.ranges();
        ranges
            .map(|Owned { extent, owner }| (extent.first, extent.last, owner.who, owner.offset))
            .collect()
    }

    /// Who comes later gets what is left, at its own offsets.
    #[test]
    fn later_claims_fill_gaps() {
        let mut claims = Claims::default();
        let mut budget = Budget::new();
        for (extent, owner) in [
            (extent(4, 5), owner(1)),
            (extent(u64::MAX, u64::MAX), owner(2)),
            (AddressRange::ALL, owner(3)),
        ] {
            assert_eq!(claims.give(extent, owner, &mut budget), Ok(()));
        }
        assert_eq!(
            shown(&claims),
            [
                (0, 3, RangeOwner::Region(3), 0),
                (4, 5, RangeOwner::Region(1), 0),
                (6, u64::MAX - 1, RangeOwner::Region(3), 6),
                (u64::MAX, u64::MAX, RangeOwner::Region(2), 0),
            ]
        );
    }

    /// What two claim has no owner; what they agree on has.
    #[test]
    fn contested_ranges_are_undecided() {
        let mut claims = Claims::default();
        let mut budget = Budget::new();
        assert_eq!(claims.give(extent(0, 9), owner(1), &mut budget), Ok(()));
        let mut others = Claims::default();
        assert_eq!(others.give(extent(4, 5), owner(2), &mut budget), Ok(()));
        let mut same = owner(1);
        same.offset = 6;
        assert_eq!(others.give(extent(6, 20), same, &mut budget), Ok(()));
        assert_eq!(claims.contest(&others, &mut budget), Ok(()));
        assert_eq!(
            shown(&claims),
            [
                (0, 3, RangeOwner::Region(1), 0),
                (4, 5, RangeOwner::Undecided, 0),
                (6, 9, RangeOwner::Region(1), 6),
                (10, 20, RangeOwner::Region(1), 10),
            ]
        );
    }
}
