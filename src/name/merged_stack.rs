//! A stack on its way from raw ones to a named one.

use super::unnamed::UnnamedSum;
use crate::units::CpuMode;

/// What tells stacks of the same frames apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct StackTraits {
    /// What it has in common with others, as an index into the list of classes.
    pub(super) class: u32,
    /// What class its payloads are of; 0 when they tell no tag.
    pub(super) payload_class: u8,
    /// Mode of the samples themselves.
    pub(super) mode: CpuMode,
    /// Whether the call chain held no address.
    pub(super) chain_is_empty: bool,
}

/// A stack of which the pieces lie elsewhere. What is asked of it for each raw stack fills one line of
/// the CPU's cache, so that it is waited for once.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct MergedStack {
    pub(super) traits: StackTraits,
    /// The part of its hash that tells most stacks apart.
    pub(super) hash: u32,
    /// Where its pieces begin, and how many there are.
    pub(super) start: usize,
    pub(super) pieces: u32,
    /// Number of frames in them.
    pub(super) frames: u32,
    /// Number of samples.
    pub(super) samples: u64,
    /// What the samples weigh together.
    pub(super) weight: u64,
    /// Frames without a name that were met first: mostly all there are.
    pub(super) unnamed: UnnamedSum,
}

impl MergedStack {
    /// Samples of a stack, before it is known what its pieces are.
    #[inline]
    pub(super) fn new(traits: StackTraits, samples: u64, weight: u64) -> Self {
        Self {
            traits,
            hash: 0,
            start: 0,
            pieces: 0,
            frames: 0,
            samples,
            weight,
            unnamed: UnnamedSum::NONE,
        }
    }

    /// Adds the samples of a stack that is the same; gives back its frames without a name where they
    /// have another reason.
    #[inline]
    #[must_use]
    pub(super) fn add(&mut self, other: &Self) -> Option<UnnamedSum> {
        self.samples += other.samples;
        self.weight = self.weight.saturating_add(other.weight);
        self.unnamed.add(other.unnamed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_fills_a_line_of_the_cache() {
        assert_eq!(size_of::<MergedStack>(), 64);
    }
}
