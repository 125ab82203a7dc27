//! Occurrences of one event in one VM.

use std::collections::BTreeMap;

use super::owner::VmOwner;
use crate::fold::TimeRange;
use crate::kvm::exit::ExitReason;
use crate::units::Timestamp;

/// What an event is told apart by, beyond its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EventDetail {
    /// Why a guest stopped.
    Exit(ExitReason),
    /// Why the run ioctl returned to the VMM: `KVM_EXIT_*`.
    Userspace(u32),
    /// It returned with this error, a negative number.
    UserspaceError(i32),
}

/// What is counted together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SeriesKey {
    /// The VM.
    pub owner: VmOwner,
    /// The event, by its place in [`EventStat::names`](super::EventStat::names).
    pub event: usize,
    /// Why it happened, where events are told apart by that and it was told.
    pub detail: Option<EventDetail>,
}

/// Occurrences of one event in one VM.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OccurrenceSeries {
    /// All of them.
    pub total: u64,
    /// How many there are in each stretch that has any, by its number. Those without a time are in
    /// none.
    pub stretches: BTreeMap<u64, u64>,
}

impl OccurrenceSeries {
    pub(super) fn add(&mut self, stretch: Option<u64>, occurrences: u64) {
        self.total = self.total.saturating_add(occurrences);
        if let Some(stretch) = stretch {
            let sum = self.stretches.entry(stretch).or_default();
            *sum = sum.saturating_add(occurrences);
        }
    }
}

/// How time is cut into stretches.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeCut<'t> {
    /// The ranges that are wanted; empty for all.
    pub(super) wanted: &'t [TimeRange],
    /// How long a stretch lasts, in nanoseconds.
    pub(super) len_ns: u64,
}

/// The time of a source, cut into stretches of equal length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretches {
    /// Where the first begins.
    pub first: Timestamp,
    /// The last time of the source.
    pub last: Timestamp,
    /// How long one lasts, in nanoseconds; not 0.
    pub len_ns: u64,
}

impl Stretches {
    /// Cuts the time from `first` to `last`, or what the ranges leave of it.
    pub(super) fn of(first: Timestamp, last: Timestamp, cut: &TimeCut<'_>) -> Self {
        let wanted_first = cut.wanted.iter().map(|range| range.first).min();
        let wanted_last = cut.wanted.iter().map(|range| range.last).max();
        Self {
            first: wanted_first.map_or(first, |wanted| wanted.max(first)),
            last: wanted_last.map_or(last, |wanted| wanted.min(last)),
            len_ns: cut.len_ns.max(1),
        }
    }

    /// The number of the stretch in which a time lies.
    #[inline]
    pub(super) const fn number(&self, at: Timestamp) -> u64 {
        let passed = at.as_nanos().saturating_sub(self.first.as_nanos());
        match passed.checked_div(self.len_ns) {
            Some(number) => number,
            None => 0,
        }
    }

    /// When a stretch begins.
    pub const fn start(&self, number: u64) -> Timestamp {
        let passed = self.len_ns.saturating_mul(number);
        Timestamp::from_nanos(self.first.as_nanos().saturating_add(passed))
    }

    /// How long a stretch lasts, in nanoseconds: the last one ends with the source.
    pub fn span_ns(&self, number: u64) -> u64 {
        let left = self
            .last
            .as_nanos()
            .saturating_sub(self.start(number).as_nanos());
        left.min(self.len_ns)
    }

    /// How many there are.
    pub const fn count(&self) -> u64 {
        self.number(self.last).saturating_add(1)
    }
}
