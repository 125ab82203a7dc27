//! Damage of every kind to captures of every kind: what it did not touch is read, or counted.
//!
//! The law: of the samples that no damaged byte touches each is in the result, or lies in bytes that
//! are reported as damaged; and the result says that it is damaged if one is missing.
//!
//! The samples of the intact captures are known from where the writer put them. Without optimisation
//! fifty cases run; `VMFLAME_DAMAGE_CASES` and `VMFLAME_HOSTILE_SEED` change number and seed;
//! `VMFLAME_DAMAGE_FILES` and `VMFLAME_DAMAGE_PACKED` name other captures, between colons.

use std::collections::HashMap;
use std::ops::Range;

use vmflame::bytes::ByteOrder;
use vmflame::fold::{FoldRequest, fold};
use vmflame::perf::abi::PERF_RECORD_SAMPLE;
use vmflame::perf::{Capture, Damage, Record, Visitor};
use vmflame::units::EventIx;

use crate::common::made_up::{Random, open};
use crate::kinds::kinds;
use crate::{alone, few_or, setting};

/// What a walk meets, as far as the law is about it.
#[derive(Default)]
struct Found {
    /// Where the samples lie.
    samples: Vec<Range<u64>>,
    /// Where other records lie, by kind.
    others: Vec<(u32, Range<u64>)>,
    damage: Vec<Damage>,
}

fn walk(capture: &Capture) -> Found {
    let mut all = Found::default();
    for part in capture.scan(1, &Places).gathered {
        all.samples.extend(part.samples);
        all.others.extend(part.others);
        all.damage.extend(part.damage);
    }
    all
}

/// The visitor that notes where everything is.
struct Places;

impl<'a> Visitor<'a> for Places {
    type Gathered = Found;

    fn begin(&self) -> Found {
        Found::default()
    }

    fn record<O: ByteOrder>(&self, found: &mut Found, record: Record<'a>) {
        let start = record.position.as_u64();
        let place = start..start + 8 + record.body.len() as u64;
        if record.header.record_type == PERF_RECORD_SAMPLE {
            found.samples.push(place);
        } else {
            found.others.push((record.header.record_type, place));
        }
    }

    fn damage(&self, found: &mut Found, damage: Damage) {
        found.damage.push(damage);
    }
}

/// A change of the bytes: these were replaced by so many others.
struct Change {
    hit: Range<usize>,
    with: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Zeroed,
    FlippedBits,
    FlippedBytes,
    CutOut,
    Inserted,
    Overwritten,
    Headers,
    Truncated,
    /// What lies before the records: the file's header, ids and attributes.
    FileHead,
}

const KINDS: [Kind; 9] = [
    Kind::FileHead,
    Kind::Zeroed,
    Kind::FlippedBits,
    Kind::FlippedBytes,
    Kind::CutOut,
    Kind::Inserted,
    Kind::Overwritten,
    Kind::Headers,
    Kind::Truncated,
];

/// Makes a change to the part of the file from `from` on.
fn change(kind: Kind, whole: &[u8], records: &[usize], random: &mut Random) -> Change {
    let from = records[0];
    let below = |random: &mut Random, most: usize| random.below(most as u64) as usize;
    let start = from + below(random, whole.len() - from);
    let len = 1 << random.below(10);
    let end = (start + 1 + below(random, len)).min(whole.len());
    let garbage = |random: &mut Random, len: usize| -> Vec<u8> {
        // Noise, or what lies elsewhere in the file but for whole records.
        (0..len).map(|_| random.next() as u8).collect()
    };
    match kind {
        Kind::FileHead => {
            // Behind the magic number, without which it is no capture.
            let start = 8 + below(random, from - 8).min(from - 9);
            let end = (start + 1 + below(random, 32)).min(from);
            let with = match random.below(3) {
                0 => vec![0; end - start],
                1 => garbage(random, end - start),
                _ => vec![whole[start] ^ 1 << random.below(8)],
            };
            Change {
                hit: start..start + with.len(),
                with,
            }
        }
        Kind::Zeroed => Change {
            with: vec![0; end - start],
            hit: start..end,
        },
        Kind::FlippedBits => Change {
            hit: start..start + 1,
            with: vec![whole[start] ^ 1 << random.below(8)],
        },
        Kind::FlippedBytes => Change {
            hit: start..start + 1,
            with: vec![whole[start] ^ (1 + random.below(255)) as u8],
        },
        Kind::CutOut => Change {
            hit: start..end,
            with: vec![],
        },
        Kind::Inserted => Change {
            hit: start..start,
            with: garbage(random, end - start),
        },
        Kind::Overwritten => Change {
            with: garbage(random, end - start),
            hit: start..end,
        },
        Kind::Headers => {
            // Sizes, types and misc bits: small numbers, or those of other records.
            let record = records[below(random, records.len())];
            let other = records[below(random, records.len())];
            let (at, len) = [(0, 4), (4, 2), (6, 2), (6, 2)][below(random, 4)];
            let small = (random.below(64) * 8).to_le_bytes();
            let with = match random.below(3) {
                0 => small[..len].to_vec(),
                1 => whole[other + at..other + at + len].to_vec(),
                _ => garbage(random, len),
            };
            Change {
                hit: record + at..record + at + len,
                with,
            }
        }
        Kind::Truncated => Change {
            hit: start..whole.len(),
            with: vec![],
        },
    }
}

