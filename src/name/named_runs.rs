//! Runs of callers in names: addresses differ where names do not.

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::unnamed::ReasonIx;
use crate::stack::FrameIx;

/// Runs of frames, those that are the same under one number.
#[derive(Debug, Default)]
pub(super) struct NamedRuns {
    /// For each run of addresses the number of its frames, and where its reasons end.
    named: Vec<(u32, usize)>,
    /// Why frames of all runs have no name, one behind the other.
    reasons: Vec<ReasonIx>,
    /// The frames of all numbers, one behind the other, root first.
    frames: Vec<FrameIx>,
    /// Where the frames of each number end.
    ends: Vec<usize>,
    /// Numbers, each with the hash of its frames.
    index: HashTable<(u64, u32)>,
    hasher: DefaultHashBuilder,
}

impl NamedRuns {
    /// How many runs of addresses there are.
    pub(super) fn len(&self) -> usize {
        self.named.len()
    }

    /// Takes in the next run of addresses: its locations, nearest to the leaf first, of which
    /// `frames` tells the frames and why they have no names.
    pub(super) fn add(&mut self, locations: &[u32], frames: &[(FrameIx, Option<ReasonIx>)]) {
        let start = self.frames.len();
        for &at in locations.iter().rev() {
            let (frame, reason) = frames[at as usize];
            self.frames.push(frame);
            self.reasons.extend(reason);
        }
        let number = self.number_from(start);
        self.named.push((number, self.reasons.len()));
    }

    /// The number of the frames from `start` on, which are dropped when they have one already.
    fn number_from(&mut self, start: usize) -> u32 {
        let new = self.frames.get(start..).unwrap_or_default();
        let mut state = self.hasher.build_hasher();
        new.iter().for_each(|frame| state.write_u32(frame.0));
        let hash = state.finish();
        let same =
            |&(of_old, number): &(u64, u32)| of_old == hash && self.frames(number as usize) == new;
        if let Some(&(_, number)) = self.index.find(hash, same) {
            self.frames.truncate(start);
            return number;
        }
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.ends.push(self.frames.len());
        self.index
            .insert_unique(hash, (hash, number), |&(hash, _)| hash);
        number
    }

    /// The number of a run of addresses, and why frames of it have no name, once for each.
    #[inline]
    pub(super) fn named(&self, run: usize) -> (u32, &[ReasonIx]) {
        let (number, end) = self.named[run];
        let start = run.checked_sub(1).map_or(0, |before| self.named[before].1);
        (number, self.reasons.get(start..end).unwrap_or_default())
    }

    /// The frames of a number, root first.
    pub(super) fn frames(&self, number: usize) -> &[FrameIx] {
        let end = self.ends.get(number).copied().unwrap_or_default();
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.frames.get(start..end).unwrap_or_default()
    }

    /// The frames of all numbers in order, root first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[FrameIx]> {
        (0..self.ends.len()).map(|number| self.frames(number))
    }
}
