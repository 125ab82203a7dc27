//! What the records of each kind look like: how long they are, and which misc bits they have.
//!
//! Sources: `enum perf_event_type`, `include/uapi/linux/perf_event.h`, Linux 6.18, for the kernel's
//! kinds; `tools/lib/perf/include/perf/event.h` and what writes these, `tools/perf/util/`
//! (`synthetic-events.c`, `header.c`, `auxtrace.c`), perf 3.2 to 6.18, for perf's own.

use super::attr::MIN_ATTR_SIZE;
use super::header::RecordHeader;
use super::layout::SampleLayout;
use super::length_match::LengthMatch;
use super::sideband::is_padded_name;
use crate::bytes::{ByteOrder, position, u16_at, u32_at, u64_at};
use crate::perf::abi::{
    PERF_RECORD_AUX, PERF_RECORD_AUX_OUTPUT_HW_ID, PERF_RECORD_AUXTRACE, PERF_RECORD_AUXTRACE_INFO,
    PERF_RECORD_BPF_EVENT, PERF_RECORD_CALLCHAIN_DEFERRED, PERF_RECORD_CGROUP, PERF_RECORD_COMM,
    PERF_RECORD_COMPRESSED, PERF_RECORD_COMPRESSED2, PERF_RECORD_EVENT_UPDATE, PERF_RECORD_EXIT,
    PERF_RECORD_FINISHED_INIT, PERF_RECORD_FINISHED_ROUND, PERF_RECORD_FORK,
    PERF_RECORD_HEADER_ATTR, PERF_RECORD_HEADER_BUILD_ID, PERF_RECORD_HEADER_EVENT_TYPE,
    PERF_RECORD_HEADER_FEATURE, PERF_RECORD_HEADER_TRACING_DATA, PERF_RECORD_ID_INDEX,
    PERF_RECORD_ITRACE_START, PERF_RECORD_KSYMBOL, PERF_RECORD_LOST, PERF_RECORD_LOST_SAMPLES,
    PERF_RECORD_MMAP, PERF_RECORD_MMAP2, PERF_RECORD_NAMESPACES, PERF_RECORD_READ,
    PERF_RECORD_SAMPLE, PERF_RECORD_SWITCH, PERF_RECORD_SWITCH_CPU_WIDE, PERF_RECORD_TEXT_POKE,
    PERF_RECORD_THROTTLE, PERF_RECORD_UNTHROTTLE,
};

/// `PERF_RECORD_AUXTRACE_ERROR`.
const PERF_RECORD_AUXTRACE_ERROR: u32 = 72;
/// `PERF_RECORD_THREAD_MAP`.
const PERF_RECORD_THREAD_MAP: u32 = 73;
/// `PERF_RECORD_CPU_MAP`.
const PERF_RECORD_CPU_MAP: u32 = 74;
/// `PERF_RECORD_STAT_CONFIG`.
const PERF_RECORD_STAT_CONFIG: u32 = 75;
/// `PERF_RECORD_STAT`.
const PERF_RECORD_STAT: u32 = 76;
/// `PERF_RECORD_STAT_ROUND`.
const PERF_RECORD_STAT_ROUND: u32 = 77;
/// `PERF_RECORD_TIME_CONV`.
const PERF_RECORD_TIME_CONV: u32 = 79;
/// `PERF_RECORD_BPF_METADATA`.
const PERF_RECORD_BPF_METADATA: u32 = 84;

