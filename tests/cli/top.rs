//! `info --top` tells what `perf report` tells, and adds up.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

fn run(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.args(words).stdin(Stdio::null()).output().unwrap()
}

fn top(case_name: &str, more: &[&str]) -> Value {
    let folder = case(case_name);
    let output = run(&[&["info", "--top", "--json", folder.to_str().unwrap()], more].concat());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn rows<'v>(tables: &'v Value, table: &str) -> &'v Vec<Value> {
    tables["tables"][table]["rows"].as_array().unwrap()
}

/// What perf says of a function, in samples and in percent.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct OfPerf {
    own_samples: u64,
    children_percent: f64,
}

/// The kernel's functions as perf tells them, those of modules too; `None` without perf.
fn of_perf(case_name: &str) -> Option<BTreeMap<String, OfPerf>> {
    let folder = case(case_name);
    let mut perf = Command::new("perf");
    perf.args([
        "report",
        "-f",
        "--stdio",
        "-g",
        "none",
        "--children",
        "-n",
        "-t",
        "\t",
    ]);
    perf.args(["--sort", "sym,dso", "--percent-limit", "0", "-i"]);
    perf.arg(folder.join("perf.data"))
        .arg("--kallsyms")
        .arg(folder.join("kallsyms"));
    let output = perf.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut found: BTreeMap<String, OfPerf> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [children, _, samples, symbol, _] = fields[..] else {
            continue;
        };
        let Some(name) = symbol.strip_prefix("[k] ") else {
            continue;
        };
        let function = found.entry(name.to_owned()).or_default();
        function.own_samples += samples.parse::<u64>().unwrap();
        function.children_percent += children.trim_end_matches('%').parse::<f64>().unwrap();
    }
    Some(found)
}

/// Self is perf's to the sample, total its children to the last digit that it prints.
#[test]
fn functions_weigh_what_perf_report_says() {
    for name in ["svm-bad", "vmx-bad", "plain"] {
        let Some(perf) = of_perf(name).filter(|perf| !perf.is_empty()) else {
            eprintln!("skipped: perf is not installed");
            return;
        };
        let tables = top(name, &["--no-inline"]);
        let mut ours: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
        // QEMU has functions of the kernel's names.
        let of_kernel = |row: &&Value| row["object"].as_str().is_some_and(|o| o.starts_with('['));
        for row in rows(&tables, "functions").iter().filter(of_kernel) {
            let sums = ours.entry(row["function"].as_str().unwrap()).or_default();
            sums[0] += row["self"].as_u64().unwrap();
            sums[1] += row["total"].as_u64().unwrap();
        }
        let all = tables["facts"]["total"].as_u64().unwrap();
        let mut compared = 0;
        for (function, of_perf) in &perf {
            // Without a name it is an address there.
            if function.starts_with('0') {
                continue;
            }
            let [own, total] = ours.get(function.as_str()).copied().unwrap_or_default();
            assert_eq!(own, of_perf.own_samples, "{name}: {function}");
            let percent = total as f64 / all as f64 * 100.0;
            let difference = (percent - of_perf.children_percent).abs();
            assert!(difference < 0.0051, "{name}: {function}: {percent}");
            compared += 1;
        }
        assert!(compared > 20, "{name}: {compared}");
    }
}

/// Each sample is in one function itself, and has one tag.
#[test]
fn own_samples_and_tags_add_up() {
    for more in [
        &[][..],
        &["--comm", "CPU 0/KVM"],
        &["--no-idle"],
        &["--time", "0%-50%"],
    ] {
        let tables = top("svm-bad", more);
        let all = tables["facts"]["total"].as_u64().unwrap();
        assert!(all > 0);
        let sum = |table: &str, column: &str| -> u64 {
            let rows = rows(&tables, table).iter();
            rows.map(|row| row[column].as_u64().unwrap()).sum()
        };
        assert_eq!(sum("functions", "self"), all, "{more:?}");
        assert_eq!(sum("tags", "weight"), all, "{more:?}");
    }
}

/// The orders are what they are called, CSV has all functions, exits are there where they are told.
#[test]
fn tables_come_in_all_forms() {
    let by = |how: &str, column: &str| {
        let tables = top("svm-bad", &["--sort", how]);
        let rows = rows(&tables, "functions").iter();
        rows.map(|row| row[column].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    for values in [by("self", "self"), by("total", "total")] {
        assert!(values.is_sorted_by(|a, b| a >= b));
    }
    let folder = case("svm-bad");
    let output = run(&["info", "--top=1", "--csv", folder.to_str().unwrap()]);
    let csv = String::from_utf8(output.stdout).unwrap();
    assert_eq!(csv.lines().count(), by("self", "self").len() + 1);
    assert!(csv.starts_with("self_share,total_share,self,total,function,object,tags\n"));
    let exits = top("vmx-bad-tracepoints", &[]);
    assert!(!rows(&exits, "exits").is_empty());
    let refused = run(&["info", "--comm", "x", folder.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("--comm chooses samples"), "{said}");
}
