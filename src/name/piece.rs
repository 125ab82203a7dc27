//! What stacks are made of when locations have names.

use super::unnamed::{ReasonIx, UnnamedRow};
use crate::stack::FrameIx;

/// The bit that tells a run. No list is so long that an index reaches it: it would take more memory
/// than there is.
const RUN: u32 = 1 << 31;

/// A piece of a named stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct NamedPiece(u32);

/// A location with its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedLocation {
    /// Its frame, or a run of frames of functions that are inlined into each other.
    pub(super) piece: NamedPiece,
    /// Why it has no name.
    pub(super) unnamed: Option<UnnamedRow>,
    /// Whether what stands above it in a stack was interrupted, and has called nothing.
    pub(super) is_uncalled: bool,
    /// What stands in its place when it is no caller.
    pub(super) astray: Option<Astray>,
}

impl NamedLocation {
    /// What a stack shows where it has this location by itself.
    #[inline]
    pub(super) fn shown(&self) -> NamedPiece {
        let mark = self.astray.as_ref();
        mark.map_or(self.piece, |astray| NamedPiece::frame(astray.mark))
    }

    /// Why that has no name.
    #[inline]
    pub(super) fn shown_unnamed(&self) -> &[UnnamedRow] {
        match &self.astray {
            Some(astray) => std::slice::from_ref(&astray.unnamed),
            None => self.unnamed.as_slice(),
        }
    }
}

/// Locations with their names. Many have one name, which is here once.
#[derive(Debug, Default)]
pub(super) struct NamedLocations {
    /// Where the list tells of each location, by its number.
    pub(super) places: Vec<u32>,
    pub(super) list: Vec<NamedLocation>,
}

impl NamedLocations {
    /// The location of a number.
    #[inline]
    pub(super) fn get(&self, number: usize) -> &NamedLocation {
        &self.list[self.places[number] as usize]
    }
}

/// What stands in the place of a caller that is none, and of all above it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Astray {
    pub(super) mark: FrameIx,
    pub(super) unnamed: UnnamedRow,
}

/// A name that was found once: of a function, or of what has none.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownName {
    /// Where its frames lie in the namer's list.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) reason: Option<ReasonIx>,
}

/// What a named piece is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Named {
    /// One frame.
    Frame(FrameIx),
    /// A run of frames, as a number of the worker's.
    Run(usize),
}

impl NamedPiece {
    pub(super) const fn frame(FrameIx(at): FrameIx) -> Self {
        Self(at)
    }

    pub(super) const fn run(number: u32) -> Self {
        Self(number | RUN)
    }

    /// What it is kept as.
    #[inline]
    pub(super) const fn bits(self) -> u32 {
        self.0
    }

    #[inline]
    pub(super) const fn get(self) -> Named {
        if self.0 & RUN == 0 {
            Named::Frame(FrameIx(self.0))
        } else {
            Named::Run((self.0 & !RUN) as usize)
        }
    }
}
