//! Headers that make no sense: what is readable is read, and the user is told.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::{Cursor as Memory, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use vmflame::bytes::{Big, ByteOrder, Little, Spool};
use vmflame::fold::{FoldRequest, fold};
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
};
use vmflame::perf::{Anomaly, Capture};
use vmflame::units::EventIx;

/// Words of the file header, see `Header` in `src/perf/file/header.rs`.
const ATTR_ENTRY_LEN: usize = 2;
const ATTRS_OFFSET: usize = 3;
const ATTRS_LEN: usize = 4;
const DATA_OFFSET: usize = 5;
const DATA_LEN: usize = 6;
/// The features, 64 a word.
const FEATURES: usize = 9;
/// The header's length, behind which the writer puts the ids of both events, then the attributes.
const HEADER_WORDS: usize = 13;
const SAMPLES: u64 = 5;

/// A sound file of two events with one id each.
fn file<O: ByteOrder>() -> Vec<u8> {
    file_with::<O>(&[])
}

/// The same with more records behind the samples.
fn file_with<O: ByteOrder>(more: &[u8]) -> Vec<u8> {
    written::<O>(more, false)
}

/// The same with a copy of the attributes in `EVENT_DESC` and a few texts, as perf writes it, if
/// wanted.
fn written<O: ByteOrder>(more: &[u8], is_described: bool) -> Vec<u8> {
    let event = |id| {
        let mut event = WrittenEvent::cpu_clock();
        event.ids = vec![id];
        event
    };
    let events = vec![event(1), event(2)];
    let mut features = Vec::new();
    if is_described {
        use vmflame::perf::Feature;
        for feature in [Feature::HOSTNAME, Feature::OSRELEASE, Feature::VERSION] {
            features.push(FeatureSection::text(feature, "vm"));
        }
        for feature in [Feature::ARCH, Feature::CPUDESC, Feature::CPUID] {
            features.push(FeatureSection::text(feature, "x86_64"));
        }
        features.push(FeatureSection::event_names(&events));
    }
    let description = Description { events, features };
    let mut records = RecordWriter::<O>::new();
    for _ in 0..SAMPLES {
        let values = SampleValues {
            id: 2,
            chain: &[0x1000],
            ..SampleValues::default()
        };
        records.sample(&description.events[1].attr, 1, &values);
    }
    let mut out = FileWriter::<O, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    out.write(more).unwrap();
    out.finish().unwrap().into_inner()
}

/// A word of a little-endian file.
fn word(bytes: &[u8], word: usize) -> u64 {
    u64::from_le_bytes(*bytes[word * 8..].first_chunk().unwrap())
}

fn with_word<O: ByteOrder>(mut bytes: Vec<u8>, word: usize, value: u64) -> Vec<u8> {
    let value = if O::IS_BIG {
        value.to_be_bytes()
    } else {
        value.to_le_bytes()
    };
    bytes[word * 8..word * 8 + 8].copy_from_slice(&value);
    bytes
}

fn open(bytes: &[u8]) -> vmflame::error::Result<Capture> {
    let mut spool = Spool::default();
    spool.write_all(bytes).unwrap();
    Capture::from_spool(Path::new("made up"), spool)
}

/// Samples of the second event, and what was odd.
fn read(bytes: &[u8]) -> (u64, Vec<Anomaly>) {
    let capture = open(bytes).unwrap();
    let folded = fold(&capture, &FoldRequest::all_of(EventIx(1), 1));
    assert!(folded.census.tally.adds_up());
    (folded.census.tally.folded, capture.anomalies().to_vec())
}

/// All samples are read, and that length is found odd.
fn odd_length(stated: u64) -> (u64, Vec<Anomaly>) {
    (SAMPLES, vec![Anomaly::OddAttrLen { stated }])
}

/// The entries were found all the same, but the user was not told.
#[test]
fn a_wrong_attribute_length_is_a_finding() {
    assert_eq!(read(&file::<Little>()), (SAMPLES, vec![]));
    for stated in [0, 1, 79, 1 << 20, u64::MAX] {
        let bytes = with_word::<Little>(file::<Little>(), ATTR_ENTRY_LEN, stated);
        assert_eq!(read(&bytes), odd_length(stated), "{stated}");
        let bytes = with_word::<Big>(file::<Big>(), ATTR_ENTRY_LEN, stated);
        assert_eq!(read(&bytes), odd_length(stated), "big-endian, {stated}");
    }
}

/// An event whose own attributes state an impossible length was left out without a word, and its
/// samples were counted for the other one.
#[test]
fn attributes_of_impossible_length_are_read_as_far_as_there_is_room() {
    let whole = file::<Little>();
    let (start, entry) = (word(&whole, ATTRS_OFFSET), word(&whole, ATTR_ENTRY_LEN));
    let second = usize::try_from(start + entry).unwrap();
    for stated in [0_u32, 1, 63] {
        let mut bytes = whole.clone();
        bytes[second + 4..second + 8].copy_from_slice(&stated.to_le_bytes());
        assert_eq!(read(&bytes), odd_length(stated.into()), "{stated}");
    }
}

/// Ids outside the file were left out without a word; their samples are of no known event.
#[test]
fn ids_outside_the_file_are_a_finding() {
    let whole = file::<Little>();
    let (start, entry) = (word(&whole, ATTRS_OFFSET), word(&whole, ATTR_ENTRY_LEN));
    let ids = usize::try_from(start + 2 * entry).unwrap() / 8 - 2;
    let bytes = with_word::<Little>(whole, ids, 1 << 40);
    assert_eq!(read(&bytes), (0, vec![Anomaly::LostAttrs]));
}

