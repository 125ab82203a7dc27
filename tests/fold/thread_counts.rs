//! The same bytes whatever the number of threads, and records in whatever order the buffers of the
//! CPUs put them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop and speak"
)]

use std::io::Cursor;

use crate::common::oracle::captures::recordings;
use crate::common::shared::shared;
use vmflame::analysis::{Grouping, Request, profile};
use vmflame::bytes::Little;
use vmflame::output::{Annotate, write_folded};
use vmflame::perf::Capture;
use vmflame::perf::abi::PERF_CONTEXT_USER;
use vmflame::perf::writer::{
    Description, FileWriter, Load, RecordWriter, SampleValues, WrittenEvent, WrittenRecord,
};
use vmflame::symbol::SymbolRequest;
use vmflame::units::{Avma, FileOffset, Pid, Tid, Timestamp};

fn folded(capture: &Capture, symbols: &SymbolRequest, threads: usize) -> String {
    let request = Request {
        grouping: Grouping::Thread,
        threads,
        ..Request::default()
    };
    let profile = profile(capture, symbols, &request).unwrap();
    let mut text = Vec::new();
    write_folded(&profile.tree(), &profile.frames, Annotate::Tag, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// A race, or a part of the walk that forgets what the part before it knew, shows as a difference.
#[test]
fn folded_bytes_do_not_depend_on_the_number_of_threads() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let wanted = [
        ("svm", "badst-debian.perthread"),
        ("svm", "badst-debian.ctxt"),
        ("svm", "two.cpu"),
        ("vmx", "apicv0-bad.cpu"),
        ("arm64", "linuxarm.cycles"),
    ];
    for (machine, name) in wanted {
        let all = recordings(&captures, machine);
        let recording = all.iter().find(|recording| recording.name == name).unwrap();
        let capture = Capture::open(&recording.opened()).unwrap();
        let symbols = recording.symbols(&captures);
        let one = folded(&capture, &symbols, 1);
        assert!(one.lines().count() > 50, "{name}");
        for threads in [2, 16] {
            assert!(
                one == folded(&capture, &symbols, threads),
                "{name}, {threads} threads"
            );
        }
    }
}

const USER: u16 = 2;
const IP: u64 = 0x40_1010;

/// What is true of a record written at a time.
fn at(nanos: u64) -> SampleValues<'static> {
    SampleValues {
        id: 1,
        ip: IP,
        pid: Pid::new(7),
        tid: Tid::new(7),
        time: Timestamp::from_nanos(nanos),
        period: 1,
        chain: &[PERF_CONTEXT_USER, IP],
        ..SampleValues::default()
    }
}

