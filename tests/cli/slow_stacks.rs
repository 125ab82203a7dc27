//! The stacks of the slowest exits, against what `perf script` prints of the same samples.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

fn testdata(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

fn tables(arguments: &[&str]) -> Value {
    let done = Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .args(["exits", "--json"])
        .args(arguments)
        .env("HOME", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&done.stdout).unwrap();
    json["tables"].clone()
}

fn rows(tables: &Value, key: &str) -> Vec<Value> {
    let found = tables[key]["rows"].as_array();
    found.cloned().unwrap_or_default()
}

/// Each stack is one that perf prints of samples of that tracepoint; what all stacks begin with is
/// told once.
#[test]
fn the_slowest_exits_have_stacks_that_perf_prints() {
    let folder = testdata("svm-bad-tracepoints");
    let tables = tables(&[folder.to_str().unwrap()]);
    let note = tables["slow_stacks"]["notes"][0].as_str().unwrap();
    let callers = note.strip_prefix("all of them are called by ").unwrap();
    let callers: Vec<&str> = callers.split(" < ").collect();
    let rows_of_stacks = rows(&tables, "slow_stacks");
    let leaves: Vec<&Value> = rows_of_stacks
        .iter()
        .filter(|row| !row["event"].is_null())
        .collect();
    let mut exits = 0;
    for leaf in &leaves {
        let own = rows_of_stacks
            .iter()
            .filter(|row| row["stack"] == leaf["stack"]);
        let own = own.map(|row| row["frame"].as_str().unwrap());
        let mut frames: Vec<&str> = own.chain(callers.iter().copied()).collect();
        frames.reverse();
        let event = leaf["event"]
            .as_str()
            .unwrap()
            .strip_prefix("kvm:")
            .unwrap();
        let script = format!("expected/script.{event}.folded");
        let script = std::fs::read_to_string(folder.join(script)).unwrap();
        let wanted = format!(";{} ", frames.join(";"));
        assert!(
            script.lines().any(|line| line.contains(&wanted)),
            "{event}: {wanted}"
        );
        exits += leaf["exits"].as_u64().unwrap();
    }
    let numbered = rows(&tables, "slowest");
    let numbered = numbered.iter().filter(|row| !row["stack"].is_null());
    assert_eq!((numbered.count(), exits), (10, 10));
    assert!(leaves.len() > 1);
}

/// Without call chains there is nothing to show, and no table of it.
#[test]
fn without_call_chains_there_is_no_stack() {
    let tables = tables(&[testdata("arm64").to_str().unwrap()]);
    assert_eq!(rows(&tables, "slow_stacks"), [Value::Null; 0]);
}
