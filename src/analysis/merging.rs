//! Named stacks merged: addresses and threads differ where names do not.

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::choice::Recorded;
use super::classes::Class;
use super::lane::{Causes, Lane};
use super::locate::{FrameScope, StackPath};
use super::piece::{Named, NamedPiece};
use super::stacks::{NamedStacks, Stack};
use super::{Request, WeightKind};
use crate::fold::{Block, MomentStack, Split, UserPart};
use crate::stack::Tag;
use crate::units::CpuMode;

/// What tells a stack from others, besides its frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Key {
    class: u32,
    /// The slice of time; 0 unless stacks are kept apart by it.
    slice: u32,
    mode: CpuMode,
    chain_is_empty: bool,
}

/// What the samples of stacks come to.
#[derive(Clone, Copy, Debug)]
struct Sums {
    samples: u64,
    weight: u64,
    truncated: u64,
    copied: u64,
}

/// A merged stack of a lane.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Key,
    /// Where its pieces begin in the list of all.
    start: usize,
    len: usize,
    sums: Sums,
}

impl Entry {
    fn pieces<'p>(&self, all: &'p [NamedPiece]) -> &'p [NamedPiece] {
        all.get(self.start..self.start + self.len)
            .unwrap_or_default()
    }
}

/// Merged stacks, with what tells whether one is there already.
#[derive(Debug, Default)]
pub(super) struct Merged {
    stacks: NamedStacks,
    /// Positions of the stacks, each with the hash of its stack.
    index: HashTable<(u64, u32)>,
    pub(super) causes: Causes,
}

impl Merged {
    /// Adds a stack whose frames are the last ones of the list; where the same is there already, they
    /// are dropped. One stack may have been made of different pieces.
    fn add(&mut self, new: Stack, hash: u64) {
        let NamedStacks { stacks, frames, .. } = &mut self.stacks;
        let frames_of = |stack: &Stack| frames.get(stack.start..stack.start + stack.len);
        let same = |&(of_old, ix): &(u64, u32)| {
            let old = &stacks[ix as usize];
            of_old == hash && old.key() == new.key() && frames_of(old) == frames_of(&new)
        };
        if let Some(&(_, ix)) = self.index.find(hash, same) {
            frames.truncate(new.start);
            stacks[ix as usize].add(&new);
            return;
        }
        let ix = u32::try_from(stacks.len()).unwrap_or(u32::MAX);
        stacks.push(new);
        self.index
            .insert_unique(hash, (hash, ix), |&(hash, _)| hash);
    }

    /// Adds the stacks of another lane.
    pub(super) fn append(&mut self, other: &Self) {
        let mut hashes = vec![0; other.stacks.stacks.len()];
        for &(hash, ix) in &other.index {
            hashes[ix as usize] = hash;
        }
        for (stack, hash) in other.stacks.stacks.iter().zip(hashes) {
            let start = self.stacks.frames.len();
            let frames = other.stacks.frames(stack);
            self.stacks.frames.extend_from_slice(frames);
            self.add(Stack { start, ..*stack }, hash);
        }
        self.stacks.out_of_scope += other.stacks.out_of_scope;
        for (sum, count) in self.causes.iter_mut().zip(other.causes) {
            *sum += count;
        }
    }

    /// The stacks, which are of these classes.
    pub(super) fn into_stacks(self, classes: Vec<Class>) -> NamedStacks {
        NamedStacks {
            classes,
            ..self.stacks
        }
    }
}

/// What merging needs to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merger<'m> {
    pub(super) request: &'m Request,
    pub(super) recorded: Recorded,
    pub(super) classes: &'m [Class],
    pub(super) hasher: &'m DefaultHashBuilder,
}

