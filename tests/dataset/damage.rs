//! Damage is found, and said in a line.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;

use serde_json::Value as Json;

use crate::folder::{Folder, case, checked, faults, files, json, rows, run};
use vmflame::dataset::{
    CaptureRows, ContentHash, Partition, Store, TableName, TableRows, Value, add_captures,
};

fn filled(name: &str) -> Folder {
    let folder = Folder::new(name);
    for (name, time) in [("vmx-bad", "1000"), ("svm-bad-tracepoints", "2000")] {
        let case = case(name);
        let added = [
            "dataset",
            "add",
            &case,
            "-o",
            folder.path(),
            "--recorded-at",
            time,
        ];
        assert_eq!(run(&added).code, Some(0));
    }
    folder
}

/// A file that was made for it, checksum included, on which the reader of the crate `parquet` 60.1 panics
/// (`util/bit_util.rs`: a width of more bits than a number has); a fuzzer found it. It is named, as others
/// are, and nothing else is said.
#[test]
fn a_file_that_stops_its_reader_is_named() {
    let folder = Folder::new("damage-stops");
    let bytes = include_bytes!("stops-its-reader.parquet");
    let mut hash = ContentHash::default();
    hash.add(bytes);
    let place = "exit_histogram/date=2026-11-25/hour=1";
    fs::create_dir_all(folder.0.join(place)).unwrap();
    let listed = ["0.parquet", "1.parquet"].map(|name| {
        fs::write(folder.0.join(place).join(name), bytes).unwrap();
        serde_json::json!({
            "path": format!("{place}/{name}"),
            "rows": 1,
            "bytes": bytes.len(),
            "xxh3": format!("{:016x}", hash.clone().finish()),
        })
    });
    let list = serde_json::json!({
        "format": "vmflame dataset", "schema_version": 1, "generation": 1, "files": listed,
    });
    fs::write(folder.0.join("dataset.json"), list.to_string()).unwrap();
    for verb in ["check", "compact"] {
        let done = run(&["dataset", verb, folder.path()]);
        assert_eq!(done.code, Some(2), "{}", done.err);
        let named = format!(
            "{place}/0.parquet: not a Parquet file that can be read: a length in it is wrong"
        );
        assert!(done.err.contains(&named), "{}", done.err);
        assert!(!done.err.contains("panicked"), "{}", done.err);
    }
}

/// A file that is cut, changed or gone.
#[test]
fn a_file_that_is_not_what_was_written_is_found() {
    for (number, what) in ["cut", "changed", "gone"].into_iter().enumerate() {
        let folder = filled(&format!("damage-{what}"));
        let path = &files(&folder, "samples")[0];
        let mut bytes = fs::read(path).unwrap();
        match number {
            0 => bytes.truncate(bytes.len() / 2),
            1 => bytes[100] ^= 1,
            _ => {}
        }
        if what == "gone" {
            fs::remove_file(path).unwrap();
        } else {
            fs::write(path, bytes).unwrap();
        }
        let check = run(&["dataset", "check", folder.path()]);
        assert_eq!(check.code, Some(2));
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(check.out.contains(name), "{}", check.out);
        assert_eq!(faults(&checked(&folder)).len(), 1);
        // Other captures can be added all the same.
        let more = case("svm-good");
        let added = [
            "dataset",
            "add",
            &more,
            "-o",
            folder.path(),
            "--recorded-at",
            "9999",
        ];
        assert_eq!(run(&added).code, Some(0));
        assert_eq!(rows(&checked(&folder), "captures"), 3);
    }
}

/// Every prefix of a file of rows, and changes of its bytes: an error, never a panic.
#[test]
fn damaged_parquet_is_refused() {
    let folder = filled("prefixes");
    let store = Store::open(&folder.0).unwrap();
    let path = &files(&folder, "vms")[0];
    let below = path.strip_prefix(&folder.0).unwrap().to_str().unwrap();
    let bytes = fs::read(path).unwrap();
    let manifest = store.manifest().unwrap();
    let listed = &manifest.files[below];
    for end in 0..bytes.len() {
        fs::write(path, &bytes[..end]).unwrap();
        assert!(store.rows(below, listed).is_err(), "{end}");
    }
    let mut random = crate::common::made_up::Random(7);
    for _ in 0..2000 {
        let mut changed = bytes.clone();
        let at = usize::try_from(random.below(changed.len() as u64)).unwrap();
        changed[at] ^= 1 << random.below(8);
        fs::write(path, &changed).unwrap();
        assert!(store.rows(below, listed).is_err(), "byte {at}");
    }
}

