//! What perf says of a capture.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::cases::Case;
use super::common::perf_text::{self, Scope};
use super::{run, unpacked};

/// perf's own counts of a capture: records by type, and samples by CPU mode.
pub(super) fn perf_counts(out: &Path) -> String {
    let stats = run("perf", &["report", "--stats", "-i", "perf.data"], out);
    let mut text = String::from("# perf report --stats -i perf.data (perf 6.1.192)\n");
    text.push_str(String::from_utf8(stats).unwrap().trim_start());
    let dump = run("perf", &["report", "-D", "-i", "perf.data"], out);
    let mut modes: BTreeMap<&str, u64> = BTreeMap::new();
    let dump = String::from_utf8_lossy(&dump);
    for line in dump.lines() {
        if let Some((_, rest)) = line.split_once("PERF_RECORD_SAMPLE(IP, ") {
            *modes.entry(rest.split_once(')').unwrap().0).or_default() += 1;
        }
    }
    text.push_str("# perf report -D -i perf.data: samples by misc & 7 (1 kernel, 2 user, ");
    text.push_str("4 guest kernel, 5 guest user; 0x4000 marks an exact address)\n");
    for (mode, count) in modes {
        writeln!(text, "PERF_RECORD_SAMPLE(IP, {mode}): {count}").unwrap();
    }
    text
}

/// perf's tables of the VM exits of a capture, when it holds any.
pub(super) fn write_exit_tables(out: &Path) {
    let events = run("perf", &["evlist", "-i", "perf.data"], out);
    if !String::from_utf8_lossy(&events).contains("kvm:kvm_entry") {
        return;
    }
    for event in ["vmexit", "mmio", "ioport", "msr"] {
        let table = Command::new("perf")
            .args(["kvm", "--host", "-i", "perf.data", "stat", "report"])
            .args(["--event", event])
            .current_dir(out)
            .output()
            .unwrap();
        // perf prints it as messages.
        let path = out.join("expected").join(format!("kvmstat-{event}.txt"));
        fs::write(path, table.stderr).unwrap();
    }
}

/// perf's text of the samples that are kept, folded by event.
pub(super) fn write_expected(
    case: &Case,
    source: &Path,
    until: u64,
    (out, unknown): (&Path, &BTreeSet<String>),
) -> &'static str {
    let (text, how) = match case.script {
        Some(ending) => {
            let path = source.with_file_name(format!(
                "{}.{ending}",
                source.file_name().unwrap().to_str().unwrap()
            ));
            let how = "`perf script` of the whole capture, cut to the samples that are kept";
            (unpacked(&path), how)
        }
        None => (
            run("perf", &["script", "-i", "perf.data"], out),
            "`perf script -i perf.data` (perf 6.1.192) with the kernel and object files at hand",
        ),
    };
    let samples = perf_text::parse(&String::from_utf8_lossy(&text));
    let kept = samples.iter().filter(|sample| sample.micros < until);
    let mut by_event: BTreeMap<&str, Vec<&perf_text::Sample>> = BTreeMap::new();
    for sample in kept {
        by_event.entry(&sample.event).or_default().push(sample);
    }
    // On arm64 perf inserts a caller from the link register into the user part of a stack, a guess
    // that the recorded call chain does not hold.
    let scope = if case.name == "arm64" {
        Scope::Kernel
    } else {
        Scope::All
    };
    for (event, samples) in by_event {
        let name = match event.strip_prefix("kvm:") {
            None if scope == Scope::Kernel => "script-kernel.folded".to_owned(),
            None => "script.folded".to_owned(),
            Some(tracepoint) => format!("script.{tracepoint}.folded"),
        };
        let folded = perf_text::fold(samples, unknown, scope);
        fs::write(out.join("expected").join(name), folded).unwrap();
    }
    how
}
