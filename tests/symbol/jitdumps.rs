//! Dumps of generated code, which tell when it came to lie where.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::Cursor as Memory;

use linux_perf_data::linux_perf_event_reader::AttrFlags;
use vmflame::analysis::{Request, profile};
use vmflame::bytes::Little;
use vmflame::object::ObjectSearch;
use vmflame::output::{Annotate, write_folded};
use vmflame::perf::Capture;
use vmflame::perf::abi::PERF_CONTEXT_USER;
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
    WrittenRecord,
};
use vmflame::symbol::SymbolRequest;
use vmflame::units::{Avma, FileOffset, Pid, Tid, Timestamp};

/// Where generated code lies.
const CODE: u64 = 0x7f00_0000_0000;

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn record(kind: u32, time: u64, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(16 + body.len()).unwrap();
    let head = [kind.to_le_bytes(), len.to_le_bytes()].concat();
    [head, time.to_le_bytes().to_vec(), body.to_vec()].concat()
}

fn load(time: u64, start: u64, index: u64, name: &str) -> Vec<u8> {
    let numbers = words(&[7 << 32 | 7, start, start, 16, index]);
    record(0, time, &[&*numbers, name.as_bytes(), &[0; 17]].concat())
}

/// The dump of a process, as the specification draws it: two functions one after the other at one
/// address, of which the second is moved, and one at another.
fn dump(begun: u64) -> Vec<u8> {
    let head = [0x4a69_5444_u32, 1, 40, 62, 0, 7].map(u32::to_le_bytes);
    let moved = words(&[7 << 32 | 7, CODE + 0x100, CODE, CODE + 0x100, 16, 2]);
    [
        head.concat(),
        words(&[begun, 0]),
        load(20, CODE, 1, "first"),
        load(40, CODE, 2, "second"),
        record(1, 60, &moved),
        load(45, CODE + 0x200, 3, "alone"),
    ]
    .concat()
}

/// Tells of what the process maps.
fn map_all(records: &mut RecordWriter<Little>, event: &WrittenEvent) {
    for (time, start, name) in [
        (5, CODE - 0x10000, &b"/home/me/jit-7.dump"[..]),
        (5, CODE, b"//anon"),
        // A runtime makes its memory writable and takes that back: the kernel tells of it again.
        (48, CODE, b"//anon"),
    ] {
        let mapping = WrittenRecord::Mmap {
            pid: Pid::new(7),
            tid: Tid::new(7),
            start: Avma::new(start),
            len: 0x1000,
            file_offset: FileOffset::new(0),
            name,
        };
        let values = SampleValues {
            time: Timestamp::from_nanos(time),
            ..SampleValues::default()
        };
        records.entry(2, &mapping, Some((&event.attr, &values)));
    }
}

/// The functions at the leaves, with the number of their samples.
fn leaves(is_monotonic: bool, begun: u64, samples: &[(u64, u64)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    if is_monotonic {
        event.attr.flags |= AttrFlags::USE_CLOCKID;
        event.attr.clockid = 1;
    }
    let mut records = RecordWriter::<Little>::new();
    map_all(&mut records, &event);
    for &(time, address) in samples {
        let chain = [PERF_CONTEXT_USER, address];
        let values = SampleValues {
            id: 1,
            pid: Pid::new(7),
            tid: Tid::new(7),
            time: Timestamp::from_nanos(time),
            chain: &chain,
            ..SampleValues::default()
        };
        records.sample(&event.attr, 2, &values);
    }
    let events = vec![event];
    let features = vec![FeatureSection::event_names(&events)];
    let description = Description { events, features };
    let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    let data = folder.path().join("perf.data");
    fs::write(&data, out.finish().unwrap().into_inner()).unwrap();
    fs::write(folder.path().join("jit-7.dump"), dump(begun)).unwrap();
    let symbols = SymbolRequest {
        search: ObjectSearch {
            capture_dir: Some(folder.path().to_owned()),
            ..ObjectSearch::default()
        },
        ..SymbolRequest::default()
    };
    let capture = Capture::open(&data).unwrap();
    let profile = profile(&capture, &symbols, &Request::default()).unwrap();
    let mut text = Vec::new();
    let tree = profile.tree();
    write_folded(&tree, &profile.frames, Annotate::None, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let leaves = text.lines().filter_map(|line| line.rsplit(';').next());
    leaves.map(str::to_owned).collect()
}

const SAMPLES: [(u64, u64); 9] = [
    (19, CODE + 1),
    (20, CODE + 1),
    (39, CODE + 15),
    (40, CODE + 1),
    (50, CODE + 1),
    (60, CODE + 1),
    (60, CODE + 0x10f),
    (70, CODE + 0x201),
    (70, CODE + 0x210),
];

/// Each sample has the function that lay there at its time, or none.
#[test]
fn code_has_the_name_of_its_time() {
    let leaves = leaves(true, 6, &SAMPLES);
    assert_eq!(leaves, ["[anon] 3", "alone 1", "first 2", "second 3"]);
}

/// Of clocks that are only near to each other nothing is concluded where two functions lay.
#[test]
fn without_the_dumps_clock_only_sole_code_has_names() {
    let leaves = leaves(false, 6, &SAMPLES);
    assert_eq!(leaves, ["[anon] 7", "alone 1", "second 1"]);
}

/// A dump that was begun when the capture was over is of another process with the same pid.
#[test]
fn a_dump_of_another_process_is_not_used() {
    assert_eq!(leaves(true, 71, &SAMPLES), ["[anon] 9"]);
}
