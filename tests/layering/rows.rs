//! Rows: a file imports only from rows above its own, and what comes from outside has one home.

use crate::source::{Source, is_word, named_paths};
use crate::{Fault, fault};

/// The rows, first to last.
const ROWS: [&str; 33] = [
    "units",
    "text",
    "utc",
    "error",
    "loss",
    "parallel",
    "hash",
    "intern",
    "before_after",
    "folded_text",
    "bytes",
    "perf",
    "tracepoint",
    "tracedat",
    "qemu",
    "object",
    "input",
    "space",
    "unwind",
    "fold",
    "symbol",
    "locate",
    "stack",
    "kvm",
    "name",
    "output",
    "dataset",
    "analysis",
    "diff",
    "report",
    "cli",
    "main",
    "lib",
];

/// Where each outside crate may be named, by the start of the path.
///
/// `hashbrown` stands in for the standard library's maps and is at home everywhere.
pub(crate) const HOMES: [(&str, &[&str]); 42] = [
    ("addr2line", &["src/symbol/"]),
    ("base64", &["src/output/html/"]),
    ("bzip2", &["src/bytes/"]),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/"]),
    ("clap_mangen", &["src/cli/"]),
    ("cpp_demangle", &["src/symbol/"]),
    ("csv", &["src/output/call_tree.rs", "src/report/table/"]),
    ("flate2", &["src/bytes/"]),
    ("framehop", &["src/unwind/"]),
    ("gimli", &["src/symbol/", "src/unwind/"]),
    ("hashbrown", &["src/"]),
    ("indicatif", &["src/cli/"]),
    ("inferno", &["src/output/"]),
    ("libc", &["src/bytes/mapping.rs"]),
    ("libdeflater", &["src/bytes/compression.rs"]),
    ("liblzma", &["src/bytes/"]),
    ("linux_perf_data", &["src/perf/", "src/symbol/jit/"]),
    ("lzma_rs", &["src/symbol/"]),
    ("memchr", &["src/"]),
    ("memmap2", &["src/bytes/mapping.rs"]),
    ("object", &["src/object/", "src/symbol/"]),
    ("parquet", &["src/dataset/"]),
    ("perf_event", &["src/cli/live/", "src/cli/own_clock.rs"]),
    ("quick_xml", &["src/output/"]),
    ("rayon", &["src/"]),
    ("regex", &["src/kvm/"]),
    ("rpds", &["src/space/"]),
    ("rustc_demangle", &["src/symbol/"]),
    ("rustls", &["src/cli/debuginfod/"]),
    (
        "rustix",
        &[
            "src/bytes/mapping.rs",
            "src/cli/live/",
            "src/cli/record/",
            "src/cli/room.rs",
            "src/cli/this_machine.rs",
            "src/dataset/",
        ],
    ),
    ("serde", &["src/report/"]),
    (
        "serde_json",
        &[
            "src/dataset/",
            "src/output/json.rs",
            "src/qemu/",
            "src/report/",
        ],
    ),
    ("sha2", &["src/output/html/"]),
    ("signal_hook", &["src/cli/"]),
    ("symbolic_demangle", &["src/symbol/"]),
    ("tar", &["src/input/"]),
    ("tempfile", &["src/bytes/"]),
    ("terminal_size", &["src/cli/"]),
    ("twox_hash", &["src/dataset/"]),
    ("ureq", &["src/cli/debuginfod/"]),
    (
        "zstd",
        &["src/bytes/", "src/dataset/", "src/perf/walk/unpack"],
    ),
];

/// Words of the language and of the standard library that have one home too.
const WORDS: [(&str, &str); 2] = [("unsafe", "src/bytes/mapping.rs"), ("env", "src/cli/")];

fn row_of(name: &str) -> Option<usize> {
    ROWS.iter().position(|&row| row == name)
}

/// The row of a file: its folder or its own name below `src`.
fn row_of_file(path: &str) -> Option<usize> {
    let below = path.strip_prefix("src/")?;
    row_of(below.split(['/', '.']).next()?)
}

/// Whether `word` stands in `line` as a whole and is no later part of a path, with what follows it.
pub(crate) fn behind_word<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.match_indices(word).find_map(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + word.len()..];
        let is_start = before.is_none_or(|c| !is_word(c) && c != ':');
        (is_start && !after.starts_with(is_word)).then_some(after)
    })
}

/// Whether a line names an outside crate.
pub(crate) fn names_crate(line: &str, outside: &str) -> bool {
    behind_word(line, outside).is_some_and(|rest| rest.starts_with("::"))
        || behind_word(line, "use").is_some_and(|rest| {
            let named = behind_word(rest, outside);
            named.is_some_and(|rest| rest.starts_with(';') || rest.starts_with(" as "))
        })
}

fn uses_word(line: &str, word: &str) -> bool {
    match word {
        "env" => line.contains("std::env") || line.contains("env::var"),
        _ => behind_word(line, word).is_some_and(|rest| rest.starts_with([' ', '!'])),
    }
}

pub(crate) fn faults(source: &Source) -> Vec<Fault> {
    let path = source.path.as_str();
    let own = row_of_file(path);
    let mut found = Vec::new();
    if own.is_none() {
        found.push(fault(path, 1, "is in no row of tests/layering/rows.rs"));
    }
    // Tests inside the files keep to the rows as well.
    let code = &source.bare;
    for named in named_paths(code, &source.module()) {
        let there = named.path.first().and_then(|name| row_of(name));
        if there > own && own.is_some() && path != "src/lib.rs" {
            let what = format!("looks forward to {}", named.path[0]);
            found.push(fault(path, named.line, &what));
        }
    }
    for (number, line) in (1..).zip(code.lines()) {
        let homes = HOMES.iter().filter(|(outside, _)| line.contains(outside));
        for &(outside, homes) in homes {
            let is_home = homes.iter().any(|home| path.starts_with(home));
            if names_crate(line, outside) && !is_home {
                let what = format!("{outside} is at home in {}", homes.join(", "));
                found.push(fault(path, number, &what));
            }
        }
        for (word, home) in WORDS {
            if uses_word(line, word) && !path.starts_with(home) {
                let what = format!("{word} is at home in {home}");
                found.push(fault(path, number, &what));
            }
        }
    }
    found
}

#[test]
fn planted_imports_are_refused() {
    let shown = |path: &str, text: &str| {
        let faults = faults(&Source::new(path, text));
        let whats = faults
            .into_iter()
            .map(|f| format!("{}: {}", f.line, f.what));
        whats.collect::<Vec<_>>()
    };
    let units = "use crate::perf::Capture; // crate::cli\nuse crate::error::Error;\n";
    assert_eq!(
        shown("src/units.rs", units),
        ["1: looks forward to perf", "2: looks forward to error"]
    );
    let fold = "use crate::{units::Pid, kvm::Tagger};\nlet a = inferno::x();\nunsafe { b() }\n";
    assert_eq!(
        shown("src/fold/mod.rs", fold),
        [
            "1: looks forward to kvm",
            "2: inferno is at home in src/output/",
            "3: unsafe is at home in src/bytes/mapping.rs",
        ]
    );
    let nested = "use super::super::{\n    units::Pid,\n    kvm::{Tagger, Rules},\n};\n";
    assert_eq!(shown("src/fold/chain.rs", nested).len(), 2);
    assert_eq!(
        shown("src/bytes/mapping.rs", "unsafe { memmap2::x() }\n"),
        [""; 0]
    );
    assert_eq!(shown("src/extra.rs", "").len(), 1);
}