/// The buffers of CPUs follow each other in the file: a mapping may come behind the samples that
/// need it. By hand: of two objects at one address, each sample must see that of its time.
#[test]
fn samples_see_mappings_that_come_later_in_the_file() {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let mut records = RecordWriter::<Little>::new();
    // Enough samples before the mappings for 16 threads to share.
    for nanos in 0..20_000 {
        records.sample(&event.attr, USER, &at(1_000 + nanos));
    }
    records.sample(&event.attr, USER, &at(50_000));
    for (nanos, name) in [(40_000, b"/new"), (500, b"/old")] {
        let mapping = WrittenRecord::Mmap {
            pid: Pid::new(7),
            tid: Tid::new(7),
            start: Avma::new(0x40_1000),
            len: 0x1000,
            file_offset: FileOffset::new(0),
            name,
        };
        records.entry(USER, &mapping, Some((&event.attr, &at(nanos))));
    }
    let description = Description {
        events: vec![event],
        features: Vec::new(),
    };
    let mut file = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
    file.write(records.bytes()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("perf.data");
    std::fs::write(&path, file.finish().unwrap().into_inner()).unwrap();
    let capture = Capture::open(&path).unwrap();
    for threads in [1, 2, 16] {
        let text = folded(&capture, &SymbolRequest::default(), threads);
        let expected = ":7-7;:7-7;[new] 1\n:7-7;:7-7;[old] 20000\n";
        assert_eq!(text, expected, "{threads} threads");
    }
}

/// A trace may hold what looks like records, so that threads begin to walk inside of it. By hand: the
/// samples before and behind it count, those inside do not.
#[test]
fn records_inside_a_trace_are_none() {
    const EACH: usize = 40_000;
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let samples = |chain: &'static [u64]| {
        let mut records = RecordWriter::<Little>::new();
        for nanos in 0..EACH as u64 {
            let sample = SampleValues {
                chain,
                ..at(1_000 + nanos)
            };
            records.sample(&event.attr, USER, &sample);
        }
        records.bytes().to_vec()
    };
    let inside = samples(&[PERF_CONTEXT_USER, IP, IP]);
    // `struct perf_record_auxtrace`, tools/lib/perf/include/perf/event.h.
    let mut trace = [71_u32.to_le_bytes(), 0x0030_0000_u32.to_le_bytes()].concat();
    trace.extend((inside.len() as u64).to_le_bytes());
    trace.resize(48, 0);
    let outside = samples(&[PERF_CONTEXT_USER, IP]);
    assert!(
        outside.len() > 2 << 20 && inside.len() > 2 << 20,
        "one part"
    );
    let between = [&outside, &trace, &inside, &outside]
        .map(Vec::as_slice)
        .concat();
    let last = [&outside, &outside, &trace, &inside]
        .map(Vec::as_slice)
        .concat();
    let description = Description {
        events: vec![event.clone()],
        features: Vec::new(),
    };
    for bytes in [between, last] {
        let memory = Cursor::new(Vec::new());
        let mut file = FileWriter::<Little, _>::new(memory, &description).unwrap();
        file.write(&bytes).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("perf.data");
        std::fs::write(&path, file.finish().unwrap().into_inner()).unwrap();
        let capture = Capture::open(&path).unwrap();
        for threads in [1, 2, 3, 16] {
            let text = folded(&capture, &SymbolRequest::default(), threads);
            let expected = format!(":7-7;:7-7;[unknown] {}\n", 2 * EACH);
            assert_eq!(text, expected, "{threads} threads");
        }
    }
}

/// All that one thread finds, several must find, whichever of them takes which part of the file and
/// which block of stacks. Most stacks are different, some frames have no name, and what shows that a
/// thread runs a vCPU lies in few of its stacks.
#[test]
fn a_load_of_many_stacks_gives_the_same_by_any_number_of_threads() {
    let load = Load::parse("size=8M,stacks=30000,depth=12,guest=5,tracepoints=10,seed=7").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("perf.data");
    let (bytes, written) = load.write::<Little, _>(Cursor::new(Vec::new())).unwrap();
    std::fs::write(&path, bytes.into_inner()).unwrap();
    let kallsyms = directory.path().join("kallsyms");
    std::fs::write(&kallsyms, load.kallsyms()).unwrap();
    let capture = Capture::open(&path).unwrap();
    let symbols = SymbolRequest {
        kallsyms: Some(kallsyms),
        ..SymbolRequest::default()
    };
    let found = |threads, slices| {
        let request = Request {
            threads,
            slices,
            ..Request::default()
        };
        let profile = profile(&capture, &symbols, &request).unwrap();
        let mut text = Vec::new();
        write_folded(&profile.tree(), &profile.frames, Annotate::Tag, &mut text).unwrap();
        let mut of_slices = vec![0; slices as usize];
        for (at, stack) in profile.stacks.iter().enumerate() {
            let weights = profile.stack_slices.of_stack(at);
            for of in weights {
                of_slices[of.slice as usize] += of.weight;
            }
            let whole: u64 = weights.iter().map(|of| of.weight).sum();
            assert_eq!(whole, if slices == 0 { 0 } else { stack.weight });
        }
        // Samples are counted by slice whatever stack they have.
        let counted = &profile.slices[profile.event.as_usize()];
        assert_eq!(&of_slices, counted);
        let unresolved = profile.account.unresolved();
        let counts = (profile.account.tally, profile.totals, unresolved);
        (text, counts, profile.slices, of_slices)
    };
    for slices in [0, 8] {
        let one = found(1, slices);
        assert_eq!(one.1.0.folded, written.samples);
        assert!(!one.1.2.is_empty() && one.1.1.len() > 1, "{:?}", one.1);
        for threads in [2, 3, 16] {
            assert!(
                found(threads, slices) == one,
                "{threads} threads, {slices} slices"
            );
        }
    }
}
