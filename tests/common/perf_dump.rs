//! perf's own words about a capture.

use std::path::Path;
use std::process::{Command, Stdio};

use regex::Regex;

use super::shared::skipped;

/// A sample as the kernel wrote it, in the words of perf's raw dump.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Raw {
    pub time: u64,
    pub(crate) mode: u16,
    pub pid: i32,
    pub tid: i32,
    pub ip: u64,
    pub period: u64,
    pub chain: Vec<u64>,
}

/// A sample that perf shows, in the words of its script: comm, tid, time, event.
pub(crate) type Shown = (String, i32, u64, String);

/// What perf prints, one line an item; `None` when there is no perf.
pub(crate) fn perf(arguments: &[&str], file: &Path) -> Option<Vec<String>> {
    let answer = Command::new("perf")
        .args(arguments)
        .arg("-i")
        .arg(file)
        .stdin(Stdio::null())
        .output();
    let Ok(answer) = answer else {
        skipped("perf is not installed");
        return None;
    };
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    Some(text.lines().map(ToOwned::to_owned).collect())
}

/// The samples of `perf script -D`.
pub(crate) fn parse_dump(lines: &[String]) -> Vec<Raw> {
    let head = Regex::new(
        r"^(?:-?\d+ )?(\d+) 0x[0-9a-f]+ \[0x[0-9a-f]+\]: PERF_RECORD_SAMPLE\(IP, 0x([0-9a-f]+)\): (-?\d+)/(-?\d+): (?:0x)?([0-9a-f]+) period: (\d+)",
    )
    .unwrap();
    let entry = Regex::new(r"^\.{5} *\d+: ([0-9a-f]{16})$").unwrap();
    let number = |text: &str| u64::from_str_radix(text, 16).unwrap();
    let mut found: Vec<Raw> = Vec::new();
    let mut in_chain = false;
    for line in lines {
        if let Some(parts) = head.captures(line) {
            found.push(Raw {
                time: parts[1].parse().unwrap(),
                mode: u16::from_str_radix(&parts[2], 16).unwrap() & 7,
                pid: parts[3].parse().unwrap(),
                tid: parts[4].parse().unwrap(),
                ip: number(&parts[5]),
                period: parts[6].parse().unwrap(),
                chain: Vec::new(),
            });
            in_chain = false;
        } else if line.starts_with("... ") {
            in_chain = line.starts_with("... FP chain:");
        } else if let (true, Some(parts)) = (in_chain, entry.captures(line)) {
            found.last_mut().unwrap().chain.push(number(&parts[1]));
        }
    }
    found
}

/// The samples of `perf script --ns -F comm,tid,time,event`.
pub(crate) fn parse_script(lines: &[String]) -> Vec<Shown> {
    let line_shape = Regex::new(r"^\s*(.*?)\s+(-?\d+)\s+(\d+)\.(\d{9}):\s+(.*?):\s*$").unwrap();
    let parsed = lines.iter().filter_map(|line| {
        let parts = line_shape.captures(line)?;
        let seconds: u64 = parts[3].parse().unwrap();
        let nanos: u64 = parts[4].parse().unwrap();
        Some((
            parts[1].to_owned(),
            parts[2].parse().unwrap(),
            seconds * 1_000_000_000 + nanos,
            parts[5].to_owned(),
        ))
    });
    parsed.collect()
}
