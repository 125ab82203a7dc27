//! Named stacks merged: addresses and threads differ where names do not.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::classes::Class;
use super::doubtful::DoubtfulSamples;
use super::name_worker::NameWorker;
use super::piece::{Named, NamedPiece};
use super::places::BlockPlaces;
use super::request::NameRequest;
use super::stacks::{NamedStacks, Stack, StackParts};
use super::unnamed::UnnamedSums;
use crate::fold::{Block, EpochStack, Split, UniqueStack, UserPart, WeightKind};
use crate::locate::StackPath;
use crate::stack::{FrameIx, Tag};
use crate::units::CpuMode;
use crate::unwind::StackEnd;

/// What tells a stack from others, besides its frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Key {
    class: u32,
    /// The slice of time; 0 unless stacks are kept apart by it.
    slice: u32,
    payload_class: u8,
    mode: CpuMode,
    chain_is_empty: bool,
}

/// Different stacks, each made of items of one list.
#[derive(Debug)]
struct Distinct<T> {
    stacks: Vec<Stack>,
    /// The items of all stacks, one behind the other.
    items: Vec<T>,
    /// Positions of the stacks, each with the hash of its stack.
    index: HashTable<(u64, u32)>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self {
            stacks: Vec::new(),
            items: Vec::new(),
            index: HashTable::new(),
        }
    }
}

impl<T: PartialEq> Distinct<T> {
    /// Adds a stack whose items are the last ones of the list; where the same is there already, they
    /// are dropped. Tells its position.
    fn add(&mut self, new: Stack, hash: u64) -> u32 {
        let Self { stacks, items, .. } = self;
        let items_of = |stack: &Stack| items.get(stack.start..stack.start + stack.len);
        let same = |&(of_old, ix): &(u64, u32)| {
            let old = &stacks[ix as usize];
            of_old == hash && old.key() == new.key() && items_of(old) == items_of(&new)
        };
        if let Some(&(_, ix)) = self.index.find(hash, same) {
            items.truncate(new.start);
            stacks[ix as usize].add(&new);
            return ix;
        }
        let ix = u32::try_from(stacks.len()).unwrap_or(u32::MAX);
        stacks.push(new);
        self.index
            .insert_unique(hash, (hash, ix), |&(hash, _)| hash);
        ix
    }

    /// The items of a stack of the list.
    fn items_of(&self, stack: &Stack) -> &[T] {
        let items = self.items.get(stack.start..stack.start + stack.len);
        items.unwrap_or_default()
    }
}

/// Merged stacks in frames.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// One stack may have been made of different pieces.
    distinct: Distinct<FrameIx>,
    unnamed: UnnamedSums,
    places: BlockPlaces,
}

impl Merged {
    /// Adds the stacks of another worker.
    pub(super) fn append(&mut self, other: Self) {
        let mut hashes = vec![0; other.distinct.stacks.len()];
        for &(hash, ix) in &other.distinct.index {
            hashes[ix as usize] = hash;
        }
        let mut positions = Vec::with_capacity(hashes.len());
        for (stack, hash) in other.distinct.stacks.iter().zip(hashes) {
            let start = self.distinct.items.len();
            let frames = other.distinct.items_of(stack);
            self.distinct.items.extend_from_slice(frames);
            positions.push(self.distinct.add(Stack { start, ..*stack }, hash));
        }
        self.unnamed.append(other.unnamed, &positions);
        self.places.append(other.places, &positions);
    }

    /// The stacks, which are of these classes.
    pub(super) fn into_stacks(self, classes: Vec<Class>) -> NamedStacks {
        NamedStacks {
            stacks: self.distinct.stacks,
            parts: StackParts {
                frames: self.distinct.items,
                classes,
            },
            out_of_scope: 0,
            unnamed: self.unnamed.into_counts(),
            places: self.places.into_places(),
        }
    }
}

/// What merging needs to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merger<'m> {
    pub(super) request: &'m NameRequest,
    pub(super) classes: &'m [Class],
    pub(super) hasher: &'m DefaultHashBuilder,
}

