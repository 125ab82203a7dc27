//! Different stacks of a worker, in pieces.

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::frame_hash::{FrameHasher, RunHashes};
use super::named_runs::NamedRuns;
use super::piece::{Named, NamedPiece};
use super::stacks::Stack;
use crate::hash::spread;
use crate::stack::FrameIx;

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
    fn part(&self, stack: &Stack, frames: u64) -> u32 {
        let mut state = self.rest.build_hasher();
        state.write_u64(u64::from(stack.class));
        state.write_u64(frames ^ u64::from(stack.payload_class) << 61);
        (state.finish() >> 32) as u32
    }
}

/// How many stacks, and how many of their pieces, there is room for at once: more are moved as more
/// come.
const ROOM: usize = 1 << 17;

/// Of so many stacks one is different at most, mostly: for these the index is made at once.
const ALIKE: usize = 8;

/// Different stacks of a worker, in pieces of its runs.
#[derive(Debug)]
pub(super) struct PieceStacks {
    stacks: Vec<Stack>,
    /// The part of the hash of each.
    hashes: Vec<u32>,
    /// The pieces of all stacks, one behind the other.
    pieces: Vec<NamedPiece>,
    /// Where the pieces of each stack end.
    ends: Vec<usize>,
    /// Positions of the stacks, each with the part of the hash of its stack.
    index: HashTable<(u32, u32)>,
    run_hashes: RunHashes,
    hasher: StackHasher,
}

impl PieceStacks {
    /// None yet, with room for so many, and for so many pieces of these runs.
    pub(super) fn new(most: usize, pieces: usize, runs: &NamedRuns, hasher: &StackHasher) -> Self {
        Self {
            stacks: Vec::with_capacity(most.min(ROOM)),
            hashes: Vec::with_capacity(most.min(ROOM)),
            pieces: Vec::with_capacity(pieces.min(ROOM)),
            ends: Vec::with_capacity(most.min(ROOM)),
            index: HashTable::with_capacity(most.min(ROOM) / ALIKE),
            run_hashes: hasher.frames.runs(runs),
            hasher: hasher.clone(),
        }
    }

    /// Adds a stack of these pieces, to the one that is the same where there is one. Tells its position.
    #[inline]
    pub(super) fn add(
        &mut self,
        mut new: Stack,
        pieces: impl Iterator<Item = NamedPiece>,
        runs: &NamedRuns,
    ) -> u32 {
        let start = self.pieces.len();
        self.pieces.extend(pieces);
        let list = self.pieces.get(start..).unwrap_or_default();
        let row = self.run_hashes.row(list);
        new.len += row.frames;
        let hash = self.hasher.part(&new, row.hash);
        let pieces = PieceList { list, runs };
        if let Some(at) = self.find(&new, hash, pieces, runs) {
            self.pieces.truncate(start);
            self.stacks[at as usize].add(&new);
            return at;
        }
        let at = u32::try_from(self.stacks.len()).unwrap_or(u32::MAX);
        self.stacks.push(new);
        self.hashes.push(hash);
        self.ends.push(self.pieces.len());
        self.index
            .insert_unique(spread(hash), (hash, at), |&(hash, _)| spread(hash));
        at
    }

    /// The position of a stack that is the same: these are of `runs`.
    fn find(&self, new: &Stack, hash: u32, pieces: PieceList<'_>, runs: &NamedRuns) -> Option<u32> {
        let same = |&(of_old, at): &(u32, u32)| {
            let at = at as usize;
            of_old == hash && self.stacks[at].is_like(new) && self.pieces(at, runs).are_same(pieces)
        };
        self.index.find(spread(hash), same).map(|&(_, at)| at)
    }

    /// The position of the stack that is the same as one of another worker: these are of `runs`.
    pub(super) fn find_same(
        &self,
        runs: &NamedRuns,
        other: &Self,
        at: usize,
        pieces: PieceList<'_>,
    ) -> Option<u32> {
        let (stack, &hash) = (other.stacks.get(at)?, other.hashes.get(at)?);
        self.find(stack, hash, pieces, runs)
    }

    /// The pieces of the stack of a position, which are of `runs`.
    #[inline]
    pub(super) fn pieces<'p>(&'p self, at: usize, runs: &'p NamedRuns) -> PieceList<'p> {
        let end = self.ends.get(at).copied().unwrap_or_default();
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        let list = self.pieces.get(start..end).unwrap_or_default();
        PieceList { list, runs }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Takes out the stacks; their pieces stay. None can be found from then on.
    pub(super) fn take_stacks(&mut self) -> Vec<Stack> {
        self.index = HashTable::new();
        std::mem::take(&mut self.stacks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Tag;
    use crate::units::CpuMode;

    fn stack(mode: CpuMode) -> Stack {
        Stack {
            list: 0,
            start: 0,
            len: 0,
            class: 0,
            payload_class: 0,
            mode,
            chain_is_empty: false,
            tag: Tag::Host,
            deciding: 0,
            samples: 1,
            weight: 10,
        }
    }

    /// Stacks of the same frames are the same, whatever their pieces are, and of another worker too,
    /// whose runs have other numbers; stacks of other modes are not.
    #[test]
    fn frames_tell_which_stacks_are_the_same() {
        let hasher = StackHasher::new();
        let [a, b, c] = [0, 1, 2].map(FrameIx);
        let mut runs = NamedRuns::default();
        let [outer, all] = [&[a, b][..], &[a, b, c]].map(|frames| runs.piece_of(frames));
        let last = NamedPiece::frame(c);
        let mut own = PieceStacks::new(4, 8, &runs, &hasher);
        let mut add =
            |mode, pieces: &[NamedPiece]| own.add(stack(mode), pieces.iter().copied(), &runs);
        assert_eq!(add(CpuMode::User, &[last, outer]), 0);
        assert_eq!(add(CpuMode::User, &[all]), 0);
        assert_eq!(add(CpuMode::Kernel, &[all]), 1);
        assert_eq!(add(CpuMode::User, &[outer]), 2);
        let mut frames = Vec::new();
        own.pieces(0, &runs).push_frames(&mut frames);
        assert_eq!(frames, [a, b, c]);

        let mut other_runs = NamedRuns::default();
        let all = other_runs.piece_of(&[a, b, c]);
        let mut other = PieceStacks::new(4, 8, &other_runs, &hasher);
        other.add(stack(CpuMode::User), [all].into_iter(), &other_runs);
        other.add(stack(CpuMode::User), [last].into_iter(), &other_runs);
        let found = [0, 1].map(|at| {
            let pieces = other.pieces(at, &other_runs);
            own.find_same(&runs, &other, at, pieces)
        });
        assert_eq!(found, [Some(0), None]);
        let stacks = own.take_stacks();
        let sums: Vec<_> = stacks
            .iter()
            .map(|stack| (stack.samples, stack.weight, stack.len))
            .collect();
        assert_eq!(sums, [(2, 20, 3), (1, 10, 3), (1, 10, 2)]);
    }
}
