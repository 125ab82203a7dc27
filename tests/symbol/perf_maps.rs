//! Code that programs made at run time, and the maps that name it.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs::{self, File};
use std::io::Cursor as Memory;
use std::path::Path;
use std::time::{Duration, SystemTime};

use vmflame::analysis::{Profile, Request, profile};
use vmflame::bytes::Little;
use vmflame::object::ObjectSearch;
use vmflame::output::{Annotate, write_folded};
use vmflame::perf::abi::PERF_CONTEXT_USER;
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
    WrittenRecord,
};
use vmflame::perf::{Capture, Feature};
use vmflame::symbol::{LiveKernel, LiveProcesses, Runtime, SymbolRequest};
use vmflame::units::{Avma, BuildId, FileOffset, Pid, Tid, Timestamp};

/// Where the kernel lay, and where generated code lies.
const TEXT: u64 = 0xffff_ffff_8100_0000;
const CODE: u64 = 0x7f00_0000_0000;
const SECOND: u64 = 1_000_000_000;
/// perf says so of a program that another replaced.
const EXEC: u16 = 1 << 13;

/// Something that happens to a process, at a second since the machine was started.
enum Step {
    /// It is forked off another.
    Fork(i32, i32),
    /// It runs another program.
    Exec(i32),
    /// It maps memory for code, or what is called so.
    Map(i32, &'static str),
    /// It maps its program.
    Program(i32, &'static str),
    /// A sample in that memory.
    Sample(i32),
    /// It ends.
    Exit(i32),
}

fn fork(pid: i32, parent: i32, time: u64) -> WrittenRecord<'static> {
    WrittenRecord::Fork {
        pid: Pid::new(pid),
        parent_pid: Pid::new(parent),
        tid: Tid::new(pid),
        parent_tid: Tid::new(parent),
        time: Timestamp::from_nanos(time * SECOND),
    }
}

fn exit(pid: i32, time: u64) -> WrittenRecord<'static> {
    WrittenRecord::Exit {
        pid: Pid::new(pid),
        parent_pid: Pid::new(1),
        tid: Tid::new(pid),
        parent_tid: Tid::new(1),
        time: Timestamp::from_nanos(time * SECOND),
    }
}

fn comm(pid: i32) -> WrittenRecord<'static> {
    let (pid, tid) = (Pid::new(pid), Tid::new(pid));
    let name = b"jit";
    WrittenRecord::Comm { pid, tid, name }
}

fn map(pid: i32, start: u64, name: &'static str) -> WrittenRecord<'static> {
    WrittenRecord::Mmap {
        pid: Pid::new(pid),
        tid: Tid::new(pid),
        start: Avma::new(start),
        len: 0x1000,
        file_offset: FileOffset::new(0),
        name: name.as_bytes(),
    }
}

/// Writes a capture of what happened.
fn write(place: &Path, steps: &[(u64, Step)]) {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let mut records = RecordWriter::<Little>::new();
    let values = |pid: i32, time: u64, chain: &'static [u64]| SampleValues {
        id: 1,
        ip: CODE + 0x10,
        pid: Pid::new(pid),
        tid: Tid::new(pid),
        time: Timestamp::from_nanos(time * SECOND),
        chain,
        ..SampleValues::default()
    };
    let chain = &[PERF_CONTEXT_USER, CODE + 0x10, CODE + 0x101];
    let kernel = WrittenRecord::Mmap {
        pid: Pid::new(-1),
        tid: Tid::new(0),
        start: Avma::new(TEXT),
        len: 0x100_0000,
        file_offset: FileOffset::new(TEXT),
        name: b"[kernel.kallsyms]_text",
    };
    records.entry(1, &kernel, Some((&event.attr, &values(0, 0, &[]))));
    for (time, step) in steps {
        let (record, pid, misc) = match *step {
            Step::Fork(pid, parent) => (fork(pid, parent, *time), pid, 2),
            Step::Exit(pid) => (exit(pid, *time), pid, 2),
            Step::Exec(pid) => (comm(pid), pid, 2 | EXEC),
            Step::Map(pid, name) => (map(pid, CODE, name), pid, 2),
            Step::Program(pid, name) => (map(pid, 0x40_0000, name), pid, 2),
            Step::Sample(pid) => {
                records.sample(&event.attr, 2, &values(pid, *time, chain));
                continue;
            }
        };
        records.entry(misc, &record, Some((&event.attr, &values(pid, *time, &[]))));
    }
    let events = vec![event];
    let features = vec![
        FeatureSection::text(Feature::HOSTNAME, "lab"),
        FeatureSection::text(Feature::OSRELEASE, "6.1.0-lab"),
        FeatureSection::event_names(&events),
    ];
    let description = Description { events, features };
    let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    fs::write(place, out.finish().unwrap().into_inner()).unwrap();
}

