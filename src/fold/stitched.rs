//! Calls that the last branches of a sample do not reach: joined from earlier samples of its thread.
//!
//! In call-stack mode a CPU keeps the open calls in a ring of 8 to 32 places. What is called deeper
//! takes the places of the outermost calls, which then are missing above the stack:
//!
//! ```text
//! before:  main a b c d e f g        top at g; all places taken
//! now:            c d e f g h i      h and i lie where main and a lay; b is gone with the next call
//! joined:  main a b c d e f g h i    c lies in both at one place of the ring: what was above it still is
//! ```
//!
//! The outermost call of a sample is looked for in the sample before of the same thread, at the same
//! place of the ring. Where it is there, with the same addresses and flags, the calls above it are taken
//! over, and those that were joined to that sample before.
//!
//! It may go wrong: code that leaves functions without returning (`longjmp`, exceptions, switches of
//! stacks) leaves calls in the ring that are over, which is why it is done on request alone, as perf does.
//!
//! Source: `has_stitched_lbr()`, `resolve_lbr_callchain_sample()`, tools/perf/util/machine.c, and
//! perf-script(1), `--stitch-lbr`, Linux 6.1.

use hashbrown::{HashMap, HashSet};

use super::chain::has_user_part;
use crate::bytes::{ByteOrder, KeptBytes, with_order};
use crate::perf::abi::PERF_RECORD_SAMPLE;
use crate::perf::{Capture, Event, Events, Record, SampleTail, Visitor};
use crate::units::{FilePosition, ThreadId, Timestamp};

/// Length of a `struct perf_branch_entry`: from, to, flags.
const ENTRY_LEN: usize = 24;

/// Bytes of calls that are joined to a sample at most: what is recursive has no end.
const MOST_JOINED: usize = 1024 * ENTRY_LEN;

/// The branches of samples with the calls that were joined to them.
#[derive(Debug, Default)]
pub(super) struct StitchedCalls<'a> {
    /// In file order; samples to which none were joined are left out.
    list: Vec<Stitched<'a>>,
    /// Samples with calls that there was no room for.
    pub(super) left_out: u64,
}

/// The branches of a sample and those joined to them, newest first.
#[derive(Clone, Copy, Debug)]
struct Stitched<'a> {
    position: FilePosition,
    entries: &'a [u8],
}

/// The branches of a sample.
struct BranchSample<'a> {
    time: Timestamp,
    position: FilePosition,
    thread: ThreadId,
    ring: Ring<'a>,
}

/// What the CPU's ring held.
#[derive(Clone, Copy)]
struct Ring<'a> {
    /// The place of the newest branch.
    top: u64,
    /// The branches, newest first.
    entries: &'a [u8],
}

/// The sample before of a thread.
struct Before<'a> {
    ring: Ring<'a>,
    /// What was joined to it.
    joined: Vec<u8>,
}

/// The visitor that looks for samples with open calls.
struct BranchSamples<'e> {
    events: &'e Events,
}

impl<'a> Visitor<'a> for BranchSamples<'_> {
    type Gathered = Vec<BranchSample<'a>>;

    fn begin(&self) -> Self::Gathered {
        Vec::new()
    }

    #[inline]
    fn record<O: ByteOrder>(&self, found: &mut Self::Gathered, record: Record<'a>) {
        found.extend(branch_sample::<O>(self.events, record));
    }
}

/// The branches of a record; `None` when it is no sample with open calls, or has no user stack.
fn branch_sample<'a, O: ByteOrder>(
    events: &Events,
    record: Record<'a>,
) -> Option<BranchSample<'a>> {
    if record.header.record_type != PERF_RECORD_SAMPLE {
        return None;
    }
    let event = events.get(record.event?)?;
    if !tells_places(event) {
        return None;
    }
    let head = event.layout.head::<O>(record.body)?;
    let branches = SampleTail::parse::<O>(&event.attr, head.tail)?.branches?;
    has_user_part::<O>(head.chain?).then_some(())?;
    Some(BranchSample {
        time: head.time.unwrap_or_default(),
        position: record.position,
        thread: ThreadId {
            pid: head.pid,
            tid: head.tid,
        },
        ring: Ring {
            top: branches.hw_index?,
            entries: branches.entries,
        },
    })
}

/// Whether samples of an event tell open calls and where in the ring they lie.
fn tells_places(event: &Event) -> bool {
    event.attr.has_open_calls() && event.attr.tells_branch_places()
}

impl<'a> StitchedCalls<'a> {
    /// Joins calls in the order of time, which is not that of the file, in a walk of its own. Nothing
    /// is joined where the capture does not tell how many places the ring has.
    pub(super) fn of(capture: &'a Capture, threads: usize) -> Self {
        let places = with_order!(capture.endian(), O => capture.features().branch_places::<O>());
        let Some(places) = places else {
            return Self::default();
        };
        let events = capture.events();
        if !events.iter().any(|(_, event)| tells_places(event)) {
            return Self::default();
        }
        let scan = capture.scan(threads, &BranchSamples { events });
        let mut samples: Vec<_> = scan.gathered.into_iter().flatten().collect();
        samples.sort_by_key(|sample| (sample.time, sample.position));
        Self::of_ordered(&samples, places, capture.kept_calls())
    }

