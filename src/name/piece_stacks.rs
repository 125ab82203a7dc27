//! Different stacks of a worker, in pieces.

use std::hash::{BuildHasher, Hasher};

use hashbrown::DefaultHashBuilder;

use super::frame_hash::{FrameHasher, RunHashes};
use super::merged_stack::{MergedStack, StackTraits};
use super::named_runs::NamedRuns;
use super::piece::{Named, NamedPiece};
use super::unnamed::FurtherUnnamed;
use crate::hash::HashedPositions;
use crate::stack::FrameIx;
use crate::units::Index;

/// Pieces, those nearest to the leaf first, and the runs that they mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct PieceList<'p> {
    list: &'p [NamedPiece],
    runs: &'p NamedRuns,
}

impl<'p> PieceList<'p> {
    /// Appends the frames, root first.
    pub(super) fn push_frames(self, frames: &mut Vec<FrameIx>) {
        for piece in self.list.iter().rev() {
            match piece.get() {
                Named::Frame(frame) => frames.push(frame),
                Named::Run(run) => frames.extend_from_slice(self.runs.frames(run)),
            }
        }
    }

    /// Whether the frames are the same.
    fn are_same(self, other: Self) -> bool {
        let same = |(a, b): (&NamedPiece, &NamedPiece)| match (a.get(), b.get()) {
            (Named::Frame(a), Named::Frame(b)) => a == b,
            (Named::Run(a), Named::Run(b)) => self.runs.frames(a) == other.runs.frames(b),
            (Named::Frame(_), Named::Run(_)) | (Named::Run(_), Named::Frame(_)) => false,
        };
        if std::ptr::eq(self.runs, other.runs) && self.list == other.list {
            return true;
        }
        let is_alike = self.list.len() == other.list.len();
        (is_alike && self.list.iter().zip(other.list).all(same)) || self.frames().eq(other.frames())
    }

    fn frames(self) -> impl Iterator<Item = FrameIx> + use<'p> {
        self.list.iter().rev().flat_map(move |piece| {
            let (frame, run) = match piece.get() {
                Named::Frame(frame) => (Some(frame), &[][..]),
                Named::Run(run) => (None, self.runs.frames(run)),
            };
            frame.into_iter().chain(run.iter().copied())
        })
    }
}

/// How stacks are hashed: by all that tells them from others, the same by every worker.
#[derive(Clone, Debug)]
pub(super) struct StackHasher {
    frames: FrameHasher,
    rest: DefaultHashBuilder,
}

impl StackHasher {
    pub(super) fn new() -> Self {
        Self {
            frames: FrameHasher::new(),
            rest: DefaultHashBuilder::default(),
        }
    }

    /// The part of the hash that tells most stacks apart.
    #[inline]
    fn part(&self, traits: &StackTraits, frames: u64) -> u32 {
        let mut state = self.rest.build_hasher();
        state.write_u64(u64::from(traits.class));
        state.write_u64(frames ^ u64::from(traits.payload_class) << 61);
        (state.finish() >> 32) as u32
    }
}

/// How many stacks, and how many of their pieces, there is room for at once: more are moved as more
/// come.
const ROOM: usize = 1 << 17;

/// Of so many stacks one is different at most, mostly: for these the index is made at once.
const ALIKE: usize = 8;

/// How many stacks are looked up at a time: about as many cache misses as a CPU has under way at the
/// same time.
pub(super) const GROUP: usize = 16;

/// Stacks that wait to be added, up to a group, with their pieces.
#[derive(Debug, Default)]
pub(super) struct WaitingStacks {
    list: Vec<MergedStack>,
    pieces: Vec<NamedPiece>,
}

impl WaitingStacks {
    /// Adds a stack of these pieces, but for what the pieces tell of it.
    #[inline]
    pub(super) fn push(&mut self, mut new: MergedStack, pieces: impl Iterator<Item = NamedPiece>) {
        new.start = self.pieces.len();
        self.pieces.extend(pieces);
        new.pieces = u32::of(self.pieces.len() - new.start);
        self.list.push(new);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}

/// Stacks of another worker, and the runs that their pieces mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct OtherStacks<'o> {
    pub(super) stacks: &'o PieceStacks,
    pub(super) runs: &'o NamedRuns,
}

