//! What is written on request only: samples second by second, and exits one by one.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::fs;

use crate::engine::python_with;
use crate::fleet::asked;
use crate::folder::{Folder, case, checked, faults, files, json, rows, run};
use crate::sums::{TIME, read};
use vmflame::dataset::{
    CaptureRows, Partition, READY_QUERIES, Schema, Store, TableName, TableRows, Value,
    add_captures, bucket_of,
};

const SECOND: u64 = 1_000_000_000;

fn added(name: &str, case_name: &str, options: &[&str]) -> Folder {
    let folder = Folder::new(name);
    add(&folder, case_name, options);
    folder
}

fn add(folder: &Folder, case_name: &str, options: &[&str]) {
    let case = case(case_name);
    let arguments = ["dataset", "add", &case, "-o", folder.path()];
    let done = run(&[&arguments[..], &["--recorded-at", TIME], options].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
}

/// Columns of rows by others, added up: the values of `by` as text, then the sums and the number of rows.
fn sums(all: &[TableRows], by: &[&str], of: &[&str]) -> BTreeMap<Vec<String>, Vec<i64>> {
    let mut found: BTreeMap<Vec<String>, Vec<i64>> = BTreeMap::new();
    for rows in all {
        for row in 0..rows.len() {
            let key = by
                .iter()
                .map(|column| format!("{:?}", rows.value(row, column)));
            let sums = found.entry(key.collect()).or_default();
            sums.resize(of.len() + 1, 0);
            for (sum, column) in sums.iter_mut().zip(of) {
                *sum += rows.int(row, column).unwrap_or_default();
            }
            sums[of.len()] += 1;
        }
    }
    found
}

fn without_number(sums: BTreeMap<Vec<String>, Vec<i64>>) -> BTreeMap<Vec<String>, Vec<i64>> {
    let rows = sums.into_iter();
    rows.map(|(key, mut sums)| {
        sums.pop();
        (key, sums)
    })
    .collect()
}

/// Rows of seconds add up to those without, and are what `convert --time` says of each second.
#[test]
fn seconds_add_up() {
    const KEY: [&str; 8] = [
        "capture",
        "vm",
        "vcpu",
        "process",
        "comm",
        "tag",
        "tag_depth",
        "stack",
    ];
    for name in ["vmx-bad", "svm-good", "vmx-bad-tracepoints"] {
        let folder = added(&format!("seconds-{name}"), name, &["--per-second"]);
        assert_eq!(faults(&checked(&folder)), [""; 0]);
        let seconds = read(&folder, TableName::SampleSeconds);
        let samples = read(&folder, TableName::Samples);
        let [by_second, whole] = [&seconds, &samples]
            .map(|rows| without_number(sums(rows, &KEY, &["samples", "weight"])));
        assert_eq!(by_second, whole, "{name}");
        let by_second = sums(&seconds, &["second"], &["samples"]);
        let info = json(&["info", &case(name), "--json"]);
        let first = info["first_ns"].as_u64().unwrap();
        let of_verb = |second: u64| {
            let [from, to] =
                [second * SECOND, (second + 1) * SECOND - 1].map(|nanos| first + nanos);
            let shown = |nanos: u64| format!("{}.{:09}", nanos / SECOND, nanos % SECOND);
            let time = format!("{},{}", shown(from), shown(to));
            let arguments = [
                "convert",
                &case(name),
                "--format",
                "folded",
                "--time",
                &time,
            ];
            let lines = run(&arguments).out;
            let counts = lines.lines().filter_map(|line| line.rsplit_once(' '));
            counts
                .map(|(_, count)| count.parse::<i64>().unwrap())
                .sum::<i64>()
        };
        for (second, (key, found)) in (0..).zip(&by_second) {
            assert_eq!(key[0], format!("Int({second})"), "{name}");
            assert_eq!(found[0], of_verb(second), "{name} {second}");
        }
    }
}

/// Single exits add up to tables `exits` and `exit_histogram`.
#[test]
fn single_exits_add_up() {
    const KEY: [&str; 8] = [
        "capture",
        "vm",
        "thread",
        "vcpu",
        "reason",
        "register",
        "direction",
        "device",
    ];
    const TIMES: [&str; 6] = [
        "kernel_ns",
        "vmm_ns",
        "off_cpu_ns",
        "polled_ns",
        "blocked_ns",
        "time_ns",
    ];
    for name in ["vmx-bad-tracepoints", "svm-bad-tracepoints", "pvm"] {
        let folder = added(&format!("each-{name}"), name, &["--each-exit"]);
        let check = checked(&folder);
        assert_eq!(faults(&check), [""; 0]);
        let single = read(&folder, TableName::SingleExits);
        let exits = read(&folder, TableName::Exits);
        let mut expected = BTreeMap::new();
        for (key, mut found) in sums(&exits, &KEY, &[&TIMES[..], &["exits"]].concat()) {
            found.pop();
            // Accesses that were recorded without their exits are none.
            if found.last() != Some(&0) {
                expected.insert(key, found);
            }
        }
        assert_eq!(sums(&single, &KEY, &TIMES), expected, "{name}");
        let told = json(&["exits", &case(name), "--by", "reason", "--json"]);
        let told = told["tables"]["exits"]["rows"].as_array().unwrap();
        let told: u64 = told.iter().filter_map(|row| row["count"].as_u64()).sum();
        assert_eq!(rows(&check, "single_exits"), told, "{name}");
        in_order_of_time(&single);
        assert_eq!(
            buckets(&single),
            histogram(&read(&folder, TableName::ExitHistogram)),
            "{name}"
        );
    }
}

/// Exits of a thread are in the order of time.
fn in_order_of_time(single: &[TableRows]) {
    let mut last: BTreeMap<i64, [i64; 2]> = BTreeMap::new();
    for rows in single {
        for row in 0..rows.len() {
            let [thread, ordinal, start] =
                ["thread", "ordinal", "start_ns"].map(|column| rows.int(row, column).unwrap());
            let before = last.insert(thread, [ordinal, start]);
            assert_eq!(ordinal, before.map_or(0, |[ordinal, _]| ordinal + 1));
            assert!(before.is_none_or(|[_, before]| before <= start));
        }
    }
}

/// How many there are of a reason and a bucket. What is all sleep is in none.
fn buckets(single: &[TableRows]) -> BTreeMap<Vec<String>, i64> {
    let mut found = BTreeMap::new();
    for rows in single {
        for row in 0..rows.len() {
            let sleeps = rows.int(row, "blocked_ns").is_some_and(|slept| slept > 0);
            let time = rows.int(row, "time_ns");
            if let Some(time) = time.filter(|&time| time > 0 || !sleeps) {
                let reason = format!("{:?}", rows.value(row, "reason"));
                let bucket = format!("Int({})", bucket_of(time.cast_unsigned()));
                *found.entry(vec![reason, bucket]).or_default() += 1;
            }
        }
    }
    found
}

fn histogram(rows: &[TableRows]) -> BTreeMap<Vec<String>, i64> {
    let found = sums(rows, &["reason", "bucket"], &["exits"]).into_iter();
    found.map(|(key, found)| (key, found[0])).collect()
}

fn version(folder: &Folder) -> u64 {
    let text = fs::read_to_string(folder.0.join("dataset.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    manifest["schema_version"].as_u64().unwrap()
}

/// A dataset some of whose captures have such rows answers ready questions as one without them, before
/// and behind a compaction. Programs that do not know the tables are kept from it, and from it only.
#[test]
fn mixed_datasets_answer_alike() {
    let [plain, mixed] = ["mixed-plain", "mixed"].map(Folder::new);
    for name in ["vmx-bad", "svm-bad-tracepoints", "vmx-bad-tracepoints"] {
        add(&plain, name, &[]);
    }
    assert_eq!(version(&plain), 1);
    add(&mixed, "vmx-bad-tracepoints", &[]);
    assert_eq!(version(&mixed), 1);
    add(&mixed, "vmx-bad", &["--per-second"]);
    add(
        &mixed,
        "svm-bad-tracepoints",
        &["--per-second", "--each-exit"],
    );
    assert_eq!(version(&mixed), 2);
    let before = checked(&mixed);
    assert_eq!(faults(&before), [""; 0]);
    let python = python_with("duckdb");
    let answers = |folder: &Folder| {
        let asked_of = |python: &String| {
            let questions =
                READY_QUERIES.map(|query| asked(folder, python, &["--sql", query.text]));
            serde_json::json!(questions)
        };
        python.as_ref().map(asked_of)
    };
    assert_eq!(answers(&mixed), answers(&plain));
    assert_eq!(run(&["dataset", "compact", mixed.path()]).code, Some(0));
    let after = checked(&mixed);
    assert_eq!(faults(&after), [""; 0]);
    assert_eq!(version(&mixed), 2);
    for table in ["sample_seconds", "single_exits"] {
        assert_eq!(files(&mixed, table).len(), 1);
        assert!(rows(&before, table) > 0);
        assert_eq!(rows(&before, table), rows(&after, table), "{table}");
    }
    assert_eq!(answers(&mixed), answers(&plain));
}

/// Rows that are missing among those of a capture are found, and that a capture has none is no fault.
#[test]
fn missing_rows_are_found() {
    let folder = added("missing-whole", "vmx-bad", &["--per-second"]);
    let all = [
        TableName::Captures,
        TableName::Samples,
        TableName::Frames,
        TableName::Vms,
        TableName::Advice,
    ];
    let read_all = |table| read(&folder, table).remove(0);
    let mut tables: Vec<TableRows> = all.map(read_all).to_vec();
    let seconds = read_all(TableName::SampleSeconds);
    let mut fewer = TableRows::new(TableName::SampleSeconds);
    fewer.append(&seconds, |row| row > 0);
    tables.push(fewer);
    let capture = tables[0].int(0, "capture").unwrap();
    let other = Folder::new("missing");
    let store = Store::begin(&other.0).unwrap();
    let partition = Partition::of_seconds(Partition::parse_time(TIME).unwrap());
    let rows = CaptureRows {
        capture,
        partition,
        tables,
    };
    add_captures(&store, &[rows]).unwrap();
    let faults = faults(&checked(&other));
    assert!(!faults.is_empty());
    assert!(
        faults
            .iter()
            .all(|fault| fault.contains("its rows of sample_seconds add up to")),
        "{faults:?}"
    );
}

/// What the tables are is told as of all others.
#[test]
fn the_schema_tells_them() {
    for table in [TableName::SampleSeconds, TableName::SingleExits] {
        let schema = Schema::own().table(table);
        assert!(table.is_on_request());
        assert!(schema.columns.iter().filter(|column| column.is_key).count() > 1);
    }
    assert_eq!(Schema::own().version, TableName::SingleExits.since());
    assert!(matches!(
        TableRows::new(TableName::SingleExits).value(0, "time_ns"),
        Value::Absent
    ));
}
