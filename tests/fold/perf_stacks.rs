//! Folded stacks against perf's own text of the shared captures: names and numbers per thread name.
//!
//! By default those whose text is small; all with `VMFLAME_ALL_CAPTURES=1` (minutes).
//!
//! perf hides samples in guest mode; ours are left out of the comparison. Where a name of ours
//! must not be perf's, [`expected_name`] says which it must be, and why.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop and speak"
)]

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::oracle::captures::{Recording, recordings};
use crate::common::oracle::script::{Line, Stacks, parse};
use crate::common::oracle::tables::Tables;
use crate::common::shared::shared;
use vmflame::analysis::{Grouping, Profile, Request, event_names, profile, survey};
use vmflame::perf::Capture;
use vmflame::perf::abi::{PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_STACK_USER};
use vmflame::stack::Frame;
use vmflame::symbol::SymbolRequest;
use vmflame::units::CpuMode;

/// Texts up to this size, as stored, are compared by default.
const SMALL_SCRIPT: u64 = 30_000;

/// Larger ones of kinds that no small one is of.
const ALWAYS: [&str; 3] = ["linuxarm.cycles", "good-fp.cpu", "misc2.taskclock"];

/// Names root first, the thread's name before them.
type Folded = BTreeMap<Vec<String>, u64>;

/// perf counts more samples than it prints; a sample that got lost on the way would make guests
/// look idle.
#[test]
fn samples_are_as_many_as_perf_counts() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let mut compared = 0;
    for recording in ["svm", "vmx", "arm64"]
        .into_iter()
        .flat_map(|m| recordings(&captures, m))
    {
        // perf 6.1 could not read its own pipe-mode files of tracepoints: it counted nothing.
        let counts = recording
            .sample_counts()
            .filter(|(samples, _)| *samples > 0);
        let Some((samples, by_event)) = counts else {
            continue;
        };
        let capture = Capture::open(&recording.opened()).unwrap();
        let survey = survey(&capture, &SymbolRequest::default(), 2).unwrap();
        assert!(
            survey.account.tally.adds_up(),
            "{}: {:?}",
            recording.name,
            survey.account.tally
        );
        assert_eq!(survey.account.tally.read, samples, "{}", recording.name);
        compared += 1;
        // perf counts the one record of a group once for each of the events read in it.
        if recording.name == "misc2.group" {
            continue;
        }
        for (name, samples) in by_event {
            let found = capture
                .events()
                .iter()
                .find(|(_, event)| event.name == name);
            let (ix, _) = found.unwrap_or_else(|| panic!("{}: no {name}", recording.name));
            let ours = survey.account.samples[ix.as_usize()];
            assert_eq!(ours, samples, "{} {name}", recording.name);
        }
    }
    println!("{compared} captures have as many samples as perf says");
    assert!(compared > 0);
}

#[test]
fn stacks_of_the_amd_host_are_those_of_perf() {
    compare_all("svm");
}

#[test]
fn stacks_of_the_intel_host_are_those_of_perf() {
    compare_all("vmx");
}

#[test]
fn stacks_of_the_arm_host_are_those_of_perf() {
    compare_all("arm64");
}

