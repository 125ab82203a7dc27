//! Shapes: parameters, names of types, lengths of files.

use std::collections::BTreeMap;

use crate::source::{Source, behind_closing, is_word, line_of};
use crate::{Fault, fault};

const MAX_LINES: usize = 400;
const MAX_PARAMETERS: usize = 5;

/// Text at depth zero, split at commas; angle brackets count, the one of an arrow does not.
fn parameters(inside: &str) -> Vec<&str> {
    let (mut depth, mut start, mut before) = (0_i32, 0, ' ');
    let mut found = Vec::new();
    for (at, c) in inside.char_indices() {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '>' if before != '-' && before != '=' => depth -= 1,
            ',' if depth == 0 => {
                found.push(inside[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        before = c;
    }
    found.push(inside[start..].trim());
    found.retain(|parameter| !parameter.is_empty());
    found
}

/// Each function with its line, name and parameters.
fn functions(code: &str) -> Vec<(usize, &str, Vec<&str>)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if code[..at].ends_with(is_word) {
            continue;
        }
        let rest = &code[at + 3..];
        let name_len = rest.find(|c| !is_word(c)).unwrap_or_default();
        if name_len == 0 {
            continue;
        }
        let mut open = at + 3 + name_len;
        // The generic parameters.
        let (mut depth, mut before) = (0_i32, ' ');
        for (further, c) in code[open..].char_indices() {
            match c {
                '<' => depth += 1,
                '>' if before != '-' => depth -= 1,
                '(' if depth == 0 => {
                    open += further;
                    break;
                }
                _ => {}
            }
            before = c;
        }
        let close = behind_closing(code, open);
        let line = line_of(code, at);
        let inside = code.get(open + 1..close - 1).unwrap_or_default();
        found.push((line, &rest[..name_len], parameters(inside)));
    }
    found
}

/// Whether the type of a parameter is a tuple, borrowed or not.
fn is_tuple(parameter: &str) -> bool {
    let pattern_end = parameters_colon(parameter);
    let Some(kind) = pattern_end.map(|at| parameter[at + 1..].trim_start()) else {
        return false;
    };
    let mut kind = kind;
    loop {
        let inner = kind.trim_start_matches('&').trim_start();
        let inner = match inner.strip_prefix('\'') {
            Some(lifetime) => lifetime.trim_start_matches(is_word).trim_start(),
            None => inner,
        };
        let inner = inner.strip_prefix("mut ").unwrap_or(inner);
        if inner == kind {
            break;
        }
        kind = inner;
    }
    kind.starts_with('(') && parameters(&kind[1..kind.len() - 1]).len() > 1
}

/// The colon between pattern and type.
fn parameters_colon(parameter: &str) -> Option<usize> {
    let bytes = parameter.as_bytes();
    (0..bytes.len()).find(|&at| {
        bytes[at] == b':' && bytes.get(at + 1) != Some(&b':') && (at == 0 || bytes[at - 1] != b':')
    })
}

/// Names of the types that a file defines, with their lines.
fn types(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(code.lines()) {
        let mut words = line.trim_start();
        if let Some(rest) = words.strip_prefix("pub") {
            let rest = rest.trim_start();
            let end = rest.starts_with('(').then(|| behind_closing(rest, 0));
            words = rest[end.unwrap_or_default()..].trim_start();
        }
        // A type inside of an `impl` or trait is an answer to the trait, and no name of its own.
        let is_outermost = !line.starts_with(' ');
        for kind in ["struct ", "enum ", "union ", "trait ", "type "] {
            if let Some(rest) = words.strip_prefix(kind)
                && (is_outermost || kind != "type ")
            {
                let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                // A macro names its type otherwise.
                found.extend((len > 0).then(|| (number, &rest[..len])));
            }
        }
    }
    found
}

/// What is wrong with one file's functions.
pub(crate) fn faults_of_functions(source: &Source) -> Vec<Fault> {
    let code = &source.code;
    let mut found = Vec::new();
    for (line, name, parameters) in functions(code) {
        for parameter in parameters.iter().filter(|parameter| is_tuple(parameter)) {
            let pattern = parameter.split(':').next().unwrap_or_default().trim();
            let what = format!("{name} takes a tuple, {pattern}: give it a name and fields");
            found.push(fault(&source.path, line, &what));
        }
        if parameters.len() > MAX_PARAMETERS {
            let what = format!("{name} has {} parameters", parameters.len());
            found.push(fault(&source.path, line, &what));
        }
    }
    found
}

/// Types of one name in the crate: each file that defines one is named.
pub(crate) fn faults_of_types(sources: &[Source]) -> Vec<Fault> {
    let mut homes: BTreeMap<String, Vec<(&str, usize)>> = BTreeMap::new();
    for source in sources {
        for (line, name) in types(&source.code) {
            let home = (source.path.as_str(), line);
            homes.entry(name.to_owned()).or_default().push(home);
        }
    }
    let mut found = Vec::new();
    for (name, homes) in homes.iter().filter(|(_, homes)| homes.len() > 1) {
        let what = format!("{name} is the name of several types");
        found.extend(homes.iter().map(|&(path, line)| fault(path, line, &what)));
    }
    found
}

/// A file that is too long to be read at once.
pub(crate) fn faults_of_length(source: &Source) -> Vec<Fault> {
    let lines = source.text.lines().count();
    let what = format!("is longer than {MAX_LINES} lines");
    let is_long = lines > MAX_LINES;
    is_long
        .then(|| fault(&source.path, lines, &what))
        .into_iter()
        .collect()
}

#[test]
fn planted_shapes_are_refused() {
    let shown = |text: &str| {
        let faults = faults_of_functions(&Source::new("src/a.rs", text));
        let whats = faults
            .into_iter()
            .map(|f| format!("{}: {}", f.line, f.what));
        whats.collect::<Vec<_>>()
    };
    assert_eq!(
        shown("fn f(a: u8, (b, c): (u8, u16)) {}\n"),
        ["1: f takes a tuple, (b, c): give it a name and fields"]
    );
    assert_eq!(
        shown("\nfn g<'a, F: Fn(u8, u8) -> u8>(&self, both: &'a mut (u8, F)) {}\n"),
        ["2: g takes a tuple, both: give it a name and fields"]
    );
    let fine = "fn h(a: &[(u8, u8)], b: impl Fn((u8, u8)), c: (), d: [u8; 2]) -> (u8, u8) {}\n";
    assert_eq!(shown(fine), [""; 0]);
    let many = "fn i(\n a: u8, b: Map<u8, u8>, c: u8,\n d: u8, e: u8, f: u8,\n) {}\n";
    assert_eq!(shown(many), ["1: i has 6 parameters"]);
    let twice = [
        ("src/a.rs", "pub(crate) struct Found<T>(T);\nenum One {}\n"),
        (
            "src/b.rs",
            "type Found = u8; // struct One\nimpl A {\n    type One = u8;\n}\n",
        ),
    ];
    let twice = twice.map(|(path, text)| Source::new(path, text));
    let faults = faults_of_types(&twice);
    let paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["src/a.rs", "src/b.rs"]);
    assert!(faults[0].what.starts_with("Found "));
    let lines = |count: usize| faults_of_length(&Source::new("src/a.rs", &"\n".repeat(count)));
    assert_eq!((lines(400).len(), lines(401).len()), (0, 1));
}
