//! Captures without call chains: perf shows where each sample was taken, and so do we.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::Cursor as Memory;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use vmflame::bytes::Little;
use vmflame::perf::abi::PERF_SAMPLE_CALLCHAIN;
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
};
use vmflame::units::{Pid, Tid};

/// Two events without call chains; the first has no samples, the second three at two addresses.
fn write(place: &Path) {
    let event = |name: &str, id| {
        let mut event = WrittenEvent::tracepoint(name, 7);
        event.attr.sample_type &= !PERF_SAMPLE_CALLCHAIN;
        event.ids = vec![id];
        event
    };
    let events = vec![event("sched:first", 1), event("sched:second", 2)];
    let mut records = RecordWriter::<Little>::new();
    for ip in [0x40_1010, 0x40_1010, 0x40_2020] {
        let values = SampleValues {
            id: 2,
            ip,
            pid: Pid::new(7),
            tid: Tid::new(7),
            raw: &[0; 12],
            ..SampleValues::default()
        };
        records.sample(&events[1].attr, 2, &values);
    }
    let description = Description {
        features: vec![FeatureSection::event_names(&events)],
        events,
    };
    let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    std::fs::write(place, out.finish().unwrap().into_inner()).unwrap();
}

fn convert(place: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .args(["convert", "--format", "folded"])
        .arg(place)
        .args(more)
        .env("HOME", place.parent().unwrap())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What `perf record` writes without `-g` was refused, with all samples in it.
#[test]
fn samples_without_call_chains_are_single_frames() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("perf.data");
    write(&place);
    for more in [&[][..], &["-e", "sched:second"]] {
        let run = convert(&place, more);
        let (out, err) = (
            String::from_utf8(run.stdout).unwrap(),
            String::from_utf8(run.stderr).unwrap(),
        );
        assert_eq!(run.status.code(), Some(0), "{err}");
        let warned = "sched:second was recorded without call chains";
        assert!(
            err.contains(warned) && err.contains("perf record -g"),
            "{err}"
        );
        // Nobody knows the addresses: they may be one frame or two.
        let mut total = 0;
        for line in out.lines() {
            let (stack, count) = line.rsplit_once(' ').unwrap();
            assert!(stack.contains(';'), "a task and a frame: {line}");
            total += count.parse::<u64>().unwrap();
        }
        assert_eq!(total, 3, "{out}");
    }
}

/// An event that has no samples is no reason to refuse the others, but one that was named is.
#[test]
fn a_named_event_without_samples_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("perf.data");
    write(&place);
    let run = convert(&place, &["-e", "sched:first"]);
    assert_eq!(run.status.code(), Some(2));
    let err = String::from_utf8(run.stderr).unwrap();
    assert!(err.contains("no samples of sched:first"), "{err}");
}
