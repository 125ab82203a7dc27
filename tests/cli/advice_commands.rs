//! Each command that advice prints does what it says: those of this program run, and perf takes the
//! events and options of its own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::common::shared::{shared, skipped};
use vmflame::kvm::advice::all_rules;

const PROGRAM: &str = env!("CARGO_BIN_EXE_vmflame");

fn program(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(words).stdin(Stdio::null());
    command.env("HOME", folder).current_dir(folder);
    command.output().unwrap()
}

/// Splits a command as a shell does that knows no more than single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Runs what advice on a capture prints for this program, with the capture itself as the one that
/// comes after. Returns the commands for perf.
fn run_all(folder: &Path, capture: &Path) -> BTreeSet<String> {
    let path = capture.to_str().unwrap();
    let after = folder.join("after.data");
    drop(fs::remove_file(&after));
    symlink(capture, &after).unwrap();
    let told = program(folder, &["advise", path, "--json"]).stdout;
    let told: Value = serde_json::from_slice(&told).unwrap();
    let (mut own, mut of_perf) = (BTreeSet::new(), BTreeSet::new());
    for finding in told["findings"].as_array().unwrap() {
        let rows = finding["evidence"]["rows"].as_array().unwrap();
        let see = rows.iter().map(|row| &row["see"]);
        let all = see.chain([&finding["compare"]]);
        own.extend(all.filter_map(|line| line.as_str().map(str::to_owned)));
        of_perf.extend(finding["record"].as_str().map(str::to_owned));
    }
    for line in &own {
        let words = words(line);
        let [name, rest @ ..] = words.as_slice() else {
            panic!("{line}");
        };
        assert_eq!(name, "vmflame");
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let done = program(folder, &rest);
        let said = String::from_utf8_lossy(&done.stderr);
        // The other side is this one: what it lacks keeps a condition from being judged.
        let is_judged = !["did not record every", "of 83158 records"]
            .iter()
            .any(|why| said.contains("cannot be judged") && said.contains(why));
        let code = done.status.code().unwrap();
        assert!(code < 2 || !is_judged, "{line}: {code}: {said}");
    }
    of_perf
}

/// Whether the installed perf takes events of KVM, and so can be asked.
fn has_perf() -> bool {
    let perf = takes("perf record -a -e kvm:kvm_exit -o /dev/null -- sleep 1");
    if perf.is_err() {
        skipped("no perf, or no tracepoints of KVM");
    }
    perf.is_ok()
}

/// Whether perf takes events and options, without recording.
fn takes(line: &str) -> Result<(), String> {
    let words = words(line);
    let mut command = Command::new("perf");
    command.args(["record", "--dry-run"]).args(&words[2..]);
    let done = command.stdin(Stdio::null()).output();
    let done = done.map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&done.stderr);
    done.status
        .success()
        .then_some(())
        .ok_or_else(|| said.into_owned())
}

fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("advice-{test}"));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// `perf record -a -e  -o after.data` was printed where a rule needs no recording, and a condition on
/// `exit-reason:access`, which no capture has.
#[test]
fn each_printed_command_is_taken() {
    let folder = folder("commands");
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut captures: Vec<PathBuf> = ["svm-bad-tracepoints", "vmx-bad-tracepoints", "svm-bad"]
        .map(|case| testdata.join(case).join("perf.data"))
        .to_vec();
    let more = [
        "captures/svm/two/two.kvm.data.zst",
        "captures/svm/misc2/misc2.filter.data",
        "domain/samples/kvm-pvm-emul-tp.perf.data",
    ];
    captures.extend(more.iter().filter_map(|path| shared(path)));
    let recorded: BTreeSet<String> = captures
        .iter()
        .flat_map(|capture| run_all(&folder, capture))
        .collect();
    assert!(recorded.len() > 3, "{recorded:?}");
    if has_perf() {
        for line in recorded {
            assert_eq!(takes(&line), Ok(()), "{line}");
        }
    }
}

/// The events that rules and remedies speak of, in all words that advice has, are tracepoints of this
/// kernel, or of arm64.
#[test]
fn each_rule_is_explained_with_events_that_there_are() {
    const OF_ARM64: [&str; 4] = [
        "kvm:kvm_guest_fault",
        "kvm:kvm_wfx_arm64",
        "kvm:kvm_handle_sys_reg",
        "kvm:kvm_sys_access",
    ];
    let folder = folder("rules");
    let list = program(&folder, &["advise", "--explain"]);
    let list = String::from_utf8(list.stdout).unwrap();
    let names: BTreeSet<&str> = list
        .lines()
        .filter_map(|line| line.split_ascii_whitespace().next())
        .filter(|word| word.contains('-'))
        .collect();
    assert!(names.len() > 20, "{list}");
    let recorded = all_rules().flat_map(|rule| rule.record);
    let mut events: BTreeSet<String> = recorded.map(|name| format!("kvm:{name}")).collect();
    for name in names {
        let told = program(&folder, &["advise", "--explain", name]);
        assert_eq!(told.status.code(), Some(0), "{name}");
        let text = String::from_utf8(told.stdout).unwrap();
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || ":_".contains(letter);
        let found = text.split(|letter| !is_part(letter));
        let found =
            found.filter(|word| word.starts_with("kvm:kvm_") || word.starts_with("sched:sched_"));
        events.extend(found.map(str::to_owned));
    }
    assert!(events.len() > 12, "{events:?}");
    if has_perf() {
        for event in events
            .iter()
            .filter(|event| !OF_ARM64.contains(&event.as_str()))
        {
            let line = format!("perf record -a -e {event} -o /dev/null -- sleep 1");
            assert_eq!(takes(&line), Ok(()), "{event}");
        }
    }
}
