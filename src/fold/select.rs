//! Which samples are wanted.

use crate::perf::SampleHead;
use crate::units::{Cpu, EventIx, Pid, Tid, Timestamp};

/// A closed range of time: both ends belong to it, as with perf's `--time`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeRange {
    /// First time that belongs to it.
    pub first: Timestamp,
    /// Last time that belongs to it.
    pub last: Timestamp,
}

/// Which samples are wanted. Empty lists want all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selection {
    /// The event whose samples are folded.
    pub event: EventIx,
    /// Processes.
    pub pids: Vec<Pid>,
    /// Threads.
    pub tids: Vec<Tid>,
    /// Host CPUs.
    pub cpus: Vec<Cpu>,
    /// Times.
    pub times: Vec<TimeRange>,
}

impl Selection {
    /// All samples of one event.
    pub fn all_of(event: EventIx) -> Self {
        Self {
            event,
            pids: vec![],
            tids: vec![],
            cpus: vec![],
            times: vec![],
        }
    }

    /// How many nanoseconds of `all` pass the condition on times.
    pub fn nanos_within(&self, all: TimeRange) -> u64 {
        if self.times.is_empty() {
            return all.last.as_nanos().saturating_sub(all.first.as_nanos());
        }
        let mut ranges: Vec<TimeRange> = self.times.clone();
        ranges.sort_unstable_by_key(|range| range.first);
        let (mut sum, mut from) = (0_u64, all.first);
        for range in ranges {
            let (first, last) = (range.first.max(from), range.last.min(all.last));
            sum += last.as_nanos().saturating_sub(first.as_nanos());
            from = from.max(last);
        }
        sum
    }

    /// Whether there are no conditions but the event.
    pub(super) fn is_all(&self) -> bool {
        *self == Self::all_of(self.event)
    }

    /// Whether a sample of the wanted event passes the other conditions.
    ///
    /// A sample that does not carry what a condition is about does not pass it.
    #[inline]
    pub(super) fn takes(&self, sample: &SampleHead<'_>) -> bool {
        let wants = |time: Timestamp| {
            self.times
                .iter()
                .any(|range| (range.first..=range.last).contains(&time))
        };
        (self.pids.is_empty() || self.pids.contains(&sample.pid))
            && (self.tids.is_empty() || self.tids.contains(&sample.tid))
            && (self.cpus.is_empty() || sample.cpu.is_some_and(|cpu| self.cpus.contains(&cpu)))
            && (self.times.is_empty() || sample.time.is_some_and(wants))
    }
}
