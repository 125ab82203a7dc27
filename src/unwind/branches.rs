//! Last-branch records as frames.

use std::marker::PhantomData;
use std::slice::ChunksExact;

use crate::bytes::{ByteOrder, u64_at};
use crate::units::Avma;

/// Length of a `struct perf_branch_entry`: from, to, flags.
const ENTRY_LEN: usize = 24;

/// Whether a branch stack holds any branch. Where the processor has none to tell of, as in most
/// guests, the kernel may write entries all the same: their addresses are 0, whatever their flags say.
pub(crate) fn holds_branches(entries: &[u8]) -> bool {
    let mut entries = entries.chunks_exact(ENTRY_LEN);
    entries.any(|entry| !is_none(entry))
}

/// Whether an entry leads from nowhere to nowhere.
fn is_none(entry: &[u8]) -> bool {
    let addresses = entry.get(..2 * size_of::<u64>()).unwrap_or_default();
    addresses.iter().all(|&byte| byte == 0)
}

/// The addresses of a branch stack, leaf first.
///
/// In call-stack mode the processor drops a call's record when it returns, so what is left are the
/// calls that are still open, newest first: the newest one's target is the running function, and
/// the place it was called from lies in the next. These are addresses of branch instructions, not
/// return addresses: they are looked up as they are.
///
/// Source: `resolve_lbr_callchain_sample()`, `tools/perf/util/machine.c`, Linux 6.12.
#[derive(Clone, Debug)]
pub(crate) struct BranchFrames<'a, O> {
    entries: ChunksExact<'a, u8>,
    /// The target of the newest branch, until it is given out.
    target: Option<Avma>,
    order: PhantomData<O>,
}

impl<'a, O: ByteOrder> BranchFrames<'a, O> {
    /// Reads `entries`, `{ from, to, flags }` of eight bytes each, newest first. With
    /// `with_target` the newest branch's target comes first. Entries of zeros are none.
    pub(crate) fn new(entries: &'a [u8], with_target: bool) -> Self {
        let entries = entries.chunks_exact(ENTRY_LEN);
        let newest = entries.clone().find(|entry| !is_none(entry));
        let target = newest.filter(|_| with_target).and_then(address_at::<O, 8>);
        Self {
            entries,
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
        self.entries.find_map(address_at::<O, 0>)
    }
}

/// The address at a position of an entry; `None` when it is 0, where no code is.
fn address_at<O: ByteOrder, const AT: usize>(entry: &[u8]) -> Option<Avma> {
    let address = u64_at::<O>(entry, AT)?;
    (address != 0).then_some(Avma::new(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Little;

    /// Guests write as many entries as the processor has records, all from 0 to 0; the flags say
    /// "predicted". By hand: what is left are the branches themselves.
    #[test]
    fn entries_of_zeros_are_no_branches() {
        let of = |words: &[u64]| -> (bool, Vec<u64>) {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            let frames = BranchFrames::<Little>::new(&bytes, true);
            (holds_branches(&bytes), frames.map(Avma::as_u64).collect())
        };
        assert_eq!(of(&[]), (false, vec![]));
        assert_eq!(of(&[0, 0, 2, 0, 0, 2]), (false, vec![]));
        let branches = [0, 0, 2, 0x25, 0x30, 2, 0, 0, 2, 0x15, 0x20, 0];
        assert_eq!(of(&branches), (true, vec![0x30, 0x25, 0x15]));
    }

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