/// Different stacks of a worker, in pieces of its runs.
#[derive(Debug)]
pub(super) struct PieceStacks {
    list: Vec<MergedStack>,
    /// The pieces of all stacks, one behind the other.
    pieces: Vec<NamedPiece>,
    /// Positions of the stacks.
    index: HashedPositions,
    run_hashes: RunHashes,
    hasher: StackHasher,
}

impl PieceStacks {
    /// None yet, with room for so many, and for so many pieces of these runs.
    pub(super) fn new(most: usize, pieces: usize, runs: &NamedRuns, hasher: &StackHasher) -> Self {
        Self {
            list: Vec::with_capacity(most.min(ROOM)),
            pieces: Vec::with_capacity(pieces.min(ROOM)),
            index: HashedPositions::with_capacity(most.min(ROOM) / ALIKE),
            run_hashes: hasher.frames.runs(runs),
            hasher: hasher.clone(),
        }
    }

    /// Adds the stacks that wait, each to the one that is the same where there is one. Tells their
    /// positions.
    pub(super) fn add_waiting(
        &mut self,
        waiting: &mut WaitingStacks,
        further: &mut FurtherUnnamed,
        runs: &NamedRuns,
    ) -> [u32; GROUP] {
        for new in &mut waiting.list {
            let row = self.run_hashes.row(pieces_of(new, &waiting.pieces));
            new.frames = u32::of(row.frames);
            new.hash = self.hasher.part(&new.traits, row.hash);
        }
        let mut places = self.first_alike(waiting.list.iter().map(|new| Some(new.hash)));
        for (new, place) in waiting.list.iter().zip(&mut places) {
            let list = pieces_of(new, &waiting.pieces);
            match self.find(*place, new, PieceList { list, runs }, runs) {
                Some(at) => {
                    *place = at;
                    if let Some(unnamed) = self.list[at as usize].add(new) {
                        further.add(at, unnamed);
                    }
                }
                None => *place = self.push(new, list),
            }
        }
        waiting.list.clear();
        waiting.pieces.clear();
        places
    }

    /// Where the first stack is for each of these parts of hashes, up to a group: mostly the one that is
    /// the same.
    ///
    /// Many stacks are not in the CPU's caches: each look-up waits for memory. So what the comparisons
    /// will need is loaded first for all of them, and the CPU waits for many places at the same time.
    #[inline]
    fn first_alike(&self, hashes: impl Iterator<Item = Option<u32>> + Clone) -> [u32; GROUP] {
        self.index.load(hashes.clone().flatten());
        let mut places = [NOWHERE; GROUP];
        for (hash, place) in hashes.zip(&mut places) {
            let found = hash.and_then(|hash| self.index.find(hash, |_| true));
            *place = found.unwrap_or(NOWHERE);
        }
        let mut touched = 0;
        for at in places {
            let old = self.list.get(at as usize);
            let piece = old.and_then(|old| self.pieces.get(old.start));
            touched ^= piece.map_or(0, |piece| piece.bits());
        }
        std::hint::black_box(touched);
        places
    }

    /// The position of a stack that is the same, which may be at `first`: these pieces are of `runs`.
    #[inline]
    fn find(
        &self,
        first: u32,
        new: &MergedStack,
        pieces: PieceList<'_>,
        runs: &NamedRuns,
    ) -> Option<u32> {
        let is_same = |at: u32| {
            let old = self.list.get(at as usize);
            old.is_some_and(|old| {
                old.traits == new.traits && self.pieces_of(old, runs).are_same(pieces)
            })
        };
        if is_same(first) {
            return Some(first);
        }
        self.index.find(new.hash, is_same)
    }

    /// Adds a stack that is not there yet; tells its position.
    fn push(&mut self, new: &MergedStack, pieces: &[NamedPiece]) -> u32 {
        let at = u32::of(self.list.len());
        self.list.push(MergedStack {
            start: self.pieces.len(),
            ..*new
        });
        self.pieces.extend_from_slice(pieces);
        self.index.insert(new.hash, at);
        at
    }

    /// Looks for stacks of another worker, from a position on, where none was found yet: these are of
    /// `runs`. No more than a group of them.
    pub(super) fn find_same(
        &self,
        runs: &NamedRuns,
        other: OtherStacks<'_>,
        start: usize,
        is_found: &[bool],
    ) -> [Option<u32>; GROUP] {
        let list = other.stacks.list.get(start..).unwrap_or_default();
        let list = list.iter().zip(is_found);
        let hashes = list
            .clone()
            .map(|(new, is_found)| (!is_found).then_some(new.hash));
        let places = self.first_alike(hashes);
        let mut found = [None; GROUP];
        for (((new, is_found), first), found) in list.zip(places).zip(&mut found) {
            // Without a first one that has the hash there is none at all.
            if !is_found && first != NOWHERE {
                let pieces = other.stacks.pieces_of(new, other.runs);
                *found = self.find(first, new, pieces, runs);
            }
        }
        found
    }

