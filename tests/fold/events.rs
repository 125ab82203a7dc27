//! Which events a capture offers, and what is made of their samples.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vmflame::bytes::Little;
use vmflame::perf::abi::{
    PERF_SAMPLE_BRANCH_STACK, PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_CGROUP, PERF_SAMPLE_CPU,
};
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
};
use vmflame::units::{Cpu, Pid, Tid, Timestamp};

/// What a run of the program gave.
struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

fn vmflame(verb: &str, place: &Path, more: &[&str]) -> Ran {
    let run = Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .arg(verb)
        .arg(place)
        .args(more)
        .env("HOME", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        status: run.status.code(),
        out: String::from_utf8(run.stdout).unwrap(),
        err: String::from_utf8(run.stderr).unwrap(),
    }
}

fn fault(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("testdata/faults").join(name)
}

/// An event of a kind and number, as `struct perf_event_attr` has them.
fn event(name: &str, (pmu_type, config): (u32, u64)) -> WrittenEvent {
    let mut event = WrittenEvent::cpu_clock();
    event.name = name.to_owned();
    event.attr.pmu_type = pmu_type;
    event.attr.config = config;
    event
}

/// Writes a capture of events that have so many samples each, on CPU 0; those that ask for last
/// branches have one in their first sample and an entry of zeros in the others.
fn write(place: &Path, events: &[(WrittenEvent, u64)]) {
    let numbered = (1..).zip(events).map(|(id, (event, _))| WrittenEvent {
        ids: vec![id],
        ..event.clone()
    });
    let numbered: Vec<WrittenEvent> = numbered.collect();
    let mut records = RecordWriter::<Little>::new();
    for ((id, event), (_, samples)) in (1..).zip(&numbered).zip(events) {
        for time in 0..*samples {
            let values = SampleValues {
                id,
                ip: 0x40_1010,
                pid: Pid::new(7),
                tid: Tid::new(7),
                time: Timestamp::from_nanos(time),
                cpu: Cpu(0),
                period: 1,
                branches: if time == 0 {
                    &[[0x40_2010, 0x40_1010, 0]]
                } else {
                    &[[0, 0, 2]]
                },
                ..SampleValues::default()
            };
            records.sample(&event.attr, 2, &values);
        }
    }
    let description = Description {
        features: vec![FeatureSection::event_names(&numbered)],
        events: numbered,
    };
    let mut out = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    std::fs::write(place, out.finish().unwrap().into_inner()).unwrap();
}

/// What `info` says that `convert` takes by default.
fn default_of(place: &Path) -> String {
    let told = vmflame("info", place, &["--json"]).out;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let events = told["events"].as_array().unwrap();
    let default = events.iter().find(|event| event["default"] == true);
    default.unwrap()["name"].as_str().unwrap().to_owned()
}

/// The sum of the weights of folded text.
fn weight(folded: &str) -> u64 {
    let weights = folded.lines().filter_map(|line| line.rsplit_once(' '));
    weights
        .map(|(_, weight)| weight.parse::<u64>().unwrap())
        .sum()
}

/// `perf record -e '{cpu-clock,page-faults}:S'`. `perf script -F event,period` has 25 samples of
/// page-faults, with periods that add up to 70 195; those of cpu-clock add up to 125 686 264.
#[test]
fn counted_events_have_the_samples_of_their_leader() {
    let place = fault("leader-sampling/pf.data");
    let cases = [
        (&["-e", "page-faults"][..], 70_195),
        (&["-e", "page-faults", "--weight", "samples"], 25),
        (&["-e", "cpu-clock"], 25),
        (&["-e", "cpu-clock", "--weight", "period"], 125_686_264),
        (&[], 25),
    ];
    for (more, expected) in cases {
        let run = vmflame("convert", &place, &[more, &["--format", "folded"]].concat());
        assert_eq!(run.status, Some(0), "{}", run.err);
        assert_eq!(weight(&run.out), expected, "{more:?}");
        assert!(
            run.err.contains("25 samples read, 25 folded"),
            "{}",
            run.err
        );
    }
    let told = vmflame("info", &place, &["--json"]).out;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let faults = &told["events"][1];
    assert_eq!(faults["name"], "page-faults");
    assert_eq!(
        (&faults["samples"], &faults["occurrences"]),
        (&25.into(), &70_195.into())
    );
    // What was sampled was not only counted.
    assert!(told["events"][0]["occurrences"].is_null());
}

