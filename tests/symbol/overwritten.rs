//! Programs that were overwritten in place while the recorder ran. The truth is in each case what the
//! test did to the file, and when.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::Cursor as Memory;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use vmflame::analysis::{Grouping, Request, profile};
use vmflame::bytes::Little;
use vmflame::object::ObjectSearch;
use vmflame::perf::abi::{PERF_CONTEXT_USER, PERF_RECORD_MISC_COMM_EXEC};
use vmflame::perf::writer::{
    Description, FeatureSection, FileIdentity, FileWriter, RecordWriter, SampleValues,
    WrittenEvent, WrittenRecord,
};
use vmflame::perf::{Capture, Feature, RecordedBuildId};
use vmflame::symbol::{BothClocks, LiveKernel, SymbolRequest};
use vmflame::units::{Avma, BuildId, FileOffset, Pid, Tid, Timestamp};

use crate::common::made_elf::{FIRST, FUNCTION_BYTES, made_elf_of_build, shown};
use crate::common::shared::skipped;

const START: u64 = 0x5555_0000_0000;
/// When the program was last changed, in milliseconds of the recorder's clock.
const CHANGED: u64 = 86_400_000;
const BUILD: [u8; 20] = [0xaa; 20];

/// A process that maps the program, in milliseconds around its last change.
struct Process {
    mapped: i64,
    /// Whether it replaced its program by this one.
    runs_it: bool,
    ended: Option<i64>,
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_nanos(CHANGED.checked_add_signed(millis).unwrap() * 1_000_000)
}

/// The times of its records.
fn values(millis: i64) -> SampleValues<'static> {
    SampleValues {
        time: at(millis),
        ..SampleValues::default()
    }
}

/// Writes the records of a process that maps something.
fn add_process(
    records: &mut RecordWriter<Little>,
    event: &WrittenEvent,
    process: &Process,
    mapping: &WrittenRecord<'_>,
) {
    let &WrittenRecord::Mmap2 { pid, tid, .. } = mapping else {
        return;
    };
    let (mapped, at_mapping) = (process.mapped, values(process.mapped));
    if process.runs_it {
        let name = b"program";
        let exec = WrittenRecord::Comm { pid, tid, name };
        let misc = PERF_RECORD_MISC_COMM_EXEC;
        records.entry(misc, &exec, Some((&event.attr, &at_mapping)));
    }
    records.entry(2, mapping, Some((&event.attr, &at_mapping)));
    let ip = START + FIRST + FUNCTION_BYTES + 4;
    let sample = SampleValues {
        id: 1,
        ip,
        pid,
        tid,
        chain: &[PERF_CONTEXT_USER, ip],
        time: at(mapped + 1),
        ..SampleValues::default()
    };
    records.sample(&event.attr, 2, &sample);
    if let Some(ended) = process.ended {
        let exit = WrittenRecord::Exit {
            pid,
            parent_pid: pid,
            tid,
            parent_tid: tid,
            time: at(ended),
        };
        records.entry(0, &exit, Some((&event.attr, &values(ended))));
    }
}

/// A capture of the processes, in the bytes of a file: each has a sample in the program's second
/// function, 1 ms after it mapped it.
fn capture(path: &str, identity: &FileIdentity, processes: &[Process], release: &str) -> Vec<u8> {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let mut records = RecordWriter::<Little>::new();
    for (pid, process) in (7..).zip(processes) {
        let (pid, tid) = (Pid::new(pid), Tid::new(pid));
        let mapping = WrittenRecord::Mmap2 {
            pid,
            tid,
            start: Avma::new(START),
            len: 0x20000,
            file_offset: FileOffset::new(0),
            identity: identity.clone(),
            prot: 5,
            flags: 2,
            name: path.as_bytes(),
        };
        add_process(&mut records, &event, process, &mapping);
    }
    let events = vec![event];
    let table = vec![RecordedBuildId {
        path: path.to_owned(),
        build_id: BuildId::new(&BUILD).unwrap(),
        machine: Pid::new(-1),
    }];
    let features = vec![
        FeatureSection::text(Feature::HOSTNAME, "lab"),
        FeatureSection::text(Feature::OSRELEASE, release),
        FeatureSection::event_names(&events),
        FeatureSection::build_ids(table),
    ];
    let description = Description { events, features };
    let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    out.finish().unwrap().into_inner()
}

