//! The tables of one capture, a file each.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::fs;
use std::io::Cursor;
use std::process::Command;

use crate::engine::python_with;
use crate::folder::{Folder, case, run};
use vmflame::bytes::Little;
use vmflame::dataset::TableName;
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
};

fn convert(name: &str, folder: &Folder) -> crate::folder::Run {
    run(&[
        "convert",
        &case(name),
        "--format",
        "parquet",
        "-o",
        folder.path(),
    ])
}

/// `DuckDB` finds the same rows in them as in the dataset of that capture.
#[test]
fn tables_are_what_a_dataset_holds() {
    for name in ["vmx-bad", "svm-bad-tracepoints"] {
        let (tables, dataset) = (
            Folder::new(&format!("t-{name}")),
            Folder::new(&format!("d-{name}")),
        );
        let done = convert(name, &tables);
        assert_eq!(done.code, Some(0), "{}", done.err);
        let mut found: Vec<String> = fs::read_dir(&tables.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        let mut expected = TableName::ALL.map(|table| format!("{}.parquet", table.as_str()));
        expected.sort();
        assert_eq!(found, expected);
        assert_eq!(
            run(&["dataset", "add", &case(name), "-o", dataset.path()]).code,
            Some(0)
        );
        let Some(python) = python_with("duckdb") else {
            return;
        };
        // A table without rows has no file in a dataset.
        let script = r#"
import duckdb, glob, sys
tables, dataset = sys.argv[1:]
for path in sorted(glob.glob(f"{tables}/*.parquet")):
    table = path.split("/")[-1].removesuffix(".parquet")
    rows = lambda of: sorted(map(repr, duckdb.sql(f"SELECT * FROM read_parquet({of!r}, hive_partitioning = false)").fetchall()))
    own = rows(path)
    others = glob.glob(f"{dataset}/{table}/*/*/*.parquet")
    assert own == (rows(others) if others else []), table
    print(table, len(own))
"#;
        let done = Command::new(python)
            .args(["-c", script, tables.path(), dataset.path()])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert_eq!(said.lines().count(), TableName::ALL.len(), "{said}");
        assert!(said.contains("captures 1\n"), "{said}");
    }
}

/// Nothing is replaced, nothing is half there, and what tables cannot hold is refused.
#[test]
fn tables_are_written_whole_or_not_at_all() {
    let folder = Folder::new("t-refused");
    fs::create_dir_all(&folder.0).unwrap();
    assert_eq!(convert("svm-good", &folder).code, Some(0));
    let again = convert("svm-good", &folder);
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("not empty"), "{}", again.err);
    let other = Folder::new("t-none");
    assert_eq!(convert("plain/HOW.md", &other).code, Some(2));
    assert!(!other.0.exists());
    let case = case("svm-good");
    for (arguments, part) in [
        (&["-o", other.path(), "--vm", "207"][..], "--vm"),
        (&[][..], "-o DIR"),
    ] {
        let done = run(&[&["convert", &case, "--format", "parquet"], arguments].concat());
        assert_eq!(done.code, Some(2), "{}", done.err);
        assert!(done.err.contains(part), "{}", done.err);
        assert!(!other.0.exists());
    }
}

/// A capture of another tracepoint, without stacks, tells that it was made; that this is all is said.
#[test]
fn a_capture_without_samples_and_exits_is_told() {
    let mut event = WrittenEvent::cpu_clock();
    event.name = "sched:sched_switch".to_owned();
    (event.attr.pmu_type, event.attr.config, event.ids) = (2, 300, vec![1]);
    let mut records = RecordWriter::<Little>::new();
    let sample = SampleValues {
        id: 1,
        period: 1,
        ..SampleValues::default()
    };
    records.sample(&event.attr, 2, &sample);
    let description = Description {
        features: vec![FeatureSection::event_names(std::slice::from_ref(&event))],
        events: vec![event],
    };
    let mut out = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    let (folder, dataset) = (Folder::new("t-bare-capture"), Folder::new("t-bare"));
    fs::create_dir_all(&folder.0).unwrap();
    let capture = folder.0.join("perf.data");
    fs::write(&capture, out.finish().unwrap().into_inner()).unwrap();
    let capture = capture.to_str().unwrap();
    let warned = |capture: &str| {
        let done = run(&["dataset", "add", capture, "-o", dataset.path()]);
        assert_eq!(done.code, Some(0), "{}", done.err);
        done.err.contains("no samples and no exits")
    };
    assert!(warned(capture));
    assert!(!warned(&case("vmx-bad")));
}
