//! Facts: each stands in one place.

use crate::source::Source;
use crate::{Fault, fault};

/// What is known, the words by which it is told, and the file that may hold them.
const FACTS: [(&str, &str, &str); 4] = [
    (
        "the thread names of vCPUs",
        "/KVM",
        "src/kvm/tag/threads.tsv",
    ),
    (
        "the kernel's entry symbols",
        "asm_sysvec_",
        "src/symbol/kernel/entries.rs",
    ),
    (
        "where shared captures are",
        "../shared",
        "tests/common/shared.rs",
    ),
    (
        "where shared captures are",
        "VMFLAME_SHARED",
        "tests/common/shared.rs",
    ),
];

/// Lines of code that hold the words as a pattern: a whole thread's name is an example of one.
fn holds(line: &str, words: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let is_table = line.contains('\t');
    match words {
        "/KVM" => code.contains("\"/KVM") || (is_table && line.contains("#/KVM")),
        "../shared" | "VMFLAME_SHARED" => line.contains(&format!("\"{words}")),
        _ => code.contains(words),
    }
}

/// The text up to the tests at its end.
fn text_of(source: &Source) -> &str {
    if source.path.starts_with("src/") && source.code.is_empty() && source.path.ends_with(".rs") {
        return "";
    }
    let until = source.text.find("#[cfg(test)]\nmod tests {");
    &source.text[..until.unwrap_or(source.text.len())]
}

pub(crate) fn faults(source: &Source) -> Vec<Fault> {
    let mut found = Vec::new();
    // This test names all of them; captures made for tests hold names as recorders write them.
    if source.path.starts_with("tests/layering/") || source.path.starts_with("src/perf/writer/") {
        return found;
    }
    for (fact, words, home) in FACTS {
        // What a test expects of the program stands in both.
        if home.starts_with("src/") && !source.path.starts_with("src/") {
            continue;
        }
        let mut lines = (1..).zip(text_of(source).lines());
        let line = lines.find(|(_, line)| holds(line, words));
        if let Some((line, _)) = line.filter(|_| source.path != home) {
            let what = format!("{fact} are told in {home}");
            found.push(fault(&source.path, line, &what));
        }
    }
    found
}

#[test]
fn planted_second_homes_are_refused() {
    let told = |path: &str, text: &str| faults(&Source::new(path, text)).len();
    assert_eq!(told("src/a.rs", "x.ends_with(\"/KVM\")\n"), 1);
    assert_eq!(told("src/a.rs", "// \"/KVM\"\nlet x = \"CPU 0/KVM\";\n"), 0);
    assert_eq!(told("src/a.tsv", "CPU #/KVM\tthread\n"), 1);
    assert_eq!(told("src/kvm/tag/threads.tsv", "CPU #/KVM\tthread\n"), 0);
    assert_eq!(told("src/a.rs", "[\"asm_sysvec_\"]\n"), 1);
    let in_tests = "#[cfg(test)]\nmod tests {\n    f(\"asm_sysvec_x\")\n}\n";
    assert_eq!(told("src/a.rs", in_tests), 0);
    assert_eq!(told("tests/cli/a.rs", "open(\"../shared/x\")\n"), 1);
}
