//! Pictures of exits and their comparison as a user meets them, on small captures of both vendors.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::path::Path;
use std::process::{Command, Stdio};

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    let command = command
        .args(arguments)
        .env("HOME", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null());
    let done = command.output().unwrap();
    Run {
        code: done.status.code(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

fn case(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    folder.join(name).to_str().unwrap().to_owned()
}

/// Weights of the lines that hold some text, added up.
fn sum(text: &str, part: &str) -> u64 {
    let lines = text.lines().filter(|line| line.contains(part));
    lines
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
        .sum()
}

/// `perf kvm --host -i FILE stat report` of perf 6.1: 41675.45 us of 116 exits, and 46428.23 us of 495; one
/// exit of the first capture is its last record, which perf leaves out.
#[test]
fn exits_are_drawn_by_time_and_number() {
    let cases = [
        ("svm-bad-tracepoints", "41675.45", 117, "io", 42),
        (
            "vmx-bad-tracepoints",
            "46428.23",
            495,
            "IO_INSTRUCTION",
            138,
        ),
    ];
    for (name, micros, exits, port_io, ports) in cases {
        let case = case(name);
        let folded = |weight: &str| {
            let weight = ["convert", &case, "--format", "folded", "--weight", weight];
            let run = run(&weight);
            assert_eq!(run.code, Some(0), "{}", run.err);
            run.out
        };
        let by_time = folded("exit-time");
        assert_eq!(format!("{:.2}", sum(&by_time, "") as f64 / 1e3), micros);
        assert!(sum(&by_time, ";[vmm]") > 0);
        let by_number = folded("exit-count");
        assert_eq!(sum(&by_number, ""), exits);
        assert_eq!(sum(&by_number, &format!(";{port_io};port 0x")), ports);
        assert!(by_number.contains(";port 0x608 read · acpi-tmr (ACPI PM timer)"));
    }
}

/// An option that is about samples does nothing to exits, and a capture without exits has no picture.
#[test]
fn what_does_not_fit_exits_is_said() {
    let with = case("svm-bad-tracepoints");
    let weight = ["--weight", "exit-count", "--format", "folded"];
    let odd = run(&[&["convert", &with, "--group", "cpu"], &weight[..]].concat());
    assert_eq!(odd.code, Some(0));
    assert!(
        odd.err.contains("warning: --group has no effect"),
        "{}",
        odd.err
    );
    let leaf = run(&["convert", &with, "--format", "folded", "--guest-leaf"]);
    assert!(leaf.err.contains("warning: --guest-leaf has no effect"));
    let without = run(&[&["convert", &case("svm-bad")], &weight[..]].concat());
    assert_eq!((without.code, without.out.as_str()), (Some(1), ""));
    assert!(
        without.err.contains("no kvm tracepoints"),
        "{}",
        without.err
    );
}

#[test]
fn exits_are_compared() {
    let (before, after) = (case("svm-bad-tracepoints"), case("vmx-bad-tracepoints"));
    let diff = ["diff", &before, &after, "--weight", "exit-count"];
    let told = run(&diff);
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(told.err.contains("before: 117 exits\n"), "{}", told.err);
    let row = told.out.lines().find(|line| line.contains("exit:pio"));
    // 42 of 117, 138 of 495.
    assert!(row.unwrap().contains("35.9 %       27.9 %"), "{row:?}");
}

/// What `perf kvm stat record` records is drawn by its exits, not by the entries that follow them.
#[test]
fn exits_are_preferred_to_entries() {
    let Some(capture) = crate::common::shared::shared("captures/svm/good-fp/good-fp.kvmstat.data")
    else {
        return;
    };
    let capture = capture.to_str().unwrap();
    let drawn = run(&["convert", capture, "--format", "folded", "--annotate=tag"]);
    assert!(
        drawn.err.starts_with("event: kvm:kvm_exit;"),
        "{}",
        drawn.err
    );
    // perf's table: io 359, npf 30 of APIC registers, vintr 2, hlt 1.
    for (tag, exits) in [("pio", 359), ("apic", 30), ("irq-window", 2), ("hlt", 1)] {
        assert_eq!(sum(&drawn.out, &format!("_[exit:{tag}]")), exits);
    }
}

/// Where tracepoints were recorded with call chains, time in the kernel has the stacks that
/// `perf script` prints of them; and widths still add up to what `perf kvm stat report` tells.
#[test]
fn time_in_the_kernel_has_stacks_that_perf_prints() {
    let folder = case("svm-bad-tracepoints");
    let expected = |name: &str| {
        let path = Path::new(&folder).join("expected").join(name);
        std::fs::read_to_string(path).unwrap()
    };
    let events = [
        "apic",
        "cpuid",
        "entry",
        "exit",
        "mmio",
        "msr",
        "pio",
        "userspace_exit",
    ];
    let scripts = events.map(|event| expected(&format!("script.kvm_{event}.folded")));
    let ends = |handler: &str| {
        let mut lines = scripts.iter().flat_map(|script| script.lines());
        lines.any(|line| line.rsplit_once(' ').unwrap().0.ends_with(handler))
    };
    let arguments = ["--weight", "exit-time", "--format", "folded", "-o", "-"];
    let done = run(&[&["convert", folder.as_str()], &arguments[..]].concat());
    let mut handlers = 0;
    for line in done.out.lines() {
        let (stack, _) = line.rsplit_once(' ').unwrap();
        if let Some((_, handler)) = stack.split_once(";[kernel];") {
            assert!(ends(&format!(";{handler}")), "{handler}");
            handlers += 1;
        }
    }
    assert!(handlers > 5, "{}", done.out);
    let total = expected("kvmstat-vmexit.txt");
    let total = total.split("handled time:").nth(1).unwrap();
    let (micros, _) = total.split_once("us").unwrap();
    assert_eq!(format!("{:.2}", sum(&done.out, "") as f64 / 1e3), micros);
    let by_count = ["--weight", "exit-count", "--format", "folded", "-o", "-"];
    let done = run(&[&["convert", folder.as_str()], &by_count[..]].concat());
    // As many exits as `perf script` prints samples of kvm_exit.
    let exits = sum(&scripts[3], "");
    assert_eq!(sum(&done.out, ""), exits);
}

/// The map of QEMU names devices on both sides, where nothing but custom did before.
#[test]
fn exits_are_compared_by_the_devices_of_a_map() {
    let folder = case("svm-bad-tracepoints");
    let (capture, map) = (format!("{folder}/perf.data"), format!("{folder}/mtree.txt"));
    let told = std::fs::read_to_string(&map).unwrap();
    assert!(told.contains("0000000000000608-000000000000060b (prio 0, i/o): acpi-tmr\n"));
    let halves = [
        "--before-filter",
        "time=0%-50%",
        "--after-filter",
        "time=50%-100%",
    ];
    let exits = ["--weight", "exit-count", "--format", "folded"];
    let diff = [&["diff", &capture, &capture], &halves[..], &exits[..]].concat();
    let timer = "port 0x608 read · acpi-tmr ";
    let by_custom = run(&diff);
    assert!(by_custom.out.contains(&format!("{timer}(ACPI PM timer) ?")));
    let by_map = run(&[&diff[..], &["--mtree", &map]].concat());
    assert_eq!(by_map.code, Some(0), "{}", by_map.err);
    assert!(
        by_map.out.contains(timer) && !by_map.out.contains('?'),
        "{}",
        by_map.out
    );
    let of_samples = run(&["diff", &case("svm-bad"), &case("svm-good"), "--mtree", &map]);
    assert!(
        of_samples.err.contains("warning: --mtree has no effect"),
        "{}",
        of_samples.err
    );
    let over = run(&[&diff[..], &["--mtree", &map, "-o", &map]].concat());
    assert_eq!(over.code, Some(2), "{}", over.err);
    assert_eq!(std::fs::read_to_string(&map).unwrap(), told);
}
