//! How a command ended, when it did not fail.

/// How a command ended, when it did not fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// Done.
    Done,
    /// Done, but the input is damaged: output was made from what could be read.
    Damaged,
    /// Done, and the answer is negative: a condition of the user's holds.
    Negative,
    /// Done, but there is no answer: a condition of the user's is about what was not measured.
    Unjudged,
}
