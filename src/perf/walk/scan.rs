//! One walk over all records, shared between threads.
//!
//! Record boundaries are known only by walking from the first record on. To share the walk, each
//! part after the first begins at a guess: a place where a long run of plausible records starts.
//! The guess counts only if the walk of the part before arrives exactly there; else all is walked
//! again, the part from where that one arrived. So the result is that of a walk from the first record
//! to the last, whatever was guessed and however many threads there were.

use super::ahead::{Ahead, OUTLOOK};
use super::counts::RecordCounts;
use super::item::{Damage, Length, Record, Region, ScanItem};
use super::plain_record::PlainSamples;
use super::resync::find_run;
use super::seen::Seen;
use super::step::{Extent, examine};
use super::visitor::Visitor;
use crate::bytes::ByteOrder;
use crate::parallel::{by_pieces, on_threads};
use crate::perf::record::{LengthMatch, RECORD_HEADER_LEN};

/// What a scan found.
#[derive(Debug)]
pub struct Scan<G> {
    /// What was gathered in each part, in file order.
    pub gathered: Vec<G>,
    /// Whether a region begins with that part.
    pub begins_region: Vec<bool>,
    /// Records by type.
    pub counts: RecordCounts,
}

impl<G> Default for Scan<G> {
    fn default() -> Self {
        Self {
            gathered: Vec::new(),
            begins_region: Vec::new(),
            counts: RecordCounts::new(),
        }
    }
}

impl<G> Scan<G> {
    /// Adds what was found in the following part.
    fn add(&mut self, done: WalkedPart<G>, begins_region: bool) {
        self.gathered.push(done.gathered);
        self.begins_region.push(begins_region);
        self.counts.add(&done.counts);
    }

    /// Adds what was found behind it.
    pub(crate) fn append(&mut self, later: Self) {
        self.gathered.extend(later.gathered);
        self.begins_region.extend(later.begins_region);
        self.counts.add(&later.counts);
    }
}

/// A region of a capture that is not all there yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArrivingRegion<'a> {
    /// Its place among the regions that arrive.
    pub(crate) number: usize,
    /// Whether its first byte is that of a stream of records.
    pub(crate) begins_stream: bool,
    pub(crate) region: Region<'a>,
}

/// A part of a region, as one thread walks it.
#[derive(Clone, Copy, Debug)]
struct Part<'a> {
    region: Region<'a>,
    start: usize,
    end: usize,
}

/// A part after its walk.
struct WalkedPart<G> {
    gathered: G,
    counts: RecordCounts,
    /// Where the walk began.
    start: usize,
    /// Where the walk arrived: the first record that does not begin in the part.
    arrived: usize,
}

/// How many plausible records in a row make a guess.
const GUESS_RUN: usize = 64;
/// Parts smaller than this are not worth a thread.
const MIN_PART: usize = 1 << 20;

