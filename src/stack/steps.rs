//! Stacks as rows of numbers that sort like their frames.

use super::frame::{FrameIx, FrameTable};
use super::sort::Keyed;
use super::tag::Tag;
use super::tagged_stack::TaggedStack;

/// The steps of stacks from the root to the leaf, one number for each frame with the tag it
/// carries. Numbers are ordered as frames are by [`FrameTable::in_order`], then as tags are.
#[derive(Debug)]
pub(super) struct Steps {
    /// The steps of all stacks, one behind the other.
    all: Vec<u32>,
    /// Where the steps of each stack begin in `all`, and where the last one's end.
    bounds: Vec<usize>,
    /// What each number stands for.
    meanings: Vec<(FrameIx, Option<Tag>)>,
}

impl Steps {
    /// Numbers the steps of `stacks`.
    pub(super) fn of(table: &FrameTable, stacks: &[TaggedStack<'_>]) -> Self {
        let mut carried = vec![0_u32; table.len()];
        for stack in stacks {
            let (untagged, tagged) = stack.frames.split_at(stack.tagged_from());
            for frame in untagged {
                carried[frame.as_usize()] |= 1 << bit_of(None);
            }
            let bit = 1 << bit_of(Some(stack.tag));
            for frame in tagged {
                carried[frame.as_usize()] |= bit;
            }
        }
        let mut first = vec![0_u32; table.len()];
        let mut meanings = Vec::new();
        let mut tags: Vec<Option<Tag>> = [None].into_iter().chain(Tag::ALL.map(Some)).collect();
        tags.sort_unstable();
        for ix in table.in_order() {
            first[ix.as_usize()] = u32::try_from(meanings.len()).unwrap_or(u32::MAX);
            let is_carried = |tag: &Option<Tag>| carried[ix.as_usize()] >> bit_of(*tag) & 1 == 1;
            let own = tags.iter().copied().filter(is_carried);
            meanings.extend(own.map(|tag| (ix, tag)));
        }
        let mut all = Vec::with_capacity(stacks.iter().map(|stack| stack.frames.len()).sum());
        let mut bounds = Vec::with_capacity(stacks.len() + 1);
        for stack in stacks {
            bounds.push(all.len());
            let (untagged, tagged) = stack.frames.split_at(stack.tagged_from());
            // Without a tag comes first.
            all.extend(untagged.iter().map(|frame| first[frame.as_usize()]));
            let below = (1 << bit_of(Some(stack.tag))) - 1;
            all.extend(tagged.iter().map(|frame| {
                let at = frame.as_usize();
                first[at] + (carried[at] & below).count_ones()
            }));
        }
        bounds.push(all.len());
        Self {
            all,
            bounds,
            meanings,
        }
    }

    /// The steps of all stacks, one behind the other.
    pub(super) fn all(&self) -> &[u32] {
        &self.all
    }

    /// The steps of one stack, root first.
    pub(super) fn of_stack(&self, stack: u32) -> &[u32] {
        let stack = stack as usize;
        &self.all[self.bounds[stack]..self.bounds[stack + 1]]
    }

    /// The stacks as things to sort, in the order in which they came.
    pub(super) fn keyed(&self) -> impl Iterator<Item = Keyed> {
        let stacks = self.bounds.windows(2).zip(0..);
        stacks.map(|(bounds, stack)| Keyed::new(bounds[0]..bounds[1], stack))
    }

    /// The frame that a step leads to, and the tag it carries.
    pub(super) fn meaning(&self, step: u32) -> (FrameIx, Option<Tag>) {
        self.meanings[step as usize]
    }
}

/// A bit for each tag and for none, in the order of `Option<Tag>`. A word has room for all.
const fn bit_of(tag: Option<Tag>) -> u32 {
    match tag {
        None => 0,
        Some(tag) => 1 + tag as u32,
    }
}

const _: () = assert!(Tag::ALL.len() < 32, "more tags than a word has bits");
