//! Named stacks merged: addresses and threads differ where names do not.

use super::classes::Class;
use super::doubtful::{DoubtfulSamples, DoubtfulStacks};
use super::name_worker::NameWorker;
use super::named_runs::NamedRuns;
use super::piece_stacks::{PieceList, PieceStacks, StackHasher};
use super::places::BlockPlaces;
use super::request::NameRequest;
use super::stacks::Stack;
use super::unnamed::UnnamedSums;
use crate::fold::{Block, EpochStack, UniqueStack, UserPart, WeightKind};
use crate::locate::StackPath;
use crate::stack::Tag;
use crate::unwind::StackEnd;

/// The different stacks of a worker, with what is counted of each by its position.
#[derive(Debug)]
pub(super) struct WorkerStacks {
    pub(super) stacks: PieceStacks,
    pub(super) counts: StackCounts,
    /// The runs of their pieces.
    runs: NamedRuns,
}

impl WorkerStacks {
    /// The pieces of the stack of a position.
    pub(super) fn pieces(&self, at: usize) -> PieceList<'_> {
        self.stacks.pieces(at, &self.runs)
    }

    /// The position of the stack that is the same as one of another worker.
    pub(super) fn find(&self, other: &Self, at: usize) -> Option<u32> {
        self.stacks
            .find_same(&self.runs, &other.stacks, at, other.pieces(at))
    }
}

/// What is counted of stacks by their position.
#[derive(Debug, Default)]
pub(super) struct StackCounts {
    pub(super) unnamed: UnnamedSums,
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
    pub(super) classes: &'m [Class],
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
        let mut stacks = PieceStacks::new(most, pieces, worker.runs(), self.hasher);
        let mut counts = StackCounts::default();
        for located in of_blocks {
            let Some(block) = blocks.get(located.at) else {
                continue;
            };
            let mut of_block = Vec::new();
            for (EpochStack { stack, .. }, (path, pieces)) in block.iter().zip(located.iter()) {
                let samples = stack.samples;
                let mut doubtful = self.doubtful(&stack, path);
                let last = pieces.iter().position(|&piece| worker.is_last(piece));
                let pieces = last.map_or(pieces, |last| &pieces[..=last]);
                if last.is_some() {
                    doubtful.without_caller = samples;
                }
                let named = pieces.iter().map(|&piece| worker.name(piece));
                let new = self.stack(&stack, path, class_of[path.task as usize]);
                let position = stacks.add(new, named, worker.runs());
                let rows = pieces.iter().flat_map(|&piece| worker.unnamed(piece));
                counts.unnamed.add_all(position, rows, samples);
                counts.doubtful.add(position, doubtful);
                if self.request.keeps_places {
                    of_block.push(position);
                }
            }
            counts.places.add_block(located.at, of_block);
        }
        WorkerStacks {
            stacks,
            counts,
            runs: worker.into_runs(),
        }
    }

    /// A stack with the frames of its class alone.
    fn stack(&self, stack: &UniqueStack<'_>, path: &StackPath, class: u32) -> Stack {
        let roots = self.classes.get(class as usize);
        let roots = roots.map_or(0, |class| class.roots.len());
        Stack {
            list: 0,
            start: 0,
            len: roots,
            class,
            payload_class: stack.key.payload_class,
            mode: stack.key.mode,
            chain_is_empty: self.request.recording.has_chains && path.chain_len == 0,
            tag: Tag::Host,
            deciding: roots,
            samples: stack.samples,
            weight: match self.request.weight {
                WeightKind::Samples | WeightKind::ByEvent => stack.samples,
                WeightKind::Period => stack.period,
            },
        }
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
