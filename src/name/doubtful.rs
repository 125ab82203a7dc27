//! Samples of a stack that show less than there was.

use crate::loss::Tally;

/// How many samples of a stack show less than there was, by what they lack.
#[derive(Clone, Copy, Debug, Default)]
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
    pub(super) fn add(&mut self, other: &Self) {
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
