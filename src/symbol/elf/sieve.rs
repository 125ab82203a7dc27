//! Which symbols of a table decide about some addresses.
//!
//! A table may hold some hundred thousand symbols, and a capture hits some hundred of them. Whether
//! a symbol matters is told by where it lies alone, so that no name of the others is read:
//!
//! - A symbol with a size matters where it covers an address.
//! - One without a size ends at the next one. It matters where no other starts between it and an
//!   address, and so do its neighbours.
//! - A label without a size is none where a symbol with a size covers it, which then matters too.
//! - What starts where one of these starts may be the better name.

use std::ops::{Range, RangeInclusive};

use super::points::Points;
use super::start_filter::StartFilter;

/// Where a symbol lies, as its object states it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StatedRange {
    pub(crate) start: u64,
    /// Zero when the object does not say.
    pub(crate) bytes: u64,
    /// End of its section: no symbol without a size extends beyond.
    pub(crate) limit: u64,
    /// Whether it is a mere label (`STT_NOTYPE`).
    pub(crate) label: bool,
}

impl StatedRange {
    /// Where it ends as stated; its start when nothing is stated.
    #[inline]
    pub(crate) fn end(&self) -> u64 {
        self.start.saturating_add(self.bytes)
    }

    #[inline]
    pub(crate) fn is_sized(&self) -> bool {
        self.end() > self.start
    }

    /// Whether it may have to do with what lies in a section: it starts there or reaches into it.
    pub(crate) fn may_meet(&self, section: &Range<u64>) -> bool {
        let end = if self.is_sized() {
            self.end()
        } else {
            self.limit
        };
        let end = end.max(self.start.saturating_add(1));
        self.start < section.end && end > section.start
    }
}

/// The symbols between a point and the one before it: where those start that stay whatever else
/// there is. Only labels without a size may be left out.
#[derive(Clone, Copy, Debug)]
struct StartsBetween {
    lowest: u64,
    /// Below the lowest while there is none.
    highest: u64,
}

impl StartsBetween {
    const NONE: Self = Self {
        lowest: u64::MAX,
        highest: 0,
    };

    #[inline]
    fn add(&mut self, start: u64) {
        self.lowest = self.lowest.min(start);
        self.highest = self.highest.max(start);
    }

    /// Whether a start between them tells nothing more.
    #[inline]
    fn spans(&self, start: u64) -> bool {
        self.lowest <= start && start <= self.highest
    }

    fn is_empty(&self) -> bool {
        self.lowest > self.highest
    }
}

/// What surrounds each point: the last start that is not above it, and the first one above it.
#[derive(Debug)]
struct Windows {
    /// Before each point, and behind the last: the lowest start there or above, the highest there or
    /// below.
    around: Vec<StartsBetween>,
    /// The first and the last of these that hold a start; `None` when none does.
    ends: Option<RangeInclusive<usize>>,
    /// Whether a symbol without a size may cover the point.
    is_open: Vec<bool>,
}

impl Windows {
    /// Those of the points between which these starts lie.
    fn of(mut gaps: Vec<StartsBetween>) -> Self {
        let first = gaps.iter().position(|gap| !gap.is_empty());
        let last = gaps.iter().rposition(|gap| !gap.is_empty());
        let mut below = 0;
        for gap in &mut gaps {
            below = gap.highest.max(below);
            gap.highest = below;
        }
        let mut above = u64::MAX;
        for gap in gaps.iter_mut().rev() {
            above = gap.lowest.min(above);
            gap.lowest = above;
        }
        Self {
            ends: first.zip(last).map(|(first, last)| first..=last),
            is_open: vec![false; gaps.len().saturating_sub(1)],
            around: gaps,
        }
    }

    /// The last start that is not above a point.
    fn below(&self, point: usize) -> Option<u64> {
        let is_any = self
            .ends
            .as_ref()
            .is_some_and(|ends| *ends.start() <= point);
        let gap = self.around.get(point).filter(|_| is_any);
        gap.map(|gap| gap.highest)
    }

    /// The first start above a point.
    fn above(&self, point: usize) -> Option<u64> {
        let is_any = self.ends.as_ref().is_some_and(|ends| *ends.end() > point);
        let gap = self.around.get(point + 1).filter(|_| is_any);
        gap.map(|gap| gap.lowest)
    }

    fn is_open(&self, point: usize) -> bool {
        self.is_open.get(point) == Some(&true)
    }

