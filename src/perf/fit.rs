//! Whether a record is as long as its kind, and its event, say.

use super::abi::{
    PERF_RECORD_AUX, PERF_RECORD_COMM, PERF_RECORD_EXIT, PERF_RECORD_FINISHED_INIT,
    PERF_RECORD_FINISHED_ROUND, PERF_RECORD_FORK, PERF_RECORD_ITRACE_START, PERF_RECORD_LOST,
    PERF_RECORD_LOST_SAMPLES, PERF_RECORD_MMAP, PERF_RECORD_MMAP2, PERF_RECORD_SAMPLE,
    PERF_RECORD_SWITCH, PERF_RECORD_SWITCH_CPU_WIDE, PERF_RECORD_THROTTLE, PERF_RECORD_UNTHROTTLE,
    PERF_RECORD_USER_TYPE_START, PERF_SAMPLE_ADDR, PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_CPU,
    PERF_SAMPLE_ID, PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_IP, PERF_SAMPLE_PERIOD, PERF_SAMPLE_READ,
    PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_TID, PERF_SAMPLE_TIME,
};
use super::bytes::{ByteOrder, u64_at};
use super::events::{Event, Events};
use super::layout::SampleHead;
use super::sideband::is_padded_name;
use super::tail::SampleTail;

/// What lies behind the call chain of samples: all but these.
const BEHIND_CHAIN: u64 = !(PERF_SAMPLE_IDENTIFIER
    | PERF_SAMPLE_IP
    | PERF_SAMPLE_TID
    | PERF_SAMPLE_TIME
    | PERF_SAMPLE_ADDR
    | PERF_SAMPLE_ID
    | PERF_SAMPLE_STREAM_ID
    | PERF_SAMPLE_CPU
    | PERF_SAMPLE_PERIOD
    | PERF_SAMPLE_READ
    | PERF_SAMPLE_CALLCHAIN);

/// How the length of a record fits what is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fit {
    /// Exactly.
    Exact,
    /// Not: its header or what follows it is damaged, or it is newer than this program.
    Odd,
    /// Nothing in it tells.
    Unknown,
}

/// Compares the length of a record with its content; `body` is the record without its header.
pub(super) fn fit<O: ByteOrder>(events: &Events, record_type: u32, body: &[u8]) -> Fit {
    let is_exact = match record_type {
        PERF_RECORD_SAMPLE => return fit_of_sample::<O>(events, body),
        PERF_RECORD_FINISHED_ROUND | PERF_RECORD_FINISHED_INIT => body.is_empty(),
        PERF_RECORD_USER_TYPE_START.. => return Fit::Unknown,
        _ => {
            let event = events.of_sideband::<O>(body);
            let trailer_len = event.map_or(0, |event| event.layout.trailer().len());
            let own = body.len().checked_sub(trailer_len);
            let Some(own) = own.and_then(|len| body.get(..len)) else {
                return Fit::Odd;
            };
            let Some(is_exact) = is_of_kind(record_type, own) else {
                return Fit::Unknown;
            };
            is_exact
        }
    };
    if is_exact { Fit::Exact } else { Fit::Odd }
}

fn fit_of_sample<O: ByteOrder>(events: &Events, body: &[u8]) -> Fit {
    let Some((event, head)) = head_of::<O>(events, body) else {
        return Fit::Odd;
    };
    if event.layout.has_unknown_fields() {
        return Fit::Unknown;
    }
    let unclaimed = if event.attr.sample_type & BEHIND_CHAIN == 0 {
        Some(head.tail)
    } else {
        SampleTail::parse::<O>(&event.attr, head.tail).map(|tail| tail.unclaimed)
    };
    if unclaimed.is_some_and(<[u8]>::is_empty) {
        Fit::Exact
    } else {
        Fit::Odd
    }
}

fn head_of<'a, O: ByteOrder>(
    events: &'a Events,
    body: &'a [u8],
) -> Option<(&'a Event, SampleHead<'a>)> {
    let event = events.get(events.of_sample::<O>(body)?)?;
    Some((event, event.layout.head::<O>(body)?))
}

/// Whether all words of a sample's call chain can be addresses or markers: addresses of user space
/// begin with a zero byte, those of the kernel and all markers with 0xff.
pub(super) fn has_possible_chain<O: ByteOrder>(events: &Events, body: &[u8]) -> bool {
    let chain = head_of::<O>(events, body).and_then(|(_, head)| head.chain);
    let mut words = chain.unwrap_or_default().chunks_exact(8);
    words.all(|word| matches!(u64_at::<O>(word, 0).map(|word| word >> 56), Some(0 | 0xff)))
}

/// Whether a kernel's record without header and trailer is as long as its kind; `None` for kinds
/// that have no length of their own.
fn is_of_kind(record_type: u32, own: &[u8]) -> Option<bool> {
    let ends_with_name = |fixed: usize| own.get(fixed..).is_some_and(is_padded_name);
    Some(match record_type {
        PERF_RECORD_MMAP => ends_with_name(32),
        // Without protection and flags, and with them.
        PERF_RECORD_MMAP2 => ends_with_name(56) || ends_with_name(64),
        PERF_RECORD_COMM => ends_with_name(8),
        PERF_RECORD_SWITCH => own.is_empty(),
        PERF_RECORD_LOST_SAMPLES | PERF_RECORD_ITRACE_START | PERF_RECORD_SWITCH_CPU_WIDE => {
            own.len() == 8
        }
        PERF_RECORD_LOST => own.len() == 16,
        PERF_RECORD_FORK
        | PERF_RECORD_EXIT
        | PERF_RECORD_THROTTLE
        | PERF_RECORD_UNTHROTTLE
        | PERF_RECORD_AUX => own.len() == 24,
        _ => return None,
    })
}
