//! What is written is what the verbs say of the same captures.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use crate::folder::{Folder, case, checked, faults, files, json, rows, run};
use vmflame::dataset::{Store, TableName, TableRows, Value};

pub(crate) const TIME: &str = "2026-11-26T21:05:00Z";

/// All rows of a table.
pub(crate) fn read(folder: &Folder, table: TableName) -> Vec<TableRows> {
    let store = Store::open(&folder.0).unwrap();
    let manifest = store.manifest().unwrap();
    let files = manifest.of_table(table);
    files
        .map(|(path, file)| store.rows(path, file).unwrap())
        .collect()
}

fn sum(folder: &Folder, table: TableName, column: &str) -> u64 {
    let all = read(folder, table);
    let of = |rows: &TableRows| -> i64 {
        (0..rows.len())
            .filter_map(|row| rows.int(row, column))
            .sum()
    };
    u64::try_from(all.iter().map(of).sum::<i64>()).unwrap()
}

/// Samples are those of `convert`, by tag too; their weights are those of `--weight period`.
#[test]
fn samples_add_up_to_those_of_convert() {
    for name in ["vmx-bad", "svm-good", "plain"] {
        let folder = Folder::new(&format!("samples-{name}"));
        let case = case(name);
        let added = run(&[
            "dataset",
            "add",
            &case,
            "-o",
            folder.path(),
            "--recorded-at",
            TIME,
        ]);
        assert_eq!(added.code, Some(0), "{}", added.err);
        assert_eq!(faults(&checked(&folder)), [""; 0]);
        for (weight, column) in [("samples", "samples"), ("period", "weight")] {
            let folded = [
                "convert",
                &case,
                "--format",
                "folded",
                "--annotate=tag",
                "--weight",
                weight,
            ];
            let folded = run(&folded).out;
            let lines = folded.lines().filter_map(|line| line.rsplit_once(' '));
            let total: u64 = lines.map(|(_, count)| count.parse::<u64>().unwrap()).sum();
            assert!(total > 0, "{name}");
            assert_eq!(
                sum(&folder, TableName::Samples, column),
                total,
                "{name} {weight}"
            );
        }
    }
}

/// The stacks of a dataset are the lines of folded text: each frame by its name.
#[test]
fn stacks_are_those_of_convert() {
    use std::collections::BTreeMap;
    let folder = Folder::new("stacks");
    let case = case("vmx-bad");
    run(&[
        "dataset",
        "add",
        &case,
        "-o",
        folder.path(),
        "--recorded-at",
        TIME,
    ]);
    let mut stacks: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for rows in read(&folder, TableName::Frames) {
        for row in 0..rows.len() {
            if let Value::Text(name) = rows.value(row, "frame") {
                let frames = stacks.entry(rows.int(row, "stack").unwrap()).or_default();
                assert_eq!(rows.int(row, "depth"), i64::try_from(frames.len()).ok());
                frames.push(name.replace(';', ":"));
            }
        }
    }
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    for rows in read(&folder, TableName::Samples) {
        for row in 0..rows.len() {
            let frames = stacks.get(&rows.int(row, "stack").unwrap());
            let line = frames.map_or(String::new(), |frames| frames.join(";"));
            *found.entry(line).or_default() += rows.int(row, "samples").unwrap();
        }
    }
    let folded = run(&["convert", &case, "--format", "folded", "--group", "none"]).out;
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for line in folded.lines() {
        let (stack, count) = line.rsplit_once(' ').unwrap();
        *expected.entry(stack.to_owned()).or_default() += count.parse::<i64>().unwrap();
    }
    assert_eq!(found, expected);
}

