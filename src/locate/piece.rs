//! What stacks are made of between addresses and frames.

/// The bit that tells a run. No list is so long that an index reaches it: it would take more memory
/// than there is.
const RUN: u32 = 1 << 31;

/// A piece of a located stack, as an index into the locator's lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LocatedPiece(u32);

/// What a located piece is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Located {
    /// One location.
    Location(usize),
    /// A run of callers.
    CallerRun(usize),
}

impl LocatedPiece {
    pub(crate) const fn location(at: u32) -> Self {
        Self(at)
    }

    pub(crate) const fn run(at: u32) -> Self {
        Self(at | RUN)
    }

    #[inline]
    pub(crate) const fn get(self) -> Located {
        if self.0 & RUN == 0 {
            Located::Location(self.0 as usize)
        } else {
            Located::CallerRun((self.0 & !RUN) as usize)
        }
    }
}
