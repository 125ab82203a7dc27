//! Captures compared: with each other, and parts of one with the rest of it.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;

use super::command::{diff, folder, json, testdata};
use crate::common::shared::shared;

/// The cure of the case study: with `APICv` on, emulated APIC accesses vanish.
#[test]
fn turning_apicv_on_takes_the_emulation_of_the_apic_away() {
    let (Some(off), Some(on)) = (
        shared("captures/vmx/apicv0/apicv0-bad.cpu.data"),
        shared("captures/vmx/apicv1/apicv1-bad.cpu.data"),
    ) else {
        return;
    };
    let (off, on) = (off.display().to_string(), on.display().to_string());
    let folder = folder("apicv");
    let output = diff(&folder, &[&off, &on, "--json"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let found = json(&output);
    let same = diff(&folder, &[&off, &off, "--json"]);
    assert_eq!(json(&same)["any_significant"], false);
    assert_eq!(found["any_significant"], true);
    assert_eq!(found["before"]["samples"], json(&same)["before"]["samples"]);
}

/// The numbers are those of `perf script -F comm,event | sort | uniq -c`. It passes by 19 samples of
/// the guest; `perf script -D` shows them, of the same thread.
#[test]
fn threads_are_chosen_by_name_for_tracepoints_too() {
    let capture = testdata("svm-bad-tracepoints");
    let sides = [
        "--before-filter",
        "comm=sleep",
        "--after-filter",
        "comm=CPU 0/KVM",
    ];
    let output = diff(
        &folder("comm"),
        &[&[&*capture, "--json"], &sides[..]].concat(),
    );
    let found = json(&output);
    let events = found["events"].as_array().unwrap();
    let counts: BTreeMap<&str, (u64, u64)> = events
        .iter()
        .map(|event| {
            let count = |side: usize| event["counts"][side].as_u64().unwrap();
            (event["name"].as_str().unwrap(), (count(0), count(1)))
        })
        .collect();
    let expected = [
        ("kvm:kvm_apic", 50),
        ("kvm:kvm_cpuid", 2),
        ("kvm:kvm_entry", 117),
        ("kvm:kvm_exit", 117),
        ("kvm:kvm_mmio", 51),
        ("kvm:kvm_msr", 4),
        ("kvm:kvm_pio", 42),
        ("kvm:kvm_userspace_exit", 32),
    ];
    let expected = expected.map(|(name, count)| (name, (0, count)));
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(found["before"]["samples"], 34);
    assert_eq!(found["after"]["samples"], 38 + 19);
}

#[test]
fn parts_of_a_capture_without_times_are_refused_with_the_reason() {
    let Some(capture) = shared("captures/svm/badst-debian/badst-debian.perthread.data") else {
        return;
    };
    let capture = capture.display().to_string();
    let sides = [
        "--before-filter",
        "time=0%-50%",
        "--after-filter",
        "time=50%-100%",
    ];
    let output = diff(&folder("untimed"), &[&[&*capture], &sides[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    let reason = String::from_utf8(output.stderr).unwrap();
    assert!(reason.contains("carry no times"), "{reason}");
}

/// Every second twentieth of a capture against the rest of it: both sides are the same load.
#[test]
fn alternating_parts_of_a_capture_show_no_change() {
    let parts = |from: usize| {
        let part = |at: usize| format!("{}%-{}%", at * 5, at * 5 + 5);
        let parts: Vec<String> = (from..20).step_by(2).map(part).collect();
        format!("time={}", parts.join(","))
    };
    let folder = folder("alternating");
    for name in [
        "arm64",
        "plain",
        "pvm",
        "svm-bad",
        "svm-bad-tracepoints",
        "svm-good",
        "vmx-bad",
        "vmx-bad-tracepoints",
        "vmx-good",
    ] {
        let (capture, even, odd) = (testdata(name), parts(0), parts(1));
        let sides = ["--before-filter", &even, "--after-filter", &odd];
        let output = diff(&folder, &[&[&*capture, "--json"], &sides[..]].concat());
        let found = json(&output);
        assert_eq!(found["any_significant"], false, "{name}: {found:#}");
        assert!(found["before"]["samples"].as_u64().unwrap() > 0, "{name}");
    }
}

#[test]
fn the_halves_of_a_steady_load_show_no_change() {
    let folder = folder("halves");
    for name in ["arm64", "pvm", "svm-bad", "svm-good", "vmx-bad", "vmx-good"] {
        let capture = testdata(name);
        let sides = [
            "--before-filter",
            "time=0%-50%",
            "--after-filter",
            "time=50%-100%",
        ];
        let output = diff(&folder, &[&[&*capture, "--json"], &sides[..]].concat());
        assert_eq!(json(&output)["any_significant"], false, "{name}");
    }
}