/// Exits, their times and their reasons are those of `exits`.
#[test]
fn exits_add_up_to_those_of_exits() {
    for name in ["vmx-bad-tracepoints", "svm-bad-tracepoints", "pvm"] {
        let folder = Folder::new(&format!("exits-{name}"));
        let case = case(name);
        let added = run(&[
            "dataset",
            "add",
            &case,
            "-o",
            folder.path(),
            "--recorded-at",
            TIME,
        ]);
        assert_eq!(added.code, Some(0), "{}", added.err);
        let check = checked(&folder);
        assert_eq!(faults(&check), [""; 0]);
        let told = json(&["exits", &case, "--by", "reason", "--json"]);
        let of_verb = |column: &str| -> u64 {
            let rows = told["tables"]["exits"]["rows"].as_array().unwrap();
            rows.iter().filter_map(|row| row[column].as_u64()).sum()
        };
        assert_eq!(
            sum(&folder, TableName::Exits, "exits"),
            of_verb("count"),
            "{name}"
        );
        assert_eq!(
            sum(&folder, TableName::Exits, "time_ns"),
            of_verb("total_ns"),
            "{name}"
        );
        assert_eq!(
            sum(&folder, TableName::ExitHistogram, "exits"),
            sum(&folder, TableName::Exits, "timed")
        );
        // Each bucket lies where its least value says.
        for rows in read(&folder, TableName::ExitHistogram) {
            for row in 0..rows.len() {
                let least = rows.int(row, "least_ns").unwrap();
                let bucket = vmflame::dataset::bucket_of(least.cast_unsigned());
                assert_eq!(rows.int(row, "bucket"), Some(bucket));
            }
        }
        let advice = json(&["advise", &case, "--json"]);
        let findings = advice["findings"].as_array().unwrap().len() as u64;
        assert_eq!(rows(&check, "advice"), findings, "{name}");
    }
}

/// A capture is added once, packed or not, and the order of captures changes no byte.
#[test]
fn a_capture_is_added_once() {
    let [folder, other] = ["once", "order"].map(Folder::new);
    let cases = ["vmx-bad", "svm-bad-tracepoints"].map(case);
    for cases in [
        [&cases[0], &cases[0]],
        [&cases[0], &cases[1]],
        [&cases[1], &cases[0]],
    ] {
        let arguments = ["dataset", "add", cases[0], cases[1], "-o", folder.path()];
        let added = run(&[&arguments[..], &["--recorded-at", TIME]].concat());
        assert_eq!(added.code, Some(0), "{}", added.err);
    }
    let check = checked(&folder);
    assert_eq!(rows(&check, "captures"), 2);
    assert_eq!(faults(&check), [""; 0]);
    let arguments = ["dataset", "add", &cases[1], &cases[0], "-o", other.path()];
    run(&[&arguments[..], &["--recorded-at", TIME, "--threads", "1"]].concat());
    run(&["dataset", "compact", folder.path()]);
    assert_eq!(faults(&checked(&folder)), [""; 0]);
    for table in TableName::ALL.map(TableName::as_str) {
        let [own, others] = [&folder, &other].map(|folder| {
            let files = files(folder, table);
            let bytes = files.iter().map(|path| std::fs::read(path).unwrap());
            bytes.collect::<Vec<_>>()
        });
        // Frames are in the order in which their captures came.
        if table != "frames" {
            assert_eq!(own.len(), others.len(), "{table}");
            assert!(own == others || table == "captures", "{table}");
        }
    }
}

/// To compact changes files and no rows, and a second time nothing.
#[test]
fn compaction_loses_no_row_and_is_repeatable() {
    let folder = Folder::new("compact");
    for name in [
        "vmx-bad",
        "svm-bad",
        "vmx-good",
        "svm-good",
        "svm-bad-tracepoints",
    ] {
        run(&[
            "dataset",
            "add",
            &case(name),
            "-o",
            folder.path(),
            "--recorded-at",
            TIME,
        ]);
    }
    let before = checked(&folder);
    assert_eq!(faults(&before), [""; 0]);
    assert!(files(&folder, "samples").len() > 1);
    let done = run(&["dataset", "compact", folder.path()]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let after = checked(&folder);
    assert_eq!(faults(&after), [""; 0]);
    let always = TableName::ALL.into_iter();
    let always = always.filter(|table| !table.is_on_request());
    for table in always.map(TableName::as_str) {
        assert_eq!(files(&folder, table).len(), 1, "{table}");
        if table != "frames" {
            assert_eq!(rows(&before, table), rows(&after, table), "{table}");
        }
    }
    let list = std::fs::read(folder.0.join("dataset.json")).unwrap();
    run(&["dataset", "compact", folder.path()]);
    assert_eq!(std::fs::read(folder.0.join("dataset.json")).unwrap(), list);
}
