//! A recording that goes well.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{Place, cpu, said};

/// Rates first, then the recording; the case is its owner's, and nothing else stays.
#[test]
fn a_recording_is_counted_made_and_packed() {
    let place = Place::new("whole");
    let pid = std::process::id().to_string();
    let output = place.run(&cpu(&[
        "-p",
        &pid,
        "--seconds",
        "1.5",
        "-o",
        "case.tar.zst",
    ]));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let log = place.log();
    let stat = format!("stat -x ; -p {pid} --per-thread -e cpu-clock:GH -- sleep 0.2");
    assert_eq!(log[0], stat);
    let start =
        format!("record -p {pid} -g -F 99 -e cpu-clock:GH -m 16M -k mono -z -N --max-size=2G -o ");
    assert!(log[1].starts_with(&start), "{}", log[1]);
    assert!(log[1].ends_with("/perf.data -- sleep 1.5"), "{}", log[1]);
    let shown = said(&output);
    assert!(shown.contains(&format!("/perf {start}")), "{shown}");
    assert_eq!(place.new_names(), ["case.tar.zst"]);
    let case = place.path("case.tar.zst");
    assert_eq!(
        fs::metadata(&case).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // What was packed is what perf wrote.
    let folded = |input: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
        command.args(["info", "--json"]).arg(input);
        let output = command.output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        told["events"].clone()
    };
    assert_eq!(folded(&case), folded(&place.path("capture.data")));
}

/// Nothing is run where only the commands are asked for.
#[test]
fn a_dry_run_runs_nothing() {
    let place = Place::new("dry");
    let output = place.run(&["--profile", "cpu", "--cpu-clock", "--dry-run"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(place.log(), [""; 0]);
    let out = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 2, "{out}");
    assert!(lines[0].contains("perf stat -x ';' -a -A -e cpu-clock:GH -- sleep 0.2"));
    assert!(lines[1].ends_with("-m 16M -k mono -z -N --max-size=2G -o perf.data -- sleep 20"));
    assert_eq!(place.new_names(), [""; 0]);
}
