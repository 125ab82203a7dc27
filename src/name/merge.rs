//! Named stacks merged: addresses and threads differ where names do not.

use super::doubtful::{DoubtfulSamples, DoubtfulStacks};
use super::merged_stack::{MergedStack, StackTraits};
use super::name_worker::{LocatedBlock, NameWorker};
use super::named_runs::NamedRuns;
use super::piece_stacks::{GROUP, OtherStacks, PieceStacks, StackHasher, WaitingStacks};
use super::places::BlockPlaces;
use super::request::NameRequest;
use super::shown_pieces::{ShownPiece, ShownPieces};
use super::unnamed::{FurtherUnnamed, UnnamedSum};
use crate::fold::{Block, EpochStack, UniqueStack, UserPart, WeightKind};
use crate::locate::{LocatedPiece, StackPath};
use crate::unwind::StackEnd;

/// The different stacks of a worker, with what is counted of each by its position.
#[derive(Debug)]
pub(super) struct WorkerStacks {
    pub(super) stacks: PieceStacks,
    pub(super) counts: StackCounts,
    /// The runs of their pieces.
    pub(super) runs: NamedRuns,
}

impl WorkerStacks {
    /// Looks for the stacks of another worker from a position on, where none was found yet: no more
    /// than a group of them.
    pub(super) fn find(
        &self,
        other: &Self,
        start: usize,
        is_found: &[bool],
    ) -> [Option<u32>; GROUP] {
        let others = OtherStacks {
            stacks: &other.stacks,
            runs: &other.runs,
        };
        self.stacks.find_same(&self.runs, others, start, is_found)
    }
}

/// What is counted of stacks by their position.
#[derive(Debug, Default)]
pub(super) struct StackCounts {
    pub(super) unnamed: FurtherUnnamed,
    pub(super) doubtful: DoubtfulStacks,
    pub(super) places: BlockPlaces,
}

impl StackCounts {
    /// Adds those of stacks that have other positions here.
    pub(super) fn append(&mut self, other: Self, positions: &[u32]) {
        self.unnamed.append(other.unnamed, positions);
        self.doubtful.append(other.doubtful, positions);
        self.places.append(other.places, positions);
    }
}

/// What merging needs to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merger<'m> {
    pub(super) request: &'m NameRequest,
    pub(super) hasher: &'m StackHasher,
}

impl Merger<'_> {
    /// Merges the stacks of a worker, of whose tasks `class_of` tells the classes.
    pub(super) fn merge_worker(
        &self,
        blocks: &[Block<'_, '_>],
        mut worker: NameWorker<'_>,
        class_of: &[u32],
    ) -> WorkerStacks {
        // Each is given back behind its last use: together they are as large as the merged stacks.
        let of_blocks = std::mem::take(&mut worker.blocks);
        // Those of other workers are put behind the first one's.
        let most = blocks.iter().map(Block::len).sum();
        let pieces = of_blocks.iter().map(|located| located.pieces.len()).sum();
        let mut work = WorkerMerge {
            merger: *self,
            class_of,
            worker: &worker,
            shown: ShownPieces::of(&worker),
            stacks: PieceStacks::new(most, pieces, worker.runs(), self.hasher),
            counts: StackCounts::default(),
            group: StackGroup::default(),
        };
        for located in of_blocks {
            if let Some(block) = blocks.get(located.at) {
                work.add_block(block, &located);
            }
        }
        let WorkerMerge { stacks, counts, .. } = work;
        WorkerStacks {
            stacks,
            counts,
            runs: worker.into_runs(),
        }
    }

    /// A stack without its pieces.
    #[inline]
    fn stack(&self, stack: &UniqueStack<'_>, path: &StackPath, class: u32) -> MergedStack {
        let traits = StackTraits {
            class,
            payload_class: stack.key.payload_class,
            mode: stack.key.mode,
            chain_is_empty: self.request.recording.has_chains && path.chain_len == 0,
        };
        let weight = match self.request.weight {
            WeightKind::Samples | WeightKind::ByEvent => stack.samples,
            WeightKind::Period => stack.period,
        };
        MergedStack::new(traits, stack.samples, weight)
    }

    fn doubtful(&self, stack: &UniqueStack<'_>, path: &StackPath) -> DoubtfulSamples {
        let samples_if = |holds: bool| if holds { stack.samples } else { 0 };
        // The kernel's limit is none for a stack that was unwound.
        let is_cut = path.chain_len as usize >= self.request.recording.max_stack
            && !matches!(stack.user, UserPart::Unwound(_));
        DoubtfulSamples {
            truncated: samples_if(is_cut),
            copied: samples_if(matches!(
                stack.user,
                UserPart::CopiedStack(_) | UserPart::UnusedCopy
            )),
            branched: samples_if(matches!(stack.user, UserPart::LastBranches(_))),
            cut_copies: samples_if(stack.user == UserPart::Unwound(StackEnd::Truncated)),
            not_unwound: samples_if(matches!(
                stack.user,
                UserPart::Unwound(StackEnd::NotUnwound | StackEnd::NoFile)
            )),
            without_file: samples_if(stack.user == UserPart::Unwound(StackEnd::NoFile)),
            without_caller: 0,
        }
    }
}