    /// Whether what has no size reaches a point from there.
    fn reaches(&self, point: usize, start: u64) -> bool {
        self.is_open(point)
            && self.below(point).is_none_or(|below| below <= start)
            && self.above(point).is_none_or(|above| above >= start)
    }

    /// Points without a start between them share what surrounds them.
    fn open_alike(&mut self) {
        for point in 1..self.is_open.len() {
            if self.is_open(point - 1)
                && self.below(point - 1) == self.below(point)
                && let Some(is_open) = self.is_open.get_mut(point)
            {
                *is_open = true;
            }
        }
    }
}

/// Looks at every symbol once.
#[derive(Debug)]
pub(crate) struct Sieve<'p> {
    points: &'p Points,
    /// One before each point, and one behind the last.
    gaps: Vec<StartsBetween>,
    /// Where symbols start that cover a point.
    covering: Vec<u64>,
    /// The symbols without a size. Tables hold few.
    unsized_ranges: Vec<StatedRange>,
}

impl<'p> Sieve<'p> {
    pub(crate) fn new(points: &'p Points) -> Self {
        Self {
            points,
            gaps: vec![StartsBetween::NONE; points.len() + 1],
            covering: Vec::new(),
            unsized_ranges: Vec::new(),
        }
    }

    /// Whether a symbol that starts and ends there may have to be shown: most lie between others, and
    /// where no point does.
    #[inline]
    pub(crate) fn may_learn(&self, start: u64, end: u64) -> bool {
        let next = self.points.position_from(start);
        end <= start
            || self.points.get(next).is_some_and(|next| next < end)
            || self.gaps.get(next).is_some_and(|gap| !gap.spans(start))
    }

    /// Takes in a symbol.
    #[inline]
    pub(crate) fn see(&mut self, range: &StatedRange) {
        let start = range.start;
        let next = self.points.position_from(start);
        if !range.is_sized() {
            self.unsized_ranges.push(*range);
            if range.label {
                return;
            }
        } else if self.points.get(next).is_some_and(|next| next < range.end()) {
            self.covering.push(start);
        }
        if let Some(gap) = self.gaps.get_mut(next) {
            gap.add(start);
        }
    }

    /// Takes in what another one saw of the symbols behind those that this one saw.
    pub(crate) fn join(&mut self, other: Self) {
        for (own, other) in self.gaps.iter_mut().zip(&other.gaps) {
            own.lowest = own.lowest.min(other.lowest);
            own.highest = own.highest.max(other.highest);
        }
        self.covering.extend(other.covering);
        self.unsized_ranges.extend(other.unsized_ranges);
    }

    /// What decides, when all symbols of all tables were seen.
    pub(crate) fn into_decisive(mut self) -> Decisive {
        let windows = self.windows();
        let mut starts = self.covering;
        let open = (0..self.points.len()).filter(|&point| windows.is_open(point));
        let around = open.flat_map(|point| [windows.below(point), windows.above(point)]);
        starts.extend(around.flatten());
        let labels = self.unsized_ranges.iter().filter(|range| range.label);
        let labels = labels.map(|range| range.start).filter(|&start| {
            let next = self.points.position_from(start);
            let mut around = [Some(next), next.checked_sub(1)].into_iter().flatten();
            around.any(|point| windows.reaches(point, start))
        });
        let labels: Vec<u64> = labels.collect();
        starts.extend_from_slice(&labels);
        let starts = Points::new(starts);
        // What has no size must not reach a point for want of the symbol at which it ends.
        let taken = self.unsized_ranges.iter().map(|range| range.start);
        let taken = taken.filter(|&start| starts.contains(start));
        let next = taken.map(|start| self.points.position_from(start));
        let next = next.filter(|&next| next < self.points.len());
        let ends = next.filter_map(|next| windows.below(next));
        let starts = Points::new(starts.iter().chain(ends).collect());
        Decisive {
            filter: StartFilter::of(&starts),
            starts,
            labels: Points::new(labels),
        }
    }

    /// What surrounds each point.
    fn windows(&mut self) -> Windows {
        let mut windows = Windows::of(std::mem::take(&mut self.gaps));
        for range in &self.unsized_ranges {
            let next = self.points.position_from(range.start);
            let is_before = |point: u64| point < range.limit;
            if windows.below(next).is_none_or(|below| below <= range.start)
                && self.points.get(next).is_some_and(is_before)
                && let Some(is_open) = windows.is_open.get_mut(next)
            {
                *is_open = true;
            }
        }
        windows.open_alike();
        windows
    }
}

