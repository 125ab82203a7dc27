//! What stands above a stack that is none, or that does not begin with its thread.

use crate::unwind::StackEnd;

/// What stands above a stack that is none, or that does not begin with its thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum StackMark {
    /// What is below are the last branches of an event without call chains.
    LastBranches,
    /// The copy of the stack ended.
    Truncated,
    /// The caller of the frame below cannot be told.
    NotUnwound,
    /// What frame pointers give as the caller of the frame below has called nothing.
    NoCaller,
}

impl StackMark {
    /// The mark of a copied stack with that end.
    pub(crate) const fn of(end: StackEnd) -> Option<Self> {
        match end {
            StackEnd::Root => None,
            StackEnd::Truncated => Some(Self::Truncated),
            StackEnd::NoFile | StackEnd::NotUnwound => Some(Self::NotUnwound),
        }
    }

    /// What is shown.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::LastBranches => "[last branches]",
            Self::Truncated => "[truncated]",
            Self::NotUnwound => "[not unwound]",
            Self::NoCaller => "[no caller]",
        }
    }
}