/// Whether the misc bits are some that a record of the type has, as far as it is known.
pub(crate) const fn has_known_misc(header: RecordHeader) -> bool {
    /// The CPU mode.
    const MODE: u16 = 7;
    let known = match header.record_type {
        // Data mapping, or name read too slowly.
        PERF_RECORD_MMAP => MODE | 1 << 13 | 1 << 12,
        // The same, and a build id.
        PERF_RECORD_MMAP2 => MODE | 1 << 14 | 1 << 13 | 1 << 12,
        // By `exec`.
        PERF_RECORD_COMM | PERF_RECORD_FORK => MODE | 1 << 13,
        // Exact instruction pointer.
        PERF_RECORD_SAMPLE => MODE | 1 << 14,
        // Switched out, preempted.
        PERF_RECORD_SWITCH | PERF_RECORD_SWITCH_CPU_WIDE => MODE | 1 << 13 | 1 << 14,
        // Lost by a BPF filter; or the length of the build id is stated.
        PERF_RECORD_LOST_SAMPLES | PERF_RECORD_HEADER_BUILD_ID => MODE | 1 << 15,
        ..PERF_RECORD_HEADER_ATTR => MODE,
        // perf 4.14 left there what was in memory.
        PERF_RECORD_HEADER_ATTR => return true,
        _ => 0,
    };
    header.misc & !known == 0
}

/// How the length of a kernel's record, no sample, fits its kind; `own` is the record without
/// header and trailer.
pub(crate) fn fit_of_kernels<O: ByteOrder>(
    record_type: u32,
    own: &[u8],
    layout: Option<&SampleLayout>,
) -> LengthMatch {
    let ends_with_name = |fixed: usize| own.get(fixed..).is_some_and(is_padded_name);
    let is_exact = match record_type {
        PERF_RECORD_MMAP => ends_with_name(32),
        // Without protection and flags, and with them.
        PERF_RECORD_MMAP2 => ends_with_name(56) || ends_with_name(64),
        PERF_RECORD_COMM | PERF_RECORD_CGROUP => ends_with_name(8),
        PERF_RECORD_KSYMBOL => ends_with_name(16),
        PERF_RECORD_SWITCH => own.is_empty(),
        PERF_RECORD_LOST_SAMPLES
        | PERF_RECORD_ITRACE_START
        | PERF_RECORD_SWITCH_CPU_WIDE
        | PERF_RECORD_AUX_OUTPUT_HW_ID => own.len() == 8,
        PERF_RECORD_LOST | PERF_RECORD_BPF_EVENT => own.len() == 16,
        PERF_RECORD_FORK
        | PERF_RECORD_EXIT
        | PERF_RECORD_THROTTLE
        | PERF_RECORD_UNTHROTTLE
        | PERF_RECORD_AUX => own.len() == 24,
        PERF_RECORD_READ => {
            let values = own.get(8..).unwrap_or_default();
            layout.is_some_and(|layout| layout.are_values::<O>(values))
        }
        PERF_RECORD_NAMESPACES => ListShape::new(16, 16).fits(own.len(), u64_at::<O>(own, 8)),
        PERF_RECORD_CALLCHAIN_DEFERRED => {
            ListShape::new(16, 8).fits(own.len(), u64_at::<O>(own, 8))
        }
        PERF_RECORD_TEXT_POKE => {
            let texts = u16_at::<O>(own, 8).zip(u16_at::<O>(own, 10));
            texts.is_some_and(|(old, new)| {
                (12 + usize::from(old) + usize::from(new)).next_multiple_of(8) == own.len()
            })
        }
        _ => return LengthMatch::Foreign,
    };
    exact_if(is_exact)
}

/// A record that is a list: so many bytes before its entries, so many for each.
#[derive(Clone, Copy)]
struct ListShape {
    fixed: usize,
    each: usize,
}

impl ListShape {
    const fn new(fixed: usize, each: usize) -> Self {
        Self { fixed, each }
    }

    /// Whether a record of `len` bytes is one of `count` entries.
    fn fits(self, len: usize, count: Option<u64>) -> bool {
        let entries = count.and_then(|count| position(count).checked_mul(self.each));
        entries.and_then(|entries| entries.checked_add(self.fixed)) == Some(len)
    }
}

