//! Which events a capture offers, and what is made of their samples.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run of the program gave.
struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

fn vmflame(verb: &str, place: &Path, more: &[&str]) -> Ran {
    let run = Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .arg(verb)
        .arg(place)
        .args(more)
        .env("HOME", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        status: run.status.code(),
        out: String::from_utf8(run.stdout).unwrap(),
        err: String::from_utf8(run.stderr).unwrap(),
    }
}

fn fault(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("testdata/faults").join(name)
}

/// The sum of the weights of folded text.
fn weight(folded: &str) -> u64 {
    let weights = folded.lines().filter_map(|line| line.rsplit_once(' '));
    weights
        .map(|(_, weight)| weight.parse::<u64>().unwrap())
        .sum()
}

/// `perf record -e '{cpu-clock,page-faults}:S'`. `perf script -F event,period` has 25 samples of
/// page-faults, with periods that add up to 70 195; those of cpu-clock add up to 125 686 264.
#[test]
fn counted_events_have_the_samples_of_their_leader() {
    let place = fault("leader-sampling/pf.data");
    let cases = [
        (&["-e", "page-faults"][..], 70_195),
        (&["-e", "page-faults", "--weight", "samples"], 25),
        (&["-e", "cpu-clock"], 25),
        (&["-e", "cpu-clock", "--weight", "period"], 125_686_264),
        (&[], 25),
    ];
    for (more, expected) in cases {
        let run = vmflame("convert", &place, &[more, &["--format", "folded"]].concat());
        assert_eq!(run.status, Some(0), "{}", run.err);
        assert_eq!(weight(&run.out), expected, "{more:?}");
        assert!(
            run.err.contains("25 samples read, 25 folded"),
            "{}",
            run.err
        );
    }
    let told = vmflame("info", &place, &["--json"]).out;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let faults = &told["events"][1];
    assert_eq!(faults["name"], "page-faults");
    assert_eq!(
        (&faults["samples"], &faults["occurrences"]),
        (&25.into(), &70_195.into())
    );
    // What was sampled was not only counted.
    assert!(told["events"][0]["occurrences"].is_null());
}
