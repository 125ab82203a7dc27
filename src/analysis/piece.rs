//! What stacks are made of while they are named.

use crate::stack::FrameIx;

/// A piece of a stack: first a location or a run of them, then a frame or a run of frames, each as
/// an index into its list.
///
/// No list is so long that an index reaches the bit which tells a run: it would take more memory
/// than there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Piece(u32);

/// What a named piece is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Named {
    Frame(FrameIx),
    Run(usize),
}

impl Piece {
    const RUN: u32 = 1 << 31;

    /// A piece that is one location or frame.
    pub(super) const fn single(at: u32) -> Self {
        Self(at)
    }

    /// A piece that is a run.
    pub(super) const fn run(at: u32) -> Self {
        Self(at | Self::RUN)
    }

    /// The index of a single location or frame.
    pub(super) const fn as_single(self) -> Option<usize> {
        if self.0 & Self::RUN == 0 {
            Some(self.0 as usize)
        } else {
            None
        }
    }

    /// The index in either list.
    pub(super) const fn index(self) -> usize {
        (self.0 & !Self::RUN) as usize
    }

    /// What it is once it is named.
    pub(super) const fn named(self) -> Named {
        if self.0 & Self::RUN == 0 {
            Named::Frame(FrameIx(self.0))
        } else {
            Named::Run((self.0 & !Self::RUN) as usize)
        }
    }

    /// All that tells it from others.
    pub(super) const fn as_u32(self) -> u32 {
        self.0
    }
}
