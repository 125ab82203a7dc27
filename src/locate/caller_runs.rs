//! Callers that many stacks have in common.

use hashbrown::HashTable;

use super::frame_entry::FrameEntry;
use crate::hash::{Mixer, spread};

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
    /// Their position in the list of runs.
    pub(crate) number: u32,
    /// What the last of them means for what called it.
    pub(crate) frame_entry: FrameEntry,
}

/// Callers that were met, and what is known of them.
#[derive(Clone, Copy, Debug)]
struct KnownCallers {
    /// Where their bytes begin in the list.
    start: usize,
    len: u32,
    space: u32,
    frame_entry: FrameEntry,
    last: FrameEntry,
}

/// Runs of callers that were met, each once.
#[derive(Debug)]
pub(crate) struct CallerRuns {
    runs: Vec<KnownCallers>,
    /// The bytes of all runs, one behind the other: those of the capture lie far apart.
    bytes: Vec<u8>,
    /// The locations of all runs, one behind the other, as indexes into the locator's list: one for
    /// each eight bytes.
    locations: Vec<u32>,
    /// Positions of runs, each with the part of the hash that tells most others apart.
    index: HashTable<(u32, u32)>,
    mixer: Mixer,
}

impl CallerRuns {
    pub(crate) fn new() -> Self {
        Self {
            runs: Vec::new(),
            bytes: Vec::new(),
            locations: Vec::new(),
            index: HashTable::new(),
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
        let same = |&(of_old, ix): &(u32, u32)| {
            of_old == hash && self.are_same(&self.runs[ix as usize], callers)
        };
        let &(_, number) = self.index.find(spread(hash), same)?;
        let frame_entry = self.runs[number as usize].last;
        Some(CallerRun {
            number,
            frame_entry,
        })
    }

    fn are_same(&self, known: &KnownCallers, callers: &Callers<'_>) -> bool {
        let bytes = self
            .bytes
            .get(known.start..known.start + known.len as usize);
        (known.space, known.frame_entry) == (callers.space, callers.frame_entry)
            && bytes == Some(callers.bytes)
    }

    /// Takes in callers that were not met, with their locations and what the last of them means for
    /// what called it.
    pub(crate) fn add(
        &mut self,
        callers: Callers<'_>,
        hash: u32,
        locations: &[u32],
        last: FrameEntry,
    ) -> CallerRun {
        self.locations.extend_from_slice(locations);
        // Each run takes more than 32 bytes: 2^31 of them do not fit into memory.
        let number = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
        self.runs.push(KnownCallers {
            start: self.bytes.len(),
            // A record has at most 65 535 bytes; a trace behind one holds no stack.
            len: u32::try_from(callers.bytes.len()).unwrap_or(u32::MAX),
            space: callers.space,
            frame_entry: callers.frame_entry,
            last,
        });
        self.bytes.extend_from_slice(callers.bytes);
        self.index
            .insert_unique(spread(hash), (hash, number), |&(hash, _)| spread(hash));
        CallerRun {
            number,
            frame_entry: last,
        }
    }

    /// Gives back what only [`Self::find`] and [`Self::add`] need; none may follow.
    pub(super) fn end(&mut self) {
        self.bytes = Vec::new();
        self.index = HashTable::new();
    }

    /// The locations of each run, nearest to the leaf first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.runs.iter().map(|known| {
            let (start, len) = (known.start / 8, known.len as usize / 8);
            self.locations.get(start..start + len).unwrap_or_default()
        })
    }
}
