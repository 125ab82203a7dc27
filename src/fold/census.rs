//! What a walk counts besides the stacks.

use super::gaps::Gap;
use crate::loss::Tally;
use crate::perf::RecordCounts;
use crate::units::{EventIx, Timestamp};

/// What a walk counts besides the stacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Census {
    /// What became of the samples.
    pub tally: Tally,
    /// Samples of each event, by [`EventIx`]. An event that was counted with its group has one for
    /// each sample of the leader up to which it occurred.
    pub samples: Vec<u64>,
    /// All occurrences of each event that was counted with its group, by [`EventIx`]; `None` of
    /// events that were not.
    pub occurrences: Vec<Option<u64>>,
    /// Samples of each event that pass the selection, by [`EventIx`] and slice of time; no slices
    /// unless the request splits by them. Of an event that was counted with its group, its
    /// occurrences.
    pub slices: Vec<Vec<u64>>,
    /// Records by type.
    pub records: RecordCounts,
    /// Stretches of the file that are no record.
    pub gaps: Vec<Gap>,
    /// Time of the earliest and of the latest sample of any event; `None` without times.
    pub times: Option<(Timestamp, Timestamp)>,
}

/// Time of the earliest and of the latest sample; `None` when there is none with a time.
pub type SampleTimes = Option<(Timestamp, Timestamp)>;

/// From the earliest to the latest of the times that were added.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeSpan {
    first: Timestamp,
    last: Timestamp,
}

impl Default for TimeSpan {
    /// Of no times: its ends are the wrong way round, so that any time moves both.
    fn default() -> Self {
        Self {
            first: Timestamp::from_nanos(u64::MAX),
            last: Timestamp::from_nanos(0),
        }
    }
}

impl TimeSpan {
    #[inline]
    pub(super) fn add(&mut self, time: Timestamp) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }

    /// Adds the times of another one.
    pub(super) fn join(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    pub(super) fn ends(self) -> SampleTimes {
        (self.first <= self.last).then_some((self.first, self.last))
    }
}

impl Census {
    /// All occurrences of an event that were counted with its group; `None` when none were.
    pub fn occurrences_of(&self, event: EventIx) -> Option<u64> {
        self.occurrences.get(event.as_usize()).copied().flatten()
    }
}
