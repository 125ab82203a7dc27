//! One walk over all records, shared between threads.
//!
//! Record boundaries are known only by walking from the first record on. To share the walk, each
//! part after the first begins at a guess: a place where a long run of plausible records starts.
//! The guess counts only if the walk of the part before arrives exactly there; else all is walked
//! again, the part from where that one arrived. So the result is that of a walk from the first record
//! to the last, whatever was guessed and however many threads there were.

use super::abi::record_name;
use super::bytes::{ByteOrder, position};
use super::events::Events;
use super::fit::{Fit, fit};
use super::mapping::MappedFile;
use super::record::{RECORD_HEADER_LEN, RecordHeader};
use super::resume::{LONG, find_run, is_trusted, next_record, resume};
use crate::shares::{by_pieces, on_threads};

/// A run of whole records.
#[derive(Clone, Copy, Debug)]
pub struct Region<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Position of the first byte in the capture: orders records that carry no time.
    pub position: u64,
    /// The mapping that the bytes belong to, and where in it they begin.
    pub mapping: Option<(&'a MappedFile, usize)>,
    /// The events whose samples the records are, where they are known.
    pub events: Option<&'a Events>,
}

/// A record as the walk meets it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Position in the capture.
    pub position: u64,
    /// Its header.
    pub header: RecordHeader,
    /// What follows the header.
    pub body: &'a [u8],
}

impl Record<'_> {
    /// Whether its length is another one than its kind, and its event, say.
    pub fn is_of_odd_length<O: ByteOrder>(&self, events: &Events) -> bool {
        fit::<O>(events, self.header.record_type, self.body) == Fit::Odd
    }
}

/// What a walk meets.
#[derive(Clone, Copy, Debug)]
pub enum Met<'a> {
    /// A record.
    Record(Record<'a>),
    /// Bytes that are no record and are jumped over.
    Damage(Damage),
}

/// A stretch of bytes that is no record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Position in the capture.
    pub position: u64,
    /// Length in bytes.
    pub len: u64,
}

/// How many records of each type there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordCounts {
    /// By type; the last entry counts all types from there up.
    by_type: [u64; 128],
}

impl RecordCounts {
    fn new() -> Self {
        Self { by_type: [0; 128] }
    }

    #[inline]
    fn count(&mut self, record_type: u32) {
        let last = self.by_type.len() - 1;
        if let Some(count) = self.by_type.get_mut(position(record_type.into()).min(last)) {
            *count += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        for (sum, count) in self.by_type.iter_mut().zip(other.by_type) {
            *sum += count;
        }
    }

    /// The number of records of one type.
    pub fn of(&self, record_type: u32) -> u64 {
        self.by_type
            .get(position(record_type.into()))
            .copied()
            .unwrap_or(0)
    }

    /// The number of records of types that this program does not know.
    pub fn unknown(&self) -> u64 {
        let unknown = self.iter().filter(|&(kind, _)| record_name(kind).is_none());
        unknown.map(|(_, count)| count).sum()
    }

    /// Types that occur, with their numbers, in order of type.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        (0..).zip(self.by_type).filter(|&(_, count)| count > 0)
    }
}

/// What a scan found.
#[derive(Debug)]
pub struct Scan<V> {
    /// One visitor for each part, in file order.
    pub visitors: Vec<V>,
    /// Whether a region begins with the part of that visitor.
    pub begins_region: Vec<bool>,
    /// Records by type.
    pub counts: RecordCounts,
}

impl<V> Default for Scan<V> {
    fn default() -> Self {
        Self {
            visitors: Vec::new(),
            begins_region: Vec::new(),
            counts: RecordCounts::new(),
        }
    }
}

impl<V> Scan<V> {
    /// Adds what was found in the following part.
    fn add(&mut self, done: Walked<V>, begins_region: bool) {
        self.visitors.push(done.visitor);
        self.begins_region.push(begins_region);
        self.counts.add(&done.counts);
    }

    /// Adds what was found behind it.
    pub(super) fn append(&mut self, later: Self) {
        self.visitors.extend(later.visitors);
        self.begins_region.extend(later.begins_region);
        self.counts.add(&later.counts);
    }
}

/// A part of a region, as one thread walks it.
#[derive(Clone, Copy, Debug)]
struct Part<'a> {
    region: Region<'a>,
    start: usize,
    end: usize,
}

