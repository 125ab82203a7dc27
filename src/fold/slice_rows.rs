//! What stacks weigh by slice of time, beside the stacks.

use super::split::{SliceCursor, Slicing};
use crate::units::{RecordOrder, Weights};

/// The samples that a stack has in a slice of time. A stack may have several of the same slice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SliceRow {
    /// The position of its stack among the unique stacks.
    pub(crate) stack: u32,
    /// The slice, counted from 0.
    pub(crate) slice: u32,
    /// Number of samples.
    pub(crate) samples: u64,
    /// Sum of their periods.
    pub(crate) period: u64,
}

/// The rows of the stacks of a list.
#[derive(Debug)]
pub(super) struct SliceRows {
    slicing: Slicing,
    cursor: SliceCursor,
    pub(super) rows: Vec<SliceRow>,
    /// Where the latest row of each stack is: most samples of a stack lie in the slice of the one
    /// before.
    latest: Vec<u32>,
}

/// Room is made ahead for up to so many rows: 12 MB.
const MOST_EXPECTED: usize = 1 << 19;

/// Stands for the row of a stack that has none.
const NO_ROW: u32 = u32::MAX;

impl SliceRows {
    pub(super) fn new(slicing: Slicing) -> Self {
        Self {
            slicing,
            cursor: SliceCursor::default(),
            rows: Vec::new(),
            latest: Vec::new(),
        }
    }

    /// None yet, for the same slices.
    pub(super) fn another(&self) -> Self {
        Self::new(self.slicing)
    }

    /// Makes room for as many rows a part in the following `parts` as there are in each of the `walked`
    /// ones, and for so many stacks.
    pub(super) fn expect(&mut self, parts: usize, walked: usize, stacks: usize) {
        let more = self.rows.len() / walked.max(1) * parts;
        self.rows.reserve(more.min(MOST_EXPECTED));
        self.latest.reserve(stacks);
    }

    /// Counts a sample of the stack of a position.
    #[inline]
    pub(super) fn add(&mut self, stack: u32, order: RecordOrder, weights: Weights) {
        let slice = self.cursor.slice_of(&self.slicing, order);
        let at = stack as usize;
        if self.latest.len() <= at {
            self.latest.resize(at + 1, NO_ROW);
        }
        let latest = &mut self.latest[at];
        if let Some(row) = self.rows.get_mut(*latest as usize)
            && row.slice == slice
        {
            row.samples = row.samples.saturating_add(weights.samples);
            row.period = row.period.saturating_add(weights.weight);
            return;
        }
        // There are no more of them than samples; of more than 2^32 the last one is not found again.
        *latest = u32::try_from(self.rows.len()).unwrap_or(NO_ROW);
        self.rows.push(SliceRow {
            stack,
            slice,
            samples: weights.samples,
            period: weights.weight,
        });
    }
}

/// Follows stacks that moved: `places` holds the new position of each; the rows of those that are gone
/// are dropped.
pub(super) fn follow_rows(rows: &mut Vec<SliceRow>, places: &[Option<u32>]) {
    rows.retain_mut(|row| {
        let place = places.get(row.stack as usize).copied().flatten();
        if let Some(place) = place {
            row.stack = place;
        }
        place.is_some()
    });
}
