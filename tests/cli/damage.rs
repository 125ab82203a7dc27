//! What is said of a capture that is damaged: by every verb that reads it, in a word that says so.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::Cursor as Memory;
use std::path::Path;
use std::process::{Command, Stdio};

use vmflame::bytes::Little;
use vmflame::perf::abi::PERF_RECORD_COMPRESSED;
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
    WrittenRecord,
};

use crate::common::scratch::Scratch;

/// Every way to read a capture that ends with status 2 where it is damaged.
const VERBS: [&[&str]; 9] = [
    &["convert", "--format", "folded"],
    &["exits"],
    &["exits", "--json"],
    &["stat"],
    &["threads"],
    &["info"],
    &["info", "--names"],
    &["advise"],
    &["pack", "--dry-run"],
];

/// The status and all that was said.
fn run(words: &[&str], input: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.args(words).arg(input);
    command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    let done = command.stdin(Stdio::null()).output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (
        done.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn tells_of_damage(said: &str) -> bool {
    let words = ["damage", "cut off", "not unpacked"];
    words.iter().any(|word| said.contains(word))
}

fn check(input: &Path, is_damaged: bool) {
    for verb in VERBS {
        let (status, said) = run(verb, input);
        let shown = format!("{verb:?} {}: {status:?}\n{said}", input.display());
        assert_eq!(status == Some(2), is_damaged, "{shown}");
        assert_eq!(tells_of_damage(&said), is_damaged, "{shown}");
    }
}

fn recorded() -> Vec<u8> {
    let place =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/svm-bad-tracepoints/perf.data");
    fs::read(place).unwrap()
}

/// The opposite: of a whole capture nobody says so.
#[test]
fn a_whole_capture_is_not_called_damaged() {
    check(&Scratch::new("odd-none", &recorded()).0, false);
}

/// The first half of a file, and one with zeros in the middle.
#[test]
fn every_verb_tells_of_damage() {
    let whole = recorded();
    check(&Scratch::new("odd-cut", &whole[..whole.len() / 2]).0, true);
    let mut zeroed = whole;
    let middle = zeroed.len() / 2;
    zeroed[middle..middle + 400].fill(0);
    check(&Scratch::new("odd-zeroed", &zeroed).0, true);
}

/// Compressed records lie before all samples, and the header tells of them. One behind a sample of a
/// capture that tells of none is not unpacked, and counted.
#[test]
fn a_compressed_record_that_nobody_told_of_is_counted() {
    let event = WrittenEvent::cpu_clock();
    let mut records = RecordWriter::<Little>::new();
    records.sample(&event.attr, 2, &SampleValues::default());
    let piece = WrittenRecord::Other {
        record_type: PERF_RECORD_COMPRESSED,
        body: &[0x28; 64],
    };
    records.entry(0, &piece, None);
    let events = vec![event];
    let features = vec![FeatureSection::event_names(&events)];
    let description = Description { events, features };
    let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    let capture = Scratch::new("odd-piece", &out.finish().unwrap().into_inner());
    let (status, said) = run(&["convert", "--format", "folded"], &capture.0);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("1 compressed record"), "{said}");
}

/// Where the end of a capture is missing, which names its events, nobody is told that they are others.
#[test]
fn events_without_names_are_not_called_others() {
    let whole = recorded();
    let cut = Scratch::new("odd-names", &whole[..whole.len() / 2]);
    let (_, said) = run(&["exits"], &cut.0);
    assert!(said.contains("is not known"), "{said}");
    assert!(!said.contains("its events are:"), "{said}");
}

/// What names events is some of the sections behind the records: where another one is lost, it is known
/// that there are no kvm tracepoints.
#[test]
fn only_lost_names_leave_the_events_open() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/svm-bad/perf.data");
    let whole = fs::read(place).unwrap();
    for (section, is_known) in [(TOTAL_MEM, true), (EVENT_DESC, false)] {
        let capture = Scratch::new(
            &format!("odd-section-{section}"),
            &without_section(&whole, section),
        );
        let (status, said) = run(&["exits"], &capture.0);
        assert_eq!(status, Some(2), "{said}");
        assert_eq!(said.contains("its events are:"), is_known, "{said}");
        assert_eq!(said.contains("is not known\n\n"), !is_known, "{said}");
    }
}

/// Numbers of sections: `HEADER_TOTAL_MEM` and `HEADER_EVENT_DESC`, tools/perf/util/header.h.
const TOTAL_MEM: u64 = 10;
const EVENT_DESC: u64 = 12;

/// The capture with a section that lies behind its end. The header has the place of the records at its
/// byte 40 and a bit for each section at 72; the places of those that are there follow the records.
///
/// Source: `struct perf_file_header`, tools/perf/util/header.h.
fn without_section(capture: &[u8], section: u64) -> Vec<u8> {
    let word = |at: usize| u64::from_le_bytes(capture[at..at + 8].try_into().unwrap());
    let before = (word(72) & ((1 << section) - 1)).count_ones();
    let records_end = usize::try_from(word(40) + word(48)).unwrap();
    let place = records_end + before as usize * 16;
    let mut damaged = capture.to_vec();
    damaged[place..place + 8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    damaged
}