/// A part after its walk.
struct Walked<V> {
    visitor: V,
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
/// How much of the mapping is asked for in one step: large enough to be rare, small enough that
/// the bytes are still in the cache when the walk gets there.
const POPULATE_STEP: usize = 1 << 18;

/// Into how many parts for each thread the walk is cut: threads do not get on equally fast.
const PARTS_A_THREAD: usize = 8;

/// Walks all records of `regions`, each exactly once, on up to `threads` threads.
///
/// `make` makes the visitor of a part and `visit` is called for all that is met in it, in file order.
/// A thread that goes on to another part hands `make` its last visitor, which may pass on what it
/// has gathered; which thread walks which part differs from run to run.
pub fn scan<'a, O, V, M, F>(regions: &[Region<'a>], threads: usize, make: M, visit: F) -> Scan<V>
where
    O: ByteOrder,
    V: Send,
    M: Fn(Option<&mut V>) -> V + Sync,
    F: Fn(&mut V, Met<'a>) + Sync,
{
    let pieces = if threads > 1 {
        threads.saturating_mul(PARTS_A_THREAD)
    } else {
        1
    };
    let walk = |parts: &[Part<'a>]| walk_in_turns::<O, V, M, F>(parts, threads, (&make, &visit));
    // What visitors pass on cannot be taken apart again: one wrong guess spoils all. Only in a file
    // that changes meanwhile are mended parts wrong too.
    walk(&cut::<O>(regions, pieces))
        .or_else(|mended| walk(&mended))
        .or_else(|_| walk(&cut::<O>(regions, 1)))
        .unwrap_or_default()
}

/// Walks parts, each thread the next one that is left. When a part was guessed wrong, the parts with
/// their right beginnings come back instead.
fn walk_in_turns<'a, O, V, M, F>(
    parts: &[Part<'a>],
    threads: usize,
    (make, visit): (&M, &F),
) -> Result<Scan<V>, Vec<Part<'a>>>
where
    O: ByteOrder,
    V: Send,
    M: Fn(Option<&mut V>) -> V + Sync,
    F: Fn(&mut V, Met<'a>) + Sync,
{
    let walk_next = |done: &mut Vec<(usize, Walked<V>)>, ix: usize| {
        let last = done.last_mut().map(|(_, walked)| &mut walked.visitor);
        let visitor = make(last);
        if let Some(&part) = parts.get(ix) {
            done.push((ix, walk::<O, V>(part, visitor, visit)));
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
            arrived = walk::<O, ()>(part, (), &|(), _| {}).arrived.max(arrived);
        }
        out.add(done, begins_region);
    }
    if is_right { Ok(out) } else { Err(mended) }
}

/// Walks regions that are still arriving, on up to `threads` threads.
///
/// `arriving` gives each region once, with its number and whether its first byte is that of a
/// stream of records, and waits for it where it must. Each ends where the walk of it arrives.
pub(super) fn scan_arriving<'a, O, V, M, F>(
    arriving: impl Fn() -> Option<(usize, bool, Region<'a>)> + Sync,
    threads: usize,
    (make, visit): (&M, &F),
) -> Scan<V>
where
    O: ByteOrder,
    V: Send,
    M: Fn(Option<&mut V>) -> V + Sync,
    F: Fn(&mut V, Met<'a>) + Sync,
{
    let walk_all = || {
        let mut walked: Vec<(usize, bool, Walked<V>)> = Vec::new();
        while let Some((number, begins_region, region)) = arriving() {
            let (start, end) = (0, region.bytes.len());
            let part = Part { region, start, end };
            let last = walked.last_mut().map(|(.., walked)| &mut walked.visitor);
            let visitor = make(last);
            walked.push((number, begins_region, walk::<O, V>(part, visitor, visit)));
        }
        walked
    };
    let walked = on_threads(0..threads.max(1), |_| walk_all());
    let mut walked: Vec<_> = walked.into_iter().flatten().collect();
    walked.sort_unstable_by_key(|&(number, ..)| number);
    let mut out = Scan::default();
    for (_, begins_region, done) in walked {
        out.add(done, begins_region);
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

fn walk<'a, O: ByteOrder, V>(
    part: Part<'a>,
    mut visitor: V,
    visit: &impl Fn(&mut V, Met<'a>),
) -> Walked<V> {
    let bytes = part.region.bytes;
    let header_at = |at| bytes.get(at..).and_then(RecordHeader::parse::<O>);
    let mut counts = RecordCounts::new();
    let mut at = part.start;
    let mut upcoming = header_at(at);
    let mut populated = at;
    while at < part.end {
        if at >= populated {
            populated = at + POPULATE_STEP;
            if let Some((file, start)) = part.region.mapping {
                file.populate(start + at, POPULATE_STEP.min(bytes.len() - at));
            }
        }
        let position = part.region.position + at as u64;
        let sound = upcoming.filter(|header| header.is_possible());
        let found = sound.and_then(|header| Some((header, next_record::<O>(bytes, at, header)?)));
        let following = found.and_then(|(_, next)| header_at(next));
        let is_followed = following.is_none_or(RecordHeader::is_possible);
        let trusted = found.filter(|&(header, next)| {
            let is_plain = is_followed && header.len < LONG;
            is_plain || is_trusted::<O>(part.region, (at, next), header, is_followed)
        });
        let Some((header, next)) = trusted else {
            let resumed = resume::<O>(bytes, at + 1);
            let len = (resumed - at) as u64;
            visit(&mut visitor, Met::Damage(Damage { position, len }));
            at = resumed;
            upcoming = header_at(at);
            continue;
        };
        counts.count(header.record_type);
        let body = bytes.get(at + RECORD_HEADER_LEN..next).unwrap_or_default();
        let record = Record {
            position,
            header,
            body,
        };
        visit(&mut visitor, Met::Record(record));
        at = next;
        upcoming = following;
    }
    Walked {
        visitor,
        counts,
        start: part.start,
        arrived: at,
    }
}