/// Walks all records of `regions`, each exactly once, on up to `threads` threads.
pub(crate) fn scan<'a, O: ByteOrder, V: Visitor<'a>>(
    regions: &[Region<'a>],
    threads: usize,
    visitor: &V,
) -> Scan<V::Gathered> {
    let pieces = if threads > 1 {
        threads.saturating_mul(visitor.parts_a_thread())
    } else {
        1
    };
    let walk = |parts: &[Part<'a>]| walk_in_turns::<O, V>(parts, threads, visitor);
    // What is handed on from part to part cannot be taken apart again: one wrong guess spoils all.
    // Only in a file that changes meanwhile are mended parts wrong too.
    walk(&cut::<O>(regions, pieces))
        .or_else(|mended| walk(&mended))
        .or_else(|_| walk(&cut::<O>(regions, 1)))
        .unwrap_or_default()
}

/// Walks parts, each thread the next one that is left. When a part was guessed wrong, the parts with
/// their right beginnings come back instead.
fn walk_in_turns<'a, O: ByteOrder, V: Visitor<'a>>(
    parts: &[Part<'a>],
    threads: usize,
    visitor: &V,
) -> Result<Scan<V::Gathered>, Vec<Part<'a>>> {
    let walk_next = |done: &mut Vec<(usize, WalkedPart<V::Gathered>)>, ix: usize| {
        let gathered = begin_part(visitor, done.last_mut().map(|(_, walked)| walked));
        if let Some(&part) = parts.get(ix) {
            done.push((ix, walk::<O, V>(part, visitor, gathered)));
        }
    };
    let walked = by_pieces(parts.len(), threads, Vec::new, walk_next);
    let mut walked: Vec<_> = walked.into_iter().flatten().collect();
    walked.sort_unstable_by_key(|&(ix, _)| ix);
    let (mut out, mut mended) = (Scan::default(), Vec::new());
    let (mut arrived, mut is_right) = (0, true);
    for ((_, done), part) in walked.into_iter().zip(parts) {
        let begins_region = part.start == 0;
        // Damage, or a trace behind its record, may reach over whole parts.
        let start = if begins_region {
            0
        } else {
            part.end.min(arrived)
        };
        let part = Part { start, ..*part };
        mended.push(part);
        if start == done.start {
            let before = if begins_region { 0 } else { arrived };
            arrived = done.arrived.max(before);
        } else {
            is_right = false;
            arrived = walk::<O, ()>(part, &(), ()).arrived.max(arrived);
        }
        out.add(done, begins_region);
    }
    if is_right { Ok(out) } else { Err(mended) }
}

/// Begins a part of the thread that walked `last` before.
fn begin_part<'a, V: Visitor<'a>>(
    visitor: &V,
    last: Option<&mut WalkedPart<V::Gathered>>,
) -> V::Gathered {
    match last {
        Some(last) => visitor.go_on(&mut last.gathered),
        None => visitor.begin(),
    }
}

/// Walks regions that are still arriving, on up to `threads` threads.
///
/// `arriving` gives each region once and waits for it where it must. Each ends where the walk of it
/// arrives.
pub(crate) fn scan_arriving<'a, O: ByteOrder, V: Visitor<'a>>(
    arriving: impl Fn() -> Option<ArrivingRegion<'a>> + Sync,
    threads: usize,
    visitor: &V,
) -> Scan<V::Gathered> {
    let walk_all = || {
        let mut walked: Vec<(usize, bool, WalkedPart<V::Gathered>)> = Vec::new();
        while let Some(arrived) = arriving() {
            let ArrivingRegion {
                number,
                begins_stream,
                region,
            } = arrived;
            let (start, end) = (0, region.bytes.len());
            let part = Part { region, start, end };
            let gathered = begin_part(visitor, walked.last_mut().map(|(.., walked)| walked));
            walked.push((number, begins_stream, walk::<O, V>(part, visitor, gathered)));
        }
        walked
    };
    let walked = on_threads(0..threads.max(1), |_| walk_all());
    let mut walked: Vec<_> = walked.into_iter().flatten().collect();
    walked.sort_unstable_by_key(|&(number, ..)| number);
    let mut out = Scan::default();
    for (_, begins_stream, done) in walked {
        out.add(done, begins_stream);
    }
    out
}

/// Cuts regions into parts of about equal size, a little more than `pieces` in all.
fn cut<'a, O: ByteOrder>(regions: &[Region<'a>], pieces: usize) -> Vec<Part<'a>> {
    let total: usize = regions.iter().map(|region| region.bytes.len()).sum();
    let share = (total / pieces.max(1)).max(MIN_PART);
    let mut parts = Vec::new();
    for &region in regions {
        let len = region.bytes.len();
        let mut start = 0;
        while len - start > share + share / 2 {
            let target = start + share;
            let Some(guess) = find_run::<O>(region.bytes, target, GUESS_RUN) else {
                break;
            };
            parts.push(Part {
                region,
                start,
                end: guess,
            });
            start = guess;
        }
        parts.push(Part {
            region,
            start,
            end: len,
        });
    }
    parts
}

fn walk<'a, O: ByteOrder, V: Visitor<'a>>(
    part: Part<'a>,
    visitor: &V,
    mut gathered: V::Gathered,
) -> WalkedPart<V::Gathered> {
    let Region { bytes, events, .. } = part.region;
    let mut counts = RecordCounts::new();
    let mut ahead = Ahead::new(part.region, part.end);
    if visitor.leaves_gaps() {
        ahead = ahead.with_gaps();
    }
    let mut at = part.start;
    while at < part.end {
        let near = ahead.from(at, visitor.takes_copies(&gathered));
        let (begin, reach) = (at, at + near.len());
        let is_last = reach == bytes.len() || near.is_empty();
        let beyond = reach.saturating_sub(part.end);
        let here = |at: usize| near.get(at - begin..).unwrap_or_default();
        let from = |at: usize| PlainSamples::new::<O>(here(at), beyond, events);
        let mut plain = from(at);
        while at < part.end {
            let left = plain.left();
            visitor.samples::<O>(&mut gathered, &mut plain);
            at += left - plain.left();
            if let Some(found) = plain.upcoming::<O>() {
                let (header, next) = (found.header, at + usize::from(found.header.len));
                visitor.sample::<O>(&mut gathered, found.sample, || Record {
                    position: part.region.position.plus(at as u64),
                    header,
                    body: bytes.get(at + RECORD_HEADER_LEN..next).unwrap_or_default(),
                    event: Some(found.sample.event),
                    length: Length::Right,
                    length_match: LengthMatch::Exact,
                });
                plain.pass(&found);
                at = next;
                continue;
            }
            if at >= part.end || (plain.left() < OUTLOOK && !is_last) {
                break;
            }
            let (met, next) = meet::<O>(part.region, at, here(at));
            match met {
                ScanItem::Record(record) => {
                    counts.count(record.header.record_type);
                    bring::<O, V>(visitor, &mut gathered, record, here(at));
                }
                ScanItem::Damage(damage) => visitor.damage(&mut gathered, damage),
            }
            counts.add_samples(plain.passed());
            plain = from(next);
            at = next;
        }
        counts.add_samples(plain.passed());
    }
    WalkedPart {
        gathered,
        counts,
        start: part.start,
        arrived: at,
    }
}

