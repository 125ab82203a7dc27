//! Writers that are killed, and several at once: every row is there once.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::common::made_up::Random;
use crate::folder::{Folder, case, checked, faults, program, rows, run};

/// Captures by their times: the same bytes in another hour are another capture of the dataset.
const HOURS: u64 = 6;

const CASES: [&str; 3] = ["vmx-bad", "svm-bad-tracepoints", "svm-good"];

fn add(folder: &Folder, hour: u64) -> Vec<String> {
    let time = (hour * 3600).to_string();
    let mut arguments = vec!["dataset".to_owned(), "add".to_owned()];
    arguments.extend(CASES.map(case));
    arguments.extend(["-o", folder.path(), "--recorded-at", &time, "--quiet"].map(str::to_owned));
    arguments
}

fn start(arguments: &[String]) -> Child {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = program(&arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn compact(folder: &Folder) -> Vec<String> {
    ["dataset", "compact", folder.path(), "--quiet"]
        .map(str::to_owned)
        .to_vec()
}

/// Kills `add` and `compact` at twenty random instants, each of them while others may work.
#[test]
fn who_is_killed_leaves_every_row_once() {
    let folder = Folder::new("killed");
    let first = add(&folder, 0);
    assert!(start(&first).wait().unwrap().success());
    let mut random = Random(19);
    for turn in 0..20 {
        let mut adding = start(&add(&folder, random.below(HOURS)));
        let mut compacting = start(&compact(&folder));
        sleep(Duration::from_micros(random.below(120_000)));
        adding.kill().unwrap();
        sleep(Duration::from_micros(random.below(20_000)));
        compacting.kill().unwrap();
        adding.wait().unwrap();
        compacting.wait().unwrap();
        if turn % 5 == 4 {
            assert_eq!(faults(&checked(&folder)), [""; 0], "after turn {turn}");
        }
    }
    for hour in 0..HOURS {
        let done = start(&add(&folder, hour)).wait().unwrap();
        assert!(done.success());
    }
    let before = checked(&folder);
    assert_eq!(faults(&before), [""; 0]);
    assert_eq!(rows(&before, "captures"), HOURS * CASES.len() as u64);
    assert!(start(&compact(&folder)).wait().unwrap().success());
    let after = checked(&folder);
    assert_eq!(faults(&after), [""; 0]);
    for table in [
        "captures",
        "vms",
        "samples",
        "exits",
        "exit_histogram",
        "advice",
    ] {
        assert_eq!(rows(&before, table), rows(&after, table), "{table}");
    }
    // What the killed ones left is gone.
    assert!(after["warnings"].as_array().unwrap().is_empty());
    let whole = Folder::new("not-killed");
    for hour in 0..HOURS {
        assert!(start(&add(&whole, hour)).wait().unwrap().success());
    }
    run(&["dataset", "compact", whole.path()]);
    let expected = checked(&whole);
    assert_eq!(after["tables"]["tables"], expected["tables"]["tables"]);
}

/// Two writers of the same captures, two of others, and a compactor, all at once.
#[test]
fn writers_and_a_compactor_at_once_lose_and_double_nothing() {
    let folder = Folder::new("at-once");
    assert!(start(&add(&folder, 0)).wait().unwrap().success());
    for _ in 0..3 {
        let mut all: Vec<Child> = [1, 1, 2, 3].map(|hour| start(&add(&folder, hour))).into();
        all.extend([start(&compact(&folder)), start(&compact(&folder))]);
        let check = start(&["dataset", "check", folder.path()].map(str::to_owned));
        all.push(check);
        for mut child in all {
            assert!(child.wait().unwrap().success());
        }
    }
    let check = checked(&folder);
    assert_eq!(faults(&check), [""; 0]);
    assert_eq!(rows(&check, "captures"), 4 * CASES.len() as u64);
}
