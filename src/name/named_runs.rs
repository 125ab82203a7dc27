//! Runs of callers in names: addresses differ where names do not.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use hashbrown::DefaultHashBuilder;

use super::piece::{Astray, Named, NamedLocations, NamedPiece};
use super::unnamed::UnnamedRow;
use crate::hash::HashedPositions;
use crate::stack::FrameIx;

/// What is known of a run of addresses.
#[derive(Clone, Copy, Debug)]
struct NamedRun {
    /// The number of its frames.
    number: u32,
    /// Where its frames without a name end.
    unnamed_end: usize,
    /// Whether a stack ends with it, since the caller is none.
    is_last: bool,
}

/// Where a run of locations, nearest to the leaf first, meets a caller that is none.
fn end_of(locations: &[u32], named: &NamedLocations) -> Option<(usize, Astray)> {
    let mut below_is_uncalled = false;
    locations.iter().enumerate().find_map(|(place, &at)| {
        let location = named.get(at as usize);
        let astray = location.astray.filter(|_| !below_is_uncalled);
        below_is_uncalled = location.is_uncalled;
        Some((place, astray?))
    })
}

/// Runs of frames, those that are the same under one number.
#[derive(Debug, Default)]
pub(super) struct NamedRuns {
    named: Vec<NamedRun>,
    /// The frames without a name of all runs, one behind the other.
    unnamed: Vec<UnnamedRow>,
    /// The frames of all numbers, one behind the other, root first.
    frames: Vec<FrameIx>,
    /// Where the frames of each number end.
    ends: Vec<usize>,
    /// Numbers by the hashes of their frames.
    index: HashedPositions,
    hasher: DefaultHashBuilder,
}

impl NamedRuns {
    /// Takes in the next run of addresses: the numbers of its locations, nearest to the leaf first.
    pub(super) fn add(&mut self, locations: &[u32], named: &NamedLocations) {
        let (start, unnamed) = (self.frames.len(), self.unnamed.len());
        let mut callers = locations;
        let end = end_of(locations, named);
        if let Some((end, astray)) = end {
            self.frames.push(astray.mark);
            self.unnamed.push(astray.unnamed);
            callers = &locations[..end];
        }
        for &at in callers.iter().rev() {
            let location = named.get(at as usize);
            match location.piece.get() {
                Named::Frame(frame) => self.frames.push(frame),
                Named::Run(number) => self.frames.extend_from_within(self.place(number)),
            }
            if let Some(new) = location.unnamed {
                match self.unnamed.get_mut(unnamed..).and_then(<[_]>::last_mut) {
                    Some(row) if row.reason == new.reason => row.frames += new.frames,
                    Some(_) | None => self.unnamed.push(new),
                }
            }
        }
        let number = self.number_from(start);
        self.named.push(NamedRun {
            number,
            unnamed_end: self.unnamed.len(),
            is_last: end.is_some(),
        });
    }

    /// The frames of one location, root first, as a piece of a stack.
    #[inline]
    pub(super) fn piece_of(&mut self, frames: &[FrameIx]) -> NamedPiece {
        if let &[only] = frames {
            return NamedPiece::frame(only);
        }
        let start = self.frames.len();
        self.frames.extend_from_slice(frames);
        NamedPiece::run(self.number_from(start))
    }

    /// The number of the frames from `start` on, which are dropped when they have one already.
    fn number_from(&mut self, start: usize) -> u32 {
        let new = self.frames.get(start..).unwrap_or_default();
        let mut state = self.hasher.build_hasher();
        new.iter().for_each(|frame| state.write_u32(frame.0));
        let hash = (state.finish() >> 32) as u32;
        let same = |number: u32| self.frames(number as usize) == new;
        if let Some(number) = self.index.find(hash, same) {
            self.frames.truncate(start);
            return number;
        }
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.ends.push(self.frames.len());
        self.index.insert(hash, number);
        number
    }

    /// How many runs of addresses there are.
    pub(super) fn run_count(&self) -> usize {
        self.named.len()
    }

    /// The number of a run of addresses, and its frames that have no name.
    #[inline]
    pub(super) fn named(&self, run: usize) -> (u32, &[UnnamedRow]) {
        let NamedRun {
            number,
            unnamed_end: end,
            ..
        } = self.named[run];
        let before = run.checked_sub(1).map(|before| self.named[before]);
        let start = before.map_or(0, |before| before.unnamed_end);
        (number, self.unnamed.get(start..end).unwrap_or_default())
    }

    /// Whether a stack ends with a run of addresses.
    #[inline]
    pub(super) fn is_last(&self, run: usize) -> bool {
        self.named[run].is_last
    }

    /// The frames of a number, root first.
    #[inline]
    pub(super) fn frames(&self, number: usize) -> &[FrameIx] {
        self.frames.get(self.place(number)).unwrap_or_default()
    }

    /// Where the frames of a number lie.
    #[inline]
    fn place(&self, number: usize) -> Range<usize> {
        let end = self.ends.get(number).copied().unwrap_or_default();
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..end
    }

    /// The frames of all numbers in order, root first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[FrameIx]> {
        (0..self.ends.len()).map(|number| self.frames(number))
    }
}

#[cfg(test)]
mod tests {
    use super::super::piece::NamedLocation;
    use super::*;

    /// A function that others are inlined into is one location with several frames: a stack shows
    /// all of them, whether its location lies in a run of callers or not.
    #[test]
    fn a_location_can_have_several_frames() {
        let [outer, inlined, caller] = [0, 1, 2].map(FrameIx);
        let mut runs = NamedRuns::default();
        let named = [&[outer, inlined][..], &[caller]].map(|frames| NamedLocation {
            piece: runs.piece_of(frames),
            unnamed: None,
            is_uncalled: false,
            astray: None,
        });
        let named = NamedLocations {
            places: vec![0, 1],
            list: named.into(),
        };
        let Named::Run(number) = named.get(0).piece.get() else {
            panic!("two frames are no single one");
        };
        assert_eq!(runs.frames(number), [outer, inlined]);
        assert_eq!(named.get(1).piece.get(), Named::Frame(caller));
        assert_eq!(runs.piece_of(&[outer, inlined]), named.get(0).piece);
        runs.add(&[0, 1], &named);
        let (number, _) = runs.named(0);
        assert_eq!(runs.frames(number as usize), [caller, outer, inlined]);
    }
}
