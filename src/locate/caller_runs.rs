//! Callers that many stacks have in common.

use super::frame_entry::FrameEntry;
use crate::hash::{HashedPositions, Mixer};

/// Callers as a chain holds them, with all that their locations depend on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Callers<'a> {
    /// Eight bytes a caller, those nearest to the leaf first.
    pub(crate) bytes: &'a [u8],
    /// The number of the space that they are of.
    pub(crate) space: u32,
    /// What the function that the first of them called means for it.
    pub(crate) frame_entry: FrameEntry,
}

/// What is known of callers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallerRun {
    /// The number of their run of locations.
    pub(crate) number: u32,
    /// What the last of them means for what called it.
    pub(crate) frame_entry: FrameEntry,
}

/// Callers that were met, and what is known of them.
#[derive(Clone, Copy, Debug)]
struct KnownCallers<'c> {
    callers: Callers<'c>,
    last: FrameEntry,
    /// The number of their run of locations.
    number: u32,
}

/// Runs of callers that were met, each once.
#[derive(Debug)]
pub(crate) struct CallerRuns<'c> {
    runs: Vec<KnownCallers<'c>>,
    locations: LocationRuns,
    /// Positions of runs.
    index: HashedPositions,
    mixer: Mixer,
}

impl<'c> CallerRuns<'c> {
    pub(crate) fn new() -> Self {
        Self {
            runs: Vec::new(),
            locations: LocationRuns::default(),
            index: HashedPositions::default(),
            mixer: Mixer::new(),
        }
    }

    /// The part of the hash of callers that [`Self::find`] and [`Self::add`] take.
    #[inline]
    pub(crate) fn hash(&self, callers: &Callers<'_>) -> u32 {
        let numbers = [u64::from(callers.space), callers.frame_entry as u64];
        self.mixer.hash(numbers, callers.bytes)
    }

    /// What is known of callers that were met.
    #[inline]
    pub(crate) fn find(&self, callers: &Callers<'_>, hash: u32) -> Option<CallerRun> {
        let same = |at: u32| self.runs[at as usize].callers == *callers;
        let at = self.index.find(hash, same)?;
        let known = &self.runs[at as usize];
        Some(CallerRun {
            number: known.number,
            frame_entry: known.last,
        })
    }

    /// Takes in callers that were not met, with their locations and what the last of them means for
    /// what called it.
    pub(crate) fn add(
        &mut self,
        callers: Callers<'c>,
        hash: u32,
        locations: &[u32],
        last: FrameEntry,
    ) -> CallerRun {
        let number = self.locations.number_of(locations, &self.mixer);
        // Each run takes more than 32 bytes: 2^31 of them do not fit into memory.
        let at = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
        self.runs.push(KnownCallers {
            callers,
            last,
            number,
        });
        self.index.insert(hash, at);
        CallerRun {
            number,
            frame_entry: last,
        }
    }

    /// Gives back what only [`Self::find`] and [`Self::add`] need; none may follow.
    pub(super) fn end(&mut self) {
        self.runs = Vec::new();
        self.index = HashedPositions::default();
        self.locations.index = HashedPositions::default();
    }

    /// The locations of each run of locations, by its number, nearest to the leaf first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.locations.ends.len()).map(|number| self.locations.get(number))
    }
}

/// Runs of locations, each once: code without frame pointers leaves many addresses that lie nowhere.
#[derive(Debug, Default)]
struct LocationRuns {
    /// The locations of all runs, one behind the other, as indexes into the locator's list.
    all: Vec<u32>,
    /// Where each run ends.
    ends: Vec<usize>,
    /// Numbers of runs.
    index: HashedPositions,
}

impl LocationRuns {
    /// The number of a run of locations.
    fn number_of(&mut self, locations: &[u32], mixer: &Mixer) -> u32 {
        let hash = mixer.hash_numbers(locations);
        let same = |number: u32| self.get(number as usize) == locations;
        if let Some(number) = self.index.find(hash, same) {
            return number;
        }
        // There are no more of them than runs of callers.
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.all.extend_from_slice(locations);
        self.ends.push(self.all.len());
        self.index.insert(hash, number);
        number
    }

    fn get(&self, number: usize) -> &[u32] {
        let end = self.ends.get(number).copied().unwrap_or_default();
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.all.get(start..end).unwrap_or_default()
    }
}
