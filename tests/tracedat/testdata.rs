//! The files of the repository, against the reports beside them: events, values, exits.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::path::{Path, PathBuf};

use vmflame::bytes::{Storage, UnpackLimit};
use vmflame::tracedat::{Buffer, TraceDat};

use crate::reports::{compare, open, report_text};
use crate::{exits, values};

const FILES: [&str; 3] = ["svm-7-zstd", "pvm-6", "pvm-7-buffers"];

fn file(name: &str) -> PathBuf {
    Path::new("testdata/trace-dat").join(format!("{name}.dat"))
}

fn report(name: &str) -> PathBuf {
    Path::new("testdata/trace-dat/reports").join(format!("{name}.report.txt.xz"))
}

/// Time, CPU, task and name of each event; the values that the report tells; the exits of both.
#[test]
fn files_agree_with_their_reports() {
    for name in FILES {
        let trace = open(&file(name));
        compare(&trace, &report_text(&report(name)));
        values::compare(&trace, report_text(&report(name)).into_bytes());
        exits::compare(&file(name), &report(name));
    }
}

/// What `fold -w` does to lines of ASCII.
fn folded(text: &str, width: usize) -> String {
    let pieces = |line: &str| -> String {
        let mut pieces = line.as_bytes().chunks(width).peekable();
        let mut lines = String::new();
        // An empty line stays one.
        if pieces.peek().is_none() {
            lines.push('\n');
        }
        for piece in pieces {
            lines.push_str(std::str::from_utf8(piece).unwrap());
            lines.push('\n');
        }
        lines
    };
    text.lines().map(pieces).collect()
}

/// What became of a report on its way through programs for mail, web pages and other systems says
/// value for value what the file says.
#[test]
fn mangled_reports_say_the_same() {
    for name in ["svm-7-zstd", "pvm-6"] {
        let trace = open(&file(name));
        let report = report_text(&report(name));
        let wide: Vec<u16> = format!("\u{feff}{report}").encode_utf16().collect();
        for width in [72, 76, 100] {
            let folded = folded(&report, width);
            values::compare(&trace, folded.clone().into_bytes());
            let quoted: String = folded.lines().map(|line| format!("> {line}\n")).collect();
            values::compare(&trace, quoted.into_bytes());
        }
        let mangled = [
            report.replace('\n', "\r\n").into_bytes(),
            report.replace(' ', "\u{a0}").into_bytes(),
            report.replace("  ", "\u{a0} ").into_bytes(),
            wide.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            wide.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
        ];
        for text in mangled {
            values::compare(&trace, text);
        }
    }
}

/// Lines that end within a number do not tell it: what `cut -c1-N` leaves names no register that the
/// whole report does not, and no exit is lost.
#[test]
fn cut_reports_name_nothing_else() {
    let whole = exits::told_keys(report_text(&report("svm-7-zstd")).into_bytes());
    let text = report_text(&report("svm-7-zstd"));
    for width in [72, 80, 90, 100, 110, 120] {
        let lines = text.lines().map(|line| line.get(..width).unwrap_or(line));
        let cut: String = lines.map(|line| format!("{line}\n")).collect();
        let cut = exits::told_keys(cut.into_bytes());
        assert_eq!(cut.exits, whole.exits, "{width}");
        let mut others = cut.keys.difference(&whole.keys);
        let is_cut = |key: &&String| key.contains("4294836223");
        assert_eq!(others.find(|key| !is_cut(key)), None, "{width}");
    }
}

/// By the commands that recorded them, and by what `trace-cmd report --stat` and `report --uname`
/// print.
#[test]
fn files_say_what_they_are() {
    let trace = open(&file("pvm-7-buffers"));
    assert_eq!((trace.version(), trace.cpu_count()), (7, Some(2)));
    assert_eq!(trace.uname(), Some("Linux vm 6.18.44-fc-v669 x86_64"));
    let buffers: Vec<Buffer<'_>> = trace.buffers().collect();
    let names: Vec<&str> = buffers.iter().map(|buffer| buffer.name).collect();
    assert_eq!(names, ["", "td_b", "td_a"]);
    assert!(buffers.iter().all(|buffer| buffer.clock == "mono"));
    assert_eq!(open(&file("pvm-6")).version(), 6);
}

/// Every beginning of a file is read or refused; what is read is a beginning of the whole, and what is
/// missing is counted.
#[test]
fn cut_files_are_read_or_refused() {
    let bytes = std::fs::read(file("pvm-6")).unwrap();
    let mut whole = Vec::new();
    open(&file("pvm-6")).walk(|found| whole.push((found.cpu, found.time)));
    for len in (0..bytes.len()).step_by(997) {
        let storage = Storage::Memory(bytes[..len].to_vec());
        let cut = TraceDat::from_storage(Path::new("cut"), storage, UnpackLimit::default());
        let Ok(cut) = cut else {
            continue;
        };
        let mut found = Vec::new();
        let walk = cut.walk(|event| found.push((event.cpu, event.time)));
        assert!(!walk.damage.is_none(), "{len}");
        assert!(found.len() < whole.len(), "{len}");
        assert!(found.iter().all(|event| whole.contains(event)), "{len}");
    }
}

/// Bytes that are changed at random, always the same ones: no panic, and times in order.
#[test]
fn damaged_files_are_read_or_refused() {
    let mut seed = 1_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for name in ["svm-7-zstd", "pvm-7-buffers"] {
        let bytes = std::fs::read(file(name)).unwrap();
        for _ in 0..150 {
            let mut damaged = bytes.clone();
            for _ in 0..1 + random() % 8 {
                let at = usize::try_from(random()).unwrap() % damaged.len();
                damaged[at] = u8::try_from(random() % 256).unwrap();
            }
            let storage = Storage::Memory(damaged);
            let opened = TraceDat::from_storage(Path::new("x"), storage, UnpackLimit::default());
            let mut last = None;
            if let Ok(trace) = opened {
                trace.walk(|found| {
                    assert!(last <= Some(found.time));
                    last = Some(found.time);
                });
            }
        }
    }
}
