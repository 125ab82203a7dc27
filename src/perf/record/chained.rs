//! What a sample tells of a stack, where nothing in front of its call chain changes its length.

use super::measure::Word;
use crate::bytes::{ByteOrder, position};
use crate::units::{Pid, ThreadId, Tid, Timestamp};

/// Where the fields lie of samples that hold task, time and a call chain. Places count in words.
///
/// ```text
/// … pid,tid … time … [period] | nr, chain[nr] | …
/// ```
/// Most records of a profile are such samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChainedLayout {
    pub(super) task: usize,
    pub(super) time: usize,
    /// `None` when the samples carry none.
    pub(super) period: Option<usize>,
    /// Where the length of the call chain is, which is where the fixed part ends.
    pub(super) chain: usize,
}

/// What such a sample holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChainedSample<'a> {
    /// Process and thread.
    pub thread: ThreadId,
    /// When it was taken.
    pub at: Timestamp,
    /// How many occurrences it stands for; `None` when it does not say.
    pub period: Option<u64>,
    /// The call chain, eight bytes an entry, leaf first, with context markers.
    pub chain: &'a [u8],
    /// Where the call chain begins, in bytes from the end of the record's header.
    pub chain_at: usize,
}

impl ChainedLayout {
    /// Decodes a sample. `body` is the record without its header.
    ///
    /// `None` when the record is too short for what it says it holds.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub fn sample<'a, O: ByteOrder>(&self, body: &'a [u8]) -> Option<ChainedSample<'a>> {
        let words: &[Word] = body.as_chunks().0;
        let (fixed, rest) = words.split_at_checked(self.chain)?;
        let (&frames, rest) = rest.split_first()?;
        let chain = rest.get(..position(O::u64(frames)))?;
        let &[a, b, c, d, e, f, g, h] = fixed.get(self.task)?;
        let period = match self.period {
            Some(place) => Some(O::u64(*fixed.get(place)?)),
            None => None,
        };
        Some(ChainedSample {
            thread: ThreadId {
                pid: Pid::new(O::u32([a, b, c, d]).cast_signed()),
                tid: Tid::new(O::u32([e, f, g, h]).cast_signed()),
            },
            at: Timestamp::from_nanos(O::u64(*fixed.get(self.time)?)),
            period,
            chain: chain.as_flattened(),
            chain_at: (self.chain + 1) * size_of::<Word>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::Little;
    use crate::perf::record::testing::layout;

    proptest! {
        /// Law: it tells what the head of the sample tells, of every sample.
        #[test]
        fn it_tells_what_the_head_tells(
            others in prop::sample::subsequence(vec![0x1_0000_u64, 0x1, 0x8, 0x40, 0x80, 0x100, 0x400], 0..=7),
            words in prop::collection::vec(prop_oneof![0..6_u64, any::<u64>()], 0..20),
        ) {
            let bits = others.iter().fold(0x2 | 0x4 | 0x20, |all, bit| all | bit);
            let layout = layout(bits);
            let chained = layout.chained().expect("task, time and a chain");
            let body: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            let told = chained.sample::<Little>(&body);
            let head = layout.head::<Little>(&body);
            prop_assert_eq!(told.is_some(), head.is_some());
            if let Some((told, head)) = told.zip(head) {
                prop_assert_eq!(told.thread, ThreadId { pid: head.pid, tid: head.tid });
                prop_assert_eq!(Some(told.at), head.time);
                prop_assert_eq!(told.period, head.period);
                prop_assert_eq!(Some(told.chain), head.chain);
                prop_assert_eq!(Some(told.chain), body.get(told.chain_at..).and_then(|rest| rest.get(..told.chain.len())));
            }
        }
    }

    /// Without a task, a time or a chain, or behind counter values, there is none.
    #[test]
    fn other_samples_have_no_such_layout() {
        let bits = 0x2 | 0x4 | 0x20;
        assert!(layout(bits).chained().is_some());
        for other in [bits & !0x2, bits & !0x4, bits & !0x20, bits | 0x10] {
            assert_eq!(layout(other).chained(), None, "{other:#x}");
        }
    }
}
