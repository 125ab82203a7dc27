//! VM exits of both sides: counts and rates against perf's, gates, and what was not measured.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop, and says what it skips"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor as Memory;
use std::path::Path;

use super::command::{diff, json, testdata, text};
use crate::common::scratch::Scratch;
use crate::common::shared::shared;
use vmflame::perf::writer::{ExitLoad, Little};

fn here() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// The status of a comparison with conditions, and what it said.
fn gated(sides: [&str; 2], conditions: &[&str]) -> (Option<i32>, String) {
    let conditions = conditions.iter().flat_map(|text| ["--fail-if", text]);
    let arguments: Vec<&str> = sides.into_iter().chain(conditions).collect();
    let output = diff(here(), &arguments);
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn generated(name: &str, spec: &str) -> Scratch {
    let load = ExitLoad::parse(spec).unwrap();
    let (bytes, _) = load.write::<Little, _>(Memory::new(Vec::new())).unwrap();
    Scratch::new(name, bytes.get_ref())
}

/// What perf counts, by the name in the first column.
fn perf_counts(table: &Path) -> BTreeMap<String, u64> {
    let table = fs::read_to_string(table).unwrap();
    let rows = table.lines().filter(|line| line.ends_with("% )"));
    let counts = rows.map(|row| {
        let mut words = row.split_whitespace();
        let name = words.next().unwrap().to_owned();
        (name, words.next().unwrap().parse().unwrap())
    });
    counts.collect()
}

/// perf leaves out a thread's exits before its first entry, and the one that is open at the end.
fn are_perf_s(found: &serde_json::Value, side: usize, kind: &str, perf: &BTreeMap<String, u64>) {
    assert!(!perf.is_empty());
    for (name, &expected) in perf {
        let subject = match kind {
            "exit-reason" => format!("exit-reason:{name}"),
            _ => format!("{kind}:{}", name.split(':').next().unwrap()),
        };
        let mut changes = found["vm_exits"]["changes"].as_array().unwrap().iter();
        let change = changes.find(|change| change["subject"] == *subject);
        let count = change.map_or(0, |change| change["counts"][side].as_u64().unwrap());
        let edge = 2;
        assert!(
            (expected..=expected + edge).contains(&count),
            "{subject}: {count} and not {expected}"
        );
    }
}

/// In the capture that everybody has, and in its copy, which has not changed.
#[test]
fn exits_are_counted_as_perf_counts_them() {
    for case in ["svm-bad-tracepoints", "vmx-bad-tracepoints"] {
        let side = testdata(case);
        let found = json(&diff(here(), &[&side, &side, "--json"]));
        let expected = Path::new(&side).with_file_name("expected");
        let reasons = perf_counts(&expected.join("kvmstat-vmexit.txt"));
        are_perf_s(&found, 0, "exit-reason", &reasons);
        are_perf_s(&found, 1, "exit-reason", &reasons);
        let ports = perf_counts(&expected.join("kvmstat-ioport.txt"));
        are_perf_s(&found, 1, "port", &ports);
        let changes = found["vm_exits"]["changes"].as_array().unwrap();
        assert!(changes.iter().all(|change| change["significant"] == false));
        assert!(
            changes
                .iter()
                .all(|change| change["before"] == change["after"])
        );
    }
}

/// The trace.dat and what `trace-cmd report` prints of it; counts by `grep -c` of that text:
/// `reason EXIT_INTR`, `reason EXIT_IOIO` and `kvm_pio.*0x608`.
#[test]
fn exits_of_trace_dat_and_of_texts_are_compared() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/trace-dat");
    let [traced, told] = ["svm-7-zstd.dat", "reports/svm-7-zstd.report.txt.xz"]
        .map(|file| folder.join(file).display().to_string());
    let found = json(&diff(here(), &[&traced, &told, "--json"]));
    let changes = found["vm_exits"]["changes"].as_array().unwrap();
    for (subject, count) in [
        ("exit-reason:interrupt", 654),
        ("exit-reason:io", 260),
        ("port:0x608", 27),
    ] {
        let mut named = changes.iter().filter(|change| change["subject"] == subject);
        assert_eq!(
            named.next().unwrap()["counts"],
            serde_json::json!([count, count])
        );
    }
    assert_eq!(found["before"]["host"], "svm-l1");
    let (status, said) = gated([&traced, &told], &["port:0x608/s > +1%"]);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = gated([&traced, &told], &["port:0x608/s > 10"]);
    assert_eq!(status, Some(1), "{said}");
    let stacks = diff(here(), &[&traced, &told, "--weight", "exit-count"]);
    assert!(text(&stacks).contains("exit:pio"));
}

