//! Documents: the files that they name are there, and nothing cites what is not in the repository.

use std::path::Path;

use crate::source::Source;
use crate::{Fault, fault};

/// Folders whose files are named from the top of the repository.
const FOLDERS: [&str; 6] = ["src/", "tests/", "benches/", "fuzz/", "testdata/", ".ci/"];

/// What a line names between backticks.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let spans = line.split('`').skip(1).step_by(2);
    spans.filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder)))
}

pub(crate) fn faults(source: &Source, is_there: impl Fn(&str) -> bool) -> Vec<Fault> {
    let mut found = Vec::new();
    if source.path.starts_with("tests/layering/") {
        return found;
    }
    for (number, line) in (1..).zip(source.text.lines()) {
        let is_prose = !source.path.ends_with(".rs") || line.trim_start().starts_with("//");
        for path in named(line).filter(|_| is_prose) {
            let is_plain = !path.contains(|c: char| c.is_whitespace() || "*<{…:".contains(c));
            if is_plain && !path.contains("NAME") && !is_there(path) {
                let what = format!("names {path}, which is not there");
                found.push(fault(&source.path, number, &what));
            }
        }
        for word in line.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_') {
            let word = word.trim_end_matches('.');
            let stem = word.strip_suffix(".md").unwrap_or_default();
            let is_title = stem.len() > 3 && stem.chars().all(|c| c.is_ascii_uppercase());
            if is_title && !["README", "CHANGELOG", "CONTRIBUTING"].contains(&stem) {
                let what = format!("cites {word}, which is not there");
                found.push(fault(&source.path, number, &what));
            }
        }
    }
    found
}

/// Whether a path from the top of the repository exists.
pub(crate) fn is_in_repository(path: &str) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists()
}

#[test]
fn planted_names_of_missing_files_are_refused() {
    let told = |path: &str, text: &str| {
        let faults = faults(&Source::new(path, text), |path| path == "src/a.rs");
        faults
            .into_iter()
            .map(|fault| fault.what)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told(
            "src/lib.rs",
            "//! See `src/a.rs`, `src/b.rs` and `src/*.rs`.\n"
        ),
        ["names src/b.rs, which is not there"]
    );
    assert_eq!(
        told("README.md", "As FACTS.md says; HOW.md and README.md.\n"),
        ["cites FACTS.md, which is not there"]
    );
}
