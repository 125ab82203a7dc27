//! `vmflame exits` as users type it.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn exits(case: &str, options: &[&str]) -> Ran {
    let place = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(case);
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.arg("exits").arg(place).args(options);
    let command = command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    let done = command.stdin(Stdio::null()).output().unwrap();
    Ran {
        code: done.status.code(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

/// Nobody has pid 9999, and host and recording have neither CPU 77 nor such a time: a negative answer
/// is status 1, for scripts too.
#[test]
fn filters_that_leave_no_exit_end_with_status_1() {
    for case in [
        "svm-bad-tracepoints",
        "svm-bad",
        "trace-dat/svm-7-zstd.dat",
        "trace-dat/reports/svm-7-zstd.report.txt.xz",
    ] {
        for filter in [
            &["--tid", "9999"][..],
            &["-C", "77"],
            &["--time", "1,2", "--csv"],
        ] {
            let ran = exits(case, filter);
            assert_eq!(ran.code, Some(1), "{case} {filter:?}: {}", ran.err);
            assert!(ran.out.is_empty(), "{case} {filter:?}: {}", ran.out);
        }
    }
    let ran = exits("svm-bad-tracepoints", &["-p", "9999"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains("no exit passes"), "{}", ran.err);
    let ran = exits("svm-bad-tracepoints", &["-p", "207", "-C", "0"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

/// Two columns of one name were one column to whatever reads the table by names.
#[test]
fn no_two_columns_have_one_name() {
    for by in [
        "port,mmio",
        "mmio,apic,msr",
        "register,device",
        "vm,vcpu,port",
        "port,port",
    ] {
        let ran = exits("svm-bad-tracepoints", &["--by", by, "--csv"]);
        assert_eq!(ran.code, Some(0), "{by}: {}", ran.err);
        let names: Vec<&str> = ran.out.lines().next().unwrap().split(',').collect();
        let different: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), different.len(), "{by}: {names:?}");
    }
    let alone = exits("svm-bad-tracepoints", &["--by", "port", "--csv"]);
    assert!(
        alone.out.starts_with("port,direction,device,"),
        "{}",
        alone.out
    );
}

#[test]
fn dimensions_are_taken_as_they_are_typed() {
    let expected = exits("svm-bad-tracepoints", &["--by", "reason,port", "--csv"]);
    let typed = exits("svm-bad-tracepoints", &["--by", "Reason, port", "--csv"]);
    assert_eq!(typed.code, Some(0), "{}", typed.err);
    assert_eq!(typed.out, expected.out);
}

/// A trace tells threads, and not of which process they are: of two vCPUs on one CPU it is not known
/// whether one VM or two have them, nor whether another thread is the VM's own.
#[test]
fn vcpus_of_a_trace_are_not_said_to_be_of_one_vm() {
    let mut text = String::new();
    let mut say = |task: &str, ms: u32, event: &str| {
        text.push_str(&format!("{task}   [000]   1.{ms:03}000: {event}\n"));
    };
    let tasks = ["CPU 0/KVM-753", "CPU 0/KVM-754", "burn-99"];
    for turn in 0..30 {
        let [before, after] = [turn, turn + 1].map(|turn: u32| tasks[turn as usize % 3]);
        let [(prev, prev_pid), (next, next_pid)] =
            [before, after].map(|task| task.rsplit_once('-').unwrap());
        if before != tasks[2] {
            let access = "kvm_pio: pio_read at 0x608 size 4 count 1 val 0x1 ";
            say(before, 10 * turn + 1, access);
        }
        let switch = format!(
            "sched_switch: prev_comm={prev} prev_pid={prev_pid} prev_prio=120 prev_state=R ==> \
             next_comm={next} next_pid={next_pid} next_prio=120"
        );
        say(before, 10 * turn + 2, &switch);
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exits-two-vcpus.txt");
    std::fs::write(&path, text).unwrap();
    let ran = exits(path.to_str().unwrap(), &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out.contains("vCPU, not told of which VM"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("no vCPU"), "{}", ran.out);
    assert!(!ran.out.contains("same VM"), "{}", ran.out);
}