/// Rows that are there twice, or not at all, are found although every file is whole.
#[test]
fn doubled_and_missing_rows_are_found() {
    let folder = filled("doubled");
    let list = folder.0.join("dataset.json");
    let text = fs::read_to_string(&list).unwrap();
    let whole: Json = serde_json::from_str(&text).unwrap();
    for table in ["exits", "samples", "captures", "vms"] {
        let path = &files(&folder, table)[0];
        let below = path.strip_prefix(&folder.0).unwrap().to_str().unwrap();
        let listed = whole["files"].as_array().unwrap();
        let at = listed
            .iter()
            .position(|file| file["path"] == below)
            .unwrap();
        let twin = path.with_file_name("0000000000000000.parquet");
        fs::copy(path, &twin).unwrap();
        let mut doubled = whole.clone();
        let mut file = listed[at].clone();
        file["path"] = twin.strip_prefix(&folder.0).unwrap().to_str().into();
        doubled["files"].as_array_mut().unwrap().push(file);
        fs::write(&list, doubled.to_string()).unwrap();
        let found = faults(&checked(&folder));
        let is_told = found.iter().any(|fault| fault.contains("keys"));
        assert!(is_told, "{table}: {found:?}");
        fs::remove_file(twin).unwrap();
        let mut missing = whole.clone();
        missing["files"].as_array_mut().unwrap().remove(at);
        fs::write(&list, missing.to_string()).unwrap();
        assert!(!faults(&checked(&folder)).is_empty(), "{table}");
    }
    fs::write(&list, text).unwrap();
    assert_eq!(faults(&checked(&folder)), [""; 0]);
}

/// What a later version wrote, and what is no dataset, are left as they are.
#[test]
fn what_is_not_understood_is_left_alone() {
    let folder = filled("newer");
    let list = folder.0.join("dataset.json");
    let text = fs::read_to_string(&list).unwrap();
    let newer = text.replacen("\"schema_version\": 1", "\"schema_version\": 9", 1);
    fs::write(&list, &newer).unwrap();
    let case = case("svm-good");
    for arguments in [
        vec!["dataset", "add", &case, "-o", folder.path()],
        vec!["dataset", "check", folder.path()],
        vec!["dataset", "compact", folder.path()],
    ] {
        let done = run(&arguments);
        assert_eq!(done.code, Some(2));
        assert!(done.err.contains("schema version 9"), "{}", done.err);
    }
    assert_eq!(fs::read_to_string(&list).unwrap(), newer);
    fs::write(&list, "{}").unwrap();
    let check = run(&["dataset", "check", folder.path()]).err;
    assert!(check.contains("not a list"), "{check}");
    assert!(!check.contains("dataset check"), "{check}");
    let other = Folder::new("other");
    fs::create_dir_all(&other.0).unwrap();
    fs::write(other.0.join("precious.txt"), "x").unwrap();
    let refused = run(&["dataset", "add", &case, "-o", other.path()]);
    assert!(refused.err.contains("no dataset"), "{}", refused.err);
    assert_eq!(refused.code, Some(2));
    assert_eq!(fs::read_dir(&other.0).unwrap().count(), 1);
    let missing = run(&["dataset", "check", other.path()]);
    assert!(missing.err.contains("dataset add"), "{}", missing.err);
}

