//! Samples of a stack that show less than there was.

use super::kept_stacks::KeptStacks;
use crate::loss::Tally;

/// How many samples of a stack show less than there was, by what they lack.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct DoubtfulSamples {
    /// Their call chain is as long as the recorder's limit.
    pub(super) truncated: u64,
    /// Their user stack was copied and is not unwound.
    pub(super) copied: u64,
    /// Last branches stand in for their call chain.
    pub(super) branched: u64,
    /// The copy of their user stack ends before the stack does.
    pub(super) cut_copies: u64,
    /// Their copied stack was unwound up to a frame whose caller cannot be told.
    pub(super) not_unwound: u64,
    /// Of those, the ones whose frame lies in an object without a file.
    pub(super) without_file: u64,
    /// Their frame pointers lead to a caller that is none.
    pub(super) without_caller: u64,
}

impl DoubtfulSamples {
    fn add(&mut self, other: &Self) {
        self.truncated += other.truncated;
        self.copied += other.copied;
        self.branched += other.branched;
        self.cut_copies += other.cut_copies;
        self.not_unwound += other.not_unwound;
        self.without_file += other.without_file;
        self.without_caller += other.without_caller;
    }

    /// Puts them into the account of all samples.
    pub(crate) fn tell(&self, tally: &mut Tally) {
        tally.truncated_stacks = self.truncated;
        tally.copied_stacks = self.copied;
        tally.last_branches = self.branched;
        tally.cut_copies = self.cut_copies;
        tally.not_unwound = self.not_unwound;
        tally.without_file = self.without_file;
        tally.without_caller = self.without_caller;
    }
}

/// Doubtful samples of a stack.
#[derive(Clone, Copy, Debug)]
struct DoubtfulRow {
    /// The position of the stack.
    stack: u32,
    samples: DoubtfulSamples,
}

/// The doubtful samples of stacks: most have none, and of one there may be several rows.
#[derive(Debug, Default)]
pub(super) struct DoubtfulStacks(Vec<DoubtfulRow>);

impl DoubtfulStacks {
    /// Adds samples of a stack.
    #[inline]
    pub(super) fn add(&mut self, stack: u32, samples: DoubtfulSamples) {
        if samples == DoubtfulSamples::default() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.stack == stack => last.samples.add(&samples),
            Some(_) | None => self.0.push(DoubtfulRow { stack, samples }),
        }
    }

    /// Adds those of stacks that have other positions here.
    pub(super) fn append(&mut self, other: Self, positions: &[u32]) {
        for DoubtfulRow { stack, samples } in other.0 {
            if let Some(&position) = positions.get(stack as usize) {
                self.add(position, samples);
            }
        }
    }

    /// Leaves out those of stacks that are not kept, and follows the others.
    pub(super) fn retain(&mut self, kept: &KeptStacks) {
        self.0.retain_mut(|row| {
            let moved = kept.position(row.stack);
            row.stack = moved.unwrap_or(row.stack);
            moved.is_some()
        });
    }

    /// Those of all stacks.
    pub(super) fn sum(&self) -> DoubtfulSamples {
        let mut sum = DoubtfulSamples::default();
        self.0.iter().for_each(|row| sum.add(&row.samples));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a stack lacks stays with it when others are left out.
    #[test]
    fn samples_stay_with_their_stacks() {
        let of = |truncated: u64| DoubtfulSamples {
            truncated,
            ..DoubtfulSamples::default()
        };
        let mut stacks = DoubtfulStacks::default();
        for (stack, truncated) in [(0, 1), (2, 2), (3, 4), (2, 8), (1, 0)] {
            stacks.add(stack, of(truncated));
        }
        let mut other = DoubtfulStacks::default();
        other.add(0, of(16));
        stacks.append(other, &[3]);
        assert_eq!(stacks.sum(), of(31));
        stacks.retain(&KeptStacks::of(&[false, true, true, true]));
        assert_eq!(stacks.sum(), of(30));
        stacks.retain(&KeptStacks::of(&[true, false, true]));
        assert_eq!(stacks.sum(), of(20));
    }
}