impl Merger<'_> {
    /// Merges the stacks of a worker, of whose tasks `class_of` tells the classes.
    pub(super) fn merge_worker(
        &self,
        blocks: &[Block<'_, '_>],
        worker: &mut NameWorker<'_>,
        class_of: &[u32],
    ) -> Merged {
        let mut merged = Merged::default();
        let mut in_pieces: Distinct<NamedPiece> = Distinct::default();
        let mut unnamed = UnnamedSums::default();
        let mut places = BlockPlaces::default();
        // Each is given back behind its last use: together they are as large as the merged stacks.
        for located in std::mem::take(&mut worker.blocks) {
            let at = located.at;
            let Some(block) = blocks.get(at) else {
                continue;
            };
            let mut of_block = Vec::new();
            for (stack, (path, located)) in block.iter().zip(located.iter()) {
                let start = in_pieces.items.len();
                let samples = stack.stack.samples;
                let last = located.iter().position(|&piece| worker.is_last(piece));
                let located = last.map_or(located, |last| &located[..=last]);
                let named = located.iter().map(|&piece| worker.name(piece));
                in_pieces.items.extend(named);
                let place = start..in_pieces.items.len();
                let mut new = self.stack(&stack, path, class_of[path.task as usize], place);
                if last.is_some() {
                    new.doubtful.without_caller = samples;
                }
                let pieces = in_pieces.items_of(&new).iter();
                let hash = self.hash(new.key(), pieces.map(|piece| piece.as_u32()));
                let position = in_pieces.add(new, hash);
                let rows = located.iter().flat_map(|&piece| worker.unnamed(piece));
                unnamed.add_all(position, rows, samples);
                if self.request.keeps_places {
                    of_block.push(position);
                }
            }
            places.add_block(at, of_block);
        }
        let Distinct { stacks, items, .. } = in_pieces;
        let flat = stacks.into_iter().map(|stack| {
            let pieces = items.get(stack.start..stack.start + stack.len);
            self.flatten(stack, pieces.unwrap_or_default(), worker, &mut merged)
        });
        let positions: Vec<u32> = flat.collect();
        merged.unnamed.append(unnamed, &positions);
        merged.places = places.moved(&positions);
        merged
    }

    /// A stack whose items lie at `place`.
    fn stack(
        &self,
        EpochStack { stack, .. }: &EpochStack<'_>,
        path: &StackPath,
        class: u32,
        place: Range<usize>,
    ) -> Stack {
        // Other things that stacks are split by have frames of their own.
        let is_sliced = matches!(self.request.split, Split::Slice(_));
        let slice = if is_sliced { stack.key.split } else { 0 };
        let len = place.len();
        Stack {
            start: place.start,
            len,
            class,
            payload_class: stack.key.payload_class,
            mode: stack.key.mode,
            chain_is_empty: self.request.recording.has_chains && path.chain_len == 0,
            tag: Tag::Host,
            deciding: len,
            samples: stack.samples,
            weight: match self.request.weight {
                WeightKind::Samples | WeightKind::ByEvent => stack.samples,
                WeightKind::Period => stack.period,
            },
            slice: u32::try_from(slice).unwrap_or(u32::MAX),
            doubtful: self.doubtful(stack, path),
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

    fn hash(&self, key: Key, mut words: impl Iterator<Item = u32>) -> u64 {
        let mut state = self.hasher.build_hasher();
        state.write_u64(u64::from(key.class) << 32 | u64::from(key.slice));
        state.write_u8(key.payload_class);
        while let Some(first) = words.next() {
            let second = words.next().unwrap_or(u32::MAX);
            state.write_u64(u64::from(first) << 32 | u64::from(second));
        }
        state.finish()
    }

    /// Adds a stack of pieces with all its frames, root first. Tells its position.
    fn flatten(
        &self,
        stack: Stack,
        pieces: &[NamedPiece],
        worker: &NameWorker<'_>,
        merged: &mut Merged,
    ) -> u32 {
        let frames = &mut merged.distinct.items;
        let start = frames.len();
        frames.extend_from_slice(&self.classes[stack.class as usize].roots);
        for piece in pieces.iter().rev() {
            match piece.get() {
                Named::Frame(frame) => frames.push(frame),
                Named::Run(run) => frames.extend_from_slice(worker.runs().frames(run)),
            }
        }
        let len = frames.len() - start;
        let hash = self.hash(stack.key(), frames[start..].iter().map(|frame| frame.0));
        let deciding = len;
        merged.distinct.add(
            Stack {
                start,
                len,
                deciding,
                ..stack
            },
            hash,
        )
    }
}

impl Stack {
    fn key(&self) -> Key {
        Key {
            class: self.class,
            slice: self.slice,
            payload_class: self.payload_class,
            mode: self.mode,
            chain_is_empty: self.chain_is_empty,
        }
    }

    /// Adds the samples of a stack that is the same.
    fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.weight = self.weight.saturating_add(other.weight);
        self.doubtful.add(&other.doubtful);
    }
}
