//! Generated captures of VM exits hold what their generator says, by this program and by perf.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop, and says what it skips"
)]

use std::io::Cursor as Memory;
use std::process::Command;

use crate::common::scratch::Scratch;
use crate::common::shared::skipped;
use vmflame::bytes::{Big, ByteOrder, Little};
use vmflame::perf::abi::PERF_RECORD_SAMPLE;
use vmflame::perf::writer::{ExitLoad, ExitsWritten};
use vmflame::perf::{Capture, Damage, Events, Record, Visitor};

/// The visitor that counts the samples of each event.
struct Counting<'e> {
    events: &'e Events,
}

impl<'a> Visitor<'a> for Counting<'_> {
    type Gathered = ExitsWritten;

    fn begin(&self) -> ExitsWritten {
        ExitsWritten::default()
    }

    fn record<O: ByteOrder>(&self, found: &mut ExitsWritten, record: Record<'a>) {
        found.records += 1;
        found.data_len += u64::from(record.header.len);
        if record.header.record_type != PERF_RECORD_SAMPLE {
            return;
        }
        let ix = self.events.of_sample::<O>(record.body).unwrap();
        let of_event = [
            &mut found.entries,
            &mut found.exits,
            &mut found.mmios,
            &mut found.pios,
            &mut found.msrs,
        ];
        *of_event.into_iter().nth(ix.as_usize()).unwrap() += 1;
    }

    fn damage(&self, _: &mut ExitsWritten, damage: Damage) {
        panic!("{damage:?} in a valid file");
    }
}

fn holds_what_it_says<O: ByteOrder>(load: &ExitLoad) {
    let (bytes, written) = load.write::<O, _>(Memory::new(Vec::new())).unwrap();
    assert!(written.data_len >= load.size && written.unentered > 0);
    let scratch = Scratch::new("exits", bytes.get_ref());
    let capture = Capture::open(&scratch.0).unwrap();
    let counting = Counting {
        events: capture.events(),
    };
    let mut found = capture.scan(1, &counting).gathered.pop().unwrap();
    let times = capture.features().sample_times::<O>().unwrap();
    found.times = (times.start, times.end);
    found.unentered = written.unentered;
    assert_eq!(found, written);
}

/// Benchmarks assert against these numbers: they have to be those of the file.
#[test]
fn a_load_of_exits_holds_what_it_says() {
    for spec in [
        "size=1M,cpus=2",
        "size=1M,vms=3,vcpus=2,cpus=1,amd=1,seed=7",
    ] {
        let load = ExitLoad::parse(spec).unwrap();
        holds_what_it_says::<Little>(&load);
        holds_what_it_says::<Big>(&load);
    }
}

/// Descriptions come from the command line.
#[test]
fn descriptions_of_exits_that_make_no_sense_are_refused() {
    for text in ["size", "size=x", "stacks=3", "cpus=0", "vcpus=70000"] {
        assert!(ExitLoad::parse(text).is_err(), "{text}");
    }
    assert_eq!(ExitLoad::parse("size=2K").unwrap().size, 2048);
    assert_eq!(ExitLoad::parse("").unwrap(), ExitLoad::default());
}

/// perf is the judge of whether a file is valid. An entry that ends no exit is each thread's first
/// alone: perf knows a thread from then on only.
#[test]
fn perf_pairs_the_exits_that_were_written() {
    for spec in [
        "size=1M,cpus=2",
        "size=1M,vms=2,vcpus=3,cpus=3,amd=1,seed=5",
    ] {
        let load = ExitLoad::parse(spec).unwrap();
        let (bytes, written) = load.write::<Little, _>(Memory::new(Vec::new())).unwrap();
        let scratch = Scratch::new("perf-exits", bytes.get_ref());
        let run = Command::new("perf")
            .arg("kvm")
            .arg("-i")
            .arg(&scratch.0)
            .args(["stat", "report"])
            .output();
        let Ok(output) = run else {
            return skipped("perf cannot be run");
        };
        // perf prints its table as messages.
        let text = String::from_utf8_lossy(&output.stderr);
        let vcpus = u64::from(load.vms) * u64::from(load.vcpus);
        let total = format!("Total Samples:{}, ", written.entries - vcpus);
        assert!(text.contains(&total), "{total} of {spec} in {text}");
        let first = if load.is_amd {
            " npf "
        } else {
            " IO_INSTRUCTION "
        };
        assert!(text.contains(first), "{text}");
        assert!(!text.contains("out of order"), "{text}");
    }
}
