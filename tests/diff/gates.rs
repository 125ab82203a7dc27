//! Which frames `vmflame diff` takes as the same, and what its conditions come to.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::command::{diff, folder, json, lines, testdata, text};
use super::folded_text::fault;

/// The status of a comparison with conditions, and what it said.
fn gated(sides: [&str; 2], more: &[&str]) -> (Option<i32>, String) {
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let output = diff(nowhere, &[&sides[..], more].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

/// 3000 and 1000 of 4000 samples trade places: the numbers are those of the lines. Of the captures
/// `perf report -s comm` shows 14 % and 89 %.
#[test]
fn names_with_numbers_are_not_one() {
    let folder = folder("numbered");
    let [before, after] =
        ["before", "after"].map(|side| fault(&format!("diff-numbered-names/{side}.folded")));
    let table = text(&diff(&folder, &[&before, &after]));
    for (name, values) in [
        ("worker-1", ["75.0 %", "25.0 %"]),
        ("worker-2", ["25.0 %", "75.0 %"]),
    ] {
        let row = table
            .lines()
            .find(|line| line.starts_with(&format!("* {name} ")))
            .unwrap();
        let shown: Vec<&str> = row
            .split("  ")
            .map(str::trim)
            .filter(|cell| cell.ends_with('%'))
            .collect();
        assert_eq!(shown[..2], values, "{row}");
    }
    let lines = text(&diff(
        &folder,
        &[&before, &after, "--match", "loose", "--format", "folded"],
    ));
    assert_eq!(
        lines,
        "app;worker-1;f 3000 1000\napp;worker-2;f 1000 3000\n"
    );
    let svg = text(&diff(&folder, &[&before, &after, "--format", "svg"]));
    assert!(svg.contains("<title>worker-1 (") && svg.contains("<title>worker-2 ("));
    let found = json(&diff(&folder, &[&before, &after, "--json"]));
    let names = found["functions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].clone());
    assert_eq!(names.collect::<Vec<_>>(), ["worker-1", "worker-2"]);
    let [before, after] =
        ["before", "after"].map(|side| fault(&format!("diff-numbered-names/{side}.data")));
    let (status, said) = gated([&before, &after], &["--fail-if", "frame:kvm-vcpu-1 > +5pt"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("14.3 % → 89.1 %"), "{said}");
}

/// The number is the pid of the VM: one thread under two names.
#[test]
fn threads_of_a_vm_are_matched_whatever_its_pid() {
    let sides = ["before", "after"].map(|side| fault(&format!("diff-threadname/{side}.folded")));
    let folder = folder("threadname");
    let table = text(&diff(&folder, &[&sides[0], &sides[1]]));
    assert!(
        table.contains("no function changed significantly"),
        "{table}"
    );
    let lines = text(&diff(
        &folder,
        &[
            &sides[0], &sides[1], "--match", "loose", "--format", "folded",
        ],
    ));
    assert!(
        lines.contains("kvm-pit/3042;kthread;kthread_worker_fn 1000 1010\n"),
        "{lines}"
    );
    assert_eq!(lines.lines().count(), 4);
}

/// 1 % to 30 %, and 1 % to 10 %, under the names that the lines have.
#[test]
fn conditions_take_names_as_any_tool_shows_them() {
    let sides = ["before", "after"].map(|side| fault(&format!("gate-name/{side}.folded")));
    let status = |condition: &str| gated([&sides[0], &sides[1]], &["-q", "--fail-if", condition]).0;
    for name in [
        "foo.isra.0",
        "foo",
        "foo.isra.0_[k]",
        "[libcrypto.so.3]",
        "[libcrypto.so.1.1]",
    ] {
        assert_eq!(status(&format!("frame:{name} > +1pt")), Some(1), "{name}");
        assert_eq!(status(&format!("frame:{name} > +40pt")), Some(0), "{name}");
    }
    assert_eq!(status("frame:foo_bar > +1pt"), Some(2));
    // Folded text is made line by line; what conditions come to is the same.
    let other = folder("gate-format");
    std::fs::write(
        other.join("plain.folded"),
        "sh;main;foo 30\nsh;main;bar 970\n",
    )
    .unwrap();
    for format in ["text", "folded", "json", "svg"] {
        let more = ["--format", format, "--fail-if", "frame:foo > +1pt"];
        let output = diff(&other, &[&["plain.folded", &*sides[1]], &more[..]].concat());
        assert_eq!(output.status.code(), Some(1), "{format}");
    }
}

/// What was recorded and does not occur is 0; what was not recorded is no 0. Without `kallsyms`
/// these captures name no kernel function.
#[test]
fn a_condition_that_cannot_be_judged_is_said_with_quiet_too() {
    let folder = folder("unjudged");
    let (before, after) = ("before.folded", "after.folded");
    let run = |sides: [&str; 2], conditions: &[&str], more: &[&str]| {
        let mut arguments = vec![sides[0], sides[1], "--quiet"];
        for condition in conditions {
            arguments.extend(["--fail-if", condition]);
        }
        arguments.extend(more);
        let output = diff(&folder, &arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), said)
    };
    for condition in [
        "exit:pio > +1pt",
        "exits > +1pt",
        "event:kvm:kvm_exit/s > +10%",
        "event:kvm:kvm_exit > 5",
        "frame:nowhere > +1pt",
        "self:nowhere > +1pt",
        "total > +5pt",
    ] {
        let (status, said) = run([before, after], &[condition], &[]);
        assert_eq!(status, Some(2), "{condition}");
        assert!(
            said.contains(&format!("error: cannot be judged: {condition}: ")),
            "{said}"
        );
        let (status, said) = run([before, after], &[condition], &["--allow-absent"]);
        assert_eq!((status, &*said), (Some(0), ""), "{condition}");
        // Whatever becomes of others, each is told.
        let both = ["frame:guest > +10pt", condition];
        let (status, said) = run([before, after], &both, &[]);
        assert_eq!(status, Some(2), "{condition}");
        assert!(said.contains("failed: frame:guest > +10pt"), "{said}");
        assert_eq!(run([before, after], &both, &["--allow-absent"]).0, Some(1));
    }
    let vmx = testdata("vmx-good");
    let vmx = vmx.trim_end_matches("/perf.data");
    // No sample of it is of nested VMs, and it has no tracepoints.
    assert_eq!(
        run([vmx, vmx], &["exit:nested > +1pt"], &[]),
        (Some(0), String::new())
    );
    assert_eq!(run([vmx, vmx], &["exit:nested < 1%"], &[]).0, Some(1));
    let (status, said) = run([vmx, vmx], &["event:kvm:kvm_exit/s > +10%"], &[]);
    assert_eq!(status, Some(2));
    assert!(said.contains("the before side did not record it"), "{said}");
    let unnamed = testdata("vmx-good");
    let (status, said) = run([vmx, &unnamed], &["exit:pio > +1pt"], &[]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("the after side has no names"), "{said}");
    let tracepoints = testdata("svm-bad-tracepoints");
    let same = [&*tracepoints, &*tracepoints];
    assert_eq!(
        run(same, &["event:kvm:kvm_exit/s > +10%"], &[]),
        (Some(0), String::new())
    );
}

/// What `convert` shows with the same options, a stack of one side in two columns.
#[test]
fn kernel_only_user_only_and_rules_are_those_of_convert() {
    let folder = folder("scope");
    std::fs::write(folder.join("rules.tsv"), "cpuidle_ent*\tio\n").unwrap();
    let capture = testdata("vmx-good");
    let capture = capture.trim_end_matches("/perf.data");
    for option in ["--kernel-only", "--user-only"] {
        let sides = [
            capture, capture, option, "--match", "exact", "--format", "folded",
        ];
        let ours = lines(&diff(&folder, &sides).stdout);
        let theirs = Command::new(env!("CARGO_BIN_EXE_vmflame"))
            .args(["convert", capture, option, "--format", "folded"])
            .output()
            .unwrap();
        let theirs: BTreeMap<String, String> = String::from_utf8(theirs.stdout)
            .unwrap()
            .lines()
            .map(|line| line.rsplit_once(' ').unwrap())
            .map(|(stack, weight)| (stack.to_owned(), format!("{weight} {weight}")))
            .collect();
        assert!(!theirs.is_empty());
        assert_eq!(ours, theirs, "{option}");
        let texts = diff(&folder, &["before.folded", "after.folded", option]);
        assert_eq!(texts.status.code(), Some(2), "{option}");
    }
    let tag = |more: &[&str]| {
        let output = diff(&folder, &[&[capture, capture, "--json"], more].concat());
        json(&output)["tags"]["io"]["samples"][0].as_u64()
    };
    assert_eq!(tag(&[]), None);
    // `convert` tags 34 samples by these rows, as counted with grep in its annotated lines.
    assert_eq!(tag(&["--rules", "rules.tsv"]), Some(34));
    let missing = diff(&folder, &[capture, capture, "--rules", "nowhere.tsv"]);
    assert_eq!(missing.status.code(), Some(2));
}

/// The innermost frame says all of a function by itself, nothing of what functions call.
#[test]
fn stacks_that_are_cut_short_say_nothing_of_callers() {
    let [good, bad] = ["svm-good", "svm-bad"].map(testdata);
    let [good, bad] = [&good, &bad].map(|side| side.trim_end_matches("/perf.data"));
    let cut = |condition| {
        let options = ["--max-stack", "1", "--fail-if", condition];
        gated([good, bad], &options)
    };
    let (status, said) = cut("frame:kvm_vcpu_ioctl > +2pt");
    assert_eq!(
        (status, said.contains("--max-stack")),
        (Some(2), true),
        "{said}"
    );
    let (status, said) = cut("self:native_safe_halt < -100pt");
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = gated([good, bad], &["--fail-if", "frame:kvm_vcpu_ioctl > +2pt"]);
    assert_eq!(status, Some(1), "{said}");
}

/// The law: a capture and the text that is made of it hold the same.
#[test]
fn a_capture_and_its_folded_text_are_the_same() {
    let folder = folder("own-text");
    for name in ["vmx-bad", "svm-bad", "arm64"] {
        let capture = testdata(name);
        let capture = capture.trim_end_matches("/perf.data");
        let folded = Command::new(env!("CARGO_BIN_EXE_vmflame"))
            .args(["convert", capture, "--format", "folded"])
            .output()
            .unwrap();
        std::fs::write(folder.join("own.folded"), folded.stdout).unwrap();
        for sides in [["own.folded", capture], [capture, "own.folded"]] {
            let found = json(&diff(&folder, &[sides[0], sides[1], "--json"]));
            assert_eq!(found["any_significant"], false, "{name}: {found:#}");
            assert_eq!(found["before"]["samples"], found["after"]["samples"]);
        }
    }
}