/// Tells which symbols decide about the points of a [`Sieve`].
#[derive(Debug)]
pub(crate) struct Decisive {
    /// Where they start.
    starts: Points,
    /// Tells most other symbols from them.
    filter: StartFilter,
    /// Labels that are left out where a symbol covers them.
    labels: Points,
}

impl Decisive {
    /// Whether a symbol decides that starts there and ends, as far as it is stated, where `end` tells.
    #[inline]
    pub(crate) fn takes(&self, start: u64, end: impl FnOnce() -> u64) -> bool {
        let decides = self.filter.may_hold(start) && self.starts.contains(start);
        decides || self.labels.len() > 0 && self.labels.hit(start, end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::elf::alias::Binding;
    use crate::symbol::elf::builder::{SizedBuilder, StatedSymbol};
    use proptest::prelude::*;

    /// Where few addresses are, aliases, overlaps and gaps are many.
    fn range() -> impl Strategy<Value = StatedRange> {
        let start = prop_oneof![8 => 0..40_u64, 1 => u64::MAX - 3..=u64::MAX];
        let bytes = prop_oneof![4 => Just(0), 4 => 1..4_u64, 2 => 0..30_u64];
        let limit = prop_oneof![Just(20), Just(40), Just(u64::MAX), 0..45_u64];
        (start, bytes, limit, any::<bool>()).prop_map(|(start, bytes, limit, label)| StatedRange {
            start,
            bytes,
            limit,
            label,
        })
    }

    fn binding() -> impl Strategy<Value = Binding> {
        prop_oneof![
            Just(Binding::Local),
            Just(Binding::Global),
            Just(Binding::Weak)
        ]
    }

    /// Names that differ in all that decides between aliases, some of them the same.
    fn symbols() -> impl Strategy<Value = Vec<(StatedRange, Binding, String)>> {
        prop::collection::vec((range(), binding(), "_{0,2}[ab]{1,2}"), 0..24)
    }

    fn points() -> impl Strategy<Value = Vec<u64>> {
        let point = prop_oneof![8 => 0..45_u64, 1 => u64::MAX - 4..=u64::MAX];
        prop::collection::vec(point, 0..6)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Of the whole table those symbols that cover a point, with their names and ends.
        #[test]
        fn what_decides_makes_the_same_table(symbols in symbols(), points in points()) {
            let points = Points::new(points);
            let mut sieve = Sieve::new(&points);
            for (range, ..) in &symbols {
                if sieve.may_learn(range.start, range.end()) {
                    sieve.see(range);
                }
            }
            let decisive = sieve.into_decisive();
            let (mut whole, mut lean) = (SizedBuilder::default(), SizedBuilder::default());
            for (range, binding, name) in &symbols {
                let stated = StatedSymbol { name, range: *range, binding: *binding };
                whole.push(stated);
                if decisive.takes(range.start, || range.end()) {
                    lean.push(stated);
                }
            }
            let (whole, lean) = (whole.finish(None), lean.finish(Some(&points)));
            let covering = whole.iter().filter(|&(_, start, end)| points.hit(start, end));
            prop_assert_eq!(lean.iter().collect::<Vec<_>>(), covering.collect::<Vec<_>>());
            for at in points.iter() {
                prop_assert_eq!(lean.look_up(at), whole.look_up(at), "{:#x}", at);
            }
        }
    }

    /// Sized symbols that cover no point, and share no address with one that does, are not taken.
    #[test]
    fn what_lies_elsewhere_is_not_taken() {
        let points = Points::new(vec![0x15, 0x95]);
        let sized = |start, bytes| StatedRange {
            start,
            bytes,
            limit: 0x1000,
            label: false,
        };
        let (hit, elsewhere) = (sized(0x10, 8), sized(0x20, 0x70));
        let (open, next, far) = (sized(0x90, 0), sized(0x98, 8), sized(0xa0, 0));
        let mut sieve = Sieve::new(&points);
        let all = [hit, elsewhere, open, next, far];
        all.iter().for_each(|range| sieve.see(range));
        let decisive = sieve.into_decisive();
        let taken = all
            .iter()
            .filter(|range| decisive.takes(range.start, || range.end()));
        assert!(taken.eq(&[hit, open, next]));
    }
}
