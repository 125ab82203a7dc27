//! The header of a record.

use crate::bytes::{ByteOrder, position, u32_at, u64_at};
use crate::perf::abi::{
    KERNEL_TYPE_END, PERF_RECORD_AUXTRACE, PERF_RECORD_HEADER_TRACING_DATA, PERF_RECORD_SAMPLE,
    PERF_RECORD_USER_TYPE_START, USER_TYPE_END,
};
use crate::units::CpuMode;

/// First type that no perf will write in a long time: there were 86 of them after 17 years.
const TYPE_END: u32 = 1024;

/// Length of a record's header.
pub const RECORD_HEADER_LEN: usize = 8;

/// The header of a record: `struct perf_event_header`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordHeader {
    /// `PERF_RECORD_*`.
    pub record_type: u32,
    /// `PERF_RECORD_MISC_*`; the lowest three bits are the CPU mode.
    pub misc: u16,
    /// Length of the whole record in bytes, this header among them.
    pub len: u16,
}

impl RecordHeader {
    /// Decodes the header at the start of `bytes`; `None` when they are too short.
    #[inline]
    pub fn parse<O: ByteOrder>(bytes: &[u8]) -> Option<Self> {
        let &[a, b, c, d, e, f, g, h] = bytes.first_chunk::<RECORD_HEADER_LEN>()?;
        Some(Self {
            record_type: O::u32([a, b, c, d]),
            misc: O::u16([e, f]),
            len: O::u16([g, h]),
        })
    }

    /// Whether a perf or a kernel could have written it, also one newer than this program: a type
    /// in reach of those that are known, and a length that records of that type have.
    ///
    /// Kernels write whole words. perf itself does not always: the length of a COMPRESSED record
    /// is that of its bytes.
    pub const fn is_possible(self) -> bool {
        match self.record_type {
            1..PERF_RECORD_USER_TYPE_START => self.len >= 8 && self.len.is_multiple_of(8),
            PERF_RECORD_USER_TYPE_START..TYPE_END => self.len >= 8,
            _ => false,
        }
    }

    /// Whether it is that of a sample: nothing but the CPU mode and the mark of an exact instruction
    /// pointer in the misc bits.
    #[inline]
    pub(crate) const fn is_of_sample(self) -> bool {
        const KNOWN: u16 = 7 | 1 << 14;
        // One test of all that must be zero.
        let odd = (self.record_type ^ PERF_RECORD_SAMPLE)
            | (self.misc & !KNOWN) as u32
            | (self.len & 7) as u32;
        odd == 0 && self.len != 0
    }

    /// Whether a known perf or kernel wrote it, as far as its header tells. Used where records are
    /// looked for in damaged bytes.
    pub const fn is_plausible(self) -> bool {
        let is_known = matches!(
            self.record_type,
            1..KERNEL_TYPE_END | PERF_RECORD_USER_TYPE_START..USER_TYPE_END
        );
        is_known && self.is_possible()
    }

    /// Whether its length is a number of whole words, as all are but COMPRESSED and its like.
    pub const fn is_of_words(self) -> bool {
        self.len.is_multiple_of(8)
    }

    /// Where the record behind this one begins, which itself begins at `at`; `None` when this one
    /// reaches past the end.
    ///
    /// The bytes of an AUX trace and of tracepoint formats follow their record uncounted.
    #[inline]
    pub(crate) fn next_record<O: ByteOrder>(self, bytes: &[u8], at: usize) -> Option<usize> {
        let end = at + usize::from(self.len);
        let extra = match self.record_type {
            PERF_RECORD_AUXTRACE => position(u64_at::<O>(bytes, at + RECORD_HEADER_LEN)?),
            PERF_RECORD_HEADER_TRACING_DATA => {
                let len = u32_at::<O>(bytes, at + RECORD_HEADER_LEN)?;
                position(len.into()).next_multiple_of(8)
            }
            _ => 0,
        };
        end.checked_add(extra).filter(|&end| end <= bytes.len())
    }

    /// The CPU mode of the record.
    #[inline]
    pub const fn cpu_mode(self) -> CpuMode {
        match self.misc & 7 {
            1 => CpuMode::Kernel,
            2 => CpuMode::User,
            3 => CpuMode::Hypervisor,
            4 => CpuMode::GuestKernel,
            5 => CpuMode::GuestUser,
            _ => CpuMode::Unknown,
        }
    }
}