/// Samples before none, clocks and cycles before other events, those before tracepoints, then call
/// chains before none, then the order of the file; `info` says what `convert` does.
#[test]
fn clocks_with_samples_are_preferred() {
    let flat = |mut event: WrittenEvent| {
        event.attr.sample_type &= !PERF_SAMPLE_CALLCHAIN;
        event
    };
    let tracepoint = || event("sched:sched_switch", (2, 300));
    let clock = || event("cpu-clock", (1, 0));
    let cycles = || event("cpu_core/cycles/P", (4, 60));
    let misses = || event("cache-misses", (0, 3));
    let dummy = || event("dummy:HG", (1, 9));
    let cases = [
        (vec![(tracepoint(), 5), (clock(), 1)], "cpu-clock"),
        (vec![(clock(), 1), (tracepoint(), 5)], "cpu-clock"),
        (vec![(tracepoint(), 5), (clock(), 0)], "sched:sched_switch"),
        (vec![(clock(), 0), (tracepoint(), 5)], "sched:sched_switch"),
        (vec![(misses(), 5), (cycles(), 1)], "cpu_core/cycles/P"),
        (vec![(tracepoint(), 5), (misses(), 1)], "cache-misses"),
        (vec![(cycles(), 2), (clock(), 3)], "cpu_core/cycles/P"),
        (vec![(flat(cycles()), 2), (clock(), 3)], "cpu-clock"),
        (
            vec![(flat(tracepoint()), 2), (flat(clock()), 3)],
            "cpu-clock",
        ),
        (vec![(dummy(), 3), (tracepoint(), 2)], "sched:sched_switch"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("perf.data");
    for (events, expected) in cases {
        write(&place, &events);
        assert_eq!(default_of(&place), expected);
        let run = vmflame("convert", &place, &["--format", "folded"]);
        let wanted = events
            .iter()
            .find(|(event, _)| event.name == expected)
            .unwrap();
        assert_eq!(weight(&run.out), wanted.1, "{}", run.err);
        // What cannot be taken is not offered.
        for (event, samples) in &events {
            let is_offered = run.err.lines().any(|line| {
                line.contains("-e takes another") && line.contains(&format!("{} (", event.name))
            });
            let is_other = event.name != expected && *samples > 0;
            assert_eq!(is_offered, is_other, "{}: {}", event.name, run.err);
        }
    }
}

/// `perf record` without `-a` writes no CPU numbers: perf script refuses `-C` on such a capture.
/// The same holds for cgroups, and for `diff`.
#[test]
fn what_samples_do_not_carry_is_no_filter() {
    let place = fault("cpu-filter-unrecorded/a.data");
    let path = place.to_str().unwrap();
    for (verb, more, needed) in [
        ("convert", &["-C", "0"][..], "--sample-cpu"),
        ("convert", &["--group", "cpu"], "--sample-cpu"),
        ("convert", &["--cgroup", "/vm"], "--all-cgroups"),
        ("convert", &["--group", "cgroup"], "--all-cgroups"),
        ("diff", &[path, "--before-filter", "cpu=0"], "--sample-cpu"),
        (
            "diff",
            &[path, "--after-filter", "cgroup=/vm"],
            "--all-cgroups",
        ),
    ] {
        let run = vmflame(verb, &place, more);
        assert_eq!(run.status, Some(2), "{more:?}: {}", run.err);
        assert!(
            run.err.contains(needed) && run.out.is_empty(),
            "{}",
            run.err
        );
    }
}

/// It is the samples of the event that is shown which must carry what they are filtered by; that
/// none of them has the wanted value is an answer.
#[test]
fn filters_are_held_against_the_event_that_is_shown() {
    let mut bare = event("cpu-clock", (1, 0));
    bare.attr.sample_type &= !PERF_SAMPLE_CPU;
    let mut full = event("sched:sched_switch", (2, 300));
    full.attr.sample_type |= PERF_SAMPLE_CGROUP;
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("perf.data");
    write(&place, &[(bare, 3), (full, 2)]);
    for (more, status) in [
        (&["-C", "0"][..], 2),
        (&["--group", "cgroup"], 2),
        (&["-e", "sched:sched_switch", "-C", "0"], 0),
        (&["-e", "sched:sched_switch", "-C", "1"], 1),
        (&["-e", "sched:sched_switch", "--group", "cgroup"], 0),
        (&["-e", "sched:sched_switch", "--cgroup", "/vm"], 1),
    ] {
        let run = vmflame("convert", &place, &[more, &["--format", "folded"]].concat());
        assert_eq!(run.status, Some(status), "{more:?}: {}", run.err);
    }
}

/// Whatever a capture holds, `info` and `convert` choose alike.
#[test]
fn verbs_agree_on_the_event_of_every_capture() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for name in [
        "plain",
        "pvm",
        "svm-bad-tracepoints",
        "vmx-bad-tracepoints",
        "arm64",
    ] {
        let place = testdata.join(name);
        let run = vmflame(
            "convert",
            &place,
            &["-o", "/dev/null", "--format", "folded"],
        );
        let taken = run
            .err
            .lines()
            .find_map(|line| line.strip_prefix("event: "));
        if let Some((taken, _)) = taken.and_then(|line| line.split_once(';')) {
            assert_eq!(taken, default_of(&place), "{name}");
        }
    }
}

/// `perf record --call-graph dwarf` of user code: the chains are empty and the stacks lie in the
/// copies. None of the objects is at hand that would tell how to unwind them: all are counted, and
/// the picture says it.
#[test]
fn every_copy_that_is_not_unwound_is_counted() {
    let place = fault("stack-copies-flat/dw.data");
    let run = vmflame("convert", &place, &[]);
    assert_eq!(run.status, Some(0));
    let warned = "warning: copied user stacks are not unwound to their first function";
    assert!(
        run.err.contains(warned) && run.err.contains("6 of 6 samples"),
        "{}",
        run.err
    );
    assert!(
        run.out
            .contains("copied user stacks not unwound to their end: 6")
    );
    let told = vmflame("info", &place, &["--json"]).out;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["not_unwound"], 6);
    // The opposite: frame pointers.
    let run = vmflame("convert", &fault("cpu-filter-unrecorded/a.data"), &[]);
    assert!(!run.err.contains("copied") && !run.out.contains("not unwound"));
}