/// An intact capture: where its records begin, and where its samples lie.
struct Intact {
    name: String,
    bytes: Vec<u8>,
    records: Vec<usize>,
    samples: Vec<Range<usize>>,
}

impl Intact {
    fn new(name: &str, bytes: Vec<u8>) -> Self {
        let capture = open(&bytes).unwrap();
        let found = walk(&capture);
        assert!(found.damage.is_empty(), "{name}");
        let places = found
            .samples
            .iter()
            .chain(found.others.iter().map(|(_, place)| place));
        let mut records: Vec<usize> = places.map(|place| place.start as usize).collect();
        records.sort_unstable();
        let samples = found
            .samples
            .iter()
            .map(|sample| sample.start as usize..sample.end as usize)
            .collect();
        Self {
            name: name.to_owned(),
            bytes,
            records,
            samples,
        }
    }
}

/// Samples that are neither read nor in bytes that are counted; and those that are counted only.
///
/// Of damage to what tells where records lie and what is in them it is enough that it is found.
fn lost(intact: &Intact, changes: &[Change], bytes: &[u8]) -> (Vec<String>, usize) {
    // Ascending, no two at the same place.
    let moved = |sample: &Range<usize>| -> Option<Range<u64>> {
        let (mut added, mut removed) = (0, 0);
        for change in changes {
            let Range { start, end } = change.hit;
            let is_touched = if start == end {
                sample.start < start && start < sample.end
            } else {
                start < sample.end && sample.start < end
            };
            if is_touched {
                return None;
            }
            if end <= sample.start {
                added += change.with.len();
                removed += end - start;
            }
        }
        let at = (sample.start + added - removed) as u64;
        Some(at..at + sample.len() as u64)
    };
    let is_of_head = changes
        .iter()
        .any(|change| change.hit.start < intact.records[0]);
    let untouched: Vec<(Range<usize>, Range<u64>)> = intact
        .samples
        .iter()
        .filter_map(|sample| Some((sample.clone(), moved(sample)?)))
        .collect();
    let Ok(capture) = open(bytes) else {
        return (vec![], untouched.len());
    };
    let found = walk(&capture);
    let tally = fold(&capture, &FoldRequest::all_of(EventIx(0), 1))
        .census
        .tally;
    if is_of_head && (tally.has_damage() || !capture.anomalies().is_empty()) {
        return (vec![], 0);
    }
    assert!(found.damage.is_empty() || tally.has_damage());
    let read: HashMap<u64, u64> = (found.samples.iter())
        .map(|sample| (sample.start, sample.end))
        .collect();
    let (mut lost, mut counted) = (Vec::new(), 0);
    for (original, place) in untouched {
        if read.get(&place.start) == Some(&place.end) {
            continue;
        }
        let is_counted = found.damage.iter().any(|hit| {
            let start = hit.position.as_u64();
            start <= place.start && place.end <= start + hit.len
        });
        if is_counted {
            counted += 1;
        } else {
            let covers = |other: &Range<u64>| other.start < place.end && place.start < other.end;
            let others: Vec<_> = found.others.iter().filter(|(_, it)| covers(it)).collect();
            let samples: Vec<_> = found.samples.iter().filter(|it| covers(it)).collect();
            lost.push(format!(
                "{original:?}, at {place:?}: {others:?} {samples:?}"
            ));
        }
    }
    (lost, counted)
}

/// Runs cases of a kind; returns untouched samples in all and those only counted.
fn run(kind: Kind, captures: &[Intact], cases: u64, seed: u64) -> (u64, u64, Vec<String>) {
    let mut random = Random(seed);
    let (mut all, mut counted, mut failed) = (0, 0, Vec::new());
    for case in 0..cases {
        let intact = &captures[(case % captures.len() as u64) as usize];
        let mut changes: Vec<Change> = (0..=random.below(3))
            .map(|_| change(kind, &intact.bytes, &intact.records, &mut random))
            .collect();
        changes.sort_by_key(|change| change.hit.start);
        changes.dedup_by(|later, first| later.hit.start <= first.hit.end);
        let mut bytes = intact.bytes.clone();
        for change in changes.iter().rev() {
            bytes.splice(change.hit.clone(), change.with.iter().copied());
        }
        let (lost, only_counted) = lost(intact, &changes, &bytes);
        all += intact.samples.len() as u64;
        counted += only_counted as u64;
        if !lost.is_empty() {
            if let Ok(folder) = std::env::var("VMFLAME_DAMAGE_KEEP") {
                std::fs::write(format!("{folder}/{kind:?}-{case}.data"), &bytes).unwrap();
            }
            let hits: Vec<_> = changes
                .iter()
                .map(|change| (change.hit.clone(), change.with.len()))
                .collect();
            failed.push(format!(
                "{kind:?} {case} {}: {hits:?} lost {lost:?}",
                intact.name
            ));
        }
    }
    (all, counted, failed)
}

