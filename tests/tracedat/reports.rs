//! Each event of a file, in the order of its report: time, CPU, task and name.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::fs;
use std::path::{Path, PathBuf};

use vmflame::bytes::{Storage, UnpackLimit};
use vmflame::tracedat::{ClockUnit, TraceDat};
use vmflame::units::Timestamp;

use crate::common::shared::shared;
use crate::report::{ReportLine, lines};

/// Opens a file.
pub(crate) fn open(path: &Path) -> TraceDat {
    let storage = Storage::open(path).unwrap();
    TraceDat::from_storage(path, storage, UnpackLimit::default()).unwrap()
}

/// A time as a report prints it: nanoseconds with `-t`, else rounded to microseconds.
fn shown(time: Timestamp, unit: &ClockUnit, digits: usize) -> String {
    let nanos = time.as_nanos();
    match (unit, digits) {
        (ClockUnit::Nanoseconds, 9) => {
            format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
        }
        (ClockUnit::Nanoseconds, _) => {
            let micros = (nanos + 500) / 1000;
            format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
        }
        (ClockUnit::Other(_), _) => nanos.to_string(),
    }
}

/// Compares a file with its report.
pub(crate) fn compare(trace: &TraceDat, report: &str) {
    let name = trace.path().display();
    let unit = trace.clock_unit();
    let mut expected = lines(report);
    let mut row = 0;
    let walk = trace.walk(|found| {
        row += 1;
        let line: ReportLine<'_> = expected
            .next()
            .unwrap_or_else(|| panic!("{name}: {found:?}"));
        let event = &trace.formats().get(found.event).unwrap().name;
        let digits = line.time.split_once('.').map_or(0, |(_, part)| part.len());
        let comm = trace.task_name(found.tid).unwrap_or("<...>");
        let (_, event) = event.split_once(':').unwrap();
        assert_eq!(
            (
                shown(found.time, &unit, digits).as_str(),
                found.cpu.unwrap().0,
                found.tid.as_i32(),
                event
            ),
            (line.time, line.cpu, line.tid, line.event),
            "{name}: event {row}"
        );
        // Names that only a sched_switch tells are not among those that were saved.
        if comm != "<...>" {
            assert_eq!(comm, line.comm, "{name}: event {row}");
        }
    });
    assert_eq!(expected.next(), None, "{name}");
    assert_eq!(walk.events, row);
    assert!(walk.damage.is_none(), "{name}: {:?}", walk.damage);
}

/// The text of a report, packed or not.
pub(crate) fn report_text(path: &Path) -> String {
    let text = Storage::open_unpacked(path, UnpackLimit::default()).unwrap();
    String::from_utf8_lossy(text.bytes()).into_owned()
}

/// The files of a folder whose names end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().contains(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A file with trace-cmd's report of it.
pub(crate) struct Reported {
    pub(crate) trace: PathBuf,
    pub(crate) report: PathBuf,
}

/// All files of the shared captures.
pub(crate) fn reported(captures: &Path) -> Vec<Reported> {
    let found = files(captures, ".trace.dat").into_iter().map(|trace| {
        let name = trace.to_string_lossy();
        let (stem, _) = name.split_once(".trace.dat").unwrap();
        let report = [".trace.report.txt.xz", ".trace.report.txt"];
        let mut report = report
            .iter()
            .map(|ending| PathBuf::from(format!("{stem}{ending}")));
        let report = report.find(|path| path.exists()).unwrap();
        Reported { trace, report }
    });
    found.collect()
}

/// Files of Linux 6.1 on AMD and arm64 hosts: version 7, compressed with zstd, one of them packed as
/// a whole too.
#[test]
fn captures_agree_with_their_reports() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let found = reported(&captures);
    for Reported { trace, report } in &found {
        compare(&open(trace), &report_text(report));
    }
    assert!(!found.is_empty());
}

/// Whatever lies in `$VMFLAME_TRACE_DATS`, against `trace-cmd report` run here.
#[test]
fn captures_made_here_agree_with_trace_cmd() {
    let Some(folder) = std::env::var_os("VMFLAME_TRACE_DATS") else {
        return;
    };
    for path in files(Path::new(&folder), ".dat") {
        for option in ["-t", "-N"] {
            let mut command = std::process::Command::new("trace-cmd");
            let report = command
                .arg("report")
                .arg(option)
                .arg(&path)
                .output()
                .unwrap();
            compare(&open(&path), &String::from_utf8_lossy(&report.stdout));
        }
    }
}