impl Merger<'_> {
    /// Merges the stacks of a lane, of whose tasks `class_of` tells the classes.
    pub(super) fn merge_lane(
        &self,
        blocks: &[Block<'_, '_>],
        lane: &Lane<'_>,
        class_of: &[u32],
    ) -> Merged {
        let mut merged = Merged::default();
        let mut entries: Vec<Entry> = Vec::new();
        let mut index: HashTable<(u64, u32)> = HashTable::new();
        let mut pieces: Vec<NamedPiece> = Vec::new();
        for located in &lane.blocks {
            let Some(block) = blocks.get(located.at) else {
                continue;
            };
            for (stack, (path, located)) in block.iter().zip(located.iter()) {
                let start = pieces.len();
                let samples = stack.stack.samples;
                let causes = &mut merged.causes;
                pieces.extend(
                    located
                        .iter()
                        .map(|&piece| lane.name(piece, samples, causes)),
                );
                let new = &pieces[start..];
                if new.is_empty() && self.request.scope != FrameScope::All {
                    merged.stacks.out_of_scope += samples;
                    continue;
                }
                let key = self.key(&stack, path, class_of[path.task as usize]);
                let sums = self.sums(&stack, path);
                let hash = self.hash(key, new.iter().map(|piece| piece.as_u32()));
                let same = |&(of_old, ix): &(u64, u32)| {
                    let old = &entries[ix as usize];
                    of_old == hash && old.key == key && old.pieces(&pieces) == new
                };
                if let Some(&(_, ix)) = index.find(hash, same) {
                    entries[ix as usize].sums.add(&sums);
                    pieces.truncate(start);
                    continue;
                }
                let ix = u32::try_from(entries.len()).unwrap_or(u32::MAX);
                index.insert_unique(hash, (hash, ix), |&(hash, _)| hash);
                entries.push(Entry {
                    key,
                    start,
                    len: new.len(),
                    sums,
                });
            }
        }
        drop(index);
        for entry in &entries {
            self.flatten(entry, entry.pieces(&pieces), lane, &mut merged);
        }
        merged
    }

    fn key(&self, stack: &MomentStack<'_>, path: &StackPath, class: u32) -> Key {
        let key = stack.stack.key;
        // Other things that stacks are split by have frames of their own.
        let is_sliced = self.request.slices > 0 && self.request.split() == Split::Nothing;
        let slice = if is_sliced { key.split } else { 0 };
        Key {
            class,
            slice: u32::try_from(slice).unwrap_or(u32::MAX),
            mode: key.mode,
            chain_is_empty: self.recorded.has_chains && path.chain_len == 0,
        }
    }

    fn sums(&self, MomentStack { stack, .. }: &MomentStack<'_>, path: &StackPath) -> Sums {
        let samples_if = |holds: bool| if holds { stack.samples } else { 0 };
        Sums {
            samples: stack.samples,
            weight: match self.request.weight {
                WeightKind::Samples => stack.samples,
                WeightKind::Period => stack.period,
            },
            truncated: samples_if(path.chain_len as usize >= self.recorded.max_stack),
            copied: samples_if(matches!(stack.user, UserPart::CopiedStack(_))),
        }
    }

    fn hash(&self, key: Key, mut words: impl Iterator<Item = u32>) -> u64 {
        let mut state = self.hasher.build_hasher();
        state.write_u64(u64::from(key.class) << 32 | u64::from(key.slice));
        while let Some(first) = words.next() {
            let second = words.next().unwrap_or(u32::MAX);
            state.write_u64(u64::from(first) << 32 | u64::from(second));
        }
        state.finish()
    }

    /// Appends a merged stack with all its frames, root first.
    fn flatten(&self, entry: &Entry, pieces: &[NamedPiece], lane: &Lane<'_>, merged: &mut Merged) {
        let Key {
            class,
            slice,
            mode,
            chain_is_empty,
        } = entry.key;
        let frames = &mut merged.stacks.frames;
        let start = frames.len();
        frames.extend_from_slice(&self.classes[class as usize].roots);
        for piece in pieces.iter().rev() {
            match piece.get() {
                Named::Frame(frame) => frames.push(frame),
                Named::Run(run) => frames.extend_from_slice(lane.runs().frames(run)),
            }
        }
        let len = frames.len() - start;
        let hash = self.hash(entry.key, frames[start..].iter().map(|frame| frame.0));
        let stack = Stack {
            start,
            len,
            class,
            mode,
            chain_is_empty,
            tag: Tag::Host,
            deciding: len,
            samples: entry.sums.samples,
            weight: entry.sums.weight,
            slice,
            truncated: entry.sums.truncated,
            copied: entry.sums.copied,
        };
        merged.add(stack, hash);
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.weight = self.weight.saturating_add(other.weight);
        self.truncated += other.truncated;
        self.copied += other.copied;
    }
}

impl Stack {
    fn key(&self) -> Key {
        Key {
            class: self.class,
            slice: self.slice,
            mode: self.mode,
            chain_is_empty: self.chain_is_empty,
        }
    }

    /// Adds the samples of a stack that is the same.
    fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.weight = self.weight.saturating_add(other.weight);
        self.truncated += other.truncated;
        self.copied += other.copied;
    }
}
