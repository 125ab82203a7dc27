//! What running time is told in.

use crate::analysis::threads::{Interval, RunningBasis, ThreadTimes, ToldParts, interval};
use crate::report::table::Cell;

/// What running time is told in: shares of the time of one CPU, as top does, or of all samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// What is all, in the unit of the basis.
    whole: u64,
    /// How many samples a thread could have had at most; `None` where times are exact.
    moments: Option<f64>,
    /// Whether the unit is nanoseconds.
    pub(super) is_time: bool,
    /// Which parts of it are told.
    pub(super) told_parts: ToldParts,
}

impl Measure {
    pub(super) fn of(times: &ThreadTimes) -> Self {
        let told_parts = times.told_parts;
        match times.basis {
            RunningBasis::Switches | RunningBasis::KvmEvents => Self {
                whole: times.span_ns,
                moments: None,
                is_time: true,
                told_parts,
            },
            RunningBasis::Clock {
                samples, weight, ..
            } => Self {
                whole: times.span_ns,
                // As many as there are periods in the time: a thread has one CPU at a time.
                moments: (weight > 0)
                    .then(|| samples as f64 * times.span_ns as f64 / weight as f64),
                is_time: true,
                told_parts,
            },
            RunningBasis::Other {
                samples, weight, ..
            } => Self {
                whole: weight,
                moments: Some(samples as f64),
                is_time: false,
                told_parts,
            },
        }
    }

    /// The share of what was run.
    pub(super) fn share(&self, part: u64) -> Cell {
        Cell::share(part, self.whole)
    }

    /// Between which shares the true one lies; nothing where it is exact.
    pub(super) fn interval(&self, samples: Option<u64>) -> [Cell; 2] {
        let found = self
            .moments
            .zip(samples)
            .and_then(|(moments, samples)| interval(samples, moments));
        let least = |found: Interval| Cell::Share(found.least);
        let greatest = |found: Interval| Cell::Share(found.greatest);
        [Cell::of(found, least), Cell::of(found, greatest)]
    }
}
