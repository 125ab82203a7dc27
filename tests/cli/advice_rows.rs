//! Each number of exits in advice is that of the row, or the rows, that its own command shows, and
//! the exits of a VM are those of the table of VMs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common::shared::shared;

/// What a command prints as JSON; `None` where it ends in an error or finds nothing.
fn json(words: &[&str]) -> Option<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.args(words).arg("--json").stdin(Stdio::null());
    command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    serde_json::from_slice(&command.output().unwrap().stdout).ok()
}

/// The rows of the table of exits that a command prints.
fn rows(words: &[&str]) -> Vec<Value> {
    let told = json(words).unwrap_or_else(|| panic!("{words:?} prints no table"));
    told["tables"]["exits"]["rows"].as_array().unwrap().clone()
}

/// Exits of a row; where none were recorded, accesses.
fn counted(row: &Value) -> u64 {
    let exits = row["count"].as_u64().unwrap_or_default();
    exits.max(if row["reason"].is_null() {
        row["accesses"].as_u64().unwrap_or_default()
    } else {
        0
    })
}

/// What advice calls a register: `port 0x608 read`, `0xfee00300 write`, `MSR 0x808`.
fn called(row: &Value) -> Vec<String> {
    let register = row["register"].as_str().unwrap_or_default();
    let (kind, number) = register.split_once(' ').unwrap_or_default();
    let number = number.split(' ').next().unwrap();
    let value = number.strip_prefix("0x").unwrap_or(number);
    let value = u64::from_str_radix(value, 16).unwrap_or_default();
    let direction = row["direction"].as_str().filter(|text| *text != "-");
    let direction = direction.map_or_else(String::new, |text| format!(" {text}"));
    let places = match kind {
        // x2APIC reaches the APIC's registers as MSRs.
        "apic" => vec![
            format!("{:#x}", 0xfee0_0000 + value),
            format!("MSR {:#x}", 0x800 + (value >> 4)),
        ],
        "mmio" | "memory" => vec![format!("{value:#x}")],
        "msr" => vec![format!("MSR {value:#x}")],
        _ => vec![register.to_owned()],
    };
    let full = places.into_iter().map(|place| place + &direction);
    full.collect()
}

/// Whether a row is part of what advice speaks of: a register, a reason, or memory as a whole.
fn is_of(row: &Value, what: &str) -> bool {
    let register = row["register"].as_str();
    match what {
        "guest memory" => register.is_some_and(|register| {
            register.starts_with("memory ") && !register.starts_with("memory 0xfee00")
        }),
        "access" => register.is_some_and(|register| register.starts_with("cpuid ")),
        what if register.is_some() => called(row).iter().any(|called| called == what),
        what => row["reason"] == what,
    }
}

/// Compares what advice says of a capture with its tables; how many numbers were the same.
fn compare(capture: &Path) -> usize {
    let path = capture.to_str().unwrap();
    let Some(advice) = json(&["advise", path]) else {
        return 0;
    };
    let mut same = 0;
    let with_exits = |vm: &&Value| vm["exits"].as_u64().is_some_and(|exits| exits > 0);
    let vms: Vec<&Value> = advice["vms"].as_array().unwrap().iter().collect();
    for vm in vms.into_iter().filter(with_exits) {
        let pid = vm["pid"].as_i64().map(|pid| pid.to_string());
        let own = |by: &str| -> u64 {
            let table = rows(&["exits", path, "--by", by]);
            let own = table
                .iter()
                .filter(|row| row["vm"].as_str() == pid.as_deref());
            own.map(counted).sum()
        };
        let exits = Some(own("vm")).filter(|exits| *exits > 0);
        let exits = exits.unwrap_or_else(|| own("vm,reason,register"));
        assert_eq!(vm["exits"], exits, "{path}: VM {pid:?}");
        same += 1;
    }
    for finding in advice["findings"].as_array().unwrap() {
        for row in finding["evidence"]["rows"].as_array().unwrap() {
            let see = row["see"].as_str().unwrap();
            let Some(words) = see.strip_prefix("vmflame exits ") else {
                continue;
            };
            let words: Vec<&str> = ["exits"].into_iter().chain(words.split(' ')).collect();
            let what = row["what"].as_str().unwrap();
            let what = what.split(" · ").next().unwrap();
            let table = rows(&words);
            let own: Vec<u64> = table
                .iter()
                .filter(|row| is_of(row, what))
                .map(counted)
                .collect();
            let count = row["count"].as_u64().unwrap();
            let is_sum = ["guest memory", "access"].contains(&what);
            let is_shown = own.contains(&count) || is_sum && own.iter().sum::<u64>() == count;
            assert!(is_shown, "{see}: {what} is {count}, and not of {own:?}");
            same += 1;
        }
    }
    same
}

#[test]
fn each_number_of_advice_is_in_the_table_that_it_points_to() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let cases = [
        "svm-bad-tracepoints/perf.data",
        "vmx-bad-tracepoints/perf.data",
        "trace-dat/svm-7-zstd.dat",
    ];
    let same: usize = cases.map(|case| compare(&folder.join(case))).iter().sum();
    assert!(same > 20, "{same}");
}

/// The same over real captures: of two VMs, with records lost, of accesses alone, by faults on the
/// APIC's page, of both vendors and of arm64.
#[test]
fn each_number_of_advice_on_captures_is_in_its_table() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let mut same = 0;
    for capture in [
        "svm/two/two.kvm.data.zst",
        "svm/misc2/misc2.lost.data.zst",
        "svm/misc2/misc2.filter.data",
        "svm/good-fp/good-fp.trace.dat",
        "vmx/apicv0/apicv0-bad.kvm.data",
        "arm64/linuxarm/linuxarm.kvm.data",
    ] {
        same += compare(&captures.join(capture));
    }
    assert!(same > 40, "{same}");
}