/// `perf record -b` without `-g`: what is made of last branches is said to be no call stack, by
/// `convert`, `info` and `diff`; where there are none, stacks are single frames and that is said.
#[test]
fn no_call_stack_is_made_of_branches_without_a_word() {
    let branched = |samples| {
        let mut event = event("cycles", (0, 0));
        event.attr.sample_type &= !PERF_SAMPLE_CALLCHAIN;
        event.attr.sample_type |= PERF_SAMPLE_BRANCH_STACK;
        event.attr.branch_sample_type = 8;
        vec![(event, samples)]
    };
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("perf.data");
    write(&place, &branched(3));
    let words = "the stacks of 1 of 3 samples are last branches, which are no call stacks";
    let path = place.to_str().unwrap();
    for (verb, more) in [("convert", &[][..]), ("diff", &[path])] {
        let run = vmflame(verb, &place, more);
        assert!(run.err.contains(words), "{verb}: {}", run.err);
        assert!(run.err.contains("perf record -g"), "{verb}: {}", run.err);
    }
    let told = vmflame("info", &place, &[]).out;
    assert!(told.contains("1 of 3 samples are last branches"), "{told}");
    // Only zeros: the sample that has a branch is filtered out.
    let run = vmflame("convert", &place, &["--time", "0.000000001,"]);
    let words = "cycles was recorded without call chains: every stack is a single frame";
    assert!(run.err.contains(words), "{}", run.err);
}
