//! Buckets of time, as many as there is room for.

use serde_json::{Value, json};

use crate::kvm::exit::TimeSlices;
use crate::units::Timestamp;

/// Rows that a list may have: of half a million, a large capture's take 400 kB of the page.
const MOST_ROWS: usize = 450_000;

/// Rows that it may have where less than [`FEWEST_BUCKETS`] would be left.
const MOST_ROWS_OF_FEW: usize = 900_000;

/// A map over time with fewer is of no use.
const FEWEST_BUCKETS: u64 = 100;

/// Numbers, each as the difference to the one before: those of sorted rows are small and repeat, which
/// packs well.
pub(super) fn differences(numbers: impl Iterator<Item = i64>) -> Value {
    let mut before = 0;
    let coded = numbers.map(|number| {
        let difference = number.wrapping_sub(before);
        before = number;
        difference
    });
    coded.collect()
}

/// A number of a list as lists of differences have it.
pub(super) fn as_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Buckets of time. They are slices of the page's, or several of these together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TimeGrid {
    /// `None`: the capture tells no times, and all is one bucket.
    slices: Option<TimeSlices>,
    /// How many slices are one bucket.
    together: u64,
    /// The last slice.
    last: u64,
}

impl TimeGrid {
    /// A bucket for each slice; `last` is when the last thing happened.
    pub(super) fn new(slices: Option<TimeSlices>, last: Option<Timestamp>) -> Self {
        let last = slices.zip(last).map(|(slices, last)| slices.slice_of(last));
        Self {
            slices,
            together: 1,
            last: last.unwrap_or(0),
        }
    }

    /// The bucket of a time.
    pub(super) fn bucket_of(&self, at: Option<Timestamp>) -> u64 {
        let slice = self.slices.zip(at).map(|(slices, at)| slices.slice_of(at));
        self.bucket_of_slice(slice.unwrap_or(0))
    }

    /// The bucket of a slice.
    pub(super) fn bucket_of_slice(&self, slice: u64) -> u64 {
        slice.min(self.last) / self.together
    }

    /// Whether so many rows are too many, and fewer buckets would make fewer of them.
    pub(super) fn is_too_fine(&self, rows: usize) -> bool {
        let would_be = self.last / self.together.saturating_mul(2) + 1;
        let most = if would_be < FEWEST_BUCKETS {
            MOST_ROWS_OF_FEW
        } else {
            MOST_ROWS
        };
        rows > most && self.together <= self.last
    }

    /// Half as many buckets.
    pub(super) fn coarser(self) -> Self {
        Self {
            together: self.together.saturating_mul(2),
            ..self
        }
    }

    /// As the script reads it.
    pub(super) fn as_json(&self) -> Value {
        let Some(slices) = self.slices else {
            return Value::Null;
        };
        json!({
            "start": slices.origin.as_nanos(),
            "bucketNanos": slices.nanos.saturating_mul(self.together),
            "buckets": self.last / self.together + 1,
        })
    }
}