/// A case that cannot be read does not keep others out, and is said.
#[test]
fn one_bad_case_does_not_keep_others_out() {
    let folder = Folder::new("bad-case");
    let [good, bad] = ["svm-good", "none"].map(case);
    let text = case("plain/HOW.md");
    let added = run(&["dataset", "add", &bad, &good, &text, "-o", folder.path()]);
    assert_eq!(added.code, Some(2), "{}", added.err);
    assert!(added.err.contains("1 capture added"), "{}", added.err);
    assert!(
        added.err.contains("2 cases could not be read"),
        "{}",
        added.err
    );
    assert_eq!(faults(&checked(&folder)), [""; 0]);
    let more = case("vmx-bad");
    let adds = ["dataset", "add", &bad, &good, &more, "-o", folder.path()];
    let told = json(&[&adds[..], &["--json"]].concat());
    let rows = told["tables"]["cases"]["rows"].as_array().unwrap();
    let told: Vec<[&Json; 2]> = rows
        .iter()
        .map(|row| [&row["case"], &row["outcome"]])
        .collect();
    assert_eq!(told, [[&bad, "failed"], [&good, "there"], [&more, "added"]]);
    assert!(rows[0]["error"].as_str().unwrap().contains("none"));
}

/// What could not be read is in no dataset, whether the same bytes are given once or twice.
#[test]
fn a_copy_of_a_bad_case_is_not_there() {
    let folder = Folder::new("bad-copies");
    let bytes = fs::read(case("svm-good/perf.data")).unwrap();
    fs::create_dir_all(&folder.0).unwrap();
    let cases = ["one", "two"].map(|name| folder.0.join(name));
    let cases = cases.each_ref().map(|path| {
        // Its header alone, which tells no sample.
        fs::write(path, &bytes[..300]).unwrap();
        path.to_str().unwrap()
    });
    let dataset = folder.0.join("dataset");
    let adds = [
        "dataset",
        "add",
        cases[0],
        cases[1],
        "--recorded-at",
        "1000",
    ];
    let told = json(&[&adds[..], &["--json", "-o", dataset.to_str().unwrap()]].concat());
    let rows = told["tables"]["cases"]["rows"].as_array().unwrap();
    for (row, case) in rows.iter().zip(cases) {
        assert_eq!([&row["case"], &row["outcome"]], [case, "failed"]);
    }
    assert!(!dataset.join("dataset.json").exists());
}

/// Names that are meant to break out of quotes, lines, paths and encodings.
pub(crate) const HOSTILE: [&str; 8] = [
    "'; DROP TABLE samples; --",
    "\"quoted\", and, commas",
    "line\nbreak\r\n\ttab",
    "nul\0inside",
    "../../../../etc/passwd",
    "date=2026-01-01/hour=0",
    "\u{202e}turned \u{1f525} \u{feff}",
    "NULL",
];

/// A capture whose names are hostile, as rows.
pub(crate) fn hostile_rows(capture: i64) -> CaptureRows {
    let mut vms = TableRows::new(TableName::Vms);
    for (vm, name) in (0..).zip(HOSTILE) {
        let absent = Value::Absent;
        let row = [Value::Int(capture), Value::Int(vm), Value::Text(name)];
        vms.push(&[&row[..], &[absent; 4]].concat()).unwrap();
    }
    let mut captures = TableRows::new(TableName::Captures);
    let row = captures
        .schema()
        .columns
        .iter()
        .map(|column| match column.name {
            "capture" => Value::Int(capture),
            "vms" => Value::Int(8),
            "damaged" => Value::Flag(false),
            "recorded_by" | "kind" | "source" | "writer" => Value::Text(HOSTILE[0]),
            _ if column.absence.is_empty() => Value::Int(0),
            _ => Value::Absent,
        });
    captures.push(&row.collect::<Vec<_>>()).unwrap();
    CaptureRows {
        capture,
        partition: Partition::of_seconds(1_000_000_000),
        tables: vec![captures, vms],
    }
}

/// They come back as they were.
#[test]
fn hostile_names_come_back_as_they_were() {
    let folder = Folder::new("hostile");
    let store = Store::begin(&folder.0).unwrap();
    let added = add_captures(&store, &[hostile_rows(-1)]).unwrap();
    assert_eq!(added.added, 1);
    assert_eq!(faults(&checked(&folder)), [""; 0]);
    let below = store.manifest().unwrap();
    let (path, listed) = below.of_table(TableName::Vms).next().unwrap();
    let rows = store.rows(path, listed).unwrap();
    let names: Vec<Value<'_>> = (0..rows.len()).map(|row| rows.value(row, "name")).collect();
    assert_eq!(names, HOSTILE.map(Value::Text));
}
