//! Datasets as inputs: of several captures, what verbs say of each, added up.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::collections::BTreeMap;

use crate::fleet::engine;
use crate::folder::{Folder, case, json, run};
use serde_json::Value;

const TIME: &str = "2026-11-26T21:05:00Z";

/// A dataset of cases of the repository.
fn dataset(name: &str, cases: &[&str]) -> Folder {
    let folder = Folder::new(name);
    let cases: Vec<String> = cases.iter().map(|name| case(name)).collect();
    let cases: Vec<&str> = cases.iter().map(String::as_str).collect();
    let rest = ["-o", folder.path(), "--recorded-at", TIME];
    let added = run(&[&["dataset", "add"], &cases[..], &rest].concat());
    assert_eq!(added.code, Some(0), "{}", added.err);
    folder
}

/// The lines of folded text, added up.
fn lines(texts: &[String]) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for line in texts.iter().flat_map(|text| text.lines()) {
        let (stack, weight) = line.rsplit_once(' ').unwrap();
        *sums.entry(stack.to_owned()).or_default() += weight.parse::<u64>().unwrap();
    }
    sums
}

fn folded(input: &str, options: &[&str]) -> String {
    let done = run(&[&["convert", input, "--format", "folded"], options].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    done.out
}

/// The merged stacks of three captures are those of each, added up: with tags, by any weight, and
/// of some of them by a condition on captures.
#[test]
fn merged_stacks_are_the_sum_of_those_of_each_capture() {
    let Some(engine) = engine() else {
        return;
    };
    let engine = engine.to_str().unwrap();
    let cases = ["vmx-bad", "vmx-good", "svm-bad"];
    let folder = dataset("cohort-stacks", &cases);
    for options in [
        &["--annotate=tag"][..],
        &["--group", "none"],
        &["--group", "comm", "--no-tag"],
        &["--weight", "period"],
        &["--no-idle"],
    ] {
        let each = cases.map(|name| folded(&case(name), options));
        let all = [options, &["--engine", engine]].concat();
        let merged = folded(folder.path(), &all);
        assert_eq!(lines(&[merged]), lines(&each), "{options:?}");
        let of_two = [&all[..], &["--where", "source LIKE '%vmx-%'"]].concat();
        let merged = folded(folder.path(), &of_two);
        assert_eq!(lines(&[merged]), lines(&each[..2]), "{options:?}");
    }
}

/// Where callers are missing, or are none, the merged stacks say so as those of the capture do.
#[test]
fn marks_of_missing_callers_stay() {
    let Some(engine) = engine() else {
        return;
    };
    let folder = dataset("cohort-marks", &["unwound"]);
    for group in ["process", "none"] {
        let options = ["--group", group, "--annotate=tag"];
        let own = folded(&case("unwound"), &options);
        assert!(own.contains("[truncated];"), "{own}");
        let engine = ["--engine", engine.to_str().unwrap()];
        let merged = folded(folder.path(), &[&options[..], &engine].concat());
        assert_eq!(lines(&[merged]), lines(&[own]), "{group}");
    }
}

/// A condition on samples leaves the frames that by hand carry the tag.
#[test]
fn a_condition_leaves_what_filtering_by_hand_does() {
    let Some(engine) = engine() else {
        return;
    };
    let engine = engine.to_str().unwrap();
    let cases = ["vmx-bad", "svm-bad"];
    let folder = dataset("cohort-where", &cases);
    let each = cases.map(|name| folded(&case(name), &["--annotate=tag"]));
    let by_hand: BTreeMap<String, u64> = lines(&each)
        .into_iter()
        .filter(|(stack, _)| stack.ends_with("_[exit:pio]"))
        .collect();
    assert!(!by_hand.is_empty());
    let asked = |condition: &str| {
        let options = ["--annotate=tag", "--engine", engine, "--where", condition];
        lines(&[folded(folder.path(), &options)])
    };
    assert_eq!(asked("tag = 'exit:pio'"), by_hand);
    assert_eq!(
        asked("NOT tag IN ('exit:pio')").values().sum::<u64>() + by_hand.values().sum::<u64>(),
        lines(&each).values().sum::<u64>()
    );
    let picture = run(&[
        "convert",
        folder.path(),
        "--engine",
        engine,
        "--format",
        "svg",
    ]);
    assert!(picture.out.contains("2 captures of "), "{}", picture.err);
    let nothing = run(&[
        "convert",
        folder.path(),
        "--engine",
        engine,
        "--format",
        "folded",
        "--where",
        "kernel = 'none'",
    ]);
    assert_eq!((nothing.code, nothing.out.as_str()), (Some(1), ""));
}

/// The rows of `exits`.
fn exit_rows(input: &str, rest: &[&str]) -> Vec<Value> {
    let told = json(&[&["exits", input, "--json"], rest].concat());
    let rows = told["tables"]["exits"]["rows"].as_array();
    rows.unwrap().clone()
}

/// Exits of several captures are those of each, added up.
#[test]
fn merged_exits_are_the_sum_of_those_of_each_capture() {
    let Some(engine) = engine() else {
        return;
    };
    let engine = engine.to_str().unwrap();
    let cases = ["vmx-bad-tracepoints", "svm-bad-tracepoints", "pvm"];
    let folder = dataset("cohort-exits", &cases);
    let mut expected: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for row in cases.iter().flat_map(|name| exit_rows(&case(name), &[])) {
        let sums = expected
            .entry(row["reason"].as_str().unwrap().to_owned())
            .or_default();
        sums[0] += row["count"].as_u64().unwrap_or(0);
        sums[1] += row["total_ns"].as_u64().unwrap_or(0);
    }
    let merged = exit_rows(folder.path(), &["--engine", engine]);
    let found: BTreeMap<String, [u64; 2]> = merged
        .iter()
        .map(|row| {
            let sums = ["exits", "time_ns"].map(|key| row[key].as_u64().unwrap_or(0));
            (row["reason"].as_str().unwrap().to_owned(), sums)
        })
        .collect();
    assert_eq!(found, expected);
    for by in ["register", "device", "vm,reason", "vcpu"] {
        let exits: u64 = exit_rows(folder.path(), &["--engine", engine, "--by", by])
            .iter()
            .filter_map(|row| row["exits"].as_u64())
            .sum();
        assert_eq!(
            exits,
            expected.values().map(|sums| sums[0]).sum::<u64>(),
            "{by}"
        );
    }
}

/// Of one capture the percentiles are known: each lies below its bound by an eighth at most.
#[test]
fn percentiles_lie_below_the_ends_of_their_buckets() {
    let Some(engine) = engine() else {
        return;
    };
    let engine = engine.to_str().unwrap();
    let name = "vmx-bad-tracepoints";
    let folder = dataset("cohort-percentiles", &[name, "svm-bad-tracepoints"]);
    let own = exit_rows(&case(name), &[]);
    let condition = [
        "--where",
        "source LIKE '%vmx-bad-tracepoints'",
        "--engine",
        engine,
    ];
    let bounds = exit_rows(folder.path(), &condition);
    let mut compared = 0;
    for row in &own {
        let bound = bounds
            .iter()
            .find(|bound| bound["reason"] == row["reason"])
            .unwrap();
        for key in ["p50_ns", "p99_ns"] {
            let (Some(exact), Some(bound)) = (row[key].as_u64(), bound[key].as_u64()) else {
                continue;
            };
            // What `exits` tells is itself rounded, within a thirty-second.
            assert!(bound as f64 >= exact as f64 * 0.96, "{row} {bound}");
            assert!(bound as f64 <= exact as f64 * 1.17 + 2.0, "{row} {bound}");
            compared += 1;
        }
    }
    assert!(compared > 4, "{compared}");
}

/// Each rule spoke in as many captures as `advise` says of them one by one.
#[test]
fn advice_counts_the_captures_of_each_finding() {
    let Some(engine) = engine() else {
        return;
    };
    let engine = engine.to_str().unwrap();
    let cases = ["vmx-bad", "vmx-good", "svm-bad", "svm-bad-tracepoints"];
    let folder = dataset("cohort-advice", &cases);
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for name in cases {
        let told = json(&["advise", &case(name), "--json"]);
        let findings = told["findings"].as_array().unwrap().iter();
        let mut rules: Vec<String> = findings
            .map(|found| found["rule"].as_str().unwrap().to_owned())
            .collect();
        rules.sort();
        rules.dedup();
        for rule in rules {
            *expected.entry(rule).or_default() += 1;
        }
    }
    let told = json(&["advise", folder.path(), "--json", "--engine", engine]);
    let rows = told["tables"]["advice"]["rows"].as_array().unwrap();
    let found = rows.iter().map(|row| {
        let captures = row["captures"].as_u64().unwrap();
        (row["rule"].as_str().unwrap().to_owned(), captures)
    });
    assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
}

/// The page of a dataset holds what the other verbs say, and runs nothing.
#[test]
fn a_page_of_a_dataset_holds_what_verbs_say() {
    let Some(engine) = engine() else {
        return;
    };
    let engine = engine.to_str().unwrap();
    let folder = dataset("cohort-page", &["vmx-bad", "svm-bad-tracepoints"]);
    let page = |condition: &str| {
        let rest = ["--engine", engine, "--where", condition];
        let done = run(&[&["report", folder.path()], &rest[..]].concat());
        assert_eq!(done.code, Some(0), "{}", done.err);
        assert!(!done.out.contains("<script"));
        done.out
    };
    let all = page("damaged = FALSE");
    for part in [
        "2 captures of 2 hosts",
        "apic-access",
        "kvm_arch_vcpu_ioctl_run",
        "exits by reason",
        "npf",
    ] {
        assert!(all.contains(part), "{part}");
    }
    let one = page("source LIKE '%vmx-bad'");
    assert!(one.contains("No exit passes") && !one.contains("npf"));
}

/// What a dataset does not keep is refused by name, a wrong condition with what is wrong, and what
/// the engine refuses with the condition.
#[test]
fn what_a_dataset_cannot_tell_is_said() {
    let folder = dataset("cohort-refused", &["vmx-bad"]);
    let refused = |arguments: &[&str], part: &str| {
        let done = run(arguments);
        assert_eq!(done.code, Some(2), "{arguments:?}: {}", done.err);
        assert!(done.err.contains(part), "{}", done.err);
        assert!(done.out.is_empty());
    };
    let path = folder.path();
    refused(
        &["convert", path, "--time", "0,1"],
        "--time is of one capture",
    );
    refused(
        &["convert", path, "--format", "firefox"],
        "threads and times",
    );
    refused(&["exits", path, "--by", "rip"], "apart by rip");
    refused(
        &["exits", path, "--where", "tag = 'x'"],
        "column of samples",
    );
    refused(
        &["advise", path, "--where", "1; DROP"],
        "no part of a condition",
    );
    refused(&["advise", path, "--where", "(SELECT 1)"], "\"select\"");
    refused(
        &["exits", &case("vmx-bad"), "--where", "vm = 1"],
        "is no dataset",
    );
    if let Some(engine) = engine() {
        let engine = engine.to_str().unwrap();
        let wrong = [
            "advise",
            path,
            "--engine",
            engine,
            "--where",
            "cpus LIKE LIKE 1",
        ];
        refused(&wrong, "the condition is: cpus LIKE LIKE 1");
    }
}
