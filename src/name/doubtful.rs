//! Samples of a stack that show less than there was.

use hashbrown::HashMap;

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

/// The doubtful samples of stacks, by the position of the stack: most have none.
#[derive(Debug, Default)]
pub(super) struct DoubtfulStacks(HashMap<u32, DoubtfulSamples>);

impl DoubtfulStacks {
    /// Adds samples of a stack.
    #[inline]
    pub(super) fn add(&mut self, stack: u32, samples: &DoubtfulSamples) {
        if *samples != DoubtfulSamples::default() {
            self.0.entry(stack).or_default().add(samples);
        }
    }

    /// Adds those of stacks that have other positions here.
    pub(super) fn append(&mut self, other: Self, positions: &[u32]) {
        for (stack, samples) in other.0 {
            if let Some(&position) = positions.get(stack as usize) {
                self.add(position, &samples);
            }
        }
    }

    /// Leaves out those of stacks that are not kept. Positions are those of before; those of the
    /// others move up.
    pub(super) fn retain(&mut self, is_kept: &[bool]) {
        if self.0.is_empty() {
            return;
        }
        let mut next = 0;
        let mut left = HashMap::new();
        for (&is_kept, stack) in is_kept.iter().zip(0..) {
            if is_kept {
                left.extend(self.0.get(&stack).map(|&samples| (next, samples)));
                next += 1;
            }
        }
        self.0 = left;
    }

    /// Those of all stacks.
    pub(super) fn sum(&self) -> DoubtfulSamples {
        let mut sum = DoubtfulSamples::default();
        self.0.values().for_each(|samples| sum.add(samples));
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
            stacks.add(stack, &of(truncated));
        }
        let mut other = DoubtfulStacks::default();
        other.add(0, &of(16));
        stacks.append(other, &[3]);
        assert_eq!(stacks.sum(), of(31));
        stacks.retain(&[false, true, true, true]);
        assert_eq!(stacks.sum(), of(30));
        stacks.retain(&[true, false, true]);
        assert_eq!(stacks.sum(), of(20));
    }
}
