//! Unique stacks with what was true of their threads.

use super::packed::{PackedStack, Stacks};
use super::samples::KeptSample;
use super::slice_rows::SliceRow;
use super::unique_stack::UniqueStack;
use crate::parallel::{Shares, in_shares};
use crate::space::TaskEpoch;
use crate::units::Weights;

/// A unique stack with what was true of its thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EpochStack<'a> {
    /// The stack.
    pub(crate) stack: UniqueStack<'a>,
    /// What was true of its thread at its time.
    pub(crate) task_epoch: TaskEpoch,
}

/// Unique stacks with what was true of their threads.
#[derive(Debug, Default)]
pub(crate) struct Settled<'a> {
    pub(super) stacks: Stacks<'a>,
    /// One for each stack, in blocks as the stacks are.
    pub(super) task_epochs: Vec<Vec<TaskEpoch>>,
}

/// Fewer blocks are not worth a thread.
pub(super) const MIN_SHARE: usize = 8;

/// About as many cache misses as a CPU has under way at the same time.
const GROUP: usize = 16;

/// Stacks that follow each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'s, 'a> {
    stacks: &'s Stacks<'a>,
    packed_stacks: &'s [PackedStack<'a>],
    task_epochs: &'s [TaskEpoch],
}

impl<'s, 'a> Block<'s, 'a> {
    /// Number of stacks.
    pub(crate) const fn len(&self) -> usize {
        self.packed_stacks.len()
    }

    /// The same stacks in order, some at a time.
    ///
    /// The bytes of their chains lie far apart in the capture, outside the CPU's caches: those of some
    /// stacks are loaded first, so that the CPU waits for many places at the same time.
    pub(crate) fn groups(&self) -> impl Iterator<Item = Self> + use<'s, 'a> {
        let stacks = self.stacks;
        let groups = self
            .packed_stacks
            .chunks(GROUP)
            .zip(self.task_epochs.chunks(GROUP));
        groups.map(move |(packed_stacks, task_epochs)| {
            let touched = packed_stacks
                .iter()
                .fold(0, |touched, packed| touched ^ packed.touch());
            std::hint::black_box(touched);
            Self {
                stacks,
                packed_stacks,
                task_epochs,
            }
        })
    }

    /// The stacks in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = EpochStack<'a>> + use<'s, 'a> {
        let stacks = self.stacks;
        let pairs = self.packed_stacks.iter().zip(self.task_epochs);
        pairs.map(|(packed, &task_epoch)| EpochStack {
            stack: stacks.whole(packed),
            task_epoch,
        })
    }
}

impl<'a> Settled<'a> {
    /// Stacks with what was true of the thread of each.
    pub(super) fn of(stacks: Stacks<'a>, task_epochs: Vec<TaskEpoch>) -> Self {
        let mut task_epochs = task_epochs.into_iter();
        let blocks = stacks.blocks().into_iter();
        let task_epochs = blocks.map(|block| task_epochs.by_ref().take(block.len()).collect());
        let task_epochs = task_epochs.collect();
        Self {
            stacks,
            task_epochs,
        }
    }

    /// Number of stacks.
    pub(crate) fn len(&self) -> usize {
        self.task_epochs.iter().map(Vec::len).sum()
    }

    /// The stacks in order, some thousands at a time.
    pub(crate) fn blocks(&self) -> Vec<Block<'_, 'a>> {
        let pairs = self.stacks.blocks().into_iter().zip(&self.task_epochs);
        let stacks = &self.stacks;
        pairs
            .map(|(packed_stacks, task_epochs)| Block {
                stacks,
                packed_stacks,
                task_epochs,
            })
            .collect()
    }

    /// The samples that have the stacks, which they tell by their position; none unless they are kept.
    pub(crate) fn take_samples(&mut self) -> Vec<KeptSample> {
        self.stacks.samples.take().unwrap_or_default()
    }

    /// What the stacks weigh by slice of time, which tell them by their position; nothing unless that
    /// was asked for.
    pub(crate) fn take_slices(&mut self) -> Vec<SliceRow> {
        self.stacks.take_rows()
    }

    /// Number of samples, and the sum of their periods; added up on so many threads.
    pub(crate) fn weights(&self, threads: usize) -> Weights {
        let sum = |sum: Weights, more: Weights| Weights {
            samples: sum.samples + more.samples,
            weight: sum.weight.saturating_add(more.weight),
        };
        let shares = Shares {
            threads,
            least: MIN_SHARE,
        };
        let of_shares = in_shares(&self.stacks.blocks(), shares, |blocks| {
            let stacks = blocks.iter().copied().flatten();
            let weights = stacks.map(PackedStack::weights);
            weights.fold(Weights::default(), sum)
        });
        of_shares.into_iter().fold(Weights::default(), sum)
    }
}
