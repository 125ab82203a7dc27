//! The layout of the source, as DESIGN.md section 6 states it: a file imports only from rows above
//! its own, and each outside crate has one home.

use std::fs;
use std::path::Path;

/// The rows, first to last. What follows `output` sees everything before it.
const ROWS: [&str; 28] = [
    "units",
    "text",
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
    "analysis",
    "diff",
    "report",
    "cli",
    "main",
];

/// Where each outside crate may be named, by the start of the path.
///
/// `hashbrown` stands in for the standard library's maps and is at home everywhere.
const HOMES: [(&str, &[&str]); 31] = [
    ("addr2line", &["src/symbol/"]),
    ("bzip2", &["src/bytes/"]),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/"]),
    ("clap_mangen", &["src/cli/"]),
    ("cpp_demangle", &["src/symbol/"]),
    ("flate2", &["src/bytes/"]),
    ("framehop", &["src/unwind/"]),
    ("gimli", &["src/symbol/"]),
    ("hashbrown", &["src/"]),
    ("indicatif", &["src/cli/"]),
    ("inferno", &["src/output/"]),
    ("liblzma", &["src/bytes/"]),
    ("linux_perf_data", &["src/perf/"]),
    ("lzma_rs", &["src/symbol/"]),
    ("memchr", &["src/"]),
    ("memmap2", &["src/bytes/mapping.rs"]),
    ("object", &["src/object/", "src/symbol/"]),
    ("quick_xml", &["src/output/"]),
    ("rayon", &["src/"]),
    ("regex", &["src/kvm/"]),
    ("rpds", &["src/space/"]),
    ("rustc_demangle", &["src/symbol/"]),
    ("serde", &["src/cli/"]),
    ("serde_json", &["src/report/"]),
    ("signal_hook", &["src/cli/"]),
    ("symbolic_demangle", &["src/symbol/"]),
    ("tar", &["src/input/"]),
    ("tempfile", &["src/bytes/"]),
    ("terminal_size", &["src/cli/"]),
    ("zstd", &["src/bytes/", "src/perf/walk/"]),
];

/// Words of the language and of the standard library that have one home too.
const WORDS: [(&str, &str); 2] = [("unsafe", "src/bytes/mapping.rs"), ("env", "src/cli/")];

const MAX_LINES: usize = 400;

/// Files that are longer, each with its reason.
const LONG: [(&str, &str); 0] = [];

fn row_of(name: &str) -> Option<usize> {
    ROWS.iter().position(|&row| row == name)
}

/// The row of a file: its folder or its own name below `src`.
fn row_of_file(path: &str) -> Option<usize> {
    let below = path.strip_prefix("src/")?;
    row_of(below.split(['/', '.']).next()?)
}

fn is_identifier(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Where `word` stands in `line` as a whole, with nothing before it that makes it a part of a path
/// or of another name.
fn finds_word<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.match_indices(word).find_map(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + word.len()..];
        let is_start = before.is_none_or(|c| !is_identifier(c) && c != ':' && c != '"');
        (is_start && !after.starts_with(is_identifier)).then_some(after)
    })
}

/// The names that follow `crate::` in a line: one, or several in braces.
fn own_modules(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, found) in line.match_indices("crate::") {
        let after = &line[at + found.len()..];
        let list = after.strip_prefix('{').unwrap_or(after);
        let until = if list.len() < after.len() {
            list.len()
        } else {
            0
        };
        let first = list.split(|c| !is_identifier(c)).next().unwrap_or_default();
        names.push(first);
        // Of a list, what follows each comma.
        names.extend(list[..until].split(',').skip(1).map(|part| {
            let part = part.trim();
            part.split(|c| !is_identifier(c)).next().unwrap_or_default()
        }));
    }
    names
}

/// What is wrong with a source file, one line each.
fn violations(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let own = row_of_file(path);
    if own.is_none() && path != "src/lib.rs" {
        found.push(format!("{path}: is in no row of tests/layering.rs"));
    }
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.split("//").next().unwrap_or_default();
        if code.trim_end().ends_with("crate::{") {
            found.push(format!("{path}:{number}: needs one `use` for each module"));
        }
        for name in own_modules(code) {
            if row_of(name)
                .zip(own)
                .is_some_and(|(there, here)| there > here)
            {
                found.push(format!("{path}:{number}: looks forward to {name}"));
            }
        }
        for (outside, homes) in HOMES {
            let is_used = finds_word(code, outside).is_some_and(|rest| rest.starts_with("::"))
                || finds_word(code, "use").is_some_and(|rest| {
                    let named = finds_word(rest, outside);
                    named.is_some_and(|rest| rest.starts_with(';') || rest.starts_with(" as "))
                });
            if is_used && !homes.iter().any(|home| path.starts_with(home)) {
                found.push(format!(
                    "{path}:{number}: {outside} is at home in {}",
                    homes.join(", ")
                ));
            }
        }
        for (word, home) in WORDS {
            let is_used = match word {
                "env" => code.contains("std::env") || code.contains("env::var"),
                _ => finds_word(code, word).is_some_and(|rest| rest.starts_with([' ', '!'])),
            };
            if is_used && !path.starts_with(home) {
                found.push(format!("{path}:{number}: {word} is at home in {home}"));
            }
        }
    }
    let lines = text.lines().count();
    if lines > MAX_LINES && !LONG.iter().any(|&(long, _)| long == path) {
        found.push(format!("{path}: has {lines} lines, more than {MAX_LINES}"));
    }
    found
}

fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// A stage that reads what a later one makes, or a crate that spreads over the program.
#[test]
fn files_import_only_from_rows_above() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    assert!(files.len() > 50, "the sources were not found");
    files.sort();
    let mut wrong = Vec::new();
    for file in files {
        let path = file
            .strip_prefix(root)
            .unwrap_or(&file)
            .display()
            .to_string();
        wrong.extend(violations(
            &path,
            &fs::read_to_string(&file).unwrap_or_default(),
        ));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A crate that nobody gave a home may be used anywhere.
#[test]
fn every_dependency_has_a_home() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let manifest = manifest.unwrap_or_default();
    let section = manifest
        .split("\n[dependencies]\n")
        .nth(1)
        .unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.split_once(" = "));
    let names: Vec<String> = names
        .map(|(name, _)| name.trim().replace('-', "_"))
        .collect();
    assert!(names.len() > 5, "the dependencies were not found");
    for name in names {
        assert!(
            HOMES.iter().any(|&(known, _)| known == name),
            "{name} has no home in HOMES"
        );
    }
}

/// A test that finds nothing may have stopped looking.
#[test]
fn planted_violations_are_found() {
    let units = "use crate::perf::Capture; // crate::cli\nuse crate::error::Error;\n";
    assert_eq!(
        violations("src/units.rs", units),
        [
            "src/units.rs:1: looks forward to perf",
            "src/units.rs:2: looks forward to error"
        ]
    );
    let fold = "use crate::{units::Pid, kvm::Tagger};\nlet a = inferno::x();\nunsafe { b() }\n";
    assert_eq!(
        violations("src/fold/mod.rs", fold),
        [
            "src/fold/mod.rs:1: looks forward to kvm",
            "src/fold/mod.rs:2: inferno is at home in src/output/",
            "src/fold/mod.rs:3: unsafe is at home in src/bytes/mapping.rs",
        ]
    );
    assert_eq!(
        violations("src/bytes/mapping.rs", "unsafe { memmap2::x() }\n"),
        [""; 0]
    );
    assert_eq!(violations("src/perf/a.rs", &"\n".repeat(401)).len(), 1);
    assert_eq!(violations("src/extra.rs", "").len(), 1);
}
