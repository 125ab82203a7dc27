//! Exports as the programs of others read them, and as they are by hand.
//!
//! | file | what it asks |
//! |---|---|
//! | `readers` | what programs of others make of the files; a reader that is not installed is said |
//! | `wire` | a small reader of protocol buffers, written apart from the writer |
//! | `by_hand` | small captures whose files are known |
//! | `names` | names that no file must break on |

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod by_hand;
mod names;
mod readers;
mod wire;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Weights of stacks, `root;…;leaf`.
type Stacks = BTreeMap<String, u64>;

/// What `convert` of a case writes on standard output.
fn convert(case: &str, more: &[&str]) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    convert_file(&folder.join(case), more)
}

fn convert_file(input: &Path, more: &[&str]) -> Vec<u8> {
    let done = Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .arg("convert")
        .arg(input)
        .args(more)
        .args(["--quiet", "-o", "-"])
        .env("HOME", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{} {more:?}: {}",
        input.display(),
        String::from_utf8_lossy(&done.stderr)
    );
    done.stdout
}

/// The folded text of a case: what all other formats must add up to.
fn folded(case: &str, more: &[&str]) -> Stacks {
    let text = convert(case, &[&["--format", "folded"], more].concat());
    let text = String::from_utf8(text).unwrap();
    let mut stacks = Stacks::new();
    for line in text.lines() {
        let (stack, weight) = line.rsplit_once(' ').unwrap();
        *stacks.entry(stack.to_owned()).or_default() += weight.parse::<u64>().unwrap();
    }
    stacks
}

/// The captures that are compared: samples of both vendors and of another machine, samples beside
/// tracepoints, programs alone.
const CASES: [&str; 5] = [
    "svm-bad",
    "vmx-bad",
    "vmx-bad-tracepoints",
    "svm-bad-tracepoints",
    "arm64",
];
