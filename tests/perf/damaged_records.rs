//! Records that are damaged one by one: what is intact is read, nothing is made up.
//!
//! The law: of so many samples all are read but those whose bytes were touched.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::{Cursor as Memory, Write as _};
use std::ops::Range;
use std::path::Path;

use vmflame::bytes::{Big, ByteOrder, Little, Spool};
use vmflame::fold::{FoldRequest, Folded, fold};
use vmflame::perf::Capture;
use vmflame::perf::abi::PERF_CONTEXT_USER;
use vmflame::perf::writer::{Description, FileWriter, RecordWriter, SampleValues, WrittenEvent};
use vmflame::units::{EventIx, Timestamp};

const SAMPLES: u64 = 400;

/// A file of samples of different lengths, and where each of them lies.
fn file<O: ByteOrder>() -> (Vec<u8>, Vec<Range<usize>>) {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let description = Description {
        events: vec![event.clone()],
        features: vec![],
    };
    let mut records = RecordWriter::<O>::new();
    let mut places = Vec::new();
    for number in 0..SAMPLES {
        let frames = usize::try_from(number % 11).unwrap();
        let chain = [vec![PERF_CONTEXT_USER], vec![0x40_1010 + number; frames]].concat();
        let values = SampleValues {
            id: 1,
            time: Timestamp::from_nanos(1000 + number),
            chain: &chain,
            ..SampleValues::default()
        };
        let start = records.bytes().len();
        records.sample(&event.attr, 2, &values);
        places.push(start..records.bytes().len());
    }
    let mut out = FileWriter::<O, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    let bytes = out.finish().unwrap().into_inner();
    let first = &records.bytes()[..64];
    let start = bytes.windows(64).position(|part| part == first).unwrap();
    let moved = places
        .into_iter()
        .map(|place| place.start + start..place.end + start);
    (bytes, moved.collect())
}

