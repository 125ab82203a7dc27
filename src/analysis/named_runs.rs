//! Runs of callers in names: addresses differ where names do not.

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::stack::FrameIx;
use crate::symbol::Unresolved;

/// How many frames of a run have no name, by cause.
type RunCauses = [u32; Unresolved::ALL.len()];

/// Runs of frames, those that are the same under one number.
#[derive(Debug, Default)]
pub(super) struct NamedRuns {
    /// For each run of addresses the number of its frames, and the position of its causes plus one;
    /// 0 when all its frames have names.
    named: Vec<(u32, u32)>,
    causes: Vec<RunCauses>,
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
    pub(super) fn add(&mut self, locations: &[u32], frames: &[(FrameIx, Option<Unresolved>)]) {
        let start = self.frames.len();
        let mut causes = RunCauses::default();
        let mut is_named = true;
        for &at in locations.iter().rev() {
            let (frame, cause) = frames[at as usize];
            self.frames.push(frame);
            if let Some(cause) = cause {
                causes[cause.index()] += 1;
                is_named = false;
            }
        }
        let causes = if is_named {
            0
        } else {
            self.causes.push(causes);
            u32::try_from(self.causes.len()).unwrap_or(u32::MAX)
        };
        let number = self.number_from(start);
        self.named.push((number, causes));
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

    /// The number of a run of addresses, and how many of its frames have no name; `None` when all
    /// have.
    #[inline]
    pub(super) fn named(&self, run: usize) -> (u32, Option<&RunCauses>) {
        let (number, causes) = self.named[run];
        let causes = (causes as usize).checked_sub(1);
        (number, causes.and_then(|at| self.causes.get(at)))
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