/// When the machine was started, and how long it has been up since when the capture was written.
fn booted() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}
const WRITTEN: u64 = 1000;

/// A machine with a capture and maps: folders for the capture, for `/tmp` and for `/proc`.
struct Lab(tempfile::TempDir);

impl Lab {
    fn new(steps: &[(u64, Step)]) -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        for folder in ["case", "tmp", "proc"] {
            fs::create_dir(lab.0.path().join(folder)).unwrap();
        }
        write(&lab.0.path().join("case/perf.data"), steps);
        let kallsyms = format!("{TEXT:016x} T _text\n");
        fs::write(lab.0.path().join("kallsyms"), kallsyms).unwrap();
        lab
    }

    /// Puts a file there that was written so many seconds after the machine was started.
    fn put(self, path: &str, second: u64, text: &str) -> Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let file = File::options().append(true).open(&path).unwrap();
        file.set_modified(booted() + Duration::from_secs(second))
            .unwrap();
        self
    }

    /// A process that lives, with its pid in its own namespace and the second in which it began.
    fn process(self, pid: i32, own: i32, start: u64) -> Self {
        let status = format!("Name:\tjit\nNSpid:\t{pid}\t{own}\n");
        let zeros = "0 ".repeat(18);
        let stat = format!("{pid} (a ) b) S {zeros}{} 0 0\n", start * 100);
        self.put(&format!("proc/{pid}/status"), WRITTEN, &status)
            .put(&format!("proc/{pid}/stat"), WRITTEN, &stat)
    }

    fn profile(&self) -> Profile {
        let folder = self.0.path();
        let at = |second: u64| Some(Timestamp::from_nanos(second * SECOND));
        let user = std::os::unix::fs::MetadataExt::uid(&fs::metadata(folder).unwrap());
        let symbols = SymbolRequest {
            search: ObjectSearch {
                capture_dir: Some(folder.join("case")),
                ..ObjectSearch::default()
            },
            live: Some(LiveKernel {
                build_id: BuildId::new(&[1; 20]).unwrap(),
                kallsyms: folder.join("kallsyms"),
                host_name: "lab".to_owned(),
                release: "6.1.0-lab".to_owned(),
                input_written: at(WRITTEN),
                input_changed: Some(booted() + Duration::from_secs(WRITTEN)),
                input_begun: None,
                clocks: None,
                vdso: Box::default(),
            }),
            processes: Some(LiveProcesses {
                proc: folder.join("proc"),
                temporary: folder.join("tmp"),
                booted: booted(),
                input_begun: None,
                input_written: at(WRITTEN),
                user,
            }),
            ..SymbolRequest::default()
        };
        let capture = Capture::open(&folder.join("case/perf.data")).unwrap();
        profile(&capture, &symbols, &Request::default()).unwrap()
    }

    /// The stacks, without their processes.
    fn stacks(&self) -> Vec<String> {
        let profile = self.profile();
        let mut text = Vec::new();
        write_folded(&profile.tree(), &profile.frames, Annotate::None, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let stacks = text.lines().map(|line| {
            let (_, stack) = line.split_once(';').unwrap();
            stack.to_owned()
        });
        stacks.collect()
    }
}

