//! Stacks of `perf record --call-graph lbr`, against perf's own.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::common::made_up::Random;
use vmflame::analysis::{Grouping, Profile, Request, profile, why_not_stitched};
use vmflame::object::ObjectSearch;
use vmflame::perf::Capture;
use vmflame::perf::abi::PERF_SAMPLE_BRANCH_HW_INDEX;
use vmflame::stack::FrameKind;
use vmflame::symbol::SymbolRequest;

/// Names of a stack, root first, the thread's id before them, and how many samples have it.
type Stacks = BTreeMap<(String, Vec<String>), u64>;

/// Bytes of each function of the program, which lie one behind the other.
const FUNCTION: u64 = 0x100;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lbr"))
}

/// A script's blocks: `TID TIME:`, then an address a line, leaf first. No kernel's names are given.
fn of_perf(text: &str) -> Stacks {
    let mut stacks = Stacks::new();
    for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
        let (head, frames) = block.trim_start_matches('\n').split_once('\n').unwrap();
        let tid = head.split_whitespace().next().unwrap().to_owned();
        let names = frames.lines().rev().map(|line| {
            let at = u64::from_str_radix(line.trim(), 16).unwrap();
            if at >= 1 << 63 {
                "[unknown]".to_owned()
            } else {
                format!("f{}", at / FUNCTION)
            }
        });
        *stacks.entry((tid, names.collect())).or_default() += 1;
    }
    stacks
}

fn read(capture: &Capture, stitches_calls: bool, threads: usize) -> Profile {
    let symbols = SymbolRequest {
        search: ObjectSearch {
            capture_dir: Some(folder().to_owned()),
            ..ObjectSearch::default()
        },
        ..SymbolRequest::default()
    };
    let request = Request {
        grouping: Grouping::Thread,
        stitches_calls,
        threads,
        ..Request::default()
    };
    profile(capture, &symbols, &request).unwrap()
}

fn ours(profile: &Profile) -> Stacks {
    let mut stacks = Stacks::new();
    for stack in profile.stacks.iter() {
        let frames = profile.stacks.frames(stack).iter();
        let frames: Vec<_> = frames.map(|&ix| profile.frames.get(ix)).collect();
        let is_root = |at: usize| frames[at].kind == FrameKind::Root;
        assert!(is_root(0) && is_root(1) && !is_root(2));
        let tid = frames[1].name.rsplit_once('-').unwrap().1.to_owned();
        let names = frames[2..].iter().map(|frame| frame.name.to_string());
        *stacks.entry((tid, names.collect())).or_default() += stack.weight;
    }
    stacks
}

/// perf shows the branches of a sample in the place of the user part of its chain, where it has one,
/// and with `--stitch-lbr` those of earlier samples of the thread above them.
#[test]
fn stacks_of_last_branches_are_those_of_perf() {
    let capture = Capture::open(&folder().join("perf.data")).unwrap();
    for (text, stitches) in [
        ("perf-script.txt", false),
        ("perf-script.stitch-lbr.txt", true),
    ] {
        let text = fs::read_to_string(folder().join(text)).unwrap();
        let expected = of_perf(&text);
        assert_eq!(expected.values().sum::<u64>(), 200);
        for threads in [1, 3] {
            let profile = read(&capture, stitches, threads);
            assert_eq!(ours(&profile), expected, "stitched: {stitches}");
            assert_eq!(profile.account.tally.unstitched, 0);
        }
    }
    assert_eq!(
        why_not_stitched(&capture, read(&capture, true, 1).event),
        None
    );
}

/// Where the event does not say that samples tell which branch lies where, nothing is joined and it is
/// said why.
#[test]
fn it_is_said_why_nothing_is_joined() {
    let mut bytes = fs::read(folder().join("perf.data")).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let place = scratch.path().join("perf.data");
    // Of the only event, behind the file's header of 104 bytes: `branch_sample_type`.
    let at = 104 + 72;
    let kind = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let kind = kind & !PERF_SAMPLE_BRANCH_HW_INDEX;
    bytes[at..at + 8].copy_from_slice(&kind.to_le_bytes());
    fs::write(&place, bytes).unwrap();
    let capture = Capture::open(&place).unwrap();
    let event = capture.events().iter().next().unwrap().0;
    let why = why_not_stitched(&capture, event).unwrap();
    assert!(why.contains("which last branch is where"), "{why}");
}

/// Damaged samples, places and numbers of branches are survived, and all samples stay accounted for.
#[test]
fn damaged_branches_are_survived() {
    let whole = fs::read(folder().join("perf.data")).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let place = scratch.path().join("perf.data");
    let mut random = Random(5);
    for _ in 0..200 {
        let mut bytes = whole.clone();
        for _ in 0..1 + random.below(40) {
            // Behind the header of the file: the event, the samples, how many branches are kept.
            let at = usize::try_from(104 + random.below(bytes.len() as u64 - 104)).unwrap();
            bytes[at] = u8::try_from(random.below(256)).unwrap();
        }
        fs::write(&place, bytes).unwrap();
        let Ok(capture) = Capture::open(&place) else {
            continue;
        };
        let request = Request {
            stitches_calls: true,
            threads: 1,
            ..Request::default()
        };
        if let Ok(profile) = profile(&capture, &SymbolRequest::default(), &request) {
            assert!(profile.account.tally.adds_up());
        }
    }
}
