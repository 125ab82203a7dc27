//! Kernel code that was made at run time, and made anew at the same address.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::Cursor as Memory;

use vmflame::analysis::{Request, profile};
use vmflame::bytes::Little;
use vmflame::output::{Annotate, write_folded};
use vmflame::perf::abi::{PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER};
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
    WrittenRecord,
};
use vmflame::symbol::SymbolRequest;
use vmflame::units::{Avma, Pid, Tid, Timestamp};

use crate::common::made_up;

/// Where programs of BPF lie.
const PLACE: u64 = 0xffff_ffff_c020_1000;

/// The folded text of samples at the given times, each at [`PLACE`] and called from 16 bytes behind
/// it, in a capture that tells at the given times that a program is there.
fn folded(programs: &[(u64, &[u8])], samples: &[u64]) -> String {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let mut records = RecordWriter::<Little>::new();
    let values = |time| SampleValues {
        id: 1,
        ip: PLACE,
        pid: Pid::new(7),
        tid: Tid::new(7),
        time: Timestamp::from_nanos(time),
        chain: &[
            PERF_CONTEXT_KERNEL,
            PLACE,
            PLACE + 0x10,
            PERF_CONTEXT_USER,
            0x40_0000,
        ],
        ..SampleValues::default()
    };
    for &(time, name) in programs {
        let record = WrittenRecord::Ksymbol {
            start: Avma::new(PLACE),
            len: 0x80,
            kind: 1,
            flags: 0,
            name,
        };
        records.entry(1, &record, Some((&event.attr, &values(time))));
    }
    for &time in samples {
        records.sample(&event.attr, 1, &values(time));
    }
    let events = vec![event];
    let features = vec![FeatureSection::event_names(&events)];
    let description = Description { events, features };
    let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    let capture = made_up::open(&out.finish().unwrap().into_inner()).unwrap();
    let profile = profile(&capture, &SymbolRequest::default(), &Request::default()).unwrap();
    let mut text = Vec::new();
    write_folded(&profile.tree(), &profile.frames, Annotate::None, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// The samples say when: no removal is recorded, and perf shows one name for all of them.
#[test]
fn a_program_that_was_loaded_over_another_is_named_from_then_on() {
    let programs: [(u64, &[u8]); 3] = [
        (10, b"bpf_prog_1_a"),
        (50, b"bpf_prog_2_b"),
        (90, b"bpf_prog_1_a"),
    ];
    let text = folded(&programs, &[20, 30, 49, 50, 60, 95]);
    let expected = ":7;[unknown];bpf_prog_1_a;bpf_prog_1_a 4\n\
                    :7;[unknown];bpf_prog_2_b;bpf_prog_2_b 2\n";
    assert_eq!(text, expected);
}

/// perf tells of programs that are there when recording begins at time 0, and once more of each
/// program that it meets while it does so.
#[test]
fn a_program_that_is_told_of_twice_is_one() {
    let programs: [(u64, &[u8]); 2] = [(0, b"bpf_prog_1_a"), (40, b"bpf_prog_1_a")];
    let text = folded(&programs, &[20, 60]);
    assert_eq!(text, ":7;[unknown];bpf_prog_1_a;bpf_prog_1_a 2\n");
}