/// Brings a record, of which there may be a copy at hand, to a visitor.
fn bring<'a, O: ByteOrder, V: Visitor<'a>>(
    visitor: &V,
    gathered: &mut V::Gathered,
    record: Record<'a>,
    at_hand: &[u8],
) {
    match record.sample_in(at_hand) {
        Some(sample) => visitor.sample::<O>(gathered, sample, || record),
        None => visitor.record::<O>(gathered, record),
    }
}

/// What is at a place, and where it ends. `near` is what begins there, as far as it is at hand.
fn meet<'a, O: ByteOrder>(region: Region<'a>, at: usize, near: &[u8]) -> (ScanItem<'a>, usize) {
    let Region { bytes, events, .. } = region;
    let position = region.position.plus(at as u64);
    // Nearly all are told by what is at hand: the file is not mapped for them.
    let near = Seen::plain_start::<O>(near, events);
    let seen = match near {
        Some(seen) => Some(seen.moved(at)),
        None => Seen::at::<O>(bytes, at, events),
    };
    let is_plain = |seen: &Seen| seen.is_plain_at::<O>(bytes, events);
    let extent = if near.is_some() || seen.as_ref().is_some_and(is_plain) {
        Extent::Whole
    } else {
        examine::<O>(bytes, at, seen, events)
    };
    let (seen, next, length) = match (extent, seen) {
        (Extent::Whole, Some(seen)) => (seen, seen.next, seen.stated_length()),
        (Extent::Ends(end), Some(seen)) => (seen, end, Length::Mended),
        (Extent::Damage(until), _) => {
            let len = (until - at) as u64;
            return (ScanItem::Damage(Damage { position, len }), until);
        }
        (Extent::Whole | Extent::Ends(_), None) => {
            let len = (bytes.len() - at) as u64;
            return (ScanItem::Damage(Damage { position, len }), bytes.len());
        }
    };
    let body = bytes.get(at + RECORD_HEADER_LEN..next);
    let record = Record {
        position,
        header: seen.header,
        body: body.unwrap_or_default(),
        event: seen.event,
        length,
        length_match: seen.length_match,
    };
    (ScanItem::Record(record), next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Little;
    use crate::perf::walk::visitor::Both;
    use crate::units::FilePosition;

    /// Adds up bytes: of records times a factor, of damage as they are.
    struct Lengths(u64);

    impl<'a> Visitor<'a> for Lengths {
        type Gathered = [u64; 2];

        fn begin(&self) -> Self::Gathered {
            [0; 2]
        }

        fn record<O: ByteOrder>(&self, [records, _]: &mut Self::Gathered, record: Record<'a>) {
            *records += self.0 * u64::from(record.header.len);
        }

        fn damage(&self, [_, damaged]: &mut Self::Gathered, damage: Damage) {
            *damaged += damage.len;
        }
    }

    /// Each of two visitors takes what it would take alone.
    #[test]
    fn two_visitors_ride_on_one_walk() {
        let record = [
            9_u32.to_le_bytes(),
            (16_u32 << 16).to_le_bytes(),
            [0; 4],
            [0; 4],
        ]
        .concat();
        let bytes = [record.repeat(20), vec![0; 24], record.repeat(20)].concat();
        let region = Region {
            bytes: &bytes,
            position: FilePosition::default(),
            mapping: None,
            events: None,
        };
        let alone = |factor| {
            let found = scan::<Little, _>(&[region], 1, &Lengths(factor)).gathered;
            found.first().copied().expect("one region")
        };
        let both = Both {
            first: Lengths(1),
            second: Lengths(3),
        };
        let found = scan::<Little, _>(&[region], 1, &both).gathered;
        let found = found.first().map(|both| [both.first, both.second]);
        assert_eq!(found, Some([alone(1), alone(3)]));
        let [records, damaged] = alone(1);
        assert_eq!(records + damaged, 664, "every byte is in one of them");
        assert!(damaged >= 24, "no record is made of the bytes between");
    }
}