/// The function `NAME` from [`CODE`] on and its caller behind it.
fn map_of(name: &str) -> String {
    format!(
        "{CODE:x} 20 {name}\n{:x} 80 caller of {name}\n",
        CODE + 0x100
    )
}

/// A process that was there before the recording, and is sampled at its end.
fn running() -> Vec<(u64, Step)> {
    vec![(0, Step::Map(7, "//anon")), (999, Step::Sample(7))]
}

/// Two processes that had the same pid one after the other.
fn two_lives() -> Vec<(u64, Step)> {
    vec![
        (900, Step::Fork(7, 1)),
        (900, Step::Exec(7)),
        (900, Step::Program(7, "/usr/bin/jit")),
        (901, Step::Map(7, "//anon")),
        (910, Step::Sample(7)),
        (920, Step::Exit(7)),
        (950, Step::Fork(7, 1)),
        (950, Step::Exec(7)),
        (950, Step::Program(7, "/usr/bin/jit")),
        (951, Step::Map(7, "[anon:v8]")),
        (999, Step::Sample(7)),
    ]
}

const UNNAMED: [&str; 1] = ["[anon];[anon] 1"];
const NAMED: [&str; 1] = ["caller of f;f 1"];

/// What lies beside a capture was put there for it, whenever it was written.
#[test]
fn a_map_beside_the_capture_names_code() {
    let lab = Lab::new(&running()).put("case/perf-7.map", 1, &map_of("f"));
    assert_eq!(lab.stacks(), NAMED);
    let other = Lab::new(&running()).put("case/perf-8.map", 1, &map_of("f"));
    assert_eq!(other.stacks(), UNNAMED);
}

/// A pid alone does not say whose map it is: the file must have been written while its process lived.
#[test]
fn a_map_of_this_machine_must_be_of_the_processs_life() {
    let lives = || {
        vec![
            (900, Step::Fork(7, 1)),
            (900, Step::Exec(7)),
            (900, Step::Program(7, "/usr/bin/jit")),
            (901, Step::Map(7, "//anon")),
            (910, Step::Sample(7)),
            (920, Step::Exit(7)),
            (999, Step::Sample(8)),
        ]
    };
    for (second, is_named) in [(800, false), (905, true), (920, true), (960, false)] {
        let lab = Lab::new(&lives()).put("tmp/perf-7.map", second, &map_of("f"));
        let stacks = lab.stacks();
        assert_eq!(stacks.contains(&NAMED[0].to_owned()), is_named, "{second}");
        assert_eq!(
            stacks.contains(&UNNAMED[0].to_owned()),
            !is_named,
            "{second}"
        );
        let refused = lab.profile().account.objects.into_iter();
        let refused = refused.map(|report| report.broken.len()).sum::<usize>();
        assert_eq!(refused, usize::from(!is_named), "{second}");
    }
}

/// Of two processes with one pid the map on disk is of one.
#[test]
fn a_reused_pid_gets_no_map_of_another_process() {
    let of_first = Lab::new(&two_lives()).put("tmp/perf-7.map", 912, &map_of("f"));
    assert_eq!(of_first.stacks(), ["[anon:v8];[anon:v8] 1", NAMED[0]]);
    let of_second = Lab::new(&two_lives()).put("tmp/perf-7.map", 960, &map_of("f"));
    assert_eq!(of_second.stacks(), [UNNAMED[0], NAMED[0]]);
    // Beside the capture it may be of either.
    let beside = Lab::new(&two_lives()).put("case/perf-7.map", 960, &map_of("f"));
    assert_eq!(beside.stacks(), ["[anon:v8];[anon:v8] 1", UNNAMED[0]]);
}