fn number_of_cases() -> u64 {
    setting("VMFLAME_DAMAGE_CASES", few_or(50, 2_000))
}

fn captures() -> Vec<Intact> {
    if let Ok(list) = std::env::var("VMFLAME_DAMAGE_FILES") {
        return list
            .split(':')
            .map(|path| Intact::new(path, std::fs::read(path).unwrap()))
            .collect();
    }
    let plain = kinds().into_iter().filter(|(name, _)| {
        !name.contains("compressed") && !name.contains("zstd") && !name.contains("gzip")
    });
    plain
        .map(|(name, bytes)| Intact::new(name, bytes))
        .collect()
}

/// Samples behind false records, and in what they swallowed, were lost without a word.
#[test]
fn samples_that_no_damage_touches_are_read_or_counted() {
    let _turn = alone();
    let cases = number_of_cases();
    let captures = captures();
    let mut all_failed = Vec::new();
    for kind in KINDS {
        let (all, counted, failed) =
            run(kind, &captures, cases, setting("VMFLAME_HOSTILE_SEED", 5));
        eprintln!(
            "{kind:?}: {cases} cases, {all} samples, {counted} only counted, {} cases that lose some",
            failed.len()
        );
        all_failed.extend(failed.into_iter().take(5));
    }
    assert!(all_failed.is_empty(), "{all_failed:#?}");
}

/// Damage within a zstd stream has no samples of its own: what follows it cannot be unpacked. If fewer
/// samples come out, the result says that it is damaged.
#[test]
fn damaged_compressed_records_lose_nothing_without_a_word() {
    let _turn = alone();
    let cases = number_of_cases();
    let mut random = Random(setting("VMFLAME_HOSTILE_SEED", 6));
    let captures: Vec<(String, Vec<u8>)> = match std::env::var("VMFLAME_DAMAGE_PACKED") {
        Ok(list) => list
            .split(':')
            .map(|path| (path.to_owned(), std::fs::read(path).unwrap()))
            .collect(),
        Err(_) => kinds()
            .into_iter()
            .filter(|(name, _)| name.contains("compressed"))
            .map(|(name, bytes)| (name.to_owned(), bytes))
            .collect(),
    };
    for (name, whole) in captures {
        let capture = open(&whole).unwrap();
        assert!(capture.has_compressed_records() && capture.anomalies().is_empty());
        let samples = |capture: &Capture| {
            let folded = fold(capture, &FoldRequest::all_of(EventIx(0), 1));
            let is_damaged = folded.census.tally.has_damage() || !capture.anomalies().is_empty();
            (
                folded.census.tally.read - folded.census.tally.skipped_total(),
                is_damaged,
            )
        };
        let (all, is_damaged) = samples(&capture);
        assert!(all > 0 && !is_damaged, "{name}");
        let records = plain_records(&capture);
        for kind in KINDS {
            let mut silent = Vec::new();
            for case in 0..cases {
                let change = change(kind, &whole, &records, &mut random);
                let Range { start, end } = change.hit;
                let is_cut = |at| at == whole.len() || records.contains(&at);
                if change.with.is_empty() && is_cut(start) && is_cut(end) {
                    // Whole records less: nothing tells it from a shorter recording.
                    continue;
                }
                let mut bytes = whole.clone();
                bytes.splice(change.hit.clone(), change.with.iter().copied());
                let Ok(capture) = open(&bytes) else { continue };
                let (left, is_damaged) = samples(&capture);
                if left < all && !is_damaged {
                    silent.push((case, change.hit, change.with));
                }
            }
            let few = &silent[..silent.len().min(3)];
            assert!(
                silent.is_empty(),
                "{name}, {kind:?}: {} {few:?}",
                silent.len()
            );
        }
    }
}

/// Of linux/tools/lib/perf/include/perf/event.h.
const HEADER_TRACING_DATA: u32 = 66;

/// Where the records begin that lie in the file itself.
fn plain_records(capture: &Capture) -> Vec<usize> {
    let regions = capture.regions();
    let first = regions[0];
    let mut at = 0;
    let mut places = Vec::new();
    while let Some(header) = first.bytes.get(at..at + 8) {
        places.push(first.position.as_u64() as usize + at);
        let record_type = u32::from_le_bytes(header[..4].try_into().unwrap());
        let mut len = usize::from(u16::from_le_bytes([header[6], header[7]]));
        if record_type == HEADER_TRACING_DATA {
            // The formats of tracepoints follow their record, which says how long they are.
            let size = first.bytes[at + 8..at + 12].try_into().unwrap();
            len += u32::from_le_bytes(size) as usize;
        }
        at += len;
    }
    places
}
