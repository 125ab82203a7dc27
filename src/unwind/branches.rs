//! Last-branch records as frames.

use std::marker::PhantomData;
use std::slice::ChunksExact;

use crate::perf::bytes::{ByteOrder, u64_at};
use crate::units::Avma;

/// Length of a `struct perf_branch_entry`: from, to, flags.
const ENTRY_LEN: usize = 24;

/// The addresses of a branch stack, leaf first.
///
/// In call-stack mode the processor drops a call's record when it returns, so what is left are the
/// calls that are still open, newest first: the newest one's target is the running function, and
/// the place it was called from lies in the next. These are addresses of branch instructions, not
/// return addresses: they are looked up as they are.
///
/// Source: `resolve_lbr_callchain_sample()`, `tools/perf/util/machine.c`, Linux 6.12.
#[derive(Clone, Debug)]
pub struct BranchFrames<'a, O> {
    entries: ChunksExact<'a, u8>,
    /// The target of the newest branch, until it is given out.
    target: Option<Avma>,
    order: PhantomData<O>,
}

impl<'a, O: ByteOrder> BranchFrames<'a, O> {
    /// Reads `entries`, `{ from, to, flags }` of eight bytes each, newest first. With
    /// `with_target` the newest branch's target comes first.
    pub fn new(entries: &'a [u8], with_target: bool) -> Self {
        let target = if with_target {
            u64_at::<O>(entries, 8).map(Avma::new)
        } else {
            None
        };
        Self {
            entries: entries.chunks_exact(ENTRY_LEN),
            target,
            order: PhantomData,
        }
    }
}

impl<O: ByteOrder> Iterator for BranchFrames<'_, O> {
    type Item = Avma;

    fn next(&mut self) -> Option<Avma> {
        if let Some(target) = self.target.take() {
            return Some(target);
        }
        u64_at::<O>(self.entries.next()?, 0).map(Avma::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perf::bytes::Little;

    /// main (0x10) called f (0x20..) at 0x15, f called g (0x30) at 0x25: the stack is g, f, main.
    #[test]
    fn open_calls_read_as_a_stack() {
        let words = [0x25_u64, 0x30, 0, 0x15, 0x20, 0];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let of = |with_target| -> Vec<u64> {
            BranchFrames::<Little>::new(&bytes, with_target)
                .map(Avma::as_u64)
                .collect()
        };
        assert_eq!(of(true), [0x30, 0x25, 0x15]);
        assert_eq!(of(false), [0x25, 0x15]);
    }
}
