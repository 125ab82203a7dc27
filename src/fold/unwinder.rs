//! Copied stacks become call chains.

use super::behind_chain::StackCopy;
use super::unique_stack::{UniqueStack, UserPart};
use crate::bytes::{ByteOrder, u64_at};
use crate::perf::abi::{PERF_CONTEXT_USER, is_context_marker};
use crate::units::{Avma, CpuMode};
use crate::unwind::{CodeMap, CopiedSample, StackEnd, StackWalker};

/// Makes call chains of copied stacks. Each thread has its own.
#[derive(Debug)]
pub(super) struct Unwinder<'a> {
    walker: StackWalker<'a>,
    words: Vec<u64>,
    /// The chain that was made last, in the byte order of the capture.
    chain: Vec<u8>,
}

impl<'a> Unwinder<'a> {
    pub(super) fn new(code: &'a CodeMap<'a>) -> Self {
        Self {
            walker: StackWalker::new(code),
            words: Vec::new(),
            chain: Vec::new(),
        }
    }

    /// Unwinds the copy of a sample, whose chain is at hand; returns the chain with what the copy
    /// tells in the place of the user's part. `None`, and the stack as it was, where nothing can be
    /// told: in a guest, whose samples hold the registers of the host's thread, without the registers
    /// that it takes, or where the chain tells more.
    pub(super) fn unwind<O: ByteOrder>(
        &mut self,
        mask: u64,
        copy: &StackCopy<'_>,
        stack: &mut UniqueStack<'_>,
        at_hand: &[u8],
    ) -> Option<&[u8]> {
        if O::IS_BIG || !matches!(stack.key.mode, CpuMode::User | CpuMode::Kernel) {
            return None;
        }
        let kernel = kernel_part::<O>(at_hand);
        let user = at_hand.get(kernel.len()..).unwrap_or_default();
        let sample = CopiedSample {
            pid: stack.key.pid,
            task_epoch: stack.key.task_epoch?,
            mask,
            registers: copy.registers,
            memory: copy.memory,
            is_cut: copy.is_cut,
        };
        self.words.clear();
        let end = self.walker.walk(&sample, &mut self.words)?;
        let is_cut_off = matches!(end, StackEnd::NoFile | StackEnd::NotUnwound);
        if is_cut_off && user.len() > self.words.len() * 8 {
            return None;
        }
        self.chain.clear();
        self.chain.extend_from_slice(kernel);
        let words = self.words.iter();
        self.chain.extend(words.flat_map(|word| word.to_le_bytes()));
        stack.user = UserPart::Unwound(end);
        stack.key.ip = Avma::default();
        Some(&self.chain)
    }
}

/// The part of a chain before the user's.
fn kernel_part<O: ByteOrder>(chain: &[u8]) -> &[u8] {
    let words = chain.chunks_exact(8);
    let is_user = |word: &[u8]| u64_at::<O>(word, 0) == Some(PERF_CONTEXT_USER);
    let at = words.clone().position(is_user);
    let at = at.unwrap_or(words.len());
    let part = chain.get(..at * 8).unwrap_or_default();
    // Without a marker in front the chain is of the sample's own mode, and that is the user's.
    let first = u64_at::<O>(part, 0);
    if first.is_some_and(is_context_marker) {
        part
    } else {
        &[]
    }
}