    fn of_ordered(samples: &[BranchSample<'a>], places: u64, kept: &'a KeptBytes) -> Self {
        let mut stitched = Self::default();
        let mut threads: HashMap<ThreadId, Before<'a>> = HashMap::new();
        let mut known: HashSet<&'a [u8]> = HashSet::new();
        let mut all = Vec::new();
        for sample in samples {
            let ring = sample.ring;
            let before = threads.get(&sample.thread);
            let joined = before.and_then(|before| before.above(ring, places));
            let joined = joined.unwrap_or_default();
            if !joined.is_empty() {
                all.clear();
                all.extend_from_slice(ring.entries);
                all.extend_from_slice(&joined);
                let same = known.get(&*all).copied();
                match same.or_else(|| kept.keep(&all)) {
                    Some(entries) => {
                        known.insert(entries);
                        stitched.list.push(Stitched {
                            position: sample.position,
                            entries,
                        });
                    }
                    None => stitched.left_out += 1,
                }
            }
            threads.insert(sample.thread, Before { ring, joined });
        }
        stitched.list.sort_by_key(|sample| sample.position);
        stitched
    }

    /// The branches of the sample there with those that were joined to them; `None` where none were.
    pub(super) fn at(&self, position: FilePosition) -> Option<&'a [u8]> {
        let found = self
            .list
            .binary_search_by_key(&position, |sample| sample.position);
        Some(self.list.get(found.ok()?)?.entries)
    }
}

impl Before<'_> {
    /// The calls above those that the ring held then and holds `now`; `None` where it has not one of
    /// them any more. So many `places` it has.
    fn above(&self, now: Ring<'_>, places: u64) -> Option<Vec<u8>> {
        let outermost = now.entries.len().checked_sub(ENTRY_LEN)?;
        let outermost = now.entries.get(outermost..)?;
        let count = (now.entries.len() / ENTRY_LEN) as u64;
        // The place of the outermost call, and how many branches back it was then. A place that is
        // none leads to no branch.
        let base = places
            .wrapping_sub(count)
            .wrapping_add(now.top)
            .wrapping_add(1);
        let around = if self.ring.top > base { 0 } else { places };
        let back = around.wrapping_add(self.ring.top).wrapping_sub(base);
        let at = usize::try_from(back).ok()?.checked_mul(ENTRY_LEN)?;
        let above = at.checked_add(ENTRY_LEN)?;
        if self.ring.entries.get(at..above)? != outermost {
            return None;
        }
        let mut joined = self.ring.entries.get(above..)?.to_vec();
        joined.extend_from_slice(&self.joined);
        joined.truncate(MOST_JOINED);
        Some(joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(calls: &[u64]) -> Vec<u8> {
        let words = calls.iter().flat_map(|&at| [at, at + 1, 0]);
        words.flat_map(u64::to_le_bytes).collect()
    }

    /// By hand, of a ring of 4 places: what was above a call is taken over where the call lies at its
    /// place, whatever lies at others.
    #[test]
    fn calls_above_a_common_one_are_taken_over() {
        let earlier = entries(&[4, 3, 2, 1]);
        let joined = entries(&[9]);
        let before = |top| Before {
            ring: Ring {
                top,
                entries: &earlier,
            },
            joined: joined.clone(),
        };
        let above = |top_before, top, calls: &[u64]| {
            let entries = entries(calls);
            let now = Ring {
                top,
                entries: &entries,
            };
            before(top_before).above(now, 4)
        };
        // 1 to 4 at the places 0 to 3. Two more are called: 5 and 6 lie where 1 and 2 lay.
        assert_eq!(above(3, 1, &[6, 5, 4, 3]), Some(entries(&[2, 1, 9])));
        // All that was there is still there.
        assert_eq!(above(3, 3, &[4, 3, 2, 1]), Some(entries(&[9])));
        // 4 and 3 have returned, of which a ring that was full keeps 2 and 1.
        assert_eq!(above(3, 1, &[2, 1]), Some(entries(&[9])));
        // Four others were called; the same calls at other places; none.
        assert_eq!(above(3, 3, &[8, 7, 6, 5]), None);
        assert_eq!(above(3, 2, &[6, 5, 4, 3]), None);
        assert_eq!(above(3, 3, &[]), None);
        // A place that is none.
        assert_eq!(above(u64::MAX, 1, &[6, 5, 4, 3]), None);
        assert_eq!(above(3, u64::MAX, &[6, 5, 4, 3]), None);
    }
}
