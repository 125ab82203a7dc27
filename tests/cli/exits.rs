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