    /// The stack of a position.
    #[inline]
    pub(super) fn get(&self, at: usize) -> &MergedStack {
        &self.list[at]
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, at: usize) -> &mut MergedStack {
        &mut self.list[at]
    }

    /// The pieces of a stack, which are of `runs`.
    #[inline]
    pub(super) fn pieces_of<'p>(
        &'p self,
        stack: &MergedStack,
        runs: &'p NamedRuns,
    ) -> PieceList<'p> {
        let list = pieces_of(stack, &self.pieces);
        PieceList { list, runs }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}

/// The position of no stack.
const NOWHERE: u32 = u32::MAX;

/// The pieces of a stack among others.
#[inline]
fn pieces_of<'p>(stack: &MergedStack, all: &'p [NamedPiece]) -> &'p [NamedPiece] {
    let from = all.get(stack.start..).unwrap_or_default();
    from.get(..stack.pieces as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::CpuMode;

    fn stack(mode: CpuMode) -> MergedStack {
        let traits = StackTraits {
            class: 0,
            payload_class: 0,
            mode,
            chain_is_empty: false,
        };
        MergedStack::new(traits, 1, 10)
    }

    /// Adds stacks of these pieces all at once; tells their positions.
    fn add<const N: usize>(
        stacks: &mut PieceStacks,
        runs: &NamedRuns,
        new: [(CpuMode, &[NamedPiece]); N],
    ) -> Vec<u32> {
        let mut waiting = WaitingStacks::default();
        for (mode, pieces) in new {
            waiting.push(stack(mode), pieces.iter().copied());
        }
        let places = stacks.add_waiting(&mut waiting, &mut FurtherUnnamed::default(), runs);
        places[..N].to_vec()
    }

    /// Stacks of the same frames are the same, whatever their pieces are, also of those that wait
    /// together, and of another worker too, whose runs have other numbers; stacks of other modes are
    /// not.
    #[test]
    fn frames_tell_which_stacks_are_the_same() {
        let hasher = StackHasher::new();
        let [a, b, c] = [0, 1, 2].map(FrameIx);
        let mut runs = NamedRuns::default();
        let [outer, all] = [&[a, b][..], &[a, b, c]].map(|frames| runs.piece_of(frames));
        let last = NamedPiece::frame(c);
        let mut own = PieceStacks::new(4, 8, &runs, &hasher);
        let (user, kernel) = (CpuMode::User, CpuMode::Kernel);
        let new = [
            (user, &[last, outer][..]),
            (user, &[all][..]),
            (kernel, &[all][..]),
        ];
        assert_eq!(add(&mut own, &runs, new), [0, 0, 1]);
        let new = [(user, &[outer][..]), (kernel, &[last, outer][..])];
        assert_eq!(add(&mut own, &runs, new), [2, 1]);
        let mut frames = Vec::new();
        own.pieces_of(own.get(0), &runs).push_frames(&mut frames);
        assert_eq!(frames, [a, b, c]);

        let mut other_runs = NamedRuns::default();
        let all = other_runs.piece_of(&[a, b, c]);
        let mut other = PieceStacks::new(4, 8, &other_runs, &hasher);
        let new = [
            (user, &[last][..]),
            (user, &[all][..]),
            (kernel, &[all][..]),
        ];
        add(&mut other, &other_runs, new);
        let others = OtherStacks {
            stacks: &other,
            runs: &other_runs,
        };
        let found = own.find_same(&runs, others, 0, &[false, false, true]);
        assert_eq!(found[..3], [None, Some(0), None]);
        let found = own.find_same(&runs, others, 1, &[false; 2]);
        assert_eq!(found[..3], [Some(0), Some(1), None]);
        let sums = own
            .list
            .iter()
            .map(|stack| (stack.samples, stack.weight, stack.frames));
        assert_eq!(
            sums.collect::<Vec<_>>(),
            [(2, 20, 3), (2, 20, 3), (1, 10, 2)]
        );
    }
}
