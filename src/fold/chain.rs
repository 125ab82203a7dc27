//! A raw call chain as frame addresses.

use std::ops::Range;

use crate::bytes::{ByteOrder, u64_at};
use crate::perf::abi::{
    PERF_CONTEXT_GUEST, PERF_CONTEXT_GUEST_KERNEL, PERF_CONTEXT_GUEST_USER, PERF_CONTEXT_HV,
    PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER, PERF_CONTEXT_USER_DEFERRED, is_context_marker,
};
use crate::units::{Avma, CpuMode};

/// One frame address of a call chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ChainFrame {
    /// The mode that the last context marker set.
    pub(crate) mode: CpuMode,
    /// The address as recorded.
    pub(crate) recorded: Avma,
    /// The address to look up: that of an instruction which was running or has called.
    ///
    /// A return address may lie behind the last byte of its function; the byte before it belongs
    /// to the call. The one subtraction of the program is in [`ChainFrames`].
    pub(crate) lookup: Avma,
}

impl ChainFrame {
    /// A frame whose recorded address is that of an instruction, not of a return.
    pub(crate) const fn exact(mode: CpuMode, at: Avma) -> Self {
        Self {
            mode,
            recorded: at,
            lookup: at,
        }
    }

    /// Whether the recorded address is one to return to.
    #[inline]
    pub(crate) fn is_return(&self) -> bool {
        self.lookup != self.recorded
    }
}

/// The frame addresses of a call chain, leaf first.
///
/// Values from `PERF_CONTEXT_MAX` up are markers: they set the mode of what follows and yield no
/// frame. The first address behind a marker is the instruction pointer of that context (the
/// kernel stores `regs->ip` there); all others are return addresses.
///
/// Source: `perf_callchain_kernel()`, `perf_callchain_user()`, `arch/x86/events/core.c`, and
/// `enum perf_callchain_context`, `include/uapi/linux/perf_event.h`, Linux 6.18.
#[derive(Clone, Debug)]
pub(crate) struct ChainFrames<'a, O> {
    /// What is left of the chain.
    words: &'a [u8],
    mode: CpuMode,
    is_first: bool,
    order: std::marker::PhantomData<O>,
}

impl<'a, O: ByteOrder> ChainFrames<'a, O> {
    /// Splits `chain`, eight bytes an entry; `mode` is the sample's own, for what comes before any
    /// marker.
    pub(crate) fn new(chain: &'a [u8], mode: CpuMode) -> Self {
        let order = std::marker::PhantomData;
        Self {
            words: chain,
            mode,
            is_first: true,
            order,
        }
    }

    /// The frames of a run that [`Self::take_run`] gave out, of the mode that it was of.
    pub(crate) fn of_run(run: &'a [u8], mode: CpuMode) -> Self {
        Self {
            is_first: false,
            ..Self::new(run, mode)
        }
    }

    /// Takes out the callers up to the next context marker: as bytes, eight a frame, all of the
    /// mode of the frame before. Fewer than `least` are left where they are.
    #[inline]
    pub(crate) fn take_run(&mut self, least: usize) -> &'a [u8] {
        let is_marker = |word: &[u8; 8]| is_context_marker(O::u64(*word));
        let words = self.words.as_chunks().0;
        let frames = words.iter().position(is_marker).unwrap_or(words.len());
        if frames < least {
            return &[];
        }
        let (run, rest) = self.words.split_at(frames * 8);
        self.words = rest;
        run
    }

    /// Passes over the callers that follow as long as these and the bytes before them lie in a range,
    /// which no context marker does; returns how many.
    #[inline]
    pub(crate) fn pass_within(&mut self, range: &Range<Avma>) -> usize {
        let is_in = |word: &[u8; 8]| {
            let recorded = O::u64(*word);
            range.start < Avma::new(recorded) && Avma::new(recorded) < range.end
        };
        let words = self.words.as_chunks().0;
        let frames = words.iter().take_while(|word| is_in(word)).count();
        self.words = self.words.get(frames * 8..).unwrap_or_default();
        frames
    }

    #[inline]
    fn next_word(&mut self) -> Option<u64> {
        let (word, rest) = self.words.split_first_chunk()?;
        self.words = rest;
        Some(O::u64(*word))
    }
}

