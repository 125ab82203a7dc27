//! `vmflame diff` as users run it: folded text made by hand, and captures where they are present.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop, and says what it skips"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::common::shared::skipped;

const BEFORE: &str =
    "qemu;run;exit;pio 300\nqemu;run;guest 200\nqemu;run;exit;msr 20\nswapper;idle 480\n";
const AFTER: &str =
    "qemu;run;exit;pio 8\nqemu;run;guest 900\nqemu;run;exit;msr 22\nswapper;idle 70\n";

pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("diff-{test}"));
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("before.folded"), BEFORE).unwrap();
    std::fs::write(folder.join("after.folded"), AFTER).unwrap();
    folder
}

pub(crate) fn diff(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .arg("diff")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A capture of the repository.
pub(crate) fn testdata(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    folder.join(name).join("perf.data").display().to_string()
}

#[test]
fn the_table_names_what_was_taken_away() {
    let output = diff(&folder("table"), &["before.folded", "after.folded"]);
    assert!(output.status.success());
    let table = text(&output);
    let row = table.lines().find(|line| line.contains(" pio ")).unwrap();
    assert!(row.starts_with('*'), "{row}");
    assert!(
        row.contains("30.0 %") && row.contains("0.80 %") && row.contains("-29.2 pt"),
        "{row}"
    );
    // 20 of 1000 and 22 of 1000 are the same.
    let marked = table.split("functions not marked").next().unwrap();
    assert!(!marked.lines().any(|line| line.contains(" msr ")));
}

/// Two recordings of md5sum differed by 0.41 % in RCU's deferred work: beyond the noise within each
/// of them, and nobody's change.
#[test]
fn small_changes_are_marked_only_when_they_are_asked_for() {
    let folder = folder("small");
    // Of a million samples 4 and 8 thousand: 0.40 points more, and far beyond chance.
    std::fs::write(folder.join("a.folded"), "all;rest 996000\nall;small 4000\n").unwrap();
    std::fs::write(folder.join("b.folded"), "all;rest 992000\nall;small 8000\n").unwrap();
    let marked = |more: &[&str]| {
        let output = diff(&folder, &[&["a.folded", "b.folded"], more].concat());
        let table = text(&output);
        let mark = |line: &str| line.starts_with('*') && line.contains(" small ");
        (table.lines().any(mark), output.status.code())
    };
    assert_eq!(marked(&[]), (false, Some(0)));
    assert_eq!(marked(&["--min-change", "0.41"]), (false, Some(0)));
    assert_eq!(marked(&["--min-change", "0.39"]), (true, Some(0)));
    assert_eq!(marked(&["--min-change", "0"]), (true, Some(0)));
    // A condition states its own size.
    let gate = |condition: &str| marked(&["--fail-if", condition]).1;
    assert_eq!(gate("frame:small > +0.3pt"), Some(1));
    assert_eq!(gate("frame:small > +0.5pt"), Some(0));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = folder("bytes");
    for format in ["svg", "folded", "json", "text"] {
        let run = || {
            diff(
                &folder,
                &["before.folded", "after.folded", "--format", format],
            )
        };
        let first = run();
        assert!(!first.stdout.is_empty());
        assert_eq!(first.stdout, run().stdout, "{format}");
    }
}

#[test]
fn a_file_compared_with_itself_shows_nothing() {
    let folder = folder("itself");
    let output = diff(&folder, &["before.folded", "before.folded", "--json"]);
    assert_eq!(json(&output)["any_significant"], false);
    assert_eq!(json(&output)["schema_version"], 1);
}

/// The lines of a folded diff; difffolded.pl and inferno write them in the order of a hash.
pub(crate) fn lines(bytes: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let split = |line: &str| {
        let (rest, after) = line.rsplit_once(' ').unwrap();
        let (stack, before) = rest.rsplit_once(' ').unwrap();
        (stack.to_owned(), format!("{before} {after}"))
    };
    text.lines().map(split).collect()
}

#[test]
fn the_folded_diff_has_the_numbers_of_inferno_diff_folded() {
    let folder = folder("inferno");
    std::fs::write(
        folder.join("before.folded"),
        format!("{BEFORE}only;before 3\nqemu;run 7\n"),
    )
    .unwrap();
    let ours = diff(
        &folder,
        &["before.folded", "after.folded", "--format", "folded"],
    );
    let expected = Command::new("inferno-diff-folded")
        .args(["before.folded", "after.folded"])
        .current_dir(&folder)
        .output();
    let Ok(expected) = expected else {
        skipped("inferno-diff-folded is not installed");
        return;
    };
    assert!(expected.status.success());
    assert_eq!(lines(&ours.stdout), lines(&expected.stdout));
    assert_eq!(lines(&ours.stdout).len(), 6);
}

#[test]
fn a_gate_that_trips_exits_with_1_and_says_why() {
    let folder = folder("gate");
    let run = |condition| {
        diff(
            &folder,
            &["before.folded", "after.folded", "--fail-if", condition],
        )
    };
    let tripped = run("frame:guest > +10pt");
    assert_eq!(tripped.status.code(), Some(1));
    let reason = String::from_utf8(tripped.stderr).unwrap();
    assert!(
        reason.contains("failed: frame:guest > +10pt: 20.0 % → 90.0 %"),
        "{reason}"
    );
    assert_eq!(run("frame:pio > +1pt").status.code(), Some(0));
    // 2.0 % to 2.2 % is within the noise.
    assert_eq!(run("frame:msr > +5%").status.code(), Some(0));
    let any = [
        "before.folded",
        "after.folded",
        "--any-change",
        "--fail-if",
        "frame:msr > +5%",
    ];
    assert_eq!(diff(&folder, &any).status.code(), Some(1));
    let wrong = run("frame:guest rises");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("hint:"));
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let folder = folder("refused");
    for arguments in [
        &["before.folded"][..],
        &["before.folded", "after.folded", "--normalise", "wall"],
        &["before.folded", "after.folded", "--normalise", "guest"],
        &["before.folded", "after.folded", "--normalise", "lunch"],
        &["before.folded", "nothing.folded"],
        &["before.folded", "--after-filter", "time=0%-50%"],
    ] {
        let output = diff(&folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}

/// difffolded.pl compares lines as they are; the two workers are one in a picture.
#[test]
fn text_becomes_text_line_by_line_unless_names_are_to_be_matched() {
    let folder = folder("names");
    std::fs::write(
        folder.join("one.folded"),
        "kworker/0:1;a 3\nf.isra.0;0x12 1\n",
    )
    .unwrap();
    std::fs::write(folder.join("two.folded"), "kworker/1:2;a 4\nf;0x34 1\n").unwrap();
    let run = |more: &[&str]| {
        let mut arguments = vec!["one.folded", "two.folded", "--format", "folded"];
        arguments.extend(more);
        text(&diff(&folder, &arguments)).lines().count()
    };
    assert_eq!((run(&[]), run(&["--match", "exact"])), (4, 4));
    assert_eq!(run(&["--match", "loose"]), 2);
}

/// The streams are those of the shell: `before.folded` on standard input, `after.folded` packed by
/// gzip. The numbers are those of the same texts as files.
#[test]
fn folded_text_is_read_from_streams_and_compressed_files_too() {
    let folder = folder("streams");
    let expected = text(&diff(
        &folder,
        &["before.folded", "after.folded", "--format", "folded"],
    ));
    assert!(expected.contains("qemu;run;exit;pio 300 8"), "{expected}");
    let run = |arguments: &str| {
        let script = format!(
            "gzip -kf after.folded && '{}' diff {arguments} --format folded",
            env!("CARGO_BIN_EXE_vmflame")
        );
        let shell = Command::new("bash")
            .args(["-c", &script])
            .current_dir(&folder)
            .output()
            .unwrap();
        String::from_utf8(shell.stdout).unwrap()
    };
    assert_eq!(run("- after.folded.gz < before.folded"), expected);
    assert_eq!(run("<(cat before.folded) <(cat after.folded)"), expected);
    let both = diff(&folder, &["-", "-"]);
    assert_eq!(both.status.code(), Some(2));
    let capture = testdata("vmx-good");
    let piped = run(&format!("{capture} - < {capture}"));
    assert!(piped.contains("[guest kernel] "), "{piped}");
}

/// The capture without its kernel symbols: whoever compares it must learn why all is `host`.
#[test]
fn missing_symbols_of_a_side_are_told_and_quiet_is_quiet() {
    let capture = testdata("vmx-bad");
    let with_symbols = capture.trim_end_matches("/perf.data");
    let folder = folder("symbols");
    let output = diff(&folder, &[with_symbols, &capture]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("warning: after: no kernel symbols"), "{told}");
    assert!(!told.contains("warning: before"), "{told}");
    // As `perf report --stats` counts them.
    assert!(
        told.contains("before: 1996 samples read, 1996 folded"),
        "{told}"
    );
    let output = diff(&folder, &[with_symbols, &capture, "--quiet"]);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

/// Host and duration as `perf report --header-only` prints them: what both sides share is said once.
#[test]
fn the_picture_names_both_sides_and_what_they_share() {
    let folder = folder("loud");
    let (bad, good) = (testdata("svm-bad"), testdata("svm-good"));
    let svg = text(&diff(&folder, &[&bad, &good, "--format", "svg"]));
    let title = "<title>svm-bad/perf.data → svm-good/perf.data</title>";
    assert!(svg.contains(title));
    let subtitle = svg
        .lines()
        .find(|line| line.contains("class=\"subtitle\""))
        .unwrap();
    assert_eq!(
        subtitle.matches("host svm-l1").count(),
        2,
        "attribute and text: {subtitle}"
    );
    assert!(subtitle.contains("both: host svm-l1, 2.0 s"), "{subtitle}");
    assert!(subtitle.contains("before: 3661 samples"), "{subtitle}");
}

#[test]
fn the_picture_shows_both_sides_and_marks_what_is_gone() {
    let folder = folder("picture");
    std::fs::write(folder.join("after.folded"), "qemu;run;guest 1000\n").unwrap();
    let output = diff(&folder, &["before.folded", "after.folded", "-o", "x.svg"]);
    assert!(output.status.success());
    assert!(text(&output).contains("functions, with what they call"));
    let svg = std::fs::read_to_string(folder.join("x.svg")).unwrap();
    assert!(svg.contains("before.folded → after.folded"));
    let pio = svg
        .lines()
        .find(|line| line.contains("<title>pio ("))
        .unwrap();
    assert!(
        pio.contains("gone") && pio.contains("30.0 % → 0 %"),
        "{pio}"
    );
    // Each box tells how uncertain its change is, also where that is within the noise.
    let boxes: Vec<&str> = svg
        .lines()
        .filter(|line| line.contains("<title>") && line.contains(" samples"))
        .collect();
    assert!(boxes.len() > 5);
    for line in boxes {
        assert!(line.contains(" ± "), "{line}");
    }
}

/// 20 and 26 of 100: Fisher's exact test says 0.4, so nothing is marked; by hand, the deviation of
/// the difference is 5.94 points, and 2.576 of them are half of the interval of 99 %.
#[test]
fn the_largest_changes_that_are_not_marked_are_shown_with_their_intervals() {
    let folder = folder("unmarked");
    std::fs::write(folder.join("a"), "m;x 20\nm;y 80\n").unwrap();
    std::fs::write(folder.join("b"), "m;x 26\nm;y 74\n").unwrap();
    let output = diff(&folder, &["a", "b", "--json"]);
    let found = json(&output);
    assert_eq!(found["functions"].as_array().unwrap().len(), 0);
    let unmarked = &found["largest_unmarked"];
    let names: Vec<_> = unmarked
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["x", "y"]);
    let change = &unmarked[0]["inclusive"];
    assert_eq!(change["significant"], false);
    let bound = |at: usize| change["interval"][at].as_f64().unwrap();
    assert!(
        (bound(0) + 9.4).abs() < 0.2 && (bound(1) - 21.4).abs() < 0.2,
        "{change}"
    );
    let table = text(&diff(&folder, &["a", "b"]));
    assert!(
        table.contains("no function changed significantly"),
        "{table}"
    );
    let row = table.lines().find(|line| line.starts_with("  x ")).unwrap();
    assert!(
        row.contains("+6.0 pt") && row.ends_with("[-9.3, +21.3]"),
        "{row}"
    );
    // Nothing that is marked is among them, and nothing that has not changed.
    let marked = json(&diff(&folder, &["before.folded", "after.folded", "--json"]));
    let listed = |key: &str| {
        let list = marked[key].as_array().unwrap();
        list.iter()
            .map(|one| one["name"].to_string())
            .collect::<Vec<_>>()
    };
    let functions = listed("functions");
    assert!(!functions.is_empty());
    assert!(
        listed("largest_unmarked")
            .iter()
            .all(|name| !functions.contains(name))
    );
    let same = json(&diff(&folder, &["a", "a", "--json"]));
    assert_eq!(same["largest_unmarked"].as_array().unwrap().len(), 0);
}