/// Which of the processes are named by the program as it is.
fn named(processes: &[Process], release: &str) -> Vec<bool> {
    let folder = tempfile::tempdir().unwrap();
    let (program, data) = (
        folder.path().join("program"),
        folder.path().join("perf.data"),
    );
    fs::write(&program, made_elf_of_build(4, &BUILD)).unwrap();
    let found = fs::metadata(&program).unwrap();
    let number = |value: u64| u32::try_from(value).unwrap();
    let dev = found.dev();
    let identity = FileIdentity::Inode {
        major: number(dev >> 8 & 0xfff),
        minor: number((dev & 0xff) | (dev >> 12 & 0xfff00)),
        inode: found.ino(),
        generation: 0,
    };
    let path = program.to_str().unwrap();
    fs::write(&data, capture(path, &identity, processes, release)).unwrap();
    let since = Duration::new(
        found.ctime().try_into().unwrap(),
        found.ctime_nsec().try_into().unwrap(),
    );
    let changed = SystemTime::UNIX_EPOCH + since;
    // Both clocks are read 20 s after the change: what may have passed between them is 10 ms.
    let read = |after: u64| BothClocks {
        recorded: at(i64::try_from(after).unwrap()),
        real: changed + Duration::from_millis(after),
    };
    let live = LiveKernel {
        build_id: BuildId::new(&[1; 20]).unwrap(),
        kallsyms: "/dev/null".into(),
        host_name: "lab".to_owned(),
        release: release.to_owned(),
        input_written: Some(at(10_000)),
        input_changed: Some(changed + Duration::from_secs(10)),
        input_begun: None,
        clocks: Some(read(20_000)),
        vdso: Box::default(),
    };
    let symbols = SymbolRequest {
        live: Some(live),
        search: ObjectSearch {
            recorded_paths: true,
            ..ObjectSearch::default()
        },
        ..SymbolRequest::default()
    };
    let request = Request {
        grouping: Grouping::Thread,
        ..Request::default()
    };
    let profile = profile(&Capture::open(&data).unwrap(), &symbols, &request).unwrap();
    let name = |frame| profile.frames.get(frame).name.to_string();
    let mut leaves: Vec<(String, bool)> = Vec::new();
    for stack in profile.stacks.iter() {
        let frames = profile.stacks.frames(stack);
        leaves.push((name(frames[0]), name(*frames.last().unwrap()) == shown(1)));
    }
    leaves.sort();
    leaves.into_iter().map(|(_, is_named)| is_named).collect()
}

fn mapped(millis: i64) -> Process {
    Process {
        mapped: millis,
        runs_it: false,
        ended: None,
    }
}

fn ran(from: i64, until: i64) -> Process {
    Process {
        mapped: from,
        runs_it: true,
        ended: Some(until),
    }
}

/// What was mapped before the last change is gone, what was mapped later is there.
#[test]
fn what_was_mapped_after_the_last_change_is_named() {
    let processes = [mapped(-3000), mapped(200), mapped(4000)];
    assert_eq!(named(&processes, "6.1.0-lab"), [false, true, true]);
    assert_eq!(named(&[mapped(-3000)], "6.1.0-lab"), [false]);
    assert_eq!(named(&[mapped(200)], "6.1.0-lab"), [true]);
}

/// Within what clocks may have parted by it cannot be told which was first. Nobody writes to a program
/// that runs: one that ended later was changed before it began. Linux 6.11 and 6.12 let it be.
#[test]
fn a_program_that_ran_on_after_the_change_is_named() {
    let dev = fs::metadata(tempfile::tempdir().unwrap().path())
        .unwrap()
        .dev();
    if dev >> 8 & 0xfff == 0 {
        skipped("temporary files lie on a file system that may lie over another one");
        return;
    }
    let soon = [ran(-3000, -5), ran(5, 500)];
    assert_eq!(named(&soon, "6.1.0-lab"), [false, true]);
    assert_eq!(named(&soon, "6.12.3-lab"), [false, false]);
    assert_eq!(
        named(&[mapped(-3000), mapped(5)], "6.1.0-lab"),
        [false, false]
    );
    assert_eq!(
        named(&[ran(-3000, -5), ran(3, 6)], "6.1.0-lab"),
        [false, false]
    );
    // Times of files are a tick of the kernel old, 20 ms at the most: one that ended within it may have
    // ended before the change.
    assert_eq!(
        named(&[ran(-3000, 25)], "6.1.0-lab"),
        [false],
        "10 ms of clocks and 15 behind"
    );
    assert_eq!(named(&[ran(-3000, 40)], "6.1.0-lab"), [true]);
}
