//! Records by type.

use crate::bytes::position;
use crate::perf::abi::{PERF_RECORD_SAMPLE, record_name};

/// How many records of each type there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordCounts {
    /// By type; the last entry counts all types from there up.
    by_type: [u64; 128],
}

impl RecordCounts {
    pub(crate) fn new() -> Self {
        Self { by_type: [0; 128] }
    }

    #[inline]
    pub(crate) fn count(&mut self, record_type: u32) {
        let last = self.by_type.len() - 1;
        if let Some(count) = self.by_type.get_mut(position(record_type.into()).min(last)) {
            *count += 1;
        }
    }

    pub(crate) fn add_samples(&mut self, samples: u64) {
        if let Some(count) = self.by_type.get_mut(position(PERF_RECORD_SAMPLE.into())) {
            *count += samples;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, count) in self.by_type.iter_mut().zip(other.by_type) {
            *sum += count;
        }
    }

    /// The number of records of one type.
    pub fn of(&self, record_type: u32) -> u64 {
        self.by_type
            .get(position(record_type.into()))
            .copied()
            .unwrap_or(0)
    }

    /// The number of samples.
    pub fn samples(&self) -> u64 {
        self.of(PERF_RECORD_SAMPLE)
    }

    /// The number of records of types that this program does not know.
    pub fn unknown(&self) -> u64 {
        let unknown = self.iter().filter(|&(kind, _)| record_name(kind).is_none());
        unknown.map(|(_, count)| count).sum()
    }

    /// Types that occur, with their numbers, in order of type.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        (0..).zip(self.by_type).filter(|&(_, count)| count > 0)
    }
}
