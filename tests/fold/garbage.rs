//! Callers that frame pointers lead to and that are none, in a program whose file is at hand.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::Cursor;
use std::path::Path;

use linux_perf_data::Feature;
use vmflame::analysis::{Profile, Request, profile};
use vmflame::bytes::Little;
use vmflame::name::Grouping;
use vmflame::object::ObjectSearch;
use vmflame::output::{Annotate, write_folded};
use vmflame::perf::Capture;
use vmflame::perf::abi::PERF_CONTEXT_USER;
use vmflame::perf::writer::{
    Description, FeatureSection, FileIdentity, FileWriter, RecordWriter, SampleValues,
    WrittenEvent, WrittenRecord,
};
use vmflame::symbol::{SymbolRequest, Unresolved};
use vmflame::units::{Avma, BuildId, FileOffset, Pid, Tid, Timestamp};

const PID: Pid = Pid::new(7);
const TID: Tid = Tid::new(7);
/// Where the program lies.
const BASE: u64 = 0x5500_0000_0000;
/// The program of testdata/unwound, as `objdump -d` shows it: within `spin`; behind the calls of
/// `spin` in `pushes`, of `pushes` in `aligned`, of `aligned` in `run`, of `run` in `_start`.
const SPIN: u64 = BASE + 0x1020;
const IN_PUSHES: u64 = BASE + 0x104a;
const IN_ALIGNED: u64 = BASE + 0x1146;
const IN_RUN: u64 = BASE + 0x11fa;
const IN_START: u64 = BASE + 0x1007;
/// The second instruction of `deep`, and where the handler of signals returns to.
const IN_DEEP: u64 = BASE + 0x1064;
const RESTORE: u64 = BASE + 0x10f0;

/// The bytes of a capture with one sample that has these callers.
fn capture(callers: &[u64]) -> Vec<u8> {
    let build_id = BuildId::from_hex("44aa214cc4e030a9cd9a0df4bbd978562bb8bd90").unwrap();
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let text = FeatureSection::text(Feature::ARCH, "x86_64");
    let description = Description {
        events: vec![event.clone()],
        features: vec![text],
    };
    let mut file = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
    let mut records = RecordWriter::<Little>::new();
    let at = |nanos| SampleValues {
        id: 1,
        pid: PID,
        tid: TID,
        time: Timestamp::from_nanos(nanos),
        period: 1,
        ..SampleValues::default()
    };
    let program = WrittenRecord::Mmap2 {
        pid: PID,
        tid: TID,
        start: Avma::new(BASE + 0x1000),
        len: 0x1000,
        file_offset: FileOffset::new(0x1000),
        identity: FileIdentity::BuildId(build_id),
        prot: 5,
        flags: 2,
        name: b"/tmp/unwound",
    };
    let start = at(0);
    records.entry(2, &program, Some((&event.attr, &start)));
    let chain: Vec<u64> = [PERF_CONTEXT_USER]
        .into_iter()
        .chain(callers.iter().copied())
        .collect();
    let sample = SampleValues {
        ip: callers[0],
        chain: &chain,
        ..at(10)
    };
    records.sample(&event.attr, 2, &sample);
    file.write(records.bytes()).unwrap();
    file.finish().unwrap().into_inner()
}

fn folded(callers: &[u64], keep_garbage: bool) -> (Profile, String) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("perf.data");
    fs::write(&data, capture(callers)).unwrap();
    let symbols = SymbolRequest {
        search: ObjectSearch {
            capture_dir: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/unwound")),
            ..ObjectSearch::default()
        },
        ..SymbolRequest::default()
    };
    let request = Request {
        grouping: Grouping::None,
        no_tag: true,
        keep_garbage,
        threads: 1,
        ..Request::default()
    };
    let profile = profile(&Capture::open(&data).unwrap(), &symbols, &request).unwrap();
    let mut text = Vec::new();
    write_folded(&profile.tree(), &profile.frames, Annotate::None, &mut text).unwrap();
    (profile, String::from_utf8(text).unwrap())
}

/// A stack ends where no call stands before the return address, whatever lies above; what a signal
/// handler returns to is exempt. By hand, from the program's instructions.
#[test]
fn stacks_end_where_nothing_has_called() {
    let whole = [SPIN, IN_PUSHES, IN_ALIGNED, IN_RUN, IN_START];
    let (profile, line) = folded(&whole, false);
    assert_eq!(line, "_start;run;aligned;pushes;spin 1\n");
    assert_eq!(profile.account.tally.without_caller, 0);
    let astray = [SPIN, IN_PUSHES, IN_DEEP, IN_RUN, IN_START];
    let (profile, line) = folded(&astray, false);
    assert_eq!(line, "[no caller];pushes;spin 1\n");
    assert_eq!(profile.account.tally.without_caller, 1);
    let causes: Vec<_> = profile
        .account
        .unnamed
        .iter()
        .flat_map(|object| &object.causes)
        .collect();
    assert_eq!(causes, [&(Unresolved::NoCall, 1)]);
    let (profile, line) = folded(&astray, true);
    assert_eq!(line, "_start;run;deep;pushes;spin 1\n");
    assert_eq!(profile.account.tally.without_caller, 0);
    let first = [SPIN, IN_DEEP];
    assert_eq!(folded(&first, false).1, "[no caller];spin 1\n");
    let signal = [SPIN, RESTORE, IN_RUN, IN_START];
    assert_eq!(folded(&signal, false).1, "_start;run;__restore_rt;spin 1\n");
}
