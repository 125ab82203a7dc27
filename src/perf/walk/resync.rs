//! Where records begin in bytes that are damaged.

use std::ops::Range;

use super::seen::Seen;
use crate::bytes::ByteOrder;
use crate::perf::abi::PERF_RECORD_SAMPLE;
use crate::perf::record::{Events, LengthMatch, RecordHeader, has_known_misc};

/// How many plausible records in a row end a damaged stretch when no events tell what samples hold.
const RESUME_RUN: usize = 3;
/// How many plausible records in a row end one in the middle of a word.
const HALF_ALIGNED_RUN: usize = 8;
/// How many plausible records in a row end one where no word begins.
const UNALIGNED_RUN: usize = 16;
/// How far a run is searched for in one go.
const REACH: usize = 1 << 24;

/// The first place from `from` on where `run` plausible records follow each other or reach the end,
/// within [`REACH`]; `None` when there is none.
///
/// Records lie on eight bytes, except behind a COMPRESSED one, and where some bytes were lost: there
/// more of them must follow each other, all of whole words.
pub(crate) fn find_run<O: ByteOrder>(bytes: &[u8], from: usize, run: usize) -> Option<usize> {
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
pub(crate) fn resync<O: ByteOrder>(bytes: &[u8], from: usize, events: Option<&Events>) -> usize {
    first_believed::<O>(bytes, from..bytes.len(), events).unwrap_or(bytes.len())
}

/// The first place within a range where a record begins that is believed although nothing leads to
/// it.
///
/// The length of a sample follows from what is in it and from its event, so that one that fits is a
/// sample. Others have to be followed by one that fits its kind as well, or by the end.
pub(crate) fn first_believed<O: ByteOrder>(
    bytes: &[u8],
    mut within: Range<usize>,
    events: Option<&Events>,
) -> Option<usize> {
    within.find(|&at| is_believed::<O>(bytes, at, events))
}

/// Whether a record begins at `at`, judged by itself and by what follows it.
pub(crate) fn is_believed<O: ByteOrder>(bytes: &[u8], at: usize, events: Option<&Events>) -> bool {
    let Some(seen) = Seen::at::<O>(bytes, at, events).filter(Seen::is_plausible) else {
        return false;
    };
    let is_told = events.is_some() && seen.length_match != LengthMatch::Untold;
    if is_told && seen.header.record_type == PERF_RECORD_SAMPLE {
        return true;
    }
    let run = if is_told {
        2
    } else if at.is_multiple_of(8) {
        RESUME_RUN
    } else if at.is_multiple_of(4) {
        // Where a build id's record of perf's own shifted all that follow.
        HALF_ALIGNED_RUN
    } else {
        UNALIGNED_RUN
    };
    let mut next = seen.next;
    (1..run).all(|_| {
        let following = Seen::at::<O>(bytes, next, events).filter(Seen::is_plausible);
        let is_end = next == bytes.len();
        next = following.map_or(next, |following| following.next);
        is_end || following.is_some()
    })
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
            Some(header)
                if header.is_plausible() && has_known_misc(header) && is_wanted(header) =>
            {
                let Some(next) = header.next_record::<O>(bytes, at) else {
                    return false;
                };
                at = next;
            }
            Some(_) | None => return false,
        }
    }
    true
}
