//! Samples one by one: they add up to the stacks, whatever is asked for, and are those that perf
//! tells.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::path::Path;

use regex::Regex;

use crate::common::perf_dump::perf;
use crate::testdata::{cases, profile_by};
use vmflame::analysis::samples::{SampleRow, Samples};
use vmflame::analysis::threads::ThreadRole;
use vmflame::analysis::{Grouping, Profile, Request, TimeRequest, WeightKind, event_names};
use vmflame::input::Input;
use vmflame::name::FrameScope;
use vmflame::perf::Capture;
use vmflame::units::{Cpu, Pid, Tid};

/// What is asked for, each of the filters in turn.
fn requests(event: &str) -> Vec<Request> {
    let plain = Request {
        event: Some(event.to_owned()),
        keeps_samples: true,
        threads: 2,
        ..Request::default()
    };
    let with = |change: &dyn Fn(&mut Request)| {
        let mut request = plain.clone();
        change(&mut request);
        request
    };
    vec![
        plain.clone(),
        with(&|request| request.weight = WeightKind::Period),
        with(&|request| request.scope = FrameScope::Kernel),
        with(&|request| request.scope = FrameScope::User),
        with(&|request| request.no_idle = true),
        with(&|request| request.no_tag = true),
        with(&|request| request.max_stack = Some(3)),
        with(&|request| request.grouping = Grouping::None),
        with(&|request| request.grouping = Grouping::Cpu),
        with(&|request| request.grouping = Grouping::Thread),
        with(&|request| request.slices = 10),
        with(&|request| request.guest_addresses = true),
        with(&|request| request.pids = vec![Pid::new(0)]),
        with(&|request| request.tids = vec![Tid::new(0)]),
        with(&|request| request.cpus = vec![Cpu(1)]),
        with(&|request| request.comms = vec!["CPU 0/KVM".to_owned()]),
        with(&|request| request.times = vec![TimeRequest::Part(0.2, 0.5)]),
        with(&|request| {
            request.times = vec![TimeRequest::Part(0.1, 0.9)];
            request.scope = FrameScope::Kernel;
            request.no_idle = true;
        }),
    ]
}

/// The law: the rows of each stack add up to it, in order of time.
fn check(profile: &Profile, what: &str) {
    let samples = profile.samples.as_ref().unwrap();
    let mut sums: BTreeMap<usize, [u64; 2]> = BTreeMap::new();
    for row in samples.iter() {
        let [count, weight] = sums.entry(row.stack as usize).or_default();
        *count += 1;
        *weight = weight.saturating_add(row.weight);
        assert!((row.thread as usize) < samples.threads().len(), "{what}");
    }
    let stacks = profile.stacks.iter().enumerate();
    let expected = stacks.map(|(at, stack)| (at, [stack.samples, stack.weight]));
    assert!(sums.into_iter().eq(expected), "{what}");
    let weight: u64 = samples.iter().map(|row| row.weight).sum();
    assert_eq!(weight, profile.total, "{what}");
    assert_eq!(samples.iter().len() as u64, profile.account.tally.folded);
    let times = samples.iter().map(|row| samples.time(row));
    assert!(times.is_sorted(), "{what}");
}

