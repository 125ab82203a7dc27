//! Where records begin in bytes that are damaged, and which of them to believe.

use super::abi::{PERF_RECORD_AUXTRACE, PERF_RECORD_HEADER_TRACING_DATA, PERF_RECORD_SAMPLE};
use super::bytes::{ByteOrder, position, u32_at, u64_at};
use super::fit::{Fit, fit, has_possible_chain};
use super::record::{RECORD_HEADER_LEN, RecordHeader};
use super::scan::Region;

/// How many plausible records in a row end a damaged stretch.
const RESUME_RUN: usize = 3;
/// How many plausible records in a row end one where no word begins.
const UNALIGNED_RUN: usize = 16;
/// Records from this length on are compared with what is in them: there are few, and a wrong length
/// would hide many others.
pub(super) const LONG: u16 = 1024;
/// How far a run is searched for in one go.
const REACH: usize = 1 << 24;

/// The first place from `from` on where `run` plausible records follow each other or reach the end,
/// within [`REACH`]; `None` when there is none.
///
/// Records lie on eight bytes, except behind a COMPRESSED one, and where some bytes were lost: there
/// more of them must follow each other, all of whole words.
pub(super) fn find_run<O: ByteOrder>(bytes: &[u8], from: usize, run: usize) -> Option<usize> {
    let until = bytes.len().min(from.saturating_add(REACH));
    let aligned = (from.next_multiple_of(8)..until)
        .step_by(8)
        .find(|&at| is_run::<O>(bytes, at, run));
    match aligned {
        // Words between the words are seldom what they seem: 0x401000 begins with an ATTR, say.
        Some(aligned) => {
            let run = run.max(UNALIGNED_RUN);
            let is_run = |&at: &usize| is_run_of::<O>(bytes, at, run, RecordHeader::is_of_words);
            (from..aligned).find(is_run).or(Some(aligned))
        }
        None => (from..until).find(|&at| is_run::<O>(bytes, at, run)),
    }
}

/// Where the walk goes on after damage that begins before `from`.
pub(super) fn resume<O: ByteOrder>(bytes: &[u8], from: usize) -> usize {
    (from..bytes.len())
        .step_by(REACH)
        .find_map(|from| find_run::<O>(bytes, from, RESUME_RUN))
        .unwrap_or(bytes.len())
}

fn is_run<O: ByteOrder>(bytes: &[u8], at: usize, run: usize) -> bool {
    is_run_of::<O>(bytes, at, run, |_| true)
}

fn is_run_of<O: ByteOrder>(
    bytes: &[u8],
    mut at: usize,
    run: usize,
    is_wanted: impl Fn(RecordHeader) -> bool,
) -> bool {
    for _ in 0..run {
        if at == bytes.len() {
            return true;
        }
        let header = bytes.get(at..).and_then(RecordHeader::parse::<O>);
        match header {
            Some(header) if header.is_plausible() && is_wanted(header) => {
                let Some(next) = next_record::<O>(bytes, at, header) else {
                    return false;
                };
                at = next;
            }
            Some(_) | None => return false,
        }
    }
    true
}

/// Where the record behind the one at `at` begins; `None` when this one reaches past the end.
///
/// The bytes of an AUX trace and of tracepoint formats follow their record uncounted.
#[inline]
pub(super) fn next_record<O: ByteOrder>(
    bytes: &[u8],
    at: usize,
    header: RecordHeader,
) -> Option<usize> {
    let end = at + usize::from(header.len);
    let extra = match header.record_type {
        PERF_RECORD_AUXTRACE => position(u64_at::<O>(bytes, at + RECORD_HEADER_LEN)?),
        PERF_RECORD_HEADER_TRACING_DATA => {
            let len = u32_at::<O>(bytes, at + RECORD_HEADER_LEN)?;
            position(len.into()).next_multiple_of(8)
        }
        _ => 0,
    };
    end.checked_add(extra).filter(|&end| end <= bytes.len())
}

/// Whether a record is what its header says, where that is in doubt: nothing that can be a record
/// follows it, or it is so long that a wrong length would hide others.
///
/// A record of the wrong length has others inside; one that is overwritten to its end does not fit
/// its kind or ends with what follows it.
#[cold]
pub(super) fn is_trusted<O: ByteOrder>(
    region: Region<'_>,
    (at, next): (usize, usize),
    header: RecordHeader,
    is_followed: bool,
) -> bool {
    let bytes = region.bytes;
    let body = bytes.get(at + RECORD_HEADER_LEN..next).unwrap_or_default();
    let fit = region.events.map_or(Fit::Unknown, |events| {
        fit::<O>(events, header.record_type, body)
    });
    let holds_others = || {
        let mut inside = (at + RECORD_HEADER_LEN..next).step_by(8);
        inside.any(|at| is_run::<O>(bytes, at, RESUME_RUN))
    };
    match (is_followed, fit) {
        (true, Fit::Exact | Fit::Unknown) => true,
        (true, Fit::Odd) => !holds_others(),
        (false, Fit::Exact) => {
            let (end, behind) = (next.checked_sub(8), u64_at::<O>(bytes, next));
            let last = end.and_then(|end| u64_at::<O>(bytes, end));
            let is_sample = header.record_type == PERF_RECORD_SAMPLE;
            let is_sound = !is_sample
                || (region.events).is_some_and(|events| has_possible_chain::<O>(events, body));
            last != behind && is_sound && !holds_others()
        }
        (false, Fit::Odd | Fit::Unknown) => false,
    }
}
