//! Copied user stacks against `perf script` of the same capture.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn case() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/unwound")
}

/// Stacks, root first, with how many samples have them.
type Stacks = BTreeMap<Vec<String>, u64>;

fn ours(arguments: &[&str]) -> Stacks {
    let run = Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .arg("convert")
        .arg(case())
        .args(["-o", "-", "--format", "folded", "--group", "none"])
        .args(arguments)
        .env("HOME", "/nonexistent")
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    let lines = text.lines().map(|line| line.rsplit_once(' ').unwrap());
    lines
        .map(|(stack, count)| {
            let frames = stack.split(';').map(str::to_owned).collect();
            (frames, count.parse().unwrap())
        })
        .collect()
}

/// perf's, and its word for what it did not find left out.
fn perfs() -> Stacks {
    let text = std::fs::read_to_string(case().join("perf-script.txt")).unwrap();
    let mut stacks = Stacks::new();
    for sample in text
        .split("\n\n")
        .filter(|sample| !sample.trim().is_empty())
    {
        let names = sample
            .lines()
            .filter_map(|line| line.split_whitespace().nth(1));
        let mut frames: Vec<String> = names.map(str::to_owned).collect();
        frames.reverse();
        *stacks.entry(frames).or_default() += 1;
    }
    stacks
}

/// Whole stacks are perf's. Where it gives up, at a copy's end and at the code that leaves a signal
/// handler, ours end with `[truncated]` and go on into what was interrupted.
#[test]
fn whole_stacks_are_those_of_perf_or_longer() {
    let mut expected = Stacks::new();
    let mut interrupted = 0;
    for (mut frames, count) in perfs() {
        if frames.iter().any(|frame| frame == "on_signal") {
            interrupted += count;
            continue;
        }
        if frames[0] == "[unknown]" {
            "[truncated]".clone_into(&mut frames[0]);
        }
        *expected.entry(frames).or_default() += count;
    }
    let (through_signals, others): (Stacks, Stacks) = ours(&["--threads", "2"])
        .into_iter()
        .partition(|(frames, _)| frames.iter().any(|frame| frame == "on_signal"));
    assert_eq!(others, expected);
    assert_eq!(through_signals.values().sum::<u64>(), interrupted);
    assert!(interrupted > 3 && expected.len() > 3);
    for frames in through_signals.keys() {
        let at = frames.iter().position(|frame| frame == "__restore_rt");
        let (behind, handler) = frames.split_at(at.unwrap());
        assert_eq!(handler, ["__restore_rt", "on_signal", "spin"]);
        // What is behind is a stack that is seen without a signal too.
        let is_cut = behind[0] == "[truncated]";
        assert!(is_cut || expected.contains_key(behind), "{behind:?}");
        let whole = ["_start", "[truncated]"];
        assert!(whole.contains(&behind[0].as_str()), "{behind:?}");
    }
    assert_eq!(ours(&["--threads", "1"]), ours(&["--threads", "2"]));
}

/// Without the program there is nothing to unwind by: one frame, a mark, and a warning.
#[test]
fn nothing_is_guessed_without_the_object() {
    let capture = case().join("perf.data");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("copied-stacks");
    std::fs::create_dir_all(&scratch).unwrap();
    let alone = scratch.join("perf.data");
    std::fs::copy(capture, &alone).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .arg("convert")
        .arg(&alone)
        .args(["-o", "-", "--format", "folded"])
        .env("HOME", "/nonexistent")
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    let samples = perfs().values().sum::<u64>();
    assert_eq!(text, format!("unwound;[not unwound];[unwound] {samples}\n"));
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("perf archive"), "{said}");
}