/// Stacks that are merged together. What few of them have is told by the place in the group.
#[derive(Debug, Default)]
struct StackGroup {
    stacks: WaitingStacks,
    /// What the pieces of all show, before any is cut off.
    shown: Vec<ShownPiece>,
    further: Vec<(usize, UnnamedSum)>,
    doubtful: Vec<(usize, DoubtfulSamples)>,
}

/// The merging of a worker's stacks.
#[derive(Debug)]
struct WorkerMerge<'w, 'm> {
    merger: Merger<'w>,
    class_of: &'w [u32],
    worker: &'w NameWorker<'m>,
    shown: ShownPieces<'w>,
    stacks: PieceStacks,
    counts: StackCounts,
    group: StackGroup,
}

impl WorkerMerge<'_, '_> {
    fn add_block(&mut self, block: &Block<'_, '_>, located: &LocatedBlock) {
        let mut of_block = Vec::new();
        let mut stacks = block.iter();
        let mut rest = &*located.pieces;
        for paths in located.paths.chunks(GROUP) {
            let pieces = paths.iter().map(|path| path.pieces as usize).sum();
            let (mut own, behind) = rest.split_at(pieces);
            rest = behind;
            let mut shown = std::mem::take(&mut self.group.shown);
            shown.extend(own.iter().map(|&piece| self.shown.get(piece)));
            let mut of_own = &*shown;
            // The paths are first: they end, and no stack must be taken for the one behind the last.
            for (path, EpochStack { stack, .. }) in paths.iter().zip(&mut stacks) {
                let (pieces, behind) = own.split_at(path.pieces as usize);
                let (shown, shown_behind) = of_own.split_at(path.pieces as usize);
                (own, of_own) = (behind, shown_behind);
                self.wait(&stack, path, pieces, shown);
            }
            shown.clear();
            self.group.shown = shown;
            self.add_group(&mut of_block);
        }
        self.counts.places.add_block(located.at, of_block);
    }

    /// Puts a stack into the group.
    #[inline]
    fn wait(
        &mut self,
        stack: &UniqueStack<'_>,
        path: &StackPath,
        pieces: &[LocatedPiece],
        shown: &[ShownPiece],
    ) {
        let place = self.group.stacks.len();
        let class = self.class_of[path.task as usize];
        let mut new = self.merger.stack(stack, path, class);
        let mut doubtful = self.merger.doubtful(stack, path);
        let last = shown.iter().position(|shown| shown.is_last);
        let shown = last.map_or(shown, |last| &shown[..=last]);
        if last.is_some() {
            doubtful.without_caller = stack.samples;
        }
        for (shown, &piece) in shown.iter().zip(pieces) {
            let sum = UnnamedSum::of(shown.unnamed, stack.samples);
            if let Some(sum) = new.unnamed.add(sum) {
                self.group.further.push((place, sum));
            }
            if shown.has_further {
                let further = self.worker.unnamed(piece).iter().skip(1);
                let further = further.map(|&row| (place, UnnamedSum::of(row, stack.samples)));
                self.group.further.extend(further);
            }
        }
        if doubtful != DoubtfulSamples::default() {
            self.group.doubtful.push((place, doubtful));
        }
        let pieces = shown.iter().map(|shown| shown.piece);
        self.group.stacks.push(new, pieces);
    }

    /// Merges the group; its positions are put to those of the block where they are kept.
    fn add_group(&mut self, of_block: &mut Vec<u32>) {
        let group = &mut self.group;
        let len = group.stacks.len();
        let (further, runs) = (&mut self.counts.unnamed, self.worker.runs());
        let positions = self.stacks.add_waiting(&mut group.stacks, further, runs);
        for (place, sum) in group.further.drain(..) {
            further.add(positions[place], sum);
        }
        for (place, samples) in group.doubtful.drain(..) {
            self.counts.doubtful.add(positions[place], samples);
        }
        if self.merger.request.keeps_places {
            of_block.extend(&positions[..len]);
        }
    }
}