fn compare_all(machine: &'static str) {
    let Some(captures) = shared("captures") else {
        return;
    };
    let all = std::env::var_os("VMFLAME_ALL_CAPTURES").is_some();
    let only = std::env::var("VMFLAME_CAPTURE").ok();
    let (mut failures, mut compared) = (Vec::new(), 0);
    for recording in recordings(&captures, machine) {
        let wanted = match &only {
            Some(name) => *name == recording.name,
            None => {
                let is_small = recording.script_bytes() <= SMALL_SCRIPT;
                all || is_small || ALWAYS.contains(&&*recording.name)
            }
        };
        if wanted {
            compared += 1;
            failures.extend(compare(&captures, &recording));
        }
    }
    assert!(compared > 0 || only.is_some(), "no captures of {machine}");
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Compares a capture; returns what differs.
fn compare(captures: &Path, recording: &Recording) -> Vec<String> {
    let capture = Capture::open(&recording.opened()).unwrap();
    let with_chains: Vec<(&str, bool)> = capture
        .events()
        .iter()
        .filter(|(_, event)| event.attr.samples(PERF_SAMPLE_CALLCHAIN) && !event.attr.is_dummy())
        .map(|(_, event)| {
            (
                event.name.as_str(),
                event.attr.samples(PERF_SAMPLE_STACK_USER),
            )
        })
        .collect();
    let mut failures = Vec::new();
    if with_chains.is_empty() {
        return failures;
    }
    let symbols = recording.symbols(captures);
    let mut tables = Tables::new(&recording.directory(captures), &capture);
    let mut theirs = parse(&recording.script_text());
    for (event, kernel_only) in with_chains {
        let stacks = theirs.remove(event).unwrap_or_default();
        let expected = expected(&stacks, recording, &mut tables, kernel_only);
        let found =
            folded(&capture, &symbols, event).map(|ours| stacks_of(&ours, recording, kernel_only));
        failures.extend(differences(
            recording,
            event,
            &expected,
            &found.unwrap_or_default(),
        ));
    }
    // A frequency (-F) or a modifier is part of perf's names: none may be left.
    let left: Vec<_> = theirs
        .into_keys()
        .filter(|name| event_names(&capture).iter().all(|n| n != name))
        .collect();
    if !left.is_empty() {
        failures.push(format!(
            "{}: events without a match: {left:?}",
            recording.name
        ));
    }
    failures
}

fn folded(capture: &Capture, symbols: &SymbolRequest, event: &str) -> Option<Profile> {
    let request = Request {
        event: Some(event.to_owned()),
        grouping: Grouping::Comm,
        no_tag: true,
        // perf shows whatever frame pointers lead to.
        keep_garbage: true,
        threads: 2,
        ..Request::default()
    };
    profile(capture, symbols, &request).ok()
}

/// Our stacks as perf would print them: without those of guest mode.
fn stacks_of(profile: &Profile, recording: &Recording, kernel_only: bool) -> Folded {
    let mut folded = Folded::new();
    for stack in profile.stacks.iter().filter(|stack| !stack.mode.is_guest()) {
        let frames = profile.stacks.frames(stack).iter();
        let frames = frames.map(|&ix| profile.frames.get(ix));
        // Not all objects are at hand by which perf unwound copied stacks.
        let is_mark = |frame: &Frame| ["[not unwound]", "[truncated]"].contains(&&*frame.name);
        let is_user = |frame: &Frame| frame.mode == CpuMode::User || is_mark(frame);
        let shown = frames.filter(|frame| !kernel_only || !is_user(frame));
        let shown = without_trampoline(shown.collect(), recording);
        let names = shown.iter().map(|frame| frame.name.to_string()).collect();
        *folded.entry(names).or_default() += stack.samples;
    }
    folded
}

/// perf's stacks with the names that are right.
fn expected(
    stacks: &Stacks,
    recording: &Recording,
    tables: &mut Tables,
    kernel_only: bool,
) -> BTreeMap<Vec<String>, (u64, Vec<Line>)> {
    let mut folded = BTreeMap::new();
    for ((comm, chain), samples) in stacks {
        let shown = chain.iter().enumerate().rev();
        let shown = shown.filter(|&(at, _)| !is_unwound(chain, at, recording));
        let shown = shown.map(|(_, line)| line);
        let shown = shown.filter(|line| !kernel_only || line.is_kernel());
        let names = shown.map(|line| expected_name(line, recording, tables));
        let names = std::iter::once(comm.clone()).chain(names).collect();
        let entry = folded.entry(names).or_insert_with(|| (0, chain.clone()));
        entry.0 += samples;
    }
    folded
}

/// On arm64 perf puts in the caller of a leaf function, which the kernel's chain lacks: it unwinds
/// one step from the link register. Such an address follows the first of user space and is one
/// before that of an instruction (with pointer authentication its upper bits are no address), or
/// that of the trampoline behind a signal, which nothing called; see [`without_trampoline`].
fn is_unwound(chain: &[Line], at: usize, recording: &Recording) -> bool {
    let line = &chain[at];
    let is_second = line.is_return && !line.is_kernel() && !chain[at - 1].is_return;
    recording.machine == "arm64" && is_second && (line.address % 4 == 3 || line.dso == "[vdso]")
}

/// The text does not tell whether the trampoline behind a signal handler's first address is
/// perf's or was recorded: it is left out on both sides.
fn without_trampoline<'f>(mut frames: Vec<&'f Frame>, recording: &Recording) -> Vec<&'f Frame> {
    let leaf = frames.iter().rposition(|frame| frame.mode == CpuMode::User);
    let second = leaf.and_then(|leaf| leaf.checked_sub(1));
    if let Some(second) = second
        && recording.machine == "arm64"
        && &*frames[second].name == "[vdso]"
    {
        frames.remove(second);
    }
    frames
}

/// The name that a line must have: perf's, but for the cases below, in which the symbol table that
/// perf read, or would have read, says it.
fn expected_name(line: &Line, recording: &Recording, tables: &mut Tables) -> String {
    let is_user = !line.is_kernel();
    let is_plt = |name: &Option<String>| name.as_ref().is_some_and(|n| n.ends_with("@plt"));
    let table = tables.name(line);
    // Return addresses: perf 6.1 looks up the address behind the call, which is another function
    // when the call is the last instruction of its own.
    let is_behind_the_end = line.is_return && line.offset == 0;
    // Object files of user space: the text was written where there were others (with debug files),
    // or the archives lack this one.
    let has_other_objects = is_user && (recording.is_offline || !tables.has(&line.dso));
    // Linkage tables: perf 6.1 takes the entries of .plt to be in the order of the relocations,
    // which libc's are not, and does not know those of other sections.
    let is_linkage = is_user && (is_plt(&line.name) || is_plt(&table));
    let name = if is_behind_the_end || has_other_objects || is_linkage {
        table
    } else {
        line.name.clone()
    };
    name.unwrap_or_else(|| line.dso_name())
}

/// What is in one and not in the other, with perf's addresses.
fn differences(
    recording: &Recording,
    event: &str,
    expected: &BTreeMap<Vec<String>, (u64, Vec<Line>)>,
    found: &Folded,
) -> Vec<String> {
    let mut failures = Vec::new();
    let (mut same, mut different) = (0, 0);
    for (names, (samples, chain)) in expected {
        let ours = found.get(names).copied().unwrap_or_default();
        same += ours.min(*samples);
        different += ours.abs_diff(*samples);
        if ours != *samples {
            let names = names.join(";");
            let chain: Vec<String> = chain
                .iter()
                .map(|line| format!("\n    {line:x?}"))
                .collect();
            failures.push(format!(
                "  perf {samples}, ours {ours}: {names}{}",
                chain.concat()
            ));
        }
    }
    for (names, samples) in found {
        if !expected.contains_key(names) {
            different += samples;
            failures.push(format!("  perf 0, ours {samples}: {}", names.join(";")));
        }
    }
    println!(
        "{} {event}: {same} samples as perf has them, {different} not",
        recording.name
    );
    if !failures.is_empty() {
        failures.truncate(12);
        failures.insert(0, format!("{} {event}:", recording.name));
    }
    failures
}
