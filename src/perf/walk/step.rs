//! One step of a walk: whether the record at a place is believed, and where the next one begins.
//!
//! It depends on the bytes from there on alone, so that walks which begin in different places agree
//! as soon as they meet.

use super::resync::{first_believed, is_believed, resync};
use super::seen::{Seen, ends_of_fields, has_possible_chain, looks_like_sample};
use crate::bytes::{ByteOrder, u64_at};
use crate::perf::abi::{PERF_RECORD_AUXTRACE, PERF_RECORD_COMPRESSED, PERF_RECORD_SAMPLE};
use crate::perf::record::{Events, LengthMatch, RECORD_HEADER_LEN};

/// What is at a place, and how far it reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Extent {
    /// A record as long as its header says.
    Whole,
    /// A record whose header states a wrong length; its fields, and what follows it, tell that it
    /// ends here.
    Ends(usize),
    /// No record up to there.
    Damage(usize),
}

/// A place of the walk where a plain look leaves doubt.
#[derive(Clone, Copy, Debug)]
struct Doubt<'a> {
    bytes: &'a [u8],
    at: usize,
    events: Option<&'a Events>,
}

/// Decides what is at `at`, where a plain look at the record and the following one leaves doubt.
///
/// A record of the wrong length has others inside, or nothing that can be a record behind it. What is
/// not believed is searched for whole records, so that none is lost but with bytes that are
/// reported.
#[cold]
pub(crate) fn examine<O: ByteOrder>(
    bytes: &[u8],
    at: usize,
    seen: Option<Seen>,
    events: Option<&Events>,
) -> Extent {
    let doubt = Doubt { bytes, at, events };
    let Some(seen) = seen else {
        return Extent::Damage(resync::<O>(bytes, at + 1, events));
    };
    let is_sample = seen.header.record_type == PERF_RECORD_SAMPLE;
    let is_followed = is_arrival::<O>(bytes, seen.next, events);
    if is_sample
        && seen.length_match == LengthMatch::Odd
        && let Some(end) = doubt.true_end::<O>(seen.next, is_followed)
    {
        return Extent::Ends(end);
    }
    let is_right = match seen.length_match {
        LengthMatch::Exact if is_followed => return Extent::Whole,
        LengthMatch::Exact => !doubt.is_overwritten::<O>(seen),
        LengthMatch::Free if seen.header.record_type == PERF_RECORD_COMPRESSED => true,
        LengthMatch::Foreign => is_followed && !doubt.hides_sample::<O>(seen.next),
        LengthMatch::Free | LengthMatch::Untold | LengthMatch::Doubtful | LengthMatch::Odd => {
            is_followed
        }
    };
    // The trace behind an AUXTRACE record is long: it is searched only where no record follows.
    let is_trace = seen.header.record_type == PERF_RECORD_AUXTRACE;
    let end = if is_trace && is_followed {
        at + usize::from(seen.header.len)
    } else {
        seen.next
    };
    if let Some(inner) = first_believed::<O>(bytes, at + RECORD_HEADER_LEN..end, events) {
        return Extent::Damage(inner);
    }
    if is_right {
        Extent::Whole
    } else {
        Extent::Damage(resync::<O>(bytes, end, events))
    }
}

/// Whether a record may well begin at a place to which the one before leads, or all ends there. One
/// of an unknown kind has to lead on to a place of that sort.
fn is_arrival<O: ByteOrder>(bytes: &[u8], at: usize, events: Option<&Events>) -> bool {
    let look = |at| Seen::at::<O>(bytes, at, events);
    let is_sound = |at| at == bytes.len() || look(at).is_some_and(|seen| seen.is_sound());
    is_sound(at)
        || look(at)
            .is_some_and(|seen| seen.length_match == LengthMatch::Foreign && is_sound(seen.next))
}

impl Doubt<'_> {
    fn body(&self, end: usize) -> &[u8] {
        let start = self.at + RECORD_HEADER_LEN;
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Where a sample ends whose length is wrong: a record, or the end, is where its fields end.
    fn true_end<O: ByteOrder>(&self, stated: usize, is_followed: bool) -> Option<usize> {
        let mut ends = ends_of_fields::<O>(self.bytes, self.at, self.events?);
        ends.find(|&end| {
            let is_possible = end < stated || end > stated && !is_followed;
            let is_end = end == self.bytes.len();
            let inside = self.at + RECORD_HEADER_LEN..end;
            is_possible
                && (is_end || is_believed::<O>(self.bytes, end, self.events))
                && first_believed::<O>(self.bytes, inside, self.events).is_none()
        })
    }

    /// Whether a record with something behind it that is none was overwritten together with that: it
    /// ends as that begins, or has a call chain that cannot be.
    fn is_overwritten<O: ByteOrder>(&self, seen: Seen) -> bool {
        let last = seen.next.checked_sub(8);
        let last = last.and_then(|last| u64_at::<O>(self.bytes, last));
        let is_sample = seen.header.record_type == PERF_RECORD_SAMPLE;
        let is_sound = !is_sample
            || self
                .events
                .is_some_and(|events| has_possible_chain::<O>(events, self.body(seen.next)));
        last == u64_at::<O>(self.bytes, seen.next) || !is_sound
    }

    /// Whether a record of an unknown kind is a sample whose type was hit.
    fn hides_sample<O: ByteOrder>(&self, end: usize) -> bool {
        self.events
            .is_some_and(|events| looks_like_sample::<O>(events, self.body(end)))
    }
}
