//! The layout of the source and what keeps it readable, so far as a program can tell.
//!
//! Each check is a module, with faults planted in texts that it must find. What is known to be
//! otherwise stands in `exceptions.rs`.

mod documents;
mod exceptions;
mod facts;
mod folders;
mod manifest;
mod rows;
mod shapes;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use exceptions::EXCEPTIONS;
use source::{Source, sources};

/// Something that must not be.
pub(crate) struct Fault {
    path: String,
    line: usize,
    what: String,
}

pub(crate) fn fault(path: &str, line: usize, what: &str) -> Fault {
    Fault {
        path: path.to_owned(),
        line,
        what: what.to_owned(),
    }
}

/// All that is wrong, found once.
fn all_faults() -> &'static [Fault] {
    static FOUND: OnceLock<Vec<Fault>> = OnceLock::new();
    FOUND.get_or_init(find_all_faults)
}

fn find_all_faults() -> Vec<Fault> {
    let program = sources("src", &["rs"]);
    assert!(program.len() > 50, "the sources were not found");
    let tables = sources("src", &["tsv"]);
    let tests: Vec<Source> = ["tests", "benches", "fuzz"]
        .iter()
        .flat_map(|folder| sources(folder, &["rs"]))
        .collect();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap_or_default();
    let mut found = Vec::new();
    for source in &program {
        found.extend(rows::faults(source));
        found.extend(shapes::faults_of_functions(source));
    }
    for source in program.iter().chain(&tests) {
        found.extend(shapes::faults_of_length(source));
    }
    for source in program.iter().chain(&tables).chain(&tests) {
        found.extend(facts::faults(source));
    }
    let mut documents = sources(".github", &["md"]);
    for path in ["README.md", "benches/README.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
        documents.push(Source::new(path, &text.unwrap_or_default()));
    }
    for source in program
        .iter()
        .chain(&tables)
        .chain(&tests)
        .chain(&documents)
    {
        found.extend(documents::faults(source, documents::is_in_repository));
    }
    found.extend(folders::faults(&program));
    found.extend(shapes::faults_of_types(&program));
    found.extend(manifest::faults(&manifest, &program, &tests));
    found
}

/// A stage that reads what a later one makes, files that need each other, a fact told twice:
/// each makes the next change touch more than it should.
#[test]
fn the_source_keeps_to_its_layout() {
    let faults = all_faults();
    let known: BTreeSet<(&str, &str)> = EXCEPTIONS.iter().copied().collect();
    let is_known = |fault: &&Fault| known.contains(&(&*fault.path, &*fault.what));
    let new = faults.iter().filter(|fault| !is_known(fault));
    let new: Vec<String> = new
        .map(|Fault { path, line, what }| format!("    (\"{path}\", \"{what}\"), // line {line}"))
        .collect();
    assert!(new.is_empty(), "{} faults:\n{}", new.len(), new.join("\n"));
}

/// A list of exceptions that nobody prunes hides the next fault.
#[test]
fn every_exception_is_true_of_something() {
    let faults = all_faults();
    let is_there = |path: &str, what: &str| faults.iter().any(|f| f.path == path && f.what == what);
    for &(path, what) in EXCEPTIONS {
        assert!(is_there(path, what), "true of nothing: {path}: {what}");
    }
}