impl<O: ByteOrder> Iterator for ChainFrames<'_, O> {
    type Item = ChainFrame;

    fn next(&mut self) -> Option<ChainFrame> {
        loop {
            let value = self.next_word()?;
            if is_context_marker(value) {
                self.is_first = true;
                self.mode = match value {
                    PERF_CONTEXT_HV => CpuMode::Hypervisor,
                    PERF_CONTEXT_KERNEL => CpuMode::Kernel,
                    PERF_CONTEXT_USER => CpuMode::User,
                    PERF_CONTEXT_GUEST_KERNEL => CpuMode::GuestKernel,
                    PERF_CONTEXT_GUEST_USER => CpuMode::GuestUser,
                    PERF_CONTEXT_USER_DEFERRED => {
                        self.next_word();
                        CpuMode::User
                    }
                    PERF_CONTEXT_GUEST => CpuMode::GuestKernel,
                    _ => CpuMode::Unknown,
                };
                continue;
            }
            let back = u64::from(!self.is_first);
            self.is_first = false;
            let lookup = Avma::new(value.saturating_sub(back));
            return Some(ChainFrame {
                mode: self.mode,
                recorded: Avma::new(value),
                lookup,
            });
        }
    }
}

/// Splits a chain whose user part the kernel promised to write later into the chain before the
/// promise and the cookie by which the user part will be known; `None` for other chains.
pub(super) fn deferred<O: ByteOrder>(chain: &[u8]) -> Option<(&[u8], u64)> {
    let (before, promise) = chain.split_at_checked(chain.len().checked_sub(16)?)?;
    let marker = u64_at::<O>(promise, 0)?;
    (marker == PERF_CONTEXT_USER_DEFERRED).then_some((before, u64_at::<O>(promise, 8)?))
}

/// Whether the kernel found a user stack, however little it could read of it.
pub(super) fn has_user_part<O: ByteOrder>(chain: &[u8]) -> bool {
    let words = chain.as_chunks().0;
    words.iter().any(|word| O::u64(*word) == PERF_CONTEXT_USER)
}

/// Whether a chain holds context markers only. Guest samples have such chains.
pub(super) fn is_empty_of_frames<O: ByteOrder>(chain: &[u8]) -> bool {
    // The kernel writes at most one marker a context, of which there are five.
    chain.len() <= 8 * 5
        && ChainFrames::<O>::new(chain, CpuMode::Unknown)
            .next()
            .is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Little;

    fn frames(words: &[u64]) -> Vec<(CpuMode, u64, u64)> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        ChainFrames::<Little>::new(&bytes, CpuMode::Unknown)
            .map(|frame| (frame.mode, frame.recorded.as_u64(), frame.lookup.as_u64()))
            .collect()
    }

    /// A caller at the very end of its function would get the next function's name, and an
    /// interrupted first instruction the previous one's.
    #[test]
    fn only_return_addresses_are_looked_up_one_byte_earlier() {
        let chain = [
            PERF_CONTEXT_KERNEL,
            0x100,
            0x200,
            PERF_CONTEXT_USER,
            0x10,
            0x20,
        ];
        let expected = [
            (CpuMode::Kernel, 0x100, 0x100),
            (CpuMode::Kernel, 0x200, 0x1ff),
            (CpuMode::User, 0x10, 0x10),
            (CpuMode::User, 0x20, 0x1f),
        ];
        assert_eq!(frames(&chain), expected);
    }

    /// Garbage user chains hold 0; looking it up must not wrap around to the top of memory.
    #[test]
    fn a_return_address_of_zero_stays_zero() {
        assert_eq!(frames(&[PERF_CONTEXT_USER, 1, 0])[1], (CpuMode::User, 0, 0));
    }

    /// Frames taken run by run are those taken one by one, however long a run is at least.
    #[test]
    fn runs_hold_the_frames_up_to_the_next_marker() {
        use proptest::prelude::*;
        let word = prop_oneof![
            4 => 0..3_u64,
            1 => Just(PERF_CONTEXT_KERNEL),
            1 => Just(PERF_CONTEXT_USER),
            1 => Just(PERF_CONTEXT_USER_DEFERRED),
        ];
        proptest!(|(words in prop::collection::vec(word, 0..16), least in 0..5_usize)| {
            let bytes: Vec<u8> = words.iter().flat_map(|word: &u64| word.to_le_bytes()).collect();
            let new = || ChainFrames::<Little>::new(&bytes, CpuMode::Unknown);
            let (mut frames, mut taken) = (new(), Vec::new());
            while let Some(frame) = frames.next() {
                taken.push(frame);
                let run = frames.take_run(least);
                prop_assert!(run.is_empty() || run.len() / 8 >= least);
                taken.extend(ChainFrames::<Little>::of_run(run, frame.mode));
            }
            prop_assert_eq!(taken, new().collect::<Vec<_>>());
        });
    }

    /// A guest sample's chain is `[KERNEL, USER]`: two markers, no frame.
    #[test]
    fn a_chain_of_markers_yields_no_frame() {
        assert_eq!(frames(&[PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER]), []);
    }
}