/// perf writes the attributes twice. Where those at the beginning were lost, nothing was read
/// although the copy at the end was whole.
#[test]
fn lost_attributes_are_taken_from_their_copy() {
    fn check<O: ByteOrder>() {
        let whole = written::<O>(&[], true);
        let header = |at: usize| {
            let bytes = *whole[at * 8..].first_chunk().unwrap();
            usize::try_from(O::u64(bytes)).unwrap()
        };
        assert_eq!(read(&whole), (SAMPLES, vec![]));
        let (start, len) = (header(ATTRS_OFFSET), header(ATTRS_LEN));
        let mut zeroed = whole.clone();
        zeroed[start..start + len].fill(0);
        let mut without_ids = whole.clone();
        without_ids[HEADER_WORDS * 8..start].fill(0);
        let damaged = [
            ("zeroed", zeroed),
            ("ids zeroed", without_ids),
            ("no place", with_word::<O>(whole.clone(), ATTRS_OFFSET, 0)),
            ("no length", with_word::<O>(whole.clone(), ATTRS_LEN, 0)),
        ];
        for (how, bytes) in damaged {
            let found = (SAMPLES, vec![Anomaly::DescribedAttrs]);
            assert_eq!(read(&bytes), found, "{how}");
        }
    }
    check::<Little>();
    check::<Big>();
}

/// A length of the records that is too small left the rest of them out.
#[test]
fn records_behind_their_stated_end_are_read() {
    let mut records = RecordWriter::<Little>::new();
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![2];
    for _ in 0..50 {
        let values = SampleValues {
            id: 2,
            chain: &[0x1000],
            ..SampleValues::default()
        };
        records.sample(&event.attr, 1, &values);
    }
    let whole = written::<Little>(records.bytes(), true);
    assert_eq!(read(&whole), (SAMPLES + 50, vec![]));
    let half = word(&whole, DATA_LEN) / 16 * 8;
    let bytes = with_word::<Little>(whole, DATA_LEN, half);
    assert_eq!(read(&bytes), (SAMPLES + 50, vec![Anomaly::LostEnd]));
}

/// A flipped bit among the features made a capture one of simpleperf, which is not read.
#[test]
fn a_host_name_tells_perf_from_simpleperf() {
    let whole = file::<Little>();
    let simpleperf = with_word::<Little>(whole, FEATURES + 2, 0b11);
    let error = open(&simpleperf).unwrap_err().to_string();
    assert!(error.contains("simpleperf"), "{error}");
    let host_name = 1 << 3;
    let with_name = with_word::<Little>(simpleperf, FEATURES, host_name);
    assert_eq!(read(&with_name).0, SAMPLES);
}

/// A section of attributes that is cut off in the middle loses an event.
#[test]
fn a_cut_attribute_section_is_a_finding() {
    let whole = file::<Little>();
    let entry = word(&whole, ATTR_ENTRY_LEN);
    let bytes = with_word::<Little>(whole, ATTRS_LEN, 2 * entry - 8);
    let capture = open(&bytes).unwrap();
    assert_eq!(capture.events().len(), 1);
    assert_eq!(capture.anomalies(), [Anomaly::LostAttrs]);
}

/// Found by fuzzing: the place behind the attributes was rounded up past the end of all numbers.
#[test]
fn records_and_attributes_at_the_end_of_all_numbers_are_survived() {
    let bytes = with_word::<Big>(file::<Big>(), DATA_OFFSET, u64::MAX - 2);
    for (word, value) in [(ATTRS_OFFSET, u64::MAX - 3), (ATTRS_LEN, u64::MAX - 3)] {
        drop(open(&with_word::<Big>(bytes.clone(), word, value)));
    }
    assert!(bytes.len() > HEADER_WORDS * 8);
}

/// What the user sees: the result, a warning, and a status that says so.
#[test]
fn a_damaged_header_ends_with_a_warning_and_status_2() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("perf.data");
    let bytes = with_word::<Little>(file::<Little>(), ATTR_ENTRY_LEN, 0);
    std::fs::write(&place, bytes).unwrap();
    for said in what_is_said_of(&place) {
        assert!(said.contains("the header is damaged"), "{said}");
        let is_warned = said.lines().any(|line| line.starts_with("warning"));
        assert!(is_warned && said.contains("take 0 bytes"), "{said}");
    }
}

/// A COMM record that ends before its process number says nothing of any process.
#[test]
fn records_of_the_wrong_length_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("perf.data");
    let (comm, len) = (3_u32.to_le_bytes(), 8_u16.to_le_bytes());
    let record = [&comm[..], &[0; 2], &len].concat();
    std::fs::write(&place, file_with::<Little>(&record)).unwrap();
    for said in what_is_said_of(&place) {
        assert!(
            said.contains("1 record whose length does not fit"),
            "{said}"
        );
    }
}

/// What `convert` and `info` say of a file of which both find that it is damaged.
fn what_is_said_of(place: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for arguments in [&["convert", "--format", "folded"][..], &["info"]] {
        let run = Command::new(env!("CARGO_BIN_EXE_vmflame"))
            .args(arguments)
            .arg(place)
            .env("HOME", place.parent().unwrap())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8([run.stdout, run.stderr].concat()).unwrap();
        assert_eq!(run.status.code(), Some(2), "{arguments:?}: {said}");
        all.push(said);
    }
    all
}
