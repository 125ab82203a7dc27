//! Which of several names of an address is shown, against perf's own choice.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many samples have which name.
type Counts = BTreeMap<String, u64>;

fn counts(text: &str) -> Counts {
    let pairs = text.lines().filter_map(|line| line.rsplit_once(' '));
    pairs
        .map(|(name, count)| (name.to_owned(), count.parse().unwrap()))
        .collect()
}

fn folder(program: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("testdata/aliases").join(program)
}

/// The leaves of a capture, which has no call chains.
fn leaves(input: &Path, more: &[&str]) -> Counts {
    let run = Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .args(["convert", "--format=folded", "--group=none", "-o-"])
        .args(more)
        .arg(input)
        .env("HOME", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{told}");
    counts(&String::from_utf8(run.stdout).unwrap())
}

/// perf compares names as it shows them, and so which of them is shown differs with `--no-demangle`.
#[test]
fn aliases_are_chosen_by_what_is_shown_as_perf_does() {
    for program in ["cpp", "rust", "rust-legacy"] {
        let folder = folder(program);
        let of_perf = |names: &str| {
            let path = folder.join(format!("perf.{names}.txt"));
            counts(&fs::read_to_string(path).unwrap())
        };
        let (readable, mangled) = (of_perf("demangle"), of_perf("no-demangle"));
        assert_ne!(readable, mangled, "{program} shows a difference");
        assert_eq!(leaves(&folder, &[]), readable, "{program}");
        assert_eq!(leaves(&folder, &["--no-demangle"]), mangled, "{program}");
    }
}
