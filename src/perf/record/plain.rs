//! Samples whose fields all lie at the same places: those of tracepoints without call chains.

use super::measure::Word;
use crate::bytes::{ByteOrder, position, u32_at};
use crate::units::{Cpu, Pid, Tid, Timestamp};

/// Where the fields lie of samples that hold task, time, CPU and raw data, and of which nothing in
/// front of the raw data changes its length. Places count in words.
///
/// ```text
/// … pid,tid … time … cpu,res … | u32 len, raw[len] |
/// ```
/// Most records of a capture of tracepoints are such samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlainLayout {
    pub(super) task: usize,
    pub(super) time: usize,
    pub(super) cpu: usize,
    /// Where the raw data begins, which is where the fixed part ends.
    pub(super) raw: usize,
}

/// What such a sample holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlainSample<'a> {
    /// Process.
    pub pid: Pid,
    /// Thread.
    pub tid: Tid,
    /// When it was taken.
    pub at: Timestamp,
    /// Where it was taken.
    pub cpu: Cpu,
    /// The raw data.
    pub payload: &'a [u8],
}

impl PlainLayout {
    /// Decodes a sample. `body` is the record without its header.
    ///
    /// `None` when the record is too short for what it says it holds.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub fn sample<'a, O: ByteOrder>(&self, body: &'a [u8]) -> Option<PlainSample<'a>> {
        let words: &[Word] = body.as_chunks().0;
        let &[a, b, c, d, e, f, g, h] = words.get(self.task)?;
        let &[i, j, k, l, ..] = words.get(self.cpu)?;
        let start = self.raw * size_of::<Word>();
        let len = position(u32_at::<O>(body, start)?.into());
        let payload = body.get(start + size_of::<u32>()..)?.get(..len)?;
        Some(PlainSample {
            pid: Pid::new(O::u32([a, b, c, d]).cast_signed()),
            tid: Tid::new(O::u32([e, f, g, h]).cast_signed()),
            at: Timestamp::from_nanos(O::u64(*words.get(self.time)?)),
            cpu: Cpu(O::u32([i, j, k, l])),
            payload,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Little;
    use crate::perf::record::testing::layout;

    /// By hand, after the order of fields in `perf_event.h`: identifier, ip, tid, time, cpu, period,
    /// raw.
    #[test]
    fn fields_are_where_the_layout_says() {
        let bits = 0x1_0000 | 0x1 | 0x2 | 0x4 | 0x80 | 0x100 | 0x400;
        let plain = layout(bits).plain().expect("nothing changes its length");
        let words = [7_u64, 8, 22 << 32 | 11, 33, 44, 1].map(u64::to_le_bytes);
        let body = [words.as_flattened(), &4_u32.to_le_bytes(), b"text"].concat();
        let expected = PlainSample {
            pid: Pid::new(11),
            tid: Tid::new(22),
            at: Timestamp::from_nanos(33),
            cpu: Cpu(44),
            payload: b"text",
        };
        assert_eq!(plain.sample::<Little>(&body), Some(expected));
        for len in 0..body.len() {
            assert_eq!(plain.sample::<Little>(&body[..len]), None, "{len}");
        }
        // Counter values, call chains and branches are of any length.
        for other in [0x10, 0x20, 0x800] {
            assert_eq!(layout(bits | other).plain(), None, "{other:#x}");
        }
        assert_eq!(layout(bits & !0x4).plain(), None, "without times");
    }
}