/// A sample that is lost, doubled or told of another stack on its way through tables, walks and
/// filters would be one that an export shows elsewhere than the flame graph.
#[test]
fn samples_add_up_to_their_stacks_with_every_filter() {
    let mut checked = 0;
    for case in cases() {
        let input = Input::resolve(&case).unwrap();
        let capture = Capture::open(&input.data).unwrap();
        for (at, event) in event_names(&capture).into_iter().enumerate() {
            // All filters of one event of each capture, some of the others.
            let step = if at == 0 { 1 } else { 7 };
            for request in requests(event).into_iter().step_by(step) {
                // Some filters match nothing, and some captures tell no CPUs.
                if let Ok(profile) = profile_by(&case, &request) {
                    check(&profile, &format!("{}: {request:?}", case.display()));
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 150, "{checked} profiles");
}

/// Samples as text, with the names of what their positions stand for.
fn told(profile: &Profile) -> Vec<String> {
    let samples = profile.samples.as_ref().unwrap();
    let line = |row| {
        let &SampleRow {
            weight,
            stack,
            thread,
            ..
        } = row;
        let stack = profile.stacks.get(stack as usize).unwrap();
        let frames = profile.stacks.frames(stack).iter();
        let frames: Vec<_> = frames.map(|&ix| &profile.frames.get(ix).name).collect();
        let thread = &samples.threads()[thread as usize];
        let (time, cpu) = (samples.time(row), row.cpu());
        format!(
            "{time:?} {cpu:?} {thread:?} {weight} {:?} {frames:?}",
            stack.tag
        )
    };
    samples.iter().map(line).collect()
}

/// Positions of stacks differ with the number of threads; what samples tell must not.
#[test]
fn samples_do_not_depend_on_the_number_of_threads() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/vmx-bad");
    let of_threads = |threads| {
        let request = Request {
            keeps_samples: true,
            threads,
            ..Request::default()
        };
        told(&profile_by(&case, &request).unwrap())
    };
    let one = of_threads(1);
    assert!(one.len() > 1000);
    assert!(
        [2, 3, 16]
            .into_iter()
            .all(|threads| of_threads(threads) == one)
    );
}

/// perf's dump tells the same samples, those of guests among them: time, CPU, process, thread.
#[test]
fn samples_are_those_that_perf_tells() {
    let shape = Regex::new(
        r"^(\d+) (\d+) 0x[0-9a-f]+ \[0x[0-9a-f]+\]: PERF_RECORD_SAMPLE\(IP, 0x[0-9a-f]+\): (-?\d+)/(-?\d+):",
    )
    .unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for case in ["svm-bad", "svm-good", "vmx-bad", "vmx-bad-tracepoints"] {
        let path = folder.join(case);
        let Some(lines) = perf(&["report", "-D"], &path.join("perf.data")) else {
            return;
        };
        let mut theirs: Vec<[i64; 4]> = Vec::new();
        for parts in lines.iter().filter_map(|line| shape.captures(line)) {
            let number = |at: usize| parts[at].parse().unwrap();
            theirs.push([number(2), number(1), number(3), number(4)]);
        }
        assert!(!theirs.is_empty(), "{case}");
        let capture = Capture::open(&path.join("perf.data")).unwrap();
        let mut ours = Vec::new();
        for event in event_names(&capture) {
            let request = Request {
                event: Some(event.to_owned()),
                keeps_samples: true,
                threads: 2,
                ..Request::default()
            };
            // Some events have no samples.
            if let Ok(profile) = profile_by(&path, &request) {
                ours.extend(places(profile.samples.as_ref().unwrap()));
            }
        }
        theirs.sort_unstable();
        ours.sort_unstable();
        assert!(ours == theirs, "{case}");
    }
}

/// Time, CPU, process and thread of samples.
fn places(samples: &Samples) -> impl Iterator<Item = [i64; 4]> {
    samples.iter().map(|row| {
        let thread = samples.threads()[row.thread as usize].thread;
        let time = samples.time(row).unwrap().as_nanos();
        let cpu = row.cpu().unwrap().0;
        let [pid, tid] = [thread.pid.as_i32(), thread.tid.as_i32()];
        [time.try_into().unwrap(), cpu.into(), pid.into(), tid.into()]
    })
}

/// What threads are, in captures whose recorders say which VMs ran.
#[test]
fn threads_have_roles_and_vms() {
    let threads = |case: &str| {
        let case = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("testdata")
            .join(case);
        let request = Request {
            keeps_samples: true,
            threads: 2,
            ..Request::default()
        };
        let profile = profile_by(&case, &request).unwrap();
        profile.samples.unwrap().threads().to_vec()
    };
    let found = threads("svm-bad");
    let [vcpu, io] = ["CPU 0/KVM", "IO io0"].map(|name| {
        let mut called = found.iter().filter(|thread| thread.name == name);
        called.next().unwrap()
    });
    assert_eq!(vcpu.role, ThreadRole::Vcpu(Some(0)));
    assert_eq!(io.role, ThreadRole::IoThread);
    assert_eq!(vcpu.vm, Some(vcpu.thread.pid));
    assert_eq!(io.vm, vcpu.vm);
    assert_eq!(vcpu.process, "qemu-system-x86");
    let idle = found.iter().find(|thread| thread.thread.pid == Pid::IDLE);
    let idle = idle.unwrap();
    assert_eq!(
        (idle.role, idle.vm, &*idle.name),
        (ThreadRole::Host, None, "swapper")
    );
    // The name of this one tells nothing, its stacks do.
    let found = threads("vmx-bad");
    let vcpu = found
        .iter()
        .find(|thread| thread.name == "mini-vcpu0")
        .unwrap();
    assert_eq!(vcpu.role, ThreadRole::Vcpu(None));
    assert_eq!(vcpu.vm, Some(vcpu.thread.pid));
}
