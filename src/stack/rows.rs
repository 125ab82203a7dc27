//! Stacks as rows of steps that sort like their frames.

use std::cmp::Ordering;

use super::frame::{FrameIx, FrameTable};
use super::tag::Tag;
use super::tagged_stack::TaggedStack;

/// A stack as a row of steps from the root to the leaf: its frames, each with the tag it carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepRow<'a> {
    /// The step at the depth that is looked at, as a number; 0 behind the end of the row.
    pub(super) key: u64,
    frames: &'a [FrameIx],
    /// How many of them carry no tag.
    untagged: u32,
    /// Which stack the row is of.
    pub(super) stack: u32,
}

impl<'a> StepRow<'a> {
    /// The stacks as rows, in the order in which they came.
    pub(super) fn of_stacks(stacks: &[TaggedStack<'a>]) -> Vec<Self> {
        let rows = stacks.iter().zip(0..).map(|(stack, number)| Self {
            key: 0,
            frames: stack.frames,
            untagged: u32::try_from(stack.tagged_from()).unwrap_or(u32::MAX),
            stack: number,
        });
        rows.collect()
    }

    /// Keeps where a sorted row ends: the number of a node.
    pub(super) fn end_at(&mut self, leaf: u32) {
        self.key = leaf.into();
    }

    /// What [`Self::end_at`] keeps.
    pub(super) fn leaf(&self) -> u32 {
        u32::try_from(self.key).unwrap_or(u32::MAX)
    }
}

/// How the steps of stacks are ordered: as frames are by [`FrameTable::in_order`], then as tags are.
#[derive(Debug)]
pub(super) struct StepOrder<'s, 'a> {
    stacks: &'s [TaggedStack<'a>],
    /// The place of each frame in the order, by its index.
    ranks: Vec<u32>,
}

impl<'s, 'a> StepOrder<'s, 'a> {
    /// `ranks` are those of [`ranks`].
    pub(super) const fn new(stacks: &'s [TaggedStack<'a>], ranks: Vec<u32>) -> Self {
        Self { stacks, ranks }
    }

    /// The stack of a row.
    pub(super) fn stack(&self, row: &StepRow<'_>) -> &'s TaggedStack<'a> {
        &self.stacks[row.stack as usize]
    }

    /// The step of a row at a depth, as a number that is ordered as steps are; 0 behind its end.
    #[inline]
    pub(super) fn key_at(&self, row: &StepRow<'_>, depth: usize) -> u64 {
        let Some(frame) = row.frames.get(depth) else {
            return 0;
        };
        let tag = self.tag_at(row, depth).map_or(0, |tag| 1 + tag as u64);
        (u64::from(self.ranks[frame.as_usize()]) + 1) << TAG_BITS | tag
    }

    /// The steps of a row from a depth on.
    pub(super) fn steps<'r>(
        &'r self,
        row: &'r StepRow<'_>,
        depth: usize,
    ) -> impl Iterator<Item = (FrameIx, Option<Tag>)> + 'r {
        let frames = row.frames.get(depth..).unwrap_or_default();
        let steps = frames.iter().zip(depth..);
        steps.map(|(&frame, at)| (frame, self.tag_at(row, at)))
    }

    /// How many steps two rows have in common from the root on, of which `known` are told already.
    #[inline]
    pub(super) fn shared(&self, a: &StepRow<'_>, b: &StepRow<'_>, known: usize) -> usize {
        let [rest_of_a, rest_of_b] =
            [a, b].map(|row| row.frames.get(known..).unwrap_or_default().iter());
        let same = |&(a, b): &(&FrameIx, &FrameIx)| a == b;
        let frames = known + rest_of_a.zip(rest_of_b).take_while(same).count();
        let untagged = a.untagged.min(b.untagged) as usize;
        if untagged >= frames || (a.untagged == b.untagged && self.tag(a) == self.tag(b)) {
            frames
        } else {
            untagged
        }
    }

    /// How rows compare whose first `known` steps are the same.
    pub(super) fn compare(&self, a: &StepRow<'_>, b: &StepRow<'_>, known: usize) -> Ordering {
        let shared = self.shared(a, b, known);
        self.key_at(a, shared).cmp(&self.key_at(b, shared))
    }

    fn tag(&self, row: &StepRow<'_>) -> Tag {
        self.stack(row).tag
    }

    #[inline]
    fn tag_at(&self, row: &StepRow<'_>, depth: usize) -> Option<Tag> {
        (depth >= row.untagged as usize).then(|| self.tag(row))
    }
}

/// The place of each frame in their order, by its index.
pub(super) fn ranks(table: &FrameTable) -> Vec<u32> {
    let mut ranks = vec![0; table.len()];
    for (ix, rank) in table.in_order().into_iter().zip(0..) {
        ranks[ix.as_usize()] = rank;
    }
    ranks
}

/// How many bits tell a tag or that there is none.
const TAG_BITS: u32 = 5;

const _: () = assert!(Tag::ALL.len() < 1 << TAG_BITS, "too many tags");