/// A process that was there when recording began, and has ended since, may have written its map
/// before: then it tells of the memory that the process has. The map of one that had its pid before,
/// and left it, does not, but for what lies in the same place by accident.
#[test]
fn a_map_that_is_older_than_the_capture_must_fit_the_memory_of_its_process() {
    let own = Lab::new(&running()).put("tmp/perf-7.map", 500, &map_of("f"));
    assert_eq!(own.stacks(), NAMED);
    let elsewhere = |from: u64| (0..3).map(move |at| format!("{:x} 40 gone\n", from + at * 0x40));
    let stale: String = elsewhere(CODE + 0x10_0000).collect();
    let stale = format!("{}{stale}", map_of("wrong"));
    let lab = Lab::new(&running()).put("tmp/perf-7.map", 500, &stale);
    assert_eq!(lab.stacks(), UNNAMED);
    let refused = lab.profile().account.objects.into_iter();
    assert_eq!(refused.map(|report| report.broken.len()).sum::<usize>(), 1);
    // What was written while it was recorded is of the process.
    let mut steps = running();
    steps.insert(1, (400, Step::Sample(8)));
    let lab = Lab::new(&steps).put("tmp/perf-7.map", 500, &stale.replace("wrong", "f"));
    assert!(lab.stacks().contains(&NAMED[0].to_owned()));
}

/// Containers count their processes themselves, and have a `/tmp` of their own.
#[test]
fn a_process_that_lives_is_asked_by_its_own_pid_below_its_own_root() {
    let lab = Lab::new(&running())
        .process(7, 3, 10)
        .put("proc/7/root/tmp/perf-3.map", 500, &map_of("f"))
        .put("tmp/perf-7.map", 500, &map_of("wrong"));
    assert_eq!(lab.stacks(), NAMED);
    // The pid went to another one since.
    let lab = Lab::new(&running())
        .process(7, 3, 1500)
        .put("proc/7/root/tmp/perf-3.map", 1501, &map_of("wrong"))
        .put("tmp/perf-7.map", 1501, &map_of("wrong"));
    assert_eq!(lab.stacks(), UNNAMED);
    let lab = Lab::new(&running())
        .process(7, 7, 1500)
        .put("tmp/perf-7.map", 999, &map_of("f"));
    assert_eq!(lab.stacks(), NAMED);
}

/// A child runs the code that its parent made.
#[test]
fn a_forked_child_has_the_names_of_its_parent() {
    let steps = [
        (900, Step::Fork(7, 1)),
        (901, Step::Map(7, "//anon")),
        (950, Step::Fork(8, 7)),
        (999, Step::Sample(8)),
    ];
    let lab = Lab::new(&steps).put("tmp/perf-7.map", 905, &map_of("f"));
    assert_eq!(lab.stacks(), NAMED);
}

/// Without a map the one who reads is told how to get one, of each runtime once.
#[test]
fn generated_code_without_a_map_tells_its_runtime() {
    let mut steps = running();
    steps.insert(0, (0, Step::Program(7, "/usr/bin/node")));
    let profile = Lab::new(&steps).profile();
    let runtimes = profile.account.objects.iter().map(|report| report.runtime);
    assert_eq!(runtimes.collect::<Vec<_>>(), [Some(Runtime::Node)]);
}

/// A program in memory is no generated code: its offsets are those of its file.
#[test]
fn a_program_that_lies_in_memory_takes_no_map() {
    let steps = [
        (900, Step::Fork(7, 1)),
        (900, Step::Exec(7)),
        (900, Step::Map(7, "/memfd:prog (deleted)")),
        (999, Step::Sample(7)),
    ];
    let lab = Lab::new(&steps).put("tmp/perf-7.map", 950, &map_of("wrong"));
    let shown = "[memfd:prog (deleted)]";
    assert_eq!(lab.stacks(), [format!("{shown};{shown} 1")]);
}