/// Samples and exits of perf's on one side, exits of trace-cmd's alone on the other: the counts are
/// those of perf's own table and of the report, whatever else the sides hold.
#[test]
fn a_capture_with_stacks_is_compared_with_a_trace() {
    let Some(svm) = shared("captures/svm/bad-fp") else {
        return;
    };
    let [both, traced] = ["bad-fp.both.data.zst", "bad-fp.trace.dat"]
        .map(|file| svm.join(file).display().to_string());
    let output = diff(here(), &[&both, &traced, "--json"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("only its VM exits are compared"), "{said}");
    let found = json(&output);
    let reasons = perf_counts(&svm.join("bad-fp.both.kvmstat-vmexit.txt"));
    are_perf_s(&found, 0, "exit-reason", &reasons);
}

/// Conditions on registers hold whatever the boxes of the picture are as wide as: 1843 reads of
/// the PM timer in a second before, 7 after, by perf's table of ports and the capture's length.
#[test]
fn registers_are_gated_whatever_boxes_stand_for() {
    let Some(svm) = shared("captures/svm") else {
        return;
    };
    let [bad, good] = ["bad-fp/bad-fp.kvm.data.zst", "good-fp/good-fp.kvm.data"]
        .map(|file| svm.join(file).display().to_string());
    for weight in ["exit-count", "exit-time"] {
        for (condition, status) in [("port:0x608/s > 8", 0), ("port:0x608/s > 6", 1)] {
            let arguments = [&bad, &good, "--weight", weight, "--fail-if", condition];
            let output = diff(here(), &arguments);
            assert_eq!(output.status.code(), Some(status), "{weight} {condition}");
        }
    }
}

/// A text of a vCPU that has its CPU to itself for all but so many of each ten milliseconds, for a
/// second: then another thread runs, and the vCPU is ready.
fn contended(ready_ms: u32) -> String {
    let time = |ms: u32| format!("{}.{:03}000", 1 + ms / 1000, ms % 1000);
    let mut text = String::new();
    let mut say = |task: &str, ms: u32, event: &str| {
        text.push_str(&format!("{task}   [000]   {}: {event}\n", time(ms)));
    };
    let [vcpu, other] = ["CPU 0/KVM-753", "burn-99"];
    let switch = |before: &str, state: &str, after: &str| {
        let [before, after] = [before, after].map(|task| task.rsplit_once('-').unwrap());
        format!(
            "sched_switch: prev_comm={} prev_pid={} prev_prio=120 prev_state={state} ==> \
             next_comm={} next_pid={} next_prio=120",
            before.0, before.1, after.0, after.1
        )
    };
    say(other, 0, &switch(other, "R", vcpu));
    for begin in (0..1000).step_by(10) {
        say(vcpu, begin + 1, "kvm_entry: vcpu 0, rip 0x10207");
        say(vcpu, begin + 2, "kvm_exit: vcpu 0 reason hlt rip 0x10205");
        say(vcpu, begin + 10 - ready_ms, &switch(vcpu, "R", other));
        say(other, begin + 10, &switch(other, "R", vcpu));
    }
    say(vcpu, 1010, &switch(vcpu, "S", other));
    text
}

/// By hand: ready 100 times 1 ms of 1010 ms are 9.90 %, 100 times 4 ms 39.60 %.
#[test]
fn ready_time_is_compared_and_gated() {
    let [little, much] =
        [1, 4].map(|ready| Scratch::new(&format!("ready-{ready}"), contended(ready).as_bytes()));
    let [little, much] = [&little, &much].map(|text| text.0.display().to_string());
    let found = json(&diff(here(), &[&little, &much, "--json"]));
    let ready = &found["vm_exits"]["ready"];
    for (at, subject) in [(0, "ready-time"), (1, "ready-time:vcpu0")] {
        let change = &ready[at];
        assert_eq!(change["subject"], subject);
        assert_eq!(change["before"]["ready_ns"], 100_000_000);
        assert_eq!(change["before"]["running_ns"], 910_000_000);
        assert_eq!(change["after"]["ready_ns"], 400_000_000);
        assert_eq!(change["significant"], true);
    }
    let sides = [little.as_str(), much.as_str()];
    for (condition, expected) in [
        ("ready-time > 39.5%", 1),
        ("ready-time > 39.7%", 0),
        ("ready-time > +29pt", 1),
        ("ready-time:vcpu0 > +200%", 1),
        ("ready-time:vcpu1 > 1%", 2),
    ] {
        let (status, said) = gated(sides, &[condition]);
        assert_eq!(status, Some(expected), "{condition}: {said}");
    }
    let (status, said) = gated([&little, &little], &["ready-time > +0pt"]);
    assert_eq!(status, Some(0), "{said}");
    let without = testdata("svm-bad-tracepoints");
    let (status, said) = gated([&without, &without], &["ready-time > 5%"]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("sched:sched_switch"), "{said}");
}

/// The guest that polls the PM timer, and the one that does not: counts of 3 seconds each.
#[test]
fn the_cure_of_a_polling_guest_is_seen() {
    let Some(svm) = shared("captures/svm") else {
        return;
    };
    let [bad, good] = ["bad-fp/bad-fp.kvm.data.zst", "good-fp/good-fp.kvm.data"]
        .map(|file| svm.join(file).display().to_string());
    let output = diff(here(), &[&bad, &good, "--json"]);
    let found = json(&output);
    for (side, name) in ["bad-fp", "good-fp"].into_iter().enumerate() {
        for (kind, event) in [("exit-reason", "vmexit"), ("port", "ioport")] {
            let table = svm.join(format!("{name}/{name}.kvm.kvmstat-{event}.txt"));
            are_perf_s(&found, side, kind, &perf_counts(&table));
        }
    }
    let table = text(&diff(here(), &[&bad, &good]));
    let row = table
        .lines()
        .find(|line| line.contains("port:0x608 "))
        .unwrap();
    // 5623 in 3.051 seconds, by perf's table and the times of perf script.
    assert!(row.starts_with("* ") && row.contains("1843.1"), "{row}");
    let (status, said) = gated([&bad, &good], &["port:0x608/s > 0"]);
    assert_eq!(status, Some(1), "{said}");
    let (status, said) = gated([&bad, &good], &["port:0x608/s > +10%", "apic:0x80/s > 0"]);
    assert_eq!(status, Some(0), "{said}");
}

/// The generator keeps a guest waiting for its CPUID for 600 to 900 ns, evenly.
#[test]
fn conditions_on_times_are_in_microseconds() {
    let side = generated("exits-times", "size=1M,cpus=2,vcpus=4");
    let side = side.0.display().to_string();
    let sides = [side.as_str(), side.as_str()];
    for (condition, status) in [
        ("exit-p99:CPUID > 0.88", 1),
        ("exit-p99:CPUID > 0.905", 0),
        ("exit-p50:CPUID < 0.72", 0),
        ("exit-p50:cpuid:0x1 > 0", 2),
        ("exit-max:CPUID > 0.9", 0),
        ("exit-max:CPUID > 0.89", 1),
        ("exit-p99:EPT_MISCONFIG > +20%", 0),
        ("exit-p99:port:0x608 > 9", 1),
    ] {
        let (found, said) = gated(sides, &[condition]);
        assert_eq!(found, Some(status), "{condition}: {said}");
    }
}

/// Two runs of one load, apart by chance alone; and one whose guest does not poll any more.
#[test]
fn chance_is_not_marked() {
    let one = generated("exits-one", "size=1M,cpus=2,vcpus=4,seed=1");
    let two = generated("exits-two", "size=1M,cpus=2,vcpus=4,seed=2");
    let [one, two] = [one.0.display().to_string(), two.0.display().to_string()];
    let found = json(&diff(here(), &[&one, &two, "--json"]));
    let changes = found["vm_exits"]["changes"].as_array().unwrap();
    assert!(changes.len() > 20);
    let marked: Vec<_> = changes
        .iter()
        .filter(|change| change["significant"] == true)
        .collect();
    assert_eq!(marked.len(), 0, "{marked:?}");
    let (status, said) = gated([&one, &two], &["exit-reason:CPUID/s > +0.001%"]);
    assert_eq!(status, Some(0), "{said}");
}

/// What was not recorded is no 0.
#[test]
fn what_was_not_measured_is_not_judged() {
    let [with, without] = ["svm-bad-tracepoints", "svm-bad"].map(testdata);
    for (sides, condition, why) in [
        (
            [&with, &without],
            "port:0x608/s > 0",
            "after side has no tracepoints",
        ),
        (
            [&without, &with],
            "exit-p99:npf > +1%",
            "before side has no tracepoints",
        ),
        ([&with, &with], "exit-reason:nfp > 0", "reason of that name"),
        (
            [&with, &with],
            "hypercall:5 > 0",
            "did not record kvm:kvm_hypercall",
        ),
        ([&with, &with], "exit-p99:hlt > 1", "is not there"),
        // Intel's names, on a host of AMD's.
        (
            [&with, &with],
            "exit-reason:IO_INSTRUCTION/s > 1",
            "reason of that name",
        ),
        ([&with, &with], "exit-p99:HLT > 1", "reason of that name"),
    ] {
        let (status, said) = gated([sides[0].as_str(), sides[1].as_str()], &[condition]);
        if why == "is not there" {
            // It is known, and does not occur.
            assert_eq!(status, Some(0), "{said}");
        } else {
            assert_eq!(status, Some(2), "{condition}: {said}");
            assert!(said.contains(why), "{said}");
        }
    }
}