/// How the length of one of perf's own records fits its kind; `body` is the record without its
/// header.
///
/// perf has made such records longer at times: one that is longer than it ought to be may be newer
/// than this program.
pub(crate) fn fit_of_perfs<O: ByteOrder>(record_type: u32, body: &[u8]) -> LengthMatch {
    let len = body.len();
    let of_lengths = |known: &[usize]| match known.first() {
        _ if known.contains(&len) => LengthMatch::Exact,
        Some(&shortest) if len > shortest => LengthMatch::Doubtful,
        _ => LengthMatch::Odd,
    };
    let count = u64_at::<O>(body, 0);
    let of_count = |shape: ListShape| exact_if(shape.fits(len, count));
    match record_type {
        PERF_RECORD_HEADER_ATTR => {
            let attr = u32_at::<O>(body, 4).map(|attr| position(attr.into()));
            exact_if(attr.is_some_and(|attr| {
                (MIN_ATTR_SIZE..=len).contains(&attr) && (len - attr).is_multiple_of(8)
            }))
        }
        PERF_RECORD_FINISHED_ROUND | PERF_RECORD_FINISHED_INIT => of_lengths(&[0]),
        // Ids of a virtual machine's CPUs follow since perf 6.0.
        PERF_RECORD_ID_INDEX => exact_if(
            [32, 48]
                .iter()
                .any(|&each| ListShape::new(8, each).fits(len, count)),
        ),
        PERF_RECORD_AUXTRACE => of_lengths(&[40]),
        PERF_RECORD_THREAD_MAP => of_count(ListShape::new(8, 24)),
        PERF_RECORD_STAT_CONFIG => of_count(ListShape::new(8, 16)),
        PERF_RECORD_STAT => of_lengths(&[40]),
        PERF_RECORD_STAT_ROUND => of_lengths(&[16]),
        PERF_RECORD_TIME_CONV => of_lengths(&[24, 48]),
        PERF_RECORD_COMPRESSED2 => {
            let whole = count.and_then(|packed| position(packed).checked_add(8));
            exact_if(whole.and_then(|whole| whole.checked_next_multiple_of(8)) == Some(len))
        }
        PERF_RECORD_BPF_METADATA if ListShape::new(24, 96).fits(len, u64_at::<O>(body, 16)) => {
            LengthMatch::Exact
        }
        PERF_RECORD_BPF_METADATA => LengthMatch::Doubtful,
        _ => fit_of_free::<O>(record_type, body),
    }
}

/// The same for kinds that may have one length or another.
fn fit_of_free<O: ByteOrder>(record_type: u32, body: &[u8]) -> LengthMatch {
    let len = body.len();
    let first = u64_at::<O>(body, 0);
    let is_possible = match record_type {
        // An id and a name of up to 64 bytes, filled up to whole words.
        PERF_RECORD_HEADER_EVENT_TYPE => (16..=72).contains(&len),
        // The formats follow, as many bytes as it says.
        PERF_RECORD_HEADER_TRACING_DATA => (4..=8).contains(&len),
        PERF_RECORD_HEADER_BUILD_ID => len > 28,
        PERF_RECORD_AUXTRACE_INFO => len >= 8,
        // Its text ends where it does.
        PERF_RECORD_AUXTRACE_ERROR if len > 128 => return LengthMatch::Doubtful,
        PERF_RECORD_AUXTRACE_ERROR => len >= 32,
        PERF_RECORD_CPU_MAP => len >= 8 && u16_at::<O>(body, 0).is_some_and(|shape| shape < 3),
        PERF_RECORD_EVENT_UPDATE => len >= 16 && first.is_some_and(|what| what < 4),
        PERF_RECORD_HEADER_FEATURE => first.is_some_and(|feature| feature < 256),
        PERF_RECORD_COMPRESSED => len > 0,
        _ => return LengthMatch::Foreign,
    };
    if is_possible {
        LengthMatch::Free
    } else {
        LengthMatch::Odd
    }
}

fn exact_if(is_exact: bool) -> LengthMatch {
    if is_exact {
        LengthMatch::Exact
    } else {
        LengthMatch::Odd
    }
}
