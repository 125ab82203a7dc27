//! `Cargo.toml`: each dependency has a home, and is used.

use std::collections::BTreeSet;

use crate::rows::{HOMES, names_crate};
use crate::source::Source;
use crate::{Fault, fault};

/// Names of a section's dependencies, as code spells them, with their lines.
fn dependencies(manifest: &str, section: &str) -> Vec<(usize, String)> {
    let mut is_inside = false;
    let mut found = Vec::new();
    for (number, line) in (1..).zip(manifest.lines()) {
        if line.starts_with('[') {
            is_inside = line == format!("[{section}]");
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| is_inside) {
            found.push((number, name.trim().replace('-', "_")));
        }
    }
    found
}

fn used(sources: &[Source]) -> BTreeSet<&str> {
    let names = HOMES.iter().map(|&(name, _)| name);
    let names: Vec<&str> = names
        .chain(["criterion", "proptest", "regex", "vmflame"])
        .collect();
    let mut found = BTreeSet::new();
    for source in sources {
        for line in source.bare.lines().filter(|line| !line.trim().is_empty()) {
            let is_named = |name: &&&str| line.contains(**name) && names_crate(line, name);
            found.extend(names.iter().filter(is_named).copied());
        }
    }
    found
}

/// What is wrong with the dependencies, given the sources that may use those of a program and
/// those that may use those of its tests.
pub(crate) fn faults(manifest: &str, sources: &[Source], tests: &[Source]) -> Vec<Fault> {
    let mut found = Vec::new();
    let [program, tests] = [used(sources), used(tests)];
    for (line, name) in dependencies(manifest, "dependencies") {
        if !HOMES.iter().any(|&(known, _)| known == name) {
            let what = format!("{name} has no home in tests/layering/rows.rs");
            found.push(fault("Cargo.toml", line, &what));
        } else if !program.contains(name.as_str()) {
            let what = format!("nothing uses {name}");
            found.push(fault("Cargo.toml", line, &what));
        }
    }
    for (line, name) in dependencies(manifest, "dev-dependencies") {
        if !tests.contains(name.as_str()) && !program.contains(name.as_str()) {
            let what = format!("no test uses {name}");
            found.push(fault("Cargo.toml", line, &what));
        }
    }
    found
}

#[test]
fn planted_dependencies_are_refused() {
    let manifest = "[package]\nname = \"a\"\n[dependencies]\nmemchr = \"2\"\nquick-xml = \"1\"\n\
                    stray = \"1\"\n[dev-dependencies]\nregex = \"1\"\nproptest = \"1\"\n";
    let source = Source::new("src/a.rs", "memchr::f();\n// use quick_xml::X;\n");
    let test = Source::new("tests/a.rs", "use regex::Regex;\n");
    let faults = faults(manifest, &[source], &[test]);
    let whats: Vec<_> = faults.iter().map(|fault| fault.what.as_str()).collect();
    assert_eq!(
        whats,
        [
            "nothing uses quick_xml",
            "stray has no home in tests/layering/rows.rs",
            "no test uses proptest"
        ]
    );
}
