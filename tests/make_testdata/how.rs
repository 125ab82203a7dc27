//! `HOW.md`: how a case was made.

use std::collections::BTreeSet;
use std::path::Path;

use super::cases::Case;
use super::run;

fn command_line(out: &Path) -> String {
    let header = run("perf", &["script", "--header-only", "-i", "perf.data"], out);
    let header = String::from_utf8_lossy(&header);
    let line = header
        .lines()
        .find_map(|line| line.strip_prefix("# cmdline : "));
    line.unwrap().trim().replace("../samples/", "")
}

/// The text for a case with symbol `tables` for some objects, none for others, and perf's answers
/// from `answers`.
pub(super) fn text(
    case: &Case,
    out: &Path,
    tables: &BTreeSet<String>,
    unknown: &BTreeSet<String>,
    answers: &str,
) -> String {
    let (name, shows, machine, command) = (case.name, case.shows, case.machine, command_line(out));
    let cut = if case.from.is_empty() {
        "Whole, nothing was cut off.".to_owned()
    } else {
        format!(
            "It is `{}.data` of the captures that were recorded for this project, cut to its \
             first {} ms: all samples from there on are left out, every other record and header \
             section is kept (the time of the last sample in the header is that of the last one \
             kept).",
            case.from,
            case.keep / 1000
        )
    };
    let tables: String = tables.iter().map(|table| format!("{table}\n")).collect();
    let missing = if unknown.is_empty() {
        String::new()
    } else {
        let list: String = unknown
            .iter()
            .map(|object| format!("- {object}\n"))
            .collect();
        format!("\nWithout a table are, for want of a file or of a recorded build id:\n\n{list}")
    };
    let kernel_only = if case.name == "arm64" {
        "`expected/script-kernel.folded` holds kernel frames only: perf 6.1 inserts a caller from \
         the link register into the user part of stacks on arm64.\n\n"
    } else {
        ""
    };
    let exits = if out.join("expected/kvmstat-vmexit.txt").exists() {
        "`expected/kvmstat-EVENT.txt` is what `perf kvm --host -i perf.data stat report --event \
         EVENT` (perf 6.1.192) prints.\n\n"
    } else {
        ""
    };
    format!(
        "# {name}\n\nShows {shows}.\n\nRecorded on {machine}, with\n\n    {command}\n\n{cut}\n\n\
         `kallsyms` is cut to the functions that occur, each with the symbols up to the next \
         function, which state where it ends. `symbols/` holds, in place of the object files, the \
         functions that occur:\n\n{tables}{missing}\n{kernel_only}\
         `expected/script*.folded` is from {answers}: comm, then the frames root first, then the \
         number of samples. perf prints no sample that was taken in guest mode. Frames of objects \
         without a table, and entries of linkage tables (`@plt`), which perf names only in part, \
         are written as `[object]`. `expected/stats.txt` names its commands.\n\n{exits}\
         Made by `cargo test --test make_testdata -- --ignored`. The capture and these texts are \
         under this project's own licence; no object file of the recorded machine is part of it.\n"
    )
}