/// What folding makes of the bytes; checks the law of conservation.
fn with_folded<T>(bytes: &[u8], look: impl FnOnce(&Folded<'_>) -> T) -> T {
    let mut spool = Spool::default();
    spool.write_all(bytes).unwrap();
    let capture = Capture::from_spool(Path::new("made up"), spool).unwrap();
    let folded = fold(&capture, &FoldRequest::all_of(EventIx(0), 2));
    assert!(folded.census.tally.adds_up());
    look(&folded)
}

/// Samples that were read, samples among them that were skipped, and bytes that are no records.
fn read(bytes: &[u8]) -> (u64, u64, u64) {
    with_folded(bytes, |folded| {
        let tally = &folded.census.tally;
        (tally.read, tally.skipped_total(), tally.damaged_bytes)
    })
}

/// The sample before the damaged one was jumped over with it, because no record followed it.
#[test]
fn a_damaged_header_costs_its_own_sample_only() {
    fn check<O: ByteOrder>() {
        let (whole, places) = file::<O>();
        assert_eq!(read(&whole), (SAMPLES, 0, 0));
        for hit in [1, 7, 150, 398] {
            let place = places[hit].clone();
            for filler in [0x00, 0xff, 0x5a] {
                let mut bytes = whole.clone();
                bytes[place.start..place.start + 8].fill(filler);
                let len = place.len() as u64;
                assert_eq!(read(&bytes), (SAMPLES - 1, 0, len), "{hit} {filler:#x}");
            }
        }
    }
    check::<Little>();
    check::<Big>();
}

/// A sample that was overwritten to its end and beyond is not taken for one.
#[test]
fn an_overwritten_sample_is_no_sample() {
    let (whole, places) = file::<Little>();
    // 3 to 6 have chains of 3 to 6 frames: the damage begins in the chain of the first.
    let damage = places[3].end - 16..places[6].start + 8;
    let touched = 4;
    for filler in [0x00, 0xff, 0x5a] {
        let mut bytes = whole.clone();
        bytes[damage.clone()].fill(filler);
        let len = (places[6].end - places[3].start) as u64;
        assert_eq!(read(&bytes), (SAMPLES - touched, 0, len), "{filler:#x}");
    }
}

/// A flipped bit of a length makes one sample swallow those behind it, up to 64 KiB of them, and
/// when it ends where a record begins nothing looks wrong. Its own fields, and the record behind
/// them, tell where it ends.
#[test]
fn a_sample_that_is_too_long_hides_no_others() {
    let (whole, places) = file::<Little>();
    for (hit, last) in [(1, 2), (1, 20), (5, 60), (200, 399)] {
        let stated = places[last].end - places[hit].start;
        let mut bytes = whole.clone();
        let len = u16::try_from(stated).unwrap().to_le_bytes();
        bytes[places[hit].start + 6..places[hit].start + 8].copy_from_slice(&len);
        let (read, odd) = with_folded(&bytes, |folded| {
            let tally = &folded.census.tally;
            assert!(tally.has_damage());
            (tally.folded, tally.odd_records)
        });
        assert_eq!((read, odd), (SAMPLES, 1), "{hit} to {last}");
    }
}

/// Where four bytes are missing all records behind them lie between the words; they were jumped
/// over up to where four bytes were missing again.
#[test]
fn records_between_words_are_found() {
    let (whole, places) = file::<Little>();
    let mut bytes = whole.clone();
    // From the back: the places before stay where they are.
    for hit in [300, 100] {
        let at = places[hit].start + 20;
        bytes.drain(at..at + 4);
    }
    let (found, skipped, damaged) = read(&bytes);
    assert_eq!((found, skipped), (SAMPLES - 2, 0));
    let len = (places[100].len() + places[300].len()) as u64;
    // What the header counts as records is eight bytes longer than what is there.
    assert!((len - 8..=len).contains(&damaged), "{damaged} of {len}");
}

/// A sample of a kind that nobody knows, or of another kind, was lost without a word.
#[test]
fn samples_that_became_other_records_are_counted() {
    let (whole, places) = file::<Little>();
    let len = places[9].len() as u64;
    // A kind that nobody knows, a mapping, lost samples.
    for (kind, expected) in [(41, (len, 0)), (1, (0, 1)), (13, (0, 1))] {
        let mut bytes = whole.clone();
        bytes[places[9].start] = kind;
        let (read, counted) = with_folded(&bytes, |folded| {
            let tally = &folded.census.tally;
            assert!(tally.has_damage() && tally.lost_samples == 0);
            (tally.read, (tally.damaged_bytes, tally.odd_records))
        });
        assert_eq!((read, counted), (SAMPLES - 1, expected), "{kind}");
    }
}

/// A sample with the right length whose number of frames was hit is not folded with half a stack.
#[test]
fn samples_with_a_wrong_number_of_frames_are_skipped() {
    let (whole, places) = file::<Little>();
    // The chain is the last field: its length lies before its words.
    let hit = 10;
    let frames = 1 + hit % 11;
    let at = places[hit].end - 8 * (frames + 1);
    assert_eq!(usize::from(whole[at]), frames);
    for wrong in [frames - 3, frames + 2, frames + 200] {
        let mut bytes = whole.clone();
        bytes[at] = u8::try_from(wrong).unwrap();
        assert_eq!(read(&bytes), (SAMPLES, 1, 0), "{wrong}");
    }
}

/// Two files from outside. In the one 64 bytes that hit no sample were zeroed, and 302 samples are
/// whole: reading went on in a false STAT record of 22 355 bytes. In the other a sample's size says
/// 376 where its fields end at 120; in the rest lie a mapping and a sample, of 325 in all.
#[test]
fn false_records_swallow_no_samples() {
    for (name, samples, damaged) in [("damage-zeroed", 302, true), ("damage-flipped", 325, false)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/faults");
        let file = std::fs::read_dir(folder.join(name))
            .unwrap()
            .next()
            .unwrap();
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        with_folded(&bytes, |folded| {
            let tally = &folded.census.tally;
            assert_eq!(tally.folded, samples, "{name}");
            assert_eq!(tally.damaged_bytes > 0, damaged, "{name}");
            assert!(tally.has_damage(), "{name}");
        });
    }
}
