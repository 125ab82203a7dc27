//! Other programs read what is written: `DuckDB` and Arrow, where their Python modules are installed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::process::Command;

use crate::common::shared::skipped;
use crate::damage::{HOSTILE, hostile_rows};
use crate::folder::{Folder, case, run};
use serde_json::Value as Json;
use vmflame::dataset::{Schema, Store, TableName, ValueKind, add_captures};

/// A Python that has a module: `$VMFLAME_PYTHON`, else `python3`. Where `VMFLAME_REQUIRE_ENGINES` is set
/// it must be there.
pub(crate) fn python_with(module: &str) -> Option<String> {
    let python = std::env::var("VMFLAME_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let import = format!("import {module}");
    let done = Command::new(&python).args(["-c", &import]).output();
    if done.is_ok_and(|done| done.status.success()) {
        return Some(python);
    }
    let why = format!("no {module} for {python}; VMFLAME_PYTHON names one that has it");
    assert!(
        std::env::var_os("VMFLAME_REQUIRE_ENGINES").is_none(),
        "{why}, and VMFLAME_REQUIRE_ENGINES is set"
    );
    skipped(&why);
    None
}

/// What a script prints as JSON.
fn told(python: &str, script: &str, folder: &Folder) -> Json {
    let done = Command::new(python)
        .args(["-c", script, folder.path()])
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&done.stderr).into_owned();
    serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{err}"))
}

/// The columns that `DuckDB` and Arrow find are those of the schema, and so are sums and names.
#[test]
fn duckdb_reads_what_is_written() {
    let Some(python) = python_with("duckdb") else {
        return;
    };
    let folder = Folder::new("duckdb");
    let [bad, tracepoints] = ["vmx-bad", "svm-bad-tracepoints"].map(case);
    let more = ["--per-second", "--each-exit"];
    let add = ["dataset", "add", &bad, &tracepoints, "-o", folder.path()];
    run(&[&add[..], &more].concat());
    let store = Store::open(&folder.0).unwrap();
    add_captures(&store, &[hostile_rows(5)]).unwrap();
    let script = r#"
import duckdb, json, sys
told = {}
for table in ["captures","vms","samples","frames","exits","exit_histogram","advice","sample_seconds","single_exits"]:
    files = f"read_parquet('{sys.argv[1]}/{table}/*/*/*.parquet')"
    told[table] = duckdb.sql(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {files})").fetchall()
read = lambda table: f"read_parquet('{sys.argv[1]}/{table}/*/*/*.parquet')"
told["names"] = [row[0] for row in duckdb.sql(f"SELECT name FROM {read('vms')} WHERE capture = 5 ORDER BY vm").fetchall()]
told["sums"] = [int(n) for n in duckdb.sql(f"""
SELECT sum(samples), sum(exits), (SELECT count(*) FROM {read('samples')} s WHERE s.stack <> 0 AND s.stack NOT IN (SELECT stack FROM {read('frames')})),
  (SELECT sum(samples) FROM {read('samples')}), (SELECT sum(exits) FROM {read('exits')}) FROM {read('captures')}""").fetchall()[0]]
print(json.dumps(told))
"#;
    let told = told(&python, script, &folder);
    for table in &Schema::own().tables {
        let mut expected: Vec<[&str; 2]> = table
            .columns
            .iter()
            .map(|column| {
                let kind = match column.kind {
                    ValueKind::Int => "BIGINT",
                    ValueKind::Real => "DOUBLE",
                    ValueKind::Flag => "BOOLEAN",
                    ValueKind::Text => "VARCHAR",
                };
                [column.name, kind]
            })
            .collect();
        expected.extend([["date", "DATE"], ["hour", "BIGINT"]]);
        assert_eq!(told[table.table.as_str()], serde_json::json!(expected));
    }
    assert_eq!(told["names"], serde_json::json!(HOSTILE));
    let sums: Vec<u64> = serde_json::from_value(told["sums"].clone()).unwrap();
    assert_eq!((sums[0], sums[1], sums[2]), (sums[3], sums[4], 0));
    assert!(sums[0] > 0 && sums[1] > 0);
    assert_eq!(TableName::ALL.len(), 9);
}

/// Arrow's reader is another program than that of `DuckDB`.
#[test]
fn arrow_reads_what_is_written() {
    let Some(python) = python_with("pyarrow") else {
        return;
    };
    let folder = Folder::new("arrow");
    let store = Store::begin(&folder.0).unwrap();
    add_captures(&store, &[hostile_rows(5)]).unwrap();
    let script = r#"
import pyarrow.dataset, json, sys
rows = pyarrow.dataset.dataset(sys.argv[1] + "/vms", partitioning="hive").to_table().to_pylist()
print(json.dumps({"names": [row["name"] for row in rows], "guests": [row["guest"] for row in rows], "date": str(rows[0]["date"]), "hour": rows[0]["hour"]}))
"#;
    let told = told(&python, script, &folder);
    assert_eq!(told["names"], serde_json::json!(HOSTILE));
    assert_eq!(told["guests"], serde_json::json!(vec![Json::Null; 8]));
    assert_eq!(told["date"], "2001-09-09");
    assert_eq!(told["hour"], 1);
}
